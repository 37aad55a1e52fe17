using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class PreparedStatementTests
{
    [TestMethod]
    public void Rows_are_inserted_found_changed_and_deleted_by_key()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE kv (id bigint PRIMARY KEY, name text NOT NULL, balance double precision, n integer)");
        using PreparedStatement insert = session.Prepare("INSERT INTO kv VALUES ($1, $2, $3, $4)");
        using PreparedStatement select = session.Prepare("SELECT n, name, balance FROM kv WHERE id = $1");
        using PreparedStatement update = session.Prepare("UPDATE kv SET balance = $1, name = $2 WHERE id = $3");
        using PreparedStatement delete = session.Prepare("DELETE FROM kv WHERE id = $1");
        for (int i = 0; i < 3000; i++)
        {
            insert.Bind(1, (long)i);
            insert.Bind(2, $"a name longer than twelve bytes {i}");
            insert.Bind(3, i / 4.0);
            insert.Bind(4, i % 7);
            Assert.AreEqual("INSERT 0 1", insert.Execute().CommandTag);
        }
        for (int i = 0; i < 3000; i += 3)
        {
            update.BindNull(1);
            update.Bind(2, "x"u8);
            update.Bind(3, (long)i);
            Assert.AreEqual(1, update.Execute().RowsAffected);
            delete.Bind(1, (long)(i + 1));
            Assert.AreEqual(1, delete.Execute().RowsAffected);
            Assert.AreEqual(0, delete.Execute().RowsAffected);
        }
        for (int i = 0; i < 3000; i++)
        {
            select.Bind(1, (long)i);
            QueryResult result = select.Execute();
            Assert.AreEqual(i % 3 != 1, result.Read(), $"{i}");
            if (i % 3 != 1)
            {
                Assert.AreEqual(i % 7, result.GetInt32(0));
                Assert.AreEqual(i % 3 == 0 ? "x" : $"a name longer than twelve bytes {i}", result.GetString(1));
                Assert.AreEqual(i % 3 == 0, result.IsNull(2));
                Assert.IsFalse(result.Read());
            }
        }
        CollectionAssert.AreEqual(new[] { "bigint", "text", "double precision", "integer" }, insert.ParameterTypeNames.ToArray());
    }

    [TestMethod]
    public void Begin_and_commit_can_be_prepared_and_follow_the_state_of_the_transaction()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        List<string> notices = [];
        session.Notice += notices.Add;
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, n integer)");
        using PreparedStatement begin = session.Prepare("BEGIN");
        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1, $1)");
        using PreparedStatement commit = session.Prepare("COMMIT");
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual("BEGIN", begin.Execute().CommandTag);
            Assert.IsTrue(session.IsInTransaction);
            Assert.AreEqual("read committed", Text(session, "SHOW transaction_isolation"));
            insert.Bind(1, i);
            insert.Execute();
            Assert.AreEqual("COMMIT", commit.Execute().CommandTag);
            Assert.IsFalse(session.IsInTransaction);
        }
        commit.Execute().Dispose();
        begin.Execute().Dispose();
        begin.Execute().Dispose();
        Assert.HasCount(2, notices, string.Join('|', notices));
        Assert.ThrowsExactly<PhantomDbException>(() => Text(session, "SELECT 1 / 0"));
        Assert.AreEqual("25P02", Assert.ThrowsExactly<PhantomDbException>(() => begin.Execute()).SqlState);
        Assert.AreEqual("ROLLBACK", commit.Execute().CommandTag, "The transaction had failed.");
        Run(session, "SET default_transaction_isolation = 'repeatable read'");
        begin.Execute().Dispose();
        Assert.AreEqual("repeatable read", Text(session, "SHOW transaction_isolation"));
        Run(session, "SET LOCAL search_path = nowhere");
        commit.Execute().Dispose();
        Assert.AreEqual("3", Text(session, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    [DataRow("integer", "2147483647", "1", "22003")]
    [DataRow("integer", "-2147483648", "-1", "22003")]
    [DataRow("bigint", "9223372036854775807", "1", "22003")]
    [DataRow("bigint", "-9223372036854775808", "-1", "22003")]
    [DataRow("double precision", "1.7e308", "1e308", "22003")]
    [DataRow("double precision", "Infinity", "1", "Infinity")]
    [DataRow("double precision", "NaN", "1", "NaN")]
    [DataRow("double precision", "0.25", "-1.5", "-1.25")]
    [DataRow("integer", "2147483646", "1", "2147483647")]
    [DataRow("bigint", "-9223372036854775807", "-1", "-9223372036854775808")]
    [DataRow("bigint", null, "1", null)]
    public void A_sum_of_a_column_and_a_parameter_is_that_of_any_other_statement(string type, string? old, string added, string? expected)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, $"CREATE TABLE t (id integer PRIMARY KEY, v {type})");
        Run(session, $"INSERT INTO t VALUES (1, {(old is null ? "NULL" : $"'{old}'")})");
        foreach (string sum in new[] { $"v + $1::{type}", $"$1::{type} + v", $"v - $1::{type}" })
        {
            using PreparedStatement update = session.Prepare($"UPDATE t SET v = {sum} WHERE id = 1");
            string value = sum.StartsWith("v -", StringComparison.Ordinal) ? added.StartsWith('-') ? added[1..] : "-" + added : added;
            update.Bind(1, value);
            Run(session, "BEGIN");
            if (expected == "22003")
            {
                Assert.AreEqual(expected, Assert.ThrowsExactly<PhantomDbException>(() => update.Execute()).SqlState);
            }
            else
            {
                Assert.AreEqual(1, update.Execute().RowsAffected);
                Assert.AreEqual(expected, Text(session, "SELECT v::text FROM t"));
            }
            Run(session, "ROLLBACK");
        }
    }

    [TestMethod]
    public void Errors_of_single_rows_change_nothing_and_the_statement_goes_on()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, s text NOT NULL)");
        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1, $2)");
        using PreparedStatement select = session.Prepare("SELECT s FROM t WHERE id = $1");
        Assert.AreEqual("42P02", Assert.ThrowsExactly<PhantomDbException>(() => insert.Execute()).SqlState);
        insert.Bind(1, 1);
        insert.Bind(2, "one");
        insert.Execute().Dispose();
        insert.Bind(2, "again");
        Assert.AreEqual("23505", Assert.ThrowsExactly<PhantomDbException>(() => insert.Execute()).SqlState);
        insert.Bind(1, 2);
        insert.BindNull(2);
        Assert.AreEqual("23502", Assert.ThrowsExactly<PhantomDbException>(() => insert.Execute()).SqlState);
        Assert.AreEqual("22003", Assert.ThrowsExactly<PhantomDbException>(() => insert.Bind(1, 1L << 40)).SqlState);
        insert.Bind(2, "two");
        insert.Execute().Dispose();
        Assert.AreEqual("one", Find(select, 1));
        Assert.AreEqual("two", Find(select, 2));
        select.BindNull(1);
        Assert.IsFalse(select.Execute().Read());
    }

    [TestMethod]
    public void Kept_plans_of_changes_of_several_rows_follow_definitions_and_sizes()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, k integer, n integer); CREATE INDEX t_k ON t (k)");
        Run(session, "INSERT INTO t SELECT g, g / 2, 0 FROM generate_series(0, 19) g");
        using PreparedStatement update = session.Prepare("UPDATE t SET n = n + 1 WHERE k = $1");
        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1, $1 / 2, 0), ($1 + 1, $1 / 2, 0)");
        using PreparedStatement delete = session.Prepare("DELETE FROM t WHERE k = $1");
        using PreparedStatement move = session.Prepare("WITH gone AS (DELETE FROM t WHERE k = $1 RETURNING id, k) INSERT INTO t SELECT id, k, 100 FROM gone");
        Assert.AreEqual(2, Changed(update, 3));
        Assert.AreEqual(2, Changed(delete, 4));
        Assert.AreEqual(2, Changed(move, 5));
        Run(session, "DROP INDEX t_k");
        Assert.AreEqual(2, Changed(update, 3));
        Assert.AreEqual(2, Changed(move, 5));
        Run(session, "BEGIN; ALTER TABLE t ADD CHECK (n < 3 OR n = 100); CREATE INDEX t_k ON t (k) WHERE n < 100");
        Assert.AreEqual(2, Changed(update, 6));
        Run(session, "ROLLBACK");
        Assert.AreEqual(2, Changed(update, 3));
        Run(session, "ALTER TABLE t ADD CHECK (n < 4 OR n = 100)");
        Assert.AreEqual("23514", Assert.ThrowsExactly<PhantomDbException>(() => Changed(update, 3)).SqlState);
        Run(session, "CREATE TABLE c (t integer REFERENCES t); INSERT INTO c VALUES (6)");
        Assert.AreEqual("23503", Assert.ThrowsExactly<PhantomDbException>(() => Changed(delete, 3)).SqlState);
        for (int i = 20; i < 6000; i += 2)
        {
            Assert.AreEqual(2, Changed(insert, i));
        }
        Run(session, "CREATE INDEX t_k ON t (k)");
        Assert.AreEqual(2, Changed(update, 2500));
        Assert.AreEqual(2, Changed(move, 2501));
        Assert.AreEqual(2, Changed(delete, 2502));
        Assert.AreEqual("308", Text(session, "SELECT sum(n)::int FROM t WHERE k IN (2500, 2501, 5, 3) AND NOT (k = 5 AND id = 11)"));
    }

    [TestMethod]
    [DataRow("SELECT count(*)::int, coalesce(min(id + 0), -1) FROM t WHERE k = $1 AND n >= 0", DisplayName = "rows of an index")]
    [DataRow("SELECT count(*)::int, coalesce(min(k), -1) FROM t WHERE k = $1", DisplayName = "keys of an index")]
    [DataRow("SELECT count(*)::int, 0 FROM t a WHERE k = $1 AND EXISTS (SELECT 1 FROM t b WHERE b.k = a.k AND b.n > a.n - 1 LIMIT 1)", DisplayName = "given up before its end")]
    public void Kept_scans_of_indexes_follow_their_tables(string sql)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, k integer, n integer); CREATE INDEX t_k ON t (k)");
        using PreparedStatement statement = session.Prepare(sql);
        foreach (int perKey in new[] { 2, 5, 40, 100, 3 })
        {
            Run(session, $"INSERT INTO t SELECT g, g / {perKey}, 1 FROM generate_series(0, 3999) g");
            Assert.AreEqual(perKey, Found(statement, 7));
            Assert.AreEqual(perKey, Found(statement, 9));
            Run(session, "DROP INDEX t_k; CREATE INDEX t_k ON t (k, n)");
            Assert.AreEqual(perKey, Found(statement, 7));
            Run(session, "BEGIN; DELETE FROM t WHERE k = 7");
            Assert.AreEqual(0, Found(statement, 7));
            Assert.AreEqual(perKey, Found(statement, 8));
            Run(session, "ROLLBACK");
            Assert.AreEqual(perKey, Found(statement, 7));
            Run(session, "TRUNCATE t");
            Assert.AreEqual(0, Found(statement, 7));
        }
    }

    [TestMethod]
    [DataRow("SELECT id FROM t WHERE k = $1 AND n >= 0")]
    [DataRow("SELECT id FROM t WHERE k = $1 ORDER BY n FOR UPDATE")]
    [DataRow("UPDATE t SET n = n + 1 WHERE k = $1 RETURNING id")]
    public void Executing_again_while_the_result_is_open_is_refused(string sql)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, k integer, n integer); CREATE INDEX t_k ON t (k)");
        Run(session, "INSERT INTO t SELECT g, g / 2, 0 FROM generate_series(0, 19) g");
        using PreparedStatement statement = session.Prepare(sql);
        for (int round = 0; round < 2; round++)
        {
            statement.Bind(1, 3);
            QueryResult open = statement.Execute();
            Assert.IsTrue(open.Read());
            statement.Bind(1, 4);
            Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => statement.Execute()).SqlState);
            Assert.AreEqual(6, open.GetInt32(0));
            Assert.IsTrue(open.Read());
            Assert.AreEqual(7, open.GetInt32(0));
            Assert.IsFalse(open.Read());
            Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => statement.Execute()).SqlState);
            open.Dispose();
            using QueryResult next = statement.Execute();
            Assert.IsTrue(next.Read());
            Assert.AreEqual(8, next.GetInt32(0));
        }
    }

    [TestMethod]
    public void Executing_a_single_row_statement_again_ends_its_result()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, n integer); INSERT INTO t SELECT g, g * 10 FROM generate_series(0, 19) g");
        using PreparedStatement statement = session.Prepare("SELECT n FROM t WHERE id = $1");
        statement.Bind(1, 3);
        QueryResult open = statement.Execute();
        Assert.IsTrue(open.Read());
        statement.Bind(1, 4);
        QueryResult next = statement.Execute();
        Assert.AreSame(open, next, "valid until the next execution, as documented");
        Assert.IsTrue(next.Read());
        Assert.AreEqual(40, next.GetInt32(0));
        Assert.IsFalse(next.Read());
    }

    [TestMethod]
    public void Changed_definitions_are_noticed()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, s text)");
        using PreparedStatement insert = session.Prepare("INSERT INTO t (id, s) VALUES ($1, $2)");
        using PreparedStatement select = session.Prepare("SELECT s FROM t WHERE id = $1");
        insert.Bind(1, 1);
        insert.Bind(2, "one");
        insert.Execute().Dispose();
        Run(other, "ALTER TABLE t ADD CHECK (s <> 'two')");
        insert.Bind(1, 2);
        insert.Bind(2, "two");
        Assert.AreEqual("23514", Assert.ThrowsExactly<PhantomDbException>(() => insert.Execute()).SqlState);
        Assert.AreEqual("one", Find(select, 1));
        Run(other, "TRUNCATE t");
        select.Bind(1, 1);
        using (QueryResult empty = select.Execute())
        {
            Assert.IsFalse(empty.Read());
        }
        Run(other, "DROP TABLE t");
        Assert.AreEqual("42P01", Assert.ThrowsExactly<PhantomDbException>(() => select.Execute()).SqlState);
    }

    [TestMethod]
    public void Parameters_serve_any_statement_and_a_transaction()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id integer PRIMARY KEY, price numeric(10,2), day date)");
        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1, $2, $3)");
        using PreparedStatement sum = session.Prepare("SELECT sum(price), max(day) FROM t WHERE id >= $1");
        Run(session, "BEGIN");
        for (int i = 1; i <= 10; i++)
        {
            insert.Bind(1, i);
            insert.Bind(2, 1.25m);
            insert.Bind(3, new DateOnly(2024, 2, i));
            insert.Execute().Dispose();
        }
        Run(session, "COMMIT");
        foreach ((int from, string expected) in new[] { (1, "12.50"), (7, "5.00"), (10, "1.25") })
        {
            sum.Bind(1, from);
            using QueryResult result = sum.Execute();
            Assert.IsTrue(result.Read());
            Assert.AreEqual(expected, result.GetText(0));
            Assert.AreEqual("2024-02-10", result.GetText(1));
        }
    }

    private static string Find(PreparedStatement select, int id)
    {
        select.Bind(1, id);
        using QueryResult result = select.Execute();
        Assert.IsTrue(result.Read());
        return result.GetString(0);
    }

    private static void Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
    }

    private static string? Text(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.IsNull(0) ? null : result.GetText(0);
    }

    private static long Changed(PreparedStatement statement, int value)
    {
        statement.Bind(1, value);
        using QueryResult result = statement.Execute();
        return result.RowsAffected;
    }

    private static int Found(PreparedStatement statement, int value)
    {
        statement.Bind(1, value);
        using QueryResult result = statement.Execute();
        Assert.IsTrue(result.Read());
        return result.GetInt32(0);
    }
}
