namespace PhantomDb.Benchmarks.Tpch;

/// <summary>
/// SplitMix64, started anew for every row from (seed, table, row): any range of rows can be made alone and has the same bytes.
/// </summary>
internal struct RandomStream
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state;

    public RandomStream(ulong seed, int table, long row)
    {
        _state = Mix(seed + (ulong)table * Step) + Mix((ulong)row * Step);
    }

    public ulong Next()
    {
        _state += Step;
        return Mix(_state);
    }

    /// <summary>A number from 0 to <paramref name="count"/> - 1. The bias is below count / 2^32.</summary>
    public int Below(int count) => (int)((Next() >> 32) * (uint)count >> 32);

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
