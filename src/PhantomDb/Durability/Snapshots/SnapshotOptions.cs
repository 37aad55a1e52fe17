using System.Globalization;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Snapshots;

/// <summary>When snapshots are taken in the background, and how many are kept.</summary>
internal sealed record SnapshotOptions
{
    public const int DefaultInterval = 1000;

    /// <summary>Of snapshots that are whole, so many are kept, whatever the limits say.</summary>
    public const int RetainedLeast = 2;

    /// <summary>False: on demand alone.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>
    /// Changed rows and custom entries between two snapshots, whatever they cost; null: <see cref="DefaultInterval"/>, but only as often as all snapshots together
    /// are smaller than what was written to the log.
    /// </summary>
    public long? Interval { get; init; }

    /// <summary>Bytes of the log between two snapshots; null: these alone are no reason for one.</summary>
    public long? LogBytes { get; init; }

    /// <summary>How old the newest snapshot becomes while there are changes; null: any age.</summary>
    public TimeSpan? Period { get; init; }

    /// <summary>How many are kept, at least <see cref="RetainedLeast"/>; null: any number.</summary>
    public int? RetainedCount { get; init; } = RetainedLeast;

    /// <summary>How long a snapshot is kept; null: for ever.</summary>
    public TimeSpan? RetainedAge { get; init; }

    /// <summary>Of all snapshots together; null: any size.</summary>
    public long? RetainedBytes { get; init; }

    /// <summary>Itself, or an error (22023) that names what is out of bounds.</summary>
    public SnapshotOptions Validated()
    {
        AtLeast(nameof(Interval), Interval ?? 1, 1);
        AtLeast(nameof(LogBytes), LogBytes ?? 1, 1);
        AtLeast(nameof(Period), Period?.Ticks ?? TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerMillisecond);
        AtLeast(nameof(RetainedCount), RetainedCount ?? RetainedLeast, RetainedLeast);
        AtLeast(nameof(RetainedAge), RetainedAge?.Ticks ?? 0, 0);
        AtLeast(nameof(RetainedBytes), RetainedBytes ?? 0, 0);
        return this;
    }

    private static void AtLeast(string name, long value, long least)
    {
        if (value < least)
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}, but must be at least {least}"));
        }
    }
}
