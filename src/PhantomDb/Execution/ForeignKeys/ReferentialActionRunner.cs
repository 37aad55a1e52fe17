using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>
/// Carries out ON DELETE and ON UPDATE CASCADE, SET NULL and SET DEFAULT on the rows that refer to keys that have gone. What
/// follows from their change is noted with the statement's checks.
/// </summary>
internal sealed class ReferentialActionRunner(StatementScope scope, ForeignKeyChecks checks, CascadeTarget target)
{
    private readonly TableDefinition _table = target.Table;

    // Above READ COMMITTED a row that came or changed after the snapshot is 40001, as it is for a statement of the user's.
    private readonly bool _takesLatest = scope.Transaction.Isolation == IsolationLevel.ReadCommitted;

    public void Run(IncomingKeys key)
    {
        (ColumnarBuffer old, ColumnarBuffer current) = key.GoneKeys();
        bool isDelete = key.Action == ReferentialAction.Cascade && key.IsDelete;
        List<(long RowId, int Place)> rows = [];
        key.Rows.Find(old, isDelete ? RowLockMode.Update : RowLockMode.NoKeyUpdate, (rowId, place) => rows.Add((rowId, place)));
        if (rows.Count == 0)
        {
            return;
        }
        if (isDelete)
        {
            Delete(rows);
        }
        else
        {
            Update(key, rows, current);
        }
    }

    private void Delete(List<(long RowId, int Place)> rows)
    {
        TableStore table = scope.Tables[_table.Oid];
        KeyChanges changes = checks.Watch(_table, null, isDelete: true);
        foreach ((long rowId, _) in rows)
        {
            scope.Statement.ThrowIfCancelled();
            changes.ReadOld(table, rowId, ReadView.Latest);
            EnsureDone(scope.Transaction.TryDelete(table, rowId, _takesLatest));
            changes.KeepOld();
        }
    }

    private void Update(IncomingKeys key, List<(long RowId, int Place)> rows, ColumnarBuffer newKeys)
    {
        TableStore table = scope.Tables[_table.Oid];
        IReadOnlyList<int> changed = key.Constraint.Columns;
        KeyChanges changes = checks.Watch(_table, changed);
        RowChecks rowChecks = new(_table, target.Row, target.Checks, scope);
        RowBuffer row = new([.. _table.Columns.Select(c => c.Number)]);
        StoredValues stored = new(StoredValues.Reading(_table, target.Stored, changed), target.Row, scope.Evaluation);
        RowBuffer values = new([.. changed, .. stored.Numbers]);
        DataChunk newRow = new([.. _table.Columns.Select(c => c.Type.Physical)]);
        NewKeyReader reader = new(key, newKeys, _table, target, scope);
        foreach ((long rowId, int place) in rows)
        {
            scope.Statement.ThrowIfCancelled();
            if (!table.TryReadLatest(rowId, row))
            {
                continue;
            }
            changes.ReadOld(table, rowId, ReadView.Latest);
            reader.Read(place, values);
            for (int i = 0; i < changed.Count; i++)
            {
                row.SetRaw(_table.IndexOfNumber(changed[i]), values.Raw(i), values.IsNull(i), values.BlocksOf(i));
            }
            RowBuffer.Clear(newRow);
            row.AppendTo(newRow);
            KeyText.Seal(newRow);
            rowChecks.Test(newRow);
            Vector[] expressions = stored.Evaluate(newRow);
            for (int i = 0; i < expressions.Length; i++)
            {
                values.SetFrom(changed.Count + i, expressions[i], 0);
            }
            EnsureDone(scope.Transaction.TryUpdate(table, rowId, values, _takesLatest));
            changes.KeepOld();
            changes.AddNew(newRow, i => i);
        }
    }

    private static void EnsureDone(WriteOutcome outcome)
    {
        if (outcome != WriteOutcome.Done)
        {
            throw Error.ConcurrentUpdate();
        }
    }

    /// <summary>The values that a referring row's key gets: the parent's new ones, NULLs, or the columns' defaults.</summary>
    private sealed class NewKeyReader
    {
        private readonly ReferentialAction _action;
        private readonly ColumnarBuffer _newKeys;
        private readonly DataChunk _chunk;
        private readonly ExpressionEvaluator[] _casts;
        private readonly IReadOnlyList<Expression> _defaults;
        private readonly StatementScope _scope;
        private readonly int[] _one = new int[1];

        public NewKeyReader(IncomingKeys key, ColumnarBuffer newKeys, TableDefinition child, CascadeTarget target, StatementScope scope)
        {
            _action = key.Action;
            _newKeys = newKeys;
            _scope = scope;
            _chunk = new DataChunk(newKeys.Types);
            TableDefinition parent = scope.Catalog.GetTable(key.Constraint.ReferencedTableOid);
            _casts = [.. key.Constraint.Columns.Select((number, i) =>
            {
                SqlType from = parent.Columns[parent.IndexOfNumber(key.Constraint.ReferencedColumns[i])].Type;
                SqlType to = child.Columns[child.IndexOfNumber(number)].Type;
                Expression column = new PositionExpression(i, from);
                return new ExpressionEvaluator(from == to ? column : new CastExpression(column, to, Functions.CastContext.Assignment), scope.Evaluation);
            })];
            _defaults = _action == ReferentialAction.SetDefault ? [.. key.Constraint.Columns.Select(n => target.Defaults[n])] : [];
        }

        public void Read(int place, RowBuffer values)
        {
            for (int i = 0; i < _casts.Length; i++)
            {
                switch (_action)
                {
                    case ReferentialAction.SetNull:
                        values.SetNull(i);
                        break;
                    case ReferentialAction.SetDefault:
                        object? value = ExpressionEvaluator.EvaluateConstant(_defaults[i], _scope.Evaluation);
                        values.SetFrom(i, ExpressionEvaluator.MakeConstant(_defaults[i].Type, value), 0);
                        break;
                    default:
                        _newKeys.Read(place / DataChunk.Capacity, _chunk);
                        _one[0] = place % DataChunk.Capacity;
                        _chunk.Selection = _one;
                        _chunk.Count = 1;
                        Vector cast = _casts[i].Evaluate(_chunk);
                        values.SetFrom(i, cast, _one[0]);
                        break;
                }
            }
        }
    }
}
