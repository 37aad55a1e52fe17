using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Execution.Points;

/// <summary>
/// Single rows whose change concerns foreign keys, partial indexes or indexes over expressions: the same answers, errors and rows as the
/// general way, which a SERIALIZABLE session takes.
/// </summary>
[TestClass]
public sealed class PointReferenceTests
{
    private static readonly string[] Tables =
    [
        "CREATE TABLE p (id int PRIMARY KEY, a int, b text, note text, UNIQUE (a, b))",
        "CREATE TABLE c (id int PRIMARY KEY, p bigint REFERENCES p {0}, x int)",
        "CREATE TABLE d (id int PRIMARY KEY, a int, b varchar(40), FOREIGN KEY (a, b) REFERENCES p (a, b) {0})",
        "CREATE TABLE s (id int PRIMARY KEY, boss int REFERENCES s {0})",
        "CREATE INDEX ON c (p, x)",
        "CREATE INDEX ON d (b, a)",
        "CREATE INDEX ON s (boss)",
        "INSERT INTO p SELECT i, i / 2, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'an odd one that is in a block' END, 'note' FROM generate_series(0, 11) i",
        "INSERT INTO p VALUES (12, NULL, 'x'), (13, 5, NULL)",
        "INSERT INTO c VALUES (0, 0, 1), (1, 0, 2), (2, 2, 3), (3, NULL, 4), (4, 9, 5), (5, 100 - 92, 6)",
        "INSERT INTO d VALUES (0, 1, 'even'), (1, 3, 'an odd one that is in a block'), (2, NULL, 'even'), (3, 77, NULL)",
        "INSERT INTO s VALUES (0, 0), (1, 0), (2, 1), (3, NULL), (4, 4)",
    ];

    [TestMethod]
    [DataRow("")]
    [DataRow("ON DELETE RESTRICT ON UPDATE RESTRICT")]
    [DataRow("ON DELETE CASCADE ON UPDATE CASCADE")]
    [DataRow("ON DELETE SET NULL ON UPDATE CASCADE")]
    [DataRow("DEFERRABLE INITIALLY DEFERRED")]
    [DataRow("ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE")]
    public void Parents_and_children_are_looked_for_as_on_the_general_way(string action)
    {
        string[] statements =
        [
            "DELETE FROM p WHERE id = {0}",
            "DELETE FROM p WHERE id = {0} RETURNING a, b",
            "UPDATE p SET id = id + 20 WHERE id = {0}",
            "UPDATE p SET id = id, note = 'same key' WHERE id = {0} RETURNING *",
            "UPDATE p SET b = b || '!' WHERE id = {0}",
            "UPDATE p SET a = NULL WHERE id = {0} RETURNING a",
            "UPDATE c SET p = p + 1 WHERE id = {0}",
            "UPDATE c SET p = {0} * 3, x = 0 WHERE id = {0} RETURNING p",
            "UPDATE d SET a = {0}, b = 'even' WHERE id = {0}",
            "UPDATE d SET a = a WHERE id = {0} RETURNING b",
            "DELETE FROM c WHERE id = {0}",
            "DELETE FROM s WHERE id = {0}",
            "UPDATE s SET boss = id WHERE id = {0}",
            "UPDATE s SET id = id + 10, boss = id + 10 WHERE id = {0}",
            "UPDATE s SET id = id + 10 WHERE id = {0} AND boss = id",
            "INSERT INTO c VALUES ({0} + 30, {0}, {0})",
        ];
        Compare([.. Tables.Select(table => string.Format(System.Globalization.CultureInfo.InvariantCulture, table, action))], statements,
            "SELECT * FROM p ORDER BY id, a, b", "SELECT * FROM c ORDER BY id", "SELECT * FROM d ORDER BY id", "SELECT * FROM s ORDER BY id");
    }

    [TestMethod]
    public void Index_expressions_and_predicates_follow_their_rows() => Compare(
        [
            "CREATE TABLE t (id serial PRIMARY KEY, name text DEFAULT 'new one', n int, amount numeric(8, 2) DEFAULT 1)",
            "CREATE UNIQUE INDEX by_name ON t (lower(name)) WHERE n >= 0",
            "CREATE INDEX by_sum ON t ((n + length(name)))",
            "CREATE INDEX by_amount ON t (amount) WHERE name IS NOT NULL",
            "INSERT INTO t (name, n) SELECT 'Name ' || i, i - 3 FROM generate_series(1, 20) i",
        ],
        [
            "UPDATE t SET n = n + 1 WHERE id = {0}",
            "UPDATE t SET name = 'A Name Beyond Twelve bytes ' || {0} / 2 WHERE id = {0} RETURNING name, n",
            "UPDATE t SET n = 10 / (n - 2), amount = amount + 1 WHERE id = {0}",
            "UPDATE t SET name = NULL WHERE id = {0} AND n > 1",
            "UPDATE t SET n = 2147483640 + {0} WHERE id = {0}",
            "INSERT INTO t (name, n) VALUES ('name ' || {0} * 3, {0})",
            "INSERT INTO t (name, n) VALUES ('NAME ' || {0}, {0} - 4) ON CONFLICT (lower(name)) WHERE n >= 0 DO NOTHING",
            "INSERT INTO t (name, n) VALUES ('NAME ' || {0}, {0} - 4) ON CONFLICT (lower(name)) WHERE n >= 0 DO UPDATE SET n = t.n + 1",
            "INSERT INTO t (name, n) VALUES ('n', NULL) RETURNING id, name",
            "INSERT INTO t DEFAULT VALUES",
            "INSERT INTO t DEFAULT VALUES RETURNING *",
            "DELETE FROM t WHERE id = {0} + 3",
        ],
        "SELECT * FROM t ORDER BY id",
        "SELECT id FROM t WHERE lower(name) = 'name 6' AND n >= 0",
        "SELECT id FROM t WHERE lower(name) > '' AND n >= 0 ORDER BY lower(name), id",
        "SELECT id FROM t WHERE n + length(name) > 5 ORDER BY n + length(name), id",
        "SELECT id FROM t WHERE amount > 1 AND name IS NOT NULL ORDER BY amount, id");

    [TestMethod]
    public void Statements_about_keys_in_an_index_take_the_path()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (string table in Tables)
        {
            Outcome(session, string.Format(System.Globalization.CultureInfo.InvariantCulture, table, "ON DELETE CASCADE"));
        }
        Outcome(session, "CREATE INDEX ON p (lower(note)) WHERE a > 0");
        foreach (string sql in new[]
        {
            "DELETE FROM p WHERE id = $1", "UPDATE p SET id = $1 WHERE id = $1", "UPDATE c SET p = 1 WHERE id = $1", "UPDATE p SET note = 'x', a = 1 WHERE id = $1",
            "INSERT INTO p (id) VALUES ($1) ON CONFLICT DO NOTHING", "INSERT INTO p (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET note = 'y' RETURNING *",
        })
        {
            using PreparedStatement statement = session.Prepare(sql);
            statement.Bind(1, 1000);
            QueryResult first = statement.Execute();
            first.Dispose();
            using QueryResult second = statement.Execute();
            using QueryResult third = statement.Execute();
            Assert.AreSame(second, third, sql);
        }
    }

    // As prepared statements and as texts, each in a transaction of its own and several in one with savepoints.
    private static void Compare(string[] definitions, string[] statements, params string[] queries)
    {
        using Database pointDatabase = Database.CreateInMemory();
        using Database generalDatabase = Database.CreateInMemory();
        using Session point = pointDatabase.OpenSession();
        using Session general = generalDatabase.OpenSession();
        foreach (string definition in definitions)
        {
            Outcome(point, definition);
            Outcome(general, definition);
        }
        Outcome(general, "SET default_transaction_isolation = 'serializable'");
        var random = new Random(5);
        foreach (bool isBlock in new[] { false, true })
        {
            for (int i = 0; i < 400; i++)
            {
                string sql = statements[random.Next(statements.Length)];
                int key = random.Next(14);
                if (isBlock && i % 10 == 0)
                {
                    Both(i % 20 == 0 && i > 0 ? "COMMIT" : i > 0 ? "ROLLBACK" : "SELECT 1", key, false);
                    Both("BEGIN", key, false);
                }
                if (isBlock)
                {
                    Both("SAVEPOINT a", key, false);
                }
                bool fails = Both(sql, key, i % 2 == 0);
                if (isBlock && fails)
                {
                    Both("ROLLBACK TO a", key, false);
                }
                if (i % 8 == 0)
                {
                    foreach (string query in queries)
                    {
                        Both(query, key, false);
                    }
                }
                if (!isBlock && i % 40 == 39)
                {
                    // What has gone comes again.
                    Both("BEGIN; " + string.Join("; ", definitions.Where(d => d.StartsWith("CREATE TABLE", StringComparison.Ordinal)).Select(d => $"TRUNCATE {d.Split(' ')[2]} CASCADE"))
                        + "; " + string.Join("; ", definitions.Where(d => d.StartsWith("INSERT", StringComparison.Ordinal))) + "; COMMIT", key, false);
                }
            }
        }
        Both("COMMIT", 0, false);
        foreach (string query in queries)
        {
            Both(query, 0, false);
        }

        bool Both(string sql, int key, bool isPrepared)
        {
            string found = Outcome(point, sql, isPrepared ? key : null, key);
            Assert.AreEqual(Outcome(general, sql, isPrepared ? key : null, key), found, $"{sql} with {key}");
            return found.StartsWith("! ", StringComparison.Ordinal);
        }
    }

    private static string Outcome(Session session, string sql, int? parameter = null, int key = 0)
    {
        try
        {
            if (parameter is { } value && sql.Contains("{0}", StringComparison.Ordinal))
            {
                using PreparedStatement statement = session.Prepare(sql.Replace("{0}", "$1", StringComparison.Ordinal));
                statement.Bind(1, value);
                statement.Execute().Dispose();
            }
            using QueryResult result = session.Execute(sql.Replace("{0}", $"{key}", StringComparison.Ordinal));
            List<string> lines = [];
            while (result.Columns.Count > 0 && result.Read())
            {
                lines.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "NULL" : result.GetText(i))));
            }
            return $"{result.CommandTag}, {result.RowsAffected} rows affected: {string.Join('\n', lines)}";
        }
        catch (PhantomDbException failure)
        {
            return $"! {failure.SqlState} {failure.Message} {failure.Detail} {failure.ConstraintName}";
        }
    }
}
