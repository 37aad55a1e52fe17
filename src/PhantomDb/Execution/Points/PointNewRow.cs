using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>
/// What is computed of an inserted row as a whole, once its values are there: CHECK constraints. What fails is left to the
/// general way, which makes the error.
/// </summary>
internal sealed class PointNewRow
{
    private readonly PointRow _row;
    private readonly PredicateEvaluator[] _failing;
    private readonly int[] _failed = new int[DataChunk.Capacity];

    private PointNewRow(PointRow row, Expression[] failing)
    {
        _row = row;
        _failing = [.. failing.Select(condition => new PredicateEvaluator(condition, row.Evaluation))];
    }

    /// <summary>The checks over a row's columns, which are given in the order of the buffer; null where one cannot be computed here.</summary>
    public static PointNewRow? Create(IReadOnlyList<LogicalColumn> columns, IReadOnlyList<BoundCheck> checks, IStatementContext statement)
    {
        Expression[] failing = new Expression[checks.Count];
        for (int i = 0; i < failing.Length; i++)
        {
            // A check fails where it is false; unknown passes.
            if (Place(new BooleanTestExpression(checks[i].Condition, Value: false, IsNegated: false), columns) is not { } placed)
            {
                return null;
            }
            failing[i] = placed;
        }
        return new PointNewRow(new PointRow([.. columns.Select(c => c.Type.Physical)], [], statement), failing);
    }

    public bool IsValid(RowBuffer values, RowBuffer parameters)
    {
        _row.Take(values, parameters);
        _row.MakeVectors();
        foreach (PredicateEvaluator failing in _failing)
        {
            if (failing.Select(_row.Chunk, _failed) > 0)
            {
                return false;
            }
        }
        return true;
    }

    private static Expression? Place(Expression expression, IReadOnlyList<LogicalColumn> columns)
    {
        bool isAllowed = true;
        Expression placed = PlanTraversal.Rewrite(expression, part =>
        {
            if (part is ColumnExpression column)
            {
                int place = 0;
                while (place < columns.Count && columns[place].Id != column.Id)
                {
                    place++;
                }
                isAllowed &= place < columns.Count;
                return new PositionExpression(place, part.Type) { Position = part.Position };
            }
            isAllowed &= PointExpressions.IsAllowedInNewRow(part);
            return null;
        });
        return isAllowed ? placed : null;
    }
}
