using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>Places in a segment that are found by halving, against those that follow from its lines.</summary>
[TestClass]
public sealed class LogSearchTests
{
    private const long FirstLsn = 1201;

    private static readonly LogSegmentText Segment = Sample();
    private static readonly byte[] Bytes = Segment.Bytes;
    private static readonly LogPosition[] Starts = StartsOf(Segment);   // by record, of its transaction; behind them the end

    [TestMethod]
    public void Every_record_leads_to_the_start_of_its_transaction_and_what_is_behind_all_to_the_end()
    {
        for (int i = 0; i < Starts.Length; i++)
        {
            Assert.AreEqual(Starts[i], Find(Bytes, FirstLsn + i), $"LSN {FirstLsn + i}");
        }
        Assert.AreEqual(Starts[0], Find(Bytes, 1));
        Assert.AreEqual(Starts[^1], Find(Bytes, long.MaxValue));
    }

    [TestMethod]
    public void A_time_leads_to_the_first_transaction_that_is_not_before_it()
    {
        for (int i = 0; i < Segment.Lines.Count; i += 7)
        {
            Assert.IsTrue(LogLine.TryParse(Segment.Lines[i].Bytes, out LogLine line));
            Assert.AreEqual(Starts[i], Find(LogRange.All with { FirstTime = line.Time }), $"LSN {line.Lsn}");
            Assert.AreEqual(Starts[i + line.PartCount - line.Part + 1], Find(LogRange.All with { FirstTime = line.Time.AddTicks(1) }), $"behind LSN {line.Lsn}");
        }
    }

    [TestMethod]
    public void A_place_is_found_between_two_others()
    {
        var search = new LogSearch(new MemoryStream(Bytes), LogSegmentText.Salt, Bytes.Length);
        for (int i = 0; i + 400 < Starts.Length; i += 97)
        {
            (LogPosition low, LogPosition place, LogPosition high) = (Starts[i], Starts[i + 200], Starts[i + 400]);
            if (place == high)
            {
                continue;   // all of one transaction
            }

            Assert.AreEqual(place, search.Find(FirstLsn, low.Offset, high.Offset, LogRange.All with { FirstLsn = place.Lsn }));
            Assert.AreEqual(place, search.Find(FirstLsn, place.Offset, high.Offset, LogRange.All with { FirstLsn = place.Lsn }), "it may be the first of them");
        }
    }

    [TestMethod]
    public void Little_is_read_of_much()
    {
        foreach (int i in new[] { 0, 1, 500, Starts.Length / 2, Starts.Length - 2, Starts.Length - 1 })
        {
            var stream = new CountedStream(Bytes);
            Assert.AreEqual(Starts[i], LogSearch.Find(stream, Segment.Header, Bytes.Length, FirstLsn + i));
            Assert.IsLessThan(Bytes.Length / 10, stream.BytesRead);
        }
    }

    [TestMethod]
    public void Where_a_line_is_damaged_the_place_is_the_right_one_or_none()
    {
        var random = new Random(5);
        int found = 0;
        for (int run = 0; run < 400; run++)
        {
            byte[] bytes = [.. Bytes];
            for (int damage = 1 << random.Next(10); damage > 0; damage--)
            {
                bytes[random.Next(Segment.Header.ToBytes().Length, bytes.Length)] ^= (byte)(1 << random.Next(8));
            }
            int i = random.Next(Starts.Length);
            LogPosition? place = Find(bytes, FirstLsn + i);
            Assert.IsTrue(place is null || place == Starts[i], $"run {run}");
            found += place is null ? 0 : 1;
        }
        Assert.IsTrue(found is > 100 and < 400, $"{found}");
    }

    [TestMethod]
    public void A_segment_without_whole_lines_has_no_place()
    {
        int header = Segment.Header.ToBytes().Length;
        Assert.IsNull(Find(Bytes[..header], FirstLsn));
        Assert.IsNull(Find(Bytes[..(header - 1)], FirstLsn));
        Assert.IsNull(Find(Bytes[..(header + 1)], FirstLsn));
        Assert.IsNull(Find(Bytes[..(header + Segment.Lines[0].Bytes.Length - 1)], FirstLsn), "its line feed is missing");
        Assert.AreEqual(Starts[0], Find(Bytes[..(header + Segment.Lines[0].Bytes.Length)], FirstLsn));
    }

    [TestMethod]
    public void A_transaction_whose_first_lines_are_elsewhere_has_no_place()
    {
        LogSegmentText segment = new LogSegmentText(firstLsn: FirstLsn).Insert(1).Insert(3).Insert(1);
        int header = segment.Header.ToBytes().Length, first = segment.Lines[0].Bytes.Length, second = segment.Lines[1].Bytes.Length;
        byte[] whole = segment.Bytes;
        byte[] bytes = [.. whole[..(header + first)], .. whole[(header + first + second)..]];

        Assert.IsNull(LogSearch.Find(new MemoryStream(bytes), segment.Header, bytes.Length, FirstLsn + 1));
        Assert.IsNull(LogSearch.Find(new MemoryStream(bytes), segment.Header, bytes.Length, FirstLsn + 2));
        Assert.AreEqual(FirstLsn + 1, LogSearch.Find(new MemoryStream(whole), segment.Header, whole.Length, FirstLsn + 2)?.Lsn);
    }

    // Transactions of one record and of many, short lines and such as are longer than what is read at once.
    private static LogSegmentText Sample()
    {
        var random = new Random(7);
        var segment = new LogSegmentText(firstLsn: FirstLsn);
        while (segment.Lines.Count < 6000)
        {
            segment.Insert(random.Next(40) == 0 ? random.Next(1, 700) : random.Next(1, 4), new string('x', random.Next(100) == 0 ? random.Next(60_000) : random.Next(200)));
        }
        return segment;
    }

    private static LogPosition[] StartsOf(LogSegmentText segment)
    {
        List<LogPosition> starts = [];
        long offset = segment.Header.ToBytes().Length;
        foreach (WrittenLine line in segment.Lines)
        {
            starts.Add(line.Part == 1 ? new LogPosition(offset, 3 + starts.Count, line.Lsn) : starts[^1]);
            offset += line.Bytes.Length;
        }
        starts.Add(new LogPosition(offset, 3 + starts.Count, segment.NextLsn));
        return [.. starts];
    }

    private static LogPosition? Find(byte[] bytes, long lsn) => LogSearch.Find(new MemoryStream(bytes), Segment.Header, bytes.Length, lsn);

    private static LogPosition? Find(LogRange range) =>
        new LogSearch(new MemoryStream(Bytes), LogSegmentText.Salt, Bytes.Length).Find(FirstLsn, Segment.Header.ToBytes().Length, Bytes.Length, range);

    private sealed class CountedStream(byte[] bytes) : MemoryStream(bytes)
    {
        public long BytesRead { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            int count = base.Read(buffer);
            BytesRead += count;
            return count;
        }
    }
}
