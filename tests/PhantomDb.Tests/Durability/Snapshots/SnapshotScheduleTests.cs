using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb.Tests.Durability.Snapshots;

[TestClass]
public sealed class SnapshotScheduleTests
{
    private static readonly SnapshotOptions Own = new() { Interval = 500 };

    [TestMethod]
    public void P3_an_interval_of_the_users_own_is_kept_to_whatever_it_costs()
    {
        var costly = new SnapshotProgress(500, 1, TimeSpan.Zero, Budget: -1_000_000, ExpectedBytes: 1_000_000);
        Assert.AreEqual(TimeSpan.Zero, SnapshotSchedule.DueIn(Own, costly));
        Assert.IsNull(SnapshotSchedule.DueIn(Own, costly with { Operations = 499 }));
        Assert.AreEqual(1, SnapshotSchedule.UntilNextLook(Own, costly with { Operations = 499 }).Operations);
    }

    [TestMethod]
    public void P3_the_default_of_1000_operations_waits_until_the_log_has_paid_for_the_snapshot()
    {
        SnapshotOptions options = new();
        var progress = new SnapshotProgress(1000, 200_000, TimeSpan.Zero, Budget: 200_000, ExpectedBytes: 100_000);
        Assert.AreEqual(TimeSpan.Zero, SnapshotSchedule.DueIn(options, progress));
        Assert.IsNull(SnapshotSchedule.DueIn(options, progress with { Operations = 999 }));
        Assert.IsNull(SnapshotSchedule.DueIn(options, progress with { Budget = 100_000 }));
        Assert.AreEqual((1L, long.MaxValue), SnapshotSchedule.UntilNextLook(options, progress with { Operations = 999 }));
        Assert.AreEqual((long.MaxValue, 60_001L), SnapshotSchedule.UntilNextLook(options, progress with { Budget = 40_000 }));
    }

    [TestMethod]
    public void Log_size_and_time_make_one_due_too_but_only_where_something_has_changed()
    {
        SnapshotOptions options = Own with { LogBytes = 1000, Period = TimeSpan.FromMinutes(1) };
        var progress = new SnapshotProgress(1, 100, TimeSpan.FromSeconds(20), 0, 100);
        Assert.AreEqual(TimeSpan.FromSeconds(40), SnapshotSchedule.DueIn(options, progress));
        Assert.AreEqual(TimeSpan.Zero, SnapshotSchedule.DueIn(options, progress with { Time = TimeSpan.FromMinutes(2) }));
        Assert.AreEqual(TimeSpan.Zero, SnapshotSchedule.DueIn(options, progress with { LogBytes = 1000 }));
        Assert.IsNull(SnapshotSchedule.DueIn(options, new SnapshotProgress(0, 2000, TimeSpan.FromHours(1), 0, 100)));
        Assert.AreEqual(1, SnapshotSchedule.UntilNextLook(options, new SnapshotProgress(0, 0, TimeSpan.Zero, 0, 100)).Operations);
        Assert.AreEqual((499L, 900L), SnapshotSchedule.UntilNextLook(options, progress));
    }

    [TestMethod]
    public void What_a_failed_flush_left_to_memory_is_saved_at_once()
    {
        Assert.AreEqual(TimeSpan.Zero, SnapshotSchedule.DueIn(Own, new SnapshotProgress(1, 1, TimeSpan.Zero, 0, 100, IsUrgent: true)));
    }

    [TestMethod]
    public void P5_nothing_is_due_where_snapshots_are_off_and_nobody_looks()
    {
        SnapshotOptions off = Own with { IsEnabled = false, Period = TimeSpan.FromSeconds(1), LogBytes = 1 };
        Assert.IsNull(SnapshotSchedule.DueIn(off, new SnapshotProgress(1_000_000, 1_000_000, TimeSpan.FromDays(1), 1_000_000, 1)));
        Assert.AreEqual((long.MaxValue, long.MaxValue), SnapshotSchedule.UntilNextLook(off, default));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-1)]
    public void P5_an_interval_of_nothing_is_refused(int interval)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => new SnapshotOptions { Interval = interval }.Validated());
        Assert.AreEqual("22023", error.SqlState);
        Assert.ThrowsExactly<PhantomDbException>(() => new SnapshotOptions { LogBytes = interval }.Validated());
        Assert.ThrowsExactly<PhantomDbException>(() => new SnapshotOptions { Period = TimeSpan.FromSeconds(interval) }.Validated());
        Assert.ThrowsExactly<PhantomDbException>(() => new SnapshotOptions { RetainedCount = 1 + interval }.Validated());
    }
}
