using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Follows a column down to the scans that it comes from, through operators for which dropping its rows below is the same
/// as dropping them above. Stops where rows depend on each other: limits, outer sides of joins, shared expressions.
/// </summary>
internal static class KeyPaths
{
    /// <summary>Scans, and the column's place in each.</summary>
    public static List<(PhysicalScan Scan, int Column)> Find(PhysicalOperator plan, int column)
    {
        List<(PhysicalScan, int)> found = [];
        Follow(plan, column, found);
        return found;
    }

    private static void Follow(PhysicalOperator plan, int column, List<(PhysicalScan, int)> found)
    {
        switch (plan)
        {
            case PhysicalScan scan when column < scan.ColumnNumbers.Count:
                found.Add((scan, column));
                break;
            case PhysicalIndexScan { Scan: var scan } when column < scan.ColumnNumbers.Count:
                found.Add((scan, column));   // for when it is scanned after all
                break;
            case PhysicalFilter filter when !ExpressionFacts.IsVolatile(filter.Predicate):
                Follow(filter.Input, column, found);
                break;
            case PhysicalProject project when !project.Expressions.Any(ExpressionFacts.IsVolatile):
                FollowExpression(project.Input, project.Expressions[column], found);
                break;
            case PhysicalSort { Limit: null } sort:
                Follow(sort.Input, column, found);
                break;
            // Whole groups are dropped.
            case PhysicalAggregate { GroupingSets: null } aggregate when column < aggregate.Groups.Count:
                FollowExpression(aggregate.Input, aggregate.Groups[column], found);
                break;
            case PhysicalHashJoin join:
                FollowJoin(join, column, found);
                break;
            case PhysicalIndexJoin join when column < join.LeftOutputs.Count:
                Follow(join.Left, join.LeftOutputs[column], found);
                break;
        }
    }

    private static void FollowJoin(PhysicalHashJoin join, int column, List<(PhysicalScan, int)> found)
    {
        bool isLeft = column < join.LeftOutputs.Count;
        if (join.Kind == JoinKind.Inner)
        {
            // Equal keys: what is not among the keys on one side finds no partner from the other.
            int input = isLeft ? join.LeftOutputs[column] : join.RightOutputs[column - join.LeftOutputs.Count];
            Follow(isLeft ? join.Left : join.Right, input, found);
            IReadOnlyList<Expression> own = isLeft ? join.LeftKeys : join.RightKeys;
            IReadOnlyList<Expression> others = isLeft ? join.RightKeys : join.LeftKeys;
            for (int i = 0; i < own.Count; i++)
            {
                if (own[i] is PositionExpression position && position.Index == input)
                {
                    FollowExpression(isLeft ? join.Right : join.Left, others[i], found);
                }
            }
        }
        else if (isLeft && join.Kind is JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Mark)
        {
            Follow(join.Left, join.LeftOutputs[column], found);
        }
    }

    private static void FollowExpression(PhysicalOperator plan, Expression expression, List<(PhysicalScan, int)> found)
    {
        if (expression is PositionExpression position)
        {
            Follow(plan, position.Index, found);
        }
    }
}
