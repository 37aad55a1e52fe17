using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which numbers and oids an altered table keeps, and which it gets.</summary>
[TestClass]
public sealed class AlteredTableTests : DefinitionTest
{
    private int _oid = 100;

    private TableRecord Read(params string[] lines) => TableRecord.Read(new TableBuilder(1, "public", "t", () => _oid++), Values(lines), isAlter: true);

    private TableDefinition Altered(TableDefinition old, params string[] lines)
    {
        TableRecord record = Read(lines);
        return AlteredTable.Of(record.Table, old, record.Sources);
    }

    private static string Numbers(TableDefinition table) => string.Join(' ', table.Columns.Select(c => $"{c.Name}{c.Number}")) + $" | {table.NextColumnNumber}";

    [TestMethod]
    public void Columns_keep_their_storage_numbers_under_whatever_name_and_new_ones_get_new_numbers()
    {
        TableDefinition table = Read("COLUMNS:a:int,b:int,c:string").Table;
        table = Altered(table, "COLUMNS:x:int,c:string,y:int,a:int", "FROM:,c,=5,b");
        Assert.AreEqual("x3 c2 y4 a1 | 5", Numbers(table));
        Assert.AreEqual(1, table.Version);
        table = Altered(table, "COLUMNS:y:int,z:string", "FROM:y,");
        Assert.AreEqual("y4 z5 | 6", Numbers(table), "a number that is free is not given again");
        Assert.AreEqual(2, table.Version);
        table = Altered(table, "\"COLUMNS:\"\"Y\"\":int\"", "FROM:y");
        Assert.AreEqual("Y4 | 6", Numbers(table));
        Assert.AreEqual("y4 | 6", Numbers(Altered(table, "COLUMNS:y:int", "\"FROM:\"\"Y\"\"\"")));
    }

    [TestMethod]
    [DataRow("COLUMNS:a:int,b:int", "FROM:a,a", "two columns come from the same one")]
    [DataRow("COLUMNS:a:int,b:int", "FROM:a,z", "column \"z\", from which a column comes, does not exist or has another type")]
    [DataRow("COLUMNS:a:int,b:bigint", "FROM:a,b", "column \"b\", from which a column comes, does not exist or has another type")]
    public void A_source_is_one_column_of_the_same_storage(string columns, string from, string reason)
    {
        TableDefinition table = Read("COLUMNS:a:int,b:int").Table;
        Assert.AreEqual(reason, Assert.ThrowsExactly<FormatException>(() => Altered(table, columns, from)).Message);
    }

    [TestMethod]
    public void A_type_may_change_where_storage_does_not()
    {
        TableDefinition table = Altered(Read("COLUMNS:a:varchar(5)").Table, "COLUMNS:a:string", "FROM:a");
        Assert.AreEqual((SqlTypeId.Text, 0), (table.Columns[0].Type.Id, table.Columns[0].Number));
    }

    [TestMethod]
    public void Indexes_of_the_same_keys_keep_their_oids()
    {
        TableDefinition old = Read("COLUMNS:a:int,b:int", "INDEX:one (a)", "INDEX:two (b)", "\"INDEX:three (a, b)\"").Table;
        int Oid(TableDefinition table, string name) => table.Indexes.Single(i => i.Name == name).Oid;
        TableDefinition table = Altered(old, "COLUMNS:b:int,a:int,c:int", "INDEX:two (b)", "INDEX:uno (a)", "\"INDEX:three (b, a)\"", "INDEX:four (c)", "FROM:b,a,");
        Assert.AreEqual((Oid(old, "one"), Oid(old, "two")), (Oid(table, "uno"), Oid(table, "two")));
        CollectionAssert.AreEqual(new[] { 1 }, table.Indexes[0].Columns.Select(c => c.ColumnNumber).ToArray());
        CollectionAssert.AreEqual(new[] { 1, 0 }, table.Indexes[2].Columns.Select(c => c.ColumnNumber).ToArray());
        CollectionAssert.AreEqual(new[] { 2 }, table.Indexes[3].Columns.Select(c => c.ColumnNumber).ToArray());
        Assert.AreNotEqual(Oid(old, "three"), Oid(table, "three"));
        Assert.HasCount(4, table.Indexes.Select(i => i.Oid).Distinct());
    }

    [TestMethod]
    public void Of_indexes_of_the_same_keys_each_is_kept_once_and_the_one_of_the_same_name_first()
    {
        TableDefinition old = Read("COLUMNS:a:int", "INDEX:one (a)", "INDEX:two (a)").Table;
        TableDefinition table = Altered(old, "COLUMNS:a:int", "INDEX:two (a)", "INDEX:new (a)", "INDEX:newer (a)", "FROM:a");
        Assert.AreEqual((old.Indexes[1].Oid, old.Indexes[0].Oid), (table.Indexes[0].Oid, table.Indexes[1].Oid));
        Assert.IsFalse(old.Indexes.Any(i => i.Oid == table.Indexes[2].Oid));
    }

    [TestMethod]
    [DataRow("INDEX:i UNIQUE (a)")]
    [DataRow("INDEX:i (a DESC)")]
    [DataRow("\"INDEX:i (a, b)\"")]
    [DataRow("INDEX:i UNIQUE NULLS NOT DISTINCT (a)")]
    [DataRow("CONSTRAINT:i UNIQUE (a)")]
    [DataRow("CONSTRAINT:i UNIQUE NULLS NOT DISTINCT (a)")]
    [DataRow("CONSTRAINT:i UNIQUE (a) DEFERRABLE")]
    public void An_index_that_is_anything_else_is_another_one(string line)
    {
        string[] lines = ["INDEX:i (a)", "INDEX:i UNIQUE (a)", "INDEX:i (a DESC)", "\"INDEX:i (a, b)\"", "INDEX:i UNIQUE NULLS NOT DISTINCT (a)", "CONSTRAINT:i UNIQUE (a)",
            "CONSTRAINT:i UNIQUE NULLS NOT DISTINCT (a)", "CONSTRAINT:i UNIQUE (a) DEFERRABLE"];
        TableDefinition old = Read("COLUMNS:a:int,b:int", line).Table;
        foreach (string other in lines)
        {
            TableDefinition table = Altered(old, "COLUMNS:a:int,b:int", other, "FROM:a,b");
            Assert.AreEqual(other == line, old.Indexes[0].Oid == table.Indexes[0].Oid, other);
            Assert.IsTrue(table.Constraints.Count == 0 || table.Constraints[0].IndexOid == table.Indexes[0].Oid, other);
        }
    }

    [TestMethod]
    public void Constraints_and_included_columns_go_with_their_columns()
    {
        TableDefinition old = Read("COLUMNS:a:int,b:int,c:int", "CONSTRAINT:pk PRIMARY KEY (a)").Table;
        TableDefinition table = Altered(old, "COLUMNS:c:int,b:int,a:int", "CONSTRAINT:pk PRIMARY KEY (a)", "CONSTRAINT:ck CHECK (c > b)", "\"INDEX:i (b) INCLUDE (c, a)\"", "FROM:c,b,a");
        CollectionAssert.AreEqual(new[] { 0 }, table.PrimaryKey!.Columns.ToArray());
        Assert.AreEqual(old.PrimaryKey!.IndexOid, table.PrimaryKey.IndexOid);
        ConstraintDefinition check = table.Constraints.Single(c => c.Kind == ConstraintKind.Check);
        CollectionAssert.AreEqual(new[] { 2, 1 }, check.Columns.ToArray());
        Assert.AreEqual(0, check.IndexOid);
        CollectionAssert.AreEqual(new[] { 2, 0 }, table.Indexes.Single(i => i.Name == "i").Included.ToArray());
    }

    [TestMethod]
    public void Constants_are_what_all_rows_have_in_the_columns_that_come_from_one()
    {
        TableRecord record = Read("COLUMNS:a:int,t:string,n:int,e:string,b:int", "\"FROM:a\",\"=say \"\"x\"\", and more than that\",,=,=-7");
        TableDefinition table = AlteredTable.Of(record.Table, Read("COLUMNS:a:int").Table, record.Sources);
        RowBuffer values = AlteredTable.Constants(table, record.Sources)!;
        CollectionAssert.AreEqual(new[] { 1, 3, 4 }, values.Columns);
        Assert.AreEqual("say \"x\", and more than that", System.Text.Encoding.UTF8.GetString(values.GetBytes(0)));
        Assert.AreEqual((0, -7), (values.GetBytes(1).Length, values.Get<int>(2)));
        Assert.IsFalse(values.IsNull(1));
        Assert.IsNull(AlteredTable.Constants(table, [new ColumnSource("a", null), default, default, default, default]));
    }
}
