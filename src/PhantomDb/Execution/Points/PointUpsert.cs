using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;

namespace PhantomDb.Execution.Points;

/// <summary>INSERT of one row with ON CONFLICT: looks at the newest state, as <see cref="ConflictInsert"/> does for any number of rows.</summary>
internal sealed class PointUpsert(
    DatabaseCatalog catalog, TableStore table, RowBuffer values, PointRow? row, PointOperand[] operands, bool[] isNotNull,
    PointNewRow? newRow, PointParent[] parents, TableIndex[] arbiters, PointConflictUpdate? update)
    : PointInsert(catalog, table, values, row, operands, isNotNull, newRow, parents)
{
    public override bool IsInsert => false;   // it reads

    protected override int Change(Transaction transaction, RowBuffer parameters)
    {
        if (!TryFill(parameters))
        {
            return -1;
        }
        long rowId;
        do
        {
            if (!TryFindConflict(transaction, out rowId))
            {
                if (!TryLockParents(transaction))
                {
                    return -1;
                }
                if (TryInsert(transaction))
                {
                    return 1;
                }
                continue;   // somebody else has taken the key meanwhile
            }
            EnsureVisible(transaction, rowId);
            if (update is null)
            {
                return 0;
            }
        }
        while (rowId < 0 || !TryLockConflict(transaction, rowId));
        return update!.Run(Table, transaction, rowId, Values, parameters);
    }

    // At its newest version, which need not be one that the statement sees. False where it has gone or lost the key meanwhile.
    private bool TryLockConflict(Transaction transaction, long rowId) =>
        transaction.LockLatest(Table, rowId, RowLockMode.NoKeyUpdate) && TryFindConflict(transaction, out long again) && again == rowId;

    private bool TryFindConflict(Transaction transaction, out long rowId)
    {
        foreach (TableIndex index in arbiters)
        {
            if (transaction.TryFindConflict(Table, index, Values, out rowId))
            {
                return true;
            }
        }
        rowId = -1;
        return false;
    }

    private bool TryInsert(Transaction transaction)
    {
        try
        {
            transaction.Insert(Table, Values);
            return true;
        }
        catch (PhantomDbException failure) when (failure.SqlState == SqlStates.UniqueViolation
            && Array.Exists(arbiters, index => index.Definition.Name == failure.ConstraintName))
        {
            return false;
        }
    }

    private void EnsureVisible(Transaction transaction, long rowId)
    {
        if (transaction.Isolation != IsolationLevel.ReadCommitted
            && !Table.IsVisible(rowId, new ReadView(transaction.ReadTimestamp, transaction.Stamp, int.MaxValue)))
        {
            throw Error.ConcurrentUpdate();
        }
    }
}

/// <summary>DO UPDATE of the one row in the way: its new values are computed from it and the proposed row.</summary>
internal sealed class PointConflictUpdate
{
    private readonly int _width;           // columns of a row, without index expressions
    private readonly RowBuffer _pair;      // the existing row's columns, then the proposed row's
    private readonly PointRow? _pairRow;
    private readonly RowBuffer _updated;   // the whole row
    private readonly RowBuffer _values;
    private readonly int[] _places;        // of the values in the row
    private readonly PointOperand[] _operands;
    private readonly bool[] _isNotNull;
    private readonly PointCondition? _where;
    private readonly PointNewRow? _newRow;

    private PointConflictUpdate(TableStore table, int[] changed, int[] stored, int width, PointExpressions pair, bool[] isNotNull, PointNewRow? newRow)
    {
        ReadOnlySpan<int> columns = table.ColumnNumbers.AsSpan(0, width);
        _width = width;
        _pair = new RowBuffer([.. columns, .. columns]);
        _where = pair.BuildCondition();
        _operands = pair.Build();
        _pairRow = pair.Row;
        _updated = table.NewRowBuffer();
        _values = new RowBuffer([.. changed, .. stored]);
        _places = [.. _values.Columns.Select(number => Array.IndexOf(table.ColumnNumbers, number))];
        _isNotNull = [.. changed.Select((_, i) => isNotNull[_places[i]])];
        _newRow = newRow;
    }

    /// <summary>The update for a row's columns in the order of the table's buffers; null where something of it cannot be computed here.</summary>
    public static PointConflictUpdate? Create(
        LogicalInsert insert, TableStore table, IReadOnlyList<LogicalColumn> columns, bool[] isNotNull, PointNewRow? newRow,
        IReadOnlyList<SqlType> parameterTypes, IStatementContext statement)
    {
        ConflictAction action = insert.OnConflict!;
        int width = columns.Count;
        PointExpressions pair = PointExpressions.OfRow(
            insert.Table, [.. table.ColumnNumbers.Take(width).Select(number => action.Existing[insert.Table.IndexOfNumber(number)]), .. columns], parameterTypes, statement);
        if (!action.Assignments.All(assignment => pair.TryAdd(assignment.Value, insert.Table.TypeOf(assignment.ColumnNumber)))
            || (action.Where is not null && !pair.TryAddCondition(action.Where)))
        {
            return null;
        }
        int[] changed = [.. action.Assignments.Select(assignment => assignment.ColumnNumber)];
        int[] stored = [.. StoredValues.Reading(insert.Table, insert.Stored, changed).Select(value => value.Column.ColumnNumber)];
        return new PointConflictUpdate(table, changed, stored, width, pair, isNotNull, newRow);
    }

    /// <summary>Updates a row that is locked; 0 where WHERE does not want it, -1 where the general way must make an error.</summary>
    public int Run(TableStore table, Transaction transaction, long rowId, RowBuffer proposed, RowBuffer parameters)
    {
        if (!table.TryReadLatest(rowId, _pair))
        {
            return -1;
        }
        for (int i = 0; i < _width; i++)
        {
            PointValues.Copy(proposed, i, _pair, _width + i);
        }
        _pairRow?.Take(_pair, parameters);
        if (_where?.IsMet() == false)
        {
            return 0;
        }
        if (!PointRowChange.TryFill(_values, _operands, _isNotNull, parameters))
        {
            return -1;
        }
        if (_newRow is not null)
        {
            for (int i = 0; i < _width; i++)
            {
                PointValues.Copy(_pair, i, _updated, i);
            }
            for (int i = 0; i < _operands.Length; i++)
            {
                PointValues.Copy(_values, i, _updated, _places[i]);
            }
            if (!_newRow.TryTake(_updated, _updated, parameters))
            {
                return -1;
            }
            for (int i = _operands.Length; i < _places.Length; i++)
            {
                PointValues.Copy(_updated, _places[i], _values, i);
            }
        }
        return transaction.TryUpdate(table, rowId, _values, transaction.Isolation == IsolationLevel.ReadCommitted) == WriteOutcome.Done
            ? 1
            : throw Error.ConcurrentUpdate();
    }
}
