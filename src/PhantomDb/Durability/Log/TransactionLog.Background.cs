using System.Globalization;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The log's own thread: writes and flushes under Interval and None, tries again when the disk failed, vouches with a SYNC record for what
/// was written before it became quiet, deletes old segments and writes the manifest. Sleeps without end when there is nothing of it. And the
/// end of the log.
/// </summary>
internal sealed partial class TransactionLog
{
    private const int SettleMsMax = 1000;

    private readonly Thread _background;
    private readonly Lock _housework = new();
    private readonly Lock _manifest = new();   // for no more than that: who writes the log waits for it

    // Under the lock; times are ticks in ms.
    private bool _sleepsUntilWork;
    private bool _isResting;      // in its wait
    private bool _isAsleep;       // and nobody has woken it yet
    private long _seenLsn;        // when this thread last looked, so that committers need no clock for it
    private long _lastActivity;   // when it saw that there had been more
    private long _queuedSince;
    private long? _unflushedSince;
    private long _oldestSince = long.MaxValue;   // when the oldest record that may not be on the disk was queued, or before
    private long _retryAt;
    private bool _writesForAwaited;
    private bool _isVouchedFor = true;
    private bool _hasHousework;
    private bool _isHouseworkLeft;    // for whoever keeps house
    private bool _areOrphansGone;     // of the one who keeps house
    private volatile bool _isManifestStale;
    private volatile bool _isManifestLost;   // somebody has taken it away, and it has been written anew since
    private long _openInManifest;   // first LSN of the segment that it says is written to; 0: one of before, which may name any
    private volatile bool _isEnded;   // in order: nothing is written any more
    private long _recoveryFloor;
    private readonly List<LogPin> _pins;

    private enum Work
    {
        None, Write, Flush, Vouch, Look, Housework, End,
    }

    /// <summary>
    /// Told of each failure of the disk, whether somebody waits for what failed or not, and whether the log has gone on elsewhere or not. Called by the one who
    /// has the turn or keeps house: it must return at once, and not throw.
    /// </summary>
    public Action<PhantomDbException>? OnError { get; set; }

    /// <summary>Told of each flush how long it took. Called by the one who has the turn: it must return at once, and not throw.</summary>
    public Action<TimeSpan>? OnFlushed { get; init; }

    /// <summary>The segments, oldest first.</summary>
    public IReadOnlyList<LogSegmentFile> Segments => _files.Segments;

    /// <summary>The first LSN that is kept.</summary>
    public long FirstLsn => _files.FirstLsn;

    public IReadOnlyList<LogPin> Pins
    {
        get
        {
            lock (_gate)
            {
                return [.. _pins];
            }
        }
    }

    /// <summary>Returns when the log's own thread has done what is due and rests, so that what comes next on the disk is the caller's: for tests that repeat.</summary>
    internal void Settle()
    {
        long until = Environment.TickCount64 + SettleMsMax;
        lock (_gate)
        {
            while (!_isClosing && (!_isResting || _isWriting || IsWorkDue()) && Environment.TickCount64 < until)
            {
                WakeBackground();
                Monitor.Wait(_gate, 1);
            }
        }
    }

    private bool IsWorkDue() => NextWork(Environment.TickCount64, out long due) != Work.None && due <= Environment.TickCount64;

    /// <summary>Keeps the records from an LSN on until the pin is taken away; a pin of that name goes. Refused (22023) where they are gone already.</summary>
    public void Pin(string name, long firstLsn)
    {
        lock (_housework)   // nothing is deleted meanwhile
        {
            if (firstLsn < FirstLsn)
            {
                throw Error.LogRecordsGone(firstLsn, FirstLsn);
            }
            lock (_gate)
            {
                _pins.RemoveAll(pin => pin.Name == name);
                _pins.Add(new LogPin(name, firstLsn));
            }
            WriteManifest();
        }
        DoHouseworkLeft();
    }

    public bool Unpin(string name)
    {
        lock (_gate)
        {
            if (_pins.RemoveAll(pin => pin.Name == name) == 0)
            {
                return false;
            }
            _hasHousework = _isManifestStale = true;
            WakeBackground();
            return true;
        }
    }

    /// <summary>
    /// Deletes the sealed segments that have no record behind an LSN, and gives their number. Refused (55000), with the reason, where recovery or a
    /// pin needs records up to there.
    /// </summary>
    public int CompactUpTo(long lsn)
    {
        int count;
        lock (_housework)
        {
            lock (_gate)
            {
                if (LogRetention.ReasonToKeep(lsn, _recoveryFloor, _pins) is { } reason)
                {
                    throw Error.LogNeeded(lsn, reason);
                }
            }
            count = _files.Delete(Loads, (files, _) => files.TakeWhile(file => file.LastLsn <= lsn), PrepareToDelete);
            WriteManifest();
        }
        DoHouseworkLeft();
        return count;
    }

    /// <summary>Orderly end: what is queued is written, then a CLOSE record, all flushed and sealed. Throws where that cannot be.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosing)
            {
                return;
            }
            Volatile.Write(ref _isClosing, true);
            Monitor.PulseAll(_gate);
        }
        _background.Join();
        TakeTurn();
        _looksNow = true;
        Lead(flushes: true);
        TakeTurn();
        PhantomDbException? failure;
        lock (_gate)
        {
            failure = _stopped;
            if (failure is null && _segment is not null)
            {
                AddOwn(LogOperation.Close);
            }
        }
        Lead(flushes: true);
        TakeTurn();
        failure ??= _stopped;
        if (_segment is not null)
        {
            if (failure is null)
            {
                Seal(_segment);
                _isEnded = true;
            }
            _segment.Dispose();
            _isManifestStale = true;
        }
        if (_isManifestStale)
        {
            DoHousework();
        }
        _isReadOnly = true;
        PassTurn([]);
        if (failure is not null)
        {
            throw Error.Again(failure);
        }
    }

    /// <summary>As <see cref="Close"/>, without an error.</summary>
    public void Dispose()
    {
        try
        {
            Close();
        }
        catch (PhantomDbException)
        {
            // whoever wants to know calls Close
        }
    }

    // Under the lock. Commits that are awaited without a thread have none that could write.
    private void WriteForAwaited()
    {
        _writesForAwaited = true;
        WakeBackground();
    }

    // Under the lock. Awake, it looks again before it sleeps.
    private void WakeBackground()
    {
        _sleepsUntilWork = false;
        if (_isAsleep)
        {
            _isAsleep = false;
            Monitor.PulseAll(_gate);
        }
    }

    private void RunInBackground()
    {
        while (true)
        {
            switch (WaitForWork())
            {
                case Work.End:
                    return;
                case Work.Write:
                    TakeTurn();
                    Lead(flushes: false);
                    break;
                case Work.Flush:
                    TakeTurn();
                    Lead(flushes: true);
                    break;
                case Work.Vouch:
                    Vouch();
                    break;
                case Work.Look:
                    TryLookAfterFiles();
                    break;
                case Work.Housework:
                    LeaveHousework();
                    break;
            }
        }
    }

    private Work WaitForWork()
    {
        lock (_gate)
        {
            while (true)
            {
                long now = Environment.TickCount64;
                Work work = NextWork(now, out long due);
                if (work != Work.None && due <= now)
                {
                    _writesForAwaited &= work != Work.Flush;
                    return work;
                }
                // Committers need not wake it for what they do themselves, nor while it sleeps for a moment only.
                _sleepsUntilWork = work == Work.None || (!_isAlways && work != Work.Write);
                _isResting = _isAsleep = true;
                Monitor.Wait(_gate, work == Work.None ? Timeout.Infinite : (int)Math.Min(due - now, int.MaxValue));
                _sleepsUntilWork = _isResting = _isAsleep = false;
            }
        }
    }

    private Work NextWork(long now, out long due)
    {
        due = now;
        if (_isClosing)
        {
            return Work.End;
        }
        if (_writesForAwaited)
        {
            return Work.Flush;
        }
        if (_hasHousework)
        {
            return Work.Housework;
        }
        if (_looksAtFiles)
        {
            return Work.Look;
        }
        if (_isReadOnly)
        {
            return Work.None;
        }
        if (_nextLsn != _seenLsn)
        {
            (_seenLsn, _lastActivity) = (_nextLsn, now);
        }
        Work work = Work.None;
        if (!_isAlways && _pending.Count > 0)
        {
            bool isUrgent = _queuedBytes > Math.Min(WriteSoonBytes, _options.QueueBytes / 2) || _waitingForRoom > 0;
            (work, due) = (Work.Write, _stopped is not null ? _retryAt : isUrgent ? now : _queuedSince + _options.WriteDelayMs);
        }
        if (_options.SyncPolicy == LogSyncPolicy.Interval && _unflushedSince + _options.SyncIntervalMs is { } flushDue && (work == Work.None || flushDue <= due) && _stopped is null)
        {
            (work, due) = (Work.Flush, flushDue);
        }
        if (work == Work.None && !_isVouchedFor)
        {
            (work, due) = (Work.Vouch, _lastActivity + _options.IdleSyncMs);
        }
        return work;
    }

    // What was written is flushed first, so that the record's lag vouches for all of it.
    private void Vouch()
    {
        TakeTurn();
        Lead(flushes: true);
        lock (_gate)
        {
            _isVouchedFor = true;
            while (_freeBlocks.Count > FreeBlocksKeptIdle)
            {
                _freeBlocks.Pop();
            }
            if (_segment is null || _stopped is not null || _isClosing || _pending.Count > 0)
            {
                return;
            }
            AddOwn(LogOperation.Sync);
        }
        TakeTurn();
        Lead(flushes: true);
    }

    private void AddOwn(LogOperation operation)
    {
        var batch = new LogBatch();
        batch.Begin(operation, []);
        batch.End();
        Add(batch, 0, null);
    }

    // Who keeps house may be long about it (files are deleted, perhaps read before), and this thread has a queue to write: it does not wait for others.
    private void LeaveHousework()
    {
        lock (_gate)
        {
            _hasHousework = false;
            _isHouseworkLeft = true;
        }
        DoHouseworkLeft();
    }

    // By whoever has just kept house, or nobody does now.
    private void DoHouseworkLeft()
    {
        while (Volatile.Read(ref _isHouseworkLeft) && _housework.TryEnter())
        {
            try
            {
                DoHousework();
            }
            finally
            {
                _housework.Exit();
            }
        }
    }

    private void DoHousework()
    {
        lock (_housework)
        {
            long floor;
            LogPin[] pins;
            lock (_gate)
            {
                _hasHousework = _isHouseworkLeft = false;
                floor = _recoveryFloor;
                pins = [.. _pins];
            }
            if (_isFolderLost || HoldsFolder?.Invoke(false) == false)
            {
                return;   // what stands there is not ours
            }
            TryLookAfterFiles();
            try
            {
                if (!_areOrphansGone)
                {
                    Loads.DeleteOrphans();
                    _areOrphansGone = true;
                }
                IReadOnlyList<(long Lsn, long Bytes)> loads = _options.RetainedBytes is null ? [] : Loads.Sizes();
                _isManifestStale |= _files.Delete(Loads, (all, activeBytes) =>
                {
                    LogSegmentFile[] files = [.. all.Where(file => !file.IsOfOlderTimeline)];
                    return files.Take(LogRetention.CountToDelete(
                        [.. files.Select(file => file with { Length = file.Length + loads.Where(load => file.FirstLsn <= load.Lsn && load.Lsn <= file.LastLsn).Sum(load => load.Bytes) })],
                        activeBytes + loads.Where(load => all.Count == 0 || load.Lsn > all[^1].LastLsn).Sum(load => load.Bytes),
                        _options, _clock.GetUtcNow().UtcDateTime, floor, pins));
                }, PrepareToDelete) > 0;
                if (_isManifestStale && (DurableLsn > 0 || Pins.Count > 0 || Volatile.Read(ref _snapshotRows).Count > 0))   // a file that no log was ever beside needs none
                {
                    WriteManifest();
                }
            }
            catch (Exception error)   // what was not deleted goes the next time, a manifest is a hint; and no error on this thread may end the process
            {
                _isManifestStale = true;
                OnError?.Invoke(AsDiskError(error));
            }
        }
    }

    private PhantomDbException AsDiskError(Exception error) => error as PhantomDbException ?? Error.FileFailed("write", _files.ActivePath, error.Message, error);

    // A manifest that has a segment as the one that is written to has it missed when it is gone, with nothing behind it: nobody would know how far it went.
    private void PrepareToDelete(LogSegmentFile last)
    {
        if (last.FirstLsn >= _openInManifest)
        {
            WriteManifest();
        }
    }

    private void WriteManifest()
    {
        lock (_manifest)
        {
            _isManifestStale = false;
            DateTime now = _clock.GetUtcNow().UtcDateTime;
            long durable = DurableLsn, content = Math.Min(Volatile.Read(ref _contentLsn), durable);
            LogManifestRow[] files =
            [
                .. _files.Segments.Select(file => new LogManifestRow(file.IsOpen && !_isEnded ? LogManifest.Open : LogManifest.Segment, file.FileName, file.FirstLsn, file.LastLsn, file.Length, file.LastTime)),
                .. Loads.Named.Select(load => new LogManifestRow(LogManifest.Load, load.FileName, load.Lsn, load.Lsn, 0, now)), .. Volatile.Read(ref _snapshotRows),
            ];
            LogManifest manifest = LogManifest.Of(_start.DatabaseName, _start.Id, _start.Timeline, now, content, durable, files, Pins);
            string path = _files.PathOf(LogManifest.FileName(_start.DatabaseName));
            _isManifestLost |= Watch.TakeLost(path);   // the next look tells it
            Watch.Remove(path);
            manifest.Write(_start.Folder, _disk);
            Watch.Add(path);
            _openInManifest = manifest.OpenSegment?.FirstLsn ?? long.MaxValue;
        }
    }
}
