using System.Text;
using PhantomDb.Durability.Inspection;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.History;

/// <summary>
/// The log of a folder as it is at the moment, segments with a damaged header among it: where somebody else may write to it, beyond what the database that is open here has.
/// </summary>
/// <param name="lastLsnMax">What is behind this LSN is not read: whoever writes the log here has not told it to anybody yet.</param>
internal sealed class FolderLog(string path, IFileSystem files, long lastLsnMax = long.MaxValue) : ILogSource
{
    public long FirstLsn => new LogFolder(path, files).FirstLsn();

    public long LastLsn => Math.Min(new LogFolder(path, files).LastLsn(), lastLsnMax);

    /// <summary>What is known to be on the writer's disk.</summary>
    public long DurableLsn => Math.Min(new LogFolder(path, files).DurableLsn(), lastLsnMax);

    public IReadOnlyList<LogPin> Pins => new LogFolder(path, files).Pins();

    /// <summary>The records of a range; 22023 where some of them are missing or no longer kept.</summary>
    public IEnumerable<LogRecord> Records(long firstLsn, long lastLsn = long.MaxValue) => new LogFolder(path, files).Read(new LogReadOptions
    {
        FromLsn = firstLsn, ToLsn = Math.Min(lastLsn, lastLsnMax), DamagedHeader = _ => { },   // its records are proved
    });

    public IEnumerable<LogEntry> ReadKept(LogRange range, LogWish? wants = null, Action<LogHole>? onHole = null) => Read(range, onHole ?? (_ => { }))
        .Where(record => wants is null || wants(LogOperationNames.Parse(Encoding.UTF8.GetBytes(record.Operation)), Encoding.UTF8.GetBytes(record.Table ?? "")))
        .Select(record => new LogEntry(record.Lsn, record.Time, record.TransactionId, record.Part, record.PartCount, record.Operation, record.Table,
            record.Before, record.After, record.Before is null && record.After is null ? record.Values : null)
        {
            FileName = record.Segment, Offset = record.Position,
        });

    public (long First, long Before) SegmentOf(LogRange range) => (1, 0);

    public Stream OpenSideFile(string fileName) => files.OpenRead(Path.Combine(Path.GetDirectoryName(path)!, fileName));

    private IEnumerable<LogRecord> Read(LogRange range, Action<LogHole> onHole)
    {
        var selection = new LogReadOptions
        {
            FromLsn = range.FirstLsn <= 1 ? null : range.FirstLsn, ToLsn = Math.Min(range.LastLsn, lastLsnMax),
            DamagedHeader = _ => { },   // its records are proved
            MissingRecords = (first, last) => onHole(new LogHole(first, last)),
            FromTime = range.FirstTime == DateTime.MinValue ? null : range.FirstTime, ToTime = range.LastTime == DateTime.MaxValue ? null : range.LastTime,
        };
        using IEnumerator<LogRecord> records = Begin(selection, out bool isAny);
        for (; isAny; isAny = records.MoveNext())
        {
            yield return records.Current;
        }
    }

    // What is no longer kept is left out.
    private IEnumerator<LogRecord> Begin(LogReadOptions selection, out bool isAny)
    {
        IEnumerator<LogRecord> records = new LogFolder(path, files).Read(selection).GetEnumerator();
        try
        {
            isAny = records.MoveNext();
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.InvalidParameterValue)
        {
            records.Dispose();
            records = new LogFolder(path, files).Read(selection with { FromLsn = null }).GetEnumerator();
            isAny = records.MoveNext();
        }
        return records;
    }
}
