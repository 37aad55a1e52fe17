using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Crash;

/// <summary>T11 and T17: clocks that jump, a reader that never ends, a slow disk, a very large value. Memory stays bounded, the log goes on.</summary>
[TestClass]
public sealed class DatabaseEnduranceTests
{
    [TestMethod]
    public void T11_with_a_clock_that_goes_back_far_ahead_and_stands_still_the_log_keeps_its_order_and_names_are_unique()
    {
        var disk = new SimulatedDisk();
        var clock = new SetClock(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
        DatabaseOptions options = new() { DataDirectory = "/data", FileSystem = disk, LogSegmentSize = 4096, LogRetentionCount = null, SnapshotRetentionCount = null, SnapshotEnabled = false, Clock = clock };
        TimeSpan[] jumps = [TimeSpan.Zero, TimeSpan.FromHours(-1), TimeSpan.Zero, TimeSpan.FromDays(3653), TimeSpan.Zero, TimeSpan.FromDays(-3653), TimeSpan.FromMilliseconds(1)];
        int rows = 0;
        foreach (TimeSpan jump in jumps)
        {
            clock.Now += jump;
            using Database database = Database.Open("shop", options);
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE IF NOT EXISTS t (n int PRIMARY KEY, note text)").Dispose();
            for (int i = 0; i < 12; i++)
            {
                session.Execute($"INSERT INTO t VALUES ({rows++}, repeat('x', 700))").Dispose();   // several segments of the same second
            }
            database.SaveToDisk();
            Assert.AreNotEqual(database.CreateSnapshot().Name, database.CreateSnapshot().Name);
        }
        using Database again = Database.Open("shop", options);
        using Session reading = again.OpenSession();
        Assert.AreEqual(rows, Number(reading, "SELECT count(*) FROM t"));
        DateTime last = default;
        long lsn = 0;
        foreach (LogEntry entry in again.Persistence!.Log.ReadAfter(0))
        {
            Assert.AreEqual(lsn + 1, entry.Lsn);
            Assert.IsTrue(entry.Time >= last, $"{entry.Lsn}: {entry.Time:O} after {last:O}");
            (lsn, last) = (entry.Lsn, entry.Time);
        }
        Assert.IsGreaterThan(rows, lsn);
        string[] segments = [.. disk.List("/data").Where(name => name.Contains("_log_", StringComparison.Ordinal))];
        Assert.IsGreaterThan(10, segments.Length);
        Assert.HasCount(2 * jumps.Length, disk.List("/data").Where(name => name.Contains("_snapshot_", StringComparison.Ordinal)).ToArray());
    }

    [TestMethod]
    [DataRow("age")]
    [DataRow("size")]
    [DataRow("count")]
    public void L7_old_segments_go_by_their_age_their_size_and_their_count_also_where_the_clock_was_set_back(string limit)
    {
        var disk = new SimulatedDisk();
        var clock = new SetClock(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
        DatabaseOptions options = new()
        {
            DataDirectory = "/data", FileSystem = disk, Clock = clock, LogSegmentSize = 4096, SnapshotEnabled = false,
            LogRetentionAge = limit == "age" ? TimeSpan.FromHours(1) : null, LogRetentionSize = limit == "size" ? 20_000 : null, LogRetentionCount = limit == "count" ? 4 : null,
        };
        using (Database database = Database.Open("shop", options))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (n int PRIMARY KEY, note text)").Dispose();
            Fill(database, 0);
            database.SaveToDisk();
            Settle(database);
            long first = database.Log.FirstLsn;
            Assert.AreEqual(limit == "age", first == 1, "nothing is old yet");
            Assert.IsTrue(limit != "size" || Segments().Sum(name => disk.Length($"/data/{name}")) <= 20_000);
            Assert.IsTrue(limit != "count" || Segments().Length is 4 or 5);
        }
        clock.Now += limit == "age" ? TimeSpan.FromHours(2) : TimeSpan.FromDays(-1);   // what the log has goes on from the later time
        using Database again = Database.Open("shop", options);
        string[] old = Segments();
        Fill(again, 100);
        again.SaveToDisk();
        Settle(again);
        Assert.IsEmpty(Segments().Intersect(limit == "age" ? old : old[..^1]).ToArray(), "all of the opening before, but for the newest where another limit keeps it");
        using Session reading = again.OpenSession();
        Assert.AreEqual(200, Number(reading, "SELECT count(*) FROM t"));
        Assert.AreEqual(again.Log.LastLsn - again.Log.FirstLsn + 1, again.Log.ReadAfter(again.Log.FirstLsn - 1).Count());

        string[] Segments() => [.. disk.List("/data").Select(name => Path.GetFileName(name)!).Where(name => name.Contains("_log_", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

        static void Settle(Database database) => database.Persistence!.Log.Settle();

        static void Fill(Database database, int from)
        {
            using Session session = database.OpenSession();
            for (int i = from; i < from + 100; i++)
            {
                session.Execute($"INSERT INTO t VALUES ({i}, repeat('x', 700))").Dispose();
            }
        }
    }

    [TestMethod]
    public void T17_beside_a_reader_that_never_ends_memory_is_bounded_the_log_rotates_and_saves_go_on()
    {
        var disk = new SimulatedDisk();
        DatabaseOptions options = new() { DataDirectory = "/data", FileSystem = disk, SyncPolicy = SyncPolicy.None, LogSegmentSize = 1 << 17, LogRetentionCount = 0, MemoryLimit = 64 << 20 };
        using Database database = Database.Open("shop", options);
        using Session writer = database.OpenSession(), reader = database.OpenSession();
        writer.Execute("CREATE TABLE t (n int PRIMARY KEY, k bigint, note text)").Dispose();
        writer.Execute("INSERT INTO t SELECT i, 0, repeat('x', 50) FROM generate_series(1, 20000) i").Dispose();
        reader.Execute("BEGIN ISOLATION LEVEL REPEATABLE READ").Dispose();
        using QueryResult endless = reader.Execute("SELECT n, k FROM t");
        Assert.IsTrue(endless.Read());
        long before = database.MemoryUsed;
        PreparedStatement update = writer.Prepare("UPDATE t SET k = k + 1 WHERE n = $1");
        for (int i = 0; i < 60_000; i++)
        {
            update.Bind(1, (i % 100) + 1);
            update.Execute().Dispose();
            if (i % 20_000 == 19_999)
            {
                database.SaveToDisk();
                database.CreateSnapshot();
            }
        }
        Assert.IsLessThan(before + (4 << 20), database.MemoryUsed);
        database.Persistence!.Log.Sync();
        database.Persistence!.Log.Settle();
        Assert.IsGreaterThan(4, disk.Operations.Count(operation => operation.Contains("rename shop.log.new", StringComparison.Ordinal)));
        Assert.IsTrue(disk.Operations.Exists(operation => operation.Contains("delete shop_log_", StringComparison.Ordinal)), "what nothing needs any more goes");
        long rows = 1, sum = endless.GetInt64(1);
        while (endless.Read())
        {
            rows++;
            sum += endless.GetInt64(1);
        }
        Assert.AreEqual((20_000L, 0L), (rows, sum));
    }

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.Interval)]
    public void T17_on_a_slow_disk_committers_wait_and_the_queue_stays_bounded(SyncPolicy policy)
    {
        const int BufferSize = 16 << 10, ThreadCount = 8, CommitCount = 40, RowBytes = 1500;
        var disk = new SimulatedDisk();
        DatabaseOptions options = new()
        {
            DataDirectory = "/data", FileSystem = new SlowDisk(disk, 5), SyncPolicy = policy, LogBufferSize = BufferSize, LogSegmentSize = 1 << 16,
        };
        long most = 0;
        using (Database database = Database.Open("shop", options))
        {
            using (Session session = database.OpenSession())
            {
                session.Execute("CREATE TABLE t (n int PRIMARY KEY, note text)").Dispose();
            }
            Exception? failure = null;
            Thread[] threads = [.. Enumerable.Range(0, ThreadCount).Select(thread => new Thread(() =>
            {
                try
                {
                    using Session session = database.OpenSession();
                    for (int i = 0; i < CommitCount; i++)
                    {
                        session.Execute($"INSERT INTO t VALUES ({(thread * CommitCount) + i}, repeat('x', {RowBytes}))").Dispose();
                    }
                }
                catch (Exception error)
                {
                    failure = error;
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            while (threads.Any(thread => thread.IsAlive))
            {
                most = Math.Max(most, database.Persistence!.Log.QueuedBytes);
                Thread.Sleep(1);
            }
            Assert.IsNull(failure, failure?.ToString());
        }
        // Each that commits looks before it queues: those that look at the same moment may be over by one transaction each.
        Assert.IsGreaterThan(BufferSize / 2, most);
        Assert.IsLessThanOrEqualTo(BufferSize + (ThreadCount * 2 * RowBytes), most);
        using Database again = Database.Open("shop", options with { FileSystem = disk });
        using Session reading = again.OpenSession();
        Assert.AreEqual(ThreadCount * CommitCount, Number(reading, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    [DoNotParallelize]
    public void T17_a_value_of_100_MB_is_committed_logged_saved_and_comes_back()
    {
        const int Length = 100_000_000;
        string folder = Directory.CreateTempSubdirectory("phantomdb-large-").FullName;
        try
        {
            DatabaseOptions options = new() { DataDirectory = folder, LogSegmentSize = 1 << 20, MemoryLimit = 1L << 30 };
            using (Database database = Database.Open("shop", options))
            {
                using Session session = database.OpenSession();
                session.Execute("CREATE TABLE t (n int PRIMARY KEY, note text)").Dispose();
                session.Execute("INSERT INTO t VALUES (1, 'small')").Dispose();
                session.Execute($"INSERT INTO t VALUES (2, repeat('0123456789', {Length / 10}))").Dispose();
                session.Execute("INSERT INTO t VALUES (3, 'small')").Dispose();
                using Database copy = Database.Open("shop", options with { IsReadOnly = true });   // from the log alone
                using Session reading = copy.OpenSession();
                Expect(reading);
            }
            using Database again = Database.Open("shop", options);
            using Session session2 = again.OpenSession();
            Expect(session2);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Expect(Session session)
        {
            Assert.AreEqual(Length, Number(session, "SELECT length(note)::bigint FROM t WHERE n = 2"));
            Assert.AreEqual(3, Number(session, "SELECT count(*) FROM t"));
        }
    }

    private static long Number(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.GetInt64(0);
    }

    private sealed class SetClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
