using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which points of which timelines the files still lead to.</summary>
[TestClass]
public sealed class RestoreRangeTests : RecoveryTest
{
    private string[] _paths = [];

    private RecoveredDatabase Write()
    {
        _paths = WriteThreeSegments();
        return Recover(new RecoveryOptions { IsReadOnly = true });
    }

    private static string Snapshot(int second) => $"/data/shop_snapshot_20261121_1200{second:00}";

    private void AssertRanges(params string[] expected) =>
        Assert.AreEqual(string.Join(" | ", expected), string.Join(" | ", RestoreRange.All(Path, Disk)).Replace("2026-11-21 12:00:", "", StringComparison.Ordinal).Replace(".000000", "", StringComparison.Ordinal));

    [TestMethod]
    public void A_range_is_told_with_its_times_where_it_has_records()
    {
        DateTime time = new(2026, 11, 21, 12, 0, 1, 500, DateTimeKind.Utc);
        Assert.AreEqual("timeline 2: LSN 5", new RestoreRange(2, 5, 5, null, null).ToString());
        Assert.AreEqual("timeline 2: LSN 5 to 6", new RestoreRange(2, 5, 6, null, null).ToString());
        Assert.AreEqual("timeline 2: LSN 5 to 6, 2026-11-21 12:00:01.500000 to 2026-11-21 12:00:02.500000 UTC", new RestoreRange(2, 5, 6, time, time.AddSeconds(1)).ToString());
    }

    [TestMethod]
    public void A_log_from_nothing_leads_to_all_of_it_and_one_behind_a_file_to_what_is_behind_that()
    {
        AssertRanges();
        RecoveredDatabase any = Write();
        AssertRanges("timeline 1: LSN 0 to 12, 01 to 06 UTC");
        SaveAs(Snapshot(2), any, lsn: 6);
        SaveAs(Snapshot(1), any, lsn: 10);
        AssertRanges("timeline 1: LSN 0 to 12, 01 to 06 UTC");
        Disk.Files.Remove(_paths[0]);
        AssertRanges("timeline 1: LSN 6 to 12, 03 to 06 UTC");
        SaveAs(Snapshot(3), any, lsn: 12);
        AssertRanges("timeline 1: LSN 6 to 12, 03 to 06 UTC");
        SaveAs(Path, any, lsn: 15);
        AssertRanges("timeline 1: LSN 6 to 12, 03 to 06 UTC", "timeline 1: LSN 15");
        Disk.Files[Snapshot(4)] = [0, 1, 2];
        AssertRanges("timeline 1: LSN 6 to 12, 03 to 06 UTC", "timeline 1: LSN 15");
    }

    [TestMethod]
    public void Files_without_a_log_lead_to_themselves()
    {
        RecoveredDatabase any = Write();
        Disk.Files.Clear();
        SaveAs(Path, any, lsn: 9);
        SaveAs(Snapshot(1), any, lsn: 5);
        SaveAs(Snapshot(2), any, lsn: 5);
        AssertRanges("timeline 1: LSN 5", "timeline 1: LSN 9");
    }

    [TestMethod]
    public void Parts_that_a_hole_parts_are_ranges_of_their_own_and_a_part_that_no_file_leads_to_is_none()
    {
        RecoveredDatabase any = Write();
        Disk.Files.Remove(_paths[1]);
        AssertRanges("timeline 1: LSN 0 to 4, 01 to 02 UTC");
        SaveAs(Snapshot(1), any, lsn: 6);
        AssertRanges("timeline 1: LSN 0 to 4, 01 to 02 UTC", "timeline 1: LSN 6");
        SaveAs(Snapshot(2), any, lsn: 10);
        AssertRanges("timeline 1: LSN 0 to 4, 01 to 02 UTC", "timeline 1: LSN 6", "timeline 1: LSN 10 to 12, 05 to 06 UTC");
    }

    [TestMethod]
    public void Each_timeline_has_its_own()
    {
        RecoveredDatabase any = Write();
        SaveAs(Path, any, timeline: 2, lsn: 13);
        AssertRanges("timeline 1: LSN 0 to 12, 01 to 06 UTC", "timeline 2: LSN 13");
        Disk.Files[ActivePath] = new LogHeader("shop", Log.Id, 1, 3, 9, 99, 1 << 24, new LogPredecessor(98, 8, 500)).ToBytes();
        string twin = "/data/shop_log_20261121_130000_9.log";
        Disk.Files[twin] = new LogHeader("shop", Log.Id, 1, 3, 9, 97, 1 << 24, new LogPredecessor(96, 8, 500)).ToBytes();
        Disk.Files["/data/shop_log_20261122_000000_14.log"] = new LogHeader("shop", Log.Id, 2, 9, 14, 95, 1 << 24, null) { IsBehindFile = true }.ToBytes();
        Assert.IsFalse(RestoreRange.All(Path, Disk).Any(range => range.Timeline == 1), "two histories: nothing of them is promised");
    }
}
