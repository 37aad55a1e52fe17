namespace PhantomDb;

/// <summary>
/// What a session is doing: a row of pg_stat_activity. Times are UTC, to within some milliseconds; null where they are not known, as of
/// statements that take a single row by its key, which take no clock.
/// </summary>
public sealed record SessionActivity
{
    /// <summary>Number of the session among all of its database.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The setting application_name.</summary>
    public required string ApplicationName { get; init; }

    /// <summary>active, idle, idle in transaction, or idle in transaction (aborted).</summary>
    public required string State { get; init; }

    /// <summary>Text of the statement that runs or ran last.</summary>
    public required string Query { get; init; }

    /// <summary>True where it waits for another session's lock or transaction.</summary>
    public bool IsWaiting { get; init; }

    /// <summary>The session that must give way first; 0 where it waits for none.</summary>
    public int BlockedBy { get; init; }

    /// <summary>When the session was opened.</summary>
    public DateTime SessionStart { get; init; }

    /// <summary>When the transaction began; null outside one.</summary>
    public DateTime? TransactionStart { get; init; }

    /// <summary>When the statement began.</summary>
    public DateTime? QueryStart { get; init; }

    /// <summary>When the state became what it is.</summary>
    public DateTime? StateChange { get; init; }
}
