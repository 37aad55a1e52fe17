using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Functions;

namespace PhantomDb.Expressions;

/// <summary>What can be said of an expression from its functions: for rules and for the order of evaluation.</summary>
internal static class ExpressionFacts
{
    /// <summary>May throw for some values.</summary>
    public static bool IsFallible(Expression expression) => Any(expression, node => node switch
    {
        FunctionExpression call => call.Function.IsFallible,
        CastExpression cast => CastRegistry.Bind(cast.Operand.Type, cast.Type, cast.Context).IsFallible,
        _ => false,
    });

    /// <summary>May give another value at each call.</summary>
    public static bool IsVolatile(Expression expression) => VolatilityOf(expression) == Volatility.Volatile;

    /// <summary>The least stable of its functions.</summary>
    public static Volatility VolatilityOf(Expression expression)
    {
        var volatility = Volatility.Immutable;
        Any(expression, node =>
        {
            Volatility own = node switch
            {
                FunctionExpression call => call.Function.Volatility,
                CastExpression cast => CastRegistry.Bind(cast.Operand.Type, cast.Type, cast.Context).Volatility,
                _ => Volatility.Immutable,
            };
            volatility = own > volatility ? own : volatility;
            return volatility == Volatility.Volatile;
        });
        return volatility;
    }

    /// <summary>True where some node of the tree satisfies the test.</summary>
    public static bool Any(Expression expression, Func<Expression, bool> test)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.TooDeep();
        }

        return test(expression) || expression switch
        {
            FunctionExpression call => AnyOf(call.Arguments, test),
            CastExpression cast => Any(cast.Operand, test),
            ComparisonExpression comparison => Any(comparison.Left, test) || Any(comparison.Right, test),
            ConjunctionExpression conjunction => AnyOf(conjunction.Operands, test),
            NotExpression not => Any(not.Operand, test),
            IsNullExpression isNull => Any(isNull.Operand, test),
            BooleanTestExpression booleanTest => Any(booleanTest.Operand, test),
            CaseExpression @case => AnyOf(@case.Conditions, test) || AnyOf(@case.Results, test) || Any(@case.Else, test),
            CoalesceExpression coalesce => AnyOf(coalesce.Operands, test),
            InListExpression inList => Any(inList.Operand, test) || AnyOf(inList.Items, test),
            ConstantExpression or ColumnExpression or PositionExpression or ParameterExpression => false,
            _ => throw new UnreachableException(expression.GetType().Name),
        };
    }

    private static bool AnyOf(ExpressionList expressions, Func<Expression, bool> test)
    {
        foreach (Expression expression in expressions.AsSpan())
        {
            if (Any(expression, test))
            {
                return true;
            }
        }

        return false;
    }
}
