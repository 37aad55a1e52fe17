using PhantomDb.Catalog;
using PhantomDb.Execution.Indexes;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution;

// Joins of few rows with a table that has an index for their keys.
internal sealed partial class PhysicalPlanner
{
    /// <summary>A hash join takes over from this share of the rows from which on it would have been better: they have been looked up in vain.</summary>
    private const double PatienceFactor = 0.5;

    private readonly Dictionary<LogicalJoin, double> _shares = new(ReferenceEqualityComparer.Instance);   // of joins of whose rows but the first are wanted

    /// <summary>How an index join could be made: which side has the index, and what it would cost.</summary>
    private sealed record IndexJoinChoice(LogicalOperator Outer, LogicalScan Inner, JoinKind Kind, PhysicalIndexScan Scan, double Cost)
    {
        /// <summary>The join's conditions over outer columns, as parameters stand for them in the scan's.</summary>
        public required IReadOnlyList<Expression> OuterValues { get; init; }

        public required int FirstSlot { get; init; }

        /// <summary>Conditions that the index does not answer.</summary>
        public required IReadOnlyList<Expression> Rest { get; init; }

        public required double RowsPerLookup { get; init; }
    }

    private PhysicalOperator? PlanIndexJoin(LogicalJoin join, HashSet<ColumnId> required, HashSet<ColumnId> needed)
    {
        if (_indexes is null || _estimator is null || join.Condition is null || join.KeepsOrder)
        {
            return null;
        }
        IndexJoinChoice? choice = null;
        if (join.Kind is JoinKind.Inner or JoinKind.Left or JoinKind.Semi or JoinKind.Anti or JoinKind.Single && ScanOf(join.Right, needed) is { } right)
        {
            choice = ChooseIndexJoin(join, join.Left, right, join.Kind, needed);
        }
        if (join.Kind is JoinKind.Inner or JoinKind.Right && ScanOf(join.Left, needed) is { } left
            && ChooseIndexJoin(join, join.Right, left, join.Kind == JoinKind.Right ? JoinKind.Left : join.Kind, needed) is { } swapped
            && (choice is null || swapped.Cost < choice.Cost))
        {
            choice = swapped;
        }
        return choice is null ? null : MakeIndexJoin(join, choice, required, needed);
    }

    // A scan, or one whose columns are but renamed.
    private static LogicalScan? ScanOf(LogicalOperator plan, HashSet<ColumnId> needed)
    {
        if (plan is not LogicalProject { Input: LogicalScan below } project)
        {
            return plan as LogicalScan;
        }
        List<ScanColumn> columns = [.. below.Columns];
        foreach (ComputedColumn computed in project.Columns.Where(c => needed.Contains(c.Column.Id)))
        {
            if (computed.Expression is not ColumnExpression source)
            {
                return null;
            }
            if (computed.Column.Id == source.Id)
            {
                continue;
            }
            if (below.Columns.FirstOrDefault(c => c.Column.Id == source.Id) is not { } scanned)
            {
                return null;
            }
            columns.Add(new ScanColumn(computed.Column, scanned.ColumnNumber));
        }
        return below with { Columns = columns };
    }

    private IndexJoinChoice? ChooseIndexJoin(LogicalJoin join, LogicalOperator outer, LogicalScan inner, JoinKind kind, HashSet<ColumnId> needed)
    {
        if (inner.Table.Indexes.Count == 0 || (_locksRows && inner.RowId is not null))   // LockRows gives single rows in the place of scans
        {
            return null;
        }
        double share = _shares.GetValueOrDefault(join, 1);
        double outerRows = _estimator!.Rows(outer) * share;
        PhysicalScan scan = MakeScan(inner, With(needed, join.Condition));
        if (_indexes!.CostOfHashing(scan, outerRows, isTable: ReferenceEquals(outer, join.Left)) is not { } otherCost)
        {
            return null;
        }
        // Taken whether or not the choice is made: other parameters must not get these numbers meanwhile.
        int firstSlot = _parameterCount + _slotCount;
        HashSet<ColumnId> innerIds = [.. scan.Columns.Select(c => c.Id)];
        List<Expression> outerValues = [];
        List<(Expression Original, Expression? Translated)> conditions = [];
        foreach (Expression conjunct in Conjuncts.Split(join.Condition))
        {
            conditions.Add((conjunct, Translate(conjunct, innerIds, scan, firstSlot, outerValues)));
        }
        _slotCount += outerValues.Count;
        Expression[] own = IndexMatch.Conjuncts(scan.Filter);
        Expression[] all = [.. conditions.Where(c => c.Translated is not null).Select(c => c.Translated!), .. own];
        IndexJoinChoice? best = null;
        foreach (IndexDefinition index in inner.Table.Indexes.Where(scan.MayUse))
        {
            PhysicalIndexScan candidate = IndexMatch.Find(scan, index, all);
            if (!IndexChoice.HasParameters(candidate, firstSlot) || !candidate.Keys.All(key => key.IsSingle))
            {
                continue;   // it says nothing of the join's condition, or too much
            }
            (double rows, double ranges) = _indexes.Estimate(candidate);
            double cost = outerRows * (IndexCost.OfIndexRows(candidate, Math.Max(rows, 1), ranges) + (candidate.Range is null ? 0 : IndexCost.Range));
            if (cost < otherCost && (best is null || cost < best.Cost))
            {
                HashSet<Expression> rest = new(IndexMatch.Conjuncts(candidate.Residual), ReferenceEqualityComparer.Instance);
                Expression[] residual = [.. own.Where(rest.Contains)];
                best = new IndexJoinChoice(outer, inner, kind, candidate with { Residual = IndexMatch.Join(residual) }, cost)
                {
                    FirstSlot = firstSlot,
                    OuterValues = outerValues,
                    Rest = [.. conditions.Where(c => c.Translated is null || rest.Contains(c.Translated)).Select(c => c.Original)],
                    RowsPerLookup = rows,
                };
            }
        }
        return best;
    }

    // A comparison of the inner side's columns with the outer's: the inner by position, the outer in a parameter. Null for any other condition.
    private Expression? Translate(Expression conjunct, HashSet<ColumnId> innerIds, PhysicalScan scan, int firstSlot, List<Expression> outerValues)
    {
        if (conjunct is not ComparisonExpression comparison || ExpressionFacts.IsVolatile(comparison))
        {
            return null;
        }
        bool isLeftInner = PlanIds.References(comparison.Left) is { Count: > 0 } left && left.IsSubsetOf(innerIds);
        (Expression own, Expression other) = isLeftInner ? (comparison.Left, comparison.Right) : (comparison.Right, comparison.Left);
        if (!(PlanIds.References(own) is { Count: > 0 } references && references.IsSubsetOf(innerIds))
            || PlanIds.References(other) is not { Count: > 0 } others || others.Overlaps(innerIds))
        {
            return null;
        }
        Expression position = Rewrite(own, new ColumnScope(scan.Columns));
        ParameterExpression parameter = new(firstSlot + outerValues.Count, other.Type);
        outerValues.Add(other);
        return isLeftInner
            ? comparison with { Left = position, Right = parameter }
            : comparison with { Left = parameter, Right = position };
    }

    private PhysicalIndexJoin MakeIndexJoin(LogicalJoin join, IndexJoinChoice choice, HashSet<ColumnId> required, HashSet<ColumnId> needed)
    {
        PhysicalOperator left = Plan(choice.Outer, needed);
        HashSet<ColumnId> kept = [.. required];
        AddColumns(choice.Rest, kept);
        JoinKeys keys = SplitCondition(join.Condition, new ColumnScope(left.Columns), new ColumnScope(choice.Scan.Columns));
        AddColumns(keys.Residual, kept);
        int[] leftOutputs = [.. Enumerable.Range(0, left.Columns.Count).Where(i => kept.Contains(left.Columns[i].Id))];
        LogicalColumn[] pair = [.. leftOutputs.Select(i => left.Columns[i]), .. choice.Scan.Columns];
        LogicalColumn[] columns = choice.Kind is JoinKind.Semi or JoinKind.Anti ? pair[..leftOutputs.Length] : pair;
        var leftScope = new ColumnScope(left.Columns);
        var pairScope = new ColumnScope(pair);
        PhysicalHashJoin? instead = keys.Left.Count == 0 ? null : new PhysicalHashJoin(
            choice.Kind, left, choice.Scan.Scan,
            [.. keys.Left.Select(e => Rewrite(e, leftScope))],
            [.. keys.Right.Select(e => Rewrite(e, new ColumnScope(choice.Scan.Columns)))],
            leftOutputs, [.. Enumerable.Range(0, choice.Scan.Columns.Count)],
            Conjuncts.Join(keys.Residual) is { } residual ? Rewrite(residual, pairScope) : null, columns);
        // The order of a left join's rows is another in a hash join.
        bool isInOrder = _shares.ContainsKey(join);
        return new PhysicalIndexJoin(
            choice.Kind, left, choice.Scan with { EstimatedRows = choice.RowsPerLookup }, [.. choice.OuterValues.Select(e => Rewrite(e, leftScope))], choice.FirstSlot,
            leftOutputs, Conjuncts.Join(choice.Rest) is { } rest ? Rewrite(rest, pairScope) : null, columns)
        {
            Instead = isInOrder && choice.Kind is JoinKind.Left or JoinKind.Single ? null : instead,
            LeftRowsMax = PatienceFactor * _indexes!.RowsWorthHashing(choice.Scan, choice.RowsPerLookup),
        };
    }
}
