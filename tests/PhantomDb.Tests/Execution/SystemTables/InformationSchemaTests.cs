using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Execution.SystemTables;

[TestClass]
public sealed class InformationSchemaTests
{
    private readonly CatalogDatabase _database = new();

    [TestCleanup]
    public void Close() => _database.Dispose();

    [TestMethod]
    public void Tables_and_columns_are_listed()
    {
        CollectionAssert.AreEqual(
            new[] { "extra|t|BASE TABLE", "public|big|VIEW", "public|customer|BASE TABLE", "public|orders|BASE TABLE" },
            _database.Rows("SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"));
        CollectionAssert.AreEqual(
            new[]
            {
                "id|1|NO|integer|~|32|2|0|~|int4|NO", "name|2|NO|character varying|40|~|~|~|~|varchar|NO", "email|3|YES|text|~|~|~|~|~|text|NO",
                "code|4|YES|character|3|~|~|~|~|bpchar|NO", "balance|5|NO|numeric|~|10|10|2|~|numeric|NO",
                "created|6|YES|timestamp with time zone|~|~|~|~|6|timestamptz|NO", "flag|7|YES|boolean|~|~|~|~|~|bool|NO",
            },
            _database.Rows("""
                SELECT column_name, ordinal_position, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_precision_radix, numeric_scale,
                    datetime_precision, udt_name, is_identity
                FROM information_schema.columns WHERE table_name = 'customer' ORDER BY ordinal_position
                """));
        Assert.AreEqual("YES|ALWAYS|1|1", _database.One(
            "SELECT is_identity, identity_generation, identity_start, identity_increment FROM information_schema.columns WHERE table_name = 'orders' AND column_name = 'id'"));
    }

    [TestMethod]
    public void Constraints_are_listed_with_their_columns()
    {
        CollectionAssert.AreEqual(
            new[]
            {
                "customer_balance_check|CHECK", "customer_email_key|UNIQUE", "customer_pkey|PRIMARY KEY", "orders_customer_id_fkey|FOREIGN KEY",
                "orders_pkey|PRIMARY KEY", "qty_ok|CHECK", "uq|UNIQUE",
            },
            _database.Rows("SELECT constraint_name, constraint_type FROM information_schema.table_constraints WHERE table_schema = 'public' AND constraint_name NOT LIKE '%not_null' ORDER BY 1"));
        CollectionAssert.AreEqual(
            new[] { "orders_customer_id_fkey|customer_id|1|1", "orders_pkey|id|1|~", "uq|customer_id|1|~", "uq|placed|2|~" },
            _database.Rows("SELECT constraint_name, column_name, ordinal_position, position_in_unique_constraint FROM information_schema.key_column_usage WHERE table_name = 'orders' ORDER BY 1, 3"));
        Assert.AreEqual("customer_pkey|NONE|RESTRICT|NO ACTION", _database.One("SELECT unique_constraint_name, match_option, update_rule, delete_rule FROM information_schema.referential_constraints"));
        Assert.AreEqual("customer|id", _database.One("SELECT table_name, column_name FROM information_schema.constraint_column_usage WHERE constraint_name = 'orders_customer_id_fkey'"));
    }

    [TestMethod]
    public void Sequences_of_identity_columns_are_left_out()
    {
        CollectionAssert.AreEqual(
            new[] { "customer_id_seq|integer|1|1", "s1|bigint|5|2" },
            _database.Rows("SELECT sequence_name, data_type, start_value, increment FROM information_schema.sequences ORDER BY 1"));
        CollectionAssert.AreEqual(new[] { "extra", "information_schema", "pg_catalog", "public" }, _database.Rows("SELECT schema_name FROM information_schema.schemata ORDER BY 1"));
        Assert.AreEqual("FUNCTION|integer", _database.One("SELECT routine_type, data_type FROM information_schema.routines WHERE specific_name = 'abs_1397'"));
    }
}
