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
    private const int HoldersListedMax = 8;    // of one row: as for a parent whose children many transactions bring

    private readonly Dictionary<long, Holder> _holders = [];
    private long _count;
    private long _chargedCount;

    private sealed class Holder(TransactionStamp stamp, RowLockMode mode, Holder? next)
    {
        public readonly TransactionStamp Stamp = stamp;
        public readonly RowLockMode Mode = mode;
        public Holder? Next = next;
        public RowHolders? All;   // of the row, where they are many: then this one stands for the row alone
    }

    /// <summary>Holders that were looked at one by one. For tests of how that cost grows.</summary>
    internal long HolderSteps { get; private set; }

    public bool IsEmpty => _holders.Count == 0;

    public int RowCount => _holders.Count;

    /// <summary>PostgreSQL's matrix, which comes to a sum: KEY SHARE keeps out UPDATE alone, SHARE the two that update.</summary>
    public static bool Conflict(RowLockMode one, RowLockMode other) => (int)one + (int)other > 2;

    /// <summary>
    /// Another transaction whose lock keeps this one out; null where there is none. The locks of one that has committed keep nobody out,
    /// though it may clean up for a while before it gives them back.
    /// </summary>
    public TransactionStamp? FindBlocker(long rowId, RowLockMode mode, TransactionStamp own)
    {
        _holders.TryGetValue(rowId, out Holder? holder);
        if (holder?.All is { } all)
        {
            return all.TryFindConflict(mode, own, out TransactionStamp? conflict) ? conflict : null;
        }
        for (; holder is not null; holder = holder.Next)
        {
            HolderSteps++;
            if (!ReferenceEquals(holder.Stamp, own) && Conflict(holder.Mode, mode) && !holder.Stamp.IsCommitted)
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
        if (holder?.All is { } all)
        {
            foreach (TransactionStamp conflict in all.Conflicts(mode, own))
            {
                blockers.Add(conflict.Await());
            }
            return;
        }
        for (; holder is not null; holder = holder.Next)
        {
            if (!ReferenceEquals(holder.Stamp, own) && Conflict(holder.Mode, mode) && !holder.Stamp.IsCommitted)
            {
                blockers.Add(holder.Stamp.Await());
            }
        }
    }

    /// <summary>True where the transaction's lock keeps this one out.</summary>
    public bool Blocks(long rowId, RowLockMode wanted, TransactionStamp holding)
    {
        for (var mode = RowLockMode.KeyShare; mode <= RowLockMode.Update; mode++)
        {
            if (Conflict(mode, wanted))
            {
                return HasAtLeast(_holders.GetValueOrDefault(rowId), mode, holding);   // what a weaker lock keeps out, a stronger one does too
            }
        }
        return false;
    }

    public bool IsHeldBy(long rowId, TransactionStamp own) => HasAtLeast(_holders.GetValueOrDefault(rowId), RowLockMode.KeyShare, own);

    private bool HasAtLeast(Holder? holder, RowLockMode mode, TransactionStamp own)
    {
        if (holder?.All is { } all)
        {
            while (mode <= RowLockMode.Update && !all.Has(own, mode))
            {
                mode++;
            }
            return mode <= RowLockMode.Update;
        }
        while (holder is not null && !(ReferenceEquals(holder.Stamp, own) && holder.Mode >= mode))
        {
            HolderSteps++;
            holder = holder.Next;
        }
        return holder is not null;
    }

    /// <summary>Notes a lock; false where the transaction has as strong a one already.</summary>
    public bool TryAdd(long rowId, RowLockMode mode, TransactionStamp own)
    {
        _holders.TryGetValue(rowId, out Holder? first);
        if (HasAtLeast(first, mode, own))
        {
            return false;
        }
        if (_count == _chargedCount)
        {
            account?.Charge(LocksChargedAtOnce * LockSize);   // 53200: the lock is not taken
            _chargedCount += LocksChargedAtOnce;
        }
        _count++;
        if (first?.All is { } all)
        {
            all.Add(own, mode);
            return true;
        }
        first = new Holder(own, mode, first);
        _holders[rowId] = first;
        int count = 0;
        for (Holder? holder = first; holder is not null; holder = holder.Next)
        {
            count++;
        }
        if (count > HoldersListedMax)
        {
            first.All = Gather(first);
            first.Next = null;
        }
        return true;
    }

    private static RowHolders Gather(Holder? first)
    {
        var all = new RowHolders();
        for (; first is not null; first = first.Next)
        {
            all.Add(first.Stamp, first.Mode);
        }
        return all;
    }

    public void Remove(long rowId, RowLockMode mode, TransactionStamp own)
    {
        Holder? before = null;
        Holder? first = _holders.GetValueOrDefault(rowId);
        if (first?.All is { } all)
        {
            if (all.Remove(own, mode))
            {
                if (all.Count == 0)
                {
                    _holders.Remove(rowId);
                }
                GiveBack();
            }
            return;
        }
        for (Holder? holder = first; holder is not null; before = holder, holder = holder.Next)
        {
            HolderSteps++;
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
