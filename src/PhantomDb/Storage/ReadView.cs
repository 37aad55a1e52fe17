using System.Runtime.CompilerServices;

namespace PhantomDb.Storage;

/// <summary>
/// What a statement sees: all that was committed up to a read timestamp, and what its own transaction did in earlier
/// commands. Its own command's changes it does not see, so that an UPDATE never meets a row twice.
/// </summary>
internal readonly struct ReadView(long timestamp, TransactionStamp? own = null, int command = 0)
{
    /// <summary>The newest state, committed or not: what unique and foreign-key checks look at.</summary>
    public static readonly ReadView Latest = new(TransactionStamp.Uncommitted);

    public long Timestamp => timestamp;

    public TransactionStamp? Own => own;

    /// <summary>Commands of the own transaction below this are seen.</summary>
    public int Command => command;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Sees(TransactionStamp? stamp, int madeByCommand)
    {
        if (stamp is null)
        {
            return true;   // only seen in a race with a writer; the reader starts again
        }
        return stamp.Value <= timestamp || (ReferenceEquals(stamp, own) && madeByCommand < command);
    }
}
