namespace PhantomDb.Durability.Log;

/// <summary>A segment on the disk, and what counts of it.</summary>
/// <param name="FileName">Without folder. The active one's is renamed when the next begins.</param>
/// <param name="Length">Bytes up to the end of the last transaction that counts, without a seal.</param>
/// <param name="LastTime">Of its last record.</param>
internal sealed record LogSegmentFile(string FileName, uint Salt, long FirstLsn, long LastLsn, long Length, DateTime LastTime)
{
    /// <summary>True while it is being written.</summary>
    public bool IsOpen { get; init; }

    /// <summary>True where its timeline began with a file, or with nothing: it counts nothing of a segment before.</summary>
    public bool IsFirst { get; init; }

    /// <summary>True where its timeline has ended: only who asks for it deletes it.</summary>
    public bool IsOfOlderTimeline { get; init; }
}

/// <summary>A promise by name that all records from an LSN on are kept.</summary>
internal sealed record LogPin(string Name, long FirstLsn);

/// <summary>A side file, and the LSN of the record that names it.</summary>
internal sealed record LogLoad(string FileName, long Lsn);

/// <summary>Where a log goes on, as recovery found it. The first record starts a segment of its own: nothing is written behind what was there.</summary>
internal sealed record LogStart
{
    public required string Folder { get; init; }

    public required string DatabaseName { get; init; }

    public required Guid Id { get; init; }

    public int Timeline { get; init; } = 1;

    /// <summary>Of the first record.</summary>
    public long NextLsn { get; init; } = 1;

    /// <summary>The segments that led to the LSN before; empty where there are none, or nobody knows.</summary>
    public SegmentHistory History { get; init; } = SegmentHistory.Empty;

    /// <summary>The place of the segment that begins.</summary>
    public long Segment { get; init; } = 1;

    /// <summary>What counts of the segment before, null where there is none.</summary>
    public LogPredecessor? Predecessor { get; init; }

    /// <summary>Of the last record; time goes on from there.</summary>
    public DateTime LastTime { get; init; }

    /// <summary>The segments that are there, oldest first, the one under the active name among them.</summary>
    public IReadOnlyList<LogSegmentFile> Segments { get; init; } = [];

    public IReadOnlyList<LogPin> Pins { get; init; } = [];

    /// <summary>What the manifest says of snapshots, until somebody looks at them.</summary>
    public IReadOnlyList<LogManifestRow> SnapshotRows { get; init; } = [];

    /// <summary>Side files that records name, as far as recovery has met them.</summary>
    public IReadOnlyList<LogLoad> Loads { get; init; } = [];

    /// <summary>True where there is content that no log has: a first segment says so.</summary>
    public bool IsBehindFile { get; init; }

    /// <summary>All records from this LSN on are in the segments, and could be read: what they do not name, nothing names.</summary>
    public long WholeFrom { get; init; } = 1;

    /// <summary>Recovery needs the records behind this LSN.</summary>
    public long RecoveryFloor { get; init; }
}
