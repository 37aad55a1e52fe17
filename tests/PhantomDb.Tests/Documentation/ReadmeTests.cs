using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;
using PhantomDb.Hosting;

namespace PhantomDb.Tests.Documentation;

/// <summary>The examples of README.md and docs/testing.md are the code between the marks here, word for word; so they compile, and this runs them.</summary>
[TestClass]
[DoNotParallelize]   // takes the standard output
public sealed partial class ReadmeTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-readme-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void The_examples_of_the_readme_run_one_after_the_other_in_an_empty_folder()
    {
        string folder = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(_folder);
        try
        {
            Assert.AreEqual("1: apple\n2: pear\n", OutputOf(LibraryExample));
            Assert.AreEqual("pear\n", OutputOf(() => ProviderExample().GetAwaiter().GetResult()));
            Assert.AreEqual("Healthy\n", OutputOf(() => HostExample().GetAwaiter().GetResult()));
            Assert.IsTrue(File.Exists(Path.Combine(_folder, "data", "shop.db")));
        }
        finally
        {
            Directory.SetCurrentDirectory(folder);
        }
    }

    [TestMethod]
    public void The_example_of_forks_runs() => Assert.AreEqual("5000 accounts, 499970.00\n", OutputOf(ForkExample));

    [TestMethod]
    public void The_examples_are_those_of_the_documents()
    {
        CollectionAssert.AreEqual(new[] { Source("library example"), Source("provider example"), Source("host example") },
            Block().Matches(TextOf("README.md")).Select(match => match.Groups[1].Value).ToArray());
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

    private static void LibraryExample()
    {
        // library example
        using Database database = Database.Open("shop");   // data/shop.db and its log; Database.CreateInMemory() keeps nothing
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE IF NOT EXISTS fruit (id integer PRIMARY KEY, name text)").Dispose();
        session.Execute("INSERT INTO fruit VALUES (1, 'apple'), (2, 'pear') ON CONFLICT DO NOTHING").Dispose();
        using QueryResult rows = session.Execute("SELECT id, name FROM fruit ORDER BY id");
        while (rows.Read())
        {
            Console.WriteLine($"{rows.GetInt32(0)}: {rows.GetString(1)}");
        }
        // end of library example
    }

    private static async Task ProviderExample()
    {
        // provider example
        await using var source = new PhantomDbDataSource("Data Source=shop");
        await using PhantomDbConnection connection = await source.OpenConnectionAsync();
        await using var command = new PhantomDbCommand("SELECT name FROM fruit WHERE id = @id", connection);
        command.Parameters.AddWithValue("id", 2);
        Console.WriteLine(await command.ExecuteScalarAsync());
        // end of provider example
    }

    private static async Task HostExample()
    {
        // host example
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.AddPhantomDb("shop", options => options.Database = new DatabaseOptions { SnapshotPeriod = TimeSpan.FromMinutes(10) });
        builder.Services.AddHealthChecks().AddPhantomDb("shop");
        // end of host example
        builder.Logging.ClearProviders();
        using IHost host = builder.Build();
        await host.StartAsync();
        Console.WriteLine((await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status);
        await host.StopAsync();
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
