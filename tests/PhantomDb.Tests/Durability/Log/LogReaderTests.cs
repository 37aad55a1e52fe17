using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogReaderTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void A_bad_line_that_a_later_one_says_was_on_the_disk_is_damage()
    {
        LogSegmentText segment = new LogSegmentText(firstLsn: 1201).Insert(1).Insert(1).Flush().Insert(1);
        LogSegmentReport report = LogSegmentText.Read(Flipped(segment, line: 1)).Report;

        Assert.AreEqual(LogVerdict.Damaged, report.Verdict);
        Assert.AreEqual(new LogFault(report.End.Offset, 4, 1202, "the checksum of the line does not match"), report.Fault);
        Assert.AreEqual("Line 5, with LSN 1203, says that LSN 1202 had been on the disk", report.Proof);
        Assert.AreEqual(1, report.TransactionsBehind);
        Assert.AreEqual("LSN 1202 was expected there. Whole transactions behind it: 1, up to LSN 1203. Line 5, with LSN 1203, says that LSN 1202 had been on the disk.",
            report.ToError().Detail);
    }

    [TestMethod]
    public void A_bad_line_before_whole_transactions_of_the_same_group_is_in_doubt()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1).Flush().Insert(2).Insert(1).Insert(2);
        LogSegmentReport report = LogSegmentText.Read(Flipped(segment, line: 2)).Report;

        Assert.AreEqual(LogVerdict.Doubtful, report.Verdict);
        Assert.AreEqual(2, report.End.Lsn, "the part before the bad one goes with it");
        Assert.AreEqual(3, report.Fault!.ExpectedLsn);
        Assert.AreEqual((2L, 6L), (report.TransactionsBehind, report.LastLsnBehind));
    }

    [TestMethod]
    public void A_bad_last_line_is_torn_and_what_is_cut_there_reads_clean()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1).Flush().Insert(3);
        LogSegmentReport report = LogSegmentText.Read(Flipped(segment, line: 3)).Report;

        Assert.AreEqual(LogVerdict.Torn, report.Verdict);
        LogSegmentReport cut = LogSegmentText.Read(segment.Bytes[..(int)report.End.Offset]).Report;
        Assert.AreEqual((LogVerdict.Clean, report.End), (cut.Verdict, cut.End));
    }

    [TestMethod]
    public void A_bad_line_farther_from_the_end_than_bytes_can_be_unflushed_is_damage()
    {
        LogSegmentText near = new LogSegmentText(unflushedMax: 1000).Insert(1).Insert(8), far = new LogSegmentText(unflushedMax: 500).Insert(1).Insert(8);

        Assert.AreEqual(LogVerdict.Torn, LogSegmentText.Read(Flipped(near, line: 0)[..^1]).Report.Verdict);
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(Flipped(far, line: 0)[..^1]).Report.Verdict);
        Assert.AreEqual(LogVerdict.Torn, LogSegmentText.Read([.. far.Bytes, .. new byte[500]]).Report.Verdict);
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read([.. far.Bytes, .. new byte[1000]]).Report.Verdict, "its first byte cannot be unflushed");
        byte[] nearly = Flipped(new LogSegmentText(unflushedMax: far.Lines.Skip(1).Sum(l => l.Bytes.Length)).Insert(1).Insert(8), line: 0);
        Assert.AreEqual(LogVerdict.Doubtful, LogSegmentText.Read(nearly).Report.Verdict, "just within the bound");
        var long1 = new LogSegmentText(unflushedMax: 500).Insert(1, new string('x', 5000));
        Assert.AreEqual(LogVerdict.Torn, LogSegmentText.Read(long1.Bytes[..^1]).Report.Verdict, "the start of a long line is flushed before its end");
    }

    [TestMethod]
    public void What_a_successor_does_not_count_is_ignored_and_reported()
    {
        LogSegmentText segment = LogSegmentText.Sample();
        byte[] bytes = segment.Bytes;
        int length = bytes.Length - segment.Lines[^1].Bytes.Length - segment.Lines[^2].Bytes.Length;
        var counted = new LogPredecessor(LogSegmentText.Salt, segment.NextLsn - 3, length);
        bytes[^5] ^= 1;

        (LogSegmentReport report, List<string> records) = LogSegmentText.Read(bytes, new LogReaderOptions { Counted = counted });
        Assert.AreEqual((LogVerdict.Clean, (long)bytes.Length - length, segment.Lines.Count - 2), (report.Verdict, report.IgnoredBytes, records.Count));
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(bytes, new LogReaderOptions { Counted = counted with { LastLsn = counted.LastLsn + 1 } }).Report.Verdict);
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(bytes, new LogReaderOptions { Counted = counted with { Length = length - 1 } }).Report.Verdict);

        byte[] whole = segment.Sealed();
        report = LogSegmentText.Read(whole, new LogReaderOptions { Counted = new LogPredecessor(LogSegmentText.Salt, segment.NextLsn - 1, segment.Bytes.Length) }).Report;
        Assert.AreEqual((LogVerdict.Clean, 0L), (report.Verdict, report.IgnoredBytes), "a seal is not ignored");
        Assert.AreEqual(new LogSeal(segment.NextLsn - 1, segment.Bytes.Length), report.Seal);
    }

    [TestMethod]
    public void A_seal_of_other_content_is_damage()
    {
        LogSegmentText segment = LogSegmentText.Sample();
        byte[] bytes = segment.Bytes;
        LogVerdict Verdict(LogSeal seal) => LogSegmentText.Read([.. bytes, .. seal.ToBytes(LogSegmentText.Salt)]).Report.Verdict;

        Assert.AreEqual(LogVerdict.Clean, Verdict(new LogSeal(segment.NextLsn - 1, bytes.Length)));
        Assert.AreEqual(LogVerdict.Damaged, Verdict(new LogSeal(segment.NextLsn, bytes.Length)));
        Assert.AreEqual(LogVerdict.Damaged, Verdict(new LogSeal(segment.NextLsn - 1, bytes.Length + 1)));
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(bytes, new LogReaderOptions { Counted = new LogPredecessor(LogSegmentText.Salt, segment.NextLsn - 1, bytes.Length + 1) }).Report.Verdict);
        Assert.IsLessThanOrEqualTo(LogSeal.LengthMax, new LogSeal(long.MaxValue, long.MaxValue).ToBytes(uint.MaxValue).Length);
    }

    [TestMethod]
    [DataRow(2L, 6L, 1, 0, true)]
    [DataRow(2L, 7L, 1, 0, false)]   // another transaction's number
    [DataRow(2L, 6L, 1, 1, false)]   // another time
    [DataRow(2L, 6L, 2, 0, false)]   // reaches before the segment
    [DataRow(3L, 6L, 1, 0, false)]   // not the next LSN
    public void Lines_with_right_checksums_that_do_not_belong_together_are_damage(long lsn, long transactionId, int lag, int seconds, bool isGood)
    {
        var segment = new LogSegmentText(firstLsn: 1);
        byte[] bytes = [.. new LogSegmentText(firstLsn: 101).Header.ToBytes(), .. Line(101, 1, 1, 6, 0), .. Line(100 + lsn, 2, lag + 1, transactionId, seconds)];
        LogSegmentReport report = LogSegmentText.Read(bytes).Report;

        Assert.AreEqual(isGood ? LogVerdict.Clean : LogVerdict.Damaged, report.Verdict);
        Assert.AreEqual(isGood ? 2 : 0, report.RecordCount);

        byte[] Line(long lineLsn, int part, int lineLag, long id, int later)
        {
            var encoder = new LogEncoder(LogSegmentText.Salt);
            encoder.BeginTransaction(segment.Time.AddSeconds(later), id, 2);
            byte[] line = new byte[LogEncoder.OverheadMax + 8];
            return line[..encoder.Encode(lineLsn, part, lineLag, "INSERT,t"u8, line)];
        }
    }

    [TestMethod]
    public void What_is_wrong_is_said_and_whether_it_proves_that_it_is_no_torn_end()
    {
        LogSegmentText segment = new LogSegmentText().Insert(2);
        byte[] whole = segment.Bytes, sealedBytes = segment.Sealed();
        var counted = new LogPredecessor(LogSegmentText.Salt, 2, whole.Length);
        byte[] Damaged(byte[] bytes, int at) => [.. bytes[..at], (byte)(bytes[at] ^ 1), .. bytes[(at + 1)..]];

        AssertIs(whole[..^segment.Lines[1].Bytes.Length], "the transaction is not whole", null);
        AssertIs(whole[..^1], "the file ends within a line", null);
        AssertIs([.. whole, .. new byte[5000], (byte)'\n'], "the line does not begin as a record does", null, new LogReaderOptions { BufferBytes = 1000 });
        AssertIs(Damaged(whole, whole.Length - 3), "the checksum of the line does not match", null);
        AssertIs([.. segment.Header.ToBytes(), .. Line("insert,t", 1)], "the line is not as a record is written", "Its checksum is right");
        AssertIs([.. segment.Header.ToBytes(), .. Line("INSERT,t", 7)], "the line has LSN 7", "Its checksum is right, so it was not written there");
        AssertIs([.. segment.Header.ToBytes(), .. Line("INSERT,t", 1)[..^10], (byte)'\n'], "the checksum of the line does not match", null);
        AssertIs(Damaged(sealedBytes, whole.Length - 3), "the checksum of the line does not match", "The segment is sealed, so that nothing of it can be torn");
        AssertIs([.. whole, .. new LogSeal(3, whole.Length).ToBytes(LogSegmentText.Salt)], "the seal is of other content", null);
        AssertIs(whole, "its seal is missing", null, new LogReaderOptions { IsSealed = true });
        AssertIs(whole, "the segment ends before what its successor counts of it", null, new LogReaderOptions { Counted = counted with { Length = whole.Length + 1 } });
        AssertIs(whole, "the segment ends before where it had been read", null, new LogReaderOptions { From = new LogPosition(whole.Length + 1, 9, 3) });
        AssertIs(whole, "the log had reached further", null, new LogReaderOptions { DurableLsn = 3 });
        AssertIs(segment.Header.ToBytes()[..^1], "the header is not whole", null);
        AssertIs("something else\n"u8.ToArray(), "the header is damaged", null);
        Assert.ThrowsExactly<InvalidOperationException>(() => new LogReader("x.log", new MemoryStream(whole)).Report);

        static void AssertIs(byte[] bytes, string reason, string? proof, LogReaderOptions? options = null)
        {
            LogSegmentReport report = LogSegmentText.Read(bytes, options).Report;
            Assert.AreEqual((reason, proof), (report.Fault?.Reason, report.Proof));
        }

        static byte[] Line(string body, long lsn)
        {
            var encoder = new LogEncoder(LogSegmentText.Salt);
            encoder.BeginTransaction(new DateTime(2026, 11, 21, 12, 0, 3, DateTimeKind.Utc), 6, 1);
            byte[] line = new byte[LogEncoder.OverheadMax + body.Length];
            return line[..encoder.Encode(lsn, 1, 1, Encoding.ASCII.GetBytes(body), line)];
        }
    }

    [TestMethod]
    public void A_file_that_changes_while_a_transaction_is_read_again_is_an_error_of_the_disk()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1).Insert(60_000, new string('x', 100)).Insert(1);   // more than is held
        byte[] bytes = segment.Bytes;
        var reader = new LogReader("/data/shop.log", new Trickle(bytes));
        Assert.IsTrue(reader.Read() && reader.Read());
        bytes.AsSpan(bytes.Length / 2, 1000).Fill((byte)'\n');

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            while (reader.Read())
            {
            }
        });
        StringAssert.Contains(error.Message + error.Detail, "its content changed meanwhile");
        StringAssert.Contains(error.Message + error.Detail, "/data/shop.log");
    }

    [TestMethod]
    public void Parts_of_which_one_is_lost_are_no_whole_transaction_behind_a_bad_line()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1).Insert(3).Insert(3);
        byte[] bytes = Flipped(segment, line: 0);
        int start = segment.Header.ToBytes().Length + segment.Lines.Take(2).Sum(l => l.Bytes.Length);
        int next = start + segment.Lines.Skip(2).Take(3).Sum(l => l.Bytes.Length);   // 1/3 of one transaction, then 2/3 and 3/3 of the other

        LogSegmentReport report = LogSegmentText.Read([.. bytes[..start], .. bytes[next..]]).Report;
        Assert.AreEqual((LogVerdict.Torn, 0L), (report.Verdict, report.TransactionsBehind));
        Assert.AreEqual(2, LogSegmentText.Read(bytes).Report.TransactionsBehind);
    }

    [TestMethod]
    public void A_segment_that_is_named_sealed_must_have_its_seal()
    {
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(LogSegmentText.Sample().Bytes, new LogReaderOptions { IsSealed = true }).Report.Verdict);
    }

    [TestMethod]
    public void Lines_behind_a_seal_are_none_of_the_segment()
    {
        LogSegmentText segment = LogSegmentText.Sample();
        byte[] bytes = segment.Sealed();
        LogSegmentReport report = LogSegmentText.Read([.. bytes, .. segment.Insert(1).Lines[^1].Bytes]).Report;

        Assert.AreNotEqual(LogVerdict.Clean, report.Verdict);
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read([.. bytes, .. new LogSeal(1, 1).ToBytes(LogSegmentText.Salt)]).Report.Verdict);
    }

    [TestMethod]
    public void Reading_goes_on_where_a_transaction_ended()
    {
        LogSegmentText segment = LogSegmentText.Sample();
        byte[] bytes = segment.Bytes;
        List<string> all = LogSegmentText.Read(bytes).Records;
        var reader = new LogReader("/data/shop.log", new MemoryStream(bytes));
        int read = 0;
        while (reader.Read())
        {
            Assert.AreEqual(++read, reader.LineNumber - 2);
            if (!reader.Line.IsLastPart)
            {
                continue;
            }
            (LogSegmentReport report, List<string> rest) = LogSegmentText.Read(bytes, new LogReaderOptions { From = reader.End });
            Assert.AreEqual(LogVerdict.Clean, report.Verdict);
            CollectionAssert.AreEqual(all[read..], rest);
        }
        Assert.AreEqual(all.Count, read);
    }

    [TestMethod]
    public void A_follower_reads_whole_transactions_of_a_file_that_grows()
    {
        byte[] bytes = LogSegmentText.Sample().Bytes;
        List<string> all = LogSegmentText.Read(bytes).Records, followed = [];
        LogPosition? from = null;
        for (int length = LogSegmentText.Sample().Header.ToBytes().Length; length <= bytes.Length; length += length + 37 > bytes.Length && length < bytes.Length ? bytes.Length - length : 37)
        {
            (LogSegmentReport report, List<string> records) = LogSegmentText.Read(bytes[..length], new LogReaderOptions { From = from });
            followed.AddRange(records);
            from = report.End;
        }
        CollectionAssert.AreEqual(all, followed);
        Assert.AreEqual(LogVerdict.Clean, LogSegmentText.Read(bytes, new LogReaderOptions { From = from }).Report.Verdict);
        Assert.AreEqual(LogVerdict.Damaged, LogSegmentText.Read(bytes[..^1], new LogReaderOptions { From = from }).Report.Verdict, "it was longer");
    }

    [TestMethod]
    public void A_transaction_longer_than_the_buffer_is_read_in_bounded_memory_whatever_the_stream_gives()
    {
        const int Count = 60_000;   // about 9 MB
        var segment = new LogSegmentText();
        segment.Insert(1).Insert(Count, new string('x', 80)).Insert(1);
        byte[] bytes = segment.Bytes;
        var reader = new LogReader("/data/shop.log", new Trickle(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread(), lsn = 0;
        while (reader.Read())
        {
            Assert.AreEqual(++lsn, reader.Line.Lsn);
            Assert.AreEqual(lsn + 2, reader.LineNumber);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.AreEqual(Count + 2, lsn);
        Assert.AreEqual(LogVerdict.Clean, reader.Report.Verdict);
        Assert.IsLessThan(1L << 24, allocated, "two buffers and what they grew from");
    }

    [TestMethod]
    public void Garbage_without_line_ends_takes_no_memory()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1);
        byte[] bytes = [.. segment.Bytes, .. new byte[50_000_000]];
        var reader = new LogReader("/data/shop.log", new MemoryStream(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (reader.Read())
        {
        }

        Assert.IsLessThan(1L << 20, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.AreEqual((LogVerdict.Damaged, 2L), (reader.Report.Verdict, reader.Report.End.Lsn));
    }

    [TestMethod]
    public void T17_a_value_of_100_MB_comes_back_without_many_copies()
    {
        const int Length = 100_000_000;
        byte[] value = new byte[Length];
        value.AsSpan().Fill((byte)'a');
        value[5] = (byte)'\n';
        value[^1] = (byte)'"';
        string path = Path.GetTempFileName();
        try
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            var batch = new LogBatch();
            batch.Begin(LogOperation.Insert, "t"u8);
            batch.Cell(value);
            batch.End();
            var segment = new LogSegmentText();
            using (FileStream file = File.Create(path))
            {
                file.Write(segment.Header.ToBytes());
                var encoder = new LogEncoder(LogSegmentText.Salt);
                encoder.BeginTransaction(segment.Time, 1, 1);
                byte[] prefix = new byte[LogEncoder.PrefixLengthMax], end = new byte[16];
                int prefixLength = encoder.EncodePrefix(1, 1, 1, prefix);
                int endLength = encoder.EncodeEnd(prefix.AsSpan(0, prefixLength), batch.Body(0), end);
                file.Write(prefix.AsSpan(0, prefixLength));
                file.Write(batch.Body(0));
                file.Write(end.AsSpan(0, endLength));
            }
            batch.Clear();
            long written = GC.GetAllocatedBytesForCurrentThread();
            using FileStream stream = File.OpenRead(path);
            var reader = new LogReader(path, stream);
            Assert.IsTrue(reader.Read());
            Assert.IsTrue(reader.Value(0).SequenceEqual(value));
            Assert.IsFalse(reader.Read());
            Assert.AreEqual(LogVerdict.Clean, reader.Report.Verdict);

            TestContext.WriteLine($"allocated: {(written - before) >> 20} MB to write, {(GC.GetAllocatedBytesForCurrentThread() - written) >> 20} MB to read");
            Assert.IsLessThan(2L * Length, written - before);
            Assert.IsLessThan(4L * Length, GC.GetAllocatedBytesForCurrentThread() - written);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void T13_lines_made_at_random_with_right_checksums_are_never_a_crash()
    {
        int seed = DatabaseFileRoundTripTests.Setting("PHANTOMDB_SEED", Environment.TickCount);
        int count = DatabaseFileRoundTripTests.Setting("PHANTOMDB_LOG_MUTATIONS", 20_000);
        TestContext.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[] header = new LogSegmentText().Header.ToBytes();
        byte[] letters = "01,/\"\\>nr:-TZ\0\rAINSERT# "u8.ToArray();
        for (int run = 0; run < count; run++)
        {
            List<byte> bytes = [.. header];
            int lsn = 1;
            for (int line = random.Next(1, 6); line > 0; line--)
            {
                List<byte> text = [.. Encoding.ASCII.GetBytes($"{lsn},2026-11-21T12:00:03.120451Z,1,1/1,{random.Next(1, lsn + 1)},INSERT,t,1,\"a,b\",\\n")];
                lsn++;
                for (int change = random.Next(4); change > 0; change--)
                {
                    text[random.Next(text.Count)] = letters[random.Next(letters.Length)];
                }
                PhantomDb.Durability.Checksum checksum = LogChecksum.Seed(LogSegmentText.Salt);
                checksum.Add(text.ToArray());
                bytes.AddRange(text);
                bytes.AddRange(Encoding.ASCII.GetBytes($",{PhantomDb.Durability.Checksum.Text(checksum.Value)}\n"));
            }
            (LogSegmentReport report, List<string> records) = LogSegmentText.Read([.. bytes]);
            Assert.AreEqual(records.Count, report.RecordCount, $"seed {seed}, run {run}");
            Assert.AreEqual(report.Verdict == LogVerdict.Clean, report.End.Offset == bytes.Count, $"seed {seed}, run {run}");
        }
    }

    private static byte[] Flipped(LogSegmentText segment, int line)
    {
        byte[] bytes = segment.Bytes;
        bytes[segment.Header.ToBytes().Length + segment.Lines.Take(line).Sum(l => l.Bytes.Length) + 60] ^= 1;
        return bytes;
    }

    /// <summary>A stream that gives some bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        private int _step;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + (7919 * ++_step % 50_000)));
    }
}
