using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell;
using PhantomDb.Shell.Editing;

namespace PhantomDb.Tests.Shell.Editing;

/// <summary>How statements can go on: a bar is the cursor.</summary>
[TestClass]
public sealed class SqlCompleterTests
{
    [TestMethod]
    [DataRow("SEL|", "SELECT")]
    [DataRow("sel|", "select")]
    [DataRow("SELECT * FROM |", "customer,orders,\"Odd Name\",recent,words,audit.entry,order_id_seq,audit.,pg_catalog.,LATERAL,ONLY")]
    [DataRow("SELECT * FROM cu|", "customer")]
    [DataRow("SELECT * FROM \"O|", "orders,\"Odd Name\",order_id_seq")]
    [DataRow("SELECT * FROM orders, c|", "customer")]
    [DataRow("SELECT * FROM audit.|", "entry")]
    [DataRow("INSERT INTO or|", "orders,order_id_seq")]
    [DataRow("SELECT c.| FROM customer c JOIN orders o ON true", "id,name,\"Phone No\"")]
    [DataRow("SELECT o.| FROM customer AS c JOIN orders AS o ON true", "id,customer_id")]
    [DataRow("SELECT customer.na| FROM customer", "name")]
    [DataRow("SELECT e.| FROM audit.entry e", "at,what")]
    [DataRow("SELECT cu| FROM orders", "customer_id,current_timestamp(,cube,current,current_timestamp")]
    [DataRow("UPDATE orders SET cust|", "customer_id")]
    [DataRow("SELECT 1; SELECT nam| FROM customer; SELECT 2", "name")]
    [DataRow("SELECT 1 FROM orders; SELECT customer_i|", "")]
    [DataRow("SELECT * FROM customer WHERE id IN (SELECT customer_id FROM ord|", "orders,order_id_seq")]
    [DataRow("SET sea|", "search_path")]
    [DataRow("SHOW |", "search_path,work_mem")]
    [DataRow("SELECT 'cu|", "")]
    [DataRow("SELECT -- cu|", "")]
    [DataRow("SELECT $$cu|", "")]
    [DataRow("SELECT 1|", "")]
    [DataRow("SELECT nothing.|", "")]
    [DataRow("SELECT * FROM customer wh|", "where")]
    [DataRow("SELECT * FROM customer c o|", "on,order by,offset")]
    [DataRow("SELECT * FROM customer cube|", "cube")]
    [DataRow("SELECT * FROM customer WHERE name = 'x' A|", "AND,AS,ASC")]
    [DataRow("SELECT * FROM customer c WHERE c.name l|", "like,limit,left join")]
    [DataRow("INSERT INTO customer V|", "VALUES")]
    [DataRow("UPDATE customer s|", "set")]
    [DataRow("ALTER TABLE customer f|", "from")]
    [DataRow("create ta|", "table")]
    [DataRow("DELETE |", "FROM")]
    [DataRow("SELECT * FROM customer WHERE name IS N|", "NULL,NOT NULL,NOT")]
    [DataRow("SELECT * FROM customer ORDER |", "BY")]
    [DataRow("explain an|", "analyze")]
    [DataRow("EXPLAIN ANALYZE S|", "SELECT")]
    [DataRow("SELECT * FROM pg_st|", "pg_stats")]
    [DataRow("SELECT * FROM information_schema.t|", "tables")]
    [DataRow("SELECT sta| FROM pg_stats", "stanumber")]
    [DataRow("SELECT s.| FROM information_schema.tables s", "table_name")]
    [DataRow("WITH x AS (SELECT id, customer.name AS label, count(*), id::text FROM customer), y (a) AS MATERIALIZED (SELECT 1) SELECT x.| FROM x, y", "id,label,count")]
    [DataRow("WITH x AS (SELECT id FROM customer), y (a, \"B\") AS MATERIALIZED (SELECT 1, 2) SELECT y.| FROM x, y", "a,\"B\"")]
    [DataRow("WITH recent_ones AS (SELECT 1 AS x) SELECT * FROM recent|", "recent_ones,recent")]
    [DataRow("WITH x AS (SELECT * FROM orders), y AS (SELECT x.*, 1 AS more FROM x) SELECT y.| FROM y", "id,customer_id,more")]
    [DataRow("WITH x AS (DELETE FROM orders RETURNING customer_id) SELECT x.| FROM x", "customer_id")]
    [DataRow("SELECT s.| FROM (SELECT id, (SELECT max(id) FROM orders) AS last FROM customer WHERE id > 1) AS s", "id,last")]
    [DataRow("SELECT s.| FROM customer c JOIN LATERAL (SELECT 1 AS one) s (uno) ON true", "uno")]
    [DataRow("SELECT s.| FROM (SELECT id", "")]
    [DataRow("WITH x AS (SELECT id AS y FROM orders) SELECT x.|", "y")]
    [DataRow("SELECT orders.|", "id,customer_id")]
    [DataRow("INSERT INTO orders (|", "id,customer_id")]
    [DataRow("insert into orders(id, |", "customer_id")]
    [DataRow("INSERT INTO orders (c|", "customer_id")]
    [DataRow("INSERT INTO orders (s|", "select")]
    [DataRow("COPY audit.entry (at, |", "what")]
    [DataRow("insert into words (wh|", "\"where\"")]
    [DataRow("COPY words (\"where\", pl|", "place")]
    [DataRow("SELECT whe| FROM words", "\"where\"")]
    [DataRow("SELECT words.le| FROM words", "\"left\"")]
    [DataRow("CREATE INDEX ON orders (|", "id,customer_id")]
    [DataRow("create unique index concurrently i on audit.entry using btree (at, |", "what")]
    [DataRow("CREATE INDEX ON |", "customer,orders,\"Odd Name\",recent,words,audit.entry,order_id_seq,audit.,pg_catalog.,IF,ONLY")]
    [DataRow("SELECT * FROM orders ORDER BY |", "id,customer_id,orders")]
    [DataRow("SELECT * FROM orders WHERE |", "id,customer_id,orders")]
    [DataRow("SET work_mem = |", "")]
    [DataRow("VACUUM ord|", "orders,order_id_seq")]
    [DataRow("ALTER TABLE orders D|", "DROP COLUMN,DROP CONSTRAINT")]
    [DataRow("ALTER TABLE orders DROP COLUMN |", "id,customer_id,orders")]
    public void A_statement_goes_on_with(string text, string expected)
    {
        int cursor = text.IndexOf('|', StringComparison.Ordinal);
        Completion completion = new SqlCompleter(new Names()).Complete(text.Remove(cursor, 1), cursor);
        string[] found = [.. completion.Candidates.Select(candidate => candidate.Text)];
        CollectionAssert.AreEquivalent(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), found.Except(["SESSION", "PERSIST", "LOCAL", "ALL", "TRANSACTION"]).ToArray(), string.Join(", ", found));
    }

    [TestMethod]
    [DataRow(".mo|", ".mode")]
    [DataRow(".mode j|", "json,jsonl")]
    [DataRow(".open sh|", "shop,shelf")]
    [DataRow("\\d |", "customer,orders,\"Odd Name\",recent,words,audit.entry,order_id_seq")]
    [DataRow("\\d cu|", "customer")]
    [DataRow(".nothing x|", "")]
    public void A_command_of_the_shell_goes_on_with(string text, string expected)
    {
        int cursor = text.IndexOf('|', StringComparison.Ordinal);
        Completion completion = new ShellCompleter([".mode", "\\d", ".tables"], new Names()).Complete(text.Remove(cursor, 1), cursor);
        CollectionAssert.AreEqual(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), completion.Candidates.Select(candidate => candidate.Text).ToArray());
    }

    [TestMethod]
    public void Files_are_named_behind_commands_that_take_one()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-files-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "scripts"));
            File.WriteAllText(Path.Combine(folder, "script.sql"), "");
            File.WriteAllText(Path.Combine(folder, ".hidden"), "");
            string text = $".read {folder}/";
            ShellCompleter completer = new([".read"], new Names());
            CollectionAssert.AreEqual(new[] { $"{folder}/script.sql", $"{folder}/scripts/" }, completer.Complete(text, text.Length).Candidates.Select(candidate => candidate.Text).ToArray());
            Assert.IsEmpty(completer.Complete(".read /no/such/folder/", 22).Candidates);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    [DataRow("SELECT 'a''b', \"c\"\"d\" -- e\n", "W:SELECT  T:'a' T:'b' ,  Q:\"c\" Q:\"d\"  C:-- e")]
    [DataRow("$1+@p::int", "P:$1 + P:@p : : W:int")]
    [DataRow("$a$ ' $$ $a$ 1.5e3 /* /* */ x", "T:$a$ ' $$ $a$  N:1.5e3  C!:/* /* */ x")]
    [DataRow("E'\\'' 'open", "T:E'\\''  T!:'open")]
    public void SQL_is_cut_into_pieces(string sql, string expected)
    {
        List<SqlToken> tokens = SqlScanner.Scan(sql);
        Assert.AreEqual(sql, string.Concat(tokens.Select(token => token.Of(sql))));
        string shown = string.Join(' ', tokens.Where(token => sql[token.Start] != '\n').Select(token => token.Piece switch
        {
            SqlPiece.Blank => "",
            SqlPiece.Symbol => token.Of(sql),
            var piece => $"{piece switch { SqlPiece.Word => "W", SqlPiece.Text => "T", SqlPiece.QuotedName => "Q", SqlPiece.Number => "N", SqlPiece.Parameter => "P", _ => "C" }}{(token.IsOpen ? "!" : "")}:{token.Of(sql)}",
        }));
        Assert.AreEqual(expected, shown);
    }

    [TestMethod]
    public void A_database_names_the_system_s_relations_and_the_functions_that_people_call()
    {
        using ShellDatabase database = ShellDatabase.Open(null, ShellOptions.Parse([]), _ => { }, _ => { });
        CompletionNames names = new(() => database);
        CollectionAssert.IsSubsetOf(new[] { "abs", "count", "now", "upper", "generate_series" }, names.Functions.ToArray());
        Assert.IsEmpty(names.Functions.Intersect(["any_in", "int2in", "int2out", "int2send", "array_recv", "varchartypmodin"]));
        CollectionAssert.Contains(names.SystemRelations.Single(relation => relation.Name == "pg_stat_activity").Columns.Select(column => column.Name).ToArray(), "pid");
        Assert.IsTrue(names.SystemRelations.Any(relation => relation is { Schema: "information_schema", Name: "tables" }));
        CollectionAssert.IsSubsetOf(new[] { "ORDER", "SELECT", "LEFT", "USER" }, names.QuotedKeywords.ToArray());
        Assert.IsEmpty(names.QuotedKeywords.Intersect(["NAME", "DATA", "STATEMENT"]));
    }

    [TestMethod]
    public void The_databases_of_the_data_directory_are_known()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-names-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "shop.db"), "");
            File.WriteAllText(Path.Combine(folder, "shop.db.seal"), "");
            using ShellDatabase here = ShellDatabase.Open(null, ShellOptions.Parse(["-d", folder]), _ => { }, _ => { });
            CollectionAssert.AreEqual(new[] { "shop" }, new CompletionNames(() => here).Databases.ToArray());
            using ShellDatabase nowhere = ShellDatabase.Open(null, ShellOptions.Parse(["-d", Path.Combine(folder, "nowhere")]), _ => { }, _ => { });
            Assert.IsEmpty(new CompletionNames(() => nowhere).Databases);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Names : ICompletionNames
    {
        public IReadOnlyList<string> Schemas => ["public", "audit", "pg_catalog"];

        public IReadOnlyList<RelationDescription> Relations =>
        [
            Relation("public", "customer", "id", "name", "Phone No"), Relation("public", "orders", "id", "customer_id"), Relation("public", "Odd Name", "x"),
            Relation("public", "recent", "id") with { Kind = RelationKind.View },
            Relation("public", "words", "where", "left", "place"), Relation("audit", "entry", "at", "what"), Relation("public", "order_id_seq") with { Kind = RelationKind.Sequence },
        ];

        public IReadOnlyList<RelationDescription> SystemRelations => [Relation("pg_catalog", "pg_stats", "stanumber"), Relation("information_schema", "tables", "table_name")];

        public IReadOnlyList<string> Functions => ["count", "current_timestamp"];

        public IReadOnlyList<string> Settings => ["search_path", "work_mem"];

        public IReadOnlyList<string> Keywords => ["BY", "COLUMN", "CUBE", "CURRENT", "CURRENT_TIMESTAMP", "FROM", "SELECT"];

        public IReadOnlySet<string> QuotedKeywords => new HashSet<string>(["FROM", "SELECT", "WHERE", "LEFT"]);

        public IReadOnlyList<string> Databases => ["shop", "shelf", "other"];

        private static RelationDescription Relation(string schema, string name, params string[] columns) =>
            new(schema, name, RelationKind.Table, [.. columns.Select(column => new ColumnDescription(column, "integer", false, null))])
            {
                QualifiedName = schema == "public" ? name.Contains(' ', StringComparison.Ordinal) ? $"\"{name}\"" : name : $"{schema}.{name}",
            };
    }
}
