using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Takes the conditions that refer to columns from outside out of a subquery, so that the join to it can test them:
/// <c>Filter x.a = outer.a (Scan x) → Scan x, and x.a = outer.a</c>. Goes through what a later test commutes with:
/// filters, projections, inner joins and the kept side of others. The columns that the conditions use are added to what
/// the subquery gives.
/// </summary>
internal static class CorrelationPullUp
{
    /// <param name="plan">The subquery.</param>
    /// <param name="outer">Columns from outside.</param>
    /// <param name="conditions">Receives the conditions taken out.</param>
    /// <returns>The subquery without them; it may still refer to outer columns in places that nothing can be taken from.</returns>
    public static LogicalOperator Apply(LogicalOperator plan, IReadOnlySet<ColumnId> outer, List<Expression> conditions)
    {
        PlanTraversal.EnsureStack();
        switch (plan)
        {
            case LogicalFilter filter:
                List<Expression> local = [];
                foreach (Expression conjunct in Conjuncts.Split(filter.Predicate))
                {
                    bool isCorrelated = PlanIds.References(conjunct).Overlaps(outer);
                    (isCorrelated && !ExpressionFacts.IsVolatile(conjunct) ? conditions : local).Add(conjunct);
                }
                return Conjuncts.Filter(Apply(filter.Input, outer, conditions), local);
            case LogicalProject project:
                return ApplyToProject(project, outer, conditions);
            case LogicalJoin { Kind: JoinKind.Inner, IsDependent: false } join:
                List<Expression> own = [];
                foreach (Expression conjunct in Conjuncts.Split(join.Condition))
                {
                    (PlanIds.References(conjunct).Overlaps(outer) ? conditions : own).Add(conjunct);
                }
                return join with
                {
                    Left = Apply(join.Left, outer, conditions),
                    Right = Apply(join.Right, outer, conditions),
                    Condition = Conjuncts.Join(own),
                };
            case LogicalJoin { Kind: JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark, IsDependent: false } join:
                return join with { Left = Apply(join.Left, outer, conditions) };
            case LogicalSort { Limit: null } sort:
                return sort with { Input = Apply(sort.Input, outer, conditions) };   // an aggregate above may want the order
            default:
                // A single join would look for second partners of rows that the condition drops: an error that is none.
                return plan;
        }
    }

    private static LogicalOperator ApplyToProject(LogicalProject project, IReadOnlySet<ColumnId> outer, List<Expression> conditions)
    {
        List<Expression> found = [];
        LogicalOperator input = Apply(project.Input, outer, found);
        if (found.Count == 0)
        {
            return project;
        }
        conditions.AddRange(found);
        List<ComputedColumn> columns = [.. project.Columns];
        HashSet<ColumnId> given = [.. columns.Select(c => c.Column.Id)];
        HashSet<ColumnId> used = [];
        foreach (Expression condition in found)
        {
            PlanIds.AddReferences(condition, used);
        }
        foreach (LogicalColumn column in input.Output)
        {
            if (used.Contains(column.Id) && given.Add(column.Id))
            {
                columns.Add(new ComputedColumn(column, column.Reference));
            }
        }
        return new LogicalProject(input, columns);
    }
}
