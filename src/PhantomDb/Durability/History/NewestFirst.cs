using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.History;

/// <summary>
/// Reads the records of a range from the last to the first: in runs, each of which is read forward and given backward, the first one short, for who wants but few.
/// Memory is a run.
/// </summary>
internal static class NewestFirst
{
    private const int FirstRun = 64;
    private const int RunMax = 8192;
    private const int ProbeLength = 16;   // LSNs, of which one shows its time

    /// <param name="log">The log.</param>
    /// <param name="range">Which records.</param>
    /// <param name="onHole">Told once of each range of records that are missing in the middle.</param>
    public static IEnumerable<LogEntry> Read(ILogSource log, LogRange range, Action<LogHole>? onHole = null)
    {
        HashSet<LogHole> told = [];
        // The oldest by time is where reading forward begins; the newest is looked for.
        long last = Math.Min(range.LastLsn, log.LastLsn);
        long first = range.FirstTime == DateTime.MinValue ? Math.Max(range.FirstLsn, log.FirstLsn)
            : log.ReadKept(range with { LastLsn = last }).FirstOrDefault()?.Lsn ?? long.MaxValue;
        last = LastUntil(log, range.LastTime, first, last);
        for (long length = FirstRun; last >= first; length = Math.Min(2 * length, RunMax))
        {
            long from = Math.Max(first, last - length + 1);
            LogEntry[] run = [.. log.ReadKept(range with { FirstLsn = from, LastLsn = last }, null, Tell)];
            for (int i = run.Length - 1; i >= 0; i--)
            {
                yield return run[i];
            }
            last = from - 1;
        }

        void Tell(LogHole hole)
        {
            if (told.Add(hole))
            {
                onHole?.Invoke(hole);
            }
        }
    }

    // The last LSN, of a range, whose time is not behind another: time only grows with it.
    private static long LastUntil(ILogSource log, DateTime time, long first, long last)
    {
        if (time == DateTime.MaxValue)
        {
            return last;
        }
        long low = first - 1, high = last;
        while (low < high)
        {
            long middle = low + ((high - low + 1) / 2);
            LogRange probe = LogRange.All with { FirstLsn = middle, LastLsn = Math.Min(high, middle + ProbeLength) };
            LogEntry? entry = log.ReadKept(probe).FirstOrDefault() ?? log.ReadKept(probe with { LastLsn = high }).FirstOrDefault();   // behind a hole
            if (entry is not null && entry.Time <= time)
            {
                low = entry.Lsn;
            }
            else
            {
                high = middle - 1;
            }
        }
        return low;
    }
}
