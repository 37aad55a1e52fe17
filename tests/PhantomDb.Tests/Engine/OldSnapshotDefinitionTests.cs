using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>
/// A snapshot that is older than a definition statement sees after it what it saw before: by scan, index and key. What it cannot see is refused
/// (40001), never wrong. And the newest rows are those that come out where no snapshot is open.
/// </summary>
[TestClass]
public sealed class OldSnapshotDefinitionTests
{
    private const int Rows = 5000;

    private const string Before =
        "UPDATE t SET v = v + 10000 WHERE id % 10 = 0; UPDATE t SET v = v + 1, s = 'twice ' || id WHERE id % 20 = 0; UPDATE t SET id = -id WHERE id % 100 = 7; "
        + "DELETE FROM t WHERE id % 50 = 1; INSERT INTO t (id, v, s) SELECT i, i, 'new ' || i FROM generate_series(6001, 6100) i; DELETE FROM t WHERE id % 4 = 1 AND id > 6000";

    // Of columns that all alterations leave.
    private const string After =
        "UPDATE t SET id = id + 100000 WHERE id % 25 = 3; DELETE FROM t WHERE id % 50 = 2; INSERT INTO t (id) SELECT i FROM generate_series(7001, 7050) i";

    [TestMethod]
    [DataRow("ALTER TABLE t ADD COLUMN c int")]
    [DataRow("ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 7")]
    [DataRow("ALTER TABLE t ADD COLUMN c text DEFAULT 'a default that is stored outside'")]
    [DataRow("ALTER TABLE t ADD COLUMN c serial")]
    [DataRow("ALTER TABLE t ADD COLUMN c timestamp DEFAULT '2020-01-01'")]
    [DataRow("ALTER TABLE t DROP COLUMN x")]
    [DataRow("ALTER TABLE t RENAME COLUMN x TO y")]
    [DataRow("ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t")]
    [DataRow("ALTER TABLE t ALTER COLUMN v TYPE bigint")]
    [DataRow("ALTER TABLE t ALTER COLUMN v TYPE numeric(12,0)")]
    [DataRow("ALTER TABLE t ALTER COLUMN v TYPE text, ALTER COLUMN x TYPE text USING s || v")]
    [DataRow("ALTER TABLE t ALTER COLUMN id TYPE bigint")]
    [DataRow("ALTER TABLE t ALTER COLUMN s TYPE varchar(100)")]
    [DataRow("ALTER TABLE t ALTER COLUMN v SET NOT NULL")]
    [DataRow("ALTER TABLE t ADD CHECK (v >= 0)")]
    [DataRow("ALTER TABLE t ADD UNIQUE (s)")]
    [DataRow("ALTER TABLE t DROP CONSTRAINT t_pkey")]
    [DataRow("ALTER TABLE t ADD COLUMN c int DEFAULT 1, DROP COLUMN x, ALTER COLUMN v TYPE numeric")]
    [DataRow("ALTER TABLE t ADD COLUMN c int; ALTER TABLE t DROP COLUMN c; ALTER TABLE t ADD COLUMN c text DEFAULT 'x'")]
    [DataRow("ALTER TABLE t ALTER COLUMN v TYPE text; ALTER TABLE t ALTER COLUMN v TYPE bigint USING v::bigint")]
    [DataRow("CREATE INDEX ON t (s)")]
    [DataRow("CREATE UNIQUE INDEX ON t (v, id)")]
    [DataRow("CREATE INDEX ON t (x) WHERE v > 100; ALTER TABLE t ALTER COLUMN x TYPE bigint")]
    [DataRow("VACUUM t")]
    [DataRow("BEGIN; UPDATE t SET v = v + 1; ALTER TABLE t ADD COLUMN c int DEFAULT 3; SAVEPOINT p; UPDATE t SET c = 4, v = 0; ROLLBACK TO p; UPDATE t SET v = v + 2 WHERE id % 2 = 0; COMMIT")]
    [DataRow("BEGIN; DELETE FROM t WHERE id % 3 = 0; SAVEPOINT p; ALTER TABLE t ALTER COLUMN v TYPE bigint; UPDATE t SET v = 0; ROLLBACK TO p; ALTER TABLE t ALTER COLUMN v TYPE numeric; COMMIT")]
    [DataRow("BEGIN; ALTER TABLE t DROP COLUMN x; UPDATE t SET v = 1; ROLLBACK; ALTER TABLE t ADD COLUMN c int")]
    public void Rows_of_an_older_snapshot_stay(string definition)
    {
        using Database database = Database.CreateInMemory();
        using Session writer = database.OpenSession();
        Fill(writer);
        using Session old = database.OpenSession();
        using Session changer = database.OpenSession();
        using PreparedStatement point = old.Prepare("SELECT v::text, s::text FROM t WHERE id = $1");
        using PreparedStatement change = old.Prepare("UPDATE t SET s = 'mine' WHERE id = $1");
        Execute(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        string[] expected = All(old);
        using Session streaming = database.OpenSession();
        Execute(streaming, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        using QueryResult stream = streaming.Execute("SELECT id, v::text, s FROM t");
        Assert.IsTrue(stream.Read());
        Execute(writer, Before);
        CollectionAssert.AreEqual(expected, All(old));
        Execute(changer, definition);
        Look();
        Execute(writer, After);
        Look();
        using (Database fork = database.Fork())
        {
            using Session forked = fork.OpenSession();
            CollectionAssert.AreEqual(All(writer), All(forked));
        }
        Assert.AreEqual("40001", StateOf(() => Point(change, 10).Dispose()));
        Execute(old, "ROLLBACK");
        int streamed = 1;
        while (stream.Read())
        {
            streamed++;
        }
        Assert.AreEqual(Rows, streamed);

        using Database twin = Database.CreateInMemory();
        using Session alone = twin.OpenSession();
        Fill(alone);
        Execute(alone, Before);
        Execute(alone, definition);
        Execute(alone, After);
        bool isNumbered = definition.Contains("serial", StringComparison.Ordinal);
        CollectionAssert.AreEqual(Newest(alone, isNumbered), Newest(writer, isNumbered));

        void Look()
        {
            CollectionAssert.AreEqual(expected, All(old));
            Assert.AreEqual(Rows.ToString(CultureInfo.InvariantCulture), Lines(old, "SELECT count(*) FROM t").Single());
            Assert.AreEqual("20|text 20", Lines(old, "SELECT v::text, s FROM t WHERE id = 20").Single());
            Assert.AreEqual("20|text 20", Lines(old, "SELECT v::text, s FROM t WHERE v = 20::int::" + TypeOfV(old)).Single());
            foreach (int id in (int[])[7, 10, 20, 51, 52, 28, 100])
            {
                using QueryResult row = Point(point, id);
                Assert.IsTrue(row.Read(), $"row {id}");
                Assert.AreEqual($"{id}", row.GetString(0));
                Assert.AreEqual($"text {id}", row.GetString(1));
                Assert.IsFalse(row.Read());
            }
            using QueryResult none = Point(point, 6002);
            Assert.IsFalse(none.Read());
        }
    }

    private static string TypeOfV(Session session) => Lines(session, "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'v'").Single();

    [TestMethod]
    public void Own_rows_that_came_since_the_snapshot_are_in_the_altered_table()
    {
        using Database database = Database.CreateInMemory();
        using Session a = database.OpenSession();
        using Session b = database.OpenSession();
        Execute(a, "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1)");
        Execute(a, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Assert.HasCount(1, Lines(a, "SELECT * FROM t"));
        Execute(b, "INSERT INTO t VALUES (2, 2)");
        Execute(a, "ALTER TABLE t ALTER COLUMN v TYPE text, ADD COLUMN c serial");
        Assert.AreEqual("1|1|1", Lines(a, "SELECT * FROM t").Single());
        Execute(a, "COMMIT");
        CollectionAssert.AreEqual(new[] { "1|1|1", "2|2|2" }, Lines(a, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    [DataRow("TRUNCATE t")]
    [DataRow("DELETE FROM t WHERE id = 2; ALTER TABLE t ADD UNIQUE (v)")]
    [DataRow("DELETE FROM t WHERE id = 3; ALTER TABLE t ALTER COLUMN w SET NOT NULL")]
    [DataRow("DELETE FROM t WHERE id = 3; ALTER TABLE t ADD COLUMN c serial")]
    [DataRow("UPDATE t SET v = 7; ALTER TABLE t ALTER COLUMN v TYPE float USING random()")]
    [DataRow("TRUNCATE t; INSERT INTO t VALUES (1, 1, 1); ALTER TABLE t ADD COLUMN c int; ALTER TABLE t ALTER COLUMN v TYPE bigint")]
    [DataRow("BEGIN; TRUNCATE t; SAVEPOINT s; TRUNCATE t; ROLLBACK TO s; INSERT INTO t VALUES (1, 1, 1); COMMIT")]
    [DataRow("UPDATE t SET v = 7; ALTER TABLE t ALTER COLUMN v TYPE int USING 1 / (v - 1)")]
    public void What_an_older_snapshot_cannot_see_is_refused(string definition)
    {
        using Database database = Database.CreateInMemory();
        using Session old = database.OpenSession();
        using Session other = database.OpenSession();
        Execute(other, "CREATE TABLE t (id int PRIMARY KEY, v int, w int); INSERT INTO t VALUES (1, 1, 1), (2, 1, 1), (3, 3, NULL)");
        using PreparedStatement point = old.Prepare("SELECT * FROM t WHERE id = 1");
        using PreparedStatement sum = old.Prepare("SELECT count(*), sum(v::float), sum(w) FROM t");
        using PreparedStatement update = old.Prepare("UPDATE t SET w = v::float + w WHERE id < 5");
        Execute(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        ReadOne(sum);
        Execute(old, "SAVEPOINT s");
        update.Execute().Dispose();
        Execute(old, "ROLLBACK TO s");
        Assert.HasCount(3, Lines(old, "SELECT * FROM t"));
        ReadOne(point);
        Execute(other, definition);
        foreach (string query in (string[])["SELECT * FROM t", "SELECT * FROM t WHERE id = 1", "UPDATE t SET w = v + w", "SELECT * FROM t a JOIN t b USING (id)"])
        {
            Execute(old, "SAVEPOINT s");
            Assert.AreEqual("40001", StateOf(() => Lines(old, query)), query);
            Execute(old, "ROLLBACK TO s");
        }
        if (!definition.Contains("serial", StringComparison.Ordinal))   // of which these do not read the new column
        {
            Execute(old, "SAVEPOINT s");
            Assert.AreEqual("40001", StateOf(() => ReadOne(sum)));
            Execute(old, "ROLLBACK TO s");
            Assert.AreEqual("40001", StateOf(() => update.Execute().Dispose()));
            Execute(old, "ROLLBACK TO s");
        }
        Assert.Contains(StateOf(() => ReadOne(point)), (string[])["40001", "0A000"]);   // "cached plan must not change result type"
        Execute(old, "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ");
        Lines(old, "SELECT * FROM t");
        Lines(old, "SELECT * FROM t WHERE id = 1");
        Execute(old, "COMMIT");
    }

    [TestMethod]
    public void A_column_that_gets_one_value_for_all_rows_has_it_in_older_snapshots_too()
    {
        using Database database = Database.CreateInMemory();
        using Session old = database.OpenSession();
        using Session other = database.OpenSession();
        Execute(other, "CREATE TABLE t (id int PRIMARY KEY, v int, w text); CREATE INDEX ON t (v); INSERT INTO t SELECT i, i, 'w' FROM generate_series(1, 3000) i");
        Execute(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Assert.HasCount(3000, Lines(old, "SELECT * FROM t"));
        Execute(other, "UPDATE t SET v = -v, w = 'u'; ALTER TABLE t ALTER COLUMN v TYPE text USING 'one', ALTER COLUMN w TYPE int USING 2; UPDATE t SET v = 'later' WHERE id = 5");
        Assert.AreEqual("one|2|3000", Lines(old, "SELECT v, w, count(*) FROM t GROUP BY v, w").Single());
        Assert.AreEqual("3000", Lines(old, "SELECT count(*) FROM t WHERE v = 'one'").Single());
        Assert.AreEqual("5|later|2", Lines(other, "SELECT * FROM t WHERE v = 'later'").Single());
    }

    [TestMethod]
    public void A_unique_index_over_keys_that_were_never_twice_in_a_snapshot_is_used_by_it()
    {
        using Database database = Database.CreateInMemory();
        using Session old = database.OpenSession();
        using Session other = database.OpenSession();
        Execute(other, "CREATE TABLE t (id int, v int); INSERT INTO t SELECT i, i FROM generate_series(1, 100) i");
        Execute(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Assert.HasCount(100, Lines(old, "SELECT * FROM t"));
        Execute(other, "UPDATE t SET v = -v WHERE id = 5; DELETE FROM t WHERE id = 7; INSERT INTO t VALUES (7, 70); ALTER TABLE t ADD PRIMARY KEY (id)");
        Assert.AreEqual("7|7", Lines(old, "SELECT * FROM t WHERE id = 7").Single());
        Assert.AreEqual("5|5", Lines(old, "SELECT * FROM t WHERE id = 5").Single());
        Assert.AreEqual("7|70", Lines(other, "SELECT * FROM t WHERE id = 7").Single());
    }

    [TestMethod]
    public void A_serializable_transaction_does_not_commit_beside_an_alteration_of_what_it_has_read()
    {
        using Database database = Database.CreateInMemory();
        using Session old = database.OpenSession();
        using Session other = database.OpenSession();
        Execute(other, "CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE u (n int); INSERT INTO t SELECT i, i FROM generate_series(1, 100) i");
        Execute(old, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        Assert.AreEqual("5050", Lines(old, "SELECT sum(v) FROM t").Single());
        Execute(other, "ALTER TABLE t ADD COLUMN c int DEFAULT 1; UPDATE t SET v = 0 WHERE id = 100");
        Assert.AreEqual("5050", Lines(old, "SELECT sum(v) FROM t").Single());
        Execute(old, "INSERT INTO u VALUES (1)");
        Assert.AreEqual("40001", StateOf(() => Execute(old, "COMMIT")));
    }

    private static void Fill(Session session) => Execute(session,
        $"CREATE TABLE t (id int PRIMARY KEY, v int, s text, x int); CREATE INDEX t_v ON t (v); CREATE INDEX t_e ON t ((v::text || s)) WHERE id > 0; INSERT INTO t SELECT i, i, 'text ' || i, i FROM generate_series(1, {Rows}) i; ALTER TABLE t ALTER COLUMN v SET DEFAULT 1");

    private static QueryResult Point(PreparedStatement statement, int id)
    {
        statement.Bind(1, id);
        return statement.Execute();
    }

    private static void ReadOne(PreparedStatement statement)
    {
        using QueryResult result = statement.Execute();
        Assert.IsTrue(result.Read());
    }

    private static string[] All(Session session) => Lines(session, "SELECT id, v::text, s FROM t ORDER BY id");

    // Numbers of a sequence come in the order in which the rows lie, which may be another beside a reader.
    private static string[] Newest(Session session, bool isNumbered) =>
        Lines(session, isNumbered ? "SELECT id, v, s, x, (SELECT count(DISTINCT c) FROM t) FROM t ORDER BY id" : "SELECT * FROM t ORDER BY id");

    private static string StateOf(Action action)
    {
        try
        {
            action();
            return "none";
        }
        catch (PhantomDbException failure)
        {
            return failure.SqlState;
        }
    }

    private static void Execute(Session session, string sql)
    {
        foreach (string statement in sql.Split("; "))
        {
            session.Execute(statement).Dispose();
        }
    }

    private static string[] Lines(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        List<string> lines = [];
        while (result.Read())
        {
            lines.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "null" : result.GetText(i))));
        }
        return [.. lines];
    }
}
