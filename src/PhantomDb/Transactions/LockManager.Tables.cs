using System.Diagnostics;
using PhantomDb.Errors;

namespace PhantomDb.Transactions;

/// <summary>Locks of tables: weak ones are taken without the gate, all others in turn.</summary>
internal sealed partial class LockManager
{
    private readonly Dictionary<int, TableLock> _tables = [];
    private int _exclusionCount;

    /// <summary>True where somebody keeps queries out of a table: then they have to take locks. Nearly always false, and one load to know.</summary>
    public bool ExcludesQueries => Volatile.Read(ref _exclusionCount) != 0;

    /// <summary>True where queries of this table have to take its lock.</summary>
    public bool IsExcluded(int oid)
    {
        lock (_gate)
        {
            return _tables.TryGetValue(oid, out TableLock? table) && table.ExclusionCount > 0;
        }
    }

    /// <summary>From now on queries of the table wait for the transaction, which holds its strongest lock or is about to ask for it.</summary>
    public void Exclude(TableHold hold)
    {
        lock (_gate)
        {
            hold.Modes |= TableHold.ExclusionBit;
            hold.Table.ExclusionCount++;
            Volatile.Write(ref hold.Table.StrongCount, hold.Table.StrongCount + 1);   // as Release counts it
            Volatile.Write(ref _exclusionCount, _exclusionCount + 1);
        }
    }

    /// <summary>The transaction object's share in a table's lock, with nothing held.</summary>
    public TableHold Register(Transaction transaction, int oid)
    {
        lock (_gate)
        {
            if (!_tables.TryGetValue(oid, out TableLock? table))
            {
                _tables.Add(oid, table = new TableLock(oid));
            }
            var hold = new TableHold(transaction, table);
            table.Holds.Add(hold);
            return hold;
        }
    }

    /// <summary>Ends the transaction object's shares.</summary>
    public void Unregister(IEnumerable<TableHold> holds)
    {
        lock (_gate)
        {
            foreach (TableHold hold in holds)
            {
                Debug.Assert(hold.Modes == 0);
                hold.Table.Holds.Remove(hold);
                if (hold.Table.Holds.Count == 0)
                {
                    _tables.Remove(hold.Table.Oid);   // who waits has a share too: nobody knows this lock any more
                }
            }
        }
    }

    /// <summary>
    /// Takes a table's lock. Readers and writers of rows do not conflict: as long as nobody holds or wants more, each only
    /// notes its own mode, fences, and looks at the counter of the strong; these count themselves first, fence, and then look at
    /// the notes.
    /// </summary>
    /// <param name="hold">The transaction's share in the table's lock.</param>
    /// <param name="mode">What is wanted.</param>
    /// <param name="waits">False: 55P03 rather than waiting.</param>
    /// <param name="name">Of the table, for that error.</param>
    public void Acquire(TableHold hold, TableLockMode mode, bool waits, string name)
    {
        if (!TableLock.IsStrong(mode))
        {
            int before = hold.Modes;
            hold.Modes = before | (1 << (int)mode);
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref hold.Table.StrongCount) == 0)
            {
                return;
            }
            hold.Modes = before;
            Interlocked.MemoryBarrier();
            hold.Owner.AnnounceRelease();   // a strong one may have taken the note for a hold
        }
        AcquireInTurn(hold, mode, waits, name);
    }

    /// <summary>Sets the modes held back to what they were; waiters are woken by <see cref="Wake"/>.</summary>
    public void Release(TableHold hold, int modesLeft)
    {
        const int WeakModes = (1 << (int)TableLockMode.ShareUpdateExclusive) - 1;
        int given = hold.Modes & ~modesLeft & ~WeakModes;
        if (given == 0)
        {
            hold.Modes = modesLeft;
            return;
        }
        lock (_gate)
        {
            hold.Modes = modesLeft;
            if ((given & TableHold.ExclusionBit) != 0)
            {
                hold.Table.ExclusionCount--;
                Volatile.Write(ref _exclusionCount, _exclusionCount - 1);
            }
            Volatile.Write(ref hold.Table.StrongCount, hold.Table.StrongCount - System.Numerics.BitOperations.PopCount((uint)given));
        }
    }

    /// <summary>Tables in whose lock anybody has a share.</summary>
    internal int TableCount
    {
        get
        {
            lock (_gate)
            {
                return _tables.Count;
            }
        }
    }
    private void AcquireInTurn(TableHold hold, TableLockMode mode, bool waits, string name)
    {
        TableLock table = hold.Table;
        bool isStrong = TableLock.IsStrong(mode);
        if (hold.Has(mode))
        {
            return;
        }
        TableRequest request = new(hold.Owner, mode);
        bool isGranted = false;
        lock (_gate)
        {
            table.Queue.Add(request);
            if (isStrong)
            {
                Volatile.Write(ref table.StrongCount, table.StrongCount + 1);
            }
        }
        Interlocked.MemoryBarrier();
        try
        {
            TellRowWaiters(hold.Owner);
            while (true)
            {
                lock (_gate)
                {
                    FindBlockers(request, hold);
                    if (_blockers.Count == 0)
                    {
                        hold.Modes |= 1 << (int)mode;
                        isGranted = true;
                        return;
                    }
                    if (!waits)
                    {
                        throw Error.TableLockNotAvailable(name);
                    }
                    Enlist(hold.Owner, _blockers[0], Others(1), row: null);
                }
                Sleep(hold.Owner);
            }
        }
        finally
        {
            lock (_gate)
            {
                table.Queue.Remove(request);
                if (isStrong && !isGranted)
                {
                    Volatile.Write(ref table.StrongCount, table.StrongCount - 1);
                }
                WakeQueue(table);   // those behind look again whom they wait for
            }
        }
    }

    // All who hold, or have asked before for, what this request cannot be beside. Marked as awaited before the last look:
    // with the owner's fence between giving up and looking at the mark, it is not missed.
    private void FindBlockers(TableRequest request, TableHold own)
    {
        _blockers.Clear();
        TableLock table = own.Table;
        foreach (TableHold hold in table.Holds)
        {
            if (!ReferenceEquals(hold, own) && TableLock.Conflict(request.Mode, hold.Modes) && hold.Owner.Stamp is { } stamp)
            {
                stamp.Await();
                Interlocked.MemoryBarrier();
                if (TableLock.Conflict(request.Mode, hold.Modes) && ReferenceEquals(hold.Owner.Stamp, stamp))
                {
                    _blockers.Add(stamp);
                }
            }
        }
        foreach (TableRequest before in table.Queue)
        {
            if (ReferenceEquals(before, request))
            {
                break;
            }
            // Who waits for what this transaction holds already cannot be waited for.
            if (TableLock.Conflict(request.Mode, 1 << (int)before.Mode) && !TableLock.Conflict(before.Mode, own.Modes)
                && before.Transaction.Stamp is { } stamp)
            {
                stamp.Await();
                _blockers.Add(stamp);
            }
        }
    }

    private void WakeQueue(TableLock table)
    {
        foreach (TableRequest request in table.Queue)
        {
            if (request.Transaction.Stamp is { } stamp && _waits.TryGetValue(stamp, out Wait wait))
            {
                End(wait);
            }
        }
    }
}
