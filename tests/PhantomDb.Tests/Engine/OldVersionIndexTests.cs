using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>An index over an expression that fails for versions which only older snapshots see: it is made, and those do not read it.</summary>
[TestClass]
public sealed class OldVersionIndexTests
{
    private readonly Database _database = Database.CreateInMemory();
    private readonly Session _session;
    private readonly Session _other;

    public OldVersionIndexTests()
    {
        _session = _database.OpenSession();
        _other = _database.OpenSession();
        Run(_session, "CREATE TABLE t (id int PRIMARY KEY, v int, s text)");
        Run(_session, "INSERT INTO t SELECT i, i % 100, repeat('long enough for a heap ', 3) || i FROM generate_series(0, 9999) i");
        Run(_session, "ANALYZE t");
    }

    [TestCleanup]
    public void Close() => _database.Dispose();

    [TestMethod]
    public void Own_changes_and_deletes_are_no_hindrance()
    {
        Run(_session, "BEGIN");
        Run(_session, "UPDATE t SET v = 5 WHERE v = 0 AND id < 5000");
        Run(_session, "DELETE FROM t WHERE v = 0");
        Run(_session, "CREATE INDEX t_x ON t ((1000 / v), (s || 'x'))");
        Run(_session, "UPDATE t SET v = 1 WHERE v = 5 AND id < 100");
        Assert.AreEqual("102|1", One(_session, "SELECT count(*), min(v) FROM t WHERE 1000 / v = 1000 OR id = -1"));
        Run(_session, "COMMIT");
        foreach (Session session in (Session[])[_session, _other])
        {
            Assert.AreEqual("148|5", One(session, "SELECT count(*), min(v) FROM t WHERE 1000 / v = 200"));
            Assert.AreEqual("1000", One(session, "SELECT 1000 / v FROM t ORDER BY 1000 / v DESC, s || 'x' DESC LIMIT 1"));
            Assert.AreEqual("", One(session, "SELECT id FROM t WHERE 1000 / v IS NULL"));
        }
    }

    [TestMethod]
    public void A_newest_version_that_fails_still_refuses_the_index()
    {
        Run(_session, "BEGIN");
        Run(_session, "UPDATE t SET v = 5 WHERE v = 0 AND id <> 700");
        Assert.AreEqual("22012", Run(_session, "CREATE INDEX t_x ON t ((1000 / v))"));
        Run(_session, "ROLLBACK");
        Assert.AreEqual("22012", Run(_session, "CREATE INDEX t_x ON t ((1000 / v))"));
        Assert.AreEqual("100", One(_session, "SELECT count(*) FROM t WHERE v = 0"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void An_older_snapshot_gets_an_error_not_a_wrong_answer(bool isInTransaction)
    {
        Run(_other, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Assert.AreEqual("10000", One(_other, "SELECT count(*) FROM t"));
        if (isInTransaction)
        {
            Run(_session, "BEGIN");
        }
        Run(_session, "UPDATE t SET v = 5 WHERE v = 0");
        Run(_session, "CREATE INDEX t_x ON t ((1000 / v))");
        Run(_session, "CREATE INDEX t_y ON t ((1000 / v) DESC, id)");
        if (isInTransaction)
        {
            Run(_session, "COMMIT");
        }
        Run(_session, "CREATE INDEX t_s ON t (s)");   // a new store of the table, which has to know too
        Assert.AreEqual("200", One(_session, "SELECT count(*) FROM t WHERE 1000 / v = 200"));

        Assert.AreEqual("100", One(_other, "SELECT count(*) FROM t WHERE v = 0"));
        Assert.AreEqual("0", One(_other, "SELECT v FROM t WHERE id = 0"));
        Run(_other, "SAVEPOINT s");
        foreach (string sql in (string[])[
            "SELECT id FROM t WHERE 1000 / v = 1000", "SELECT id FROM t WHERE 1000 / v IS NULL", "SELECT id FROM t ORDER BY 1000 / v LIMIT 1",
            "SELECT min(1000 / v) FROM t", "SELECT id FROM t ORDER BY 1000 / v DESC, id LIMIT 1",
            "SELECT 1000 / v FROM t WHERE id = 0", "SELECT count(1000 / v) FROM t", "SELECT id FROM t WHERE 1000 / v = 1000 AND id = 0",
            "SELECT t.id FROM (VALUES (10), (20)) x(y) JOIN t ON 1000 / t.v = y"])
        {
            string state = Run(_other, sql);
            Assert.IsTrue(state is "22012" or "40001", $"{sql}: '{state}'");
            Run(_other, "ROLLBACK TO s");
        }
        Run(_other, "COMMIT");
        Assert.AreEqual("100", One(_other, "SELECT count(*) FROM t WHERE 1000 / v = 1000"));

        using Database fork = _database.Fork();
        using Session forked = fork.OpenSession();
        Assert.AreEqual("100", One(forked, "SELECT count(*) FROM t WHERE 1000 / v = 1000"));
        Assert.AreEqual("10", One(forked, "SELECT 1000 / v FROM t ORDER BY 1000 / v LIMIT 1"));
    }

    private static string Run(Session session, string sql) => StateOf(session, sql);

    private static string One(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.Read() ? string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "" : result.GetText(i))) : "";
    }
}
