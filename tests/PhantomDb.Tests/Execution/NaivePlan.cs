using System.Globalization;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using SortKey = PhantomDb.Planning.Logical.SortKey;

namespace PhantomDb.Tests.Execution;

/// <summary>
/// Runs logical plans the simplest way that could be right: lists of rows of boxed values, every pair of a join looked at.
/// The model that operators are compared with. Knows the few expressions that the tests use.
/// </summary>
internal sealed class NaivePlan
{
    private readonly Dictionary<int, List<object?[]>> _ctes = [];
    private readonly List<Dictionary<ColumnId, object?>> _outer = [];

    public static List<object?[]> Rows(LogicalOperator plan) => new NaivePlan().Run(plan);

    /// <summary>Rows as texts, so that multisets can be compared; equal values give equal texts.</summary>
    public static string[] Texts(IEnumerable<object?[]> rows) => [.. rows.Select(row => string.Join("|", row.Select(Text)))];

    public static string Text(object? value) => value switch
    {
        null => "NULL",
        float real => (real == 0 ? 0f : real).ToString("R", CultureInfo.InvariantCulture),
        double number => (number == 0 ? 0d : number).ToString("R", CultureInfo.InvariantCulture),
        Numeric numeric => numeric.ToString(),
        Interval interval => interval.Total.ToString(CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        object other => other.ToString()!,
    };

    /// <summary>SQL's order of two values of one type, neither NULL.</summary>
    public static int Compare(object left, object right) => (left, right) switch
    {
        (ByteString a, ByteString b) => a.Bytes.AsSpan().SequenceCompareTo(b.Bytes),
        (Numeric a, Numeric b) => Numeric.Compare(a, b),
        (Interval a, Interval b) => a.Total.CompareTo(b.Total),
        (double a, double b) => double.IsNaN(a) ? double.IsNaN(b) ? 0 : 1 : double.IsNaN(b) ? -1 : a.CompareTo(b),
        (float a, float b) => float.IsNaN(a) ? float.IsNaN(b) ? 0 : 1 : float.IsNaN(b) ? -1 : a.CompareTo(b),
        _ => ((IComparable)left).CompareTo(right),
    };

    private List<object?[]> Run(LogicalOperator plan)
    {
        switch (plan)
        {
            case LogicalValues values:
                return [.. values.Rows.Select(row => row.Select(e => Value(e, [])).ToArray())];
            case LogicalEmpty:
                return [];
            case LogicalFilter filter:
                return [.. Run(filter.Input).Where(row => Value(filter.Predicate, Bind(filter.Input.Output, row)) is true)];
            case LogicalProject project:
                return [.. Run(project.Input).Select(row => project.Columns.Select(c => Value(c.Expression, Bind(project.Input.Output, row))).ToArray())];
            case LogicalJoin join:
                return Join(join);
            case LogicalAggregate aggregate:
                return Aggregate(aggregate);
            case LogicalSort sort:
                return Sort(Run(sort.Input), sort.Input.Output, sort.Keys);
            case LogicalLimit limit:
            {
                IEnumerable<object?[]> rows = Run(limit.Input);
                rows = limit.Offset is null ? rows : rows.Skip((int)(long)Value(limit.Offset, [])!);
                return [.. limit.Limit is null ? rows : rows.Take((int)(long)Value(limit.Limit, [])!)];
            }
            case LogicalDistinct { On: null } distinct:
                return [.. Run(distinct.Input).DistinctBy(Key)];
            case LogicalDistinct { On: { } on } distinct:
                return [.. Run(distinct.Input).DistinctBy(row => Key([.. on.Select(e => Value(e, Bind(distinct.Input.Output, row)))]))];
            case LogicalSetOperation set:
                return SetOperation(set);
            case LogicalCte cte:
                _ctes[cte.CteId] = Run(cte.Definition);
                return Run(cte.Body);
            case LogicalCteScan scan:
                return _ctes[scan.CteId];
            case LogicalRecursiveCte recursive:
            {
                List<object?[]> all = [];
                HashSet<string> seen = [];
                List<object?[]> step = Run(recursive.Initial);
                while (true)
                {
                    if (!recursive.IsAll)
                    {
                        step = [.. step.Where(row => seen.Add(Key(row)))];
                    }
                    if (step.Count == 0)
                    {
                        return all;
                    }
                    all.AddRange(step);
                    _ctes[recursive.CteId] = step;
                    step = Run(recursive.Recursive);
                }
            }
            default:
                throw new NotSupportedException(plan.GetType().Name);
        }
    }

    private List<object?[]> Join(LogicalJoin join)
    {
        List<object?[]> left = Run(join.Left);
        List<object?[]> right = join.IsDependent ? [] : Run(join.Right);
        LogicalColumn[] both = [.. join.Left.Output, .. join.Right.Output];
        HashSet<object?[]> matchedRight = [];
        List<object?[]> result = [];
        foreach (object?[] row in left)
        {
            if (join.IsDependent)
            {
                _outer.Add(Bind(join.Left.Output, row));
                right = Run(join.Right);
                _outer.RemoveAt(_outer.Count - 1);
            }
            bool isUnknown = false;
            List<object?[]> partners = [];
            foreach (object?[] other in right)
            {
                object? condition = join.Condition is null ? true : Value(join.Condition, Bind(both, [.. row, .. other]));
                isUnknown |= condition is null;
                if (condition is true)
                {
                    partners.Add(other);
                    matchedRight.Add(other);
                }
            }
            switch (join.Kind)
            {
                case JoinKind.Semi when partners.Count > 0:
                case JoinKind.Anti when partners.Count == 0:
                    result.Add(row);
                    break;
                case JoinKind.Semi or JoinKind.Anti:
                    break;
                case JoinKind.Mark:
                    result.Add([.. row, partners.Count > 0 ? true : isUnknown ? null : false]);
                    break;
                case JoinKind.Single when partners.Count > 1:
                    throw Errors.Error.MoreThanOneRow();
                default:
                    result.AddRange(partners.Select(other => (object?[])[.. row, .. other]));
                    if (partners.Count == 0 && join.Kind is JoinKind.Left or JoinKind.Full or JoinKind.Single)
                    {
                        result.Add([.. row, .. new object?[join.Right.Output.Count]]);
                    }
                    break;
            }
        }
        if (join.Kind is JoinKind.Right or JoinKind.Full)
        {
            result.AddRange(right.Where(other => !matchedRight.Contains(other)).Select(other => (object?[])[.. new object?[join.Left.Output.Count], .. other]));
        }
        return result;
    }

    private List<object?[]> Aggregate(LogicalAggregate aggregate)
    {
        List<object?[]> rows = Run(aggregate.Input);
        List<object?[]> result = [];
        IReadOnlyList<IReadOnlyList<int>> sets = aggregate.GroupingSets ?? [[.. Enumerable.Range(0, aggregate.Groups.Count)]];
        for (int number = 0; number < sets.Count; number++)
        {
            IReadOnlyList<int> set = sets[number];
            var groups = rows.GroupBy(row => Key([.. set.Select(i => Value(aggregate.Groups[i].Expression, Bind(aggregate.Input.Output, row)))]))
                .Select(g => g.ToList()).ToList();
            if (set.Count == 0 && groups.Count == 0)
            {
                groups.Add([]);
            }
            foreach (List<object?[]> group in groups)
            {
                object?[] keys = new object?[aggregate.Groups.Count];
                foreach (int i in set)
                {
                    keys[i] = Value(aggregate.Groups[i].Expression, Bind(aggregate.Input.Output, group[0]));
                }
                result.Add([.. keys, .. aggregate.Aggregates.Select(a => Call(a.Call, aggregate.Input.Output, group)),
                    .. aggregate.GroupingSetNumber is null ? [] : new object?[] { number }]);
            }
        }
        return result;
    }

    private object? Call(AggregateCall call, IReadOnlyList<LogicalColumn> columns, List<object?[]> rows)
    {
        IEnumerable<object?[]> wanted = rows;
        if (call.Filter is not null)
        {
            wanted = wanted.Where(row => Value(call.Filter, Bind(columns, row)) is true);
        }
        if (call.OrderBy.Count > 0)
        {
            wanted = Sort([.. wanted], columns, call.OrderBy);
        }
        if (call.Arguments.Count == 0)
        {
            return (long)wanted.Count();
        }
        IEnumerable<object> values = wanted.Select(row => Value(call.Arguments[0], Bind(columns, row))).OfType<object>();
        if (call.IsDistinct)
        {
            values = values.DistinctBy(value => Text(value)).Order(Comparer<object>.Create(Compare));
        }
        List<object> all = [.. values];
        return call.Function.Name switch
        {
            "count" => (long)all.Count,
            "min" => all.Count == 0 ? null : all.Aggregate((a, b) => Compare(a, b) <= 0 ? a : b),
            "max" => all.Count == 0 ? null : all.Aggregate((a, b) => Compare(a, b) >= 0 ? a : b),
            "sum" => all.Count == 0 ? null : all[0] is int ? all.Sum(v => (int)v) + 0L : throw new NotSupportedException(),
            "string_agg" => all.Count == 0 ? null : new ByteString(string.Join(",", all)),
            _ => throw new NotSupportedException(call.Function.Name),
        };
    }

    private List<object?[]> Sort(List<object?[]> rows, IReadOnlyList<LogicalColumn> columns, IReadOnlyList<SortKey> keys)
    {
        var keyed = rows.Select(row => (Row: row, Keys: keys.Select(key => Value(key.Expression, Bind(columns, row))).ToArray()));
        return [.. keyed.Order(Comparer<(object?[] Row, object?[] Keys)>.Create((left, right) =>
        {
            for (int i = 0; i < keys.Count; i++)
            {
                object? a = left.Keys[i];
                object? b = right.Keys[i];
                int order = a is null || b is null
                    ? (a is null) == (b is null) ? 0 : (a is null) == keys[i].NullsFirst ? -1 : 1
                    : Compare(a, b) * (keys[i].IsDescending ? -1 : 1);
                if (order != 0)
                {
                    return order;
                }
            }
            return 0;
        })).Select(pair => pair.Row)];
    }

    private List<object?[]> SetOperation(LogicalSetOperation set)
    {
        List<object?[]> left = Run(set.Left);
        List<object?[]> right = Run(set.Right);
        if (set.Kind == SetOperationKind.Union)
        {
            return set.IsAll ? [.. left, .. right] : [.. left.Concat(right).DistinctBy(Key)];
        }
        Dictionary<string, int> counts = right.GroupBy(Key).ToDictionary(g => g.Key, g => g.Count());
        List<object?[]> result = [];
        foreach (object?[] row in set.IsAll ? left : left.DistinctBy(Key))
        {
            string key = Key(row);
            bool isFound = counts.GetValueOrDefault(key) > 0;
            if (isFound && set.IsAll)
            {
                counts[key]--;
            }
            if (isFound == (set.Kind == SetOperationKind.Intersect))
            {
                result.Add(row);
            }
        }
        return result;
    }

    // Equal keys give equal texts: numerics without zeros at the end.
    private static string Key(object?[] row) => string.Join("|", row.Select(value => value is Numeric numeric ? $"{numeric.ToDouble():R}" : Text(value)));

    private static Dictionary<ColumnId, object?> Bind(IReadOnlyList<LogicalColumn> columns, object?[] row)
    {
        Dictionary<ColumnId, object?> values = [];
        for (int i = 0; i < columns.Count; i++)
        {
            values.TryAdd(columns[i].Id, row[i]);
        }
        return values;
    }

    private object? Value(Expression expression, Dictionary<ColumnId, object?> row)
    {
        switch (expression)
        {
            case ConstantExpression constant:
                return constant.Value;
            case ColumnExpression column:
                return row.TryGetValue(column.Id, out object? value) ? value : Outer(column.Id);
            case IsNullExpression isNull:
                return (Value(isNull.Operand, row) is null) != isNull.IsNegated;
            case NotExpression not:
                return Value(not.Operand, row) is bool negated ? !negated : null;
            case ConjunctionExpression conjunction:
            {
                bool decisive = conjunction.Kind == ConjunctionKind.Or;
                object?[] values = [.. conjunction.Operands.Select(o => Value(o, row))];
                return values.Contains(decisive) ? decisive : values.Contains(null) ? null : !decisive;
            }
            case ComparisonExpression comparison:
            {
                object? left = Value(comparison.Left, row);
                object? right = Value(comparison.Right, row);
                if (comparison.Kind == ComparisonKind.NotDistinctFrom)
                {
                    return left is null || right is null ? left is null && right is null : Compare(left, right) == 0;
                }
                if (left is null || right is null)
                {
                    return null;
                }
                int order = Compare(left, right);
                return comparison.Kind switch
                {
                    ComparisonKind.Equal => order == 0,
                    ComparisonKind.NotEqual => order != 0,
                    ComparisonKind.Less => order < 0,
                    ComparisonKind.LessOrEqual => order <= 0,
                    ComparisonKind.Greater => order > 0,
                    ComparisonKind.GreaterOrEqual => order >= 0,
                    _ => throw new NotSupportedException(),
                };
            }
            case FunctionExpression { Function.Name: "+" } sum:
                return Value(sum.Arguments[0], row) is int a && Value(sum.Arguments[1], row) is int b ? a + b : null;
            default:
                throw new NotSupportedException(expression.GetType().Name);
        }
    }

    private object? Outer(ColumnId id)
    {
        for (int i = _outer.Count - 1; i >= 0; i--)
        {
            if (_outer[i].TryGetValue(id, out object? value))
            {
                return value;
            }
        }
        throw new KeyNotFoundException(id.ToString());
    }
}
