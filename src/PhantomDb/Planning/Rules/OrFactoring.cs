using PhantomDb.Expressions;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// <c>(a AND b) OR (a AND c) → a AND (b OR c)</c>, which finds the join key of TPC-H's query 19; and from an OR over two
/// inputs the weaker OR that each input can test alone: <c>(n1 = 'F' AND n2 = 'G') OR (n1 = 'G' AND n2 = 'F')</c> implies
/// <c>n1 = 'F' OR n1 = 'G'</c>.
/// </summary>
internal static class OrFactoring
{
    private const int OperandsMax = 64;   // long lists of alternatives are seldom of this form, and comparing them is quadratic

    public static Expression? Apply(Expression? condition)
    {
        if (condition is not ConjunctionExpression conjunction)
        {
            return condition;
        }
        if (conjunction.Kind == ConjunctionKind.And)
        {
            return Conjuncts.Join([.. conjunction.Operands.Select(o => Apply(o)!)]);
        }
        if (conjunction.Operands.Count > OperandsMax)
        {
            return condition;
        }
        List<List<Expression>> branches = [.. conjunction.Operands.Select(Conjuncts.Split)];
        List<Expression> common = [.. branches[0].Where(c => !ExpressionFacts.IsVolatile(c) && branches.All(b => b.Contains(c)))];
        if (common.Count == 0)
        {
            return condition;
        }
        List<Expression> rest = [];
        foreach (List<Expression> branch in branches)
        {
            branch.RemoveAll(common.Contains);
            if (branch.Count == 0)
            {
                return Conjuncts.Join(common);   // a branch that is no more than the common part
            }
            rest.Add(Conjuncts.Join(branch)!);
        }
        common.Add(new ConjunctionExpression(ConjunctionKind.Or, new ExpressionList(rest)));
        return Conjuncts.Join(common);
    }

    /// <summary>Adds what the ORs among the conjuncts imply for one side of a join alone.</summary>
    public static void AddOneSided(List<Expression> conjuncts, IReadOnlySet<ColumnId> left, IReadOnlySet<ColumnId> right)
    {
        foreach (ConjunctionExpression or in conjuncts.OfType<ConjunctionExpression>().ToArray())
        {
            if (or.Kind != ConjunctionKind.Or || or.Operands.Count > OperandsMax)
            {
                continue;
            }
            HashSet<ColumnId> used = PlanIds.References(or);
            if (!used.Overlaps(left) || !used.Overlaps(right))
            {
                continue;
            }
            foreach (IReadOnlySet<ColumnId> side in (ReadOnlySpan<IReadOnlySet<ColumnId>>)[left, right])
            {
                if (OneSided(or, side) is { } implied && !conjuncts.Contains(implied))
                {
                    conjuncts.Add(implied);
                }
            }
        }
    }

    private static Expression? OneSided(ConjunctionExpression or, IReadOnlySet<ColumnId> side)
    {
        List<Expression> branches = [];
        foreach (Expression branch in or.Operands)
        {
            List<Expression> own = [.. Conjuncts.Split(branch).Where(c =>
                PlanIds.RefersOnlyTo(c, side) && !ExpressionFacts.IsVolatile(c) && !ExpressionFacts.IsFallible(c))];
            if (own.Count == 0)
            {
                return null;
            }
            Expression part = Conjuncts.Join(own)!;
            if (!branches.Contains(part))
            {
                branches.Add(part);
            }
        }
        return branches.Count == 1 ? branches[0] : new ConjunctionExpression(ConjunctionKind.Or, new ExpressionList(branches));
    }
}
