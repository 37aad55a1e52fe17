using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Execution.SystemTables;

namespace PhantomDb.Tests.Execution.SystemTables;

[TestClass]
public sealed class PgCatalogTests
{
    private readonly CatalogDatabase _database = new();

    [TestCleanup]
    public void Close() => _database.Dispose();

    [TestMethod]
    public void Every_system_relation_can_be_read_whole()
    {
        foreach (SystemRelation relation in SystemRelations.All)
        {
            using QueryResult result = _database.Session.Execute($"SELECT * FROM {relation.Schema}.{relation.Name}");
            CollectionAssert.AreEqual(relation.Columns.Select(c => c.Name).ToArray(), result.Columns.Select(c => c.Name).ToArray(), relation.Name);
            while (result.Read())
            {
                for (int i = 0; i < result.Columns.Count; i++)
                {
                    Assert.IsTrue(!result.IsNull(i) || !relation.Columns[i].IsNotNull, $"{relation.Name}.{relation.Columns[i].Name} is NULL");
                    _ = result.IsNull(i) ? "" : result.GetText(i);
                }
            }
        }
    }

    [TestMethod]
    public void Classes_are_the_relations_of_all_kinds()
    {
        CollectionAssert.AreEqual(
            new[] { "big|v|2|0", "customer|r|7|1", "customer_email_key|i|1|0", "customer_id_seq|S|3|0", "customer_pkey|i|1|0", "orders|r|4|1", "orders_id_seq|S|3|0",
                "orders_pkey|i|1|0", "orders_placed|i|2|0", "s1|S|3|0", "uq|i|2|0" },
            _database.Rows("SELECT relname, relkind, relnatts, relchecks FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY relname"));
        Assert.AreEqual("2", _database.One("SELECT reltuples FROM pg_class WHERE oid = 'customer'::regclass"));
    }

    [TestMethod]
    public void Oids_are_unique_in_each_catalog()
    {
        foreach (string catalog in new[] { "pg_class", "pg_type", "pg_proc", "pg_operator", "pg_cast", "pg_constraint", "pg_attrdef", "pg_namespace", "pg_opclass" })
        {
            string[] counts = _database.One($"SELECT count(*), count(DISTINCT oid) FROM {catalog}").Split('|');
            Assert.AreEqual(counts[0], counts[1], catalog);
        }
    }

    [TestMethod]
    public void What_the_catalogs_refer_to_is_there()
    {
        foreach (string query in new[]
        {
            "SELECT attname FROM pg_attribute WHERE atttypid NOT IN (SELECT oid FROM pg_type)",
            "SELECT attname FROM pg_attribute WHERE attrelid NOT IN (SELECT oid FROM pg_class)",
            "SELECT relname FROM pg_class WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace)",
            "SELECT relname FROM pg_class WHERE relam <> 0 AND relam NOT IN (SELECT oid FROM pg_am)",
            "SELECT indexrelid FROM pg_index WHERE indexrelid NOT IN (SELECT oid FROM pg_class) OR indrelid NOT IN (SELECT oid FROM pg_class)",
            "SELECT conname FROM pg_constraint WHERE conindid <> 0 AND conindid NOT IN (SELECT oid FROM pg_class)",
            "SELECT typname FROM pg_type WHERE typinput = 0 OR typinput NOT IN (SELECT oid FROM pg_proc)",
            "SELECT typname FROM pg_type WHERE typelem <> 0 AND typelem NOT IN (SELECT oid FROM pg_type)",
            "SELECT typname FROM pg_type WHERE typarray <> 0 AND typarray NOT IN (SELECT oid FROM pg_type)",
            "SELECT typname FROM pg_type WHERE typreceive <> 0 AND typreceive NOT IN (SELECT oid FROM pg_proc)",
            "SELECT proname FROM pg_proc WHERE prorettype NOT IN (SELECT oid FROM pg_type)",
            "SELECT castsource FROM pg_cast WHERE castsource NOT IN (SELECT oid FROM pg_type) OR casttarget NOT IN (SELECT oid FROM pg_type)",
        })
        {
            CollectionAssert.AreEqual(Array.Empty<string>(), _database.Rows(query), query);
        }
    }

    [TestMethod]
    public void Columns_have_PostgreSQLs_types_and_modifiers()
    {
        CollectionAssert.AreEqual(
            new[]
            {
                "1|id|23|-1|integer|t|t|", "2|name|1043|44|character varying(40)|t|f|", "3|email|25|-1|text|f|f|", "4|code|1042|7|character(3)|f|t|",
                "5|balance|1700|655366|numeric(10,2)|t|t|", "6|created|1184|-1|timestamp with time zone|f|t|", "7|flag|16|-1|boolean|f|t|",
            },
            _database.Rows("""
                SELECT attnum, attname, atttypid, atttypmod, format_type(atttypid, atttypmod), attnotnull, atthasdef, attidentity
                FROM pg_attribute WHERE attrelid = 'customer'::regclass ORDER BY attnum
                """));
        CollectionAssert.AreEqual(
            new[] { "id|a|bigint", "customer_id||integer", "placed||timestamp(3) without time zone", "qty||smallint" },
            _database.Rows("SELECT attname, attidentity, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'orders'::regclass ORDER BY attnum"));
    }

    [TestMethod]
    public void Constraints_and_indexes_tell_their_columns_and_definitions()
    {
        CollectionAssert.AreEqual(
            new[]
            {
                "orders_customer_id_fkey|f|{2}|{1}|FOREIGN KEY (customer_id) REFERENCES customer(id) ON UPDATE RESTRICT",
                "orders_pkey|p|{1}|~|PRIMARY KEY (id)",
                "uq|u|{2,3}|~|UNIQUE (customer_id, placed)",
            },
            _database.Rows("SELECT conname, contype, conkey, confkey, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype <> 'c' ORDER BY conname"));
        CollectionAssert.AreEqual(
            new[]
            {
                "orders_pkey|t|1|3124|0|CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)",
                "orders_placed|f|3 4|3128 1979|3 0|CREATE INDEX orders_placed ON public.orders USING btree (placed DESC, qty)",
                "uq|f|2 3|1978 3128|0 0|CREATE UNIQUE INDEX uq ON public.orders USING btree (customer_id, placed)",
            },
            _database.Rows("SELECT indexrelid::regclass, indisprimary, indkey, indclass, indoption, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'orders'::regclass ORDER BY indexrelid::regclass::text"));
        Assert.AreEqual("qty", _database.One("SELECT pg_get_indexdef('orders_placed'::regclass, 2, true)"));
        Assert.AreEqual("PRIMARY KEY (a, \"B c\")", _database.One("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 't_pkey'"));
    }

    [TestMethod]
    public void Names_become_oids_and_oids_names()
    {
        Assert.AreEqual("customer|extra.t|integer|character varying|public|pg_class|phantomdb",
            _database.One("SELECT 'customer'::regclass, 'extra.t'::regclass, 'int4'::regtype, 'varchar(10)'::regtype, 2200::regnamespace, 1259::regclass, 10::regrole"));
        Assert.AreEqual("1259|23|11|750|1397", _database.One("SELECT 'pg_catalog.pg_class'::regclass::oid, 'integer'::regtype::oid, 'pg_catalog'::regnamespace::oid, 'array_in'::regproc::oid, 'abs(integer)'::regprocedure::oid"));
        Assert.AreEqual("~|~|~|~", _database.One("SELECT to_regclass('nope'), to_regtype('nope'), to_regnamespace('nope'), to_regproc('nope')"));
        Assert.AreEqual("customer|int[]|~".Replace("int[]", "integer[]", StringComparison.Ordinal), _database.One("SELECT to_regclass('public.customer'), to_regtype('_int4'), to_regclass('extra.customer')"));
        foreach ((string sql, string state) in new[]
        {
            ("SELECT 'nope'::regclass", "42P01"), ("SELECT 'nope'::regtype", "42704"), ("SELECT 'nope'::regnamespace", "3F000"), ("SELECT 'nope'::regproc", "42883"),
            ("SELECT 'abs'::regproc", "42725"), ("SELECT has_table_privilege('nope', 'select')", "42P01"), ("SELECT has_table_privilege('customer', 'fly')", "22023"),
        })
        {
            Assert.AreEqual(state, Assert.ThrowsExactly<PhantomDbException>(() => _database.Rows(sql), sql).SqlState, sql);
        }
    }

    [TestMethod]
    public void Comments_are_found_by_object_and_column()
    {
        Assert.AreEqual("who buys|who buys|full name|~", _database.One(
            "SELECT obj_description('customer'::regclass, 'pg_class'), obj_description('customer'::regclass), col_description('customer'::regclass, 2), col_description('customer'::regclass, 1)"));
        CollectionAssert.AreEqual(new[] { "0|who buys", "2|full name" },
            _database.Rows("SELECT objsubid, description FROM pg_description WHERE objoid = 'customer'::regclass AND classoid = 'pg_class'::regclass ORDER BY 1"));
    }

    [TestMethod]
    public void Arrays_of_the_catalogs_can_be_searched_and_taken_apart()
    {
        CollectionAssert.AreEqual(new[] { "customer_id", "placed" }, _database.Rows("""
            SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indexrelid = 'uq'::regclass ORDER BY a.attnum
            """));
        Assert.AreEqual("2|3|~|2|1|1", _database.One("SELECT indkey[0], indkey[1], indkey[2], array_length(indkey, 1), array_upper(indkey, 1), cardinality(conkey) - 1 FROM pg_index, pg_constraint WHERE indexrelid = 'uq'::regclass AND conname = 'uq'"));
        CollectionAssert.AreEqual(new[] { "2", "3" }, _database.Rows("SELECT k FROM pg_constraint c, unnest(c.conkey) AS k WHERE c.conname = 'uq' ORDER BY k"));
        CollectionAssert.AreEqual(new[] { "a", "~", "b c" }, _database.Rows("SELECT unnest('{a,NULL,\"b c\"}'::text[])"));
        Assert.AreEqual("{uq,orders_pkey}", _database.One("SELECT ARRAY(SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid = 'orders'::regclass ORDER BY conname DESC)"));
        Assert.AreEqual("{}|a, b|{1,2,3}", _database.One("SELECT ARRAY(SELECT relname FROM pg_class WHERE false), array_to_string(ARRAY['a', NULL, 'b'], ', '), ARRAY[1, 2] || ARRAY[3]"));
        Assert.AreEqual("t|f|~|t", _database.One("SELECT 1 = ANY ('{1,2}'::int[]), 3 = ANY ('{1,2}'::int[]), 3 = ANY ('{1,NULL}'::int[]), 3 <> ALL ('{1,2}'::int[])"));
        Assert.AreEqual("t|{pg_catalog,public}", _database.One("SELECT 'public' = ANY (current_schemas(false)), current_schemas(true)"));
    }

    [TestMethod]
    public void Tables_cannot_have_the_catalogs_types()
    {
        foreach (string sql in new[]
        {
            "CREATE TABLE x (a int[])", "CREATE TABLE x (a regtype)", "CREATE TABLE x AS SELECT relkind FROM pg_class", "CREATE VIEW x AS SELECT indkey FROM pg_index",
        })
        {
            Assert.AreEqual("0A000", Assert.ThrowsExactly<PhantomDbException>(() => _database.Rows(sql), sql).SqlState, sql);
        }
        Assert.AreEqual("42501", Assert.ThrowsExactly<PhantomDbException>(() => _database.Rows("CREATE TABLE pg_catalog.x (a int)")).SqlState);
    }

    [TestMethod]
    public void A_filter_on_the_oid_or_name_gives_the_same_rows_as_a_filter_above()
    {
        foreach (string relation in new[] { "pg_class", "pg_attribute", "pg_index", "pg_constraint", "pg_type", "pg_proc" })
        {
            (string oid, string name) = relation switch
            {
                "pg_attribute" => ("attrelid", "attname"), "pg_index" => ("indrelid", "indrelid::text"), "pg_constraint" => ("conrelid", "conname"),
                "pg_type" => ("oid", "typname"), "pg_proc" => ("oid", "proname"), _ => ("oid", "relname"),
            };
            foreach (string value in new[] { "'customer'::regclass", "23", "1397" })
            {
                CollectionAssert.AreEqual(
                    _database.Rows($"SELECT * FROM {relation} WHERE {oid}::bigint + 0 = {value}::oid::bigint"),
                    _database.Rows($"SELECT * FROM {relation} WHERE {oid} = {value}"), $"{relation} {value}");
            }
            foreach (string value in new[] { "customer", "id", "abs", "uq", "int4" })
            {
                CollectionAssert.AreEqual(
                    _database.Rows($"SELECT * FROM {relation} WHERE {name} || '' = '{value}'"),
                    _database.Rows($"SELECT * FROM {relation} WHERE {name} = '{value}'"), $"{relation} {value}");
            }
        }
    }

    [TestMethod]
    public void Sizes_settings_and_privileges()
    {
        Assert.AreEqual("10239 bytes|10 kB|118 MB|-12 MB", _database.One(
            "SELECT pg_size_pretty(10239::bigint), pg_size_pretty(10240::bigint), pg_size_pretty(123456789::bigint), pg_size_pretty((-12345678)::bigint)"));
        Assert.AreEqual("t|t", _database.One("SELECT pg_relation_size('customer') > 0, pg_total_relation_size('customer') > pg_relation_size('customer')"));
        Assert.AreEqual("UTC|string", _database.One("SELECT setting, vartype FROM pg_settings WHERE name = 'TimeZone'"));
        Assert.AreEqual("t|t|t|phantomdb", _database.One("SELECT has_table_privilege('customer', 'SELECT, INSERT'), has_schema_privilege('public', 'usage'), has_column_privilege('customer', 'name', 'update'), pg_get_userbyid(10)"));
        Assert.AreEqual("public.customer_id_seq|~", _database.One("SELECT pg_get_serial_sequence('customer', 'id'), pg_get_serial_sequence('customer', 'name')"));
    }
}
