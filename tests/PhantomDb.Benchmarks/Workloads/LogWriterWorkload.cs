using System.Diagnostics;
using System.Globalization;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>
/// The transaction log's writer alone, on the disk, without a database: the raw rate of appending and flushing, then commits of one
/// small row from 1, 8 and 32 threads, in turns; and what a record costs to queue when nobody waits for the disk.
/// </summary>
internal static class LogWriterWorkload
{
    private const int RecordBytes = 200;
    private const int QueuedCount = 1_000_000;

    public static void Run(int runCount, int budgetMs, TextWriter output)
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb-log-").FullName;
        try
        {
            for (int run = 0; run < runCount; run++)
            {
                output.WriteLine($"run {run + 1} of {runCount}");
                double raw = AppendAndFlush(folder, budgetMs);
                Report(output, "append and flush of 200 bytes", raw, raw);
                foreach (int committers in new[] { 1, 8, 32 })
                {
                    Report(output, $"durable commits, {committers} committers", Commits(folder, committers, budgetMs, output), raw);
                }
                Queue(folder, output);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double AppendAndFlush(string folder, int budgetMs)
    {
        using IWritableFile file = PhysicalFileSystem.Instance.Create(Path.Combine(folder, "raw"));
        byte[] bytes = new byte[RecordBytes];
        long start = Stopwatch.GetTimestamp(), count = 0;
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < budgetMs)
        {
            file.Append(bytes);
            file.Flush();
            count++;
        }
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Commits(string folder, int committers, int budgetMs, TextWriter output)
    {
        using TransactionLog log = Open(folder, new TransactionLogOptions());
        using var start = new Barrier(committers + 1);
        long[] counts = new long[committers], allocated = new long[committers];
        Thread[] threads = [.. Enumerable.Range(0, committers).Select(c => new Thread(() =>
        {
            var batch = new LogBatch();
            Commit(log, batch, c);
            start.SignalAndWait();
            long before = GC.GetAllocatedBytesForCurrentThread(), from = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(from).TotalMilliseconds < budgetMs)
            {
                Commit(log, batch, c);
                counts[c]++;
            }
            allocated[c] = GC.GetAllocatedBytesForCurrentThread() - before;
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        start.SignalAndWait();
        long began = Stopwatch.GetTimestamp();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(double)allocated.Sum() / counts.Sum():F0} bytes allocated a commit"));
        return counts.Sum() / seconds;
    }

    private static void Queue(string folder, TextWriter output)
    {
        using TransactionLog log = Open(folder, new TransactionLogOptions { SyncPolicy = LogSyncPolicy.Interval });
        var batch = new LogBatch();
        long[] ticks = new long[QueuedCount];
        long allocated = GC.GetAllocatedBytesForCurrentThread(), began = Stopwatch.GetTimestamp(), most = 0;
        for (int i = 0; i < QueuedCount; i++)
        {
            Fill(batch, i);
            long from = Stopwatch.GetTimestamp();
            log.ReserveRoom(batch.ByteCount, default);
            log.Enqueue(batch, 1, null);
            ticks[i] = Stopwatch.GetTimestamp() - from;
            most = Math.Max(most, log.QueuedBytes);
        }
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(ticks);
        double Ns(double share) => ticks[(int)(share * (QueuedCount - 1))] * 1e9 / Stopwatch.Frequency;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  Interval: {QueuedCount / seconds:F0} commits/s; to queue one: p50 {Ns(0.5):F0} ns, p99 {Ns(0.99):F0} ns, p99.9 {Ns(0.999):F0} ns; {(double)allocated / QueuedCount:F1} bytes allocated each; at most {most} bytes queued"));
    }

    private static TransactionLog Open(string folder, TransactionLogOptions options)
    {
        string own = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString("n"))).FullName;
        return new TransactionLog(PhysicalFileSystem.Instance, new LogStart { Folder = own, DatabaseName = "bench", Id = Guid.NewGuid() }, options);
    }

    private static void Commit(TransactionLog log, LogBatch batch, int id)
    {
        Fill(batch, id);
        log.ReserveRoom(batch.ByteCount, default);
        log.Enqueue(batch, id + 1, null);
        log.WaitUntilPublished(batch);
    }

    private static void Fill(LogBatch batch, int id)
    {
        Span<byte> text = stackalloc byte[16];
        System.Buffers.Text.Utf8Formatter.TryFormat(id, text, out int written);
        batch.Clear();
        batch.Begin(LogOperation.Insert, "kv"u8);
        batch.Cell(text[..written]);
        batch.Cell("a name of some length, as rows have"u8);
        batch.Cell("12.5"u8);
        batch.Cell(text[..written]);
        batch.End();
    }

    private static void Report(TextWriter output, string name, double rate, double raw) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name}: {rate:F0}/s, {rate / raw:F2} of the raw rate"));
}
