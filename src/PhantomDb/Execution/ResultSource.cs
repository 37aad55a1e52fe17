using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>Where a result's rows come from: a running plan, or rows that a statement has left behind.</summary>
internal abstract class ResultSource : IDisposable
{
    /// <summary>The next chunk, never empty, valid until the next call; null at the end.</summary>
    public abstract DataChunk? Next();

    /// <summary>Ends the execution: the read timestamp, memory and locks are given back. May be called at any time, more than once.</summary>
    public abstract void Dispose();

    /// <summary>False where <see cref="Dispose"/> is still to be called, because it was refused.</summary>
    public virtual bool IsEnded => true;
}
