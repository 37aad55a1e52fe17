using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace PhantomDb.Benchmarks.Measuring;

/// <summary>How long single operations took, to about 3 %, in a fixed amount of memory. For one thread; merged afterwards.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 5;   // 32 steps for each doubling

    private readonly long[] _counts = new long[64 << SubBits];

    public long Count { get; private set; }

    public long MaxTicks { get; private set; }

    public void Add(long ticks)
    {
        _counts[BucketOf(ticks)]++;
        Count++;
        MaxTicks = Math.Max(MaxTicks, ticks);
    }

    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        MaxTicks = Math.Max(MaxTicks, other.MaxTicks);
    }

    /// <summary>At most so many seconds took the given share of all operations.</summary>
    public double Seconds(double share)
    {
        long wanted = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted && seen > 0)
            {
                return (double)Math.Min(UpperBound(i), MaxTicks) / Stopwatch.Frequency;
            }
        }

        return 0;
    }

    /// <summary><c>p50 / p99 / p99.9 / longest</c>, in microseconds.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Micro(Seconds(0.5)),9} {Micro(Seconds(0.99)),9} {Micro(Seconds(0.999)),9} {Micro((double)MaxTicks / Stopwatch.Frequency),9}");

    private static string Micro(double seconds) => (seconds * 1e6).ToString(seconds < 1e-4 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static int BucketOf(long ticks)
    {
        ulong value = (ulong)Math.Max(ticks, 0);
        int shift = Math.Max(0, BitOperations.Log2(value | 1) - SubBits);
        return (shift << SubBits) + (int)(value >> shift);
    }

    private static long UpperBound(int bucket)
    {
        int shift = Math.Max(0, (bucket >> SubBits) - 1);
        return ((long)(bucket - (shift << SubBits)) << shift) + (1L << shift) - 1;
    }
}
