using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using static PhantomDb.Tests.Engine.SessionSteps;
using static PhantomDb.Tests.Engine.StoredTables;

namespace PhantomDb.Tests.Engine;

/// <summary>
/// Partial and expression indexes under any history: rollbacks, savepoints, readers of the past, indexes that are made beside
/// them, forks. An index has an entry for each row that its predicate is true of, under the key of its expressions, and no other.
/// </summary>
[TestClass]
public sealed class IndexKindTests : SessionTest
{
    private const string Table = "CREATE TABLE t (id int PRIMARY KEY, name text, n int, active boolean)";

    private static readonly string[] Indexes =
    [
        "CREATE INDEX t_lower ON t (lower(name), (n % 7) DESC)",
        "CREATE INDEX t_active ON t (n) WHERE active",
        "CREATE UNIQUE INDEX t_unique ON t ((n * 2)) WHERE active AND n > 50",
        "CREATE INDEX t_long ON t ((name || ' with a text that is longer than what stands in a view: ' || n)) WHERE n % 3 = 0",
    ];

    private readonly Session _session;

    public IndexKindTests()
    {
        _session = NewSession();
        Run(_session, Table);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Indexes_have_just_the_rows_that_they_should_after_a_random_history(int seed)
    {
        Console.WriteLine($"seed {seed}");
        Random random = new(seed);
        Queue<string> later = new(Indexes.OrderBy(_ => random.Next()));
        List<Session> readers = [];
        bool isInTransaction = false;
        for (int step = 0; step < 1500; step++)
        {
            if (step % 300 == 100 && !isInTransaction && later.TryDequeue(out string? index))
            {
                string state = Run(_session, index);
                if (state == "23505")
                {
                    Run(_session, "UPDATE t SET active = false");
                    state = Run(_session, index);
                }
                Assert.AreEqual("", state, index);
            }
            switch (random.Next(40))
            {
                case 0 when !isInTransaction:
                    Run(_session, "BEGIN");
                    isInTransaction = true;
                    break;
                case < 5 when isInTransaction:
                    Run(_session, random.Next(2) == 0 ? "COMMIT" : "ROLLBACK");
                    isInTransaction = false;
                    break;
                case 5 when isInTransaction:
                    Run(_session, "SAVEPOINT s");
                    break;
                case 6 when isInTransaction:
                    Run(_session, "ROLLBACK TO s");
                    break;
                case 7 when readers.Count < 3:
                    Session reader = Database.OpenSession();
                    Run(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
                    Run(reader, "SELECT count(*) FROM t");
                    readers.Add(reader);
                    break;
                case 8 when readers.Count > 0:
                    readers[0].Dispose();
                    readers.RemoveAt(0);
                    break;
                default:
                    string state = Run(_session, Change(random));
                    if (state.Length > 0 && isInTransaction)
                    {
                        Run(_session, "ROLLBACK");
                        isInTransaction = false;
                    }
                    break;
            }
        }
        Run(_session, "COMMIT");
        using (Database fork = Database.Fork())
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
        Check(Database);
        Run(_session, "DELETE FROM t");
        Check(Database);
    }

    [TestMethod]
    public void A_failing_expression_leaves_rows_and_indexes_as_they_were()
    {
        Run(_session, "CREATE INDEX t_quotient ON t ((100 / n)) WHERE 10 / (n - 5) > 0");
        Run(_session, "INSERT INTO t SELECT i, 'x', i + 100, true FROM generate_series(1, 5000) i");
        Assert.AreEqual("22012", Run(_session, "INSERT INTO t SELECT 10000 + i, 'x', 3000 - i, true FROM generate_series(1, 5000) i"));
        Assert.AreEqual("22012", Run(_session, "UPDATE t SET n = id - 3000"));
        Assert.AreEqual("22012", Run(_session, "UPDATE t SET n = 5 WHERE id = 7"));
        Assert.AreEqual("22012", Run(_session, "INSERT INTO t VALUES (10001, 'x', 0, true) ON CONFLICT DO NOTHING"));
        Assert.AreEqual("22012", Run(_session, "INSERT INTO t VALUES (1, 'x', 9, true) ON CONFLICT (id) DO UPDATE SET n = 0"));
        Check(Database);
        Assert.AreEqual(5000, Database.Storage.Tables.Values.Single().RowCount);
        Assert.AreEqual("22012", Run(_session, "CREATE INDEX ON t ((1 / (n - 101)))"));
        Check(Database);
    }

    [TestMethod]
    [DataRow("CREATE UNIQUE INDEX ON t (lower(name))", "Key (lower(name))=(x) is duplicated.")]
    [DataRow("CREATE UNIQUE INDEX ON t ((n % 2), name) WHERE id > 1", "Key ((n % 2), name)=(1, X) is duplicated.")]
    [DataRow("ALTER TABLE t ADD UNIQUE (n)", "Key (n)=(3) is duplicated.")]
    public void The_key_that_keeps_a_unique_index_from_being_made_is_told(string sql, string detail)
    {
        Run(_session, "INSERT INTO t VALUES (1, 'x', 3, true), (2, 'X', 3, true), (3, 'X', 5, NULL)");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => _session.Execute(sql));
        Assert.AreEqual("23505", error.SqlState);
        Assert.AreEqual(detail, error.Detail);
    }

    [TestMethod]
    public void A_change_of_what_a_foreign_key_cannot_refer_to_lets_children_in()
    {
        using Session other = Database.OpenSession();
        Run(_session, "CREATE UNIQUE INDEX ON t (lower(name))");
        Run(_session, "CREATE UNIQUE INDEX ON t (n) WHERE active");
        Run(_session, "CREATE TABLE child (id int REFERENCES t)");
        Run(_session, "INSERT INTO t VALUES (1, 'x', 3, true), (2, 'z', 5, true)");
        Run(_session, "BEGIN");
        Run(_session, "UPDATE t SET name = 'y', n = 4 WHERE id = 1");
        Run(other, "SET lock_timeout = 50");
        Assert.AreEqual("", Run(other, "INSERT INTO child VALUES (1)"));
        Run(_session, "UPDATE t SET id = 9 WHERE id = 2");
        Assert.AreEqual("55P03", Run(other, "INSERT INTO child VALUES (2)"));
    }

    [TestMethod]
    public void An_index_that_is_gone_takes_its_expressions_along()
    {
        Run(_session, "INSERT INTO t SELECT i, 'name ' || i, i, i % 2 = 0 FROM generate_series(1, 3000) i");
        Run(_session, "CREATE INDEX one ON t (lower(name)) WHERE active");
        Run(_session, "CREATE INDEX two ON t (lower(name), n)");
        TableStore store = Database.Storage.Tables.Values.Single();
        Assert.HasCount(2, store.Definition.IndexExpressions);
        Run(_session, "DROP INDEX two");
        Assert.HasCount(2, Database.Storage.Tables.Values.Single().Definition.IndexExpressions);
        Run(_session, "BEGIN");
        Run(_session, "UPDATE t SET name = 'z' WHERE id < 100");
        Run(_session, "DROP INDEX one");
        Run(_session, "UPDATE t SET name = 'y' WHERE id < 50");
        Run(_session, "COMMIT");
        store = Database.Storage.Tables.Values.Single();
        Assert.IsEmpty(store.Definition.IndexExpressions);
        Assert.HasCount(4, store.ColumnNumbers);
        Check(Database);
        Run(_session, "CREATE INDEX three ON t (lower(name)) WHERE n < 60");
        Check(Database);
    }

    [TestMethod]
    [DataRow(5)]
    [DataRow(6)]
    [DataRow(7)]
    public void Random_queries_give_the_same_with_and_without_the_indexes(int seed)
    {
        Console.WriteLine($"seed {seed}");
        Random random = new(seed);
        Run(_session, "INSERT INTO t SELECT i, CASE WHEN i % 7 > 0 THEN 'Name' || i % 50 END, nullif(i % 120, 7), CASE i % 5 WHEN 0 THEN true WHEN 1 THEN NULL ELSE false END FROM generate_series(1, 6000) i");
        using Database plain = Database.Fork();
        using Session other = plain.OpenSession();
        string[] indexes =
        [
            "CREATE INDEX ON t (lower(name), id DESC)", "CREATE INDEX ON t (n) WHERE active", "CREATE INDEX ON t ((n * 2)) WHERE n > 50 AND NOT active",
            "CREATE INDEX ON t ((name || n))", "CREATE INDEX ON t (n DESC NULLS LAST, id) WHERE name IS NOT NULL", "CREATE INDEX ON t (id) WHERE n IN (3, 4, 5)",
            "CREATE INDEX ON t (n) WHERE name = 'Name3' OR n <= 10", "CREATE INDEX ON t ((coalesce(n, 0))) WHERE n IS NULL",
        ];
        foreach (string index in indexes)
        {
            Assert.AreEqual("", Run(_session, index));
        }
        int usedCount = 0;
        for (int i = 0; i < 400; i++)
        {
            string query = Query(random);
            usedCount += Rows(_session, $"EXPLAIN {query}").Contains("Scan using", StringComparison.Ordinal) ? 1 : 0;
            Assert.AreEqual(Rows(other, query), Rows(_session, query), query);
        }
        Console.WriteLine($"{usedCount} with an index");
        Assert.IsGreaterThan(50, usedCount);
    }

    [TestMethod]
    public void A_reader_of_the_past_finds_its_rows_by_an_index_that_came_later()
    {
        Run(_session, "INSERT INTO t SELECT i, 'Old' || i % 300, i, i % 2 = 0 FROM generate_series(1, 3000) i");
        using Session first = Database.OpenSession();
        Run(first, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        string before = Rows(first, "SELECT count(*) FROM t");
        Run(_session, "UPDATE t SET name = 'New' || n, n = n + 1 WHERE id % 3 = 0");
        Run(_session, "UPDATE t SET active = NOT active WHERE id % 4 = 0");
        using Session second = Database.OpenSession();
        Run(second, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Rows(second, "SELECT count(*) FROM t");
        Run(_session, "UPDATE t SET name = 'NEWER', active = NULL WHERE id % 9 = 0");
        Run(_session, "DELETE FROM t WHERE id % 10 = 0");
        Assert.AreEqual("", Run(_session, "CREATE INDEX t_lower ON t (lower(name), n)"));
        Assert.AreEqual("", Run(_session, "CREATE INDEX t_active ON t (id) WHERE active AND n > 2900"));
        Assert.AreEqual("", Run(_session, "CREATE INDEX t_sum ON t ((id + n))"));
        Run(_session, "UPDATE t SET name = 'newest' WHERE id % 100 = 1");
        foreach (Session reader in new[] { first, second, _session })
        {
            Assert.Contains("t_lower", Rows(reader, "EXPLAIN SELECT id FROM t WHERE lower(name) = 'old3'"));
            foreach (string name in new[] { "old3", "old6", "new300", "newer", "newest" })
            {
                Assert.AreEqual(Rows(reader, $"SELECT id, name, n FROM t WHERE lower(name || '') = '{name}'"), Rows(reader, $"SELECT id, name, n FROM t WHERE lower(name) = '{name}'"), name);
            }
            Assert.AreEqual(
                Rows(reader, "SELECT id FROM t WHERE (active OR false) AND n + 0 > 2900"), Rows(reader, "SELECT id FROM t WHERE active AND n > 2900 AND id > 0"));
            for (int sum = 2000; sum < 2050; sum++)
            {
                Assert.AreEqual(Rows(reader, $"SELECT id FROM t WHERE id + n + 0 = {sum}"), Rows(reader, $"SELECT id FROM t WHERE id + n = {sum}"));
            }
        }
        Assert.AreEqual(before, Rows(first, "SELECT count(*) FROM t WHERE lower(name) >= ''"));
        Run(first, "COMMIT");
        Run(second, "COMMIT");
        Check(Database);
    }

    private static string Query(Random random)
    {
        string condition = string.Join(random.Next(6) == 0 ? " OR " : " AND ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Condition(random)));
        return random.Next(8) switch
        {
            0 => $"SELECT id, lower(name) FROM t WHERE {condition} ORDER BY lower(name), id LIMIT 7",
            1 => $"SELECT n, id FROM t WHERE {condition} ORDER BY n DESC NULLS LAST, id LIMIT 5",
            2 => $"SELECT count(*), min(n * 2), max(lower(name)) FROM t WHERE {condition}",
            3 => $"SELECT lower(name), count(*) FROM t WHERE {condition} GROUP BY lower(name)",
            4 => $"SELECT DISTINCT n, name FROM t WHERE {condition}",
            5 => $"SELECT x.k, t.id, lower(t.name) FROM (VALUES ('name3'), ('none')) x(k) LEFT JOIN t ON lower(t.name) = x.k AND {condition}",
            6 => $"SELECT id FROM t WHERE {condition} INTERSECT SELECT id FROM t WHERE {Condition(random)}",
            _ => $"SELECT * FROM t WHERE {condition}",
        };
    }

    private static string Condition(Random random)
    {
        int n = random.Next(-2, 122);
        string compared = new[] { "=", "<", "<=", ">", ">=", "<>" }[random.Next(6)];
        return random.Next(14) switch
        {
            0 => "active",
            1 => "NOT active",
            2 => "active IS NOT TRUE",
            3 => $"lower(name) = 'name{random.Next(50)}'",
            4 => $"lower(name) LIKE 'name{random.Next(5)}%'",
            5 => $"n {compared} {n}",
            6 => $"n * 2 {compared} {n}",
            7 => $"n IN ({n}, {random.Next(6)}, {random.Next(6)})",
            8 => $"name || n = 'Name{random.Next(50)}{n}'",
            9 => "name IS NOT NULL",
            10 => $"name = 'Name{random.Next(5)}'",
            11 => $"id BETWEEN {n * 30} AND {(n * 30) + 90}",
            12 => $"(n = {random.Next(12)} OR name = 'Name3')",
            _ => "n IS NULL",
        };
    }

    // Sorted, unless the query says in what order.
    private static string Rows(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        List<string> rows = [];
        while (result.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "NULL" : result.GetText(i))));
        }
        if (!sql.Contains("ORDER BY", StringComparison.Ordinal) && !sql.StartsWith("EXPLAIN", StringComparison.Ordinal))
        {
            rows.Sort(StringComparer.Ordinal);
        }
        return string.Join('\n', rows);
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

    private static string Run(Session session, string sql) => StateOf(session, sql);
}
