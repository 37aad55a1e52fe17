namespace PhantomDb.Benchmarks.Engines;

/// <summary>An engine's library is not there or cannot be loaded; the message says how to get it.</summary>
internal sealed class EngineUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
