using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class PlanCacheTests
{
    private const string AllTypes =
        "CREATE TABLE a (id integer PRIMARY KEY, b bigint UNIQUE, s smallint, n numeric(8,2), u numeric, r real, d double precision, "
        + "t text, v varchar(5), c char(4), f boolean, dy date, ts timestamp, tz timestamptz, iv interval, ui uuid, by bytea, tm time)";

    private static readonly string[] Columns = ["id", "b", "s", "n", "u", "r", "d", "t", "v", "c", "f", "dy", "ts", "tz", "iv", "ui", "by", "tm"];

    private static readonly string[] Literals =
    [
        "1", "2", "3", "0", "-1", "-2", "7", "40000", "-40000", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
        "9223372036854775808", "1.5", "-1.5", "2.50", "2.005", "-0.0", "0.1", "123456.789", "1234567.891", "12345678901234567890.5", "1e2", "1e400", ".5", "5.",
        "'1'", "'2'", "' 3 '", "'-1'", "'x'", "''", "'abc'", "'abcde'", "'abcdef'", "'abc  '", "'abcde   '", "'it''s'", "'ü€😀'", "'a longer text than twelve bytes'",
        "'1.5'", "'NaN'", "'Infinity'", "'t'", "'false'", "'2024-02-29'", "'2023-02-29'", "'2024-02-29 12:30'", "'2024-02-29 12:30+02'", "'infinity'", "'12:30'",
        "'1 day'", "'-1 mon'", "'01234567-89ab-cdef-0123-456789abcdef'", "'\\x00ff'", "E'a\\n'", "$$x$$", "U&'\\0041'", "'a' 'b'", "'a'\n'b'",
        "NULL", "TRUE", "false", "+1", "- 1", "-(1)", "--1\n1", "/* ' */ 2", "1::text", "-1::smallint", "'1'::int", "date '2024-01-01'", "interval '1' day", "1+1", "id", "b",
        "(SELECT 1)", "DEFAULT", "1 2", "1a", "'", "$1", "B'1'", "x'1F'", "N'x'", "numeric '1.50'", "cast(2.345 AS numeric(3,1))", "nosuch", "\"id\"", "1--2\n", "2 -1", "2-1", "2 - -1",
    ];

    [TestMethod]
    public void Statements_that_differ_only_in_literals_are_found()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id bigint PRIMARY KEY, name varchar(20), balance double precision, n int)");
        for (int i = -50; i < 50; i++)
        {
            Run(session, $"INSERT INTO t VALUES ({i}, 'name {i}', {(i * 0.25).ToString(CultureInfo.InvariantCulture)}, {i % 7})".Replace(", 0,", ", 0.0,", StringComparison.Ordinal));
            Run(session, $"UPDATE t SET name = 'it''s {i}' WHERE id = {i}");
            using QueryResult row = session.Execute($"SELECT name, balance FROM t WHERE id = {i}");
            Assert.IsTrue(row.Read());
            Assert.AreEqual($"it's {i}", row.GetString(0));
            Assert.AreEqual(i * 0.25, row.GetDouble(1));
        }
        Assert.IsTrue(session.Plans.HitCount >= 280, $"{session.Plans.HitCount}");
        Assert.IsTrue(session.Plans.Count < 20, $"{session.Plans.Count}");
        long hits = session.Plans.HitCount;
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual("100", Scalar(session, "SELECT count(*) FROM t WHERE id < 50"));
        }
        Assert.AreEqual(hits + 2, session.Plans.HitCount);
    }

    [TestMethod]
    public void A_row_found_by_its_key_may_give_constants_alone()
    {
        using CacheComparison sides = new();
        sides.Run("CREATE TABLE k (id integer PRIMARY KEY, t text)");
        sides.Run("INSERT INTO k VALUES (1, 'a'), (2, 'b')");
        foreach (string list in new[] { "5", "'x'", "- 1.5", "DATE '2020-01-01'", "INTERVAL '1' DAY", "NULL", "NULL::int", "5, true", "'x', 1, 2.5", "5, id", "t, 5", "5, id + 1", "" })
        {
            foreach (int id in new[] { 1, 2, 2, 3 })
            {
                sides.Run($"SELECT {list} FROM k WHERE id = {id}");
            }
        }
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE k (id integer PRIMARY KEY, t text)");
        Run(session, "INSERT INTO k VALUES (1, 'a')");
        using PreparedStatement prepared = session.Prepare("SELECT 7, $2::text FROM k WHERE id = $1");
        for (int i = 0; i < 3; i++)
        {
            prepared.Bind(1, 1);
            prepared.Bind(2, "a text of more than twelve bytes");
            using QueryResult row = prepared.Execute();
            Assert.IsTrue(row.Read());
            Assert.AreEqual(7, row.GetInt32(0));
            Assert.AreEqual("a text of more than twelve bytes", row.GetString(1));
        }
    }

    [TestMethod]
    public void The_cache_keeps_its_size_and_the_statements_used_last()
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { PlanCacheSize = 8 });
        using Session session = database.OpenSession();
        Assert.AreEqual("0", Scalar(session, "SELECT 0"));
        for (int i = 1; i < 100; i++)
        {
            Assert.AreEqual($"{i}", Scalar(session, $"SELECT {i} AS c{i}"));
            Assert.AreEqual("0", Scalar(session, "SELECT 0"));
        }
        Assert.AreEqual(8, session.Plans.Count);
        Assert.AreEqual(99, session.Plans.HitCount);
    }

    [TestMethod]
    public void Names_of_columns_and_pinned_literals_are_those_of_the_text()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, \"a\"\"'1\" int)");
        Run(session, "INSERT INTO t VALUES (1, 10), (2, 20)");
        for (int i = 1; i <= 2; i++)
        {
            using QueryResult result = session.Execute($"SELECT {i}, 'x{i}', \"a\"\"'1\", \"a\"\"'1\" AS \"'{i}'\" FROM t WHERE id = {i}");
            Assert.AreEqual($"?column? ?column? a\"'1 '{i}'", string.Join(' ', result.Columns.Select(c => c.Name)));
            Assert.IsTrue(result.Read());
            Assert.AreEqual($"{i} x{i} {i * 10}", $"{result.GetText(0)} {result.GetText(1)} {result.GetText(2)}");
        }
    }

    [TestMethod]
    public void Definitions_and_settings_that_change_are_noticed()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, tz timestamptz)");
        Run(session, "INSERT INTO t VALUES (1, '2024-01-01 00:00')");
        const string Select = "SELECT tz FROM t WHERE id = 1";
        const string Compare = "SELECT count(*) FROM t WHERE tz = '2024-01-01 00:00'";
        Assert.AreEqual("2024-01-01 00:00:00+00", Scalar(session, Select));
        Assert.AreEqual("1", Scalar(session, Compare));
        Run(session, "SET timezone = 'Europe/Berlin'");
        Assert.AreEqual("2024-01-01 01:00:00+01", Scalar(session, Select));
        Assert.AreEqual("0", Scalar(session, Compare));
        Run(session, "INSERT INTO t VALUES (2, '2024-01-01 00:00')");
        Assert.AreEqual("1", Scalar(session, Compare));
        Run(other, "TRUNCATE t");
        Assert.AreEqual("0", Scalar(session, "SELECT count(*) FROM t WHERE id = 1"));
        Assert.IsFalse(HasRow(session, Select));
        Run(other, "ALTER TABLE t DROP COLUMN tz");
        Assert.AreEqual("42703", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute(Select)).SqlState);
        Run(other, "ALTER TABLE t ADD COLUMN tz text DEFAULT 'x'");
        Run(session, "INSERT INTO t VALUES (1)");
        Assert.AreEqual("x", Scalar(session, Select));
        Run(other, "ALTER TABLE t ADD CHECK (id < 3)");
        Run(session, "INSERT INTO t VALUES (2)");
        Assert.AreEqual("23514", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("INSERT INTO t VALUES (3)")).SqlState);
    }

    [TestMethod]
    public void A_literal_that_means_the_moment_is_read_each_time()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, at timestamptz)");
        Run(session, "CREATE VIEW v AS SELECT timestamp 'now' AS at");
        foreach (string sql in new[] { "SELECT timestamptz 'now'", "SELECT at FROM v", "SELECT at FROM t WHERE id = 1" })
        {
            HashSet<string> answers = [];
            for (int i = 0; i < 3; i++)
            {
                Run(session, "DELETE FROM t WHERE id = 1");
                Run(session, "INSERT INTO t VALUES (1, 'now')");
                answers.Add(Scalar(session, sql));
                SessionSteps.WaitForTheClock();
            }
            Assert.AreEqual(3, answers.Count, sql);
        }
    }

    [TestMethod]
    public void Single_rows_take_part_in_transactions()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, n int)");
        for (int round = 0; round < 3; round++)
        {
            Run(session, "BEGIN");
            Run(session, $"INSERT INTO t VALUES ({round}, 1)");
            Run(session, $"UPDATE t SET n = {round + 10} WHERE id = {round}");
            Assert.AreEqual($"{round + 10}", Scalar(session, $"SELECT n FROM t WHERE id = {round}"));
            Assert.IsFalse(HasRow(other, $"SELECT n FROM t WHERE id = {round}"));
            PhantomDbException duplicate = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute($"INSERT INTO t VALUES ({round}, 2)"));
            Assert.AreEqual($"Key (id)=({round}) already exists.", duplicate.Detail);
            Assert.AreEqual("25P02", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute($"SELECT n FROM t WHERE id = {round}")).SqlState);
            Run(session, "ROLLBACK");
            Assert.IsFalse(HasRow(session, $"SELECT n FROM t WHERE id = {round}"));
        }
    }

    /// <summary>Statements about single rows with every kind of literal in every place, valid or not, with the cache and without.</summary>
    [TestMethod]
    public void Random_literals_give_the_same_rows_and_errors_without_the_cache()
    {
        const int Seed = 20260;
        Random random = new(Seed);
        using CacheComparison sides = new();
        sides.Run(AllTypes);
        for (int i = 0; i < 8; i++)
        {
            sides.Run($"INSERT INTO a (id, b, t) VALUES ({i}, {i * 10}, 't{i}')");
        }
        string Literal() => Literals[random.Next(Literals.Length)];
        string Small() => random.Next(4) == 0 ? Literal() : random.Next(-2, 10).ToString(CultureInfo.InvariantCulture);
        string Column() => Columns[random.Next(Columns.Length)];
        for (int i = 0; i < 6000; i++)
        {
            string column = Column();
            string sql = random.Next(16) switch
            {
                0 => $"INSERT INTO a (id, {column}) VALUES ({Small()}, {Literal()})",
                1 => $"INSERT INTO a (id, b, s) VALUES ({Small()}, {Small()}, {Literal()})",
                2 or 3 or 4 => $"UPDATE a SET {column} = {Literal()} WHERE id = {Small()}",
                5 => $"UPDATE a SET {column} = {Literal()}, {Column()} = {Literal()} WHERE b = {Small()}",
                6 => $"DELETE FROM a WHERE id = {Small()}",
                7 or 8 => $"SELECT * FROM a WHERE id = {Small()}",
                9 => $"SELECT t, {column} FROM a WHERE b = {Small()}",
                10 => $"SELECT {Literal()}, id FROM a WHERE id = {Small()}",
                11 => $"SELECT id FROM a WHERE {column} = {Literal()} ORDER BY id",
                12 => $"SELECT id, {column} FROM a WHERE id BETWEEN {Small()} AND {Small()} ORDER BY {random.Next(0, 4)}",
                13 => $"SELECT id FROM a WHERE id >= {Small()} AND id < {Small()} ORDER BY id LIMIT {Small()}",
                14 => $"SELECT count(*), max({column}) FROM a WHERE {column} > {Literal()}",
                _ => $"SELECT id FROM a WHERE id = {Small()} AND b = {Small()} AND {column} = {Literal()}",
            };
            sides.Run(sql);
            if (i % 500 == 499)
            {
                sides.Run("SELECT * FROM a ORDER BY id");
            }
        }
        Assert.IsTrue(sides.HitCount > 1000, $"{sides.HitCount} hits, seed {Seed}");
    }

    /// <summary>Keys, ranges and orders over indexes of several columns, with NULLs and with duplicates; changes computed from the row.</summary>
    [TestMethod]
    public void Random_ranges_of_indexes_give_the_same_rows_without_the_cache()
    {
        const int Seed = 11;
        Random random = new(Seed);
        using CacheComparison sides = new();
        sides.Run("CREATE TABLE r (id integer PRIMARY KEY, g integer, h bigint NOT NULL, s text, x double precision, m numeric(8,2), UNIQUE (h, id))");
        sides.Run("CREATE INDEX r_g ON r (g)");
        sides.Run("CREATE INDEX r_gh ON r (g, h, id)");
        sides.Run("CREATE INDEX r_s ON r (s, id)");
        int next = 0;
        string Row() => $"INSERT INTO r VALUES ({next = (next * 37 + 11) % 5003}, {(random.Next(5) == 0 ? "NULL" : random.Next(-3, 8))}, {random.Next(0, 50)}, "
            + $"{(random.Next(6) == 0 ? "NULL" : $"'{(char)('a' + random.Next(5))}{(random.Next(2) == 0 ? " and more than twelve bytes" : "")}'")}, {random.Next(100)}, {random.Next(100)}.25)";
        for (int i = 0; i < 600; i++)
        {
            sides.Run(Row());
        }
        string[] operators = ["=", "<", "<=", ">", ">="];
        string Operator() => operators[random.Next(operators.Length)];
        string Order(string columns) => random.Next(3) switch
        {
            0 => "",
            1 => $" ORDER BY {columns}",
            _ => $" ORDER BY {columns.Replace(",", " DESC,", StringComparison.Ordinal)} DESC",
        };
        for (int i = 0; i < 3000; i++)
        {
            int g = random.Next(-4, 9), h = random.Next(-1, 52), id = random.Next(-10, 5100);
            sides.Run(random.Next(16) switch
            {
                0 => $"SELECT id, s FROM r WHERE g = {g}",
                1 => $"SELECT id, g, s FROM r WHERE g {Operator()} {g}",
                2 => $"SELECT * FROM r WHERE g = {g} AND h {Operator()} {h}{Order("h, id")}",
                3 => $"SELECT h, id FROM r WHERE g = {g} AND h {Operator()} {h} AND h {Operator()} {h + 9}{Order("h, id")}",
                4 => $"SELECT id FROM r WHERE id BETWEEN {id} AND {id + 300}{Order("id")}",
                5 => $"SELECT id, s FROM r WHERE id {Operator()} {id} ORDER BY id{(random.Next(2) == 0 ? " DESC" : "")} LIMIT {random.Next(0, 40)}",
                6 => $"SELECT g, h, id FROM r ORDER BY {(random.Next(2) == 0 ? "g, h, id" : "g DESC, h DESC, id DESC")} LIMIT {random.Next(0, 100)}",
                7 => $"SELECT s, id FROM r WHERE s {Operator()} '{(char)('a' + random.Next(5))}'{Order("s, id")}",
                8 => $"SELECT s, id FROM r ORDER BY s {(random.Next(2) == 0 ? "NULLS FIRST" : "")}, id LIMIT 20",
                9 => $"SELECT id FROM r WHERE {h} <= h AND {h + 4} > h AND id > {id} ORDER BY h, id",
                10 => $"UPDATE r SET x = x + {random.Next(10)}.5, m = m * 1.5 - {random.Next(9)}, s = s || 'y' WHERE id = {id}",
                11 => $"UPDATE r SET h = h + {random.Next(5)}, g = g - 1 WHERE id = {id}",
                12 => $"UPDATE r SET g = 2147483640 + g, m = m / {random.Next(3)} WHERE id = {id}",
                13 => $"SELECT x / {random.Next(3)}, s || '{g}', h * 2 + id, -g, m FROM r WHERE id = {id}",
                14 => $"DELETE FROM r WHERE id = {id}",
                _ => Row(),
            });
        }
        sides.Run("SELECT * FROM r ORDER BY id");
        Assert.IsTrue(sides.HitCount > 1500, $"{sides.HitCount} hits, seed {Seed}");
    }

    /// <summary>The scripts of tests/sql, each statement as it stands, again, and with other literals; with the cache and without.</summary>
    [TestMethod]
    [DataRow("expressions")]
    [DataRow("queries")]
    [DataRow("statements")]
    [DataRow("types")]
    public void Scripts_give_the_same_results_and_errors_without_the_cache(string folder)
    {
        LiteralChanges changes = new(seed: 7);
        foreach (string path in Scripts.SqlScripts.Paths.Where(path => path.StartsWith(folder, StringComparison.Ordinal)))
        {
            using CacheComparison sides = new();
            foreach (string sql in Scripts.SqlScripts.StatementsOf(path).Where(CacheComparison.IsRepeatable))
            {
                sides.Run(sql);
                sides.Run(sql);
                sides.Run(changes.Apply(sql));
                sides.Run(sql);
                sides.Run(changes.Apply(sql));
            }
        }
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }

    private static bool HasRow(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.Read();
    }

    private static string Scalar(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read(), sql);
        return result.GetText(0);
    }
}
