using System.Diagnostics;
using System.Text;
using PhantomDb.Errors;
using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// Reads values of one type, modifiers included, from PostgreSQL's text form into a vector: for COPY, database files,
/// literals, casts. Text is UTF-8 and is checked; what is too long for varchar(n) is 22001, as on assignment.
/// </summary>
internal sealed class TextInput
{
    private readonly SqlType _type;
    private readonly DateTimeClock _clock;
    private readonly Func<SqlTypeId, string, int?>? _findObject;
    private readonly ITextContext? _context;
    private readonly int _timePrecision;

    public TextInput(SqlType type, DateTimeClock clock)
    {
        _type = type;
        _clock = clock;
        _timePrecision = type.Precision < 0 ? 6 : type.Precision;
    }

    public TextInput(SqlType type, ITextContext context)
        : this(type, new DateTimeClock(context.TransactionTime, context.TimeZone))
    {
        _context = context;
        _findObject = context.FindObject;
    }

    /// <summary>Reads one value; throws PostgreSQL's error for text that is none.</summary>
    public void Parse(ReadOnlySpan<byte> text, Vector target, int position)
    {
        switch (_type.Id)
        {
            case SqlTypeId.Boolean:
                target.Data<bool>()[position] = BooleanText.Parse(text);
                break;
            case SqlTypeId.Int16:
                target.Data<short>()[position] = IntegerText.ParseInt16(text);
                break;
            case SqlTypeId.Int32:
                target.Data<int>()[position] = IntegerText.ParseInt32(text);
                break;
            case SqlTypeId.Int64:
                target.Data<long>()[position] = IntegerText.ParseInt64(text);
                break;
            case SqlTypeId.Numeric:
                ParseNumeric(text, target, position);
                break;
            case SqlTypeId.Real:
                target.Data<float>()[position] = FloatText.ParseSingle(text);
                break;
            case SqlTypeId.Double:
                target.Data<double>()[position] = FloatText.ParseDouble(text);
                break;
            case SqlTypeId.Text or SqlTypeId.Unknown:
                Utf8Text.EnsureValid(text);
                target.Data<StringView>()[position] = target.Heap.Add(text);
                break;
            case SqlTypeId.Varchar:
                Utf8Text.EnsureValid(text);
                target.Data<StringView>()[position] = target.Heap.Add(Utf8Text.Fit(text, _type));
                break;
            case SqlTypeId.Char:
                Utf8Text.EnsureValid(text);
                target.Data<StringView>()[position] = target.Heap.Add(text[..Utf8Text.TrimmedLength(Utf8Text.Fit(text, _type))]);
                break;
            case SqlTypeId.Name:
                Utf8Text.EnsureValid(text);
                target.Data<StringView>()[position] = target.Heap.Add(Utf8Text.CutName(text));
                break;
            case SqlTypeId.Bytea:
                ParseBytea(text, target, position);
                break;
            case SqlTypeId.Date:
                target.Data<int>()[position] = DateTimeText.ParseDate(text, _clock);
                break;
            case SqlTypeId.Time:
                target.Data<long>()[position] = DateTimeText.ParseTime(text, _clock, _timePrecision);
                break;
            case SqlTypeId.Timestamp:
                target.Data<long>()[position] = DateTimeText.ParseTimestamp(text, _clock, _timePrecision);
                break;
            case SqlTypeId.TimestampTz:
                target.Data<long>()[position] = DateTimeText.ParseTimestampTz(text, _clock, _timePrecision);
                break;
            case SqlTypeId.Interval:
                target.Data<Interval>()[position] = IntervalText.Parse(text, IntervalFields.All, _timePrecision);
                break;
            case SqlTypeId.Uuid:
                target.Data<UInt128>()[position] = UuidText.Parse(text);
                break;
            case SqlTypeId.Oid:
                target.Data<long>()[position] = ParseOid(text);
                break;
            case SqlTypeId.RegClass or SqlTypeId.RegProc or SqlTypeId.RegProcedure or SqlTypeId.RegType or SqlTypeId.RegNamespace or SqlTypeId.RegRole:
                target.Data<long>()[position] = ParseObject(text);
                break;
            case SqlTypeId.CatalogChar:
                Utf8Text.EnsureValid(text);
                target.Data<StringView>()[position] = target.Heap.Add(Utf8Text.FirstByte(text));
                break;
            case SqlTypeId.Int2Vector or SqlTypeId.OidVector or SqlTypeId.Array:
                var array = new System.Buffers.ArrayBufferWriter<byte>();
                ArrayText.Write(ArrayText.Read(text, _type), _type, array, _context);
                target.Data<StringView>()[position] = target.Heap.Add(array.WrittenSpan);
                break;
            default:
                throw Error.NotSupported($"text input of type {_type.BaseName}");
        }
    }

    /// <summary>Makes the strings that were read visible; after the last <see cref="Parse"/>.</summary>
    public void End(Vector target)
    {
        if (target.DeclaredType == PhysicalType.String)
        {
            target.SealStrings();
        }
    }

    private void ParseNumeric(ReadOnlySpan<byte> text, Vector target, int position)
    {
        switch (target.Type)
        {
            case PhysicalType.Int64:
                target.Data<long>()[position] = FixedNumeric.ParseInt64(text, _type.Precision, _type.Scale);
                break;
            case PhysicalType.Int128:
                target.Data<Int128>()[position] = FixedNumeric.ParseInt128(text, _type.Precision, _type.Scale);
                break;
            default:
                target.Data<Numeric>()[position] = Numeric.Parse(text);
                break;
        }
    }

    private static void ParseBytea(ReadOnlySpan<byte> text, Vector target, int position)
    {
        byte[] rented = System.Buffers.ArrayPool<byte>.Shared.Rent(Math.Max(1, text.Length));
        try
        {
            int length = ByteaText.Parse(text, rented);
            target.Data<StringView>()[position] = target.Heap.Add(rented.AsSpan(0, length));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static long ParseOid(ReadOnlySpan<byte> text)
    {
        if (!IntegerText.TryParseInt64(text, out long value))
        {
            throw Error.InvalidInput("oid", Encoding.UTF8.GetString(text));
        }

        // As PostgreSQL, which reads -1 as 4294967295.
        return value is >= int.MinValue and <= uint.MaxValue
            ? (uint)value
            : throw Error.ValueOutOfRange("oid", Encoding.UTF8.GetString(text));
    }

    private long ParseObject(ReadOnlySpan<byte> text)
    {
        if (text.SequenceEqual("-"u8))
        {
            return 0;
        }

        if (text.Length > 0 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return ParseOid(text);
        }

        string name = Encoding.UTF8.GetString(text);
        return (uint)(_findObject?.Invoke(_type.Id, name) ?? throw NotFound(name));
    }

    private PhantomDbException NotFound(string name) => _type.Id switch
    {
        SqlTypeId.RegType => Error.TypeNotFound(name, -1),
        SqlTypeId.RegNamespace => new PhantomDbException(SqlStates.InvalidSchemaName, $"schema \"{name}\" does not exist"),
        SqlTypeId.RegRole => new PhantomDbException(SqlStates.UndefinedObject, $"role \"{name}\" does not exist"),
        SqlTypeId.RegProc or SqlTypeId.RegProcedure => new PhantomDbException(SqlStates.UndefinedFunction, $"function \"{name}\" does not exist"),
        _ => Error.RelationNotFound(name, -1),
    };
}
