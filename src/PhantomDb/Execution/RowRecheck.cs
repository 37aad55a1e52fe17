using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// READ COMMITTED for a row that another transaction has changed since the statement's timestamp: the statement's input is
/// evaluated again for this row alone, at its newest version; other tables stay as the statement sees them. The row is
/// locked by then.
/// </summary>
internal sealed class RowRecheck(StatementScope scope, LogicalOperator input, IReadOnlyList<LogicalColumn> rowIds, IReadOnlyList<LogicalColumn> result)
{
    /// <summary>
    /// The input's row for a row as it is now (for rows of several tables, where the input joins them), as a chunk of one; null where
    /// it is no longer wanted.
    /// </summary>
    public DataChunk? Evaluate(params long[] ids)
    {
        QueryExecution execution = scope.Run(Replace(input, ids), result);
        if (execution.Next() is not { Count: > 0 } chunk)
        {
            return null;
        }
        ColumnarBuffer first = new(chunk.Vectors.Select(v => v.DeclaredType).ToArray(), scope.Statement.Memory);
        first.Append(chunk.Vectors, [chunk.Position(0)], 1);
        DataChunk row = new(first.Types);
        first.Read(0, row);
        return row;
    }

    // The scan that gives the row id becomes a list of one row.
    private LogicalOperator Replace(LogicalOperator plan, long[] ids) => PlanTraversal.RewriteOperators(plan, part =>
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (part is LogicalScan scan && scan.RowId?.Id == rowIds[i].Id)
            {
                return OneRow(scan, ids[i]);
            }
        }
        // Rows that a subquery's FOR UPDATE has locked stay what they were: locking again might find others.
        return part is LogicalLockRows rows && scope.LockedRows.TryGetValue(rows.Tables[0].RowId.Id, out LockedRows? locked) ? Kept(rows, locked) : null;
    });

    private static LogicalValues Kept(LogicalLockRows rows, LockedRows locked)
    {
        LogicalColumn[] columns = [.. rows.Output];
        int[] places = [.. columns.Select(column => locked.Columns.ToList().FindIndex(c => c.Id == column.Id))];   // -1: nobody has asked for it
        List<ExpressionList> values = [];
        DataChunk chunk = new(locked.Rows.Types);
        for (int block = 0; block < locked.Rows.BlockCount; block++)
        {
            locked.Rows.Read(block, chunk);
            for (int i = 0; i < chunk.Count; i++)
            {
                int position = i;
                values.Add(new ExpressionList([.. columns.Select((column, c) => (Expression)new ConstantExpression(
                    column.Type, places[c] < 0 ? null : ExpressionEvaluator.BoxedValue(chunk.Vectors[places[c]], position)))]));
            }
        }
        return new LogicalValues(columns, values);
    }

    private LogicalOperator OneRow(LogicalScan scan, long id)
    {
        RowBuffer row = new([.. scan.Columns.Select(c => c.ColumnNumber)]);
        if (!scope.Tables[scan.Table.Oid].TryReadLatest(id, row))
        {
            return new LogicalEmpty([.. scan.Output, scan.RowId!]);
        }
        DataChunk values = new([.. scan.Columns.Select(c => c.Column.Type.Physical)]);
        RowBuffer.Clear(values);
        row.AppendTo(values);
        Expression[] constants =
        [
            .. scan.Columns.Select((c, i) => new ConstantExpression(c.Column.Type, ExpressionEvaluator.BoxedValue(values.Vectors[i], 0))),
            new ConstantExpression(SqlType.Int64, id),
        ];
        LogicalOperator one = new LogicalValues([.. scan.Output, scan.RowId!], [new ExpressionList(constants)]);
        return scan.Filter is null ? one : new LogicalFilter(one, scan.Filter);
    }
}
