using PhantomDb.Errors;
using PhantomDb.Execution.Operators;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Storage;

namespace PhantomDb.Execution.Indexes;

/// <summary>
/// What reading rows costs, through an index and without. The unit is one row of a scan that tests one condition, about a
/// nanosecond; measured with sums over 100,000 and 1,000,000 rows in random order of the index: README.md has the figures.
/// </summary>
internal static class IndexCost
{
    /// <summary>One row through an index: an entry, and a look at the row's slice and columns.</summary>
    public const double IndexRow = 100;

    /// <summary>Copying one column of it.</summary>
    public const double IndexColumn = 8;

    /// <summary>A descent to the begin of a range.</summary>
    public const double Seek = 300;

    /// <summary>A slice that a scan skips by its least and greatest values, or begins.</summary>
    public const double Slice = 60;

    public const double ScanRow = 1;

    /// <summary>Rows of a scan that cost as much as one through an index.</summary>
    public static double OfIndexRows(double rows, double ranges, int columnCount) => (ranges * Seek) + (rows * (IndexRow + (columnCount * IndexColumn)));

    /// <summary>The cost of a scan's key ranges, by the entries that the index has in them.</summary>
    private static double OfRanges(PhysicalIndexScan scan, TableIndex index, List<KeyRange> ranges)
    {
        double rows = 0;
        // Of many ranges some stand for all.
        int step = Math.Max(1, ranges.Count / 64);
        for (int i = 0; i < ranges.Count; i += step)
        {
            rows += step * index.Tree.EstimateCount(ranges[i].Lower, ranges[i].Upper);
        }
        if (index.Definition.IsAlwaysUnique && scan.Range is null && scan.Keys.Count == index.ColumnNumbers.Length)
        {
            rows = Math.Min(rows, ranges.Count);
        }
        return OfIndexRows(rows, ranges.Count, scan.Scan.ColumnNumbers.Count);
    }

    /// <summary>True where a part of a table that an index finds at a cost is found sooner by a scan, which passes over slices that cannot have any.</summary>
    public static bool IsScanCheaper(double indexCost, PhysicalScan scan, TableStore table, EvaluationContext context)
    {
        // The slices are looked at only where neither way is clearly the better one.
        (int slices, long rows) = TableScan.Measure(table, []);
        if (indexCost <= slices * Slice)
        {
            return false;
        }
        if (indexCost > (slices * Slice) + (rows * ScanRow))
        {
            return true;
        }
        (_, long matching) = TableScan.Measure(table, ZoneFilters.Derive(scan, context));
        return indexCost > (slices * Slice) + (matching * ScanRow);
    }

    /// <summary>
    /// True where the key ranges are cheaper to read than the table, with the values of this moment. Gives their cost and, where
    /// they could be made, the ranges.
    /// </summary>
    public static bool IsCheaper(PhysicalIndexScan scan, TableStore table, EvaluationContext context, out double cost, out List<KeyRange>? ranges)
    {
        ranges = null;
        cost = double.MaxValue;
        try
        {
            if (table.FindIndex(scan.Index.Oid) is not { } index)
            {
                return false;
            }
            ranges = IndexKeyRanges.Make(scan, index, context);
            if (ranges is null)
            {
                return false;
            }
            cost = OfRanges(scan, index, ranges);
            return scan.IsOneRow || !IsScanCheaper(cost, scan.Scan, table, context);
        }
        catch (PhantomDbException)
        {
            return false;   // a value cannot be computed: an error where a row is tested, if there is one
        }
    }
}
