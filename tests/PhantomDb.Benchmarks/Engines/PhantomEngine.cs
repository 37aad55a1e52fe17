namespace PhantomDb.Benchmarks.Engines;

/// <summary>PhantomDB through its public API alone, as any other user of the library.</summary>
internal sealed class PhantomEngine : IEngine
{
    private readonly Database _database;

    public PhantomEngine(int threadCount)
    {
        if (threadCount != 1)
        {
            throw new EngineUnavailableException($"PhantomDB runs a query on one thread, not on {threadCount}; use --threads 1 or --peers-only");
        }

        _database = Database.CreateInMemory();
    }

    public string Name => EngineFactory.Self;

    public string Version => typeof(Database).Assembly.GetName().Version?.ToString(3) ?? "";

    public long MemoryUsed => _database.MemoryUsed;

    public IConnection Connect() => new PhantomConnection(_database.OpenSession());

    public void Dispose() => _database.Dispose();
}
