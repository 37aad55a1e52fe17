using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Expressions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// Copies values from vector to vector. String bytes are not copied: the result refers to the source's blocks, and lives
/// no longer than the source does.
/// </summary>
internal static class VectorCopy
{
    /// <summary>Copies the values at some positions to 0, 1, 2 … of the result.</summary>
    public static void Gather(Vector source, ReadOnlySpan<int> positions, Vector result)
    {
        if (source.IsConstant)
        {
            result.Reference(source);
            return;
        }
        switch (source.Type)
        {
            case PhysicalType.Boolean: Gather<bool>(source, positions, result); break;
            case PhysicalType.Int16: Gather<short>(source, positions, result); break;
            case PhysicalType.Int32: Gather<int>(source, positions, result); break;
            case PhysicalType.Int64 when source.IsNarrow:
                throw new UnreachableException("narrow vectors stay inside expressions");
            case PhysicalType.Int64: Gather<long>(source, positions, result); break;
            case PhysicalType.Int128: Gather<Int128>(source, positions, result); break;
            case PhysicalType.Real: Gather<float>(source, positions, result); break;
            case PhysicalType.Double: Gather<double>(source, positions, result); break;
            case PhysicalType.Numeric: Gather<Numeric>(source, positions, result); break;
            case PhysicalType.String:
                Gather<StringView>(source, positions, result);
                result.SetBlocks(source.Blocks);
                break;
            case PhysicalType.Interval: Gather<Interval>(source, positions, result); break;
            case PhysicalType.Uuid: Gather<UInt128>(source, positions, result); break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Makes the target a constant vector of the source's value at a row's position.</summary>
    public static void SetConstant(Vector source, int position, Vector target)
    {
        if (!source.IsValid(position))
        {
            target.SetConstantNull();
            return;
        }
        position = source.PositionOf(position);
        switch (target.DeclaredType)
        {
            case PhysicalType.Boolean: SetConstant<bool>(source, position, target); break;
            case PhysicalType.Int16: SetConstant<short>(source, position, target); break;
            case PhysicalType.Int32: SetConstant<int>(source, position, target); break;
            case PhysicalType.Int64: SetConstant<long>(source, position, target); break;
            case PhysicalType.Int128: SetConstant<Int128>(source, position, target); break;
            case PhysicalType.Real: SetConstant<float>(source, position, target); break;
            case PhysicalType.Double: SetConstant<double>(source, position, target); break;
            case PhysicalType.Numeric: SetConstant<Numeric>(source, position, target); break;
            case PhysicalType.String:
                SetConstant<StringView>(source, position, target);
                target.SetBlocks(source.Blocks);
                break;
            case PhysicalType.Interval: SetConstant<Interval>(source, position, target); break;
            case PhysicalType.Uuid: SetConstant<UInt128>(source, position, target); break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>
    /// Writes a value as in <see cref="ConstantExpression"/> to a position, after <see cref="Vector.BeginWrite"/>. Strings need
    /// <see cref="Vector.SealStrings"/> after the last.
    /// </summary>
    public static void WriteBoxed(Vector target, int position, object? value)
    {
        switch (value)
        {
            case null: target.SetNull(position); break;
            case bool boolean: target.Data<bool>()[position] = boolean; break;
            case short int16: target.Data<short>()[position] = int16; break;
            case int int32: target.Data<int>()[position] = int32; break;
            case long int64: target.Data<long>()[position] = int64; break;
            case Int128 int128: target.Data<Int128>()[position] = int128; break;
            case float real: target.Data<float>()[position] = real; break;
            case double number: target.Data<double>()[position] = number; break;
            case Numeric numeric: target.Data<Numeric>()[position] = numeric; break;
            case ByteString bytes: target.Data<StringView>()[position] = target.Heap.Add(bytes.Bytes); break;
            case Interval interval: target.Data<Interval>()[position] = interval; break;
            case UInt128 uuid: target.Data<UInt128>()[position] = uuid; break;
            default: throw new UnreachableException(value.GetType().Name);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void Gather<T>(Vector source, ReadOnlySpan<int> positions, Vector result)
    {
        ReadOnlySpan<T> values = source.Values<T>();
        Span<T> output = result.WriteFirst<T>(positions.Length)[..positions.Length];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = values[positions[i]];
        }
        ulong[]? validity = source.Validity;
        if (validity is null)
        {
            return;
        }
        for (int i = 0; i < positions.Length; i++)
        {
            if (!ValidityMask.IsValid(validity, positions[i]))
            {
                result.SetNull(i);
            }
        }
    }

    private static void SetConstant<T>(Vector source, int position, Vector target)
    {
        T value = source.Values<T>()[position];
        target.WriteConstant<T>()[0] = value;
    }
}
