using PhantomDb.Execution;
using PhantomDb.Parsing.Ast;
using PhantomDb.Types;

namespace PhantomDb;

// What others may see of a session, and how they end it. Single-row statements leave nothing but their text and a count; when
// they began is not known.
public sealed partial class Session
{
    private const int RetryMs = 2;

    private readonly long _startTime = CoarseClock.Now;   // as all times here, in microseconds since 2000
    private string _text = "";     // of the statement that runs or ran last
    private int _statementCount;   // begun so far
    private int _timedStatement;   // the last one whose times are known
    private long _queryStart;
    private long _stateChange;
    private volatile StopReason _stop;   // why the session may not be used any more
    private IdleWatch? _watch;
    private Timer? _ending;

    /// <summary>Statements begun so far, whether the session does nothing just now, and whether it is in a transaction block; from any thread.</summary>
    internal (int StatementCount, bool IsIdle, bool IsInTransaction) Pulse => (Volatile.Read(ref _statementCount), !IsActive, _isInTransaction);

    internal long IdleInTransactionTimeoutMs => _settings.IdleInTransactionTimeoutMs;

    internal long IdleTimeoutMs => _settings.IdleTimeoutMs;

    /// <summary>True where a transaction runs that has not failed as a whole.</summary>
    internal bool HasActiveTransaction => (_isInTransaction || _transaction.IsActive) && !(_isFailed && _savepoints.Count == 0);

    /// <summary>True where the transaction has a stamp: it has written or locked something, or waits for others.</summary>
    internal bool HasStamp => _transaction.Stamp is not null;

    private bool IsActive => Volatile.Read(ref _isBusy) != 0 || Volatile.Read(ref _open) is { IsClosed: false };

    /// <summary>What the session is doing; from any thread. What is read while it goes on may be of two moments.</summary>
    internal SessionActivity Describe(int blockedBy = 0, long waitStart = 0)
    {
        bool isActive = IsActive;
        bool isTimed = _timedStatement == _statementCount;
        bool isInTransaction = _isInTransaction || (isActive && _transaction.IsActive);
        long transactionStart = isInTransaction ? _statement.KnownTransactionTime : 0;
        long queryStart = isTimed ? Math.Max(_queryStart, transactionStart) : waitStart;
        return new SessionActivity
        {
            ProcessId = ProcessId,
            ApplicationName = _settings.ApplicationName,
            State = isActive ? "active" : !_isInTransaction ? "idle" : _isFailed ? "idle in transaction (aborted)" : "idle in transaction",
            Query = Volatile.Read(ref _text),
            BlockedBy = blockedBy,
            IsWaiting = waitStart != 0,
            SessionStart = ToDateTime(_startTime)!.Value,
            TransactionStart = isInTransaction ? ToDateTime(_isInTransaction ? transactionStart : queryStart) : null,
            QueryStart = ToDateTime(queryStart),
            StateChange = ToDateTime(isActive ? queryStart : isTimed ? Math.Max(_stateChange, queryStart) : _statementCount == 0 ? _startTime : 0),
        };
    }

    /// <summary>
    /// Rolls back what the session has open and ends it: at once where it does nothing, else as soon as its statement has been
    /// stopped. From now on its use fails with the reason's error.
    /// </summary>
    internal void EndFor(StopReason reason)
    {
        Stop(reason);
        if (!TryEnd())
        {
            var ending = new Timer(static session => ((Session)session!).EndStopped(), this, Timeout.Infinite, Timeout.Infinite);
            if (Interlocked.CompareExchange(ref _ending, ending, null) is null)
            {
                ending.Change(RetryMs, Timeout.Infinite);
            }
        }
    }

    /// <summary>Stops what the session does, and all that it would do; rolls nothing back yet.</summary>
    internal void Stop(StopReason reason)
    {
        _stop = reason;
        _statement.Stop(reason);
        _transaction.Interrupt();
    }

    /// <summary>As <see cref="EndFor"/>, if the session has done nothing since it was looked at.</summary>
    internal void EndIdle(StopReason reason, int statementCount)
    {
        if (Interlocked.Exchange(ref _isBusy, 1) != 0)
        {
            return;
        }
        bool isIdle = _statementCount == statementCount && _open is null or { IsClosed: true };
        if (isIdle)
        {
            _stop = reason;
        }
        Leave();
        if (isIdle)
        {
            EndFor(reason);
        }
    }

    private void EndStopped()
    {
        if (TryEnd())
        {
            _ending?.Dispose();
        }
        else
        {
            _transaction.Interrupt();
            _ending?.Change(RetryMs, Timeout.Infinite);
        }
    }

    private void ThrowEnded()
    {
        StopReason reason = _stop;
        if (reason is StopReason.None or StopReason.DatabaseClosed)
        {
            ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
            throw new ObjectDisposedException(nameof(Session));
        }
        throw reason.ToError();
    }

    // BEGIN asks an exact clock anyway, and COMMIT and ROLLBACK are over as soon as begun.
    private void NoteStart(Statement statement)
    {
        if (statement is not (BeginStatement or CommitStatement or RollbackStatement))
        {
            _queryStart = CoarseClock.Now;
            _timedStatement = _statementCount;
        }
    }

    private void NoteEnd()
    {
        long now = CoarseClock.Now;
        if (_timedStatement != _statementCount)
        {
            _queryStart = now;
            _timedStatement = _statementCount;
        }
        _stateChange = now;
    }

    private static void Warn(WeakReference<Session> session, string message)
    {
        if (session.TryGetTarget(out Session? target))
        {
            target.Warn(message);
        }
    }

    private static void Watch(WeakReference<Session> session)
    {
        if (session.TryGetTarget(out Session? target))
        {
            target._watch?.Dispose();
            target._watch = IdleWatch.Start(target, session);
        }
    }

    private static DateTime? ToDateTime(long time) =>
        time == 0 ? null : new DateTime(DateTimeClock.EpochTicks + (time * 10), DateTimeKind.Utc);
}
