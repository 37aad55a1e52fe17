namespace PhantomDb.Functions;

/// <summary>Whether a function may be computed early, or once.</summary>
internal enum Volatility : byte
{
    /// <summary>Same arguments, same result: folded when planned.</summary>
    Immutable,
    /// <summary>Fixed within a statement (now(), settings): folded when executed.</summary>
    Stable,
    /// <summary>May differ at each call (random(), nextval()).</summary>
    Volatile,
}
