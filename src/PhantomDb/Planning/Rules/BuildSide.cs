using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// A hash join builds its table on the right: a left join with the smaller input on the left becomes a right join with the
/// inputs swapped. (Inner joins were put right by the join order.)
/// </summary>
internal sealed class BuildSide : IOptimizerRule
{
    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context)
    {
        CardinalityEstimator estimator = new(context.Statistics);
        return Swap(plan);

        LogicalOperator Swap(LogicalOperator operation)
        {
            operation = PlanTraversal.MapChildren(operation, Swap);
            if (operation is not LogicalJoin { Kind: JoinKind.Left or JoinKind.Right, IsDependent: false, Condition: not null } join
                || estimator.Rows(join.Left) >= estimator.Rows(join.Right))
            {
                return operation;
            }
            return join with
            {
                Kind = join.Kind == JoinKind.Left ? JoinKind.Right : JoinKind.Left,
                Left = join.Right,
                Right = join.Left,
            };
        }
    }
}
