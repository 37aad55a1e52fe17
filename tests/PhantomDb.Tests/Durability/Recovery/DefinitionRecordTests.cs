using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Lines and names in the records of definitions.</summary>
[TestClass]
public sealed class DefinitionRecordTests
{
    private static string Line(string text)
    {
        (string kind, string[] cells) = DefinitionRecord.Line(Encoding.UTF8.GetBytes(text));
        return $"{kind} <{string.Join("> <", cells)}>";
    }

    [TestMethod]
    [DataRow("COLUMNS:id:int,name:string", "COLUMNS <id:int> <name:string>")]
    [DataRow("COLUMNS:", "COLUMNS <>")]
    [DataRow("\"DEFAULT:a, b\",\"'x\ny'\"", "DEFAULT <a, b> <'x\ny'>")]
    [DataRow(":x", " <x>")]
    public void A_line_is_a_kind_and_cells(string text, string expected) => Assert.AreEqual(expected, Line(text));

    [TestMethod]
    [DataRow("", "a line of a definition is empty")]
    [DataRow("COLUMNS", "the line \"COLUMNS\" is of no kind")]
    [DataRow("id,COLUMNS:id:int", "the line \"id\" is of no kind")]
    [DataRow("COLUMNS:\"a", "")]
    public void What_is_no_line_is_refused(string text, string reason) => StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => Line(text)).Message, reason);

    [TestMethod]
    public void Bytes_that_are_no_text_are_refused()
    {
        Assert.ThrowsExactly<DecoderFallbackException>(() => DefinitionRecord.Line([(byte)'A', (byte)':', 0xC3]));
        Assert.ThrowsExactly<DecoderFallbackException>(() => DefinitionRecord.Line([0xC3, (byte)':']));
        Assert.ThrowsExactly<DecoderFallbackException>(() => DefinitionRecord.Text([[0xC3]], 0));
    }

    [TestMethod]
    public void A_value_that_is_not_there_is_refused()
    {
        Assert.AreEqual("b", DefinitionRecord.Text([[(byte)'a'], [(byte)'b']], 1));
        Assert.AreEqual("the record has too few values", Assert.ThrowsExactly<FormatException>(() => DefinitionRecord.Text([[(byte)'a']], 1)).Message);
    }

    [TestMethod]
    public void A_name_has_nothing_behind_it()
    {
        Assert.AreEqual(("public", "t"), DefinitionRecord.Qualified("t"));
        Assert.AreEqual(("App", "t"), DefinitionRecord.Qualified("\"App\".t"));
        Assert.ThrowsExactly<FormatException>(() => DefinitionRecord.Qualified("t u"));
        Assert.ThrowsExactly<FormatException>(() => DefinitionRecord.Qualified(""));
    }
}
