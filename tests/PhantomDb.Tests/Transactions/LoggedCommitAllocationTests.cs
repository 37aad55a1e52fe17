using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Tests.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Tests.Transactions;

/// <summary>What a single-row commit costs more where there is a log.</summary>
[TestClass]
public sealed class LoggedCommitAllocationTests
{
    private const int CommitCount = 20_000;

    public TestContext TestContext { get; set; } = null!;

    private sealed class NoLog : ICommitLog
    {
        private long _lsn;

        public long ByteCount { get; private set; }

        public void ReserveRoom(int bytes, CancellationToken stop)
        {
        }

        public long Enqueue(LogBatch batch, long transactionId, ICommitSink sink)
        {
            ByteCount += batch.ByteCount;
            sink.Publish(++_lsn);
            return _lsn;
        }

        public void WaitUntilPublished(LogBatch batch)
        {
        }
    }

    [TestMethod]
    public void A_single_row_commit_allocates_nothing_for_the_log()
    {
        var log = new NoLog();
        Measure(null);   // compiled by now
        (long bytes, double ns) = Measure(null);
        (long bytesLogged, double nsLogged) = Measure(log);
        TestContext.WriteLine($"ns a commit: {ns:F0} in memory, {nsLogged:F0} with records; bytes allocated: {bytes / CommitCount}, {bytesLogged / CommitCount}");
        Assert.IsTrue(log.ByteCount > 20 * CommitCount);
        Assert.IsTrue(bytesLogged - bytes < 8 * CommitCount, $"{(bytesLogged - bytes) / (double)CommitCount} bytes a commit");
    }

    private static (long Bytes, double Ns) Measure(NoLog? log)
    {
        KvTable kv = TwoThreadTests.Filled(1000, balance: 1);
        if (log is not null)
        {
            kv.Manager.UseLog(log, kv.Manager.Timestamps.Visible);
        }
        Transaction transaction = kv.Manager.NewTransaction();
        var values = new RowBuffer([KvTable.Balance]);
        (long Bytes, double Ns) best = (long.MaxValue, double.MaxValue);
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < CommitCount; i++)
            {
                values.Set(0, (double)((round * CommitCount) + i + 2));
                transaction.Begin();
                transaction.BeginWriting();
                transaction.Update(kv.Table, i % 1000, values);
                transaction.Commit();
            }
            best = (Math.Min(best.Bytes, GC.GetAllocatedBytesForCurrentThread() - before),
                Math.Min(best.Ns, Stopwatch.GetElapsedTime(start).TotalNanoseconds / CommitCount));
        }
        return best;
    }
}
