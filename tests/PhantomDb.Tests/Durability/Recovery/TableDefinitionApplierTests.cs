using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Types;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Records TABLE and ALTER: what becomes of the catalog, the tables, and what belongs to them.</summary>
[TestClass]
public sealed class TableDefinitionApplierTests : DefinitionTest
{
    private const string Key = "\"CONSTRAINT:t_pkey PRIMARY KEY (id, name)\"";
    private static readonly string[] Lines = ["COLUMNS:id:int,name:string,age:smallint", "NOTNULL:age", "DEFAULT:age,18", Key];

    [TestMethod]
    public void A_new_table_is_in_the_catalog_and_has_no_rows()
    {
        Apply(LogOperation.Table, "t", [.. Lines, "COMMENT:TABLE,of people", "COMMENT:COLUMN,age,in years"]);
        TableDefinition table = Table("t");
        CollectionAssert.AreEqual(new[] { "id", "name", "age" }, table.Columns.Select(c => c.Name).ToArray());
        CollectionAssert.AreEqual(new[] { true, true, true }, table.Columns.Select(c => c.IsNotNull).ToArray());
        Assert.AreEqual((SqlTypeId.Int16, "18", "in years", "of people"), (table.Columns[2].Type.Id, table.Columns[2].DefaultText, table.Columns[2].Comment, table.Comment));
        CollectionAssert.AreEqual(new[] { 0, 1 }, table.PrimaryKey!.Columns.ToArray());
        Assert.AreEqual(table.PrimaryKey.IndexOid, table.Indexes.Single().Oid);
        Assert.AreEqual(table.Oid, Database.Storage.GetTable(table.Oid).Definition.Oid);
        Assert.HasCount(3, new HashSet<int> { table.Oid, table.PrimaryKey.Oid, table.PrimaryKey.IndexOid });
        Apply(LogOperation.Table, "u", Lines[0]);
        Assert.AreEqual(Catalog.NextOid - 1, Table("u").Oid);
    }

    [TestMethod]
    public void A_name_is_free_or_the_table_is_refused()
    {
        Apply(LogOperation.Table, "t", Lines);
        Commit(LogOperation.View, "v", "COLUMNS:", "QUERY:SELECT");
        Apply(LogOperation.Sequence, "s", SequenceLine("s"));
        AssertRefused("\"v\" is there already", LogOperation.Table, "v", Lines[0]);
        AssertRefused("\"s\" is there already", LogOperation.Table, "s", Lines[0]);
        AssertRefused("\"t_pkey\" is there already", LogOperation.Table, "u", "COLUMNS:a:int", "CONSTRAINT:t_pkey PRIMARY KEY (a)");
        AssertRefused("schema \"app\" does not exist", LogOperation.Table, "app.t", Lines[0]);
        Assert.IsNull(Catalog.FindTable("public", "u"));
        Apply(LogOperation.Schema, "app");
        Apply(LogOperation.Table, "app.t", Lines);   // names of another schema are others
        Assert.AreNotEqual(Table("t").Oid, Catalog.FindTable("app", "t")!.Oid);
    }

    [TestMethod]
    public void What_a_segment_repeats_of_a_table_changes_nothing()
    {
        Apply(LogOperation.Table, "t", Lines);
        (DatabaseCatalog before, object store) = (Catalog, Database.Storage.GetTable(Table("t").Oid));
        Apply(LogOperation.Table, "t", Lines);
        Apply(LogOperation.Table, "t", "COLUMNS:id:int,name:string,age:smallint", "NOTNULL:age", Key, "INDEX:more (age)", "CONSTRAINT:c CHECK (age > 0)");   // none of which changes its rows
        Assert.AreSame(before, Catalog);
        Assert.AreSame(store, Database.Storage.GetTable(Table("t").Oid));
        Assert.IsTrue(Applier.IsRepeated(LogOperation.Table, "t"));
        Assert.IsFalse(Applier.IsRepeated(LogOperation.Table, "u"));
        Assert.IsFalse(Applier.IsRepeated(LogOperation.Alter, "t"));
    }

    [TestMethod]
    [DataRow("COLUMNS:id:int,name:string", Key)]
    [DataRow("COLUMNS:id:int,name:string,age:smallint,more:int", "NOTNULL:age", Key)]
    [DataRow("COLUMNS:id:int,name:string,years:smallint", "NOTNULL:years", Key)]
    [DataRow("COLUMNS:id:int,name:string,age:int", "NOTNULL:age", Key)]
    [DataRow("COLUMNS:id:int,name:string,age:smallint", Key)]
    [DataRow("COLUMNS:id:int,name:string,age:smallint", "NOTNULL:age,id,name")]
    [DataRow("COLUMNS:id:int,name:string,age:smallint", "NOTNULL:age,id,name", "\"CONSTRAINT:t_pkey UNIQUE (id, name)\"")]
    [DataRow("COLUMNS:id:int,name:string,age:smallint", "NOTNULL:age", "\"CONSTRAINT:t_pkey PRIMARY KEY (name, id)\"")]
    [DataRow("COLUMNS:id:int,name:string,age:smallint", "NOTNULL:age,name", "CONSTRAINT:t_pkey PRIMARY KEY (id)")]
    public void What_a_segment_repeats_of_another_table_is_refused(params string[] lines)
    {
        Apply(LogOperation.Table, "t", Lines);
        AssertRefused("the definition of table \"t\" that the log repeats is not the one that the table has", LogOperation.Table, "t", lines);
    }

    [TestMethod]
    public void Foreign_keys_are_tied_when_all_tables_are_there()
    {
        Apply(LogOperation.Table, "child", "COLUMNS:id:int,parent:int", "CONSTRAINT:child_fk FOREIGN KEY (parent) REFERENCES parent (id)", "COMMENT:CONSTRAINT,child_fk,whose");
        Apply(LogOperation.Table, "parent", "COLUMNS:id:int", "CONSTRAINT:parent_pkey PRIMARY KEY (id)");
        Assert.IsEmpty(Table("child").Constraints);
        Applier.EndTransaction();
        ConstraintDefinition key = Table("child").Constraints.Single();
        Assert.AreEqual((ConstraintKind.ForeignKey, Table("parent").Oid, "whose", Catalog.NextOid - 1), (key.Kind, key.ReferencedTableOid, key.Comment, key.Oid));
        Applier.EndTransaction();
        Assert.HasCount(1, Table("child").Constraints, "once");
    }

    [TestMethod]
    public void A_foreign_key_of_a_table_that_is_altered_or_goes_in_the_same_transaction_is_tied_once_or_not_at_all()
    {
        const string ForeignKey = "CONSTRAINT:fk FOREIGN KEY (parent) REFERENCES gone (id)";
        Apply(LogOperation.Table, "child", "COLUMNS:id:int,parent:int", ForeignKey);
        Apply(LogOperation.Table, "other", "COLUMNS:id:int,parent:int", "CONSTRAINT:other_fk FOREIGN KEY (parent) REFERENCES parent (id)");
        Apply(LogOperation.Table, "parent", "COLUMNS:id:int", "CONSTRAINT:parent_pkey PRIMARY KEY (id)");
        Apply(LogOperation.Table, "third", "COLUMNS:id:int,parent:int", ForeignKey);
        Apply(LogOperation.Alter, "child", "COLUMNS:id:int,parent:int", "CONSTRAINT:fk FOREIGN KEY (parent) REFERENCES parent (id)", "FROM:id,parent");
        Apply(LogOperation.Drop, "third", "TABLE");
        Applier.EndTransaction();
        Assert.HasCount(1, Table("child").Constraints);
        Assert.HasCount(1, Table("other").Constraints, "another table's stay");
        Apply(LogOperation.Table, "third", "COLUMNS:id:int,parent:int", ForeignKey);
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(Applier.EndTransaction).Message, "refers to a table \"gone\"");
    }

    [TestMethod]
    public void Indexes_with_expressions_wait_for_the_language_arm_and_go_with_their_table()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:name:string", "INDEX:by_lower (lower(name))");
        Apply(LogOperation.Table, "u", "COLUMNS:name:string", "INDEX:some (name) WHERE name > ''");
        CollectionAssert.AreEqual(new[] { (Table("t").Oid, "by_lower"), (Table("u").Oid, "some") }, Applier.LateIndexes.Select(i => (i.TableOid, i.Name)).ToArray());
        Apply(LogOperation.Alter, "t", "COLUMNS:name:string", "INDEX:by_upper (upper(name))", "FROM:name");
        CollectionAssert.AreEquivalent(new[] { "by_upper", "some" }, Applier.LateIndexes.Select(i => i.Name).ToArray());
        Apply(LogOperation.Drop, "t", "TABLE");
        CollectionAssert.AreEqual(new[] { "some" }, Applier.LateIndexes.Select(i => i.Name).ToArray());
    }

    [TestMethod]
    public void Sequences_of_a_table_are_made_with_it_and_belong_to_their_columns()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:a:int,id:int", SequenceLine("free", "LAST 7 CALLED"), SequenceLine("t_id_seq", "OWNED BY id LAST 3"), "COMMENT:SEQUENCE,t_id_seq,numbers", "COMMENT:SEQUENCE,other,nothing");
        Assert.AreEqual((Table("t").Oid, 1, "numbers"), (Sequence("t_id_seq").OwnerTableOid, Sequence("t_id_seq").OwnerColumnNumber, Sequence("t_id_seq").Comment));
        Assert.AreEqual((0, 0, default(string)), (Sequence("free").OwnerTableOid, Sequence("free").OwnerColumnNumber, Sequence("free").Comment));
        CollectionAssert.AreEqual(new[] { 0, Sequence("t_id_seq").Oid }, Table("t").Columns.Select(c => c.SequenceOid).ToArray());
        Assert.AreEqual((7, true), Database.Storage.GetSequence(Sequence("free").Oid).Position);
        Assert.AreEqual((3, false), Database.Storage.GetSequence(Sequence("t_id_seq").Oid).Position);
        AssertRefused("sequence \"s\" is owned by a column that table \"u\" does not have", LogOperation.Table, "u", "COLUMNS:a:int", SequenceLine("s", "OWNED BY id LAST 3"));
    }

    [TestMethod]
    [DataRow("ALWAYS", true)]
    [DataRow("BY DEFAULT", false)]
    public void Identity_columns_have_their_kind_and_sequence(string kind, bool isAlways)
    {
        Apply(LogOperation.Table, "t", "COLUMNS:a:int,id:int", SequenceLine("s", "OWNED BY id LAST 3"), $"IDENTITY:id,{kind},s");
        Assert.AreEqual((isAlways ? IdentityKind.Always : IdentityKind.ByDefault, Sequence("s").Oid), (Table("t").Columns[1].Identity, Table("t").Columns[1].SequenceOid));
        Assert.AreEqual((IdentityKind.None, 0), (Table("t").Columns[0].Identity, Table("t").Columns[0].SequenceOid));
    }

    [TestMethod]
    [DataRow("IDENTITY:id,SOMETIMES,s", "identity is ALWAYS or BY DEFAULT, not \"SOMETIMES\"")]
    [DataRow("IDENTITY:no,ALWAYS,s", "identity column \"no\" or its sequence is missing")]
    [DataRow("IDENTITY:id,ALWAYS,u", "identity column \"id\" or its sequence is missing")]
    [DataRow("IDENTITY:id,ALWAYS,none", "identity column \"id\" or its sequence is missing")]
    [DataRow("IDENTITY:id,ALWAYS", "not known here")]
    [DataRow("FROM:id", "\"FROM\" are not known here")]
    [DataRow("SEQUENCE:s,t", "\"SEQUENCE\" are not known here")]
    [DataRow("COMMENT:TABLE", "\"COMMENT\" are not known here")]
    [DataRow("COMMENT:COLUMN,nothing,text", "\"COMMENT\" are not known here")]
    [DataRow("QUERY:SELECT", "\"QUERY\" are not known here")]
    public void Lines_that_a_table_cannot_have_are_refused(string line, string reason)
    {
        Apply(LogOperation.Sequence, "s", SequenceLine("s"));
        Apply(LogOperation.Table, "u", "COLUMNS:a:int");
        AssertRefused(reason, LogOperation.Table, "t", "COLUMNS:id:int", line);
    }

    [TestMethod]
    public void An_altered_table_keeps_oid_and_storage_and_gets_a_version()
    {
        Commit(LogOperation.Table, "t", Lines);
        TableDefinition old = Table("t");
        Commit(LogOperation.Alter, "t", "COLUMNS:name:string,id:int,born:date", Key, "FROM:name,id,");
        TableDefinition altered = Table("t");
        Assert.AreEqual((old.Oid, 1, 4, old.PrimaryKey!.IndexOid), (altered.Oid, altered.Version, altered.NextColumnNumber, altered.PrimaryKey!.IndexOid));
        CollectionAssert.AreEqual(new[] { 1, 0, 3 }, altered.Columns.Select(c => c.Number).ToArray());
        CollectionAssert.AreEqual(new[] { 1, 0, 3 }, Database.Storage.GetTable(old.Oid).Definition.Columns.Select(c => c.Number).ToArray());
        Commit(LogOperation.Alter, "t", "COLUMNS:", "FROM:");
        Assert.AreEqual((0, 2), (Table("t").Columns.Count, Table("t").Version));
    }

    [TestMethod]
    public void An_alteration_without_a_source_for_each_column_is_refused()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:a:int,b:int");
        AssertRefused("table nobody does not exist", LogOperation.Alter, "nobody", "COLUMNS:a:int", "FROM:a");
        AssertRefused("the line FROM, with a cell for each column, is missing", LogOperation.Alter, "t", "COLUMNS:a:int,b:int");
        AssertRefused("the line FROM, with a cell for each column, is missing", LogOperation.Alter, "t", "COLUMNS:a:int,b:int", "FROM:a");
        AssertRefused("the line FROM, with a cell for each column, is missing", LogOperation.Alter, "t", "COLUMNS:a:int,b:int", "FROM:a,b,");
        AssertRefused("\"FROM\" are not known here", LogOperation.Alter, "t", "COLUMNS:a:int,b:int", "FROM:a,b", "FROM:a,b");
        AssertRefused("does not exist or has another type", LogOperation.Alter, "t", "COLUMNS:a:int,b:int", "FROM:a,c");
    }

    [TestMethod]
    public void A_sequence_that_an_alteration_does_not_name_belongs_to_nobody()
    {
        Apply(LogOperation.Schema, "app");
        Apply(LogOperation.Table, "t", "COLUMNS:a:int,b:int,c:int", SequenceLine("sa", "OWNED BY a LAST 1"), SequenceLine("sb", "OWNED BY b LAST 1"), SequenceLine("app.sa", "OWNED BY c LAST 1"));
        (int sa, int sb) = (Sequence("sa").Oid, Sequence("sb").Oid);
        Commit(LogOperation.Alter, "t", "COLUMNS:c:int,a:int", SequenceLine("sa", "OWNED BY a LAST 50 CALLED"), "FROM:c,a");
        Assert.AreEqual((sa, Table("t").Oid, 0), (Sequence("sa").Oid, Sequence("sa").OwnerTableOid, Sequence("sa").OwnerColumnNumber));
        Assert.AreEqual((sb, 0, 0), (Sequence("sb").Oid, Sequence("sb").OwnerTableOid, Sequence("sb").OwnerColumnNumber));
        Assert.AreEqual((0, 0), (Sequence("sa", "app").OwnerTableOid, Sequence("sa", "app").OwnerColumnNumber), "of another schema");
        Assert.AreEqual((0, 0), (Database.Storage.GetSequence(sb).Definition.OwnerTableOid, Database.Storage.GetSequence(sb).Definition.OwnerColumnNumber));
        Assert.AreEqual((1, false), Database.Storage.GetSequence(sa).Position, "records of the sequence's own say how it goes on");
        CollectionAssert.AreEqual(new[] { 0, sa }, Table("t").Columns.Select(c => c.SequenceOid).ToArray());
    }
}
