using System.Runtime.InteropServices;

namespace PhantomDb.Benchmarks.Engines.DuckDb;

/// <summary>A prepared statement of DuckDB.</summary>
internal sealed unsafe class DuckDbStatement : IStatement
{
    private readonly string _sql;
    private nint _statement;
    private DuckDbResult? _result;
    private DuckDbResult.Column[]? _columns;

    public DuckDbStatement(nint connection, string sql)
    {
        _sql = sql;
        if (DuckDbNative.Prepare(connection, sql, out _statement) != DuckDbNative.Success)
        {
            string message = Marshal.PtrToStringUTF8((nint)DuckDbNative.PrepareError(_statement)) ?? "unknown error";
            DuckDbNative.DestroyPrepare(ref _statement);
            throw new EngineException("duckdb", message, sql);
        }
    }

    public void Bind(int parameter, long value) => Check(DuckDbNative.BindInt64(_statement, (ulong)parameter, value));

    public void Bind(int parameter, int value) => Check(DuckDbNative.BindInt32(_statement, (ulong)parameter, value));

    public void Bind(int parameter, double value) => Check(DuckDbNative.BindDouble(_statement, (ulong)parameter, value));

    public void Bind(int parameter, ReadOnlySpan<byte> utf8)
    {
        fixed (byte* text = utf8)
        {
            Check(DuckDbNative.BindText(_statement, (ulong)parameter, text, (ulong)utf8.Length));
        }
    }

    public void Run()
    {
        DuckDbNative.Result result = ExecutePrepared();
        DuckDbNative.DestroyResult(ref result);
    }

    public bool Next()
    {
        if (_result is null)
        {
            _result = new DuckDbResult(ExecutePrepared(), _columns);
            _columns = _result.Columns;
        }

        if (_result.Next())
        {
            return true;
        }

        _result.Dispose();
        _result = null;
        return false;
    }

    public long GetInt64(int column) => _result!.GetInt64(column);

    public double GetDouble(int column) => _result!.GetDouble(column);

    public ReadOnlySpan<byte> GetText(int column) => _result!.GetText(column);

    public void Dispose()
    {
        _result?.Dispose();
        _result = null;
        DuckDbNative.DestroyPrepare(ref _statement);
    }

    private DuckDbNative.Result ExecutePrepared()
    {
        int state = DuckDbNative.ExecutePrepared(_statement, out DuckDbNative.Result result);
        return state == DuckDbNative.Success ? result : throw DuckDbConnection.Error(ref result, _sql);
    }

    private void Check(int state)
    {
        if (state != DuckDbNative.Success)
        {
            throw new EngineException("duckdb", "cannot bind a parameter", _sql);
        }
    }
}
