using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class SessionTests
{
    [TestMethod]
    public void What_a_query_changes_is_changed_whether_or_not_its_rows_are_read()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE SEQUENCE s").Dispose();
        session.Execute("SELECT nextval('s') FROM generate_series(1, 3000)").Dispose();
        foreach (QueryResult _ in session.ExecuteScript("SELECT (SELECT nextval('s')); SELECT setval('s', currval('s') + 10)"))
        {
        }
        using QueryResult next = session.Execute("SELECT nextval('s'), nextval('s')");
        Assert.AreEqual("SELECT 1", next.CommandTag);
        Assert.IsTrue(next.Read());
        Assert.AreEqual((3012L, 3013L), (next.GetInt64(0), next.GetInt64(1)));
        Assert.IsFalse(next.Read());
    }

    [TestMethod]
    public void An_open_result_keeps_the_session_until_it_is_disposed()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        foreach (string sql in new[] { "SELECT id FROM t", "SELECT FROM t", "SHOW timezone", "DELETE FROM t WHERE id = 3 RETURNING id" })
        {
            QueryResult open = session.Execute(sql);
            Assert.AreEqual("55006", StateOf(() => session.Execute("SELECT 1")), sql);
            Assert.AreEqual("55006", StateOf(() => session.Prepare("SELECT 1")), sql);
            Assert.IsTrue(open.Read(), sql);   // unharmed
            open.Dispose();
            open.Dispose();
            Assert.ThrowsExactly<ObjectDisposedException>(() => open.Read());
            Assert.AreEqual("1", Scalar(session, "SELECT count(*) FROM t WHERE id = 1"));
        }
    }

    [TestMethod]
    public void A_query_that_fails_while_it_is_read_goes_on_failing_and_leaves_the_session_usable()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        long used = database.MemoryUsed;
        using (QueryResult result = session.Execute("SELECT 1 / (id - 3), repeat('x', 1000) FROM t ORDER BY id"))
        {
            for (int i = 0; i < 2; i++)
            {
                Assert.AreEqual("22012", StateOf(() => { while (result.Read()) { } }));
            }
        }
        Assert.AreEqual(used, database.MemoryUsed);
        Assert.AreEqual("3", Scalar(session, "SELECT count(*) FROM t"));

        Run(session, "BEGIN");
        using (QueryResult result = session.Execute("SELECT 1 / (id - 3) FROM t"))
        {
            Assert.AreEqual("22012", StateOf(() => { while (result.Read()) { } }));
        }
        Assert.AreEqual("25P02", StateOf(() => session.Execute("SELECT 1")));
        Assert.AreEqual("25P02", StateOf(() => session.Prepare("SELECT 1")));
        using (QueryResult end = session.Execute("COMMIT"))
        {
            Assert.AreEqual("ROLLBACK", end.CommandTag);
        }
        Assert.AreEqual("1", Scalar(session, "SELECT 1"));
    }

    [TestMethod]
    public void A_failed_statement_leaves_no_rows_and_no_memory_behind()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        Run(session, "INSERT INTO t SELECT g FROM generate_series(10, 3000) g");
        Run(session, "DELETE FROM t WHERE id >= 10");
        long used = database.MemoryUsed;
        foreach (string sql in new[]
        {
            "INSERT INTO t SELECT CASE WHEN g = 2900 THEN 1 ELSE g END FROM generate_series(10, 3000) g",
            "INSERT INTO t SELECT 10 / (2900 - g) + g FROM generate_series(10, 3000) g",
            "UPDATE t SET id = 1 / (id - 3)",
            "SELECT nothing FROM t",
            "SELECT 1/0; SELECT 2",
            "this is no SQL",
            "COPY t FROM '/nonexistent/file'",
        })
        {
            Assert.AreNotEqual("", StateOf(() => session.Execute(sql)), sql);
            Assert.AreEqual("3", Scalar(session, "SELECT count(*) FROM t"), sql);
        }
        Run(session, "BEGIN");
        Run(session, "INSERT INTO t VALUES (4)");
        Assert.AreEqual("23505", StateOf(() => session.Execute("INSERT INTO t VALUES (5), (1)")));
        Run(session, "ROLLBACK");
        Assert.AreEqual("3", Scalar(session, "SELECT count(*) FROM t"));
        Assert.IsTrue(database.MemoryUsed <= used + 100_000, $"{used} {database.MemoryUsed}");
    }

    [TestMethod]
    public void A_disposed_session_runs_nothing_and_has_rolled_back()
    {
        using Database database = NewDatabase();
        Session session = database.OpenSession();
        Run(session, "BEGIN");
        Run(session, "DELETE FROM t");
        PreparedStatement prepared = session.Prepare("SELECT id FROM t WHERE id = $1");
        QueryResult open = session.Execute("SELECT 1");
        session.Dispose();
        session.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => session.Execute(""));
        Assert.ThrowsExactly<ObjectDisposedException>(() => session.Prepare("SELECT 1"));
        Assert.ThrowsExactly<ObjectDisposedException>(() => open.Read());
        prepared.Bind(1, 1);
        Assert.ThrowsExactly<ObjectDisposedException>(() => prepared.Execute());
        session.Cancel();
        using Session other = database.OpenSession();
        Assert.AreEqual("3", Scalar(other, "SELECT count(*) FROM t"));
        Run(other, "DELETE FROM t WHERE id = 3");   // the lock is free
    }

    [TestMethod]
    public async Task Use_by_a_second_thread_is_an_error_and_cancelling_ends_what_runs()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        using ManualResetEventSlim isRunning = new();
        Task running = Task.Run(() => Assert.AreEqual("57014", StateOf(() =>
        {
            using QueryResult result = session.Execute("SELECT count(*) FROM generate_series(1, 1000000000000)");
            isRunning.Set();
            result.Read();
        })));
        isRunning.Wait();
        string state = "";
        while (!running.IsCompleted && state != "55000")
        {
            state = StateOf(() => session.Execute("SELECT 1"));
            Assert.IsTrue(state is "55000" or "55006", state);   // in use; or not yet, with its result open
        }
        WaitUntil(() =>
        {
            session.Cancel();
            return running.IsCompleted;
        });
        await running;
        Assert.AreEqual("1", Scalar(session, "SELECT 1"));
    }

    [TestMethod]
    public async Task Waiting_to_write_ends_by_cancellation_and_by_statement_timeout()
    {
        using Database database = NewDatabase();
        using Session owner = database.OpenSession();
        using Session session = database.OpenSession();
        using PreparedStatement delete = session.Prepare("DELETE FROM t WHERE id = $1");
        delete.Bind(1, 2);
        Run(owner, "BEGIN");
        Run(owner, "DELETE FROM t WHERE id = 2");
        foreach (Action statement in new Action[] { () => Run(session, "DELETE FROM t WHERE id = 2"), () => delete.Execute() })
        {
            Task waiting = Task.Run(() => Assert.AreEqual("57014", StateOf(statement)));
            WaitUntil(() =>
            {
                session.Cancel();
                return waiting.IsCompleted;
            });
            await waiting;
            Run(session, "SET statement_timeout = 20");
            PhantomDbException timeout = Assert.ThrowsExactly<PhantomDbException>(statement);
            Assert.AreEqual("57014", timeout.SqlState);
            Assert.AreEqual("canceling statement due to statement timeout", timeout.Message);
            Run(session, "SET statement_timeout = 0");
        }
        Run(owner, "ROLLBACK");
        Assert.AreEqual(1, delete.Execute().RowsAffected);
    }

    [TestMethod]
    public void The_time_of_a_transaction_is_that_of_its_beginning()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        Run(session, "BEGIN");
        DateTime begun = DateTime.UtcNow;
        WaitForTheClock();
        Assert.AreEqual("t", Scalar(session, $"SELECT now() <= timestamptz '{begun:O}'"), $"{begun:O}");
        Assert.AreEqual(Scalar(session, "SELECT now()"), Scalar(session, "SELECT now()"));
    }

    [TestMethod]
    [DataRow("DROP TABLE c2", "view v1 depends on table c2|view v2 depends on view v1")]
    [DataRow("ALTER TABLE c2 DROP COLUMN a", "view v1 depends on column a of table c2|view v2 depends on view v1")]
    [DataRow("DROP TABLE p", "constraint c2_b_fkey on table c2 depends on table p|view w depends on table p")]
    [DataRow("DROP VIEW v1", "view v2 depends on view v1")]
    public void A_refused_drop_names_what_each_dependent_depends_on(string sql, string detail)
    {
        using Session session = WithDependents();

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Run(session, sql));

        Assert.AreEqual(("2BP01", detail), (error.SqlState, error.Detail?.Replace('\n', '|')));
    }

    [TestMethod]
    [DataRow("DROP TABLE c2 CASCADE", "drop cascades to 2 other objects|DETAIL: drop cascades to view v1|drop cascades to view v2")]
    [DataRow("ALTER TABLE c2 DROP COLUMN a CASCADE", "drop cascades to 2 other objects|DETAIL: drop cascades to view v1|drop cascades to view v2")]
    [DataRow("DROP TABLE p, c2 CASCADE", "drop cascades to 3 other objects|DETAIL: drop cascades to view w|drop cascades to view v1|drop cascades to view v2")]
    [DataRow("DROP VIEW v1 CASCADE", "drop cascades to view v2")]
    [DataRow("DROP SCHEMA s CASCADE", "drop cascades to 2 other objects|DETAIL: drop cascades to table x|drop cascades to view y")]
    public void One_notice_tells_all_that_a_drop_cascades_to(string sql, string notice)
    {
        using Session session = WithDependents();
        List<string> notices = [];
        session.Notice += notices.Add;

        Run(session, sql);

        Assert.AreEqual(notice, string.Join('#', notices).Replace('\n', '|'));
    }

    private static Session WithDependents()
    {
        Session session = NewDatabase().OpenSession();
        foreach (string sql in new[]
        {
            "CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE c2 (a int, b int REFERENCES p)",
            "CREATE VIEW v1 AS SELECT a FROM c2", "CREATE VIEW v2 AS SELECT a FROM v1", "CREATE VIEW w AS SELECT id FROM p",
            "CREATE SCHEMA s", "CREATE TABLE s.x (id serial)", "CREATE VIEW s.y AS SELECT id FROM s.x",
        })
        {
            Run(session, sql);
        }
        return session;
    }

    private static Database NewDatabase()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY)");
        Run(session, "INSERT INTO t VALUES (1), (2), (3)");
        return database;
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }

    private static string Scalar(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.GetText(0);
    }
}
