using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Documentation;

/// <summary>docs/options.md has each option, with the default and the least that it has.</summary>
[TestClass]
public sealed partial class OptionsReferenceTests
{
    [TestMethod]
    public void The_page_has_each_option_once_and_no_other() => CollectionAssert.AreEquivalent(
        typeof(DatabaseOptions).GetProperties().Select(property => property.Name).ToArray(), Rows().Select(row => row.Option).ToArray());

    [TestMethod]
    public void Defaults_and_limits_are_what_they_are()
    {
        int count = 0;
        foreach ((string name, string defaultText, string least) in Rows())
        {
            if (ConnectionKeyword.Find(name) is not { Apply: { } apply } keyword)
            {
                continue;
            }
            count++;
            if (!defaultText.EndsWith("of the process's", StringComparison.Ordinal))
            {
                Assert.AreEqual(keyword.Default, keyword.Parse(defaultText), name);
            }
            if (least.Length > 0)
            {
                object smallest = keyword.Default is TimeSpan || name is "LogRetentionAge" or "SnapshotPeriod" or "SnapshotRetentionAge" or "SlowStatementTime"
                    ? least == "0" ? TimeSpan.Zero : KeywordText.Time(least) : keyword.Parse(least)!;
                apply(new DatabaseOptions(), smallest).Validate();
                object tooSmall = smallest switch
                {
                    int number => number - 1,
                    long number => number - 1,
                    TimeSpan time => time - TimeSpan.FromTicks(1),
                    _ => throw new AssertFailedException($"{name}: {smallest}"),
                };
                Assert.Throws<ArgumentException>(() => apply(new DatabaseOptions(), tooSmall).Validate(), name);
            }
        }
        Assert.AreEqual(ConnectionKeyword.All.Count(keyword => keyword.Apply is not null), count);
    }

    private static (string Option, string Default, string Least)[] Rows() => [.. Row().Matches(File.ReadAllText(RepositoryPaths.InRepository("docs", "options.md")))
        .Select(row => (row.Groups[1].Value, row.Groups[2].Value.Trim('`'), row.Groups[3].Value.Trim()))];

    [GeneratedRegex(@"^\| `([A-Za-z]+)`[^|]*\| ([^|]+) \|([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
