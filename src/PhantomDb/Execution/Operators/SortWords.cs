using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>A sort key: a column of the kept rows and its order.</summary>
internal readonly record struct SortColumn(int Column, bool IsDescending, bool NullsFirst);

/// <summary>
/// One step of a sort: 64 bits of the keys, made so that unsigned order is SQL's order. Narrow columns share a word; wide
/// ones take several. A column with NULLs has a bit before its value. Where the bits do not decide (long strings, numerics of any scale)
/// the word is only a prefix, and <see cref="TieBreaker"/> is the column to compare in full among equals.
/// </summary>
internal sealed class SortWord
{
    private readonly List<Part> _parts = [];

    /// <summary>Bits not yet used, from below.</summary>
    public int FreeBits { get; private set; } = 64;

    /// <summary>Column whose values are compared where this word is equal.</summary>
    public SortColumn? TieBreaker { get; init; }

    /// <summary>The words for the columns, the most significant first.</summary>
    public static List<SortWord> For(ColumnarBuffer rows, IReadOnlyList<SortColumn> columns)
    {
        List<SortWord> words = [];
        foreach (SortColumn column in columns)
        {
            if (rows.Column(column.Column).HasNulls)
            {
                Add(words, new Part(rows, column, PartKind.Null, 1));
            }
            switch (rows.Types[column.Column])
            {
                case PhysicalType.Boolean: Add(words, new Part(rows, column, PartKind.Value, 1)); break;
                case PhysicalType.Int16: Add(words, new Part(rows, column, PartKind.Value, 16)); break;
                case PhysicalType.Int32 or PhysicalType.Real: Add(words, new Part(rows, column, PartKind.Value, 32)); break;
                case PhysicalType.Int64 or PhysicalType.Double: Add(words, new Part(rows, column, PartKind.Value, 64)); break;
                case PhysicalType.Int128 or PhysicalType.Interval or PhysicalType.Uuid:
                    Add(words, new Part(rows, column, PartKind.High, 64));
                    Add(words, new Part(rows, column, PartKind.Value, 64));
                    break;
                case PhysicalType.Numeric or PhysicalType.String:
                    if (rows.Types[column.Column] == PhysicalType.String)
                    {
                        Add(words, new Part(rows, column, PartKind.High, 64));
                    }
                    var word = new SortWord { TieBreaker = column };
                    word.Add(new Part(rows, column, PartKind.Value, 64));
                    words.Add(word);
                    break;
                default: throw new UnreachableException();
            }
        }
        return words;
    }

    /// <summary>Computes the word of each row.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Fill(ReadOnlySpan<int> rows, Span<ulong> words)
    {
        words.Clear();
        foreach (Part part in _parts)
        {
            part.AddTo(rows, words);
        }
    }

    private static void Add(List<SortWord> words, Part part)
    {
        if (words.Count == 0 || words[^1].FreeBits < part.Width || words[^1].TieBreaker is not null)
        {
            words.Add(new SortWord());
        }
        words[^1].Add(part);
    }

    private void Add(Part part)
    {
        FreeBits -= part.Width;
        _parts.Add(part with { Shift = FreeBits });
    }

    private enum PartKind
    {
        Null,
        High,
        Value,
    }

    private sealed record Part(ColumnarBuffer Rows, SortColumn Column, PartKind Kind, int Width)
    {
        public int Shift { get; init; }

        public void AddTo(ReadOnlySpan<int> rows, Span<ulong> words)
        {
            BufferColumn column = Rows.Column(Column.Column);
            if (Kind == PartKind.Null)
            {
                ulong ofNull = Column.NullsFirst ? 0UL : 1UL;
                for (int i = 0; i < rows.Length; i++)
                {
                    words[i] |= (column.IsValid(rows[i]) ? 1 - ofNull : ofNull) << Shift;
                }
                return;
            }
            bool isHigh = Kind == PartKind.High;
            switch (Rows.Types[Column.Column])
            {
                case PhysicalType.Boolean: Add<bool, BooleanBits>(column, rows, words); break;
                case PhysicalType.Int16: Add<short, Int16Bits>(column, rows, words); break;
                case PhysicalType.Int32: Add<int, Int32Bits>(column, rows, words); break;
                case PhysicalType.Int64: Add<long, Int64Bits>(column, rows, words); break;
                case PhysicalType.Real: Add<float, RealBits>(column, rows, words); break;
                case PhysicalType.Double: Add<double, DoubleBits>(column, rows, words); break;
                case PhysicalType.Int128 when isHigh: Add<Int128, Int128HighBits>(column, rows, words); break;
                case PhysicalType.Int128: Add<Int128, Int128LowBits>(column, rows, words); break;
                case PhysicalType.Interval when isHigh: Add<Interval, IntervalHighBits>(column, rows, words); break;
                case PhysicalType.Interval: Add<Interval, IntervalLowBits>(column, rows, words); break;
                case PhysicalType.Uuid when isHigh: Add<UInt128, UuidHighBits>(column, rows, words); break;
                case PhysicalType.Uuid: Add<UInt128, UuidLowBits>(column, rows, words); break;
                case PhysicalType.Numeric: Add<Numeric, NumericBits>(column, rows, words); break;
                case PhysicalType.String when isHigh: Add<StringView, StringHighBits>(column, rows, words); break;
                case PhysicalType.String: Add<StringView, StringLowBits>(column, rows, words); break;
                default: throw new UnreachableException();
            }
        }

        [MethodImpl(HotLoop.Options)]
        private void Add<T, TBits>(BufferColumn kept, ReadOnlySpan<int> rows, Span<ulong> words)
            where T : unmanaged
            where TBits : struct, IOrderedBits<T>
        {
            var column = (BufferColumn<T>)kept;
            byte[][] blocks = column.StringBlocks;
            bool hasNulls = column.HasNulls;
            ulong flip = !Column.IsDescending ? 0 : Width == 64 ? ulong.MaxValue : (1UL << Width) - 1;
            int shift = Shift;
            for (int i = 0; i < rows.Length; i++)
            {
                int row = rows[i];
                if (!hasNulls || column.IsValid(row))
                {
                    words[i] |= (TBits.Of(in column.At(row), blocks) ^ flip) << shift;
                }
            }
        }
    }

    /// <summary>Bits whose unsigned order is the values' order.</summary>
    private interface IOrderedBits<T>
    {
        static abstract ulong Of(ref readonly T value, byte[][] blocks);
    }

    private struct BooleanBits : IOrderedBits<bool>
    {
        public static ulong Of(ref readonly bool value, byte[][] blocks) => value ? 1UL : 0UL;
    }

    private struct Int16Bits : IOrderedBits<short>
    {
        public static ulong Of(ref readonly short value, byte[][] blocks) => (ushort)(value ^ short.MinValue);
    }

    private struct Int32Bits : IOrderedBits<int>
    {
        public static ulong Of(ref readonly int value, byte[][] blocks) => (uint)(value ^ int.MinValue);
    }

    private struct Int64Bits : IOrderedBits<long>
    {
        public static ulong Of(ref readonly long value, byte[][] blocks) => (ulong)(value ^ long.MinValue);
    }

    private struct RealBits : IOrderedBits<float>
    {
        public static ulong Of(ref readonly float value, byte[][] blocks)
        {
            // NaN is above all others and -0 equals 0; negative numbers have their bits inverted.
            int bits = float.IsNaN(value) ? int.MaxValue : BitConverter.SingleToInt32Bits(value == 0 ? 0 : value);
            return (uint)(bits < 0 ? ~bits : bits ^ int.MinValue);
        }
    }

    private struct DoubleBits : IOrderedBits<double>
    {
        public static ulong Of(ref readonly double value, byte[][] blocks) => OfDouble(value);
    }

    private struct Int128HighBits : IOrderedBits<Int128>
    {
        public static ulong Of(ref readonly Int128 value, byte[][] blocks) => High(value);
    }

    private struct Int128LowBits : IOrderedBits<Int128>
    {
        public static ulong Of(ref readonly Int128 value, byte[][] blocks) => Low(value);
    }

    private struct IntervalHighBits : IOrderedBits<Interval>
    {
        public static ulong Of(ref readonly Interval value, byte[][] blocks) => High(value.Total);
    }

    private struct IntervalLowBits : IOrderedBits<Interval>
    {
        public static ulong Of(ref readonly Interval value, byte[][] blocks) => Low(value.Total);
    }

    private struct UuidHighBits : IOrderedBits<UInt128>
    {
        public static ulong Of(ref readonly UInt128 value, byte[][] blocks) => (ulong)(value >> 64);
    }

    private struct UuidLowBits : IOrderedBits<UInt128>
    {
        public static ulong Of(ref readonly UInt128 value, byte[][] blocks) => (ulong)value;
    }

    // The nearest double never goes down where the numeric goes up.
    private struct NumericBits : IOrderedBits<Numeric>
    {
        public static ulong Of(ref readonly Numeric value, byte[][] blocks) => OfDouble(value.ToDouble());
    }

    // The first eight bytes, and the eight behind them; zeros behind the end.
    private struct StringHighBits : IOrderedBits<StringView>
    {
        public static ulong Of(ref readonly StringView value, byte[][] blocks) => value.IsInline
            ? BinaryPrimitives.ReverseEndianness(value.Head >> 32 | value.Tail << 32)
            : BinaryPrimitives.ReadUInt64BigEndian(StringView.Bytes(in value, blocks));
    }

    private struct StringLowBits : IOrderedBits<StringView>
    {
        [MethodImpl(HotLoop.Options)]
        public static ulong Of(ref readonly StringView value, byte[][] blocks)
        {
            if (value.IsInline)
            {
                return BinaryPrimitives.ReverseEndianness(value.Tail >> 32);
            }
            ReadOnlySpan<byte> bytes = StringView.Bytes(in value, blocks)[8..];
            if (bytes.Length >= sizeof(ulong))
            {
                return BinaryPrimitives.ReadUInt64BigEndian(bytes);
            }
            ulong word = 0;
            for (int i = 0; i < bytes.Length; i++)
            {
                word |= (ulong)bytes[i] << (56 - 8 * i);
            }
            return word;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong OfDouble(double value)
    {
        long bits = double.IsNaN(value) ? long.MaxValue : BitConverter.DoubleToInt64Bits(value == 0 ? 0 : value);
        return (ulong)(bits < 0 ? ~bits : bits ^ long.MinValue);
    }

    private static ulong High(Int128 value) => (ulong)(value >> 64) ^ 0x8000_0000_0000_0000;

    private static ulong Low(Int128 value) => (ulong)(value & ulong.MaxValue);
}
