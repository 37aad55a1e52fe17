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
    private LogicalOperator Replace(LogicalOperator plan, long[] ids)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (plan is LogicalScan scan && scan.RowId?.Id == rowIds[i].Id)
            {
                return OneRow(scan, ids[i]);
            }
        }
        return PlanTraversal.MapChildren(plan, child => Replace(child, ids));
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
