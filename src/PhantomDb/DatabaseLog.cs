using System.Runtime.CompilerServices;
using PhantomDb.Durability.History;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Functions;

namespace PhantomDb;

/// <summary>
/// The transaction log of an open database: its records, entries of the user's own, and how long records are kept. For any thread. The asynchronous forms do the
/// same on a thread of the pool. Of a database that is only read it is the log of the folder as it is at the moment, with what others write to it: all that reads
/// works, all that writes is refused (25006).
/// </summary>
public sealed class DatabaseLog : ILogControl
{
    private readonly Database _database;
    private readonly TransactionLog? _openLog;
    private readonly FolderLog? _folderLog;

    internal DatabaseLog(Database database, TransactionLog log) => (_database, _openLog) = (database, log);

    internal DatabaseLog(Database database, FolderLog log) => (_database, _folderLog) = (database, log);

    /// <summary>The first LSN that is kept; one more than <see cref="LastLsn"/> where there is no record.</summary>
    public long FirstLsn => Folder?.FirstLsn ?? Live.FirstLsn;

    /// <summary>The LSN that was given last; 0 before the first.</summary>
    public long LastLsn => Folder?.LastLsn ?? Live.LastLsn;

    /// <summary>All records up to here are on the disk, whatever the policy.</summary>
    public long DurableLsn => Folder?.DurableLsn ?? Live.DurableLsn;

    /// <summary>Promises that records are kept, by name: the first LSN of each.</summary>
    public IReadOnlyDictionary<string, long> Pins => (Folder?.Pins ?? Live.Pins).ToDictionary(pin => pin.Name, pin => pin.FirstLsn);

    /// <summary>
    /// Puts an entry of the user's own into the log, in the order of all commits; it comes back from recovery as they do, as durable as the policy says. It is a
    /// transaction by itself: inside of a session's open transaction too it stands at once, and stays when that is rolled back.
    /// </summary>
    /// <param name="name">Upper-case letters, digits and underscores, at most 63, not beginning with a digit, such as MAINTENANCE.</param>
    /// <param name="values">Keys, neither empty nor with an equals sign, each once, and values, any text.</param>
    /// <param name="cancellationToken">Ends a wait for room in the queue.</param>
    /// <returns>Its LSN.</returns>
    /// <exception cref="PhantomDbException">42939: the name is one of the log's own (INSERT, PHANTOMDB_…); 42602: it, or a key, is none; 22023: a key is given twice, or its
    /// value is null; 22021: one is no Unicode text. Nothing has changed then. Or the log cannot be
    /// written (58030, 53100 …).</exception>
    public long Append(string name, IEnumerable<KeyValuePair<string, string>> values, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(values);
        return Live.Append(name, values, cancellationToken);
    }

    /// <summary>As <see cref="Append"/>; the disk is awaited without a thread.</summary>
    public async Task<long> AppendAsync(string name, IEnumerable<KeyValuePair<string, string>> values, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(values);
        return await Live.AppendAsync(name, values, cancellationToken).ConfigureAwait(false);
    }

    long ILogControl.Append(string name, IReadOnlyList<KeyValuePair<string, string>> values) => Append(name, values);

    /// <summary>The record with an LSN; null where there is none yet.</summary>
    /// <exception cref="PhantomDbException">22023: it is no longer kept, or missing, or there is none below 1. XX001: the segment is damaged there.</exception>
    public LogRecord? ReadAt(long lsn)
    {
        if (lsn < 1)
        {
            throw Error.NoSuchLsn(lsn);
        }
        if (Folder is { } folder)
        {
            return folder.Records(lsn, lsn).FirstOrDefault();
        }
        return Live.ReadAt(lsn) is { } entry ? ToRecord(entry) : null;
    }

    /// <summary>As <see cref="ReadAt"/>.</summary>
    public Task<LogRecord?> ReadAtAsync(long lsn, CancellationToken cancellationToken = default) => Task.Run(() => ReadAt(lsn), cancellationToken);

    /// <summary>
    /// All records behind an LSN, over all segments, in their order and in a stream: memory does not grow with their number. Ends with the last that was
    /// written when it comes there; the last n are those behind <see cref="LastLsn"/> - n.
    /// </summary>
    /// <exception cref="PhantomDbException">22023: some of them are no longer kept; or some in the middle are missing, since a segment is gone: behind those that stand before them, and with the
    /// range, behind whose last LSN it can go on. XX001: a segment is damaged.</exception>
    public IEnumerable<LogRecord> ReadAfter(long lsn)
    {
        if (lsn < 0)
        {
            throw Error.NoSuchLsn(lsn);
        }
        return Folder?.Records(lsn + 1) ?? Live.ReadAfter(lsn).Select(ToRecord);
    }

    /// <summary>As <see cref="ReadAfter"/>.</summary>
    public async IAsyncEnumerable<LogRecord> ReadAfterAsync(long lsn, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        const int BatchSize = 256;   // a change of threads for each record would cost more than reading it
        using IEnumerator<LogRecord> records = ReadAfter(lsn).GetEnumerator();
        while (true)
        {
            List<LogRecord> batch = await Task.Run(() =>
            {
                List<LogRecord> read = [];
                while (read.Count < BatchSize && records.MoveNext())
                {
                    read.Add(records.Current);
                }
                return read;
            }, cancellationToken).ConfigureAwait(false);
            foreach (LogRecord record in batch)
            {
                yield return record;
            }
            if (batch.Count < BatchSize)
            {
                yield break;
            }
        }
    }

    /// <summary>
    /// Deletes the rotated segments that have no record behind an LSN, which may leave some records before it.
    /// </summary>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="PhantomDbException">55000: recovery or a pin needs records up to there; the detail says which.</exception>
    public int CompactUpTo(long lsn) => Live.CompactUpTo(lsn);

    /// <summary>As <see cref="CompactUpTo"/>.</summary>
    public Task<int> CompactUpToAsync(long lsn, CancellationToken cancellationToken = default) => Task.Run(() => CompactUpTo(lsn), cancellationToken);

    /// <summary>Returns when all that was committed or appended before is on the disk, whatever the policy.</summary>
    /// <exception cref="PhantomDbException">The disk failed.</exception>
    public void Sync() => Live.Sync();

    /// <summary>As <see cref="Sync"/>.</summary>
    public Task SyncAsync(CancellationToken cancellationToken = default) => Task.Run(Sync, cancellationToken);

    /// <summary>Keeps all records from an LSN on, across openings too, until <see cref="Unpin"/>; a pin of that name is moved.</summary>
    /// <exception cref="PhantomDbException">22023: the first of them are no longer kept.</exception>
    public void Pin(string name, long firstLsn)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (firstLsn < 1)
        {
            throw Error.NoSuchLsn(firstLsn);
        }
        Live.Pin(name, firstLsn);
    }

    /// <summary>Takes a pin away; false where there is none of that name.</summary>
    public bool Unpin(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Live.Unpin(name);
    }

    // What a database that is being closed is asked meanwhile, the log itself refuses (57P01).
    private TransactionLog Live
    {
        get
        {
            ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
            return _openLog ?? throw Error.ReadOnlyDatabase(_database.Name);
        }
    }

    // Null where the database writes its log itself.
    private FolderLog? Folder
    {
        get
        {
            ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
            return _folderLog;
        }
    }

    private static LogRecord ToRecord(LogEntry entry) =>
        new(entry.Lsn, entry.Time, entry.TransactionId, entry.Operation)
        {
            Part = entry.Part, PartCount = entry.PartCount, Table = entry.Table, Before = entry.Before, After = entry.After, Values = entry.Others ?? [],
        };
}
