namespace PhantomDb.Benchmarks.Engines;

/// <summary>A prepared statement of PhantomDB.</summary>
internal sealed class PhantomStatement(PreparedStatement statement) : PhantomExecution
{
    public override void Bind(int parameter, long value) => statement.Bind(parameter, value);

    public override void Bind(int parameter, int value) => statement.Bind(parameter, value);

    public override void Bind(int parameter, double value) => statement.Bind(parameter, value);

    public override void Bind(int parameter, ReadOnlySpan<byte> utf8) => statement.Bind(parameter, utf8);

    public override void Dispose()
    {
        base.Dispose();
        statement.Dispose();
    }

    protected override QueryResult Execute() => statement.Execute();
}
