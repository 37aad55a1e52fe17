using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Fuzz.Running;

namespace PhantomDb.Tests.Crash;

/// <summary>
/// Saving the database file on a disk that fails or loses power at any operation: the last save that ended is there, or
/// the one that was under way, whole. The full runs are a command: docs/testing.md.
/// </summary>
[TestClass]
public sealed class SaveCrashTests
{
    [TestMethod]
    [DataRow((int)SealUse.Sealed)]
    [DataRow((int)SealUse.Unsealed)]
    [DataRow((int)SealUse.Alternating)]
    public void T2_a_power_loss_at_every_operation_of_saves_leaves_the_old_file_or_the_new(int seals)
    {
        CrashRunner runner = NewRunner((SealUse)seals);
        runner.CrashAtEveryOperation(CrashRunner.AllProfiles, seedsPerProfile: 3);
        ExpectNoFailure(runner);
    }

    [TestMethod]
    [DataRow((int)SealUse.Sealed)]
    [DataRow((int)SealUse.Unsealed)]
    [DataRow((int)SealUse.Alternating)]
    public void T2_a_second_power_loss_during_the_saves_after_the_first_changes_nothing(int seals)
    {
        CrashRunner runner = NewRunner((SealUse)seals);
        runner.CrashAtEveryOperation([CrashProfile.Posix512, CrashProfile.Ordered], secondStep: 7, step: 4);
        ExpectNoFailure(runner);
    }

    [TestMethod]
    [DataRow((int)SealUse.Sealed)]
    [DataRow((int)SealUse.Unsealed)]
    [DataRow((int)SealUse.Alternating)]
    public void T10_failing_operations_of_every_kind_folder_flushes_too_leave_the_old_file_or_the_new(int seals)
    {
        CrashRunner runner = NewRunner((SealUse)seals);
        foreach (DiskFault fault in new[] { DiskFault.InputOutputError, DiskFault.DiskFull, DiskFault.ShortWrite })
        {
            runner.FailEveryOperation(fault, isLasting: false, [CrashProfile.ProcessKilled, CrashProfile.AllLost, CrashProfile.Posix512]);
            runner.FailEveryOperation(fault, isLasting: true, [CrashProfile.ProcessKilled, CrashProfile.AllLost, CrashProfile.Posix512]);
        }
        ExpectNoFailure(runner);
    }

    [TestMethod]
    [DataRow((int)SealUse.Sealed)]
    [DataRow((int)SealUse.Unsealed)]
    [DataRow((int)SealUse.Alternating)]
    public void T10_an_operation_that_fails_after_a_power_loss_leaves_the_old_file_or_the_new(int seals)
    {
        CrashRunner runner = NewRunner((SealUse)seals);
        runner.FailAfterEveryCrash(DiskFault.InputOutputError, [CrashProfile.ProcessKilled], secondStep: 3);
        ExpectNoFailure(runner);
    }

    [TestMethod]
    public void T10_a_rename_whose_folder_was_not_flushed_leaves_the_old_file_or_the_new()
    {
        SimulatedDisk disk = new();
        Oracle oracle = SaveScenario.NewOracle();
        new SaveScenario(SealUse.Sealed, seed: 1).Run(disk, oracle);
        var next = disk.Crash(CrashProfile.ProcessKilled, 0);
        var whole = next.Crash(CrashProfile.ProcessKilled, 0);
        new SaveScenario(SealUse.Sealed, seed: 2, saveCount: 1).Run(whole, oracle.Copy());
        int renamed = whole.Operations.FindIndex(operation => operation.EndsWith("rename shop.db.new", StringComparison.Ordinal));
        Assert.IsTrue(renamed >= 0 && whole.Operations[renamed + 1].EndsWith("flush folder sub", StringComparison.Ordinal), string.Join('\n', whole.Operations));

        var last = whole.Operations.Count;
        Assert.IsGreaterThan(renamed, last);
        SimulatedDisk again = disk.Crash(CrashProfile.ProcessKilled, 0);
        again.FaultAt = renamed + 1;
        again.Fault = DiskFault.PowerLoss;
        Assert.ThrowsExactly<PowerLossException>(() => new SaveScenario(SealUse.Sealed, seed: 2, saveCount: 1).Run(again, oracle));
        var scenario = new SaveScenario(SealUse.Sealed);
        RecoveredState old = scenario.Recover(again.Crash(CrashProfile.NamesLost, 0)), made = scenario.Recover(again.Crash(CrashProfile.ContentsLost, 0));
        Assert.IsLessThan(made.Transactions.Count, old.Transactions.Count);
        Assert.IsNull(oracle.Check(old));
        Assert.IsNull(oracle.Check(made));
    }

    [TestMethod]
    public void T9_on_a_disk_that_lies_about_flushes_a_sealed_file_is_one_that_was_saved_or_refused()
    {
        CrashRunner runner = NewRunner(SealUse.Sealed, isDiskLying: true);
        runner.CrashAtEveryOperation(CrashRunner.AllProfiles, seedsPerProfile: 10);
        ExpectNoFailure(runner);
    }

    [TestMethod]
    public void T8_a_full_disk_fails_the_save_and_the_next_one_succeeds_when_there_is_room()
    {
        SimulatedDisk disk = new();
        DatabaseOptions options = new() { DataDirectory = SaveScenario.Folder, FileSystem = disk, IsInMemory = true };
        using Database database = Database.Open("shop", options);
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (a int, b text)").Dispose();
        session.Execute("INSERT INTO t VALUES (1, 'x')").Dispose();
        database.SaveToDisk("shop");
        byte[] before = disk.Read(SaveScenario.FilePath);
        session.Execute("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 1000) i").Dispose();
        disk.Capacity = 50_000;

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => database.SaveToDisk("shop"));

        Assert.AreEqual("53100", error.SqlState);
        CollectionAssert.AreEqual(before, disk.Read(SaveScenario.FilePath));
        Assert.IsFalse(disk.Exists(SaveScenario.FilePath + ".new"), "what was written is gone again, or the disk would stay full");
        disk.Capacity = long.MaxValue;
        database.SaveToDisk("shop");
        using Database copy = Database.Open("shop", options with { FileSystem = disk.Crash(CrashProfile.AllLost, 0) });
        using Session reading = copy.OpenSession();
        using QueryResult count = reading.Execute("SELECT count(*) FROM t");
        Assert.IsTrue(count.Read());
        Assert.AreEqual(1001, count.GetInt64(0));
    }

    [TestMethod]
    public void T8_a_real_full_disk_fails_the_save_and_the_next_one_succeeds_when_there_is_room()
    {
        using var disk = new SmallDisk("256k");
        using Database database = Database.Open("shop", new DatabaseOptions { DataDirectory = disk.Folder, IsInMemory = true });
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (a int, b text)").Dispose();
        database.SaveToDisk("shop");
        string path = Path.Combine(disk.Folder, "shop.db");
        byte[] before = File.ReadAllBytes(path);
        session.Execute("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 4000) i").Dispose();

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => database.SaveToDisk("shop"));

        Assert.AreEqual("53100", error.SqlState);
        StringAssert.Contains(error.Message, path);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(path));
        disk.Resize("4m");
        database.SaveToDisk("shop");
        Assert.AreNotEqual(before.Length, new FileInfo(path).Length);
    }

    [TestMethod]
    public void A_scenario_without_flushes_is_found_to_lose_data()
    {
        CrashRunner runner = new(_ => new NoFlushScenario(), () => new Oracle());
        runner.CrashAtEveryOperation(CrashRunner.AllProfiles, seedsPerProfile: 4);
        Assert.IsNotEmpty(runner.Failures);
        Assert.IsTrue(runner.Failures.All(failure => failure.Contains("is lost, which was acknowledged", StringComparison.Ordinal)), string.Join('\n', runner.Failures));
    }

    private static CrashRunner NewRunner(SealUse seals, bool isDiskLying = false) =>
        new(number => new SaveScenario(seals, number), SaveScenario.NewOracle) { IsDiskLying = isDiskLying };

    private static void ExpectNoFailure(CrashRunner runner) =>
        Assert.IsEmpty(runner.Failures, $"{runner.Failures.Count} of {runner.CheckedCount}:\n{string.Join('\n', runner.Failures.Take(20))}");

    /// <summary>Writes a file for each transaction, and believes that it is durable then.</summary>
    private sealed class NoFlushScenario : ICrashScenario
    {
        public void Run(SimulatedDisk disk, Oracle oracle)
        {
            disk.CreateFolder("/data");
            for (int i = 0; i < 3; i++)
            {
                int number = oracle.Intend(0);
                using (PhantomDb.Durability.IWritableFile file = disk.Create($"/data/{number}"))
                {
                    file.Append("x"u8);
                }
                oracle.Acknowledge(number, Acknowledgement.Durable);
            }
        }

        public RecoveredState Recover(SimulatedDisk disk) => new(
            disk.FolderExists("/data") ? disk.List("/data").Where(name => disk.Length($"/data/{name}") == 1).Select(int.Parse).ToHashSet() : [],
            new Dictionary<string, string>(), new Dictionary<string, long>());
    }
}
