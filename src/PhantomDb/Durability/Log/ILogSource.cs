namespace PhantomDb.Durability.Log;

/// <summary>Looks at a record before text is made of it.</summary>
internal delegate bool LogWish(LogOperation operation, ReadOnlySpan<byte> table);

/// <summary>A log that can be read: of a database that writes it, or of a folder.</summary>
internal interface ILogSource
{
    /// <summary>The first LSN that is kept.</summary>
    long FirstLsn { get; }

    /// <summary>The last LSN that there is; 0 where there is none.</summary>
    long LastLsn { get; }

    /// <summary>
    /// The records of a range that are still kept, in their order, in a stream; 22023 where one goes while it is read. Holes are passed over, and told.
    /// </summary>
    IEnumerable<LogEntry> ReadKept(LogRange range, LogWish? wants = null, Action<LogHole>? onHole = null);

    /// <summary>The first LSN of the segment that a range begins in, and of the one before it (0 where there is none).</summary>
    (long First, long Before) SegmentOf(LogRange range);

    /// <summary>Opens a side file that a record names.</summary>
    Stream OpenSideFile(string fileName);
}
