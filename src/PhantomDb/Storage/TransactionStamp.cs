namespace PhantomDb.Storage;

/// <summary>
/// The one word that all row versions of a transaction refer to: set once, when the transaction commits, so that
/// publishing costs the same for one row and for six million. Also what others wait for whom a row keeps out. Storage knows
/// no more of a transaction than this.
/// </summary>
internal sealed class TransactionStamp
{
    /// <summary>Value of a stamp whose transaction has not committed: later than every read timestamp.</summary>
    public const long Uncommitted = long.MaxValue;

    /// <summary>In a fork's versions, until it is ready to be used: of all transactions that had committed.</summary>
    public static readonly TransactionStamp CommittedBeforeFork = new() { _value = 0 };

    /// <summary>And of all that were running: to be undone.</summary>
    public static readonly TransactionStamp RunningAtFork = new();

    private long _value = Uncommitted;
    private int _releaseCount;
    private int _isAwaited;
    private bool _hasEnded;

    /// <summary>Number of the session, for people.</summary>
    public int ProcessId { get; init; }

    /// <summary>Where rows are noted whose deferrable unique key is not surely theirs; null where there can be none.</summary>
    public KeyDoubts? Doubts { get; init; }

    /// <summary>The commit timestamp, or <see cref="Uncommitted"/>.</summary>
    public long Value => Volatile.Read(ref _value);

    public bool IsCommitted => Value != Uncommitted;

    /// <summary>True where someone may wait for the transaction: the stamp is then not used again.</summary>
    public bool IsAwaited => Volatile.Read(ref _isAwaited) != 0;

    /// <summary>Counts the times that the transaction has given up some of its rows or locks before its end.</summary>
    public int ReleaseCount => Volatile.Read(ref _releaseCount);

    /// <summary>True when the transaction is over, either way.</summary>
    public bool HasEnded => Volatile.Read(ref _hasEnded) || IsCommitted;

    /// <summary>Makes all versions of the transaction those of this commit timestamp.</summary>
    public void Publish(long commitTimestamp) => Volatile.Write(ref _value, commitTimestamp);

    /// <summary>
    /// Announces somebody who will wait. To be called under the latch under which the row or lock is seen as this
    /// transaction's: it is given up under the same latch, and the mark is looked at after that.
    /// </summary>
    public Blocker Await()
    {
        var blocker = new Blocker(this, ReleaseCount);
        Interlocked.Exchange(ref _isAwaited, 1);
        return blocker;
    }

    public void CountRelease() => Interlocked.Increment(ref _releaseCount);

    /// <summary>The transaction is over, and has given up all that it held.</summary>
    public void End() => Volatile.Write(ref _hasEnded, true);

    /// <summary>
    /// Takes the stamp back for the next transaction. Only where no version refers to it any more: a reader that still
    /// holds it read it from a slice whose sequence has changed since, and starts again.
    /// </summary>
    public void Reset() => Volatile.Write(ref _value, Uncommitted);
}

/// <summary>Who has to give way before a row can be changed, as seen under the table's latch; none where the stamp is null.</summary>
internal readonly record struct Blocker(TransactionStamp? Stamp, int ReleaseCount)
{
    private const int SpinCount = 20;   // a single-row transaction is over sooner than a thread sleeps

    public bool IsNone => Stamp is null;

    /// <summary>True when it is worth while to look at the row again.</summary>
    public bool HasGivenWay => Stamp!.HasEnded || Stamp.ReleaseCount != ReleaseCount;

    /// <summary>Waits as long as a short transaction takes; true where the blocker has given way by then.</summary>
    public bool WaitABit()
    {
        SpinWait spin = default;
        for (int i = 0; i < SpinCount; i++)
        {
            if (HasGivenWay)
            {
                return true;
            }
            spin.SpinOnce(sleep1Threshold: -1);
        }
        return false;
    }
}
