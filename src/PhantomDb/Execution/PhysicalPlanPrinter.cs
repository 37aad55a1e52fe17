using System.Globalization;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using SortKey = PhantomDb.Planning.Logical.SortKey;

namespace PhantomDb.Execution;

/// <summary>
/// EXPLAIN: a physical plan as lines in the manner of PostgreSQL, with what a run has counted where there was one. Costs
/// are not known and not shown, only expected rows.
/// </summary>
internal sealed class PhysicalPlanPrinter
{
    private readonly List<string> _lines = [];
    private readonly ExecutionProfile? _profile;
    private readonly bool _showsRows;

    private PhysicalPlanPrinter(ExecutionProfile? profile, bool showsRows)
    {
        _profile = profile;
        _showsRows = showsRows;
    }

    /// <summary>One line of text each. <paramref name="showsRows"/>: expected rows, where estimated (EXPLAIN's COSTS).</summary>
    public static IReadOnlyList<string> Print(PhysicalPlan plan, bool showsRows = true, ExecutionProfile? profile = null)
    {
        var printer = new PhysicalPlanPrinter(profile, showsRows);
        printer.Print(plan.Root, 0, "");
        return printer._lines;
    }

    private void Print(PhysicalOperator plan, int depth, string label)
    {
        string arrow = depth == 0 ? "" : "->  ";
        int indent = depth == 0 ? 0 : depth * 6 - 4;
        _lines.Add($"{new string(' ', indent)}{arrow}{label}{Title(plan)}{Counts(plan)}");
        foreach (string detail in Details(plan))
        {
            _lines.Add($"{new string(' ', indent + arrow.Length + 2)}{detail}");
        }
        if (plan is PhysicalCte cte)
        {
            Print(cte.Definition, depth + 1, $"CTE {cte.Name}: ");
            Print(cte.Body, depth + 1, "");
            return;
        }
        foreach (PhysicalOperator child in plan.Children)
        {
            Print(child, depth + 1, "");
        }
    }

    private static string Title(PhysicalOperator plan) => plan switch
    {
        PhysicalScan scan => $"Seq Scan on {scan.Table.Name}{As(scan.Table.Name, scan.Alias)}",
        PhysicalIndexScan { Scan: { } scan } index => $"Index Scan using {index.Index.Name} on {scan.Table.Name}{As(scan.Table.Name, scan.Alias)}",
        PhysicalVirtualScan scan => $"Seq Scan on {scan.Name}{As(scan.Name, scan.Alias)}",
        PhysicalTableFunction function => $"Function Scan on {function.Function.Name}",
        PhysicalValues { Rows.Count: 0 } => "Result (no rows)",
        PhysicalValues { Columns.Count: 0 } => "Result",
        PhysicalValues => "Values Scan",
        PhysicalFilter => "Filter",
        PhysicalProject => "Projection",
        PhysicalHashJoin join => $"Hash {Kind(join.Kind)}",
        PhysicalNestedLoopJoin join => $"Nested Loop {Kind(join.Kind)}",
        PhysicalDependentJoin join => $"Dependent {Kind(join.Kind)}",
        PhysicalAggregate { Groups.Count: 0, GroupingSets: null } => "Aggregate",
        PhysicalAggregate { GroupingSets: null } => "HashAggregate",
        PhysicalAggregate => "MixedAggregate",
        PhysicalSort { Limit: { } } => "Top-N Sort",
        PhysicalSort => "Sort",
        PhysicalWindow => "WindowAgg",
        PhysicalLimit => "Limit",
        PhysicalDistinct => "Unique",
        PhysicalUnion => "Append",
        PhysicalSetOperation set => $"HashSetOp {set.Kind}{(set.IsAll ? " All" : "")}",
        PhysicalCte => "CTE",
        PhysicalCteScan scan => $"CTE Scan on {scan.Name}",
        PhysicalRecursiveCte recursive => $"Recursive Union {recursive.Name}",
        _ => plan.GetType().Name,
    };

    private static string Kind(JoinKind kind) => kind == JoinKind.Inner ? "Join" : $"{kind} Join";

    private static string As(string name, string alias) => name == alias ? "" : $" {alias}";

    private static IEnumerable<string> Details(PhysicalOperator plan)
    {
        switch (plan)
        {
            case PhysicalScan { Filter: { } filter }:
                yield return $"Filter: {Text(filter, plan.Columns)}";
                break;
            case PhysicalIndexScan scan:
                yield return $"Index Cond: {string.Join(" and ", IndexConditions(scan))}";
                yield return $"Filter: {Text(scan.Scan.Filter!, plan.Columns)}";
                break;
            case PhysicalFilter filter:
                yield return $"Filter: {Text(filter.Predicate, filter.Input.Columns)}";
                break;
            case PhysicalProject project:
                yield return $"Output: {string.Join(", ", project.Expressions.Select(e => Text(e, project.Input.Columns)))}";
                break;
            case PhysicalHashJoin join:
                yield return $"Hash Cond: {string.Join(" and ", join.LeftKeys.Zip(join.RightKeys, (l, r) =>
                    $"({Text(l, join.Left.Columns)} = {Text(r, join.Right.Columns)})"))}";
                if (join.Residual is not null)
                {
                    yield return $"Join Filter: {Text(join.Residual,
                        [.. join.LeftOutputs.Select(i => join.Left.Columns[i]), .. join.RightOutputs.Select(i => join.Right.Columns[i])])}";
                }
                break;
            case PhysicalNestedLoopJoin { Condition: { } condition } join:
                yield return $"Join Filter: {Text(condition, [.. join.Left.Columns, .. join.Right.Columns])}";
                break;
            case PhysicalDependentJoin { Condition: { } condition } join:
                yield return $"Join Filter: {Text(condition, [.. join.Left.Columns, .. join.Right.Columns])}";
                break;
            case PhysicalAggregate aggregate:
                if (aggregate.Groups.Count > 0)
                {
                    yield return $"Group Key: {string.Join(", ", aggregate.Groups.Select(e => Text(e, aggregate.Input.Columns)))}";
                }
                if (aggregate.Aggregates.Count > 0)
                {
                    yield return $"Aggregates: {string.Join(", ", aggregate.Aggregates.Select(a => Text(a, aggregate.Input.Columns)))}";
                }
                break;
            case PhysicalSort sort:
                yield return $"Sort Key: {string.Join(", ", sort.Keys.Select(k => Text(k, sort.Input.Columns)))}";
                break;
            case PhysicalWindow window:
                if (window.PartitionBy.Count > 0)
                {
                    yield return $"Partition Key: {string.Join(", ", window.PartitionBy.Select(e => Text(e, window.Input.Columns)))}";
                }
                if (window.OrderBy.Count > 0)
                {
                    yield return $"Sort Key: {string.Join(", ", window.OrderBy.Select(k => Text(k, window.Input.Columns)))}";
                }
                yield return $"Calls: {string.Join(", ", window.Calls.Select((call, i) =>
                    $"{window.Columns[window.Input.Columns.Count + i].Name}({string.Join(", ", call.Arguments.Select(a => Text(a, window.Input.Columns)))})"))}";
                break;
            case PhysicalDistinct distinct:
                yield return $"Key: {string.Join(", ", distinct.Keys.Select(e => Text(e, distinct.Input.Columns)))}";
                break;
        }
    }

    private static IEnumerable<string> IndexConditions(PhysicalIndexScan scan)
    {
        string Column(int place) => scan.Scan.Table.Columns[scan.Scan.Table.IndexOfNumber(scan.Index.Columns[place].ColumnNumber)].Name;
        for (int i = 0; i < scan.Equal.Count; i++)
        {
            yield return $"({Column(i)} = {Text(scan.Equal[i], [])})";
        }
        if (scan.Lower is { } lower)
        {
            yield return $"({Column(scan.Equal.Count)} {(lower.IsInclusive ? ">=" : ">")} {Text(lower.Value, [])})";
        }
        if (scan.Upper is { } upper)
        {
            yield return $"({Column(scan.Equal.Count)} {(upper.IsInclusive ? "<=" : "<")} {Text(upper.Value, [])})";
        }
    }

    private string Counts(PhysicalOperator plan)
    {
        string text = _showsRows && !double.IsNaN(plan.EstimatedRows)
            ? string.Create(CultureInfo.InvariantCulture, $"  (rows={Math.Max(1, Math.Round(plan.EstimatedRows)):0})")
            : "";
        if (_profile is null)
        {
            return text;
        }
        return _profile.Find(plan) is not { } counters
            ? text + (plan is PhysicalCte ? "" : " (never executed)")
            : text + string.Create(CultureInfo.InvariantCulture,
                $" (actual time={Time(plan):0.000} rows={counters.Rows / Math.Max(1, counters.Loops)} loops={counters.Loops})");
    }

    // Milliseconds of the operator and of all below it.
    private double Time(PhysicalOperator plan) =>
        (_profile!.Find(plan)?.Milliseconds ?? 0) + plan.Children.Sum(Time);

    private static string Text(PhysicalAggregateCall call, IReadOnlyList<LogicalColumn> columns)
    {
        string arguments = call.Arguments.Count == 0 ? "*" : string.Join(", ", call.Arguments.Select(a => Text(a, columns)));
        string order = call.OrderBy.Count == 0 ? "" : $" ORDER BY {string.Join(", ", call.OrderBy.Select(k => Text(k, columns)))}";
        string filter = call.Filter is null ? "" : $" FILTER (WHERE {Text(call.Filter, columns)})";
        return $"{call.Function.Name}({(call.IsDistinct ? "DISTINCT " : "")}{arguments}{order}){filter}";
    }

    private static string Text(SortKey key, IReadOnlyList<LogicalColumn> columns) =>
        Text(key.Expression, columns) + (key.IsDescending ? " DESC" : "")
        + (key.NullsFirst == key.IsDescending ? "" : key.NullsFirst ? " NULLS FIRST" : " NULLS LAST");

    private static string Text(Expression expression, IReadOnlyList<LogicalColumn> columns) =>
        LogicalPlanPrinter.Print(PlanTraversal.Rewrite(expression, part => part is PositionExpression position ? columns[position.Index].Reference : null));
}
