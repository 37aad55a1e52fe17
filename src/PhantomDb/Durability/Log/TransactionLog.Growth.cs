namespace PhantomDb.Durability.Log;

/// <summary>By how much the log has grown since it was opened, and who wants to know when it has grown by so much more: snapshots.</summary>
/// <param name="Operations">Changed rows and custom entries.</param>
/// <param name="Bytes">Of their records, about.</param>
internal readonly record struct LogGrowth(long Operations, long Bytes);

internal sealed partial class TransactionLog
{
    // Under the lock.
    private LogGrowth _growth;
    private LogGrowth _wakeAt = new(long.MaxValue, long.MaxValue);
    private Action? _wake;
    private long _fileBytes;

    private long _writtenBytes;   // of the one who has the turn
    private int _replacedCount;
    private IReadOnlyList<LogManifestRow> _snapshotRows;

    public LogGrowth Growth
    {
        get
        {
            lock (_gate)
            {
                return _growth;
            }
        }
    }

    /// <summary>Bytes of records, and of files that they name, that were written since the log was opened.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes) + Volatile.Read(ref _fileBytes);

    /// <summary>How often a file of the log was lost or damaged, by a flush that failed or by somebody, or another that recovery needs: each time a reason for a snapshot.</summary>
    public int ReplacedCount => Volatile.Read(ref _replacedCount);

    /// <summary>
    /// Recovery needs only what is behind an LSN, since the snapshots have the rest: old segments that nothing else needs go, on the caller's thread. The rows
    /// stand in the manifest from now on.
    /// </summary>
    public void NoteSnapshots(long recoveryFloor, IReadOnlyList<LogManifestRow> rows)
    {
        lock (_gate)
        {
            _recoveryFloor = Math.Max(_recoveryFloor, recoveryFloor);
            _snapshotRows = rows;
            _isManifestStale = true;
        }
        if (rows.Count > 0 || _files.Segments.Count > 0)   // else there is nothing that a manifest could tell
        {
            EnsureInPlace();
            DoHousework();
            DoHouseworkLeft();
        }
    }

    /// <summary>
    /// Tells once, when one of the two is reached; at once where it is already. Under the log's lock: who is told must neither wait nor call the log.
    /// Takes the place of what was asked before; null asks for nothing.
    /// </summary>
    public void WakeAt(LogGrowth growth, Action? wake)
    {
        lock (_gate)
        {
            (_wakeAt, _wake) = (growth, wake);
            Grow(0, 0);
        }
    }

    // Under the lock.
    private void Grow(long operations, long bytes)
    {
        _growth = new LogGrowth(_growth.Operations + operations, _growth.Bytes + bytes);
        if (_wake is not null && (_growth.Operations >= _wakeAt.Operations || _growth.Bytes >= _wakeAt.Bytes))
        {
            Wake();
        }
    }

    // Under the lock.
    private void NoteReplaced()
    {
        _replacedCount++;
        Wake();
    }

    private void Wake()
    {
        Action? wake = _wake;
        _wake = null;
        wake?.Invoke();
    }
}
