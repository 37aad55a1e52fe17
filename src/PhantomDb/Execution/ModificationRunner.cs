using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Carries out INSERT, UPDATE and DELETE: runs the input, tests NOT NULL and CHECK over whole chunks, changes the rows
/// (storage tests uniqueness), and sees to foreign keys when all rows are changed. Undoing a failed statement is the caller's.
/// </summary>
internal sealed class ModificationRunner(StatementScope scope)
{
    private readonly List<long> _changedMeanwhile = [];   // by commits since the statement's timestamp
    private int[]? _done;
    private DataChunk? _inserting;

    /// <summary>Rows changed by the last run; those that foreign keys' actions changed are not counted.</summary>
    public long RowCount { get; private set; }

    /// <summary>What ON CONFLICT met; null for other statements.</summary>
    public ConflictCounts? Conflicts { get; private set; }

    /// <summary>Runs the statement; the rows of RETURNING, null where it has none.</summary>
    public ColumnarBuffer? Run(ModificationPlan plan) => Run(plan, new QueryExecution(plan.Input, scope.NewContext()));

    /// <summary>Runs the statement over a run of its input.</summary>
    public ColumnarBuffer? Run(ModificationPlan plan, QueryExecution input)
    {
        RowCount = 0;
        int firstDoubt = scope.Transaction.Doubts.Count;
        try
        {
            ColumnarBuffer? returning = plan.Modification switch
            {
                LogicalInsert { OnConflict: not null } insert => InsertOrElse(insert, plan, input),
                LogicalInsert insert => Insert(insert, input),
                LogicalUpdate update => Update(update, plan, input),
                LogicalDelete delete => Delete(delete, plan, input),
                _ => throw new System.Diagnostics.UnreachableException(plan.Modification.GetType().Name),
            };
            if (scope.Common is null)
            {
                scope.Deferred?.TestStatement(scope, firstDoubt);
            }
            return returning;
        }
        catch (PhantomDbException failure) when (failure.ConflictingRowId >= 0)
        {
            throw KeyText.WithKey(failure, scope, DoubleKey);
        }
    }

    // A row that came with the same chunk is gone by now: then the key is the first that the chunk has twice.
    private string? DoubleKey(TableDefinition table, IndexDefinition index)
    {
        if (_inserting is null)
        {
            return null;
        }
        int[] numbers = [.. index.Columns.Select(c => c.ColumnNumber)];
        int[] stored = scope.Tables[table.Oid].ColumnNumbers;
        Vector? predicate = index.IsPartial ? _inserting.Vectors[Array.IndexOf(stored, index.PredicateNumber)] : null;
        DataChunk keys = new(KeyText.TypesOf(table, numbers));
        for (int i = 0; i < numbers.Length; i++)
        {
            keys.Vectors[i].Reference(_inserting.Vectors[Array.IndexOf(stored, numbers[i])]);
        }
        HashSet<string> seen = [];
        for (int i = 0; i < _inserting.Count; i++)
        {
            int position = _inserting.Position(i);
            bool isInIndex = predicate is null || (predicate.IsValid(position) && predicate.Values<bool>()[predicate.PositionOf(position)]);
            if (!isInIndex || (!index.NullsEqual && KeyText.HasNull(keys, position)))
            {
                continue;
            }
            string key = KeyText.Describe(table, numbers, keys, position, scope, index);
            if (!seen.Add(key))
            {
                return key;
            }
        }
        return null;
    }

    private ColumnarBuffer? InsertOrElse(LogicalInsert insert, ModificationPlan plan, QueryExecution input)
    {
        ConflictInsert run = new(insert, scope);
        ColumnarBuffer? returning = run.Run(Collect(input, plan));
        RowCount = run.RowCount;
        Conflicts = run.Conflicts;
        return returning;
    }

    private ColumnarBuffer? Insert(LogicalInsert insert, QueryExecution input)
    {
        TableStore table = scope.Tables[insert.Table.Oid];
        IReadOnlyList<LogicalColumn> columns = insert.Input.Output;
        RowChecks checks = new(insert.Table, columns, insert.Checks, scope);
        ReturningRows? returning = ReturningRows.Create(insert.Returning, columns, scope);
        ForeignKeyChecks foreignKeys = new(scope, insert.Cascades);
        KeyChanges keys = foreignKeys.Watch(insert.Table);
        StoredValues stored = new(insert.Stored, columns, scope.Evaluation);
        int columnCount = insert.Table.Columns.Count;
        DataChunk rows = new([.. table.ColumnNumbers.Select(n => insert.Table.TypeOf(n).Physical)]);
        while (input.Next() is { } chunk)
        {
            checks.Test(chunk);
            Vector[] expressions = stored.Evaluate(chunk);
            for (int i = 0; i < rows.Vectors.Length; i++)
            {
                rows.Vectors[i].Reference(i < columnCount ? chunk.Vectors[i] : expressions[i - columnCount]);
            }
            rows.Selection = chunk.Selection;
            rows.Count = chunk.Count;
            _inserting = rows;
            scope.Transaction.Insert(table, rows);
            _inserting = null;
            keys.AddNew(chunk, i => i);
            returning?.Add(chunk);
            RowCount += chunk.Count;
        }
        Finish(foreignKeys);
        return returning?.Rows;
    }

    private ColumnarBuffer? Update(LogicalUpdate update, ModificationPlan plan, QueryExecution input)
    {
        TableStore table = scope.Tables[update.Table.Oid];
        IReadOnlyList<LogicalColumn> columns = plan.Columns;
        (int[] vectors, int[] valueVectors) = (plan.Vectors, plan.ValueVectors);
        RowChecks checks = new(update.Table, columns, vectors, update.Checks, scope);
        ReturningRows? returning = ReturningRows.Create(update.Returning, columns, scope);
        ForeignKeyChecks foreignKeys = new(scope, update.Cascades);
        KeyChanges keys = foreignKeys.Watch(update.Table, update.ChangedColumns, comparesOld: true);
        StoredValues stored = new(update.Stored, columns, scope.Evaluation);
        RowBuffer values = new([.. update.ChangedColumns, .. stored.Numbers]);
        ChangeEachRow(plan, update.RowId, input, RowLockMode.NoKeyUpdate, (rows, isLatest) =>
        {
            checks.Test(rows, isLatest ? ReadView.Latest : scope.Transaction.View);
            Vector[] expressions = stored.Evaluate(rows);
            ChangeRows(rows, table, keys, isLatest, (rowId, position) =>
            {
                for (int value = 0; value < valueVectors.Length; value++)
                {
                    values.SetFrom(value, rows.Vectors[valueVectors[value]], position);
                }
                for (int i = 0; i < expressions.Length; i++)
                {
                    values.SetFrom(valueVectors.Length + i, expressions[i], position);
                }
                return scope.Transaction.TryUpdate(table, rowId, values, isLatest);
            });
            keys.AddNew(rows, i => vectors[i]);
            returning?.Add(rows);
        });
        Finish(foreignKeys);
        return returning?.Rows;
    }

    private ColumnarBuffer? Delete(LogicalDelete delete, ModificationPlan plan, QueryExecution input)
    {
        TableStore table = scope.Tables[delete.Table.Oid];
        ReturningRows? returning = ReturningRows.Create(delete.Returning, plan.Columns, scope);
        ForeignKeyChecks foreignKeys = new(scope, delete.Cascades);
        KeyChanges keys = foreignKeys.Watch(delete.Table, null, isDelete: true);
        ChangeEachRow(plan, delete.RowId, input, RowLockMode.Update, (rows, isLatest) =>
        {
            ChangeRows(rows, table, keys, isLatest, (rowId, _) => scope.Transaction.TryDelete(table, rowId, isLatest));
            returning?.Add(rows);
        });
        Finish(foreignKeys);
        return returning?.Rows;
    }

    // Changes the input's rows, each once. Rows that a commit has changed since the statement's timestamp are locked afterwards,
    // one by one, and changed where the statement still wants them as they are now.
    private void ChangeEachRow(
        ModificationPlan plan, LogicalColumn rowId, QueryExecution input, RowLockMode mode, Action<DataChunk, bool> change)
    {
        _changedMeanwhile.Clear();
        foreach (DataChunk chunk in EachRowOnce(Collect(input, plan), plan.MayRepeatRows))
        {
            change(chunk, false);
        }
        if (_changedMeanwhile.Count == 0)
        {
            return;
        }
        TableStore table = scope.Tables[plan.Modification.Table.Oid];
        RowRecheck recheck = new(scope, plan.Modification.Input, [rowId], plan.Columns);
        foreach (long id in _changedMeanwhile.ToArray())
        {
            if (scope.Transaction.LockLatest(table, id, mode) && recheck.Evaluate(id) is { } row)
            {
                change(row, true);
            }
        }
    }

    // Of several parts of a statement all come first, then the checks.
    private void Finish(ForeignKeyChecks foreignKeys)
    {
        if (scope.Common is { } common)
        {
            common.Add(foreignKeys);
        }
        else
        {
            foreignKeys.Finish();
        }
    }

    // Tries to change each row of a chunk, whose first vector has the row ids; what is left of the chunk are those changed.
    private void ChangeRows(DataChunk rows, TableStore table, KeyChanges keys, bool isLatest, Func<long, int, WriteOutcome> change)
    {
        ReadView view = isLatest ? ReadView.Latest : scope.Transaction.View;
        int[] doneRows = DataChunk.EnsureRoom(ref _done, rows.Count);
        int done = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            int position = rows.Position(i);
            long rowId = rows.Vectors[0].Values<long>()[position];
            if (scope.Common?.Has(table, rowId) == true)
            {
                continue;   // another part of the statement has changed it: one change is made, this one is not
            }
            keys.ReadOld(table, rowId, view);
            switch (change(rowId, position))
            {
                case WriteOutcome.Done:
                    keys.KeepOld();
                    scope.Common?.Add(table, rowId);
                    doneRows[done++] = position;
                    break;
                case WriteOutcome.Changed:
                    _changedMeanwhile.Add(rowId);
                    break;
            }
        }
        if (done < rows.Count)
        {
            rows.Selection = doneRows;
            rows.Count = done;
        }
        RowCount += done;
    }

    // A row that a join gives several times is changed once, by the first. The first vector has the row ids.
    private IEnumerable<DataChunk> EachRowOnce(ColumnarBuffer rows, bool mayRepeat)
    {
        RowIdSet? seen = mayRepeat ? new RowIdSet(scope.Statement.Memory) : null;
        DataChunk chunk = new(rows.Types);
        int[] first = seen is null ? [] : new int[DataChunk.Capacity];
        for (int block = 0; block < rows.BlockCount; block++)
        {
            scope.Statement.ThrowIfCancelled();
            rows.Read(block, chunk);
            if (seen is null)
            {
                yield return chunk;
                continue;
            }
            int count = 0;
            for (int i = 0; i < chunk.Count; i++)
            {
                if (seen.Add(chunk.Vectors[0].Values<long>()[i]))
                {
                    first[count++] = i;
                }
            }
            if (count > 0)
            {
                chunk.Selection = first;
                chunk.Count = count;
                yield return chunk;
            }
        }
    }

    // All rows first, then the changes: what is changed must not be met again by the scan that finds it.
    private ColumnarBuffer Collect(QueryExecution input, ModificationPlan plan)
    {
        ColumnarBuffer rows = new(plan.Types, scope.Statement.Memory);
        while (input.Next() is { } chunk)
        {
            rows.Append(chunk);
        }
        return rows;
    }
}
