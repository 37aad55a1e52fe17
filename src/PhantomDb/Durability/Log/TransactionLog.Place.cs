using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Whether the log, and what else recovery needs, is still where it was and as it was: somebody may remove, rename, cut or write over a file, or move the folder, while commits go
/// on into the open one. The one who has the turn looks after its segment, once a second at most while there are commits, and when a segment, a snapshot or a save ends
/// and at the close; the log's own thread then looks after the other files. Where nothing was committed these are looked at when the database is closed.
/// <code>
/// lock held, name another's or none    the open file has all: it is copied, and the copy takes the name
/// lock's file gone, name ours          the lock is taken again, unless somebody else has come
/// both gone                            the folder was moved, emptied or replaced: read only, nothing is written there
/// name ours, content not               a new segment, and soon a snapshot, as after a failed flush
/// sealed segment's content not, or     soon a snapshot, which recovery can begin with
///  it, a side file, a base gone
/// manifest gone                        written anew
/// </code>
/// </summary>
internal sealed partial class TransactionLog
{
    // Of the one who has the turn.
    private long _lookedAt = Environment.TickCount64;
    private volatile bool _looksNow;
    private volatile bool _looksAtAll;
    private bool _canTell = true;   // there are file systems whose inodes are not the same from one question to the next

    private volatile bool _isFolderLost;

    private readonly Lock _looking = new();   // at the other files: one at a time, so that who waits for it knows what has been found

    // Under the lock.
    private bool _looksAtFiles;
    private readonly List<LogSegmentWriter> _unread = [];   // sealed, and not yet read back

    /// <summary>
    /// Whether the folder is still held for this database alone; told whether the log is still there, since only then a lock that is gone may be taken again.
    /// </summary>
    public Func<bool, bool>? HoldsFolder { get; init; }

    /// <summary>
    /// Looks now, and puts back what is missing. What is wrong then is told by <see cref="OnError"/> and by the next commit.
    /// </summary>
    /// <param name="all">All of the active segment is read, and the other files are looked at, too; throws where they are gone with the folder or the lock.</param>
    public void EnsureInPlace(bool all = false)
    {
        TakeTurn();
        _looksNow = true;
        _looksAtAll |= all;
        Lead(flushes: true);
        if (all)
        {
            LookAfterFiles();
            EnsureFolderKept();
        }
    }

    // Where nothing has been written nobody has missed the folder yet: with its lock its files are gone. A lock alone is no loss.
    private void EnsureFolderKept()
    {
        if (!_isFolderLost && IsFolderGone && Watch.Look(0).Count > 0)
        {
            _isFolderLost = true;
            PhantomDbException lost = Error.FolderLost(_files.ActivePath);
            OnError?.Invoke(lost);
            throw lost;
        }
    }

    // True where all that is not known to be on the disk has to be written anew.
    private bool LookAfterSegment()
    {
        if (!_looksNow && Environment.TickCount64 - _lookedAt < _options.LookMs)
        {
            return false;
        }
        _lookedAt = Environment.TickCount64;
        bool all = _looksAtAll;
        _looksNow = _looksAtAll = false;
        if (_segment is null || _files.HasNext)
        {
            return false;
        }
        lock (_gate)
        {
            _looksAtFiles = true;
            WakeBackground();
        }
        bool isPutBack = EnsureNamed();
        if (_segment.HasItsContent(all || isPutBack))
        {
            return false;
        }
        OnError?.Invoke(Error.LogWrittenOver(_files.ActivePath));
        Replace();
        return true;
    }

    // True where it had lost its name, and a copy of it has that now; where it was cut, too, who looks at its content tells so.
    private bool EnsureNamed()
    {
        bool isNamed = !_canTell || _segment!.IsAt(_files.ActivePath);
        if (HoldsFolder?.Invoke(isNamed) == false || (isNamed && _canTell && !_segment!.IsAt(_files.ActivePath)))
        {
            _isFolderLost = true;
            throw Error.FolderLost(_files.ActivePath);
        }
        if (isNamed)
        {
            return false;
        }
        _looksNow = true;   // again with the next commit, if this fails
        _files.PutBack(_segment!, _clock.GetUtcNow().UtcDateTime);
        _looksNow = false;
        _canTell = _segment!.IsAt(_files.ActivePath);
        Volatile.Write(ref _durableLsn, _segment.Durable.Lsn - 1);
        lock (_gate)
        {
            _hasHousework = true;
            NoteReplaced();   // other files may be missing too
        }
        if (_segment.HasItsContent(all: true))
        {
            OnError?.Invoke(Error.LogPutBack(_files.ActivePath));
        }
        return true;
    }

    // Those that are there when the log begins; what comes later is added by who makes it.
    private void WatchFiles()
    {
        foreach (LogSegmentFile file in _start.Segments)
        {
            Watch.Add(_files.PathOf(file.FileName), file.LastLsn);
        }
        foreach (LogLoad load in _start.Loads)
        {
            Watch.Add(_files.PathOf(load.FileName), load.Lsn);
        }
        Watch.Add(_files.PathOf(LogManifest.FileName(_start.DatabaseName)));
    }

    // Not with the turn, and not where another is at it: nobody waits for it.
    private void TryLookAfterFiles()
    {
        lock (_gate)
        {
            _looksAtFiles = false;
        }
        if (_looking.TryEnter())
        {
            try
            {
                LookAfterFiles();
            }
            finally
            {
                _looking.Exit();
            }
        }
    }

    private void LookAfterFiles()
    {
        lock (_looking)   // who looks at the close has to know what another has just found
        {
            LookAfterFilesAlone();
        }
    }

    private void LookAfterFilesAlone()
    {
        LogSegmentWriter[] unread;
        long floor;
        lock (_gate)
        {
            unread = [.. _unread];
            _unread.Clear();
            floor = _recoveryFloor;
        }
        if (IsFolderGone)
        {
            return;
        }
        try
        {
            IReadOnlyList<string> lost = Watch.Look(floor);
            if (_isManifestLost)
            {
                _isManifestLost = false;
                OnError?.Invoke(Error.ManifestLost(_files.PathOf(LogManifest.FileName(_start.DatabaseName))));
            }
            string[] damaged = [.. unread.Select(DamageOf).OfType<string>()];
            if ((lost.Count > 0 || damaged.Length > 0) && !IsFolderGone)   // with the folder all are gone, which the next commit tells
            {
                Tell(lost, damaged);
            }
        }
        catch (Exception error)   // none on this thread may end the process
        {
            OnError?.Invoke(AsDiskError(error));
        }
    }

    private bool IsFolderGone => _isFolderLost || HoldsFolder?.Invoke(false) == false;

    private void Tell(IReadOnlyList<string> lost, string[] damaged)
    {
        string manifest = _files.PathOf(LogManifest.FileName(_start.DatabaseName));
        foreach (string path in lost)
        {
            OnError?.Invoke(path == manifest ? Error.ManifestLost(path) : Error.FileLost(path));
        }
        foreach (string path in damaged)
        {
            OnError?.Invoke(Error.SegmentWrittenOver(path));
        }
        lock (_gate)
        {
            if (lost.Any(path => path != manifest) || damaged.Length > 0)
            {
                NoteReplaced();
            }
            _hasHousework = _isManifestStale = true;   // which writes the manifest
            WakeBackground();
        }
    }

    // All of a segment that was sealed: its path, where it is not what was written. One that is gone is the watch's to tell, or was deleted.
    private string? DamageOf(LogSegmentWriter written)
    {
        if (_files.Segments.FirstOrDefault(file => file.FirstLsn == written.Header.FirstLsn && file.Salt == written.Header.Salt) is not { } file)
        {
            return null;
        }
        string path = _files.PathOf(file.FileName);
        try
        {
            using Stream stream = _disk.OpenRead(path);
            return written.Content.IsIn((offset, target) =>
            {
                stream.Position = offset;
                return stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
            }) ? null : path;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UndefinedFile)
        {
            return null;
        }
        catch (PhantomDbException)
        {
            return path;
        }
    }
}
