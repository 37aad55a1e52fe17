using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>Strengths of a row lock, weakest first: FOR KEY SHARE, FOR SHARE, FOR NO KEY UPDATE, FOR UPDATE.</summary>
internal enum RowLockMode : byte
{
    /// <summary>The row stays and keeps its keys: what a foreign key needs of its parent.</summary>
    KeyShare,
    Share,

    /// <summary>What an UPDATE that leaves the keys alone is.</summary>
    NoKeyUpdate,

    /// <summary>What a DELETE, or an UPDATE of a key, is.</summary>
    Update,
}

/// <summary>
/// The explicit locks of a table's rows, in a table beside the rows: most rows never have one. Guarded by the table's latch,
/// under which the owners of changed rows are looked at too. Charged to the table's memory. Knows nothing of waiting.
/// </summary>
internal sealed class RowLocks(MemoryAccount? account)
{
    private const int LockSize = 120;          // bytes, with its place here and in its transaction's list
    private const int LocksChargedAtOnce = 64;
    private const int CapacityKept = 1024;

    private readonly Dictionary<long, Holder> _holders = [];
    private long _count;
    private long _chargedCount;

    private sealed class Holder(TransactionStamp stamp, RowLockMode mode, Holder? next)
    {
        public readonly TransactionStamp Stamp = stamp;
        public readonly RowLockMode Mode = mode;
        public Holder? Next = next;
    }

    public bool IsEmpty => _holders.Count == 0;

    public int RowCount => _holders.Count;

    /// <summary>PostgreSQL's matrix, which comes to a sum: KEY SHARE keeps out UPDATE alone, SHARE the two that update.</summary>
    public static bool Conflict(RowLockMode one, RowLockMode other) => (int)one + (int)other > 2;

    /// <summary>Another transaction whose lock keeps this one out; null where there is none.</summary>
    public TransactionStamp? FindBlocker(long rowId, RowLockMode mode, TransactionStamp own)
    {
        _holders.TryGetValue(rowId, out Holder? holder);
        for (; holder is not null; holder = holder.Next)
        {
            if (!ReferenceEquals(holder.Stamp, own) && Conflict(holder.Mode, mode))
            {
                return holder.Stamp;
            }
        }
        return null;
    }

    /// <summary>All whose locks keep this one out, announced to as awaited.</summary>
    public void FindBlockers(long rowId, RowLockMode mode, TransactionStamp own, List<Blocker> blockers)
    {
        _holders.TryGetValue(rowId, out Holder? holder);
        for (; holder is not null; holder = holder.Next)
        {
            if (!ReferenceEquals(holder.Stamp, own) && Conflict(holder.Mode, mode))
            {
                blockers.Add(holder.Stamp.Await());
            }
        }
    }

    /// <summary>True where the transaction's lock keeps this one out.</summary>
    public bool Blocks(long rowId, RowLockMode wanted, TransactionStamp holding)
    {
        _holders.TryGetValue(rowId, out Holder? holder);
        while (holder is not null && !(ReferenceEquals(holder.Stamp, holding) && Conflict(holder.Mode, wanted)))
        {
            holder = holder.Next;
        }
        return holder is not null;
    }

    public bool IsHeldBy(long rowId, TransactionStamp own)
    {
        _holders.TryGetValue(rowId, out Holder? holder);
        while (holder is not null && !ReferenceEquals(holder.Stamp, own))
        {
            holder = holder.Next;
        }
        return holder is not null;
    }

    /// <summary>Notes a lock; false where the transaction has as strong a one already.</summary>
    public bool TryAdd(long rowId, RowLockMode mode, TransactionStamp own)
    {
        _holders.TryGetValue(rowId, out Holder? first);
        for (Holder? holder = first; holder is not null; holder = holder.Next)
        {
            if (ReferenceEquals(holder.Stamp, own) && holder.Mode >= mode)
            {
                return false;
            }
        }
        if (_count == _chargedCount)
        {
            account?.Charge(LocksChargedAtOnce * LockSize);   // 53200: the lock is not taken
            _chargedCount += LocksChargedAtOnce;
        }
        _count++;
        _holders[rowId] = new Holder(own, mode, first);
        return true;
    }

    public void Remove(long rowId, RowLockMode mode, TransactionStamp own)
    {
        Holder? before = null;
        for (Holder? holder = _holders.GetValueOrDefault(rowId); holder is not null; before = holder, holder = holder.Next)
        {
            if (!ReferenceEquals(holder.Stamp, own) || holder.Mode != mode)
            {
                continue;
            }
            if (before is not null)
            {
                before.Next = holder.Next;
            }
            else if (holder.Next is null)
            {
                _holders.Remove(rowId);
            }
            else
            {
                _holders[rowId] = holder.Next;
            }
            GiveBack();
            return;
        }
    }

    private void GiveBack()
    {
        _count--;
        if (_chargedCount - _count >= 2 * LocksChargedAtOnce)
        {
            account?.Release(LocksChargedAtOnce * LockSize);
            _chargedCount -= LocksChargedAtOnce;
        }
        if (_count == 0 && _holders.EnsureCapacity(0) > CapacityKept)
        {
            _holders.TrimExcess();
        }
    }
}
