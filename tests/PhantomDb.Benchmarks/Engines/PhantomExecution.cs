namespace PhantomDb.Benchmarks.Engines;

/// <summary>One execution after the other: running to the end, or row by row.</summary>
internal abstract class PhantomExecution : IStatement
{
    private QueryResult? _result;

    public abstract void Bind(int parameter, long value);

    public abstract void Bind(int parameter, int value);

    public abstract void Bind(int parameter, double value);

    public abstract void Bind(int parameter, ReadOnlySpan<byte> utf8);

    public void Run() => Execute().Dispose();

    public bool Next()
    {
        _result ??= Execute();
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

    public virtual void Dispose() => _result?.Dispose();

    protected abstract QueryResult Execute();
}
