using System.Globalization;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Log;

/// <summary>When a commit is acknowledged.</summary>
internal enum LogSyncPolicy
{
    /// <summary>When its records are on the disk. Nothing acknowledged is ever lost.</summary>
    Always,

    /// <summary>At once. The log is flushed every so often: a loss of power takes at most what was committed since.</summary>
    Interval,

    /// <summary>At once. The system writes when it likes; flushed are at most <see cref="TransactionLogOptions.UnflushedBytesMax"/> behind.</summary>
    None,
}

/// <summary>How a transaction log is written and kept. Retention without limits keeps all.</summary>
internal sealed record TransactionLogOptions
{
    private const int SegmentBytesLeast = 4096;
    private const int BytesLeast = 1024;

    public const int LookMsDefault = 1000;

    public const int LoadRowCountDefault = 50_000;

    public LogSyncPolicy SyncPolicy { get; init; } = LogSyncPolicy.Always;

    /// <summary>Between two flushes under <see cref="LogSyncPolicy.Interval"/>.</summary>
    public int SyncIntervalMs { get; init; } = 1000;

    /// <summary>How long a record waits for others before it is written under Interval and None.</summary>
    public int WriteDelayMs { get; init; } = 10;

    /// <summary>After so long without a record the last ones are flushed and vouched for by a SYNC record.</summary>
    public int IdleSyncMs { get; init; } = 1000;

    /// <summary>Between two looks whether its files are still what they were, while there are commits.</summary>
    public int LookMs { get; init; } = LookMsDefault;

    /// <summary>Of a segment, at most, unless one transaction alone is larger.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Of records that are queued; who commits then waits. Besides: one transaction for each that commits.</summary>
    public long QueueBytes { get; init; } = 16L << 20;

    /// <summary>Written and not flushed, at most. They are also kept in memory until they are flushed.</summary>
    public long UnflushedBytesMax { get; init; } = 16L << 20;

    /// <summary>
    /// So many new rows of one table go into a side file, not through queue and log. A file costs some waits for the disk: for less than a
    /// quarter of the queue it is not worth them, and more would keep others waiting for room.
    /// </summary>
    public int LoadRowCount { get; init; } = LoadRowCountDefault;

    /// <summary>So many bytes of such records, in place of <see cref="LoadRowCount"/>, where rows are long.</summary>
    public int LoadBytes { get; init; } = 4 << 20;

    /// <summary>Where salts come from; null: from the system. They need be different, not secret.</summary>
    public Random? Random { get; init; }

    /// <summary>Of the places in segments that are kept in memory to read from any LSN.</summary>
    public long IndexCacheBytes { get; init; } = 1L << 20;

    /// <summary>Sealed segments that are kept; null: any number.</summary>
    public int? RetainedSegmentCount { get; init; }

    /// <summary>How long a sealed segment is kept; null: for ever.</summary>
    public TimeSpan? RetainedAge { get; init; }

    /// <summary>Of all segments together, with the side files that they name; null: any size.</summary>
    public long? RetainedBytes { get; init; }

    /// <summary>Itself, or an error (22023) that names what is out of bounds.</summary>
    public TransactionLogOptions Validated()
    {
        if (!Enum.IsDefined(SyncPolicy))
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue, $"{nameof(SyncPolicy)} {(int)SyncPolicy} is none of Always, Interval and None");
        }
        AtLeast(nameof(SyncIntervalMs), SyncIntervalMs, 1);
        AtLeast(nameof(WriteDelayMs), WriteDelayMs, 1);
        AtLeast(nameof(IdleSyncMs), IdleSyncMs, 1);
        AtLeast(nameof(LookMs), LookMs, 0);
        AtLeast(nameof(SegmentBytes), SegmentBytes, SegmentBytesLeast);
        AtLeast(nameof(QueueBytes), QueueBytes, BytesLeast);
        AtLeast(nameof(UnflushedBytesMax), UnflushedBytesMax, BytesLeast);
        AtLeast(nameof(LoadRowCount), LoadRowCount, 1);
        AtLeast(nameof(LoadBytes), LoadBytes, 1);
        AtLeast(nameof(IndexCacheBytes), IndexCacheBytes, 0);
        AtLeast(nameof(RetainedSegmentCount), RetainedSegmentCount ?? 0, 0);
        AtLeast(nameof(RetainedBytes), RetainedBytes ?? 0, 0);
        if (RetainedAge < TimeSpan.Zero)
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue, $"{nameof(RetainedAge)} must not be negative");
        }
        return this;
    }

    private static void AtLeast(string name, long value, long least)
    {
        if (value < least)
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue,
                string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, but must be at least {least}"));
        }
    }
}
