using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Documentation;

/// <summary>The examples of README.md and docs/testing.md are the code between the marks here, word for word; so they compile, and this runs them.</summary>
[TestClass]
[DoNotParallelize]   // takes the standard output
public sealed partial class ReadmeTests
{
    [TestMethod]
    public void The_examples_run_and_print_their_rows()
    {
        Assert.AreEqual("1: one\n2: two\n", OutputOf(Example));
        Assert.AreEqual("5000 accounts, 499970.00\n", OutputOf(ForkExample));
    }

    [TestMethod]
    public void The_examples_are_those_of_the_documents()
    {
        Assert.AreEqual(Block().Match(TextOf("README.md")).Groups[1].Value, Source("example"));
        Assert.AreEqual(Block().Match(TextOf("docs", "testing.md")).Groups[1].Value, Source("fork example"));
    }

    private static string OutputOf(Action example)
    {
        using var output = new StringWriter();
        TextWriter console = Console.Out;
        Console.SetOut(output);
        try
        {
            example();
        }
        finally
        {
            Console.SetOut(console);
        }
        return output.ToString().ReplaceLineEndings("\n");
    }

    private static string TextOf(params string[] path) => File.ReadAllText(RepositoryPaths.InRepository(path)).ReplaceLineEndings("\n");

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

    private static void ForkExample()
    {
        // fork example
        // once, for all tests
        using Database seeded = Database.CreateInMemory();
        using (Session session = seeded.OpenSession())
        {
            session.Execute("CREATE TABLE account (id integer PRIMARY KEY, owner text UNIQUE, balance numeric(12,2) CHECK (balance >= 0))").Dispose();
            session.Execute("INSERT INTO account SELECT i, 'owner ' || i, 100 FROM generate_series(1, 10000) i").Dispose();
        }

        // each test
        using Database database = seeded.Fork();
        using Session test = database.OpenSession();
        test.Execute("UPDATE account SET balance = balance - 30 WHERE id = 1").Dispose();
        test.Execute("DELETE FROM account WHERE id > 5000").Dispose();
        using QueryResult left = test.Execute("SELECT count(*), sum(balance) FROM account");
        left.Read();
        Console.WriteLine($"{left.GetInt64(0)} accounts, {left.GetText(1)}");
        // end of fork example
    }

    private static string Source(string name)
    {
        IEnumerable<string> lines = File.ReadLines(RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Documentation", "ReadmeTests.cs"))
            .SkipWhile(line => line.Trim() != $"// {name}").Skip(1)
            .TakeWhile(line => line.Trim() != $"// end of {name}");
        return string.Concat(lines.Select(line => (line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line) + "\n"));
    }

    [GeneratedRegex("```csharp\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
