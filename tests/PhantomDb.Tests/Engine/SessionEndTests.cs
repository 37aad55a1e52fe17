using System.Runtime.CompilerServices;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>How sessions end: disposed of, with their database, or because nobody has them any more.</summary>
[TestClass]
public sealed class SessionEndTests
{
    [TestMethod]
    public void A_disposed_database_ends_its_sessions()
    {
        Database database = Filled();
        Session idle = database.OpenSession(), writing = database.OpenSession(), reading = database.OpenSession();
        PreparedStatement prepared = idle.Prepare("SELECT a FROM t");
        Run(writing, "BEGIN");
        Run(writing, "UPDATE t SET a = 2");
        QueryResult open = reading.Execute("SELECT a FROM t");

        database.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => idle.Execute("SELECT 1"));
        Assert.ThrowsExactly<ObjectDisposedException>(() => writing.Execute("COMMIT"));
        Assert.ThrowsExactly<ObjectDisposedException>(() => prepared.Execute());
        Assert.ThrowsExactly<ObjectDisposedException>(() => open.Read());
        Assert.ThrowsExactly<ObjectDisposedException>(() => database.OpenSession());
        Assert.IsEmpty(database.Transactions.Locks.Describe());
        open.Dispose();
        idle.Dispose();
        writing.Dispose();
        reading.Dispose();
        database.Dispose();
    }

    [TestMethod]
    public void A_disposed_database_stops_the_statement_that_is_running()
    {
        Database database = Filled();
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute(Endless);
        Task<string> running = Task.Run(() => StateOf(() => result.Read()));
        WaitUntilBusy(session);
        database.Dispose();
        Assert.IsTrue(running.Wait(PatienceMs));
        Assert.AreEqual("57P01", running.Result);
        Assert.ThrowsExactly<ObjectDisposedException>(() => session.Execute("SELECT 1"));
    }

    [TestMethod]
    public void What_another_thread_is_reading_cannot_be_disposed_of()
    {
        using Database database = Filled();
        Session session = database.OpenSession();
        QueryResult result = session.Execute(Endless);
        Task<string> reading = Task.Run(() => StateOf(() => result.Read()));
        WaitUntilBusy(session);

        Assert.AreEqual("55000", StateOf(result.Dispose));
        Assert.AreEqual("55000", StateOf(session.Dispose));

        session.Cancel();
        Assert.IsTrue(reading.Wait(PatienceMs));
        Assert.AreEqual("57014", reading.Result);
        Assert.AreEqual("55006", StateOf(() => session.Execute("SELECT 1")));   // still open: the refused calls did nothing
        result.Dispose();
        Run(session, "SELECT 1");
        session.Dispose();
        session.Dispose();
    }

    [TestMethod]
    public void A_session_disposed_of_with_an_open_result_closes_it()
    {
        using Database database = Filled();
        Session session = database.OpenSession();
        QueryResult result = session.Execute("SELECT a FROM t");
        Assert.IsTrue(result.Read());
        session.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => result.Read());
        result.Dispose();
        Assert.AreEqual(0, database.OpenSessions().Count);
    }

    [TestMethod]
    [DataRow("SELECT a FROM t; SELECT a FROM t WHERE id = 1")]
    [DataRow("INSERT INTO t VALUES (2, 2)")]
    [DataRow("BEGIN; UPDATE t SET a = 2 WHERE id = 1; SAVEPOINT s; DELETE FROM t")]
    [DataRow("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT a FROM t WHERE id > 0; INSERT INTO t VALUES (3, 3)")]
    [DataRow("BEGIN; CREATE TABLE q (a int); INSERT INTO q VALUES (1); ALTER TABLE t ADD COLUMN b int")]
    [DataRow("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; SELECT * FROM pg_class; PREPARE p AS SELECT 1; EXECUTE p")]
    public void A_session_that_nobody_has_any_more_is_freed_and_rolled_back(string script)
    {
        using Database database = Filled();
        WeakReference left = Leave(database, script);

        CollectUntil(() => !left.IsAlive && database.Transactions.Locks.TableCount == 0);

        using Session other = database.OpenSession();
        Run(other, "SET lock_timeout = 5000");
        Run(other, "UPDATE t SET a = 5 WHERE id = 1");
        Run(other, "CREATE TABLE q (a int)");
        Assert.AreEqual(database.Storage.Timestamps.Visible, database.Storage.Timestamps.Horizon());
    }

    [TestMethod]
    public void A_lock_that_an_abandoned_session_holds_is_waited_for_until_it_is_collected()
    {
        using Database database = Filled();
        Leave(database, "BEGIN; UPDATE t SET a = 2");
        using Session other = database.OpenSession();
        Task waiting = Task.Run(() => Run(other, "UPDATE t SET a = 3"));
        CollectUntil(() => waiting.IsCompleted);
        waiting.Wait();
    }

    [TestMethod]
    public void An_abandoned_open_result_goes_with_its_session()
    {
        using Database database = Filled();
        WeakReference left = LeaveReading(database);
        CollectUntil(() => !left.IsAlive);
        CollectUntil(() => database.Storage.Timestamps.Horizon() == database.Storage.Timestamps.Visible);
    }

    [TestMethod]
    public void Locks_of_tables_that_have_gone_are_forgotten()
    {
        using Database database = Filled();
        for (int round = 0; round < 20; round++)
        {
            using Session session = database.OpenSession();
            for (int i = 0; i < 50; i++)
            {
                Run(session, "CREATE TABLE q (a int)");
                Run(session, "DROP TABLE q");
            }
        }
        Assert.AreEqual(0, database.Transactions.Locks.TableCount);
    }

    private const string Endless = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a <> b";

    private static Database Filled()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, a int)");
        Run(session, "INSERT INTO t VALUES (1, 1)");
        return database;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Leave(Database database, string script)
    {
        Session session = database.OpenSession();
        foreach (QueryResult result in session.ExecuteScript(script))
        {
            while (result.Read())
            {
            }
        }
        return new WeakReference(session, trackResurrection: true);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference LeaveReading(Database database)
    {
        Session session = database.OpenSession();
        Assert.IsTrue(session.Execute("SELECT a FROM t").Read());
        using Session other = database.OpenSession();
        Run(other, "UPDATE t SET a = 7");
        return new WeakReference(session, trackResurrection: true);
    }

    private static void CollectUntil(Func<bool> isDone) => WaitUntil(() =>
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return isDone();
    });

    // In use it is 55000; with a result open that nobody is reading, 55006.
    private static void WaitUntilBusy(Session session) =>
        WaitUntil(() => session.Describe(0).State == "active" && StateOf(() => session.Execute("SELECT 1").Dispose()) == "55000");

    private static void ReadAll(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        while (result.Read())
        {
        }
    }

    private static void Run(Session session, string sql) => ReadAll(session, sql);
}
