namespace PhantomDb.Durability.Snapshots;

/// <summary>What is known of a snapshot's whole content.</summary>
internal enum SnapshotState
{
    /// <summary>Its header is whole; the rest has not been read since the database was opened.</summary>
    Unread,

    /// <summary>Every byte has been read and is as it was written.</summary>
    Verified,

    Damaged,
}

/// <summary>A snapshot of the database in its folder.</summary>
/// <param name="FileName">Without folder.</param>
/// <param name="Time">When it was begun, by its name.</param>
internal sealed record SnapshotFile(string FileName, int Timeline, long Lsn, long Length, DateTime Time, SnapshotState State)
{
    /// <summary>The words of a promise that it is kept; none where there is no such promise.</summary>
    public IReadOnlyList<string> Pins { get; init; } = [];
}

/// <summary>A snapshot that was just taken.</summary>
/// <param name="WrittenBytes">Of its file.</param>
/// <param name="CopiedBytes">Of those, rows that were copied from an older file.</param>
internal sealed record TakenSnapshot(string Path, long Lsn, DateTime Time, long WrittenBytes, long CopiedBytes, TimeSpan Duration);
