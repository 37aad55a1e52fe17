using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Execution.Points;

/// <summary>UPDATE table SET columns = values WHERE key, and what else is asked of the row.</summary>
internal sealed class PointUpdate(
    DatabaseCatalog catalog, TableStore table, PointKey key, PointCondition? condition, PointRow? row, int[] columns, PointOperand[] values, bool[] isNotNull,
    PointChangedRow? changed, PointReferences? references)
    : PointStatement("UPDATE", catalog, table)
{
    private readonly RowBuffer _values = new(columns);

    public override PointRows? Rows => changed?.Output?.Rows;

    public override bool IsCurrent(DatabaseCatalog newest, DatabaseStorage storage) => base.IsCurrent(newest, storage) && references?.IsCurrent(storage) != false;

    public override void Lock(Transaction transaction)
    {
        base.Lock(transaction);
        references?.LockTables(transaction);
    }

    public override bool CanRun(RowBuffer parameters) => PointRowChange.MayBeValid(values, isNotNull, parameters);

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        int rowCount = Change(transaction, parameters);
        changed?.Output?.Finish(rowCount);
        return rowCount;
    }

    private int Change(Transaction transaction, RowBuffer parameters)
    {
        if (transaction.IsLogged)
        {
            key.PrefetchRow();
        }
        if (!key.TryFind(transaction.View, parameters, out long rowId))
        {
            return 0;
        }
        int mark = references is null ? 0 : transaction.Mark();   // which costs: changes before and after it stay apart
        int rowCount = Compute(parameters);
        if (rowCount > 0 && transaction.TryUpdate(Table, rowId, _values) != WriteOutcome.Done)
        {
            rowCount = ChangeLatest(transaction, rowId, parameters);
        }
        return rowCount > 0 && references?.TryKeep(key.Row, changed!.Row, transaction, mark) == false ? -1 : rowCount;
    }

    // Again, from the row's newest version.
    private int ChangeLatest(Transaction transaction, long rowId, RowBuffer parameters)
    {
        if (!key.IsStillThere(transaction, rowId, RowLockMode.NoKeyUpdate))
        {
            return 0;
        }
        int rowCount = Compute(parameters);
        return rowCount <= 0 || transaction.TryUpdate(Table, rowId, _values, isLatest: true) == WriteOutcome.Done ? rowCount : 0;
    }

    // 1 where the row found is to be changed, 0 where it is not wanted, -1 where the general way must say why it cannot be.
    private int Compute(RowBuffer parameters)
    {
        row?.Take(key.Row, parameters);
        if (condition?.IsMet() == false)
        {
            return 0;
        }
        return PointRowChange.TryFill(_values, values, isNotNull, parameters) && changed?.TryTake(key.Row, _values, parameters) != false ? 1 : -1;
    }
}

/// <summary>DELETE FROM table WHERE key, and what else is asked of the row.</summary>
internal sealed class PointDelete(
    DatabaseCatalog catalog, TableStore table, PointKey key, PointCondition? condition, PointRow? row, PointOutput? output, PointReferences? references)
    : PointStatement("DELETE", catalog, table)
{
    public override PointRows? Rows => output?.Rows;

    public override bool IsCurrent(DatabaseCatalog newest, DatabaseStorage storage) => base.IsCurrent(newest, storage) && references?.IsCurrent(storage) != false;

    public override void Lock(Transaction transaction)
    {
        base.Lock(transaction);
        references?.LockTables(transaction);
    }

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        int mark = references is null ? 0 : transaction.Mark();   // which costs: changes before and after it stay apart
        int rowCount = Delete(transaction, parameters) ? 1 : 0;
        if (rowCount > 0 && references?.TryKeep(key.Row, null, transaction, mark) == false)
        {
            rowCount = -1;
        }
        output?.Finish(rowCount);
        return rowCount;
    }

    private bool Delete(Transaction transaction, RowBuffer parameters)
    {
        if (transaction.IsLogged)
        {
            key.PrefetchRow();
        }
        if (!key.TryFind(transaction.View, parameters, out long rowId) || !IsWanted(parameters))
        {
            return false;
        }
        if (transaction.TryDelete(Table, rowId) == WriteOutcome.Done)
        {
            return true;
        }
        return key.IsStillThere(transaction, rowId, RowLockMode.Update) && IsWanted(parameters)
            && transaction.TryDelete(Table, rowId, isLatest: true) == WriteOutcome.Done;
    }

    private bool IsWanted(RowBuffer parameters)
    {
        row?.Take(key.Row, parameters);
        if (condition?.IsMet() == false)
        {
            return false;
        }
        output?.Compute(parameters);
        return true;
    }
}

/// <summary>INSERT INTO table VALUES (values), one for each column that is stored.</summary>
internal class PointInsert(
    DatabaseCatalog catalog, TableStore table, RowBuffer values, PointRow? row, PointOperand[] operands, bool[] isNotNull,
    PointNewRow? newRow, PointParent[] parents)
    : PointStatement("INSERT", catalog, table)
{
    public override bool IsInsert => true;

    public override PointRows? Rows => newRow?.Output?.Rows;

    public override bool IsCurrent(DatabaseCatalog newest, DatabaseStorage storage)
    {
        foreach (PointParent parent in parents)
        {
            if (!parent.IsCurrent(storage))
            {
                return false;
            }
        }
        return base.IsCurrent(newest, storage);
    }

    public override void Lock(Transaction transaction)
    {
        base.Lock(transaction);
        foreach (PointParent parent in parents)
        {
            parent.LockTable(transaction);
        }
    }

    public override bool CanRun(RowBuffer parameters) => PointRowChange.MayBeValid(operands, isNotNull, parameters);

    /// <summary>The row.</summary>
    protected RowBuffer Values => values;

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        int rowCount = Change(transaction, parameters);
        newRow?.Output?.Finish(rowCount);
        return rowCount;
    }

    protected virtual int Change(Transaction transaction, RowBuffer parameters)
    {
        if (!TryFill(parameters) || !TryLockParents(transaction))
        {
            return -1;
        }
        transaction.Insert(Table, values);
        return 1;
    }

    protected bool TryFill(RowBuffer parameters)
    {
        row?.Take(null, parameters);
        return PointRowChange.TryFill(values, operands, isNotNull, parameters) && newRow?.TryTake(values, values, parameters) != false;
    }

    protected bool TryLockParents(Transaction transaction)
    {
        foreach (PointParent parent in parents)
        {
            if (!parent.TryLock(values, transaction))
            {
                return false;
            }
        }
        return true;
    }
}

/// <summary>The new values of one row. A NULL where none may be is left to the general way, which makes the error.</summary>
internal static class PointRowChange
{
    public static bool MayBeValid(PointOperand[] operands, bool[] isNotNull, RowBuffer parameters)
    {
        for (int i = 0; i < operands.Length; i++)
        {
            if (isNotNull[i] && operands[i].IsSurelyNull(parameters))
            {
                return false;
            }
        }
        return true;
    }

    public static bool TryFill(RowBuffer values, PointOperand[] operands, bool[] isNotNull, RowBuffer parameters)
    {
        for (int i = 0; i < operands.Length; i++)
        {
            operands[i].CopyTo(parameters, values, i);
            if (isNotNull[i] && values.IsNull(i))
            {
                return false;
            }
        }
        return true;
    }
}
