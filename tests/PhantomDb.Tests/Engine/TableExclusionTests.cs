using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>LOCK TABLE … IN ACCESS EXCLUSIVE MODE keeps queries out, those that begin after it.</summary>
[TestClass]
public sealed class TableExclusionTests : SessionTest
{
    private readonly Session _a;
    private readonly Session _b;
    private readonly Session _c;

    public TableExclusionTests()
    {
        _a = NewSession();
        _b = NewSession();
        _c = NewSession();
        Run(_a, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_a, "CREATE TABLE u (id int PRIMARY KEY, v int)");
        Run(_a, "CREATE VIEW w AS SELECT v FROM t");
        Run(_a, "INSERT INTO t VALUES (1, 10)");
        Run(_a, "INSERT INTO u VALUES (1, 10)");
        Run(_b, "PREPARE p AS SELECT v FROM t");
    }

    [TestMethod]
    [DataRow("SELECT v FROM t", "11")]
    [DataRow("SELECT v FROM t WHERE id = 1", "11")]
    [DataRow("SELECT t.v FROM u JOIN t USING (id)", "11")]
    [DataRow("SELECT (SELECT max(v) FROM t)", "11")]
    [DataRow("SELECT * FROM w", "11")]
    [DataRow("EXECUTE p", "11")]
    [DataRow("SELECT v FROM t FOR UPDATE", "11")]
    [DataRow("WITH x AS (SELECT v FROM t) SELECT v + 1 FROM x", "12")]
    [DataRow("INSERT INTO u SELECT id + 1, v FROM t RETURNING v", "11")]
    [DataRow("UPDATE u SET v = t.v FROM t RETURNING u.v", "11")]
    [DataRow("DELETE FROM u USING t RETURNING t.v", "11")]
    [DataRow("CREATE TABLE x AS SELECT v FROM t", "")]
    [DataRow("COPY t TO STDOUT", "")]
    [DataRow("EXPLAIN (COSTS OFF) SELECT v FROM t", "Seq Scan on t")]
    public void A_query_waits_and_sees_what_was_done_under_the_lock(string query, string expected)
    {
        _b.CopyOutput = Stream.Null;
        Run(_b, query.StartsWith("SELECT v FROM t WHERE", StringComparison.Ordinal) ? query : "SELECT 1");   // so that its plan is kept
        Run(_a, "BEGIN");
        Run(_a, "LOCK TABLE t");
        Run(_a, "UPDATE t SET v = 11");
        Assert.AreEqual("10", Run(_c, "SELECT v FROM u WHERE id = 1"));
        Task<string> waiting = RunBlocked(_b, query);
        Assert.AreEqual("11", Run(_a, "SELECT v FROM t"));
        Run(_a, "COMMIT");
        Assert.AreEqual(expected, waiting.Result);
        Assert.IsFalse(Database.Transactions.Locks.ExcludesQueries);
        Assert.IsEmpty(Database.Transactions.Locks.Describe());
    }

    [TestMethod]
    public void Prepared_single_row_statements_wait_too()
    {
        using PreparedStatement prepared = _b.Prepare("SELECT v FROM t WHERE id = $1");
        prepared.Bind(1, 1);
        Read();
        Run(_a, "BEGIN");
        Run(_a, "LOCK TABLE t");
        Run(_a, "UPDATE t SET v = 11");
        Task<string> waiting = Blocked(_b, Read);
        Run(_a, "COMMIT");
        Assert.AreEqual("11", waiting.Result);

        string Read()
        {
            using QueryResult result = prepared.Execute();
            return result.Read() ? result.GetText(0) : "";
        }
    }

    [TestMethod]
    public void Weaker_locks_and_definition_statements_keep_no_query_out()
    {
        foreach (string statement in new[] { "LOCK TABLE t IN EXCLUSIVE MODE", "TRUNCATE t", "ALTER TABLE t ADD COLUMN x int", "DROP TABLE u" })
        {
            Run(_a, "BEGIN");
            Run(_a, statement);
            Assert.AreEqual("10", Run(_b, "SELECT v FROM t"));
            Assert.AreEqual("10", Run(_b, "SELECT v FROM u WHERE id = 1"));
            Run(_a, "ROLLBACK");
        }
    }

    [TestMethod]
    public void Waiting_ends_by_a_limit_a_cancel_a_savepoint_or_a_deadlock()
    {
        Run(_a, "BEGIN");
        Run(_a, "SAVEPOINT s");
        Run(_a, "LOCK TABLE t");
        Run(_b, "SET lock_timeout = 10");
        Assert.AreEqual("55P03", Run(_b, "SELECT v FROM t WHERE id = 1"));
        Run(_b, "SET lock_timeout = 0");
        Run(_b, "SET statement_timeout = 10");
        Assert.AreEqual("57014", Run(_b, "SELECT v FROM t"));
        Run(_b, "SET statement_timeout = 0");
        Task<string> waiting = RunBlocked(_b, "SELECT v FROM t");
        _b.Cancel();
        Assert.AreEqual("57014", waiting.Result);
        waiting = RunBlocked(_b, "SELECT v FROM t WHERE id = 1");
        Run(_a, "ROLLBACK TO s");
        Assert.AreEqual("10", waiting.Result);
        Assert.IsFalse(Database.Transactions.Locks.ExcludesQueries);

        Run(_a, "LOCK TABLE t");
        Run(_b, "BEGIN");
        Run(_b, "LOCK TABLE u");
        waiting = RunBlocked(_b, "SELECT v FROM t");
        Task<string> other = Task.Run(() => Run(_a, "SELECT v FROM u"));
        CollectionAssert.AreEquivalent(new[] { "40P01", "10" }, new[] { waiting.Result, other.Result });   // whoever closes the circle gives up its locks with the error
        Run(other.Result == "40P01" ? _a : _b, "ROLLBACK");
        Run(_a, "COMMIT");
        Run(_b, "COMMIT");
        Assert.IsFalse(Database.Transactions.Locks.ExcludesQueries);
    }

    [TestMethod]
    public void A_lock_that_is_not_had_keeps_nobody_out()
    {
        Run(_a, "BEGIN");
        Run(_a, "UPDATE t SET v = 11");
        Run(_b, "BEGIN");
        Assert.AreEqual("55P03", Run(_b, "LOCK TABLE t NOWAIT"));
        Assert.IsFalse(Database.Transactions.Locks.ExcludesQueries);
        Run(_b, "ROLLBACK");
        Run(_b, "BEGIN");
        Task<string> locking = RunBlocked(_b, "LOCK TABLE t");
        Task<string> reading = RunBlocked(_c, "SELECT v FROM t");   // behind who asked first
        Assert.AreEqual("11", Run(_a, "SELECT v FROM t"));             // who has written there is not kept out
        Run(_a, "COMMIT");
        Assert.AreEqual("", locking.Result);
        Assert.IsFalse(reading.IsCompleted);
        Run(_b, "ROLLBACK");
        Assert.AreEqual("11", reading.Result);
        Assert.IsEmpty(Database.Transactions.Locks.Describe());
    }

    [TestMethod]
    public void A_query_that_has_begun_goes_on_as_it_was()
    {
        using QueryResult result = _b.Execute("SELECT v FROM t");
        Run(_a, "BEGIN");
        Assert.AreEqual("", Run(_a, "LOCK TABLE t"));
        Run(_a, "UPDATE t SET v = 11");
        Run(_a, "COMMIT");
        Assert.IsTrue(result.Read());
        Assert.AreEqual("10", result.GetText(0));
    }

    [TestMethod]
    public void Readers_see_nothing_between_two_states_that_a_locker_puts_in_place()
    {
        using var done = new CancellationTokenSource();
        Task locking = Task.Run(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                Run(_a, "BEGIN");
                Assert.AreEqual("", Run(_a, "LOCK TABLE t"));
                Run(_a, "UPDATE t SET v = v + 1");
                Run(_a, "SELECT pg_sleep(0)");
                Run(_a, "UPDATE t SET v = v + 1");
                Run(_a, "COMMIT");
            }
            done.Cancel();
        });
        while (!done.IsCancellationRequested)
        {
            Assert.AreEqual(0, int.Parse(Run(_b, "SELECT v FROM t WHERE id = 1"), System.Globalization.CultureInfo.InvariantCulture) % 2);
            Assert.AreEqual(0, int.Parse(Run(_b, "SELECT max(v) FROM t"), System.Globalization.CultureInfo.InvariantCulture) % 2);
        }
        locking.Wait();
        Assert.AreEqual("210", Run(_b, "SELECT v FROM t"));
        Assert.IsFalse(Database.Transactions.Locks.ExcludesQueries);
    }
}
