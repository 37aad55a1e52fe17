using System.Globalization;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>The states of one timeline that a database's files still lead to. Looks at headers and times; what lies between may be damaged all the same.</summary>
/// <param name="FirstLsn">Of the oldest file that can be begun with; 0 where the log has all from the beginning.</param>
/// <param name="FirstTime">Of the first record; null where there is none.</param>
internal sealed record RestoreRange(int Timeline, long FirstLsn, long LastLsn, DateTime? FirstTime, DateTime? LastTime)
{
    public override string ToString()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"timeline {Timeline}: LSN {FirstLsn}{(LastLsn > FirstLsn ? $" to {LastLsn}" : "")}");
        return FirstTime is null ? text : string.Create(CultureInfo.InvariantCulture, $"{text}, {FirstTime:yyyy-MM-dd HH:mm:ss.ffffff} to {LastTime:yyyy-MM-dd HH:mm:ss.ffffff} UTC");
    }

    /// <summary>True for an LSN, or a time, within it.</summary>
    public bool Has(long? lsn, DateTime? time) => lsn is not null ? lsn >= FirstLsn && lsn <= LastLsn : time >= FirstTime && time <= LastTime;

    /// <summary>Those of all timelines, the oldest first; of one timeline, one for each contiguous part of the log, and for each file that none leads to.</summary>
    public static IReadOnlyList<RestoreRange> All(string path, IFileSystem files)
    {
        int newest = new RecoveryPlanner(path, files).Plan().NewestTimeline;
        return [.. Enumerable.Range(1, newest).SelectMany(timeline => Of(path, files, timeline))];
    }

    private static IEnumerable<RestoreRange> Of(string path, IFileSystem files, int timeline)
    {
        RecoveryPlan plan;
        try
        {
            plan = new RecoveryPlanner(path, files).Plan(timeline);
        }
        catch (PhantomDbException)
        {
            return [];   // two histories, or a damaged header: nothing of it can be promised
        }
        IEnumerable<RecoveryPlan> parts = plan.Parts.Select(part => plan.UpTo(part[0].Header.FirstLsn)).Prepend(plan.UpTo(0)).Append(plan);
        return [.. parts.SelectMany(part => OfPart(part, files)).Where(range => range.Timeline == timeline).Distinct().OrderBy(range => range.FirstLsn)];
    }

    // What a contiguous part of the log leads to, from a file or from nothing, and files that are between it and the next one.
    private static IEnumerable<RestoreRange> OfPart(RecoveryPlan part, IFileSystem files)
    {
        RecoveryBase[] bases = [.. part.Bases.Where(file => file.Header is not null && !(file.Lsn >= part.MissingUpToLsn) && part.ReasonAgainst(file) is null).OrderBy(file => file.Lsn)];
        long lastLsn = part.LaterStartLsn is null ? LastLsnOf(part, files) : 0;
        RecoveryBase[] within = [.. bases.Where(file => file.Timeline <= part.Timeline && file.Lsn <= lastLsn)];
        if (part.LaterStartLsn is null && (part.IsFromNothing || within.Length > 0))
        {
            long firstLsn = part.IsFromNothing ? 0 : within[0].Lsn;
            (DateTime? first, DateTime? last) = TimesOf(part, firstLsn, files);
            yield return new RestoreRange(part.Timeline, firstLsn, lastLsn, first, last);
        }
        foreach (RecoveryBase file in bases.Except(within).DistinctBy(file => (file.Timeline, file.Lsn)))
        {
            yield return new RestoreRange(file.Timeline, file.Lsn, file.Lsn, null, null);
        }
    }

    private static long LastLsnOf(RecoveryPlan part, IFileSystem files)
    {
        if (part.Segments is not [.., { } newest])
        {
            return 0;
        }
        if (newest.Counted is { } counted)
        {
            return counted.LastLsn;
        }
        using Stream stream = files.OpenRead(newest.Path);
        var reader = new LogReader(newest.Path, stream);
        while (reader.Read())
        {
        }
        return reader.End.Lsn - 1;
    }

    // Of the first record from an LSN on, and of the last.
    private static (DateTime? First, DateTime? Last) TimesOf(RecoveryPlan part, long firstLsn, IFileSystem files)
    {
        (DateTime? first, DateTime? last) = (null, null);
        foreach (RecoverySegment segment in part.Segments.Where(s => s.LastLsn >= firstLsn))
        {
            if (first is null || segment == part.Segments[^1])
            {
                using Stream stream = files.OpenRead(segment.Path);
                var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
                while (reader.Read())
                {
                    first ??= reader.Line.Lsn >= firstLsn ? reader.Line.Time : null;
                    last = reader.Line.Time;
                }
            }
        }
        return (first, last);
    }
}
