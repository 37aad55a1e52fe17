namespace PhantomDb.Catalog;

/// <summary>What the optimizer knows of a table's rows: estimates, taken from storage when a statement is planned.</summary>
internal sealed record TableStatistics(long RowCount, IReadOnlyDictionary<int, ColumnStatistics> ColumnsByNumber)
{
    public static readonly TableStatistics Empty = new(0, new Dictionary<int, ColumnStatistics>());
}

/// <summary>
/// Estimates for one column: distinct values, share of NULLs (0 to 1), and the bounds as doubles for types that have an
/// order on the number line (numbers, dates, times; scaled numerics divided out); NaN where unknown.
/// </summary>
internal sealed record ColumnStatistics(double DistinctCount, double NullShare, double Minimum, double Maximum);
