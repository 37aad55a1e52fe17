using System.Data;
using System.Data.Common;
using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed class SchemaTests : DataTest
{
    private const string Shop = """
        CREATE TABLE customer (id int PRIMARY KEY, name varchar(20) NOT NULL UNIQUE, credit numeric(10,2) DEFAULT 1 CHECK (credit > 0));
        CREATE TABLE invoice (id serial PRIMARY KEY, customer_id int CONSTRAINT buyer REFERENCES customer (id) ON DELETE CASCADE, note text);
        CREATE INDEX invoice_note ON invoice (lower(note), customer_id DESC) INCLUDE (id);
        CREATE VIEW names AS SELECT name FROM customer;
        CREATE SCHEMA old;
        CREATE TABLE old.invoice (id int)
        """;

    [TestMethod]
    public void The_first_collection_names_all_the_others_and_each_can_be_had()
    {
        using PhantomDbConnection connection = OpenShop();
        using DataTable collections = connection.GetSchema();
        Assert.AreEqual("MetaDataCollections", collections.TableName);
        List<string> names = [.. collections.Rows.Cast<DataRow>().Select(row => (string)row["CollectionName"])];
        CollectionAssert.AllItemsAreUnique(names);
        CollectionAssert.IsSubsetOf(new[] { "Restrictions", "DataSourceInformation", "DataTypes", "ReservedWords", "Tables", "Columns", "Indexes", "ForeignKeys" }, names);
        using DataTable restrictions = connection.GetSchema("restrictions");
        foreach (DataRow row in collections.Rows)
        {
            string name = (string)row["CollectionName"];
            using DataTable table = connection.GetSchema(name.ToUpperInvariant());
            Assert.AreEqual(name, table.TableName);
            Assert.IsGreaterThan(0, table.Rows.Count, name);
            DataRow[] own = restrictions.Select($"CollectionName = '{name}'", "RestrictionNumber");
            Assert.HasCount((int)row["NumberOfRestrictions"], own);
            Assert.IsTrue(Array.TrueForAll(own, restriction => table.Columns.Contains((string)restriction["RestrictionDefault"])), name);
        }
    }

    [TestMethod]
    [DataRow("Tables", "phantomdb,public,customer,BASE TABLE|phantomdb,public,invoice,BASE TABLE|phantomdb,public,names,VIEW", null, "public")]
    [DataRow("Tables", "phantomdb,old,invoice,BASE TABLE|phantomdb,public,invoice,BASE TABLE", null, null, "invoice")]
    [DataRow("Tables", "phantomdb,public,names,VIEW", null, null, null, "VIEW")]
    [DataRow("Tables", "", "elsewhere")]
    [DataRow("Schemata", "phantomdb,old,phantomdb", null, "old")]
    [DataRow("PrimaryKey", "phantomdb,public,customer_pkey,phantomdb,public,customer,PRIMARY KEY,False,False,PRIMARY KEY (id)", null, null, "customer")]
    [DataRow("UniqueKeys", "phantomdb,public,customer_name_key,phantomdb,public,customer,UNIQUE,False,False,UNIQUE (name)")]
    [DataRow("ForeignKeys", "phantomdb,public,buyer,phantomdb,public,invoice,FOREIGN KEY,NO,NO,public,customer_pkey,NONE,NO ACTION,CASCADE")]
    [DataRow("ConstraintColumns", "phantomdb,public,buyer,phantomdb,public,invoice,customer_id,1", null, null, null, "buyer")]
    [DataRow("Indexes", "phantomdb,public,invoice,invoice_note,False,False,CREATE INDEX invoice_note ON public.invoice USING btree (lower(note), customer_id DESC) INCLUDE (id)", null, null, null, "invoice_note")]
    [DataRow("IndexColumns", "phantomdb,public,invoice,invoice_note,lower(note),1,True,False|phantomdb,public,invoice,invoice_note,customer_id,2,False,False|phantomdb,public,invoice,invoice_note,id,3,False,True",
        null, null, null, "invoice_note")]
    [DataRow("Views", "phantomdb,public,names,NONE", null, "public", "names")]
    public void A_collection_is_narrowed_down_by_its_restrictions(string collection, string rows, params string?[] restrictions)
    {
        using PhantomDbConnection connection = OpenShop();
        using DataTable table = connection.GetSchema(collection, restrictions);
        int columnCount = collection == "Views" ? 4 : table.Columns.Count;
        Assert.AreEqual(rows, string.Join('|', table.Rows.Cast<DataRow>().Select(row => string.Join(',', row.ItemArray.Take(columnCount)))));
    }

    [TestMethod]
    public void Columns_tell_type_default_and_nullability()
    {
        using PhantomDbConnection connection = OpenShop();
        using DataTable columns = connection.GetSchema("Columns", [null, null, "customer"]);
        CollectionAssert.AreEqual(new[] { "id", "name", "credit" }, columns.Rows.Cast<DataRow>().Select(row => row["column_name"]).ToArray());
        DataRow name = columns.Rows[1], credit = columns.Rows[2];
        Assert.AreEqual(("NO", "character varying", 20), (name["is_nullable"], name["data_type"], name["character_maximum_length"]));
        Assert.AreEqual(("YES", "1", 10, 2), (credit["is_nullable"], credit["column_default"], credit["numeric_precision"], credit["numeric_scale"]));
        Assert.AreEqual(DBNull.Value, name["numeric_precision"]);
    }

    [TestMethod]
    public void Constraints_are_those_that_have_been_made_and_no_columns_property()
    {
        using PhantomDbConnection connection = OpenShop();
        using DataTable constraints = connection.GetSchema("Constraints", [null, "public", "customer"]);
        CollectionAssert.AreEqual(new[] { "customer_credit_check", "customer_name_key", "customer_pkey" }, constraints.Rows.Cast<DataRow>().Select(row => row["constraint_name"]).ToArray());
        Assert.AreEqual("CHECK ((credit > (0)::numeric))", constraints.Rows[0]["definition"]);
    }

    [TestMethod]
    public void The_types_are_those_that_CREATE_TABLE_takes_and_a_reader_gives()
    {
        using PhantomDbConnection connection = Open();
        using DataTable types = connection.GetSchema(DbMetaDataCollectionNames.DataTypes);
        HashSet<string> best = [];
        foreach (DataRow type in types.Rows)
        {
            string format = string.Format(CultureInfo.InvariantCulture, (string)type["CreateFormat"], 5, 2);
            Run(connection, $"CREATE TABLE t (a {format})");
            using PhantomDbCommand command = Command(connection, "SELECT a FROM t");
            using (PhantomDbDataReader reader = command.ExecuteReader())
            {
                Assert.AreEqual(type["DataType"], reader.GetFieldType(0).FullName, format);
                StringAssert.StartsWith(reader.GetDataTypeName(0), ((string)type["TypeName"]).Split(' ')[0]);
            }
            Run(connection, "DROP TABLE t");
            Assert.IsTrue(!(bool)type["IsBestMatch"] || best.Add((string)type["DataType"]), format);
            if (type["LiteralPrefix"] is string prefix)
            {
                string text = (string)type["DataType"] switch
                {
                    "System.DateOnly" => "2026-11-22", "System.TimeOnly" => "12:00", "System.DateTime" => "2026-11-22 12:00", "System.TimeSpan" => "1h",
                    "System.Guid" => "6f1c0000-0000-0000-0000-000000000001", _ => "x",
                };
                Assert.IsNotNull(Scalar(connection, $"SELECT {prefix}{text}{type["LiteralSuffix"]}"));
            }
        }
        Assert.HasCount(types.Rows.Cast<DataRow>().Select(row => row["DataType"]).Distinct().Count(), best);
    }

    [TestMethod]
    public void The_data_source_tells_what_it_is_and_how_its_SQL_looks()
    {
        using PhantomDbConnection connection = Open();
        using DataTable facts = connection.GetSchema(DbMetaDataCollectionNames.DataSourceInformation);
        DataRow row = facts.Rows.Cast<DataRow>().Single();
        Assert.AreEqual(("PhantomDB", connection.ServerVersion), (row["DataSourceProductName"], row["DataSourceProductVersion"]));
        Assert.AreEqual(((int)GroupByBehavior.Unrelated, (int)IdentifierCase.Insensitive), (row["GroupByBehavior"], row["IdentifierCase"]));
        string marker = string.Format(CultureInfo.InvariantCulture, (string)row["ParameterMarkerFormat"], "name");
        Assert.AreEqual(7, Scalar(connection, $"SELECT {marker}::int", ("name", 7)));
        Assert.MatchesRegex(new System.Text.RegularExpressions.Regex($"^({row["ParameterMarkerPattern"]})$"), marker);
        using DataTable words = connection.GetSchema(DbMetaDataCollectionNames.ReservedWords);
        foreach (DataRow word in words.Rows)
        {
            Assert.AreEqual("42601", Assert.ThrowsExactly<PhantomDbException>(() => Run(connection, $"CREATE TABLE {word[0]} (a int)")).SqlState, (string)word[0]);
        }
        Assert.IsGreaterThan(60, words.Rows.Count);
    }

    [TestMethod]
    public async Task What_there_is_not_and_a_connection_that_cannot_be_asked_are_refused()
    {
        using PhantomDbConnection connection = OpenShop();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => connection.GetSchema("Nothing")).Message, "There is no collection \"Nothing\"");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => connection.GetSchema("Tables", new string?[5])).Message, "has 4 restrictions, not 5");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => connection.GetSchema("DataTypes", ["int"])).Message, "has 0 restrictions, not 1");
        Assert.ThrowsExactly<ArgumentNullException>(() => connection.GetSchema(null!));
        using (DataTable tables = await connection.GetSchemaAsync("Tables", [null, "old"]).ConfigureAwait(false))
        {
            Assert.AreEqual(1, tables.Rows.Count);
        }
        await Assert.ThrowsAsync<OperationCanceledException>(() => connection.GetSchemaAsync(new CancellationToken(canceled: true))).ConfigureAwait(false);
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => connection.GetSchemaAsync("Nothing")).ConfigureAwait(false);
        using (PhantomDbCommand command = Command(connection, "SELECT 1"))
        using (command.ExecuteReader())
        {
            Assert.ThrowsExactly<InvalidOperationException>(() => connection.GetSchema("Tables"));
        }
        connection.Close();
        Assert.ThrowsExactly<InvalidOperationException>(connection.GetSchema);
    }

    private static PhantomDbConnection OpenShop()
    {
        PhantomDbConnection connection = Open();
        Run(connection, Shop);
        return connection;
    }
}
