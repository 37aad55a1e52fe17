namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class TableHistoryTests : DurableTest
{
    [TestMethod]
    public void Versions_of_rows_come_from_their_images()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, name text, at date)", "INSERT INTO t VALUES (1, 'a', '2026-01-01'), (2, NULL, NULL)", "UPDATE t SET name = 'b' WHERE id = 1",
            "DELETE FROM t WHERE id = 1", "TRUNCATE t");
        CollectionAssert.AreEqual(new[]
        {
            "1|a|2026-01-01|INSERT|after", "2|||INSERT|after", "1|a|2026-01-01|UPDATE|before", "1|b|2026-01-01|UPDATE|after", "1|b|2026-01-01|DELETE|before", "|||TRUNCATE|",
        }, Rows("SELECT id, name, at, log_operation, log_image FROM phantomdb_history('t')"));
        CollectionAssert.AreEqual(new[] { "a", "b" }, Rows("SELECT h.name FROM phantomdb_history('public.t') h WHERE id = 1 AND log_image = 'after' AND log_time <= now() ORDER BY log_lsn"));
        Assert.AreEqual("id|name|at|log_lsn|log_time|log_transaction|log_operation|log_image", string.Join('|', Session.Prepare("SELECT * FROM phantomdb_history('t'::regclass)").Columns.Select(c => c.Name)));
        CollectionAssert.AreEqual(new[] { "UPDATE|before", "UPDATE|after" }, Rows($"SELECT log_operation, log_image FROM phantomdb_history('t') WHERE log_lsn = {One("SELECT lsn FROM phantomdb_log WHERE operation = 'UPDATE'")}"));
    }

    [TestMethod]
    public void A_table_and_its_columns_are_followed_across_other_names()
    {
        Run("CREATE TABLE people (id int PRIMARY KEY, name text, old int)", "INSERT INTO people VALUES (1, 'a', 9)", "ALTER TABLE people RENAME COLUMN name TO label",
            "UPDATE people SET label = 'b'", "ALTER TABLE people DROP COLUMN old", "ALTER TABLE people ADD COLUMN extra int DEFAULT 5", "UPDATE people SET extra = 6",
            "ALTER TABLE people RENAME TO users", "ALTER TABLE users ALTER COLUMN extra TYPE text USING 'x' || extra", "INSERT INTO users VALUES (2, 'c', 'z')",
            "CREATE TABLE people (id int, label text)", "INSERT INTO people VALUES (100, 'another')", "CREATE SCHEMA s", "ALTER TABLE users SET SCHEMA s", "DELETE FROM s.users WHERE id = 2");
        string[] rows = Rows("SELECT id, label, extra, log_operation, log_image FROM phantomdb_history('s.users')");
        CollectionAssert.AreEqual(new[] { "1|a||INSERT|after", "1|a||UPDATE|before", "1|b||UPDATE|after", "1|b|5|UPDATE|before", "1|b|6|UPDATE|after",
            "|||TRUNCATE|", "1|b|x6|INSERT|after", "2|c|z|INSERT|after", "2|c|z|DELETE|before" }, rows);
        CollectionAssert.AreEqual(new[] { "100|another" }, Rows("SELECT id, label FROM phantomdb_history('people')"));
        Run("DROP TABLE people", "CREATE TABLE people (id int)", "INSERT INTO people VALUES (7)");
        CollectionAssert.AreEqual(new[] { "7" }, Rows("SELECT id FROM phantomdb_history('people')"), "what was dropped was another table");
        Close();
        Assert.AreEqual("2|c|z", Rows("SELECT id, label, extra FROM phantomdb_history('s.users')")[^1]);
    }

    [TestMethod]
    public void Rows_of_a_bulk_load_come_from_its_side_file()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, name text, note text)", "INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN NULL WHEN i % 3 = 1 THEN '' ELSE 'a, \"' || i END, 'x' FROM generate_series(1, 60000) i",
            "ALTER TABLE t RENAME COLUMN name TO label", "ALTER TABLE t DROP COLUMN note", "UPDATE t SET label = 'new' WHERE id = 2");
        Assert.AreEqual("1", One("SELECT count(*) FROM phantomdb_log WHERE operation = 'LOAD'"), "there is a side file");
        Assert.AreEqual("60000|60000|20000|20000", One("""
            SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE label = ''), count(*) FILTER (WHERE label IS NULL) FROM phantomdb_history('t') WHERE log_operation = 'LOAD'
            """));
        CollectionAssert.AreEqual(new[] { "a, \"2|LOAD|after", "a, \"2|UPDATE|before", "new|UPDATE|after" },
            Rows("SELECT label, log_operation, log_image FROM phantomdb_history('t') WHERE id = 2"));
    }

    [TestMethod]
    public void What_it_cannot_tell_is_an_error()
    {
        Run("CREATE TABLE t (a text)", "INSERT INTO t VALUES ('x')", "DELETE FROM t", "ALTER TABLE t ALTER COLUMN a TYPE int USING a::int", "INSERT INTO t VALUES (1)", "CREATE VIEW v AS SELECT 1 AS a");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Rows("SELECT * FROM phantomdb_history('t')"));
        Assert.AreEqual("22P02", error.SqlState);
        StringAssert.Contains(error.Hint, "phantomdb_log");
        Assert.AreEqual("1", One("SELECT a FROM phantomdb_history('t') WHERE log_lsn > 4 AND log_image = 'after'"));
        Assert.AreEqual("42P01", StateOf(() => Rows("SELECT * FROM phantomdb_history('nothing')")));
        Assert.AreEqual("42809", StateOf(() => Rows("SELECT * FROM phantomdb_history('v')")));
        Assert.AreEqual("0A000", StateOf(() => Rows("SELECT * FROM phantomdb_history('t' || '')")));
        Run("CREATE TABLE u (log_lsn int)");
        Assert.AreEqual("42701", StateOf(() => Rows("SELECT * FROM phantomdb_history('u')")));
    }
}
