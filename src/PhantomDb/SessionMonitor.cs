using PhantomDb.Transactions;

namespace PhantomDb;

/// <summary>
/// What the sessions of a database are doing, whom they wait for, and a way to stop one: the data of pg_stat_activity and
/// pg_locks, and pg_cancel_backend. What is seen may be over by the time that it is read.
/// </summary>
internal sealed class SessionMonitor(Database database)
{
    /// <summary>The open sessions, by their numbers.</summary>
    public IReadOnlyList<SessionActivity> Sessions()
    {
        Dictionary<int, int> blockers = [];
        foreach (LockDescription wait in Locks().Where(l => !l.IsGranted))
        {
            blockers[wait.ProcessId] = wait.BlockedBy;
        }
        return [.. database.OpenSessions().Select(session => session.Describe(blockers.GetValueOrDefault(session.ProcessId))).OrderBy(s => s.ProcessId)];
    }

    /// <summary>Table locks held and waited for, and waits for other transactions' rows.</summary>
    public IReadOnlyList<LockDescription> Locks() => database.Transactions.Locks.Describe();

    /// <summary>Makes a session's running statement fail with 57014; false where there is no such session.</summary>
    public bool Cancel(int processId)
    {
        Session? session = database.OpenSessions().Find(s => s.ProcessId == processId);
        session?.Cancel();
        return session is not null;
    }
}

/// <summary>
/// A row of pg_stat_activity. The state is PostgreSQL's (active, idle, idle in transaction, idle in transaction (aborted)); the text is
/// that of the statement running or run last, where it was given as text. BlockedBy is who must end first, 0 for nobody.
/// </summary>
internal sealed record SessionActivity(int ProcessId, string ApplicationName, string State, string Query, int BlockedBy);
