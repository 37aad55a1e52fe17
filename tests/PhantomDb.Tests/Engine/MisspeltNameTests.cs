using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Hints of errors about names that nothing has: what was probably meant, and nothing where that is a guess.</summary>
[TestClass]
public sealed class MisspeltNameTests : SessionTest
{
    private readonly Session _session;

    public MisspeltNameTests()
    {
        _session = NewSession();
        Run(_session, "CREATE SCHEMA shop; CREATE TABLE customers (id int PRIMARY KEY, name text); CREATE VIEW customer_names AS SELECT name FROM customers; CREATE SEQUENCE invoice_number");
        Run(_session, "CREATE TABLE shop.orders (id int); CREATE TABLE \"Mixed\" (id int); CREATE TABLE part1 (id int); CREATE TABLE part2 (id int); CREATE TABLE ab (id int); CREATE INDEX by_name ON customers (name)");
    }

    [TestMethod]
    [DataRow("SELECT * FROM custmers", "table \"customers\"")]
    [DataRow("SELECT * FROM cusotmers", "table \"customers\"")]
    [DataRow("SELECT * FROM customer_nmes", "view \"customer_names\"")]
    [DataRow("SELECT * FROM shop.ordrs", "table \"shop.orders\"")]
    [DataRow("SELECT * FROM shp.orders", "table \"shop.orders\"")]
    [DataRow("SELECT * FROM orders", "table \"shop.orders\"")]
    [DataRow("SELECT * FROM mixed", "table \"Mixed\"")]
    [DataRow("SELECT * FROM pg_tabels", "view \"pg_tables\"")]
    [DataRow("SELECT * FROM information_schema.colums", "view \"information_schema.columns\"")]
    [DataRow("WITH recent AS (SELECT 1) SELECT * FROM recnt", "WITH query \"recent\"")]
    [DataRow("WITH recent AS (SELECT 1) SELECT (SELECT count(*) FROM recnt)", "WITH query \"recent\"")]
    [DataRow("INSERT INTO custmers VALUES (1)", "table \"customers\"")]
    [DataRow("UPDATE custmers SET name = ''", "table \"customers\"")]
    [DataRow("DELETE FROM custmers", "table \"customers\"")]
    [DataRow("TRUNCATE custmers", "table \"customers\"")]
    [DataRow("COPY custmers TO STDOUT", "table \"customers\"")]
    [DataRow("ALTER TABLE custmers ADD COLUMN a int", "table \"customers\"")]
    [DataRow("CREATE INDEX ON custmers (name)", "table \"customers\"")]
    [DataRow("CREATE TABLE t (a int REFERENCES custmers)", "table \"customers\"")]
    [DataRow("DROP TABLE custmers", "table \"customers\"")]
    [DataRow("DROP VIEW customer_nmes", "view \"customer_names\"")]
    [DataRow("ALTER SEQUENCE invoice_numbr RESTART", "sequence \"invoice_number\"")]
    [DataRow("SELECT nextval('invoice_numbr')", "sequence \"invoice_number\"")]
    [DataRow("SELECT 'custmers'::regclass", "table \"customers\"")]
    public void An_unknown_relation_has_the_nearest_as_a_hint(string sql, string hint) => AssertHint($"Perhaps you meant the {hint}.", sql, "42P01");

    [TestMethod]
    [DataRow("SELECT * FROM nothing_like_it")]
    [DataRow("SELECT * FROM clients")]
    [DataRow("SELECT * FROM part3")]          // as near to one as to another
    [DataRow("SELECT * FROM aa")]             // too short
    [DataRow("SELECT * FROM by_nme")]         // an index cannot be read
    [DataRow("SELECT * FROM invoice_numbr")]  // nor can a sequence
    [DataRow("DROP VIEW custmers")]
    [DataRow("SELECT nextval('nothing_like_it')")]
    public void An_unknown_relation_that_nothing_is_near_has_none(string sql) => AssertHint(null, sql, "42P01");

    [TestMethod]
    public void An_index_that_is_to_be_dropped_has_a_hint_too() => AssertHint("Perhaps you meant the index \"by_name\".", "DROP INDEX by_nme", "42704");

    [TestMethod]
    public void Definitions_of_the_open_transaction_are_known()
    {
        Run(_session, "BEGIN");
        Run(_session, "CREATE TABLE suppliers (id int)");
        AssertHint("Perhaps you meant the table \"suppliers\".", "SELECT * FROM supliers", "42P01");
        AssertHint(null, "SELECT * FROM supliers", "42P01", NewSession());
    }

    [TestMethod]
    [DataRow("SELECT custmers.id FROM customers", "Perhaps you meant to reference the table \"customers\".")]
    [DataRow("SELECT custommer.id FROM customers AS customer", "Perhaps you meant to reference the table \"customer\".")]
    [DataRow("SELECT c.id FROM customers", null)]
    public void A_table_that_is_not_in_FROM_has_one(string sql, string? hint) => AssertHint(hint, sql, "42P01");

    [TestMethod]
    [DataRow("SELECT nmae FROM customers", "Perhaps you meant to reference the column \"customers.name\".")]
    [DataRow("SELECT c.nane FROM customers c", "Perhaps you meant to reference the column \"c.name\".")]
    [DataRow("SELECT price FROM customers", null)]
    public void A_column_has_one(string sql, string? hint) => AssertHint(hint, sql, "42703");

    [TestMethod]
    [DataRow("INSERT INTO customers (id, nmae) VALUES (1, 'a')")]
    [DataRow("UPDATE customers SET nmae = 'a'")]
    [DataRow("COPY customers (nmae) FROM STDIN")]
    [DataRow("ALTER TABLE customers DROP COLUMN nmae")]
    [DataRow("ALTER TABLE customers RENAME COLUMN nmae TO title")]
    [DataRow("ALTER TABLE customers ALTER COLUMN nmae SET NOT NULL")]
    [DataRow("COMMENT ON COLUMN customers.nmae IS 'a'")]
    public void A_column_of_the_table_that_is_changed_has_one(string sql) => AssertHint("Perhaps you meant the column \"name\".", sql, "42703");

    [TestMethod]
    public void Where_no_column_is_near_there_is_none() => AssertHint(null, "INSERT INTO customers (price) VALUES (1)", "42703");

    [TestMethod]
    [DataRow("SELECT uppper('a')", "upper")]
    [DataRow("SELECT substrng('abc', 1)", "substring")]
    [DataRow("SELECT cuont(*) FROM customers", "count")]
    [DataRow("SELECT smu(DISTINCT id) FROM customers", "sum")]
    [DataRow("SELECT row_nmber() OVER () FROM customers", "row_number")]
    [DataRow("SELECT * FROM generate_serie(1, 2)", "generate_series")]
    [DataRow("SELECT coalsce(NULL, 1)", "coalesce")]
    public void A_function_has_one(string sql, string function) => AssertHint($"Perhaps you meant the function \"{function}\".", sql, "42883");

    [TestMethod]
    [DataRow("SELECT nothing_like_it(1)")]
    [DataRow("SELECT upper(1, 2, 3)")]   // the function is there, with other arguments
    public void A_function_that_nothing_is_near_is_told_of_as_before(string sql) =>
        AssertHint("No function matches the given name and argument types. You might need to add explicit type casts.", sql, "42883");

    [TestMethod]
    [DataRow("CREATE TABLE t (a interger)", "Perhaps you meant the type \"integer\".")]
    [DataRow("SELECT '1'::bigit", "Perhaps you meant the type \"bigint\".")]
    [DataRow("SELECT '1'::varchar2", "Perhaps you meant the type \"varchar\".")]
    [DataRow("SELECT '1'::nothing", null)]
    [DataRow("SELECT 1::int6", null)]
    public void A_type_has_one(string sql, string? hint) => AssertHint(hint, sql, "42704");

    [TestMethod]
    [DataRow("SET serch_path = a", "search_path")]
    [DataRow("SHOW work_men", "work_mem")]
    [DataRow("RESET statment_timeout", "statement_timeout")]
    [DataRow("SET PERSIST timezon = 'UTC'", "TimeZone")]
    [DataRow("SELECT current_setting('serch_path')", "search_path")]
    [DataRow("SELECT current_setting('serch_path', false)", "search_path")]
    [DataRow("SELECT set_config('serch_path', '', false)", "search_path")]
    public void A_setting_has_one(string sql, string name) => AssertHint($"Perhaps you meant the parameter \"{name}\".", sql, "42704");

    [TestMethod]
    public void A_setting_that_nothing_is_near_has_none()
    {
        AssertHint(null, "SET nothing_like_it = 1", "42704");
        Assert.AreEqual("", Run(_session, "SELECT current_setting('serch_path', true)"));
    }

    [TestMethod]
    [DataRow("SELCT 1", "Perhaps you meant SELECT.")]
    [DataRow("SELECT 1; isnert INTO customers VALUES (1)", "Perhaps you meant INSERT.")]
    [DataRow("/* a comment */ UPDTE customers SET id = 1", "Perhaps you meant UPDATE.")]
    [DataRow("CRAETE TABLE t (a int)", "Perhaps you meant CREATE.")]
    [DataRow("BEGN", "Perhaps you meant BEGIN.")]
    [DataRow("nonsense", null)]
    [DataRow("SELECT 1 FORM customers LIMIT", null)]
    [DataRow("\"SELCT\" 1", null)]
    [DataRow("'SELCT' 1", null)]
    [DataRow("1", null)]
    [DataRow("SELECT FROM WHERE", null)]
    public void A_statement_that_begins_with_a_misspelt_word_has_one(string sql, string? hint) => AssertHint(hint, sql, "42601");

    private void AssertHint(string? expected, string sql, string sqlState, Session? session = null)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            using QueryResult result = (session ?? _session).Execute(sql);
            while (result.Read())
            {
            }
        });
        Assert.AreEqual((sqlState, expected), (error.SqlState, error.Hint), error.Message);
    }
}
