using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What is put out of the way keeps its bytes, under a name that tells where they stood, and replaces nothing.</summary>
[TestClass]
public sealed class FilesSetAsideTests : RecoveryTest
{
    private FilesSetAside Aside => field ??= new FilesSetAside(Disk);

    [TestMethod]
    public void The_end_of_a_segment_is_on_the_disk_before_it_is_cut()
    {
        Disk.Files[ActivePath] = [1, 2, 3, 4, 5];
        Aside.EndOf(new LogSegmentReport(ActivePath, LogVerdict.Torn, new LogPosition(3, 4, 77), 5), FilesSetAside.Torn);
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, Disk.Files[ActivePath]);
        CollectionAssert.AreEqual(new byte[] { 4, 5 }, Disk.Files[ActivePath + ".torn_77_2"]);
        CollectionAssert.AreEqual(new[]
        {
            "create shop.log.torn_77_2", "write shop.log.torn_77_2", "flush shop.log.torn_77_2", "flush folder data", "open shop.log", "truncate shop.log", "flush shop.log",
        }, Disk.Calls);
        Assert.AreEqual(2, Aside.ByteCount);
    }

    [TestMethod]
    public void Line_feeds_that_were_written_ahead_are_cut_off_and_a_segment_without_is_not_touched()
    {
        Disk.Files[ActivePath] = Encoding.ASCII.GetBytes("a\n\n\n\n");
        Aside.ReserveOf(ActivePath);
        Assert.AreEqual("a\n", Encoding.ASCII.GetString(Disk.Files[ActivePath]));
        CollectionAssert.AreEqual(new[] { "open shop.log", "truncate shop.log", "flush shop.log" }, Disk.Calls);
        Disk.Calls.Clear();
        Aside.ReserveOf(ActivePath);
        Assert.IsEmpty(Disk.Calls);
        Assert.AreEqual(0, Aside.ByteCount);
    }

    [TestMethod]
    public void A_recovery_cuts_them_off()
    {
        Log.Commit(Users);
        byte[] bytes = Log.Bytes;
        Log.IsActive = false;
        Disk.Files[ActivePath] = [.. bytes, .. "\n\n\n"u8];
        Assert.AreEqual(RecoveryVerdict.Clean, Recover().Report.Verdict);
        CollectionAssert.AreEqual(bytes, Disk.Files[ActivePath]);
    }

    [TestMethod]
    public void A_segment_gets_a_name_that_is_free()
    {
        Disk.Files[ActivePath] = [9];
        var name = new LogSegmentName("shop", DateTime.UnixEpoch, 5);
        Disk.Files["/data/shop_log_19700101_000000_5.log"] = [1];
        Disk.Files["/data/shop_log_19700101_000000_5_2.log"] = [2];
        Assert.AreEqual("/data/shop_log_19700101_000000_5_3.log", Aside.Active(ActivePath, name));
        CollectionAssert.AreEqual(new byte[] { 9 }, Disk.Files["/data/shop_log_19700101_000000_5_3.log"]);
        CollectionAssert.AreEqual(new[] { "rename shop.log", "flush folder data" }, Disk.Calls);
    }

    [TestMethod]
    public void A_file_goes_with_the_seals_that_stand_beside_it()
    {
        string seal = DatabaseFileWriter.SealPath(Path)[Path.Length..], newSeal = DatabaseFileWriter.NewSealPath(Path)[Path.Length..];
        (Disk.Files[Path], Disk.Files[Path + seal], Disk.Files[Path + newSeal]) = ([1, 2, 3], [4], [5]);
        Disk.Files[Path + ".bad_7"] = [];
        Disk.Files[Path + ".bad_7_2"] = [];
        Assert.AreEqual(Path + ".bad_7_3", Aside.Whole(Path, 7));
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, Disk.Files[Path + ".bad_7_3"]);
        CollectionAssert.AreEqual(new byte[] { 4 }, Disk.Files[Path + ".bad_7_3" + seal]);
        CollectionAssert.AreEqual(new byte[] { 5 }, Disk.Files[Path + ".bad_7_3" + newSeal]);
        Assert.AreEqual(3, Aside.ByteCount);
        CollectionAssert.AreEqual(new[] { "rename shop.db", "flush folder data", "rename shop.db" + seal, "flush folder data", "rename shop.db" + newSeal, "flush folder data" }, Disk.Calls);
        Disk.Files[Path] = [1];
        Assert.AreEqual(Path + ".bad_8", Aside.Whole(Path, 8));
        Assert.AreEqual(4, Aside.ByteCount);
    }

    [TestMethod]
    public void A_segment_that_was_never_begun_is_kept_by_its_length()
    {
        Disk.Files[ActivePath] = [1, 2];
        Aside.Unbegun(ActivePath);
        CollectionAssert.AreEqual(new byte[] { 1, 2 }, Disk.Files[ActivePath + ".torn_0_2"]);
        CollectionAssert.AreEqual(new[] { "rename shop.log", "flush folder data" }, Disk.Calls);
        Assert.AreEqual(2, Aside.ByteCount);
    }

    [TestMethod]
    [DataRow(false, "/data/shop_log_19700101_000000_1.log")]
    [DataRow(true, "/data/shop_log_19700101_000000_3.log")]
    public void A_segment_without_header_that_is_not_needed_is_named_by_what_is_before_it(bool hasOlder, string name)
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        SaveAs(Path, Recover());
        string older = Log.Rotate();
        Log.IsActive = false;
        if (!hasOlder)
        {
            Disk.Files.Remove(older);
        }
        Disk.Files[ActivePath] = new byte[5000];
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 2, 2, [], []).ToBytes();
        RecoveredDatabase recovered = Recover();
        Assert.IsTrue(Disk.Files.ContainsKey(name), string.Join(' ', Disk.Files.Keys));
        Assert.AreEqual((RecoveryVerdict.Repaired, 2L), (recovered.Report.Verdict, recovered.Report.LastLsn));
    }
}
