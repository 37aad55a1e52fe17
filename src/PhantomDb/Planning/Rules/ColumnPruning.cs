using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Removes columns that nothing above uses, down to the scans, which then read only what is needed. Inputs whose columns
/// count by place (set operations without ALL, common table expressions, what a statement inserts) keep all of them.
/// </summary>
internal sealed class ColumnPruning : IOptimizerRule
{
    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context) => Prune(plan, null);

    // What is needed of the operator's output; null: everything.
    private static LogicalOperator Prune(LogicalOperator plan, HashSet<ColumnId>? needed)
    {
        PlanTraversal.EnsureStack();
        switch (plan)
        {
            case LogicalScan scan:
                HashSet<ColumnId> scanned = needed is null ? [.. scan.Columns.Select(c => c.Column.Id)] : [.. needed];
                if (scan.Filter is not null)
                {
                    PlanIds.AddReferences(scan.Filter, scanned);
                }
                return scan with
                {
                    Columns = [.. scan.Columns.Where(c => scanned.Contains(c.Column.Id))],
                    RowId = scan.RowId is not null && needed is not null && !needed.Contains(scan.RowId.Id) ? null : scan.RowId,
                    Stored = [],
                };
            case LogicalFilter filter:
                return filter with { Input = Prune(filter.Input, With(needed, filter.Predicate)) };
            case LogicalProject project:
                ComputedColumn[] kept = needed is null
                    ? [.. project.Columns]
                    : [.. project.Columns.Where(c => needed.Contains(c.Column.Id) || ExpressionFacts.IsVolatile(c.Expression))];
                return new LogicalProject(Prune(project.Input, Of(kept.Select(c => c.Expression))), kept);
            case LogicalJoin join:
                HashSet<ColumnId>? both = With(needed, join.Condition);
                if (join.IsDependent && both is not null)
                {
                    both.UnionWith(PlanIds.FreeReferences(join.Right));
                }
                if (both is null)
                {
                    bool hidesRight = join.Kind is JoinKind.Semi or JoinKind.Anti or JoinKind.Mark;
                    HashSet<ColumnId> condition = With([], join.Condition)!;
                    return join with { Left = Prune(join.Left, null), Right = Prune(join.Right, hidesRight ? condition : null) };
                }
                return join with { Left = Prune(join.Left, both), Right = Prune(join.Right, both) };
            case LogicalAggregate aggregate:
                AggregateColumn[] aggregates = needed is null
                    ? [.. aggregate.Aggregates]
                    : [.. aggregate.Aggregates.Where(a => needed.Contains(a.Column.Id))];
                HashSet<ColumnId> inputs = Of(aggregate.Groups.Select(g => g.Expression));
                foreach (AggregateColumn column in aggregates)
                {
                    foreach (Expression part in Parts(column.Call))
                    {
                        PlanIds.AddReferences(part, inputs);
                    }
                }
                return aggregate with { Input = Prune(aggregate.Input, inputs), Aggregates = aggregates };
            case LogicalWindow window:
                WindowColumn[] calls = needed is null ? [.. window.Columns] : [.. window.Columns.Where(c => needed.Contains(c.Column.Id))];
                HashSet<ColumnId>? below = With(needed, [.. window.PartitionBy, .. window.OrderBy.Select(k => k.Expression)]);
                foreach (WindowColumn call in calls)
                {
                    below = With(below, [.. call.Call.Arguments, call.Call.Filter, .. call.Call.Frame.Start.Expressions, .. call.Call.Frame.End.Expressions]);
                }
                LogicalOperator windowInput = Prune(window.Input, below);
                return calls.Length == 0 ? windowInput : window with { Input = windowInput, Columns = calls };
            case LogicalSort sort:
                return sort with { Input = Prune(sort.Input, With(needed, [.. sort.Keys.Select(k => k.Expression)])) };
            case LogicalLimit limit:
                return limit with { Input = Prune(limit.Input, With(needed, [.. (limit.Ties ?? []).Select(k => k.Expression)])) };
            case LogicalLockRows rows:
                return rows with { Input = Prune(rows.Input, needed is null ? null : [.. needed, .. rows.RowIds.Select(c => c.Id)]) };
            case LogicalSetOperation { Kind: SetOperationKind.Union, IsAll: true } union when needed is not null:
                return PruneUnion(union, needed);
            case LogicalCte cte:
                return cte with { Definition = Prune(cte.Definition, null), Body = Prune(cte.Body, needed) };
            case LogicalUpdate or LogicalDelete:
                LogicalModification modification = (LogicalModification)plan;
                return modification with { Input = Prune(modification.Input, NeededBy(modification)) };
            default:
                return PlanTraversal.MapChildren(plan, child => Prune(child, null));
        }
    }

    private static LogicalSetOperation PruneUnion(LogicalSetOperation union, HashSet<ColumnId> needed)
    {
        int[] kept = [.. Enumerable.Range(0, union.Columns.Count).Where(i => needed.Contains(union.Columns[i].Id))];
        return union with
        {
            Columns = [.. kept.Select(i => union.Columns[i])],
            Left = PruneByPlace(union.Left, kept),
            Right = PruneByPlace(union.Right, kept),
        };
    }

    private static LogicalOperator PruneByPlace(LogicalOperator plan, int[] kept)
    {
        LogicalColumn[] columns = [.. kept.Select(i => plan.Output[i])];
        LogicalOperator pruned = Prune(plan, [.. columns.Select(c => c.Id)]);
        return pruned.Output.Select(c => c.Id).SequenceEqual(columns.Select(c => c.Id))
            ? pruned
            : new LogicalProject(pruned, [.. columns.Select(c => new ComputedColumn(c, c.Reference))]);
    }

    private static HashSet<ColumnId>? NeededBy(LogicalModification modification)
    {
        HashSet<ColumnId> needed = Of(modification.Returning.Select(r => r.Expression));
        foreach (BoundCheck check in modification.Checks)
        {
            PlanIds.AddReferences(check.Condition, needed);
        }
        foreach (StoredExpression stored in modification.Stored)
        {
            PlanIds.AddReferences(stored.Value, needed);
        }
        if (modification is LogicalUpdate update)
        {
            needed.Add(update.RowId.Id);
            needed.UnionWith(update.NewRow.Select(c => c.Id));
        }
        else if (modification is LogicalDelete delete)
        {
            needed.Add(delete.RowId.Id);
        }
        return needed;
    }

    private static IEnumerable<Expression> Parts(AggregateCall call) =>
        call.Arguments.Concat(call.Filter is null ? [] : [call.Filter]).Concat(call.OrderBy.Select(k => k.Expression));

    private static HashSet<ColumnId> Of(IEnumerable<Expression> expressions) => With([], [.. expressions])!;

    private static HashSet<ColumnId>? With(HashSet<ColumnId>? needed, params Expression?[] expressions)
    {
        if (needed is null)
        {
            return null;
        }
        HashSet<ColumnId> all = [.. needed];
        foreach (Expression? expression in expressions)
        {
            if (expression is not null)
            {
                PlanIds.AddReferences(expression, all);
            }
        }
        return all;
    }
}
