using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>Which expressions the aggregates of a GROUP BY need, each once for all that share it (and its filter).</summary>
internal sealed class AggregateArgumentPlan
{
    private readonly List<(Expression Expression, int Filter, bool IsNarrow)> _expressions = [];
    private readonly List<Expression> _filters = [];

    public AggregateArgumentPlan(IReadOnlyList<PhysicalAggregateCall> calls)
    {
        foreach (PhysicalAggregateCall call in calls)
        {
            int filter = call.Filter is null ? -1 : IndexOf(_filters, call.Filter);
            bool isNarrow = call.Function.AcceptsNarrow && !GroupedAggregate.IsKept(call);
            // An ordered aggregate sorts by its keys, which stand behind its arguments.
            IEnumerable<Expression> wanted = call.Arguments;
            if (GroupedAggregate.IsOrdered(call))
            {
                wanted = wanted.Concat(call.OrderBy.Select(key => key.Expression));
            }
            Calls.Add((filter, [.. wanted.Select(e => IndexOf(_expressions, (e, filter, isNarrow)))]));
        }
    }

    public IReadOnlyList<Expression> Filters => _filters;

    public IReadOnlyList<(Expression Expression, int Filter, bool IsNarrow)> Expressions => _expressions;

    /// <summary>For each call the number of its filter (-1: none) and those of its arguments.</summary>
    public List<(int Filter, int[] Arguments)> Calls { get; } = [];

    private static int IndexOf<T>(List<T> list, T item)
    {
        int index = list.IndexOf(item);
        if (index < 0)
        {
            index = list.Count;
            list.Add(item);
        }
        return index;
    }
}

/// <summary>Computes what the aggregates need of a chunk. Belongs to one worker.</summary>
internal sealed class AggregateArguments
{
    private readonly AggregateArgumentPlan _plan;
    private readonly ExpressionEvaluator[] _evaluators;
    private readonly Vector[] _values;
    private readonly PredicateEvaluator[] _filters;
    private readonly (int[]? Selection, int Count)[] _filtered;
    private readonly Vector[][] _vectors;
    private DataChunk? _chunk;

    public AggregateArguments(AggregateArgumentPlan plan, ExecutionContext context)
    {
        _plan = plan;
        _evaluators = [.. plan.Expressions.Select(e => new ExpressionEvaluator(e.Expression, context.Evaluation, e.IsNarrow))];
        _values = new Vector[_evaluators.Length];
        _filters = [.. plan.Filters.Select(f => new PredicateEvaluator(f, context.Evaluation))];
        _filtered = new (int[]?, int)[_filters.Length];
        _vectors = [.. plan.Calls.Select(call => new Vector[call.Arguments.Length])];
    }

    public void Evaluate(DataChunk chunk)
    {
        _chunk = chunk;
        for (int i = 0; i < _filters.Length; i++)
        {
            _filtered[i].Count = _filters[i].Select(chunk, DataChunk.EnsureRoom(ref _filtered[i].Selection, chunk.Count));
        }
        for (int i = 0; i < _evaluators.Length; i++)
        {
            int filter = _plan.Expressions[i].Filter;
            if (filter < 0)
            {
                _values[i] = _evaluators[i].Evaluate(chunk);
            }
            else if (_filtered[filter].Count > 0)
            {
                _values[i] = _evaluators[i].Evaluate(chunk, _filtered[filter].Selection, _filtered[filter].Count);
            }
        }
        for (int i = 0; i < _vectors.Length; i++)
        {
            for (int k = 0; k < _vectors[i].Length; k++)
            {
                _vectors[i][k] = _values[_plan.Calls[i].Arguments[k]];
            }
        }
    }

    /// <summary>The call has a FILTER: its rows are not the chunk's.</summary>
    public bool HasFilter(int call) => _plan.Calls[call].Filter >= 0;

    /// <summary>Vectors, selection and count of one call's rows.</summary>
    public ArgumentRows Of(int call)
    {
        int filter = _plan.Calls[call].Filter;
        return filter < 0
            ? new ArgumentRows(_vectors[call], _chunk!.Selection, _chunk.Count)
            : new ArgumentRows(_vectors[call], _filtered[filter].Selection, _filtered[filter].Count);
    }
}

/// <summary>Rows that an aggregate takes in.</summary>
internal readonly record struct ArgumentRows(Vector[] Vectors, int[]? Selection, int Count);
