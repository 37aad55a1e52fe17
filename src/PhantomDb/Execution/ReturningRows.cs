using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

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
