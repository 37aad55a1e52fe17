using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which files segments can be applied to, by the headers alone.</summary>
[TestClass]
public sealed class RecoveryPlanTests
{
    private static readonly Guid Id = new("6f1c0000000000000000000000000001");

    // LSN 11 to 20 and 21 to 30 of timeline 1, from 31 on timeline 2.
    private static readonly RecoverySegment[] Segments =
    [
        Segment(2, 11, 1, new LogPredecessor(1, 10, 500), new LogPredecessor(2, 20, 600)),
        Segment(3, 21, 1, new LogPredecessor(2, 20, 600), new LogPredecessor(3, 30, 700)),
        Segment(4, 31, 2, new LogPredecessor(3, 30, 700), null),
    ];

    [TestMethod]
    public void A_file_serves_from_the_one_before_the_first_segment_on()
    {
        RecoveryPlan plan = Plan(Segments);
        Assert.IsNull(plan.ReasonAgainst(Base(10, 1)));
        StringAssert.Contains(plan.ReasonAgainst(Base(9, 1)), "from LSN 10 to 10 is missing");
        StringAssert.Contains(plan.ReasonAgainst(Base(0, 1)), "from LSN 1 to 10 is missing");
        Assert.IsNull(plan.ReasonAgainst(Base(9, 1), allowsGaps: true));
    }

    [TestMethod]
    [DataRow(11L, 1)]
    [DataRow(20L, 1)]
    [DataRow(21L, 1)]
    [DataRow(30L, 1)]
    [DataRow(31L, 2)]
    [DataRow(1000L, 2)]
    public void A_file_serves_where_its_timeline_is_the_one_that_had_its_lsn(long lsn, int timeline)
    {
        RecoveryPlan plan = Plan(Segments);
        Assert.IsNull(plan.ReasonAgainst(Base(lsn, timeline)));
        if (timeline == 2)
        {
            StringAssert.Contains(plan.ReasonAgainst(Base(lsn, 1)), $"it is of timeline 1, which is not the history that had LSN {lsn}");
        }
        else
        {
            StringAssert.Contains(plan.ReasonAgainst(Base(lsn, 2)), $"it is of timeline 2, which is not the history that had LSN {lsn}");
        }
    }

    [TestMethod]
    public void A_file_of_a_later_timeline_stands_for_itself_and_so_does_any_without_a_log()
    {
        Assert.IsNull(Plan(Segments).ReasonAgainst(Base(5, 3)));
        Assert.IsNull(Plan([]).ReasonAgainst(Base(5, 1)));
        Assert.IsEmpty(Plan(Segments).SegmentsAfter(Base(5, 3)));
    }

    [TestMethod]
    public void A_file_that_says_nothing_of_itself_serves_where_the_log_begins_with_the_first_record()
    {
        var unsealed = new RecoveryBase("/data/shop.db", null, IsDatabaseFile: true);
        Assert.AreEqual((0L, 1), (unsealed.Lsn, unsealed.Timeline));
        RecoverySegment whole = Segment(1, 1, 2, null, null);
        Assert.IsNull(Plan([whole]).ReasonAgainst(unsealed));
        StringAssert.Contains(Plan(Segments).ReasonAgainst(unsealed), "from LSN 1 to 10 is missing");
    }

    [TestMethod]
    public void Where_a_new_timeline_begins_the_one_file_of_an_older_at_that_point_serves()
    {
        RecoverySegment[] restored = [Segment(4, 31, 3, new LogPredecessor(3, 30, 700), null)];
        RecoveryBase point = Base(30, 1), later = Base(31, 1), own = Base(30, 3);
        Assert.IsNull(Plan(restored, point).ReasonAgainst(point));
        Assert.IsNull(Plan(restored, point, own).ReasonAgainst(point));
        Assert.IsNull(Plan(restored, point, own).ReasonAgainst(own));
        StringAssert.Contains(Plan(restored, point, later).ReasonAgainst(later), "it is of timeline 1");
    }

    [TestMethod]
    public void Two_files_of_older_timelines_at_that_point_are_told_apart_by_nothing_and_none_serves()
    {
        RecoverySegment[] restored = [Segment(4, 31, 3, new LogPredecessor(3, 30, 700), null)];
        RecoveryBase first = Base(30, 1), second = Base(30, 2);
        StringAssert.Contains(Plan(restored, first, second).ReasonAgainst(first), "it is of timeline 1");
        StringAssert.Contains(Plan(restored, first, second).ReasonAgainst(second), "it is of timeline 2");
    }

    [TestMethod]
    public void A_log_that_begins_of_itself_continues_no_file_of_an_older_timeline()
    {
        RecoverySegment[] alone = [Segment(1, 31, 2, null, null)];
        StringAssert.Contains(Plan(alone, Base(30, 1)).ReasonAgainst(Base(30, 1)), "it is of timeline 1");
    }

    [TestMethod]
    public void The_segments_behind_a_file_are_those_that_have_later_records()
    {
        RecoveryPlan plan = Plan(Segments);
        CollectionAssert.AreEqual(Segments, plan.SegmentsAfter(null).ToArray());
        CollectionAssert.AreEqual(Segments, plan.SegmentsAfter(Base(19, 1)).ToArray());
        CollectionAssert.AreEqual(Segments[1..], plan.SegmentsAfter(Base(20, 1)).ToArray());
        CollectionAssert.AreEqual(Segments[2..], plan.SegmentsAfter(Base(1000, 2)).ToArray());
    }

    [TestMethod]
    public void What_the_log_had_reached_is_known_from_a_manifest_of_the_same_timeline()
    {
        var row = new LogManifestRow(LogManifest.Reached, "", 0, 77, 0, DateTime.UnixEpoch);
        Assert.AreEqual(0, Plan(Segments).ReachedLsn);
        Assert.AreEqual(77, (Plan(Segments) with { Manifest = new LogManifest("shop", Id, 2, [row]) }).ReachedLsn);
        Assert.AreEqual(0, (Plan(Segments) with { Manifest = new LogManifest("shop", Id, 1, [row]) }).ReachedLsn);
        Assert.AreEqual(77, (Plan([]) with { Manifest = new LogManifest("shop", Id, 1, [row]) }).ReachedLsn);
    }

    private static RecoveryPlan Plan(RecoverySegment[] segments, params RecoveryBase[] bases) => new(Id, bases, segments, [], []);

    private static RecoveryBase Base(long lsn, int timeline) =>
        new($"/data/{lsn}_{timeline}.db", new FileHeader("shop", DateTime.UnixEpoch, Id, timeline, lsn), IsDatabaseFile: false);

    private static RecoverySegment Segment(long number, long firstLsn, int timeline, LogPredecessor? before, LogPredecessor? counted) =>
        new($"/data/{number}.log", new LogHeader("shop", Id, timeline, number, firstLsn, (uint)number, 1 << 24, before), counted);
}
