namespace PhantomDb.Benchmarks.Engines;

/// <summary>
/// A prepared statement. One use is: bind, then <see cref="Run"/> for a statement without rows, or <see cref="Next"/> until it returns
/// false for one with rows. Parameters count from 1, columns from 0.
/// </summary>
internal interface IStatement : IDisposable
{
    void Bind(int parameter, long value);

    void Bind(int parameter, int value);

    void Bind(int parameter, double value);

    void Bind(int parameter, ReadOnlySpan<byte> utf8);

    void Run();

    /// <summary>Executes on the first call after binding. False after the last row; the statement can then be bound again.</summary>
    bool Next();

    long GetInt64(int column);

    double GetDouble(int column);

    /// <summary>UTF-8, valid until the next call on this statement.</summary>
    ReadOnlySpan<byte> GetText(int column);
}
