using System.Diagnostics;
using System.Globalization;
using PhantomDb.Benchmarks.Engines;
using PhantomDb.Benchmarks.Measuring;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>What commits cost besides time: files opened, bytes written, memory of a queued record, processor time of a database that is idle.</summary>
internal sealed class CommitDetails(Options options, Report report, DiskFolder folder, KvTable table)
{
    private const int CommitCount = 10_000;
    private const string ValuesPerRow = "select sum(8 + length(name) + 8 + 4) from kv";
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public void Run()
    {
        var disk = new CountingFileSystem(PhysicalFileSystem.Instance);
        using DurablePhantom database = DurablePhantom.Open(folder.New(), SyncPolicy.Always, disk);
        using PhantomConnection connection = database.Connect();
        connection.Execute(KvTable.Create);
        using IStatement insert = connection.PrepareBulkInsert("kv", columnCount: 4);
        int next = 1;
        Commit(CommitCount / 10);
        Thread.Sleep(Settling);   // the log's own thread has its manifest to write, once
        MeasureCommits(disk, connection, () => Commit(CommitCount));
        MeasureQueue();
        MeasureIdle(disk);

        void Commit(int count)
        {
            for (int end = next + count; next < end; next++)
            {
                table.BindRow(insert, next);
                insert.Run();
            }
        }
    }

    private void MeasureCommits(CountingFileSystem disk, PhantomConnection connection, Action commit)
    {
        int handles = OpenFiles();
        long bytesBefore = BytesToDisk();
        long changedBefore = Changed(connection);
        var before = disk.Counts;
        commit();
        var after = disk.Counts;
        double changed = Changed(connection) - changedBefore;
        report.Note(string.Create(CultureInfo.InvariantCulture,
            $"{CommitCount} durable commits: {after.Opened - before.Opened} files opened, {OpenFiles() - handles} more open at the end, " +
            $"{after.Writes - before.Writes} writes, {after.Flushes - before.Flushes} flushes"));
        report.Note(string.Create(CultureInfo.InvariantCulture,
            $"bytes a commit: {changed / CommitCount:0} changed, {(double)(after.Bytes - before.Bytes) / CommitCount:0} written to the log " +
            $"({(after.Bytes - before.Bytes) / changed:0.0} times), {(double)(BytesToDisk() - bytesBefore) / CommitCount:0} in pages given to the disk (each flush has at least one)"));
    }

    /// <summary>Memory of records that nobody has written yet.</summary>
    private void MeasureQueue()
    {
        var settings = new TransactionLogOptions { SyncPolicy = LogSyncPolicy.Interval, WriteDelayMs = 60_000, SyncIntervalMs = 60_000 };
        using var log = new TransactionLog(PhysicalFileSystem.Instance, new LogStart { Folder = folder.New(), DatabaseName = "queue", Id = Guid.NewGuid() }, settings);
        var batch = new LogBatch();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < CommitCount; i++)
        {
            batch.Clear();
            batch.Begin(LogOperation.Insert, "kv"u8);
            batch.Cell(i);
            batch.Cell("abcdefghijkl"u8);
            batch.Cell("12345.67"u8);
            batch.Cell(i);
            batch.End();
            log.Enqueue(batch, i, null);
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        report.Note(string.Create(CultureInfo.InvariantCulture, $"a record in the queue: {(double)bytes / CommitCount:0} bytes of memory, as the queue counts {(double)log.QueuedBytes / CommitCount:0}"));
    }

    private void MeasureIdle(CountingFileSystem disk)
    {
        Thread.Sleep(Settling);   // the log vouches for its end after a second, and the runtime has its own things to finish
        var before = disk.Counts;
        TimeSpan used = Process.GetCurrentProcess().TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(TimeSpan.FromSeconds(options.IdleSeconds));
        used = Process.GetCurrentProcess().TotalProcessorTime - used;
        var after = disk.Counts;
        report.Note(string.Create(CultureInfo.InvariantCulture,
            $"idle for {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s with an open database: {used.TotalMilliseconds:0} ms of processor time, " +
            $"{after.Writes - before.Writes} writes, {after.Flushes - before.Flushes} flushes"));
    }

    private static long Changed(PhantomConnection connection) => long.Parse(connection.Query(ValuesPerRow).Rows[0][0].Text, CultureInfo.InvariantCulture);

    private static int OpenFiles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static long BytesToDisk() =>
        long.Parse(File.ReadLines("/proc/self/io").First(line => line.StartsWith("write_bytes:", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
}
