using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability;

/// <summary>
/// Values of one type as they stand in files: what PostgreSQL prints, with no session's settings in it (UTC, ISO dates,
/// bytea in hex). Knows nothing of NULL, nor of quotes.
/// </summary>
internal sealed class ValueText(SqlType type)
{
    private readonly int _timePrecision = type.Precision < 0 ? 6 : type.Precision;
    private byte[] _text = new byte[128];

    public SqlType Type => type;

    /// <summary>The text of a buffer's value; valid until the next call.</summary>
    public ReadOnlySpan<byte> Format(RowBuffer row, int i)
    {
        int written;
        switch (type.Id)
        {
            case SqlTypeId.Boolean:
                return row.Get<bool>(i) ? "t"u8 : "f"u8;
            case SqlTypeId.Int16:
                IntegerText.TryFormat(row.Get<short>(i), _text, out written);
                break;
            case SqlTypeId.Int32:
                IntegerText.TryFormat(row.Get<int>(i), _text, out written);
                break;
            case SqlTypeId.Int64 or SqlTypeId.Oid or SqlTypeId.RegClass:
                IntegerText.TryFormat(row.Get<long>(i), _text, out written);
                break;
            case SqlTypeId.Numeric when type.Physical == PhysicalType.Int64:
                FixedNumeric.TryFormat(row.Get<long>(i), type.Scale, _text, out written);
                break;
            case SqlTypeId.Numeric when type.Physical == PhysicalType.Int128:
                FixedNumeric.TryFormat(row.Get<Int128>(i), type.Scale, _text, out written);
                break;
            case SqlTypeId.Numeric:
                EnsureSize(Numeric.TextLengthMax);
                row.Get<Numeric>(i).TryFormat(_text, out written);
                break;
            case SqlTypeId.Real:
                FloatText.TryFormat(row.Get<float>(i), _text, out written);
                break;
            case SqlTypeId.Double:
                FloatText.TryFormat(row.Get<double>(i), _text, out written);
                break;
            case SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Name or SqlTypeId.Unknown:
                return row.GetBytes(i);
            case SqlTypeId.Char:
                return Pad(row.GetBytes(i));
            case SqlTypeId.Bytea:
                ReadOnlySpan<byte> bytes = row.GetBytes(i);
                EnsureSize(ByteaText.TextLength(bytes.Length));
                ByteaText.TryFormat(bytes, _text, out written);
                break;
            case SqlTypeId.Date:
                DateTimeText.TryFormatDate(row.Get<int>(i), _text, out written);
                break;
            case SqlTypeId.Time:
                DateTimeText.TryFormatTime(row.Get<long>(i), _text, out written);
                break;
            case SqlTypeId.Timestamp:
                DateTimeText.TryFormatTimestamp(row.Get<long>(i), _text, out written);
                break;
            case SqlTypeId.TimestampTz:
                DateTimeText.TryFormatTimestampTz(row.Get<long>(i), SessionTimeZone.Utc, _text, out written);
                break;
            case SqlTypeId.Interval:
                EnsureSize(IntervalText.LengthMax);
                IntervalText.TryFormat(row.Get<Interval>(i), _text, out written);
                break;
            case SqlTypeId.Uuid:
                UuidText.TryFormat(row.Get<UInt128>(i), _text, out written);
                break;
            default:
                throw new UnreachableException(type.Id.ToString());
        }
        return _text.AsSpan(0, written);
    }

    /// <summary>Makes a vector ready for <see cref="Parse"/> at any position.</summary>
    public static void Begin(Vector target)
    {
        switch (target.DeclaredType)
        {
            case PhysicalType.Boolean: target.Write<bool>(); break;
            case PhysicalType.Int16: target.Write<short>(); break;
            case PhysicalType.Int32: target.Write<int>(); break;
            case PhysicalType.Int64: target.Write<long>(); break;
            case PhysicalType.Int128: target.Write<Int128>(); break;
            case PhysicalType.Real: target.Write<float>(); break;
            case PhysicalType.Double: target.Write<double>(); break;
            case PhysicalType.Numeric: target.Write<Numeric>(); break;
            case PhysicalType.String: target.Write<StringView>(); break;
            case PhysicalType.Interval: target.Write<Interval>(); break;
            case PhysicalType.Uuid: target.Write<UInt128>(); break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>Reads one value into a vector.</summary>
    public void Parse(ReadOnlySpan<byte> text, Vector target, int position)
    {
        switch (type.Id)
        {
            case SqlTypeId.Boolean: target.Data<bool>()[position] = BooleanText.Parse(text); break;
            case SqlTypeId.Int16: target.Data<short>()[position] = IntegerText.ParseInt16(text); break;
            case SqlTypeId.Int32: target.Data<int>()[position] = IntegerText.ParseInt32(text); break;
            case SqlTypeId.Int64 or SqlTypeId.Oid or SqlTypeId.RegClass: target.Data<long>()[position] = IntegerText.ParseInt64(text); break;
            case SqlTypeId.Numeric when target.Type == PhysicalType.Int64:
                target.Data<long>()[position] = FixedNumeric.ParseInt64(text, type.Precision, type.Scale);
                break;
            case SqlTypeId.Numeric when target.Type == PhysicalType.Int128:
                target.Data<Int128>()[position] = FixedNumeric.ParseInt128(text, type.Precision, type.Scale);
                break;
            case SqlTypeId.Numeric: target.Data<Numeric>()[position] = Numeric.Parse(text); break;
            case SqlTypeId.Real: target.Data<float>()[position] = FloatText.ParseSingle(text); break;
            case SqlTypeId.Double: target.Data<double>()[position] = FloatText.ParseDouble(text); break;
            case SqlTypeId.Text or SqlTypeId.Varchar or SqlTypeId.Char or SqlTypeId.Name or SqlTypeId.Unknown:
                Utf8Text.EnsureValid(text);
                target.Data<StringView>()[position] = target.Heap.Add(Fit(text));
                break;
            case SqlTypeId.Bytea:
                EnsureSize(text.Length);
                target.Data<StringView>()[position] = target.Heap.Add(_text.AsSpan(0, ByteaText.Parse(text, _text)));
                break;
            case SqlTypeId.Date: target.Data<int>()[position] = DateTimeText.ParseDate(text, DateTimeClock.Fixed); break;
            case SqlTypeId.Time: target.Data<long>()[position] = DateTimeText.ParseTime(text, DateTimeClock.Fixed, _timePrecision); break;
            case SqlTypeId.Timestamp:
                target.Data<long>()[position] = DateTimeText.ParseTimestamp(text, DateTimeClock.Fixed, _timePrecision);
                break;
            case SqlTypeId.TimestampTz:
                target.Data<long>()[position] = DateTimeText.ParseTimestampTz(text, DateTimeClock.Fixed, _timePrecision);
                break;
            case SqlTypeId.Interval:
                target.Data<Interval>()[position] = IntervalText.Parse(text, IntervalFields.All, _timePrecision);
                break;
            case SqlTypeId.Uuid: target.Data<UInt128>()[position] = UuidText.Parse(text); break;
            default: throw new UnreachableException(type.Id.ToString());
        }
    }

    // As PostgreSQL assigns to varchar(n) and char(n): blanks beyond the length are cut off, more is 22001.
    private ReadOnlySpan<byte> Fit(ReadOnlySpan<byte> text)
    {
        if (type.Id is not (SqlTypeId.Varchar or SqlTypeId.Char))
        {
            return text;
        }
        if (type.Precision >= 0 && text.Length > type.Precision)
        {
            text = Utf8Text.TryFit(text, type.Precision, out int length) ? text[..length] : throw Error.StringTooLong(type.ToString());
        }
        return type.Id == SqlTypeId.Char ? text[..Utf8Text.TrimmedLength(text)] : text;
    }

    private ReadOnlySpan<byte> Pad(ReadOnlySpan<byte> bytes)
    {
        int missing = type.Precision < 0 ? 0 : type.Precision - Utf8Text.Length(bytes);
        if (missing <= 0)
        {
            return bytes;
        }
        EnsureSize(bytes.Length + missing);
        bytes.CopyTo(_text);
        _text.AsSpan(bytes.Length, missing).Fill((byte)' ');
        return _text.AsSpan(0, bytes.Length + missing);
    }

    private void EnsureSize(int size)
    {
        if (_text.Length < size)
        {
            _text = new byte[Math.Max(size, _text.Length * 2)];
        }
    }
}
