namespace PhantomDb;

// The sessions that use the database, and what others may do to them.
public sealed partial class Database
{
    /// <summary>Opens a session: its own settings, transaction and cancellation.</summary>
    public Session OpenSession() => OpenSession(takesSettings: true);

    /// <summary>A session for work of the engine's own: without the settings that the database keeps, whose limits are meant for others.</summary>
    internal Session OpenPlainSession() => OpenSession(takesSettings: false);

    private Session OpenSession(bool takesSettings)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        Session session = new(this, takesSettings);
        lock (_sessions)
        {
            if (_sessions.Count == _sessions.Capacity)
            {
                _sessions.RemoveAll(reference => !reference.TryGetTarget(out Session? other) || other.IsDisposed);
            }
            _sessions.Add(new WeakReference<Session>(session));
        }
        return session;
    }

    /// <summary>What the open sessions are doing, by their numbers: the rows of pg_stat_activity. It may be over by the time that it is read.</summary>
    public IReadOnlyList<SessionActivity> GetSessions() => Monitor.Sessions();

    /// <summary>Makes a session's running statement fail with 57014, as <see cref="Session.Cancel"/>; from any thread.</summary>
    /// <returns>False where there is no session of that number.</returns>
    public bool CancelSession(int processId) => Monitor.Cancel(processId);

    /// <summary>
    /// Ends a session: its statement is stopped, its open transaction rolled back, and whoever goes on using it gets 57P01. From any thread.
    /// </summary>
    /// <returns>False where there is no session of that number.</returns>
    public bool TerminateSession(int processId) => Monitor.Terminate(processId);

    /// <summary>
    /// A statement has taken at least as long as <c>log_min_duration_statement</c> says (docs/settings.md; <see cref="DatabaseOptions.SlowStatementTime"/>), whether it failed or not. Raised on the
    /// thread that ran it, when its transaction is over unless it goes on, so that what handlers do takes its time; what they throw is ignored, and statements that they run themselves are not told of.
    /// </summary>
    public event Action<SlowStatement>? SlowStatement;

    internal void NoteSlowStatement(SlowStatement statement)
    {
        if (SlowStatement is { } handlers)
        {
            Tell(handlers, statement);
        }
    }

    internal SessionMonitor Monitor => new(this);

    /// <summary>The sessions that have not been disposed of.</summary>
    internal List<Session> OpenSessions()
    {
        List<Session> open = [];
        lock (_sessions)
        {
            foreach (WeakReference<Session> reference in _sessions)
            {
                if (reference.TryGetTarget(out Session? session) && !session.IsDisposed)
                {
                    open.Add(session);
                }
            }
        }
        return open;
    }
}
