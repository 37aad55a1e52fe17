using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogHistoryTests
{
    private const int RowLength = 200;

    private static readonly TransactionLogOptions Small = new() { IdleSyncMs = 3_600_000, SegmentBytes = 1 << 20 };

    [TestMethod]
    public void Records_of_any_range_are_those_that_a_reading_of_all_finds_there()
    {
        var random = new Random(5);
        var clock = new StepClock();
        using var test = new LogUnderTest(Small with { SegmentBytes = 200_000, IndexCacheBytes = 0 }, clock: clock);
        while (test.Log.LastLsn < 9000)
        {
            int count = random.Next(30) == 0 ? random.Next(1, 1500) : random.Next(1, 5);
            test.Commit(new string('x', random.Next(random.Next(50) == 0 ? 40_000 : 200)), count > 100 ? 300 : count);
        }
        List<LogEntry> all = [.. test.Log.Read(LogRange.All)];
        Assert.AreEqual(test.Log.LastLsn, all[^1].Lsn);
        Assert.IsGreaterThan(5, test.Log.Segments.Count);
        for (int i = 0; i < 300; i++)
        {
            LogEntry from = all[random.Next(all.Count)], to = all[random.Next(all.Count)];
            LogRange range = (random.Next(3)) switch
            {
                0 => LogRange.All with { FirstLsn = from.Lsn, LastLsn = from.Lsn + random.Next(100) },
                1 => LogRange.All with { FirstTime = from.Time.AddTicks(random.Next(-1, 2)), LastTime = from.Time.AddSeconds(random.Next(20)) },
                _ => LogRange.All with { FirstLsn = from.Lsn, FirstTime = to.Time, LastLsn = Math.Max(from.Lsn, to.Lsn) + 3 },
            };
            long[] expected = [.. all.Where(e => e.Lsn >= range.FirstLsn && e.Lsn <= range.LastLsn && e.Time >= range.FirstTime && e.Time <= range.LastTime).Select(e => e.Lsn)];
            CollectionAssert.AreEqual(expected, test.Log.Read(range).Select(e => e.Lsn).ToArray(), $"{i}: {range}");
        }
        Assert.IsEmpty(test.Log.Read(LogRange.All with { FirstTime = all[^1].Time.AddTicks(10) }));
        Assert.IsEmpty(test.Log.Read(LogRange.All with { LastTime = all[0].Time.AddTicks(-10) }));
        Assert.IsEmpty(test.Log.Read(LogRange.All with { FirstLsn = 10, LastLsn = 9 }));
    }

    [TestMethod]
    public void A8_a_range_is_read_from_the_segments_and_places_that_have_it()
    {
        var clock = new StepClock();
        using var test = new LogUnderTest(Small with { IndexCacheBytes = 0 }, clock: clock);
        for (int i = 0; i < 20_000; i++)
        {
            test.Commit(new string('x', RowLength));
        }
        long total = test.Log.Segments.Sum(s => s.Length);
        Assert.IsGreaterThan(5 << 20, total);
        LogEntry middle = test.Log.ReadAt(12_345)!;

        Assert.IsLessThan(120_000, Read(LogRange.All with { FirstLsn = 12_345, LastLsn = 12_345 }, 1));
        Assert.IsLessThan(200_000, Read(LogRange.All with { FirstLsn = 19_999 }, 2));
        Assert.IsLessThan(450_000, Read(LogRange.All with { FirstTime = middle.Time, LastTime = middle.Time }, 1), "by time");
        Assert.IsLessThan(450_000, Read(LogRange.All with { FirstTime = clock.GetUtcNow().UtcDateTime.AddDays(1) }, 0), "behind the end");
        Assert.IsLessThan(300_000, Read(LogRange.All with { LastLsn = 3 }, 3));
        Assert.IsGreaterThan(total - 1, Read(LogRange.All, 20_000));

        long Read(LogRange range, int count)
        {
            test.Disk.BytesRead = 0;
            Assert.AreEqual(count, test.Log.Read(range).Count());
            return test.Disk.BytesRead;
        }
    }

    [TestMethod]
    public void An_entry_tells_where_its_line_stands()
    {
        using var test = new LogUnderTest(Small with { SegmentBytes = 4096 });
        for (int i = 0; i < 100; i++)
        {
            test.Commit($"row {i}");
        }
        foreach (LogEntry entry in test.Log.Read(LogRange.All))
        {
            ReadOnlySpan<byte> line = test.Disk.Bytes(entry.FileName).AsSpan((int)entry.Offset);
            Assert.IsTrue(LogLine.TryParse(line, out LogLine parsed));
            Assert.AreEqual(entry.Lsn, parsed.Lsn);
        }
    }

    [TestMethod]
    public void A_damaged_place_is_not_passed_over_in_search_of_another()
    {
        using var test = new LogUnderTest(Small with { IndexCacheBytes = 0 });
        for (int i = 0; i < 8000; i++)
        {
            test.Commit(new string('x', RowLength));
        }
        LogEntry bad = test.Log.ReadAt(2000)!;
        test.Disk.Damage(bad.FileName, bad.Offset + 100);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => test.Log.ReadAt(2000));
        Assert.AreEqual(SqlStates.DataCorrupted, error.SqlState);
        StringAssert.Contains(error.Where, $"line {2002}");
        Assert.AreEqual(4000, test.Log.ReadAt(4000)!.Lsn, "what is whole can be read");
    }

    private sealed class StepClock : TimeProvider
    {
        private DateTimeOffset _now = new(LogUnderTest.Noon);

        public override DateTimeOffset GetUtcNow() => _now = _now.AddSeconds(1);
    }
}
