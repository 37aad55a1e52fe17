namespace PhantomDb.Durability.Log;

/// <summary>Records of a history that are missing, with others before and behind them: a segment is gone. First and last included.</summary>
internal readonly record struct LogHole(long FirstLsn, long LastLsn);
