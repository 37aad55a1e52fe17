namespace PhantomDb.Benchmarks.Engines;

/// <summary>SQL text without parameters, executed as it is: what PhantomDB keeps of texts like it is its own affair.</summary>
internal sealed class PhantomText(Session session, string sql) : IStatement
{
    private QueryResult? _result;

    public void Bind(int parameter, long value) => throw NoParameters();

    public void Bind(int parameter, int value) => throw NoParameters();

    public void Bind(int parameter, double value) => throw NoParameters();

    public void Bind(int parameter, ReadOnlySpan<byte> utf8) => throw NoParameters();

    public void Run() => session.Execute(sql).Dispose();

    public bool Next()
    {
        _result ??= session.Execute(sql);
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

    public void Dispose() => _result?.Dispose();

    private static NotSupportedException NoParameters() => new("the text has no parameters");
}
