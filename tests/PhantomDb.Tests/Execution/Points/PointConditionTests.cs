using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;

namespace PhantomDb.Tests.Execution.Points;

/// <summary>
/// Single-row statements that ask more of a row than its key or give something back: the same answers, tags and errors as the
/// general way, which a SERIALIZABLE session takes; and the second look at a row after waiting for it.
/// </summary>
[TestClass]
public sealed class PointConditionTests
{
    [TestMethod]
    [DataRow("SELECT v, w FROM t WHERE id = $1 AND v > 0")]
    [DataRow("SELECT * FROM t WHERE id = $1 AND v > 0 AND w LIKE 'row%'")]
    [DataRow("SELECT id FROM t WHERE id = $1 AND (v < 0 OR v IS NULL)")]
    [DataRow("SELECT upper(w), v * 2, coalesce(v, -1), CASE WHEN v > 3 THEN 'big' ELSE w END FROM t WHERE id = $1")]
    [DataRow("SELECT v FROM t WHERE id = $1 AND v IN (1, 2, 3, NULL)")]
    [DataRow("SELECT v FROM t WHERE id = $1 AND 10 / v > 1")]
    [DataRow("SELECT 10 / v FROM t WHERE id = $1")]
    [DataRow("SELECT v FROM t WHERE id = $1 AND id = 3")]
    [DataRow("SELECT v FROM t WHERE id = $1 AND NULL")]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = $1 AND v > 0")]
    [DataRow("UPDATE t SET w = 'a' || $1 || w || repeat('x', v) WHERE id = $1")]
    [DataRow("UPDATE t SET w = substring(w from 2), v = length(w) WHERE id = $1 AND w <> ''")]
    [DataRow("UPDATE t SET v = v + 1, amount = amount * 1.5 WHERE id = $1 AND v = 3")]
    [DataRow("UPDATE t SET v = 10 / v WHERE id = $1")]
    [DataRow("UPDATE t SET v = 2147483647 + v WHERE id = $1")]
    [DataRow("UPDATE t SET v = $1, w = NULL WHERE id = $1 AND v IS NOT NULL")]
    [DataRow("UPDATE t SET id = id + 1 WHERE id = $1 AND v > 1")]
    [DataRow("DELETE FROM t WHERE id = $1 AND v > 2")]
    [DataRow("DELETE FROM t WHERE id = $1 AND 10 / v > 2")]
    public void Further_conditions_and_expressions_give_what_the_general_way_gives(string sql) => Compare(sql);

    [TestMethod]
    [DataRow("SELECT v, w FROM t WHERE id = $1 FOR UPDATE")]
    [DataRow("SELECT * FROM t WHERE id = $1 AND v > 0 FOR NO KEY UPDATE")]
    [DataRow("SELECT id, id, $1 AS given, upper(w), 'constant' FROM t WHERE id = $1 AND w <> '' FOR SHARE")]
    [DataRow("SELECT s.note FROM t AS s WHERE s.id = $1 FOR KEY SHARE OF s NOWAIT")]
    [DataRow("SELECT 1 FROM t WHERE id = $1 FOR UPDATE SKIP LOCKED")]
    [DataRow("SELECT 10 / v FROM t WHERE id = $1 FOR UPDATE")]
    [DataRow("SELECT v FROM t WHERE id = $1 AND 10 / v > 1 FOR UPDATE")]
    public void Locking_reads_give_what_the_general_way_gives(string sql) => Compare(sql);

    [TestMethod]
    [DataRow("SELECT * FROM t WHERE id IN ($1, $1 + 1, 6, 3, $1)")]
    [DataRow("SELECT id, w || '!', $1 FROM t WHERE id IN (6, $1, NULL) AND v > 2")]
    [DataRow("SELECT id FROM t WHERE id = ANY (ARRAY[5, $1, 0])")]
    [DataRow("SELECT id FROM t WHERE id IN ($1, ($1 - 1000) * 2147484)")]
    [DataRow("SELECT id, note FROM t WHERE id = $1 OR id = 4 OR 5 = id")]
    [DataRow("SELECT id FROM t WHERE id IN (0.5 + $1, $1, 1.0, 12345678901)")]
    [DataRow("SELECT id FROM t WHERE id = $1 AND id IN (1, 2, 3)")]
    [DataRow("SELECT id, 10 / v FROM t WHERE id IN ($1, 3)")]
    [DataRow("SELECT p, q, n FROM pairs WHERE p = $1 AND q IN ('b', 'a', 'c', 'a', 'missing') ORDER BY q", false)]
    [DataRow("SELECT p, q, n FROM pairs WHERE q = 'a' AND p IN ($1, 8, $1 + 8)")]
    [DataRow("SELECT n FROM pairs WHERE q IN ('b', 'a long name that is in a block') AND p = $1")]
    [DataRow("SELECT n FROM pairs WHERE q IN ('a', 'b') AND p IN (1, $1)", false)]
    [DataRow("SELECT id FROM t WHERE id NOT IN ($1, 2)", false)]
    public void Lists_of_keys_give_what_the_general_way_gives(string sql, bool isPoint = true) => Compare(sql, isPoint,
        "CREATE TABLE pairs (p int, q text, n int, PRIMARY KEY (p, q))",
        "INSERT INTO pairs SELECT i / 3, (ARRAY['a', 'b', 'a long name that is in a block'])[i % 3 + 1], i FROM generate_series(0, 30) i");

    [TestMethod]
    [DataRow("SELECT v FROM t WHERE id = $1 + 1")]
    [DataRow("SELECT v FROM t WHERE id = ($1 - 1000) * 2147484")]
    [DataRow("SELECT id FROM t WHERE id BETWEEN $1 - 1 AND $1 + 1")]
    [DataRow("SELECT id FROM t WHERE id > 10 / $1 AND id <= abs(-$1)")]
    [DataRow("SELECT id FROM t WHERE id >= length(repeat('x', $1)) ORDER BY id DESC LIMIT $1 - 1")]
    [DataRow("SELECT id FROM t WHERE id < $1 * 1.5 ORDER BY id")]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = $1 - 1 RETURNING id")]
    [DataRow("DELETE FROM t WHERE id = 10 / $1 AND v > 0")]
    [DataRow("SELECT v FROM t WHERE id = $1 + (random() * 0)::int", false)]
    [DataRow("SELECT * FROM num WHERE k = $1::int")]
    [DataRow("SELECT * FROM num WHERE k IN (0.5, 1, $1::int + 2, 10.25 + 0.25)")]
    [DataRow("SELECT * FROM num WHERE k > $1::smallint AND k <= 7.25 ORDER BY k")]
    [DataRow("UPDATE num SET n = n + 1 WHERE k = $1::bigint RETURNING n")]
    [DataRow("SELECT made, n FROM log WHERE made > now() - interval '1 day' * $1 + interval '1 hour' ORDER BY made")]
    [DataRow("SELECT made, n FROM log WHERE made BETWEEN date_trunc('day', now()) - $1 * interval '1 day' AND now() ORDER BY made DESC")]
    public void Computed_keys_and_bounds_give_what_the_general_way_gives(string sql, bool isPoint = true) => Compare(sql, isPoint,
        "CREATE TABLE log (made timestamptz PRIMARY KEY, n int)",
        "INSERT INTO log SELECT date_trunc('day', now()) - i * interval '12 hours', i FROM generate_series(-3, 30) i",
        "CREATE TABLE num (k numeric PRIMARY KEY, n int)",
        "INSERT INTO num SELECT i / 2.0, i FROM generate_series(0, 20) i");

    [TestMethod]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = $1 RETURNING v")]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = $1 AND v > 0 RETURNING *")]
    [DataRow("UPDATE t SET w = w || repeat('long', 5), amount = $1 WHERE id = $1 RETURNING w, note || w AS both, amount * 2, 'done' AS constant")]
    [DataRow("UPDATE t SET v = v - 1 WHERE id = $1 RETURNING 10 / v")]
    [DataRow("UPDATE t SET v = NULL WHERE id = $1 RETURNING 1")]
    [DataRow("UPDATE t SET id = id + 10, v = id WHERE id = $1 AND v > 2 RETURNING id, v")]
    [DataRow("DELETE FROM t WHERE id = $1 RETURNING *")]
    [DataRow("DELETE FROM t WHERE id = $1 AND v > 2 RETURNING w || '!', v + $1")]
    [DataRow("DELETE FROM t WHERE id = $1 RETURNING 10 / v")]
    public void Returning_gives_what_the_general_way_gives(string sql) => Compare(sql);

    [TestMethod]
    [DataRow("UPDATE t SET v = v - 2 WHERE id = $1")]
    [DataRow("UPDATE t SET v = v - 2, amount = v WHERE id = $1 RETURNING v, amount")]
    [DataRow("UPDATE t SET w = repeat('x', $1 * 20) WHERE id = $1")]
    [DataRow("UPDATE t SET w = NULL, amount = NULL WHERE id = $1 AND v > 0")]
    public void Checks_fail_as_on_the_general_way(string sql) =>
        Compare(sql, "ALTER TABLE t ADD CHECK (v >= -5)", "ALTER TABLE t ADD CONSTRAINT short CHECK (length(w) < abs(v) * 3 + 30)", "ALTER TABLE t ADD CHECK (amount >= 0 OR note IS NULL)");

    [TestMethod]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = $1")]
    [DataRow("UPDATE t SET w = 'x' WHERE id = $1 RETURNING *")]
    [DataRow("UPDATE child SET note = 'y' WHERE id = $1 RETURNING *")]
    [DataRow("DELETE FROM child WHERE id = $1 RETURNING *")]
    [DataRow("UPDATE t SET id = id + 10 WHERE id = $1", false)]
    [DataRow("UPDATE child SET parent = parent + 1 WHERE id = $1")]
    [DataRow("UPDATE child SET parent = $1 - 1 WHERE id = $1 - 3 RETURNING parent, note")]
    [DataRow("DELETE FROM t WHERE id = $1", false)]
    public void Foreign_keys_are_looked_at_where_they_must_be(string sql, bool isPoint = true) => Compare(sql, isPoint,
        "CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES t ON UPDATE CASCADE, note text)",
        "INSERT INTO child VALUES (0, 0, 'a'), (1, 2, 'b'), (2, 2, 'c'), (3, NULL, 'd'), (4, 6, 'e')");

    [TestMethod]
    [DataRow("UPDATE t SET w = 'changed' WHERE id = 2 AND v = 2", 0)]
    [DataRow("UPDATE t SET w = 'changed' WHERE id = 2 AND v > 1", 1)]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = 2 RETURNING v", 1, "51")]
    [DataRow("DELETE FROM t WHERE id = 2 RETURNING v", 1, "50")]
    [DataRow("DELETE FROM t WHERE id = 2 AND v = 2 RETURNING v", 0)]
    [DataRow("DELETE FROM t WHERE id = 2 AND v = 2", 0)]
    [DataRow("DELETE FROM t WHERE id = 2 AND v BETWEEN 2 AND 50", 1)]
    public async Task A_row_that_was_waited_for_is_looked_at_again(string sql, long expected, string returned = "")
    {
        foreach (string level in new[] { "READ COMMITTED", "REPEATABLE READ" })
        {
            using Database database = NewDatabase();
            using Session first = database.OpenSession();
            using Session second = database.OpenSession();
            Run(first, "BEGIN");
            Run(first, "UPDATE t SET v = 50 WHERE id = 2");
            Run(second, $"BEGIN ISOLATION LEVEL {level}");
            Run(second, "SELECT 1 FROM t");
            Task<string> waiting = SessionSteps.Blocked(second, () => Outcome(() => second.Execute(sql)), sql);
            Run(first, "COMMIT");
            string outcome = await waiting;
            if (level == "READ COMMITTED")
            {
                Assert.AreEqual($"{sql[..6]} {expected}, {expected} rows affected: {returned}", outcome, sql);
            }
            else
            {
                Assert.StartsWith("40001", outcome, sql);
            }
            Run(second, "ROLLBACK");
        }
    }

    [TestMethod]
    public void A_condition_that_no_longer_holds_lets_one_of_two_optimistic_writers_through()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        using PreparedStatement update = session.Prepare("UPDATE t SET v = v + 1, w = $3 WHERE id = $1 AND v = $2");
        Assert.AreEqual(1, Update(3, "mine"));
        Assert.AreEqual(0, Update(3, "too late"));
        Assert.AreEqual(1, Update(4, "again"));

        long Update(long version, string text)
        {
            update.Bind(1, 3);
            update.Bind(2, version);
            update.Bind(3, text);
            return update.Execute().RowsAffected;
        }
    }

    // Both as prepared statements and as texts, in a transaction of their own each; the rows are compared afterwards.
    private static void Compare(string sql, params string[] definitions) => Compare(sql, true, definitions);

    private static void Compare(string sql, bool isPoint, params string[] definitions)
    {
        using Database pointDatabase = NewDatabase();
        using Database generalDatabase = NewDatabase();
        using Session point = pointDatabase.OpenSession();
        using Session general = generalDatabase.OpenSession();
        foreach (string definition in definitions)
        {
            Run(point, definition);
            Run(general, definition);
        }
        string all = definitions.Length > 0 && definitions[0].StartsWith("CREATE TABLE child", StringComparison.Ordinal)
            ? "SELECT * FROM t FULL JOIN child ON parent = t.id ORDER BY t.id, child.id"
            : "SELECT * FROM t ORDER BY id";
        Run(general, "SET default_transaction_isolation = 'serializable'");
        using PreparedStatement pointStatement = point.Prepare(sql);
        using PreparedStatement generalStatement = general.Prepare(sql);
        for (int key = 0; key <= 8; key++)
        {
            int id = key;
            string text = sql.Replace("$1", $"{key}", StringComparison.Ordinal);
            Same(Outcome(() => Bound(pointStatement, id)), Outcome(() => Bound(generalStatement, id)), key);
            Same(Outcome(() => point.Execute(text)), Outcome(() => general.Execute(text)), key);
            Same(Outcome(() => Bound(pointStatement, id)), Outcome(() => Bound(generalStatement, id)), key);
        }
        pointStatement.BindNull(1);
        generalStatement.BindNull(1);
        Same(Outcome(pointStatement.Execute), Outcome(generalStatement.Execute), -1);
        using (QueryResult once = Bound(pointStatement, 1000))
        {
            once.Dispose();
            Assert.AreEqual(isPoint, ReferenceEquals(once, Bound(pointStatement, 1000)), "the single-row way gives the same result object each time");
        }

        void Same(string found, string expected, int key)
        {
            Assert.AreEqual(expected, found, $"{sql} with {key}");
            Assert.AreEqual(Outcome(() => general.Execute(all)), Outcome(() => point.Execute(all)), $"{sql} with {key}");
        }
    }

    private static QueryResult Bound(PreparedStatement statement, int value)
    {
        statement.Bind(1, value);
        return statement.Execute();
    }

    private static string Outcome(Func<QueryResult> execute)
    {
        try
        {
            using QueryResult result = execute();
            List<string> lines = [];
            while (result.Read())
            {
                lines.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "NULL" : result.GetText(i))));
            }
            return $"{result.CommandTag}, {result.RowsAffected} rows affected: {string.Join('\n', lines)}";
        }
        catch (PhantomDbException failure)
        {
            return $"{failure.SqlState} {failure.Message} {failure.Detail} {failure.ConstraintName}";
        }
    }

    private static Database NewDatabase()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, v int, w text, amount numeric(10, 2), note text DEFAULT 'a note of some length')");
        Run(session, """
            INSERT INTO t VALUES (0, 0, 'row number zero', 0), (1, 1, '', 1.25), (2, 2, 'row two', NULL), (3, 3, 'row number three', 3),
                (4, NULL, NULL, 4), (5, -5, 'x', 5), (6, 6, 'row six is long enough to be in a block', 6)
            """);
        return database;
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();
}
