using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>Chosen tables are put back to what they were, inside the present database.</summary>
[TestClass]
public sealed class TableRestoreTests
{
    private readonly SimulatedDisk _disk = new();
    private long _point;

    private DatabaseOptions Options => new() { DataDirectory = "/data", FileSystem = _disk, MemoryLimit = 1 << 28 };

    private void Write(string before, string after)
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        foreach (string sql in before.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            session.Execute(sql).Dispose();
        }
        _point = database.Persistence!.Log.LastLsn;
        foreach (string sql in after.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            session.Execute(sql).Dispose();
        }
    }

    private RestoreResult Restore(params string[] tables) => DatabaseRestore.Run("shop", new RestorePoint { Lsn = _point }, tables, Options);

    private string Read(string sql)
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute(sql);
        List<string> found = [];
        while (rows.Read())
        {
            found.Add(string.Join('|', Enumerable.Range(0, rows.Columns.Count).Select(i => rows.IsNull(i) ? "NULL" : rows.GetText(i))));
        }
        return string.Join(' ', found);
    }

    [TestMethod]
    public void A_table_gets_its_rows_back_and_the_others_keep_theirs()
    {
        Write("""
            CREATE TABLE item (id int PRIMARY KEY, name text, price numeric, at timestamptz, data bytea);
            CREATE TABLE other (id int PRIMARY KEY);
            INSERT INTO item VALUES (1, 'a "b", c', 1.50, '2026-11-21 12:00:00+00', '\x00ff'), (2, '', 2, NULL, NULL), (3, NULL, 'NaN', NULL, NULL), (4, 'same', 4, NULL, NULL)
            """, """
            UPDATE item SET name = 'x', price = 1.5 WHERE id = 1;
            DELETE FROM item WHERE id IN (2, 3);
            INSERT INTO item VALUES (9, 'new', 0, NULL, NULL);
            INSERT INTO other VALUES (1)
            """);

        RestoreResult result = Restore("item");

        Assert.AreEqual(new RestoredTable("item", 1, 1, 2), result.Tables.Single());
        Assert.AreEqual(1, result.Timeline);
        Assert.AreEqual("1|a \"b\", c|1.50|\\x00ff 2||2|NULL 3|NULL|NaN|NULL 4|same|4|NULL", Read("SELECT id, name, price, data FROM item ORDER BY id"));
        Assert.AreEqual("1", Read("SELECT id FROM other"));
        Assert.AreEqual("0", Read("SELECT count(*) FROM pg_class WHERE relname LIKE 'phantomdb_restore%'"));
        StringAssert.Contains(result.ToString(), "item: 1 row removed, 1 changed, 2 added");
        Assert.AreEqual(new RestoredTable("item", 0, 0, 0), Restore("item").Tables.Single());
    }

    [TestMethod]
    public void Tables_that_refer_to_each_other_come_back_together_and_not_against_others()
    {
        Write("""
            CREATE TABLE users (id int PRIMARY KEY);
            CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE);
            INSERT INTO users VALUES (1), (2);
            INSERT INTO orders VALUES (10, 1), (20, 2)
            """, """
            DELETE FROM users WHERE id = 2;
            INSERT INTO users VALUES (3);
            INSERT INTO orders VALUES (30, 3)
            """);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Restore("users"));
        Assert.AreEqual(SqlStates.ForeignKeyViolation, error.SqlState);
        StringAssert.Contains(error.Message, "rows of table \"orders\" refer to rows that it did not have");
        Assert.AreEqual("1 3", Read("SELECT id FROM users ORDER BY id"));
        error = Assert.ThrowsExactly<PhantomDbException>(() => Restore("orders"));
        Assert.AreEqual((SqlStates.ForeignKeyViolation, "orders", "orders_user_id_fkey"), (error.SqlState, error.TableName, error.ConstraintName));
        Assert.AreEqual("table orders cannot be put back alone: rows that it had refer to rows of table users that are not there any more (constraint \"orders_user_id_fkey\")", error.Message);
        Assert.AreEqual("Put that back too: --tables orders,users", error.Hint);
        Assert.AreEqual("10 30", Read("SELECT id FROM orders ORDER BY id"));

        Restore("orders", "users");
        Assert.AreEqual("10|1 20|2", Read("SELECT * FROM orders ORDER BY id"));
        Assert.AreEqual("1 2", Read("SELECT id FROM users ORDER BY id"));
    }

    [TestMethod]
    public void A_table_that_was_dropped_is_made_again_with_all_that_it_had()
    {
        Write("""
            CREATE TABLE u (id int PRIMARY KEY);
            CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int CHECK (n > 0), name text DEFAULT 'x', u int REFERENCES u);
            CREATE INDEX t_lower ON t (lower(name));
            INSERT INTO u VALUES (1);
            INSERT INTO t (n, u) VALUES (1, 1), (2, NULL)
            """, "DROP TABLE t");

        RestoreResult result = Restore("t");

        Assert.AreEqual(new RestoredTable("t", 0, 0, 2), result.Tables.Single());
        Assert.AreEqual("1|1|x|1 2|2|x|NULL", Read("SELECT * FROM t ORDER BY id"));
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        Assert.AreEqual(SqlStates.CheckViolation, Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("INSERT INTO t (n) VALUES (0)")).SqlState);
        Assert.AreEqual(SqlStates.ForeignKeyViolation, Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("INSERT INTO t (n, u) VALUES (1, 7)")).SqlState);
        session.Execute("INSERT INTO t (n) VALUES (5)").Dispose();   // its identity goes on behind what it had given
    }

    [TestMethod]
    [DataRow("DROP TABLE orders; DROP TABLE users", SqlStates.UndefinedTable, "it refers to table users, which is not there any more")]
    [DataRow("DROP TABLE orders; DELETE FROM users", SqlStates.ForeignKeyViolation, "rows that it had refer to rows of table users that are not there any more")]
    public void A_table_whose_partner_is_gone_is_made_again_together_with_that(string after, string state, string reason)
    {
        Write("CREATE TABLE users (id int PRIMARY KEY);CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);INSERT INTO users VALUES (1);INSERT INTO orders VALUES (10, 1)", after);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Restore("orders"));

        Assert.AreEqual(state, error.SqlState);
        Assert.AreEqual($"table orders cannot be put back alone: {reason} (constraint \"orders_user_id_fkey\")", error.Message);
        Assert.AreEqual("Put that back too: --tables orders,users", error.Hint);
        Restore("orders", "users");
        Assert.AreEqual("10|1", Read("SELECT * FROM orders"));
    }

    [TestMethod]
    [DataRow(3)]
    [DataRow(60_000)]
    public void What_is_put_beside_a_table_meanwhile_is_neither_in_the_log_nor_in_a_file(int count)
    {
        Write($"CREATE TABLE item (id int PRIMARY KEY, name text);INSERT INTO item SELECT i, 'row ' || i FROM generate_series(1, {count}) i", "DELETE FROM item WHERE id <= 2");
        int files = _disk.List("/data").Count(file => file.Contains("_load_", StringComparison.Ordinal));

        Restore("item");

        Assert.AreEqual("0", Read("SELECT count(*) FROM phantomdb_log WHERE table_name LIKE '%phantomdb_restore%'"));
        Assert.AreEqual("2", Read("SELECT count(*) FROM phantomdb_log WHERE operation = 'INSERT' AND lsn > (SELECT max(lsn) FROM phantomdb_log WHERE operation = 'DELETE')"));
        Assert.AreEqual(files, _disk.List("/data").Count(file => file.Contains("_load_", StringComparison.Ordinal)));
        Assert.AreEqual($"{count}", Read("SELECT count(*) FROM item"));
    }

    [TestMethod]
    public void A_table_without_a_key_is_filled_anew_and_other_columns_are_refused()
    {
        Write("CREATE TABLE plain (n int, t text);CREATE TABLE changed (n int);INSERT INTO plain VALUES (1, 'a'), (1, 'a'), (2, NULL)",
            "DELETE FROM plain WHERE n = 1;ALTER TABLE changed ADD COLUMN m int");

        Restore("plain");

        Assert.AreEqual("1|a 1|a 2|NULL", Read("SELECT * FROM plain"));
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Restore("changed"));
        Assert.AreEqual(SqlStates.FeatureNotSupported, error.SqlState);
        StringAssert.Contains(error.Message, "\"m\" is in one of them only");
        Assert.AreEqual(SqlStates.UndefinedTable, Assert.ThrowsExactly<PhantomDbException>(() => Restore("nothing")).SqlState);
    }
}
