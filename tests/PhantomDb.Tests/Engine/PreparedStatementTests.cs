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
}
