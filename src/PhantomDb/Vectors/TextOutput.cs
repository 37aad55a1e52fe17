using System.Buffers;
using System.Diagnostics;
using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// Writes values of one type in PostgreSQL's text form: for results, COPY, files, casts. Knows nothing of NULL: that is the
/// caller's. char(n) is padded with blanks.
/// </summary>
internal sealed class TextOutput
{
    private readonly SqlType _type;
    private readonly SessionTimeZone _zone;
    private readonly Func<SqlTypeId, int, string?>? _objectName;
    private readonly int _fixedLengthMax;   // -1: depends on the value

    /// <param name="objectName">Finds names for regclass and its like; without it the number is shown.</param>
    public TextOutput(SqlType type, SessionTimeZone zone, Func<SqlTypeId, int, string?>? objectName = null)
    {
        _type = type;
        _zone = zone;
        _objectName = objectName;
        _fixedLengthMax = type.IsObjectName && objectName is null ? IntegerText.Int64LengthMax : FixedLengthMax(type);
    }

    public TextOutput(SqlType type, ITextContext context) : this(type, context.TimeZone, context.ObjectName)
    {
    }

    public SqlType Type => _type;

    /// <summary>Bytes that the text of a vector's value takes at most.</summary>
    public int LengthMax(Vector vector, int position)
    {
        if (_fixedLengthMax >= 0)
        {
            return _fixedLengthMax;
        }
        if (_type.IsObjectName)
        {
            return ObjectText(vector.Values<long>()[position]).Length;
        }
        int length = vector.Data<StringView>()[position].Length;
        return _type.Id switch
        {
            SqlTypeId.Bytea => ByteaText.TextLength(length),
            SqlTypeId.Char => checked(length + Math.Max(_type.Precision, 0)),
            _ => length,
        };
    }

    /// <summary>Writes the value at a position, which is not NULL, to a target that is long enough; gives the bytes written.</summary>
    public int Format(Vector vector, int position, Span<byte> target)
    {
        int written;
        switch (_type.Id)
        {
            case SqlTypeId.Boolean:
                target[0] = vector.Values<bool>()[position] ? (byte)'t' : (byte)'f';
                return 1;
            case SqlTypeId.Int16:
                IntegerText.TryFormat(vector.Values<short>()[position], target, out written);
                return written;
            case SqlTypeId.Int32:
                IntegerText.TryFormat(vector.Values<int>()[position], target, out written);
                return written;
            case SqlTypeId.Int64 or SqlTypeId.Oid:
                IntegerText.TryFormat(vector.Values<long>()[position], target, out written);
                return written;
            case SqlTypeId.RegClass or SqlTypeId.RegProc or SqlTypeId.RegProcedure or SqlTypeId.RegType or SqlTypeId.RegNamespace or SqlTypeId.RegRole:
                return Copy(ObjectText(vector.Values<long>()[position]), target);
            case SqlTypeId.Numeric:
                return FormatNumeric(vector, position, target);
            case SqlTypeId.Real:
                FloatText.TryFormat(vector.Values<float>()[position], target, out written);
                return written;
            case SqlTypeId.Double:
                FloatText.TryFormat(vector.Values<double>()[position], target, out written);
                return written;
            case SqlTypeId.Char:
                return FormatPadded(BytesAt(vector, position), target);
            case SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Name or SqlTypeId.PaddedChar or SqlTypeId.Unknown or SqlTypeId.CatalogChar
                or SqlTypeId.Int2Vector or SqlTypeId.OidVector or SqlTypeId.Array:
                return Copy(BytesAt(vector, position), target);
            case SqlTypeId.Void:
                return 0;
            case SqlTypeId.Bytea:
                ByteaText.TryFormat(BytesAt(vector, position), target, out written);
                return written;
            case SqlTypeId.Date:
                DateTimeText.TryFormatDate(vector.Values<int>()[position], target, out written);
                return written;
            case SqlTypeId.Time:
                DateTimeText.TryFormatTime(vector.Values<long>()[position], target, out written);
                return written;
            case SqlTypeId.Timestamp:
                DateTimeText.TryFormatTimestamp(vector.Values<long>()[position], target, out written);
                return written;
            case SqlTypeId.TimestampTz:
                DateTimeText.TryFormatTimestampTz(vector.Values<long>()[position], _zone, target, out written);
                return written;
            case SqlTypeId.Interval:
                IntervalText.TryFormat(vector.Values<Interval>()[position], target, out written);
                return written;
            case SqlTypeId.Uuid:
                UuidText.TryFormat(vector.Values<UInt128>()[position], target, out written);
                return written;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Writes the value that stands for a row; it is not NULL.</summary>
    public void Write(Vector vector, int row, IBufferWriter<byte> output)
    {
        int position = vector.PositionOf(row);
        output.Advance(Format(vector, position, output.GetSpan(Math.Max(1, LengthMax(vector, position)))));
    }

    /// <summary>As a cast to text writes it: booleans in full, char(n) without its blanks.</summary>
    public void WriteCast(Vector vector, int row, IBufferWriter<byte> output)
    {
        int position = vector.PositionOf(row);
        switch (_type.Id)
        {
            case SqlTypeId.Boolean:
                output.Write(BooleanText.Name(vector.Values<bool>()[position]));
                break;
            case SqlTypeId.Char:
                output.Write(BytesAt(vector, position));
                break;
            default:
                Write(vector, row, output);
                break;
        }
    }

    private static int FixedLengthMax(SqlType type) => type.Id switch
    {
        SqlTypeId.Boolean or SqlTypeId.Void => 1,
        SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Oid => IntegerText.Int64LengthMax,
        SqlTypeId.Numeric => Math.Max(FixedNumeric.TextLengthMax, Numeric.TextLengthMax),
        SqlTypeId.Real or SqlTypeId.Double => FloatText.DoubleLengthMax,
        SqlTypeId.Date or SqlTypeId.Time or SqlTypeId.Timestamp or SqlTypeId.TimestampTz => DateTimeText.TimestampTzLengthMax,
        SqlTypeId.Interval => IntervalText.LengthMax,
        SqlTypeId.Uuid => UuidText.Length,
        _ => -1,
    };

    private static ReadOnlySpan<byte> BytesAt(Vector vector, int position) =>
        StringView.Bytes(in vector.Data<StringView>()[position], vector.Blocks);

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> target)
    {
        text.CopyTo(target);
        return text.Length;
    }

    private int FormatNumeric(Vector vector, int position, Span<byte> target)
    {
        int written;
        switch (vector.Type)
        {
            case PhysicalType.Int64:
                FixedNumeric.TryFormat(vector.Values<long>()[position], _type.Scale, target, out written);
                return written;
            case PhysicalType.Int128:
                FixedNumeric.TryFormat(vector.Values<Int128>()[position], _type.Scale, target, out written);
                return written;
            default:
                vector.Values<Numeric>()[position].TryFormat(target, out written);
                return written;
        }
    }

    private int FormatPadded(ReadOnlySpan<byte> text, Span<byte> target)
    {
        text.CopyTo(target);
        int missing = _type.Precision < 0 ? 0 : _type.Precision - Utf8Text.Length(text);
        if (missing <= 0)
        {
            return text.Length;
        }
        target.Slice(text.Length, missing).Fill((byte)' ');
        return text.Length + missing;
    }

    private byte[] ObjectText(long oid)
    {
        string text = oid == 0 ? "-" : _objectName?.Invoke(_type.Id, (int)oid) ?? oid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return System.Text.Encoding.UTF8.GetBytes(text);
    }
}
