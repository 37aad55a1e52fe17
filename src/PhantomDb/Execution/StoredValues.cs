using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>Index expressions computed over chunks of rows, as the types that storage keeps them in.</summary>
internal sealed class StoredValues
{
    private readonly ExpressionEvaluator[] _evaluators;
    private readonly Vector[] _values;

    /// <param name="columns">What the chunks' vectors are.</param>
    public StoredValues(IReadOnlyList<StoredExpression> stored, IReadOnlyList<LogicalColumn> columns, EvaluationContext evaluation)
    {
        Numbers = [.. stored.Select(s => s.Column.ColumnNumber)];
        _values = new Vector[stored.Count];
        Dictionary<ColumnId, int> positions = [];
        for (int i = 0; stored.Count > 0 && i < columns.Count; i++)
        {
            positions.TryAdd(columns[i].Id, i);
        }
        _evaluators = [.. stored.Select(s => new ExpressionEvaluator(ReturningRows.ToPositions(AsStored(s), positions), evaluation))];
    }

    /// <summary>Storage numbers of the index expressions.</summary>
    public int[] Numbers { get; }

    public int Count => _values.Length;

    /// <summary>The values at the chunk's positions, good until the next call.</summary>
    public Vector[] Evaluate(DataChunk chunk)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i] = _evaluators[i].Evaluate(chunk);
        }
        return _values;
    }

    /// <summary>Those of a table's index expressions that read some column.</summary>
    public static IReadOnlyList<StoredExpression> Reading(TableDefinition table, IReadOnlyList<StoredExpression> stored, IEnumerable<int> columns) =>
        [.. stored.Where(s => table.FindExpression(s.Column.ColumnNumber)!.Columns.Any(columns.Contains))];

    private static Expression AsStored(StoredExpression stored)
    {
        SqlType type = stored.Column.Column.Type;
        return stored.Value.Type == type ? stored.Value : new CastExpression(stored.Value, type, CastContext.Assignment);
    }
}

/// <summary>Index expressions for the rows that a table has already, over its columns.</summary>
internal sealed class StoredValueSource(TableDefinition table, IReadOnlyList<LogicalColumn> row, IReadOnlyList<StoredExpression> stored, EvaluationContext evaluation)
    : IIndexExpressionSource
{
    private readonly StoredValues _values = new(stored, row, evaluation);

    public int[] Columns { get; } = [.. table.Columns.Select(column => column.Number)];

    public int[] Numbers => _values.Numbers;

    public Vector[] Compute(DataChunk rows)
    {
        evaluation.Statement.ThrowIfCancelled();
        return _values.Evaluate(rows);
    }
}
