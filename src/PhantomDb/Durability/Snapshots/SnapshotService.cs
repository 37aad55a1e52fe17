using System.Diagnostics;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Snapshots;

/// <summary>
/// Takes the snapshots of an open database, one at a time: on the caller's thread where one is asked for, else on a thread of its own, which sleeps without end
/// where nothing makes one due (the part <c>Due</c>). Then old ones go, and the log is told what recovery still needs of it. No lock of the database's or the log's is held meanwhile.
/// </summary>
internal sealed partial class SnapshotService : IDisposable
{
    private readonly object _gate = new();      // never held while the log is called, which calls Wake under its own
    private readonly Lock _taking = new();
    private readonly SnapshotFolder _folder;
    private readonly TransactionLog _log;
    private readonly Func<ISnapshotView> _begin;
    private readonly TimeProvider _clock;
    private readonly Thread _thread;
    private volatile bool _isStopping;

    // Under the gate.
    private bool _isDriven;           // by another thread than its own
    private SnapshotOptions _options;
    private bool _isWoken;
    private LogGrowth _last;          // when the last snapshot was begun
    private long _lastTime;
    private int _lastReplacedCount;
    private long _snapshotBytes;      // since the database was opened
    private long _expectedBytes;
    private PhantomDbException? _lastError;
    private long _retryAt;            // ticks in ms
    private int _retryMs;

    private WrittenFile? _newest;     // from which rows can be copied
    private long? _databaseFileLsn;   // of the database's own file
    private bool _isDatabaseFileRead;  // and found whole: others may go for it

    private readonly Lock _watching = new();
    private IReadOnlyList<string> _bases = [];   // that the log watches
    private bool _isFileBeingWritten;            // the database's own

    private volatile bool _isScanned;   // written by the one who takes one

    /// <param name="begin">Begins to read the database; called outside of all locks.</param>
    /// <param name="expectedBytes">Of a snapshot, about, before there is one.</param>
    /// <param name="databaseFileLsn">Of the database's own file; null where there is none that is known to be its own, or it is damaged.</param>
    /// <param name="isDatabaseFileRead">True: it was read whole.</param>
    public SnapshotService(
        SnapshotFolder folder, TransactionLog log, Func<ISnapshotView> begin, SnapshotOptions options, long expectedBytes, long? databaseFileLsn = null, bool isDatabaseFileRead = true,
        TimeProvider? clock = null)
    {
        (_databaseFileLsn, _isDatabaseFileRead) = (databaseFileLsn, isDatabaseFileRead);
        (_folder, _log, _begin, _options, _expectedBytes) = (folder, log, begin, options.Validated(), expectedBytes);
        _clock = clock ?? TimeProvider.System;
        _lastTime = _clock.GetTimestamp();
        WatchBases();
        _thread = new Thread(Run) { IsBackground = true, Name = "PhantomDB snapshots", Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    /// <summary>Told what goes wrong where nobody waits, each time. Must return at once, and not throw.</summary>
    public Action<PhantomDbException>? OnError { get; init; }

    /// <summary>In force as soon as they are set.</summary>
    public SnapshotOptions Options
    {
        get
        {
            lock (_gate)
            {
                return _options;
            }
        }

        set
        {
            value.Validated();
            lock (_gate)
            {
                _options = value;
            }
            Wake();
        }
    }

    /// <summary>Told of each snapshot, in the background or on demand. Must return at once, and not throw.</summary>
    public Action<TakenSnapshot>? OnTaken { get; init; }

    /// <summary>Why the last snapshot in the background was not taken, or what was found wrong after it; null where all is well.</summary>
    public PhantomDbException? LastError
    {
        get
        {
            lock (_gate)
            {
                return _lastError;
            }
        }
    }

    /// <summary>What there is since the last snapshot, or since the database was opened where that was later.</summary>
    public SnapshotProgress SinceLast => Progress().Progress;

    /// <summary>Bytes of the snapshots that were written since the database was opened.</summary>
    public long WrittenBytes
    {
        get
        {
            lock (_gate)
            {
                return _snapshotBytes;
            }
        }
    }

    /// <summary>Takes a snapshot of what is committed when it is called; waits for one that is being taken.</summary>
    public TakenSnapshot Take(CancellationToken stop = default)
    {
        long start = Stopwatch.GetTimestamp();
        ThrowIfStopping(stop);
        lock (_taking)
        {
            ThrowIfStopping(stop);
            Scan();
            LogGrowth growth = _log.Growth;   // before the timestamp: what comes between counts for the next one
            int replacedCount = _log.ReplacedCount;
            MakeDurable(_log.LastLsn);        // and visible: what is queued and counted is in this one
            using ISnapshotView view = _begin();
            MakeDurable(view.Content.Lsn);
            DateTime now = _clock.GetUtcNow().UtcDateTime;
            var pace = new SnapshotPace(_log, () => ThrowIfStopping(stop));
            (WrittenFile written, long copied) = Copying(view.Content with { History = _log.HistoryOf(view.Content.Lsn) }, content => _folder.Write(content, now, pace.AfterPiece));
            lock (_gate)
            {
                _newest = written;
                (_last, _lastTime, _lastReplacedCount) = (growth, _clock.GetTimestamp(), replacedCount);
                _snapshotBytes += written.Length;
                _expectedBytes = written.Length;
                (_lastError, _retryMs, _retryAt) = (null, 0, 0);
            }
            TryTidy();
            Wake();
            var taken = new TakenSnapshot(written.Path, written.Lsn, now, written.Length, copied, Stopwatch.GetElapsedTime(start));
            OnTaken?.Invoke(taken);
            return taken;
        }
    }

    /// <summary>True while another thread than the own one takes the snapshots that come due.</summary>
    public bool IsDriven
    {
        get
        {
            lock (_gate)
            {
                return _isDriven;
            }
        }
    }

    /// <summary>
    /// Takes the snapshots that come due on the caller's thread, in place of the own one, until it is stopped or the service is; one caller at a time, false where
    /// there is one already.
    /// </summary>
    public bool Drive(CancellationToken stop)
    {
        lock (_gate)
        {
            if (_isDriven)
            {
                return false;
            }
            _isDriven = true;
        }
        Wake();
        try
        {
            using CancellationTokenRegistration waking = stop.Register(Wake);
            while (!_isStopping && !stop.IsCancellationRequested)
            {
                Work(isOwn: false, stop);
            }
        }
        finally
        {
            lock (_gate)
            {
                _isDriven = false;
            }
            Wake();
        }
        return true;
    }

    /// <summary>The snapshots that are there, oldest first. While one is taken, as they were found before; nobody waits for it.</summary>
    public IReadOnlyList<SnapshotFile> List()
    {
        if (!_isScanned)
        {
            _taking.Enter();
        }
        else if (!_taking.TryEnter())
        {
            return _folder.Files;
        }
        try
        {
            Scan();
            return _folder.Files;
        }
        finally
        {
            _taking.Exit();
        }
    }

    /// <summary>
    /// Writes the database's own file, which is one that recovery can begin with, as snapshots are: rows of tables that have not changed since the newest of these are
    /// copied, and the log before it may become dispensable. One caller at a time; snapshots may be taken meanwhile.
    /// </summary>
    /// <param name="throwIfStopped">Gives it up: what was there stays.</param>
    public WrittenFile SaveDatabaseFile(DatabaseContent content, DatabaseFileOptions options, Action? throwIfStopped = null)
    {
        var pace = new SnapshotPace(_log, throwIfStopped ?? (() => { }));
        WrittenFile written;
        ForgetLost();
        lock (_watching)
        {
            _isFileBeingWritten = true;   // or a snapshot that ends meanwhile would have it watched
            _log.Watch.Remove(_folder.DatabasePath);
        }
        try
        {
            (written, _) = Copying(content with { History = _log.HistoryOf(content.Lsn) }, c => DatabaseFileWriter.Save(c, _folder.DatabasePath, options with { AfterPiece = pace.AfterPiece }, _folder.Disk));
            lock (_gate)
            {
                (_databaseFileLsn, _isDatabaseFileRead) = (written.HeaderLsn, true);
                _newest = written.Lsn >= (_newest?.Lsn ?? 0) ? written : _newest;
            }
        }
        finally
        {
            lock (_watching)
            {
                _isFileBeingWritten = false;
            }
            WatchBases();
        }
        if (_taking.TryEnter())   // else whoever takes a snapshot sees to the rest
        {
            try
            {
                TryTidy();
            }
            finally
            {
                _taking.Exit();
            }
        }
        return written;
    }

    /// <summary>Keeps the snapshots of an LSN until the promise of that name is taken back; null takes it back. False where there is no such snapshot or promise.</summary>
    public bool Pin(string name, long? lsn)
    {
        lock (_taking)
        {
            Scan();
            if (lsn is not null ? !_folder.Files.Any(file => file.Lsn == lsn) : !_folder.Pins.ContainsKey(name))
            {
                return false;
            }
            var pins = _folder.Pins.Where(pin => pin.Key != name).ToDictionary(pin => pin.Key, pin => pin.Value);
            if (lsn is not null)
            {
                pins.Add(name, lsn.Value);
            }
            _folder.SetPins(pins);
            TryTidy();
            return true;
        }
    }

    public string PathOf(SnapshotFile file) => _folder.PathOf(file.FileName);

    /// <summary>No snapshot is taken any more; one that is being taken is given up. Not to be called where a lock is held that beginning one takes.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _log.WakeAt(default, null);
        Wake();
        _thread.Join();
        lock (_taking)
        {
            // whoever takes one on a thread of its own is let come to its end
        }
    }

    // Copies what it can; where the older file turns out to be damaged, memory has the truth.
    private (WrittenFile Written, long CopiedBytes) Copying(DatabaseContent content, Func<DatabaseContent, WrittenFile> write)
    {
        WrittenFile? newest;
        lock (_gate)
        {
            newest = _newest;
        }
        using UnchangedRows? unchanged = UnchangedRows.TryOpen(newest, _folder.Disk);
        if (unchanged is not null)
        {
            try
            {
                return (write(content with { Unchanged = unchanged }), unchanged.CopiedBytes);
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted && error.Where == unchanged.Path)
            {
                NoteDamaged(newest!);
            }
        }
        return (write(content), 0);
    }

    private void NoteDamaged(WrittenFile file)
    {
        _folder.NoteDamaged(Path.GetFileName(file.Path));
        lock (_gate)
        {
            _newest = _newest == file ? null : _newest;
            _databaseFileLsn = file.Path == _folder.DatabasePath ? null : _databaseFileLsn;
        }
    }

    // A snapshot must not be ahead of the log, or records would be missing between it and what comes next. Where the log's disk has failed for good, it is
    // what saves the commits that only memory has.
    private void MakeDurable(long lsn)
    {
        try
        {
            if (_log.DurableLsn < lsn)
            {
                _log.Sync();
            }
        }
        catch (PhantomDbException)
        {
            // the log tells its own errors
        }
    }

    // The snapshot has been taken, whatever becomes of older ones.
    private void TryTidy()
    {
        try
        {
            Tidy();
        }
        catch (PhantomDbException error)
        {
            Note(error);
        }
    }

    private void Note(PhantomDbException error)
    {
        lock (_gate)
        {
            _lastError = error;
        }
        OnError?.Invoke(error);
    }

    private void Tidy()
    {
        SnapshotOptions limits = Options;
        Scan();
        DateTime now = _clock.GetUtcNow().UtcDateTime;
        PhantomDbException? damage = null;
        IReadOnlyList<SnapshotFile> all = [.. _folder.Files.Select(file => file with { State = SnapshotState.Verified })];
        if (SnapshotRetention.ToDelete(all, limits, now).Count > 0)
        {
            damage = _folder.Verify(SnapshotOptions.RetainedLeast);   // only what is known to be whole makes others dispensable
            IReadOnlyList<SnapshotFile> old = SnapshotRetention.ToDelete(_folder.Files, limits, now);
            foreach (SnapshotFile file in old)
            {
                _log.Watch.Remove(PathOf(file));
            }
            _folder.Delete(old);
        }
        WatchBases();
        _log.NoteSnapshots(RecoveryFloor(),
        [
            .. _folder.Files.Select(file => new LogManifestRow(LogManifest.Snapshot, file.FileName, file.Lsn, file.Lsn, file.Length, file.Time)),
            .. _folder.Pins.Select(pin => new LogManifestRow(LogManifest.SnapshotPin, pin.Key, pin.Value, 0, 0, now)),
        ]);
        if (damage is not null)
        {
            throw damage;
        }
    }

    // Who has no snapshots has the database's own file alone, and a checkpoint is asked for to be rid of the log before it.
    private long RecoveryFloor()
    {
        ForgetLost();
        long? own;
        lock (_gate)
        {
            own = _isDatabaseFileRead ? _databaseFileLsn : null;
        }
        long[] whole = [.. _folder.Files.Where(file => file.State == SnapshotState.Verified).Select(file => file.Lsn)];
        return own is null ? SnapshotRetention.RecoveryFloor(whole) : _folder.Files.Count == 0 ? own.Value : SnapshotRetention.RecoveryFloor(whole.Append(own.Value));
    }

    // Whoever took the database's own file away, nothing begins with it.
    private void ForgetLost()
    {
        if (_log.Watch.IsLost(_folder.DatabasePath))
        {
            lock (_gate)
            {
                _databaseFileLsn = null;
            }
        }
    }

    // The two files that recovery would begin with, the one where the other is damaged.
    private void WatchBases()
    {
        lock (_watching)
        {
            long? own;
            lock (_gate)
            {
                own = _isFileBeingWritten ? null : _databaseFileLsn;
            }
            List<WatchedBase> whole = [.. _folder.Files.Where(file => file.State != SnapshotState.Damaged).Select(file => new WatchedBase(PathOf(file), file.Lsn))];
            if (own is { } ownLsn)
            {
                whole.Add(new WatchedBase(_folder.DatabasePath, ownLsn));
            }
            string[] bases = [.. whole.OrderBy(file => file.Lsn).Select(file => file.Path).TakeLast(SnapshotOptions.RetainedLeast)];
            foreach (string path in _bases.Except(bases))
            {
                _log.Watch.Remove(path);
            }
            foreach (string path in bases)
            {
                _log.Watch.Keep(path);
            }
            _bases = bases;
        }
    }

    private sealed record WatchedBase(string Path, long Lsn);

    private void Scan()
    {
        if (!_isScanned)
        {
            _folder.ReadPins();
        }
        _folder.Scan();
        _isScanned = true;
    }

    private void ThrowIfStopping(CancellationToken stop)
    {
        if (_isStopping)
        {
            throw Error.LogClosed(_folder.DatabasePath);
        }
        if (stop.IsCancellationRequested)
        {
            throw Error.Cancelled();
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            _isWoken = true;
            Monitor.PulseAll(_gate);
        }
    }
}
