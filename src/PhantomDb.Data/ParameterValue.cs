using System.Collections;
using System.Data;
using System.Globalization;
using System.Text;

namespace PhantomDb.Data;

/// <summary>What values of .NET are in SQL: the type that a parameter's value has, and how it is bound. No conversions between numbers and text, but where DbType asks for them.</summary>
internal static class ParameterValue
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>Oid of the type to prepare a statement for; 0 where the statement decides: for text, and for NULL without a DbType.</summary>
    public static int OidOf(PhantomDbParameter parameter)
    {
        if (parameter.GivenDbType is { } given)
        {
            return OidOf(given, parameter.Value);
        }
        return parameter.Value switch
        {
            null or DBNull or string or char or char[] or TextReader => TypeOid.Unspecified,
            int => TypeOid.Int4,
            long or uint => TypeOid.Int8,
            short or byte or sbyte => TypeOid.Int2,
            ushort => TypeOid.Int4,
            bool => TypeOid.Boolean,
            decimal or ulong => TypeOid.Numeric,
            double => TypeOid.Double,
            float => TypeOid.Real,
            DateTime time => time.Kind == DateTimeKind.Utc ? TypeOid.TimestampTz : TypeOid.Timestamp,
            DateTimeOffset => TypeOid.TimestampTz,
            DateOnly => TypeOid.Date,
            TimeOnly => TypeOid.Time,
            TimeSpan => TypeOid.Interval,
            Guid => TypeOid.Uuid,
            byte[] or ReadOnlyMemory<byte> or Memory<byte> or ArraySegment<byte> or Stream => TypeOid.Bytea,
            Enum value => OidOfNumber(value.GetTypeCode()),
            { } other => throw NotSupported(other),
        };
    }

    /// <summary>The DbType that is inferred from a value.</summary>
    public static DbType DbTypeOf(object? value) => value switch
    {
        int => DbType.Int32,
        long => DbType.Int64,
        short => DbType.Int16,
        byte => DbType.Byte,
        sbyte => DbType.SByte,
        uint => DbType.UInt32,
        ulong => DbType.UInt64,
        ushort => DbType.UInt16,
        bool => DbType.Boolean,
        decimal => DbType.Decimal,
        double => DbType.Double,
        float => DbType.Single,
        DateTime => DbType.DateTime,
        DateTimeOffset => DbType.DateTimeOffset,
        DateOnly => DbType.Date,
        TimeOnly => DbType.Time,
        Guid => DbType.Guid,
        byte[] or Stream or ReadOnlyMemory<byte> or Memory<byte> or ArraySegment<byte> => DbType.Binary,
        TimeSpan => DbType.Object,
        _ => DbType.String,
    };

    /// <summary>Binds $<paramref name="number"/>.</summary>
    public static void Bind(PreparedStatement statement, int number, PhantomDbParameter parameter)
    {
        object? value = parameter.SetValue;
        if (parameter.GivenDbType is { } given && value is not (null or DBNull))
        {
            value = Convert(value, given);
        }
        switch (value)
        {
            case null or DBNull:
                statement.BindNull(number);
                break;
            case int n:
                statement.Bind(number, n);
                break;
            case long n:
                statement.Bind(number, n);
                break;
            case string text:
                BindText(statement, number, text, parameter.Size);
                break;
            case bool truth:
                statement.Bind(number, truth);
                break;
            case short n:
                statement.Bind(number, (int)n);
                break;
            case byte n:
                statement.Bind(number, (int)n);
                break;
            case sbyte n:
                statement.Bind(number, (int)n);
                break;
            case ushort n:
                statement.Bind(number, (int)n);
                break;
            case uint n:
                statement.Bind(number, (long)n);
                break;
            case ulong n:
                statement.Bind(number, (decimal)n);
                break;
            case decimal n:
                statement.Bind(number, n);
                break;
            case double n:
                statement.Bind(number, n);
                break;
            case float n:
                statement.Bind(number, n.ToString("R", CultureInfo.InvariantCulture));
                break;
            case DateTime time:
                statement.Bind(number, time);
                break;
            case DateTimeOffset time:
                statement.Bind(number, time.UtcDateTime);
                break;
            case DateOnly date:
                statement.Bind(number, date);
                break;
            case TimeOnly time:
                statement.Bind(number, time.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
                break;
            case TimeSpan interval:
                statement.Bind(number, IntervalText(interval));
                break;
            case Guid uuid:
                statement.Bind(number, uuid.ToString("D", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                statement.Bind(number, Cut(bytes, parameter.Size));
                break;
            case ReadOnlyMemory<byte> bytes:
                statement.Bind(number, Cut(bytes.Span, parameter.Size));
                break;
            case Memory<byte> bytes:
                statement.Bind(number, Cut(bytes.Span, parameter.Size));
                break;
            case ArraySegment<byte> bytes:
                statement.Bind(number, Cut(bytes.AsSpan(), parameter.Size));
                break;
            case Stream stream:
                statement.Bind(number, Cut(Read(stream), parameter.Size));
                break;
            case char c:
                statement.Bind(number, c.ToString());
                break;
            case char[] text:
                BindText(statement, number, new string(text), parameter.Size);
                break;
            case TextReader reader:
                BindText(statement, number, reader.ReadToEnd(), parameter.Size);
                break;
            case Enum number64:
                BindEnum(statement, number, number64);
                break;
            default:
                throw NotSupported(value);
        }
    }

    private static void BindText(PreparedStatement statement, int number, string text, int size) =>
        statement.Bind(number, size > 0 && size < text.Length ? text[..size] : text);

    private static void BindEnum(PreparedStatement statement, int number, Enum value)
    {
        if (value.GetTypeCode() == TypeCode.UInt64)
        {
            statement.Bind(number, ((IConvertible)value).ToDecimal(CultureInfo.InvariantCulture));
        }
        else
        {
            statement.Bind(number, ((IConvertible)value).ToInt64(CultureInfo.InvariantCulture));
        }
    }

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> bytes, int size) => size > 0 && size < bytes.Length ? bytes[..size] : bytes;

    private static byte[] Read(Stream stream)
    {
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    // Days and time apart, as they are read back: 3 days -04:05:06.5.
    private static string IntervalText(TimeSpan interval)
    {
        long microseconds = interval.Ticks / TimeSpan.TicksPerMicrosecond;
        (long days, long rest) = (microseconds / MicrosecondsPerDay, microseconds % MicrosecondsPerDay);
        TimeSpan time = TimeSpan.FromMicroseconds(Math.Abs(rest));
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"{days} days {(rest < 0 ? "-" : "")}")
            .Append(time.ToString(@"hh\:mm\:ss\.ffffff", CultureInfo.InvariantCulture))
            .ToString();
    }

    private static int OidOfNumber(TypeCode code) => code switch
    {
        TypeCode.SByte or TypeCode.Byte or TypeCode.Int16 => TypeOid.Int2,
        TypeCode.UInt16 or TypeCode.Int32 => TypeOid.Int4,
        TypeCode.UInt64 => TypeOid.Numeric,
        _ => TypeOid.Int8,
    };

    private static int OidOf(DbType type, object? value) => type switch
    {
        DbType.Boolean => TypeOid.Boolean,
        DbType.Byte or DbType.SByte or DbType.Int16 => TypeOid.Int2,
        DbType.UInt16 or DbType.Int32 => TypeOid.Int4,
        DbType.UInt32 or DbType.Int64 => TypeOid.Int8,
        DbType.UInt64 or DbType.Decimal or DbType.Currency or DbType.VarNumeric => TypeOid.Numeric,
        DbType.Single => TypeOid.Real,
        DbType.Double => TypeOid.Double,
        DbType.Date => TypeOid.Date,
        DbType.Time => TypeOid.Time,
        DbType.DateTime => value is DateTime { Kind: DateTimeKind.Utc } or DateTimeOffset ? TypeOid.TimestampTz : TypeOid.Timestamp,
        DbType.DateTime2 => TypeOid.Timestamp,
        DbType.DateTimeOffset => TypeOid.TimestampTz,
        DbType.Guid => TypeOid.Uuid,
        DbType.Binary => TypeOid.Bytea,
        _ => TypeOid.Unspecified,
    };

    // What a DbType asks for beyond the value's own type; text stays text, which the engine reads as the type.
    private static object Convert(object value, DbType type)
    {
        try
        {
            return (type, value) switch
            {
                (_, string or DBNull) => value,
                (DbType.Date, DateTime time) => DateOnly.FromDateTime(time),
                (DbType.Date, DateTimeOffset time) => DateOnly.FromDateTime(time.DateTime),
                (DbType.Time, DateTime time) => TimeOnly.FromDateTime(time),
                (DbType.Time, TimeSpan time) => TimeOnly.FromTimeSpan(time),
                (DbType.DateTime or DbType.DateTime2 or DbType.DateTimeOffset, DateOnly date) => date.ToDateTime(TimeOnly.MinValue),
                (DbType.String or DbType.AnsiString or DbType.StringFixedLength or DbType.AnsiStringFixedLength or DbType.Xml, not (char or char[] or TextReader)) => TextOf(value),
                (DbType.Byte or DbType.SByte or DbType.Int16 or DbType.UInt16 or DbType.Int32 or DbType.UInt32 or DbType.Int64, IConvertible number) => number.ToInt64(CultureInfo.InvariantCulture),
                (DbType.UInt64 or DbType.Decimal or DbType.Currency or DbType.VarNumeric, IConvertible number) => number.ToDecimal(CultureInfo.InvariantCulture),
                (DbType.Single or DbType.Double, IConvertible number) => number.ToDouble(CultureInfo.InvariantCulture),
                (DbType.Boolean, IConvertible number) => number.ToBoolean(CultureInfo.InvariantCulture),
                _ => value,
            };
        }
        catch (Exception error) when (error is FormatException or InvalidCastException)
        {
            throw new InvalidCastException($"A parameter of DbType {type} cannot have a {value.GetType().Name} as its value.", error);
        }
    }

    private static string TextOf(object value) => value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString() ?? "";

    private static Exception NotSupported(object value) => value is IEnumerable
        ? new PhantomDbException("0A000", $"parameters of array type are not supported: {value.GetType().Name}")
        {
            Hint = "Give each element a parameter of its own: IN ($1, $2, $3).",
        }
        : new NotSupportedException($"A {value.GetType().FullName} has no type in SQL that it could be a parameter of: give its parts, or its text.");
}
