using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb.Tests.Durability.Snapshots;

[TestClass]
public sealed class SnapshotRetentionTests
{
    private static readonly DateTime Now = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    [TestMethod]
    public void The_two_newest_that_are_whole_stay_whatever_the_limits_say()
    {
        SnapshotFile[] files = [File(1), File(2), File(3)];
        SnapshotOptions none = new() { RetainedCount = 2, RetainedAge = TimeSpan.Zero, RetainedBytes = 0 };
        CollectionAssert.AreEqual(new[] { files[0] }, SnapshotRetention.ToDelete(files, none, Now).ToArray());
        Assert.IsEmpty(SnapshotRetention.ToDelete(files[1..], none, Now));
    }

    [TestMethod]
    public void Nothing_goes_while_fewer_than_two_are_known_to_be_whole()
    {
        SnapshotFile[] files = [File(1), File(2) with { State = SnapshotState.Unread }, File(3) with { State = SnapshotState.Damaged }, File(4) with { State = SnapshotState.Unread }];
        Assert.IsEmpty(SnapshotRetention.ToDelete(files, new SnapshotOptions(), Now));
    }

    [TestMethod]
    public void A_damaged_one_does_not_count_as_one_of_the_two_and_does_not_go()
    {
        SnapshotFile[] files = [File(1), File(2), File(3) with { State = SnapshotState.Damaged }, File(4), File(5) with { State = SnapshotState.Unread }];
        CollectionAssert.AreEqual(new[] { files[0] }, SnapshotRetention.ToDelete(files[..4], new SnapshotOptions(), Now).ToArray());
        CollectionAssert.AreEqual(new[] { files[0] }, SnapshotRetention.ToDelete([files[0], files[1], files[2], files[3]], new SnapshotOptions { RetainedCount = 3 }, Now).ToArray());
        CollectionAssert.AreEqual(new[] { files[0], files[4] }, SnapshotRetention.ToDelete(files, new SnapshotOptions(), Now).ToArray(),
            "an unread one gives way as well; who decides has read as many as are needed before");
    }

    [TestMethod]
    public void A_pinned_one_stays()
    {
        SnapshotFile[] files = [File(1) with { Pins = ["audit"] }, File(2), File(3), File(4)];
        CollectionAssert.AreEqual(new[] { files[1] }, SnapshotRetention.ToDelete(files, new SnapshotOptions(), Now).ToArray());
    }

    [TestMethod]
    public void Age_and_total_size_are_limits_as_the_number_is()
    {
        SnapshotFile[] files = [File(1), File(2), File(3), File(4), File(5)];
        SnapshotOptions any = new() { RetainedCount = null };
        Assert.IsEmpty(SnapshotRetention.ToDelete(files, any, Now));
        CollectionAssert.AreEqual(files[..2], SnapshotRetention.ToDelete(files, any with { RetainedBytes = 300 }, Now).ToArray());
        CollectionAssert.AreEqual(files[..1], SnapshotRetention.ToDelete(files, any with { RetainedAge = TimeSpan.FromHours(4.5) }, Now).ToArray());
        CollectionAssert.AreEqual(files[..3], SnapshotRetention.ToDelete(files, any with { RetainedAge = TimeSpan.Zero }, Now).ToArray());
    }

    [TestMethod]
    public void A_limit_is_kept_to_exactly()
    {
        SnapshotFile[] files = [File(1), File(2), File(3), File(4), File(5)];
        SnapshotOptions any = new() { RetainedCount = null };
        Assert.IsEmpty(SnapshotRetention.ToDelete(files, any with { RetainedCount = 5 }, Now));
        CollectionAssert.AreEqual(files[..1], SnapshotRetention.ToDelete(files, any with { RetainedCount = 4 }, Now).ToArray());
        Assert.IsEmpty(SnapshotRetention.ToDelete(files, any with { RetainedAge = TimeSpan.FromHours(5) }, Now));
        Assert.IsEmpty(SnapshotRetention.ToDelete(files, any with { RetainedBytes = 500 }, Now));
    }

    [TestMethod]
    public void Recovery_needs_the_log_behind_the_second_newest_whole_file()
    {
        Assert.AreEqual(0, SnapshotRetention.RecoveryFloor([]));
        Assert.AreEqual(0, SnapshotRetention.RecoveryFloor([70]));
        Assert.AreEqual(50, SnapshotRetention.RecoveryFloor([50, 70]));
        Assert.AreEqual(70, SnapshotRetention.RecoveryFloor([70, 20, 80, 50]));
        Assert.AreEqual(70, SnapshotRetention.RecoveryFloor([70, 70]));
    }

    // Of 100 bytes, an hour apart, the fifth an hour old.
    private static SnapshotFile File(int number) =>
        new($"shop_snapshot_{number}", 1, number * 10, 100, Now.AddHours(number - 6), SnapshotState.Verified);
}
