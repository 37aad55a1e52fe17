using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;

namespace PhantomDb.Tests.Execution.Points;

/// <summary>
/// SELECT … FOR UPDATE and its like of one row by its key, beside others who lock or change it: as operators do it, which a LIMIT asks for.
/// </summary>
[TestClass]
public sealed class PointLockTests
{
    private static readonly string[] Strengths = ["UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE"];

    [TestMethod]
    [DataRow("READ COMMITTED")]
    [DataRow("REPEATABLE READ")]
    public void Whoever_does_not_wait_gets_what_operators_get_whatever_others_do_to_the_row(string level)
    {
        string[] others =
        [
            .. Strengths.Select(strength => $"SELECT 1 FROM t WHERE id = 2 FOR {strength}"),
            "UPDATE t SET v = v + 1 WHERE id = 2",
            "UPDATE t SET id = 20 WHERE id = 2",
            "DELETE FROM t WHERE id = 2",
            "UPDATE t SET id = 2 WHERE id = 1 AND false",
        ];
        foreach (string other in others)
        {
            foreach (string strength in Strengths)
            {
                foreach (string policy in new[] { "NOWAIT", "SKIP LOCKED" })
                {
                    foreach (string end in new[] { "", "COMMIT", "ROLLBACK" })
                    {
                        string what = $"{level}: {other}; {end}; FOR {strength} {policy}";
                        string expected = Second(level, other, end, $"SELECT id, v FROM t WHERE id = 2 LIMIT 5 FOR {strength} {policy}", isPrepared: false);
                        string select = $"SELECT id, v FROM t WHERE id = 2 FOR {strength} {policy}";
                        Assert.AreEqual(expected, Second(level, other, end, select, isPrepared: true), what);
                        Assert.AreEqual(expected, Second(level, other, end, select, isPrepared: false), what);
                    }
                }
            }
        }
    }

    [TestMethod]
    [DataRow("UPDATE t SET v = 50 WHERE id = 2", "UPDATE", "v < 50", "SELECT 0: ")]
    [DataRow("UPDATE t SET v = 50 WHERE id = 2", "UPDATE", "v >= 2", "SELECT 1: 50")]
    [DataRow("UPDATE t SET v = 50 WHERE id = 2", "SHARE", "true", "SELECT 1: 50")]
    [DataRow("UPDATE t SET id = 20 WHERE id = 2", "KEY SHARE", "true", "SELECT 0: ")]
    [DataRow("DELETE FROM t WHERE id = 2", "NO KEY UPDATE", "true", "SELECT 0: ")]
    [DataRow("DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (2, 7)", "UPDATE", "true", "SELECT 0: ")]
    public async Task A_row_that_was_waited_for_is_looked_at_again(string change, string strength, string condition, string expected)
    {
        foreach (string level in new[] { "READ COMMITTED", "REPEATABLE READ" })
        {
            foreach (string end in new[] { "COMMIT", "ROLLBACK" })
            {
                using Database database = NewDatabase();
                using Session first = database.OpenSession();
                using Session second = database.OpenSession();
                Run(first, "BEGIN");
                foreach (string sql in change.Split(';'))
                {
                    Run(first, sql);
                }
                Run(second, $"BEGIN ISOLATION LEVEL {level}");
                Run(second, "SELECT 1 FROM t");
                Task<string> waiting = SessionSteps.Blocked(second, () => Outcome(() => second.Execute($"SELECT v FROM t WHERE id = 2 AND {condition} FOR {strength}")), change);
                Run(first, end);
                string outcome = await waiting;
                if (end == "ROLLBACK")
                {
                    Assert.AreEqual("SELECT 1: 2", outcome);
                }
                else if (level == "READ COMMITTED")
                {
                    Assert.AreEqual(expected, outcome);
                }
                else
                {
                    Assert.StartsWith("40001", outcome);
                }
                Run(second, "ROLLBACK");
                Assert.AreEqual(0, LockedRows(database));
            }
        }
    }

    [TestMethod]
    public void Reading_under_a_lock_and_then_writing_loses_no_update()
    {
        const int ThreadCount = 3, UpdateCount = 700, Rows = 2;
        using Database database = NewDatabase();
        Parallel.For(0, ThreadCount, new ParallelOptions { MaxDegreeOfParallelism = ThreadCount }, thread =>
        {
            using Session session = database.OpenSession();
            using PreparedStatement select = session.Prepare("SELECT v FROM t WHERE id = $1 FOR UPDATE");
            using PreparedStatement update = session.Prepare("UPDATE t SET v = $2 WHERE id = $1");
            for (int i = 0; i < UpdateCount; i++)
            {
                int id = (i % Rows) + 1;
                Run(session, "BEGIN");
                select.Bind(1, id);
                int value;
                using (QueryResult row = i % 3 == 0 ? session.Execute($"SELECT v FROM t WHERE id = {id} FOR NO KEY UPDATE") : select.Execute())
                {
                    Assert.IsTrue(row.Read());
                    value = row.GetInt32(0);
                }
                update.Bind(1, id);
                update.Bind(2, value + 1);
                Assert.AreEqual(1, update.Execute().RowsAffected);
                Run(session, i % 10 == 9 ? "ROLLBACK" : "COMMIT");
            }
        });
        using Session reader = database.OpenSession();
        Assert.AreEqual($"SELECT 1: {(ThreadCount * UpdateCount * 9 / 10) + 3}", Outcome(() => reader.Execute("SELECT sum(v) FROM t WHERE id <= 2")));
        Assert.AreEqual(0, LockedRows(database));
    }

    [TestMethod]
    public async Task Two_who_lock_rows_in_opposite_order_are_told_of_the_deadlock()
    {
        using Database database = NewDatabase();
        using Session first = database.OpenSession();
        using Session second = database.OpenSession();
        Run(first, "BEGIN");
        Run(second, "BEGIN");
        Assert.AreEqual("SELECT 1: 1", Outcome(() => first.Execute("SELECT v FROM t WHERE id = 1 FOR UPDATE")));
        Assert.AreEqual("SELECT 1: 2", Outcome(() => second.Execute("SELECT v FROM t WHERE id = 2 FOR UPDATE")));
        Task<string> waiting = SessionSteps.Blocked(first, () => Outcome(() => first.Execute("SELECT v FROM t WHERE id = 2 FOR SHARE")));
        Assert.StartsWith("40P01", Outcome(() => second.Execute("SELECT v FROM t WHERE id = 1 FOR SHARE")));
        Assert.AreEqual("SELECT 1: 2", await waiting);
        Run(second, "ROLLBACK");
        Run(first, "ROLLBACK");
        Assert.AreEqual(0, LockedRows(database));
    }

    [TestMethod]
    [DataRow("UPDATE")]
    [DataRow("NO KEY UPDATE")]
    [DataRow("SHARE")]
    [DataRow("KEY SHARE")]
    public void A_read_only_transaction_may_not_lock_and_a_table_lock_keeps_out(string strength)
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        string select = $"SELECT v FROM t WHERE id = 2 FOR {strength}";
        Assert.AreEqual("SELECT 1: 2", Outcome(() => session.Execute(select)));
        Assert.AreEqual(0, LockedRows(database));   // autocommitted
        Run(session, "BEGIN READ ONLY");
        Assert.StartsWith($"25006 cannot execute SELECT FOR {strength} in a read-only transaction", Outcome(() => session.Execute(select)));
        Run(session, "ROLLBACK");
        Run(other, "BEGIN");
        Run(other, "LOCK TABLE t IN EXCLUSIVE MODE");
        Run(session, "SET lock_timeout = 20");
        Assert.StartsWith("55P03", Outcome(() => session.Execute(select + " NOWAIT")));   // which is about rows: it waits for the table
        Assert.StartsWith("55P03", Outcome(() => session.Execute(select)));
        Run(other, "COMMIT");
        Assert.AreEqual("SELECT 1: 2", Outcome(() => session.Execute(select)));
        Run(other, "BEGIN");
        Run(other, "DELETE FROM t WHERE id = 2");
        Assert.StartsWith("55P03", Outcome(() => session.Execute(select)));
        Run(other, "ROLLBACK");
        Run(session, "BEGIN");
        Run(session, select);
        Run(session, "SAVEPOINT a");
        Run(session, "SELECT v FROM t WHERE id = 1 FOR UPDATE");
        Assert.AreEqual(2, LockedRows(database));
        Run(session, "ROLLBACK TO a");
        Assert.AreEqual(1, LockedRows(database));
        Run(session, "ROLLBACK");
        Assert.AreEqual(0, LockedRows(database));
    }

    // What the second of two transactions gets, whose snapshot (if it keeps one) is from before what the first does.
    private static string Second(string level, string other, string end, string select, bool isPrepared)
    {
        using Database database = NewDatabase();
        using Session first = database.OpenSession();
        using Session second = database.OpenSession();
        using PreparedStatement prepared = second.Prepare(select);
        Run(second, $"BEGIN ISOLATION LEVEL {level}");
        Run(second, "SELECT 1 FROM t");
        Run(first, "BEGIN");
        Run(first, other);
        if (end.Length > 0)
        {
            Run(first, end);
        }
        string outcome = Outcome(isPrepared ? prepared.Execute : () => second.Execute(select));
        return $"{outcome}, {LockedRows(database)} locks";
    }

    private static string Outcome(Func<QueryResult> execute)
    {
        try
        {
            using QueryResult result = execute();
            List<string> lines = [];
            while (result.Read())
            {
                lines.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "NULL" : result.GetText(i))));
            }
            return $"{result.CommandTag}: {string.Join('\n', lines)}";
        }
        catch (PhantomDbException failure)
        {
            return $"{failure.SqlState} {failure.Message}";
        }
    }

    private static int LockedRows(Database database) => database.Storage.Tables.Values.Sum(table => table.LockedRowCount);

    private static Database NewDatabase()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(session, "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
        return database;
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();
}
