using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>Durability from end to end: a process that is told to end or is killed, and what the next one finds.</summary>
[TestClass]
public sealed class DurableShellTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-durable-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("always")]
    [DataRow("interval=3600000")]
    [DataRow("none")]
    public void L9_a_shell_that_is_told_to_end_leaves_all_on_the_disk_whatever_the_policy(string policy)
    {
        ShellProcess.SkipWithoutSignals();
        using (ShellProcess shell = new(_folder, "shop", "-q", "-m", "list", "--sync", policy))
        {
            shell.Write("CREATE TABLE t (a int);\n");
            InsertReturning(shell, 1, 20);
            shell.Signal("TERM");
            Assert.AreEqual(143, shell.Finish(closesInput: false).ExitCode);
        }
        Assert.AreEqual(0, Run("verify", "shop").ExitCode);
        Assert.Contains(",CLOSE,", string.Concat(Directory.GetFiles(Path.Combine(_folder, "data"), "shop*.log").Select(File.ReadAllText)));
        Assert.IsFalse(File.Exists(Path.Combine(_folder, "data", "shop.lock")));
        AssertHas(20);
    }

    [TestMethod]
    public void L10_what_a_killed_shell_has_printed_is_there_time_after_time()
    {
        ShellProcess.SkipWithoutSignals();
        Assert.AreEqual(0, Run("shop", "-c", "CREATE TABLE t (a int)").ExitCode);
        for (int round = 0; round < 3; round++)
        {
            using ShellProcess shell = new(_folder, "shop", "-q", "-m", "list");
            InsertReturning(shell, (round * 10) + 1, 10);
            shell.Signal("KILL");
            shell.Finish(closesInput: false);
        }
        AssertHas(30);
    }

    [TestMethod]
    public void L10_L3_under_interval_a_killed_shell_loses_the_last_moment_at_most()
    {
        ShellProcess.SkipWithoutSignals();
        using (ShellProcess shell = new(_folder, "shop", "-q", "-m", "list", "--sync=interval=3600000"))
        {
            shell.Write("CREATE TABLE t (a int);\n");
            InsertReturning(shell, 1, 10);
            string log = Path.Combine(_folder, "data", "shop.log");
            Assert.IsTrue(SpinWait.SpinUntil(() => File.Exists(log) && File.ReadAllText(log).Contains(",INSERT,t,10,", StringComparison.Ordinal), TimeSpan.FromSeconds(60)), "it is written soon, though not flushed");
            shell.Signal("KILL");
            shell.Finish(closesInput: false);
        }
        AssertHas(10);
    }

    [TestMethod]
    public void L4_L10_segments_of_the_size_that_was_asked_for_are_read_again_after_a_kill()
    {
        ShellProcess.SkipWithoutSignals();
        using (ShellProcess shell = new(_folder, "shop", "-q", "-m", "list", "-s", "1"))
        {
            shell.Write("CREATE TABLE t (a int, filling text);\n");
            for (int i = 1; i <= 5; i++)
            {
                shell.Write(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO t SELECT {i}, repeat('x', 600000) RETURNING a;\n"));
                Assert.AreEqual("a", shell.ReadLine());
                Assert.AreEqual($"{i}", shell.ReadLine());
            }
            shell.Signal("KILL");
            shell.Finish(closesInput: false);
        }
        Assert.IsGreaterThan(2, Directory.GetFiles(Path.Combine(_folder, "data"), "shop*.log").Length);
        AssertHas(5);
    }

    [TestMethod]
    public void L10_without_persistence_nothing_is_made_on_the_disk()
    {
        Assert.AreEqual(0, Run("-c", "CREATE TABLE t (a int)", "-c", "INSERT INTO t VALUES (1)").ExitCode);
        Assert.AreEqual(0, Run("--in-memory", "shop", "-c", "CREATE TABLE t (a int)", "-c", "INSERT INTO t VALUES (1)").ExitCode);
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder));
    }

    private static void InsertReturning(ShellProcess shell, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            shell.Write(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO t VALUES ({i}) RETURNING a;\n"));
            Assert.AreEqual("a", shell.ReadLine());
            Assert.AreEqual($"{i}", shell.ReadLine());
        }
    }

    private void AssertHas(int count)
    {
        (int exitCode, string output, string errors) = Run("shop", "-q", "-m", "list", "-c", "SELECT count(*), min(a), max(a) FROM t");
        Assert.AreEqual((0, $"count|min|max\n{count}|1|{count}\n"), (exitCode, output), errors);
    }

    private (int ExitCode, string Output, string Errors) Run(params string[] args) => ShellProcess.Run(_folder, "", args);
}
