using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Maps values to 64-bit numbers such that a ≤ b implies key(a) ≤ key(b): what minimum and maximum of a slice are kept as.
/// Exact for types of up to eight bytes; for longer ones different values may share a key.
/// </summary>
internal static class ZoneKey
{
    /// <summary>True where different values have different keys, so that strict comparisons can skip at equality.</summary>
    public static bool IsExact(PhysicalType type) => type is PhysicalType.Boolean or PhysicalType.Int16 or PhysicalType.Int32
        or PhysicalType.Int64 or PhysicalType.Real or PhysicalType.Double;

    /// <summary>False for types whose values have no key: their slices are never skipped.</summary>
    public static bool HasKeys(PhysicalType type) => type != PhysicalType.Numeric;

    public static long Of(PhysicalType type, ref RawValue value, byte[][] blocks) => type switch
    {
        PhysicalType.Boolean => value.As<byte>(),
        PhysicalType.Int16 => value.As<short>(),
        PhysicalType.Int32 => value.As<int>(),
        PhysicalType.Int64 => value.As<long>(),
        PhysicalType.Int128 => OfInt128.Key(value.As<Int128>(), blocks),
        PhysicalType.Real => OfReal.Key(value.As<float>(), blocks),
        PhysicalType.Double => OfDouble.Key(value.As<double>(), blocks),
        PhysicalType.String => OfString.Key(value.As<StringView>(), blocks),
        PhysicalType.Interval => OfInterval.Key(value.As<Interval>(), blocks),
        PhysicalType.Uuid => OfUuid.Key(value.As<UInt128>(), blocks),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>One kind of key, so that the JIT specialises the loop over a slice.</summary>
    internal interface IKey<T>
    {
        static abstract long Key(T value, byte[][] blocks);
    }

    internal readonly struct OfBoolean : IKey<bool>
    {
        public static long Key(bool value, byte[][] blocks) => value ? 1 : 0;
    }

    internal readonly struct OfInt16 : IKey<short>
    {
        public static long Key(short value, byte[][] blocks) => value;
    }

    internal readonly struct OfInt32 : IKey<int>
    {
        public static long Key(int value, byte[][] blocks) => value;
    }

    internal readonly struct OfInt64 : IKey<long>
    {
        public static long Key(long value, byte[][] blocks) => value;
    }

    internal readonly struct OfInt128 : IKey<Int128>
    {
        public static long Key(Int128 value, byte[][] blocks) =>
            value > long.MaxValue ? long.MaxValue : value < long.MinValue ? long.MinValue : (long)value;
    }

    internal readonly struct OfReal : IKey<float>
    {
        public static long Key(float value, byte[][] blocks) => OfDouble.Key(value, blocks);
    }

    internal readonly struct OfDouble : IKey<double>
    {
        /// <summary>-0 is 0, and NaN is above all, as PostgreSQL sorts them.</summary>
        public static long Key(double value, byte[][] blocks)
        {
            long bits = double.IsNaN(value) ? 0x7FF8_0000_0000_0000 : value == 0 ? 0 : BitConverter.DoubleToInt64Bits(value);
            return bits < 0 ? bits ^ long.MaxValue : bits;
        }
    }

    internal readonly struct OfString : IKey<StringView>
    {
        /// <summary>The first eight bytes. char(n) is compared without trailing blanks, which a filter must take off first.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long Key(StringView value, byte[][] blocks)
        {
            Span<byte> prefix = stackalloc byte[8];
            prefix.Clear();
            ReadOnlySpan<byte> bytes = StringView.Bytes(in value, blocks);
            bytes[..Math.Min(8, bytes.Length)].CopyTo(prefix);
            return BinaryPrimitives.ReadInt64BigEndian(prefix) ^ long.MinValue;
        }
    }

    internal readonly struct OfInterval : IKey<Interval>
    {
        public static long Key(Interval value, byte[][] blocks)
        {
            const long MicrosecondsPerDay = 86_400_000_000;
            return OfInt128.Key(((((Int128)value.Months * 30) + value.Days) * MicrosecondsPerDay) + value.Microseconds, blocks);
        }
    }

    internal readonly struct OfUuid : IKey<UInt128>
    {
        public static long Key(UInt128 value, byte[][] blocks) => (long)(ulong)(value >> 64) ^ long.MinValue;
    }

    /// <summary>Widens the bounds by the valid values of a range.</summary>
    public static void Widen<T, TKey>(ReadOnlySpan<T> values, ulong[]? validity, int firstPosition, byte[][] blocks, ref long minimum, ref long maximum)
        where TKey : struct, IKey<T>
    {
        long low = minimum, high = maximum;
        for (int i = 0; i < values.Length; i++)
        {
            if (validity is not null && !ValidityMask.IsValid(validity, firstPosition + i))
            {
                continue;
            }
            long key = TKey.Key(values[i], blocks);
            low = Math.Min(low, key);
            high = Math.Max(high, key);
        }
        minimum = low;
        maximum = high;
    }
}
