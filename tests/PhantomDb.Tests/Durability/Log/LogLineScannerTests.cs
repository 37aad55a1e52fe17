using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogLineScannerTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(64)]
    [DataRow(4096)]
    [DataRow(0)]
    public void Lines_come_one_by_one_with_their_places_whatever_the_buffer_and_the_stream_give(int bufferBytes)
    {
        var random = new Random(3);
        byte[] bytes = Lines(random, 300);
        var scanner = new LogLineScanner(new Trickle(bytes, random), bytes.Length, bufferBytes);
        int offset = 0;
        for (int number = 1; offset < bytes.Length; number++)
        {
            int length = bytes.AsSpan(offset).IndexOf((byte)'\n');
            Assert.AreEqual(LogLineKind.Ended, scanner.Next());
            AssertAt(scanner, bytes, offset, length, number);
            offset += length + 1;
            Assert.AreEqual(offset, scanner.NextOffset);
        }
        Assert.AreEqual(LogLineKind.None, scanner.Next());
        Assert.AreEqual(LogLineKind.None, scanner.Next(), "the end stays the end");
        Assert.AreEqual(bytes.Length, scanner.Offset);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(1000)]
    public void It_goes_on_at_any_line_that_it_is_told(int bufferBytes)
    {
        var random = new Random(4);
        byte[] bytes = Lines(random, 100);
        int[] starts = [0, .. Enumerable.Range(0, bytes.Length - 1).Where(i => bytes[i] == '\n').Select(i => i + 1)];
        var scanner = new LogLineScanner(new Trickle(bytes, random), bytes.Length, bufferBytes);
        for (int run = 0; run < 2000; run++)
        {
            int line = random.Next(starts.Length);
            scanner.MoveTo(starts[line], line + 1);
            if (random.Next(3) == 0)
            {
                scanner.Next();
                scanner.Hold();
                scanner.Next();
                scanner.MoveTo(starts[line], line + 1);
            }
            for (int count = random.Next(1, 4); count > 0 && line < starts.Length; count--, line++)
            {
                Assert.AreEqual(LogLineKind.Ended, scanner.Next());
                AssertAt(scanner, bytes, starts[line], bytes.AsSpan(starts[line]).IndexOf((byte)'\n'), line + 1);
            }
        }
    }

    [TestMethod]
    public void What_is_held_is_not_read_again_and_what_was_let_go_is()
    {
        byte[] bytes = Lines(new Random(5), 200);
        Assert.AreEqual(bytes.Length, BytesRead(isHeld: true));
        Assert.IsGreaterThan(bytes.Length + (bytes.Length / 2), BytesRead(isHeld: false));

        long BytesRead(bool isHeld)
        {
            var stream = new Trickle(bytes, null);
            var scanner = new LogLineScanner(stream, bytes.Length, 512);
            scanner.Next();
            scanner.Hold();
            if (!isHeld)
            {
                scanner.Release();
            }
            for (int pass = 0; pass < 2; pass++)
            {
                while (scanner.Next() != LogLineKind.None)
                {
                }
                scanner.MoveTo(0, 1);
                scanner.Next();
            }
            return stream.BytesRead;
        }
    }

    [TestMethod]
    public void Nothing_is_held_beyond_a_few_megabytes()
    {
        byte[] line = [.. new LogSegmentText().Insert(1, new string('x', 1000)).Lines[0].Bytes];
        byte[] bytes = [.. Enumerable.Repeat(line, 8000).SelectMany(l => l)];
        var scanner = new LogLineScanner(new MemoryStream(bytes), bytes.Length);
        scanner.Next();
        scanner.Hold();
        while (scanner.Next() != LogLineKind.None)
        {
            Assert.IsLessThanOrEqualTo(8 << 20, scanner.Buffer.Length);
        }
        scanner.MoveTo(0, 1);
        Assert.AreEqual(LogLineKind.Ended, scanner.Next());
        AssertAt(scanner, bytes, 0, line.Length - 1, 1);
    }

    [TestMethod]
    public void A_last_line_without_a_line_feed_is_cut_and_the_limit_is_an_end()
    {
        byte[] bytes = "1,a\n2,b\n3,c"u8.ToArray();
        foreach ((int limit, LogLineKind kind, string text) in new[] { (11, LogLineKind.Cut, "3,c"), (10, LogLineKind.Cut, "3,"), (8, LogLineKind.None, ""), (7, LogLineKind.Cut, "2,b"), (0, LogLineKind.None, "") })
        {
            var scanner = new LogLineScanner(new MemoryStream(bytes), limit);
            LogLineKind last;
            while ((last = scanner.Next()) == LogLineKind.Ended)
            {
            }
            Assert.AreEqual((kind, text, (long)limit), (last, Encoding.ASCII.GetString(scanner.Line), scanner.NextOffset), $"limit {limit}");
            Assert.IsTrue(scanner.IsReadable);
        }
    }

    [TestMethod]
    public void A_long_line_that_begins_as_no_record_does_is_passed_over_and_not_held()
    {
        byte[] good = new LogSegmentText().Insert(1).Lines[0].Bytes, garbage = [.. Enumerable.Repeat((byte)'x', 3_000_000)];
        byte[] bytes = [.. good, .. garbage, (byte)'\n', .. good, .. garbage];
        var scanner = new LogLineScanner(new MemoryStream(bytes), bytes.Length);

        Assert.AreEqual(LogLineKind.Ended, scanner.Next());
        Assert.AreEqual(LogLineKind.Unreadable, scanner.Next());
        Assert.AreEqual((false, 2L, (long)good.Length, (long)good.Length + garbage.Length + 1), (scanner.IsReadable, scanner.LineNumber, scanner.Offset, scanner.NextOffset));
        Assert.AreEqual(LogLineKind.Ended, scanner.Next());
        AssertAt(scanner, bytes, good.Length + garbage.Length + 1, good.Length - 1, 3);
        Assert.AreEqual(LogLineKind.Cut, scanner.Next());
        Assert.AreEqual((false, (long)bytes.Length), (scanner.IsReadable, scanner.NextOffset));
        Assert.AreEqual(LogLineKind.None, scanner.Next());
        Assert.IsLessThanOrEqualTo(1 << 18, scanner.Buffer.Length);
    }

    [TestMethod]
    public void A_line_longer_than_the_buffer_is_held_whole_and_its_room_given_back_behind_it()
    {
        LogSegmentText segment = new LogSegmentText().Insert(1).Insert(1, new string('y', 9_000_000)).Insert(1);
        for (int i = 0; i < 4000; i++)
        {
            segment.Insert(1);
        }
        byte[] bytes = [.. segment.Lines.SelectMany(line => line.Bytes)];
        var scanner = new LogLineScanner(new MemoryStream(bytes), bytes.Length);
        long offset = 0;
        foreach (WrittenLine line in segment.Lines)
        {
            Assert.AreEqual(LogLineKind.Ended, scanner.Next());
            Assert.IsTrue(scanner.Line.SequenceEqual(line.Bytes.AsSpan(0, line.Bytes.Length - 1)) && scanner.Offset == offset, $"LSN {line.Lsn}");
            offset += line.Bytes.Length;
        }
        Assert.AreEqual(LogLineKind.None, scanner.Next());
        Assert.IsLessThanOrEqualTo(1 << 18, scanner.Buffer.Length);
    }

    private static void AssertAt(LogLineScanner scanner, byte[] bytes, int offset, int length, int number)
    {
        Assert.IsTrue(scanner.IsReadable);
        Assert.AreEqual((offset, number), (scanner.Offset, scanner.LineNumber));
        Assert.IsTrue(scanner.Line.SequenceEqual(bytes.AsSpan(offset, length)), $"line {number}");
        Assert.IsTrue(scanner.Buffer.AsSpan(scanner.Start, length).SequenceEqual(scanner.Line));
    }

    // Short ones of anything, and long ones that begin as records do.
    private static byte[] Lines(Random random, int count)
    {
        List<byte> bytes = [];
        for (int i = 0; i < count; i++)
        {
            bytes.AddRange(random.Next(5) switch
            {
                0 => "\n"u8.ToArray(),
                1 => Encoding.ASCII.GetBytes(new string('a', random.Next(100)) + "\n"),
                _ => new LogSegmentText(firstLsn: i + 1).Insert(1, new string('b', random.Next(random.Next(10) == 0 ? 9000 : 300))).Lines[0].Bytes,
            });
        }
        return [.. bytes];
    }

    /// <summary>A stream that gives some bytes at a time, and counts them.</summary>
    private sealed class Trickle(byte[] bytes, Random? random) : MemoryStream(bytes)
    {
        public long BytesRead { get; private set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = base.Read(buffer, offset, random is null ? count : random.Next(1, count + 1));
            BytesRead += read;
            return read;
        }
    }
}
