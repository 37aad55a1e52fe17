using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Computes what does not depend on rows and simplifies boolean expressions: <c>1 + 2 → 3</c>, <c>x AND true → x</c>,
/// <c>NOT a &lt; b → a &gt;= b</c>. A constant that fails to compute is left where it is: the error comes if and when the
/// statement gets there, as it would have without this rule.
/// </summary>
internal sealed class ConstantFolding : IOptimizerRule
{
    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context) =>
        FoldPlan(plan, context);

    private LogicalOperator FoldPlan(LogicalOperator plan, OptimizerContext context)
    {
        plan = PlanTraversal.MapChildren(plan, child => FoldPlan(child, context));
        // Rows of VALUES are constants in any case and may be very many.
        return plan is LogicalValues { Rows.Count: > 100 } ? plan : PlanTraversal.MapExpressions(plan, e => Fold(e, context));
    }

    /// <summary>One expression folded; subqueries in it too.</summary>
    public Expression Fold(Expression expression, OptimizerContext context)
    {
        Expression folded = PlanTraversal.MapOperands(expression, operand => Fold(operand, context));
        if (folded is SubqueryExpression subquery)
        {
            return subquery with { Plan = FoldPlan(subquery.Plan, context) };
        }
        return Simplify(folded, context);
    }

    private static Expression Simplify(Expression expression, OptimizerContext context)
    {
        switch (expression)
        {
            case ConjunctionExpression conjunction:
                return SimplifyConjunction(conjunction);
            case NotExpression { Operand: ConstantExpression constant }:
                return constant.IsNull ? constant : constant with { Value = !(bool)constant.Value! };
            case NotExpression { Operand: NotExpression inner }:
                return inner.Operand;
            case NotExpression { Operand: ComparisonExpression comparison }:
                return comparison with { Kind = comparison.Kind.Negated() };
            case NotExpression { Operand: InListExpression inList }:
                return inList with { IsNegated = !inList.IsNegated };
            case NotExpression { Operand: IsNullExpression isNull }:
                return isNull with { IsNegated = !isNull.IsNegated };
            case CaseExpression @case:
                return SimplifyCase(@case);
            case CoalesceExpression { Operands: [ConstantExpression { IsNull: false } first, ..] }:
                return first;
            // What is NULL whatever the rest may be.
            case ComparisonExpression { Kind: not (ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom) } comparison
                when IsNull(comparison.Left) || IsNull(comparison.Right):
                return NullBeside(expression, [comparison.Left, comparison.Right]);
            case FunctionExpression { Function.IsStrict: true } call when call.Arguments.Any(IsNull):
                return NullBeside(expression, call.Arguments);
            case InListExpression { Items.Count: > 0 } inList when IsNull(inList.Operand):
                return new ConstantExpression(expression.Type, null) { Position = expression.Position };
            case ConstantExpression or ColumnExpression or ParameterExpression or PositionExpression or SubqueryExpression:
                return expression;
            default:
                return AllConstant(expression) ? Evaluate(expression, context) : expression;
        }
    }

    private static bool IsNull(Expression expression) => expression is ConstantExpression { IsNull: true };

    /// <summary>
    /// NULL, without the other operands being computed, so that they cannot fail either. But one that is made of constants
    /// does, as it would if they were computed first: it is kept for its error.
    /// </summary>
    private static Expression NullBeside(Expression expression, IEnumerable<Expression> operands)
    {
        var isNull = new ConstantExpression(expression.Type, null) { Position = expression.Position };
        return operands.FirstOrDefault(Fails) is { } failing
            ? new CaseExpression(new ExpressionList(new IsNullExpression(failing, false)), new ExpressionList(isNull), isNull)
            : isNull;
    }

    /// <summary>A folded expression whose constants could not be computed.</summary>
    private static bool Fails(Expression folded) => AllConstant(folded) || folded switch
    {
        FunctionExpression call => call.Arguments.Any(Fails),
        CastExpression cast => Fails(cast.Operand),
        _ => false,
    };

    private static bool AllConstant(Expression expression) => expression switch
    {
        FunctionExpression call => call.Function.Volatility == Volatility.Immutable && call.Arguments.All(a => a is ConstantExpression),
        CastExpression cast => cast.Operand is ConstantExpression && ExpressionFacts.VolatilityOf(cast) == Volatility.Immutable,
        ComparisonExpression comparison => comparison.Left is ConstantExpression && comparison.Right is ConstantExpression,
        IsNullExpression isNull => isNull.Operand is ConstantExpression,
        BooleanTestExpression test => test.Operand is ConstantExpression,
        CoalesceExpression coalesce => coalesce.Operands.All(o => o is ConstantExpression),
        InListExpression inList => inList.Operand is ConstantExpression && inList.Items.All(i => i is ConstantExpression),
        _ => false,
    };

    private static Expression Evaluate(Expression expression, OptimizerContext context)
    {
        try
        {
            return new ConstantExpression(expression.Type, ExpressionEvaluator.EvaluateConstant(expression, context.Evaluation))
            {
                Position = expression.Position,
            };
        }
        catch (PhantomDbException)
        {
            return expression;
        }
    }

    private static Expression SimplifyConjunction(ConjunctionExpression conjunction)
    {
        bool isAnd = conjunction.Kind == ConjunctionKind.And;
        List<Expression> operands = new(conjunction.Operands.Count);
        foreach (Expression operand in conjunction.Operands)
        {
            if (operand is ConstantExpression { Value: bool value })
            {
                if (value != isAnd)
                {
                    return operand;   // FALSE decides an AND, TRUE an OR
                }
                continue;
            }
            if (operand is ConjunctionExpression nested && nested.Kind == conjunction.Kind)
            {
                operands.AddRange(nested.Operands);
                continue;
            }
            operands.Add(operand);
        }
        return operands.Count switch
        {
            0 => isAnd ? Conjuncts.True : Conjuncts.False,
            1 => operands[0],
            _ => operands.Count == conjunction.Operands.Count ? conjunction : conjunction with { Operands = new ExpressionList(operands) },
        };
    }

    // Branches before one that is surely taken stay; those that are never taken go.
    private static Expression SimplifyCase(CaseExpression @case)
    {
        List<Expression> conditions = [];
        List<Expression> results = [];
        Expression otherwise = @case.Else;
        for (int i = 0; i < @case.Conditions.Count; i++)
        {
            if (Conjuncts.IsNeverTrue(@case.Conditions[i]))
            {
                continue;
            }
            if (@case.Conditions[i] is ConstantExpression { Value: true })
            {
                otherwise = @case.Results[i];
                break;
            }
            conditions.Add(@case.Conditions[i]);
            results.Add(@case.Results[i]);
        }
        return conditions.Count == 0 ? otherwise
            : conditions.Count == @case.Conditions.Count && ReferenceEquals(otherwise, @case.Else) ? @case
            : new CaseExpression(new ExpressionList(conditions), new ExpressionList(results), otherwise) { Position = @case.Position };
    }
}
