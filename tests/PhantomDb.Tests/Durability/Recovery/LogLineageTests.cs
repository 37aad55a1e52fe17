using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which segments are one history's log, and what parts them.</summary>
[TestClass]
public sealed class LogLineageTests : RecoveryTest
{
    private const string SnapshotPath = "/data/shop_snapshot_20261121_120000";

    // Sealed segments with LSN 1 and 2, 3 and 4, and so on; the last one is written to.
    private string[] Write(int count)
    {
        List<string> paths = [];
        for (int i = 1; i <= count; i++)
        {
            Log.Commit(i == 1 ? Users : $"INSERT,users,{i},a").Commit($"INSERT,users,{-i},b").Flush();
            paths.Add(i < count ? Log.Rotate() : ActivePath);
        }
        Log.Save();
        Log.IsActive = false;
        return [.. paths];
    }

    private RecoveryPlan Plan() => new RecoveryPlanner(Path, Disk).Plan();

    private static (long First, long Last)[][] Parts(RecoveryPlan plan) =>
        [.. plan.Parts.Select(part => part.Select(s => (s.Header.FirstLsn, s.LastLsn == long.MaxValue ? -1 : s.LastLsn)).ToArray())];

    private void AssertParts(string what, params (long First, long Last)[][] expected)
    {
        (long First, long Last)[][] parts = Parts(Plan());
        Assert.AreEqual(Text(expected), Text(parts), what);
    }

    private static string Text((long First, long Last)[][] parts) => string.Join(" | ", parts.Select(part => string.Join(' ', part.Select(s => $"{s.First}-{s.Last}"))));

    [TestMethod]
    public void Each_hole_parts_the_log_and_what_is_before_it_can_be_read()
    {
        string[] paths = Write(6);
        RecoveredDatabase any = Recover();
        AssertParts("whole", [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, -1)]);
        SaveAs(Path, any, lsn: 8);   // of the same timeline: it parts nothing
        Disk.Files.Remove(paths[1]);
        Disk.Files.Remove(paths[4]);
        AssertParts("two holes", [(1, 2)], [(5, 6), (7, 8)], [(11, -1)]);
        CollectionAssert.AreEqual(new[] { (3L, 4L), (9L, 10L) }, Plan().Holes.Select(hole => (hole.FirstLsn, hole.LastLsn)).ToArray());
    }

    [TestMethod]
    public void What_reaches_into_the_newest_part_is_another_history_and_what_ends_before_it_is_this_one()
    {
        string active = Write(1)[0];   // LSN 1 and 2
        string older = $"/data/{new LogSegmentName("shop", DateTime.UnixEpoch, 1)}";
        Disk.Files[older] = [.. Log.Bytes];
        Disk.Files.Remove(active);
        foreach ((long firstLsn, bool isPart) in new[] { (2L, false), (3L, false), (4L, true) })
        {
            string path = $"/data/{new LogSegmentName("shop", DateTime.UnixEpoch, firstLsn)}";
            Disk.Files[path] = new LogHeader("shop", Log.Id, 1, 3, firstLsn, 77, 1 << 24, new LogPredecessor(76, firstLsn - 1, 500)).ToBytes();
            if (isPart)
            {
                AssertParts("behind a hole", [(1, 2)], [(4, -1)]);
            }
            else
            {
                AssertParts($"the same LSNs, from {firstLsn}", [(firstLsn, -1)]);
                Disk.Files[active] = Disk.Files[older];
                Disk.Files.Remove(older);
                StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Plan()).Message, "the log has two histories", "what is written to is not left out");
                Disk.Files[older] = Disk.Files[active];
                Disk.Files.Remove(active);
            }
            Disk.Files.Remove(path);
        }
    }

    [TestMethod]
    public void A_timeline_that_began_behind_a_file_goes_on_from_the_older_one_and_over_its_holes()
    {
        string[] paths = Write(4);   // LSN 1 to 8
        Disk.Files["/data/shop_log_20261122_000000_10.log"] = new LogHeader("shop", Log.Id, 2, 9, 10, 77, 1 << 24, null) { IsBehindFile = true }.ToBytes();
        AssertParts("behind all", [(1, 2), (3, 4), (5, 6), (7, 8)], [(10, -1)]);
        Disk.Files.Remove(paths[1]);
        AssertParts("with a hole", [(1, 2)], [(5, 6), (7, 8)], [(10, -1)]);
    }

    [TestMethod]
    [DataRow(3L, 3L)]
    [DataRow(4L, 4L)]
    [DataRow(1L, 1L)]
    [DataRow(9L, 8L)]
    public void Of_the_one_older_timeline_counts_what_is_up_to_the_file_that_ended_it(long lsn, long last)
    {
        Write(4);
        RecoveredDatabase any = Recover();
        SaveAs(Path, any, timeline: 2, lsn: lsn);
        Assert.AreEqual(last, Plan().Log[^1].LastLsn);
        SaveAs(SnapshotPath, any, timeline: 2, lsn: lsn + 1);
        Assert.AreEqual(last, Plan().Log[^1].LastLsn, "a later file of that timeline says nothing about where it began");
        SaveAs(SnapshotPath + "_2", any, timeline: 3, lsn: 2);
        Assert.AreEqual(last, Plan().Log[^1].LastLsn, "a snapshot of a timeline that nothing else knows was copied here");
        LogManifest.Of("shop", Log.Id, 3, DateTime.UnixEpoch, 2, 2, [], []).Write("/data", Disk);
        Assert.AreEqual(2, Plan().Log[^1].LastLsn, "the newest timeline is what is gone on with");
    }

    [TestMethod]
    public void Of_several_older_timelines_the_one_is_gone_on_from_that_the_LSNs_tell_or_none()
    {
        Write(2);   // timeline 1: LSN 1 to 4
        Disk.Files["/data/shop_log_20261122_000000_3.log"] = new LogHeader("shop", Log.Id, 2, 2, 3, 77, 1 << 24, new LogPredecessor(0x1001, 2, Disk.Files.First().Value.Length)).ToBytes();   // timeline 2: from 3 on, nothing yet
        RecoveredDatabase any = Recover(new RecoveryOptions { Timeline = 1 });
        Put(Path, any, timeline: 3, lsn: 5);
        CollectionAssert.AreEqual(new[] { 1, 2 }, Timelines(), "behind all that there was");
        Put(SnapshotPath, any, timeline: 1, lsn: 4);
        CollectionAssert.AreEqual(new[] { 1, 2 }, Timelines(), "an older file is before it too");
        Put(SnapshotPath, any, timeline: 1, lsn: 6);
        Assert.IsEmpty(Timelines(), "a file is behind it: that history is not all before it");
        Disk.Files.Remove(SnapshotPath);
        Put(Path, any, timeline: 3, lsn: 4);
        Assert.IsEmpty(Timelines(), "timeline 1 had that LSN too");
        Put(SnapshotPath, any, timeline: 1, lsn: 4);
        CollectionAssert.AreEqual(new[] { 1, 1 }, Timelines(), "the file that has it is of timeline 1");
        Put(SnapshotPath + "_2", any, timeline: 2, lsn: 4);
        Assert.IsEmpty(Timelines(), "files of both have it");
    }

    private void Put(string path, RecoveredDatabase recovered, int timeline, long lsn)
    {
        Disk.Files.Remove(path);
        SaveAs(path, recovered, timeline, lsn);
    }

    private int[] Timelines() => [.. Plan().Log.Select(s => s.Header.Timeline)];
}
