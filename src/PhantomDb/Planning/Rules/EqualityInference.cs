using PhantomDb.Expressions;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Follows equalities: from <c>a = b AND b = c</c> comes <c>a = c</c>, another edge for the join order; from
/// <c>a = b AND a &lt; 5</c> comes <c>b &lt; 5</c>, a filter for the other table.
/// </summary>
internal static class EqualityInference
{
    private const int ClassSizeMax = 8;   // pairs grow with the square: long chains keep the edges that they have

    public static void AddImplied(List<Expression> conjuncts)
    {
        List<List<ColumnExpression>> classes = EqualColumns(conjuncts);
        if (classes.Count == 0)
        {
            return;
        }
        HashSet<Expression> known = [.. conjuncts];
        foreach (Expression conjunct in conjuncts.ToArray())
        {
            if (TestedColumn(conjunct) is { } column && classes.Find(c => c.Contains(column)) is { } equal)
            {
                foreach (ColumnExpression other in equal)
                {
                    Add(PlanTraversal.Rewrite(conjunct, part => part is ColumnExpression c && c.Id == column.Id ? other : null));
                }
            }
        }
        foreach (List<ColumnExpression> equal in classes.Where(c => c.Count is > 2 and <= ClassSizeMax))
        {
            for (int i = 0; i < equal.Count; i++)
            {
                for (int j = i + 1; j < equal.Count; j++)
                {
                    if (!known.Contains(new ComparisonExpression(ComparisonKind.Equal, equal[j], equal[i])))
                    {
                        Add(new ComparisonExpression(ComparisonKind.Equal, equal[i], equal[j]));
                    }
                }
            }
        }

        void Add(Expression implied)
        {
            if (known.Add(implied))
            {
                conjuncts.Add(implied);
            }
        }
    }

    /// <summary>Classes of two or more columns that the conjuncts say are equal.</summary>
    public static List<List<ColumnExpression>> EqualColumns(IEnumerable<Expression> conjuncts)
    {
        List<List<ColumnExpression>> classes = [];
        foreach (Expression conjunct in conjuncts)
        {
            if (conjunct is not ComparisonExpression { Kind: ComparisonKind.Equal, Left: ColumnExpression left, Right: ColumnExpression right }
                || left.Type != right.Type)
            {
                continue;
            }
            List<ColumnExpression>? first = classes.Find(c => c.Contains(left));
            List<ColumnExpression>? second = classes.Find(c => c.Contains(right));
            if (first is null && second is null)
            {
                classes.Add([left, right]);
            }
            else if (first is null)
            {
                second!.Add(left);
            }
            else if (second is null)
            {
                first.Add(right);
            }
            else if (!ReferenceEquals(first, second))
            {
                first.AddRange(second);
                classes.Remove(second);
            }
        }
        return classes;
    }

    // The one column that a comparison with constants tests; null for any other condition.
    private static ColumnExpression? TestedColumn(Expression conjunct) => conjunct switch
    {
        ComparisonExpression { Kind: not (ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom), Left: ColumnExpression column, Right: ConstantExpression or ParameterExpression } => column,
        ComparisonExpression { Kind: not (ComparisonKind.DistinctFrom or ComparisonKind.NotDistinctFrom), Right: ColumnExpression column, Left: ConstantExpression or ParameterExpression } => column,
        InListExpression { Operand: ColumnExpression column, IsNegated: false, Items.Count: <= 16 } inList
            when inList.Items.All(i => i is ConstantExpression or ParameterExpression) => column,
        _ => null,
    };
}
