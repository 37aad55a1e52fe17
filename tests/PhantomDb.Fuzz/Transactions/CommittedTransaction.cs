namespace PhantomDb.Fuzz.Transactions;

/// <summary>
/// What a committed transaction has read and written. A value is unique to the write that brought it, and 0 is what was there
/// at the start, a missing row too. Every write knows what it overwrote.
/// </summary>
public sealed record CommittedTransaction(int Id, IReadOnlyList<(int Key, long Value)> Reads, IReadOnlyList<(int Key, long Old, long New)> Writes)
{
    /// <summary>One that reads and overwrites what others wrote; its own value for each key is its number.</summary>
    public static CommittedTransaction Of(int id, IReadOnlyList<(int Key, long Value)> reads, IReadOnlyList<(int Key, long Old)> overwritten) =>
        new(id, reads, [.. overwritten.Select(w => (w.Key, w.Old, (long)id))]);

    /// <summary>Whose it was; if nothing else is said, each had a session of its own.</summary>
    public int Session { get; init; } = -Id;

    /// <summary>Before BEGIN, after its first statement, before COMMIT, and after it. 0: not known.</summary>
    public long Began { get; init; }

    public long FirstStatementDone { get; init; }

    public long Committing { get; init; }

    public long Committed { get; init; } = long.MaxValue;
}
