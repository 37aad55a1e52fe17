using System.Numerics;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>A plan for some of a join's inputs: which, at what cost (the rows of all joins in it), giving how many rows.</summary>
internal sealed record Candidate(ulong Inputs, LogicalOperator Plan, double Rows, double Cost);

/// <summary>
/// The inputs of a join and the conditions between them, each with the set of inputs that it uses. Sets are bit masks: at
/// most 64 inputs are ordered at once, more are joined in groups.
/// </summary>
internal sealed class JoinGraph
{
    public const int InputsMax = 64;

    private readonly CardinalityEstimator _estimator;
    private readonly List<Candidate> _inputs = [];
    private readonly List<(Expression Condition, ulong Uses)> _conditions = [];
    private readonly Dictionary<ColumnId, int> _inputOf = [];
    private readonly List<Equality> _equalities = [];
    private readonly Dictionary<ColumnId, int> _places = [];                // of the columns in equalities
    private readonly Dictionary<ulong, int[]> _representatives = [];        // by set of inputs, by place
    private readonly ulong[] _neighbours;                                   // by input: inputs that conditions connect with it

    public JoinGraph(List<LogicalOperator> inputs, List<Expression> conditions, CardinalityEstimator estimator)
    {
        _estimator = estimator;
        for (int i = 0; i < inputs.Count; i++)
        {
            double rows = Math.Max(1, estimator.Rows(inputs[i]));
            _inputs.Add(new Candidate(1UL << i, inputs[i], rows, 0));
            foreach (ColumnId id in PlanIds.OutputIds(inputs[i]))
            {
                _inputOf[id] = i;
            }
        }
        foreach (Expression condition in conditions.Distinct())
        {
            ulong uses = 0;
            foreach (ColumnId id in PlanIds.References(condition))
            {
                if (_inputOf.TryGetValue(id, out int input))
                {
                    uses |= 1UL << input;
                }
            }
            if (uses == 0)
            {
                ConditionsWithoutInput.Add(condition);
            }
            else
            {
                _conditions.Add((condition, uses));
                if (condition is ComparisonExpression { Kind: ComparisonKind.Equal, Left: ColumnExpression a, Right: ColumnExpression b })
                {
                    _equalities.Add(new Equality(PlaceOf(a.Id), PlaceOf(b.Id), uses));
                }
            }
        }
        _neighbours = new ulong[inputs.Count];
        foreach ((Expression _, ulong uses) in _conditions)
        {
            for (ulong rest = uses; rest != 0; rest &= rest - 1)
            {
                _neighbours[BitOperations.TrailingZeroCount(rest)] |= uses;
            }
        }
    }

    public int Count => _inputs.Count;

    public ulong All => Count == 64 ? ulong.MaxValue : (1UL << Count) - 1;

    /// <summary>Conditions that use none of the inputs.</summary>
    public List<Expression> ConditionsWithoutInput { get; } = [];

    public Candidate Input(int index)
    {
        Candidate input = _inputs[index];
        // What concerns this input alone was pushed into it before, unless it could not be.
        Expression[] own = [.. _conditions.Where(c => c.Uses == input.Inputs).Select(c => c.Condition)];
        return own.Length == 0 ? input : input with { Plan = Conjuncts.Filter(input.Plan, own) };
    }

    /// <summary>All inputs that conditions connect with one, directly or through others.</summary>
    public ulong Component(int input)
    {
        ulong component = 1UL << input;
        while (true)
        {
            ulong grown = component;
            foreach ((Expression _, ulong uses) in _conditions)
            {
                if ((uses & grown) != 0)
                {
                    grown |= uses;
                }
            }
            if (grown == component)
            {
                return component;
            }
            component = grown;
        }
    }

    /// <summary>True where a condition uses both sets, if only together with inputs that come later (<c>a.x + b.y = c.z</c>).</summary>
    public bool AreConnected(ulong left, ulong right)
    {
        for (ulong rest = left; rest != 0; rest &= rest - 1)
        {
            if ((_neighbours[BitOperations.TrailingZeroCount(rest)] & right) != 0)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Estimated rows of the join of two disjoint sets of inputs.</summary>
    public double JoinedRows(Candidate left, Candidate right)
    {
        double selectivity = 1;
        double keyLimit = double.MaxValue;
        foreach (Expression condition in ConditionsBetween(left.Inputs, right.Inputs))
        {
            if (condition is ComparisonExpression { Kind: ComparisonKind.Equal } equality)
            {
                selectivity *= _estimator.EqualitySelectivity(equality.Left, left.Rows, equality.Right, right.Rows);
                keyLimit = Math.Min(keyLimit, KeyRows(equality));
            }
            else
            {
                selectivity *= _estimator.Selectivity(condition, left.Rows * right.Rows);
            }
        }
        // Several equalities are mostly one composite key: no more selective than a key of the smaller table is.
        if (keyLimit is > 0 and < double.MaxValue)
        {
            selectivity = Math.Max(selectivity, 1 / keyLimit);
        }
        return Math.Max(1, left.Rows * right.Rows * selectivity);
    }

    /// <summary>The join of two disjoint sets of inputs; the smaller on the right.</summary>
    public Candidate Join(Candidate left, Candidate right)
    {
        double rows = JoinedRows(left, right);
        (Candidate probe, Candidate build) = left.Rows >= right.Rows ? (left, right) : (right, left);
        LogicalJoin join = new(JoinKind.Inner, probe.Plan, build.Plan, Conjuncts.Join(ConditionsBetween(left.Inputs, right.Inputs)));
        // Building a table costs about as much a row as a result row does; probing less.
        double cost = left.Cost + right.Cost + rows + build.Rows + (probe.Rows * 0.2);
        return new Candidate(left.Inputs | right.Inputs, join, rows, cost);
    }

    // Conditions that can be tested first when these two sets meet. Of equalities that follow from one another
    // (a = b, a = c where b and c are on the same side and equal there already) one is enough.
    private List<Expression> ConditionsBetween(ulong left, ulong right)
    {
        List<Expression> found = [];
        HashSet<(int, int)> joined = [];
        int[] ofLeft = RepresentativesOf(left);
        int[] ofRight = RepresentativesOf(right);
        foreach ((Expression condition, ulong uses) in _conditions)
        {
            if ((uses & left) == 0 || (uses & right) == 0 || (uses & ~(left | right)) != 0)
            {
                continue;
            }
            if (condition is ComparisonExpression { Kind: ComparisonKind.Equal, Left: ColumnExpression a, Right: ColumnExpression b })
            {
                (ColumnId onLeft, ColumnId onRight) = (1UL << _inputOf[a.Id] & left) != 0 ? (a.Id, b.Id) : (b.Id, a.Id);
                if (!joined.Add((ofLeft[_places[onLeft]], ofRight[_places[onRight]])))
                {
                    continue;
                }
            }
            found.Add(condition);
        }
        return found;
    }

    // For each column the first of those that equalities inside a set make equal to it. Made once for a set.
    private int[] RepresentativesOf(ulong set)
    {
        if (_representatives.TryGetValue(set, out int[]? known))
        {
            return known;
        }
        int[] parents = [.. Enumerable.Range(0, _places.Count)];
        foreach (Equality equality in _equalities)
        {
            if ((equality.Uses & ~set) == 0)
            {
                int first = Root(parents, equality.Left);
                int second = Root(parents, equality.Right);
                parents[Math.Max(first, second)] = Math.Min(first, second);
            }
        }
        for (int i = 0; i < parents.Length; i++)
        {
            parents[i] = Root(parents, i);
        }
        _representatives.Add(set, parents);
        return parents;
    }

    private static int Root(int[] parents, int place)
    {
        while (parents[place] != place)
        {
            place = parents[place] = parents[parents[place]];
        }
        return place;
    }

    private int PlaceOf(ColumnId column)
    {
        if (!_places.TryGetValue(column, out int place))
        {
            _places.Add(column, place = _places.Count);
        }
        return place;
    }

    private double KeyRows(ComparisonExpression equality) => (equality.Left, equality.Right) switch
    {
        (ColumnExpression left, ColumnExpression right) when _estimator.TableRows(left.Id) is > 0 and var a && _estimator.TableRows(right.Id) is > 0 and var b => Math.Min(a, b),
        _ => double.MaxValue,
    };

    private readonly record struct Equality(int Left, int Right, ulong Uses);
}
