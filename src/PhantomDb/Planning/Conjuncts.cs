using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Planning;

/// <summary>Conditions as lists of conjuncts, and what can be said of one without evaluating it.</summary>
internal static class Conjuncts
{
    public static readonly ConstantExpression True = new(SqlType.Boolean, true);

    public static readonly ConstantExpression False = new(SqlType.Boolean, false);

    /// <summary>The operands of nested ANDs; nothing for null and TRUE.</summary>
    public static List<Expression> Split(Expression? condition)
    {
        List<Expression> result = [];
        Add(condition, result, []);   // the set: a condition may have tens of thousands of conjuncts
        return result;
    }

    /// <summary>The conjunction; null for none.</summary>
    public static Expression? Join(IReadOnlyList<Expression> conjuncts) => conjuncts.Count switch
    {
        0 => null,
        1 => conjuncts[0],
        _ => new ConjunctionExpression(ConjunctionKind.And, new ExpressionList(conjuncts)),
    };

    /// <summary>The plan with a filter on top, unless there is nothing to filter by.</summary>
    public static LogicalOperator Filter(LogicalOperator input, IReadOnlyList<Expression> conjuncts) =>
        Join(conjuncts) is { } predicate ? new LogicalFilter(input, predicate) : input;

    /// <summary>True where the condition cannot be true for any row.</summary>
    public static bool IsNeverTrue(Expression condition) => condition is ConstantExpression { Value: null or false };

    /// <summary>
    /// True where the conjunct is not true for a row whose columns among these are all NULL: an outer join that fills them
    /// with NULLs is then an inner one. Says no when in doubt.
    /// </summary>
    public static bool RejectsNulls(Expression conjunct, IReadOnlySet<ColumnId> columns) => conjunct switch
    {
        ComparisonExpression { Kind: not (ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom) } comparison =>
            IsNullWhen(comparison.Left, columns) || IsNullWhen(comparison.Right, columns),
        IsNullExpression { IsNegated: true } isNotNull => IsNullWhen(isNotNull.Operand, columns),
        NotExpression { Operand: IsNullExpression { IsNegated: false } isNull } => IsNullWhen(isNull.Operand, columns),
        InListExpression inList => IsNullWhen(inList.Operand, columns),
        ConjunctionExpression { Kind: ConjunctionKind.And } and => and.Operands.Any(o => RejectsNulls(o, columns)),
        ConjunctionExpression { Kind: ConjunctionKind.Or } or => or.Operands.All(o => RejectsNulls(o, columns)),
        BooleanTestExpression { IsNegated: false } test => IsNullWhen(test.Operand, columns),
        NotExpression not => IsNullWhen(not.Operand, columns),
        _ => IsNullWhen(conjunct, columns),
    };

    // Strict all the way down to one of the columns: then NULL there makes it NULL here.
    private static bool IsNullWhen(Expression expression, IReadOnlySet<ColumnId> columns) => expression switch
    {
        ColumnExpression column => columns.Contains(column.Id),
        CastExpression cast => IsNullWhen(cast.Operand, columns),
        FunctionExpression { Function.IsStrict: true } call => call.Arguments.Any(a => IsNullWhen(a, columns)),
        ComparisonExpression { Kind: not (ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom) } comparison =>
            IsNullWhen(comparison.Left, columns) || IsNullWhen(comparison.Right, columns),
        NotExpression not => IsNullWhen(not.Operand, columns),
        InListExpression inList => IsNullWhen(inList.Operand, columns),
        _ => false,
    };

    private static void Add(Expression? condition, List<Expression> result, HashSet<Expression> known)
    {
        switch (condition)
        {
            case null or ConstantExpression { Value: true }:
                break;
            case ConjunctionExpression { Kind: ConjunctionKind.And } and:
                foreach (Expression operand in and.Operands.AsSpan())
                {
                    Add(operand, result, known);
                }
                break;
            default:
                if (known.Add(condition) || ExpressionFacts.IsVolatile(condition))
                {
                    result.Add(condition);
                }
                break;
        }
    }
}
