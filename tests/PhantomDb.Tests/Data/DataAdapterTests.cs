using System.Collections.ObjectModel;
using System.Data;
using System.Data.Common;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

/// <summary>Where a result's columns come from, and what is built on it: adapters that write a table's changes back.</summary>
[TestClass]
public sealed class DataAdapterTests : DataTest
{
    private const string Shop = """
        CREATE SCHEMA shop;
        CREATE TABLE shop.fruit (id serial PRIMARY KEY, "Name" varchar(20) NOT NULL UNIQUE, price numeric(10,2), added date DEFAULT '2024-01-02');
        CREATE TABLE part (a integer, b integer, note text, PRIMARY KEY (a, b));
        CREATE VIEW cheap AS SELECT id, "Name" AS label FROM shop.fruit WHERE price < 2;
        INSERT INTO shop.fruit ("Name", price) VALUES ('apple', 1.50), ('pear', NULL), ('plum', 0.30);
        INSERT INTO part VALUES (1, 1, 'x'), (1, 2, 'y')
        """;

    // For each column: schema.table.column, then K(ey), U(nique), N(ot null), A(utomatic), R(ead only).
    [TestMethod]
    [DataRow("SELECT * FROM shop.fruit", "shop.fruit.id KUNA|shop.fruit.Name UN|shop.fruit.price |shop.fruit.added ")]
    [DataRow("SELECT id AS number, price * 2, \"Name\" FROM shop.fruit AS f WHERE price > 1 ORDER BY 1 LIMIT 5 FOR UPDATE", "shop.fruit.id KUNA|.. R|shop.fruit.Name UN")]
    [DataRow("SELECT b, a FROM part", "public.part.b KN|public.part.a KN")]
    [DataRow("SELECT b, note FROM part", "public.part.b N|public.part.note ")]
    [DataRow("SELECT label, id FROM cheap", "shop.fruit.Name UN|shop.fruit.id KUNA")]
    [DataRow("SELECT id, (SELECT count(*) FROM part) FROM shop.fruit WHERE id IN (SELECT a FROM part)", "shop.fruit.id KUNA|.. R")]
    [DataRow("SELECT f.id, p.a, p.b FROM shop.fruit f LEFT JOIN part p ON p.a = f.id", "shop.fruit.id NA|public.part.a |public.part.b ")]
    [DataRow("SELECT id, generate_series(1, 2) FROM shop.fruit", "shop.fruit.id NA|.. R")]
    [DataRow("SELECT a, count(*) FROM part GROUP BY a", "public.part.a N|.. R")]
    [DataRow("SELECT a FROM part GROUP BY ROLLUP (a)", "public.part.a ")]
    [DataRow("SELECT id FROM shop.fruit UNION ALL SELECT a FROM part", ".. R")]
    [DataRow("SELECT id, (SELECT id FROM shop.fruit ORDER BY 1 LIMIT 1), (SELECT \"Name\" FROM shop.fruit g WHERE g.id = f.id) FROM shop.fruit f", "shop.fruit.id KUNA|.. R|.. R")]
    [DataRow("SELECT f.id, g.id FROM shop.fruit f JOIN shop.fruit g ON true", "shop.fruit.id NA|shop.fruit.id NA")]
    [DataRow("INSERT INTO part (b, a) SELECT a, b + 5 FROM part RETURNING a, b", ".. R|.. R")]
    [DataRow("UPDATE part SET a = b WHERE b = 2 RETURNING a, b", ".. R|.. R")]
    [DataRow("UPDATE part SET note = f.\"Name\" FROM shop.fruit f WHERE f.id = b RETURNING part.note, f.id", ".. R|.. R")]
    [DataRow("DELETE FROM part RETURNING note, a", ".. R|.. R")]
    [DataRow("SELECT 1 AS id, 'x'::varchar(5)", ".. R|.. R")]
    [DataRow("WITH f AS (SELECT id, price FROM shop.fruit) SELECT price, id FROM f", "shop.fruit.price |shop.fruit.id KUNA")]
    public void The_schema_tells_where_columns_come_from_and_which_are_keys(string sql, string expected)
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbTransaction transaction = connection.BeginTransaction();
        using PhantomDbCommand command = Command(connection, sql);
        foreach (CommandBehavior behavior in new[] { CommandBehavior.KeyInfo, CommandBehavior.KeyInfo | CommandBehavior.SchemaOnly })
        {
            using PhantomDbDataReader reader = command.ExecuteReader(behavior);
            ReadOnlyCollection<DbColumn> columns = reader.GetColumnSchema();
            Assert.AreEqual(expected, string.Join('|', columns.Select(column =>
                $"{column.BaseSchemaName}.{column.BaseTableName}.{column.BaseColumnName} {Flag(column.IsKey, "K")}{Flag(column.IsUnique, "U")}{Flag(!column.AllowDBNull, "N")}{Flag(column.IsAutoIncrement, "A")}{Flag(column.IsReadOnly, "R")}")));
            Assert.AreEqual(expected, string.Join('|', reader.GetSchemaTable()!.Rows.Cast<DataRow>().Select(row =>
                $"{row["BaseSchemaName"]}.{row["BaseTableName"]}.{row["BaseColumnName"]} {Flag((bool)row["IsKey"], "K")}{Flag((bool)row["IsUnique"], "U")}{Flag(!(bool)row["AllowDBNull"], "N")}{Flag((bool)row["IsAutoIncrement"], "A")}{Flag((bool)row["IsReadOnly"], "R")}")));
            Assert.IsTrue(columns.All(column => column.IsExpression == (column.BaseTableName is null)));
            Assert.IsTrue(columns.All(column => column.IsAliased == (column.BaseColumnName is not null && column.BaseColumnName != column.ColumnName)));
        }
    }

    [TestMethod]
    public void Keys_are_told_only_where_they_are_asked_for()
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbCommand command = Command(connection, "SELECT id FROM shop.fruit");
        using PhantomDbDataReader reader = command.ExecuteReader();
        DbColumn column = reader.GetColumnSchema().Single();
        Assert.AreEqual("fruit", column.BaseTableName);
        Assert.IsNull(column.IsKey);
        Assert.IsNull(column.AllowDBNull);
        Assert.AreSame(DBNull.Value, reader.GetSchemaTable()!.Rows[0][SchemaTableColumn.IsKey]);
        DataTable table = new();
        table.Load(reader);
        Assert.IsEmpty(table.PrimaryKey);
        Assert.IsFalse(table.Columns[0].ReadOnly);
    }

    [TestMethod]
    public void A_columns_origin_is_the_catalogs()
    {
        using PhantomDbConnection connection = OpenShop();
        using QueryResult result = connection.Session.Execute("SELECT price, 1 FROM shop.fruit");
        ColumnOrigin origin = result.Columns[0].Origin!;
        Assert.IsNull(result.Columns[1].Origin);
        Assert.AreSame(origin, result.Columns[0].Origin);
        result.Dispose();
        Assert.AreEqual("price", Scalar(connection, "SELECT attname FROM pg_attribute WHERE attrelid = 'shop.fruit'::regclass AND attrelid = @oid AND attnum = @number",
            ("oid", origin.TableOid), ("number", origin.ColumnNumber)));
    }

    [TestMethod]
    public void An_adapter_fills_a_table_with_its_key()
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbDataAdapter adapter = new("SELECT * FROM shop.fruit ORDER BY id", connection) { MissingSchemaAction = MissingSchemaAction.AddWithKey };
        DataTable table = new();
        Assert.AreEqual(3, adapter.Fill(table));
        Assert.AreEqual("id", table.PrimaryKey.Single().ColumnName);
        Assert.IsTrue(table.Columns["id"]!.AutoIncrement);
        Assert.IsFalse(table.Columns["Name"]!.AllowDBNull);
        Assert.AreEqual(20, table.Columns["Name"]!.MaxLength);
        Assert.AreSame(DBNull.Value, table.Rows.Find(2)!["price"]);
    }

    [TestMethod]
    public void A_table_filled_with_its_key_takes_text_and_bytes_of_any_length_where_the_type_has_none()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id text PRIMARY KEY, note varchar, photo bytea); INSERT INTO t VALUES ('a', 'b', '\\x01')");
        using PhantomDbDataAdapter adapter = new("SELECT * FROM t", connection) { MissingSchemaAction = MissingSchemaAction.AddWithKey };
        using PhantomDbCommandBuilder builder = new(adapter);
        DataTable table = new();
        adapter.Fill(table);
        Assert.AreEqual("-1,-1,-1", string.Join(',', table.Columns.Cast<DataColumn>().Select(column => column.MaxLength)));
        string text = new('x', 100_000);
        table.Rows[0]["id"] = text;
        table.Rows[0]["note"] = text;
        table.Rows[0]["photo"] = new byte[100_000];
        Assert.AreEqual(1, adapter.Update(table));
        using PhantomDbCommand all = Command(connection, "SELECT length(id), length(note), length(photo) FROM t");
        using PhantomDbDataReader reader = all.ExecuteReader();
        DataTable loaded = new();
        loaded.Load(reader);
        Assert.AreEqual("100000,100000,100000", string.Join(',', loaded.Rows[0].ItemArray));
    }

    [TestMethod]
    [DataRow(ConflictOption.CompareAllSearchableValues)]
    [DataRow(ConflictOption.OverwriteChanges)]
    public void An_adapter_writes_changes_back_with_the_commands_of_a_builder(ConflictOption option)
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbDataAdapter adapter = new("SELECT id, \"Name\", price, added FROM shop.fruit ORDER BY id", connection) { MissingSchemaAction = MissingSchemaAction.AddWithKey };
        using PhantomDbCommandBuilder builder = new(adapter) { ConflictOption = option };
        DataTable table = new();
        adapter.Fill(table);
        table.Rows[0]["price"] = 1.75m;
        table.Rows[1]["price"] = 2m;
        table.Rows[1]["added"] = DBNull.Value;
        table.Rows[2].Delete();
        table.Rows.Add(null, "fig", DBNull.Value, new DateOnly(2024, 5, 6));
        List<StatementType> written = [];
        adapter.RowUpdated += (_, row) => written.Add(row.StatementType);
        Assert.AreEqual(4, adapter.Update(table));
        Assert.AreEqual("Update,Update,Delete,Insert", string.Join(',', written));
        using PhantomDbCommand all = Command(connection, "SELECT id, \"Name\", price, added::text FROM shop.fruit ORDER BY id");
        using PhantomDbDataReader reader = all.ExecuteReader();
        Assert.AreEqual("1,apple,1.75,2024-01-02|2,pear,2.00,|4,fig,,2024-05-06", Rows(reader));
    }

    [TestMethod]
    public void A_row_that_somebody_else_has_changed_is_not_overwritten_unseen()
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbDataAdapter adapter = new("SELECT id, price FROM shop.fruit", connection);
        using PhantomDbCommandBuilder builder = new(adapter);
        DataTable table = new();
        adapter.Fill(table);
        Run(connection, "UPDATE shop.fruit SET price = 9 WHERE id = 1");
        table.Select("id = 1")[0]["price"] = 5m;
        Assert.Throws<DBConcurrencyException>(() => adapter.Update(table));
        Assert.AreEqual(9m, Scalar(connection, "SELECT price FROM shop.fruit WHERE id = 1"));
    }

    [TestMethod]
    [DataRow("text", "apple", "pear")]
    [DataRow("varchar", "apple", "pear")]
    [DataRow("varchar(10)", "apple", "pear")]
    [DataRow("char(5)", "apple", "pear")]
    [DataRow("bytea", "\\x01", "\\x02")]
    [DataRow("uuid", "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")]
    public void A_key_of_any_type_finds_its_own_row_and_no_other(string type, string first, string second)
    {
        foreach (string key in new[] { "code", "code, year" })
        {
            using PhantomDbConnection connection = Open();
            Run(connection, $"CREATE TABLE price (code {type}, year integer, amount integer, PRIMARY KEY ({key})); INSERT INTO price VALUES ('{first}', 2026, 3), ('{second}', 2026, 3)");
            using PhantomDbDataAdapter adapter = new("SELECT * FROM price ORDER BY code", connection);
            using PhantomDbCommandBuilder builder = new(adapter);
            DataTable table = new();
            adapter.Fill(table);
            table.Rows[0]["amount"] = 4;
            Assert.AreEqual(1, adapter.Update(table));
            Assert.AreEqual($"{first} 4,{second} 3", All(connection));
            table.Rows[0].Delete();
            Assert.AreEqual(1, adapter.Update(table));
            Assert.AreEqual($"{second} 3", All(connection));
        }

        static object? All(PhantomDbConnection connection) => Scalar(connection, "SELECT string_agg(code::text || ' ' || amount, ',' ORDER BY code) FROM price");
    }

    [TestMethod]
    [DataRow("text", "'a'", "'b'", "'c'")]
    [DataRow("text", "NULL", "'b'", "'c'")]
    [DataRow("varchar", "'a'", "'b'", "'c'")]
    [DataRow("varchar(10)", "'a'", "'b'", "'c'")]
    [DataRow("char(5)", "'a'", "'b'", "'c'")]
    [DataRow("bytea", "'\\x01'", "'\\x02'", "'\\x03'")]
    [DataRow("bytea", "'\\x01'", "NULL", "'\\x03'")]
    [DataRow("interval", "'1 day'", "'2 days'", "'3 days'")]
    [DataRow("boolean", "true", "NULL", "false")]
    public void A_value_of_any_type_that_somebody_else_has_changed_is_not_overwritten_unseen(string type, string before, string theirs, string mine)
    {
        using PhantomDbConnection connection = Open();
        Run(connection, $"CREATE TABLE t (id integer PRIMARY KEY, value {type}); INSERT INTO t VALUES (1, {before}), (2, {before})");
        using PhantomDbDataAdapter adapter = new("SELECT * FROM t ORDER BY id", connection);
        using PhantomDbCommandBuilder builder = new(adapter);
        DataTable table = new();
        adapter.Fill(table);
        Run(connection, $"UPDATE t SET value = {theirs} WHERE id = 1");
        object own = Scalar(connection, $"SELECT {mine}::{type}")!;
        table.Rows[0]["value"] = own;
        Assert.Throws<DBConcurrencyException>(() => adapter.Update(table));
        table.Rows[0].AcceptChanges();
        table.Rows[1]["value"] = own;
        Assert.AreEqual(1, adapter.Update(table));   // nobody has changed this one
        Assert.AreEqual(true, Scalar(connection, $"SELECT value IS NOT DISTINCT FROM {theirs}::{type} FROM t WHERE id = 1"));
        Assert.AreEqual(true, Scalar(connection, $"SELECT value = {mine}::{type} FROM t WHERE id = 2"));
    }

    [TestMethod]
    public void A_query_without_a_key_has_no_commands_for_changes()
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbDataAdapter adapter = new("SELECT price FROM shop.fruit", connection);
        using PhantomDbCommandBuilder builder = new(adapter);
        Assert.Throws<InvalidOperationException>(builder.GetUpdateCommand);
        Assert.Contains("\"shop\".\"fruit\"", builder.GetInsertCommand().CommandText);
    }

    [TestMethod]
    public void Names_are_quoted_and_a_builder_lets_go_of_its_adapter()
    {
        using PhantomDbConnection connection = OpenShop();
        using PhantomDbDataAdapter adapter = new("SELECT id, price FROM shop.fruit", connection);
        using PhantomDbCommandBuilder builder = new(adapter);
        Assert.AreEqual("\"a \"\"b\"\"\"", builder.QuoteIdentifier("a \"b\""));
        Assert.AreEqual("a \"b\"", builder.UnquoteIdentifier(builder.QuoteIdentifier("a \"b\"")));
        Assert.AreEqual("a", builder.UnquoteIdentifier("a"));
        Assert.Contains("@price", builder.GetInsertCommand(useColumnsForParameterNames: true).CommandText);
        builder.DataAdapter = null;
        DataTable table = new();
        adapter.Fill(table);
        table.Rows[0]["price"] = 5m;
        Assert.Throws<InvalidOperationException>(() => adapter.Update(table));
    }

    private static string Flag(bool? isSet, string flag) => isSet == true ? flag : "";

    private static PhantomDbConnection OpenShop()
    {
        PhantomDbConnection connection = Open();
        Run(connection, Shop);
        return connection;
    }
}
