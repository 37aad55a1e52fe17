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

    /// <summary>An index expression's value as storage keeps it.</summary>
    public static Expression AsStored(StoredExpression stored)
    {
        SqlType type = stored.Column.Column.Type;
        return stored.Value.Type == type ? stored.Value : new CastExpression(stored.Value, type, CastContext.Assignment);
    }
}

/// <summary>Index expressions and new columns for the rows that a table has already, over its columns; those that they do not read are left out.</summary>
internal sealed class StoredValueSource : IColumnSource
{
    private readonly StoredValues _values;
    private readonly StoredValues _tellable;   // of older versions: what is not volatile
    private readonly int[] _places;            // of those among all
    private readonly Vector?[] _ofOlder;
    private readonly EvaluationContext _evaluation;

    /// <param name="table">The table as it was.</param>
    /// <param name="row">Its columns as the expressions name them, in its order.</param>
    /// <param name="stored">The expressions.</param>
    /// <param name="evaluation">The statement's.</param>
    public StoredValueSource(TableDefinition table, IReadOnlyList<LogicalColumn> row, IReadOnlyList<StoredExpression> stored, EvaluationContext evaluation)
    {
        _evaluation = evaluation;
        // What is volatile depends on the column as it was: older versions of it cannot be told.
        int[] read = [.. Enumerable.Range(0, row.Count).Where(i => stored.Any(s =>
            Reads(s.Value, row[i].Id) || (ExpressionFacts.IsVolatile(s.Value) && s.Column.ColumnNumber == table.Columns[i].Number)))];
        LogicalColumn[] columns = [.. read.Select(i => row[i])];
        Columns = [.. read.Select(i => table.Columns[i].Number)];
        _values = new StoredValues(stored, columns, evaluation);
        _places = [.. Enumerable.Range(0, stored.Count).Where(i => !ExpressionFacts.IsVolatile(stored[i].Value))];
        _tellable = _places.Length == stored.Count ? _values : new StoredValues([.. _places.Select(i => stored[i])], columns, evaluation);
        _ofOlder = new Vector?[stored.Count];
    }

    public int[] Columns { get; }

    public int[] Numbers => _values.Numbers;

    /// <summary>Looks at the newest values.</summary>
    public Action<Vector[], DataChunk>? Test { get; init; }

    public Vector?[] Compute(DataChunk rows, bool isNewest)
    {
        _evaluation.Statement.ThrowIfCancelled();
        if (isNewest)
        {
            Vector[] values = _values.Evaluate(rows);
            Test?.Invoke(values, rows);
            return values;
        }
        Vector[] tellable = _tellable.Evaluate(rows);
        for (int i = 0; i < _places.Length; i++)
        {
            _ofOlder[_places[i]] = tellable[i];
        }
        return _ofOlder;
    }

    private static bool Reads(Expression expression, ColumnId column) =>
        ExpressionFacts.Any(expression, node => node is ColumnExpression read && read.Id == column);
}
