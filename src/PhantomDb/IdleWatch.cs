using PhantomDb.Execution;

namespace PhantomDb;

/// <summary>
/// Ends a session that has done nothing for longer than idle_in_transaction_session_timeout or idle_session_timeout. It looks
/// now and then, so that statements need not tell it when they end: a session ends somewhat late, never early. Does not keep its session.
/// </summary>
internal sealed class IdleWatch : IDisposable
{
    private const int LooksInTime = 8;
    private const int IntervalMsMax = 1000;

    private readonly WeakReference<Session> _session;
    private readonly Timer _timer;
    private readonly int _intervalMs;
    private int _statementCount = -1;
    private long _idleSince;

    private IdleWatch(WeakReference<Session> session, long timeoutMs)
    {
        _session = session;
        _intervalMs = (int)Math.Clamp(timeoutMs / LooksInTime, 1, IntervalMsMax);
        _timer = new Timer(static watch => ((IdleWatch)watch!).Look(), this, Timeout.Infinite, Timeout.Infinite);
        _timer.Change(_intervalMs, Timeout.Infinite);
    }

    /// <summary>Begins to watch; null where the session has no limit.</summary>
    public static IdleWatch? Start(Session session, WeakReference<Session> reference)
    {
        long shortest = (session.IdleInTransactionTimeoutMs, session.IdleTimeoutMs) switch
        {
            (0, long outside) => outside,
            (long inside, 0) => inside,
            (long inside, long outside) => Math.Min(inside, outside),
        };
        return shortest == 0 ? null : new IdleWatch(reference, shortest);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (!_session.TryGetTarget(out Session? session) || session.IsDisposed)
        {
            _timer.Dispose();
            return;
        }
        (int count, bool isIdle, bool isInTransaction) = session.Pulse;
        long now = Environment.TickCount64;
        if (!isIdle || count != _statementCount)
        {
            _statementCount = isIdle ? count : -1;
            _idleSince = now;
        }
        else
        {
            long timeoutMs = isInTransaction ? session.IdleInTransactionTimeoutMs : session.IdleTimeoutMs;
            if (timeoutMs > 0 && now - _idleSince >= timeoutMs)
            {
                session.EndIdle(isInTransaction ? StopReason.IdleInTransaction : StopReason.IdleSession, count);
            }
        }
        try
        {
            _timer.Change(_intervalMs, Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            // The settings have changed meanwhile: another watches.
        }
    }
}
