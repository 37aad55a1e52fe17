using PhantomDb.Errors;

namespace PhantomDb.Transactions;

/// <summary>How long a statement may wait for others: lock_timeout for each wait, statement_timeout for all, and cancellation.</summary>
internal sealed class WaitLimits
{
    /// <summary>Who waits for what cannot wake it looks so often whether it has been stopped.</summary>
    public const int LookMs = 50;

    /// <summary>Milliseconds for one wait; 0 is no limit.</summary>
    public long LockTimeoutMs { get; set; }

    /// <summary>Throws 57014 where the statement has been cancelled or its time is over. Who cancels also gives the signal.</summary>
    public Action ThrowIfStopped { get; set; } = () => { };

    /// <summary>Time until the statement's deadline; null where it has none.</summary>
    public Func<TimeSpan?> RemainingTime { get; set; } = () => null;

    /// <summary>Sleeps until the signal is given; throws 55P03 or 57014 where that takes too long.</summary>
    public void Sleep(SemaphoreSlim signal)
    {
        ThrowIfStopped();
        long lockMs = LockTimeoutMs == 0 ? long.MaxValue : LockTimeoutMs;
        long statementMs = RemainingTime() is { } remaining ? (long)Math.Ceiling(remaining.TotalMilliseconds) : long.MaxValue;
        long timeoutMs = Math.Min(lockMs, statementMs);
        int waitMs = timeoutMs > int.MaxValue ? Timeout.Infinite : (int)timeoutMs;
        bool isSignalled = Wait(signal, waitMs);
        ThrowIfStopped();
        if (!isSignalled)
        {
            throw lockMs <= statementMs ? Error.LockTimeout() : Error.StatementTimeout();
        }
    }

    /// <summary>Waits for the signal; false where the time is over. The pool adds threads soon where one of its own waits for a task: who holds the lock may need one to go on.</summary>
    private static bool Wait(SemaphoreSlim signal, int milliseconds)
    {
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            return signal.Wait(milliseconds);
        }
        Task wait = signal.WaitAsync();   // one with a time limit would need a thread of the pool to end
        if (wait.Wait(milliseconds))
        {
            return true;
        }
        signal.Release();   // ends the task. A signal that came just now is left over: the next who waits looks once more, for nothing
        return false;
    }
}
