using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogRetentionTests
{
    private const long ActiveBytes = 50;

    private static readonly DateTime Now = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    // Of 100 bytes and ten records, an hour apart, the fifth an hour old.
    private static readonly LogSegmentFile[] Segments = [.. Enumerable.Range(1, 5)
        .Select(n => new LogSegmentFile($"shop_log_{n}", (uint)n, (n * 10) - 9, n * 10, 100, Now.AddHours(n - 6)))];

    private static readonly TransactionLogOptions NoLimits = new() { RetainedSegmentCount = null, RetainedAge = null, RetainedBytes = null };

    [TestMethod]
    public void Without_limits_all_stay() => Assert.AreEqual(0, Deleted(NoLimits));

    [TestMethod]
    [DataRow(6, 0)]
    [DataRow(5, 0)]
    [DataRow(4, 1)]
    [DataRow(1, 4)]
    [DataRow(0, 5)]
    public void As_many_stay_as_the_number_allows(int limit, int deleted) => Assert.AreEqual(deleted, Deleted(NoLimits with { RetainedSegmentCount = limit }));

    [TestMethod]
    [DataRow(551L, 0)]
    [DataRow(550L, 0)]
    [DataRow(549L, 1)]
    [DataRow(450L, 1)]
    [DataRow(449L, 2)]
    [DataRow(49L, 5)]
    public void The_size_of_all_counts_with_that_of_the_segment_that_is_written(long limit, int deleted) =>
        Assert.AreEqual(deleted, Deleted(NoLimits with { RetainedBytes = limit }));

    [TestMethod]
    [DataRow(301, 0)]
    [DataRow(300, 0)]
    [DataRow(299, 1)]
    [DataRow(240, 1)]
    [DataRow(239, 2)]
    [DataRow(0, 5)]
    public void What_is_older_than_the_limit_goes(int minutes, int deleted) => Assert.AreEqual(deleted, Deleted(NoLimits with { RetainedAge = TimeSpan.FromMinutes(minutes) }));

    [TestMethod]
    public void Each_limit_counts_for_itself_and_the_strictest_wins() =>
        Assert.AreEqual(3, Deleted(new TransactionLogOptions { RetainedSegmentCount = 4, RetainedAge = TimeSpan.FromHours(2.5), RetainedBytes = 450 }));

    [TestMethod]
    [DataRow(50L, 5)]
    [DataRow(49L, 4)]
    [DataRow(20L, 2)]
    [DataRow(19L, 1)]
    [DataRow(9L, 0)]
    [DataRow(0L, 0)]
    public void What_recovery_needs_stays_whatever_the_limits_say(long floor, int deleted) => Assert.AreEqual(deleted, Deleted(NoLimits with { RetainedSegmentCount = 0 }, floor));

    [TestMethod]
    [DataRow(21L, 2)]
    [DataRow(20L, 1)]
    [DataRow(11L, 1)]
    [DataRow(10L, 0)]
    [DataRow(1L, 0)]
    public void From_the_segment_that_has_the_first_pinned_record_on_all_stay(long pinned, int deleted) =>
        Assert.AreEqual(deleted, Deleted(NoLimits with { RetainedSegmentCount = 0 }, 50, new LogPin("later", 45), new LogPin("audit", pinned)));

    [TestMethod]
    public void A_segment_that_stays_keeps_all_behind_it_so_that_the_log_has_no_holes()
    {
        LogSegmentFile[] turned = [Segments[4], .. Segments[..4]];   // the clock was set back: the first is the youngest
        Assert.AreEqual(0, LogRetention.CountToDelete(turned, ActiveBytes, NoLimits with { RetainedAge = TimeSpan.FromHours(1) }, Now, 50, []));
    }

    [TestMethod]
    public void Records_may_go_up_to_where_recovery_needs_them()
    {
        Assert.IsNull(LogRetention.ReasonToKeep(30, 30, []));
        StringAssert.Contains(LogRetention.ReasonToKeep(31, 30, []), "behind LSN 30");
    }

    [TestMethod]
    public void The_pin_that_needs_the_oldest_records_is_the_reason_to_keep_them()
    {
        LogPin[] pins = [new("replica", 25), new("audit", 12), new("later", 40)];
        Assert.IsNull(LogRetention.ReasonToKeep(11, 30, pins));
        foreach (long lsn in new[] { 12L, 13, 30 })
        {
            string? reason = LogRetention.ReasonToKeep(lsn, 30, pins);
            StringAssert.Contains(reason, "\"audit\"");
            StringAssert.Contains(reason, "LSN 12 ");
        }
    }

    private static int Deleted(TransactionLogOptions limits, long recoveryFloor = 50, params LogPin[] pins) =>
        LogRetention.CountToDelete(Segments, ActiveBytes, limits, Now, recoveryFloor, pins);
}
