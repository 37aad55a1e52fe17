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
