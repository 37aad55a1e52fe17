using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Types;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Records SEQUENCE: what a sequence is, and where it is.</summary>
[TestClass]
public sealed class SequenceApplierTests : DefinitionTest
{
    private (long Last, bool IsCalled) PositionOf(string name) => Database.Storage.GetSequence(Sequence(name).Oid).Position;

    [TestMethod]
    public void A_new_sequence_is_where_the_record_says()
    {
        Apply(LogOperation.Sequence, "s", "SEQUENCE:s AS smallint START 2 INCREMENT 3 MINVALUE -4 MAXVALUE 50 CACHE 6 CYCLE LAST 5 CALLED", "COMMENT:SEQUENCE,s,numbers");
        SequenceDefinition sequence = Sequence("s");
        Assert.AreEqual(new SequenceDefinition(Catalog.NextOid - 1, "public", "s")
        {
            Type = SqlType.Int16, Start = 2, Increment = 3, Minimum = -4, Maximum = 50, Cache = 6, Cycles = true, Comment = "numbers",
        }, sequence);
        Assert.AreEqual((5, true), PositionOf("s"));
        Assert.AreEqual(sequence, Database.Storage.GetSequence(sequence.Oid).Definition);
    }

    [TestMethod]
    public void A_record_moves_a_sequence_that_is_there_and_keeps_whose_it_is()
    {
        Apply(LogOperation.Table, "t", "COLUMNS:a:int,id:int", SequenceLine("s", "OWNED BY id LAST 3"));
        int oid = Sequence("s").Oid, next = Catalog.NextOid;
        Apply(LogOperation.Sequence, "s", SequenceLine("s", "LAST 9 CALLED").Replace("MAXVALUE 99", "MAXVALUE 70", StringComparison.Ordinal));
        Assert.AreEqual((oid, Table("t").Oid, 1, 70L, next), (Sequence("s").Oid, Sequence("s").OwnerTableOid, Sequence("s").OwnerColumnNumber, Sequence("s").Maximum, Catalog.NextOid));
        Assert.AreEqual((9, true), PositionOf("s"));
        Assert.AreEqual(70, Database.Storage.GetSequence(oid).Definition.Maximum);
        Apply(LogOperation.Sequence, "s", SequenceLine("s", "LAST 2"));
        Assert.AreEqual((2, false), PositionOf("s"), "backwards too");
        Apply(LogOperation.Table, "u", "COLUMNS:a:int", SequenceLine("s", "LAST 50"));
        Assert.AreEqual((2, false), PositionOf("s"), "what a table says of one that is there is where it was when the table was written");
        Assert.AreEqual(0, Sequence("s").OwnerTableOid);
    }

    [TestMethod]
    [DataRow("the line SEQUENCE is missing")]
    [DataRow("the line SEQUENCE is missing", "COMMENT:SEQUENCE,s,text")]
    [DataRow("the line SEQUENCE is missing", "SEQUENCE:s,t")]
    [DataRow("a sequence's type is smallint, integer or bigint", "SEQUENCE:s AS text START 1")]
    [DataRow("\"COMMENT\" are not known here", "+", "COMMENT:SEQUENCE,s")]
    [DataRow("\"COLUMNS\" are not known here", "+", "COLUMNS:SEQUENCE,s,text")]
    public void What_is_no_sequence_is_refused(string reason, params string[] lines) =>
        AssertRefused(reason, LogOperation.Sequence, "s", [.. lines.Select(line => line == "+" ? SequenceLine("s") : line)]);

    [TestMethod]
    public void A_name_is_free_or_a_sequences()
    {
        Apply(LogOperation.Table, "s", "COLUMNS:a:int");
        AssertRefused("\"s\" is there already", LogOperation.Sequence, "s", SequenceLine("s"));
        AssertRefused("schema \"none\" does not exist", LogOperation.Sequence, "none.s", SequenceLine("none.s"));
    }
}
