namespace PhantomDb.Benchmarks.Measuring;

/// <summary>Measures all sides in turns: A B C, A B C, … so that what disturbs the machine disturbs all of them.</summary>
internal static class Rounds
{
    /// <param name="alternates">A B C, C B A, …: where a side leaves something behind (a disk that is still busy) for the one after it.</param>
    public static double[][] Measure<TSide>(IReadOnlyList<TSide> sides, int runCount, Func<TSide, int, double> sample, bool alternates = false)
    {
        double[][] samples = [.. sides.Select(_ => new double[runCount])];
        for (int run = 0; run < runCount; run++)
        {
            for (int turn = 0; turn < sides.Count; turn++)
            {
                int side = alternates && run % 2 == 1 ? sides.Count - 1 - turn : turn;

                // What one side left for the collector is not the next one's time.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                samples[side][run] = sample(sides[side], run);
            }
        }

        return samples;
    }
}
