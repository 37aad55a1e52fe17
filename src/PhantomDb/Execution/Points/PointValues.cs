using System.Diagnostics;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>Values of single rows between buffers and vectors.</summary>
internal static class PointValues
{
    public static void Copy(RowBuffer from, int source, RowBuffer to, int target)
    {
        if (from.IsNull(source))
        {
            to.SetNull(target);
        }
        else
        {
            to.SetRaw(target, in from.Raw(source), isNull: false, from.BlocksOf(source));
        }
    }

    /// <summary>A constant vector of a buffer's value, with bytes of its own.</summary>
    public static Vector ToVector(SqlType type, RowBuffer buffer, int index)
    {
        Vector vector = new(type.Physical);
        if (buffer.IsNull(index))
        {
            vector.SetConstantNull();
            return vector;
        }
        switch (type.Physical)
        {
            case PhysicalType.Boolean: vector.WriteConstant<bool>()[0] = buffer.Get<bool>(index); break;
            case PhysicalType.Int16: vector.WriteConstant<short>()[0] = buffer.Get<short>(index); break;
            case PhysicalType.Int32: vector.WriteConstant<int>()[0] = buffer.Get<int>(index); break;
            case PhysicalType.Int64: vector.WriteConstant<long>()[0] = buffer.Get<long>(index); break;
            case PhysicalType.Int128: vector.WriteConstant<Int128>()[0] = buffer.Get<Int128>(index); break;
            case PhysicalType.Real: vector.WriteConstant<float>()[0] = buffer.Get<float>(index); break;
            case PhysicalType.Double: vector.WriteConstant<double>()[0] = buffer.Get<double>(index); break;
            case PhysicalType.Numeric: vector.WriteConstant<Numeric>()[0] = buffer.Get<Numeric>(index); break;
            case PhysicalType.Interval: vector.WriteConstant<Interval>()[0] = buffer.Get<Interval>(index); break;
            case PhysicalType.Uuid: vector.WriteConstant<UInt128>()[0] = buffer.Get<UInt128>(index); break;
            case PhysicalType.String:
                Span<StringView> views = vector.WriteConstant<StringView>();
                views[0] = vector.Heap.Add(buffer.GetBytes(index));
                vector.SealStrings();
                break;
            default: throw new UnreachableException();
        }
        return vector;
    }
}
