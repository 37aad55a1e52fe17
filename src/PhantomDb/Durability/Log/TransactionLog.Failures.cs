using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>
/// What the one who has the turn does when the disk fails.
/// <code>
/// a write fails           cut back to the last good place; Always: the cut is flushed and the commits fail with the disk's error;
///                         Interval, None: they are queued again, in front, and nothing more is taken until they are written
/// a flush fails,          a new segment on a new file that counts of the old one what had been flushed; what is in doubt is written there
///  or the cut             with the same LSNs, and flushed
/// that fails too          waiting commits fail as "outcome unknown", the log takes nothing more
/// </code>
/// </summary>
internal sealed partial class TransactionLog
{
    private const int RetryMs = 200;

    private PhantomDbException? _failure;   // of the last write or flush, where commits failed or wait for it

    /// <summary>Why the last write or flush failed, so that commits failed, or wait in memory; null where it succeeded, perhaps on another file.</summary>
    public PhantomDbException? Failure => Volatile.Read(ref _failure);

    /// <summary>True where nothing more is taken until the database is opened again.</summary>
    public bool IsStopped => Volatile.Read(ref _isReadOnly);

    private void GoOnAfter(PhantomDbException error, int firstBlock, LogPosition start, List<LogCommit> done)
    {
        try
        {
            if (_files.IsFolderFlushFailed || _isFolderLost)
            {
                StopForGood(error, done);
                return;
            }
            if (_segment is { IsFlushFailed: true })
            {
                Replace();
                WriteAgain(done);
                return;
            }
            LogPosition end = _segment is null ? default : start.Lsn > _segment.Durable.Lsn ? start : _segment.Durable;
            if (_segment is not null && !_files.HasNext && !TryCut(end))
            {
                Replace();
                if (!_isAlways)
                {
                    WriteAgain(done);
                    return;
                }
            }
            if (_isAlways)
            {
                FailQueued(error, done);
            }
            else
            {
                QueueAgain(error, firstBlock, _segment?.End.Lsn ?? _start.NextLsn);
            }
        }
        catch (Exception second)
        {
            StopForGood(AsDiskError(second), done);
        }
    }

    // Commits are told that they failed: no crash may bring them back, so the cut has to last.
    private bool TryCut(LogPosition end)
    {
        try
        {
            _segment!.CutTo(end);
            if (_isAlways)
            {
                FlushLines();
            }
            return true;
        }
        catch (PhantomDbException)
        {
            return false;
        }
    }

    // A new segment on a new file, that counts of this one what had been flushed.
    private void Replace()
    {
        LogSegmentWriter old = _segment!;
        _files.AbandonNext();
        _files.CreateNext(old.Durable.Lsn, Predecessor(old, old.Durable));
        TakeNext(old.Durable);
        _nextToWrite = _segment!.End.Lsn;
        lock (_gate)
        {
            ResetPlan();
            _hasHousework = true;
            NoteReplaced();
        }
    }

    private void WriteAgain(List<LogCommit> done)
    {
        WriteRuns(0);
        FlushSegment();
        Publish(done);
    }

    // Under Always, all who are not published: those behind have LSNs that would leave a gap. None is given until all have been told.
    private void FailQueued(PhantomDbException error, List<LogCommit> done)
    {
        Publish(done);
        lock (_gate)
        {
            _stopped = _failure = error;
            TakeQueue(_inDoubt);
        }
        Fail(_inDoubt, error, done);
        _inDoubt.Clear();
        lock (_gate)
        {
            _nextLsn = _nextToWrite = _durableLsn + 1;
            _contentLsn = Math.Min(_contentLsn, _durableLsn);
            ResetPlan();
            _stopped = null;
        }
    }

    private void Fail(List<LogQueueBlock> blocks, PhantomDbException error, List<LogCommit> done)
    {
        foreach (LogQueueBlock block in blocks)
        {
            foreach (ref readonly QueuedRun run in block.Runs)
            {
                if (run.LastLsn > _publishedLsn)
                {
                    QueuedOwner owner = block.OwnerOf(in run);
                    owner.Sink?.Fail(error);
                    Finish(owner, error, done);
                }
            }
        }
    }

    private void QueueAgain(PhantomDbException error, int firstBlock, long nextLsn)
    {
        lock (_gate)
        {
            _pending.InsertRange(0, _inDoubt[firstBlock..]);
            _queuedCount = _pending.Sum(block => block.Runs.Length);
            _inDoubt.RemoveRange(firstBlock, _inDoubt.Count - firstBlock);
            _nextToWrite = nextLsn;
            ResetPlan();
            _stopped = _failure = _pending.Count > 0 ? error : null;   // until they are written
            _retryAt = Environment.TickCount64 + RetryMs;
            WakeBackground();
        }
    }

    private void StopForGood(PhantomDbException cause, List<LogCommit> done)
    {
        List<LogQueueBlock> unwritten = [];
        PhantomDbException readOnly = Error.LogReadOnly(_files.ActivePath, cause);
        _isReadOnly = true;
        Publish(done);
        lock (_gate)
        {
            _stopped = _failure = readOnly;
            TakeQueue(unwritten);
        }
        if (_isAlways)
        {
            bool isWritten = !_isFolderLost || _segment?.HasUnflushed == true;
            Fail(_inDoubt, isWritten ? Error.CommitOutcomeUnknown(_files.ActivePath, cause) : readOnly, done);
            Fail(unwritten, readOnly, done);
        }
        _inDoubt.Clear();
    }
}
