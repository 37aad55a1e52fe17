using System.Buffers;
using System.Diagnostics;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>
/// Writes values of one type in PostgreSQL's text form: for results, COPY, casts. Knows nothing of NULL: that is the
/// caller's. char(n) is padded with blanks.
/// </summary>
internal sealed class TextOutput
{
    private readonly SqlType _type;
    private readonly SessionTimeZone _zone;
    private readonly Func<int, string?>? _relationName;

    /// <param name="relationName">Finds names for regclass; without it the number is shown.</param>
    public TextOutput(SqlType type, SessionTimeZone zone, Func<int, string?>? relationName = null)
    {
        _type = type;
        _zone = zone;
        _relationName = relationName;
    }

    public TextOutput(SqlType type, IStatementContext statement) : this(type, statement.TimeZone, statement.RelationName)
    {
    }

    /// <summary>Writes the value that stands for a row; it is not NULL.</summary>
    public void Write(Vector vector, int row, IBufferWriter<byte> output)
    {
        int i = vector.PositionOf(row);
        int written;
        switch (_type.Id)
        {
            case SqlTypeId.Boolean:
                output.Write(vector.Values<bool>()[i] ? "t"u8 : "f"u8);
                return;
            case SqlTypeId.Int16:
                IntegerText.TryFormat(vector.Values<short>()[i], output.GetSpan(IntegerText.Int64LengthMax), out written);
                break;
            case SqlTypeId.Int32:
                IntegerText.TryFormat(vector.Values<int>()[i], output.GetSpan(IntegerText.Int64LengthMax), out written);
                break;
            case SqlTypeId.Int64 or SqlTypeId.Oid:
                IntegerText.TryFormat(vector.Values<long>()[i], output.GetSpan(IntegerText.Int64LengthMax), out written);
                break;
            case SqlTypeId.RegClass:
                WriteRelation(vector.Values<long>()[i], output);
                return;
            case SqlTypeId.Numeric:
                WriteNumeric(vector, i, output);
                return;
            case SqlTypeId.Real:
                FloatText.TryFormat(vector.Values<float>()[i], output.GetSpan(FloatText.DoubleLengthMax), out written);
                break;
            case SqlTypeId.Double:
                FloatText.TryFormat(vector.Values<double>()[i], output.GetSpan(FloatText.DoubleLengthMax), out written);
                break;
            case SqlTypeId.Char:
                WritePadded(StringView.Bytes(in vector.Data<StringView>()[i], vector.Blocks), output);
                return;
            case SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Name or SqlTypeId.Unknown:
                output.Write(StringView.Bytes(in vector.Data<StringView>()[i], vector.Blocks));
                return;
            case SqlTypeId.Void:
                return;
            case SqlTypeId.Bytea:
                ReadOnlySpan<byte> bytes = StringView.Bytes(in vector.Data<StringView>()[i], vector.Blocks);
                ByteaText.TryFormat(bytes, output.GetSpan(ByteaText.TextLength(bytes.Length)), out written);
                break;
            case SqlTypeId.Date:
                DateTimeText.TryFormatDate(vector.Values<int>()[i], output.GetSpan(DateTimeText.TimestampTzLengthMax), out written);
                break;
            case SqlTypeId.Time:
                DateTimeText.TryFormatTime(vector.Values<long>()[i], output.GetSpan(DateTimeText.TimestampTzLengthMax), out written);
                break;
            case SqlTypeId.Timestamp:
                DateTimeText.TryFormatTimestamp(vector.Values<long>()[i], output.GetSpan(DateTimeText.TimestampTzLengthMax), out written);
                break;
            case SqlTypeId.TimestampTz:
                DateTimeText.TryFormatTimestampTz(vector.Values<long>()[i], _zone, output.GetSpan(DateTimeText.TimestampTzLengthMax), out written);
                break;
            case SqlTypeId.Interval:
                IntervalText.TryFormat(vector.Values<Interval>()[i], output.GetSpan(IntervalText.LengthMax), out written);
                break;
            case SqlTypeId.Uuid:
                UuidText.TryFormat(vector.Values<UInt128>()[i], output.GetSpan(UuidText.Length), out written);
                break;
            default:
                throw new UnreachableException();
        }

        output.Advance(written);
    }

    /// <summary>As a cast to text writes it: booleans in full, char(n) without its blanks.</summary>
    public void WriteCast(Vector vector, int row, IBufferWriter<byte> output)
    {
        int i = vector.PositionOf(row);
        switch (_type.Id)
        {
            case SqlTypeId.Boolean:
                output.Write(BooleanText.Name(vector.Values<bool>()[i]));
                break;
            case SqlTypeId.Char:
                output.Write(StringView.Bytes(in vector.Data<StringView>()[i], vector.Blocks));
                break;
            default:
                Write(vector, row, output);
                break;
        }
    }

    private void WriteNumeric(Vector vector, int i, IBufferWriter<byte> output)
    {
        int written;
        switch (vector.Type)
        {
            case PhysicalType.Int64:
                FixedNumeric.TryFormat(vector.Values<long>()[i], _type.Scale, output.GetSpan(FixedNumeric.TextLengthMax), out written);
                break;
            case PhysicalType.Int128:
                FixedNumeric.TryFormat(vector.Values<Int128>()[i], _type.Scale, output.GetSpan(FixedNumeric.TextLengthMax), out written);
                break;
            default:
                vector.Values<Numeric>()[i].TryFormat(output.GetSpan(Numeric.TextLengthMax), out written);
                break;
        }

        output.Advance(written);
    }

    private void WritePadded(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        output.Write(text);
        int missing = _type.Precision < 0 ? 0 : _type.Precision - Utf8Text.Length(text);
        if (missing > 0)
        {
            output.GetSpan(missing)[..missing].Fill((byte)' ');
            output.Advance(missing);
        }
    }

    private void WriteRelation(long oid, IBufferWriter<byte> output)
    {
        string text = oid == 0 ? "-" : _relationName?.Invoke((int)oid) ?? oid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        output.Write(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
