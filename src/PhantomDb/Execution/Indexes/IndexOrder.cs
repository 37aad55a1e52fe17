using PhantomDb.Catalog;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Indexes;

/// <summary>
/// An order in which a scan's rows are wanted, how many of the rows above it, of how many that there are expected: the fewer, the
/// sooner an index is the better way.
/// </summary>
internal sealed class IndexOrder(IReadOnlyList<SortKey> keys, double wanted, double rows)
{
    private const double ListedMax = 1000;

    /// <summary>By columns of the scan.</summary>
    public IReadOnlyList<SortKey> Keys => keys;

    public double Wanted => wanted;

    public double Rows => rows;

    /// <summary>Rows of the scan, all of them.</summary>
    public double LeafRows { get; init; }

    /// <summary>Joins between the scan and where the order is wanted.</summary>
    public int JoinCount { get; init; }

    /// <summary>True once an index scan has been chosen that gives the order.</summary>
    public bool IsGiven { get; set; }

    /// <summary>
    /// The index scan in this order, from whichever end; null where the index has another. Columns that are equal to one value have
    /// no order, and behind a whole unique key no row is left to be put in order.
    /// </summary>
    public PhysicalIndexScan? Apply(PhysicalIndexScan scan)
    {
        // There is no way back to a scan of the table, so that all lists must be short ones.
        if (scan.Keys.Any(key => key.IsArray) || scan.Keys.Aggregate(1.0, (count, key) => count * Math.Max(1, key.Values.Count)) > ListedMax)
        {
            return null;
        }
        bool? isBackward = null;
        int place = 0;
        IReadOnlyList<IndexColumn> columns = scan.Index.Columns;
        foreach (SortKey key in keys)
        {
            int number = NumberOf(scan.Scan, key.Expression);
            if (number < 0)
            {
                return null;
            }
            if (scan.Keys.Where((value, i) => value.IsSingle && columns[i].ColumnNumber == number).Any())
            {
                continue;
            }
            while (place < scan.Keys.Count && scan.Keys[place].IsSingle)
            {
                place++;
            }
            if (place == columns.Count)
            {
                return IsWholeUniqueKey(scan) ? scan with { IsBackward = isBackward ?? false, IsOrdered = true } : null;
            }
            IndexColumn column = columns[place];
            bool isOpposite = key.IsDescending != column.IsDescending;
            bool hasNulls = IsNullable(scan, column) && !(place == scan.Keys.Count && scan.Range is not null);
            if (column.ColumnNumber != number || (isBackward is { } known && known != isOpposite)
                || (hasNulls && (key.NullsFirst != column.NullsFirst) != isOpposite))
            {
                return null;
            }
            isBackward = isOpposite;
            place++;
        }
        return scan with { IsBackward = isBackward ?? false, IsOrdered = true };
    }

    private static bool IsWholeUniqueKey(PhysicalIndexScan scan) => scan.Index.IsAlwaysUnique && scan.Index.Columns.All(column => !IsNullable(scan, column));

    private static bool IsNullable(PhysicalIndexScan scan, IndexColumn column) =>
        scan.Scan.Table.IndexOfNumber(column.ColumnNumber) is not (>= 0 and int place) || !scan.Scan.Table.Columns[place].IsNotNull;

    private static int NumberOf(PhysicalScan scan, Expression expression)
    {
        if (expression is ColumnExpression column)
        {
            for (int i = 0; i < scan.ColumnNumbers.Count; i++)
            {
                if (scan.Columns[i].Id == column.Id)
                {
                    return scan.ColumnNumbers[i];
                }
            }
        }
        return -1;
    }
}
