namespace PhantomDb.Benchmarks.Engines;

/// <summary>One database in memory, ours or a peer's. All sides are measured through these three interfaces.</summary>
internal interface IEngine : IDisposable
{
    /// <summary>The name as on the command line and in reports.</summary>
    string Name { get; }

    string Version { get; }

    /// <summary>Bytes that the engine itself says it holds.</summary>
    long MemoryUsed { get; }

    /// <summary>A connection for one thread at a time. Connections of one engine see the same database.</summary>
    IConnection Connect();
}
