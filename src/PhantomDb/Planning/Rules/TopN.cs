using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// A sort below a limit need keep only as many rows: <c>Limit 10 (Sort) → Limit 10 (Sort, top 10)</c>, through projections.
/// </summary>
internal sealed class TopN : IOptimizerRule
{
    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context) => PlanTraversal.RewriteOperators(plan, operation =>
    {
        if (operation is not LogicalLimit { Ties: null } limit || RowsWanted(limit) is not { } wanted)
        {
            return null;
        }
        LogicalOperator input = WithLimit(limit.Input, wanted);
        return limit with { Input = PlanTraversal.MapChildren(input, child => Apply(child, context)) };
    });

    private static LogicalOperator WithLimit(LogicalOperator plan, long wanted) => plan switch
    {
        LogicalSort sort => sort with { Limit = wanted },
        LogicalProject project => project with { Input = WithLimit(project.Input, wanted) },
        _ => plan,
    };

    private static long? RowsWanted(LogicalLimit limit)
    {
        if (limit.Limit is not ConstantExpression { Value: long count } || count < 0)
        {
            return null;
        }
        return limit.Offset switch
        {
            null or ConstantExpression { IsNull: true } => count,
            ConstantExpression { Value: long offset } when offset >= 0 && offset < long.MaxValue - count => count + offset,
            _ => null,
        };
    }
}
