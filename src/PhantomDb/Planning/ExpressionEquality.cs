using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning;

/// <summary>
/// Whether two expressions are the same computation: what matches a select list with GROUP BY and ORDER BY. Functions are
/// the same by name and types (a kernel may be made anew for each call). Subqueries are never the same.
/// </summary>
internal static class ExpressionEquality
{
    public static bool AreEqual(ExpressionList left, ExpressionList right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }
        for (int i = 0; i < left.Count; i++)
        {
            if (!AreEqual(left[i], right[i]))
            {
                return false;
            }
        }
        return true;
    }

    public static bool AreEqual(Expression left, Expression right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }
        if (left.Type != right.Type)
        {
            return false;
        }
        return (left, right) switch
        {
            (FunctionExpression a, FunctionExpression b) => a.Function.Name == b.Function.Name
                && a.Function.ArgumentTypes.SequenceEqual(b.Function.ArgumentTypes) && AreEqual(a.Arguments, b.Arguments),
            (CastExpression a, CastExpression b) => AreEqual(a.Operand, b.Operand),
            (ComparisonExpression a, ComparisonExpression b) => a.Kind == b.Kind && AreEqual(a.Left, b.Left) && AreEqual(a.Right, b.Right),
            (ConjunctionExpression a, ConjunctionExpression b) => a.Kind == b.Kind && AreEqual(a.Operands, b.Operands),
            (NotExpression a, NotExpression b) => AreEqual(a.Operand, b.Operand),
            (IsNullExpression a, IsNullExpression b) => a.IsNegated == b.IsNegated && AreEqual(a.Operand, b.Operand),
            (BooleanTestExpression a, BooleanTestExpression b) => a.IsNegated == b.IsNegated && a.Value == b.Value && AreEqual(a.Operand, b.Operand),
            (CaseExpression a, CaseExpression b) => AreEqual(a.Conditions, b.Conditions) && AreEqual(a.Results, b.Results) && AreEqual(a.Else, b.Else),
            (CoalesceExpression a, CoalesceExpression b) => AreEqual(a.Operands, b.Operands),
            (InListExpression a, InListExpression b) => a.IsNegated == b.IsNegated && AreEqual(a.Operand, b.Operand) && AreEqual(a.Items, b.Items),
            (ColumnExpression a, ColumnExpression b) => a.Id == b.Id,
            (SubqueryExpression, _) => false,
            _ => left.Equals(right),
        };
    }

    public static bool IsVolatile(Expression expression)
    {
        bool found = false;
        PlanTraversal.Visit(expression, part => found |= part is FunctionExpression { Function.Volatility: Volatility.Volatile });
        return found;
    }

    public static bool IsVolatile(LogicalOperator plan)
    {
        bool found = false;
        PlanTraversal.ForEachExpression(plan, expression => PlanTraversal.Visit(expression, part =>
            found |= part is FunctionExpression { Function.Volatility: Volatility.Volatile }
                || (part is SubqueryExpression subquery && IsVolatile(subquery.Plan))));
        return found || plan.Children.Any(IsVolatile);
    }
}
