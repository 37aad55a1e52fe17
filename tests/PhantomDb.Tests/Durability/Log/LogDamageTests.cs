using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>
/// Every truncation, flipped bit, lost, repeated or moved line of small segments, held against a model that knows the lines that
/// were written and nothing of checksums: what is read, where reading stops, and the verdict must be the model's, exactly.
/// </summary>
[TestClass]
public sealed class LogDamageTests
{
    private static readonly LogSegmentText Sample = LogSegmentText.Sample();
    private static readonly byte[] Original = Sample.Bytes;
    private static readonly int HeaderLength = Sample.Header.ToBytes().Length;
    private static readonly List<string> Records = LogSegmentText.Read(Original).Records;

    // The lines by their text, and by it their place.
    private static readonly Dictionary<string, int> Places = Sample.Lines.Select((line, i) => (line.Text, i)).ToDictionary(l => l.Text, l => l.i);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void The_sample_is_clean()
    {
        (LogSegmentReport report, List<string> records) = LogSegmentText.Read(Original);

        Assert.AreEqual(LogVerdict.Clean, report.Verdict);
        Assert.AreEqual(new LogPosition(Original.Length, 3 + Sample.Lines.Count, Sample.NextLsn), report.End);
        Assert.HasCount(Sample.Lines.Count, records);
        Assert.AreEqual("1205|2/3|INSERT|users|1205|>|NULL", records[4]);
        Assert.AreEqual("1208|1/1|INSERT|users|1208|C:\\new\r|NULL", records[7]);
    }

    [TestMethod]
    public void T3_F7_every_truncation_ends_at_the_last_whole_transaction()
    {
        for (int length = HeaderLength; length < Original.Length; length++)
        {
            AssertAsModel(Original[..length], $"cut to {length} bytes");
        }
    }

    [TestMethod]
    public void T3_no_truncation_of_a_sealed_segment_is_clean()
    {
        byte[] bytes = Sample.Sealed();
        Assert.AreEqual(LogVerdict.Clean, LogSegmentText.Read(bytes, new LogReaderOptions { IsSealed = true }).Report.Verdict);
        for (int length = 0; length < bytes.Length; length++)
        {
            AssertDamaged(bytes[..length], new LogReaderOptions { IsSealed = true }, $"cut to {length} bytes");
        }
    }

    [TestMethod]
    public void T3_no_truncation_below_what_is_known_to_have_been_there_is_good()
    {
        long floor = Sample.NextLsn - 1;
        var counted = new LogPredecessor(Sample.Header.Salt, floor, Original.Length);
        Assert.AreEqual(LogVerdict.Clean, LogSegmentText.Read(Original, new LogReaderOptions { DurableLsn = floor }).Report.Verdict);
        Assert.AreEqual(LogVerdict.Clean, LogSegmentText.Read(Original, new LogReaderOptions { Counted = counted }).Report.Verdict);
        for (int length = HeaderLength; length < Original.Length; length++)
        {
            AssertDamaged(Original[..length], new LogReaderOptions { DurableLsn = floor }, $"cut to {length} bytes");
            AssertDamaged(Original[..length], new LogReaderOptions { Counted = counted }, $"cut to {length} bytes");
        }
    }

    [TestMethod]
    public void T4_K2_every_flipped_bit_has_the_verdict_of_the_lag_rule()
    {
        byte[] bytes = [.. Original];
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertAsModel(bytes, $"bit {bit}");
            bytes[bit / 8] = Original[bit / 8];
        }
    }

    [TestMethod]
    public void T4_every_byte_set_to_another_has_the_verdict_of_the_lag_rule()
    {
        byte[] bytes = [.. Original];
        for (int i = 0; i < bytes.Length; i++)
        {
            foreach (byte value in new byte[] { 0, 0xFF, (byte)'\n', (byte)'\r', (byte)'"', (byte)',', (byte)' ', (byte)'0' })
            {
                bytes[i] = value;
                AssertAsModel(bytes, $"byte {i} is {value}");
            }
            bytes[i] = Original[i];
        }
    }

    [TestMethod]
    public void T4_every_byte_lost_or_put_in_has_the_verdict_of_the_lag_rule()
    {
        for (int i = 0; i < Original.Length; i++)
        {
            AssertAsModel([.. Original[..i], .. Original[(i + 1)..]], $"byte {i} lost");
            AssertAsModel([.. Original[..i], (byte)'0', .. Original[i..]], $"byte put in at {i}");
            AssertAsModel([.. Original[..i], (byte)'\n', .. Original[i..]], $"line feed put in at {i}");
        }
    }

    [TestMethod]
    public void T4_every_flipped_bit_of_a_sealed_segment_is_damage()
    {
        byte[] sealedBytes = Sample.Sealed(), bytes = [.. sealedBytes];
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertDamaged(bytes, new LogReaderOptions { IsSealed = true }, $"bit {bit}");
            if (bit / 8 < Original.Length)
            {
                AssertDamaged(bytes, null, $"bit {bit}, the seal alone tells");
            }
            bytes[bit / 8] = sealedBytes[bit / 8];
        }
    }

    [TestMethod]
    public void T4_blocks_zeroed_swapped_or_from_another_segment_have_the_verdict_of_the_lag_rule()
    {
        byte[] other = LogSegmentText.Sample(salt: 0x12345678, firstLsn: 1101).Bytes;
        foreach (int size in new[] { 8, 16, 64, 128, 512 })
        {
            for (int at = 0; at + size <= Original.Length; at += size)
            {
                AssertAsModel([.. Original[..at], .. new byte[size], .. Original[(at + size)..]], $"{size} bytes zeroed at {at}");
                bool hasWholeHeader = at == 0 && size > HeaderLength;   // then it is the other segment, as far as it can tell
                if (at + size <= other.Length && !hasWholeHeader)
                {
                    AssertAsModel([.. Original[..at], .. other[at..(at + size)], .. Original[(at + size)..]], $"{size} stale bytes at {at}");
                }
                AssertAsModel([.. Original[..at], .. new byte[Original.Length - at]], $"zeros from {at}");
                for (int with = at + size; with + size <= Original.Length; with += size)
                {
                    byte[] bytes = [.. Original];
                    Original.AsSpan(at, size).CopyTo(bytes.AsSpan(with));
                    Original.AsSpan(with, size).CopyTo(bytes.AsSpan(at));
                    AssertAsModel(bytes, $"{size} bytes at {at} and {with} swapped");
                }
            }
        }
    }

    [TestMethod]
    public void T5_lines_lost_repeated_swapped_or_foreign_have_the_verdict_of_the_lag_rule()
    {
        byte[][] lines = [.. Sample.Lines.Select(l => l.Bytes)];
        byte[][] foreign = [.. LogSegmentText.Sample(salt: 0x12345678).Lines.Select(l => l.Bytes)];
        for (int i = 0; i < lines.Length; i++)
        {
            AssertAsModel(With([.. lines[..i], .. lines[(i + 1)..]]), $"line {i} lost");
            AssertAsModel(With([.. lines[..i], foreign[i], .. lines[(i + 1)..]]), $"line {i} of another segment");
            AssertAsModel(With([.. lines[..i], foreign[i], .. lines[i..]]), $"line {i} of another segment put in");
            for (int k = 0; k <= lines.Length; k++)
            {
                AssertAsModel(With([.. lines[..k], lines[i], .. lines[k..]]), $"line {i} repeated at {k}");
                if (k < i)
                {
                    AssertAsModel(With([.. lines[..k], .. lines[i..]]), $"lines {k} to {i} lost");
                    byte[][] swapped = [.. lines];
                    (swapped[i], swapped[k]) = (swapped[k], swapped[i]);
                    AssertAsModel(With(swapped), $"lines {i} and {k} swapped");
                }
            }
        }
        AssertDamaged([.. Sample.Header.ToBytes(), .. Sample.Header.ToBytes(), .. Original[HeaderLength..]], null, "the header twice");
    }

    [TestMethod]
    public void T4_and_T13_several_changes_at_once_have_the_verdict_of_the_lag_rule()
    {
        int seed = DatabaseFileRoundTripTests.Setting("PHANTOMDB_SEED", Environment.TickCount);
        int count = DatabaseFileRoundTripTests.Setting("PHANTOMDB_LOG_MUTATIONS", 20_000);
        TestContext.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int run = 0; run < count; run++)
        {
            List<byte> bytes = [.. Original];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                Mutate(bytes, random);
            }
            AssertAsModel([.. bytes], $"seed {seed}, run {run}");
        }
    }

    private static void Mutate(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1), length = Math.Min(random.Next(1, 300), bytes.Count - at);
        switch (random.Next(7))
        {
            case 0 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes.RemoveRange(at, length);
                break;
            case 2:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 3:
                bytes.InsertRange(at, ",\"\n\0>\\"u8.Slice(random.Next(6), 1).ToArray());
                break;
            case 4:
                bytes.InsertRange(at, Sample.Lines[random.Next(Sample.Lines.Count)].Bytes);
                break;
            case 5:
                bytes.InsertRange(bytes.Count, Sample.Lines[random.Next(Sample.Lines.Count)].Bytes);
                break;
            default:
                bytes.RemoveRange(Math.Min(bytes.Count, HeaderLength + at), Math.Max(0, bytes.Count - HeaderLength - at));
                break;
        }
    }

    private static byte[] With(byte[][] lines) => [.. Sample.Header.ToBytes(), .. lines.SelectMany(l => l)];

    private static void AssertDamaged(byte[] bytes, LogReaderOptions? options, string what)
    {
        (LogSegmentReport report, List<string> records) = LogSegmentText.Read(bytes, options);
        Assert.AreEqual(LogVerdict.Damaged, report.Verdict, what);
        CollectionAssert.AreEqual(Records[..records.Count], records, what);
        PhantomDbException error = report.ToError();
        Assert.AreEqual("XX001", error.SqlState);
        StringAssert.StartsWith(error.Where, "/data/shop.log, line ");
    }

    private static void AssertAsModel(byte[] bytes, string what)
    {
        if (LogHeader.TryParse(bytes, out _) is { IsOfKnownVersion: false })
        {
            return;   // blocks in wrong places can make a later version of it: then nothing is read
        }
        (LogSegmentReport report, List<string> records) = LogSegmentText.Read(bytes);
        if (!bytes.AsSpan().StartsWith(Original.AsSpan(0, HeaderLength)))
        {
            Assert.IsEmpty(records, what);
            Assert.AreEqual(LooksBegun(bytes) ? LogVerdict.Torn : LogVerdict.Damaged, report.Verdict, what);
            return;
        }
        Model model = Model.Of(bytes);
        CollectionAssert.AreEqual(Records[..model.Good], records, what);
        Assert.AreEqual(model.Verdict, report.Verdict, what);
        Assert.AreEqual(model.EndOffset, report.End.Offset, what);
        Assert.AreEqual(Sample.Header.FirstLsn + model.Good, report.End.Lsn, what);
        Assert.AreEqual(model.Behind, report.TransactionsBehind, what);
        Assert.AreEqual(model.Verdict == LogVerdict.Clean, report.Fault is null, what);
        if (report.Fault is not null)
        {
            Assert.AreEqual(model.BadOffset, report.Fault.Offset, what);
            Assert.AreEqual(model.ExpectedLsn, report.Fault.ExpectedLsn, what);
            Assert.AreEqual(1 + bytes.AsSpan(0, (int)report.Fault.Offset).Count((byte)'\n'), report.Fault.Line, what);
        }
    }

    // A whole start of the header and nothing more, but for zeros.
    private static bool LooksBegun(byte[] bytes)
    {
        ReadOnlySpan<byte> start = bytes.AsSpan().TrimEnd((byte)0);
        return bytes.Length <= LogHeader.LengthMax && LogHeader.IsStart(start);
    }

    /// <summary>What must be read of changed bytes: by lines that are one of those written, or not.</summary>
    private sealed record Model(int Good, LogVerdict Verdict, long EndOffset, long BadOffset, long ExpectedLsn, int Behind)
    {
        public static Model Of(byte[] bytes)
        {
            string text = Encoding.Latin1.GetString(bytes)[HeaderLength..], withoutReserve = text.TrimEnd('\n');
            string[] lines = text[..Math.Min(text.Length, withoutReserve.Length == 0 ? 0 : withoutReserve.Length + 1)].Split('\n');   // the last is what has no line feed
            List<int> places = [.. lines[..^1].Select(l => Places.GetValueOrDefault(l + "\n", -1))];
            int same = 0;
            while (same < places.Count && places[same] == same)
            {
                same++;
            }
            int good = same;
            while (good > 0 && Sample.Lines[good - 1].Part != Sample.Lines[good - 1].PartCount)
            {
                good--;
            }
            long end = HeaderLength + Sample.Lines.Take(good).Sum(l => (long)l.Bytes.Length);
            long bad = HeaderLength + Sample.Lines.Take(same).Sum(l => (long)l.Bytes.Length);
            long expected = Sample.Header.FirstLsn + same;
            if (same == places.Count && lines[^1].Length == 0)
            {
                return new Model(good, good == same ? LogVerdict.Clean : LogVerdict.Torn, end, bad, expected, 0);
            }
            bool isMoved = same < places.Count && places[same] >= 0;
            // A line that has lost the line feed before it is as good as evidence as it was.
            List<WrittenLine?> behind = [.. places.Zip(lines).Skip(same).Select(p => p.First >= 0 ? Sample.Lines[p.First]
                : Sample.Lines.Find(l => (p.Second + "\n").EndsWith(l.Text, StringComparison.Ordinal)))];
            bool isProved = behind.Any(l => l is not null && l.DurableLsn >= expected) || isMoved;
            int whole = 0;
            for (int i = 0; i < behind.Count; i++)
            {
                if (behind[i] is { } last && last.Part == last.PartCount && last.Lsn >= expected
                    && Enumerable.Range(0, last.Part).All(k => i - k >= 0 && behind[i - k]?.Lsn == last.Lsn - k))
                {
                    whole++;
                }
            }
            return new Model(good, isProved ? LogVerdict.Damaged : whole > 0 ? LogVerdict.Doubtful : LogVerdict.Torn, end, bad, expected, whole);
        }
    }
}
