using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Execution.Points;

/// <summary>
/// SELECT … WHERE key FOR UPDATE and its like: the row is locked when it is found and wanted, and looked at again where another
/// transaction has changed it meanwhile.
/// </summary>
internal sealed class PointLock(
    DatabaseCatalog catalog, TableStore table, PointKey key, PointCondition? condition, PointRow? row, PointOutput output, LockedTable locked)
    : PointStatement("SELECT", catalog, table)
{
    private readonly RowLockMode _mode = (RowLockMode)locked.Strength;
    private readonly bool _waits = locked.Policy == RowLockPolicy.Wait;

    public override bool ChangesRows => false;

    public override string Command => locked.Command;

    public override PointRows Rows => output.Rows;

    public override void Lock(Transaction transaction) =>
        transaction.LockTable(locked.Table.Oid, TableLockMode.RowShare, name: locked.Table.Name);   // NOWAIT is about rows alone

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        bool isLocked = key.TryFind(transaction.View, parameters, out long rowId) && IsWanted(parameters) && TryLock(transaction, rowId, parameters);
        output.Finish(isLocked ? 1 : 0);
        return isLocked ? 1 : 0;
    }

    // Computed before the row is locked, as an operator below would: what fails does not wait first.
    private bool IsWanted(RowBuffer parameters)
    {
        row?.Take(key.Row, parameters);
        if (condition?.IsMet() == false)
        {
            return false;
        }
        output.Compute(parameters);
        return true;
    }

    // False where the row is skipped, is gone, or as it is now is no longer wanted (READ COMMITTED).
    private bool TryLock(Transaction transaction, long rowId, RowBuffer parameters)
    {
        WriteOutcome outcome = transaction.TryLock(Table, rowId, _mode, _waits);
        bool isChanged = outcome == WriteOutcome.Changed;
        if (isChanged)
        {
            outcome = transaction.TryLockLatest(Table, rowId, _mode, _waits);
        }
        if (outcome == WriteOutcome.Blocked && locked.Policy == RowLockPolicy.NoWait)
        {
            throw Error.RowLockNotAvailable(locked.Table.Name);
        }
        return outcome == WriteOutcome.Done && (!isChanged || (key.IsStillThere(rowId) && IsWanted(parameters)));
    }
}
