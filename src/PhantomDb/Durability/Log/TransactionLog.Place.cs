using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Whether the log is still where it was: somebody may remove, rename or write over its file, or move its folder, while commits go on into the open one.
/// The one who has the turn looks, once a second at most while there are commits, and when a segment, a snapshot or a save ends and at the close.
/// <code>
/// lock held, name another's or none    the open file has all: it is copied, and the copy takes the name
/// lock's file gone, name ours          the lock is taken again, unless somebody else has come
/// both gone                            the folder was moved, emptied or replaced: read only, nothing is written there
/// name ours, content not               a new segment, and soon a snapshot, as after a failed flush
/// </code>
/// </summary>
internal sealed partial class TransactionLog
{
    private const int LookMs = 1000;

    // Of the one who has the turn.
    private long _lookedAt = Environment.TickCount64;
    private volatile bool _looksNow;
    private bool _canTell = true;   // there are file systems whose inodes are not the same from one question to the next

    private volatile bool _isFolderLost;

    /// <summary>
    /// Whether the folder is still held for this database alone; told whether the log is still there, since only then a lock that is gone may be taken again.
    /// </summary>
    public Func<bool, bool>? HoldsFolder { get; init; }

    /// <summary>Looks now, and puts back what is missing. What is wrong then is told by <see cref="OnError"/> and by the next commit.</summary>
    public void EnsureInPlace()
    {
        TakeTurn();
        _looksNow = true;
        Lead(flushes: true);
    }

    // True where all that is not known to be on the disk has to be written anew.
    private bool LookAfterSegment()
    {
        if (!_looksNow && Environment.TickCount64 - _lookedAt < LookMs)
        {
            return false;
        }
        _lookedAt = Environment.TickCount64;
        _looksNow = false;
        if (_segment is null || _files.HasNext)
        {
            return false;
        }
        EnsureNamed();
        if (_segment.HasItsContent())
        {
            return false;
        }
        OnError?.Invoke(Error.LogWrittenOver(_files.ActivePath));
        Replace();
        return true;
    }

    private void EnsureNamed()
    {
        bool isNamed = !_canTell || _segment!.IsAt(_files.ActivePath);
        if (HoldsFolder?.Invoke(isNamed) == false || (isNamed && _canTell && !_segment!.IsAt(_files.ActivePath)))
        {
            _isFolderLost = true;
            throw Error.FolderLost(_files.ActivePath);
        }
        if (isNamed)
        {
            return;
        }
        _looksNow = true;   // again with the next commit, if this fails
        _files.PutBack(_segment!, _clock.GetUtcNow().UtcDateTime);
        _looksNow = false;
        _canTell = _segment!.IsAt(_files.ActivePath);
        Volatile.Write(ref _durableLsn, _segment.Durable.Lsn - 1);
        OnError?.Invoke(Error.LogPutBack(_files.ActivePath));
        lock (_gate)
        {
            _hasHousework = true;
            NoteReplaced();   // other files may be missing too
        }
    }
}
