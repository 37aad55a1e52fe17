using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>What is bad in a segment where somebody has all of it, and where the reader goes on.</summary>
[TestClass]
public sealed class LogPassedOverTests
{
    private const string Checksum = "the checksum of the line does not match";

    // LSN 1; 2; 3 to 5; 6; 7 to 8
    private static readonly LogSegmentText Segment = new LogSegmentText().Insert(1).Insert(1).Insert(3).Flush().Insert(1).Insert(2);

    [TestMethod]
    [DataRow(0L, "1")]
    [DataRow(1L, "1")]
    [DataRow(2L, "1 3 4 5 6 7 8")]
    [DataRow(8L, "1 3 4 5 6 7 8")]
    public void A_bad_line_up_to_the_covered_LSN_is_passed_over(long covered, string read)
    {
        LogSegmentReport report = Read(Flipped(2), covered, out string records);

        Assert.AreEqual(read, records);
        if (covered < 2)
        {
            Assert.AreEqual((LogVerdict.Damaged, 2L, 0), (report.Verdict, report.End.Lsn, report.PassedOver.Count));
            return;
        }
        Assert.AreEqual((LogVerdict.Clean, 9L, 5L, 7L), (report.Verdict, report.End.Lsn, report.TransactionCount + 1, report.RecordCount));
        Assert.AreEqual(new LogGap(new LogFault(Offset(2), 4, 2, Checksum), 2), report.PassedOver.Single());
    }

    [TestMethod]
    [DataRow(2L, "1 2")]
    [DataRow(3L, "1 2")]
    [DataRow(4L, "1 2")]
    [DataRow(5L, "1 2 6 7 8")]
    public void A_transaction_with_a_bad_line_is_passed_over_where_all_of_it_is_covered(long covered, string read)
    {
        LogSegmentReport report = Read(Flipped(4), covered, out string records);

        Assert.AreEqual(read, records);
        Assert.AreEqual(covered < 5 ? LogVerdict.Damaged : LogVerdict.Clean, report.Verdict);
        Assert.AreEqual(covered < 5 ? null : new LogGap(new LogFault(Offset(4), 6, 4, Checksum), 5), report.PassedOver.SingleOrDefault());
        Assert.AreEqual(covered < 5 ? new LogFault(Offset(4), 6, 4, Checksum) : null, report.Fault);
    }

    [TestMethod]
    public void Several_places_are_passed_over_one_by_one()
    {
        LogSegmentReport report = Read(Flipped(1, 3, 6), 8, out string records);

        Assert.AreEqual("2 7 8", records);
        CollectionAssert.AreEqual(new[] { (1L, 1L), (3, 6) }, report.PassedOver.Select(gap => (gap.Fault.ExpectedLsn, gap.LastLsn)).ToArray());
        Assert.AreEqual((LogVerdict.Clean, 10L), (report.Verdict, report.End.Line - 1));
    }

    [TestMethod]
    [DataRow(4L, "1")]
    [DataRow(5L, "1 6 7 8")]
    public void Lines_that_are_lost_are_passed_over_where_all_of_them_are_covered(long covered, string read)
    {
        byte[] bytes = Segment.Bytes;
        LogSegmentReport report = Read([.. bytes[..(int)Offset(2)], .. bytes[(int)Offset(6)..]], covered, out string records);

        Assert.AreEqual(read, records);
        Assert.AreEqual(covered < 5 ? LogVerdict.Damaged : LogVerdict.Clean, report.Verdict);
        Assert.AreEqual(covered < 5 ? null : 5, report.PassedOver.SingleOrDefault()?.LastLsn);
    }

    [TestMethod]
    public void Lines_that_stand_there_twice_are_read_once_and_nothing_is_missing()
    {
        byte[] bytes = Segment.Bytes;
        LogSegmentReport report = Read([.. bytes[..(int)Offset(3)], .. bytes[(int)Offset(2)..]], 8, out string records);

        Assert.AreEqual("1 2 3 4 5 6 7 8", records);
        Assert.AreEqual((LogVerdict.Clean, 3L, 2L), (report.Verdict, report.PassedOver.Single().Fault.ExpectedLsn, report.PassedOver.Single().LastLsn));
    }

    [TestMethod]
    public void A_bad_end_is_passed_over_only_where_it_is_known_how_far_the_log_went_and_all_of_that_is_covered()
    {
        byte[] bytes = Flipped(7), whole = Segment.Sealed();
        LogReaderOptions covered = new() { CoveredLsn = 8 };
        var counted = new LogPredecessor(LogSegmentText.Salt, 8, bytes.Length);

        Assert.AreEqual((LogVerdict.Torn, 7L, 0), Verdict(bytes, covered));
        Assert.AreEqual((LogVerdict.Torn, 7L, 0), Verdict(bytes, covered with { EndLsn = 9 }));
        Assert.AreEqual((LogVerdict.Torn, 7L, 0), Verdict(bytes, new LogReaderOptions { CoveredLsn = 7, EndLsn = 8 }));
        Assert.AreEqual((LogVerdict.Clean, 9L, 1), Verdict(bytes, covered with { EndLsn = 8 }));
        Assert.AreEqual((LogVerdict.Clean, 9L, 1), Verdict(bytes, covered with { Counted = counted }));
        Assert.AreEqual((LogVerdict.Damaged, 7L, 0), Verdict(bytes, new LogReaderOptions { CoveredLsn = 7, Counted = counted }));
        bytes.CopyTo(whole, 0);
        Assert.AreEqual((LogVerdict.Clean, 9L, 1), Verdict(whole, covered with { IsSealed = true }), "the seal says it");
        Assert.AreEqual((LogVerdict.Damaged, 7L, 0), Verdict(whole, new LogReaderOptions { CoveredLsn = 7 }));

        static (LogVerdict, long, int) Verdict(byte[] bytes, LogReaderOptions options)
        {
            LogSegmentReport report = LogSegmentText.Read(bytes, options).Report;
            Assert.AreEqual(8, report.PassedOver.SingleOrDefault()?.LastLsn ?? 8);
            return (report.Verdict, report.End.Lsn, report.PassedOver.Count);
        }
    }

    [TestMethod]
    public void A_log_that_had_reached_further_than_a_whole_segment_goes_is_damaged_and_short()
    {
        LogSegmentReport report = LogSegmentText.Read(Segment.Bytes, new LogReaderOptions { DurableLsn = 9 }).Report;

        Assert.AreEqual((LogVerdict.Damaged, true, "the log had reached further", 9L), (report.Verdict, report.IsShort, report.Fault!.Reason, report.Fault.ExpectedLsn));
        Assert.AreEqual((LogVerdict.Clean, false), (LogSegmentText.Read(Segment.Bytes, new LogReaderOptions { DurableLsn = 8 }).Report.Verdict, LogSegmentText.Read(Segment.Bytes).Report.IsShort));
        Assert.IsFalse(LogSegmentText.Read(Segment.Bytes, new LogReaderOptions { IsSealed = true, DurableLsn = 9 }).Report.IsShort, "its seal is missing");
    }

    [TestMethod]
    public void A_bad_line_that_the_log_had_reached_is_damage()
    {
        byte[] bytes = Flipped(8);

        LogSegmentReport report = LogSegmentText.Read(bytes, new LogReaderOptions { DurableLsn = 8 }).Report;
        Assert.AreEqual((LogVerdict.Damaged, "The log had reached LSN 8"), (report.Verdict, report.Proof));
        Assert.AreEqual(LogVerdict.Torn, LogSegmentText.Read(bytes, new LogReaderOptions { DurableLsn = 7 }).Report.Verdict);
    }

    [TestMethod]
    public void Who_stops_at_a_fault_is_told_of_nothing_behind_it()
    {
        LogSegmentReport report = LogSegmentText.Read(Flipped(2), new LogReaderOptions { StopsAtFault = true }).Report;

        Assert.AreEqual((LogVerdict.Torn, 0L, 0L, null), (report.Verdict, report.TransactionsBehind, report.LastLsnBehind, report.Proof));
        Assert.AreEqual((3L, 8L), LogSegmentText.Read(Flipped(2)).Report is { } looked ? (looked.TransactionsBehind, looked.LastLsnBehind) : default);
    }

    [TestMethod]
    public void A_record_with_fewer_values_than_are_asked_for_is_damage_and_not_the_next_record()
    {
        var reader = new LogReader("/data/shop.log", new MemoryStream(Segment.Bytes));
        Assert.IsTrue(reader.Read());
        Assert.AreEqual(3, reader.Count);
        Assert.IsTrue(reader.IsNull(2));
        foreach (Action<int> asked in new Action<int>[] { i => reader.Value(i), i => reader.IsNull(i), i => reader.IsQuoted(i), i => reader.IsMark(i) })
        {
            asked(2);
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => asked(3));
            Assert.AreEqual("XX001", error.SqlState);
            StringAssert.Contains(error.Message, "the Insert record with LSN 1 has 3 values");
        }
    }

    private static LogSegmentReport Read(byte[] bytes, long covered, out string records)
    {
        (LogSegmentReport report, List<string> read) = LogSegmentText.Read(bytes, new LogReaderOptions { CoveredLsn = covered });
        records = string.Join(' ', read.Select(record => record.Split('|')[0]));
        return report;
    }

    private static long Offset(long lsn) => Segment.Header.ToBytes().Length + Segment.Lines.Where(line => line.Lsn < lsn).Sum(line => line.Bytes.Length);

    private static byte[] Flipped(params long[] lsns)
    {
        byte[] bytes = Segment.Bytes;
        foreach (long lsn in lsns)
        {
            bytes[Offset(lsn) + 60] ^= 1;
        }
        return bytes;
    }
}
