using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Shell;

/// <summary>What ends a run that waits: Ctrl-C (SIGINT), once and again, and SIGTERM. What is waited for is a named pipe to which nobody writes.</summary>
[TestClass]
public sealed class ShellSignalTests
{
    private const int Interrupted = 130, Terminated = 143;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-signals-").FullName;

    [TestInitialize]
    public void Begin() => ShellProcess.SkipWithoutSignals();

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("INT", Interrupted)]
    [DataRow("TERM", Terminated)]
    public void A_signal_while_the_database_opens_ends_the_process_and_nothing_is_run(string signal, int exitCode)
    {
        if (!Directory.Exists("/proc/self/fd"))
        {
            Assert.Inconclusive("Skipped: whether a database is being opened is seen in /proc.");
        }
        Assert.AreEqual(0, ShellProcess.Run(_folder, "", "shop", "-c", "CREATE TABLE t (a int, b text); INSERT INTO t SELECT i, i::text FROM generate_series(1, 2000000) g(i)").ExitCode);
        using ShellProcess shell = At("shop.db", "shop", "-c", "SELECT 'run'");
        shell.Signal(signal);
        shell.Signal("CONT");
        Assert.AreEqual((exitCode, "", ""), shell.Finish(closesInput: false));
        Assert.AreEqual(0, ShellProcess.Run(_folder, "", "verify", "shop").ExitCode);
    }

    [TestMethod]
    public void Ctrl_C_gives_up_a_file_that_is_being_written()
    {
        if (!Directory.Exists("/proc/self/fd"))
        {
            Assert.Inconclusive("Skipped: whether a file is being written is seen in /proc.");
        }
        using ShellProcess shell = At("copy.db.new", "-q", "-c", "CREATE TABLE t AS SELECT i, repeat('x', 200) FROM generate_series(1, 500000) AS i", "-c", ".save copy.db", "-c", "SELECT 'run'");
        shell.Signal("INT");
        shell.Signal("CONT");
        Assert.AreEqual((Interrupted, "", "ERROR: 57014: canceling statement due to user request\n"), shell.Finish(closesInput: false));
        Assert.IsEmpty(Directory.GetFiles(_folder, "copy.db*"));
    }

    [TestMethod]
    public void Ctrl_C_ends_a_script_with_130_and_what_follows_is_not_run()
    {
        using ShellProcess shell = new(_folder, "-q", "-c", "SELECT pg_sleep(600)", "-c", "SELECT 'run'");
        shell.WriteEndless("");   // started
        shell.Signal("INT");
        Assert.AreEqual((Interrupted, "", "ERROR: 57014: canceling statement due to user request\n"), shell.Finish());
    }

    [TestMethod]
    [DataRow("INT", Interrupted)]
    [DataRow("TERM", Terminated)]
    public void A_signal_while_a_script_waits_for_input_ends_it_in_order(string signal, int exitCode)
    {
        string script = MakePipe("script.sql");
        using ShellProcess shell = new(_folder, "shop", "-f", "script.sql");
        using FileStream file = AwaitReader(script);
        file.Write("CREATE TABLE t (a int);\nBEGIN;\nINSERT INTO t VALUES (1);\nSELECT 'ready' AS a;\n"u8);
        file.Flush();
        while (shell.ReadLine() != " ready")
        {
        }
        shell.Signal(signal);
        Assert.AreEqual(exitCode, shell.Finish(closesInput: false).ExitCode);
        Assert.AreEqual("count\n0\n", ShellProcess.Run(_folder, "SELECT count(*) FROM t;\n", "shop", "--mode=csv").Output);
    }

    [TestMethod]
    [DataRow("-f pipe")]
    [DataRow("-c|.read pipe")]
    [DataRow("-c|COPY t FROM 'pipe'")]
    public void What_cannot_be_cancelled_is_ended_by_the_second_Ctrl_C_and_what_was_acknowledged_is_kept(string waiting)
    {
        string pipe = MakePipe("pipe");
        using ShellProcess shell = new(_folder, ["shop", "--sync=none", "-c", "CREATE TABLE t (a int)", .. waiting.Split(waiting.Contains('|', StringComparison.Ordinal) ? '|' : ' ')]);
        using FileStream file = AwaitReader(pipe);
        shell.AwaitError("CREATE TABLE\n");
        if (waiting.StartsWith("-c", StringComparison.Ordinal))   // input of a script is waited for between statements
        {
            file.Write(new byte[300_000]);   // more than a pipe holds: its reader has begun, and waits for the end of the line
            shell.Signal("INT");
            shell.AwaitError("Not cancelled yet. Ctrl-C again ends phantomdb.\n");
        }
        shell.Signal("INT");
        Assert.AreEqual(Interrupted, shell.Finish(closesInput: false).ExitCode);
        Assert.AreEqual(0, ShellProcess.Run(_folder, "SELECT * FROM t;\n", "shop").ExitCode);
    }

    [TestMethod]
    public void A_termination_ends_what_cannot_be_cancelled()
    {
        string pipe = MakePipe("pipe");
        using ShellProcess shell = new(_folder, "shop", "-c", "CREATE TABLE t (a int)", "-c", "COPY t FROM 'pipe'");
        using FileStream file = AwaitReader(pipe);
        file.Write(new byte[300_000]);
        shell.Signal("TERM");
        Assert.AreEqual(Terminated, shell.Finish(closesInput: false).ExitCode);
    }

    // Stopped, so that it still has the file open when the signal comes.
    private ShellProcess At(string file, params string[] arguments)
    {
        for (int i = 0; i < 100; i++)
        {
            ShellProcess shell = new(_folder, arguments);
            SpinWait.SpinUntil(() => shell.HasOpen(file), Patience);
            shell.Signal("STOP");
            if (shell.HasOpen(file))
            {
                return shell;
            }
            shell.Dispose();
        }
        throw new AssertInconclusiveException($"Skipped: {file} is read or written too soon.");
    }

    private string MakePipe(string name)
    {
        string path = Path.Combine(_folder, name);
        using Process make = Process.Start("mkfifo", [path])!;
        make.WaitForExit();
        return path;
    }

    /// <summary>The pipe, opened to write: that waits for who reads it.</summary>
    private static FileStream AwaitReader(string pipe)
    {
        Task<FileStream> opening = Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite));
        Assert.IsTrue(opening.Wait(Patience), "Nobody reads the pipe.");
        return opening.Result;
    }
}
