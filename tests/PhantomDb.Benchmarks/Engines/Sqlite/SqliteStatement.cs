using System.Runtime.InteropServices;
using System.Text;

namespace PhantomDb.Benchmarks.Engines.Sqlite;

/// <summary>A prepared statement of SQLite.</summary>
internal sealed unsafe class SqliteStatement : IStatement
{
    // Bound text is copied here once and lent to SQLite, which saves it an allocation for each text.
    private const int TextSizeMax = 4096;
    private const nint Transient = -1;

    private readonly nint _database;
    private readonly nint _statement;
    private readonly string _sql;
    private byte* _texts;
    private int _textsSize;
    private long _checksum;

    public SqliteStatement(nint database, nint statement, string sql)
    {
        _database = database;
        _statement = statement;
        _sql = sql;
        ColumnCount = SqliteNative.ColumnCount(statement);
    }

    public int ColumnCount { get; }

    /// <summary>Depends on everything that <see cref="ReadRow"/> has read, so that no read can be left out.</summary>
    public long Checksum => _checksum;

    public void Bind(int parameter, long value) => Check(SqliteNative.BindInt64(_statement, parameter, value));

    public void Bind(int parameter, int value) => Check(SqliteNative.BindInt64(_statement, parameter, value));

    public void Bind(int parameter, double value) => Check(SqliteNative.BindDouble(_statement, parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> utf8)
    {
        if (_textsSize + utf8.Length >= TextSizeMax)
        {
            fixed (byte* text = utf8)
            {
                Check(SqliteNative.BindText(_statement, parameter, text, utf8.Length, Transient));
            }

            return;
        }

        if (_texts is null)
        {
            _texts = (byte*)NativeMemory.Alloc(TextSizeMax);
        }

        utf8.CopyTo(new Span<byte>(_texts + _textsSize, TextSizeMax - _textsSize));
        Check(SqliteNative.BindText(_statement, parameter, _texts + _textsSize, utf8.Length, SqliteNative.Static));
        _textsSize += utf8.Length;
    }

    public void Run()
    {
        int code;
        while ((code = SqliteNative.Step(_statement)) == SqliteNative.Row)
        {
        }

        Finish(code);
    }

    public bool Next()
    {
        int code = SqliteNative.Step(_statement);
        if (code == SqliteNative.Row)
        {
            return true;
        }

        Finish(code);
        return false;
    }

    public long GetInt64(int column) => SqliteNative.ColumnInt64(_statement, column);

    public double GetDouble(int column) => SqliteNative.ColumnDouble(_statement, column);

    public ReadOnlySpan<byte> GetText(int column)
    {
        byte* text = SqliteNative.ColumnText(_statement, column);
        return new ReadOnlySpan<byte>(text, SqliteNative.ColumnBytes(_statement, column));
    }

    /// <summary>Reads every value of the row in its own type.</summary>
    public void ReadRow()
    {
        for (int column = 0; column < ColumnCount; column++)
        {
            _checksum += SqliteNative.ColumnType(_statement, column) switch
            {
                SqliteNative.TypeInteger => GetInt64(column),
                SqliteNative.TypeFloat => BitConverter.DoubleToInt64Bits(GetDouble(column)),
                SqliteNative.TypeNull => 1,
                _ => GetText(column).Length,
            };
        }
    }

    public Cell GetCell(int column) => SqliteNative.ColumnType(_statement, column) switch
    {
        SqliteNative.TypeInteger => new Cell(CellKind.Exact, GetInt64(column).ToString(System.Globalization.CultureInfo.InvariantCulture)),
        SqliteNative.TypeFloat => new Cell(CellKind.Floating, SqliteConnection.FormatDouble(GetDouble(column))),
        SqliteNative.TypeNull => Cell.Null,
        _ => new Cell(CellKind.Text, Encoding.UTF8.GetString(GetText(column))),
    };

    public void Dispose()
    {
        _ = SqliteNative.Finalize(_statement);
        NativeMemory.Free(_texts);
        _texts = null;
    }

    private void Finish(int code)
    {
        if (code != SqliteNative.Done)
        {
            EngineException error = SqliteConnection.Error(_database, _sql);
            _ = SqliteNative.Reset(_statement);
            throw error;
        }

        _ = SqliteNative.Reset(_statement);
        _textsSize = 0;
    }

    private void Check(int code)
    {
        if (code != SqliteNative.Ok)
        {
            throw SqliteConnection.Error(_database, _sql);
        }
    }
}
