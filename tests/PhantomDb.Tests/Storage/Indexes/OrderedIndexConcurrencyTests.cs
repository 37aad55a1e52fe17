using System.Diagnostics;
using PhantomDb.Storage.Indexes;

namespace PhantomDb.Tests.Storage.Indexes;

[TestClass]
[DoNotParallelize]
public sealed class OrderedIndexConcurrencyTests
{
    private const int PresentCount = 2000;
    private const int GapSize = 16;
    private const int ReadsMin = 20;   // a busy machine may start the readers late: the writer goes on until they have read
    private static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public TestContext TestContext { get; set; } = null!;

    // Keys divisible by the gap are always there. The writer fills the gaps between them and empties them again,
    // in waves, so that nodes split, merge and vanish under the readers. A row id tells its key.
    [TestMethod]
    [DataRow(KeyKind.UInt64)]
    [DataRow(KeyKind.UInt128)]
    [DataRow(KeyKind.Bytes)]
    public void Readers_always_find_what_is_always_there_while_the_writer_works(object kind)
    {
        var keyKind = (KeyKind)kind;
        int seed = Environment.TickCount;
        TestContext.WriteLine($"seed {seed}");
        OrderedIndex index = OrderedIndex.Create(keyKind);
        for (int i = 0; i < PresentCount; i++)
            index.Insert(Key(keyKind, i * GapSize), i * GapSize);

        using var stop = new CancellationTokenSource();
        long reads = 0;
        Task lookups = Task.Run(() => LookUp(index, keyKind, new Random(seed + 1), stop.Token, ref reads));
        Task scans = Task.Run(() => Scan(index, keyKind, new Random(seed + 2), stop.Token, ref reads));
        long writes = Write(index, keyKind, new Random(seed), [lookups, scans], ref reads);
        stop.Cancel();
        Task.WaitAll(lookups, scans);
        TestContext.WriteLine($"{writes} writes, {reads} reads");
        Assert.IsGreaterThanOrEqualTo(ReadsMin, reads);
    }

    private static byte[] Key(KeyKind kind, int n)
    {
        var key = new byte[24];
        int length = KeyEncoder.EncodeInt32(n, key);
        if (kind == KeyKind.UInt128)
            length += KeyEncoder.EncodeInt64(n * 7L, key.AsSpan(length));
        if (kind == KeyKind.Bytes)
            length += KeyEncoder.EncodeBytes(n % 3 == 0 ? "x"u8 : "more than the prefix"u8[..(n % 19)], key.AsSpan(length));
        return key[..length];
    }

    private static long Write(OrderedIndex index, KeyKind kind, Random random, Task[] readers, ref long reads)
    {
        long writes = 0;
        var clock = Stopwatch.StartNew();
        while ((clock.Elapsed < Duration || (Interlocked.Read(ref reads) < ReadsMin && clock.Elapsed < Patience))
            && !readers.Any(reader => reader.IsCompleted))
        {
            int start = random.Next(PresentCount);
            int end = Math.Min(PresentCount, start + random.Next(200));
            for (int wave = 0; wave < 2; wave++)
            {
                for (int i = start * GapSize; i < end * GapSize; i++)
                {
                    if (i % GapSize == 0)
                        continue;
                    bool changed = wave == 0 ? index.Insert(Key(kind, i), i) : index.Remove(Key(kind, i), i);
                    Assert.IsTrue(changed);
                    writes++;
                }
                if (random.Next(4) == 0)
                    index.Fork();   // makes the writer copy every node that it changes from here on
                index.RewriteIfMostlyDead();
            }
        }
        return writes;
    }

    private static void LookUp(OrderedIndex index, KeyKind kind, Random random, CancellationToken stop, ref long reads)
    {
        Span<long> rowIds = stackalloc long[4];
        while (!stop.IsCancellationRequested)
        {
            int present = random.Next(PresentCount) * GapSize;
            if (!index.TryFind(Key(kind, present), out long rowId) || rowId != present)
                Assert.Fail($"Key {present} gave {rowId}.");
            if (index.Find(Key(kind, present), rowIds) != 1 || rowIds[0] != present)
                Assert.Fail($"Key {present} gave {rowIds[0]} among several.");
            int maybe = random.Next(PresentCount * GapSize);
            if (index.TryFind(Key(kind, maybe), out rowId) && rowId != maybe)
                Assert.Fail($"Key {maybe} gave {rowId}.");
            if (index.Contains(Key(kind, maybe), maybe + 1))
                Assert.Fail($"Key {maybe} was found with a wrong row id.");
            Interlocked.Increment(ref reads);
        }
    }

    private static void Scan(OrderedIndex index, KeyKind kind, Random random, CancellationToken stop, ref long reads)
    {
        IndexCursor cursor = index.CreateCursor();
        var batch = new long[300];
        var seen = new List<long>();
        while (!stop.IsCancellationRequested)
        {
            int low = random.Next(PresentCount);
            int high = low + random.Next(PresentCount - low);
            bool backward = random.Next(2) == 0;
            int batchSize = 1 + random.Next(batch.Length);
            seen.Clear();
            cursor.Seek(Key(kind, low * GapSize), Key(kind, high * GapSize), backward);
            for (int taken; (taken = cursor.NextBatch(batch.AsSpan(0, batchSize))) > 0;)
                seen.AddRange(batch.AsSpan(0, taken));
            if (backward)
                seen.Reverse();
            VerifyScan(seen, low, high);
            Interlocked.Increment(ref reads);
        }
    }

    private static void VerifyScan(List<long> seen, int low, int high)
    {
        int expected = low;
        long last = -1;
        foreach (long rowId in seen)
        {
            if (rowId <= last)
                Assert.Fail($"{rowId} came after {last}.");
            last = rowId;
            if (rowId % GapSize == 0 && rowId != (expected++) * GapSize)
                Assert.Fail($"{(expected - 1) * GapSize} is missing, found {rowId}.");
        }
        if (expected != high)
            Assert.Fail($"The range ended at {expected} instead of {high}.");
    }
}
