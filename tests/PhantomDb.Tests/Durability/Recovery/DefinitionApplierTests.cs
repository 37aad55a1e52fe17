using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Types;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Views, schemas, settings; and what is dropped, renamed and emptied.</summary>
[TestClass]
public sealed class DefinitionApplierTests : DefinitionTest
{
    private ViewDefinition View(string name, string schema = "public") => (ViewDefinition)Catalog.FindRelation(schema, name)!;

    // A table with a sequence of its own and an index with an expression, a view over it, and a sequence, all in a schema.
    private void MakeSchema(string schema)
    {
        Apply(LogOperation.Schema, schema);
        Apply(LogOperation.Table, $"{schema}.t", "COLUMNS:id:int", SequenceLine($"{schema}.t_id_seq", "OWNED BY id LAST 1"), "INDEX:late ((id + 1))");
        Apply(LogOperation.View, $"{schema}.v", "COLUMNS:id:int", $"USES:{schema}.t", $"QUERY:SELECT id FROM {schema}.t");
        Apply(LogOperation.Sequence, $"{schema}.s", SequenceLine($"{schema}.s"));
        Applier.EndTransaction();
    }

    [TestMethod]
    public void A_view_has_columns_a_query_and_what_it_uses_whenever_that_is_made()
    {
        Apply(LogOperation.View, "v", "COLUMNS:n:bigint,\"total:numeric(9,2)\"", "USES:t,w,s", "QUERY:SELECT 1", "COMMENT:VIEW,to be seen");
        Assert.IsEmpty(View("v").DependsOn);
        Apply(LogOperation.View, "w", "COLUMNS:", "QUERY:SELECT");
        Apply(LogOperation.Table, "t", "COLUMNS:id:int");
        Apply(LogOperation.Sequence, "s", SequenceLine("s"));
        Applier.EndTransaction();
        CollectionAssert.AreEqual(new[] { Table("t").Oid, View("w").Oid, Sequence("s").Oid }, View("v").DependsOn.ToArray());
        Assert.AreEqual(("SELECT 1", "to be seen", 0), (View("v").QueryText, View("v").Comment, View("v").Version));
        CollectionAssert.AreEqual(new[] { ("n", SqlTypeId.Int64), ("total", SqlTypeId.Numeric) }, View("v").Columns.Select(c => (c.Name, c.Type.Id)).ToArray());
        Assert.IsEmpty(View("w").Columns);
        Assert.IsEmpty(View("w").DependsOn);
    }

    [TestMethod]
    public void A_view_that_is_there_is_replaced_as_a_whole()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:id:int");
        Commit(LogOperation.View, "v", "COLUMNS:id:int", "USES:t", "QUERY:SELECT id FROM t", "COMMENT:VIEW,old");
        int oid = View("v").Oid, next = Catalog.NextOid;
        Commit(LogOperation.View, "v", "COLUMNS:n:bigint", "QUERY:SELECT 1::bigint AS n");
        Assert.AreEqual((oid, 1, default(string), 0, next), (View("v").Oid, View("v").Version, View("v").Comment, View("v").DependsOn.Count, Catalog.NextOid));
        Commit(LogOperation.View, "v", "COLUMNS:n:bigint", "QUERY:SELECT 2::bigint AS n");
        Assert.AreEqual(2, View("v").Version);
    }

    [TestMethod]
    [DataRow("v", "the view has no line QUERY", "COLUMNS:id:int")]
    [DataRow("v", "\"DATA\" are not known here", "COLUMNS:id:int", "QUERY:SELECT 1", "DATA:id")]
    [DataRow("v", "\"QUERY\" are not known here", "QUERY:SELECT 1,2")]
    [DataRow("v", "\"COMMENT\" are not known here", "QUERY:SELECT 1", "COMMENT:TABLE,text")]
    [DataRow("v", "column \"id\" has no type", "COLUMNS:id", "QUERY:SELECT 1")]
    [DataRow("t", "\"t\" is there already", "QUERY:SELECT 1")]
    [DataRow("none.v", "schema \"none\" does not exist", "QUERY:SELECT 1")]
    public void A_view_that_cannot_be_is_refused(string name, string reason, params string[] lines)
    {
        Apply(LogOperation.Table, "t", "COLUMNS:id:int");
        AssertRefused(reason, LogOperation.View, name, lines);
        Assert.IsEmpty(Catalog.Views);
    }

    [TestMethod]
    public void What_a_view_uses_must_be_there_at_the_end_unless_the_view_is_gone()
    {
        Apply(LogOperation.View, "v", "QUERY:SELECT 1", "USES:none");
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(Applier.EndTransaction).Message, "the view uses a relation \"none\" that does not exist");
        Apply(LogOperation.Drop, "v", "VIEW");
        Applier.EndTransaction();
        Assert.IsEmpty(Catalog.Views);
        Applier.EndTransaction();
    }

    [TestMethod]
    public void What_was_tied_is_not_tied_again()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:id:int");
        Commit(LogOperation.View, "v", "QUERY:SELECT 1", "USES:t");
        Commit(LogOperation.Rename, "t", "TABLE", "u");   // the name that was used is nobody's now
        Assert.AreEqual(Table("u").Oid, View("v").DependsOn.Single());
    }

    [TestMethod]
    public void A_schema_is_made_once_and_its_comment_is_that_of_the_last_record()
    {
        Apply(LogOperation.Schema, "app", "COMMENT:SCHEMA,first");
        SchemaDefinition schema = Catalog.FindSchema("app")!;
        Assert.AreEqual((Catalog.NextOid - 1, "first"), (schema.Oid, schema.Comment));
        Apply(LogOperation.Schema, "app", "COMMENT:SCHEMA,second");
        Assert.AreEqual((schema.Oid, "second", schema.Oid + 1), (Catalog.FindSchema("app")!.Oid, Catalog.FindSchema("app")!.Comment, Catalog.NextOid));
        Apply(LogOperation.Schema, "app");
        Assert.IsNull(Catalog.FindSchema("app")!.Comment);
        AssertRefused("a schema has no such line", LogOperation.Schema, "app", "COMMENT:TABLE,text");
        AssertRefused("a schema has no such line", LogOperation.Schema, "app", "OWNER:SCHEMA,text");
    }

    [TestMethod]
    public void A_dropped_table_takes_its_sequences_and_indexes_with_it_and_nothing_else()
    {
        MakeSchema("app");
        MakeSchema("other");
        TableDefinition table = Catalog.FindTable("app", "t")!;
        int sequence = Sequence("t_id_seq", "app").Oid;
        Apply(LogOperation.Drop, "app.v", "VIEW");
        Apply(LogOperation.Drop, "app.t", "TABLE");
        Assert.IsNull(Catalog.Find(table.Oid));
        Assert.IsNull(Catalog.Find(sequence));
        Assert.IsFalse(Database.Storage.Tables.ContainsKey(table.Oid));
        Assert.IsFalse(Database.Storage.Sequences.ContainsKey(sequence));
        Assert.AreEqual(Catalog.FindTable("other", "t")!.Oid, Applier.LateIndexes.Single().TableOid);
        Assert.IsTrue(Database.Storage.Tables.ContainsKey(Catalog.FindTable("other", "t")!.Oid));
        Assert.HasCount(3, Catalog.Sequences);
    }

    [TestMethod]
    public void Views_sequences_and_schemas_are_dropped()
    {
        MakeSchema("app");
        int sequence = Sequence("s", "app").Oid;
        Apply(LogOperation.Drop, "app.s", "SEQUENCE");
        Assert.IsNull(Catalog.Find(sequence));
        Assert.IsFalse(Database.Storage.Sequences.ContainsKey(sequence));
        Apply(LogOperation.Drop, "app.v", "VIEW");
        Assert.IsEmpty(Catalog.Views);
        Apply(LogOperation.Drop, "app.t", "TABLE");
        Apply(LogOperation.Drop, "app", "SCHEMA");
        Assert.IsFalse(Catalog.HasSchema("app"));
    }

    [TestMethod]
    [DataRow("app.t", "VIEW", "app.t does not exist, or is no VIEW")]
    [DataRow("app.v", "TABLE", "app.v does not exist, or is no TABLE")]
    [DataRow("app.t", "SEQUENCE", "app.t does not exist, or is no SEQUENCE")]
    [DataRow("app.s", "VIEW", "app.s does not exist, or is no VIEW")]
    [DataRow("app.t", "INDEX", "app.t does not exist, or is no INDEX")]
    [DataRow("app.none", "TABLE", "app.none does not exist, or is no TABLE")]
    [DataRow("none", "SCHEMA", "chema \"?none\"? does not exist")]
    public void What_is_not_there_or_of_another_kind_is_neither_dropped_nor_renamed(string name, string kind, string reason)
    {
        MakeSchema("app");
        DatabaseCatalog before = Catalog;
        StringAssert.Matches(Assert.ThrowsExactly<FormatException>(() => Apply(LogOperation.Drop, name, kind)).Message, new(reason));
        StringAssert.Matches(Assert.ThrowsExactly<FormatException>(() => Apply(LogOperation.Rename, name, kind, "free")).Message, new(reason));
        Assert.AreSame(before, Catalog);
    }

    [TestMethod]
    public void Relations_are_renamed_into_another_schema_too_and_stay_what_they_are()
    {
        MakeSchema("app");
        TableDefinition table = Catalog.FindTable("app", "t")!;
        (int view, int sequence) = (View("v", "app").Oid, Sequence("s", "app").Oid);
        Apply(LogOperation.Rename, "app.t", "TABLE", "people");
        Apply(LogOperation.Rename, "app.v", "VIEW", "\"V\"");
        Apply(LogOperation.Rename, "app.s", "SEQUENCE", "app.counter");
        Assert.AreEqual((table.Oid, view, sequence), (Table("people").Oid, View("V").Oid, Sequence("counter", "app").Oid));
        Assert.AreEqual(("public", "people"), (Database.Storage.GetTable(table.Oid).Definition.Schema, Database.Storage.GetTable(table.Oid).Definition.Name));
        Assert.AreEqual(("app", "counter"), (Database.Storage.GetSequence(sequence).Definition.Schema, Database.Storage.GetSequence(sequence).Definition.Name));
        Assert.IsNull(Catalog.FindRelation("app", "t"));
        Assert.IsNull(Catalog.FindRelation("app", "s"));
        Assert.IsNull(Catalog.FindRelation("app", "v"));
        AssertRefused("\"people\" is there already", LogOperation.Rename, "app.counter", "SEQUENCE", "people");
        AssertRefused("schema \"none\" does not exist", LogOperation.Rename, "app.counter", "SEQUENCE", "none.s");
    }

    [TestMethod]
    public void A_renamed_schema_takes_with_it_all_that_is_in_it()
    {
        MakeSchema("app");
        MakeSchema("other");
        (int schema, int table, int view, int sequence) = (Catalog.FindSchema("app")!.Oid, Catalog.FindTable("app", "t")!.Oid, View("v", "app").Oid, Sequence("s", "app").Oid);
        Apply(LogOperation.Rename, "app", "SCHEMA", "site");
        Assert.AreEqual((schema, table, view, sequence), (Catalog.FindSchema("site")!.Oid, Catalog.FindTable("site", "t")!.Oid, View("v", "site").Oid, Sequence("s", "site").Oid));
        Assert.IsNotNull(Sequence("t_id_seq", "site"));
        Assert.IsFalse(Catalog.HasSchema("app"));
        Assert.AreEqual(("site", "site"), (Database.Storage.GetTable(table).Definition.Schema, Database.Storage.GetSequence(sequence).Definition.Schema));
        Assert.IsNotNull(Catalog.FindTable("other", "t"));
        Assert.IsNotNull(View("v", "other"));
        Assert.IsNotNull(Sequence("s", "other"));
        AssertRefused("schema \"site\" does not exist, or \"other\" does already", LogOperation.Rename, "site", "SCHEMA", "other");
        AssertRefused("schema \"app\" does not exist, or \"free\" does already", LogOperation.Rename, "app", "SCHEMA", "free");
    }

    [TestMethod]
    public void A_truncated_table_is_a_new_one_of_the_same_definition()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:id:int");
        PhantomDb.Storage.TableStore before = Database.Storage.GetTable(Table("t").Oid);
        DatabaseCatalog catalog = Catalog;
        Apply(LogOperation.Truncate, "t");
        Assert.AreNotSame(before, Database.Storage.GetTable(Table("t").Oid));
        Assert.AreSame(Table("t"), Database.Storage.GetTable(Table("t").Oid).Definition);
        Assert.AreSame(catalog, Catalog);
        AssertRefused("table none does not exist", LogOperation.Truncate, "none");
    }

    [TestMethod]
    public void Settings_are_set_and_taken_back()
    {
        Applier.SetSetting("work_mem", "8MB");
        Applier.SetSetting("app.a", "");
        Applier.SetSetting("work_mem", "9MB");
        Applier.SetSetting("none", null);
        Assert.AreEqual("app.a=,work_mem=9MB", string.Join(',', Catalog.Settings.Select(s => $"{s.Key}={s.Value}")));
        Applier.SetSetting("app.a", null);
        Assert.AreEqual("work_mem", Catalog.Settings.Keys.Single());
    }

    [TestMethod]
    public void Records_without_what_they_need_are_refused()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:id:int");
        AssertRefused("the record has too few values", LogOperation.Drop, "t");
        AssertRefused("the record has too few values", LogOperation.Rename, "t", "TABLE");
        AssertRefused("the line COLUMNS is missing", LogOperation.Table, "u");
        AssertRefused("Insert is no record about a definition", LogOperation.Insert, "t", "1");
        AssertRefused("Index is no record about a definition", LogOperation.Index, "t", "INDEX:i (id)");
        Assert.ThrowsExactly<DecoderFallbackException>(() => Applier.Apply(LogOperation.Drop, "t", [[0xFF]]));
        Assert.IsNull(Applier.FindTable("u"));
        Assert.AreSame(Table("t"), Applier.FindTable("public.t"));
        Assert.ThrowsExactly<FormatException>(() => Applier.FindTable("t t"));
    }

    [TestMethod]
    public void What_the_file_had_is_what_records_go_on_with()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:name:string", "INDEX:late (lower(name))");
        var next = new DefinitionApplier(Database with { Catalog = Catalog, LateIndexes = Applier.LateIndexes });
        next.Apply(LogOperation.Table, "u", Values("COLUMNS:id:int", "INDEX:later ((id + 1))"));
        Assert.AreSame(Table("t"), next.FindTable("t"));
        CollectionAssert.AreEqual(new[] { "late", "later" }, next.LateIndexes.Select(i => i.Name).ToArray());
        Assert.HasCount(1, Applier.LateIndexes, "and leave that as it was");
    }
}
