using PhantomDb.Errors;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// INSERT … ON CONFLICT, row by row: a proposed row that a unique index would not let in is left out, or changes the row
/// that is in its way. Looks at the newest state, which the statement's own rows are part of.
/// </summary>
internal sealed class ConflictInsert
{
    private readonly LogicalInsert _insert;
    private readonly ConflictAction _action;
    private readonly StatementScope _scope;
    private readonly TableStore _table;
    private readonly TableIndex[] _arbiters;
    private readonly RowChecks _checks;
    private readonly ReturningRows? _returning;
    private readonly ForeignKeyChecks _foreignKeys;
    private readonly KeyChanges _insertedKeys;
    private readonly KeyChanges _updatedKeys;
    private readonly StoredValues _insertedExpressions;
    private readonly StoredValues _updatedExpressions;
    private Vector[] _expressions = [];      // of the chunk at hand
    private readonly RowBuffer _proposed;
    private readonly RowBuffer _pair;        // the existing row's columns, then the proposed row's
    private readonly DataChunk _pairChunk;
    private readonly DataChunk _newRow;
    private readonly RowBuffer _values;
    private readonly PredicateEvaluator? _where;
    private readonly (int Place, ExpressionEvaluator Value)[] _assignments;
    private readonly RowIdSet _changed;
    private int[] _selected = [];
    private int _selectedCount;

    public ConflictInsert(LogicalInsert insert, StatementScope scope)
    {
        _insert = insert;
        _action = insert.OnConflict!;
        _scope = scope;
        _changed = new RowIdSet(scope.Statement.Memory);
        _table = scope.Tables[insert.Table.Oid];
        IReadOnlyList<LogicalColumn> columns = insert.Input.Output;
        _arbiters = [.. insert.Table.Indexes
            .Where(i => i.IsUnique && (_action.Arbiters.Count == 0 || _action.Arbiters.Any(arbiter => i.Oid == arbiter.Oid)))
            .Select(i => _table.FindIndex(i.Oid) ?? throw Error.Internal($"index {i.Name} is not stored"))];
        _checks = new RowChecks(insert.Table, columns, insert.Checks, scope);
        _returning = ReturningRows.Create(insert.Returning, columns, scope);
        _foreignKeys = new ForeignKeyChecks(scope, insert.Cascades);
        _insertedKeys = _foreignKeys.Watch(insert.Table);
        int[] changed = [.. _action.Assignments.Select(a => a.ColumnNumber)];
        _updatedKeys = _foreignKeys.Watch(insert.Table, changed, comparesOld: true);
        _insertedExpressions = new StoredValues(insert.Stored, columns, scope.Evaluation);
        _updatedExpressions = new StoredValues(StoredValues.Reading(insert.Table, insert.Stored, changed), columns, scope.Evaluation);
        _proposed = new RowBuffer([.. _table.ColumnNumbers]);
        int[] numbers = [.. insert.Table.Columns.Select(c => c.Number)];
        PhysicalType[] types = [.. insert.Table.Columns.Select(c => c.Type.Physical)];
        _pair = new RowBuffer([.. numbers, .. numbers]);
        _pairChunk = new DataChunk([.. types, .. types]);
        _newRow = new DataChunk(types);
        _values = new RowBuffer([.. changed, .. _updatedExpressions.Numbers]);

        Dictionary<ColumnId, int> positions = [];
        for (int i = 0; i < numbers.Length; i++)
        {
            positions.TryAdd(_action.Existing[i].Id, i);
            positions.TryAdd(columns[i].Id, numbers.Length + i);
        }
        _where = _action.Where is null ? null : new PredicateEvaluator(ReturningRows.ToPositions(_action.Where, positions), scope.Evaluation);
        _assignments = [.. _action.Assignments.Select(a => (insert.Table.IndexOfNumber(a.ColumnNumber),
            new ExpressionEvaluator(ReturningRows.ToPositions(a.Value, positions), scope.Evaluation)))];
    }

    /// <summary>Rows inserted or changed.</summary>
    public long RowCount { get; private set; }

    public ConflictCounts Conflicts { get; private set; }

    /// <summary>Takes all proposed rows, in their order; the rows of RETURNING, null where it has none.</summary>
    public ColumnarBuffer? Run(ColumnarBuffer rows)
    {
        DataChunk chunk = new(rows.Types);
        for (int block = 0; block < rows.BlockCount; block++)
        {
            _scope.Statement.ThrowIfCancelled();
            rows.Read(block, chunk);
            _checks.Test(chunk);
            _expressions = _insertedExpressions.Evaluate(chunk);
            int count = chunk.Count;
            DataChunk.EnsureRoom(ref _selected!, count);
            for (int i = 0; i < count; i++)
            {
                Propose(chunk, i);
            }
            Flush(chunk);
        }
        if (_scope.Common is { } common)
        {
            common.Add(_foreignKeys);
        }
        else
        {
            _foreignKeys.Finish();
        }
        return _returning?.Rows;
    }

    private void Propose(DataChunk chunk, int position)
    {
        int columnCount = _newRow.Vectors.Length;
        for (int i = 0; i < _proposed.Count; i++)
        {
            _proposed.SetFrom(i, i < columnCount ? chunk.Vectors[i] : _expressions[i - columnCount], position);
        }
        long rowId;
        do
        {
            if (!TryFindConflict(out rowId))
            {
                if (!TryInsert(out long inserted))
                {
                    continue;   // somebody else has taken the key meanwhile
                }
                _changed.Add(inserted);
                _selected[_selectedCount++] = position;
                RowCount++;
                Conflicts = Conflicts with { Inserted = Conflicts.Inserted + 1 };
                return;
            }
            if (_action.DoesNothing)
            {
                EnsureVisible(rowId);
                Conflicts = Conflicts with { Conflicting = Conflicts.Conflicting + 1 };
                return;
            }
        }
        while (!TryLockConflict(rowId));
        Conflicts = Conflicts with { Conflicting = Conflicts.Conflicting + 1 };
        if (_changed.Contains(rowId) || (_scope.Common is not null && IsOfThisCommand(rowId)))
        {
            throw new PhantomDbException(SqlStates.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time")
            {
                Hint = "Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
            };
        }
        Flush(chunk);
        Update(chunk, position, rowId);
    }

    private bool TryInsert(out long rowId)
    {
        try
        {
            rowId = _scope.Transaction.Insert(_table, _proposed);
            return true;
        }
        catch (PhantomDbException failure) when (failure.SqlState == SqlStates.UniqueViolation
            && Array.Exists(_arbiters, index => index.Definition.Name == failure.ConstraintName))
        {
            rowId = -1;
            return false;
        }
    }

    // The row in the way, at its newest version, which need not be one that the statement sees; at the higher isolation levels
    // it must. False where it has gone or lost the key meanwhile.
    private bool TryLockConflict(long rowId)
    {
        if (_changed.Contains(rowId))
        {
            return true;
        }
        EnsureVisible(rowId);
        return _scope.Transaction.LockLatest(_table, rowId, RowLockMode.NoKeyUpdate) && TryFindConflict(out long again) && again == rowId;
    }

    private void EnsureVisible(long rowId)
    {
        Transaction transaction = _scope.Transaction;
        if (transaction.Isolation != IsolationLevel.ReadCommitted
            && !_table.IsVisible(rowId, new ReadView(transaction.ReadTimestamp, transaction.Stamp, int.MaxValue)))
        {
            throw Error.ConcurrentUpdate();
        }
    }

    // Another part of the statement has brought or changed the row.
    private bool IsOfThisCommand(long rowId) =>
        _scope.Common!.Has(_table, rowId)
        || !_table.IsVisible(rowId, new ReadView(RowWriter.AnyCommitted, _scope.Transaction.Stamp, _scope.Transaction.View.Command));

    // Index after index: one that may be violated for a while is an error only where none before it decides, as in PostgreSQL.
    private bool TryFindConflict(out long rowId)
    {
        foreach (TableIndex index in _arbiters)
        {
            if (index.Definition.IsDeferrable)
            {
                throw Error.DeferrableArbiter(_insert.Table.Schema, _insert.Table.Name, index.Definition.Name);
            }
            if (_scope.Transaction.TryFindConflict(_table, index, _proposed, out rowId))
            {
                return true;
            }
        }
        rowId = -1;
        return false;
    }

    // The rows inserted since the last update, so that RETURNING gives rows in their order.
    private void Flush(DataChunk chunk)
    {
        if (_selectedCount == 0)
        {
            return;
        }
        (int[]? selection, int count) = (chunk.Selection, chunk.Count);
        chunk.Selection = _selected;
        chunk.Count = _selectedCount;
        _insertedKeys.AddNew(chunk, i => i);
        _returning?.Add(chunk);
        (chunk.Selection, chunk.Count) = (selection, count);
        _selectedCount = 0;
    }

    private void Update(DataChunk chunk, int position, long rowId)
    {
        ReadPair(chunk, position, rowId);
        if (_where is not null && _where.Select(_pairChunk, _selected) == 0)
        {
            return;
        }
        for (int i = 0; i < _newRow.Vectors.Length; i++)
        {
            _newRow.Vectors[i].Reference(_pairChunk.Vectors[i]);
        }
        foreach ((int place, ExpressionEvaluator value) in _assignments)
        {
            _newRow.Vectors[place].Reference(value.Evaluate(_pairChunk));
        }
        _newRow.Count = 1;
        _checks.Test(_newRow);
        Vector[] expressions = _updatedExpressions.Evaluate(_newRow);

        _updatedKeys.ReadOld(_table, rowId, ReadView.Latest);
        for (int i = 0; i < _assignments.Length; i++)
        {
            _values.SetFrom(i, _newRow.Vectors[_assignments[i].Place], 0);
        }
        for (int i = 0; i < expressions.Length; i++)
        {
            _values.SetFrom(_assignments.Length + i, expressions[i], 0);
        }
        EnsureDone(_scope.Transaction.TryUpdate(_table, rowId, _values, _scope.Transaction.Isolation == IsolationLevel.ReadCommitted));
        _changed.Add(rowId);
        _scope.Common?.Add(_table, rowId);
        _updatedKeys.KeepOld();
        _updatedKeys.AddNew(_newRow, i => i);
        _returning?.Add(_newRow);
        RowCount++;
    }

    private static void EnsureDone(WriteOutcome outcome)
    {
        if (outcome != WriteOutcome.Done)
        {
            throw Error.ConcurrentUpdate();
        }
    }

    // The existing row is read into both halves; the proposed row then takes the second.
    private void ReadPair(DataChunk chunk, int position, long rowId)
    {
        if (!_table.TryReadLatest(rowId, _pair))
        {
            throw Error.Internal($"row {rowId} of {_insert.Table.Name} is in an index, but not in the table");
        }
        int width = _newRow.Vectors.Length;
        for (int i = 0; i < width; i++)
        {
            _pair.SetFrom(width + i, chunk.Vectors[i], position);
        }
        RowBuffer.Clear(_pairChunk);
        _pair.AppendTo(_pairChunk);
    }
}

/// <summary>Rows that were proposed: those that went in, and those that a row was in the way of.</summary>
internal readonly record struct ConflictCounts(long Inserted, long Conflicting);
