using System.Diagnostics;
using System.Text;
using PhantomDb.Storage.Indexes;

namespace PhantomDb.Benchmarks.Workloads;

/// <summary>The ordered index alone: rates of its operations at a million keys, and how two readers scale.</summary>
internal static class IndexWorkload
{
    private const int KeyCount = 1_000_000;
    private const int LookupCount = 2_000_000;
    private const int RangeCount = 100_000;

    public static void Run(int runCount, TextWriter output)
    {
        int[] order = Enumerable.Range(0, KeyCount).ToArray();
        new Random(1).Shuffle(order);
        ulong[] numbers = Array.ConvertAll(order, number => KeyEncoder.KeyOf((long)number));
        ulong[] ascending = [.. numbers.Order()];

        for (int run = 0; run < runCount; run++)
        {
            output.WriteLine($"run {run + 1} of {runCount}");
            BTree<ulong, UInt64Probe> tree = InsertNumbers(output, "bigint, insert ascending", ascending);
            LookUpNumbers(output, "bigint, look up, ascending load", tree, numbers);
            tree = InsertNumbers(output, "bigint, insert random", numbers);
            LookUpNumbers(output, "bigint, look up", tree, numbers);
            LookUpNumbers(output, "bigint, look up among 10,000", tree, [.. ascending.AsSpan(0, 10_000)]);
            ScanNumbers(output, tree, numbers);
            TwoReaders(output, tree, numbers);
            RemoveNumbers(output, tree, numbers);
            Encoded(output, "(bigint, int)", KeyKind.UInt128, Array.ConvertAll(order, number => Pair(number)));
            Encoded(output, "text of 12", KeyKind.Bytes, Array.ConvertAll(order, number => Text($"user{number:D8}")));
            Encoded(output, "text of 32", KeyKind.Bytes, Array.ConvertAll(order, number => Text($"https://example.org/{number * 7919L % 1000003:D12}")));
        }
    }

    private static BTree<ulong, UInt64Probe> InsertNumbers(TextWriter output, string name, ulong[] keys)
    {
        var tree = new BTree<ulong, UInt64Probe>();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < keys.Length; i++)
            tree.Insert(new UInt64Probe(keys[i]), i);
        Report(output, name, keys.Length, start, $"{(double)tree.SizeBytes / keys.Length:F1} bytes an entry");
        return tree;
    }

    private static void LookUpNumbers(TextWriter output, string name, BTree<ulong, UInt64Probe> tree, ulong[] keys)
    {
        long start = Stopwatch.GetTimestamp();
        long found = LookUpAll(tree, keys, LookupCount);
        Report(output, name, LookupCount, start, found == LookupCount ? "" : "WRONG");
    }

    private static long LookUpAll(BTree<ulong, UInt64Probe> tree, ulong[] keys, int count)
    {
        long found = 0;
        uint at = 12345;
        for (int i = 0; i < count; i++)
        {
            at = (at * 1664525) + 1013904223;   // another order than that of insertion
            if (tree.TryFind(new UInt64Probe(keys[(int)(((ulong)at * (uint)keys.Length) >> 32)]), out _))
                found++;
        }
        return found;
    }

    private static void ScanNumbers(TextWriter output, BTree<ulong, UInt64Probe> tree, ulong[] keys)
    {
        BTreeCursor<ulong, UInt64Probe> cursor = tree.CreateCursor();
        var rowIds = new long[100];
        long sum = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < RangeCount; i++)
        {
            cursor.SeekInclusive(new UInt64Probe(keys[i]), new UInt64Probe(keys[i] + 99));
            for (int taken; (taken = cursor.NextBatch(rowIds)) > 0;)
                sum += taken;
        }
        Report(output, "bigint, range of 100", RangeCount, start, $"{sum / RangeCount} rows");
    }

    private static void TwoReaders(TextWriter output, BTree<ulong, UInt64Probe> tree, ulong[] keys)
    {
        long start = Stopwatch.GetTimestamp();
        Task other = Task.Run(() => LookUpAll(tree, keys, LookupCount));
        LookUpAll(tree, keys, LookupCount);
        other.Wait();
        Report(output, "bigint, look up, two readers", 2 * LookupCount, start, "");
    }

    private static void RemoveNumbers(TextWriter output, BTree<ulong, UInt64Probe> tree, ulong[] keys)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < keys.Length; i++)
            tree.Remove(new UInt64Probe(keys[i]), i);
        Report(output, "bigint, remove random", keys.Length, start, tree.Count == 0 ? "" : "WRONG");
    }

    private static void Encoded(TextWriter output, string name, KeyKind kind, byte[][] keys)
    {
        OrderedIndex index = OrderedIndex.Create(kind);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < keys.Length; i++)
            index.Insert(keys[i], i);
        Report(output, $"{name}, insert random", keys.Length, start, $"{(double)index.SizeBytes / keys.Length:F1} bytes an entry");
        long found = 0;
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < keys.Length; i++)
        {
            if (index.TryFind(keys[(int)(i * 7919L % keys.Length)], out _))
                found++;
        }
        Report(output, $"{name}, look up", keys.Length, start, found == keys.Length ? "" : "WRONG");
    }

    private static byte[] Pair(int number)
    {
        var key = new byte[12];
        KeyEncoder.EncodeInt64(number / 10, key);
        KeyEncoder.EncodeInt32(number % 10, key.AsSpan(8));
        return key;
    }

    private static byte[] Text(string value)
    {
        var key = new byte[KeyEncoder.BytesSizeMax(value.Length)];
        return key[..KeyEncoder.EncodeBytes(Encoding.UTF8.GetBytes(value), key)];
    }

    private static void Report(TextWriter output, string name, long count, long start, string note) =>
        output.WriteLine($"  {name,-36} {count / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6,8:F2} M/s  {note}");
}
