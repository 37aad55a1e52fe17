namespace PhantomDb.Durability.Log;

/// <summary>Records of a history that are missing, with others before and behind them: a segment is gone. First and last included.</summary>
internal readonly record struct LogHole(long FirstLsn, long LastLsn)
{
    /// <summary>The LSN that has records again.</summary>
    public long NextLsn { get; init; } = LastLsn + 1;

    /// <summary>True where nothing is missing: a timeline goes on behind a file.</summary>
    public bool IsEmpty => LastLsn < FirstLsn;

    /// <summary>What is missing between two records of a history.</summary>
    /// <param name="lastLsn">Of the first of the two.</param>
    /// <param name="nextLsn">Of the second.</param>
    /// <param name="isBehindFile">True where the second is the first of a timeline that began with a database file: that has the LSN before it, and no record.</param>
    public static LogHole Between(long lastLsn, long nextLsn, bool isBehindFile) => new(lastLsn + 1, nextLsn - (isBehindFile ? 2 : 1)) { NextLsn = nextLsn };
}
