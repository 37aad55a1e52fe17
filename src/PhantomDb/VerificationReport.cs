namespace PhantomDb;

/// <summary>What <see cref="DatabaseTools.Verify"/> found: of each file, and of all of them as one database.</summary>
/// <param name="Files">All files of the database, looked at byte by byte.</param>
public sealed record VerificationReport(IReadOnlyList<DatabaseFileReport> Files)
{
    /// <summary>True where the database opens with these files: what a crash leaves at the log's end does not keep it from that.</summary>
    public bool CanOpen { get; init; }

    /// <summary>What opening it would find damaged or missing, and do without; null where that is nothing.</summary>
    public string? Problem { get; init; }

    /// <summary>True where it opens, and nothing is to be said about any file, or about one that is not there.</summary>
    public bool IsWhole => CanOpen && Problem is null && Files.All(file => (file.Verdict is FileVerdict.Clean or FileVerdict.NotChecked) && file.Problem is null);

    /// <summary>The last log sequence number that the database has when it opens.</summary>
    public long LastLsn { get; init; }

    /// <summary>Transactions of the log that opening applies to the database file or snapshot.</summary>
    public long TransactionCount { get; init; }

    /// <summary>Why it does not open; null where it does.</summary>
    public PhantomDbException? Refusal { get; init; }
}
