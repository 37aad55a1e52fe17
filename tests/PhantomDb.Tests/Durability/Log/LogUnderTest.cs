using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>A transaction log on a disk of its own, committers, and what they were told.</summary>
internal sealed class LogUnderTest : IDisposable
{
    public static readonly DateTime Noon = new(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc);

    public LogUnderTest(TransactionLogOptions? options = null, LogDisk? disk = null, LogStart? start = null, TimeProvider? clock = null)
    {
        Disk = disk ?? new LogDisk();
        Log = new TransactionLog(Disk, start ?? NewStart(), options ?? new TransactionLogOptions { IdleSyncMs = 3_600_000 }, Define, clock);
    }

    public LogDisk Disk { get; }

    public TransactionLog Log { get; }

    /// <summary>LSNs as they were published.</summary>
    public List<long> Published { get; } = [];

    public static LogStart NewStart() => new() { Folder = "/data", DatabaseName = "shop", Id = new Guid("6f1c0000000000000000000000000001") };

    public static LogBatch Insert(string text, int count = 1, TableDefinition? table = null)
    {
        var batch = new LogBatch();
        if (table is not null)
        {
            batch.Uses(table);
        }
        for (int i = 0; i < count; i++)
        {
            batch.Begin(LogOperation.Insert, "users"u8);
            batch.Cell(Encoding.UTF8.GetBytes(text));
            batch.Cell(Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)));
            batch.End();
        }
        return batch;
    }

    public static void Define(LogBatch batch, TableDefinition table)
    {
        batch.Begin(LogOperation.Table, Encoding.UTF8.GetBytes(table.Name));
        batch.Cell("COLUMNS:a:int"u8);
        batch.End();
    }

    /// <summary>One transaction; gives its LSN when it is acknowledged.</summary>
    public long Commit(string text, int count = 1, TableDefinition? table = null) => Commit(Insert(text, count, table), new Sink(this));

    public long Commit(LogBatch batch, ICommitSink sink)
    {
        Log.ReserveRoom(batch.ByteCount, default);
        long lsn = Log.Enqueue(batch, 4711, sink);
        Log.WaitUntilPublished(batch);
        return lsn;
    }

    public ICommitSink NewSink() => new Sink(this);

    /// <summary>Runs so many committers of so many transactions each.</summary>
    public void RunCommitters(int committers, int commits, Action<int, int> commit)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, committers).Select(c => new Thread(() =>
        {
            try
            {
                for (int i = 0; i < commits; i++)
                {
                    commit(c, i);
                }
            }
            catch (Exception error)
            {
                failure = error;
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }
        foreach (Thread thread in threads)
        {
            Assert.IsTrue(thread.Join(60_000), "a committer hangs");
        }
        Assert.IsNull(failure, failure?.ToString());
    }

    /// <summary>The records that a recovery would find, "LSN|OP|values"; every segment but the last must be whole as far as its successor counts.</summary>
    public List<string> Recover(bool isFlushedOnly = false, bool isCutLost = false)
    {
        List<string> records = [];
        var segments = Disk.Names.Where(name => name.EndsWith(".log", StringComparison.Ordinal))
            .Select(name => (Name: name, Bytes: isCutLost ? Disk.BytesWithoutCuts(name) : Disk.Bytes(name, isFlushedOnly)))
            .Select(file => (file.Name, file.Bytes, Header: LogHeader.TryParse(file.Bytes, out _)))
            .Where(file => file.Header is not null)
            .OrderBy(file => file.Header!.Segment).ToList();
        long next = segments.Count == 0 ? 1 : segments[0].Header!.FirstLsn;
        for (int i = 0; i < segments.Count; i++)
        {
            LogPredecessor? counted = i + 1 < segments.Count ? segments[i + 1].Header!.Predecessor : null;
            Assert.AreEqual(next, segments[i].Header!.FirstLsn, "a gap between segments");
            var reader = new LogReader(segments[i].Name, new MemoryStream(segments[i].Bytes), new LogReaderOptions { Counted = counted });
            while (reader.Read())
            {
                Assert.AreEqual(next++, reader.Line.Lsn);
                var text = new StringBuilder($"{reader.Line.Lsn}|{Encoding.UTF8.GetString(reader.OperationName)}");
                for (int v = 0; v < reader.Count; v++)
                {
                    text.Append('|').Append(Encoding.UTF8.GetString(reader.Value(v)));
                }
                records.Add(text.ToString());
            }
            Assert.IsTrue(reader.Report.Verdict == LogVerdict.Clean || (i + 1 == segments.Count && reader.Report.Verdict == LogVerdict.Torn),
                $"{segments[i].Name} is {reader.Report.Verdict}: {reader.Report.Fault}");
        }
        return records;
    }

    public void Dispose() => Log.Dispose();

    private sealed class Sink(LogUnderTest test) : ICommitSink
    {
        public void Publish(long lsn)
        {
            lock (test.Published)
            {
                test.Published.Add(lsn);
            }
        }

        public void Fail(Exception error)
        {
        }
    }
}
