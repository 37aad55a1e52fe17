using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning;

/// <summary>Columns of a plan that are never NULL, as far as its tables' definitions and its aggregates tell.</summary>
internal static class NotNullColumns
{
    public static HashSet<ColumnId> Of(LogicalOperator plan)
    {
        HashSet<ColumnId> known = [];
        Add(plan, known);
        return known;
    }

    /// <summary>True where the expression cannot be NULL, given columns that are not.</summary>
    public static bool IsNotNull(Expression expression, IReadOnlySet<ColumnId> notNull) => expression switch
    {
        ConstantExpression constant => !constant.IsNull,
        ColumnExpression column => notNull.Contains(column.Id),
        CastExpression cast => IsNotNull(cast.Operand, notNull),
        IsNullExpression or BooleanTestExpression => true,
        CoalesceExpression coalesce => coalesce.Operands.Any(o => IsNotNull(o, notNull)),
        ComparisonExpression { Kind: ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom } => true,
        ComparisonExpression comparison => IsNotNull(comparison.Left, notNull) && IsNotNull(comparison.Right, notNull),
        _ => false,
    };

    private static void Add(LogicalOperator plan, HashSet<ColumnId> known)
    {
        switch (plan)
        {
            case LogicalScan scan:
                known.UnionWith(scan.Columns
                    .Where(c => scan.Table.Columns.Any(d => d.Number == c.ColumnNumber && d.IsNotNull))
                    .Select(c => c.Column.Id));
                break;
            case LogicalFilter or LogicalSort or LogicalLimit or LogicalDistinct or LogicalWindow:
                Add(plan.Children[0], known);
                break;
            case LogicalProject project:
                Add(project.Input, known);
                known.UnionWith(project.Columns.Where(c => IsNotNull(c.Expression, known)).Select(c => c.Column.Id).ToArray());
                break;
            case LogicalJoin join:
                if (join.Kind is not (JoinKind.Right or JoinKind.Full))
                {
                    Add(join.Left, known);
                }
                if (join.Kind is JoinKind.Inner or JoinKind.Right)
                {
                    Add(join.Right, known);
                }
                break;
            case LogicalAggregate { GroupingSets: null } aggregate:
                HashSet<ColumnId> input = Of(aggregate.Input);
                known.UnionWith(aggregate.Groups.Where(g => IsNotNull(g.Expression, input)).Select(g => g.Column.Id));
                known.UnionWith(aggregate.Aggregates.Where(a => a.Call.Function.Name == "count").Select(a => a.Column.Id));
                break;
        }
    }
}
