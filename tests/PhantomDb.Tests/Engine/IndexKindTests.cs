using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Engine;

/// <summary>
/// Partial and expression indexes under any history: rollbacks, savepoints, readers of the past, indexes that are made beside
/// them, forks. An index has an entry for each row that its predicate is true of, under the key of its expressions, and no other.
/// </summary>
[TestClass]
public sealed class IndexKindTests
{
    private const string Table = "CREATE TABLE t (id int PRIMARY KEY, name text, n int, active boolean)";

    private static readonly string[] Indexes =
    [
        "CREATE INDEX t_lower ON t (lower(name), (n % 7) DESC)",
        "CREATE INDEX t_active ON t (n) WHERE active",
        "CREATE UNIQUE INDEX t_unique ON t ((n * 2)) WHERE active AND n > 50",
        "CREATE INDEX t_long ON t ((name || ' with a text that is longer than what stands in a view: ' || n)) WHERE n % 3 = 0",
    ];

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Indexes_have_just_the_rows_that_they_should_after_a_random_history(int seed)
    {
        Console.WriteLine($"seed {seed}");
        Random random = new(seed);
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, Table);
        Queue<string> later = new(Indexes.OrderBy(_ => random.Next()));
        List<Session> readers = [];
        bool isInTransaction = false;
        for (int step = 0; step < 1500; step++)
        {
            if (step % 300 == 100 && !isInTransaction && later.TryDequeue(out string? index))
            {
                string state = Run(session, index);
                if (state == "23505")
                {
                    Run(session, "UPDATE t SET active = false");
                    state = Run(session, index);
                }
                Assert.AreEqual("", state, index);
            }
            switch (random.Next(40))
            {
                case 0 when !isInTransaction:
                    Run(session, "BEGIN");
                    isInTransaction = true;
                    break;
                case < 5 when isInTransaction:
                    Run(session, random.Next(2) == 0 ? "COMMIT" : "ROLLBACK");
                    isInTransaction = false;
                    break;
                case 5 when isInTransaction:
                    Run(session, "SAVEPOINT s");
                    break;
                case 6 when isInTransaction:
                    Run(session, "ROLLBACK TO s");
                    break;
                case 7 when readers.Count < 3:
                    Session reader = database.OpenSession();
                    Run(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
                    Run(reader, "SELECT count(*) FROM t");
                    readers.Add(reader);
                    break;
                case 8 when readers.Count > 0:
                    readers[0].Dispose();
                    readers.RemoveAt(0);
                    break;
                default:
                    string state = Run(session, Change(random));
                    if (state.Length > 0 && isInTransaction)
                    {
                        Run(session, "ROLLBACK");
                        isInTransaction = false;
                    }
                    break;
            }
        }
        Run(session, "COMMIT");
        using (Database fork = database.Fork())
        {
            Check(fork);
            using Session other = fork.OpenSession();
            for (int i = 0; i < 200; i++)
            {
                Run(other, Change(random));
            }
            Check(fork);
        }
        readers.ForEach(reader => reader.Dispose());
        Check(database);
        Run(session, "DELETE FROM t");
        Check(database);
    }

    [TestMethod]
    public void A_failing_expression_leaves_rows_and_indexes_as_they_were()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, Table);
        Run(session, "CREATE INDEX t_quotient ON t ((100 / n)) WHERE 10 / (n - 5) > 0");
        Run(session, "INSERT INTO t SELECT i, 'x', i + 100, true FROM generate_series(1, 5000) i");
        Assert.AreEqual("22012", Run(session, "INSERT INTO t SELECT 10000 + i, 'x', 3000 - i, true FROM generate_series(1, 5000) i"));
        Assert.AreEqual("22012", Run(session, "UPDATE t SET n = id - 3000"));
        Assert.AreEqual("22012", Run(session, "UPDATE t SET n = 5 WHERE id = 7"));
        Assert.AreEqual("22012", Run(session, "INSERT INTO t VALUES (10001, 'x', 0, true) ON CONFLICT DO NOTHING"));
        Assert.AreEqual("22012", Run(session, "INSERT INTO t VALUES (1, 'x', 9, true) ON CONFLICT (id) DO UPDATE SET n = 0"));
        Check(database);
        Assert.AreEqual(5000, database.Storage.Tables.Values.Single().RowCount);
        Assert.AreEqual("22012", Run(session, "CREATE INDEX ON t ((1 / (n - 101)))"));
        Check(database);
    }

    [TestMethod]
    public void An_index_that_is_gone_takes_its_expressions_along()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, Table);
        Run(session, "INSERT INTO t SELECT i, 'name ' || i, i, i % 2 = 0 FROM generate_series(1, 3000) i");
        Run(session, "CREATE INDEX one ON t (lower(name)) WHERE active");
        Run(session, "CREATE INDEX two ON t (lower(name), n)");
        TableStore store = database.Storage.Tables.Values.Single();
        Assert.HasCount(2, store.Definition.IndexExpressions);
        Run(session, "DROP INDEX two");
        Assert.HasCount(2, database.Storage.Tables.Values.Single().Definition.IndexExpressions);
        Run(session, "BEGIN");
        Run(session, "UPDATE t SET name = 'z' WHERE id < 100");
        Run(session, "DROP INDEX one");
        Run(session, "UPDATE t SET name = 'y' WHERE id < 50");
        Run(session, "COMMIT");
        store = database.Storage.Tables.Values.Single();
        Assert.IsEmpty(store.Definition.IndexExpressions);
        Assert.HasCount(4, store.ColumnNumbers);
        Check(database);
        Run(session, "CREATE INDEX three ON t (lower(name)) WHERE n < 60");
        Check(database);
    }

    private static string Change(Random random)
    {
        int id = random.Next(60);
        string name = $"'{(random.Next(2) == 0 ? "Name" : "naME")}{random.Next(5)}'";
        string n = random.Next(8) == 0 ? "NULL" : $"{random.Next(100)}";
        string active = random.Next(6) == 0 ? "NULL" : random.Next(2) == 0 ? "true" : "false";
        return random.Next(10) switch
        {
            0 or 1 => $"INSERT INTO t VALUES ({id}, {name}, {n}, {active})",
            2 => $"INSERT INTO t SELECT i, {name}, {n}, {active} FROM generate_series({id}, {id + 3}) i ON CONFLICT DO NOTHING",
            3 => $"INSERT INTO t VALUES ({id}, {name}, {n}, {active}) ON CONFLICT (id) DO UPDATE SET name = excluded.name, active = NOT t.active",
            4 => $"INSERT INTO t VALUES ({id}, {name}, {n}, {active}) ON CONFLICT ((n * 2)) WHERE active AND n > 60 DO UPDATE SET n = t.n - 1",
            5 => $"UPDATE t SET name = {name} WHERE id = {id}",
            6 => $"UPDATE t SET n = {n} WHERE id = {id}",
            7 => $"UPDATE t SET active = {active}, n = n + 1 WHERE id BETWEEN {id} AND {id + 2}",
            8 => $"DELETE FROM t WHERE id = {id}",
            _ => $"UPDATE t SET id = id + 100 WHERE id = {id}",
        };
    }

    // The values that storage keeps are also computed anew.
    private static void Check(Database database)
    {
        database.Transactions.CleanUpWaiting();
        using Session session = database.OpenSession();
        foreach (TableStore table in database.Storage.Tables.Values)
        {
            (RowSlice[] slices, int count) = table.CurrentSlices();
            long[] entries = new long[table.Indexes.Length];
            for (int i = 0; i < count; i++)
            {
                Assert.IsNull(slices[i].Versions);
                for (int row = 0; row < slices[i].RowCount; row++)
                {
                    for (int k = 0; slices[i].IsLive(row) && k < entries.Length; k++)
                    {
                        TableIndex index = table.Indexes[k];
                        if (index.Contains(slices[i], row, null))
                        {
                            index.Encode(index.Writer, slices[i], row, null);
                            Assert.IsTrue(index.Tree.Contains(index.Writer.Key, ((long)i << RowSlice.CapacityBits) + row), index.Definition.Name);
                            entries[k]++;
                        }
                    }
                }
            }
            for (int k = 0; k < entries.Length; k++)
            {
                TableIndex index = table.Indexes[k];
                Assert.AreEqual(entries[k], index.Tree.Count, index.Definition.Name);
                if (index.Definition.IsPartial)
                {
                    string predicate = table.Definition.FindExpression(index.Definition.PredicateNumber)!.Text;
                    using QueryResult result = session.Execute($"SELECT count(*) FROM {table.Definition.Name} WHERE ({predicate}) IS TRUE");
                    result.Read();
                    Assert.AreEqual(result.GetInt64(0), entries[k], index.Definition.Name);
                }
            }
        }
    }

    /// <summary>The SQLSTATE; nothing where all went well.</summary>
    private static string Run(Session session, string sql)
    {
        try
        {
            using QueryResult result = session.Execute(sql);
            while (result.Read())
            {
            }
            return "";
        }
        catch (PhantomDbException error)
        {
            return error.SqlState;
        }
    }
}
