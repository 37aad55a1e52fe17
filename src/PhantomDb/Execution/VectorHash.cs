using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// 64-bit hashes of vectors' values, column by column, so that equal values of one physical type hash alike: 1.0 and 1.00,
/// -0 and 0, every NaN. NULL hashes to a constant. Not for storage: the function may change.
/// </summary>
internal static class VectorHash
{
    private const ulong NullHash = 0x9E3779B97F4A7C15;

    /// <summary>
    /// Hashes the rows over several columns into <paramref name="hashes"/>[0 … count - 1]: row i stands at selection[i], or
    /// at i where there is no selection.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    public static void Hash(ReadOnlySpan<Vector> columns, int[]? selection, int count, Span<ulong> hashes)
    {
        hashes[..count].Clear();
        foreach (Vector column in columns)
        {
            Combine(column, selection, count, hashes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong value)
    {
        // Multiply and fold: the high half of the 128-bit product carries every input bit.
        ulong high = Math.BigMul(value ^ 0x2D358DCCAA6C78A5, 0x8BB84B93962EACC9, out ulong low);
        return high ^ low;
    }

    [MethodImpl(HotLoop.Options)]
    public static ulong HashBytes(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        ulong tail = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            tail |= (ulong)bytes[i] << (8 * i);
        }
        return Mix(hash ^ tail);
    }

    private static void Combine(Vector column, int[]? selection, int count, Span<ulong> hashes)
    {
        switch (column.Type)
        {
            case PhysicalType.Boolean: Combine<bool, BooleanHasher>(column, selection, count, hashes); break;
            case PhysicalType.Int16: Combine<short, Int16Hasher>(column, selection, count, hashes); break;
            case PhysicalType.Int32: Combine<int, Int32Hasher>(column, selection, count, hashes); break;
            case PhysicalType.Int64 when column.IsNarrow: Combine<long, NarrowHasher>(column, selection, count, hashes); break;
            case PhysicalType.Int64: Combine<long, Int64Hasher>(column, selection, count, hashes); break;
            case PhysicalType.Int128: Combine<Int128, Int128Hasher>(column, selection, count, hashes); break;
            case PhysicalType.Real: Combine<float, RealHasher>(column, selection, count, hashes); break;
            case PhysicalType.Double: Combine<double, DoubleHasher>(column, selection, count, hashes); break;
            case PhysicalType.Numeric: Combine<Numeric, NumericHasher>(column, selection, count, hashes); break;
            case PhysicalType.String: Combine<StringView, StringHasher>(column, selection, count, hashes); break;
            case PhysicalType.Interval: Combine<Interval, IntervalHasher>(column, selection, count, hashes); break;
            case PhysicalType.Uuid: Combine<UInt128, UuidHasher>(column, selection, count, hashes); break;
            default: throw new UnreachableException();
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void Combine<T, THasher>(Vector column, int[]? selection, int count, Span<ulong> hashes)
        where THasher : struct, IHasher<T>
    {
        ReadOnlySpan<T> values = column.Values<T>();
        byte[][] blocks = column.Blocks;
        hashes = hashes[..count];
        if (column.IsConstant)
        {
            ulong hash = column.IsValid(0) ? THasher.Hash(in values[0], blocks) : NullHash;
            foreach (ref ulong target in hashes)
            {
                target = Mix(target ^ hash);
            }
            return;
        }
        ulong[]? validity = column.Validity;
        for (int i = 0; i < hashes.Length; i++)
        {
            int position = selection is null ? i : selection[i];
            ulong hash = ValidityMask.IsValid(validity, position) ? THasher.Hash(in values[position], blocks) : NullHash;
            hashes[i] = Mix(hashes[i] ^ hash);
        }
    }

    private interface IHasher<T>
    {
        static abstract ulong Hash(ref readonly T value, byte[][] blocks);
    }

    private struct BooleanHasher : IHasher<bool>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly bool value, byte[][] blocks) => value ? 1UL : 2UL;
    }

    private struct Int16Hasher : IHasher<short>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly short value, byte[][] blocks) => (ulong)value;
    }

    private struct Int32Hasher : IHasher<int>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly int value, byte[][] blocks) => (ulong)value;
    }

    private struct Int64Hasher : IHasher<long>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly long value, byte[][] blocks) => (ulong)value;
    }

    // A 128-bit value that has been computed in 64 bits must hash as if it had not.
    private struct NarrowHasher : IHasher<long>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly long value, byte[][] blocks) => HashInt128(value);
    }

    private struct Int128Hasher : IHasher<Int128>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly Int128 value, byte[][] blocks) => HashInt128(value);
    }

    private struct RealHasher : IHasher<float>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly float value, byte[][] blocks) => HashDouble(value);
    }

    private struct DoubleHasher : IHasher<double>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly double value, byte[][] blocks) => HashDouble(value);
    }

    private struct NumericHasher : IHasher<Numeric>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly Numeric value, byte[][] blocks) => Numeric.Hash(in value);
    }

    private struct StringHasher : IHasher<StringView>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly StringView value, byte[][] blocks) => value.IsInline
            ? Mix(value.Head ^ Mix(value.Tail))
            : HashBytes(StringView.Bytes(in value, blocks));
    }

    private struct IntervalHasher : IHasher<Interval>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly Interval value, byte[][] blocks) =>
            HashInt128(value.Total);
    }

    private struct UuidHasher : IHasher<UInt128>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Hash(ref readonly UInt128 value, byte[][] blocks) => HashInt128((Int128)value);
    }

    private static ulong HashInt128(Int128 value) => (ulong)(value & ulong.MaxValue) ^ Mix((ulong)(value >> 64));

    private static ulong HashDouble(double value) => double.IsNaN(value) ? 0x7FF8UL : BitConverter.DoubleToUInt64Bits(value == 0 ? 0 : value);
}
