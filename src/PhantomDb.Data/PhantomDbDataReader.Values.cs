using System.Data;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace PhantomDb.Data;

// The values of the current row. Numbers are given as any type of number of 16 bits or more that holds them; other conversions there are none, but those of dates to times.
public sealed partial class PhantomDbDataReader
{
    /// <inheritdoc/>
    public override object this[int ordinal] => GetValue(ordinal);

    /// <inheritdoc/>
    public override object this[string name] => GetValue(GetOrdinal(name));

    /// <inheritdoc/>
    public override string GetName(int ordinal) => Column(ordinal).Name;

    /// <summary>The first column of a name; where there is none, the first of that name in another case.</summary>
    /// <exception cref="IndexOutOfRangeException">There is none of that name.</exception>
    public override int GetOrdinal(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        EnsureOpen();
        int found = -1;
        for (int i = 0; i < _columns.Count; i++)
        {
            if (_columns[i].Name == name)
            {
                return i;
            }
            if (found < 0 && _columns[i].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                found = i;
            }
        }
        return found >= 0 ? found : throw new IndexOutOfRangeException($"The result has no column \"{name}\".");
    }

    /// <summary>SQL type of a column as PostgreSQL writes it: integer, numeric(10,2).</summary>
    public override string GetDataTypeName(int ordinal) => Column(ordinal).TypeName;

    /// <inheritdoc/>
    [return: DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.PublicProperties)]
    public override Type GetFieldType(int ordinal) => Column(ordinal).ClrType;

    /// <inheritdoc/>
    public override bool IsDBNull(int ordinal) => Row(ordinal).IsNull(ordinal);

    /// <inheritdoc/>
    public override bool GetBoolean(int ordinal) => Row(ordinal).GetBoolean(ordinal);

    /// <summary>A smallint that is a byte, which is what a parameter that is one is kept as. Of a wider type it is none, whatever its value.</summary>
    public override byte GetByte(int ordinal) => OfSmallint<byte>(ordinal);

    /// <inheritdoc/>
    public override short GetInt16(int ordinal) => Narrow<short>(ordinal);

    /// <inheritdoc/>
    public override int GetInt32(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid == TypeOid.Int4 ? row.GetInt32(ordinal) : Narrow<int>(ordinal);
    }

    /// <inheritdoc/>
    public override long GetInt64(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid == TypeOid.Numeric ? Whole(ordinal, row.GetDecimal(ordinal)) : row.GetInt64(ordinal);
    }

    /// <inheritdoc/>
    public override decimal GetDecimal(int ordinal) => Row(ordinal).GetDecimal(ordinal);

    /// <inheritdoc/>
    public override double GetDouble(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid is TypeOid.Double or TypeOid.Real ? row.GetDouble(ordinal) : (double)row.GetDecimal(ordinal);
    }

    /// <inheritdoc/>
    public override float GetFloat(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid is TypeOid.Real or TypeOid.Double ? row.GetFloat(ordinal) : (float)row.GetDecimal(ordinal);
    }

    /// <inheritdoc/>
    public override Guid GetGuid(int ordinal) => Row(ordinal).GetGuid(ordinal);

    /// <summary>A text; and the text of a value that its type of .NET cannot hold, so that <see cref="GetValue"/> throws: an interval with months, NaN as numeric, infinity as a date.</summary>
    /// <exception cref="InvalidCastException">The column is of another type, or NULL.</exception>
    public override string GetString(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return IsText(ordinal) || IsBeyondItsType(row, ordinal) ? row.GetText(ordinal) : throw WrongType(ordinal, "a string");
    }

    private bool IsText(int ordinal) => _columns[ordinal].ClrType == typeof(string);

    private static bool IsBeyondItsType(QueryResult row, int ordinal)
    {
        try
        {
            row.GetValue(ordinal);
            return false;
        }
        catch (OverflowException)
        {
            return true;
        }
    }

    /// <summary>The first character of a text.</summary>
    public override char GetChar(int ordinal)
    {
        Row(ordinal);
        string text = IsText(ordinal) ? GetString(ordinal) : throw WrongType(ordinal, "a character");
        return text.Length > 0 ? text[0] : throw new InvalidCastException($"Column \"{GetName(ordinal)}\" is an empty text: it has no character.");
    }

    /// <summary>A timestamp (kind unspecified), a timestamp with time zone (kind UTC), or a date's midnight.</summary>
    public override DateTime GetDateTime(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid == TypeOid.Date ? row.GetDate(ordinal).ToDateTime(TimeOnly.MinValue) : row.GetDateTime(ordinal);
    }

    /// <summary>A timestamp with time zone, at offset 0.</summary>
    public DateTimeOffset GetDateTimeOffset(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid == TypeOid.TimestampTz ? row.GetDateTimeOffset(ordinal) : throw WrongType(ordinal, "a DateTimeOffset");
    }

    /// <summary>An interval without months, or a time.</summary>
    public TimeSpan GetTimeSpan(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid == TypeOid.Time ? row.GetTime(ordinal).ToTimeSpan() : row.GetTimeSpan(ordinal);
    }

    /// <summary>A date.</summary>
    public DateOnly GetDateOnly(int ordinal) => Row(ordinal).GetDate(ordinal);

    /// <summary>A time.</summary>
    public TimeOnly GetTimeOnly(int ordinal) => Row(ordinal).GetTime(ordinal);

    /// <summary>Copies bytes of a bytea; with no buffer, its length.</summary>
    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) =>
        Copy(BytesOf(ordinal), dataOffset, buffer, bufferOffset, length);

    /// <summary>Copies characters of what <see cref="GetString"/> gives; with no buffer, its length.</summary>
    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) =>
        Copy<char>(GetString(ordinal), dataOffset, buffer, bufferOffset, length);

    /// <summary>A bytea as a stream.</summary>
    /// <exception cref="InvalidCastException">The column is of another type, or NULL.</exception>
    public override Stream GetStream(int ordinal) => new MemoryStream(BytesOf(ordinal).ToArray(), writable: false);

    /// <summary>What <see cref="GetString"/> gives, as a reader.</summary>
    /// <exception cref="InvalidCastException">The column is of another type, or NULL.</exception>
    public override TextReader GetTextReader(int ordinal) => new StringReader(GetString(ordinal));

    /// <inheritdoc/>
    public override object GetValue(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return row.GetValue(ordinal);
    }

    /// <inheritdoc/>
    public override int GetValues(object[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Row(0);
        int count = Math.Min(values.Length, _columns.Count);
        for (int i = 0; i < count; i++)
        {
            values[i] = GetValue(i);
        }
        return count;
    }

    /// <summary>A value as a type that it can be read as; null for NULL where the type is a nullable one. Value types are not boxed.</summary>
    /// <exception cref="InvalidCastException">The column is of another type; or NULL, and T has no null.</exception>
    public override T GetFieldValue<T>(int ordinal)
    {
        if (typeof(T) == typeof(int))
        {
            return As<int, T>(GetInt32(ordinal));
        }
        if (typeof(T) == typeof(long))
        {
            return As<long, T>(GetInt64(ordinal));
        }
        if (typeof(T) == typeof(short))
        {
            return As<short, T>(GetInt16(ordinal));
        }
        if (typeof(T) == typeof(byte))
        {
            return As<byte, T>(GetByte(ordinal));
        }
        if (typeof(T) == typeof(sbyte))
        {
            return As<sbyte, T>(OfSmallint<sbyte>(ordinal));
        }
        if (typeof(T) == typeof(ushort))
        {
            return As<ushort, T>(Narrow<ushort>(ordinal));
        }
        if (typeof(T) == typeof(uint))
        {
            return As<uint, T>(Narrow<uint>(ordinal));
        }
        if (typeof(T) == typeof(ulong))
        {
            return As<ulong, T>(GetUInt64(ordinal));
        }
        if (typeof(T) == typeof(bool))
        {
            return As<bool, T>(GetBoolean(ordinal));
        }
        if (typeof(T) == typeof(char))
        {
            return As<char, T>(GetChar(ordinal));
        }
        if (typeof(T) == typeof(decimal))
        {
            return As<decimal, T>(GetDecimal(ordinal));
        }
        if (typeof(T) == typeof(double))
        {
            return As<double, T>(GetDouble(ordinal));
        }
        if (typeof(T) == typeof(float))
        {
            return As<float, T>(GetFloat(ordinal));
        }
        if (typeof(T) == typeof(Guid))
        {
            return As<Guid, T>(GetGuid(ordinal));
        }
        if (typeof(T) == typeof(DateTime))
        {
            return As<DateTime, T>(GetDateTime(ordinal));
        }
        if (typeof(T) == typeof(DateTimeOffset))
        {
            return As<DateTimeOffset, T>(GetDateTimeOffset(ordinal));
        }
        if (typeof(T) == typeof(DateOnly))
        {
            return As<DateOnly, T>(GetDateOnly(ordinal));
        }
        if (typeof(T) == typeof(TimeOnly))
        {
            return As<TimeOnly, T>(GetTimeOnly(ordinal));
        }
        if (typeof(T) == typeof(TimeSpan))
        {
            return As<TimeSpan, T>(GetTimeSpan(ordinal));
        }
        return GetOther<T>(ordinal);
    }

    // Reference types, and nullable ones.
    private T GetOther<T>(int ordinal)
    {
        Type? nullable = Nullable.GetUnderlyingType(typeof(T));
        if (Row(ordinal).IsNull(ordinal))
        {
            if (nullable is not null)
            {
                return default!;
            }
            return DBNull.Value is T none && (typeof(T) == typeof(object) || typeof(T) == typeof(DBNull))
                ? none
                : throw new InvalidCastException($"Column \"{GetName(ordinal)}\" is NULL, which {typeof(T).Name} has no value for.");
        }
        object value = typeof(T) == typeof(string) ? GetString(ordinal)
            : typeof(T) == typeof(object) ? GetValue(ordinal)
            : typeof(T) == typeof(Stream) || typeof(T) == typeof(MemoryStream) ? GetStream(ordinal)
            : typeof(T) == typeof(TextReader) || typeof(T) == typeof(StringReader) ? new StringReader(GetString(ordinal))
            : typeof(T) == typeof(char[]) ? GetString(ordinal).ToCharArray()
            : nullable is not null ? OfType(ordinal, nullable)
            : GetValue(ordinal);
        return value is T result ? result : throw WrongType(ordinal, $"a {(nullable ?? typeof(T)).Name}");
    }

    private object OfType(int ordinal, Type type) =>
        type == typeof(int) ? GetInt32(ordinal)
        : type == typeof(long) ? GetInt64(ordinal)
        : type == typeof(short) ? GetInt16(ordinal)
        : type == typeof(byte) ? GetByte(ordinal)
        : type == typeof(sbyte) ? OfSmallint<sbyte>(ordinal)
        : type == typeof(ushort) ? Narrow<ushort>(ordinal)
        : type == typeof(uint) ? Narrow<uint>(ordinal)
        : type == typeof(ulong) ? GetUInt64(ordinal)
        : type == typeof(bool) ? GetBoolean(ordinal)
        : type == typeof(char) ? GetChar(ordinal)
        : type == typeof(decimal) ? GetDecimal(ordinal)
        : type == typeof(double) ? GetDouble(ordinal)
        : type == typeof(float) ? GetFloat(ordinal)
        : type == typeof(Guid) ? GetGuid(ordinal)
        : type == typeof(DateTime) ? GetDateTime(ordinal)
        : type == typeof(DateTimeOffset) ? GetDateTimeOffset(ordinal)
        : type == typeof(DateOnly) ? GetDateOnly(ordinal)
        : type == typeof(TimeOnly) ? GetTimeOnly(ordinal)
        : type == typeof(TimeSpan) ? GetTimeSpan(ordinal)
        : GetValue(ordinal);

    private static TTo As<TFrom, TTo>(TFrom value) => Unsafe.As<TFrom, TTo>(ref value);

    private T OfSmallint<T>(int ordinal)
        where T : struct, System.Numerics.IBinaryInteger<T>
    {
        Row(ordinal);
        return _columns[ordinal].TypeOid == TypeOid.Int2 ? Narrow<T>(ordinal) : throw WrongType(ordinal, $"a {typeof(T).Name}");
    }

    private T Narrow<T>(int ordinal)
        where T : struct, System.Numerics.IBinaryInteger<T>
    {
        long value = GetInt64(ordinal);
        try
        {
            return T.CreateChecked(value);
        }
        catch (OverflowException)
        {
            throw new OverflowException($"Column \"{GetName(ordinal)}\" is {value}, which is outside the range of {typeof(T).Name}.");
        }
    }

    private ulong GetUInt64(int ordinal)
    {
        decimal value = Row(ordinal).GetDecimal(ordinal);
        return value == decimal.Truncate(value) ? decimal.ToUInt64(value) : throw WrongType(ordinal, "a ulong");
    }

    private long Whole(int ordinal, decimal value) => value == decimal.Truncate(value)
        ? decimal.ToInt64(value)
        : throw new InvalidCastException($"Column \"{GetName(ordinal)}\" is {value.ToString(CultureInfo.InvariantCulture)}, which is no whole number.");

    private ReadOnlySpan<byte> BytesOf(int ordinal)
    {
        QueryResult row = Row(ordinal);
        return _columns[ordinal].TypeOid == TypeOid.Bytea ? row.GetBytes(ordinal) : throw WrongType(ordinal, "bytes");
    }

    private static long Copy<T>(ReadOnlySpan<T> source, long offset, T[]? buffer, int bufferOffset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (buffer is null)
        {
            return source.Length;
        }
        ArgumentOutOfRangeException.ThrowIfNegative(bufferOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bufferOffset, buffer.Length);
        if (length > buffer.Length - bufferOffset)
        {
            throw new ArgumentException("The buffer has no room for so much behind the offset.", nameof(length));
        }
        if (offset >= source.Length)
        {
            return 0;
        }
        ReadOnlySpan<T> part = source[(int)offset..];
        part = part[..Math.Min(part.Length, length)];
        part.CopyTo(buffer.AsSpan(bufferOffset));
        return part.Length;
    }

    private ResultColumn Column(int ordinal)
    {
        EnsureOpen();
        IReadOnlyList<ResultColumn> columns = _columns;
        if ((uint)ordinal >= (uint)columns.Count)
        {
            ThrowNoColumn(ordinal);
        }
        return columns[ordinal];
    }

    // The result, standing on a row that has such a column.
    private QueryResult Row(int ordinal)
    {
        EnsureOpen();
        if (_state != RowState.OnRow || _result is null)
        {
            ThrowNoRow();
        }
        if ((uint)ordinal >= (uint)_columns.Count)
        {
            ThrowNoColumn(ordinal);
        }
        return _result;
    }

    [DoesNotReturn]
    private void ThrowNoRow() => throw new InvalidOperationException(
        _state == RowState.BeforeFirst && _result is not null ? "There is no current row: call Read first." : "There is no current row: all have been read.");

    [DoesNotReturn]
    private void ThrowNoColumn(int ordinal)
    {
        if (_columns.Count == 0)
        {
            throw new InvalidOperationException("There is no result with columns.");
        }
        throw new IndexOutOfRangeException($"The result has {_columns.Count} columns, counted from 0; there is none at {ordinal}.");
    }

    private InvalidCastException WrongType(int ordinal, string wanted) => new(Row(ordinal).IsNull(ordinal)
        ? $"Column \"{GetName(ordinal)}\" is NULL."
        : $"Column \"{GetName(ordinal)}\" is {GetDataTypeName(ordinal)}, not {wanted}.");
}
