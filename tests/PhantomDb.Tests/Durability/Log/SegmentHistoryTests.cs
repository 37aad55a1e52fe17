using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class SegmentHistoryTests
{
    private static readonly SegmentHistory Three = Of((1, 10), (2, 20), (3, 30));

    [TestMethod]
    public void It_is_read_as_it_was_written_the_newest_first()
    {
        Assert.AreEqual("00000003@30 00000002@20 00000001@10", Three.ToString());
        Assert.AreEqual(Three, SegmentHistory.TryParse(Three.ToString()));
        Assert.AreEqual(new SegmentMark(3, 30), Three.Last);
        Assert.IsNull(SegmentHistory.Empty.Last);
        Assert.AreEqual("", SegmentHistory.Empty.ToString());
        foreach (string text in new[] { "", " ", "1", "1@", "@1", "1@x", "1@1@1", "00000003@30  00000002@20", "00000003@30 00000002@30", "00000002@20 00000003@30" })
        {
            Assert.IsNull(SegmentHistory.TryParse(text), text);
        }
    }

    [TestMethod]
    public void A_segment_that_begins_takes_the_place_of_those_that_began_there_or_later()
    {
        Assert.AreEqual(Of((1, 10), (2, 20), (3, 30), (4, 40)), Three.With(new SegmentMark(4, 40)));
        Assert.AreEqual(Of((1, 10), (2, 20), (4, 30)), Three.With(new SegmentMark(4, 30)));
        Assert.AreEqual(Of((1, 10), (4, 15)), Three.With(new SegmentMark(4, 15)));
        Assert.AreNotEqual(Of((1, 10)), Of((2, 10)));
    }

    [TestMethod]
    public void Up_to_an_LSN_there_are_those_that_began_by_then()
    {
        Assert.AreSame(Three, Three.UpTo(30));
        Assert.AreEqual(Of((1, 10), (2, 20)), Three.UpTo(29));
        Assert.AreEqual(SegmentHistory.Empty, Three.UpTo(9));
        CollectionAssert.AreEqual(new[] { new SegmentRange(new SegmentMark(1, 10), 19), new SegmentRange(new SegmentMark(2, 20), 29), new SegmentRange(new SegmentMark(3, 30), 35) }, Three.Ranges(35).ToArray());
    }

    [TestMethod]
    public void The_last_ones_are_kept()
    {
        SegmentHistory many = Of([.. Enumerable.Range(1, 100).Select(i => ((uint)i, (long)i))]);
        Assert.HasCount(SegmentHistory.CountMax, many.Marks);
        Assert.AreEqual((new SegmentMark(100, 100), true, false), (many.Last, many.IsCut, Three.IsCut));
        Assert.AreEqual(many, SegmentHistory.TryParse(many.ToString()));
        Assert.IsNull(SegmentHistory.TryParse(many + " 00000001@1"));
    }

    private static SegmentHistory Of(params (uint Salt, long FirstLsn)[] segments) => segments.Aggregate(SegmentHistory.Empty, (history, segment) => history.With(new SegmentMark(segment.Salt, segment.FirstLsn)));
}
