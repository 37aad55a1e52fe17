using System.Globalization;
using System.Numerics;
using System.Text;

namespace PhantomDb.Benchmarks.Engines.DuckDb;

/// <summary>
/// The rows of one execution, chunk by chunk. A vector is an array of its physical type; a string is 16 bytes: its length, then up to
/// 12 bytes in place, or a prefix of 4 bytes and a pointer.
/// </summary>
internal sealed unsafe class DuckDbResult : IDisposable
{
    private static readonly DateOnly Epoch = new(1970, 1, 1);

    private readonly Column[] _columns;
    private DuckDbNative.Result _result;
    private nint _chunk;
    private int _row = -1;
    private int _rowCount;
    private long _checksum;

    public DuckDbResult(DuckDbNative.Result result, Column[]? columns)
    {
        _result = result;
        _columns = columns ?? ReadColumns(ref result);
    }

    public int ColumnCount => _columns.Length;

    /// <summary>Depends on everything that <see cref="ReadChunk"/> has read, so that no read can be left out.</summary>
    public long Checksum => _checksum;

    /// <summary>The columns' types: the same for all executions of a statement.</summary>
    public Column[] Columns => _columns;

    public bool Next()
    {
        if (++_row < _rowCount)
        {
            return true;
        }

        return NextChunk() > 0;
    }

    /// <summary>Moves to the next chunk and its first row; returns its number of rows, 0 at the end.</summary>
    public int NextChunk()
    {
        do
        {
            if (_chunk != 0)
            {
                DuckDbNative.DestroyDataChunk(ref _chunk);
            }

            _row = 0;
            _rowCount = 0;
            _chunk = DuckDbNative.FetchChunk(_result);
            if (_chunk == 0)
            {
                return 0;
            }

            _rowCount = (int)DuckDbNative.DataChunkGetSize(_chunk);
        }
        while (_rowCount == 0);

        for (int column = 0; column < _columns.Length; column++)
        {
            nint vector = DuckDbNative.DataChunkGetVector(_chunk, (ulong)column);
            _columns[column].Data = DuckDbNative.VectorGetData(vector);
            _columns[column].Validity = DuckDbNative.VectorGetValidity(vector);
        }

        return _rowCount;
    }

    public bool IsNull(int column)
    {
        ulong* validity = _columns[column].Validity;
        return validity is not null && (validity[_row >> 6] >> (_row & 63) & 1) == 0;
    }

    public long GetInt64(int column) => _columns[column].Physical switch
    {
        DuckDbType.Boolean or DuckDbType.TinyInt => ((sbyte*)_columns[column].Data)[_row],
        DuckDbType.SmallInt => ((short*)_columns[column].Data)[_row],
        DuckDbType.Integer or DuckDbType.Date => ((int*)_columns[column].Data)[_row],
        DuckDbType.BigInt => ((long*)_columns[column].Data)[_row],
        DuckDbType.HugeInt => checked((long)((Int128*)_columns[column].Data)[_row]),
        DuckDbType type => throw new NotSupportedException($"DuckDB type {type} as an integer"),
    };

    public double GetDouble(int column) => _columns[column].Physical switch
    {
        DuckDbType.Float => ((float*)_columns[column].Data)[_row],
        DuckDbType.Double => ((double*)_columns[column].Data)[_row],
        _ => GetInt64(column),
    };

    public ReadOnlySpan<byte> GetText(int column)
    {
        byte* view = _columns[column].Data + 16L * _row;
        int size = *(int*)view;
        return new ReadOnlySpan<byte>(size <= 12 ? view + 4 : *(byte**)(view + 8), size);
    }

    public Cell GetCell(int column)
    {
        if (IsNull(column))
        {
            return Cell.Null;
        }

        Column type = _columns[column];
        return type.Logical switch
        {
            DuckDbType.Boolean => new Cell(CellKind.Text, GetInt64(column) != 0 ? "t" : "f"),
            DuckDbType.Date => new Cell(CellKind.Text, Epoch.AddDays((int)GetInt64(column)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            DuckDbType.Varchar => new Cell(CellKind.Text, Encoding.UTF8.GetString(GetText(column))),
            DuckDbType.Float or DuckDbType.Double => new Cell(CellKind.Floating, GetDouble(column).ToString("R", CultureInfo.InvariantCulture)),
            _ => new Cell(CellKind.Exact, DecimalText(GetInt128(column), type.Scale)),
        };
    }

    /// <summary>Reads every value of the current chunk in its own type.</summary>
    public void ReadChunk()
    {
        foreach (Column column in _columns)
        {
            _checksum += column.Physical switch
            {
                DuckDbType.Boolean or DuckDbType.TinyInt => Sum<sbyte>(column.Data),
                DuckDbType.SmallInt => Sum<short>(column.Data),
                DuckDbType.Integer or DuckDbType.Date or DuckDbType.Float => Sum<int>(column.Data),
                DuckDbType.BigInt or DuckDbType.Double => Sum<long>(column.Data),
                DuckDbType.HugeInt => Sum<Int128>(column.Data),
                DuckDbType.Varchar => SumTexts(column.Data),
                DuckDbType type => throw new NotSupportedException($"DuckDB type {type}"),
            };
        }
    }

    public void Dispose()
    {
        if (_chunk != 0)
        {
            DuckDbNative.DestroyDataChunk(ref _chunk);
        }

        DuckDbNative.DestroyResult(ref _result);
    }

    private static Column[] ReadColumns(ref DuckDbNative.Result result)
    {
        var columns = new Column[DuckDbNative.ColumnCount(ref result)];
        for (int column = 0; column < columns.Length; column++)
        {
            nint type = DuckDbNative.ColumnLogicalType(ref result, (ulong)column);
            var logical = (DuckDbType)DuckDbNative.GetTypeId(type);
            columns[column].Logical = logical;
            columns[column].Physical = logical == DuckDbType.Decimal ? (DuckDbType)DuckDbNative.DecimalInternalType(type) : logical;
            columns[column].Scale = logical == DuckDbType.Decimal ? DuckDbNative.DecimalScale(type) : 0;
            DuckDbNative.DestroyLogicalType(ref type);
        }

        return columns;
    }

    private Int128 GetInt128(int column) =>
        _columns[column].Physical == DuckDbType.HugeInt ? ((Int128*)_columns[column].Data)[_row] : GetInt64(column);

    private static string DecimalText(Int128 value, int scale)
    {
        if (scale == 0)
        {
            return value.ToString(CultureInfo.InvariantCulture);
        }

        string digits = Int128.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (value < 0 ? "-" : "") + digits[..^scale] + "." + digits[^scale..];
    }

    private long Sum<T>(byte* data)
        where T : unmanaged, INumberBase<T>
    {
        T sum = T.Zero;
        foreach (T value in new ReadOnlySpan<T>(data, _rowCount))
        {
            sum += value;
        }

        return long.CreateTruncating(sum);
    }

    /// <summary>The length and the last byte of each string: the pointer is followed.</summary>
    private long SumTexts(byte* data)
    {
        long sum = 0;
        for (byte* view = data; view < data + 16L * _rowCount; view += 16)
        {
            int size = *(int*)view;
            sum += size;
            if (size > 12)
            {
                sum += (*(byte**)(view + 8))[size - 1];
            }
        }

        return sum;
    }

    /// <summary>A column's type and where its values stand in the current chunk.</summary>
    internal struct Column
    {
        public DuckDbType Logical;
        public DuckDbType Physical;
        public int Scale;
        public byte* Data;
        public ulong* Validity;
    }
}
