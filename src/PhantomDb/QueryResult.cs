using System.Buffers;
using System.Data;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Execution;
using PhantomDb.Execution.Points;
using PhantomDb.Functions;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>
/// What a statement gave: its rows, read forward one by one, and its command tag. Rows are computed as they are read, at
/// the moment in time at which the statement started, whatever is changed meanwhile. Used by one thread at a time; reading
/// may be paused and go on later, on another thread too. Dispose it before the session's next statement.
/// </summary>
public sealed class QueryResult : IDisposable
{
    private const int FirstDay = 730119;   // DateOnly.DayNumber of 2000-01-01

    private readonly ResultColumn[] _columns;
    private readonly ResultSource? _source;
    private readonly string _tag;
    private readonly bool _countsRows;
    private readonly IStatementContext _statement;
    private TextOutput?[]? _text;   // by column, made when first asked for
    private DataChunk? _chunk;
    private int _row = -1;
    private int _position;
    private bool _isClosed;
    private StopReason _stop;   // why the session closed it

    internal QueryResult(
        IReadOnlyList<ResultColumn> columns, ResultSource? source, string tag, long rowsAffected, bool countsRows, IStatementContext statement)
    {
        _columns = columns as ResultColumn[] ?? [.. columns];
        _source = source;
        _tag = tag;
        _countsRows = countsRows;
        RowsAffected = rowsAffected;
        _statement = statement;
    }

    /// <summary>The columns; none where the statement gives no rows.</summary>
    public IReadOnlyList<ResultColumn> Columns => _columns;

    /// <summary>Rows inserted, updated, deleted or copied; -1 for a statement that changes no rows.</summary>
    public long RowsAffected { get; }

    internal bool IsClosed => _isClosed;

    /// <summary>Rows changed, or given as far as they have been read; those of a single-row statement are computed all the same.</summary>
    internal long RowCount => RowsAffected >= 0 ? RowsAffected : _source is PointRows rows ? rows.Count : RowsRead;

    /// <summary>Rows read so far.</summary>
    public long RowsRead { get; private set; }

    /// <summary>
    /// PostgreSQL's command tag: "INSERT 0 3", "CREATE TABLE", "SELECT 7". A query's count is of the rows read so far, and so
    /// complete once <see cref="Read"/> has returned false.
    /// </summary>
    public string CommandTag => _countsRows ? string.Create(CultureInfo.InvariantCulture, $"{_tag} {RowsRead}") : _tag;

    /// <summary>Makes a result that a prepared statement gives again ready for its new row.</summary>
    internal void Restart()
    {
        _chunk = null;
        _row = -1;
        _isClosed = false;
        RowsRead = 0;
    }

    /// <summary>Moves to the next row; false at the end.</summary>
    /// <exception cref="PhantomDbException">The statement failed while computing the row.</exception>
    public bool Read()
    {
        if (_isClosed)
        {
            ThrowClosed();
        }
        if (_chunk is null || ++_row >= _chunk.Count)
        {
            _chunk = _source?.Next();
            _row = 0;
            if (_chunk is null)
            {
                return false;
            }
        }
        _position = _chunk.Position(_row);
        RowsRead++;
        return true;
    }

    /// <summary>True where the value is NULL.</summary>
    public bool IsNull(int column) => !Vector(column).IsValid(_position);

    /// <summary>A boolean.</summary>
    public bool GetBoolean(int column) => Value<bool>(column, PhysicalType.Boolean, "a boolean");

    /// <summary>A smallint.</summary>
    public short GetInt16(int column) => Value<short>(column, PhysicalType.Int16, "a short");

    /// <summary>An integer or smallint.</summary>
    public int GetInt32(int column) => Type(column).Id switch
    {
        SqlTypeId.Int32 => ValueOf<int>(column),
        SqlTypeId.Int16 => ValueOf<short>(column),
        _ => throw WrongType(column, "an int"),
    };

    /// <summary>An integer of any width, or an oid.</summary>
    public long GetInt64(int column) => Type(column).Id switch
    {
        SqlTypeId.Int64 or SqlTypeId.Oid or SqlTypeId.RegClass => ValueOf<long>(column),
        SqlTypeId.Int32 => ValueOf<int>(column),
        SqlTypeId.Int16 => ValueOf<short>(column),
        _ => throw WrongType(column, "a long"),
    };

    /// <summary>A real.</summary>
    public float GetFloat(int column) => Value<float>(column, PhysicalType.Real, "a float");

    /// <summary>A double precision or real.</summary>
    public double GetDouble(int column) => Type(column).Id switch
    {
        SqlTypeId.Double => ValueOf<double>(column),
        SqlTypeId.Real => ValueOf<float>(column),
        _ => throw WrongType(column, "a double"),
    };

    /// <summary>A numeric, with its scale.</summary>
    /// <remarks>A fraction of more digits than a decimal holds is rounded; its text has all of them.</remarks>
    /// <exception cref="OverflowException">The value is NaN, or larger than a decimal holds; read its text instead.</exception>
    public decimal GetDecimal(int column) => Type(column).Id switch
    {
        SqlTypeId.Numeric => Decimal(column),
        SqlTypeId.Int16 or SqlTypeId.Int32 or SqlTypeId.Int64 => GetInt64(column),
        _ => throw WrongType(column, "a decimal"),
    };

    /// <summary>A string type's value; any other value as its text.</summary>
    public string GetString(int column) => Type(column).Physical == PhysicalType.String && Type(column).Id is not (SqlTypeId.Bytea or SqlTypeId.Char)
        ? Encoding.UTF8.GetString(Bytes(column))
        : GetText(column);

    /// <summary>The UTF-8 bytes of a string, or a bytea's bytes; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> GetBytes(int column) => Type(column) is { Id: SqlTypeId.Text } or { Physical: PhysicalType.String }
        ? Bytes(column)
        : throw WrongType(column, "bytes");

    /// <summary>A uuid.</summary>
    public Guid GetGuid(int column)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, Value<UInt128>(column, PhysicalType.Uuid, "a uuid"));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>A date.</summary>
    /// <exception cref="OverflowException">The date is infinite, or before year 1 or after year 9999.</exception>
    public DateOnly GetDate(int column)
    {
        Require(column, SqlTypeId.Date, "a date");
        long day = (long)FirstDay + ValueOf<int>(column);
        return day >= DateOnly.MinValue.DayNumber && day <= DateOnly.MaxValue.DayNumber
            ? DateOnly.FromDayNumber((int)day)
            : throw new OverflowException($"Column \"{Columns[column].Name}\": date {GetText(column)} is outside the range of DateOnly; read its text instead");
    }

    /// <summary>A time.</summary>
    /// <exception cref="OverflowException">24:00:00, which TimeOnly does not have.</exception>
    public TimeOnly GetTime(int column)
    {
        Require(column, SqlTypeId.Time, "a time");
        long microseconds = ValueOf<long>(column);
        return microseconds < 86_400_000_000
            ? new TimeOnly(microseconds * 10)
            : throw new OverflowException($"Column \"{Columns[column].Name}\": time 24:00:00 is outside the range of TimeOnly; read its text instead");
    }

    /// <summary>A timestamp (kind unspecified) or timestamp with time zone (kind UTC).</summary>
    /// <exception cref="OverflowException">The timestamp is infinite, or before year 1 or after year 9999.</exception>
    public DateTime GetDateTime(int column)
    {
        SqlTypeId type = Type(column).Id;
        if (type is not (SqlTypeId.Timestamp or SqlTypeId.TimestampTz))
        {
            throw WrongType(column, "a timestamp");
        }
        long microseconds = ValueOf<long>(column);
        long minimum = -(long)FirstDay * 86_400_000_000;
        if (microseconds < minimum || microseconds > (DateTime.MaxValue.Ticks / 10) + minimum)
        {
            throw new OverflowException($"Column \"{Columns[column].Name}\": timestamp {GetText(column)} is outside the range of DateTime; read its text instead");
        }
        return new DateTime((microseconds - minimum) * 10, type == SqlTypeId.Timestamp ? DateTimeKind.Unspecified : DateTimeKind.Utc);
    }

    /// <summary>A timestamp with time zone, at offset 0.</summary>
    /// <exception cref="OverflowException">The timestamp is infinite, or before year 1 or after year 9999.</exception>
    public DateTimeOffset GetDateTimeOffset(int column)
    {
        Require(column, SqlTypeId.TimestampTz, "a timestamp with time zone");
        return new DateTimeOffset(GetDateTime(column));
    }

    /// <summary>An interval without months, as its days and time.</summary>
    /// <exception cref="OverflowException">The interval has months, whose length depends on the calendar, or is longer than a TimeSpan.</exception>
    public TimeSpan GetTimeSpan(int column)
    {
        Interval interval = Value<Interval>(column, PhysicalType.Interval, "an interval");
        if (interval.Months != 0)
        {
            throw new OverflowException($"Column \"{Columns[column].Name}\": interval {GetText(column)} has months, which TimeSpan does not; read its text instead");
        }
        Int128 ticks = ((Int128)interval.Days * TimeSpan.TicksPerDay) + ((Int128)interval.Microseconds * TimeSpan.TicksPerMicrosecond);
        return ticks >= long.MinValue && ticks <= long.MaxValue
            ? new TimeSpan((long)ticks)
            : throw new OverflowException($"Column \"{Columns[column].Name}\": interval {GetText(column)} is outside the range of TimeSpan; read its text instead");
    }

    /// <summary>PostgreSQL's text form of the value, not NULL.</summary>
    public string GetText(int column)
    {
        ArrayBufferWriter<byte> text = new();
        WriteText(column, text);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>Writes PostgreSQL's text form of the value, not NULL, as UTF-8.</summary>
    public void WriteText(int column, IBufferWriter<byte> output)
    {
        Vector vector = Valid(column);
        _text ??= new TextOutput?[Columns.Count];
        TextOutput text = _text[column] ??= new TextOutput(Type(column), _statement);
        text.Write(vector, vector.PositionOf(_position), output);
    }

    /// <summary>The value as the .NET type that fits it best; DBNull for NULL.</summary>
    public object GetValue(int column) => IsNull(column) ? DBNull.Value : Type(column).Id switch
    {
        SqlTypeId.Boolean => GetBoolean(column),
        SqlTypeId.Int16 => GetInt16(column),
        SqlTypeId.Int32 => GetInt32(column),
        SqlTypeId.Int64 or SqlTypeId.Oid => GetInt64(column),
        SqlTypeId.Numeric => GetDecimal(column),
        SqlTypeId.Real => GetFloat(column),
        SqlTypeId.Double => GetDouble(column),
        SqlTypeId.Bytea => GetBytes(column).ToArray(),
        SqlTypeId.Date => GetDate(column),
        SqlTypeId.Time => GetTime(column),
        SqlTypeId.Timestamp or SqlTypeId.TimestampTz => GetDateTime(column),
        SqlTypeId.Interval => GetTimeSpan(column),
        SqlTypeId.Uuid => GetGuid(column),
        _ => GetText(column),
    };

    /// <summary>An object for each row that is left, made as it is asked for; the statement ends with the enumeration, and is open until then: take them (ToList) where the session does something else meanwhile.</summary>
    /// <param name="row">Reads the row that the result stands on, and keeps nothing of it but values.</param>
    /// <exception cref="PhantomDbException">While it is enumerated: the statement failed while computing a row.</exception>
    public IEnumerable<T> Rows<T>(Func<QueryResult, T> row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return Enumerate(row);
    }

    /// <summary>The rows that are left as a table in memory, whose columns have the names and types of the result's; ends the statement.</summary>
    /// <remarks>A name that comes twice gets a number: name, name1.</remarks>
    /// <exception cref="OverflowException">A value is beyond what its type of .NET holds, such as an infinite date.</exception>
    public DataTable ToDataTable()
    {
        using QueryResult rows = this;
        DataTable table = new() { Locale = CultureInfo.InvariantCulture };
        foreach (ResultColumn column in _columns)
        {
            string name = column.Name;
            for (int i = 1; table.Columns.Contains(name); i++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{column.Name}{i}");
            }
            table.Columns.Add(name, column.ClrType);
        }
        object[] values = new object[_columns.Length];
        table.BeginLoadData();
        while (Read())
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = GetValue(i);
            }
            table.LoadDataRow(values, fAcceptChanges: true);
        }
        table.EndLoadData();
        return table;
    }

    /// <summary>Ends the statement, whether all rows have been read or not.</summary>
    /// <exception cref="PhantomDbException">55000: another thread is reading it, or using its session; it is still open.</exception>
    public void Dispose()
    {
        if (_isClosed)
        {
            return;
        }
        try
        {
            _source?.Dispose();
        }
        finally
        {
            if (_source is null or { IsEnded: true })
            {
                Close();
            }
        }
    }

    /// <summary>Gives no more rows: its source has ended, or its session has been ended.</summary>
    internal void Close(StopReason reason = StopReason.None)
    {
        _stop = reason;
        _isClosed = true;
        _chunk = null;
    }

    private IEnumerable<T> Enumerate<T>(Func<QueryResult, T> row)
    {
        using QueryResult rows = this;
        while (Read())
        {
            yield return row(this);
        }
    }

    private void ThrowClosed()
    {
        if (_stop is not (StopReason.None or StopReason.DatabaseClosed))
        {
            throw _stop.ToError();
        }
        throw new ObjectDisposedException(nameof(QueryResult));
    }

    // What fails does so in methods of its own: these here are then small enough to become part of their callers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SqlType Type(int column)
    {
        ResultColumn[] columns = _columns;
        if ((uint)column >= (uint)columns.Length)
        {
            ThrowNoColumn(column);
        }
        return columns[column].Type;
    }

    [DoesNotReturn]
    private void ThrowNoColumn(int column) =>
        throw new ArgumentOutOfRangeException(nameof(column), column, $"The result has {_columns.Length} columns, counted from 0.");

    [DoesNotReturn]
    private static void ThrowNoRow() => throw new InvalidOperationException("There is no current row: call Read first.");

    [DoesNotReturn]
    private void ThrowNull(int column) => throw new InvalidCastException($"Column \"{_columns[column].Name}\" is NULL.");

    private decimal Decimal(int column)
    {
        const int ScaleMax = 28;
        Vector vector = Valid(column);
        int position = vector.PositionOf(_position);
        (Int128 coefficient, int scale, bool isFinite) = vector.Type switch
        {
            PhysicalType.Int64 => (vector.Data<long>()[position], Type(column).Scale, true),
            PhysicalType.Int128 => (vector.Data<Int128>()[position], Type(column).Scale, true),
            _ => Parts(vector.Data<Numeric>()[position]),
        };
        UInt128 magnitude = (UInt128)(coefficient < 0 ? -coefficient : coefficient);
        return isFinite && scale is >= 0 and <= ScaleMax && magnitude >> 96 == 0
            ? new decimal((int)(uint)magnitude, (int)(uint)(magnitude >> 32), (int)(uint)(magnitude >> 64), coefficient < 0, (byte)scale)
            : FromText();

        decimal FromText()
        {
            string text = GetText(column);
            try
            {
                return decimal.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
            }
            catch (Exception error) when (error is OverflowException or FormatException)   // FormatException: NaN
            {
                throw new OverflowException($"Column \"{Columns[column].Name}\": numeric {text} is outside the range of decimal; read its text instead", error);
            }
        }

        static (Int128, int, bool) Parts(Numeric value) => (value.Coefficient, value.Scale, value.IsFinite);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector Vector(int column)
    {
        DataChunk? chunk = _chunk;
        if (chunk is null)
        {
            ThrowNoRow();
        }
        if ((uint)column >= (uint)_columns.Length)
        {
            ThrowNoColumn(column);
        }
        return chunk.Vectors[column];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector Valid(int column)
    {
        Vector vector = Vector(column);
        if (!vector.IsValid(_position))
        {
            ThrowNull(column);
        }
        return vector;
    }

    // The type is one whose values lie in memory as T's do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T ValueOf<T>(int column)
    {
        Vector vector = Valid(column);
        return vector.Values<T>()[vector.PositionOf(_position)];
    }

    private T Value<T>(int column, PhysicalType type, string wanted) =>
        Type(column).Physical == type ? ValueOf<T>(column) : throw WrongType(column, wanted);

    private ReadOnlySpan<byte> Bytes(int column)
    {
        Vector vector = Valid(column);
        return StringView.Bytes(in vector.Data<StringView>()[vector.PositionOf(_position)], vector.Blocks);
    }

    private void Require(int column, SqlTypeId type, string wanted)
    {
        if (Type(column).Id != type)
        {
            throw WrongType(column, wanted);
        }
    }

    private InvalidCastException WrongType(int column, string wanted) =>
        new($"Column \"{Columns[column].Name}\" is {Columns[column].TypeName}, not {wanted}.");
}
