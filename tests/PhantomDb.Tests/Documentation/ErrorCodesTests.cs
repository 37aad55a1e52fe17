using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Documentation;

/// <summary>docs/error-codes.md has a row for each SQLSTATE that the sources give, and for no other.</summary>
[TestClass]
public sealed partial class ErrorCodesTests
{
    [TestMethod]
    public void The_page_has_each_code_once_and_no_other()
    {
        string page = File.ReadAllText(RepositoryPaths.InRepository("docs", "error-codes.md"));
        string[] documented = [.. Row().Matches(page).Select(row => row.Groups[1].Value)];
        IEnumerable<string> given = typeof(SqlStates).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!)
            .Concat(Directory.EnumerateFiles(RepositoryPaths.InRepository("src", "PhantomDb"), "*.cs", SearchOption.AllDirectories)
                .SelectMany(file => Thrown().Matches(File.ReadAllText(file)).Select(code => code.Groups[1].Value)));

        CollectionAssert.AreEqual(given.Distinct().Order(StringComparer.Ordinal).ToArray(), documented.Order(StringComparer.Ordinal).ToArray());
    }

    [GeneratedRegex(@"^\| ([0-9A-Z]{5}) \| [a-z_]+ \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    /// <summary>Codes that are written where they are thrown, since one place gives them.</summary>
    [GeneratedRegex(@"(?:new|PhantomDbException|Error\.At)\(\s*""([0-9A-Z]{5})""")]
    private static partial Regex Thrown();
}
