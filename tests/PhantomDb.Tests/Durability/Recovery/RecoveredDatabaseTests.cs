using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Where the log of a recovered database goes on, and which older segments it knows.</summary>
[TestClass]
public sealed class RecoveredDatabaseTests : RecoveryTest
{
    private RecoveredSegment Segment(string name, long number, long firstLsn, int timeline, LogPredecessor? before = null) =>
        new($"/data/{name}", new LogHeader("shop", Log.Id, timeline, number, firstLsn, (uint)number + 70, 1 << 24, before), firstLsn + 4, 500 + number, Log.Time.AddSeconds(number));

    private RecoveredDatabase Recovered()
    {
        Log.Commit(Users);
        return Recover() with { Segments = [] };
    }

    [TestMethod]
    [DataRow(3, 5L)]    // to within the log's notes
    [DataRow(3, 6L)]
    [DataRow(3, 9L)]    // beyond
    [DataRow(6, 9L)]
    public void Behind_a_file_that_went_on_where_the_log_has_notes_alone_come_LSNs_that_neither_has(int begunAt, long fileLsn)
    {
        Log.Commit(Users).Commit("INSERT,users,1,a");
        SegmentHistory history = SegmentHistory.Empty.With(new SegmentMark(Log.Salt, 1)).With(new SegmentMark(99, begunAt));
        SaveAs(Path, Recover(), lsn: fileLsn, history: history);
        Log.Commit("SYNC,").Commit("SYNC,").Commit("SYNC,").Commit("CLOSE,").Flush();
        RecoveredDatabase recovered = Recover();
        long end = Math.Max(fileLsn, 6) + 1;
        Assert.AreEqual((end, true, new SegmentMark(99, begunAt)), (recovered.Report.LastLsn, recovered.MustSaveFirst, recovered.History.Last));
        LogStart start = recovered.ToLogStart("/data", "shop");
        Assert.AreEqual((end + 1, 6L), (start.NextLsn, start.Predecessor!.LastLsn));
        LogHeader next = new LogHeader("shop", Log.Id, 1, 2, start.NextLsn, 98, 1 << 24, start.Predecessor).Behind(start.History.Last);
        Assert.AreEqual(99u, next.KnownSaltBefore);
        Assert.AreEqual(next, LogHeader.TryParse(next.ToBytes(), out _));
    }

    [TestMethod]
    public void The_segments_that_led_there_are_those_of_the_file_and_of_the_log_around_them()
    {
        RecoveredDatabase recovered = Recovered();
        RecoveredSegment first = Segment("1.log", 1, 1, 1), second = Segment("2.log", 2, 6, 1), third = Segment("3.log", 3, 11, 1);
        recovered = recovered with { Segments = [first, second with { LastLsn = 5 }, third] };
        Assert.AreEqual("00000049@11 00000047@1", recovered.History.ToString(), "a segment without records led nowhere");
        recovered = recovered with { Segments = [second, third], HeadlessEnd = Segment("4.log", 4, 16, 1) };
        Assert.AreEqual("0000004a@16 00000049@11 00000048@6", recovered.History.ToString());
        recovered = recovered with { Database = recovered.Database with { History = SegmentHistory.Empty.With(new SegmentMark(5, 8)).With(new SegmentMark(6, 12)) } };
        Assert.AreEqual("0000004a@16 00000006@12 00000005@8 00000048@6", recovered.History.ToString());
    }

    [TestMethod]
    public void The_log_goes_on_behind_the_last_segment()
    {
        RecoveredDatabase recovered = Recovered();
        LogStart start = recovered.ToLogStart("/data", "shop");
        Assert.AreEqual((1L, 2L, (LogPredecessor?)null, default(DateTime)), (start.Segment, start.NextLsn, start.Predecessor, start.LastTime));
        RecoveredSegment first = Segment("1.log", 1, 1, 1), second = Segment("2.log", 2, 6, 1, new LogPredecessor(71, 5, 501)), headless = Segment("3.log", 3, 11, 1);
        start = (recovered with { Segments = [first, second] }).ToLogStart("/data", "shop");
        Assert.AreEqual((3L, new LogPredecessor(72, 10, 502), second.LastTime), (start.Segment, start.Predecessor, start.LastTime));
        start = (recovered with { Segments = [first, second], HeadlessEnd = headless }).ToLogStart("/data", "shop");
        Assert.AreEqual((4L, new LogPredecessor(73, 15, 503), headless.LastTime), (start.Segment, start.Predecessor, start.LastTime));
        CollectionAssert.AreEqual(new[] { "1.log", "2.log" }, start.Segments.Select(s => s.FileName).ToArray());
    }

    [TestMethod]
    public void A_file_stands_before_it_where_recovery_began_with_one_or_the_last_segment_says_so()
    {
        RecoveredDatabase recovered = Recovered();
        RecoveredSegment last = Segment("1.log", 1, 1, 1), behindFile = last with { Header = last.Header with { IsBehindFile = true } };
        Assert.IsFalse(recovered.ToLogStart("/data", "shop").IsBehindFile);
        Assert.IsTrue((recovered with { IsBehindFile = true }).ToLogStart("/data", "shop").IsBehindFile);
        Assert.IsFalse((recovered with { Segments = [last] }).ToLogStart("/data", "shop").IsBehindFile);
        Assert.IsTrue((recovered with { Segments = [behindFile] }).ToLogStart("/data", "shop").IsBehindFile);
    }

    [TestMethod]
    public void Older_segments_are_known_and_those_of_an_ended_timeline_are_told_apart()
    {
        RecoveredDatabase recovered = Recovered();
        RecoveredSegment ended = Segment("1.log", 1, 1, 1), same = Segment("2.log", 2, 6, 2, new LogPredecessor(71, 5, 501)), last = Segment("4.log", 4, 20, 2, new LogPredecessor(73, 19, 503));
        LogStart start = (recovered with { EarlierSegments = [ended, same], Segments = [last] }).ToLogStart("/data", "shop");
        CollectionAssert.AreEqual(new[] { ("1.log", true, true), ("2.log", false, false), ("4.log", false, false) }, start.Segments.Select(s => (s.FileName, s.IsFirst, s.IsOfOlderTimeline)).ToArray());
        start = (recovered with { EarlierSegments = [ended, same], Report = recovered.Report with { Timeline = 3 } }).ToLogStart("/data", "shop");
        CollectionAssert.AreEqual(new[] { true, true }, start.Segments.Select(s => s.IsOfOlderTimeline).ToArray(), "a file is of a later timeline");
        start = (recovered with { EarlierSegments = [same], Segments = [last], Report = recovered.Report with { Timeline = 3 } }).ToLogStart("/data", "shop");
        CollectionAssert.AreEqual(new[] { false, false }, start.Segments.Select(s => s.IsOfOlderTimeline).ToArray(), "what leads to the state goes by the limits");
    }
}
