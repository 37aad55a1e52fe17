using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Crash;

/// <summary>The power goes at each operation of a restore, and again at each operation of the opening after it.</summary>
[TestClass]
public sealed class RestoreCrashTests
{
    private const string Old = "2 3 4";
    private const string New = "1 2";

    [TestMethod]
    public void T2_a_loss_of_power_at_any_operation_of_a_restore_leaves_the_old_state_or_the_new()
    {
        int count = 0, news = 0;
        bool isOver = false;
        for (int at = 0; !isOver; at++)
        {
            SimulatedDisk disk = MakeShop();
            disk.Fault = DiskFault.PowerLoss;
            disk.FaultAt = disk.OperationCount + at;
            try
            {
                DatabaseRestore.Run("shop", RestorePoint.Parse("3"), null, Options(disk));
                isOver = true;
            }
            catch (PowerLossException)
            {
            }
            foreach (CrashProfile profile in CrashRunner.AllProfiles)
            {
                string line = $"power loss at operation {disk.FaultedOperation} of the restore, profile {profile}";
                SimulatedDisk after = disk.Crash(profile, at);
                string rows = Read(after.Crash(CrashProfile.ProcessKilled, 0), line);
                Assert.IsTrue(rows is Old or New, $"{line}: {rows}");
                news += rows == New ? 1 : 0;
                count++;
                CrashAgain(after, rows, at, line);
                // The other points are still there.
                SimulatedDisk back = after.Crash(CrashProfile.ProcessKilled, 0);
                DatabaseRestore.Run("shop", RestorePoint.Parse("t1:5"), null, Options(back));
                Assert.AreEqual(Old, Read(back, line), line);
            }
        }
        Assert.IsGreaterThan(20, count);
        Assert.IsGreaterThan(0, news);
    }

    // What recovery writes then is cut off too, at one operation after the other.
    private static void CrashAgain(SimulatedDisk disk, string rows, int at, string line)
    {
        for (int second = at % 2; ; second += 2)
        {
            SimulatedDisk again = disk.Crash(CrashProfile.ProcessKilled, 0);
            again.Fault = DiskFault.PowerLoss;
            again.FaultAt = again.OperationCount + second;
            try
            {
                Read(again, line);
                return;
            }
            catch (PowerLossException)
            {
            }
            SimulatedDisk last = again.Crash(CrashProfile.AllLost, second);
            Assert.AreEqual(rows, Read(last, line), $"{line}; again at operation {again.FaultedOperation}");
        }
    }

    private static DatabaseOptions Options(SimulatedDisk disk) => new() { DataDirectory = "/data", FileSystem = disk, MemoryLimit = 1 << 28, LogSegmentSize = 4096 };

    // LSN 3 has 1 and 2; the file has LSN 4.
    private static SimulatedDisk MakeShop()
    {
        var disk = new SimulatedDisk();
        using (Database database = Database.Open("shop", Options(disk)))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (id int PRIMARY KEY)").Dispose();
            session.Execute("INSERT INTO t VALUES (1)").Dispose();
            session.Execute("INSERT INTO t VALUES (2)").Dispose();
            session.Execute("INSERT INTO t VALUES (3)").Dispose();
            database.SaveToDisk();
            session.Execute("UPDATE t SET id = 4 WHERE id = 1").Dispose();
        }
        return disk;
    }

    private static string Read(SimulatedDisk disk, string line)
    {
        try
        {
            using Database database = Database.Open("shop", Options(disk));
            using Session session = database.OpenSession();
            using QueryResult rows = session.Execute("SELECT id FROM t ORDER BY id");
            List<int> found = [];
            while (rows.Read())
            {
                found.Add(rows.GetInt32(0));
            }
            return string.Join(' ', found);
        }
        catch (PhantomDbException error)
        {
            throw new AssertFailedException($"{line}: {error.SqlState} {error.Message} {error.Where}", error);
        }
    }
}
