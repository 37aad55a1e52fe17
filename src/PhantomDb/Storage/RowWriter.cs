namespace PhantomDb.Storage;

/// <summary>
/// Who changes a row: the stamp and command for the new version, and the latest commit that the row may have been changed
/// by. A row that a later commit has changed is not what the statement saw.
/// </summary>
internal readonly record struct RowWriter(TransactionStamp Stamp, int Command, long Timestamp)
{
    /// <summary>As <see cref="Timestamp"/>: whatever is committed. For rows that the writer has locked and read again.</summary>
    public const long AnyCommitted = TransactionStamp.Uncommitted - 1;
}

/// <summary>What has become of the attempt to change or lock a row. In all cases but the first nothing has happened.</summary>
internal enum WriteOutcome : byte
{
    Done,

    /// <summary>Another transaction has to end first.</summary>
    Blocked,

    /// <summary>The row is not as the statement saw it: a later commit has changed it.</summary>
    Changed,

    /// <summary>A later commit has removed the row.</summary>
    Gone,
}
