using PhantomDb.Benchmarks.Engines.DuckDb;
using PhantomDb.Benchmarks.Engines.Sqlite;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>Opens empty databases in memory: ours first, then the peers that were asked for.</summary>
internal static class EngineFactory
{
    public const string Self = "phantomdb";

    /// <summary>The sides to measure, the one that is compared with the others first.</summary>
    public static IReadOnlyList<string> Sides(Options options)
    {
        string[] sides = options.PeersOnly ? [.. options.Peers] : [Self, .. options.Peers];
        return sides.Length > 0 ? sides : throw new UsageException("--peers-only needs a peer");
    }

    /// <summary>An engine for one connection, or for several (<paramref name="shared"/>), with at most so many threads for one query.</summary>
    public static IEngine Open(string name, int threadCount, bool shared = false) => name switch
    {
        Self => new PhantomEngine(threadCount),
        "sqlite" => new SqliteEngine(shared),
        "duckdb" => new DuckDbEngine(threadCount),
        _ => throw new UsageException($"unknown engine '{name}'"),
    };
}
