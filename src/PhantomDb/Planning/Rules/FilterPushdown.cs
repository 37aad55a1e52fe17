using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning.Rules;

/// <summary>
/// Moves conditions as far down as their columns allow, so that rows are dropped where they are read:
/// <c>Filter a.x = 1 AND a.id = b.id (Cross a b) → Join a.id = b.id (Scan a, x = 1) (Scan b)</c>.
/// On the way it turns outer joins whose NULL rows a condition rejects into inner ones, takes conditions common to all
/// branches of an OR out of it, derives conditions on one table from an OR over several, and carries comparisons with
/// constants over equalities. Semi and anti joins that drop many rows move down like conditions.
/// </summary>
internal sealed class FilterPushdown(bool infersEqualities) : IOptimizerRule
{
    // A semi join that keeps more than this share of the rows is cheaper above the joins, where fewer rows come.
    private const double SinkingShareMax = 0.5;

    private readonly HashSet<List<Expression>> _complete = new(ReferenceEqualityComparer.Instance);   // with what their equalities imply
    private CardinalityEstimator? _estimator;   // of the plan at hand: Apply makes an instance a plan

    /// <summary>Once join order has chosen among equalities, no more of them are added.</summary>
    public LogicalOperator Apply(LogicalOperator plan, OptimizerContext context) =>
        new FilterPushdown(infersEqualities) { _estimator = new CardinalityEstimator(context.Statistics) }.Push(plan, []);

    private LogicalOperator Push(LogicalOperator plan, List<Expression> conjuncts)
    {
        PlanTraversal.EnsureStack();
        if (conjuncts.Any(Conjuncts.IsNeverTrue))
        {
            return Empty(plan);
        }
        switch (plan)
        {
            case LogicalFilter filter:
                // The inner conditions first: an outer one may rely on them (x <> 0 below, 1 / x > 2 above).
                return Push(filter.Input, [.. Conjuncts.Split(OrFactoring.Apply(filter.Predicate)), .. conjuncts]);
            case LogicalScan scan:
                return PushIntoScan(scan, conjuncts);
            case LogicalProject project:
                return PushThroughProject(project, conjuncts);
            case LogicalJoin join:
                return PushIntoJoin(join, conjuncts);
            case LogicalAggregate aggregate:
                return PushThroughAggregate(aggregate, conjuncts);
            case LogicalSort { Limit: null } sort:
                return sort with { Input = Push(sort.Input, conjuncts) };
            case LogicalDistinct { On: null } distinct:
                (List<Expression> safe, List<Expression> unsafeOnes) = Partition(conjuncts, c => !ExpressionFacts.IsVolatile(c));
                return Conjuncts.Filter(distinct with { Input = Push(distinct.Input, safe) }, unsafeOnes);
            case LogicalLockRows { Limit: null, Offset: null } rows:
                (List<Expression> unlocked, List<Expression> locked) = Partition(conjuncts, c => !ExpressionFacts.IsVolatile(c) && !HasSubquery(c));
                return Conjuncts.Filter(rows with { Input = Push(rows.Input, unlocked) }, locked);
            case LogicalWindow window:
                // Whole partitions may go, single rows of one may not.
                HashSet<ColumnId> partition = [.. window.PartitionBy.OfType<ColumnExpression>().Select(c => c.Id)];
                (List<Expression> ofPartitions, List<Expression> ofRows) = Partition(conjuncts, c =>
                    !ExpressionFacts.IsVolatile(c) && !HasSubquery(c) && PlanIds.References(c) is { Count: > 0 } used && used.IsSubsetOf(partition));
                return Conjuncts.Filter(window with { Input = Push(window.Input, ofPartitions) }, ofRows);
            case LogicalSetOperation set:
                return PushThroughSetOperation(set, conjuncts);
            case LogicalCte cte:
                return cte with { Definition = Push(cte.Definition, []), Body = Push(cte.Body, conjuncts) };
            default:
                return Conjuncts.Filter(PlanTraversal.MapChildren(plan, child => Push(child, [])), conjuncts);
        }
    }

    private static LogicalOperator PushIntoScan(LogicalScan scan, List<Expression> conjuncts)
    {
        // Volatile conditions and what still holds subqueries are evaluated above, once a row.
        (List<Expression> own, List<Expression> above) = Partition(conjuncts, c => !ExpressionFacts.IsVolatile(c) && !HasSubquery(c));
        if (own.Count == 0)
        {
            return Conjuncts.Filter(scan, above);
        }
        List<Expression> all = Conjuncts.Split(scan.Filter);
        AddMissing(own, all);
        return Conjuncts.Filter(scan with { Filter = Conjuncts.Join(all) }, above);
    }

    private LogicalOperator PushThroughProject(LogicalProject project, List<Expression> conjuncts)
    {
        Dictionary<ColumnId, Expression> computed = [];
        foreach (ComputedColumn column in project.Columns)
        {
            computed[column.Column.Id] = column.Expression;
        }
        List<Expression> below = [];
        List<Expression> above = [];
        foreach (Expression conjunct in conjuncts)
        {
            bool movable = !HasSubquery(conjunct) && PlanIds.References(conjunct).All(id =>
                !computed.TryGetValue(id, out Expression? source) || (!ExpressionFacts.IsVolatile(source) && !HasSubquery(source)));
            if (movable)
            {
                below.Add(Substitute(conjunct, computed));
            }
            else
            {
                above.Add(conjunct);
            }
        }
        return Conjuncts.Filter(project with { Input = Push(project.Input, below) }, above);
    }

    private LogicalOperator PushThroughAggregate(LogicalAggregate aggregate, List<Expression> conjuncts)
    {
        if (aggregate.GroupingSets is not null || aggregate.Groups.Count == 0)
        {
            return Conjuncts.Filter(aggregate with { Input = Push(aggregate.Input, []) }, conjuncts);
        }
        Dictionary<ColumnId, Expression> groups = aggregate.Groups.ToDictionary(g => g.Column.Id, g => g.Expression);
        HashSet<ColumnId> fixedHere = [.. aggregate.Aggregates.Select(a => a.Column.Id)];
        fixedHere.UnionWith(aggregate.Groups.Where(g => ExpressionFacts.IsVolatile(g.Expression)).Select(g => g.Column.Id));
        (List<Expression> below, List<Expression> above) = Partition(conjuncts, c =>
            !ExpressionFacts.IsVolatile(c) && !HasSubquery(c) && !PlanIds.References(c).Overlaps(fixedHere));
        return Conjuncts.Filter(
            aggregate with { Input = Push(aggregate.Input, [.. below.Select(c => Substitute(c, groups))]) }, above);
    }

    private LogicalOperator PushThroughSetOperation(LogicalSetOperation set, List<Expression> conjuncts)
    {
        (List<Expression> below, List<Expression> above) = Partition(conjuncts, c => !ExpressionFacts.IsVolatile(c) && !HasSubquery(c));
        return Conjuncts.Filter(set with { Left = PushByPlace(set.Left), Right = PushByPlace(set.Right) }, above);

        LogicalOperator PushByPlace(LogicalOperator input)
        {
            Dictionary<ColumnId, Expression> byPlace = [];
            for (int i = 0; i < set.Columns.Count; i++)
            {
                byPlace[set.Columns[i].Id] = input.Output[i].Reference;
            }
            IReadOnlyList<LogicalColumn> order = input.Output;
            LogicalOperator pushed = Push(input, [.. below.Select(c => Substitute(c, byPlace))]);
            return pushed.Output.Select(c => c.Id).SequenceEqual(order.Select(c => c.Id))
                ? pushed
                : new LogicalProject(pushed, [.. order.Select(c => new ComputedColumn(c, c.Reference))]);
        }
    }

    private LogicalOperator PushIntoJoin(LogicalJoin join, List<Expression> conjuncts)
    {
        HashSet<ColumnId> left = PlanIds.OutputIds(join.Left);
        HashSet<ColumnId> right = PlanIds.OutputIds(join.Right);
        join = SimplifyKind(join, conjuncts, left, right);
        switch (join.Kind)
        {
            case JoinKind.Inner:
                return PushIntoInnerJoin(join, conjuncts, left, right);
            case JoinKind.Semi or JoinKind.Anti when !join.IsDependent:
                return PushSemiJoin(join, conjuncts, left, right);
            default:
                return PushIntoOuterJoin(join, conjuncts, left, right);
        }
    }

    // An outer join whose NULL-filled rows a condition above rejects.
    private static LogicalJoin SimplifyKind(LogicalJoin join, List<Expression> conjuncts, HashSet<ColumnId> left, HashSet<ColumnId> right)
    {
        if (join.Kind is JoinKind.Left or JoinKind.Full && conjuncts.Any(c => Conjuncts.RejectsNulls(c, right)))
        {
            join = join with { Kind = join.Kind == JoinKind.Left ? JoinKind.Inner : JoinKind.Right };
        }
        if (join.Kind is JoinKind.Right or JoinKind.Full && conjuncts.Any(c => Conjuncts.RejectsNulls(c, left)))
        {
            join = join with { Kind = join.Kind == JoinKind.Right ? JoinKind.Inner : JoinKind.Left };
        }
        return join;
    }

    private LogicalOperator PushIntoInnerJoin(LogicalJoin join, List<Expression> conjuncts, HashSet<ColumnId> left, HashSet<ColumnId> right)
    {
        List<Expression> all = Conjuncts.Split(OrFactoring.Apply(join.Condition));
        AddMissing(conjuncts, all);
        (List<Expression> movable, List<Expression> above) = Partition(all, c => !ExpressionFacts.IsVolatile(c));
        // Conditions that a join above has handed down lack nothing that follows from them, but together with new ones.
        if (infersEqualities && !(join.Condition is null && _complete.Contains(conjuncts)))
        {
            EqualityInference.AddImplied(movable);
        }
        OrFactoring.AddOneSided(movable, left, right);
        List<Expression> toLeft = [];
        List<Expression> toRight = [];
        List<Expression> condition = [];
        foreach (Expression conjunct in movable)
        {
            HashSet<ColumnId> used = PlanIds.References(conjunct);
            bool usesLeft = used.Overlaps(left);
            bool usesRight = used.Overlaps(right);
            (usesLeft, usesRight) = join.IsDependent && !usesLeft && usesRight && PlanIds.FreeReferences(join.Right).Overlaps(left)
                ? (true, true) : (usesLeft, usesRight);
            List<Expression> target = usesLeft && usesRight ? condition : usesRight ? toRight : toLeft;
            target.Add(conjunct);
        }
        _complete.Add(toLeft);
        _complete.Add(toRight);
        LogicalJoin pushed = join with
        {
            Left = Push(join.Left, toLeft),
            Right = Push(join.Right, toRight),
            Condition = Conjuncts.Join(condition),
        };
        return pushed.Left is LogicalEmpty || pushed.Right is LogicalEmpty
            ? Empty(pushed)
            : Conjuncts.Filter(pushed, above);
    }

    // Semi and anti joins drop rows of the left side as a filter does: they move to the one input whose columns they use.
    private LogicalOperator PushSemiJoin(LogicalJoin join, List<Expression> conjuncts, HashSet<ColumnId> left, HashSet<ColumnId> right)
    {
        List<Expression> condition = Conjuncts.Split(OrFactoring.Apply(join.Condition));
        (List<Expression> toRight, condition) = Partition(condition, c => !ExpressionFacts.IsVolatile(c) && PlanIds.RefersOnlyTo(c, right));
        LogicalJoin semi = join with { Right = Push(join.Right, toRight), Condition = Conjuncts.Join(condition) };
        LogicalOperator input = Push(join.Left, conjuncts);
        HashSet<ColumnId> used = semi.Condition is null ? [] : PlanIds.References(semi.Condition);
        used.IntersectWith(left);
        return used.Count == 0 || condition.Any(ExpressionFacts.IsVolatile) || !IsSelective(input) ? semi with { Left = input } : Sink(input);

        LogicalOperator Sink(LogicalOperator target)
        {
            switch (target)
            {
                case LogicalJoin { Kind: JoinKind.Inner, IsDependent: false } inner when used.IsSubsetOf(PlanIds.OutputIds(inner.Left)):
                    return inner with { Left = Sink(inner.Left) };
                case LogicalJoin { Kind: JoinKind.Inner, IsDependent: false } inner when used.IsSubsetOf(PlanIds.OutputIds(inner.Right)):
                    return inner with { Right = Sink(inner.Right) };
                default:
                    return semi with { Left = target };
            }
        }

        bool IsSelective(LogicalOperator target) => target switch
        {
            LogicalJoin { Kind: JoinKind.Inner, IsDependent: false } inner when used.IsSubsetOf(PlanIds.OutputIds(inner.Left)) => IsSelective(inner.Left),
            LogicalJoin { Kind: JoinKind.Inner, IsDependent: false } inner when used.IsSubsetOf(PlanIds.OutputIds(inner.Right)) => IsSelective(inner.Right),
            _ => _estimator!.Rows(semi with { Left = target }) <= SinkingShareMax * _estimator.Rows(target),
        };
    }

    private LogicalOperator PushIntoOuterJoin(LogicalJoin join, List<Expression> conjuncts, HashSet<ColumnId> left, HashSet<ColumnId> right)
    {
        bool keepsLeft = join.Kind is not (JoinKind.Right or JoinKind.Full);   // every left row's fate is decided by itself
        bool keepsRight = join.Kind == JoinKind.Right;
        List<Expression> toLeft = [];
        List<Expression> toRight = [];
        List<Expression> above = [];
        foreach (Expression conjunct in conjuncts)
        {
            bool movable = !ExpressionFacts.IsVolatile(conjunct) && !HasSubquery(conjunct);
            if (movable && keepsLeft && PlanIds.RefersOnlyTo(conjunct, left))
            {
                toLeft.Add(conjunct);
            }
            else if (movable && keepsRight && PlanIds.RefersOnlyTo(conjunct, right))
            {
                toRight.Add(conjunct);
            }
            else
            {
                above.Add(conjunct);
            }
        }
        // The join's own condition: what it says of the side that is filled with NULLs alone may be tested there first.
        List<Expression> condition = [];
        foreach (Expression conjunct in Conjuncts.Split(OrFactoring.Apply(join.Condition)))
        {
            bool movable = !ExpressionFacts.IsVolatile(conjunct) && !HasSubquery(conjunct);
            // The mark of a row without partner is FALSE or NULL by all right rows: they must all be there.
            if (movable && join.Kind is JoinKind.Left or JoinKind.Single or JoinKind.Semi or JoinKind.Anti && PlanIds.RefersOnlyTo(conjunct, right))
            {
                toRight.Add(conjunct);
            }
            else if (movable && join.Kind == JoinKind.Right && PlanIds.RefersOnlyTo(conjunct, left))
            {
                toLeft.Add(conjunct);
            }
            else
            {
                condition.Add(conjunct);
            }
        }
        return Conjuncts.Filter(
            join with { Left = Push(join.Left, toLeft), Right = Push(join.Right, toRight), Condition = Conjuncts.Join(condition) }, above);
    }

    private static void AddMissing(List<Expression> conjuncts, List<Expression> all)
    {
        HashSet<Expression> known = [.. all];
        all.AddRange(conjuncts.Where(known.Add));
    }

    private static LogicalEmpty Empty(LogicalOperator plan)
    {
        List<LogicalColumn> columns = [.. plan.Output];
        PlanIds.AddRowIds(plan, columns);
        return new LogicalEmpty(columns);
    }

    private static Expression Substitute(Expression expression, Dictionary<ColumnId, Expression> replacements) =>
        PlanTraversal.Rewrite(expression, part =>
            part is ColumnExpression column ? replacements.GetValueOrDefault(column.Id, column) : null);

    private static bool HasSubquery(Expression expression)
    {
        bool found = false;
        PlanTraversal.Visit(expression, part => found |= part is SubqueryExpression);
        return found;
    }

    private static (List<Expression> Yes, List<Expression> No) Partition(List<Expression> conjuncts, Func<Expression, bool> test)
    {
        List<Expression> yes = [];
        List<Expression> no = [];
        foreach (Expression conjunct in conjuncts)
        {
            (test(conjunct) ? yes : no).Add(conjunct);
        }
        return (yes, no);
    }
}
