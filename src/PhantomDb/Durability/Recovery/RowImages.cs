using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Whole rows compared and hashed by their bits: NULL apart from everything, -0 from 0, 1.0 from 1.00. Only NaN is one value. Rows that
/// are equal so print the same text.
/// </summary>
internal static class RowImages
{
    /// <summary>Takes a row's values from vectors, one for each of the buffer's columns.</summary>
    public static void Take(RowBuffer row, Vector[] vectors, int position)
    {
        for (int i = 0; i < row.Count; i++)
        {
            row.Raw(i) = default;   // what is wider than the value stays zero
            row.SetFrom(i, vectors[i], position);
        }
    }

    public static bool AreEqual(RowBuffer left, RowBuffer right, int column, PhysicalType type)
    {
        if (left.IsNull(column) || right.IsNull(column))
        {
            return left.IsNull(column) && right.IsNull(column);
        }
        switch (type)
        {
            case PhysicalType.String:
                return left.GetBytes(column).SequenceEqual(right.GetBytes(column));
            case PhysicalType.Numeric:
                Numeric a = left.Get<Numeric>(column), b = right.Get<Numeric>(column);
                return a.Kind == b.Kind && a.Scale == b.Scale && a.Coefficient == b.Coefficient;
            case PhysicalType.Double when double.IsNaN(left.GetDouble(column)):
                return double.IsNaN(right.GetDouble(column));
            case PhysicalType.Real when float.IsNaN(left.Get<float>(column)):
                return float.IsNaN(right.Get<float>(column));
            default:
                return left.Raw(column).Word0 == right.Raw(column).Word0 && left.Raw(column).Word1 == right.Raw(column).Word1;
        }
    }

    /// <summary>Rows that are equal in all columns have the same.</summary>
    public static long HashOf(RowBuffer row, ReadOnlySpan<PhysicalType> types)
    {
        ulong hash = 0x9E3779B97F4A7C15;
        for (int i = 0; i < types.Length; i++)
        {
            hash = Mix(hash ^ (row.IsNull(i) ? 0x2545F4914F6CDD1D : HashOf(row, i, types[i])));
        }
        return (long)hash;
    }

    private static ulong HashOf(RowBuffer row, int column, PhysicalType type)
    {
        switch (type)
        {
            case PhysicalType.String:
                var bytes = default(HashCode);
                bytes.AddBytes(row.GetBytes(column));
                return (uint)bytes.ToHashCode();
            case PhysicalType.Double when double.IsNaN(row.GetDouble(column)):
            case PhysicalType.Real when float.IsNaN(row.Get<float>(column)):
                return 1;
            default:
                ref RawValue value = ref row.Raw(column);
                return value.Word0 ^ Mix(value.Word1);   // of a numeric, its digits
        }
    }

    // Both halves of a product with an odd number: every bit reaches many others.
    private static ulong Mix(ulong value) => Math.BigMul(value, 0x9E3779B97F4A7C15, out ulong low) ^ low;
}
