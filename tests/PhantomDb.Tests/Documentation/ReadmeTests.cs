using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Documentation;

/// <summary>The README's example is the code between the marks here, word for word; so it compiles, and this runs it.</summary>
[TestClass]
[DoNotParallelize]   // takes the standard output
public sealed partial class ReadmeTests
{
    [TestMethod]
    public void The_example_runs_and_prints_its_rows()
    {
        using var output = new StringWriter();
        TextWriter console = Console.Out;
        Console.SetOut(output);
        try
        {
            Example();
        }
        finally
        {
            Console.SetOut(console);
        }
        Assert.AreEqual("1: one\n2: two\n", output.ToString().ReplaceLineEndings("\n"));
    }

    [TestMethod]
    public void The_example_is_the_READMEs() => Assert.AreEqual(
        Block().Match(File.ReadAllText(RepositoryPaths.InRepository("README.md"))).Groups[1].Value.ReplaceLineEndings("\n"),
        Source());

    private static void Example()
    {
        // example
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (id integer PRIMARY KEY, name text)").Dispose();
        session.Execute("INSERT INTO t VALUES (1, 'one'), (2, 'two')").Dispose();
        using QueryResult rows = session.Execute("SELECT id, name FROM t ORDER BY id");
        while (rows.Read())
        {
            Console.WriteLine($"{rows.GetInt32(0)}: {rows.GetString(1)}");
        }
        // end of example
    }

    private static string Source()
    {
        IEnumerable<string> lines = File.ReadLines(RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Documentation", "ReadmeTests.cs"))
            .SkipWhile(line => line.Trim() != "// example").Skip(1)
            .TakeWhile(line => line.Trim() != "// end of example");
        return string.Concat(lines.Select(line => (line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line) + "\n"));
    }

    [GeneratedRegex("```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
