using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>Locking: rows and tables, and the waits for them.</summary>
internal sealed partial class Transaction
{
    private const int RowLocksKeptMax = 1024;

    private readonly List<(TableStore Table, long RowId, RowLockMode Mode)> _rowLocks = [];
    private readonly List<Blocker> _blockers = [];
    private TableStore? _awaitedTable;   // that has the row for which the transaction stands in line
    private long _awaitedRowId;

    /// <summary>
    /// Locks a row as the statement sees it. Outcomes as of <see cref="TryUpdate"/>; and Blocked where
    /// <paramref name="waits"/> is false and somebody would have to be waited for.
    /// </summary>
    public WriteOutcome TryLock(TableStore table, long rowId, RowLockMode mode, bool waits = true)
    {
        WriteOutcome outcome = Lock(table, rowId, mode, Writer(isLatest: false), waits);
        return outcome == WriteOutcome.Blocked ? outcome : Passed(outcome);
    }

    /// <summary>As <see cref="TryLock"/>, but 40001 is no outcome, whatever the isolation level: for checks, which look at the newest state.</summary>
    public WriteOutcome LockSeen(TableStore table, long rowId, RowLockMode mode) =>
        Lock(table, rowId, mode, Writer(isLatest: false), waits: true);

    /// <summary>
    /// Waits until a row can be locked as it is now, however often it was changed; false where it is gone. Its newest version is
    /// then this transaction's to look at and to change.
    /// </summary>
    public bool LockLatest(TableStore table, long rowId, RowLockMode mode) =>
        Lock(table, rowId, mode, Writer(isLatest: true), waits: true) == WriteOutcome.Done;

    /// <summary>As <see cref="LockLatest"/>; Blocked where somebody would have to be waited for and <paramref name="waits"/> is false.</summary>
    public WriteOutcome TryLockLatest(TableStore table, long rowId, RowLockMode mode, bool waits) =>
        Lock(table, rowId, mode, Writer(isLatest: true), waits);

    /// <summary>
    /// Locks the row that has a key of a unique index in the latest state, so that it keeps it: what a foreign key needs of
    /// its parent. Waits for whoever may remove or bring it; false where there is none.
    /// </summary>
    public bool LockKey(TableStore table, TableIndex index, ReadOnlySpan<byte> key, out long rowId)
    {
        while (true)
        {
            WriteOutcome outcome = table.LockKey(index, key, _stamp!, out rowId, out bool isNew, out Blocker blocker);
            if (isNew)
            {
                _rowLocks.Add((table, rowId, RowLockMode.KeyShare));
            }
            if (outcome != WriteOutcome.Blocked)
            {
                return outcome == WriteOutcome.Done;
            }
            WaitFor(blocker);
        }
    }

    /// <summary>The row that a unique index would not let in beside these values, after waiting for whoever decides that.</summary>
    public bool TryFindConflict(TableStore table, TableIndex index, RowBuffer row, out long rowId)
    {
        while (true)
        {
            bool isFound = table.TryFindConflict(index, row, _stamp!, out rowId, out Blocker blocker);
            if (blocker.IsNone)
            {
                return isFound;
            }
            WaitFor(blocker);
        }
    }

    /// <summary>Throws 23505 where another row has a row's key of a unique index, after waiting for whoever decides that.</summary>
    public void TestKey(TableStore table, TableIndex index, long rowId)
    {
        while (true)
        {
            table.TestKey(index, rowId, _stamp!, out Blocker blocker);
            if (blocker.IsNone)
            {
                return;
            }
            WaitFor(blocker);
        }
    }

    /// <summary>Takes a table's lock until the transaction ends, or is rolled back to a place before.</summary>
    /// <param name="oid">The table.</param>
    /// <param name="mode">The lock.</param>
    /// <param name="waits">False: 55P03 rather than waiting.</param>
    /// <param name="name">Of the table, for that error.</param>
    /// <param name="excludesQueries">Queries that begin from now on wait too (<see cref="AwaitExclusions"/>); those that have begun go on.</param>
    public void LockTable(int oid, TableLockMode mode, bool waits = true, string name = "", bool excludesQueries = false)
    {
        TableHold hold = _heldTables.Of(oid);
        bool isNewExclusion = excludesQueries && !hold.ExcludesQueries;
        if (hold.Has(mode) && !isNewExclusion)
        {
            return;
        }
        if (_stamp is null)
        {
            NewStamp();
        }
        _heldTables.Take(hold, mode, waits, name, isNewExclusion);
    }

    /// <summary>
    /// Waits for those who keep queries out of these tables. For statements that read, before they take their snapshot, where
    /// <see cref="LockManager.ExcludesQueries"/> says that there are any.
    /// </summary>
    public void AwaitExclusions(IEnumerable<int> tableOids)
    {
        foreach (int oid in tableOids.Order())
        {
            if (_manager.Locks.IsExcluded(oid))
            {
                LockTable(oid, TableLockMode.AccessShare);
            }
        }
    }

    private WriteOutcome Lock(TableStore table, long rowId, RowLockMode mode, in RowWriter writer, bool waits)
    {
        while (true)
        {
            WriteOutcome outcome = table.Lock(rowId, mode, writer, out bool isNew, out Blocker blocker);
            if (isNew)
            {
                _rowLocks.Add((table, rowId, mode));
            }
            if (outcome != WriteOutcome.Blocked || !waits)
            {
                if (outcome is WriteOutcome.Done or WriteOutcome.Gone)
                {
                    LeaveRow();
                }
                return outcome;
            }
            WaitForRow(table, rowId, mode, blocker);
        }
    }

    // The place in the row's queue is kept until the row is had: where it was changed meanwhile, the caller comes back for it.
    private void WaitForRow(TableStore table, long rowId, RowLockMode mode, in Blocker blocker)
    {
        if (_awaitedTable is not null && (_awaitedTable != table || _awaitedRowId != rowId))
        {
            LeaveRow();
        }
        if (blocker.WaitABit())
        {
            return;
        }
        // The blocker may be the owner of another row, which has the unique key that this one is to get.
        _blockers.Clear();
        _blockers.Add(blocker);
        table.FindBlockers(rowId, mode, _stamp!, _blockers);
        _manager.Locks.TellRowWaiters(this);
        if (table.IsLockedBy(rowId, _stamp!))
        {
            // Those in line wait for this one's lock: behind them it would wait for ever.
            LeaveRow();
            _manager.Locks.WaitBesideLine(this, _blockers, table, rowId, mode);
            return;
        }
        (_awaitedTable, _awaitedRowId) = (table, rowId);
        try
        {
            _manager.Locks.WaitForRow(this, _blockers, table, rowId, mode);
        }
        catch
        {
            LeaveRow();
            throw;
        }
    }

    private void WaitFor(in Blocker blocker)
    {
        if (blocker.WaitABit())
        {
            return;
        }
        _manager.Locks.TellRowWaiters(this);
        _manager.Locks.WaitFor(this, blocker);
    }

    private void LeaveRow()
    {
        if (_awaitedTable is { } table)
        {
            _awaitedTable = null;
            _manager.Locks.LeaveRow(this, table, _awaitedRowId);
        }
    }

    // Down to so many of each.
    private void Unlock(int rowLockCount, int tableLockCount)
    {
        for (int i = _rowLocks.Count - 1; i >= rowLockCount; i--)
        {
            (TableStore table, long rowId, RowLockMode mode) = _rowLocks[i];
            table.Unlock(rowId, mode, _stamp!);
        }
        _rowLocks.RemoveRange(rowLockCount, _rowLocks.Count - rowLockCount);
        _heldTables.ReleaseTo(tableLockCount);
    }
}
