using System.Diagnostics;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// What the one who has the turn does: takes the queue, writes, flushes, publishes, hands the turn on. Transactions stay in memory until their flush has returned, so that they can be
/// written again elsewhere when that fails, which is in the part <c>Failures</c>.
/// </summary>
internal sealed partial class TransactionLog
{
    private const int FreeBlocksKept = 24;   // the queue and what is written and not flushed: a busy log allocates nothing
    private const int FreeBlocksKeptIdle = 2;
    private const int FlushesWithinBound = 4;   // so that what waits for one stays in the processor's caches, and long lines have room
    private static readonly long CompanyTicksMax = Stopwatch.Frequency / 5000;

    // The turn, and who else wants it: under the lock.
    private bool _isWriting;
    private int _waitingForTurn;
    private readonly Stack<List<LogCommit>> _freeLists = new();

    // When the last turn ended: how many may come soon, and until when the next turn waits for them.
    private int _companyCount;
    private long _companyUntil;
    private long _flushTicks;

    // Of the one who has the turn.
    private LogSegmentWriter? _segment;
    private readonly List<LogQueueBlock> _inDoubt = [];   // taken from the queue and not yet on the disk
    private long _nextToWrite;
    private DateTime _writtenTime;
    private bool _isReadOnly;
    private bool _isInManifest;   // the segment

    private long _publishedLsn;
    private long _durableLsn;

    private void TakeTurn()
    {
        lock (_gate)
        {
            while (_isWriting)
            {
                _waitingForTurn++;
                Monitor.Wait(_gate);
                _waitingForTurn--;
            }
            _isWriting = true;
        }
    }

    // With the turn, which then goes to the first who waits.
    private void Lead(bool flushes)
    {
        List<LogCommit> done;
        if (flushes && _isAlways)
        {
            AwaitCompany();
        }
        lock (_gate)
        {
            done = _freeLists.TryPop(out List<LogCommit>? free) ? free : [];
        }
        try
        {
            WriteQueue(flushes, done);
        }
        finally
        {
            PassTurn(done);
        }
    }

    // Those whom the last turn has told are about to commit again, or they are not: half the time of a flush buys twice as many in the next one
    // where they are, and each waits for one flush instead of two. One who commits alone never waits.
    private void AwaitCompany()
    {
        while (Volatile.Read(ref _queuedCount) < _companyCount && Stopwatch.GetTimestamp() < _companyUntil)
        {
            Thread.Yield();
        }
    }

    private void PassTurn(List<LogCommit> done)
    {
        LogCommit? next = null;
        lock (_gate)
        {
            long queued = 0;
            foreach (LogQueueBlock block in _pending)
            {
                queued += block.ByteCount;
            }
            Volatile.Write(ref _queuedBytes, queued);
            long? unflushedBefore = _unflushedSince;
            if (_segment?.HasUnflushed != true)
            {
                _unflushedSince = null;
                Volatile.Write(ref _oldestSince, _pending.Count > 0 ? _queuedSince : long.MaxValue);
            }
            else
            {
                _unflushedSince ??= Math.Min(_oldestSince, Environment.TickCount64);
            }
            if (unflushedBefore is null && _unflushedSince is not null && _sleepsUntilWork)
            {
                WakeBackground();   // who reads the log has written for it, and it has seen an empty queue meanwhile
            }
            _companyCount = done.Count + _queuedCount;
            _companyUntil = Stopwatch.GetTimestamp() + Math.Min(_flushTicks / 2, CompanyTicksMax);
            next = _waitingForTurn > 0 || !_isAlways ? null : FirstWaiting();
            _isWriting = next is not null;
            if (!_isWriting && _isAlways && _pending.Exists(block => block.IsAwaited()))
            {
                WriteForAwaited();
            }
            if (_waitingForTurn > 0 || _waitingForRoom > 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
        next?.Lead();   // first, so that the disk is busy while the others are woken
        foreach (LogCommit commit in done)
        {
            commit.Wake();
        }
        done.Clear();
        lock (_gate)
        {
            _freeLists.Push(done);
        }
    }

    // One that has not come to wait yet takes the turn when it does.
    private LogCommit? FirstWaiting()
    {
        foreach (LogQueueBlock block in _pending)
        {
            if (block.FirstWaiting() is { } commit)
            {
                commit.IsWaiting = false;
                return commit;
            }
        }
        return null;
    }

    private void WriteQueue(bool flushes, List<LogCommit> done)
    {
        int first = _inDoubt.Count;
        lock (_gate)
        {
            TakeQueue(_inDoubt);
        }
        if (_isReadOnly || (_inDoubt.Count == 0 && _segment?.HasUnflushed != true && !_looksNow))
        {
            return;
        }
        LogSegmentWriter? segment = _segment;
        LogPosition start = segment?.End ?? default;
        try
        {
            first = LookAfterSegment() ? 0 : first;
            WriteRuns(first);
            if (flushes)
            {
                FlushSegment();
            }
            else
            {
                _segment?.WriteOut();
            }
            Publish(done);
            if (_failure is not null && _inDoubt.Count > 0)
            {
                lock (_gate)
                {
                    _stopped = _failure = null;   // there is room again
                }
            }
        }
        catch (Exception error)
        {
            PhantomDbException cause = AsDiskError(error);
            OnError?.Invoke(cause);
            GoOnAfter(cause, first, segment == _segment ? start : default, done);
        }
        if (_segment is not null)
        {
            _files.SetEnd(_isAlways ? _segment.Durable : _segment.End, _writtenTime);
        }
        DropDurable();
    }

    // Under the lock.
    private void TakeQueue(List<LogQueueBlock> target)
    {
        target.AddRange(_pending);
        _pending.Clear();
        _queuedCount = 0;
    }

    private void WriteRuns(int firstBlock)
    {
        for (int i = firstBlock; i < _inDoubt.Count; i++)
        {
            WriteBlock(_inDoubt[i]);
            GiveRoom(_inDoubt[i]);
        }
    }

    // How far it has come is noted once a block, or before that is asked for: committers use neighbouring words, on other cores.
    private void WriteBlock(LogQueueBlock block)
    {
        long next = _nextToWrite, bytes = 0;
        DateTime time = _writtenTime;
        try
        {
            foreach (ref readonly QueuedRun run in block.Runs)
            {
                if (run.FirstLsn < next)
                {
                    continue;   // was written before another of its block failed
                }
                if (_segment is null || _files.HasNext || (run.StartsSegment && _segment.HasRuns))
                {
                    _writtenTime = time;
                    BeginSegment(run.FirstLsn);
                }
                long start = _segment!.End.Offset;
                _segment.Write(in run, block);
                bytes += _segment.End.Offset - start;
                next = run.LastLsn + 1;
                time = run.Time;
                if (_segment.End.Offset - _segment.Durable.Offset > _options.UnflushedBytesMax / FlushesWithinBound)
                {
                    FlushSegment();
                }
            }
        }
        finally
        {
            (_nextToWrite, _writtenTime) = (next, time);
            Volatile.Write(ref _writtenBytes, _writtenBytes + bytes);
        }
    }

    // Who waits for room goes on while the rest is written. When the turn ends the queue is counted anew.
    private void GiveRoom(LogQueueBlock written)
    {
        if (_isAlways)
        {
            return;   // small groups
        }
        lock (_gate)
        {
            Volatile.Write(ref _queuedBytes, Math.Max(_queuedBytes - written.ByteCount, 0));
            if (_waitingForRoom > 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    // A new segment is in the manifest before anything in it counts: else nobody would notice that it is gone.
    private void FlushSegment()
    {
        if (_segment is not null && !_isInManifest)
        {
            WriteManifest();
            _isInManifest = true;
        }
        FlushLines();
    }

    private void FlushLines()
    {
        if (_segment is not null)
        {
            long start = Stopwatch.GetTimestamp();
            _segment.Flush(isLast: Volatile.Read(ref _isVouchedFor));
            _flushTicks = Stopwatch.GetTimestamp() - start;
            OnFlushed?.Invoke(Stopwatch.GetElapsedTime(start));
            Volatile.Write(ref _durableLsn, _segment.Durable.Lsn - 1);
        }
    }

    private void BeginSegment(long firstLsn)
    {
        if (!_files.HasNext)
        {
            FlushSegment();
            if (_segment is not null)
            {
                EnsureNamed();
            }
            _files.CreateNext(firstLsn, _segment is null ? _start.Predecessor : Predecessor(_segment, _segment.End));
            if (_segment is not null)
            {
                Seal(_segment);
            }
        }
        LogSegmentWriter? written = _segment;
        TakeNext(_segment?.End ?? default);
        lock (_gate)
        {
            _hasHousework = true;
            if (written is not null)
            {
                _unread.Add(written);
            }
        }
    }

    private void TakeNext(LogPosition end)
    {
        LogSegmentFile? old = _segment is null
            ? _start.Segments.LastOrDefault(file => file.FileName == LogSegmentName.Active(_start.DatabaseName))
            : new LogSegmentFile("", _segment.Header.Salt, _segment.Header.FirstLsn, end.Lsn - 1, end.Offset, _writtenTime) { IsFirst = _segment.Header.Predecessor is null };
        LogSegmentWriter next = _files.TakeNext(old, _clock.GetUtcNow().UtcDateTime);
        _segment?.Dispose();
        _segment = next;
        _isInManifest = false;
        _canTell = next.IsAt(_files.ActivePath);
    }

    // Its failure costs nothing but this proof: all before it is flushed, and the next header says the same.
    private static void Seal(LogSegmentWriter segment)
    {
        try
        {
            segment.Seal();
        }
        catch (PhantomDbException)
        {
        }
    }

    private static LogPredecessor Predecessor(LogSegmentWriter segment, LogPosition end) => new(segment.Header.Salt, end.Lsn - 1, end.Offset);

    // Under Always: in the order of LSNs, what is on the disk. Else it was published when it was queued.
    private void Publish(List<LogCommit> done)
    {
        if (!_isAlways)
        {
            return;
        }
        foreach (LogQueueBlock block in _inDoubt)
        {
            foreach (ref readonly QueuedRun run in block.Runs)
            {
                if (run.LastLsn > _durableLsn)
                {
                    return;
                }
                if (run.LastLsn > _publishedLsn)
                {
                    _publishedLsn = run.LastLsn;
                    QueuedOwner owner = block.OwnerOf(in run);
                    owner.Sink?.Publish(run.LastLsn);
                    Finish(owner, null, done);
                }
            }
        }
    }

    private static void Finish(QueuedOwner owner, PhantomDbException? error, List<LogCommit> done)
    {
        if (owner.Commit is not null)
        {
            owner.Commit.Finish(error);
            done.Add(owner.Commit);
        }
    }

    private void DropDurable()
    {
        int count = 0;
        while (count < _inDoubt.Count && _inDoubt[count].LastLsn <= _durableLsn)
        {
            count++;
        }
        if (count == 0)
        {
            return;
        }
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                if (_freeBlocks.Count < FreeBlocksKept)
                {
                    _inDoubt[i].Clear();
                    _freeBlocks.Push(_inDoubt[i]);
                }
            }
        }
        _inDoubt.RemoveRange(0, count);
    }
}
