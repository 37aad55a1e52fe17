using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Statements of several sessions that meet at a row, a key or a table, as SQL.</summary>
[TestClass]
public sealed class ConcurrencyTests : SessionTest
{
    private readonly Session _a;
    private readonly Session _b;

    public ConcurrencyTests()
    {
        _a = NewSession();
        _b = NewSession();
    }

    [TestMethod]
    public void Writers_of_different_rows_do_not_wait_for_each_other()
    {
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t VALUES (1, 10), (2, 20)");
        Run(_a, "BEGIN");
        Run(_b, "BEGIN");
        Run(_a, "UPDATE t SET v = 11 WHERE id = 1");
        Run(_b, "UPDATE t SET v = 21 WHERE id = 2");
        Run(_b, "INSERT INTO t VALUES (3, 30)");
        Run(_a, "INSERT INTO t VALUES (4, 40)");
        Assert.AreEqual("1,11 2,20 4,40", Run(_a, "SELECT * FROM t ORDER BY id"));
        Run(_b, "COMMIT");
        Assert.AreEqual("1,11 2,21 3,30 4,40", Run(_a, "SELECT * FROM t ORDER BY id"));
        Run(_a, "ROLLBACK");
        Assert.AreEqual("1,10 2,21 3,30", Run(_a, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = 1", "1,101 2,20")]
    [DataRow("UPDATE t SET v = v + 1 WHERE v < 50", "1,100 2,21")]
    [DataRow("UPDATE t SET v = t.v + s.v FROM t s WHERE s.id = t.id AND t.id = 1", "1,110 2,20")]
    [DataRow("UPDATE t SET v = (SELECT max(v) FROM t) WHERE id = 1", "1,20 2,20")]
    [DataRow("DELETE FROM t WHERE v < 50", "1,100")]
    [DataRow("DELETE FROM t WHERE id = 1", "2,20")]
    [DataRow("INSERT INTO t VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET v = t.v + excluded.v", "1,105 2,20")]
    public void A_row_that_was_waited_for_is_evaluated_again_at_its_newest_version(string statement, string expected)
    {
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t VALUES (1, 10), (2, 20)");
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 100 WHERE id = 1");
        Task<string> waiting = RunBlocked(_b, statement);
        Run(_a, "COMMIT");
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual(expected, Run(_a, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = 1", "2,20")]
    [DataRow("DELETE FROM t WHERE v = 10", "2,20")]
    [DataRow("INSERT INTO t VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET v = 0", "1,5 2,20")]
    public void A_row_that_was_waited_for_may_be_gone(string statement, string expected)
    {
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t VALUES (1, 10), (2, 20)");
        Run(_a, "BEGIN");
        Run(_a, "DELETE FROM t WHERE id = 1");
        Task<string> waiting = RunBlocked(_b, statement);
        Run(_a, "COMMIT");
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual(expected, Run(_a, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    public void Prepared_statements_by_key_wait_and_look_again_too()
    {
        Run(_a, "CREATE TABLE t (id bigint PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
        using PreparedStatement update = _b.Prepare("UPDATE t SET v = $2 WHERE id = $1");
        update.Bind(1, 1L);
        update.Bind(2, 7);
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 100 WHERE id = 1");
        Task<long> waiting = Blocked(_b, () => update.Execute().RowsAffected);
        Run(_a, "COMMIT");
        Assert.AreEqual(1, waiting.Result);
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET id = 4 WHERE id = 1");
        waiting = Blocked(_b, () => update.Execute().RowsAffected);
        Run(_a, "COMMIT");
        Assert.AreEqual(0, waiting.Result);
        Assert.AreEqual("2,20 3,30 4,7", Run(_a, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    public void A_unique_key_is_waited_for_and_then_free_or_taken()
    {
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY)");
        foreach ((string end, string outcome) in new[] { ("ROLLBACK", ""), ("COMMIT", "23505") })
        {
            Run(_a, "DELETE FROM t");
            Run(_a, "BEGIN");
            Run(_a, "INSERT INTO t VALUES (1)");
            Task<string> waiting = RunBlocked(_b, "INSERT INTO t VALUES (1)");
            Run(_a, end);
            Assert.AreEqual(outcome, waiting.Result);
        }
        foreach ((string end, string outcome) in new[] { ("ROLLBACK", "23505"), ("COMMIT", "") })
        {
            Run(_a, "DELETE FROM t");
            Run(_a, "INSERT INTO t VALUES (1)");
            Run(_a, "BEGIN");
            Run(_a, "DELETE FROM t WHERE id = 1");
            Task<string> waiting = RunBlocked(_b, "INSERT INTO t SELECT i FROM generate_series(1, 3) i");
            Run(_a, end);
            Assert.AreEqual(outcome, waiting.Result);
        }
        Assert.AreEqual("1 2 3", Run(_a, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    public void A_foreign_key_holds_its_parent_and_waits_for_who_removes_it()
    {
        Run(_a, "CREATE TABLE p (id int PRIMARY KEY, v int)");
        Run(_a, "CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p)");
        Run(_a, "INSERT INTO p VALUES (1, 0), (2, 0), (3, 0)");
        Run(_a, "BEGIN");
        Run(_a, "INSERT INTO c VALUES (10, 1)");
        Run(_b, "UPDATE p SET v = 5 WHERE id = 1");   // leaves the key alone
        Task<string> waiting = RunBlocked(_b, "DELETE FROM p WHERE id = 1");
        Run(_a, "COMMIT");
        Assert.AreEqual("23503", waiting.Result);

        Run(_a, "BEGIN");
        Run(_a, "UPDATE p SET v = 6 WHERE id = 2");
        Run(_b, "INSERT INTO c VALUES (20, 2)");
        Run(_a, "DELETE FROM p WHERE id = 3");
        waiting = RunBlocked(_b, "INSERT INTO c VALUES (30, 3)");
        Run(_a, "COMMIT");
        Assert.AreEqual("23503", waiting.Result);

        Run(_a, "BEGIN");
        Run(_a, "DELETE FROM c WHERE id = 20");
        waiting = RunBlocked(_b, "DELETE FROM p WHERE id = 2");
        Run(_a, "ROLLBACK");
        Assert.AreEqual("23503", waiting.Result);
        Run(_a, "BEGIN");
        Run(_a, "DELETE FROM c WHERE id = 20");
        waiting = RunBlocked(_b, "DELETE FROM p WHERE id = 2");
        Run(_a, "COMMIT");
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual("1,5", Run(_a, "SELECT * FROM p"));
        Assert.AreEqual("10,1", Run(_a, "SELECT * FROM c"));
    }

    [TestMethod]
    public void A_deadlock_fails_one_of_the_two_and_timeouts_and_cancellation_end_a_wait()
    {
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t VALUES (1, 10), (2, 20)");
        Run(_a, "BEGIN");
        Run(_b, "BEGIN");
        Run(_a, "UPDATE t SET v = 1 WHERE id = 1");
        Run(_b, "UPDATE t SET v = 2 WHERE id = 2");
        Task<string> waiting = RunBlocked(_a, "UPDATE t SET v = 1 WHERE id = 2");
        Assert.AreEqual("40P01", Run(_b, "UPDATE t SET v = 2 WHERE id = 1"));
        Assert.AreEqual("25P02", Run(_b, "SELECT 1"));
        Run(_b, "ROLLBACK");
        Assert.AreEqual("", waiting.Result);
        Run(_b, "SET lock_timeout = 5");
        Assert.AreEqual("55P03", Run(_b, "UPDATE t SET v = 2 WHERE id = 1"));
        Run(_b, "SET lock_timeout = 0");
        Run(_b, "SET statement_timeout = 5");
        Assert.AreEqual("57014", Run(_b, "DELETE FROM t"));
        Run(_b, "SET statement_timeout = 0");
        waiting = RunBlocked(_b, "DELETE FROM t");
        _b.Cancel();
        Assert.AreEqual("57014", waiting.Result);
        Run(_a, "COMMIT");
        Assert.AreEqual("1,1 2,1", Run(_b, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    public void A_definition_statement_waits_for_writers_and_readers_go_on()
    {
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t VALUES (1, 10)");
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 11");
        Task<string> waiting = RunBlocked(_b, "ALTER TABLE t ADD COLUMN w int DEFAULT 5");
        using (Session reader = Database.OpenSession())
        {
            Assert.AreEqual("1,10", Run(reader, "SELECT * FROM t"));
        }
        Run(_a, "INSERT INTO t VALUES (2, 20)");
        Run(_a, "COMMIT");
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual("1,11,5 2,20,5", Run(_a, "SELECT * FROM t ORDER BY id"));
        Run(_a, "UPDATE t SET w = 6 WHERE id = 1");
        Assert.AreEqual("1,11,6 2,20,5", Run(_a, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    public void The_statements_of_a_batch_take_effect_together_or_not_at_all()
    {
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY)");
        Assert.AreEqual("", Batch("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"));
        Assert.AreEqual("23505", Batch("INSERT INTO t VALUES (3); INSERT INTO t VALUES (2)"));
        Assert.AreEqual("42P01", Batch("CREATE TABLE u (i int); INSERT INTO t VALUES (4); SELECT * FROM nosuch"));
        Assert.AreEqual("42P01", Run(_a, "SELECT * FROM u"));
        Assert.AreEqual("23505", Batch("INSERT INTO t VALUES (5); COMMIT; INSERT INTO t VALUES (6); INSERT INTO t VALUES (1)"));
        Assert.AreEqual("1 2 5", Run(_b, "SELECT * FROM t ORDER BY id"));
        Assert.AreEqual("25P01", Batch("INSERT INTO t VALUES (7); SAVEPOINT s"));
        Assert.AreEqual("", Batch("INSERT INTO t VALUES (8); BEGIN; INSERT INTO t VALUES (9)"));
        Assert.IsTrue(_a.IsInTransaction);
        Assert.AreEqual("1 2 5", Run(_b, "SELECT * FROM t ORDER BY id"));
        Run(_a, "COMMIT");
        foreach (QueryResult _ in _a.ExecuteBatch("DELETE FROM t; SELECT 1; SELECT 2").Take(2))
        {
        }
        Assert.AreEqual("1 2 5 8 9", Run(_b, "SELECT * FROM t ORDER BY id"));

        string Batch(string sql) => StateOf(() => _a.ExecuteBatch(sql).Count());
    }

    [TestMethod]
    public void Increments_from_many_sessions_are_all_there()
    {
        const int Threads = 4, Each = 150;
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "INSERT INTO t SELECT i, 0 FROM generate_series(1, 3) i");
        Transactions.ConcurrentWriterTests.Run(Threads, thread =>
        {
            using Session session = Database.OpenSession();
            var random = new Random(thread);
            for (int i = 0; i < Each; i++)
            {
                int id = random.Next(1, 4);
                using QueryResult result = session.Execute(i % 2 == 0
                    ? $"UPDATE t SET v = v + 1 WHERE id = {id}"
                    : $"INSERT INTO t VALUES ({id}, 0) ON CONFLICT (id) DO UPDATE SET v = t.v + 1");
            }
        });
        Assert.AreEqual($"{Threads * Each}", Run(_a, "SELECT sum(v) FROM t"));
    }
}
