using System.Diagnostics;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Expressions.Evaluation;

/// <summary>Boxed values to constant vectors of one element, and back.</summary>
internal static class ConstantVectors
{
    private static readonly ulong[] NullMask = new ulong[1];

    /// <summary>A constant vector of a value as in <see cref="ConstantExpression"/>.</summary>
    public static Vector Make(SqlType type, object? value)
    {
        if (value is ByteString && type.Id == SqlTypeId.Numeric)
        {
            throw Errors.Error.NumericOverflow();   // a literal beyond numeric that nothing made floating point
        }

        var vector = new Vector(type.Physical);
        if (value is null)
        {
            vector.Reference(EmptyArray(type.Physical), NullMask);
        }
        else if (value is ByteString text)
        {
            var heap = new StringHeap();
            StringView view = heap.Add(text.Bytes);
            vector.Reference(new[] { view }, null, heap.Blocks);
        }
        else
        {
            vector.Reference(BoxedArray(type.Physical, value), null);
        }

        vector.MarkConstant();
        return vector;
    }

    /// <summary>The value at a position, boxed; null for NULL.</summary>
    public static object? Box(Vector vector, int row)
    {
        int i = vector.PositionOf(row);
        if (!vector.IsValid(i))
        {
            return null;
        }

        if (vector.IsNarrow)
        {
            return (Int128)vector.Values<long>()[i];
        }

        return vector.Type switch
        {
            PhysicalType.Boolean => vector.Values<bool>()[i],
            PhysicalType.Int16 => vector.Values<short>()[i],
            PhysicalType.Int32 => vector.Values<int>()[i],
            PhysicalType.Int64 => vector.Values<long>()[i],
            PhysicalType.Int128 => vector.Values<Int128>()[i],
            PhysicalType.Real => vector.Values<float>()[i],
            PhysicalType.Double => vector.Values<double>()[i],
            PhysicalType.Numeric => vector.Values<Numeric>()[i],
            PhysicalType.String => new ByteString(StringView.Bytes(in vector.Values<StringView>()[i], vector.Blocks).ToArray()),
            PhysicalType.Interval => vector.Values<Interval>()[i],
            PhysicalType.Uuid => vector.Values<UInt128>()[i],
            _ => throw new UnreachableException(),
        };
    }

    private static Array BoxedArray(PhysicalType type, object value) => type switch
    {
        PhysicalType.Boolean => new[] { (bool)value },
        PhysicalType.Int16 => new[] { (short)value },
        PhysicalType.Int32 => new[] { (int)value },
        PhysicalType.Int64 => new[] { (long)value },
        PhysicalType.Int128 => new[] { (Int128)value },
        PhysicalType.Real => new[] { (float)value },
        PhysicalType.Double => new[] { (double)value },
        PhysicalType.Numeric => new[] { (Numeric)value },
        PhysicalType.Interval => new[] { (Interval)value },
        PhysicalType.Uuid => new[] { (UInt128)value },
        _ => throw new UnreachableException($"{value.GetType()} as {type}"),
    };

    private static Array EmptyArray(PhysicalType type) => type switch
    {
        PhysicalType.Boolean => new bool[1],
        PhysicalType.Int16 => new short[1],
        PhysicalType.Int32 => new int[1],
        PhysicalType.Int64 => new long[1],
        PhysicalType.Int128 => new Int128[1],
        PhysicalType.Real => new float[1],
        PhysicalType.Double => new double[1],
        PhysicalType.Numeric => new Numeric[1],
        PhysicalType.String => new StringView[1],
        PhysicalType.Interval => new Interval[1],
        PhysicalType.Uuid => new UInt128[1],
        _ => throw new UnreachableException(),
    };
}
