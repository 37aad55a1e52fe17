namespace PhantomDb.Durability.Log;

/// <summary>Which records are asked for: by LSN and by time, first and last included. Time only grows with the LSN.</summary>
internal readonly record struct LogRange(long FirstLsn, long LastLsn, DateTime FirstTime, DateTime LastTime)
{
    public static readonly LogRange All = new(1, long.MaxValue, DateTime.MinValue, DateTime.MaxValue);

    /// <summary>True for a record before the first that is asked for.</summary>
    public bool IsBefore(in LogLine line) => line.Lsn < FirstLsn || line.Time < FirstTime;

    /// <summary>True for a record behind the last that is asked for, and so are all behind it.</summary>
    public bool IsBehind(in LogLine line) => line.Lsn > LastLsn || line.Time > LastTime;
}
