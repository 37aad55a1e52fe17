using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary><c>phantomdb serve</c> as a process: ready, beside others, told to end, killed.</summary>
[TestClass]
public sealed partial class ServeTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-serve-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("TERM")]
    [DataRow("INT")]
    public void Serve_holds_the_database_until_a_signal_and_closes_it_in_order(string signal)
    {
        ShellProcess.SkipWithoutSignals();
        MakeShop();
        using ShellProcess serve = Serve("serve", "shop", "--sync", "interval=250", "-s", "8");
        Match ready = Ready().Match(serve.ReadLine()!);
        Assert.IsTrue(ready.Success);
        Assert.AreEqual("interval=250", ready.Groups["sync"].Value);

        (int exitCode, _, string errors) = Run("shop", "-c", "INSERT INTO t VALUES (9)");
        Assert.AreEqual(1, exitCode);
        StringAssert.StartsWith(errors, "ERROR: 55006: ");
        Assert.AreEqual((0, "3\n"), Query("--read-only", "shop"));
        Assert.AreEqual(0, Run("verify", "shop").ExitCode);

        serve.Signal(signal);
        (exitCode, string output, errors) = serve.Finish(closesInput: false);
        Assert.AreEqual((0, ""), (exitCode, output), errors);
        Assert.Contains(" Database shop is open, ", errors);
        Assert.Contains(" Database shop is closed, after ", errors);
        Assert.AreEqual((0, "3\n"), Query("shop"));
    }

    [TestMethod]
    public void The_command_of_the_systemd_unit_serves_a_database()
    {
        ShellProcess.SkipWithoutSignals();
        MakeShop();
        string unit = File.ReadAllText(RepositoryPaths.InRepository("docs", "phantomdb@.service"));
        string command = Regex.Match(unit, "^ExecStart=/opt/phantomdb/phantomdb (.+)$", RegexOptions.Multiline).Groups[1].Value;
        using ShellProcess serve = Serve(command.Replace("%S/phantomdb", "data", StringComparison.Ordinal).Replace("%i", "shop", StringComparison.Ordinal).Split(' '));
        StringAssert.Matches(serve.ReadLine(), Ready());
        serve.Signal(Regex.Match(unit, "^KillSignal=SIG(.+)$", RegexOptions.Multiline).Groups[1].Value);
        Assert.AreEqual(0, serve.Finish(closesInput: false).ExitCode);
    }

    [TestMethod]
    public void Serve_that_was_killed_leaves_a_database_that_opens()
    {
        ShellProcess.SkipWithoutSignals();
        MakeShop();
        for (int round = 0; round < 2; round++)
        {
            using ShellProcess serve = Serve("serve", "-d", "data", "shop", "-q");
            StringAssert.Matches(serve.ReadLine(), Ready());
            serve.Signal("KILL");
            (int exitCode, _, string errors) = serve.Finish(closesInput: false);
            Assert.AreNotEqual(0, exitCode);
            Assert.AreEqual("", errors);
        }
        Assert.AreEqual((0, "3\n"), Query("shop"));
    }

    [TestMethod]
    public void A_second_signal_ends_serve_at_once_and_the_log_keeps_all()
    {
        ShellProcess.SkipWithoutSignals();
        using (var shell = new ShellProcess(_folder, "shop", "-q", "-m", "tsv"))
        {
            shell.Write("CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 300000); SELECT 'done' AS d;\n");
            Assert.AreEqual("d", shell.ReadLine());
            shell.Signal("KILL");   // its file stays behind its log: the next closing has something to write
            shell.Finish(closesInput: false);
        }
        int exitCode = 0;
        for (int round = 0; exitCode == 0 && round < 10; round++)   // the closing may be done before the second signal
        {
            using ShellProcess serve = Serve("serve", "shop");
            StringAssert.Matches(serve.ReadLine(), Ready());
            serve.Signal("TERM");
            serve.Signal("INT");
            (exitCode, _, string errors) = serve.Finish(closesInput: false);
            Assert.IsTrue(exitCode is 0 or 130, errors);
            Assert.AreEqual((0, "300000\n"), Query("--read-only", "shop"));
        }
        Assert.AreEqual(130, exitCode);
        Assert.AreEqual((0, "300000\n"), Query("shop"));
    }

    [TestMethod]
    public void A_database_that_is_not_there_or_is_open_is_told_once_with_exit_code_1()
    {
        ShellProcess.SkipWithoutSignals();
        (int exitCode, string output, string errors) = Run("serve", "shop");
        Assert.AreEqual((1, ""), (exitCode, output));
        StringAssert.Matches(errors, new Regex("^ERROR: 58P01: there is no database \".*/data/shop.db\"\nHINT: .*\n$"));
        Assert.IsFalse(Directory.Exists(Path.Combine(_folder, "data")));

        MakeShop();
        using ShellProcess first = Serve("serve", "shop");
        StringAssert.Matches(first.ReadLine(), Ready());
        (exitCode, output, errors) = Run("serve", "shop");
        Assert.AreEqual((1, ""), (exitCode, output));
        StringAssert.StartsWith(errors, "ERROR: 55006: ");
        first.Signal("TERM");
        Assert.AreEqual(0, first.Finish(closesInput: false).ExitCode);
    }

    [TestMethod]
    public void Wrong_usage_is_exit_code_2_and_a_database_named_serve_has_its_path()
    {
        Assert.AreEqual(2, Run("serve").ExitCode);
        Assert.AreEqual(2, Run("serve", "shop", "--sync", "often").ExitCode);
        Assert.AreEqual(2, Run("serve", "shop", "-s", "0").ExitCode);
        Assert.AreEqual(2, Run("--in-memory", "serve", "shop").ExitCode);
        Assert.AreEqual(2, Run("--read-only", "serve", "shop").ExitCode);
        (int exitCode, string output, _) = Run("serve", "--help");
        Assert.AreEqual(0, exitCode);
        StringAssert.StartsWith(output, "Usage: phantomdb serve [options] NAME\n");
        Assert.AreEqual((0, "NOTICE: database \"serve\" is new\nCREATE TABLE\n"), Run("./serve.db", "-c", "CREATE TABLE t (a int)") is var made ? (made.ExitCode, made.Errors) : default);
        Assert.IsTrue(File.Exists(Path.Combine(_folder, "serve.db")));
    }

    private void MakeShop() => Assert.AreEqual(0, Run("shop", "-c", "CREATE TABLE t (a int)", "-c", "INSERT INTO t VALUES (1), (2), (3)").ExitCode);

    private ShellProcess Serve(params string[] args) => new(_folder, args);

    private (int ExitCode, string Output) Query(params string[] database) =>
        Run([.. database, "-q", "-m", "tsv", "-c", "SELECT count(*) FROM t"]) is var (exitCode, output, _) ? (exitCode, output[(output.IndexOf('\n', StringComparison.Ordinal) + 1)..]) : default;

    private (int ExitCode, string Output, string Errors) Run(params string[] args) => ShellProcess.Run(_folder, "", args);

    [GeneratedRegex("^shop is open: .*/data/shop.db, sync (?<sync>[a-z0-9=]+), process [0-9]+; SIGTERM or Ctrl-C ends it$")]
    private static partial Regex Ready();
}
