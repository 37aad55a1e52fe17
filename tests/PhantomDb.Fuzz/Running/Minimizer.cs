namespace PhantomDb.Fuzz.Running;

/// <summary>
/// Makes a list that fails smaller while it goes on failing: takes out halves, then quarters, down to single items
/// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
/// </summary>
internal static class Minimizer
{
    public static IReadOnlyList<T> Minimize<T>(IReadOnlyList<T> items, Func<IReadOnlyList<T>, bool> fails, int triesMax, TimeSpan timeMax)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        int size = Math.Max(1, items.Count / 2);
        while (true)
        {
            bool isSmaller = false;
            for (int from = 0; from < items.Count;)
            {
                if (triesMax-- <= 0 || System.Diagnostics.Stopwatch.GetElapsedTime(start) > timeMax)
                {
                    return items;
                }
                List<T> fewer = [.. items.Take(from), .. items.Skip(from + size)];
                if (fails(fewer))
                {
                    items = fewer;
                    isSmaller = true;
                }
                else
                {
                    from += size;
                }
            }
            if (size == 1 && !isSmaller)
            {
                return items;
            }
            size = Math.Max(1, size / 2);
        }
    }
}
