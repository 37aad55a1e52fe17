using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What a salvage begins with: nothing, or what is left of a damaged file; and what is said to be lost.</summary>
[TestClass]
public sealed class SalvagedBaseTests : RecoveryTest
{
    private const string SnapshotPath = "/data/shop_snapshot_20261121_120000";

    // LSN 1 and 2 in a segment of its own: the path of that. Then LSN 3.
    private string Write(bool isBehindFile = false)
    {
        Log.IsBehindFile = isBehindFile;
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        string first = Log.Rotate();
        Log.Commit(Users, "INSERT,users,2,b").Flush();
        Log.Save();
        return first;
    }

    // A file with a table of its own name, a part of which is damaged.
    private void PutFile(string path, string table, int timeline, long lsn, string damaged)
    {
        var source = new MemoryFileSystem();
        source.Files[Path] = Encoding.UTF8.GetBytes($"# PhantomDB Version: 1\n\n[TABLE:{table}]\nCOLUMNS:id:int\nDATA:id\nROW:1\n\n[TABLE:{table}_lost]\nCOLUMNS:id:int\nDATA:id\nROW:7\n");
        LoadedDatabase loaded = DatabaseFileReader.Read(Path, null, source);
        Disk.Files.Remove(path);
        DatabaseFileWriter.Write(new DatabaseContent("shop", loaded.Catalog, loaded.Storage, PhantomDb.Storage.ReadView.Latest) { Id = Log.Id, Timeline = timeline, Lsn = lsn }, path,
            new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch }, Disk);
        byte[] bytes = [.. Disk.Files[path]];
        foreach (string text in damaged.Split('+'))
        {
            for (int at = 0; (at = bytes.AsSpan(at).IndexOf(Encoding.ASCII.GetBytes(text)) is >= 0 and int found ? at + found : -1) >= 0;)
            {
                bytes[at] ^= 1;
            }
        }
        Disk.Files[path] = bytes;
    }

    private const string Rows7 = "COLUMNS:id:int\nDATA:id\nROW:7";
    private const string All = "COLUMNS:id:int";
    private const string Header = "Timeline: ";

    private SalvagedBase Choose(LoadTarget? target = null)
    {
        RecoveryPlan plan = new RecoveryPlanner(Path, Disk).Plan(allowsGaps: true);
        List<DamagedBase> bad = [];
        foreach (RecoveryBase file in plan.Bases)
        {
            bad.Add(new DamagedBase(file, Assert.ThrowsExactly<PhantomDbException>(() => DatabaseFileReader.Read(file.Path, null, Disk))));
        }
        return new SalvagedBase(plan, bad, target ?? LoadTarget.New, Disk);
    }

    private static string TablesOf(SalvagedBase salvaged) => string.Join(' ', salvaged.Load().Catalog.Tables.Select(table => table.Name));

    [TestMethod]
    public void A_log_that_has_all_begins_with_nothing_whatever_is_damaged_of_its_timeline()
    {
        Write();
        PutFile(Path, "mine", timeline: 1, lsn: 3, Rows7);
        SalvagedBase salvaged = Choose();
        Assert.IsNull(salvaged.Source);
        Assert.AreEqual("", TablesOf(salvaged));
        Assert.IsEmpty(salvaged.Losses, "the log has it");
        Assert.AreEqual("there is no whole database file or snapshot, and the log begins with LSN 1", salvaged.Problem);
        Assert.IsFalse(salvaged.IsWithoutLog);
        LoadedDatabase loaded = salvaged.Load();
        Assert.AreEqual((Log.Id, true, true, 0L, 1), (loaded.Id, loaded.IsSealed, loaded.IsProved, loaded.Lsn, loaded.Timeline));
    }

    [TestMethod]
    public void What_is_left_of_a_later_timeline_goes_before_the_log()
    {
        Write();
        PutFile(Path, "mine", timeline: 2, lsn: 3, Rows7);
        SalvagedBase salvaged = Choose();
        Assert.AreEqual(Path, salvaged.Source!.Path);
        Assert.AreEqual("mine", TablesOf(salvaged));
        StringAssert.StartsWith(salvaged.Losses.Single(), "[TABLE:mine_lost], with 1 row: its definition is damaged");
        Assert.IsNull(salvaged.Problem);
        Assert.IsFalse(salvaged.IsWithoutLog);
    }

    [TestMethod]
    public void Of_a_later_timeline_of_which_nothing_is_left_that_is_what_is_lost()
    {
        Write();
        PutFile(Path, "mine", timeline: 2, lsn: 3, All);
        PutFile(SnapshotPath, "other", timeline: 1, lsn: 3, All);
        SalvagedBase salvaged = Choose();
        Assert.IsNull(salvaged.Source);
        StringAssert.StartsWith(salvaged.Losses.Single(), $"what only \"{Path}\" has: ");
        StringAssert.EndsWith(salvaged.Losses[0], ")");
        StringAssert.Contains(salvaged.Losses[0], $" ({Path}, line ");
    }

    [TestMethod]
    public void Where_the_log_begins_later_the_newest_damaged_file_is_what_it_begins_with()
    {
        Disk.Files.Remove(Write());
        PutFile(Path, "mine", timeline: 1, lsn: 2, Rows7);
        PutFile(SnapshotPath, "snap", timeline: 1, lsn: 3, Rows7);
        Assert.AreEqual("snap", TablesOf(Choose()), "by LSN");
        PutFile(Path, "mine", timeline: 2, lsn: 2, Rows7);
        Assert.AreEqual("mine", TablesOf(Choose()), "by timeline first");
        PutFile(Path, "mine", timeline: 2, lsn: 2, All);
        SalvagedBase salvaged = Choose();
        Assert.AreEqual("snap", TablesOf(salvaged), "where anything is left of it");
        Assert.HasCount(1, salvaged.Losses);
        PutFile(SnapshotPath, "snap", timeline: 1, lsn: 3, All);
        salvaged = Choose();
        Assert.AreEqual((default(RecoveryBase), "", 2), (salvaged.Source, TablesOf(salvaged), salvaged.Losses.Count));
        Assert.AreEqual("there is no whole database file or snapshot, and the log begins with LSN 3", salvaged.Problem);
    }

    [TestMethod]
    public void A_file_that_does_not_say_which_records_it_has_is_taken_without_the_log_or_not_at_all()
    {
        string first = Write();
        byte[] bytes = Disk.Files[first];
        Disk.Files.Remove(first);
        PutFile(Path, "mine", timeline: 1, lsn: 3, Header);
        SalvagedBase salvaged = Choose();
        Assert.AreEqual((Path, true), (salvaged.Source!.Path, salvaged.IsWithoutLog));
        Assert.AreEqual("mine mine_lost", TablesOf(salvaged));
        Assert.AreEqual($"changes of the log from LSN 3 on that \"{Path}\" does not have: it does not say any more which it has", salvaged.Losses.Single());
        Disk.Files[first] = bytes;
        salvaged = Choose();
        Assert.AreEqual((default(RecoveryBase), false), (salvaged.Source, salvaged.IsWithoutLog), "the log has all");
        Assert.IsEmpty(salvaged.Losses);
        Disk.Files.Remove(first);
        Disk.Files.Remove(ActivePath);
        salvaged = Choose();
        Assert.AreEqual((Path, false, 0), (salvaged.Source!.Path, salvaged.IsWithoutLog, salvaged.Losses.Count), "there is no log to leave out");
    }

    [TestMethod]
    public void Behind_a_file_the_log_goes_on_from_what_the_file_says_that_it_has()
    {
        Write(isBehindFile: true);
        PutFile(Path, "mine", timeline: 1, lsn: 1, Rows7);
        Assert.AreEqual("mine", TablesOf(Choose()));
        PutFile(Path, "mine", timeline: 1, lsn: 1, Header);
        SalvagedBase salvaged = Choose();
        Assert.AreEqual((default(RecoveryBase), "", false), (salvaged.Source, TablesOf(salvaged), salvaged.IsWithoutLog));
        Assert.AreEqual("there is no whole database file or snapshot, and the log does not have what the database began with", salvaged.Problem);
        StringAssert.StartsWith(salvaged.Losses.Single(), $"what only \"{Path}\" has: ");
        Disk.Files.Remove(Path);
        salvaged = Choose();
        Assert.AreEqual("what the database had before the log's first record: a file had it, which is not there", salvaged.Losses.Single());
        Assert.AreEqual("there is no whole database file or snapshot, and the log does not have what the database began with", salvaged.Problem);
    }

    [TestMethod]
    public void Without_log_and_without_anything_left_the_error_is_that_of_the_file()
    {
        PutFile(Path, "mine", timeline: 1, lsn: 1, All);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Choose());
        StringAssert.StartsWith(error.Where, Path);
        PutFile(Path, "mine", timeline: 1, lsn: 1, Rows7);
        Assert.AreEqual("mine", TablesOf(Choose()));
    }

    [TestMethod]
    public void What_is_loaded_is_another_each_time()
    {
        Write();
        SalvagedBase empty = Choose();
        Assert.AreNotSame(empty.Load().Storage, empty.Load().Storage);
        PutFile(Path, "mine", timeline: 2, lsn: 3, Rows7);
        SalvagedBase damaged = Choose();
        Assert.AreNotSame(damaged.Load().Storage, damaged.Load().Storage);
        Assert.HasCount(1, damaged.Losses, "told once");
    }

    [TestMethod]
    public void An_empty_database_gives_oids_from_where_it_is_told()
    {
        Assert.AreEqual(DatabaseCatalog.FirstUserOid, SalvagedBase.Empty(Log.Id, LoadTarget.New).Catalog.NextOid);
        var target = new LoadTarget(new PhantomDb.Vectors.MemoryAccount("database", 1 << 20), new PhantomDb.Storage.ReadTimestamps(), FirstOid: 50_000);
        LoadedDatabase empty = SalvagedBase.Empty(Log.Id, target);
        Assert.AreEqual(50_000, empty.Catalog.NextOid);
        Assert.AreSame(target.Account, empty.Storage.Account);
        Assert.AreSame(target.Timestamps, empty.Storage.Timestamps);
        Write();
        Assert.AreEqual(50_000, Choose(target).Load().Catalog.NextOid);
    }
}
