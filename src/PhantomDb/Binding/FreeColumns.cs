using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Binding;

/// <summary>Finds column references in expressions and plans, those inside subqueries included.</summary>
internal static class FreeColumns
{
    public static void Visit(Expression expression, Action<ColumnExpression> visit) => PlanTraversal.Visit(expression, part =>
    {
        switch (part)
        {
            case ColumnExpression column:
                visit(column);
                break;
            case SubqueryExpression subquery:
                Visit(subquery.Plan, visit);
                break;
        }
    });

    public static void Visit(LogicalOperator plan, Action<ColumnExpression> visit)
    {
        PlanTraversal.ForEachExpression(plan, expression => Visit(expression, visit));
        foreach (LogicalOperator child in plan.Children)
        {
            Visit(child, visit);
        }
    }

    /// <summary>True where the plan refers to one of the columns, which some operator outside it gives.</summary>
    public static bool Uses(LogicalOperator plan, IReadOnlyList<LogicalColumn> columns)
    {
        HashSet<ColumnId> ids = [.. columns.Select(c => c.Id)];
        bool found = false;
        Visit(plan, column => found |= ids.Contains(column.Id));
        return found;
    }
}
