using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Tests.Engine;

namespace PhantomDb.Tests.Crash;

/// <summary>Repairing and accepting on a disk that loses power at any operation: all bytes are still there, and the tool can be run again.</summary>
[TestClass]
public sealed class ToolCrashTests : ToolTest
{
    private const string Segment = "/data/shop_log_20261121_120003_1.log";

    [TestMethod]
    public void T2_a_power_loss_at_every_operation_of_a_repair_keeps_the_damaged_bytes_and_leaves_a_repair_to_be_done_again()
    {
        MakeShop();
        Flip(Segment, "Doe, John");
        byte[] damaged = Disk.Files[Segment];
        AtEveryOperation(disk => DatabaseTools.Repair(Path, On(disk)), (left, where) =>
        {
            DatabaseTools.Repair(Path, On(left));
            Assert.IsTrue(DatabaseTools.Verify(Path, On(left)).CanOpen, where);
            Assert.AreEqual("1|John Doe, 3|NULL", Rows(left), where);
            Assert.IsTrue(left.List("/data").Any(file => left.Read($"/data/{System.IO.Path.GetFileName(file)}").SequenceEqual(damaged)), $"{where}: the damaged segment is gone");
            Assert.IsFalse(DatabaseTools.Repair(Path, On(left)).IsNeeded, where);
            EnsureMissed(left, where);
        });
    }

    [TestMethod]
    public void T2_a_power_loss_at_every_operation_of_a_repair_in_vain_keeps_the_file()
    {
        MakeShop();
        Disk.Files.Remove(Segment);
        Disk.Files.Remove(ActivePath);
        Flip(Path, "users_pkey PRIMARY");
        AddSection();
        byte[] damaged = Disk.Files[Path];
        AtEveryOperation(RepairInVain, (left, where) => CollectionAssert.AreEqual(damaged, left.Read(Path), where));

        static void RepairInVain(SimulatedDisk disk)
        {
            try
            {
                DatabaseTools.Repair(Path, On(disk));
                Assert.Fail("nothing of the file can be proved");
            }
            catch (PhantomDbException)
            {
            }
        }
    }

    [TestMethod]
    public void T2_a_power_loss_at_every_operation_of_an_acceptance_leaves_the_edit_accepted_or_to_be_accepted()
    {
        Log.Commit(Users, "INSERT,users,1,John Doe").Commit("INSERT,users,2,\"\"").Flush();
        SaveAs(Path, Recover());
        Disk.Files[Path] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Disk.Files[Path]).Replace("ROW:2,\"\"\n", "ROW:2,two\nROW:3,three\n", StringComparison.Ordinal));
        int accepted = 0, edited = 0;
        AtEveryOperation(disk => DatabaseTools.Accept(Path, On(disk)), (left, where) =>
        {
            VerificationReport report = DatabaseTools.Verify(Path, On(left));
            FileVerdict verdict = report.Files[0].Verdict;
            Assert.IsTrue(verdict is FileVerdict.Edited or FileVerdict.Clean, $"{where}: {verdict}");
            accepted += verdict == FileVerdict.Clean ? 1 : 0;
            edited += verdict == FileVerdict.Edited ? 1 : 0;
            DatabaseTools.Accept(Path, On(left));
            Assert.AreEqual("1|John Doe, 2|two, 3|three", Rows(left), where);
            EnsureMissed(left, where);
        });
        Assert.IsGreaterThan(0, accepted);
        Assert.IsGreaterThan(0, edited);
    }

    // Text behind the seal, so that it is no edit that makes sense.
    private void AddSection() => Disk.Files[Path] = [.. Disk.Files[Path], .. "[TABLE:x]\n"u8];

    private void Flip(string path, string at)
    {
        byte[] bytes = [.. Disk.Files[path]];
        bytes[bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(at))] ^= 1;
        Disk.Files[path] = bytes;
    }

    private void AtEveryOperation(Action<SimulatedDisk> run, Action<SimulatedDisk, string> check)
    {
        SimulatedDisk whole = NewDisk();
        run(whole);
        Assert.IsGreaterThan(0, whole.OperationCount);
        for (int at = 0; at < whole.OperationCount; at++)
        {
            SimulatedDisk disk = NewDisk(at);
            disk.FaultAt = at;
            disk.Fault = DiskFault.PowerLoss;
            try
            {
                run(disk);
            }
            catch (PowerLossException)
            {
            }
            foreach (CrashProfile profile in CrashRunner.AllProfiles)
            {
                check(disk.Crash(profile, at), $"power loss at operation {disk.FaultedOperation}, profile {profile}");
            }
        }
    }

    // Whatever the power loss came between: nothing of the timeline before is taken for the file that began this one.
    private static void EnsureMissed(SimulatedDisk disk, string where)
    {
        Assert.AreEqual(2, LogManifest.TryParse(disk.Read("/data/shop.manifest"))!.Timeline, where);
        disk.Delete(Path);
        Assert.AreEqual("XX001", Assert.ThrowsExactly<PhantomDbException>(() => Rows(disk), where).SqlState, where);
    }

    private SimulatedDisk NewDisk(int seed = 0)
    {
        var disk = new SimulatedDisk(seed);
        disk.CreateFolder("/data");
        foreach ((string path, byte[] bytes) in Disk.Files)
        {
            disk.Put(path, bytes);
        }
        return disk;
    }

    private static DatabaseOptions On(SimulatedDisk disk) => new() { DataDirectory = "/data", FileSystem = disk };

    private static string Rows(SimulatedDisk disk)
    {
        using Database database = Database.Open(Path, On(disk) with { IsInMemory = true });
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute("SELECT id, name FROM users ORDER BY id");
        List<string> found = [];
        while (rows.Read())
        {
            found.Add($"{rows.GetInt32(0)}|{(rows.IsNull(1) ? "NULL" : rows.GetString(1))}");
        }
        return string.Join(", ", found);
    }
}
