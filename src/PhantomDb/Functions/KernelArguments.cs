using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>
/// What a kernel works on: argument vectors and the positions that count. The result is written at the same positions,
/// or as a constant vector where every argument is constant.
/// </summary>
internal readonly ref struct KernelArguments
{
    public required ReadOnlySpan<Vector> Vectors { get; init; }

    /// <summary>Positions to compute, where <see cref="HasSelection"/>; else they are 0 to Count - 1.</summary>
    public ReadOnlySpan<int> Selection { get; init; }

    public bool HasSelection { get; init; }

    public required int Count { get; init; }

    public required IStatementContext Statement { get; init; }

    /// <summary>One object that a kernel may keep between chunks for this call site and worker: a compiled pattern, say.</summary>
    public required KernelState State { get; init; }

    public Vector this[int argument] => Vectors[argument];
}

/// <summary>Memory of one call site in one worker.</summary>
internal sealed class KernelState
{
    public object? Value { get; set; }
}

/// <summary>Computes a function over vectors.</summary>
internal delegate void ScalarKernel(in KernelArguments arguments, Vector result);
