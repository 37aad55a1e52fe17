using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Documentation;

/// <summary>The program of docs/tutorial-library.md is the code between the marks here, word for word; so it compiles, and this runs it and compares what it prints.</summary>
[TestClass]
[DoNotParallelize]   // takes the standard output and the current folder
public sealed partial class LibraryTutorialTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-tutorial-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void The_program_prints_what_the_page_shows()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        (TextWriter console, string folder, CultureInfo culture) = (Console.Out, Directory.GetCurrentDirectory(), CultureInfo.CurrentCulture);
        Console.SetOut(output);
        Directory.SetCurrentDirectory(_folder);
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            Program();
        }
        finally
        {
            Console.SetOut(console);
            Directory.SetCurrentDirectory(folder);
            CultureInfo.CurrentCulture = culture;
        }
        Assert.AreEqual(string.Concat(Blocks("text")), output.ToString().ReplaceLineEndings("\n"));
    }

    [TestMethod]
    public void The_program_is_that_of_the_page()
    {
        string[] source = File.ReadAllLines(RepositoryPaths.InRepository("tests", "PhantomDb.Tests", "Documentation", "LibraryTutorialTests.cs"));
        string[] parts = [.. Enumerable.Range(1, 8).Select(step => Source(source, $"step {step}", 8)), Source(source, "type", 4)];
        CollectionAssert.AreEqual(Blocks("csharp"), parts);
    }

    private static void Program()
    {
        // step 1
        using Database database = Database.Open("bank");
        using Session session = database.OpenSession();
        session.Execute("""
            CREATE TABLE IF NOT EXISTS account (
                id      integer PRIMARY KEY,
                owner   text NOT NULL UNIQUE,
                balance numeric(12,2) NOT NULL CONSTRAINT not_overdrawn CHECK (balance >= 0))
            """).Dispose();
        Console.WriteLine(database.Recovery?.ToLine() ?? "a new database");
        // end of step 1

        // step 2
        using (PreparedStatement insert = session.Prepare("INSERT INTO account VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET balance = excluded.balance"))
        {
            string[] owners = ["Ada", "Grace", "Edsger"];
            for (int i = 0; i < owners.Length; i++)
            {
                insert.Bind(1, i + 1);
                insert.Bind(2, owners[i]);
                insert.Bind(3, 100m);
                insert.Execute().Dispose();
            }
        }
        using (QueryResult rows = session.Execute("SELECT id, owner, balance FROM account ORDER BY id"))
        {
            while (rows.Read())
            {
                Console.WriteLine($"{rows.GetInt32(0)} {rows.GetString(1)} {rows.GetDecimal(2)}");
            }
        }
        // end of step 2

        // step 3
        try
        {
            session.Execute("UPDATE account SET balance = balance - 500 WHERE owner = 'Ada'").Dispose();
        }
        catch (PhantomDbException error) when (error.ConstraintName == "not_overdrawn")
        {
            Console.WriteLine($"{error.SqlState}: {error.Message}");
        }
        // end of step 3

        // step 4
        static void InTransaction(Database database, Action<Session> work)
        {
            for (int attempt = 1; ; attempt++)
            {
                using Session session = database.OpenSession();   // disposing of it rolls back what is open
                try
                {
                    session.Execute("BEGIN ISOLATION LEVEL SERIALIZABLE").Dispose();
                    work(session);
                    session.Execute("COMMIT").Dispose();
                    return;
                }
                catch (PhantomDbException error) when (error.SqlState is "40001" or "40P01" && attempt < 100)
                {
                    Thread.Sleep(Random.Shared.Next(1 << Math.Min(attempt, 8)));   // longer each time, or all meet again
                }
            }
        }

        Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => InTransaction(database, bank =>
        {
            bank.Execute($"UPDATE account SET balance = balance - 1 WHERE id = {(i % 3) + 1}").Dispose();
            bank.Execute($"UPDATE account SET balance = balance + 1 WHERE id = {((i + 1) % 3) + 1}").Dispose();
        }));
        using (QueryResult total = session.Execute("SELECT sum(balance) FROM account"))
        {
            total.Read();
            Console.WriteLine($"in all {total.GetDecimal(0)}");
        }
        // end of step 4

        // step 5
        session.Execute("CREATE TABLE IF NOT EXISTS entry (id bigint PRIMARY KEY, account integer REFERENCES account, amount numeric(12,2))").Dispose();
        session.Execute("TRUNCATE entry").Dispose();
        long count = session.Insert("entry", Enumerable.Range(1, 100_000), ("id", i => i), ("account", i => (i % 3) + 1), ("amount", i => i / 100m));
        Console.WriteLine($"{count} entries");
        IEnumerable<string> largest = session.Execute("SELECT id, amount FROM entry ORDER BY amount DESC LIMIT 2").Rows(row => $"entry {row.GetInt64(0)}: {row.GetDecimal(1)}");
        Console.WriteLine(string.Join(", ", largest));
        // end of step 5

        // step 6
        using (Database fork = database.Fork())
        {
            using Session test = fork.OpenSession();
            test.Execute("DELETE FROM entry").Dispose();
            test.Execute("DELETE FROM account").Dispose();
        }
        using (QueryResult left = session.Execute("SELECT count(*) FROM entry"))
        {
            left.Read();
            Console.WriteLine($"{left.GetInt64(0)} entries are still there");
        }
        // end of step 6

        // step 7
        using PhantomDbConnection connection = new(database);
        connection.Open();
        using (PhantomDbTransaction transaction = connection.BeginTransaction())
        {
            using PhantomDbCommand command = new("UPDATE account SET owner = @owner WHERE id = @id RETURNING balance", connection);
            command.Parameters.AddWithValue("owner", "Barbara");
            command.Parameters.AddWithValue("id", 3);
            Console.WriteLine($"Barbara has {command.ExecuteScalar()}");
            transaction.Rollback();
        }
        // end of step 7

        // step 8
        IEnumerable<Account> found = connection.Query<Account>("SELECT id, owner, balance FROM account WHERE owner LIKE @pattern ORDER BY owner", new { pattern = "%d%" });
        foreach (Account account in found)
        {
            Console.WriteLine(account);
        }
        // end of step 8
    }

    // type
    internal sealed record Account(int Id, string Owner, decimal Balance);
    // end of type

    private static string[] Blocks(string language) => [.. Block().Matches(File.ReadAllText(RepositoryPaths.InRepository("docs", "tutorial-library.md")).ReplaceLineEndings("\n"))
        .Where(block => block.Groups["language"].Value == language).Select(block => block.Groups["text"].Value)];

    private static string Source(string[] source, string name, int indent) => string.Concat(source
        .SkipWhile(line => line.Trim() != $"// {name}").Skip(1)
        .TakeWhile(line => line.Trim() != $"// end of {name}")
        .Select(line => (line.Length > indent ? line[indent..] : line) + "\n"));

    [GeneratedRegex("```(?<language>csharp|text)\n(?<text>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
