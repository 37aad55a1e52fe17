using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Execution.Points;

/// <summary>Prepared reads of rows by key, guessed or found in the tree, against what is known of the table.</summary>
[TestClass]
public sealed class PointReadTests
{
    private const int Rows = 5000;

    [TestMethod]
    [DataRow("bigint primary key", 0L)]
    [DataRow("integer primary key", -2000L)]
    [DataRow("smallint primary key", -2000L)]
    [DataRow("bigint unique", long.MaxValue - Rows + 1)]
    [DataRow("integer unique", int.MinValue)]
    [DataRow("smallint not null unique", 0L)]
    public void A_row_is_found_by_its_key_in_whatever_order_rows_came(string declaration, long first)
    {
        foreach (string order in (ReadOnlySpan<string>)["i", "-i", "md5(i::text)", "i % 7, i"])
        {
            using Database database = Database.CreateInMemory();
            using Session session = database.OpenSession();
            Run(session, $"CREATE TABLE t (k {declaration}, name text)");
            Run(session, $"INSERT INTO t SELECT ({first} + i)::numeric, 'row number ' || i FROM generate_series(0, {Rows - 1}) AS i WHERE i % 100 <> 50 ORDER BY {order}");
            using PreparedStatement select = session.Prepare("SELECT name FROM t WHERE k = $1");
            for (int round = 0; round < 2; round++)
            {
                for (int i = 0; i < Rows; i++)
                {
                    select.Bind(1, (decimal)first + i);
                    using QueryResult result = select.Execute();
                    Assert.AreEqual(i % 100 != 50, result.Read(), $"{i} by {order}");
                    Assert.IsTrue(i % 100 == 50 || result.GetString(0) == $"row number {i}", $"{i} by {order}");
                }
            }
        }
    }

    [TestMethod]
    public void A_snapshot_finds_the_rows_that_it_began_with_after_others_have_moved_their_keys()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        Run(session, "CREATE TABLE t (k bigint PRIMARY KEY, name text)");
        Run(session, $"INSERT INTO t SELECT i, 'row number ' || i FROM generate_series(1, {Rows}) AS i");
        using PreparedStatement select = session.Prepare("SELECT k, name FROM t WHERE k = $1");
        using PreparedStatement selectNow = other.Prepare("SELECT k, name FROM t WHERE k = $1");
        Expect(select, 17, "row number 17");
        Run(session, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Expect(select, 17, "row number 17");
        Run(other, "UPDATE t SET k = 100000 WHERE k = 17");
        Run(other, "UPDATE t SET k = 17, name = 'moved here' WHERE k = 18");
        Run(other, "DELETE FROM t WHERE k = 19");
        Run(other, "INSERT INTO t VALUES (18, 'new')");
        foreach (int k in (ReadOnlySpan<int>)[17, 18, 19, 20])
        {
            Expect(select, k, $"row number {k}");
        }
        Expect(select, 100000, null);
        Expect(selectNow, 17, "moved here");
        Expect(selectNow, 18, "new");
        Expect(selectNow, 19, null);
        Expect(selectNow, 100000, "row number 17");
        Run(session, "COMMIT");
        Expect(select, 17, "moved here");
        Expect(select, 100000, "row number 17");
    }

    [TestMethod]
    public void A_statement_that_outlives_an_altered_or_emptied_table_finds_its_rows()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (k bigint PRIMARY KEY, name text, other int DEFAULT 1)");
        Run(session, $"INSERT INTO t SELECT i, 'row number ' || i FROM generate_series(1, {Rows}) AS i");
        using PreparedStatement select = session.Prepare("SELECT k, name FROM t WHERE k = $1");
        for (int k = 1; k <= 100; k++)
        {
            Expect(select, k, $"row number {k}");
        }
        Run(session, "ALTER TABLE t DROP COLUMN other");
        Expect(select, 17, "row number 17");
        Run(session, "BEGIN");
        Run(session, "TRUNCATE t");
        Expect(select, 17, null);
        Run(session, "ROLLBACK");
        Expect(select, 17, "row number 17");
        Run(session, "TRUNCATE t");
        Run(session, $"INSERT INTO t SELECT i, 'again ' || i FROM generate_series(10, {Rows}) AS i");
        Expect(select, 9, null);
        Expect(select, 17, "again 17");
    }

    [TestMethod]
    [DataRow("bigint not null", "")]
    [DataRow("bigint", "")]
    [DataRow("bigint", "DESC")]
    [DataRow("bigint not null", "DESC")]
    [DataRow("integer not null", "")]
    [DataRow("integer", "")]
    [DataRow("integer", "DESC NULLS LAST")]
    [DataRow("smallint", "")]
    [DataRow("smallint not null", "DESC")]
    [DataRow("numeric(9,2)", "")]
    [DataRow("numeric", "")]
    public void A_range_has_the_rows_of_a_scan_with_NULLs_long_strings_and_versions(string type, string order)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        bool mayBeNull = !type.EndsWith("not null", StringComparison.Ordinal);
        Run(session, $"CREATE TABLE t (id int, k {type}, name text, amount numeric, flag boolean)");
        Run(session, $"CREATE INDEX ON t (k {order})");
        Run(session, $"""
            INSERT INTO t
            SELECT i, {(mayBeNull ? "CASE WHEN i % 11 <> 0 THEN" : "")} (i * 7919 % 200 - 100)::text::{type.Replace(" not null", "")} {(mayBeNull ? "END" : "")},
                CASE WHEN i % 13 <> 0 THEN repeat(chr(97 + i % 26), i % 30) END, CASE WHEN i % 17 <> 0 THEN i / 8.0 END, i % 19 <> 0
            FROM generate_series(1, {Rows}) AS i
            """);
        using PreparedStatement range = session.Prepare("SELECT id, name, amount, k, flag FROM t WHERE k BETWEEN $1 AND $2");
        using PreparedStatement equal = session.Prepare("SELECT k, flag, amount, name, id FROM t WHERE k = $1");
        Check(2);
        Run(other, "BEGIN");
        Run(other, "UPDATE t SET name = 'changed to something rather long' WHERE id % 3 = 0");
        Run(other, "DELETE FROM t WHERE id % 5 = 1");
        Check(1);
        Run(session, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Check(1);
        Run(other, "COMMIT");
        Check(1);
        Run(session, "UPDATE t SET k = 5, amount = NULL WHERE id % 100 = 3 AND id % 3 <> 0 AND id % 5 <> 1");
        Check(1);
        Run(session, "COMMIT");
        Check(1);

        void Check(int rounds)
        {
            for (int value = -101; value <= 100 && rounds > 0; value += 9)
            {
                Assert.AreEqual(
                    Text($"SELECT id, name, amount, k, flag FROM t WHERE k::text::numeric BETWEEN {value} AND {value + 12} ORDER BY id", null),
                    Text(null, range, value, value + 12), $"{type} {order} from {value}");
                Assert.AreEqual(
                    Text($"SELECT k, flag, amount, name, id FROM t WHERE k::text::numeric = {value} ORDER BY id", null),
                    Text(null, equal, value), $"{type} {order} at {value}");
            }
        }

        string Text(string? sql, PreparedStatement? statement, params ReadOnlySpan<int> values)
        {
            for (int i = 0; i < values.Length; i++)
            {
                statement!.Bind(i + 1, values[i]);
            }
            using QueryResult result = sql is null ? statement!.Execute() : session.Execute(sql);
            List<string> lines = [];
            while (result.Read())
            {
                lines.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "NULL" : result.GetText(i))));
            }
            lines.Sort(StringComparer.Ordinal);
            return string.Join('\n', lines);
        }
    }

    [TestMethod]
    public void Single_reads_beside_a_writer_miss_no_row_and_never_go_back_in_time()
    {
        const int Keys = 64;
        using Database database = Database.CreateInMemory();
        using Session filler = database.OpenSession();
        Run(filler, "CREATE TABLE t (k bigint PRIMARY KEY, version bigint, name text)");
        Run(filler, $"INSERT INTO t SELECT i, 0, 'version 0 of the row' FROM generate_series(0, {Keys - 1}) AS i");
        TimeSpan duration = TimeSpan.FromMilliseconds(600);
        long start = Environment.TickCount64;
        bool IsTimeLeft() => Environment.TickCount64 - start < duration.TotalMilliseconds;

        // Each transaction gives both rows of a pair a higher version: by an update, or by deleting and inserting; keys swap rows too.
        void Write()
        {
            using Session session = database.OpenSession();
            using PreparedStatement update = session.Prepare("UPDATE t SET version = $2, name = $3 WHERE k = $1");
            using PreparedStatement delete = session.Prepare("DELETE FROM t WHERE k = $1");
            using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1, $2, $3)");
            using PreparedStatement move = session.Prepare("UPDATE t SET k = $2 WHERE k = $1");
            var random = new Random(1);
            for (long version = 1; IsTimeLeft(); version++)
            {
                int pair = random.Next(Keys / 2) * 2;
                int kind = random.Next(4);
                Run(session, "BEGIN");
                if (kind == 2)
                {
                    Execute(move, pair, 1000);
                    Execute(move, pair + 1, pair);
                    Execute(move, 1000, pair + 1);
                }
                for (int k = pair; k <= pair + 1; k++)
                {
                    if (kind == 0)
                    {
                        Execute(delete, k);
                        Execute(insert, k, version, $"version {version} of the row");
                    }
                    else
                    {
                        Execute(update, k, version, $"version {version} of the row");
                    }
                }
                Run(session, kind == 3 ? "ROLLBACK" : "COMMIT");
            }
        }

        void Read()
        {
            using Session session = database.OpenSession();
            using PreparedStatement select = session.Prepare("SELECT version, name FROM t WHERE k = $1");
            long[] seen = new long[Keys];
            var random = new Random(2);
            while (IsTimeLeft())
            {
                int k = random.Next(Keys);
                // The pair's other row had the version already when this one was read.
                long first = Version(k);
                long second = Version(k ^ 1);
                Assert.IsGreaterThanOrEqualTo(first, second);
                Assert.IsGreaterThanOrEqualTo(seen[k], first);
                (seen[k], seen[k ^ 1]) = (first, second);
            }

            long Version(int k)
            {
                select.Bind(1, k);
                using QueryResult result = select.Execute();
                Assert.IsTrue(result.Read(), $"key {k}");
                long version = result.GetInt64(0);
                Assert.AreEqual($"version {version} of the row", result.GetString(1));
                return version;
            }
        }

        Task[] tasks = [.. ((Action[])[Write, Read, Read]).Select(action => Task.Factory.StartNew(action, TaskCreationOptions.LongRunning))];
        Task.WaitAll(tasks);

        static void Execute(PreparedStatement statement, long key, object? second = null, string? third = null)
        {
            statement.Bind(1, key);
            if (second is not null)
            {
                statement.Bind(2, Convert.ToInt64(second, System.Globalization.CultureInfo.InvariantCulture));
            }
            if (third is not null)
            {
                statement.Bind(3, third);
            }
            using QueryResult result = statement.Execute();
            Assert.AreEqual(1, result.RowsAffected);
        }
    }

    [TestMethod]
    public void A_single_read_sees_its_own_transaction_and_neither_others_nor_a_NULL_key()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        Run(session, "CREATE TABLE t (k bigint PRIMARY KEY, name text)");
        Run(session, "INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, 'three')");
        using PreparedStatement select = session.Prepare("SELECT k, name FROM t WHERE k = $1");
        using PreparedStatement selectOther = other.Prepare("SELECT k, name FROM t WHERE k = $1");
        select.BindNull(1);
        using (QueryResult ofNull = select.Execute())
        {
            Assert.IsFalse(ofNull.Read());
        }
        Run(session, "BEGIN");
        Run(session, "UPDATE t SET name = 'changed' WHERE k = 1");
        Run(session, "INSERT INTO t VALUES (4, 'four')");
        Run(session, "DELETE FROM t WHERE k = 3");
        Expect(select, 1, "changed");
        Expect(select, 3, null);
        Expect(select, 4, "four");
        Expect(selectOther, 1, "one");
        Expect(selectOther, 3, "three");
        Expect(selectOther, 4, null);
        Run(session, "ROLLBACK");
        Expect(select, 1, "one");
        Expect(select, 4, null);
        Expect(selectOther, 3, "three");
        selectOther.Bind(1, 2);
        using QueryResult withNull = selectOther.Execute();
        Assert.IsTrue(withNull.Read() && withNull.IsNull(1));
    }

    [TestMethod]
    [DataRow("SELECT * FROM t WHERE k = $1")]
    [DataRow("SELECT k, name FROM t WHERE k = $1")]
    [DataRow("SELECT name, k FROM t WHERE k = $1")]
    [DataRow("SELECT * FROM t WHERE k BETWEEN $1 AND $1 + 0")]
    [DataRow("SELECT * FROM t WHERE k >= $1 ORDER BY k LIMIT 1")]
    [DataRow("SELECT * FROM t WHERE k <= $1 ORDER BY k DESC LIMIT 1")]
    [DataRow("TABLE t LIMIT $1 - 4")]
    public void All_columns_of_a_row_are_read_as_some_are(string sql)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (k bigint PRIMARY KEY, name text)");
        Run(session, "INSERT INTO t VALUES (5, 'five'), (6, 'six'), (7, NULL)");
        using PreparedStatement select = session.Prepare(sql);
        select.Bind(1, 5);
        using QueryResult result = select.Execute();
        Assert.IsTrue(result.Read());
        Assert.AreEqual((5L, "five"), (result.GetInt64(result.Columns[0].Name == "k" ? 0 : 1), result.GetString(result.Columns[0].Name == "k" ? 1 : 0)));
        Assert.IsFalse(result.Read());
        result.Dispose();
        Assert.AreSame(result, select.Execute());   // the single-row way gives the same result object each time
    }

    private static void Expect(PreparedStatement select, long key, string? name)
    {
        select.Bind(1, key);
        using QueryResult result = select.Execute();
        Assert.AreEqual(name is not null, result.Read(), $"key {key}");
        if (name is not null)
        {
            Assert.AreEqual(key, result.GetInt64(0));
            Assert.AreEqual(name, result.GetString(1));
            Assert.IsFalse(result.Read());
        }
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();
}
