using System.Buffers.Text;

namespace PhantomDb.Benchmarks.Tpch;

/// <summary>Rows as text: fields end with '|', the last one with a newline. A row must fit into what <see cref="BeginRow"/> reserves.</summary>
internal sealed class RowBuffer
{
    private const int RowSizeMax = 1024;

    private byte[] _bytes = new byte[1 << 20];
    private int _size;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _size);

    public void Clear() => _size = 0;

    public void BeginRow()
    {
        if (_bytes.Length - _size < RowSizeMax)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }
    }

    /// <summary>The row's last field is done: its separator becomes the end of the line.</summary>
    public void EndRow() => _bytes[_size - 1] = (byte)'\n';

    public void Number(long value)
    {
        Utf8Formatter.TryFormat(value, _bytes.AsSpan(_size), out int written);
        _size += written;
        _bytes[_size++] = (byte)'|';
    }

    /// <summary>An amount of cents as units with two decimals.</summary>
    public void Cents(long cents)
    {
        if (cents < 0)
        {
            _bytes[_size++] = (byte)'-';
            cents = -cents;
        }

        (long units, long rest) = Math.DivRem(cents, 100);
        Utf8Formatter.TryFormat(units, _bytes.AsSpan(_size), out int written);
        _size += written;
        _bytes[_size++] = (byte)'.';
        _bytes[_size++] = (byte)('0' + rest / 10);
        _bytes[_size++] = (byte)('0' + rest % 10);
        _bytes[_size++] = (byte)'|';
    }

    public void Date(int day) => Text(TpchDates.Text(day));

    public void Character(byte value)
    {
        _bytes[_size++] = value;
        _bytes[_size++] = (byte)'|';
    }

    public void Text(ReadOnlySpan<byte> value)
    {
        Append(value);
        _bytes[_size++] = (byte)'|';
    }

    /// <summary>A part of a field, which <see cref="EndField"/> ends.</summary>
    public void Append(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes.AsSpan(_size));
        _size += value.Length;
    }

    public void EndField() => _bytes[_size++] = (byte)'|';

    /// <summary>A name such as <c>Customer#000000042</c>.</summary>
    public void NumberedName(ReadOnlySpan<byte> prefix, long number)
    {
        Append(prefix);
        Digits(number, 9);
        _bytes[_size++] = (byte)'|';
    }

    /// <summary>A number with leading zeros, as part of a field.</summary>
    public void Digits(long number, int count)
    {
        for (int place = count - 1; place >= 0; place--)
        {
            (number, long digit) = Math.DivRem(number, 10);
            _bytes[_size + place] = (byte)('0' + digit);
        }

        _size += count;
    }

    /// <summary>A part of a field that the caller writes in place.</summary>
    public Span<byte> Take(int size)
    {
        _size += size;
        return _bytes.AsSpan(_size - size, size);
    }
}
