using PhantomDb.Catalog;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using SortKey = PhantomDb.Planning.Logical.SortKey;

namespace PhantomDb.Execution.Explain;

/// <summary>Describes a physical plan for EXPLAIN, with what a run has counted where there was one.</summary>
internal sealed class PlanDescription(ExecutionProfile? profile, ICatalogStatistics? statistics, bool isVerbose)
{
    private readonly Dictionary<int, Expression> _outerValues = [];

    public PlanNode Describe(PhysicalPlan plan) => Describe(plan.Root, "");

    /// <summary>A modification above the plan of its input, after a run with what it gave and met.</summary>
    public PlanNode Describe(LogicalModification modification, PhysicalPlan input, PlanActual? actual, ConflictCounts? conflicts)
    {
        string operation = modification switch
        {
            LogicalInsert => "Insert",
            LogicalUpdate => "Update",
            _ => "Delete",
        };
        PlanNode child = Describe(input);
        List<(string, object)> details = [];
        if (isVerbose && modification.Returning.Count > 0)
        {
            details.Add(("Output", (IEnumerable<string>)[.. modification.Returning.Select(r => LogicalPlanPrinter.Print(r.Expression))]));
        }
        if (modification is LogicalInsert { OnConflict: { } conflict })
        {
            details.Add(("Conflict Resolution", conflict.DoesNothing ? "NOTHING" : "UPDATE"));
            if (conflict.Arbiters.Count > 0)
            {
                details.Add(("Conflict Arbiter Indexes", conflict.Arbiters.Select(arbiter => arbiter.Name)));
            }
            if (conflict.Where is { } where)
            {
                details.Add(("Conflict Filter", LogicalPlanPrinter.Print(where)));
            }
            if (conflicts is { } counts)
            {
                details.Add(("Tuples Inserted", counts.Inserted));
                details.Add(("Conflicting Tuples", counts.Conflicting));
            }
        }
        string table = Relation(modification.Table);
        return new PlanNode($"{operation} on {table}", "ModifyTable")
        {
            Facts = [("Operation", operation), .. RelationFacts(modification.Table, modification.Table.Name)],
            Details = details,
            Cost = PlanCost.OfModification(child.Cost, modification.Returning.Count > 0),
            Actual = actual,
            Children = [child],
        };
    }

    private PlanNode Describe(PhysicalOperator plan, string label)
    {
        NameOuterValues(plan);
        PlanNode[] children = plan is PhysicalCte cte
            ? [Describe(cte.Definition, $"CTE {cte.Name}: "), Describe(cte.Body, "")]
            : [.. plan.Children.Select(child => Describe(child, ""))];
        return new PlanNode(Title(plan), NodeType(plan))
        {
            Label = label,
            Facts = Facts(plan),
            Details = [.. Output(plan), .. Details(plan), .. profile?.Find(plan)?.Instead is { } instead ? [("Executed As", instead)] : Array.Empty<(string, object)>()],
            Cost = PlanCost.Of(plan, [.. children.Select(c => c.Cost)], statistics),
            Actual = Actual(plan),
            Children = children,
        };
    }

    // Conditions below show the outer row's values, not the parameters that stand for them.
    private void NameOuterValues(PhysicalOperator plan)
    {
        if (plan is PhysicalIndexJoin byIndex)
        {
            Dictionary<ColumnId, string> aliases = AliasesIn(byIndex.Left);
            for (int i = 0; i < byIndex.OuterValues.Count; i++)
            {
                _outerValues[byIndex.FirstSlot + i] = WithAliases(Named(byIndex.OuterValues[i], byIndex.Left.Columns), aliases);
            }
        }
        else if (plan is PhysicalDependentJoin dependent)
        {
            Dictionary<ColumnId, string> aliases = AliasesIn(dependent.Left);
            foreach (OuterColumn column in dependent.OuterColumns)
            {
                _outerValues[column.Slot] = WithAliases(dependent.Left.Columns[column.Position].Reference, aliases);
            }
        }
    }

    private static Dictionary<ColumnId, string> AliasesIn(PhysicalOperator plan)
    {
        Dictionary<ColumnId, string> aliases = [];
        void Add(PhysicalOperator part)
        {
            if ((part as PhysicalScan ?? (part as PhysicalIndexScan)?.Scan) is { } scan)
            {
                foreach (LogicalColumn column in scan.Columns)
                {
                    aliases.TryAdd(column.Id, scan.Alias);
                }
            }
            foreach (PhysicalOperator child in part.Children)
            {
                Add(child);
            }
        }
        Add(plan);
        return aliases;
    }

    private static Expression WithAliases(Expression expression, Dictionary<ColumnId, string> aliases) => PlanTraversal.Rewrite(expression, part =>
        part is ColumnExpression column && aliases.TryGetValue(column.Id, out string? alias) ? column with { Name = $"{alias}.{column.Name}" } : null);

    // Milliseconds of the operator and of all below it.
    private PlanActual? Actual(PhysicalOperator plan)
    {
        if (profile is null)
        {
            return null;
        }
        return profile.Find(plan) is { } counters
            ? new PlanActual(counters.Rows, Math.Max(1, counters.Loops), Milliseconds(plan))
            : plan is PhysicalCte cte ? Actual(cte.Body) : PlanActual.NeverExecuted;
    }

    private double Milliseconds(PhysicalOperator plan) =>
        (profile!.Find(plan)?.Milliseconds ?? 0) + plan.Children.Sum(Milliseconds);

    private string Relation(TableDefinition table) => isVerbose ? table.QualifiedName : table.Name;

    private string Title(PhysicalOperator plan) => plan switch
    {
        PhysicalScan scan => $"Seq Scan on {Relation(scan.Table)}{As(scan.Table.Name, scan.Alias)}",
        PhysicalIndexScan { Scan: { } scan } index => $"{NodeType(index)} {(index.IsBackward ? "Backward " : "")}using {index.Index.Name} on {Relation(scan.Table)}{As(scan.Table.Name, scan.Alias)}",
        PhysicalVirtualScan scan => $"Seq Scan {(scan.IsBackward ? "Backward " : "")}on {scan.Name}{As(scan.Name, scan.Alias)}",
        PhysicalTableFunction function => $"Function Scan on {function.Function.Name}",
        PhysicalValues { Rows.Count: 0 } => "Result (no rows)",
        PhysicalHashJoin join => $"Hash {Kind(join.Kind)}",
        PhysicalNestedLoopJoin join => $"Nested Loop {Kind(join.Kind)}",
        PhysicalIndexJoin join => $"Nested Loop {Kind(join.Kind)}",
        PhysicalDependentJoin join => $"Dependent {Kind(join.Kind)}",
        PhysicalSetOperation set => $"HashSetOp {set.Kind}{(set.IsAll ? " All" : "")}",
        PhysicalCteScan scan => $"CTE Scan on {scan.Name}",
        PhysicalRecursiveCte recursive => $"Recursive Union {recursive.Name}",
        _ => NodeType(plan),
    };

    private static string NodeType(PhysicalOperator plan) => plan switch
    {
        PhysicalScan or PhysicalVirtualScan => "Seq Scan",
        PhysicalIndexScan scan => scan.IsIndexOnly ? "Index Only Scan" : "Index Scan",
        PhysicalTableFunction => "Function Scan",
        PhysicalValues { Rows.Count: 0 } or PhysicalValues { Columns.Count: 0 } => "Result",
        PhysicalValues => "Values Scan",
        PhysicalFilter => "Filter",
        PhysicalProject => "Projection",
        PhysicalHashJoin => "Hash Join",
        PhysicalNestedLoopJoin or PhysicalIndexJoin => "Nested Loop",
        PhysicalDependentJoin => "Dependent Join",
        PhysicalAggregate { Groups.Count: 0, GroupingSets: null } => "Aggregate",
        PhysicalAggregate { GroupingSets: null } => "HashAggregate",
        PhysicalAggregate => "MixedAggregate",
        PhysicalSort { Limit: { } } => "Top-N Sort",
        PhysicalSort => "Sort",
        PhysicalWindow => "WindowAgg",
        PhysicalLimit => "Limit",
        PhysicalDistinct => "Unique",
        PhysicalUnion => "Append",
        PhysicalSetOperation => "SetOp",
        PhysicalCte => "CTE",
        PhysicalCteScan => "CTE Scan",
        PhysicalRecursiveCte => "Recursive Union",
        _ => plan.GetType().Name.Replace("Physical", "", StringComparison.Ordinal),
    };

    private IReadOnlyList<(string, object)> Facts(PhysicalOperator plan) => plan switch
    {
        PhysicalScan scan => RelationFacts(scan.Table, scan.Alias),
        PhysicalIndexScan { Scan: { } scan } index => [("Scan Direction", index.IsBackward ? "Backward" : "Forward"), ("Index Name", index.Index.Name), .. RelationFacts(scan.Table, scan.Alias)],
        PhysicalVirtualScan scan => [("Relation Name", scan.Name), ("Alias", scan.Alias)],
        PhysicalTableFunction function => [("Function Name", function.Function.Name)],
        PhysicalHashJoin join => [("Join Type", join.Kind.ToString())],
        PhysicalNestedLoopJoin join => [("Join Type", join.Kind.ToString())],
        PhysicalIndexJoin join => [("Join Type", join.Kind.ToString())],
        PhysicalDependentJoin join => [("Join Type", join.Kind.ToString())],
        PhysicalSetOperation set => [("Command", set.Kind + (set.IsAll ? " All" : ""))],
        PhysicalCteScan scan => [("CTE Name", scan.Name)],
        PhysicalRecursiveCte recursive => [("CTE Name", recursive.Name)],
        _ => [],
    };

    private (string, object)[] RelationFacts(TableDefinition table, string alias) => isVerbose
        ? [("Relation Name", table.Name), ("Schema", table.Schema), ("Alias", alias)]
        : [("Relation Name", table.Name), ("Alias", alias)];

    private static string Kind(JoinKind kind) => kind == JoinKind.Inner ? "Join" : $"{kind} Join";

    private static string As(string name, string alias) => name == alias ? "" : $" {alias}";

    private IEnumerable<(string, object)> Output(PhysicalOperator plan)
    {
        if (isVerbose && plan.Columns.Count > 0 && plan is not PhysicalProject)
        {
            yield return ("Output", (IEnumerable<string>)[.. plan.Columns.Select(c => c.Name)]);
        }
    }

    private IEnumerable<(string, object)> Details(PhysicalOperator plan)
    {
        switch (plan)
        {
            case PhysicalScan { Filter: { } filter }:
                yield return ("Filter", Text(filter, plan.Columns));
                break;
            case PhysicalIndexScan scan:
                if (IndexConditions(scan).ToArray() is { Length: > 0 } conditions)
                {
                    yield return ("Index Cond", string.Join(" and ", conditions));
                }
                if (scan.Residual is not null)
                {
                    yield return ("Filter", Text(scan.Residual, plan.Columns));
                }
                break;
            case PhysicalFilter filter:
                yield return ("Filter", Text(filter.Predicate, filter.Input.Columns));
                break;
            case PhysicalProject project:
                yield return ("Output", List(project.Expressions.Select(e => Text(e, project.Input.Columns))));
                break;
            case PhysicalHashJoin join:
                yield return ("Hash Cond", string.Join(" and ", join.LeftKeys.Zip(join.RightKeys, (l, r) =>
                    $"({Text(l, join.Left.Columns)} = {Text(r, join.Right.Columns)})")));
                if (join.Residual is not null)
                {
                    yield return ("Join Filter", Text(join.Residual,
                        [.. join.LeftOutputs.Select(i => join.Left.Columns[i]), .. join.RightOutputs.Select(i => join.Right.Columns[i])]));
                }
                break;
            case PhysicalIndexJoin { Condition: { } condition } join:
                yield return ("Join Filter", Text(condition, [.. join.LeftOutputs.Select(i => join.Left.Columns[i]), .. join.Right.Columns]));
                break;
            case PhysicalNestedLoopJoin { Condition: { } condition } join:
                yield return ("Join Filter", Text(condition, [.. join.Left.Columns, .. join.Right.Columns]));
                break;
            case PhysicalDependentJoin { Condition: { } condition } join:
                yield return ("Join Filter", Text(condition, [.. join.Left.Columns, .. join.Right.Columns]));
                break;
            case PhysicalAggregate aggregate:
                if (aggregate.Groups.Count > 0)
                {
                    yield return ("Group Key", List(aggregate.Groups.Select(e => Text(e, aggregate.Input.Columns))));
                }
                if (aggregate.Aggregates.Count > 0)
                {
                    yield return ("Aggregates", List(aggregate.Aggregates.Select(a => Text(a, aggregate.Input.Columns))));
                }
                break;
            case PhysicalSort sort:
                yield return ("Sort Key", List(sort.Keys.Select(k => Text(k, sort.Input.Columns))));
                break;
            case PhysicalWindow window:
                if (window.PartitionBy.Count > 0)
                {
                    yield return ("Partition Key", List(window.PartitionBy.Select(e => Text(e, window.Input.Columns))));
                }
                if (window.OrderBy.Count > 0)
                {
                    yield return ("Sort Key", List(window.OrderBy.Select(k => Text(k, window.Input.Columns))));
                }
                yield return ("Calls", List(window.Calls.Select((call, i) =>
                    $"{window.Columns[window.Input.Columns.Count + i].Name}({string.Join(", ", call.Arguments.Select(a => Text(a, window.Input.Columns)))})")));
                break;
            case PhysicalDistinct distinct:
                yield return ("Key", List(distinct.Keys.Select(e => Text(e, distinct.Input.Columns))));
                break;
        }
    }

    private static IEnumerable<string> List(IEnumerable<string> texts) => [.. texts];

    private IEnumerable<string> IndexConditions(PhysicalIndexScan scan)
    {
        string Column(int place)
        {
            int number = scan.Index.Columns[place].ColumnNumber;
            return scan.Scan.Table.IndexOfNumber(number) is >= 0 and int column ? scan.Scan.Table.Columns[column].Name : scan.Scan.Table.FindExpression(number)!.Text;
        }
        for (int i = 0; i < scan.Keys.Count; i++)
        {
            yield return scan.Keys[i] switch
            {
                { IsNull: true } => $"({Column(i)} IS NULL)",
                { IsArray: true } key => $"({Column(i)} = ANY ({Text(key.Values[0], [])}))",
                { IsSingle: true } key => $"({Column(i)} = {Text(key.Values[0], [])})",
                { } key => $"({Column(i)} = ANY ('{{{string.Join(",", key.Values.Select(value => Text(value, [])))}}}'))",
            };
        }
        if (scan.Range is not { } range)
        {
            yield break;
        }
        string column = Column(scan.Keys.Count);
        if (range.Prefix is { } prefix)
        {
            yield return prefix.Pattern is ConstantExpression { Value: ByteString pattern }
                ? $"({column} ^@ '{System.Text.Encoding.UTF8.GetString(PatternPrefix.Of(pattern.Bytes, prefix.Kind))}')"
                : $"({column} {(prefix.Kind switch { PatternKind.Like => "~~", PatternKind.Text => "^@", _ => "~" })} {Text(prefix.Pattern, [])})";
        }
        else if (range.Lower is null && range.Upper is null)
        {
            yield return $"({column} IS NOT NULL)";
        }
        if (range.Lower is { } lower)
        {
            yield return $"({column} {(lower.IsInclusive ? ">=" : ">")} {Text(lower.Value, [])})";
        }
        if (range.Upper is { } upper)
        {
            yield return $"({column} {(upper.IsInclusive ? "<=" : "<")} {Text(upper.Value, [])})";
        }
    }

    private string Text(PhysicalAggregateCall call, IReadOnlyList<LogicalColumn> columns)
    {
        string arguments = call.Arguments.Count == 0 ? "*" : string.Join(", ", call.Arguments.Select(a => Text(a, columns)));
        string order = call.OrderBy.Count == 0 ? "" : $" ORDER BY {string.Join(", ", call.OrderBy.Select(k => Text(k, columns)))}";
        string filter = call.Filter is null ? "" : $" FILTER (WHERE {Text(call.Filter, columns)})";
        return $"{call.Function.Name}({(call.IsDistinct ? "DISTINCT " : "")}{arguments}{order}){filter}";
    }

    private string Text(SortKey key, IReadOnlyList<LogicalColumn> columns) =>
        Text(key.Expression, columns) + (key.IsDescending ? " DESC" : "")
        + (key.NullsFirst == key.IsDescending ? "" : key.NullsFirst ? " NULLS FIRST" : " NULLS LAST");

    private string Text(Expression expression, IReadOnlyList<LogicalColumn> columns) => LogicalPlanPrinter.Print(Named(expression, columns));

    private Expression Named(Expression expression, IReadOnlyList<LogicalColumn> columns) => PlanTraversal.Rewrite(expression, part => part switch
    {
        PositionExpression position => columns[position.Index].Reference,
        ParameterExpression parameter => _outerValues.GetValueOrDefault(parameter.Index),
        _ => null,
    });
}
