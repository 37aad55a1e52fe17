using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Processes;
using PhantomDb.Fuzz.Running;
using PhantomDb.Tests.Shell;

namespace PhantomDb.Tests.Crash;

/// <summary>Real processes, a real disk, and real errors of the system. A slice; the full runs are commands: docs/testing.md.</summary>
[TestClass]
[DoNotParallelize]
public sealed class RealSystemTests
{
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("PHANTOMDB_SEED"), out int seed) ? seed : 1;

    [TestMethod]
    public void T7_processes_with_eight_clients_that_are_killed_lose_no_commit_that_they_were_told_is_durable()
    {
        FuzzReport report = new KillRunner(Seed, Journal.None).Run(20);
        Assert.IsEmpty(report.Failures, string.Join('\n', report.Failures));
    }

    [TestMethod]
    public void T6_calls_to_the_system_that_fail_lose_nothing_and_the_database_goes_on()
    {
        if (!SweepRunner.IsPossible())
        {
            Assert.Inconclusive("Needs Linux, strace, and the right to watch processes.");
        }
        FuzzReport report = new SweepRunner(Seed, Journal.None).Run(12);
        Assert.IsEmpty(report.Failures, string.Join('\n', report.Failures));
    }

    [TestMethod]
    [DataRow(256 << 10, 64L << 20)]
    [DataRow(256 << 10, 4096L)]
    public void T8_commits_on_a_full_disk_fail_with_53100_and_go_on_when_there_is_room_without_a_restart(int roomBytes, long segmentBytes)
    {
        using var disk = new SmallDisk($"{roomBytes}");
        var options = new DatabaseOptions { DataDirectory = disk.Folder, LogSegmentSize = segmentBytes, LogRetentionCount = 0 };
        HashSet<int> acknowledged = [];
        using (Database database = Database.Open("shop", options))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (n int PRIMARY KEY, note text)").Dispose();
            PhantomDbException? full = Fill(session, acknowledged, 0, 2000);
            Assert.AreEqual("53100", full?.SqlState, full?.Message);
            Assert.AreEqual(acknowledged.Count, Count(session), "reads go on");
            PhantomDbException? save = Fails(() => database.SaveToDisk());
            Assert.AreEqual("53100", save?.SqlState, save?.Message);
            for (int round = 0; round < 3; round++)
            {
                disk.Resize($"{roomBytes + ((round + 1) * 128 << 10)}");
                int before = acknowledged.Count;
                full = Fill(session, acknowledged, (round + 1) * 10_000, 2000);
                Assert.AreEqual("53100", full?.SqlState, full?.Message);
                Assert.IsGreaterThan(before + 20, acknowledged.Count, "writing goes on when there is room");
            }
            disk.Resize("64m");
            database.SaveToDisk();
            Assert.IsNull(Fill(session, acknowledged, 90_000, 100));
        }
        using Database again = Database.Open("shop", options);
        using Session reading = again.OpenSession();
        Assert.AreEqual(acknowledged.Count, Count(reading));
    }

    [TestMethod]
    public void T8_a_database_on_a_full_disk_can_be_opened_and_read_and_written_when_there_is_room()
    {
        using var disk = new SmallDisk("512k");
        var options = new DatabaseOptions { DataDirectory = disk.Folder };
        HashSet<int> acknowledged = [];
        using (Database database = Database.Open("shop", options))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (n int PRIMARY KEY, note text)").Dispose();
            Assert.IsNull(Fill(session, acknowledged, 0, 100));
        }
        string log = Path.Combine(disk.Folder, "shop.log"), ballast = Path.Combine(disk.Folder, "ballast");
        File.AppendAllText(log, "101,2026");   // what a crash leaves behind the seal
        FillUp(ballast);
        using (Database opened = Database.Open("shop", options))
        {
            using Session session = opened.OpenSession();
            Assert.AreEqual(100, Count(session));
            Assert.AreEqual("53100", Fill(session, acknowledged, 1000, 1000)?.SqlState);
            File.Delete(ballast);
            Assert.IsNull(Fill(session, acknowledged, 5000, 50));
        }
        File.Delete(ballast);
        using Database again = Database.Open("shop", options);
        using Session reading = again.OpenSession();
        Assert.AreEqual(acknowledged.Count, Count(reading));
    }

    [TestMethod]
    public void T8_on_a_full_ext4_snapshots_rotation_and_commits_fail_with_53100_and_go_on_when_there_is_room()
    {
        using var disk = SmallDisk.Ext4(megabytes: 6);
        var options = new DatabaseOptions { DataDirectory = disk.Folder, LogSegmentSize = 64 << 10, SnapshotEnabled = false };
        string ballast = Path.Combine(disk.Folder, "ballast");
        HashSet<int> acknowledged = [];
        using (Database database = Database.Open("shop", options))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (n int PRIMARY KEY, note text)").Dispose();
            Assert.IsNull(Fill(session, acknowledged, 0, 300));
            for (int round = 1; round <= 3; round++)
            {
                FillUp(ballast);
                PhantomDbException? snapshot = Fails(() => database.CreateSnapshot());
                Assert.AreEqual("53100", snapshot?.SqlState, snapshot?.Message);
                PhantomDbException? full = Fill(session, acknowledged, round * 10_000, 1000);
                Assert.AreEqual("53100", full?.SqlState, full?.Message);
                Assert.AreEqual(acknowledged.Count, Count(session), "reads go on");
                File.Delete(ballast);
                Assert.IsNull(Fill(session, acknowledged, (round * 10_000) + 5000, 100));
                Assert.IsNull(Fails(() => database.CreateSnapshot()));
            }
        }
        using Database again = Database.Open("shop", options);
        using Session reading = again.OpenSession();
        Assert.AreEqual(acknowledged.Count, Count(reading));
    }

    [TestMethod]
    public void T8_a_shell_that_cannot_write_the_databases_file_at_its_end_has_done_what_it_was_told_and_warns()
    {
        using var disk = new SmallDisk("1m");
        string ballast = Path.Combine(disk.Folder, "ballast"), own = Path.Combine(disk.Folder, "shop.db");
        Assert.AreEqual(0, Shell("CREATE TABLE t (n int PRIMARY KEY, note text)", "INSERT INTO t SELECT i, repeat('x', 200) FROM generate_series(1, 900) i").ExitCode);
        byte[] saved = File.ReadAllBytes(own);
        FillUp(ballast);
        using (FileStream file = File.OpenWrite(ballast))
        {
            file.SetLength(file.Length - saved.Length / 2);   // for the log, and not for the file
        }

        (int exitCode, _, string errors) = Shell("INSERT INTO t VALUES (1000, 'more')");
        Assert.AreEqual(0, exitCode, errors);
        StringAssert.Contains(errors, "WARNING: 53100: the database's own file could not be brought up to date; all that is committed is in the log");
        CollectionAssert.AreEqual(saved, File.ReadAllBytes(own));

        FillUp(ballast);
        (exitCode, string output, errors) = Shell("SELECT count(*) FROM t");
        Assert.AreEqual((0, "901"), (exitCode, output.TrimEnd()[^3..]), errors);
        Assert.DoesNotContain("ERROR", errors);
        Assert.IsFalse(File.Exists(Path.Combine(disk.Folder, "shop.lock")), "nobody has it open");

        File.Delete(ballast);
        StringAssert.EndsWith(Shell("SELECT count(*) FROM t").Output.TrimEnd(), "901");
        Assert.AreNotEqual(saved.Length, File.ReadAllBytes(own).Length, "where there is room it is written");

        (int ExitCode, string Output, string Errors) Shell(params string[] statements) =>
            ShellProcess.Run(disk.Folder, "", ["shop", "-d", disk.Folder, "-m", "list", .. statements.SelectMany(sql => new[] { "-c", sql })]);
    }

    private static void FillUp(string path)
    {
        using FileStream file = File.Create(path);
        try
        {
            for (byte[] block = new byte[4096]; ;)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // full
        }
    }

    private static PhantomDbException? Fill(Session session, HashSet<int> acknowledged, int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            try
            {
                session.Execute($"INSERT INTO t VALUES ({i}, repeat('x', 900))").Dispose();
            }
            catch (PhantomDbException error)
            {
                return error;
            }
            acknowledged.Add(i);
        }
        return null;
    }

    private static long Count(Session session)
    {
        using QueryResult result = session.Execute("SELECT count(*) FROM t");
        Assert.IsTrue(result.Read());
        return result.GetInt64(0);
    }

    private static PhantomDbException? Fails(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (PhantomDbException error)
        {
            return error;
        }
    }
}
