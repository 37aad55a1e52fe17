using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What begins a timeline: a segment that goes on behind a point, or the manifest that knows of a file.</summary>
[TestClass]
public sealed class TimelineStartTests : RecoveryTest
{
    private const string SnapshotPath = "/data/shop_snapshot_20261121_120000";
    private static readonly DateTime Now = new(2026, 11, 22, 10, 20, 30, DateTimeKind.Utc);

    [TestMethod]
    public void A_timeline_begins_with_a_sealed_segment_of_one_record_that_goes_on_behind_the_point()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b");
        RecoveredDatabase point = Recover(new RecoveryOptions { ToLsn = 2 });
        RecoveredSegment last = point.Segments[^1];
        Disk.Calls.Clear();

        Assert.AreEqual(3, TimelineStart.Write(Disk, "/data", "shop", point, 1, Now.AddTicks(19))!.FirstLsn);

        const string Name = "shop_log_20261122_102030_3.log";
        CollectionAssert.AreEqual(new[] { $"create {Name}.new", $"write {Name}.new", $"flush {Name}.new", $"rename {Name}.new", "flush folder data" }, Disk.Calls);
        using Stream stream = Disk.OpenRead($"/data/{Name}");
        var reader = new LogReader(Name, stream);
        LogHeader header = reader.Header!;
        Assert.AreEqual(("shop", Log.Id, 2, 2L, 3L, false), (header.DatabaseName, header.Id, header.Timeline, header.Segment, header.FirstLsn, header.IsBehindFile));
        Assert.AreEqual(new LogPredecessor(last.Header.Salt, 2, last.Length), header.Predecessor);
        Assert.AreNotEqual(last.Header.Salt, header.Salt);
        Assert.IsTrue(reader.Read());
        Assert.AreEqual((3L, 0L, Now.AddTicks(10)), (reader.Line.Lsn, reader.Line.TransactionId, reader.Line.Time), "times are microseconds");
        Assert.AreEqual(DateTimeKind.Utc, reader.Line.Time.Kind);
        Assert.AreEqual("PHANTOMDB_RESTORE", System.Text.Encoding.ASCII.GetString(reader.OperationName));
        CollectionAssert.AreEqual(new[] { "timeline=1", "lsn=2" }, new[] { System.Text.Encoding.ASCII.GetString(reader.Value(0)), System.Text.Encoding.ASCII.GetString(reader.Value(1)) });
        Assert.IsFalse(reader.Read());
        Assert.AreEqual((LogVerdict.Clean, 3L), (reader.Report.Verdict, reader.Seal!.LastLsn));
        Assert.AreEqual((2, 3L), (Recover().Report.Timeline, Recover().Report.LastLsn));
    }

    [TestMethod]
    public void Its_record_is_later_than_the_last_one_whatever_the_clock_says()
    {
        Log.Commit(Users);
        RecoveredDatabase point = Recover(new RecoveryOptions { ToLsn = 1 });
        foreach (DateTime now in new[] { Log.Time, Log.Time.AddTicks(9), Log.Time.AddYears(-1) })
        {
            Assert.AreEqual(2, TimelineStart.Write(Disk, "/data", "shop", point, 1, now)!.FirstLsn);
            string path = Disk.Files.Keys.Single(file => file.Contains("_log_", StringComparison.Ordinal));
            using Stream stream = Disk.OpenRead(path);
            var reader = new LogReader(path, stream);
            Assert.IsTrue(reader.Read());
            Assert.AreEqual(Log.Time.AddTicks(10), reader.Line.Time);
            Disk.Files.Remove(path);
        }
    }

    [TestMethod]
    public void Nothing_that_has_its_name_is_replaced()
    {
        Log.Commit(Users);
        RecoveredDatabase point = Recover(new RecoveryOptions { ToLsn = 1 });
        Disk.Files["/data/shop_log_20261122_102030_2.log"] = [1];
        Disk.Files["/data/shop_log_20261122_102030_2_2.log"] = [2];
        Assert.AreEqual(2, TimelineStart.Write(Disk, "/data", "shop", point, 1, Now)!.FirstLsn);
        Assert.IsTrue(Disk.Files.ContainsKey("/data/shop_log_20261122_102030_2_3.log"));
        CollectionAssert.AreEqual(new byte[] { 1 }, Disk.Files["/data/shop_log_20261122_102030_2.log"]);
        CollectionAssert.AreEqual(new byte[] { 2 }, Disk.Files["/data/shop_log_20261122_102030_2_2.log"]);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void From_nothing_it_is_a_first_segment_again_and_says_whether_a_file_stood_before(bool isBehindFile)
    {
        Log.Commit(Users, "INSERT,users,1,a");
        RecoveredDatabase point = Recover(new RecoveryOptions { ToLsn = 0 }) with { IsBehindFile = isBehindFile };
        Assert.AreEqual(1, TimelineStart.Write(Disk, "/data", "shop", point, 1, Now)!.FirstLsn);
        LogHeader header = LogHeader.TryParse(Disk.Files["/data/shop_log_20261122_102030_1.log"], out _)!;
        Assert.AreEqual((2, 1L, 1L, (LogPredecessor?)null, isBehindFile), (header.Timeline, header.Segment, header.FirstLsn, header.Predecessor, header.IsBehindFile));
    }

    [TestMethod]
    public void A_point_that_no_segment_ends_at_gets_no_segment()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        RecoveredDatabase point = Recover();
        Disk.Calls.Clear();
        Assert.IsNull(TimelineStart.Write(Disk, "/data", "shop", point with { Segments = [] }, 1, Now));
        Assert.IsNull(TimelineStart.Write(Disk, "/data", "shop", point with { Report = point.Report with { LastLsn = 1 } }, 1, Now));
        Assert.IsEmpty(Disk.Calls);
    }

    [TestMethod]
    public void A_file_that_begins_a_timeline_behind_a_log_gets_a_manifest_that_knows_of_it()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(Path, Recover(), timeline: 2, lsn: 3);
        LogManifestRow snapshot = new(LogManifest.Snapshot, "shop_snapshot_20261121_110000", 2, 2, 7, DateTime.UnixEpoch);
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 1, 2, [snapshot], [new LogPin("audit", 1)]).ToBytes();

        TimelineStart.Note(Path, Disk, Now);

        LogManifest manifest = Manifest()!;
        Assert.AreEqual(("shop", Log.Id, 2, 3L, 3L), (manifest.DatabaseName, manifest.Id, manifest.Timeline, manifest.ContentLsn, manifest.ReachedLsn));
        Assert.AreEqual(Now, manifest.Rows[0].Time);
        CollectionAssert.AreEqual(new[] { snapshot }, manifest.SnapshotRows.ToArray());
        CollectionAssert.AreEqual(new[] { new LogPin("audit", 1) }, manifest.Pins.ToArray());
        Disk.Files.Remove(Path);
        StringAssert.Contains(Refused().Message, "it had gone on with timeline 2, up to LSN 3");
    }

    [TestMethod]
    public void A_file_of_the_log_s_own_timeline_needs_none_and_neither_does_one_that_a_manifest_knows()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(Path, Recover());
        TimelineStart.Note(Path, Disk, Now);
        Assert.IsNull(Manifest(), "the log is of that timeline");

        SaveAs(Path, Recover(), timeline: 2, lsn: 3);
        foreach (int timeline in new[] { 2, 3 })
        {
            LogManifest known = LogManifest.Of("shop", Log.Id, timeline, DateTime.UnixEpoch, 3, 3, [], []);
            Disk.Files[ManifestPath] = known.ToBytes();
            TimelineStart.Note(Path, Disk, Now);
            Assert.AreEqual((timeline, DateTime.UnixEpoch), (Manifest()!.Timeline, Manifest()!.Rows[0].Time));
        }
    }

    [TestMethod]
    public void A_file_that_nothing_stands_beside_needs_none_and_one_that_anything_does_needs_it()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        RecoveredDatabase any = Recover();
        byte[] log = Disk.Files[ActivePath];
        Log.IsActive = false;
        Disk.Files.Clear();
        TimelineStart.Note(Path, Disk, Now);
        Assert.IsEmpty(Disk.Files, "no file");
        SaveAs(Path, any, timeline: 2, lsn: 3);
        AssertNoted(false, "alone");
        SaveAs(SnapshotPath, any, lsn: 2);
        AssertNoted(true, "beside a snapshot");
        Disk.Files.Remove(SnapshotPath);
        Disk.Files[ActivePath] = log;
        AssertNoted(true, "beside a log");
        Disk.Files[ActivePath] = new byte[5000];
        AssertNoted(true, "beside a log with a damaged header");
        Disk.Files.Remove(ActivePath);
        Disk.Files[ManifestPath] = [1, 2, 3];
        AssertNoted(true, "beside a damaged manifest");
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 2, 2, [], []).ToBytes();
        AssertNoted(true, "beside the manifest of the timeline before");
    }

    private void AssertNoted(bool isNoted, string what)
    {
        TimelineStart.Note(Path, Disk, Now);
        Assert.AreEqual(isNoted ? 2 : null, Manifest()?.Timeline, what);
        Disk.Files.Remove(ManifestPath);
    }

    private LogManifest? Manifest() => Disk.Files.TryGetValue(ManifestPath, out byte[]? bytes) ? LogManifest.TryParse(bytes) : null;
}
