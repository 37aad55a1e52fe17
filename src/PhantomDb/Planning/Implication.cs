using PhantomDb.Expressions;
using PhantomDb.Types;

namespace PhantomDb.Planning;

/// <summary>
/// Whether conditions imply another: where they are true for a row, it is true. Tells of equal conditions, AND and OR, comparisons
/// of the same expression with constants, and IS NOT NULL; says no when in doubt. It is what lets a query use a partial index.
/// </summary>
internal static class Implication
{
    private const int DepthMax = 16;
    private const int ListItemCountMax = 100;

    /// <summary>True where conditions that hold together leave no row for which the wanted one is not true.</summary>
    public static bool Implies(IReadOnlyList<Expression> given, Expression wanted) =>
        Implies([.. given.SelectMany(Conjuncts.Split).Select(Normal)], wanted, 0);

    private static bool Implies(List<Expression> given, Expression wanted, int depth)
    {
        wanted = Normal(wanted);
        if (depth > DepthMax)
        {
            return false;
        }
        switch (wanted)
        {
            case ConstantExpression { Value: true }:
                return true;
            case ConjunctionExpression { Kind: ConjunctionKind.And } and:
                return and.Operands.All(operand => Implies(given, operand, depth + 1));
        }
        if (given.Exists(condition => ImpliesOne(condition, wanted)))
        {
            return true;
        }
        if (wanted is ConjunctionExpression { Kind: ConjunctionKind.Or } or && or.Operands.Any(operand => Implies(given, operand, depth + 1)))
        {
            return true;
        }
        // One of several holds: each of them must do.
        foreach (Expression condition in given)
        {
            IEnumerable<Expression>? alternatives = condition switch
            {
                ConjunctionExpression { Kind: ConjunctionKind.Or } either => either.Operands,
                InListExpression { IsNegated: false } list when list.Items.Count <= ListItemCountMax =>
                    list.Items.Select(item => (Expression)new ComparisonExpression(ComparisonKind.Equal, list.Operand, item)),
                _ => null,
            };
            if (alternatives?.All(alternative => Implies([.. Conjuncts.Split(alternative).Select(Normal)], wanted, depth + 1)) == true)
            {
                return true;
            }
        }
        return false;
    }

    private static bool ImpliesOne(Expression given, Expression wanted)
    {
        if (ExpressionEquality.AreEqual(given, wanted) && !ExpressionFacts.IsVolatile(given))
        {
            return true;
        }
        return (given, wanted) switch
        {
            (_, IsNullExpression { IsNegated: true, Operand: ColumnExpression column }) =>
                Conjuncts.RejectsNulls(given, new HashSet<ColumnId> { column.Id }),
            (ComparisonExpression comparison, IsNullExpression { IsNegated: true } isNotNull) when IsStrict(comparison.Kind) =>
                ExpressionEquality.AreEqual(comparison.Left, isNotNull.Operand) || ExpressionEquality.AreEqual(comparison.Right, isNotNull.Operand),
            (ComparisonExpression one, ComparisonExpression other) => ImpliesComparison(one, other),
            (ComparisonExpression { Kind: ComparisonKind.Equal } one, InListExpression { IsNegated: false } list) =>
                list.Items.Any(item => ImpliesComparison(one, new ComparisonExpression(ComparisonKind.Equal, list.Operand, item))),
            _ => false,
        };
    }

    // x op c implies x op' d where c and d stand so to each other that every x on c's side is on d's.
    private static bool ImpliesComparison(ComparisonExpression given, ComparisonExpression wanted)
    {
        given = WithConstantRight(given);
        wanted = WithConstantRight(wanted);
        if (given.Right is not ConstantExpression { Value: not null } c || wanted.Right is not ConstantExpression { Value: not null } d
            || c.Type != d.Type || !ExpressionEquality.AreEqual(given.Left, wanted.Left))
        {
            return false;
        }
        ComparisonKind? test = (given.Kind, wanted.Kind) switch
        {
            (ComparisonKind.Equal, _) when IsStrict(wanted.Kind) => wanted.Kind,
            (ComparisonKind.Less, ComparisonKind.Less or ComparisonKind.LessOrEqual or ComparisonKind.NotEqual) => ComparisonKind.LessOrEqual,
            (ComparisonKind.LessOrEqual, ComparisonKind.Less or ComparisonKind.NotEqual) => ComparisonKind.Less,
            (ComparisonKind.LessOrEqual, ComparisonKind.LessOrEqual) => ComparisonKind.LessOrEqual,
            (ComparisonKind.Greater, ComparisonKind.Greater or ComparisonKind.GreaterOrEqual or ComparisonKind.NotEqual) => ComparisonKind.GreaterOrEqual,
            (ComparisonKind.GreaterOrEqual, ComparisonKind.Greater or ComparisonKind.NotEqual) => ComparisonKind.Greater,
            (ComparisonKind.GreaterOrEqual, ComparisonKind.GreaterOrEqual) => ComparisonKind.GreaterOrEqual,
            (ComparisonKind.NotEqual, ComparisonKind.NotEqual) => ComparisonKind.Equal,
            _ => null,
        };
        return test is { } kind && Holds(kind, c, d);
    }

    private static bool Holds(ComparisonKind kind, ConstantExpression left, ConstantExpression right)
    {
        int? order = Compare(left, right);
        return kind switch
        {
            ComparisonKind.Equal => order == 0,
            ComparisonKind.NotEqual => order is not (null or 0),
            ComparisonKind.Less => order < 0,
            ComparisonKind.LessOrEqual => order <= 0,
            ComparisonKind.Greater => order > 0,
            ComparisonKind.GreaterOrEqual => order >= 0,
            _ => false,
        };
    }

    // The order of two values of one type; null where it is not known here.
    private static int? Compare(ConstantExpression left, ConstantExpression right) => (left.Value, right.Value) switch
    {
        (bool a, bool b) => a.CompareTo(b),
        (short a, short b) => a.CompareTo(b),
        (int a, int b) => a.CompareTo(b),
        (long a, long b) => a.CompareTo(b),
        (Int128 a, Int128 b) => a.CompareTo(b),
        (float a, float b) when !float.IsNaN(a) && !float.IsNaN(b) => a.CompareTo(b),
        (double a, double b) when !double.IsNaN(a) && !double.IsNaN(b) => a.CompareTo(b),
        (UInt128 a, UInt128 b) => a.CompareTo(b),
        (ByteString a, ByteString b) when left.Type.Id is not (SqlTypeId.Numeric or SqlTypeId.PaddedChar) => a.Bytes.AsSpan().SequenceCompareTo(b.Bytes),
        _ => left.Equals(right) ? 0 : null,
    };

    private static bool IsStrict(ComparisonKind kind) => kind is not (ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom);

    private static ComparisonExpression WithConstantRight(ComparisonExpression comparison) => comparison.Left is not ConstantExpression ? comparison
        : new ComparisonExpression(Mirror(comparison.Kind), comparison.Right, comparison.Left);

    private static ComparisonKind Mirror(ComparisonKind kind) => kind switch
    {
        ComparisonKind.Less => ComparisonKind.Greater,
        ComparisonKind.LessOrEqual => ComparisonKind.GreaterOrEqual,
        ComparisonKind.Greater => ComparisonKind.Less,
        ComparisonKind.GreaterOrEqual => ComparisonKind.LessOrEqual,
        _ => kind,
    };

    /// <summary>Conditions on a boolean in one form: x = TRUE is true just where x is, x = FALSE where NOT x is.</summary>
    private static Expression Normal(Expression condition) => condition switch
    {
        ComparisonExpression { Kind: ComparisonKind.Equal, Left: var x, Right: ConstantExpression { Value: bool value } } => value ? Normal(x) : new NotExpression(x),
        ComparisonExpression { Kind: ComparisonKind.Equal, Left: ConstantExpression { Value: bool value }, Right: var x } => value ? Normal(x) : new NotExpression(x),
        ComparisonExpression { Kind: ComparisonKind.NotEqual, Left: var x, Right: ConstantExpression { Value: bool value } } => value ? new NotExpression(x) : Normal(x),
        _ => condition,
    };
}
