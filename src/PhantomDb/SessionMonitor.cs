using PhantomDb.Execution;
using PhantomDb.Execution.SystemTables;
using PhantomDb.Functions;
using PhantomDb.Transactions;

namespace PhantomDb;

/// <summary>
/// What the sessions of a database are doing, whom they wait for, and a way to stop one: pg_stat_activity, pg_locks,
/// pg_cancel_backend and pg_terminate_backend. What is seen may be over by the time that it is read.
/// </summary>
internal sealed class SessionMonitor(Database database) : ISessionControl
{
    public int Count => database.OpenSessions().Count;

    /// <summary>The open sessions, by their numbers.</summary>
    public IReadOnlyList<SessionActivity> Sessions() => [.. Describe().Select(described => described.Activity)];

    /// <summary>Table locks held and waited for, and waits for other transactions' rows.</summary>
    public IReadOnlyList<LockDescription> Locks() => database.Transactions.Locks.Describe();

    public IReadOnlyList<int> BlockersOf(int processId) => database.Transactions.Locks.BlockersOf(processId);

    public bool IsOpen(int processId) => Find(processId) is not null;

    public bool Cancel(int processId)
    {
        Session? session = Find(processId);
        session?.Cancel();
        return session is not null;
    }

    public bool Terminate(int processId)
    {
        Session? session = Find(processId);
        session?.EndFor(StopReason.Terminated);
        return session is not null;
    }

    /// <summary>The rows of pg_stat_activity.</summary>
    public IEnumerable<object?[]> ActivityRows(SystemScan scan)
    {
        int databaseOid = SystemObjects.DatabaseOid(scan.Objects.DatabaseName);
        long? wanted = scan.Oid("pid");
        foreach ((SessionActivity session, bool waitsForTable) in Describe().Where(described => wanted is null || described.Activity.ProcessId == wanted))
        {
            bool isActive = session.State == "active";
            yield return scan.Row(
                ("datid", databaseOid), ("datname", scan.Objects.DatabaseName), ("pid", session.ProcessId), ("usesysid", SystemObjects.OwnerOid),
                ("usename", scan.Objects.UserName), ("application_name", session.ApplicationName), ("backend_start", ToTimestamp(session.SessionStart)),
                ("xact_start", ToTimestamp(session.TransactionStart)), ("query_start", ToTimestamp(session.QueryStart)),
                ("state_change", ToTimestamp(session.StateChange)),
                ("wait_event_type", session.IsWaiting ? "Lock" : isActive ? null : "Client"),
                ("wait_event", session.IsWaiting ? waitsForTable ? "relation" : "transactionid" : isActive ? null : "ClientRead"),
                ("state", session.State), ("query", session.Query), ("backend_type", "client backend"));
        }
    }

    /// <summary>
    /// The rows of pg_locks. A transaction has no number of its own here: the session's stands for it, in virtualxid, in virtualtransaction, and,
    /// where it has written or locked something, in transactionid. Locks of rows are not listed, only who waits for one.
    /// </summary>
    public IEnumerable<object?[]> LockRows(SystemScan scan)
    {
        int databaseOid = SystemObjects.DatabaseOid(scan.Objects.DatabaseName);
        foreach (Session session in database.OpenSessions().Where(s => s.HasActiveTransaction).OrderBy(s => s.ProcessId))
        {
            string id = Number(session.ProcessId);
            yield return scan.Row(("locktype", "virtualxid"), ("virtualxid", id), ("virtualtransaction", id), ("pid", session.ProcessId),
                ("mode", "ExclusiveLock"), ("granted", true), ("fastpath", true));
            if (session.HasStamp)
            {
                yield return scan.Row(("locktype", "transactionid"), ("transactionid", id), ("virtualtransaction", id), ("pid", session.ProcessId),
                    ("mode", "ExclusiveLock"), ("granted", true), ("fastpath", false));
            }
        }
        foreach (LockDescription held in Locks())
        {
            bool isRelation = held.TableOid > TransactionManager.DefinitionsOid;   // else all definitions, or a name
            yield return scan.Row(
                ("locktype", isRelation ? "relation" : held.TableOid is null ? "transactionid" : "object"),
                ("database", held.TableOid is null ? null : databaseOid),
                ("relation", isRelation ? held.TableOid : null),
                ("transactionid", held.TableOid is null ? Number(held.BlockedBy) : null),
                ("classid", isRelation || held.TableOid is null ? null : SystemObjects.PgClassOid),
                ("objid", held.TableOid == TransactionManager.DefinitionsOid ? 0 : null),
                ("virtualtransaction", Number(held.ProcessId)), ("pid", held.ProcessId), ("mode", held.Mode + "Lock"), ("granted", held.IsGranted),
                ("fastpath", isRelation && held.IsGranted && !TableLock.IsStrong(held.Mode)),
                ("waitstart", held.WaitStart == 0 ? null : held.WaitStart));
        }
    }

    private IEnumerable<(SessionActivity Activity, bool WaitsForTable)> Describe()
    {
        Dictionary<int, LockDescription> waits = [];
        foreach (LockDescription wait in Locks().Where(l => !l.IsGranted))
        {
            waits[wait.ProcessId] = wait;
        }
        foreach (Session session in database.OpenSessions().OrderBy(session => session.ProcessId))
        {
            LockDescription? wait = waits.GetValueOrDefault(session.ProcessId);
            yield return (session.Describe(wait?.BlockedBy ?? 0, wait?.WaitStart ?? 0), wait?.TableOid is not null);
        }
    }

    private Session? Find(int processId) => database.OpenSessions().Find(s => s.ProcessId == processId);

    private static long? ToTimestamp(DateTime? time) => time is { } known ? (known.Ticks - Types.DateTimeClock.EpochTicks) / 10 : null;

    private static string Number(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
