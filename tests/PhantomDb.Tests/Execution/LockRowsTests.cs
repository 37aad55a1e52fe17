using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Execution;

/// <summary>FOR UPDATE of many rows: which are locked, and in which order they come where some have changed meanwhile.</summary>
[TestClass]
public sealed class LockRowsTests
{
    [TestMethod]
    [DataRow("SELECT id, n FROM t WHERE id > 0 ORDER BY id FOR UPDATE")]
    [DataRow("SELECT id + 0, n + 0 FROM t WHERE id > 0 ORDER BY id FOR UPDATE")]
    [DataRow("SELECT id, n FROM (SELECT * FROM t WHERE id > 0 ORDER BY id FOR UPDATE) x")]
    public void Rows_that_change_while_they_are_waited_for_keep_their_place(string sql)
    {
        using Database database = NewDatabase();
        using Session writer = database.OpenSession();
        using Session reader = database.OpenSession();
        Run(writer, "BEGIN; UPDATE t SET n = n + 1000 WHERE id IN (1, 5, 6, 300); DELETE FROM t WHERE id IN (7, 301)");
        Task<List<(int Id, int N)>> waiting = Task.Run(() => Rows(reader, sql));
        while (!waiting.IsCompleted && Rows(writer, "SELECT count(*)::int, 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")[0].Id == 0)
        {
            Thread.Sleep(5);
        }
        Assert.IsFalse(waiting.IsCompleted);
        Run(writer, "COMMIT");
        List<(int Id, int N)> rows = waiting.Result;
        List<(int Id, int N)> wanted = [.. Enumerable.Range(1, 400).Where(id => id is not (7 or 301)).Select(id => (id, id is 1 or 5 or 6 or 300 ? 1000 : 0))];
        CollectionAssert.AreEqual(wanted, rows);
    }

    [TestMethod]
    [DataRow("SELECT id, n FROM t WHERE id > 0 ORDER BY id FOR UPDATE SKIP LOCKED", "1 2 4 5 7 8 9 10")]
    [DataRow("SELECT id, n FROM t WHERE id > 0 ORDER BY id LIMIT 4 FOR UPDATE SKIP LOCKED", "1 2 4 5")]
    [DataRow("SELECT id, n FROM t WHERE id > 0 ORDER BY id LIMIT 3 OFFSET 1 FOR UPDATE SKIP LOCKED", "2 4 5")]
    [DataRow("SELECT id, n FROM (SELECT * FROM t WHERE id > 0 ORDER BY id FOR UPDATE SKIP LOCKED) x LIMIT 4", "1 2 4 5")]
    public void Rows_beyond_a_limit_are_not_locked(string sql, string given)
    {
        using Database database = NewDatabase();
        using Session other = database.OpenSession();
        using Session reader = database.OpenSession();
        using Session third = database.OpenSession();
        Run(reader, "DELETE FROM t WHERE id > 10");
        Run(other, "BEGIN; SELECT id FROM t WHERE id IN (3, 6) FOR UPDATE");
        Run(reader, "BEGIN");
        Assert.AreEqual(given, string.Join(' ', Rows(reader, sql).Select(row => row.Id)));
        string[] locked = [.. given.Split(' '), "3", "6", .. sql.Contains("OFFSET", StringComparison.Ordinal) ? ["1"] : Array.Empty<string>()];
        Assert.AreEqual(
            string.Join(' ', Enumerable.Range(1, 10).Where(id => !locked.Contains($"{id}"))),
            string.Join(' ', Rows(third, "SELECT id, n FROM t WHERE id > 0 ORDER BY id FOR UPDATE SKIP LOCKED").Select(row => row.Id)));
    }

    private static Database NewDatabase()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t SELECT g, 0 FROM generate_series(1, 400) g");
        return database;
    }

    private static List<(int Id, int N)> Rows(Session session, string sql)
    {
        List<(int, int)> rows = [];
        using QueryResult result = session.Execute(sql);
        while (result.Read())
        {
            rows.Add((result.GetInt32(0), result.GetInt32(1)));
        }
        return rows;
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();
}
