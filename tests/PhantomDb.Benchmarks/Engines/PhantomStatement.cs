namespace PhantomDb.Benchmarks.Engines;

/// <summary>A prepared statement of PhantomDB.</summary>
internal sealed class PhantomStatement(PreparedStatement statement) : IStatement
{
    private QueryResult? _result;

    public void Bind(int parameter, long value) => statement.Bind(parameter, value);

    public void Bind(int parameter, int value) => statement.Bind(parameter, value);

    public void Bind(int parameter, double value) => statement.Bind(parameter, value);

    public void Bind(int parameter, ReadOnlySpan<byte> utf8) => statement.Bind(parameter, utf8);

    public void Run() => statement.Execute().Dispose();

    public bool Next()
    {
        _result ??= statement.Execute();
        if (_result.Read())
        {
            return true;
        }

        _result.Dispose();
        _result = null;
        return false;
    }

    public long GetInt64(int column) => _result!.GetInt64(column);

    public double GetDouble(int column) => _result!.GetDouble(column);

    public ReadOnlySpan<byte> GetText(int column) => _result!.GetBytes(column);

    public void Dispose()
    {
        _result?.Dispose();
        statement.Dispose();
    }
}
