using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>Which of several places each field of a header is taken from.</summary>
[TestClass]
public sealed class LogHeaderEvidenceTests
{
    private const string Sealed = "shop_log_20261121_120003_1201.log";
    private const string Open = "shop.log";
    private const uint Salt = 7;

    private static readonly Guid Id = new("6f1c0000000000000000000000000001");

    [TestMethod]
    [DataRow(Sealed, "FirstLSN: 1202", 1203L, 2, false, 1201L)]
    [DataRow(Open, "FirstLSN: 1202", 1203L, 2, false, 1202L)]
    [DataRow(Open, "", 1203L, 2, false, 1203L)]
    [DataRow(Open, "", 0L, 2, false, 1204L)]
    [DataRow(Open, "FirstLSN: 1202", 0L, 2, true, 1202L)]
    [DataRow(Open, "FirstLSN: 1202", 1203L, 1, true, 1205L)]
    [DataRow(Open, "FirstLSN: 1202", 1203L, 1, false, 1202L)]
    [DataRow(Open, "FirstLSN: 1900", 0L, 1, false, 1205L)]
    public void The_first_LSN_is_that_of_a_first_line_and_else_of_the_name_the_text_and_the_manifest(string name, string text, long ofManifest, int part, bool isFirstLine, long firstLsn)
    {
        var manifest = new LogManifest("shop", Id, 1, ofManifest == 0 ? [] : [new LogManifestRow(LogManifest.Open, name, ofManifest, 0, 0, default)]);

        Assert.AreEqual(firstLsn, Of(text, name, part, isFirstLine, manifest).FirstLsn);
    }

    [TestMethod]
    public void What_the_text_says_counts_before_the_segments_beside_it_and_these_before_what_is_usual()
    {
        LogHeader successor = Other(timeline: 4, segment: 40, firstLsn: 1300, Salt);
        LogHeader before = Other(timeline: 6, segment: 3, firstLsn: 100), earlier = Other(timeline: 5, segment: 9, firstLsn: 900), later = Other(timeline: 8, segment: 77, firstLsn: 1205);
        var manifest = new LogManifest("shop", Id, 5, []);

        LogHeader said = Of("Timeline: 3 | Segment: 12 | Unflushed: 5", Open, 1, true, manifest, successor, before);
        Assert.AreEqual((3, 12L, 5L), (said.Timeline, said.Segment, said.UnflushedMax));
        LogHeader followed = Of("", Open, 1, true, manifest, successor, before);
        Assert.AreEqual((4, 39L, 1L << 24), (followed.Timeline, followed.Segment, followed.UnflushedMax));
        Assert.AreEqual(5, Of("", Open, 1, true, manifest, before).Timeline);
        LogHeader behind = Of("", Open, 1, true, null, later, before, earlier);
        Assert.AreEqual((6, 4L), (behind.Timeline, behind.Segment), "the last of those before it");
        LogHeader alone = Of("Timeline: 0 | Segment: 0 | Unflushed: 0", Open, 1, true, null);
        Assert.AreEqual((1, 1L, 1L << 24), (alone.Timeline, alone.Segment, alone.UnflushedMax));
    }

    private static LogHeader Of(string text, string name, int part, bool isFirstLine, LogManifest? manifest, params LogHeader[] others) =>
        new LogHeaderEvidence(name, $"# | {text} | ", Salt, new LogLine(1205, default, 1, part, 2, 1, 0), isFirstLine, [.. others.Select(other => (other, (LogSeal?)null))], manifest).ToHeader();

    private static LogHeader Other(int timeline, long segment, long firstLsn, uint predecessor = 1) =>
        new("shop", Id, timeline, segment, firstLsn, 99, 1 << 24, new LogPredecessor(predecessor, firstLsn - 1, 1000));
}
