namespace PhantomDb.Durability.Log;

/// <summary>A record that was read from the log, as text. Values are null for NULL.</summary>
/// <param name="Operation">INSERT, UPDATE … or a custom entry's name.</param>
/// <param name="Table">Null where the record is about none.</param>
/// <param name="Before">The row before an UPDATE or DELETE, as the record has it; else null.</param>
/// <param name="After">The row that an INSERT or UPDATE leaves; else null.</param>
/// <param name="Others">What a record of another kind says, of a custom entry <c>key=value</c>; else null.</param>
internal sealed record LogEntry(
    long Lsn, DateTime Time, long TransactionId, int Part, int PartCount, string Operation, string? Table,
    IReadOnlyList<string?>? Before, IReadOnlyList<string?>? After, IReadOnlyList<string?>? Others)
{
    /// <summary>The segment that it stands in, by the name that the file had when it was opened.</summary>
    public string FileName { get; init; } = "";

    /// <summary>Of its line in that file.</summary>
    public long Offset { get; init; }
}
