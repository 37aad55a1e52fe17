using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Whole databases, made by SQL, saved and loaded: the same schema, rows, positions and bytes.</summary>
[TestClass]
public sealed class SavedDatabaseTests
{
    internal const string Everything = """
        CREATE SCHEMA app;
        CREATE SEQUENCE app.numbers START 5 INCREMENT 2 MAXVALUE 99 CYCLE;
        CREATE TABLE app."Odd ""Name" ("a b" integer PRIMARY KEY, "select" text NOT NULL DEFAULT 'x, "y"', c char(3), d date DEFAULT current_date);
        CREATE TABLE parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code varchar(10) UNIQUE, n numeric(12,4) CHECK (n > 0 OR n IS NULL));
        CREATE TABLE child (id serial PRIMARY KEY, parent_id bigint REFERENCES parent, at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT "both" CHECK (id > 0 AND at < 'infinity'), UNIQUE (parent_id, at));
        CREATE INDEX child_by_at ON child (at DESC, parent_id NULLS FIRST);
        CREATE UNIQUE INDEX parent_lower ON parent (lower(code), (n * 2) DESC, "code" varchar_pattern_ops) INCLUDE (n) NULLS NOT DISTINCT
            WHERE n IS NOT NULL AND code <> 'it''s ("no';
        CREATE INDEX ON child ((parent_id % 10)) WHERE id > 1;
        CREATE UNIQUE INDEX child_id_at ON child (id) INCLUDE (at, parent_id);
        COMMENT ON INDEX parent_lower IS 'an index with everything';
        COMMENT ON INDEX child_by_at IS 'a plain one';
        CREATE INDEX ON app."Odd ""Name" ("select" text_pattern_ops DESC NULLS LAST, ("a b" + 1), "a b") WHERE "select" IS NOT NULL;
        CREATE TABLE plain (t text, b bytea, f double precision);
        CREATE VIEW v AS SELECT p.code, count(*) AS n FROM parent p JOIN child c ON c.parent_id = p.id GROUP BY p.code;
        CREATE VIEW app.w AS SELECT n + 1 AS m FROM v;
        COMMENT ON TABLE parent IS 'it''s a comment, "quoted"';
        COMMENT ON COLUMN parent.code IS 'of one line
        and another';
        INSERT INTO app."Odd ""Name" VALUES (1, '', 'ab', NULL), (-5, E'a\nb', 'x', '2020-02-29');
        INSERT INTO parent (code, n) VALUES ('one', 1.5), ('two', NULL), (NULL, 3);
        INSERT INTO child (parent_id, at) VALUES (1, '2024-01-01 00:00:00+00'), (1, '2024-01-02 00:00:00+00'), (2, '0044-03-15 00:00:00+00 BC');
        INSERT INTO plain VALUES ('ROW:1', '\x00ff', 'NaN'), (NULL, NULL, '-0'), ('', '', '-Infinity'), ('same', NULL, 1), ('same', NULL, 1);
        SELECT nextval('app.numbers'), nextval('app.numbers');
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void All_that_SQL_makes_comes_back()
    {
        string again = ExpectSame(Everything);

        using Database database = Database.Open(again);
        using Session session = database.OpenSession();
        Assert.AreEqual("9|4", Row(session, "INSERT INTO child (parent_id) VALUES (3) RETURNING nextval('app.numbers'), id"));
        Assert.AreEqual("4", Row(session, "INSERT INTO parent (code) VALUES ('four') RETURNING id"));
        Assert.AreEqual("23514", StateOf(session, "INSERT INTO parent (n) VALUES (-1)"));
        Assert.AreEqual("23503", StateOf(session, "DELETE FROM parent WHERE id = 1"));
        Assert.AreEqual("23505", StateOf(session, "INSERT INTO parent (code) VALUES ('one')"));
        Assert.AreEqual("23505", StateOf(session, "INSERT INTO parent (code, n) VALUES ('ONE', 1.5), ('ONE', 1.5)"));
        Assert.AreEqual("an index with everything|a plain one", Row(session, "SELECT obj_description('parent_lower'::regclass), obj_description('child_by_at'::regclass)"));
        Assert.AreEqual("428C9", StateOf(session, "INSERT INTO parent (id) VALUES (77)"));
        Assert.AreEqual("2BP01", StateOf(session, "DROP TABLE parent"));
        using Database made = Database.CreateInMemory();
        using Session making = made.OpenSession();
        foreach (QueryResult _ in making.ExecuteScript("CREATE SCHEMA app;" + SchemaDescription.ToScript([.. database.DescribeSchema().Relations])))
        {
        }
    }

    [TestMethod]
    public void Northwind_comes_back()
    {
        string path = RepositoryPaths.SharedOrSkip("datasets", "northwind", "northwind.sql");
        ExpectSame(File.ReadAllText(path));
    }

    [TestMethod]
    public void The_sample_database_is_as_we_would_save_it()
    {
        string path = RepositoryPaths.InRepository("data", "chinook.db");
        string copy = Path.Combine(_folder, "chinook.db");
        File.Copy(path, copy);
        using (Database database = Database.Open(copy))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (a int)").Dispose();
            session.Execute("DROP TABLE t").Dispose();
            database.SaveToDisk();
        }

        CollectionAssert.AreEqual(File.ReadAllBytes(path), File.ReadAllBytes(copy));
    }

    [TestMethod]
    public void A_row_never_stands_before_one_that_was_inserted_earlier()
    {
        string again = ExpectSame("CREATE TABLE n (a int); INSERT INTO n VALUES (1), (2), (3); DELETE FROM n WHERE a = 2; INSERT INTO n VALUES (4)");

        Assert.Contains("ROW:1\nROW:3\nROW:4\n", File.ReadAllText(again));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void The_same_history_gives_the_same_bytes_whenever_it_was_saved_and_loaded(int seed)
    {
        string straight = Path.Combine(_folder, "straight.db"), often = Path.Combine(_folder, "often.db");
        var random = new Random(seed);
        Database one = Database.Open(straight), other = Database.Open(often);
        try
        {
            Run("CREATE TABLE n (a int, t text); CREATE INDEX ON n (a)");
            for (int step = 0, next = 0; step < 120; step++)
            {
                int count = random.Next(5) == 0 ? 3000 : random.Next(20);
                int from = random.Next(next + 1);
                string change = random.Next(4) switch
                {
                    0 => $"DELETE FROM n WHERE a BETWEEN {from} AND {from + count}",
                    1 => $"UPDATE n SET t = 'step {step}' WHERE a BETWEEN {from} AND {from + count}",
                    2 => $"INSERT INTO n VALUES ({next++}, NULL)",
                    _ => $"INSERT INTO n SELECT g, 'number ' || g FROM generate_series({next}, {(next += count) - 1}) AS g",
                };
                Run(random.Next(4) == 0 ? $"BEGIN; {change}; ROLLBACK" : change);
                if (random.Next(10) == 0)
                {
                    other.SaveToDisk();
                    other.Dispose();
                    other = Database.Open(often);
                }
            }
            one.SaveToDisk();
            other.SaveToDisk();
        }
        finally
        {
            one.Dispose();
            other.Dispose();
        }
        Assert.AreEqual(BodyOf(straight), BodyOf(often));
        Assert.Contains("ROW:", BodyOf(often));

        void Run(string script)
        {
            foreach (Database database in new[] { one, other })
            {
                using Session session = database.OpenSession();
                foreach (QueryResult result in session.ExecuteScript(script))
                {
                    result.Dispose();
                }
            }
        }
    }

    // Made, saved, loaded, saved: the same bytes but for the header, the same definitions, the same rows.
    private string ExpectSame(string script)
    {
        string first = Path.Combine(_folder, "first.db"), second = Path.Combine(_folder, "second.db");
        string schema;
        List<string> rows;
        using (Database database = Database.Open(first))
        {
            using Session session = database.OpenSession();
            foreach (QueryResult result in session.ExecuteScript(script))
            {
                while (result.Columns.Count > 0 && result.Read())
                {
                }
            }
            schema = SortedSchema(database);
            rows = AllRows(database, session);
            database.SaveToDisk();
        }
        using (Database database = Database.Open(first))
        {
            using Session session = database.OpenSession();
            Assert.AreEqual(schema, SortedSchema(database));
            CollectionAssert.AreEqual(rows, AllRows(database, session));
            database.SaveToDisk(second);
        }
        Assert.AreEqual(BodyOf(first), BodyOf(second));
        Assert.IsNotEmpty(rows);
        return second;
    }

    // A file has relations by name, and constraints by kind and name: the lines are the same, in another order.
    internal static string SortedSchema(Database database) =>
        string.Join('\n', SchemaDescription.ToScript([.. database.DescribeSchema().Relations]).Split('\n').Select(line => line.TrimEnd(',')).Order(StringComparer.Ordinal));

    private static string BodyOf(string path)
    {
        string text = File.ReadAllText(path);
        return text[text.IndexOf("\n\n[", StringComparison.Ordinal)..];
    }

    internal static List<string> AllRows(Database database, Session session)
    {
        List<string> rows = [];
        foreach (RelationDescription relation in database.DescribeSchema().Relations.Where(r => r.Kind is RelationKind.Table or RelationKind.View)
            .OrderBy(r => r.QualifiedName, StringComparer.Ordinal))
        {
            using QueryResult result = session.Execute($"SELECT * FROM {relation.QualifiedName}");
            List<string> ofRelation = [];
            while (result.Read())
            {
                ofRelation.Add($"{relation.QualifiedName}: {RowOf(result)}");
            }
            rows.AddRange(ofRelation.Order(StringComparer.Ordinal));
        }
        return rows;
    }

    private static string RowOf(QueryResult result) =>
        string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "NULL" : result.GetText(i)));

    private static string Row(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return RowOf(result);
    }

    private static string StateOf(Session session, string sql) => Assert.ThrowsExactly<PhantomDbException>(() => session.Execute(sql)).SqlState;
}
