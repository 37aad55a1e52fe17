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
    public void A_wrong_byte_at_any_end_of_the_two_lines_comes_back_as_it_was()
    {
        LogSegmentText segment = Segment(lineCount: 0);
        byte[] whole = segment.Bytes;
        int end = Array.IndexOf(whole, (byte)'\n');
        foreach (int at in new[] { 0, 1, 30, end - 1, end, end + 1, whole.Length - 2, whole.Length - 1 })
        {
            byte[] bytes = [.. whole];
            bytes[at] ^= 0x80;
            Assert.AreEqual(segment.Header, Restore(bytes), $"byte {at}");
        }
    }

    [TestMethod]
    public void Less_than_the_two_lines_and_those_of_a_later_version_are_none_though_a_byte_would_make_them_whole()
    {
        byte[] whole = Segment(lineCount: 0).Bytes;
        byte[] later = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(whole).Replace("Version: 1", "Version: 2 | New: x", StringComparison.Ordinal).Replace("LSN,TIME", "LSN;TIME", StringComparison.Ordinal));
        int end = Array.IndexOf(whole, (byte)'\n');

        Assert.IsNull(Restore(later));
        Assert.IsNull(Restore(whole[..^1]));
        Assert.IsNull(Restore(whole[..(end + 1)]));
        Assert.IsNull(Restore([.. "\n"u8, .. whole.AsSpan(end + 1)]), "a line without any byte");
    }

    [TestMethod]
    public void Where_the_second_line_is_gone_too_all_that_stands_before_the_lines_is_searched_and_nothing_in_them()
    {
        var segment = new LogSegmentText(firstLsn: 1201);
        segment.Insert(1, "x | Timeline: 5 | Segment: 8 | y").Insert(1);
        byte[] bytes = Without(Without(segment.Bytes, "LSN,TIME,TX,PART"), "Header: ");

        Assert.AreEqual(segment.Header, Restore(bytes));
        Assert.AreEqual(segment.Header, Restore(Without(segment.Bytes, "Timeline: 1"), new LogManifest("shop", segment.Header.Id, 1, [])), "the header ends where the second line does");
    }

    [TestMethod]
    public void The_salt_of_most_lines_counts_and_one_line_alone_proves_none()
    {
        LogSegmentText segment = Segment(lineCount: 2), foreign = new(salt: 5, firstLsn: 1201);
        foreign.Write(Batch());
        int header = segment.Header.ToBytes().Length;
        byte[] blank = [.. Enumerable.Repeat((byte)'\n', header)];

        LogHeader restored = Restore([.. blank, .. foreign.Lines[0].Bytes, .. segment.Lines[0].Bytes, .. segment.Lines[1].Bytes])!;
        Assert.AreEqual(LogChecksum.Seed(LogSegmentText.Salt).Value, LogChecksum.Seed(restored.Salt).Value);
        Assert.IsNotNull(Restore([.. blank, .. segment.Lines[0].Bytes, .. segment.Lines[1].Bytes]));
        Assert.IsNull(Restore([.. blank, .. segment.Lines[0].Bytes]));
    }

    [TestMethod]
    public void The_first_LSN_is_that_of_the_line_behind_the_header_and_else_what_the_header_says()
    {
        LogSegmentText segment = Segment(lineCount: 3);
        LogHeader? Restored(byte[] bytes) => new DamagedLogHeader("/data/shop.log", () => [], () => null).TryRestore(new MemoryStream(bytes));
        byte[] other = Without(segment.Bytes, "Header: "), first = Without(segment.Bytes, "Header: ");
        "1190"u8.CopyTo(other.AsSpan(other.AsSpan().IndexOf("FirstLSN: "u8) + "FirstLSN: ".Length));
        first[segment.Header.ToBytes().Length] = (byte)'x';   // its first line is damaged too

        Assert.AreEqual(segment.Header, Restored(other));
        Assert.AreEqual(segment.Header, Restored(first));
    }

    [TestMethod]
    public void A_header_that_would_not_fit_into_its_place_is_none()
    {
        LogSegmentText segment = new();
        segment.Write(Batch()).Write(Batch());
        byte[] lines = [.. segment.Lines.SelectMany(line => line.Bytes)], columns = Encoding.ASCII.GetBytes($"\n{LogHeader.ColumnsLine}\n");
        byte[] Blank(int length) => [.. Enumerable.Repeat((byte)'\n', length)];
        int whole = (segment.Header with { Segment = 1, IsBehindFile = true }).ToBytes().Length - columns.Length;   // all that is known, of a first segment
        LogHeader? Restored(byte[] bytes) => new DamagedLogHeader("/data/shop.log", () => [], () => new LogManifest("shop", segment.Header.Id, 1, [])).TryRestore(new MemoryStream(bytes));

        Assert.IsNotNull(Restored([.. Encoding.ASCII.GetBytes(new string('x', whole)), .. columns, .. lines]));
        Assert.IsNull(Restored([.. Encoding.ASCII.GetBytes(new string('x', whole + 5)), .. columns, .. lines]), "the lines would not stay where they are");
        Assert.IsNull(Restored([.. Blank(20), .. lines]), "it would be written over the lines");
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

    [TestMethod]
    [DataRow("Database: shop")]
    [DataRow("Version: 1")]
    [DataRow("Id: 6f1c0000000000000000000000000001")]
    [DataRow("Timeline: 1")]
    [DataRow("Segment: 7")]
    [DataRow("FirstLSN: 1201")]
    [DataRow("Salt: 9c41f0aa")]
    [DataRow("Unflushed: 16777216")]
    [DataRow("Previous: 7e11ab02")]
    [DataRow("PreviousLSN: 1200")]
    [DataRow("PreviousLength: 4711")]
    [DataRow("LSN,TIME,TX,PART")]
    public void Whatever_part_is_gone_comes_back_from_the_lines_the_name_the_manifest_and_the_segments_beside_it(string part)
    {
        LogSegmentText segment = Segment(lineCount: 2);
        byte[] bytes = Without(segment.Bytes, part);
        LogManifest manifest = new("shop", segment.Header.Id, 1, []);
        LogHeader before = segment.Header with { Segment = 6, FirstLsn = 1, Salt = 0x7e11ab02, Predecessor = null };
        LogHeader behind = segment.Header with { Segment = 8, FirstLsn = 1203, Salt = 77, Predecessor = new LogPredecessor(LogSegmentText.Salt, 1202, bytes.Length) };

        LogHeader? restored = new DamagedLogHeader(Sealed, () => [(behind, null), (before with { FirstLsn = 7, Segment = 5, Salt = 5 }, null), (before, new LogSeal(1200, 4711))], () => manifest)
            .TryRestore(new MemoryStream(bytes));

        Assert.AreEqual(segment.Header, restored);
    }

    [TestMethod]
    [DataRow("Header: ")]
    [DataRow("Database: shop")]
    [DataRow("PreviousLSN: 1200")]
    [DataRow("FirstLSN: 1201")]
    [DataRow("Unflushed: 16777216")]
    public void Where_nothing_stands_beside_it_what_can_be_read_counts(string part)
    {
        LogSegmentText segment = Segment(lineCount: 2);

        Assert.AreEqual(segment.Header, Restore(Without(segment.Bytes, part)));
    }

    [TestMethod]
    public void What_a_first_segment_has_before_it_is_nothing_only_where_that_can_be_read()
    {
        LogSegmentText segment = new();
        segment.Write(Batch()).Write(Batch());
        LogHeader Restored(string part) => new DamagedLogHeader("/data/shop.log", () => [], () => null).TryRestore(new MemoryStream(Without(segment.Bytes, part)))!;

        Assert.AreEqual(segment.Header, Restored("Header: "));
        Assert.AreEqual(segment.Header with { IsBehindFile = true }, Restored("Previous: none"));
    }

    [TestMethod]
    [DataRow(1200L, 1200L)]
    [DataRow(1201L, 1201L)]
    [DataRow(5000L, 1201L)]
    public void Where_all_is_gone_the_manifest_says_the_first_LSN_of_the_segment_that_is_written_unless_it_is_of_a_later_one(long said, long firstLsn)
    {
        LogSegmentText segment = Segment(lineCount: 3);
        byte[] bytes = segment.Bytes;
        bytes.AsSpan(0, segment.Header.ToBytes().Length - 1).Fill((byte)'x');
        LogManifest manifest = new("shop", segment.Header.Id, 4, [new(LogManifest.Pin, "shop.log", 3, 0, 0, default), new(LogManifest.Open, "shop.log", said, 1, 1, default)]);

        LogHeader restored = new DamagedLogHeader("/data/shop.log", () => [], () => manifest).TryRestore(new MemoryStream(bytes))!;

        Assert.AreEqual((firstLsn, 4, segment.Header.Id, "shop"), (restored.FirstLsn, restored.Timeline, restored.Id, restored.DatabaseName));
    }

    // Overwritten, as long as it was.
    private static byte[] Without(byte[] bytes, string part)
    {
        int start = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(part));
        bytes.AsSpan(start, part is "Header: " ? part.Length + 8 : part.Length).Fill((byte)'x');
        return bytes;
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
