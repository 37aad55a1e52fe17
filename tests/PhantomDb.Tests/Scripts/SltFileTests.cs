using PhantomDb.SqlLogicTests;

namespace PhantomDb.Tests.Scripts;

[TestClass]
public sealed class SltFileTests
{
    [TestMethod]
    public void Statements_carry_what_they_expect()
    {
        var records = SltFile.Parse("x", "statement ok\nSELECT 1\n\nstatement error 23505\nINSERT\n  INTO t\n\nstatement error\nX\n\nstatement count 3\nY").Records;

        Assert.AreEqual(new SltStatement(1, "SELECT 1", false, null, null), (SltStatement)records[0] with { Conditions = [] });
        Assert.AreEqual("INSERT\n  INTO t", ((SltStatement)records[1]).Sql);
        Assert.AreEqual("23505", ((SltStatement)records[1]).ExpectedError);
        Assert.IsTrue(((SltStatement)records[2]).ExpectsError);
        Assert.IsNull(((SltStatement)records[2]).ExpectedError);
        Assert.AreEqual(3L, ((SltStatement)records[3]).ExpectedCount);
        CollectionAssert.AreEqual(new[] { 1, 4, 8, 11 }, records.Select(r => r.Line).ToArray());
    }

    [TestMethod]
    public void A_query_with_type_letters_has_values_and_one_without_has_rows()
    {
        var records = SltFile.Parse("x", "query IT rowsort label-7\nSELECT\n----\n1\na\n\nquery rowsort names types\nSELECT\n----\n\nquery\nSELECT").Records;

        var values = (SltQuery)records[0];
        Assert.AreEqual("IT", values.ValueTypes);
        Assert.AreEqual(SortMode.Rows, values.Sort);
        Assert.AreEqual("label-7", values.Label);
        CollectionAssert.AreEqual(new[] { "1", "a" }, values.Expected!.ToArray());
        var rows = (SltQuery)records[1];
        Assert.IsNull(rows.ValueTypes);
        Assert.IsTrue(rows.ShowsNames && rows.ShowsTypes);
        Assert.AreEqual(0, rows.Expected!.Count);
        Assert.IsNull(((SltQuery)records[2]).Expected);
    }

    [TestMethod]
    public void Conditions_bind_to_the_record_that_follows()
    {
        var records = SltFile.Parse("x", "skipif mysql # no such thing\nonlyif postgresql\nstatement ok\nA\n\nonlyif sqlite\nhalt\n\nstatement ok\nB").Records;

        Assert.IsTrue(records[0].AppliesTo("postgresql"));
        Assert.IsFalse(records[0].AppliesTo("mysql"));
        Assert.IsFalse(records[1].AppliesTo("postgresql"));
        Assert.IsTrue(records[2].AppliesTo("anything"));
        Assert.AreEqual(3, records[0].Line);
    }

    [TestMethod]
    [DataRow("bogus record\nX", "x:1: ")]
    [DataRow("\nstatement maybe\nX", "x:2: ")]
    [DataRow("query I upward downward\nX", "x:1: ")]
    [DataRow("statement ok\n\n", "x:2: ")]
    [DataRow("hash-threshold many", "x:1: ")]
    public void A_line_that_is_none_of_the_format_is_refused_with_its_place(string text, string place)
    {
        var failure = Assert.ThrowsExactly<SltFormatException>(() => SltFile.Parse("x", text));
        StringAssert.StartsWith(failure.Message, place);
    }
}
