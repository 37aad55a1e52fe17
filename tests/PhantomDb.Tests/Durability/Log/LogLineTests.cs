using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogLineTests
{
    private static readonly PhantomDb.Durability.Checksum Seed = LogChecksum.Seed(LogSegmentText.Salt);

    [TestMethod]
    public void A_line_tells_what_was_on_the_disk_and_whether_it_is_the_last_of_its_transaction()
    {
        LogSegmentText segment = new LogSegmentText(firstLsn: 1201).Insert(1).Flush().Insert(2);
        LogLine[] lines = [.. segment.Lines.Select(written => LogLine.TryParse(written.Bytes, out LogLine line) ? line : default)];

        CollectionAssert.AreEqual(new[] { (1201L, 1200L, true), (1202, 1201, false), (1203, 1201, true) }, lines.Select(line => (line.Lsn, line.DurableLsn, line.IsLastPart)).ToArray());
        Assert.AreEqual("INSERT,users,1201,", Encoding.ASCII.GetString(segment.Lines[0].Bytes)[lines[0].BodyStart..][..18]);
    }

    [TestMethod]
    public void A_line_is_whole_with_its_checksum_alone()
    {
        byte[] line = Line("Jane Smith");
        Assert.IsTrue(LogLine.IsWhole(line, Seed));
        for (int i = 0; i < line.Length; i++)
        {
            line[i] ^= 1;
            Assert.IsFalse(LogLine.IsWhole(line, Seed), $"byte {i}");
            line[i] ^= 1;
            Assert.IsFalse(LogLine.IsWhole(line.AsSpan(0, i), Seed), $"{i} bytes");
        }
        Assert.IsFalse(LogLine.IsWhole(line, LogChecksum.Seed(1)), "of another segment");
        string text = Encoding.ASCII.GetString(line);
        Assert.IsFalse(LogLine.IsWhole(Encoding.ASCII.GetBytes(text[..^8] + text[^8..].ToUpperInvariant()), Seed) && text[^8..].Any(char.IsAsciiLetter), "another spelling");
    }

    [TestMethod]
    public void A_checksum_and_nothing_before_it_is_no_line()
    {
        Assert.IsFalse(LogLine.IsWhole(Encoding.ASCII.GetBytes($",{PhantomDb.Durability.Checksum.Text(Seed.Value)}"), Seed));
        PhantomDb.Durability.Checksum one = Seed;
        one.Add("x"u8);
        Assert.IsTrue(LogLine.IsWhole(Encoding.ASCII.GetBytes($"x,{PhantomDb.Durability.Checksum.Text(one.Value)}"), Seed));
    }

    [TestMethod]
    [DataRow("first")]
    [DataRow("2026-11-21T12:00:03.120451Z")]
    [DataRow("7,2026-11-21T12:00:03.120451Z,")]
    [DataRow("17,2026-11-21T12:00:03.120451Z,1,1/1,1,INSERT,")]
    public void The_second_of_two_lines_is_found_where_the_line_feed_between_them_is_damaged(string value)
    {
        LogSegmentText segment = new LogSegmentText(firstLsn: 123_456).Insert(1, value).Insert(1, value);
        foreach (byte damaged in "\v*J7"u8)
        {
            byte[] both = [.. segment.Lines[0].Bytes.AsSpan()[..^1], damaged, .. segment.Lines[1].Bytes.AsSpan()[..^1]];

            Assert.IsTrue(LogLine.TryParseEnd(both, Seed, out LogLine line));
            Assert.AreEqual(123_457, line.Lsn);
        }
    }

    [TestMethod]
    public void A_line_is_found_at_its_own_start_and_with_the_longest_number()
    {
        foreach (long lsn in new[] { 1L, 9, 10, long.MaxValue - 10_000 })
        {
            byte[] line = [.. new LogSegmentText(firstLsn: lsn).Insert(1).Lines[0].Bytes.AsSpan()[..^1]];

            Assert.IsTrue(LogLine.TryParseEnd(line, Seed, out LogLine found));
            Assert.AreEqual(lsn, found.Lsn);
            foreach (string before in new[] { "x", "Z,", "Z,Z," })
            {
                Assert.IsTrue(LogLine.TryParseEnd([.. Encoding.ASCII.GetBytes(before), .. line], Seed, out found), before);
                Assert.AreEqual(lsn, found.Lsn);
            }
        }
    }

    [TestMethod]
    public void Where_no_line_ends_the_bytes_none_is_found()
    {
        byte[] line = Line("Jane Smith");
        Assert.IsFalse(LogLine.TryParseEnd([], Seed, out _));
        Assert.IsFalse(LogLine.TryParseEnd("Z,"u8, Seed, out _));
        Assert.IsFalse(LogLine.TryParseEnd([.. line, (byte)'x'], Seed, out LogLine found));
        Assert.AreEqual(default, found);
        Assert.IsFalse(LogLine.TryParseEnd(line.AsSpan(0, line.Length - 1), Seed, out _));
        Assert.IsFalse(LogLine.TryParseEnd(line, LogChecksum.Seed(1), out _));
        Assert.IsFalse(LogLine.TryParseEnd(line.AsSpan(1), Seed, out _), "its number is gone");
    }

    [TestMethod]
    public void Values_that_look_like_starts_of_lines_are_tried_a_bounded_number_of_times()
    {
        static byte[] Behind(int count) =>
            [.. Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("7,2026-11-21T12:00:03.120451Z,1,1/1,1,", count))), .. "x"u8, .. Line("Jane Smith")];

        Assert.IsTrue(LogLine.TryParseEnd(Behind(63), Seed, out LogLine line));
        Assert.AreEqual(1, line.Lsn);
        Assert.IsFalse(LogLine.TryParseEnd(Behind(64), Seed, out _));
    }

    private static byte[] Line(string value) => [.. new LogSegmentText().Insert(1, value).Lines[0].Bytes.AsSpan()[..^1]];
}
