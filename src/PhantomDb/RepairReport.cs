namespace PhantomDb;

/// <summary>What <see cref="DatabaseTools.Repair"/> found, and did unless it was a trial.</summary>
public sealed record RepairReport
{
    /// <summary>False where the database opens as it is: then nothing was done.</summary>
    public bool IsNeeded { get; init; }

    /// <summary>Why it does not open; null where it does.</summary>
    public string? Problem { get; init; }

    /// <summary>What cannot be saved, for people to read: files, records, rows, with the reason and the place.</summary>
    public IReadOnlyList<string> Losses { get; init; } = [];

    /// <summary>Full paths of the files that have the bytes which were not used.</summary>
    public IReadOnlyList<string> KeptFiles { get; init; } = [];

    /// <summary>Where no row can be saved, and files of an older timeline lead to an earlier state: the last point of that, for <see cref="DatabaseRestore"/>; else null.</summary>
    public RestorePoint? EarlierState { get; init; }

    /// <summary>What else there was to begin with, the log or a damaged file, and how much less that saves, for people to read; null where there was no choice.</summary>
    public string? OtherWay { get; init; }

    /// <summary>Tables of the database as it was saved.</summary>
    public int TableCount { get; init; }

    /// <summary>Rows in them.</summary>
    public long RowCount { get; init; }

    /// <summary>The log sequence number of the last transaction that could be saved.</summary>
    public long LastLsn { get; init; }

    /// <summary>Of the repaired database: a new one.</summary>
    public int Timeline { get; init; }

    /// <summary>The log sequence number of the repair: behind all that the files had, lost or not.</summary>
    public long Lsn { get; init; }
}
