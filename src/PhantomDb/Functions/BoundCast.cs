using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>A cast between two types, modifiers included. Without a kernel the vector itself is the result.</summary>
internal sealed record BoundCast(SqlType From, SqlType To, ScalarKernel? Kernel)
{
    public Volatility Volatility { get; init; } = Volatility.Immutable;

    /// <summary>As <see cref="BoundScalarFunction.IsFallible"/>.</summary>
    public bool IsFallible { get; init; }

    /// <summary>As <see cref="BoundScalarFunction.AcceptsNarrow"/>.</summary>
    public bool AcceptsNarrow { get; init; }

    /// <summary>The cast as a function of one argument, for the evaluator.</summary>
    public BoundScalarFunction ToFunction() => new("cast", To, [From], Kernel!)
    {
        Volatility = Volatility,
        IsFallible = IsFallible,
        AcceptsNarrow = AcceptsNarrow,
    };
}
