using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Execution.SystemTables;

/// <summary>Queries of the shape that PostgreSQL's clients send: the shell's listings, drivers reading types, tools reading schemas.</summary>
[TestClass]
public sealed class ClientQueryTests
{
    private readonly CatalogDatabase _database = new();

    [TestCleanup]
    public void Close() => _database.Dispose();

    [TestMethod]
    public void A_list_of_relations()
    {
        CollectionAssert.AreEqual(
            new[] { "public|big|view|phantomdb", "public|customer|table|phantomdb", "public|orders|table|phantomdb", "public|s1|sequence|phantomdb" },
            _database.Rows("""
                SELECT n.nspname AS "Schema", c.relname AS "Name", CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' END AS "Type",
                    pg_catalog.pg_get_userbyid(c.relowner) AS "Owner"
                FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
                WHERE c.relkind IN ('r', 'p', 'v', 'S', '') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema'
                    AND c.relname !~ '_seq$' AND pg_catalog.pg_table_is_visible(c.oid)
                ORDER BY 1, 2
                """));
    }

    [TestMethod]
    public void A_table_by_a_pattern_of_its_name() => Assert.AreEqual("public|customer", _database.One("""
        SELECT n.nspname, c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname OPERATOR(pg_catalog.~) '^(customer)$' COLLATE pg_catalog.default AND pg_catalog.pg_table_is_visible(c.oid)
        """));

    [TestMethod]
    public void The_columns_of_a_table_with_their_defaults()
    {
        CollectionAssert.AreEqual(
            new[]
            {
                "id|integer|nextval('customer_id_seq'::regclass)|t|~|", "name|character varying(40)|~|t|~|", "email|text|~|f|~|", "code|character(3)|'abc'::bpchar|f|~|",
                "balance|numeric(10,2)|0.00|t|~|", "created|timestamp with time zone|now()|f|~|", "flag|boolean|true|f|~|",
            },
            _database.Rows("""
                SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
                    (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef),
                    a.attnotnull,
                    (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation),
                    a.attidentity
                FROM pg_catalog.pg_attribute a WHERE a.attrelid = 'customer'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                """));
    }

    [TestMethod]
    public void The_indexes_and_foreign_keys_of_a_table()
    {
        CollectionAssert.AreEqual(
            new[]
            {
                "orders_pkey|t|t|CREATE UNIQUE INDEX orders_pkey ON orders USING btree (id)|PRIMARY KEY (id)|p",
                "orders_placed|f|f|CREATE INDEX orders_placed ON orders USING btree (placed DESC, qty)|~|~",
                "uq|f|t|CREATE UNIQUE INDEX uq ON orders USING btree (customer_id, placed)|UNIQUE (customer_id, placed)|u",
            },
            _database.Rows("""
                SELECT c2.relname, i.indisprimary, i.indisunique, pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), pg_catalog.pg_get_constraintdef(con.oid, true), contype
                FROM pg_catalog.pg_class c, pg_catalog.pg_class c2, pg_catalog.pg_index i
                    LEFT JOIN pg_catalog.pg_constraint con ON (conrelid = i.indrelid AND conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
                WHERE c.oid = 'orders'::regclass AND c.oid = i.indrelid AND i.indexrelid = c2.oid ORDER BY i.indisprimary DESC, c2.relname
                """));
        Assert.AreEqual("orders_customer_id_fkey|orders|FOREIGN KEY (customer_id) REFERENCES customer(id) ON UPDATE RESTRICT", _database.One("""
            SELECT conname, conrelid::pg_catalog.regclass, pg_catalog.pg_get_constraintdef(oid, true) FROM pg_catalog.pg_constraint
            WHERE confrelid IN (SELECT pg_catalog.pg_partition_ancestors('customer'::regclass) UNION ALL VALUES ('customer'::pg_catalog.regclass)) AND contype = 'f'
            """));
        Assert.AreEqual("qty_ok|CHECK (qty > 0 AND qty < 1000)", _database.One("SELECT conname, pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'c'"));
    }

    [TestMethod]
    public void Policies_statistics_and_publications_that_are_not_there()
    {
        foreach (string sql in new[]
        {
            "SELECT polname, CASE WHEN polroles = '{0}' THEN NULL ELSE array_to_string(ARRAY(SELECT rolname FROM pg_roles WHERE oid = ANY (polroles) ORDER BY 1), ',') END FROM pg_policy WHERE polrelid = 'customer'::regclass",
            "SELECT oid, stxrelid::regclass, 'd' = ANY (stxkind), pg_get_statisticsobjdef_columns(oid) FROM pg_statistic_ext WHERE stxrelid = 'customer'::regclass",
            "SELECT pubname FROM pg_publication p JOIN pg_publication_rel r ON p.oid = r.prpubid WHERE r.prrelid = 'customer'::regclass UNION SELECT pubname FROM pg_publication WHERE puballtables",
            "SELECT c.oid::regclass FROM pg_class c, pg_inherits i WHERE c.oid = i.inhparent AND i.inhrelid = 'customer'::regclass ORDER BY inhseqno",
            "SELECT e.extname, n.nspname FROM pg_extension e LEFT JOIN pg_namespace n ON n.oid = e.extnamespace",
            "SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger WHERE tgrelid = 'customer'::regclass AND NOT tgisinternal",
        })
        {
            CollectionAssert.AreEqual(Array.Empty<string>(), _database.Rows(sql), sql);
        }
    }

    [TestMethod]
    public void A_driver_reads_base_types_and_arrays()
    {
        CollectionAssert.AreEqual(
            new[] { "23|int4|b|0", "25|text|b|0", "1007|_int4|a|23", "1009|_text|a|25" },
            _database.Rows("""
                SELECT t.oid, t.typname, CASE WHEN p.proname = 'array_recv' THEN 'a' ELSE t.typtype END, CASE WHEN p.proname = 'array_recv' THEN t.typelem ELSE 0 END
                FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid LEFT JOIN pg_proc p ON p.oid = t.typreceive LEFT JOIN pg_range r ON r.rngtypid = t.oid
                WHERE t.typname IN ('int4', 'text', '_int4', '_text') ORDER BY t.oid
                """));
    }

    [TestMethod]
    public void A_mapper_reads_keys_sequences_and_identity()
    {
        Assert.AreEqual("t", _database.One("SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relname = 'customer')"));
        Assert.AreEqual("id|a|1|1", _database.One("""
            SELECT a.attname, a.attidentity, s.seqstart, s.seqincrement FROM pg_attribute a
            JOIN pg_depend d ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i' JOIN pg_sequence s ON s.seqrelid = d.objid
            WHERE a.attrelid = 'orders'::regclass
            """));
        Assert.AreEqual("customer_id_seq|customer|id", _database.One("""
            SELECT s.relname, t.relname, a.attname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'a' JOIN pg_class t ON t.oid = d.refobjid
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid WHERE s.relkind = 'S'
            """));
        CollectionAssert.AreEqual(new[] { "a|1", "B c|2" }, _database.Rows("""
            SELECT a.attname, k.place FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY AS k(number, place) JOIN pg_attribute a ON a.attnum = k.number
            WHERE a.attrelid = c.conrelid AND c.conrelid = 'extra.t'::regclass ORDER BY k.place
            """));
        CollectionAssert.AreEqual(new[] { "orders_pkey|{id}", "orders_placed|{placed,qty}", "uq|{customer_id,placed}" }, _database.Rows("""
            SELECT i.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
            JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey) WHERE x.indrelid = 'orders'::regclass GROUP BY i.relname ORDER BY 1
            """));
    }

    [TestMethod]
    public void A_tool_reads_databases_roles_and_schemas()
    {
        Assert.AreEqual("phantomdb|UTF8|C|t", _database.One("SELECT datname, pg_encoding_to_char(encoding), datcollate, has_database_privilege(oid, 'CREATE') FROM pg_database WHERE datname = current_database()"));
        Assert.AreEqual("phantomdb|t|t|{}", _database.One("""
            SELECT r.rolname, r.rolsuper, r.rolcanlogin, ARRAY(SELECT b.rolname FROM pg_auth_members m JOIN pg_roles b ON m.roleid = b.oid WHERE m.member = r.oid)
            FROM pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1
            """));
        CollectionAssert.AreEqual(new[] { "customer|who buys", "orders|~" }, _database.Rows("""
            SELECT c.relname, d.description FROM pg_namespace n, pg_class c LEFT JOIN pg_description d ON c.oid = d.objoid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass
            WHERE c.relnamespace = n.oid AND n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1
            """));
        Assert.AreEqual("integer|integer, integer", _database.One("SELECT pg_get_function_result(oid), pg_get_function_arguments(oid) FROM pg_proc WHERE proname = 'mod' AND prorettype = 'int4'::regtype"));
    }
}
