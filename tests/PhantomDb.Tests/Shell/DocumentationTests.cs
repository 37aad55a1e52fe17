using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>What docs/shell.md shows is what the shell does.</summary>
[TestClass]
public sealed class DocumentationTests
{
    [TestMethod]
    public void The_examples_of_the_shells_page_give_what_they_show()
    {
        string page = File.ReadAllText(RepositoryPaths.InRepository("docs", "shell.md"));
        string folder = Directory.CreateTempSubdirectory("phantomdb-docs-").FullName;
        try
        {
            MatchCollection examples = Regex.Matches(page, @"^\$ phantomdb (?<arguments>.*)\n(?<output>(?:(?!\$ |```).*\n)*)", RegexOptions.Multiline);
            Assert.HasCount(4, examples);
            foreach (Match example in examples)
            {
                string[] arguments = [.. Regex.Matches(example.Groups["arguments"].Value, "\"([^\"]*)\"|(\\S+)")
                    .Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Groups[2].Value)];
                (int exitCode, string output, string errors) = ShellProcess.Run(folder, "", arguments);
                Assert.AreEqual(0, exitCode, errors);
                Assert.AreEqual(example.Groups["output"].Value, output);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
