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
    public void Of_several_at_that_point_those_serve_that_name_the_segment_before()
    {
        RecoveryBase own = Marked(30, 1, 3, 21), copy = own with { Path = "/data/copy" }, stranger = Marked(30, 1, 9, 21);
        RecoveryPlan plan = Plan([Segments[2]], own, copy, stranger) with { Salts = new HashSet<uint> { 3, 4, 9 } };
        Assert.IsNull(plan.ReasonAgainst(own));
        Assert.IsNull(plan.ReasonAgainst(copy));
        StringAssert.Contains(plan.ReasonAgainst(stranger), "it is of timeline 1, which is not the history that had LSN 30");
        Assert.IsNotNull((plan with { Bases = [stranger] }).ReasonAgainst(stranger), "nor alone");
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

    [TestMethod]
    public void A_manifest_tells_of_a_later_timeline_than_all_files_unless_an_older_was_asked_for()
    {
        RecoveryPlan plan = Plan(Segments) with { Manifest = Manifest(3), FilesTimeline = 2 };
        Assert.AreSame(plan.Manifest, plan.ManifestAfter(1));
        Assert.AreSame(plan.Manifest, plan.ManifestAfter(2));
        Assert.IsNull(plan.ManifestAfter(3));
        Assert.IsNull((plan with { FilesTimeline = 3 }).ManifestAfter(1), "some file is of it");
        Assert.IsNull((plan with { WantedTimeline = 2 }).ManifestAfter(1));
        Assert.IsNotNull((plan with { WantedTimeline = 3 }).ManifestAfter(1));
        Assert.IsNotNull((plan with { WantedTimeline = 4 }).ManifestAfter(1));
        Assert.IsNull(Plan(Segments).ManifestAfter(1));
    }

    [TestMethod]
    public void A_file_may_have_what_nothing_of_a_timeline_has_where_it_is_of_a_later_or_says_nothing_and_the_manifest_is_of_a_later()
    {
        RecoveryPlan plan = Plan(Segments) with { FilesTimeline = 2 }, later = plan with { Manifest = Manifest(3) };
        var silent = new RecoveryBase("/data/shop.db", null, IsDatabaseFile: true);
        Assert.IsTrue(plan.IsAfter(Base(1, 2), 1));
        Assert.IsFalse(plan.IsAfter(Base(1, 2), 2));
        Assert.IsFalse(plan.IsAfter(silent, 1));
        Assert.IsTrue(later.IsAfter(silent, 1));
        Assert.IsFalse(later.IsAfter(Base(1, 1), 1));
    }

    [TestMethod]
    public void The_file_that_had_the_end_of_the_log_is_as_the_manifest_names_it_or_the_one_that_is_written_to()
    {
        LogManifestRow[] rows =
        [
            Row(LogManifest.Segment, "shop_log_20261121_120000_1.log", 1), Row(LogManifest.Load, "shop_log_20261121_120000_5_3.log", 5),
            Row(LogManifest.Segment, "other_log_20261121_120000_5.log", 5), Row(LogManifest.Segment, "shop_log_20261121_120000_5.log", 5), Row(LogManifest.Open, "shop.log", 9),
        ];
        RecoveryPlan plan = Plan(Segments) with { DatabaseName = "shop", Manifest = new LogManifest("shop", Id, 1, rows) };
        Assert.AreEqual("/data/shop_log_20261121_120000_5.log", plan.MissingEnd("/data", 4));
        Assert.AreEqual("/data/shop_log_20261121_120000_5.log", plan.MissingEnd("/data", 5));
        Assert.AreEqual("/data/shop.log", plan.MissingEnd("/data", 6));
        Assert.AreEqual("/data/shop.log", (plan with { Manifest = null }).MissingEnd("/data", 4));
        Assert.IsNull((plan with { ActiveSegment = new SegmentFile("/data/shop.log", Segments[2].Header) }).MissingEnd("/data", 4), "its end is there, and has lost it itself");
    }

    [TestMethod]
    public void Where_the_log_is_missing_what_was_asked_for_and_then_the_manifest_say_which_timeline_is_meant()
    {
        Assert.AreEqual(2, (Plan(Segments) with { WantedTimeline = 5, Manifest = Manifest(7) }).Timeline);
        Assert.AreEqual(5, (Plan([]) with { WantedTimeline = 5, Manifest = Manifest(7) }).Timeline);
        Assert.AreEqual(7, (Plan([]) with { Manifest = Manifest(7) }).Timeline);
        Assert.AreEqual(1, Plan([]).Timeline);
        Assert.AreEqual((2, 4), (Plan(Segments).TimelineWith(1), Plan(Segments).TimelineWith(4)));
        Assert.AreEqual((0, 3), (Plan([]).TimelineWith(0), Plan([]).TimelineWith(3)));
    }

    [TestMethod]
    public void A_file_of_a_later_timeline_has_ended_the_log_where_the_first_of_its_files_begins()
    {
        Assert.AreEqual(31, Plan(Segments, Base(40, 3), Base(31, 3), Base(5, 2)).LaterStartLsn);
        Assert.IsNull(Plan(Segments, Base(40, 2)).LaterStartLsn);
        Assert.IsNull(Plan([], Base(40, 3)).LaterStartLsn);
    }

    [TestMethod]
    [DataRow(10L, 2, 11L, "it is of timeline 1, and timeline 2 began with a file, at LSN 11")]
    [DataRow(9L, 2, 11L, "the log from LSN 10 to 10 is missing")]
    [DataRow(8L, 2, 11L, "the log from LSN 9 to 10 is missing")]
    [DataRow(8L, 1, 11L, "the log from LSN 9 to 11 is missing")]
    [DataRow(4L, 2, 11L, "the log from LSN 6 to 10 is missing")]   // what the file has is not missing
    public void Why_an_older_file_does_not_lead_to_the_log_is_told_by_the_first_that_is_missing(long endOfOlder, int timeline, long startLsn, string reason)
    {
        RecoverySegment older = Segment(1, 1, 1, null, new LogPredecessor(1, endOfOlder, 500)), newer = Segment(2, startLsn + 1, timeline, null, null);
        RecoveryPlan plan = Plan([newer]) with { EarlierParts = [[older]] };
        Assert.AreEqual(reason, plan.ReasonAgainst(Base(5, 1)));
    }

    [TestMethod]
    public void A_hole_within_a_timeline_is_missing_to_its_last_LSN()
    {
        RecoverySegment older = Segment(1, 1, 1, null, new LogPredecessor(1, 8, 500)), newer = Segment(3, 12, 2, new LogPredecessor(2, 11, 500), null);
        RecoveryPlan plan = Plan([newer]) with { EarlierParts = [[older]] };
        Assert.AreEqual("the log from LSN 9 to 11 is missing", plan.ReasonAgainst(Base(5, 1)));
        Assert.AreEqual((9L, 11L), (plan.Holes.Single().FirstLsn, plan.Holes.Single().LastLsn));
    }

    [TestMethod]
    public void A_point_takes_the_part_that_has_it_and_the_files_that_belong_there()
    {
        RecoverySegment older = Segment(1, 5, 1, new LogPredecessor(9, 4, 500), new LogPredecessor(1, 10, 500)), newer = Segment(2, 12, 2, null, null);
        RecoveryPlan plan = Plan([newer], Base(4, 1), Base(20, 1), Base(11, 2), Base(12, 2), Base(20, 2)) with { EarlierParts = [[older]] };
        RecoveryPlan point = plan.UpTo(7);
        CollectionAssert.AreEqual(new[] { older }, point.Segments.ToArray());
        Assert.AreEqual(11, point.MissingUpToLsn);
        CollectionAssert.AreEqual(new[] { (4L, 1), (20L, 1), (11L, 2) }, point.Bases.Select(b => (b.Lsn, b.Timeline)).ToArray());
        Assert.AreEqual((newer.Path, "the point to recover to is not in it"), (point.Others.Single().Path, point.Others[0].Reason));
        CollectionAssert.AreEqual(new[] { older }, plan.UpTo(5).Segments.ToArray());
        Assert.AreSame(plan, plan.UpTo(12));
        RecoveryPlan before = plan.UpTo(4);
        Assert.IsEmpty(before.Segments);
        Assert.IsEmpty(before.EarlierParts);
        Assert.AreEqual(4, before.MissingUpToLsn);
        CollectionAssert.AreEqual(new[] { (4L, 1), (20L, 1) }, before.Bases.Select(b => (b.Lsn, b.Timeline)).ToArray());
        Assert.AreSame(Plan([]).Segments, Plan([]).UpTo(3).Segments);
    }

    // Segments 1 (LSN 5 to 10) and 2 (11 to 14), salts as their numbers; the file's LSN, salt and first LSN of the segment that it names.
    [TestMethod]
    [DataRow(7L, 1u, 5L, false)]
    [DataRow(7L, 3u, 5L, true)]
    [DataRow(7L, 3u, 7L, true)]
    [DataRow(10L, 1u, 5L, false)]
    [DataRow(11L, 1u, 5L, true)]     // which has not got that LSN
    [DataRow(11L, 2u, 11L, false)]
    [DataRow(14L, 2u, 11L, false)]
    [DataRow(20L, 2u, 11L, false)]   // the log could not take what the file has
    [DataRow(20L, 3u, 14L, true)]
    [DataRow(20L, 3u, 15L, false)]   // where the log ends somebody else went on
    [DataRow(4L, 8u, 1L, false)]     // 8 is what segment 1 counts before it
    [DataRow(4L, 3u, 1L, true)]
    public void A_file_that_names_another_segment_than_the_log_has_for_its_LSN_has_parted_from_it(long lsn, uint salt, long firstLsn, bool isParted)
    {
        RecoverySegment first = Segment(1, 5, 1, new LogPredecessor(8, 4, 500), new LogPredecessor(1, 10, 500)), last = Segment(2, 11, 1, first.Counted, null);
        RecoveryPlan plan = Plan([first, last]) with { ContentLsn = 14 };
        Assert.AreEqual(isParted, plan.IsParted(Marked(lsn, 1, salt, firstLsn)));
        Assert.AreEqual(isParted ? $"its LSN {lsn} is not the log's: the two have gone on apart from each other" : null, plan.ReasonAgainst(Marked(lsn, 1, salt, firstLsn)));
    }

    [TestMethod]
    public void Of_another_timeline_the_timeline_tells()
    {
        RecoverySegment first = Segment(1, 5, 1, new LogPredecessor(8, 4, 500), new LogPredecessor(1, 10, 500)), last = Segment(2, 11, 2, first.Counted, null);
        RecoveryPlan plan = Plan([first, last]) with { ContentLsn = 14, Salts = new HashSet<uint> { 1, 2, 4 } };
        Assert.IsFalse(plan.IsParted(Marked(12, 1, 1, 5)), "what timeline 1 had after the restore");
        Assert.IsTrue(plan.IsParted(Marked(12, 1, 3, 11)), "what it had elsewhere");
        StringAssert.StartsWith(plan.ReasonAgainst(Marked(12, 1, 1, 5)), "it is of timeline 1");
        Assert.IsTrue(plan.IsParted(Marked(20, 3, 3, 11)), "what was restored elsewhere");
        Assert.IsFalse(plan.IsParted(Marked(20, 3, 4, 11)));
        Assert.IsTrue(plan.IsParted(Marked(7, 1, 3, 5)));
        Assert.IsTrue(plan.IsParted(Marked(12, 2, 3, 11)));
    }

    [TestMethod]
    public void All_segments_that_a_file_names_are_compared()
    {
        RecoverySegment first = Segment(1, 5, 1, new LogPredecessor(8, 4, 500), new LogPredecessor(1, 10, 500)), last = Segment(2, 11, 1, first.Counted, null);
        RecoveryPlan plan = Plan([first, last]) with { ContentLsn = 14 };
        Assert.IsFalse(plan.IsParted(Named(40, (1, 5), (2, 11), (3, 15), (4, 30))), "which has gone on from the end of the log");
        Assert.IsTrue(plan.IsParted(Named(40, (1, 5), (3, 14), (4, 30))));
        Assert.IsTrue(plan.IsParted(Named(40, (1, 5), (3, 11), (4, 30))));
        Assert.IsFalse(plan.IsParted(Named(40, (4, 30), (5, 35))), "what was before is not named");
        (uint, long)[] many = [.. Enumerable.Range(0, SegmentHistory.CountMax).Select(i => ((uint)(100 + i), 30L + i))];
        Assert.IsTrue(plan.IsParted(Named(99, many)), "there may be more than are named");
        Assert.IsFalse((plan with { Salts = new HashSet<uint> { many[^1].Item1 } }).IsParted(Named(99, many)));
    }

    [TestMethod]
    public void Segments_without_records_and_files_that_name_no_segment_part_nothing()
    {
        RecoverySegment empty = Segment(1, 11, 1, new LogPredecessor(8, 10, 500), new LogPredecessor(1, 10, 500));
        Assert.IsFalse((Plan([empty, Segment(2, 11, 1, empty.Counted, null)]) with { ContentLsn = 10 }).IsParted(Marked(12, 1, 3, 11)));
        Assert.IsTrue((Plan([empty, Segment(2, 11, 1, empty.Counted, null)]) with { ContentLsn = 11 }).IsParted(Marked(12, 1, 3, 11)));
        Assert.IsFalse(Plan([Segment(1, 5, 1, new LogPredecessor(8, 4, 500), null)]).IsParted(Base(7, 1)));
        Assert.IsFalse(Plan([Segment(1, 5, 1, new LogPredecessor(0, 4, 500), null)]).IsParted(Marked(4, 1, 3, 1)), "who was before is not known");
        Assert.IsFalse(Plan([Segment(1, 5, 1, new LogPredecessor(8, 4, 500), null)]).IsParted(Marked(4, 2, 8, 1)));
        Assert.IsTrue(Plan([Segment(1, 5, 1, new LogPredecessor(8, 4, 500), null)]).IsParted(Marked(4, 2, 3, 1)), "of whatever timeline");
    }

    [TestMethod]
    public void The_segment_before_the_log_has_all_up_to_it()
    {
        RecoveryPlan plan = Plan([Segment(7, 11, 1, new LogPredecessor(2, 10, 500), null)]);
        Assert.IsTrue(plan.IsParted(Named(6, (2, 2), (3, 5)) with { IsDatabaseFile = true }));
        Assert.IsFalse(plan.IsParted(Named(6, (1, 2), (2, 5)) with { IsDatabaseFile = true }), "an older file");
        Assert.IsFalse(plan.IsParted(Named(6, (1, 2), (3, 5)) with { IsDatabaseFile = true }), "what was before that is not known");
        RecoveryBase ofLater = Marked(6, 2, 1, 5) with { IsDatabaseFile = true };
        Assert.IsTrue(plan.IsParted(ofLater), "a later timeline that nothing here has to do with");
        Assert.IsFalse((plan with { Bases = [ofLater, Marked(8, 1, 1, 5)] }).IsParted(ofLater));
        Assert.IsFalse((plan with { Salts = new HashSet<uint> { 1 } }).IsParted(ofLater));
        Assert.IsTrue((plan with { Salts = new HashSet<uint> { 1 } }).IsParted(Later(8, (1, 5), (4, 7))), "where both have gone on from is there, but not what led from there to the log");
        RecoveryPlan behindFile = Plan([Segment(7, 11, 1, new LogPredecessor(1, 7, 500), null)], Marked(3, 1, 1, 2));
        Assert.IsTrue(behindFile.IsParted(Later(6, (1, 2), (3, 5))), "segment 1 went on to LSN 7");
        Assert.IsFalse(behindFile.IsParted(Later(8, (1, 2), (3, 8))));
        RecoveryPlan later = Plan([Segment(7, 11, 2, new LogPredecessor(2, 10, 500), null)]);
        Assert.IsTrue(later.IsParted(Marked(10, 1, 3, 5)));
        Assert.IsFalse((later with { Salts = new HashSet<uint> { 3 } }).IsParted(Marked(10, 1, 3, 5)), "of a timeline that has ended");
    }

    [TestMethod]
    public void A_snapshot_that_has_parted_from_one_that_the_log_knows_tells_nothing()
    {
        RecoverySegment last = Segment(7, 11, 1, new LogPredecessor(6, 10, 500), null);
        RecoveryBase file = Named(4, (1, 1), (2, 3)) with { IsDatabaseFile = true }, stranger = Named(5, (1, 1), (3, 3)), own = Named(12, (1, 1), (2, 3), (6, 5), (7, 11));
        Assert.IsTrue(Plan([last], stranger, file).IsParted(file));
        Assert.IsFalse(Plan([last], stranger, own, file).IsParted(file));
        Assert.IsTrue(Plan([last], stranger, Named(12, (1, 1), (3, 3), (6, 6), (7, 11)), file).IsParted(file));
    }

    [TestMethod]
    [DataRow(12L, 3u, 9L, 1, true)]
    [DataRow(12L, 1u, 9L, 1, false)]
    [DataRow(12L, 3u, 11L, 1, false)]    // which has gone on from where the snapshot ends
    [DataRow(8L, 3u, 5L, 1, false)]      // which ends before the snapshot's segment begins
    [DataRow(12L, 3u, 9L, 2, true)]
    public void Where_there_is_no_log_the_snapshots_tell(long lsn, uint salt, long firstLsn, int timeline, bool isParted)
    {
        RecoveryBase snapshot = Marked(10, 1, 1, 9), file = Marked(lsn, timeline, salt, firstLsn) with { IsDatabaseFile = true };
        Assert.AreEqual(isParted, Plan([], snapshot, file).IsParted(file));
        Assert.IsFalse(Plan([], snapshot, file).IsParted(snapshot));
        RecoverySegment own = Segment(7, lsn, 1, new LogPredecessor(salt, lsn - 1, 500), null);
        Assert.IsFalse(Plan([own], snapshot, Marked(lsn - 1, 1, salt, Math.Min(firstLsn, lsn - 1)) with { IsDatabaseFile = true }).IsParted(Marked(lsn - 1, 1, salt, Math.Min(firstLsn, lsn - 1)) with { IsDatabaseFile = true }),
            "the log knows the file, and the snapshot is the stranger");
    }

    private static RecoveryBase Later(long lsn, params (uint Salt, long FirstLsn)[] segments)
    {
        RecoveryBase file = Named(lsn, segments);
        return file with { Header = file.Header! with { Timeline = 2 }, IsDatabaseFile = true };
    }

    private static RecoveryBase Named(long lsn, params (uint Salt, long FirstLsn)[] segments)
    {
        RecoveryBase file = Base(lsn, 1);
        return file with { Header = file.Header! with { History = segments.Aggregate(SegmentHistory.Empty, (history, segment) => history.With(new SegmentMark(segment.Salt, segment.FirstLsn))) } };
    }

    private static RecoveryBase Marked(long lsn, int timeline, uint salt, long firstLsn)
    {
        RecoveryBase file = Base(lsn, timeline);
        return file with { Header = file.Header! with { History = SegmentHistory.Empty.With(new SegmentMark(salt, firstLsn)) } };
    }

    private static LogManifest Manifest(int timeline) => new("shop", Id, timeline, []);

    private static LogManifestRow Row(string kind, string name, long firstLsn) => new(kind, name, firstLsn, firstLsn, 0, DateTime.UnixEpoch);

    private static RecoveryPlan Plan(RecoverySegment[] segments, params RecoveryBase[] bases) => new(Id, bases, segments, [], []);

    private static RecoveryBase Base(long lsn, int timeline) =>
        new($"/data/{lsn}_{timeline}.db", new FileHeader("shop", DateTime.UnixEpoch, Id, timeline, lsn), IsDatabaseFile: false);

    private static RecoverySegment Segment(long number, long firstLsn, int timeline, LogPredecessor? before, LogPredecessor? counted) =>
        new($"/data/{number}.log", new LogHeader("shop", Id, timeline, number, firstLsn, (uint)number, 1 << 24, before), counted);
}
