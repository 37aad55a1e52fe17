using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Carries out INSERT, UPDATE and DELETE: runs the input, tests NOT NULL and CHECK over whole chunks, changes the rows
/// (storage tests uniqueness), and tests foreign keys when all rows are changed. Undoing a failed statement is the caller's.
/// </summary>
internal sealed class ModificationRunner(StatementScope scope)
{
    /// <summary>Rows changed by the last run.</summary>
    public long RowCount { get; private set; }

    /// <summary>Runs the statement; the rows of RETURNING, null where it has none.</summary>
    public ColumnarBuffer? Run(LogicalModification modification)
    {
        RowCount = 0;
        try
        {
            return modification switch
            {
                LogicalInsert { OnConflict: not null } insert => InsertOrElse(insert),
                LogicalInsert insert => Insert(insert),
                LogicalUpdate update => Update(update),
                LogicalDelete delete => Delete(delete),
                _ => throw new System.Diagnostics.UnreachableException(modification.GetType().Name),
            };
        }
        catch (PhantomDbException failure) when (failure.ConflictingRowId >= 0)
        {
            throw WithKey(failure, modification.Table);
        }
    }

    // Storage knows the row that is in the way; its key as text is made here. Where that row came with the same chunk it is
    // gone by now, and the error has no detail.
    private PhantomDbException WithKey(PhantomDbException failure, TableDefinition table)
    {
        IndexDefinition index = table.Indexes.First(i => i.Name == failure.ConstraintName);
        int[] numbers = [.. index.Columns.Select(c => c.ColumnNumber)];
        RowBuffer row = new(numbers);
        DataChunk key = new([.. numbers.Select(n => table.Columns[table.IndexOfNumber(n)].Type.Physical)]);
        RowBuffer.Clear(key);
        if (!scope.Tables[table.Oid].TryReadLatest(failure.ConflictingRowId, row))
        {
            return failure;
        }
        row.AppendTo(key);
        return new PhantomDbException(failure.SqlState, failure.Message)
        {
            Detail = $"{ForeignKeyChecks.Describe(table, numbers, key, 0, scope)} already exists.",
            SchemaName = failure.SchemaName, TableName = failure.TableName, ConstraintName = failure.ConstraintName,
        };
    }

    private ColumnarBuffer? InsertOrElse(LogicalInsert insert)
    {
        ConflictInsert run = new(insert, scope);
        ColumnarBuffer? returning = run.Run(Collect(insert.Input, insert.Input.Output));
        RowCount = run.RowCount;
        return returning;
    }

    private ColumnarBuffer? Insert(LogicalInsert insert)
    {
        TableStore table = scope.Tables[insert.Table.Oid];
        IReadOnlyList<LogicalColumn> columns = insert.Input.Output;
        RowChecks checks = new(insert.Table, columns, insert.Checks, scope);
        ReturningRows? returning = ReturningRows.Create(insert.Returning, columns, scope);
        ForeignKeyChecks foreignKeys = new(scope, insert.Table);
        int[] places = [.. table.ColumnNumbers.Select(insert.Table.IndexOfNumber)];
        DataChunk rows = new([.. places.Select(p => columns[p].Type.Physical)]);
        QueryExecution input = scope.Run(insert.Input, columns);
        while (input.Next() is { } chunk)
        {
            checks.Test(chunk);
            for (int i = 0; i < places.Length; i++)
            {
                rows.Vectors[i].Reference(chunk.Vectors[places[i]]);
            }
            rows.Selection = chunk.Selection;
            rows.Count = chunk.Count;
            scope.Transaction.Insert(table, rows);
            foreignKeys.AddNew(chunk, i => i);
            returning?.Add(chunk);
            RowCount += chunk.Count;
        }
        foreignKeys.Test();
        return returning?.Rows;
    }

    private ColumnarBuffer? Update(LogicalUpdate update)
    {
        TableStore table = scope.Tables[update.Table.Oid];
        LogicalColumn[] columns = [update.RowId, .. update.NewRow, .. ReturningRows.Extra(update, update.NewRow)];
        LogicalColumn[] newRow = columns[1..];
        RowChecks checks = new(update.Table, newRow, update.Checks, scope) { FirstVector = 1 };
        ReturningRows? returning = ReturningRows.Create(update.Returning, columns, scope);
        ForeignKeyChecks foreignKeys = new(scope, update.Table, update.ChangedColumns);
        ColumnarBuffer rows = Collect(update.Input, columns);
        int[] changedPlaces = [.. update.ChangedColumns.Select(update.Table.IndexOfNumber)];
        int[] valueVectors = [.. changedPlaces.Select(p => p + 1)];
        RowBuffer values = new([.. update.ChangedColumns]);
        HashSet<long> seen = [];
        List<long> changed = [];   // by commits since the statement's timestamp
        DataChunk chunk = new(rows.Types);
        int[] first = new int[DataChunk.Capacity];
        for (int block = 0; block < rows.BlockCount; block++)
        {
            scope.Statement.ThrowIfCancelled();
            rows.Read(block, chunk);
            // A row that a join gives several times is updated once, by the first.
            ReadOnlySpan<long> rowIds = chunk.Vectors[0].Values<long>();
            int count = 0;
            for (int i = 0; i < chunk.Count; i++)
            {
                if (seen.Add(rowIds[i]))
                {
                    first[count++] = i;
                }
            }
            chunk.Selection = first;
            chunk.Count = count;
            if (count == 0)
            {
                continue;
            }
            UpdateRows(chunk, isLatest: false);
        }
        RowRecheck recheck = new(scope, update.Input, update.RowId, columns);
        foreach (long rowId in changed)
        {
            if (scope.Transaction.LockLatest(table, rowId, RowLockMode.NoKeyUpdate) && recheck.Evaluate(rowId) is { } row)
            {
                UpdateRows(row, isLatest: true);
            }
        }
        foreignKeys.Test();
        return returning?.Rows;

        void UpdateRows(DataChunk rows, bool isLatest)
        {
            checks.Test(rows);
            foreignKeys.AddOld(table, rows);
            ReadOnlySpan<long> rowIds = rows.Vectors[0].Values<long>();
            int done = 0;
            for (int i = 0; i < rows.Count; i++)
            {
                int position = rows.Position(i);
                for (int value = 0; value < valueVectors.Length; value++)
                {
                    values.SetFrom(value, rows.Vectors[valueVectors[value]], position);
                }
                WriteOutcome outcome = scope.Transaction.TryUpdate(table, rowIds[position], values, isLatest);
                if (outcome == WriteOutcome.Done)
                {
                    first[done++] = position;
                }
                else if (outcome == WriteOutcome.Changed)
                {
                    changed.Add(rowIds[position]);
                }
            }
            Keep(rows, first, done);
            foreignKeys.AddNew(rows, i => i + 1);
            returning?.Add(rows);
            RowCount += done;
        }
    }

    // Narrows a chunk to the rows that were changed.
    private static void Keep(DataChunk rows, int[] positions, int count)
    {
        if (count < rows.Count)
        {
            rows.Selection = positions;
            rows.Count = count;
        }
    }

    private ColumnarBuffer? Delete(LogicalDelete delete)
    {
        TableStore table = scope.Tables[delete.Table.Oid];
        LogicalColumn[] columns = [delete.RowId, .. ReturningRows.Extra(delete, [])];
        ReturningRows? returning = ReturningRows.Create(delete.Returning, columns, scope);
        ForeignKeyChecks foreignKeys = new(scope, delete.Table, null, isDelete: true);
        ColumnarBuffer rows = Collect(delete.Input, columns);
        HashSet<long> seen = [];
        List<long> changed = [];   // by commits since the statement's timestamp
        DataChunk chunk = new(rows.Types);
        int[] first = new int[DataChunk.Capacity];
        for (int block = 0; block < rows.BlockCount; block++)
        {
            scope.Statement.ThrowIfCancelled();
            rows.Read(block, chunk);
            ReadOnlySpan<long> rowIds = chunk.Vectors[0].Values<long>();
            int count = 0;
            for (int i = 0; i < chunk.Count; i++)
            {
                if (seen.Add(rowIds[i]))
                {
                    first[count++] = i;
                }
            }
            chunk.Selection = first;
            chunk.Count = count;
            DeleteRows(chunk, isLatest: false);
        }
        RowRecheck recheck = new(scope, delete.Input, delete.RowId, columns);
        foreach (long rowId in changed)
        {
            if (scope.Transaction.LockLatest(table, rowId, RowLockMode.Update) && recheck.Evaluate(rowId) is { } row)
            {
                DeleteRows(row, isLatest: true);
            }
        }
        foreignKeys.Test();
        return returning?.Rows;

        void DeleteRows(DataChunk rows, bool isLatest)
        {
            foreignKeys.AddOld(table, rows);
            ReadOnlySpan<long> rowIds = rows.Vectors[0].Values<long>();
            int done = 0;
            for (int i = 0; i < rows.Count; i++)
            {
                int position = rows.Position(i);
                WriteOutcome outcome = scope.Transaction.TryDelete(table, rowIds[position], isLatest);
                if (outcome == WriteOutcome.Done)
                {
                    first[done++] = position;
                }
                else if (outcome == WriteOutcome.Changed)
                {
                    changed.Add(rowIds[position]);
                }
            }
            Keep(rows, first, done);
            returning?.Add(rows);
            RowCount += done;
        }
    }

    // All rows first, then the changes: what is changed must not be met again by the scan that finds it.
    private ColumnarBuffer Collect(LogicalOperator input, IReadOnlyList<LogicalColumn> columns)
    {
        ColumnarBuffer rows = new([.. columns.Select(c => c.Type.Physical)], scope.Statement.Memory);
        QueryExecution execution = scope.Run(input, columns);
        while (execution.Next() is { } chunk)
        {
            rows.Append(chunk);
        }
        return rows;
    }
}

/// <summary>NOT NULL and CHECK of new rows, whose columns stand in the table's order from one vector on.</summary>
internal sealed class RowChecks
{
    private readonly TableDefinition _table;
    private readonly StatementScope _scope;
    private readonly List<(ConstraintDefinition Constraint, PredicateEvaluator Failing)> _checks = [];
    private readonly IReadOnlyList<LogicalColumn> _columns;
    private readonly IReadOnlyList<BoundCheck> _bound;
    private readonly int[] _failed = new int[DataChunk.Capacity];
    private TextOutput[]? _text;

    public RowChecks(TableDefinition table, IReadOnlyList<LogicalColumn> columns, IReadOnlyList<BoundCheck> checks, StatementScope scope)
    {
        _table = table;
        _columns = columns;
        _bound = checks;
        _scope = scope;
    }

    /// <summary>Vector of the table's first column.</summary>
    public int FirstVector { get; init; }

    /// <summary>Throws 23502 or 23514 for the first row that may not be.</summary>
    public void Test(DataChunk chunk)
    {
        for (int i = 0; i < _table.Columns.Count; i++)
        {
            Vector vector = chunk.Vectors[FirstVector + i];
            if (_table.Columns[i].IsNotNull && vector.Validity is not null)
            {
                TestNotNull(chunk, vector, _table.Columns[i]);
            }
        }
        if (_checks.Count < _bound.Count)
        {
            Prepare();
        }
        foreach ((ConstraintDefinition constraint, PredicateEvaluator failing) in _checks)
        {
            if (failing.Select(chunk, _failed) > 0)
            {
                throw new PhantomDbException(SqlStates.CheckViolation,
                    $"new row for relation \"{_table.Name}\" violates check constraint \"{constraint.Name}\"")
                {
                    Detail = FailingRow(chunk, _failed[0]), SchemaName = _table.Schema, TableName = _table.Name, ConstraintName = constraint.Name,
                };
            }
        }
    }

    // A check fails where it is false; unknown passes.
    private void Prepare()
    {
        Dictionary<ColumnId, int> positions = [];
        for (int i = 0; i < _columns.Count; i++)
        {
            positions.TryAdd(_columns[i].Id, FirstVector + i);
        }
        foreach (BoundCheck check in _bound)
        {
            Expression isFalse = new BooleanTestExpression(check.Condition, Value: false, IsNegated: false);
            _checks.Add((check.Constraint, new PredicateEvaluator(ReturningRows.ToPositions(isFalse, positions), _scope.Evaluation)));
        }
    }

    private void TestNotNull(DataChunk chunk, Vector vector, ColumnDefinition column)
    {
        for (int i = 0; i < chunk.Count; i++)
        {
            if (!vector.IsValid(chunk.Position(i)))
            {
                throw new PhantomDbException(SqlStates.NotNullViolation,
                    $"null value in column \"{column.Name}\" of relation \"{_table.Name}\" violates not-null constraint")
                {
                    Detail = FailingRow(chunk, chunk.Position(i)), SchemaName = _table.Schema, TableName = _table.Name, ColumnName = column.Name,
                };
            }
        }
    }

    private string FailingRow(DataChunk chunk, int position)
    {
        _text ??= [.. _table.Columns.Select(c => new TextOutput(c.Type, _scope.Statement))];
        System.Buffers.ArrayBufferWriter<byte> text = new();
        for (int i = 0; i < _text.Length; i++)
        {
            Vector vector = chunk.Vectors[FirstVector + i];
            System.Buffers.BuffersExtensions.Write(text, i == 0 ? ""u8 : ", "u8);
            if (vector.IsValid(position))
            {
                _text[i].Write(vector, vector.PositionOf(position), text);
            }
            else
            {
                System.Buffers.BuffersExtensions.Write(text, "null"u8);
            }
        }
        return $"Failing row contains ({Encoding.UTF8.GetString(text.WrittenSpan)}).";
    }
}

/// <summary>The rows of RETURNING, computed while rows are changed and read when the statement is done.</summary>
internal sealed class ReturningRows
{
    private readonly ExpressionEvaluator[] _evaluators;
    private readonly Vector[] _values;

    private ReturningRows(IReadOnlyList<ComputedColumn> returning, IReadOnlyList<LogicalColumn> columns, StatementScope scope)
    {
        Dictionary<ColumnId, int> positions = [];
        for (int i = 0; i < columns.Count; i++)
        {
            positions.TryAdd(columns[i].Id, i);
        }
        _evaluators = [.. returning.Select(r => new ExpressionEvaluator(ToPositions(r.Expression, positions), scope.Evaluation))];
        _values = new Vector[_evaluators.Length];
        Rows = new ColumnarBuffer([.. returning.Select(r => r.Column.Type.Physical)], scope.Statement.Memory);
    }

    public ColumnarBuffer Rows { get; }

    public static ReturningRows? Create(IReadOnlyList<ComputedColumn> returning, IReadOnlyList<LogicalColumn> columns, StatementScope scope) =>
        returning.Count == 0 ? null : new ReturningRows(returning, columns, scope);

    /// <summary>Columns of the input that RETURNING uses beside those given.</summary>
    public static IEnumerable<LogicalColumn> Extra(LogicalModification modification, IReadOnlyList<LogicalColumn> given)
    {
        HashSet<ColumnId> used = [];
        foreach (ComputedColumn column in modification.Returning)
        {
            PlanIds.AddReferences(column.Expression, used);
        }
        used.ExceptWith(given.Select(c => c.Id));
        return modification.Input.Output.Where(c => used.Remove(c.Id));
    }

    public static Expression ToPositions(Expression expression, Dictionary<ColumnId, int> positions) =>
        PlanTraversal.Rewrite(expression, part => part is ColumnExpression column ? new PositionExpression(positions[column.Id], column.Type) : null);

    public void Add(DataChunk chunk)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = _evaluators[i].Evaluate(chunk);
        }
        Rows.Append(_values, chunk.Selection, chunk.Count);
    }
}
