using System.Runtime.CompilerServices;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Execution;

/// <summary>
/// Chooses an algorithm for each logical operator and turns column ids into positions. Columns that nothing above needs are
/// not carried along. Does not reorder anything: that has been the optimizer's work.
/// </summary>
internal sealed partial class PhysicalPlanner
{
    private readonly int _parameterCount;
    private readonly Func<LogicalOperator, double>? _estimate;
    private readonly CardinalityEstimator? _estimator;
    private readonly IndexChoice? _indexes;
    private readonly List<OuterScope> _outerScopes = [];   // dependent joins around, the innermost last
    private int _slotCount;
    private bool _locksRows;   // below FOR UPDATE

    private PhysicalPlanner(int parameterCount, ICatalogStatistics? statistics, IndexChoice? indexes, Func<LogicalOperator, double>? estimate)
    {
        _parameterCount = parameterCount;
        _indexes = indexes;
        _estimate = estimate;
        _estimator = statistics is null ? null : new CardinalityEstimator(statistics);
    }

    /// <summary>
    /// A plan that gives the result columns in their order. <paramref name="parameterCount"/> is that of the statement's own
    /// parameters; <paramref name="statistics"/> are for choices between joins, <paramref name="indexes"/> for those of indexes
    /// (without, every table is scanned); <paramref name="estimate"/> gives expected rows for EXPLAIN.
    /// </summary>
    public static PhysicalPlan Plan(
        LogicalOperator plan, IReadOnlyList<LogicalColumn> result, int parameterCount,
        ICatalogStatistics? statistics = null, IndexChoice? indexes = null, Func<LogicalOperator, double>? estimate = null)
    {
        var planner = new PhysicalPlanner(parameterCount, statistics, indexes, estimate);
        PhysicalOperator root = planner.PlanExactly(plan, result);
        return new PhysicalPlan(root, parameterCount, planner._slotCount);
    }

    // The operator with just these columns, in this order.
    private PhysicalOperator PlanExactly(LogicalOperator plan, IReadOnlyList<LogicalColumn> columns)
    {
        PhysicalOperator planned = Plan(plan, [.. columns.Select(c => c.Id)]);
        bool isExact = planned.Columns.Count == columns.Count;
        for (int i = 0; isExact && i < columns.Count; i++)
        {
            isExact = planned.Columns[i].Id == columns[i].Id;
        }
        if (isExact)
        {
            return planned;
        }
        var scope = new ColumnScope(planned.Columns);
        return new PhysicalProject(planned, [.. columns.Select(c => Rewrite(c.Reference, scope))], columns) { EstimatedRows = planned.EstimatedRows };
    }

    // The operator with at least the required of its columns, in whatever order its Columns say.
    private PhysicalOperator Plan(LogicalOperator plan, HashSet<ColumnId> required)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.TooDeep();
        }
        PhysicalOperator planned = plan switch
        {
            LogicalScan scan => PlanScan(scan, required),
            LogicalVirtualScan scan => new PhysicalVirtualScan(scan.Schema, scan.Name, scan.Alias, [.. scan.Columns.Where(c => required.Contains(c.Id))]) { IsBackward = _backward.Contains(scan) },
            LogicalTableFunction function => new PhysicalTableFunction(
                function.Function, RewriteAll(function.Arguments, ColumnScope.Empty), function.HasOrdinality, function.Columns),
            LogicalValues values => new PhysicalValues([.. values.Rows.Select(row => RewriteAll(row, ColumnScope.Empty))], values.Columns),
            LogicalEmpty empty => new PhysicalValues([], empty.Columns),
            LogicalFilter filter => PlanFilter(filter, required),
            LogicalProject project => PlanProject(project, required),
            LogicalJoin join => PlanJoin(join, required),
            LogicalAggregate aggregate => PlanAggregate(aggregate, required),
            LogicalSort sort => PlanSort(sort, required, sort.Limit),
            LogicalLimit limit => PlanLimit(limit, required),
            LogicalLockRows rows => PlanLockRows(rows, required),
            LogicalDistinct distinct => PlanDistinct(distinct, required),
            LogicalWindow window => PlanWindow(window, required),
            LogicalSetOperation set => PlanSetOperation(set),
            LogicalCte cte => PlanCte(cte, required),
            LogicalCteScan scan => new PhysicalCteScan(scan.CteId, scan.Name, scan.Columns),
            LogicalRecursiveCte recursive => new PhysicalRecursiveCte(
                recursive.CteId, recursive.Name, PlanExactly(recursive.Initial, recursive.Initial.Output),
                PlanExactly(recursive.Recursive, recursive.Recursive.Output), recursive.IsAll, recursive.Columns),
            _ => throw Error.NotSupported($"{plan.GetType().Name} inside a query"),
        };
        return _estimate is null ? planned : planned with { EstimatedRows = _estimate(plan) };
    }

    private PhysicalOperator PlanScan(LogicalScan scan, HashSet<ColumnId> required)
    {
        PhysicalScan sequential = MakeScan(scan, required);
        return (PhysicalOperator?)_indexes?.Choose(sequential, _orders.GetValueOrDefault(scan)) ?? sequential;
    }

    private PhysicalScan MakeScan(LogicalScan scan, HashSet<ColumnId> required)
    {
        HashSet<ColumnId> needed = With(required, scan.Filter);
        List<LogicalColumn> columns = [];
        List<int> numbers = [];
        foreach (ScanColumn column in scan.Columns)
        {
            if (needed.Contains(column.Column.Id))
            {
                columns.Add(column.Column);
                numbers.Add(column.ColumnNumber);
            }
        }
        bool hasRowId = scan.RowId is not null && needed.Contains(scan.RowId.Id);
        if (hasRowId)
        {
            columns.Add(scan.RowId!);
        }
        Expression? filter = scan.Filter is null ? null : Rewrite(scan.Filter, new ColumnScope(columns));
        return new PhysicalScan(scan.Table, scan.Alias, numbers, hasRowId, filter, columns) { Implied = scan.Implied };
    }

    private PhysicalFilter PlanFilter(LogicalFilter filter, HashSet<ColumnId> required)
    {
        PhysicalOperator input = Plan(filter.Input, With(required, filter.Predicate));
        Expression predicate = Rewrite(filter.Predicate, new ColumnScope(input.Columns));
        return new PhysicalFilter(input is PhysicalVirtualScan scan ? scan with { Filter = predicate } : input, predicate);
    }

    private PhysicalOperator PlanProject(LogicalProject project, HashSet<ColumnId> required)
    {
        ComputedColumn[] columns =
            [.. project.Columns.Where(c => required.Contains(c.Column.Id) || ExpressionFacts.IsVolatile(c.Expression))];
        HashSet<ColumnId> needed = [];
        foreach (ComputedColumn column in columns)
        {
            AddColumns(column.Expression, needed);
        }
        PhysicalOperator input = Plan(project.Input, needed);
        if (columns.All(c => c.Expression is ColumnExpression reference && reference.Id == c.Column.Id))
        {
            return input;   // passes on columns as they are; a parent that wants an exact list makes it
        }
        var scope = new ColumnScope(input.Columns);
        return new PhysicalProject(input, [.. columns.Select(c => Rewrite(c.Expression, scope))], [.. columns.Select(c => c.Column)]);
    }

    private PhysicalOperator PlanAggregate(LogicalAggregate aggregate, HashSet<ColumnId> required)
    {
        AggregateColumn[] calls = [.. aggregate.Aggregates.Where(a => required.Contains(a.Column.Id))];
        if (PlanExtremes(aggregate, calls) is { } extremes)
        {
            return extremes;
        }
        HashSet<ColumnId> needed = [];
        foreach (ComputedColumn group in aggregate.Groups)
        {
            AddColumns(group.Expression, needed);
        }
        foreach (AggregateColumn call in calls)
        {
            AddColumns(call.Call.Arguments, needed);
            AddColumns(call.Call.OrderBy.Select(k => k.Expression), needed);
            if (call.Call.Filter is { } filter)
            {
                AddColumns(filter, needed);
            }
        }
        PhysicalOperator input = Plan(aggregate.Input, needed);
        var scope = new ColumnScope(input.Columns);
        return new PhysicalAggregate(
            input,
            [.. aggregate.Groups.Select(g => Rewrite(g.Expression, scope))],
            [.. calls.Select(c => new PhysicalAggregateCall(
                c.Call.Function, RewriteAll(c.Call.Arguments, scope), c.Call.Filter is null ? null : Rewrite(c.Call.Filter, scope),
                c.Call.IsDistinct, RewriteAll(c.Call.OrderBy, scope)))],
            aggregate.GroupingSets,
            [.. aggregate.Groups.Select(g => g.Column), .. calls.Select(c => c.Column), .. Optional(aggregate.GroupingSetNumber)]);
    }

    private PhysicalOperator PlanWindow(LogicalWindow window, HashSet<ColumnId> required)
    {
        WindowColumn[] columns = [.. window.Columns.Where(c => required.Contains(c.Column.Id))];
        HashSet<ColumnId> needed = [.. required];
        AddColumns(window.PartitionBy, needed);
        AddColumns(window.OrderBy.Select(k => k.Expression), needed);
        foreach (WindowColumn column in columns)
        {
            AddColumns(column.Call.Arguments, needed);
            AddColumns(column.Call.Frame.Start.Expressions.Concat(column.Call.Frame.End.Expressions), needed);
            if (column.Call.Filter is { } filter)
            {
                AddColumns(filter, needed);
            }
        }
        PhysicalOperator input = Plan(window.Input, needed);
        if (columns.Length == 0)
        {
            return input;
        }
        var scope = new ColumnScope(input.Columns);
        return new PhysicalWindow(
            input, RewriteAll(window.PartitionBy, scope), RewriteAll(window.OrderBy, scope),
            [.. columns.Select(c => c.Call.Map(e => Rewrite(e, scope)))],
            [.. input.Columns, .. columns.Select(c => c.Column)]);
    }

    private static LogicalColumn[] Optional(LogicalColumn? column) => column is null ? [] : [column];

    private PhysicalLimit PlanLimit(LogicalLimit limit, HashSet<ColumnId> required)
    {
        HashSet<ColumnId> needed = [.. required];
        if (limit.Ties is not null)
        {
            AddColumns(limit.Ties.Select(k => k.Expression), needed);
        }
        PhysicalOperator input = limit.Input is not LogicalSort sort || limit.Ties is not null ? Plan(limit.Input, needed)
            : RowsWanted(limit) is { } rows ? PlanSort(sort, needed, Math.Min(rows, sort.Limit ?? long.MaxValue))
            : PlanSort(sort, needed, sort.Limit, limit.Limit is null ? null : UnknownLimit);
        return new PhysicalLimit(
            input,
            limit.Limit is null ? null : Rewrite(limit.Limit, ColumnScope.Empty),
            limit.Offset is null ? null : Rewrite(limit.Offset, ColumnScope.Empty),
            limit.Ties is null ? null : RewriteAll(limit.Ties, new ColumnScope(input.Columns)));
    }

    // How many rows of a sort below can be seen, where that is known now.
    private static long? RowsWanted(LogicalLimit limit) =>
        limit.Limit is ConstantExpression { Value: long count and >= 0 and < int.MaxValue }
        && limit.Offset is null or ConstantExpression { Value: long and >= 0 and < int.MaxValue }
            ? count + ((limit.Offset as ConstantExpression)?.Value as long? ?? 0)
            : null;

    private PhysicalLockRows PlanLockRows(LogicalLockRows rows, HashSet<ColumnId> required)
    {
        LogicalColumn[] columns = [.. rows.Input.Output.Where(c => required.Contains(c.Id))];
        bool locksAbove = _locksRows;
        _locksRows = true;
        PhysicalOperator input = PlanExactly(rows.Input, [.. columns, .. rows.RowIds]);
        _locksRows = locksAbove;
        return new PhysicalLockRows(input, rows.Tables, RewriteOrNull(rows.Limit), RewriteOrNull(rows.Offset), columns);

        Expression? RewriteOrNull(Expression? count) => count is null ? null : Rewrite(count, ColumnScope.Empty);
    }

    private PhysicalDistinct PlanDistinct(LogicalDistinct distinct, HashSet<ColumnId> required)
    {
        if (distinct.On is null)
        {
            PhysicalOperator exact = PlanExactly(distinct.Input, distinct.Input.Output);
            return new PhysicalDistinct(exact, [.. exact.Columns.Select((c, i) => new PositionExpression(i, c.Type))]);
        }
        HashSet<ColumnId> needed = [.. required];
        AddColumns(distinct.On, needed);
        PhysicalOperator input = Plan(distinct.Input, needed);
        return new PhysicalDistinct(input, RewriteAll(distinct.On, new ColumnScope(input.Columns)));
    }

    private PhysicalOperator PlanSetOperation(LogicalSetOperation set)
    {
        if (set.Kind != SetOperationKind.Union)
        {
            return new PhysicalSetOperation(
                set.Kind, set.IsAll, PlanExactly(set.Left, set.Left.Output), PlanExactly(set.Right, set.Right.Output), set.Columns);
        }
        // A union of a union is one union: thousands of them must not nest. UNION's duplicates go at the end either way.
        List<LogicalOperator> inputs = [];
        LogicalOperator leftmost = set;
        while (leftmost is LogicalSetOperation { Kind: SetOperationKind.Union } union && (union.IsAll == set.IsAll || !set.IsAll))
        {
            inputs.Add(union.Right);
            leftmost = union.Left;
        }
        inputs.Add(leftmost);
        inputs.Reverse();
        var all = new PhysicalUnion([.. inputs.Select(input => PlanExactly(input, input.Output))], set.Columns);
        return set.IsAll ? all : new PhysicalDistinct(all, [.. all.Columns.Select((c, i) => new PositionExpression(i, c.Type))]);
    }

    private PhysicalOperator PlanCte(LogicalCte cte, HashSet<ColumnId> required)
    {
        PhysicalOperator body = Plan(cte.Body, required);
        return Reads(body, cte.CteId)
            ? new PhysicalCte(cte.CteId, cte.Name, PlanExactly(cte.Definition, cte.Definition.Output), body)
            : body;
    }

    private static bool Reads(PhysicalOperator plan, int cteId) =>
        plan is PhysicalCteScan scan ? scan.CteId == cteId : plan.Children.Any(child => Reads(child, cteId));

    private Expression Rewrite(Expression expression, ColumnScope scope) => PlanTraversal.Rewrite(expression, part => part switch
    {
        ColumnExpression column => Resolve(column, scope),
        SubqueryExpression subquery => throw Error.NotSupported("a subquery at this place", subquery.Position.Offset),
        _ => null,
    });

    private ExpressionList RewriteAll(ExpressionList expressions, ColumnScope scope)
    {
        // A row of constants, as there are many in VALUES, is left as it is.
        foreach (Expression expression in expressions.AsSpan())
        {
            if (expression is not ConstantExpression)
            {
                return new ExpressionList(expressions.Select(e => Rewrite(e, scope)));
            }
        }
        return expressions;
    }

    private SortKey[] RewriteAll(IReadOnlyList<SortKey> keys, ColumnScope scope) =>
        [.. keys.Select(k => k with { Expression = Rewrite(k.Expression, scope) })];

    private Expression Resolve(ColumnExpression column, ColumnScope scope)
    {
        if (scope.Find(column.Id) is { } position)
        {
            return new PositionExpression(position, column.Type);
        }
        for (int i = _outerScopes.Count - 1; i >= 0; i--)
        {
            OuterScope outer = _outerScopes[i];
            if (outer.Columns.Find(column.Id) is { } outerPosition)
            {
                if (!outer.Slots.TryGetValue(outerPosition, out int slot))
                {
                    slot = _parameterCount + _slotCount++;
                    outer.Slots.Add(outerPosition, slot);
                }
                return new ParameterExpression(slot, column.Type);
            }
        }
        throw Error.Internal($"column {column.Name}{column.Id} is not there");
    }

    private static HashSet<ColumnId> With(HashSet<ColumnId> columns, Expression? expression)
    {
        if (expression is null)
        {
            return columns;
        }
        HashSet<ColumnId> all = [.. columns];
        AddColumns(expression, all);
        return all;
    }

    private static void AddColumns(IEnumerable<Expression> expressions, HashSet<ColumnId> columns)
    {
        foreach (Expression expression in expressions)
        {
            AddColumns(expression, columns);
        }
    }

    private static void AddColumns(Expression expression, HashSet<ColumnId> columns) => PlanTraversal.Visit(expression, part =>
    {
        if (part is ColumnExpression column)
        {
            columns.Add(column.Id);
        }
    });

    /// <summary>Positions of an operator's columns.</summary>
    private sealed class ColumnScope
    {
        public static readonly ColumnScope Empty = new([]);

        private readonly Dictionary<ColumnId, int> _positions = [];

        public ColumnScope(IReadOnlyList<LogicalColumn> columns)
        {
            for (int i = 0; i < columns.Count; i++)
            {
                _positions.TryAdd(columns[i].Id, i);
            }
        }

        public int? Find(ColumnId id) => _positions.TryGetValue(id, out int position) ? position : null;
    }

    /// <summary>The left columns of a dependent join whose right side is being planned, and the slots given to them.</summary>
    private sealed record OuterScope(ColumnScope Columns)
    {
        public Dictionary<int, int> Slots { get; } = [];
    }
}
