using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Packs key columns whose widths add up to at most eight bytes into one 64-bit key a row, equal exactly where the columns
/// are. Integers are packed by value (sign bit flipped), so that dense keys stay dense. NULLs are the caller's business.
/// </summary>
internal sealed class PackedKey
{
    private readonly PhysicalType[] _types;

    private PackedKey(PhysicalType[] types) => _types = types;

    /// <summary>Null where the columns do not fit.</summary>
    public static PackedKey? TryCreate(IEnumerable<PhysicalType> types)
    {
        PhysicalType[] all = [.. types];
        int bits = 0;
        foreach (PhysicalType type in all)
        {
            int width = WidthInBits(type);
            if (width == 0)
            {
                return null;
            }
            bits += width;
        }
        return bits is > 0 and <= 64 ? new PackedKey(all) : null;
    }

    /// <summary>Packs the selected rows into the buffer, densely; gives the part used.</summary>
    [MethodImpl(HotLoop.Options)]
    public ReadOnlySpan<ulong> Pack(ReadOnlySpan<Vector> columns, int[]? selection, int count, ulong[] buffer)
    {
        Span<ulong> keys = buffer.AsSpan(0, count);
        for (int i = 0; i < _types.Length; i++)
        {
            bool isFirst = i == 0;
            switch (_types[i])
            {
                case PhysicalType.Boolean: Pack<bool, BooleanPacker>(columns[i], selection, isFirst, keys); break;
                case PhysicalType.Int16: Pack<short, Int16Packer>(columns[i], selection, isFirst, keys); break;
                case PhysicalType.Int32: Pack<int, Int32Packer>(columns[i], selection, isFirst, keys); break;
                case PhysicalType.Int64: Pack<long, Int64Packer>(columns[i], selection, isFirst, keys); break;
                default: throw new UnreachableException();
            }
        }
        return keys;
    }

    private static int WidthInBits(PhysicalType type) => type switch
    {
        PhysicalType.Boolean => 8,
        PhysicalType.Int16 => 16,
        PhysicalType.Int32 => 32,
        PhysicalType.Int64 => 64,
        _ => 0,
    };

    [MethodImpl(HotLoop.Options)]
    private static void Pack<T, TPacker>(Vector column, int[]? selection, bool isFirst, Span<ulong> keys)
        where TPacker : struct, IPacker<T>
    {
        ReadOnlySpan<T> values = column.Values<T>();
        if (column.IsConstant)
        {
            ulong constant = TPacker.Pack(values[0]);
            foreach (ref ulong key in keys)
            {
                key = isFirst ? constant : key << TPacker.Width | constant;
            }
        }
        else if (selection is null)
        {
            values = values[..keys.Length];
            if (isFirst)
            {
                for (int i = 0; i < keys.Length; i++)
                {
                    keys[i] = TPacker.Pack(values[i]);
                }
                return;
            }
            for (int i = 0; i < keys.Length; i++)
            {
                keys[i] = keys[i] << TPacker.Width | TPacker.Pack(values[i]);
            }
        }
        else
        {
            for (int i = 0; i < keys.Length; i++)
            {
                ulong packed = TPacker.Pack(values[selection[i]]);
                keys[i] = isFirst ? packed : keys[i] << TPacker.Width | packed;
            }
        }
    }

    private interface IPacker<T>
    {
        static abstract int Width { get; }

        static abstract ulong Pack(T value);
    }

    private struct BooleanPacker : IPacker<bool>
    {
        public static int Width => 8;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Pack(bool value) => value ? 1UL : 0UL;
    }

    private struct Int16Packer : IPacker<short>
    {
        public static int Width => 16;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Pack(short value) => (ushort)(value ^ short.MinValue);
    }

    private struct Int32Packer : IPacker<int>
    {
        public static int Width => 32;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Pack(int value) => (uint)value ^ 0x8000_0000;
    }

    private struct Int64Packer : IPacker<long>
    {
        public static int Width => 0;   // alone in its key: nothing is shifted past it

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Pack(long value) => (ulong)value ^ 0x8000_0000_0000_0000;
    }
}
