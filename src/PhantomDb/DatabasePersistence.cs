using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Durability.Snapshots;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb;

/// <summary>
/// What an open database has on the disk: its lock, its identity, its log, and up to where its own file goes. Nothing is made on the disk
/// before the first change: then the folder, the lock where it could not be had before, and the log's first segment. What is
/// written into the file is the database's to say.
/// </summary>
internal sealed class DatabasePersistence
{
    private const long SmallFile = 16L << 20;   // written anew at each close
    private const int SmallShare = 10;          // a larger one when the log has grown by a tenth of it

    private readonly Database _database;
    private readonly IFileSystem _disk;
    private readonly string _folder;
    private readonly string _filesAtOpening;   // where the lock has still to be taken
    private readonly Lock _holding = new();
    private IFileLock? _lock;
    private volatile bool _isLocked;
    private bool _isOwnFile;
    private int _replacedAtSave;

    /// <param name="held">The lock; null where it could not be taken yet.</param>
    /// <param name="recovered">What the files had; null where there were none.</param>
    public DatabasePersistence(Database database, string path, IFileLock? held, RecoveredDatabase? recovered)
    {
        _database = database;
        _disk = database.Options.FileSystem;
        _folder = System.IO.Path.GetDirectoryName(path)!;
        _lock = held;
        _isLocked = held is not null;
        Path = path;
        _filesAtOpening = held is null ? FilesNow() : "";
        LoadedDatabase? loaded = recovered?.Database;
        Id = loaded is null || loaded.Id == Guid.Empty ? NewId(database.Options.Random) : loaded.Id;
        IsSealed = loaded is null || loaded.IsSealed || !loaded.IsProved;   // a file of others is sealed when it is saved
        HasHeadlessSegments = recovered?.HasHeadlessSegments == true;
        _isOwnFile = loaded is null || (loaded.IsProved && !recovered!.MustSaveFirst);
        string name = DatabaseFiles.NameOf(path);
        LogStart start = (recovered?.ToLogStart(_folder, name) ?? new LogStart { Folder = _folder, DatabaseName = name, Id = Id }) with { Id = Id };
        string? first = loaded is { IsProved: true } ? recovered!.Report.Files.FirstOrDefault(file => file.IsUsed && IsWholeFile(file.Path))?.Path : null;   // it was read whole
        Timeline = start.Timeline;
        SegmentHistory history = start.History;
        var snapshots = new SnapshotFolder(_disk, path, Id, Timeline) { HistoryUpTo = lsn => Log?.HistoryUpTo(lsn) ?? history.UpTo(lsn) };
        if (first is not null)
        {
            snapshots.NoteVerified(System.IO.Path.GetFileName(first), _disk.Length(first));
        }
        snapshots.Scan();
        if (first != path || snapshots.Files.Count > 0)
        {
            start = start with { RecoveryFloor = 0 };   // until two of them are known to be whole
        }
        CheckpointLsn = recovered?.Report.BaseLsn ?? 0;
        Log = new TransactionLog(_disk, start, database.Options.ToLogOptions(), Define, database.Options.Clock, PrepareFolder)
        {
            OnError = database.NoteBackgroundError, HoldsFolder = HoldsFolder, OnFlushed = time => DatabaseMetrics.NoteFlush(database, time),
        };
        database.Transactions.UseLog(Log, start.NextLsn - 1, recovered?.LastTransactionId ?? 0);
        Snapshots = new SnapshotService(snapshots, Log, ReadCommitted, SnapshotSettings.Apply(database.Options.ToSnapshotOptions(), database.Catalog.Settings), database.Storage.Tables.Values.Sum(table => table.Size),
            first == path ? CheckpointLsn : recovered?.OwnFileLsn, first == path, database.Options.Clock)
        {
            OnError = database.NoteBackgroundError, OnTaken = database.NoteSnapshot,
        };
    }

    /// <summary>Full path of the database's own file.</summary>
    public string Path { get; }

    public Guid Id { get; }

    public int Timeline { get; }

    public TransactionLog Log { get; }

    public SnapshotService Snapshots { get; }

    /// <summary>True where a segment's header was damaged when the database was opened.</summary>
    public bool HasHeadlessSegments { get; }

    /// <summary>True where the lock is held, as was seen when it was last looked at.</summary>
    public bool IsLocked => _isLocked;

    /// <summary>How the file was saved last, and the next save writes it.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>The database's own file has all up to here.</summary>
    public long CheckpointLsn { get; private set; }

    /// <summary>
    /// Takes the lock where that was not possible when the database was opened: someone else may have come first. Throws where the folder is no longer
    /// this database's, so that nothing may be written there.
    /// </summary>
    public void EnsureLocked()
    {
        if (_lock is not null)
        {
            if (!HoldsFolder(isLogThere: false))
            {
                Log.EnsureInPlace();   // which takes the lock again where it can
                if (!HoldsFolder(isLogThere: false))
                {
                    throw Error.FolderLost(Path);
                }
            }
            return;
        }
        lock (_holding)
        {
            if (_lock is null)
            {
                TakeLock();
            }
        }
    }

    private void TakeLock()
    {
        IFileLock late = DatabaseFiles.Lock(Path, _disk);
        if (_filesAtOpening != FilesNow())
        {
            late.Dispose();
            throw new PhantomDbException(SqlStates.ObjectInUse, $"\"{Path}\" has changed since it was opened") { Hint = "Open it again, or save under another name." };
        }
        _lock = late;
        _isLocked = true;
    }

    /// <summary>Writes the database's own file, unless that is given up (57014).</summary>
    /// <param name="content">What is committed.</param>
    /// <param name="replacedBefore"><see cref="TransactionLog.ReplacedCount"/> from before it was taken: what was lost later may have been needed for more than this has.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="throwIfStopped">Gives it up.</param>
    public void SaveOwnFile(DatabaseContent content, int replacedBefore, DatabaseFileOptions options, Action? throwIfStopped)
    {
        Log.EnsureDurable(content.Lsn);
        WrittenFile written = Snapshots.SaveDatabaseFile(content, options, throwIfStopped);
        (CheckpointLsn, IsSealed, _isOwnFile, _replacedAtSave) = (written.HeaderLsn, options.Sealed, true, replacedBefore);
    }

    /// <summary>True where files that recovery needs were lost or damaged since the database's own file was saved.</summary>
    public bool HasLostFiles => Log.ReplacedCount != _replacedAtSave;

    /// <summary>True where the files of the log are in place and have all that is committed, so that nothing is lost without the database's own file.</summary>
    public bool IsAllInLog => !HasLostFiles && Log.Failure is null && HoldsFolder(isLogThere: false);

    /// <summary>The database has the content of its own file again.</summary>
    public void NoteLoaded(bool isSealed) => IsSealed = isSealed;

    /// <summary>
    /// True where the file is so small, or the log behind it so large, that an orderly end writes it: the next opening has little to apply, and
    /// a close after a small change need not write a large database. And where a file that recovery needs was lost or damaged while the database was open, or is found to be now.
    /// </summary>
    public bool NeedsClosingCheckpoint(bool hasUnsavedChanges)
    {
        if (_lock is null)
        {
            return false;   // nothing has been changed, and others may have changed the files, as is their right
        }
        Log.EnsureInPlace(all: true);
        if (HasLostFiles)
        {
            return true;
        }
        if (hasUnsavedChanges)
        {
            long fileBytes = _disk.Exists(Path) ? _disk.Length(Path) : 0;
            return fileBytes <= SmallFile || Log.Segments.Where(segment => segment.LastLsn > CheckpointLsn).Sum(segment => segment.Length) >= fileBytes / SmallShare;
        }
        return false;
    }

    /// <summary>No snapshot is taken any more. Before the log ends; with no lock of the database's held.</summary>
    public void StopSnapshots() => Snapshots.Dispose();

    /// <summary>The end of the log, in order, and then of the lock; throws where acknowledged commits may not be on the disk.</summary>
    public void Close()
    {
        try
        {
            Log.Close();
        }
        finally
        {
            _lock?.Dispose();
            _lock = null;
            _isLocked = false;
        }
    }

    // For a snapshot, which is not written into a folder that is another's by now.
    private Database.CommittedView ReadCommitted()
    {
        EnsureLocked();
        return _database.ReadCommitted();
    }

    // A lock whose file alone is gone, removed by somebody who took it for a remnant, is taken again unless another has come.
    private bool HoldsFolder(bool isLogThere)
    {
        lock (_holding)
        {
            if (_lock is not { IsInPlace: false } lost)
            {
                _isLocked = _lock is not null;
                return true;
            }
            _isLocked = false;
            try
            {
                if (!isLogThere || DatabaseFiles.TryLock(Path, _disk) is not { } again)
                {
                    return false;
                }
                _lock = again;
                _isLocked = true;
                lost.Dispose();
                return true;
            }
            catch (PhantomDbException)   // another has it
            {
                return false;
            }
        }
    }

    // Before the log's first record. A file of others, or one that was edited, does not say where it stands in a log, or, where the log's end is missing, or has gone
    // since the database was opened, says it wrongly: it is written anew first.
    private void PrepareFolder()
    {
        EnsureLocked();
        string log = System.IO.Path.Combine(_folder, LogSegmentName.Active(DatabaseFiles.NameOf(Path)));
        bool isLogLost = !Log.Watch.IsInPlace(log);
        if (isLogLost && Log.Watch.NoteLost(log))
        {
            _database.NoteBackgroundError(Error.FileLost(log));
        }
        if (!_isOwnFile || isLogLost)
        {
            _database.SaveOwnFileAnew();
        }
    }

    private void Define(LogBatch batch, TableDefinition table)
    {
        batch.Begin(LogOperation.Table, Encoding.UTF8.GetBytes(DefinitionText.NameOf(table.Schema, table.Name)));
        foreach (byte[] line in new DefinitionLines(_database.Catalog, new Dictionary<int, SequenceStore>()).Of(writer => writer.WriteTable(table)))
        {
            batch.Cell(line);
        }
        batch.End();
    }

    private static Guid NewId(Random? random)
    {
        if (random is null)
        {
            return Guid.NewGuid();
        }
        byte[] bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }

    // A database that began empty has none, only segments of its log, which may have got other names meanwhile.
    private bool IsWholeFile(string file) => file == Path || SnapshotName.TryParse(System.IO.Path.GetFileName(file)) is not null;

    // What tells files from those that were put in their place.
    private string FilesNow() => string.Join('\n',
        DatabaseFiles.FilesOf(Path, _disk).Select(file => FormattableString.Invariant($"{file.Path} {_disk.Length(file.Path)} {_disk.WrittenAt(file.Path).Ticks}")));
}
