using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Transactions;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>pg_stat_activity, pg_locks and the functions about sessions; sessions that are cancelled, terminated, or idle for too long.</summary>
[TestClass]
public sealed class SessionMonitorTests : SessionTest
{
    private const string Endless = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a <> b";

    private readonly Session _a;
    private readonly Session _b;
    private readonly Session _watcher;

    public SessionMonitorTests()
    {
        _a = NewSession();
        _b = NewSession();
        _watcher = NewSession();
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t VALUES (1, 10), (2, 20)");
    }

    [TestMethod]
    public void Sessions_can_be_watched_and_cancelled()
    {
        Run(_a, "SET application_name = 'first'");
        Run(_a, "BEGIN");
        Run(_a, "INSERT INTO t VALUES (3)");
        Task<string> waiting = RunBlocked(_b, "INSERT INTO t VALUES (3)");
        IReadOnlyList<SessionActivity> sessions = Database.GetSessions();
        Assert.AreEqual((_a.ProcessId, "first", "idle in transaction", "INSERT INTO t VALUES (3)", 0), Short(sessions[0]));
        Assert.AreEqual((_b.ProcessId, "", "active", "INSERT INTO t VALUES (3)", _a.ProcessId), Short(sessions[1]));
        Assert.AreEqual(2, Database.Monitor.Locks().Count(l => l.IsGranted && l.Mode == TableLockMode.RowExclusive));
        Assert.IsTrue(Database.CancelSession(_b.ProcessId));
        Assert.AreEqual("57014", waiting.Result);
        Assert.IsFalse(Database.CancelSession(12345));
        Assert.AreEqual("25P02", Run(_a, "SELECT nosuch") is "42703" ? Run(_a, "SELECT 1") : "");
        Assert.AreEqual("idle in transaction (aborted)", Database.GetSessions()[0].State);
        Assert.AreEqual("idle", Database.GetSessions()[1].State);

        static (int, string, string, string, int) Short(SessionActivity s) => (s.ProcessId, s.ApplicationName, s.State, s.Query, s.BlockedBy);
    }

    [TestMethod]
    public void Pg_stat_activity_tells_what_sessions_do_and_whom_they_wait_for()
    {
        Run(_a, "SET application_name = 'first'");
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 11 WHERE id = 1");
        Task<string> waiting = RunBlocked(_b, "UPDATE t SET v = 12 WHERE id = 1");
        Assert.AreEqual("first,idle in transaction,Client,ClientRead,UPDATE t SET v = 11 WHERE id = 1,client backend",
            Watch("SELECT application_name, state, wait_event_type, wait_event, query, backend_type FROM pg_stat_activity WHERE pid = " + _a.ProcessId));
        Assert.AreEqual("active,Lock,transactionid,UPDATE t SET v = 12 WHERE id = 1",
            Watch("SELECT state, wait_event_type, wait_event, query FROM pg_stat_activity WHERE pid = " + _b.ProcessId));
        Assert.AreEqual("active,,,t", Watch("SELECT state, wait_event_type, wait_event, query LIKE 'SELECT%' FROM pg_stat_activity WHERE pid = pg_backend_pid()"));
        Assert.AreEqual($"{{{_a.ProcessId}}},{{}},{{}}", Watch($"SELECT pg_blocking_pids({_b.ProcessId}), pg_blocking_pids({_a.ProcessId}), pg_blocking_pids(999)"));
        Assert.AreEqual("3", Watch("SELECT count(*) FROM pg_stat_activity"));
        Assert.AreEqual("3", Watch("SELECT numbackends FROM pg_stat_database WHERE datname = current_database()"));
        Assert.AreEqual($"{_b.ProcessId},{_a.ProcessId}", Watch(
            "SELECT w.pid, h.pid FROM pg_locks w JOIN pg_locks h ON h.locktype = w.locktype AND h.transactionid = w.transactionid AND h.granted WHERE NOT w.granted"));
        Run(_a, "COMMIT");
        Assert.AreEqual("", waiting.Result);
    }

    [TestMethod]
    public void Pg_stat_activity_has_times_in_their_order()
    {
        Run(_a, "BEGIN");
        Run(_a, "SELECT count(*) FROM t");
        const string Times = "SELECT backend_start <= xact_start, xact_start <= query_start + interval '20 ms', query_start <= state_change, state_change <= now() + interval '20 ms', "
            + "now() - backend_start < interval '1 hour', now() - query_start < interval '1 minute' FROM pg_stat_activity WHERE pid = ";
        Assert.AreEqual("t,t,t,t,t,t", Watch(Times + _a.ProcessId));
        Assert.AreEqual("", Watch("SELECT xact_start FROM pg_stat_activity WHERE xact_start IS NOT NULL AND state = 'idle'"));
        string first = Watch("SELECT query_start FROM pg_stat_activity WHERE pid = " + _a.ProcessId);
        WaitForTheClock();
        Assert.AreEqual(first, Watch("SELECT query_start FROM pg_stat_activity WHERE pid = " + _a.ProcessId));
        Run(_a, "ROLLBACK");
        Assert.AreEqual("t,ROLLBACK", Watch("SELECT state_change IS NOT NULL AND xact_start IS NULL, query FROM pg_stat_activity WHERE pid = " + _a.ProcessId));
    }

    [TestMethod]
    public void A_single_row_statement_shows_its_text_and_no_times_unless_it_waits()
    {
        using PreparedStatement prepared = _b.Prepare("UPDATE t SET v = $1 WHERE id = 1");
        prepared.Bind(1, 5);
        for (int i = 0; i < 3; i++)
        {
            prepared.Execute().Dispose();
        }
        Assert.AreEqual("UPDATE t SET v = $1 WHERE id = 1,t", Watch("SELECT query, query_start IS NULL FROM pg_stat_activity WHERE pid = " + _b.ProcessId));
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 11 WHERE id = 1");
        Task<long> waiting = Blocked(_b, () => prepared.Execute().RowsAffected);
        Assert.AreEqual("active,Lock,t", Watch("SELECT state, wait_event_type, query_start IS NOT NULL FROM pg_stat_activity WHERE pid = " + _b.ProcessId));
        Run(_a, "COMMIT");
        Assert.AreEqual(1, waiting.Result);
    }

    [TestMethod]
    public void Pg_locks_lists_tables_transactions_and_waits()
    {
        Run(_a, "BEGIN");
        Run(_a, "LOCK TABLE t IN SHARE MODE");
        Assert.AreEqual("relation,t,ShareLock,t,f", Watch($"SELECT locktype, relation::regclass, mode, granted, fastpath FROM pg_locks WHERE pid = {_a.ProcessId} AND locktype = 'relation'"));
        Assert.AreEqual("transactionid,t virtualxid,t", Watch($"SELECT locktype, granted FROM pg_locks WHERE pid = {_a.ProcessId} AND relation IS NULL ORDER BY 1"));
        Task<string> waiting = RunBlocked(_b, "UPDATE t SET v = 0");
        Assert.AreEqual("relation,t,RowExclusiveLock,f,t",
            Watch($"SELECT locktype, relation::regclass, mode, granted, now() - waitstart < interval '1 minute' FROM pg_locks WHERE pid = {_b.ProcessId} AND locktype = 'relation'"));
        Assert.AreEqual($"{{{_a.ProcessId}}}", Watch($"SELECT pg_blocking_pids({_b.ProcessId})"));
        Run(_a, "ROLLBACK");
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual("0", Watch("SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid()"));
    }

    [TestMethod]
    public void All_who_hold_or_have_asked_before_are_blockers()
    {
        using Session third = Database.OpenSession();
        Run(_a, "BEGIN");
        Run(_a, "LOCK TABLE t IN ROW EXCLUSIVE MODE");
        Run(third, "BEGIN");
        Run(third, "LOCK TABLE t IN ROW EXCLUSIVE MODE");
        Run(_b, "BEGIN");
        Task<string> waiting = RunBlocked(_b, "LOCK TABLE t IN SHARE MODE");
        Assert.AreEqual($"{{{_a.ProcessId},{third.ProcessId}}}", Watch($"SELECT pg_blocking_pids({_b.ProcessId})"));
        Run(_a, "COMMIT");
        Run(third, "COMMIT");
        Assert.AreEqual("", waiting.Result);
        Run(_b, "COMMIT");
    }

    [TestMethod]
    public void Functions_cancel_and_terminate_and_warn_where_there_is_no_such_session()
    {
        var warnings = new List<string>();
        _watcher.Notice += warnings.Add;
        Assert.AreEqual("f,f,f", Watch("SELECT pg_cancel_backend(99999), pg_terminate_backend(99999), pg_terminate_backend(99999, 10)"));
        Assert.HasCount(3, warnings);
        Assert.AreEqual(",,", Watch("SELECT pg_cancel_backend(NULL), pg_terminate_backend(NULL), pg_blocking_pids(NULL)"));
        Assert.AreEqual("22003", Watch($"SELECT pg_terminate_backend({_b.ProcessId}, -1)"));
        Assert.AreEqual("t", Watch($"SELECT pg_cancel_backend({_a.ProcessId})"));
        Assert.AreEqual("1,10", Run(_a, "SELECT * FROM t WHERE id = 1"));   // it was idle: nothing to cancel
        Assert.AreEqual("57014", Watch("SELECT pg_cancel_backend(pg_backend_pid())"));
        Assert.AreEqual("1", Watch("SELECT 1"));
        Assert.AreEqual("57P01", Watch("SELECT pg_terminate_backend(pg_backend_pid())"));
        Assert.AreEqual("57P01", Watch("SELECT 1"));
    }

    [TestMethod]
    public void A_terminated_idle_session_is_rolled_back_at_once_and_says_so_when_it_is_used()
    {
        using PreparedStatement prepared = _a.Prepare("SELECT v FROM t WHERE id = 1");
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 11 WHERE id = 1");
        Task<string> waiting = RunBlocked(_b, "UPDATE t SET v = v + 5 WHERE id = 1");
        Assert.AreEqual("t", Watch($"SELECT pg_terminate_backend({_a.ProcessId})"));
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual("15", Run(_b, "SELECT v FROM t WHERE id = 1"));
        Assert.AreEqual("57P01", Run(_a, "COMMIT"));
        Assert.AreEqual("57P01", Run(_a, "SELECT 1"));
        Assert.AreEqual("57P01", StateOf(() => prepared.Execute()));
        Assert.AreEqual("0", Watch("SELECT count(*) FROM pg_stat_activity WHERE pid = " + _a.ProcessId));
        _a.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => _a.Execute("SELECT 1"));
    }

    [TestMethod]
    public void A_terminated_session_stops_what_it_runs_waits_for_or_streams()
    {
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 11 WHERE id = 1");
        Task<string> waiting = RunBlocked(_b, "DELETE FROM t");
        Assert.IsTrue(Database.TerminateSession(_b.ProcessId));
        Assert.AreEqual("57P01", waiting.Result);
        Assert.AreEqual("57P01", Run(_b, "SELECT 1"));

        using Session running = Database.OpenSession();
        Task<string> endless = Task.Run(() => Run(running, Endless));
        WaitUntil(() => Database.GetSessions().Single(s => s.ProcessId == running.ProcessId).State == "active");
        Assert.AreEqual("t", Watch($"SELECT pg_terminate_backend({running.ProcessId}, {PatienceMs})"));
        Assert.AreEqual("57P01", endless.Result);
        Assert.IsFalse(Database.TerminateSession(running.ProcessId));

        using Session streaming = Database.OpenSession();
        using QueryResult result = streaming.Execute("SELECT * FROM generate_series(1, 1000000)");
        Assert.IsTrue(result.Read());
        Assert.IsTrue(Database.TerminateSession(streaming.ProcessId));
        Assert.AreEqual("57P01", StateOf(() => result.Read()));
        Run(_a, "COMMIT");
        Assert.AreEqual(Database.Storage.Timestamps.Visible, Database.Storage.Timestamps.Horizon());
    }

    [TestMethod]
    public void Sessions_that_are_terminated_while_they_work_leave_nothing_behind()
    {
        const int Rounds = 60;
        int statementCount = 0;
        using var done = new CancellationTokenSource();
        Task terminator = Task.Run(() =>
        {
            var random = new Random(1);
            while (!done.IsCancellationRequested)
            {
                IReadOnlyList<SessionActivity> sessions = Database.GetSessions();
                SessionActivity chosen = sessions[random.Next(sessions.Count)];
                if (chosen.ProcessId != _watcher.ProcessId && chosen.ProcessId != _a.ProcessId && chosen.ProcessId != _b.ProcessId)
                {
                    Database.TerminateSession(chosen.ProcessId);
                }
                int before = Volatile.Read(ref statementCount);
                WaitUntil(() => done.IsCancellationRequested || Volatile.Read(ref statementCount) > before + 100);
            }
        });
        Transactions.ConcurrentWriterTests.Run(2, thread =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                using Session session = Database.OpenSession();
                string state = "";
                for (int k = 0; k < 400 && state is not "57P01"; k++)
                {
                    state = Run(session, (k % 4) switch { 0 => "BEGIN", 3 => "COMMIT", _ => $"UPDATE t SET v = v + 1 WHERE id = {1 + (k % 2)}" });
                    Assert.IsTrue(state is "" or "57P01" or "40P01" or "25P02", state);
                    Interlocked.Increment(ref statementCount);
                }
            }
        });
        done.Cancel();
        terminator.Wait();
        WaitUntil(() => Database.OpenSessions().Count == 3);
        Assert.IsEmpty(Database.Transactions.Locks.Describe());
        Assert.AreEqual("", Run(_a, "UPDATE t SET v = 0"));
        Assert.AreEqual(Database.Storage.Timestamps.Visible, Database.Storage.Timestamps.Horizon());
    }

    [TestMethod]
    public void A_session_idle_in_a_transaction_for_too_long_is_ended()
    {
        Run(_a, "SET idle_in_transaction_session_timeout = 40");
        WaitUntilAnIdleSessionEnds(80);
        Assert.AreEqual("", Run(_a, "BEGIN"));   // outside a transaction it may idle
        Run(_a, "UPDATE t SET v = 11 WHERE id = 1");
        Assert.AreEqual("", Run(_b, "UPDATE t SET v = 12 WHERE id = 1"));   // waits until the other is ended
        Assert.AreEqual("25P03", Run(_a, "COMMIT"));
        Run(_b, "SET idle_session_timeout = '40ms'");
        WaitUntil(() => Database.OpenSessions().Count == 1);
        Assert.AreEqual("57P05", Run(_b, "SELECT 1"));
    }

    [TestMethod]
    public void A_session_that_works_or_is_read_is_not_idle()
    {
        // Limits and work in one text: between two statements the session would be idle.
        const string Limits = "SET idle_in_transaction_session_timeout = 50; SET idle_session_timeout = 50; ";
        Run(_b, "BEGIN");
        Run(_b, "UPDATE t SET v = 21 WHERE id = 2");
        using Session waiter = Database.OpenSession(), reader = Database.OpenSession();
        Task<string> waiting = RunBlocked(waiter, Limits + "BEGIN; UPDATE t SET v = v + 1 WHERE id = 2 RETURNING v");
        using QueryResult result = reader.Execute(Limits + "SELECT * FROM t");
        Run(_a, Limits + "RESET idle_session_timeout");
        WaitUntilAnIdleSessionEnds(100);
        Assert.IsTrue(result.Read());
        Run(_b, "COMMIT");
        Assert.AreEqual("22", waiting.Result);
        Assert.AreEqual("1", Run(_a, "SELECT 1"));
    }

    // A limit that is longer than those of the sessions before it, and begins to count after theirs.
    private void WaitUntilAnIdleSessionEnds(int limitMs)
    {
        using Session idle = Database.OpenSession();
        Run(idle, $"SET idle_session_timeout = {limitMs}");
        WaitUntil(() => idle.IsDisposed);
    }

    private string Watch(string sql) => Run(_watcher, sql);
}
