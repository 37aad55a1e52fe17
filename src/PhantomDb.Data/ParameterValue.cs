using System.Data;
using System.Globalization;

namespace PhantomDb.Data;

/// <summary>What values of .NET are in SQL: the type that a parameter's value has, and how it is bound. No conversions between numbers and text, but where DbType asks for them.</summary>
internal static class ParameterValue
{
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
            _ => TypeOid.Unspecified,   // what it is, it cannot be bound
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
        statement.BindValue(number, parameter.Size > 0 ? Cut(value, parameter.Size) : value);
    }

    // A value longer than the size that is given, in characters or bytes, is cut.
    private static object? Cut(object? value, int size) => value switch
    {
        string text => text.Length > size ? text[..size] : text,
        char[] text => text.Length > size ? text[..size] : text,
        TextReader reader => Cut(reader.ReadToEnd(), size),
        byte[] bytes => bytes.Length > size ? bytes[..size] : bytes,
        ReadOnlyMemory<byte> bytes => bytes.Length > size ? bytes[..size] : bytes,
        Memory<byte> bytes => Cut((ReadOnlyMemory<byte>)bytes, size),
        ArraySegment<byte> bytes => Cut((ReadOnlyMemory<byte>)bytes, size),
        Stream stream => Cut(Read(stream), size),
        _ => value,
    };

    private static byte[] Read(Stream stream)
    {
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
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
}
