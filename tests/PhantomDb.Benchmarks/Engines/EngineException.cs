namespace PhantomDb.Benchmarks.Engines;

/// <summary>What a peer said was wrong, with the statement.</summary>
internal sealed class EngineException(string engine, string message, string? sql = null)
    : Exception(sql is null ? $"{engine}: {message}" : $"{engine}: {message}\n  in: {(sql.Length > 500 ? sql[..500] + " …" : sql)}");
