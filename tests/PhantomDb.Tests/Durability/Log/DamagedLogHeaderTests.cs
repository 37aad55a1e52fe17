using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>What a damaged header was, by its own checksum and by those of the lines behind it.</summary>
[TestClass]
public sealed class DamagedLogHeaderTests
{
    private const string Sealed = "/data/shop_log_20261121_120003_1201.log";

    [TestMethod]
    public void A_header_with_one_wrong_bit_comes_back_as_it_was()
    {
        LogSegmentText segment = Segment(lineCount: 0);
        byte[] bytes = segment.Bytes;
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.AreEqual(segment.Header, Restore(bytes), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [TestMethod]
    public void Where_all_of_it_is_gone_the_lines_say_the_salt_and_the_name_the_first_LSN()
    {
        LogSegmentText segment = Segment(lineCount: 3);
        byte[] bytes = segment.Bytes;
        bytes.AsSpan(0, segment.Header.ToBytes().Length).Clear();
        LogManifest manifest = new("shop", segment.Header.Id, 1, []);

        LogHeader restored = Restore(bytes, manifest)!;

        // Two salts may sum lines alike.
        CollectionAssert.AreEqual(new[] { 1201L, 1L }, new[] { restored.FirstLsn, restored.Timeline });
        Assert.AreEqual((segment.Header.Id, LogChecksum.Seed(segment.Header.Salt).Value), (restored.Id, LogChecksum.Seed(restored.Salt).Value));
        Assert.IsFalse(restored.IsFromNothing);
    }

    [TestMethod]
    [DataRow(170)]
    [DataRow(200)]
    public void The_segment_behind_it_says_which_of_the_salts_it_was(int cleared)
    {
        LogSegmentText segment = Segment(lineCount: 1);
        byte[] bytes = segment.Bytes;
        bytes.AsSpan(0, cleared).Clear();
        var successor = new LogHeader("shop", segment.Header.Id, 1, 8, 1202, 77, 1 << 24, new LogPredecessor(LogSegmentText.Salt, 1201, bytes.Length));

        LogHeader restored = Restore(bytes, null, successor)!;

        Assert.AreEqual((LogSegmentText.Salt, 7L, 1201L, segment.Header.Id), (restored.Salt, restored.Segment, restored.FirstLsn, restored.Id));
    }

    [TestMethod]
    public void What_proves_nothing_gives_none()
    {
        byte[] one = Segment(lineCount: 1).Bytes;
        one.AsSpan(0, Segment(0).Bytes.Length).Clear();
        byte[] later = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Segment(1).Bytes).Replace("Version: 1", "Version: 2", StringComparison.Ordinal));

        Assert.IsNull(Restore(new byte[5000]), "zeros");
        Assert.IsNull(Restore([]), "nothing");
        Assert.IsNull(Restore(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("1,2026-11-21T12:00:03.123456Z,4701,1/1,1,INSERT,users,1,a,0badc0de\n", 1)))), "a line without a second");
        Assert.IsNull(Restore(one), "one line, and nobody who knows its salt");
        Assert.AreNotEqual("2", Restore(later)?.Version);
    }

    [TestMethod]
    public void However_a_header_is_damaged_what_is_had_again_sums_the_lines_as_they_are()
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        LogSegmentText segment = Segment(lineCount: 4);
        int length = segment.Header.ToBytes().Length, count = 0;
        for (int run = 0; run < 400; run++)
        {
            byte[] bytes = segment.Bytes;
            for (int change = random.Next(1, 40); change > 0; change--)
            {
                bytes[random.Next(length)] = (byte)random.Next(256);
            }
            bytes = random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            if (LogHeader.TryParse(bytes, out _) is null && Restore(bytes) is { } restored)
            {
                count++;
                Assert.AreEqual((1201L, LogChecksum.Seed(LogSegmentText.Salt).Value), (restored.FirstLsn, LogChecksum.Seed(restored.Salt).Value), $"seed {Seed}, run {run}");
                Assert.IsLessThanOrEqualTo(bytes.Length, restored.ToBytes().Length);
            }
        }
        Assert.IsGreaterThan(200, count);
    }

    [TestMethod]
    public void A_salt_is_found_by_any_line_of_its_segment()
    {
        foreach (uint salt in new uint[] { 0, 1, 0x9c41f0aa, uint.MaxValue })
        {
            var segment = new LogSegmentText(salt);
            segment.Write(Batch());
            CollectionAssert.Contains(LogSalt.Leading(LogSalt.StateBefore(segment.Lines[0].Bytes.AsSpan()[..^1])!.Value).ToArray(), salt);
        }
    }

    private static LogSegmentText Segment(int lineCount)
    {
        var segment = new LogSegmentText(firstLsn: 1201);
        for (int i = 0; i < lineCount; i++)
        {
            segment.Write(Batch());
        }
        return segment;
    }

    private static LogBatch Batch()
    {
        var batch = new LogBatch();
        batch.Begin(LogOperation.Insert, "users"u8);
        batch.Cell("a"u8);
        batch.End();
        return batch;
    }

    private static LogHeader? Restore(byte[] bytes, LogManifest? manifest = null, params LogHeader[] others) =>
        new DamagedLogHeader(Sealed, () => [.. others.Select(header => (header, (LogSeal?)null))], () => manifest).TryRestore(new MemoryStream(bytes));
}
