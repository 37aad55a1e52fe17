namespace PhantomDb.Durability.Log;

/// <summary>A record that was read from the log, as text.</summary>
/// <param name="Operation">INSERT, UPDATE … or a custom entry's name.</param>
/// <param name="Table">Null where the record is about none.</param>
/// <param name="Values">As text, null for NULL; of a custom entry <c>key=value</c>.</param>
/// <param name="After">In an UPDATE, where the row after the change begins in the values; else -1.</param>
internal sealed record LogEntry(
    long Lsn, DateTime Time, long TransactionId, int Part, int PartCount, string Operation, string? Table, IReadOnlyList<string?> Values, int After);
