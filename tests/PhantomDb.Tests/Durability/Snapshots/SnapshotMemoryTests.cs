using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Durability.Snapshots;

/// <summary>What a snapshot holds in memory while it is written: with nothing else running, since it is the memory of the process that is measured.</summary>
[TestClass]
[DoNotParallelize]
public sealed class SnapshotMemoryTests
{
    [TestMethod]
    [DataRow("SELECT i, repeat('x', 40000) FROM generate_series(1, 1200) i", "in the order of the table")]
    [DataRow("SELECT 2000 - i, repeat('x', 40000) FROM generate_series(1, 1200) i", "row by row, by the key")]
    [DataRow("SELECT i, repeat('x', 200) FROM generate_series(1, 200000) i", "many rows")]
    [DataRow("SELECT i, repeat('x', 16000000) FROM generate_series(1, 3) i", "values that are longer than any buffer")]
    public void P12_a_snapshot_is_written_in_pieces_and_holds_little_memory_however_much_there_is(string rows, string how)
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        long most = 0;
        int appends = 0;
        bool isMeasured = false;
        var disk = new WatchedDisk(PhysicalFileSystem.Instance, path =>
        {
            if (isMeasured && path.Contains("_snapshot_", StringComparison.Ordinal) && appends++ % 8 == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            }
        });
        using (Database database = Database.Open("shop", new DatabaseOptions { DataDirectory = folder, FileSystem = disk, SnapshotEnabled = false, SyncPolicy = SyncPolicy.None }))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE item (id int PRIMARY KEY, name text)").Dispose();
            session.Execute($"INSERT INTO item {rows}").Dispose();
            database.CreateSnapshot();   // code is compiled
            session.Execute("UPDATE item SET name = name || 'z' WHERE id % 500 = 1").Dispose();
            long before = GC.GetTotalMemory(forceFullCollection: true);
            isMeasured = true;

            SnapshotInfo snapshot = database.CreateSnapshot();

            isMeasured = false;
            Assert.IsGreaterThan(40_000_000, snapshot.Bytes);
            Assert.AreEqual(0, snapshot.CopiedBytes);
            Assert.IsGreaterThan(20, appends);
            Assert.IsLessThan(8_000_000, most - before, $"{how}: held while it was written");
        }
        Directory.Delete(folder, recursive: true);
    }
}
