using PhantomDb.Types;

namespace PhantomDb.Functions;

/// <summary>
/// A built-in function or operator as SQL sees it: a name and parameter types, by which the binder chooses an overload.
/// Operators bear their symbol as name ("+", "||", "~~" for LIKE); comparisons are expressions of their own.
/// </summary>
internal sealed record ScalarFunction(string Name, IReadOnlyList<SqlTypeId> Parameters, Func<IReadOnlyList<SqlType>, BoundScalarFunction> Bind)
{
    /// <summary>The last parameter may be repeated.</summary>
    public bool IsVariadic { get; init; }

    /// <summary>Takes arguments of any type, which is not cast (an unknown literal becomes text).</summary>
    public bool TakesAny { get; init; }
}

/// <summary>
/// A function chosen for actual argument types: the exact types that its kernel wants (the binder inserts casts where the
/// arguments differ, rescaling numerics), and what it returns.
/// </summary>
internal sealed record BoundScalarFunction(string Name, SqlType ReturnType, IReadOnlyList<SqlType> ArgumentTypes, ScalarKernel Kernel)
{
    public Volatility Volatility { get; init; } = Volatility.Immutable;

    /// <summary>Changes something beside its result: a query with it is carried out whether or not its rows are read.</summary>
    public bool HasSideEffects { get; init; }

    /// <summary>A NULL argument makes the result NULL without a call: the evaluator sets the result's validity.</summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>Can throw for some values: then it is called for the positions that count and are not NULL, no others.</summary>
    public bool IsFallible { get; init; }

    /// <summary>Takes narrow numerics (see <see cref="Vectors.Vector.IsNarrow"/>) as they are.</summary>
    public bool AcceptsNarrow { get; init; }
}
