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
    /// <summary>One row through an index: an entry, and a look at the row's slice and columns. 75 where all is in the processor's caches, 170 and more where it is not.</summary>
    public const double IndexRow = 150;

    /// <summary>Copying one column of it.</summary>
    public const double IndexColumn = 8;

    /// <summary>An entry alone, with a look at whether its row may have versions.</summary>
    public const double EntryRow = 18;

    /// <summary>Making a column's value of its key.</summary>
    public const double EntryColumn = 5;

    /// <summary>A descent to the begin of a range.</summary>
    public const double Seek = 400;

    /// <summary>Making a key range anew for each row of a join, where it is not simply one value a column.</summary>
    public const double Range = 2000;

    /// <summary>A slice that a scan skips by its least and greatest values, or begins.</summary>
    public const double Slice = 60;

    /// <summary>Finding out, when an execution begins, what a scan could pass over.</summary>
    public const double Comparison = 2000;

    public const double ScanRow = 1;

    /// <summary>Looking up one row's partner in a hash join.</summary>
    public const double JoinedRow = 10;

    /// <summary>Putting one row into the table of a hash join.</summary>
    public const double HashedRow = 20;

    /// <summary>Testing one row of a scan against the keys of a join, most of which have no partner.</summary>
    public const double ProbedRow = 1;

    /// <summary>Sorting one row.</summary>
    public const double SortedRow = 100;

    /// <summary>Offering one row to a sort that keeps the first few.</summary>
    public const double TopRow = 5;

    /// <summary>How much dearer than expected it may be to wait for rows that a filter lets through, in an order that may not suit it.</summary>
    public const double Doubt = 3;

    /// <summary>The cost of a scan whose filter does not let it pass over slices.</summary>
    public static double OfWholeScan(TableStore table)
    {
        (int slices, long rows) = TableScan.Measure(table, []);
        return (slices * Slice) + (rows * ScanRow);
    }

    public static double OfIndexRows(PhysicalIndexScan scan, double rows, double ranges)
    {
        int columnCount = scan.Scan.ColumnNumbers.Count;
        return (ranges * Seek) + (rows * (scan.IsIndexOnly ? EntryRow + (columnCount * EntryColumn) : IndexRow + (columnCount * IndexColumn)));
    }

    // The entries that the index has in a scan's key ranges.
    private static double RowsOf(PhysicalIndexScan scan, TableIndex index, List<KeyRange> ranges)
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
        return rows;
    }

    /// <summary>True where a part of a table that an index finds at a cost is found sooner by a scan, which passes over slices that cannot have any.</summary>
    public static bool IsScanCheaper(double indexCost, PhysicalScan scan, TableStore table, EvaluationContext context, bool areValuesKnown)
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
        if (!areValuesKnown && scan.Filter is not null && ExpressionFacts.Any(scan.Filter, part => part is ParameterExpression))
        {
            return false;
        }
        if (areValuesKnown && indexCost <= Comparison)
        {
            return false;
        }
        (_, long matching) = TableScan.Measure(table, ZoneFilters.Derive(scan, context));
        return indexCost > (slices * Slice) + (matching * ScanRow);
    }

    /// <summary>
    /// True where the key ranges are cheaper to read than the table, with the values of this moment; those of other conditions may come
    /// with the execution only. Gives their rows and
    /// cost and, where they could be made, the ranges.
    /// </summary>
    public static bool IsCheaper(PhysicalIndexScan scan, TableStore table, EvaluationContext context, bool areValuesKnown, out double rows, out double cost, out List<KeyRange>? ranges)
    {
        ranges = null;
        rows = cost = double.MaxValue;
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
            rows = RowsOf(scan, index, ranges);
            cost = OfIndexRows(scan, rows, ranges.Count);
            return scan.IsOneRow || !IsScanCheaper(cost, scan.Scan, table, context, areValuesKnown);
        }
        catch (PhantomDbException)
        {
            return false;   // a value cannot be computed: an error where a row is tested, if there is one
        }
    }
}
