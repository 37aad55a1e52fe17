using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>
/// What is computed of an inserted row as a whole, once its values are there: CHECK constraints, index expressions and RETURNING. What fails is
/// left to the general way, which makes the error.
/// </summary>
internal sealed class PointNewRow
{
    private readonly PointRow _row;
    private readonly PredicateEvaluator[] _failing;
    private readonly ExpressionEvaluator[] _stored;      // index expressions, the last values of the row
    private readonly Expression[] _returning;
    private readonly ExpressionEvaluator?[] _computed;   // of RETURNING what is no plain column
    private readonly RowBuffer _output;
    private readonly int[] _failed = new int[DataChunk.Capacity];
    private readonly bool _needsVectors;

    private PointNewRow(PointRow row, Expression[] failing, Expression[] stored, Expression[] returning)
    {
        _row = row;
        _failing = [.. failing.Select(condition => new PredicateEvaluator(condition, row.Evaluation))];
        _stored = [.. stored.Select(value => new ExpressionEvaluator(value, row.Evaluation))];
        _returning = returning;
        _computed = [.. returning.Select(value => value is PositionExpression ? null : new ExpressionEvaluator(value, row.Evaluation))];
        _output = new RowBuffer([.. Enumerable.Range(0, returning.Length)]);
        _needsVectors = _failing.Length + _stored.Length > 0 || Array.Exists(_computed, c => c is not null);
        Rows = returning.Length == 0 ? null : new PointRows([.. returning.Select(value => value.Type.Physical)]);
    }

    /// <summary>The row of RETURNING; null where the statement has none.</summary>
    public PointRows? Rows { get; }

    /// <summary>
    /// The checks, index expressions and RETURNING of an INSERT over its row's columns, given in the order of the buffer; null where
    /// something of them cannot be computed here.
    /// </summary>
    public static PointNewRow? Create(
        LogicalInsert insert, IReadOnlyList<LogicalColumn> columns, IReadOnlyList<SqlType> parameterTypes, IStatementContext statement)
    {
        // A check fails where it is false; unknown passes.
        Expression?[] failing = [.. insert.Checks.Select(check => Place(new BooleanTestExpression(check.Condition, Value: false, IsNegated: false), columns))];
        Expression?[] stored = [.. insert.Stored.Select(value => Place(StoredValues.AsStored(value), columns))];
        Expression?[] returning = [.. insert.Returning.Select(value => Place(value.Expression, columns))];
        return failing.Contains(null) || stored.Contains(null) || returning.Contains(null)
            ? null
            : new PointNewRow(new PointRow([.. columns.Select(c => c.Type.Physical)], parameterTypes, statement), failing!, stored!, returning!);
    }

    /// <summary>Tests a row, completes it by the index expressions, and makes RETURNING of it; false where a check fails.</summary>
    public bool TryTake(RowBuffer values, RowBuffer parameters)
    {
        _row.Take(values, parameters);
        if (_needsVectors)
        {
            _row.MakeVectors();
        }
        foreach (PredicateEvaluator failing in _failing)
        {
            if (failing.Select(_row.Chunk, _failed) > 0)
            {
                return false;
            }
        }
        for (int i = 0; i < _stored.Length; i++)
        {
            values.SetFrom(values.Count - _stored.Length + i, _stored[i].Evaluate(_row.Chunk), 0);
        }
        if (Rows is not null)
        {
            Return(values, Rows);
        }
        return true;
    }

    private void Return(RowBuffer values, PointRows rows)
    {
        for (int i = 0; i < _returning.Length; i++)
        {
            if (_computed[i] is { } computed)
            {
                _output.SetFrom(i, computed.Evaluate(_row.Chunk), 0);
            }
            else
            {
                PointValues.Copy(values, ((PositionExpression)_returning[i]).Index, _output, i);
            }
        }
        rows.Clear();
        rows.Add(_output);
        rows.Finish();
    }

    /// <summary>An expression over places in a row instead of columns; null where something in it cannot be computed here.</summary>
    public static Expression? Place(Expression expression, IReadOnlyList<LogicalColumn> columns)
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
