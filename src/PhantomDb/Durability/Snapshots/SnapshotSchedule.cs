namespace PhantomDb.Durability.Snapshots;

/// <summary>What has happened since the last snapshot, or, without one, since the file that the database began with.</summary>
/// <param name="Operations">Changed rows and custom entries.</param>
/// <param name="LogBytes">Of the log.</param>
/// <param name="Budget">Bytes that the log has grown by, less those of snapshots, since the database was opened.</param>
/// <param name="ExpectedBytes">Of the next snapshot, about.</param>
/// <param name="IsUrgent">A file that recovery needs was lost: memory may be all that is left.</param>
internal readonly record struct SnapshotProgress(long Operations, long LogBytes, TimeSpan Time, long Budget, long ExpectedBytes, bool IsUrgent = false);

/// <summary>When the next snapshot is due. Knows numbers alone.</summary>
internal static class SnapshotSchedule
{
    private const int LooksPerBudget = 64;

    /// <summary>After what time a snapshot is due if nothing else happens: zero is now; null: not by time.</summary>
    public static TimeSpan? DueIn(SnapshotOptions options, in SnapshotProgress progress)
    {
        if (!options.IsEnabled || (progress.Operations == 0 && !progress.IsUrgent))
        {
            return null;
        }
        bool isIntervalOver = options.Interval is { } interval
            ? progress.Operations >= interval
            : progress.Operations >= SnapshotOptions.DefaultInterval && progress.Budget > progress.ExpectedBytes;
        if (isIntervalOver || progress.IsUrgent || progress.LogBytes >= options.LogBytes)
        {
            return TimeSpan.Zero;
        }
        return options.Period is not { } period ? null : progress.Time >= period ? TimeSpan.Zero : period - progress.Time;
    }

    /// <summary>How many operations, or bytes of the log, more may make one due; so far nobody need look.</summary>
    public static (long Operations, long LogBytes) UntilNextLook(SnapshotOptions options, in SnapshotProgress progress)
    {
        if (!options.IsEnabled)
        {
            return (long.MaxValue, long.MaxValue);
        }
        long operations = options.Interval is { } interval ? interval - progress.Operations
            : progress.Operations < SnapshotOptions.DefaultInterval ? SnapshotOptions.DefaultInterval - progress.Operations : long.MaxValue;
        long bytes = options.LogBytes is { } limit ? limit - progress.LogBytes : long.MaxValue;
        if (options.Interval is null && progress.Operations >= SnapshotOptions.DefaultInterval)
        {
            long missing = progress.ExpectedBytes - progress.Budget + 1;
            bytes = Math.Min(bytes, Math.Max(missing, (progress.ExpectedBytes / LooksPerBudget) + 1));   // a guess at the log's bytes: not at every commit
        }
        if (options.Period is not null && progress.Operations == 0)
        {
            operations = 1;   // from then on time counts
        }
        return (Math.Max(operations, 1), Math.Max(bytes, 1));
    }
}
