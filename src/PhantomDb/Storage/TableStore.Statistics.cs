using PhantomDb.Catalog;

namespace PhantomDb.Storage;

/// <summary>What the optimizer is told: built when asked for, and again when the table has changed by a tenth.</summary>
internal sealed partial class TableStore
{
    private TableStatistics? _statistics;

    /// <summary>Estimates of the newest state. Not exact, and of uncommitted rows too: for planning alone.</summary>
    public TableStatistics Statistics()
    {
        TableStatistics? cached = Volatile.Read(ref _statistics);
        long rowCount = RowCount;
        if (cached is null || Math.Abs(cached.RowCount - rowCount) > (cached.RowCount / 10) + 16)
        {
            cached = StatisticsBuilder.Build(this, ReadView.Latest);
            Volatile.Write(ref _statistics, cached);
        }
        return cached.RowCount == rowCount ? cached : cached with { RowCount = rowCount };
    }
}
