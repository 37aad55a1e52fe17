using System.Globalization;
using System.Security.Cryptography;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The segments of one log as files: makes and names them, and opens the one that has an LSN. Names change under its lock, so
/// that nobody opens one for the other.
/// <code>
/// a new segment:  NAME.log.new, header, flush          nothing has changed yet
///                 NAME.log -> NAME_log_TIME_LSN.log, flush the folder, NAME.log.new -> NAME.log, flush the folder
/// </code>
/// The folder is flushed between the two, or a loss of power could keep the second alone, and with it not one name for the old segment.
/// </summary>
internal sealed class LogFiles(IFileSystem disk, LogStart start, TransactionLogOptions options, FileWatch watch)
{
    private readonly object _gate = new();
    private readonly List<LogSegmentFile> _sealed = [.. start.Segments];   // oldest first; the last may still have the active name
    private readonly string _activeName = LogSegmentName.Active(start.DatabaseName);
    private SegmentHistory _history = start.History;
    private LogSegmentFile? _active;      // but for its end
    private LogPosition _activeEnd;       // what may be read of it
    private DateTime _activeTime;
    private long _nextNumber = start.Segment;
    private LogSegmentWriter? _next;      // has its header on the disk, and not yet its name
    private bool _isOldNamed;

    public string ActivePath => PathOf(_activeName);

    /// <summary>A segment that has been made and waits for its name.</summary>
    public bool HasNext => _next is not null;

    /// <summary>Names in the folder may or may not last: nothing that is written now could be promised.</summary>
    public bool IsFolderFlushFailed { get; private set; }

    /// <summary>The first LSN that is kept.</summary>
    public long FirstLsn
    {
        get
        {
            lock (_gate)
            {
                return _sealed.Count > 0 ? _sealed[0].FirstLsn : _active?.FirstLsn ?? start.NextLsn;
            }
        }
    }

    /// <summary>All segments, oldest first, the active one last.</summary>
    public IReadOnlyList<LogSegmentFile> Segments
    {
        get
        {
            lock (_gate)
            {
                return _active is null ? [.. _sealed] : [.. _sealed, ActiveFile()];
            }
        }
    }

    /// <summary>The segments that led to an LSN, which is the last one or was it when the log was opened.</summary>
    public SegmentHistory HistoryOf(long lsn)
    {
        lock (_gate)
        {
            return _history.UpTo(lsn);
        }
    }

    /// <summary>Makes a segment's file beside the active one. Behind one that nothing counts of it is the first itself, and says what was before.</summary>
    public void CreateNext(long firstLsn, LogPredecessor? predecessor)
    {
        predecessor = predecessor is { LastLsn: 0 } ? null : predecessor;
        var header = new LogHeader(start.DatabaseName, start.Id, start.Timeline, _nextNumber, firstLsn,
            (uint)(options.Random?.Next(int.MinValue, int.MaxValue) ?? RandomNumberGenerator.GetInt32(int.MinValue, int.MaxValue)), options.UnflushedBytesMax, predecessor)
        {
            IsBehindFile = predecessor is null && start.IsBehindFile,
        }.Behind(HistoryOf(firstLsn - 1).Last);
        _next = new LogSegmentWriter(disk, ActivePath + ".new", header, options.SyncPolicy == LogSyncPolicy.Always);
        _nextNumber++;
    }

    /// <summary>Gives up the segment that waits for its name.</summary>
    public void AbandonNext()
    {
        if (_next is not null)
        {
            _next.Dispose();
            LogSegmentWriter.TryDelete(disk, ActivePath + ".new");
            _next = null;
            _nextNumber--;
        }
    }

    /// <summary>
    /// Seals the old segment under a name of its own, with what counts of it, and gives the active name to the new one. Where a name cannot
    /// be given it throws, and goes on from there when it is called again.
    /// </summary>
    public LogSegmentWriter TakeNext(LogSegmentFile? old, DateTime now)
    {
        lock (_gate)
        {
            if (!_isOldNamed)
            {
                NameOld(old, now);
                _isOldNamed = true;
            }
            FlushFolder();
            disk.Rename(ActivePath + ".new", ActivePath);
            LogSegmentWriter taken = _next!;
            FlushFolder();
            _next = null;
            _isOldNamed = false;
            _active = new LogSegmentFile(_activeName, taken.Header.Salt, taken.Header.FirstLsn, taken.Header.FirstLsn - 1, taken.End.Offset, now) { IsFirst = taken.Header.Predecessor is null };
            (_activeEnd, _activeTime) = (taken.End, now);
            _history = _history.With(new SegmentMark(taken.Header.Salt, taken.Header.FirstLsn));
            return taken;
        }
    }

    /// <summary>
    /// The active segment's file has lost its name: a copy of it gets it. What stands under the name by now is kept under another.
    /// </summary>
    public void PutBack(LogSegmentWriter segment, DateTime now)
    {
        lock (_gate)
        {
            string beside = ActivePath + ".new";
            IWritableFile copy = segment.CopyTo(disk, beside);
            try
            {
                if (disk.Exists(ActivePath))
                {
                    SetAside(now);
                    FlushFolder();
                }
                disk.Rename(beside, ActivePath);
            }
            catch
            {
                copy.Dispose();
                LogSegmentWriter.TryDelete(disk, beside);
                throw;
            }
            segment.GoOnIn(copy);
            FlushFolder();
        }
    }

    /// <summary>What may be read of the active segment goes up to here.</summary>
    public void SetEnd(LogPosition end, DateTime time)
    {
        lock (_gate)
        {
            (_activeEnd, _activeTime) = (end, time);
        }
    }

    /// <summary>The hole that an LSN is in, which may be an empty one, where a timeline goes on behind a file; null where a segment has it, or it is beyond them.</summary>
    public LogHole? HoleAt(long lsn)
    {
        lock (_gate)
        {
            int i = _sealed.FindLastIndex(file => file.FirstLsn <= lsn);
            LogSegmentFile? next = i < 0 ? null : i + 1 < _sealed.Count ? _sealed[i + 1] : _active;
            return lsn > (i < 0 ? 0 : _sealed[i].LastLsn) && lsn < next?.FirstLsn ? LogHole.Between(_sealed[i].LastLsn, next.FirstLsn, next.IsFirst) : null;
        }
    }

    /// <summary>Opens the segment that has an LSN. The stream stays good whatever becomes of the name.</summary>
    public (LogSegmentFile File, Stream Stream)? Open(long lsn)
    {
        lock (_gate)
        {
            LogSegmentFile? file = _active is not null && lsn >= _active.FirstLsn ? ActiveFile() : _sealed.FindLast(file => file.FirstLsn <= lsn);
            if (file is null && lsn < FirstLsn)
            {
                throw Error.LogRecordsGone(lsn, FirstLsn);
            }
            return file is null || lsn > file.LastLsn ? null : (file, disk.OpenRead(PathOf(file.FileName)));
        }
    }

    /// <summary>
    /// Deletes the segments that the choice says, given the sealed ones, oldest first, and the bytes of the active one, and then the side files that
    /// they name: in this order, as a segment is nothing without them. For one thread at a time.
    /// </summary>
    /// <param name="prepare">Told the last one that is going, before the first does.</param>
    public int Delete(LoadFiles loads, Func<IReadOnlyList<LogSegmentFile>, long, IEnumerable<LogSegmentFile>> choose, Action<LogSegmentFile> prepare)
    {
        List<string> loadNames = [];
        LogSegmentFile[] chosen;
        lock (_gate)
        {
            LogSegmentFile[] named = [.. _sealed.Where(file => file.FileName != _activeName)];
            chosen = [.. choose(named, _active is null ? 0 : _activeEnd.Offset)];
        }
        if (chosen.Length > 0)
        {
            prepare(chosen[^1]);
        }
        foreach (LogSegmentFile file in chosen)
        {
            loadNames.AddRange(loads.NamesIn(file));
            watch.Remove(PathOf(file.FileName));
            disk.Delete(PathOf(file.FileName));   // not under the lock: that takes a while, and committers pass there
            lock (_gate)
            {
                _sealed.Remove(file);
            }
        }
        if (chosen.Length > 0)
        {
            disk.FlushFolder(start.Folder);
            loads.Delete(loadNames);
        }
        return chosen.Length;
    }

    /// <summary>Opens another file of the same folder.</summary>
    public Stream OpenBeside(string fileName) => disk.OpenRead(PathOf(fileName));

    public string PathOf(string fileName) => Path.Combine(start.Folder, fileName);

    private LogSegmentFile ActiveFile() => _active! with { LastLsn = _activeEnd.Lsn - 1, Length = _activeEnd.Offset, LastTime = _activeTime, IsOpen = true };

    private void NameOld(LogSegmentFile? old, DateTime now)
    {
        _sealed.RemoveAll(file => file.FileName == _activeName);
        if (old is not null && (old.FileName.Length == 0 || watch.IsInPlace(ActivePath)))   // else somebody has taken that of an earlier opening away since
        {
            watch.Remove(ActivePath);
            var name = new LogSegmentName(start.DatabaseName, now, old.FirstLsn);
            while (disk.Exists(PathOf(name.ToString())))
            {
                name = name with { Number = name.Number + 1 };
            }
            disk.Rename(ActivePath, PathOf(name.ToString()));
            _active = null;
            _sealed.Add(old with { FileName = name.ToString() });
            watch.Add(PathOf(name.ToString()), old.LastLsn);
        }
        else if (disk.Exists(ActivePath))
        {
            SetAside(now);
        }
    }

    // Something that recovery did not count: kept, not judged.
    private void SetAside(DateTime now)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"{ActivePath}.torn_{now:yyyyMMdd_HHmmss}");
        string free = path;
        for (int number = 2; disk.Exists(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{path}_{number}");
        }
        disk.Rename(ActivePath, free);
    }

    private void FlushFolder()
    {
        try
        {
            disk.FlushFolder(start.Folder);
        }
        catch
        {
            IsFolderFlushFailed = true;
            throw;
        }
    }
}
