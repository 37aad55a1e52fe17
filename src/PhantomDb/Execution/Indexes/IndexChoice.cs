using PhantomDb.Catalog;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb.Execution.Indexes;

/// <summary>
/// Finds the index by which a scan's filter is answered at the least cost. Where all values are known, the indexes themselves
/// tell how many entries there are; where they come with the execution, it is decided again then
/// (<see cref="IndexCost.IsCheaper"/>), and here by estimates that favour the index.
/// </summary>
internal sealed class IndexChoice(IReadOnlyDictionary<int, TableStore> tables, EvaluationContext evaluation, ICatalogStatistics statistics)
{
    private const double ShareOfUnknownRange = 0.3;
    private const double ShareOfUnknownPrefix = 0.02;
    private const double UnknownArrayLength = 10;
    private const double UnknownDistinct = 10;

    /// <summary>Null where reading the whole table is cheaper. An order is given where it costs less than to sort.</summary>
    public PhysicalIndexScan? Choose(PhysicalScan scan, IndexOrder? order = null)
    {
        if ((scan.Filter is null && order is null) || scan.Table.Indexes.Count == 0 || !tables.TryGetValue(scan.Table.Oid, out TableStore? table))
        {
            return null;
        }
        Expression[] conjuncts = IndexMatch.Conjuncts(scan.Filter);
        PhysicalIndexScan? best = null;
        PhysicalIndexScan? bestOrdered = null;
        double bestCost = double.MaxValue;
        double bestOrderedCost = double.MaxValue;
        foreach (IndexDefinition index in scan.Table.Indexes)
        {
            if (!scan.MayUse(index))
            {
                continue;
            }
            PhysicalIndexScan candidate = IndexMatch.Find(scan, index, conjuncts) with
            {
                IsIndexOnly = !scan.HasRowId && IndexKeyScan.Gives(scan.Table, index, scan.ColumnNumbers),   // rows by id are looked at again
            };
            bool isNarrowed = candidate.Keys.Count > 0 || candidate.Range is not null || index.IsPartial;
            bool isWorthwhile = Weigh(candidate, table, out double rows, out double cost);
            if (isNarrowed && isWorthwhile && cost < bestCost)
            {
                best = candidate;
                bestCost = cost;
            }
            if (order?.Apply(candidate) is { } ordered && CostInOrder(order, candidate, rows, cost) is var orderedCost && orderedCost < bestOrderedCost)
            {
                bestOrdered = ordered;
                bestOrderedCost = orderedCost;
            }
        }
        if (bestOrdered is not null && bestOrderedCost <= CostOfSorting(order!, Math.Min(bestCost, IndexCost.OfWholeScan(table))))
        {
            order!.IsGiven = true;
            return bestOrdered;
        }
        return best;
    }

    // False where a scan is known to be cheaper.
    private bool Weigh(PhysicalIndexScan candidate, TableStore table, out double rows, out double cost)
    {
        if (HasParameters(candidate))
        {
            (rows, double ranges) = Estimate(candidate);
            cost = IndexCost.OfIndexRows(candidate, rows, ranges);
            return true;
        }
        return IndexCost.IsCheaper(candidate, table, evaluation, areValuesKnown: false, out rows, out cost, out _);
    }

    // Of the index's rows as many are read as are needed for those that are wanted; where a filter takes some, it may be that those come late.
    private static double CostInOrder(IndexOrder order, PhysicalIndexScan candidate, double rows, double cost)
    {
        double read = Math.Min(rows, order.Wanted * Math.Max(1, rows / Math.Max(1, order.Rows)));
        double doubt = order.Rows < rows * 0.9 && read < rows ? IndexCost.Doubt : 1;
        return rows <= 0 ? cost : IndexCost.Seek + ((cost - IndexCost.Seek) * read / rows * doubt);
    }

    private static double CostOfSorting(IndexOrder order, double leafCost) =>
        leafCost + (order.LeafRows * order.JoinCount * IndexCost.JoinedRow)
        + (order.Rows * (double.IsPositiveInfinity(order.Wanted) ? IndexCost.SortedRow : IndexCost.TopRow));

    /// <summary>
    /// The cost of a hash join with a scan, as its table or as what is looked up in it, beside rows of an outer side; null where the
    /// table is unknown. The outer side's own cost is left out.
    /// </summary>
    public double? CostOfHashing(PhysicalScan scan, double outerRows, bool isTable)
    {
        if (!tables.TryGetValue(scan.Table.Oid, out TableStore? table))
        {
            return null;
        }
        PhysicalIndexScan? byIndex = Choose(scan);
        double rows = byIndex is null ? table.RowCount : Math.Min(table.RowCount, Estimate(byIndex).Rows);
        double read = byIndex is null ? IndexCost.OfWholeScan(table) : IndexCost.OfIndexRows(byIndex, rows, 1);
        return read + (rows * (isTable && rows < outerRows * 4 ? IndexCost.HashedRow : IndexCost.ProbedRow)) + (outerRows * IndexCost.HashedRow);
    }

    /// <summary>Outer rows from which on a hash join with a scan of the table costs less than lookups.</summary>
    public double RowsWorthHashing(PhysicalIndexScan scan, double rowsPerLookup)
    {
        double lookup = IndexCost.OfIndexRows(scan, rowsPerLookup, 1);
        return tables.TryGetValue(scan.Scan.Table.Oid, out TableStore? table)
            ? (IndexCost.OfWholeScan(table) + (table.RowCount * IndexCost.HashedRow)) / lookup
            : double.PositiveInfinity;
    }

    /// <summary>True where the key ranges depend on values that only an execution has, in parameters from some number on.</summary>
    public static bool HasParameters(PhysicalIndexScan scan, int first = 0)
    {
        bool Has(Expression? value) => value is not null && ExpressionFacts.Any(value, part => part is ParameterExpression parameter && parameter.Index >= first);
        return scan.Keys.Any(key => key.Values.Any(Has)) || Has(scan.Range?.Lower?.Value) || Has(scan.Range?.Upper?.Value) || Has(scan.Range?.Prefix?.Pattern);
    }

    /// <summary>Rows and key ranges by the table's statistics.</summary>
    public (double Rows, double Ranges) Estimate(PhysicalIndexScan scan)
    {
        TableStatistics table = statistics.OfTable(scan.Scan.Table.Oid);
        double rows = table.RowCount;
        double ranges = 1;
        for (int i = 0; i < scan.Keys.Count; i++)
        {
            IndexKey key = scan.Keys[i];
            ColumnStatistics? column = ColumnOf(scan, i, table);
            double values = key.IsArray ? UnknownArrayLength : Math.Max(1, key.Values.Count);
            ranges *= values;
            rows *= key.IsNull ? column?.NullShare ?? 0.01 : Math.Min(1, values / Math.Max(1, column?.DistinctCount ?? UnknownDistinct));
        }
        if (scan.Range is { } range)
        {
            rows *= range.Prefix is not null ? ShareOfUnknownPrefix : ShareOfRange(range, ColumnOf(scan, scan.Keys.Count, table));
        }
        return (scan.IsOneRow ? Math.Min(rows, 1) : rows, ranges);
    }

    private static double ShareOfRange(IndexRange range, ColumnStatistics? column)
    {
        if (range.Lower is null && range.Upper is null)
        {
            return 1 - (column?.NullShare ?? 0);
        }
        double unknown = range.Lower is null || range.Upper is null ? ShareOfUnknownRange : ShareOfUnknownRange * ShareOfUnknownRange;
        double width = column is null ? double.NaN : column.Maximum - column.Minimum;
        if (!(width > 0))
        {
            return unknown;
        }
        double lower = range.Lower is null ? column!.Minimum : NumberOf(range.Lower.Value);
        double upper = range.Upper is null ? column!.Maximum : NumberOf(range.Upper.Value);
        if (double.IsNaN(lower) || double.IsNaN(upper))
        {
            return unknown;
        }
        double covered = Math.Min(upper, column!.Maximum) - Math.Max(lower, column.Minimum);
        return Math.Clamp((covered + (width / Math.Max(1, column.DistinctCount))) / width, 0, 1);
    }

    private static double NumberOf(Expression expression) => expression is not ConstantExpression constant ? double.NaN : constant.Value switch
    {
        short value => value,
        int value => value,
        long value when constant.Type.IsFixedNumeric => value / Math.Pow(10, constant.Type.Scale),
        long value => value,
        Int128 value when constant.Type.IsFixedNumeric => (double)value / Math.Pow(10, constant.Type.Scale),
        Numeric value => value.ToDouble(),
        float value => value,
        double value => value,
        _ => double.NaN,
    };

    private static ColumnStatistics? ColumnOf(PhysicalIndexScan scan, int place, TableStatistics statistics) =>
        statistics.ColumnsByNumber.TryGetValue(scan.Index.Columns[place].ColumnNumber, out ColumnStatistics? column) ? column : null;
}
