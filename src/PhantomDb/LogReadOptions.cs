namespace PhantomDb;

/// <summary>Which records of a log are read. Bounds are included; what is not set bounds nothing.</summary>
public sealed record LogReadOptions
{
    /// <summary>The first log sequence number.</summary>
    public long? FromLsn { get; init; }

    /// <summary>The last log sequence number.</summary>
    public long? ToLsn { get; init; }

    /// <summary>The earliest time of commit; without a kind it is UTC.</summary>
    public DateTime? FromTime { get; init; }

    /// <summary>The latest time of commit; without a kind it is UTC.</summary>
    public DateTime? ToTime { get; init; }

    /// <summary>A table's name, folded as SQL folds it unless it is in double quotes, with its schema where that is not public.</summary>
    public string? Table { get; init; }

    /// <summary>One transaction.</summary>
    public long? TransactionId { get; init; }

    /// <summary>True: at the end of the log it waits for more, until it is cancelled.</summary>
    public bool IsFollowing { get; init; }

    /// <summary>
    /// Told of records that are missing in the middle of the log, since a segment is gone that the database does not need: the first and the last log sequence
    /// number. It goes on behind them. Null: they are an error (22023).
    /// </summary>
    public Action<long, long>? MissingRecords { get; init; }

    /// <summary>Told of a segment whose header is damaged, and that is read by what the checksums of its lines prove. Null: that is an error (XX001).</summary>
    public Action<string>? DamagedHeader { get; init; }

    /// <summary>
    /// Told, while it follows, that the database was restored to a point before the last record that was read: the log sequence number that it was put back to, and the
    /// timeline that it goes on with. The records of that follow, from its first on, whatever <see cref="FromLsn"/> says.
    /// </summary>
    public Action<long, int>? PutBack { get; init; }

    /// <summary>Told, at the end, of bytes that are no whole transaction: a writer is in the middle of one, or ended there.</summary>
    public Action<string>? TornEnd { get; init; }
}
