using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class TransactionLogTests
{
    private static readonly TransactionLogOptions Quiet = new() { IdleSyncMs = 3_600_000 };
    private static readonly TransactionLogOptions Relaxed = Quiet with { SyncPolicy = LogSyncPolicy.Interval, SyncIntervalMs = 30, WriteDelayMs = 2 };

    [TestMethod]
    public void P14_commits_are_acknowledged_when_they_are_flushed_and_published_in_the_order_of_their_LSNs()
    {
        using var test = new LogUnderTest();
        List<(long Lsn, long Flushed)> seen = [];
        test.RunCommitters(8, 100, (c, i) => test.Commit(LogUnderTest.Insert($"c{c}-{i}", 1 + (i % 3)), new FlushWatch(test, seen)));
        CollectionAssert.AreEqual(seen.Select(s => s.Lsn).Order().ToList(), seen.Select(s => s.Lsn).ToList());
        Assert.HasCount(800, seen);
        string text = Encoding.UTF8.GetString(test.Disk.Bytes("shop.log"));
        foreach ((long lsn, long flushed) in seen)
        {
            int end = text.IndexOf('\n', text.IndexOf($"\n{lsn},", StringComparison.Ordinal) + 1);
            Assert.IsGreaterThan(end, flushed, $"LSN {lsn} was published before it was flushed");
        }
        Assert.AreEqual(test.Log.LastLsn, test.Log.DurableLsn);
        List<string> records = test.Recover(isFlushedOnly: true);
        for (int c = 0; c < 8; c++)
        {
            string[] own = [.. records.Where(r => r.Contains($"|c{c}-", StringComparison.Ordinal)).Select(r => r.Split('|')[2]).Distinct()];
            CollectionAssert.AreEqual(Enumerable.Range(0, 100).Select(i => $"c{c}-{i}").ToArray(), own);
        }
    }

    [TestMethod]
    public void P10_K3_committers_share_flushes_and_ten_thousand_commits_open_one_handle()
    {
        using var test = new LogUnderTest();
        test.RunCommitters(1, 10_000, (_, i) => test.Commit("x"));
        Assert.AreEqual(1, test.Disk.Count("create") - test.Disk.Names.Count(n => n.EndsWith("manifest", StringComparison.Ordinal)));
        test.Disk.FlushMs = 2;
        int before = test.Disk.Count("flush");
        test.RunCommitters(32, 20, (_, i) => test.Commit("x"));
        Assert.IsLessThan(640 / 4, test.Disk.Count("flush") - before);
        Assert.HasCount(10_640, test.Recover());
    }

    [TestMethod]
    public void L4_K1_rotation_keeps_segments_within_their_size_and_transactions_whole()
    {
        using var test = new LogUnderTest(Quiet with { SegmentBytes = 4096 });
        TableDefinition table = Table("users");
        for (int i = 0; i < 200; i++)
        {
            test.Commit($"row {i}", 1 + (i % 4), table);
        }
        test.Commit(new string('x', 10_000), 1, table);
        test.Commit("behind", 1, table);
        List<string> records = test.Recover();
        Assert.HasCount((50 * (1 + 2 + 3 + 4)) + 2, records.Where(r => r.Contains("INSERT", StringComparison.Ordinal)).ToList());
        IReadOnlyList<LogSegmentFile> segments = test.Log.Segments;
        Assert.IsGreaterThan(5, segments.Count);
        Assert.AreEqual(1, segments.Count(s => test.Disk.Bytes(s.FileName).Length > 4096), "the one large transaction");
        Assert.AreEqual("shop.log", segments[^1].FileName);
        foreach (LogSegmentFile segment in segments.SkipLast(1))
        {
            byte[] bytes = test.Disk.Bytes(segment.FileName);
            (LogSegmentReport report, List<string> own) = LogSegmentText.Read(bytes, new LogReaderOptions { IsSealed = true });
            Assert.AreEqual(LogVerdict.Clean, report.Verdict);
            StringAssert.Contains(own[0], "TABLE|users", "a segment can be read alone");
            Assert.AreEqual(segment.FirstLsn, LogSegmentName.TryParse(segment.FileName)!.FirstLsn);
            Assert.AreEqual((segment.LastLsn, segment.Length), (report.End.Lsn - 1, report.End.Offset));
        }
        Assert.AreEqual(segments.Count, records.Count(r => r.Contains("|TABLE|", StringComparison.Ordinal)), "once in each");
    }

    [TestMethod]
    public void A1_entries_are_read_at_and_after_any_LSN_over_all_segments()
    {
        using var test = new LogUnderTest(Quiet with { SegmentBytes = 1 << 18, IndexCacheBytes = 1 << 10 });
        for (int i = 1; i <= 60; i++)
        {
            test.Commit($"row {i}", 200);
        }
        Assert.IsGreaterThan(2, test.Log.Segments.Count);
        Assert.AreEqual(12_000, test.Log.ReadAfter(0).Count());
        foreach (long lsn in (long[])[1, 200, 201, 5_000, 11_999, 12_000])
        {
            LogEntry entry = test.Log.ReadAt(lsn)!;
            Assert.AreEqual((lsn, $"row {((lsn - 1) / 200) + 1}", "users"), (entry.Lsn, entry.After![0], entry.Table));
            Assert.AreEqual(12_000 - lsn, test.Log.ReadAfter(lsn).LongCount());
        }
        Assert.IsNull(test.Log.ReadAt(12_001));
    }

    [TestMethod]
    public void P6_custom_entries_stand_in_the_same_order_and_names_of_ours_are_refused()
    {
        using var test = new LogUnderTest();
        test.Commit("before");
        long lsn = test.Log.Append("MAINTENANCE", [new("user", "admin"), new("action", "a, \"b\"")]);
        LogEntry entry = test.Log.ReadAt(lsn)!;
        Assert.AreEqual((2L, "MAINTENANCE", null), (lsn, entry.Operation, entry.Table));
        CollectionAssert.AreEqual(new[] { "user=admin", "action=a, \"b\"" }, entry.Others!.ToArray());
        Assert.AreEqual("42939", Assert.ThrowsExactly<PhantomDbException>(() => test.Log.Append("INSERT", [])).SqlState);
        Assert.AreEqual("42939", Assert.ThrowsExactly<PhantomDbException>(() => test.Log.Append("PHANTOMDB_X", [])).SqlState);
        Assert.AreEqual("42602", Assert.ThrowsExactly<PhantomDbException>(() => test.Log.Append("two words", [])).SqlState);
        Assert.AreEqual("42602", Assert.ThrowsExactly<PhantomDbException>(() => test.Log.Append("X", [new("a=b", "")])).SqlState);
        Assert.AreEqual(2, test.Log.LastLsn);
    }

    [TestMethod]
    public void L2_L3_F2_interval_publishes_at_once_writes_soon_and_flushes_within_the_interval()
    {
        using var test = new LogUnderTest(Relaxed);
        LogBatch batch = LogUnderTest.Insert("a");
        long lsn = test.Log.Enqueue(batch, 1, test.NewSink());
        CollectionAssert.AreEqual(new[] { lsn }, test.Published);
        test.Log.WaitUntilPublished(batch);
        WaitFor(() => test.Log.DurableLsn == lsn);
        for (int i = 0; i < 5000; i++)
        {
            test.Commit($"row {i}");
        }
        Assert.AreEqual(5001, test.Log.ReadAfter(0).Count(), "what is published can be read");
        WaitFor(() => test.Log.DurableLsn == 5001);
        Assert.HasCount(5001, test.Recover(isFlushedOnly: true));
    }

    [TestMethod]
    public void None_flushes_before_too_much_is_unflushed_and_when_it_is_told_to()
    {
        using var test = new LogUnderTest(Quiet with { SyncPolicy = LogSyncPolicy.None, WriteDelayMs = 2, UnflushedBytesMax = 4096 });
        for (int i = 0; i < 500; i++)
        {
            test.Commit($"row {i}");
        }
        test.Log.ReadAfter(0).Count();
        Assert.IsLessThan(4096, test.Disk.Bytes("shop.log").Length - test.Disk.FlushedLength("shop.log"));
        test.Log.Sync();
        Assert.AreEqual(500, test.Log.DurableLsn);
        Assert.HasCount(500, test.Recover(isFlushedOnly: true));
    }

    [TestMethod]
    public void L8_an_idle_log_is_vouched_for_by_one_SYNC_record_and_then_sleeps()
    {
        using var test = new LogUnderTest(Quiet with { IdleSyncMs = 20 });
        test.Commit("a");
        WaitFor(() => test.Log.LastLsn == 2 && test.Log.DurableLsn == 2 && test.Disk.Names.Contains("shop.manifest"));   // the housework of the new segment is done too
        int flushes = test.Disk.Count("flush");
        Thread.Sleep(150);
        Assert.AreEqual((2L, flushes), (test.Log.LastLsn, test.Disk.Count("flush")));
        StringAssert.Contains(test.Recover(isFlushedOnly: true)[1], "SYNC");
        Assert.AreEqual(3, test.Commit("b"));
    }

    [TestMethod]
    public void L9_closing_drains_the_queue_and_leaves_a_sealed_segment_that_ends_with_CLOSE()
    {
        using var test = new LogUnderTest(Relaxed with { SyncIntervalMs = 60_000, WriteDelayMs = 60_000 });
        for (int i = 0; i < 100; i++)
        {
            test.Commit($"row {i}");
        }
        test.Log.Close();
        byte[] bytes = test.Disk.Bytes("shop.log", isFlushedOnly: true);
        (LogSegmentReport report, List<string> records) = LogSegmentText.Read(bytes, new LogReaderOptions { IsSealed = true });
        Assert.AreEqual(LogVerdict.Clean, report.Verdict);
        Assert.HasCount(101, records);
        StringAssert.Contains(records[^1], "CLOSE");
        Assert.AreEqual("57P01", Assert.ThrowsExactly<PhantomDbException>(() => test.Commit("late")).SqlState);
        Assert.AreEqual(101, LogManifest.TryParse(test.Disk.Bytes("shop.manifest"))!.ReachedLsn);
        test.Log.Close();
    }

    [TestMethod]
    public void A_log_that_was_only_opened_leaves_no_file()
    {
        using var test = new LogUnderTest(Quiet with { IdleSyncMs = 5 });
        Thread.Sleep(50);
        test.Log.Close();
        Assert.IsEmpty(test.Disk.Names);
    }

    [TestMethod]
    public void A_log_goes_on_in_a_new_segment_and_the_old_one_gets_a_name_of_its_own()
    {
        var disk = new LogDisk();
        LogSegmentFile old;
        using (var first = new LogUnderTest(disk: disk))
        {
            first.Commit("one", 3);
            first.Log.Close();
            old = first.Log.Segments[^1];
        }
        using var second = new LogUnderTest(disk: disk, start: LogUnderTest.NewStart() with
        {
            NextLsn = old.LastLsn + 1, Segment = 2, Predecessor = new LogPredecessor(old.Salt, old.LastLsn, old.Length), LastTime = old.LastTime, Segments = [old],
        });
        Assert.AreEqual(5, second.Commit("two"));
        Assert.HasCount(5, second.Recover());
        Assert.AreEqual(5, second.Log.ReadAfter(0).Count());
        Assert.AreEqual(1, disk.Names.Count(n => LogSegmentName.TryParse(n) is { FirstLsn: 1 }));
    }

    [TestMethod]
    public void T11_time_never_goes_back()
    {
        var clock = new SettableClock { Now = LogUnderTest.Noon };
        using var test = new LogUnderTest(clock: clock);
        test.Commit("a");
        clock.Now = LogUnderTest.Noon.AddHours(-1);
        test.Commit("b");
        test.Commit("c");
        clock.Now = LogUnderTest.Noon.AddYears(10);
        test.Commit("d");
        DateTime[] times = [.. test.Log.ReadAfter(0).Select(e => e.Time)];
        CollectionAssert.AreEqual(new[]
        {
            LogUnderTest.Noon, LogUnderTest.Noon.AddMicroseconds(1), LogUnderTest.Noon.AddMicroseconds(2), LogUnderTest.Noon.AddYears(10),
        }, times);
    }

    [TestMethod]
    public void L7_segments_go_by_count_but_never_what_recovery_or_a_pin_needs()
    {
        using var test = new LogUnderTest(Quiet with { SegmentBytes = 4096, RetainedSegmentCount = 2 });
        for (int i = 0; i < 300; i++)
        {
            test.Commit($"row {i}");
        }
        int count = test.Log.Segments.Count;
        Assert.IsGreaterThan(5, count);
        Assert.AreEqual(1, test.Log.FirstLsn, "recovery needs all");
        test.Log.Pin("audit", 100);
        test.Log.NoteSnapshots(250, []);
        WaitFor(() => test.Log.FirstLsn > 1);
        WaitFor(() => LogManifest.TryParse(test.Disk.Bytes("shop.manifest"))?.Rows.Count(r => r.Kind is LogManifest.Segment or LogManifest.Open) == test.Log.Segments.Count);
        Assert.IsLessThanOrEqualTo(100, test.Log.FirstLsn);
        Assert.AreEqual("22023", Assert.ThrowsExactly<PhantomDbException>(() => test.Log.ReadAfter(0).Count()).SqlState);
        Assert.AreEqual(test.Log.LastLsn - 99, test.Log.ReadAfter(99).LongCount());
        PhantomDbException pinned = Assert.ThrowsExactly<PhantomDbException>(() => test.Log.CompactUpTo(200));
        Assert.AreEqual(("55000", "Pin \"audit\" keeps the records from LSN 100 on."), (pinned.SqlState, pinned.Detail));
        Assert.AreEqual("Recovery needs the records behind LSN 250.", Assert.ThrowsExactly<PhantomDbException>(() => test.Log.CompactUpTo(260)).Detail);
        Assert.IsTrue(test.Log.Unpin("audit"));
        WaitFor(() => test.Log.FirstLsn > 100);
        Assert.IsGreaterThanOrEqualTo(0, test.Log.CompactUpTo(250));
        Assert.IsLessThanOrEqualTo(251, test.Log.FirstLsn);
        Assert.AreEqual(300 - 250, test.Log.ReadAfter(250).Count());
        test.Recover();
    }

    [TestMethod]
    public void Retention_by_age_and_size_deletes_the_oldest_alone()
    {
        LogSegmentFile[] files = [.. Enumerable.Range(0, 5).Select(i => new LogSegmentFile($"s{i}", 1, (10 * i) + 1, (10 * i) + 10, 1000, LogUnderTest.Noon.AddDays(i)))];
        int Count(TransactionLogOptions limits, long floor = 1000, params LogPin[] pins) =>
            LogRetention.CountToDelete(files, 500, limits, LogUnderTest.Noon.AddDays(5), floor, pins);
        Assert.AreEqual(0, Count(new TransactionLogOptions()));
        Assert.AreEqual(2, Count(new TransactionLogOptions { RetainedAge = TimeSpan.FromDays(3) }));
        Assert.AreEqual(2, Count(new TransactionLogOptions { RetainedBytes = 3500 }));
        Assert.AreEqual(3, Count(new TransactionLogOptions { RetainedBytes = 3499 }));
        Assert.AreEqual(4, Count(new TransactionLogOptions { RetainedSegmentCount = 1 }));
        Assert.AreEqual(1, Count(new TransactionLogOptions { RetainedSegmentCount = 1 }, floor: 19));
        Assert.AreEqual(2, Count(new TransactionLogOptions { RetainedSegmentCount = 0 }, floor: 1000, new LogPin("p", 21)));
    }

    [TestMethod]
    public void L2_who_finds_the_queue_full_waits_and_can_be_cancelled()
    {
        using var isHeld = new ManualResetEventSlim();
        using var test = new LogUnderTest(Relaxed with { QueueBytes = 1024, WriteDelayMs = 1 });
        test.Disk.Fails = (what, _) =>
        {
            if (what == "write")
            {
                isHeld.Wait();
            }
            return null;
        };
        long most = 0;
        using var stop = new CancellationTokenSource();
        for (int i = 0; i < 100 && !stop.IsCancellationRequested; i++)
        {
            LogBatch batch = LogUnderTest.Insert($"row {i}");
            if (test.Log.QueuedBytes + batch.ByteCount > 1024)
            {
                stop.CancelAfter(30);
                Assert.AreEqual("57014", Assert.ThrowsExactly<PhantomDbException>(() => test.Log.ReserveRoom(batch.ByteCount, stop.Token)).SqlState);
                break;
            }
            test.Log.ReserveRoom(batch.ByteCount, default);
            test.Log.Enqueue(batch, 1, null);
            most = Math.Max(most, test.Log.QueuedBytes);
        }
        Assert.IsTrue(stop.IsCancellationRequested);
        Assert.IsLessThan(2048, most);
        isHeld.Set();
        test.Log.ReserveRoom(1_000_000, default);   // larger than the queue: alone
    }

    [TestMethod]
    public void F2_under_Interval_who_commits_waits_for_a_disk_that_is_two_intervals_behind()
    {
        using var isHeld = new ManualResetEventSlim();
        using var test = new LogUnderTest(Relaxed with { SyncPolicy = LogSyncPolicy.Interval, SyncIntervalMs = 50, WriteDelayMs = 1 });
        test.Commit("first");
        test.Log.Sync();
        test.Disk.Fails = (what, _) =>
        {
            if (what == "flush")
            {
                isHeld.Wait();
            }
            return null;
        };
        long since = Environment.TickCount64;
        while (test.Log.TryReserveRoom(100, 1))
        {
            Assert.IsLessThan(60_000, Environment.TickCount64 - since);
            test.Log.Enqueue(LogUnderTest.Insert("row"), 1, null);
            Thread.Sleep(1);
        }
        Assert.IsGreaterThanOrEqualTo(100, Environment.TickCount64 - since);
        Assert.IsFalse(test.Log.TryReserveRoom(100, 50), "as long as the disk is");
        isHeld.Set();
        test.Log.ReserveRoom(100, default);
    }

    [TestMethod]
    [DataRow(1000)]
    [DataRow(3_000_000)]
    public void A_large_transaction_is_moved_not_copied_and_flushed_in_pieces(int count)
    {
        using var test = new LogUnderTest(Quiet with { UnflushedBytesMax = 1 << 20 });
        string text = new('é', count / 2);
        test.Commit(LogUnderTest.Insert(text, 3, Table("users")), test.NewSink());
        test.Commit("behind");
        List<string> records = test.Recover(isFlushedOnly: true);
        Assert.HasCount(5, records);
        Assert.AreEqual($"4|INSERT|{text}|2", records[3]);
    }

    [TestMethod]
    public void Options_out_of_bounds_are_refused()
    {
        foreach (TransactionLogOptions options in (TransactionLogOptions[])[
            new() { SyncIntervalMs = 0 }, new() { SegmentBytes = 1 }, new() { QueueBytes = -1 }, new() { RetainedAge = TimeSpan.FromDays(-1) }, new() { SyncPolicy = (LogSyncPolicy)9 }])
        {
            Assert.AreEqual("22023", Assert.ThrowsExactly<PhantomDbException>(options.Validated).SqlState);
        }
    }

    [TestMethod]
    public void A_manifest_round_trips_and_any_change_makes_it_none()
    {
        var manifest = new LogManifest("shop, \"2\"", Guid.NewGuid(), 2,
            [new(LogManifest.Reached, "", 0, 17, 0, LogUnderTest.Noon), new(LogManifest.Pin, "a, \"b\"\nc", 3, 0, 0, LogUnderTest.Noon)]);
        byte[] bytes = manifest.ToBytes();
        LogManifest read = LogManifest.TryParse(bytes)!;
        Assert.AreEqual((17L, "a, \"b\"_c", manifest.Id, 2), (read.ReachedLsn, read.Rows[1].Name, read.Id, read.Timeline));
        CollectionAssert.AreEqual(bytes, read.ToBytes());
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] other = [.. bytes];
            other[i] ^= 1;
            Assert.IsNull(LogManifest.TryParse(other), $"byte {i}");
            Assert.IsNull(LogManifest.TryParse(bytes.AsSpan(0, i)), $"cut at {i}");
        }
    }

    [TestMethod]
    public void F5_committers_on_the_systems_disk_are_all_found_again_with_rotation_between()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-log-").FullName;
        try
        {
            IReadOnlyList<LogSegmentFile> segments;
            using (var log = new TransactionLog(PhysicalFileSystem.Instance, LogUnderTest.NewStart() with { Folder = folder }, Quiet with { SegmentBytes = 8192 }))
            {
                Parallel.For(0, 8, c =>
                {
                    for (int i = 0; i < 50; i++)
                    {
                        log.Append("ENTRY", [new("committer", $"{c}"), new("number", $"{i}")]);
                    }
                });
                Assert.AreEqual(400, log.ReadAfter(0).Count());
                log.Close();
                segments = log.Segments;
                Assert.AreEqual(401, log.ReadAfter(0).Count(), "also when it is closed");
            }
            Assert.IsGreaterThan(3, segments.Count);
            string[] expected = [.. segments.Select(s => s.FileName).Append("shop.manifest").Order(StringComparer.Ordinal)];
            CollectionAssert.AreEqual(expected, Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).ToArray());
            foreach (LogSegmentFile segment in segments)
            {
                (LogSegmentReport report, _) = LogSegmentText.Read(File.ReadAllBytes(Path.Combine(folder, segment.FileName)), new LogReaderOptions { IsSealed = true });
                Assert.AreEqual(LogVerdict.Clean, report.Verdict);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static TableDefinition Table(string name) => new(1, "public", name, []);

    internal static void WaitFor(Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.IsLessThan(3000, i, "it does not come");
            Thread.Sleep(5);
        }
    }

    private sealed class FlushWatch(LogUnderTest test, List<(long, long)> seen) : ICommitSink
    {
        public void Publish(long lsn) => seen.Add((lsn, test.Disk.FlushedLength("shop.log")));

        public void Fail(Exception error) => Assert.Fail(error.Message);
    }

    private sealed class SettableClock : TimeProvider
    {
        public DateTime Now { get; set; }

        public override DateTimeOffset GetUtcNow() => new(Now);
    }
}
