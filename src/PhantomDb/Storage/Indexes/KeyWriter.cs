using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Storage.Indexes;

/// <summary>
/// Puts together one key after another for an index, column by column in the index's order; or a bound, by stopping after
/// its first columns. Reusable, for one thread; allocates only while its buffer grows.
/// </summary>
/// <remarks>
/// A nullable column has a marker first: null 0 or 2 (NULLS FIRST or LAST), a value 1. The bytes of a descending column's
/// value are complemented; the marker is not, since NULLS FIRST and LAST speak of the final order.
/// </remarks>
internal sealed class KeyWriter(KeyColumn[] columns)
{
    /// <summary>Stands before a value of a nullable column.</summary>
    public const byte NotNull = 1;

    private const byte NullFirst = 0;
    private const byte NullLast = 2;

    private byte[] _bytes = new byte[32];
    private int _length;
    private int _column;

    public KeyKind Kind { get; } = KeyEncoder.KindOf(columns);

    /// <summary>True when the key has a null: such keys never violate uniqueness.</summary>
    public bool HasNull { get; private set; }

    public ReadOnlySpan<byte> Key => _bytes.AsSpan(0, _length);

    public void Reset()
    {
        _length = 0;
        _column = 0;
        HasNull = false;
    }

    /// <summary>The key in eight bytes, for an index of kind <see cref="KeyKind.UInt64"/>.</summary>
    public ulong ToUInt64() => KeyView.PrefixOf(Key);

    /// <summary>Replaces the key by its successor; false when there is none (<see cref="KeyEncoder.TrySuccessor"/>).</summary>
    public bool TryMoveToSuccessor() => KeyEncoder.TrySuccessor(_bytes.AsSpan(0, _length), out _length);

    public void AddNull()
    {
        KeyColumn column = columns[_column++];
        Debug.Assert(column.IsNullable);
        Reserve(1)[0] = column.NullsFirst ? NullFirst : NullLast;
        _length++;
        HasNull = true;
    }

    public void AddBoolean(bool value) => Finish(KeyEncoder.EncodeBoolean(value, Begin(1)));

    public void AddInt16(short value) => Finish(KeyEncoder.EncodeInt16(value, Begin(sizeof(short))));

    /// <summary>integer and date.</summary>
    public void AddInt32(int value) => Finish(KeyEncoder.EncodeInt32(value, Begin(sizeof(int))));

    /// <summary>bigint, time, timestamps, and numerics of fixed scale up to 18 digits.</summary>
    public void AddInt64(long value) => Finish(KeyEncoder.EncodeInt64(value, Begin(sizeof(long))));

    /// <summary>Numerics of fixed scale up to 38 digits.</summary>
    public void AddInt128(Int128 value) => Finish(KeyEncoder.EncodeInt128(value, Begin(16)));

    public void AddReal(float value) => Finish(KeyEncoder.EncodeReal(value, Begin(sizeof(float))));

    public void AddDouble(double value) => Finish(KeyEncoder.EncodeDouble(value, Begin(sizeof(double))));

    public void AddUuid(UInt128 value) => Finish(KeyEncoder.EncodeUuid(value, Begin(16)));

    public void AddInterval(Interval value) => Finish(KeyEncoder.EncodeInterval(value, Begin(KeyEncoder.IntervalSize)));

    public void AddNumeric(Numeric value) => Finish(KeyEncoder.EncodeNumeric(value, Begin(KeyEncoder.NumericSizeMax)));

    /// <summary>text, varchar and bytea.</summary>
    public void AddBytes(ReadOnlySpan<byte> value) => Finish(KeyEncoder.EncodeBytes(value, BeginBytes(value.Length)));

    /// <summary>char(n).</summary>
    public void AddBlankPadded(ReadOnlySpan<byte> value) => Finish(KeyEncoder.EncodeBlankPadded(value, BeginBytes(value.Length)));

    /// <summary>Ends a bound with what all values of the next column but NULL begin with; nothing may be added behind it.</summary>
    public void AddNotNull() => Begin(0);

    /// <summary>Ends a bound with what all strings that begin so begin with; nothing may be added behind it.</summary>
    public void AddPrefix(ReadOnlySpan<byte> prefix)
    {
        Span<byte> destination = BeginBytes(prefix.Length);
        Finish(KeyEncoder.EncodeBytes(prefix, destination) - 1);   // without the terminator
    }

    // What no index could take is refused before a buffer is made for it.
    private Span<byte> BeginBytes(int length) =>
        length <= KeyView.LengthMax ? Begin(KeyEncoder.BytesSizeMax(length)) : throw Error.IndexKeyTooLong(length, KeyView.LengthMax);

    private Span<byte> Begin(int sizeMax)
    {
        Span<byte> destination = Reserve(sizeMax + 1);
        if (!columns[_column].IsNullable)
            return destination;
        destination[0] = NotNull;
        _length++;
        return destination[1..];
    }

    private void Finish(int written)
    {
        if (columns[_column++].IsDescending)
            KeyEncoder.Complement(_bytes.AsSpan(_length, written));
        _length += written;
    }

    private Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _length < size)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        return _bytes.AsSpan(_length);
    }
}
