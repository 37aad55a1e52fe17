namespace PhantomDb.Benchmarks.Engines;

/// <summary>PhantomDB through its public API. To be filled when that exists: until then only --peers-only works.</summary>
internal sealed class PhantomEngine : IEngine
{
    public PhantomEngine(int threadCount)
    {
        throw new EngineUnavailableException(
            $"PhantomDB has no public API yet, so it cannot be measured (with {threadCount} threads); use --peers-only");
    }

    public string Name => EngineFactory.Self;

    public string Version => "";

    public long MemoryUsed => 0;

    public IConnection Connect() => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
