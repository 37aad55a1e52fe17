using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogReadAheadTests
{
    private const int BatchRecordCount = 2048;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(6000, 60)]
    [DataRow(100, 30)]
    public void What_is_read_ahead_is_what_the_reader_gives_wherever_the_segment_is_damaged(int transactionCount, int rounds)
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        byte[] whole = Sample(random, transactionCount).Bytes;
        for (int i = 0; i < rounds; i++)
        {
            byte[] bytes = [.. whole];
            if (i % 3 == 1)
            {
                bytes[random.Next(bytes.Length / 2, bytes.Length)] ^= 1;
            }
            else if (i % 3 == 2)
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }
            var reader = new LogReader("shop.log", new MemoryStream(bytes));
            List<string> expected = Read(reader, int.MaxValue);
            var other = new LogReader("shop.log", new MemoryStream(bytes));
            using var ahead = new LogReadAhead(other);
            Assert.AreEqual(other.Header, ahead.Header);
            CollectionAssert.AreEqual(expected, Read(ahead, int.MaxValue), $"seed {Seed}, round {i}");
            Assert.AreEqual(reader.Report.ToString(), ahead.Report.ToString(), $"seed {Seed}, round {i}");
            Assert.IsFalse(ahead.Read(), "the end stays the end");
        }
    }

    [TestMethod]
    public void An_error_of_the_disk_comes_behind_the_records_before_it()
    {
        LogSegmentText segment = new();
        for (int i = 0; i < 20_000; i++)
        {
            segment.Insert(1);
        }
        byte[] bytes = segment.Bytes;
        var stream = new FailingStream(bytes, failsAt: bytes.Length / 2);
        List<string> expected = [];
        var reader = new LogReader("shop.log", stream);
        Assert.ThrowsExactly<IOException>(() => Read(reader, int.MaxValue, expected));
        List<string> records = [];
        using var ahead = new LogReadAhead(new LogReader("shop.log", stream));

        Assert.ThrowsExactly<IOException>(() => Read(ahead, int.MaxValue, records));
        Assert.IsGreaterThan(1000, records.Count);
        CollectionAssert.AreEqual(expected, records);
    }

    [TestMethod]
    public void It_can_be_left_at_any_record()
    {
        var random = new Random(1);
        byte[] bytes = Sample(random, 6000).Bytes;
        for (int i = 0; i < 50; i++)
        {
            var stream = new MemoryStream(bytes);
            using (var ahead = new LogReadAhead(new LogReader("shop.log", stream)))
            {
                Read(ahead, random.Next(5000));
            }
            stream.Dispose();   // nobody reads it any more
        }
    }

    [TestMethod]
    public void Eight_batches_are_read_ahead_and_another_one_for_each_that_was_taken()
    {
        LogSegmentText segment = new();
        for (int i = 0; i < 12; i++)
        {
            segment.Insert(BatchRecordCount, "");
        }
        segment.Insert(3);
        var stream = new WatchedStream(segment.Bytes);
        var reader = new LogReader("shop.log", stream);
        using var ahead = new LogReadAhead(reader);
        AssertReadsAheadTo(8 * BatchRecordCount, reader, stream);
        for (int lsn = 1; lsn <= 5 * BatchRecordCount; lsn++)
        {
            Assert.IsTrue(ahead.Read());
            Assert.AreEqual(lsn, ahead.Line.Lsn);
            if (lsn % BatchRecordCount == 1 && lsn < 4 * BatchRecordCount)
            {
                AssertReadsAheadTo(lsn - 1 + (9 * BatchRecordCount), reader, stream);
            }
        }
        Assert.HasCount((7 * BatchRecordCount) + 3, Read(ahead, int.MaxValue));
    }

    [TestMethod]
    public void Of_long_records_so_many_bytes_are_read_ahead_and_one_that_is_longer_waits_alone()
    {
        const int Length = 1 << 20;   // four of them are as much as waits
        LogSegmentText segment = new();
        for (int i = 0; i < 7; i++)
        {
            segment.Insert(1, new string('a', Length - "INSERT,users,1,,".Length));
        }
        segment.Insert(1, new string('b', 6 * Length)).Insert(1, new string('c', Length));
        var stream = new WatchedStream(segment.Bytes);
        var reader = new LogReader("shop.log", stream, new LogReaderOptions());
        using var ahead = new LogReadAhead(reader);
        foreach ((int taken, int expected) in new[] { (0, 4), (1, 5), (2, 6), (3, 7), (4, 8), (5, 8), (6, 8), (7, 8) })
        {
            Assert.IsTrue(taken == 0 || ahead.Read());
            AssertReadsAheadTo(expected, reader, stream);
        }
        Assert.HasCount(2, Read(ahead, int.MaxValue));
    }

    [TestMethod]
    public void What_is_read_is_there_at_once_and_whoever_waits_for_it_is_woken()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1, new string('a', 1 << 18)).Insert(1, new string('b', 1 << 18)).Insert(1).Insert(1);
        var stream = new WatchedStream(segment.Bytes) { Limit = segment.Header.ToBytes().Length };
        var reader = new LogReader("shop.log", stream);
        var ahead = new LogReadAhead(reader);
        bool isThere = false;
        var taker = new Thread(() => isThere = ahead.Read());
        taker.Start();
        Assert.IsTrue(SpinWait.SpinUntil(() => taker.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
        stream.Limit = (int)(stream.Length - 1);   // the end is not read yet
        Assert.IsTrue(taker.Join(Patience));
        Assert.IsTrue(isThere);
        Assert.AreEqual(1, ahead.Line.Lsn);
        stream.Limit = int.MaxValue;
        Assert.HasCount(3, Read(ahead, int.MaxValue));
        ahead.Dispose();
    }

    [TestMethod]
    public void Its_thread_has_a_name_and_keeps_no_process_alive()
    {
        var stream = new WatchedStream(LogSegmentText.Sample().Bytes);
        using var ahead = new LogReadAhead(new LogReader("shop.log", stream));
        Assert.IsTrue(ahead.Read());
        Assert.AreEqual((true, "PhantomDB log reader"), (stream.IsReaderInBackground, stream.Reader!.Name));
    }

    [TestMethod]
    public void When_it_is_disposed_of_nobody_reads_the_stream_any_more()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1, new string('a', 1 << 18)).Insert(1);
        var stream = new WatchedStream(segment.Bytes) { Limit = segment.Header.ToBytes().Length };
        var ahead = new LogReadAhead(new LogReader("shop.log", stream));
        Assert.IsTrue(SpinWait.SpinUntil(() => stream.IsHeld, Patience));
        bool wasHeld = false;
        var disposing = new Thread(() =>
        {
            ahead.Dispose();
            wasHeld = stream.IsHeld;
        });
        disposing.Start();
        Assert.IsTrue(SpinWait.SpinUntil(() => disposing.ThreadState.HasFlag(ThreadState.WaitSleepJoin) || !disposing.IsAlive, Patience));
        bool isWaiting = disposing.IsAlive;
        stream.Limit = int.MaxValue;
        Assert.IsTrue(disposing.Join(Patience));
        Assert.IsTrue(isWaiting);
        Assert.IsFalse(wasHeld);
        Assert.IsFalse(stream.Reader!.IsAlive);
    }

    [TestMethod]
    public void It_can_be_left_while_it_waits_for_room_and_at_its_end()
    {
        LogSegmentText segment = new();
        for (int i = 0; i < 5; i++)
        {
            segment.Insert(1, new string('a', 1 << 20));
        }
        var stream = new WatchedStream(segment.Bytes);
        var reader = new LogReader("shop.log", stream);
        var ahead = new LogReadAhead(reader);
        AssertReadsAheadTo(4, reader, stream);
        ahead.Dispose();
        Assert.IsFalse(stream.Reader!.IsAlive);
        Assert.HasCount(4, Read(ahead, int.MaxValue));   // no more are read

        ahead = new LogReadAhead(new LogReader("shop.log", stream));
        Assert.HasCount(5, Read(ahead, int.MaxValue));
        ahead.Dispose();
        Assert.IsFalse(ahead.Read());
    }

    // There the thread waits for room.
    private static void AssertReadsAheadTo(long lsn, LogReader reader, WatchedStream stream)
    {
        Assert.IsTrue(SpinWait.SpinUntil(() => reader.Line.Lsn >= lsn && stream.Reader!.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience), $"it does not wait at {lsn}");
        Assert.AreEqual(lsn, reader.Line.Lsn);
    }

    // Short records, transactions of several, values that are escaped, and some lines longer than what is read at once.
    private static LogSegmentText Sample(Random random, int transactionCount)
    {
        string[] texts = ["Jane Smith", "", ">", "two\nlines, \"quoted\"", "C:\\new\r", "ä€😀"];
        LogSegmentText segment = new();
        for (int i = 0; i < transactionCount; i++)
        {
            bool isLong = i % 1500 == 700;
            segment.Insert(isLong ? 3 : 1 + random.Next(3), isLong ? new string('x', 400_000) + ",\n" : texts[random.Next(texts.Length)]);
            if (random.Next(4) == 0)
            {
                segment.Flush();
            }
        }
        return segment;
    }

    private static List<string> Read(LogRecordCursor cursor, int countMax, List<string>? records = null)
    {
        records ??= [];
        while (records.Count < countMax && cursor.Read())
        {
            var text = new StringBuilder($"{cursor.Line}|{cursor.Offset}|{cursor.LineNumber}|{cursor.End}|{Encoding.UTF8.GetString(cursor.OperationName)}|{Encoding.UTF8.GetString(cursor.Table)}");
            for (int i = 0; i < cursor.Count; i++)
            {
                text.Append('|').Append(cursor.IsNull(i) ? "NULL" : cursor.IsMark(i) ? ">>" : Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(cursor.Value(i))));
            }
            records.Add(text.ToString());
        }
        return records;
    }

    // Knows by whom it is read, and gives no byte behind a limit until that is moved.
    private sealed class WatchedStream(byte[] bytes) : MemoryStream(bytes)
    {
        private readonly Lock _gate = new();
        private readonly Thread _maker = Thread.CurrentThread;
        private int _limit = int.MaxValue;
        private volatile bool _isHeld;

        public Thread? Reader { get; private set; }

        public bool IsReaderInBackground { get; private set; }

        public bool IsHeld => _isHeld;

        public int Limit
        {
            get
            {
                lock (_gate)
                {
                    return _limit;
                }
            }
            set
            {
                lock (_gate)
                {
                    _limit = value;
                }
            }
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (Thread.CurrentThread != _maker)
            {
                Reader = Thread.CurrentThread;
                IsReaderInBackground = Reader.IsBackground;
                _isHeld = Position >= Limit;
                var wait = default(SpinWait);
                while (Position >= Limit)
                {
                    wait.SpinOnce(sleep1Threshold: -1);   // not as a thread that waits for room
                }
                _isHeld = false;
                count = (int)Math.Min(count, Limit - Position);
            }
            return base.Read(buffer, offset, count);
        }
    }

    private sealed class FailingStream(byte[] bytes, int failsAt) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            Position < failsAt && Position + count > failsAt ? throw new IOException("the disk is gone") : base.Read(buffer, offset, count);
    }
}
