using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning;

/// <summary>
/// Guesses how many rows operators give, from statistics of the tables and the usual assumptions: values spread evenly,
/// conditions independent, every key finds its partner. For choosing between plans and for EXPLAIN; never for results.
/// </summary>
internal sealed class CardinalityEstimator(ICatalogStatistics statistics)
{
    private const double EqualityGuess = 0.005;
    private const double RangeGuess = 1.0 / 3;
    private const double LikeGuess = 0.05;
    private const double OtherGuess = 0.25;
    private const double DistinctShareGuess = 0.1;

    private readonly Dictionary<ColumnId, ColumnFacts> _columns = [];
    private readonly Dictionary<LogicalOperator, double> _rows = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, double> _cteRows = [];

    /// <summary>Estimated rows of an operator.</summary>
    public double Rows(LogicalOperator plan)
    {
        if (_rows.TryGetValue(plan, out double known))
        {
            return known;
        }
        PlanTraversal.EnsureStack();
        double rows = Math.Max(0, Estimate(plan));
        _rows[plan] = rows;
        return rows;
    }

    /// <summary>Makes a common table expression's size known to its scans, where these are estimated before the whole plan.</summary>
    public void AddCte(int cteId, LogicalOperator definition) => _cteRows[cteId] = Rows(definition);

    /// <summary>Estimated distinct values of a column, among so many rows.</summary>
    public double Distinct(ColumnId column, double rows) =>
        Math.Max(1, Math.Min(rows, _columns.TryGetValue(column, out ColumnFacts? facts) ? facts.Distinct : Math.Max(10, rows * DistinctShareGuess)));

    /// <summary>Share of the pairs of two inputs that an equality between them keeps.</summary>
    public double EqualitySelectivity(Expression left, double leftRows, Expression right, double rightRows) =>
        1 / Math.Max(1, Math.Max(Distinct(left, leftRows), Distinct(right, rightRows)));

    /// <summary>Rows in the table that a column comes from, before any condition; 0 where it is not from a table.</summary>
    public double TableRows(ColumnId column) => _columns.TryGetValue(column, out ColumnFacts? facts) ? facts.TableRows : 0;

    /// <summary>Share of rows, 0 to 1, for which a condition over one input is true.</summary>
    public double Selectivity(Expression condition, double rows) => Math.Clamp(condition switch
    {
        ConstantExpression { Value: true } => 1,
        ConstantExpression => 0,
        ConjunctionExpression { Kind: ConjunctionKind.And } and => AndSelectivity(and.Operands, rows),
        ConjunctionExpression or => 1 - or.Operands.Aggregate(1.0, (miss, operand) => miss * (1 - Selectivity(operand, rows))),
        NotExpression not => 1 - Selectivity(not.Operand, rows),
        ComparisonExpression comparison => ComparisonSelectivity(comparison, rows),
        InListExpression inList => Complement(inList.IsNegated, inList.Items.Count / Distinct(inList.Operand, rows)),
        IsNullExpression isNull => Complement(isNull.IsNegated, NullShare(isNull.Operand)),
        FunctionExpression { Function.Name: "~~" or "~~*" } => LikeGuess,
        FunctionExpression { Function.Name: "!~~" or "!~~*" } => 1 - LikeGuess,
        _ => OtherGuess,
    }, 0, 1);

    private double Estimate(LogicalOperator plan)
    {
        switch (plan)
        {
            case LogicalScan scan:
                double tableRows = AddFacts(scan);
                return tableRows * (scan.Filter is null ? 1 : Selectivity(scan.Filter, tableRows));
            case LogicalVirtualScan:
                return 1000;
            case LogicalTableFunction:
                return 1000;
            case LogicalValues values:
                return values.Rows.Count;
            case LogicalEmpty:
                return 0;
            case LogicalFilter filter:
                double input = Rows(filter.Input);
                return input * Selectivity(filter.Predicate, input);
            case LogicalProject project:
                double projected = Rows(project.Input);
                foreach (ComputedColumn column in project.Columns)
                {
                    if (column.Expression is ColumnExpression source && source.Id != column.Column.Id && _columns.TryGetValue(source.Id, out ColumnFacts? facts))
                    {
                        _columns[column.Column.Id] = facts;
                    }
                }
                return projected;
            case LogicalJoin join:
                return JoinRows(join);
            case LogicalAggregate aggregate:
                return GroupRows(aggregate);
            case LogicalSort sort:
                return Math.Min(Rows(sort.Input), sort.Limit ?? double.MaxValue);
            case LogicalLimit limit:
                return Math.Min(Rows(limit.Input), limit.Limit is ConstantExpression { Value: long count } ? count : double.MaxValue);
            case LogicalLockRows rows:
                return Math.Min(Rows(rows.Input), rows.Limit is ConstantExpression { Value: long locked } ? locked : double.MaxValue);
            case LogicalDistinct distinct:
                return Groups(distinct.Output.Select(c => (Expression)c.Reference), Rows(distinct.Input));
            case LogicalSetOperation set:
                double left = Rows(set.Left);
                double right = Rows(set.Right);
                return set.Kind switch
                {
                    SetOperationKind.Union => left + right,
                    SetOperationKind.Intersect => Math.Min(left, right),
                    _ => left,
                };
            case LogicalCte cte:
                AddCte(cte.CteId, cte.Definition);
                return Rows(cte.Body);
            case LogicalRecursiveCte recursive:
                double initial = Rows(recursive.Initial);
                _cteRows[recursive.CteId] = initial;
                return initial * 10;
            case LogicalCteScan scan:
                return _cteRows.GetValueOrDefault(scan.CteId, 1000);
            default:
                return plan.Children.Count > 0 ? Rows(plan.Children[0]) : 1;
        }
    }

    private double AddFacts(LogicalScan scan)
    {
        TableStatistics table = statistics.OfTable(scan.Table.Oid);
        foreach (ScanColumn column in scan.Columns)
        {
            ColumnStatistics? known = table.ColumnsByNumber.GetValueOrDefault(column.ColumnNumber);
            _columns[column.Column.Id] = new ColumnFacts(
                known?.DistinctCount ?? Math.Max(1, table.RowCount * DistinctShareGuess), known?.NullShare ?? 0,
                known?.Minimum ?? double.NaN, known?.Maximum ?? double.NaN, table.RowCount);
        }
        return table.RowCount;
    }

    private double JoinRows(LogicalJoin join)
    {
        double left = Rows(join.Left);
        double right = Rows(join.Right);
        double selectivity = 1;
        double keySelectivity = 1;
        HashSet<ColumnId>? leftIds = null;
        foreach (Expression conjunct in Conjuncts.Split(join.Condition))
        {
            if (conjunct is not ComparisonExpression { Kind: ComparisonKind.Equal or ComparisonKind.NotDistinctFrom } equality)
            {
                selectivity *= Selectivity(conjunct, left * right);
                continue;
            }
            bool isSwapped = !PlanIds.RefersOnlyTo(equality.Left, leftIds ??= PlanIds.OutputIds(join.Left));
            keySelectivity *= isSwapped
                ? EqualitySelectivity(equality.Right, left, equality.Left, right)
                : EqualitySelectivity(equality.Left, left, equality.Right, right);
        }
        // A key of several columns has no more values than there are rows.
        selectivity *= Math.Max(keySelectivity, 1 / Math.Max(1, Math.Max(left, right)));
        double inner = Math.Max(left * right * selectivity, 0);
        return join.Kind switch
        {
            JoinKind.Inner => inner,
            JoinKind.Left => Math.Max(inner, left),
            JoinKind.Right => Math.Max(inner, right),
            JoinKind.Full => Math.Max(inner, left + right),
            JoinKind.Semi => left * SemiShare(join, left, right, selectivity),
            JoinKind.Anti => left * Math.Max(0.05, 1 - SemiShare(join, left, right, selectivity)),
            _ => left,
        };
    }

    // Share of left rows with a partner: by the keys that the right side has of those that there are.
    private double SemiShare(LogicalJoin join, double left, double right, double selectivity)
    {
        foreach (Expression conjunct in Conjuncts.Split(join.Condition))
        {
            if (conjunct is ComparisonExpression { Kind: ComparisonKind.Equal } equality)
            {
                HashSet<ColumnId> leftIds = PlanIds.OutputIds(join.Left);
                (Expression own, Expression other) = PlanIds.RefersOnlyTo(equality.Left, leftIds)
                    ? (equality.Left, equality.Right) : (equality.Right, equality.Left);
                return Math.Min(1, Distinct(other, right) / Math.Max(1, Distinct(own, left)));
            }
        }
        return Math.Min(1, right * selectivity);
    }

    private double GroupRows(LogicalAggregate aggregate)
    {
        double input = Rows(aggregate.Input);
        if (aggregate.Groups.Count == 0)
        {
            return 1;
        }
        double groups = Groups(aggregate.Groups.Select(g => g.Expression), input);
        foreach (ComputedColumn group in aggregate.Groups)
        {
            double distinct = Distinct(group.Expression, input);
            ColumnFacts? facts = group.Expression is ColumnExpression source ? _columns.GetValueOrDefault(source.Id) : null;
            _columns.TryAdd(group.Column.Id, facts ?? new ColumnFacts(distinct, 0, double.NaN, double.NaN, 0));
        }
        return groups;
    }

    private double Groups(IEnumerable<Expression> keys, double input)
    {
        double groups = 1;
        foreach (Expression key in keys)
        {
            groups *= Distinct(key, input);
        }
        return Math.Min(groups, Math.Max(1, input));
    }

    private double Distinct(Expression expression, double rows) => expression switch
    {
        ColumnExpression column => Distinct(column.Id, rows),
        CastExpression cast => Distinct(cast.Operand, rows),
        ConstantExpression or ParameterExpression => 1,
        _ => Math.Max(1, Math.Min(rows, PlanIds.References(expression).Aggregate(1.0, (all, id) => all * Distinct(id, rows)))),
    };

    private double NullShare(Expression expression) =>
        expression is ColumnExpression column && _columns.TryGetValue(column.Id, out ColumnFacts? facts) ? facts.NullShare : 0.01;

    private double ComparisonSelectivity(ComparisonExpression comparison, double rows)
    {
        (Expression tested, Expression bound, bool swapped) = comparison.Left is ConstantExpression or ParameterExpression
            ? (comparison.Right, comparison.Left, true) : (comparison.Left, comparison.Right, false);
        switch (comparison.Kind)
        {
            case ComparisonKind.Equal or ComparisonKind.NotDistinctFrom:
                return bound is ConstantExpression or ParameterExpression
                    ? tested is ColumnExpression ? 1 / Distinct(tested, rows) : Math.Min(EqualityGuess * 10, 1 / Distinct(tested, rows))
                    : 1 / Math.Max(Distinct(tested, rows), Distinct(bound, rows));
            case ComparisonKind.NotEqual or ComparisonKind.DistinctFrom:
                return 1 - (1 / Distinct(tested, rows));
        }
        bool isLess = comparison.Kind is ComparisonKind.Less or ComparisonKind.LessOrEqual;
        return ShareBelow(tested, bound) is { } share ? (isLess != swapped ? share : 1 - share) : RangeGuess;
    }

    // Ranges on one column are taken together: a month out of seven years is not a third of a third.
    private double AndSelectivity(ExpressionList operands, double rows)
    {
        double selectivity = 1;
        Dictionary<ColumnId, (double Low, double High)> ranges = [];
        foreach (Expression operand in operands)
        {
            if (operand is ComparisonExpression { Kind: ComparisonKind.Less or ComparisonKind.LessOrEqual or ComparisonKind.Greater or ComparisonKind.GreaterOrEqual, Left: ColumnExpression column } comparison
                && ShareBelow(column, comparison.Right) is { } share)
            {
                (double low, double high) = ranges.GetValueOrDefault(column.Id, (0, 1));
                ranges[column.Id] = comparison.Kind is ComparisonKind.Less or ComparisonKind.LessOrEqual
                    ? (low, Math.Min(high, share)) : (Math.Max(low, share), high);
                continue;
            }
            selectivity *= Selectivity(operand, rows);
        }
        return ranges.Values.Aggregate(selectivity, (all, range) => all * Math.Max(range.High - range.Low, EqualityGuess));
    }

    // Share of the column's values below a constant, by minimum and maximum; null where they are not known.
    private double? ShareBelow(Expression tested, Expression bound)
    {
        if (tested is not ColumnExpression column || bound is not ConstantExpression { Value: { } value } constant
            || !_columns.TryGetValue(column.Id, out ColumnFacts? facts) || !(facts.Maximum > facts.Minimum))
        {
            return null;
        }
        double? number = value switch
        {
            short v => v,
            int v => v,
            long v => v,
            float v => v,
            double v => v,
            Int128 v => (double)v,
            _ => null,
        };
        if (number is not { } place)
        {
            return null;
        }
        if (constant.Type.IsFixedNumeric)
        {
            place /= Math.Pow(10, constant.Type.Scale);
        }
        return Math.Clamp((place - facts.Minimum) / (facts.Maximum - facts.Minimum), 0, 1);
    }

    private static double Complement(bool isNegated, double share) => isNegated ? 1 - share : share;

    private sealed record ColumnFacts(double Distinct, double NullShare, double Minimum, double Maximum, double TableRows);
}
