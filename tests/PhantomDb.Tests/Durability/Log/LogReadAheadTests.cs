using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogReadAheadTests
{
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

    private sealed class FailingStream(byte[] bytes, int failsAt) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            Position < failsAt && Position + count > failsAt ? throw new IOException("the disk is gone") : base.Read(buffer, offset, count);
    }
}
