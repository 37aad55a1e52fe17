using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Storage;

/// <summary>That index entries neither stay nor go too early, whatever is changed, undone and cleaned up.</summary>
[TestClass]
public sealed class IndexEntriesTests
{
    private const int KeyCount = 300;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void When_nobody_reads_any_more_every_index_has_one_entry_for_each_of_its_rows(int seed)
    {
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using Session reader = database.OpenSession();
        Run(session, "CREATE TABLE t (id bigint PRIMARY KEY, b integer, c text, d double precision)");
        Run(session, "CREATE INDEX t_b ON t (b)");
        Run(session, "CREATE INDEX t_c ON t (c)");
        Run(session, "CREATE INDEX t_b_c ON t (b, c DESC)");
        Run(session, "CREATE UNIQUE INDEX t_b_id ON t (b, id)");
        Run(session, "CREATE INDEX t_sum ON t ((b + 1))");
        Run(session, "CREATE INDEX t_part ON t (b) WHERE d > 0");
        for (int i = 0; i < 4000; i++)
        {
            if (random.Next(50) == 0)
            {
                Run(reader, reader.IsInTransaction ? "COMMIT" : "BEGIN ISOLATION LEVEL REPEATABLE READ");
                if (reader.IsInTransaction)
                {
                    Run(reader, "SELECT count(*) FROM t");
                }
            }
            bool isInTransaction = random.Next(3) == 0;
            if (isInTransaction)
            {
                Run(session, "BEGIN");
            }
            for (int change = isInTransaction ? random.Next(5) : 1; change > 0; change--)
            {
                Change(session, random);
            }
            if (isInTransaction)
            {
                Run(session, random.Next(3) == 0 ? "ROLLBACK" : "COMMIT");
            }
        }
        if (reader.IsInTransaction)
        {
            Run(reader, "COMMIT");
        }
        for (int i = 0; i < 200; i++)
        {
            Run(session, $"UPDATE t SET d = d WHERE id = {random.Next(KeyCount)}");   // commits clean up behind the reader
        }
        TableStore table = database.Storage.Tables.Values.Single(t => t.Definition.Name == "t");
        long rowCount = long.Parse(Text(session, "SELECT count(*) FROM t"), System.Globalization.CultureInfo.InvariantCulture);
        long partCount = long.Parse(Text(session, "SELECT count(*) FROM t WHERE d > 0"), System.Globalization.CultureInfo.InvariantCulture);
        foreach (TableIndex index in table.Indexes)
        {
            Assert.AreEqual(index.Definition.Name == "t_part" ? partCount : rowCount, index.Tree.Count, index.Definition.Name);
        }
        for (int b = 0; b < 10; b++)
        {
            string byIndex = Text(session, $"SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM t WHERE b = {b}");
            Assert.AreEqual(Text(session, $"SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM t WHERE b + 0 = {b}"), byIndex);
        }
    }

    [TestMethod]
    [Timeout(30_000)]
    public void A_transaction_may_change_an_indexed_value_of_one_row_thousands_of_times()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, b integer UNIQUE, c text)");
        Run(session, "CREATE INDEX t_c ON t (c) WHERE b % 2 = 0");
        Run(session, "INSERT INTO t VALUES (1, 0, 'a text that does not fit in')");
        foreach (string end in (string[])["ROLLBACK", "COMMIT"])
        {
            Run(session, "BEGIN");
            for (int i = 0; i < 4000; i++)
            {
                Run(session, $"UPDATE t SET b = b + 1, c = 'a text of its own ' || {i % 3} WHERE id = 1");
            }
            Run(session, end);
            TableStore table = database.Storage.Tables.Values.Single();
            foreach (TableIndex index in table.Indexes)
            {
                Assert.AreEqual(1, index.Tree.Count, $"{index.Definition.Name} after {end}");
            }
        }
        Assert.AreEqual("4000", Text(session, "SELECT b FROM t WHERE b = 4000"));
    }

    private static void Change(Session session, Random random)
    {
        int id = random.Next(KeyCount);
        string b = random.Next(10) == 0 ? "NULL" : $"{random.Next(10)}";
        string c = random.Next(10) == 0 ? "NULL" : $"'a text of its own {random.Next(4)}'";
        Run(session, random.Next(7) switch
        {
            0 => $"DELETE FROM t WHERE id = {id}",
            1 => $"UPDATE t SET b = {b} WHERE id = {id}",
            2 => $"UPDATE t SET c = {c}, b = {b} WHERE id = {id}",
            3 => $"UPDATE t SET d = {random.Next(-2, 3)} WHERE id = {id}",
            4 => $"UPDATE t SET id = id + {KeyCount} WHERE id = {id} AND NOT EXISTS (SELECT FROM t u WHERE u.id = {id} + {KeyCount})",
            5 => $"UPDATE t SET id = id - {KeyCount} WHERE id = {id} + {KeyCount} AND NOT EXISTS (SELECT FROM t u WHERE u.id = {id})",
            _ => $"INSERT INTO t VALUES ({id}, {b}, {c}, {random.Next(-2, 3)}) ON CONFLICT DO NOTHING",
        });
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        while (result.Read())
        {
        }
    }

    private static string Text(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.GetText(0);
    }
}
