using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which LSN the log had come to at a time, and when that cannot be told.</summary>
[TestClass]
public sealed class PointInTimeTests : RecoveryTest
{
    private static readonly DateTime Start = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    private long Find(double seconds) => new PointInTime(new RecoveryPlanner(Path, Disk).Plan(), Disk).Find(Start.AddSeconds(seconds));

    private string Undecided(double seconds, string sqlState = SqlStates.InvalidParameterValue)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Find(seconds));
        Assert.AreEqual(sqlState, error.SqlState);
        return error.Message;
    }

    [TestMethod]
    public void Whole_transactions_up_to_the_time_count()
    {
        Assert.AreEqual("what the database had at 2026-11-21 12:00:01.000000 UTC cannot be told: no record of its log is kept. Name an LSN", Undecided(1));
        WriteThreeSegments();
        foreach ((double seconds, long lsn) in new (double, long)[] { (1, 2), (1.5, 2), (2, 4), (2.9, 4), (3, 6), (4, 8), (4.5, 8), (5, 10), (6, 12), (1000, 12) })
        {
            Assert.AreEqual(lsn, Find(seconds), $"{seconds} s");
        }
        Assert.AreEqual("what the database had at 2026-11-21 12:00:00.500000 UTC is not kept any more: its log begins at 2026-11-21 12:00:01.000000 UTC", Undecided(0.5));
    }

    [TestMethod]
    public void Between_two_parts_of_the_log_only_an_LSN_can_be_named()
    {
        string[] paths = WriteThreeSegments();
        Disk.Files.Remove(paths[1]);
        Assert.AreEqual(2, Find(1.5));
        Assert.AreEqual(10, Find(5));
        Assert.AreEqual("what the database had at 2026-11-21 12:00:03.000000 UTC cannot be told: it lies between LSN 4 and LSN 8, of which the log has no times. Name an LSN", Undecided(3));
    }

    [TestMethod]
    public void Behind_the_end_of_a_timeline_that_a_file_has_ended_only_an_LSN_can_be_named()
    {
        WriteThreeSegments();
        SaveAs(Path, Recover(new RecoveryOptions { IsReadOnly = true }), timeline: 2, lsn: 13);
        Assert.AreEqual(8, Find(4));
        Assert.AreEqual("what the database had at 2026-11-21 12:00:07.000000 UTC cannot be told: it lies between LSN 12 and LSN 13, of which the log has no times. Name an LSN", Undecided(7));
    }

    [TestMethod]
    public void Damage_before_the_point_is_an_error_unless_a_file_has_it_and_behind_the_point_is_none()
    {
        string[] paths = WriteThreeSegments();
        RecoveredDatabase any = Recover(new RecoveryOptions { IsReadOnly = true });
        byte[] bytes = [.. Disk.Files[paths[1]]];
        int at = Encoding.ASCII.GetString(bytes).IndexOf("INSERT,users,4,a", StringComparison.Ordinal);   // LSN 7
        bytes[at] ^= 1;
        Disk.Files[paths[1]] = bytes;
        Assert.AreEqual(4, Find(2.5));
        Assert.AreEqual(SqlStates.DataCorrupted, Assert.ThrowsExactly<PhantomDbException>(() => Find(4)).SqlState);
        SaveAs(Path, any, lsn: 8);
        Assert.AreEqual(10, Find(5), "the file has all of it");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Find(4.5));
        Assert.AreEqual((SqlStates.DataCorrupted, ActivePath), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "what the database had at 2026-11-21 12:00:04.500000 UTC cannot be told, since LSN 7 to 8 of the log are damaged or missing");
        StringAssert.StartsWith(error.Hint, "Name an LSN before or behind them.");
    }
}
