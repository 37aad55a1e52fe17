using PhantomDb.Catalog;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Estimates what the optimizer wants to know of a table from its newest rows: bounds from the slices, distinct values
/// and NULLs from a sample of slices spread over the table. Distinct values by the estimator of Haas and Stokes,
/// "Estimating the Number of Classes in a Finite Population" (JASA 1998), which PostgreSQL's ANALYZE uses too.
/// </summary>
internal static class StatisticsBuilder
{
    private const int SampledSlicesMax = 16;

    public static TableStatistics Build(TableStore table, in ReadView view)
    {
        (RowSlice[] slices, int sliceCount) = table.CurrentSlices();
        RowSlice[] filled = slices.Take(sliceCount).Where(slice => slice.RowCount > 0).ToArray();
        var columns = new Dictionary<int, ColumnStatistics>();
        long rowCount = table.RowCount;
        foreach (ColumnDefinition column in table.Definition.Columns)
        {
            columns[column.Number] = OfColumn(table, column, filled, rowCount, view);
        }
        return new TableStatistics(rowCount, columns);
    }

    private static ColumnStatistics OfColumn(TableStore table, ColumnDefinition column, ReadOnlySpan<RowSlice> slices, long rowCount, in ReadView view)
    {
        long minimum = long.MaxValue, maximum = long.MinValue;
        foreach (RowSlice slice in slices)
        {
            minimum = Math.Min(minimum, slice.Columns[column.Number]!.Minimum);
            maximum = Math.Max(maximum, slice.Columns[column.Number]!.Maximum);
        }
        var counts = new Dictionary<ulong, int>();
        int nulls = 0, sampled = 0;
        var shared = new SharedColumn[1];
        var live = new ulong[ValidityMask.WordCount];
        int step = Math.Max(1, slices.Length / SampledSlicesMax);
        for (int s = 0; s < slices.Length; s += step)
        {
            int count = table.Share(slices[s], view, [column.Number], shared, live, isHeld: false, out bool seesAll);
            for (int row = 0; row < count; row++)
            {
                if (!seesAll && !RowSlice.IsSet(live, row))
                {
                    continue;
                }
                sampled++;
                if (!ValidityMask.IsValid(shared[0].Validity, row))
                {
                    nulls++;
                    continue;
                }
                ulong hash = Hash(column.Type.Physical, shared[0], row);
                System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, hash, out _)++;
            }
        }
        double nullShare = sampled == 0 ? 0 : (double)nulls / sampled;
        double distinct = EstimateDistinct(counts, sampled - nulls, rowCount * (1 - nullShare));
        (double low, double high) = Bounds(column.Type, minimum, maximum);
        return new ColumnStatistics(distinct, nullShare, low, high);
    }

    // n·d / (n − f1 + f1·n/N): n sampled of N, d distinct among them, f1 of those seen once.
    private static double EstimateDistinct(Dictionary<ulong, int> counts, int sampled, double total)
    {
        if (sampled == 0)
        {
            return 0;
        }
        double distinct = counts.Count;
        double once = counts.Values.Count(count => count == 1);
        double estimate = sampled * distinct / (sampled - once + (once * sampled / Math.Max(total, sampled)));
        return Math.Clamp(estimate, distinct, Math.Max(total, distinct));
    }

    private static ulong Hash(PhysicalType type, in SharedColumn column, int row)
    {
        if (type == PhysicalType.String)
        {
            ref readonly StringView view = ref ((StringView[])column.Data)[row];
            var hash = default(HashCode);
            hash.AddBytes(StringView.Bytes(in view, column.Blocks!));
            return (uint)hash.ToHashCode() | ((ulong)(uint)view.Length << 32);
        }
        RawValue value = ColumnSlice.ReadFrom(column.Data, RawValue.WidthOf(type), row);
        ulong mixed = (value.Word0 ^ (value.Word0 >> 32)) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ value.Word1 ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
        return mixed ^ value.Word2 ^ (mixed >> 31);
    }

    // Bounds as places on the number line, where the type has any there.
    private static (double Minimum, double Maximum) Bounds(SqlType type, long minimum, long maximum)
    {
        if (minimum > maximum)
        {
            return (double.NaN, double.NaN);
        }
        switch (type.Physical)
        {
            case PhysicalType.Real or PhysicalType.Double:
                return (OfKey(minimum), OfKey(maximum));
            case PhysicalType.Boolean or PhysicalType.Int16 or PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Int128:
                double scale = type.IsFixedNumeric ? Math.Pow(10, type.Scale) : 1;
                return (minimum / scale, maximum / scale);
            default:
                return (double.NaN, double.NaN);
        }

        static double OfKey(long key) => BitConverter.Int64BitsToDouble(key < 0 ? key ^ long.MaxValue : key);
    }
}
