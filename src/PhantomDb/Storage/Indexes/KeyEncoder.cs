using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Storage.Indexes;

/// <summary>A column of an index key: how its values lie in memory, and how they sort.</summary>
internal readonly record struct KeyColumn(PhysicalType Type, bool IsNullable = false, bool IsDescending = false, bool NullsFirst = false);

/// <summary>
/// Encodes values as bytes whose unsigned order is PostgreSQL's order of the values, equal bytes for equal values. It
/// encodes one value; a whole key, with nulls and descending columns, is put together by <see cref="KeyWriter"/>.
/// </summary>
/// <remarks>
/// <code>
/// bool              1 byte, 0 or 1
/// integers          big-endian with the sign bit flipped; so are date, time, timestamp and numerics of fixed scale
/// real, double      IEEE bits, big-endian; negative ones complemented, others with the sign bit set; -0 as 0, one NaN
/// uuid              16 bytes as they are
/// interval          10 bytes: microseconds of the total with 30-day months and 24-hour days, an integer
/// text, bytea       each byte b as it is, but 0 as 01 01 and 1 as 01 02; then the terminator 00
/// numeric           class byte (-Infinity 0, negative 1, zero 2, positive 3, Infinity 4, NaN 5); for finite ones but zero
///                   the decimal exponent e of 0.d1d2d3… × 10^e + 32768 in 2 bytes, the digits without trailing zeros
///                   two a byte as 1 + d, and the terminator 00; all after the class complemented for negative ones
/// </code>
/// No encoding is a prefix of another of the same type, so columns are concatenated without separators.
/// </remarks>
internal static class KeyEncoder
{
    public const int NumericSizeMax = 1 + 2 + ((Numeric.DigitsMax + 1) / 2) + 1;
    public const int IntervalSize = 10;

    /// <summary>Encoded size of a value, 0 when it varies.</summary>
    public static int SizeOf(PhysicalType type) => type switch
    {
        PhysicalType.Boolean => 1,
        PhysicalType.Int16 => 2,
        PhysicalType.Int32 or PhysicalType.Real => 4,
        PhysicalType.Int64 or PhysicalType.Double => 8,
        PhysicalType.Interval => IntervalSize,
        PhysicalType.Int128 or PhysicalType.Uuid => 16,
        PhysicalType.Numeric or PhysicalType.String => 0,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The kind of tree for keys of these columns; a nullable column has a marker byte before its value.</summary>
    public static KeyKind KindOf(ReadOnlySpan<KeyColumn> columns)
    {
        int size = 0;
        foreach (KeyColumn column in columns)
        {
            int columnSize = SizeOf(column.Type);
            if (columnSize == 0)
                return KeyKind.Bytes;
            size += columnSize + (column.IsNullable ? 1 : 0);
        }
        return size <= 8 ? KeyKind.UInt64 : size <= 16 ? KeyKind.UInt128 : KeyKind.Bytes;
    }

    /// <summary>The key of a tree over one ascending bigint column that is not nullable, without the way through bytes.</summary>
    public static ulong KeyOf(long value) => (ulong)value ^ (1UL << 63);

    /// <summary>The key of a tree over one ascending integer column that is not nullable.</summary>
    public static ulong KeyOf(int value) => (ulong)((uint)value ^ (1U << 31)) << 32;

    /// <summary>The keys of bigint or integer values that ascend; false where they do not.</summary>
    [MethodImpl(HotLoop.Options)]
    public static bool TryAscending<T>(ReadOnlySpan<T> values, Span<ulong> keys)
        where T : struct
    {
        keys = keys[..values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            keys[i] = typeof(T) == typeof(long) ? KeyOf((long)(object)values[i]) : KeyOf((int)(object)values[i]);   // nothing is boxed: the type is known when it is compiled
            if (i > 0 && keys[i] <= keys[i - 1])
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>
    /// Turns a key, or the first columns of one, into the least bound above all keys that begin with it, in place.
    /// False when there is nothing above them: no upper bound, or an empty range above.
    /// </summary>
    public static bool TrySuccessor(Span<byte> key, out int length)
    {
        for (length = key.Length; length > 0; length--)
        {
            if (++key[length - 1] != 0)
                return true;
        }
        return false;
    }

    public static int EncodeBoolean(bool value, Span<byte> destination)
    {
        destination[0] = value ? (byte)1 : (byte)0;
        return 1;
    }

    public static int EncodeInt16(short value, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt16BigEndian(destination, (short)(value ^ short.MinValue));
        return sizeof(short);
    }

    public static int EncodeInt32(int value, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, value ^ int.MinValue);
        return sizeof(int);
    }

    public static int EncodeInt64(long value, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, value ^ long.MinValue);
        return sizeof(long);
    }

    public static int EncodeInt128(Int128 value, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt128BigEndian(destination, value ^ Int128.MinValue);
        return 16;
    }

    public static int EncodeReal(float value, Span<byte> destination)
    {
        int bits = float.IsNaN(value) ? 0x7FC0_0000 : value == 0 ? 0 : BitConverter.SingleToInt32Bits(value);
        BinaryPrimitives.WriteInt32BigEndian(destination, bits < 0 ? ~bits : bits ^ int.MinValue);
        return sizeof(float);
    }

    public static int EncodeDouble(double value, Span<byte> destination)
    {
        long bits = double.IsNaN(value) ? 0x7FF8_0000_0000_0000 : value == 0 ? 0 : BitConverter.DoubleToInt64Bits(value);
        BinaryPrimitives.WriteInt64BigEndian(destination, bits < 0 ? ~bits : bits ^ long.MinValue);
        return sizeof(double);
    }

    public static int EncodeUuid(UInt128 value, Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, value);
        return 16;
    }

    public static int EncodeInterval(Interval value, Span<byte> destination)
    {
        const long MicrosecondsPerDay = 86_400_000_000;
        Int128 total = ((((Int128)value.Months * 30) + value.Days) * MicrosecondsPerDay) + value.Microseconds;   // below 2^74
        BinaryPrimitives.WriteInt16BigEndian(destination, (short)((short)(total >> 64) ^ short.MinValue));
        BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)(UInt128)total);
        return IntervalSize;
    }

    /// <summary>Destination size that any bytes of this length fit into.</summary>
    public static int BytesSizeMax(int length) => checked((2 * length) + 1);

    /// <summary>text, varchar and bytea.</summary>
    public static int EncodeBytes(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        int written = 0;
        while (true)
        {
            int plain = value.IndexOfAny((byte)0, (byte)1);
            if (plain < 0)
                break;
            value[..plain].CopyTo(destination[written..]);
            written += plain;
            destination[written++] = 1;
            destination[written++] = (byte)(value[plain] + 1);
            value = value[(plain + 1)..];
        }
        value.CopyTo(destination[written..]);
        written += value.Length;
        destination[written++] = 0;
        return written;
    }

    /// <summary>char(n): trailing blanks do not count.</summary>
    public static int EncodeBlankPadded(ReadOnlySpan<byte> value, Span<byte> destination) =>
        EncodeBytes(value.TrimEnd((byte)' '), destination);

    /// <summary>A numeric that carries its own scale: 1.0 and 1.00 are one key. At most <see cref="NumericSizeMax"/> bytes.</summary>
    public static int EncodeNumeric(Numeric value, Span<byte> destination)
    {
        Int128 coefficient = value.Coefficient;
        destination[0] = value.Kind switch
        {
            NumericKind.NegativeInfinity => 0,
            NumericKind.Finite => (byte)(2 + Int128.Sign(coefficient)),
            NumericKind.PositiveInfinity => 4,
            NumericKind.NaN => 5,
            _ => throw new ArgumentOutOfRangeException(nameof(value), value.Kind, null),
        };
        if (!value.IsFinite || coefficient == 0)
            return 1;

        Span<byte> digits = stackalloc byte[40];
        int digitCount = WriteDigits((UInt128)Int128.Abs(coefficient), digits);
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)(digitCount - value.Scale + 32768));
        int written = 3;
        int significant = digits[..digitCount].TrimEnd((byte)0).Length;
        for (int i = 0; i < significant; i += 2)
            destination[written++] = (byte)(1 + (digits[i] * 10) + (i + 1 < significant ? digits[i + 1] : 0));
        destination[written++] = 0;
        if (coefficient < 0)
            Complement(destination[1..written]);
        return written;
    }

    public static void Complement(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)~bytes[i];
    }

    // Decimal digits, the most significant first.
    private static int WriteDigits(UInt128 value, Span<byte> digits)
    {
        int count = 0;
        while (value > ulong.MaxValue)
        {
            (value, UInt128 digit) = UInt128.DivRem(value, 10);
            digits[count++] = (byte)digit;
        }
        for (ulong rest = (ulong)value; rest != 0; rest /= 10)
            digits[count++] = (byte)(rest % 10);
        digits[..count].Reverse();
        return count;
    }
}
