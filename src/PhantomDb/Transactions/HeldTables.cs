namespace PhantomDb.Transactions;

/// <summary>The tables' locks that a transaction has taken, in their order, and its places in the tables' lists of holders, which are kept for its session's next one.</summary>
internal sealed class HeldTables(Transaction owner, LockManager locks)
{
    private const int KeptMax = 256;
    private const int SearchedMax = 32;

    private readonly List<TableHold> _holds = [];                        // kept from transaction to transaction
    private readonly List<(TableHold Hold, int ModesBefore)> _taken = [];
    private Dictionary<int, TableHold>? _byOid;                          // when they are many
    private int _nameCount;                                              // of them, locks of names

    /// <summary>Locks taken: a place to come back to.</summary>
    public int Count => _taken.Count;

    /// <summary>The transaction's place among a table's holders.</summary>
    public TableHold Of(int oid)
    {
        if (_byOid is not null)
        {
            if (_byOid.TryGetValue(oid, out TableHold? found))
            {
                return found;
            }
        }
        else
        {
            foreach (TableHold known in _holds)
            {
                if (known.Table.Oid == oid)
                {
                    return known;
                }
            }
        }
        TableHold hold = locks.Register(owner, oid);
        _holds.Add(hold);
        _nameCount += oid < 0 ? 1 : 0;
        if (_holds.Count == SearchedMax)
        {
            _byOid = _holds.ToDictionary(known => known.Table.Oid);
        }
        else
        {
            _byOid?.Add(oid, hold);
        }
        return hold;
    }

    /// <summary>Takes a lock, after waiting for it.</summary>
    /// <param name="hold">The table's.</param>
    /// <param name="mode">The lock.</param>
    /// <param name="waits">False: 55P03 rather than waiting.</param>
    /// <param name="name">Of the table, for that error.</param>
    /// <param name="excludesQueries">Queries that begin while it is awaited wait too.</param>
    public void Take(TableHold hold, TableLockMode mode, bool waits, string name, bool excludesQueries)
    {
        int before = hold.Modes;
        if (excludesQueries)
        {
            TakeExclusively(hold, mode, waits, name);
        }
        else
        {
            locks.Acquire(hold, mode, waits, name);
        }
        _taken.Add((hold, before));
    }

    private void TakeExclusively(TableHold hold, TableLockMode mode, bool waits, string name)
    {
        int before = hold.Modes;
        locks.Exclude(hold);
        try
        {
            locks.Acquire(hold, mode, waits, name);
        }
        catch
        {
            locks.Release(hold, before);
            Interlocked.MemoryBarrier();
            owner.AnnounceRelease();
            throw;
        }
    }

    /// <summary>Gives back all but the first so many.</summary>
    public void ReleaseTo(int count)
    {
        for (int i = _taken.Count - 1; i >= count; i--)
        {
            locks.Release(_taken[i].Hold, _taken[i].ModesBefore);
        }
        _taken.RemoveRange(count, _taken.Count - count);
    }

    /// <summary>Nothing is held any more: places that the next transaction will hardly want go.</summary>
    public void Trim()
    {
        if (_nameCount == 0 && _holds.Count <= KeptMax)
        {
            return;
        }
        List<TableHold> kept = _holds.Count > KeptMax ? [] : _holds.FindAll(hold => hold.Table.Oid >= 0);   // a name is given once
        locks.Unregister(_holds.Except(kept));
        _holds.Clear();
        _holds.AddRange(kept);
        _byOid = _holds.Count < SearchedMax ? null : _holds.ToDictionary(hold => hold.Table.Oid);
        _nameCount = 0;
    }

    /// <summary>The session ends.</summary>
    public void Close() => locks.Unregister(_holds);
}
