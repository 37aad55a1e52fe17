using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>How the shell keeps databases: what is printed is durable, and what the options say.</summary>
[TestClass]
public sealed class ShellDurabilityTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-kept-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("always")]
    [DataRow("interval=100")]
    [DataRow("none")]
    public void Rows_that_RETURNING_has_printed_are_there_after_kill_9(string policy)
    {
        using (ShellProcess shell = new(_folder, "shop", "-m", "list", "--sync", policy))
        {
            shell.Write("CREATE TABLE t (a int PRIMARY KEY);\n");
            for (int i = 1; i <= 20; i++)
            {
                shell.Write($"INSERT INTO t VALUES ({i}) RETURNING a;\n");
                Assert.AreEqual("a", shell.ReadLine());
                Assert.AreEqual($"{i}", shell.ReadLine());
            }
            if (policy != "always")
            {
                Thread.Sleep(200);   // what was acknowledged at once is written in a moment
            }
            shell.Signal("KILL");
            Assert.AreEqual(137, shell.Finish(closesInput: false).ExitCode);
        }

        (int exitCode, string output, string errors) = Run("", "shop", "-m", "list", "-c", "SELECT count(*), max(a) FROM t");
        Assert.AreEqual((0, "count|max\n20|20\n", ""), (exitCode, output, errors));
    }

    [TestMethod]
    public void L1_a_session_without_a_name_is_kept_with_P_in_the_folder_of_d_with_segments_of_s()
    {
        Run("CREATE TABLE gone (a int);\n");
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder));

        Assert.AreEqual((0, "", "NOTICE: database \"phantomdb\" is new\nCREATE TABLE\n"), Run("CREATE TABLE t (a int);\n", "-P", "-d", "kept", "-s", "1"));
        Assert.AreEqual((0, "schema,name,type\npublic,t,table\n", ""), Run(".tables\n", "--persist", "-m", "csv", "-d", "kept"));
        Assert.AreEqual((0, "schema,name,type\npublic,t,table\n", ""), Run(".tables\n", "-P", "-m", "csv", "kept/phantomdb.db"));

        string inserts = string.Concat(Enumerable.Repeat("INSERT INTO t SELECT g FROM generate_series(1, 10000) g;\n", 8));
        long[] ended = Segments("1");
        Assert.IsGreaterThan(0, ended.Length);
        foreach (long length in ended)
        {
            Assert.IsInRange(600 << 10, (1 << 20) + 1000, length);   // a transaction, of some 400 KB here, is never divided
        }
        Assert.IsEmpty(Segments("64"), "all is in one");
        (int exitCode, string output, string errors) = Run("", "-h");
        Assert.AreEqual((0, ""), (exitCode, errors));
        foreach (string option in new[] { "-P, --persist", "-d, --data-directory DIR", "-s, --segment-size MB", "-h, --help" })
        {
            StringAssert.Contains(output, option);
        }

        // Lengths of those that have ended while this was running.
        long[] Segments(string megabytes)
        {
            string folder = Path.Combine(_folder, $"size{megabytes}");
            Run("CREATE TABLE t (a int);\n" + inserts, "-P", "-d", folder, "-s", megabytes);
            return [.. Directory.GetFiles(folder, "phantomdb_log_*").Select(file => new FileInfo(file).Length)];
        }
    }

    [TestMethod]
    public void L10_what_is_kept_comes_back_over_restarts_and_rotations_and_without_being_kept_nothing_does()
    {
        string inserts = string.Concat(Enumerable.Repeat("INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 4000) g;\n", 6));
        Run("CREATE TABLE t (a int, b text);\n" + inserts, "shop", "-s1", "--sync", "none");

        Assert.IsGreaterThan(1, Directory.GetFiles(Path.Combine(_folder, "data"), "shop*.log").Length);
        Assert.AreEqual("count\n24000\n", Run("", "shop", "-m", "csv", "-c", "SELECT count(*) FROM t").Output);
        Assert.AreEqual("count\n0\n", Run("DELETE FROM t; SELECT count(*) FROM t;", "shop", "-m", "csv", "--in-memory").Output);
        Run("DELETE FROM t WHERE a > 1;", "shop");
        Assert.AreEqual("count\n6\n", Run("", "shop", "-m", "csv", "-c", "SELECT count(*) FROM t").Output);
    }

    [TestMethod]
    public void A_reader_works_beside_the_owner_and_changes_nothing()
    {
        using ShellProcess owner = new(_folder, "shop", "-m", "list");
        owner.Write("CREATE TABLE t (a int);\nINSERT INTO t VALUES (1) RETURNING a;\n");
        owner.ReadLine();
        owner.ReadLine();

        (int exitCode, _, string errors) = Run("", "shop", "-c", "SELECT 1");
        Assert.AreEqual(1, exitCode);
        Assert.StartsWith("ERROR: 55006: ", errors);
        Assert.AreEqual((0, "a\n1\n", ""), Run("", "shop", "--read-only", "-m", "list", "-c", "SELECT a FROM t"));
        (exitCode, _, errors) = Run("", "shop", "--read-only", "-c", "INSERT INTO t VALUES (2)");
        Assert.AreEqual(1, exitCode);
        Assert.StartsWith("ERROR: 25006: ", errors);
        (exitCode, _, errors) = Run(".save\n", "shop", "--read-only");
        Assert.AreEqual((1, "ERROR: 25006: the database is opened read-only\nHINT: Name another file: .save FILE\n"), (exitCode, errors));
        Assert.AreEqual(0, Run(".save copy.db\n", "shop", "--read-only").ExitCode);
        Assert.AreEqual("a\n1\n", Run("", "./copy.db", "-m", "list", "-c", "SELECT a FROM t").Output);
        using (ShellProcess follower = new(_folder, "shop", "--follow", "-m", "list"))
        {
            Assert.IsTrue(SpinWait.SpinUntil(() => Counts(follower, 1), TimeSpan.FromSeconds(30)), "what the log does not yet show to be on the disk comes a moment later");
            owner.Write("INSERT INTO t VALUES (2) RETURNING a;\n");
            Assert.AreEqual("a 2", $"{owner.ReadLine()} {owner.ReadLine()}");
            bool hasCome = SpinWait.SpinUntil(() => Counts(follower, 2), TimeSpan.FromSeconds(30));
            Assert.IsTrue(hasCome, "the follower does not see what the owner has committed");
            Assert.AreEqual((0, "", ""), follower.Finish());
        }
        (exitCode, _, errors) = Run("", "nosuch", "--read-only", "-c", "SELECT 1");
        Assert.AreEqual(1, exitCode);
        Assert.StartsWith("ERROR: 58P01: ", errors);

        Assert.AreEqual(0, owner.Finish().ExitCode);
    }

    [TestMethod]
    public void Another_database_can_be_opened_and_the_first_again()
    {
        (int exitCode, string output, string errors) = Run("""
            CREATE TABLE t (a int);
            .open second
            CREATE TABLE s (a int);
            .open shop
            .open ./data/shop.db
            BEGIN;
            .open second
            ROLLBACK;
            .save
            .tables
            """, "shop", "-m", "csv", "--keep-going");

        Assert.AreEqual((1, "schema,name,type\npublic,t,table\n"), (exitCode, output), errors);
        Assert.Contains("ERROR: 25001: ", errors);
        Assert.AreEqual("schema,name,type\npublic,s,table\n", Run(".tables\n", "second", "-m", "csv").Output);
    }

    [TestMethod]
    [DataRow("--sync is always, interval, interval=MS (1 to 86400000 milliseconds) or none, not sometimes", "--sync", "sometimes")]
    [DataRow("--sync is always, interval, interval=MS (1 to 86400000 milliseconds) or none, not interval=0", "--sync=interval=0")]
    [DataRow("--sync is always, interval, interval=MS (1 to 86400000 milliseconds) or none, not always=1", "--sync", "always=1")]
    [DataRow("-s is the size of a segment of the log in MB, a whole number from 1 to 1048576, not 0", "-s", "0")]
    [DataRow("--segment-size is the size of a segment of the log in MB, a whole number from 1 to 1048576, not 1.5", "--segment-size=1.5")]
    [DataRow("--in-memory opens a copy that can be changed, --read-only the database that cannot: give one of them", "shop", "--in-memory", "--read-only")]
    [DataRow("--in-memory opens a copy that can be changed, --follow the database that cannot: give one of them", "shop", "--follow", "--in-memory")]
    [DataRow("-P is for a database whose changes are kept, and with --in-memory none are: leave one of them out", "-P", "--in-memory")]
    [DataRow("--sync is for a database whose changes are kept, and with --in-memory none are: leave one of them out", "shop", "--in-memory", "--sync", "always")]
    [DataRow("--segment-size is for a database whose changes are kept, and with --read-only none are: leave one of them out", "shop", "--read-only", "-s", "1")]
    [DataRow("--sync is for a database that is named, and without DATABASE there is a new one in memory: name one, or give -P", "--sync", "none")]
    [DataRow("--segment-size is for a database that is named, and without DATABASE there is a new one in memory: name one, or give -P", "-c", "SELECT 1", "-s", "2")]
    [DataRow("--read-only is for a database that is named, and without DATABASE there is a new one in memory: name one, or give -P", "--read-only")]
    [DataRow("--follow is for a database that is named, and without DATABASE there is a new one in memory: name one, or give -P", "--follow")]
    [DataRow("verify has no option --sync: phantomdb verify --help lists them", "--sync", "none", "verify", "shop")]
    [DataRow("restore has no option --in-memory: phantomdb restore --help lists them", "--in-memory", "restore", "shop", "--to", "1")]
    [DataRow("repair has no option --read-only: phantomdb repair --help lists them", "--read-only", "repair", "shop")]
    [DataRow("accept has no option --mode: phantomdb accept --help lists them", "-m", "csv", "accept", "shop")]
    [DataRow("files has no option --persist: phantomdb files --help lists them", "-P", "files", "shop")]
    [DataRow("log has no option --keep-going: phantomdb log --help lists them", "--keep-going", "log", "shop")]
    [DataRow("unknown option --quite (did you mean --quiet?)", "--quite")]
    [DataRow("unknown option --sgement-size (did you mean --segment-size?)", "--sgement-size=4")]
    [DataRow("unknown option --nothing-like-it", "--nothing-like-it")]
    [DataRow("unknown option --nope", "--nope")]
    [DataRow("unknown option -x", "-x")]
    [DataRow("unknown option -csv: a mode is given with -m csv", "-csv", "shop")]
    [DataRow("unknown option -json: a mode is given with -m json", "-json")]
    [DataRow("unknown option -box: a mode is given with -m box", "shop", "-box")]
    [DataRow("there is no tool verfy (did you mean verify?)", "help", "verfy")]
    [DataRow("there is no tool shop", "help", "shop")]
    [DataRow("two databases are named, shop and select 1: SQL stands behind -c", "shop", "select 1")]
    [DataRow("log has no option --lns (did you mean --lsn?): phantomdb log --help lists them", "log", "shop", "--lns", "1")]
    [DataRow("two databases are named, verfy and shop (did you mean verify?)", "verfy", "shop")]
    [DataRow("two databases are named, stock and shop", "stock", "shop")]
    [DataRow("option --sync needs a value", "--sync")]
    [DataRow("unknown option -x", "-Px")]
    public void A_rejected_option_names_the_way_out(string message, params string[] args)
    {
        Assert.AreEqual((2, "", $"phantomdb: {message}\nTry 'phantomdb --help'.\n"), Run("", args));
    }

    private (int ExitCode, string Output, string Errors) Run(string input, params string[] args) => ShellProcess.Run(_folder, input, args);

    private static bool Counts(ShellProcess shell, int expected)
    {
        shell.Write("SELECT count(*) FROM t;\n");
        return $"{shell.ReadLine()} {shell.ReadLine()}" == $"count {expected}";
    }
}
