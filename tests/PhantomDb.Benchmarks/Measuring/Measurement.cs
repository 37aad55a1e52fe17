namespace PhantomDb.Benchmarks.Measuring;

/// <summary>Is a larger figure the better one (a rate) or a smaller one (a time, a size)?</summary>
internal enum Better
{
    Larger,
    Smaller,
}

/// <summary>One test: the samples of each side in the order of the runs. Sample i of all sides was taken in the same round.</summary>
internal sealed record Measurement(string Name, string Unit, Better Better, IReadOnlyList<string> Sides, double[][] Samples)
{
    public double Median(int side) => MedianOf(Samples[side]);

    /// <summary>
    /// How many times better the first side is than another one, in each round: above 1 the first side leads.
    /// Only figures of one round are divided, because the machine's other load changes between rounds.
    /// </summary>
    public (double Min, double Median, double Max) Ratio(int peer)
    {
        double[] ratios =
        [
            .. Samples[0].Zip(Samples[peer], (first, other) => Better == Better.Larger ? first / other : other / first),
        ];
        return (ratios.Min(), MedianOf(ratios), ratios.Max());
    }

    public static double MedianOf(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
