using PhantomDb.Catalog;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Execution.Operators;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Types;

namespace PhantomDb.Execution;

/// <summary>
/// Finds the index by which a scan's filter can be answered with the fewest rows. A row through an index costs as much as
/// about a hundred in a scan, so that only small parts of a table are read that way.
/// </summary>
internal static class IndexChoice
{
    private const double ScanRowsPerIndexRow = 100;
    private const double ShareOfUnknownRange = 0.3;

    /// <summary>Null where reading the whole table is cheaper.</summary>
    public static PhysicalIndexScan? Choose(PhysicalScan scan, TableStatistics statistics)
    {
        if (scan.Filter is null)
        {
            return null;
        }
        Expression[] conjuncts = scan.Filter is ConjunctionExpression { Kind: ConjunctionKind.And } and ? [.. and.Operands] : [scan.Filter];
        PhysicalIndexScan? best = null;
        double bestRows = statistics.RowCount / ScanRowsPerIndexRow;
        foreach (IndexDefinition index in scan.Table.Indexes)
        {
            PhysicalIndexScan? candidate = index.IsPartial ? null : Match(scan, index, conjuncts);   // a partial index: where the filter implies its predicate
            if (candidate is null)
            {
                continue;
            }
            // A whole unique key finds one row, which is never dear: the table may grow while a plan is cached.
            double rows = index.IsUnique && candidate.Equal.Count == index.Columns.Count ? 0 : EstimateRows(candidate, statistics);
            if (rows < bestRows || (rows == 0 && best is null))
            {
                best = candidate;
                bestRows = rows;
            }
        }
        return best;
    }

    private static PhysicalIndexScan? Match(PhysicalScan scan, IndexDefinition index, Expression[] conjuncts)
    {
        List<Expression> equal = [];
        foreach (IndexColumn column in index.Columns)
        {
            if (Find(scan, column, conjuncts, ComparisonKind.Equal) is not { } value)
            {
                break;
            }
            equal.Add(value);
        }
        IndexBound? lower = null;
        IndexBound? upper = null;
        if (equal.Count < index.Columns.Count && !index.Columns[equal.Count].IsDescending)
        {
            IndexColumn next = index.Columns[equal.Count];
            lower = Bound(scan, next, conjuncts, ComparisonKind.Greater, ComparisonKind.GreaterOrEqual);
            upper = Bound(scan, next, conjuncts, ComparisonKind.Less, ComparisonKind.LessOrEqual);
        }
        return equal.Count == 0 && lower is null && upper is null
            ? null
            : new PhysicalIndexScan(scan, index, equal) { Lower = lower, Upper = upper, Residual = Residual(scan, index, equal, conjuncts) };
    }

    // Keys are equal where the values are. A range is not as exact as its bounds: it begins at an excluded value, and may end behind NULLs.
    private static Expression? Residual(PhysicalScan scan, IndexDefinition index, List<Expression> equal, Expression[] conjuncts)
    {
        bool IsAnswered(Expression conjunct)
        {
            if (conjunct is not ComparisonExpression { Kind: ComparisonKind.Equal } comparison || !KeyConversion.IsSame(comparison.Left.Type, comparison.Right.Type))
            {
                return false;
            }
            for (int i = 0; i < equal.Count; i++)
            {
                if ((ReferenceEquals(comparison.Right, equal[i]) && IsColumn(scan, index.Columns[i], comparison.Left))
                    || (ReferenceEquals(comparison.Left, equal[i]) && IsColumn(scan, index.Columns[i], comparison.Right)))
                {
                    return true;
                }
            }
            return false;
        }
        Expression[] rest = [.. conjuncts.Where(conjunct => !IsAnswered(conjunct))];
        return rest.Length switch
        {
            0 => null,
            1 => rest[0],
            _ => new ConjunctionExpression(ConjunctionKind.And, new ExpressionList(rest)),
        };
    }

    private static IndexBound? Bound(PhysicalScan scan, IndexColumn column, Expression[] conjuncts, ComparisonKind strict, ComparisonKind inclusive) =>
        Find(scan, column, conjuncts, strict) is { } strictValue ? new IndexBound(strictValue, false)
        : Find(scan, column, conjuncts, inclusive) is { } value ? new IndexBound(value, true)
        : null;

    // The value that the filter compares the column with in this way.
    private static Expression? Find(PhysicalScan scan, IndexColumn column, Expression[] conjuncts, ComparisonKind kind)
    {
        foreach (Expression conjunct in conjuncts)
        {
            if (conjunct is not ComparisonExpression comparison)
            {
                continue;
            }
            if (comparison.Kind == kind && IsColumn(scan, column, comparison.Left) && ZoneFilters.IsFixed(comparison.Right))
            {
                return comparison.Right;
            }
            if (ZoneFilters.Mirror(comparison.Kind) == kind && IsColumn(scan, column, comparison.Right) && ZoneFilters.IsFixed(comparison.Left))
            {
                return comparison.Left;
            }
        }
        return null;
    }

    private static bool IsColumn(PhysicalScan scan, IndexColumn column, Expression expression) =>
        expression is PositionExpression position && position.Index < scan.ColumnNumbers.Count
        && scan.ColumnNumbers[position.Index] == column.ColumnNumber;

    private static double EstimateRows(PhysicalIndexScan scan, TableStatistics statistics)
    {
        double rows = statistics.RowCount;
        for (int i = 0; i < scan.Equal.Count; i++)
        {
            double distinct = ColumnOf(scan, i, statistics)?.DistinctCount ?? 10;
            rows /= Math.Max(1, distinct);
        }
        if (scan.Lower is null && scan.Upper is null)
        {
            return rows;
        }
        return rows * ShareOfRange(scan, ColumnOf(scan, scan.Equal.Count, statistics));
    }

    private static double ShareOfRange(PhysicalIndexScan scan, ColumnStatistics? column)
    {
        double width = column is null ? double.NaN : column.Maximum - column.Minimum;
        if (!(width > 0))
        {
            return ShareOfUnknownRange;
        }
        double lower = scan.Lower is null ? column!.Minimum : NumberOf(scan.Lower.Value);
        double upper = scan.Upper is null ? column!.Maximum : NumberOf(scan.Upper.Value);
        if (double.IsNaN(lower) || double.IsNaN(upper))
        {
            return ShareOfUnknownRange;
        }
        double covered = Math.Min(upper, column!.Maximum) - Math.Max(lower, column.Minimum);
        return Math.Clamp((covered + width / Math.Max(1, column.DistinctCount)) / width, 0, 1);
    }

    private static double NumberOf(Expression expression) => expression is not ConstantExpression constant ? double.NaN : constant.Value switch
    {
        short value => value,
        int value => value,
        long value when constant.Type.IsFixedNumeric => value / Math.Pow(10, constant.Type.Scale),
        long value => value,
        float value => value,
        double value => value,
        _ => double.NaN,
    };

    private static ColumnStatistics? ColumnOf(PhysicalIndexScan scan, int place, TableStatistics statistics) =>
        statistics.ColumnsByNumber.TryGetValue(scan.Index.Columns[place].ColumnNumber, out ColumnStatistics? column) ? column : null;
}
