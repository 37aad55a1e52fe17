using System.Globalization;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>The states of one timeline that a database's files still lead to. Looks at headers and times; what lies between may be damaged all the same.</summary>
/// <param name="FirstLsn">Of the oldest file that can be begun with; 0 where the log has all from the beginning.</param>
/// <param name="FirstTime">Of the log's first record; null where there is none.</param>
internal sealed record RestoreRange(int Timeline, long FirstLsn, long LastLsn, DateTime? FirstTime, DateTime? LastTime)
{
    public override string ToString()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"timeline {Timeline}: LSN {FirstLsn} to {LastLsn}");
        return FirstTime is null ? text : string.Create(CultureInfo.InvariantCulture, $"{text}, {FirstTime:yyyy-MM-dd HH:mm:ss.ffffff} to {LastTime:yyyy-MM-dd HH:mm:ss.ffffff} UTC");
    }

    /// <summary>Those of all timelines, the oldest first.</summary>
    public static IReadOnlyList<RestoreRange> All(string path, IFileSystem files)
    {
        int newest = new RecoveryPlanner(path, files).Plan().NewestTimeline;
        List<RestoreRange> ranges = [];
        for (int timeline = 1; timeline <= newest; timeline++)
        {
            if (Of(path, files, timeline) is { } range)
            {
                ranges.Add(range);
            }
        }
        return ranges;
    }

    private static RestoreRange? Of(string path, IFileSystem files, int timeline)
    {
        RecoveryPlan plan;
        try
        {
            plan = new RecoveryPlanner(path, files).Plan(timeline);
        }
        catch (PhantomDbException)
        {
            return null;   // two histories, or a damaged header: nothing of it can be promised
        }
        long[] bases = [.. plan.Bases.Where(file => file.Header is not null && plan.ReasonAgainst(file) is null).Select(file => file.Lsn)];
        bool isFromStart = plan.IsFromNothing;
        bool isThis = plan.Segments.Any(s => s.Header.Timeline == timeline) || plan.Bases.Any(b => b.Timeline == timeline);
        if (!isThis || (bases.Length == 0 && !isFromStart))
        {
            return null;
        }
        (DateTime? first, DateTime? last, long lastLsn) = (null, null, bases.DefaultIfEmpty(0).Max());
        foreach (RecoverySegment segment in plan.Segments)
        {
            if (first is null || segment.Counted is null)
            {
                using Stream stream = files.OpenRead(segment.Path);
                var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
                while (reader.Read())
                {
                    first ??= reader.Line.Time;
                    last = reader.Line.Time;
                    lastLsn = Math.Max(lastLsn, reader.Line.Lsn);
                }
            }
        }
        return new RestoreRange(timeline, isFromStart ? 0 : bases.Min(), lastLsn, first, last);
    }
}
