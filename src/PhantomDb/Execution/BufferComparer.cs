using System.Diagnostics;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Equality of a kept value and a vector's value of the same physical type, neither NULL. Equal as SQL says: NaN equals
/// NaN, -0 equals 0, 1.0 equals 1.00, '1 mon' equals '30 days'.
/// </summary>
internal static class BufferComparer
{
    public static bool Equal(BufferColumn column, int row, Vector vector, int position)
    {
        switch (vector.DeclaredType)
        {
            case PhysicalType.Boolean: return ((BufferColumn<bool>)column).At(row) == vector.Values<bool>()[position];
            case PhysicalType.Int16: return ((BufferColumn<short>)column).At(row) == vector.Values<short>()[position];
            case PhysicalType.Int32: return ((BufferColumn<int>)column).At(row) == vector.Values<int>()[position];
            case PhysicalType.Int64: return ((BufferColumn<long>)column).At(row) == vector.Values<long>()[position];
            case PhysicalType.Int128:
                return ((BufferColumn<Int128>)column).At(row)
                    == (vector.IsNarrow ? vector.Values<long>()[position] : vector.Values<Int128>()[position]);
            // Equals, not ==: NaN equals itself; both say that -0 equals 0.
            case PhysicalType.Real: return ((BufferColumn<float>)column).At(row).Equals(vector.Values<float>()[position]);
            case PhysicalType.Double: return ((BufferColumn<double>)column).At(row).Equals(vector.Values<double>()[position]);
            case PhysicalType.Numeric: return Numeric.Equals(in ((BufferColumn<Numeric>)column).At(row), in vector.Values<Numeric>()[position]);
            case PhysicalType.Uuid: return ((BufferColumn<UInt128>)column).At(row) == vector.Values<UInt128>()[position];
            case PhysicalType.Interval:
                return ((BufferColumn<Interval>)column).At(row).Total == vector.Values<Interval>()[position].Total;
            case PhysicalType.String:
            {
                BufferColumn<StringView> strings = (BufferColumn<StringView>)column;
                return StringView.Equals(in strings.At(row), strings.StringBlocks, in vector.Values<StringView>()[position], vector.Blocks);
            }
            default: throw new UnreachableException();
        }
    }
}
