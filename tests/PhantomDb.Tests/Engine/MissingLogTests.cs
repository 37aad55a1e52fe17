using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>What a database without its log, or with a damaged one, tells when it is opened: nothing that was acknowledged goes unnoticed.</summary>
[TestClass]
public sealed class MissingLogTests
{
    private static readonly string[] Bulk = ["CREATE TABLE b (id int)", "INSERT INTO b SELECT generate_series(1, 60000)"];

    [TestMethod]
    public void The_first_commit_of_a_database_is_missed_where_the_log_is_gone()
    {
        SimulatedDisk left = Left("CREATE TABLE t (id int)");
        LogManifestRow open = LogManifest.TryParse(left.Read("/data/shop.manifest"))!.OpenSegment!;
        Assert.AreEqual(("shop.log", 1L), (open.Name, open.FirstLsn));
        left.Delete("/data/shop.log");
        PhantomDbException error = Refused(left);
        StringAssert.Contains(error.Message, "there is neither its file, nor a snapshot, nor its log");
        StringAssert.Contains(error.Hint, "Put the log or the database file back");
    }

    [TestMethod]
    public void The_first_commit_of_a_segment_is_missed_where_that_is_gone_though_a_file_has_all_before()
    {
        var disk = new SimulatedDisk();
        Use(disk, "CREATE TABLE t (id int)");
        SimulatedDisk left = Left(disk, "INSERT INTO t VALUES (1)");
        left.Delete("/data/shop.log");
        PhantomDbException error = Refused(left);
        StringAssert.Contains(error.Message, "is missing: nobody knows how far it went; it was: \"/data/shop.log\"");
        Assert.IsFalse(string.IsNullOrEmpty(error.Hint));
    }

    [TestMethod]
    public void The_first_commit_behind_a_rotation_is_missed_where_the_new_segment_is_gone()
    {
        string[] rows = [.. Enumerable.Range(0, 12).Select(i => $"INSERT INTO t VALUES (repeat('x', 500))")];
        SimulatedDisk left = Left(["CREATE TABLE t (v text)", .. rows]);
        Assert.IsGreaterThan(1, left.List("/data").Count(name => name.EndsWith(".log", StringComparison.Ordinal)));
        left.Delete("/data/shop.log");
        Assert.AreEqual("/data/shop.log", Refused(left).Where);
    }

    [TestMethod]
    public void A_commit_within_a_segment_costs_no_more_than_its_write_and_its_flush()
    {
        var disk = new SimulatedDisk();
        using Database database = Open(disk);
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (id int)").Dispose();
        session.Execute("INSERT INTO t VALUES (0)").Dispose();
        database.Persistence!.Log.Settle();
        int before = disk.OperationCount;
        for (int i = 1; i <= 10; i++)
        {
            session.Execute($"INSERT INTO t VALUES ({i})").Dispose();
        }
        Assert.IsLessThanOrEqualTo(before + 30, disk.OperationCount, "write, flush, and now and then line feeds");
        Assert.AreEqual(1, LogManifest.TryParse(disk.Read("/data/shop.manifest"))!.OpenSegment!.FirstLsn);
    }

    [TestMethod]
    public void After_an_orderly_end_the_manifest_says_that_no_segment_is_open()
    {
        var disk = new SimulatedDisk();
        Use(disk, "CREATE TABLE t (id int)");
        Assert.IsNull(LogManifest.TryParse(disk.Read("/data/shop.manifest"))!.OpenSegment);
        disk.Delete("/data/shop.log");
        using Database database = Open(disk);
        Assert.AreEqual(RecoveryVerdict.Repaired, database.Recovery!.Verdict);
    }

    [TestMethod]
    public void Side_files_of_a_log_that_is_missing_stay()
    {
        var disk = new SimulatedDisk();
        Use(disk, "CREATE TABLE t (id int)");
        SimulatedDisk left = Left(disk, Bulk);
        string load = left.List("/data").Single(name => name.Contains("_load_", StringComparison.Ordinal));
        left.Delete("/data/shop.log");
        Refused(left);
        DatabaseTools.Repair("shop", Options(left));
        Use(left, "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)");
        Use(left, "INSERT INTO t VALUES (3)");
        CollectionAssert.Contains(left.List("/data").ToArray(), load);

        SimulatedDisk bare = Left(Bulk);
        load = bare.List("/data").Single(name => name.Contains("_load_", StringComparison.Ordinal));
        bare.Delete("/data/shop.log");
        bare.Delete("/data/shop.manifest");
        Use(bare, "CREATE TABLE t (id int)");
        CollectionAssert.Contains(bare.List("/data").ToArray(), load, "a new database of the name leaves it alone");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_database_that_began_with_a_file_does_not_open_without_it(bool isCopy)
    {
        var disk = new SimulatedDisk();
        disk.CreateFolder("/data");
        if (isCopy)
        {
            using Database source = Database.Open("other", Options(disk));
            using Session session = source.OpenSession();
            session.Execute("CREATE TABLE t (id int)").Dispose();
            source.SaveToDisk("shop");
        }
        else
        {
            using PhantomDb.Durability.IWritableFile file = disk.Create("/data/shop.db");
            file.Append("[TABLE:t]\nCOLUMNS:id:int\nDATA:id\n"u8);
        }
        SimulatedDisk left = Left(disk, "INSERT INTO t VALUES (2)");
        Use(left, "INSERT INTO t VALUES (3)");
        foreach (string name in left.List("/data").Where(name => name.EndsWith(".db", StringComparison.Ordinal) || name.Contains("_snapshot_", StringComparison.Ordinal)).ToArray())
        {
            left.Delete("/data/" + System.IO.Path.GetFileName(name));
        }
        PhantomDbException error = Refused(left);
        StringAssert.Contains(error.Message, "the database had content before the log's first record");
        RepairReport repaired = DatabaseTools.Repair("shop", Options(left));
        Assert.IsTrue(repaired.Losses.Any(loss => loss.Contains("what the database had before the log's first record", StringComparison.Ordinal)), string.Join('\n', repaired.Losses));
        Assert.AreEqual(2, repaired.RowCount);
        Use(left, "INSERT INTO t VALUES (4)");
    }

    [TestMethod]
    public void A_restore_to_within_the_first_transaction_says_so()
    {
        var disk = new SimulatedDisk();
        Use(disk, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
        RestoreResult restored = DatabaseRestore.Run("shop", RestorePoint.Parse("1"), null, Options(disk));
        StringAssert.Contains(restored.ToString(), "LSN 1 is within the first transaction");
    }

    // What a process that is killed leaves behind.
    private static SimulatedDisk Left(params string[] statements) => Left(new SimulatedDisk(), statements);

    private static SimulatedDisk Left(SimulatedDisk disk, params string[] statements)
    {
        Database database = Open(disk);
        Session session = database.OpenSession();
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
        database.Persistence!.Log.Settle();
        SimulatedDisk left = disk.Crash(CrashProfile.AllLost, 0);
        try
        {
            session.Dispose();
            database.Dispose();
        }
        catch (PowerLossException)
        {
            // nothing of its end is on the disk
        }
        return left;
    }

    private static void Use(SimulatedDisk disk, params string[] statements)
    {
        using Database database = Open(disk);
        using Session session = database.OpenSession();
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
    }

    private static PhantomDbException Refused(SimulatedDisk disk)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Open(disk).Dispose());
        Assert.AreEqual(SqlStates.DataCorrupted, error.SqlState);
        return error;
    }

    private static Database Open(SimulatedDisk disk) => Database.Open("shop", Options(disk));

    private static DatabaseOptions Options(SimulatedDisk disk) => new() { DataDirectory = "/data", FileSystem = disk, LogSegmentSize = 4096, SnapshotEnabled = false };
}
