using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.DuckDb;

/// <summary>DuckDB's appender as a statement: bind the columns in order, run for each row, dispose to finish.</summary>
internal sealed unsafe class DuckDbAppender : IStatement
{
    private readonly string _table;
    private nint _appender;

    public DuckDbAppender(nint connection, string table)
    {
        _table = table;
        Check(DuckDbNative.AppenderCreate(connection, schema: null, table, out _appender));
    }

    public void Bind(int parameter, long value) => Check(DuckDbNative.AppendInt64(_appender, value));

    public void Bind(int parameter, int value) => Check(DuckDbNative.AppendInt32(_appender, value));

    public void Bind(int parameter, double value) => Check(DuckDbNative.AppendDouble(_appender, value));

    public void Bind(int parameter, ReadOnlySpan<byte> utf8)
    {
        fixed (byte* text = utf8)
        {
            Check(DuckDbNative.AppendText(_appender, text, (ulong)utf8.Length));
        }
    }

    public void Run() => Check(DuckDbNative.AppenderEndRow(_appender));

    public bool Next() => throw new NotSupportedException();

    public long GetInt64(int column) => throw new NotSupportedException();

    public double GetDouble(int column) => throw new NotSupportedException();

    public ReadOnlySpan<byte> GetText(int column) => throw new NotSupportedException();

    public void Dispose()
    {
        int state = DuckDbNative.AppenderClose(_appender);
        string? message = state == DuckDbNative.Success ? null : ErrorMessage();
        _ = DuckDbNative.AppenderDestroy(ref _appender);
        if (message is not null)
        {
            throw new EngineException("duckdb", $"appending to {_table}: {message}");
        }
    }

    private void Check(int state)
    {
        if (state != DuckDbNative.Success)
        {
            throw new EngineException("duckdb", $"appending to {_table}: {ErrorMessage()}");
        }
    }

    private string ErrorMessage() => Marshal.PtrToStringUTF8((nint)DuckDbNative.AppenderError(_appender)) ?? "unknown error";
}
