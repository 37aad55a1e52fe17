namespace PhantomDb.Benchmarks.Engines;

/// <summary>SQL text without parameters, executed as it is: what PhantomDB keeps of texts like it is its own affair.</summary>
internal sealed class PhantomText(Session session, string sql) : PhantomExecution
{
    public override void Bind(int parameter, long value) => throw NoParameters();

    public override void Bind(int parameter, int value) => throw NoParameters();

    public override void Bind(int parameter, double value) => throw NoParameters();

    public override void Bind(int parameter, ReadOnlySpan<byte> utf8) => throw NoParameters();

    protected override QueryResult Execute() => session.Execute(sql);

    private static NotSupportedException NoParameters() => new("the text has no parameters");
}
