using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Architecture;

[TestClass]
public sealed class CSharpTextTests
{
    [TestMethod]
    [DataRow("a // X\nb", "a b")]
    [DataRow("a /* X\nX */ b", "a b")]
    [DataRow("/// <see cref=\"X\"/>\na", "a")]
    [DataRow("a(\"X \\\" X\") b", "a( ) b")]
    [DataRow("a(@\"X \\\") b", "a( ) b")]
    [DataRow("a(@\"X \"\" X\") b", "a( ) b")]
    [DataRow("a('\"', '\\'', b)", "a( , , b)")]
    [DataRow("a(\"\"\"X \"\" X\"\"\") b", "a( ) b")]
    [DataRow("a(\"X\"u8) b", "a( u8) b")]
    [DataRow("$\"X {a} X {{X}} {b(\"X\")}\" c", "a b( ) c")]
    [DataRow("$@\"X \"\" {a:X2} X\" c", "a:X2 c")]
    [DataRow("$$\"\"\"X {X} {{a}} X\"\"\" c", "a c")]
    [DataRow("\"http://X\" + a", "+ a")]
    [DataRow("@class a", "@class a")]
    public void Comments_and_literals_go_and_code_stays(string text, string expected) =>
        Assert.AreEqual(expected, Regex.Replace(CSharpText.WithoutCommentsAndLiterals(text), @"\s+", " ").Trim());
}
