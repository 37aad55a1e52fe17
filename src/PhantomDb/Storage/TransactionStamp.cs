namespace PhantomDb.Storage;

/// <summary>
/// The one word that all row versions of a transaction refer to: set once, when the transaction commits, so that
/// publishing costs the same for one row and for six million. Storage knows no more of a transaction than this.
/// </summary>
internal sealed class TransactionStamp
{
    /// <summary>Value of a stamp whose transaction has not committed: later than every read timestamp.</summary>
    public const long Uncommitted = long.MaxValue;

    private long _value = Uncommitted;

    /// <summary>The commit timestamp, or <see cref="Uncommitted"/>.</summary>
    public long Value => Volatile.Read(ref _value);

    public bool IsCommitted => Value != Uncommitted;

    /// <summary>Makes all versions of the transaction those of this commit timestamp.</summary>
    public void Publish(long commitTimestamp) => Volatile.Write(ref _value, commitTimestamp);

    /// <summary>
    /// Takes the stamp back for the next transaction. Only where no version refers to it any more: a reader that still
    /// holds it read it from a slice whose sequence has changed since, and starts again.
    /// </summary>
    public void Reset() => Volatile.Write(ref _value, Uncommitted);
}
