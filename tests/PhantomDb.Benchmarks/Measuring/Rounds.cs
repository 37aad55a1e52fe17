namespace PhantomDb.Benchmarks.Measuring;

/// <summary>Measures all sides in turns: A B C, A B C, … so that what disturbs the machine disturbs all of them.</summary>
internal static class Rounds
{
    public static double[][] Measure<TSide>(IReadOnlyList<TSide> sides, int runCount, Func<TSide, int, double> sample)
    {
        double[][] samples = [.. sides.Select(_ => new double[runCount])];
        for (int run = 0; run < runCount; run++)
        {
            for (int side = 0; side < sides.Count; side++)
            {
                // What one side left for the collector is not the next one's time.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                samples[side][run] = sample(sides[side], run);
            }
        }

        return samples;
    }
}
