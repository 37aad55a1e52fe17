namespace PhantomDb.Types;

/// <summary>What a <see cref="Numeric"/> is.</summary>
internal enum NumericKind : byte
{
    Finite,
    NaN,
    PositiveInfinity,
    NegativeInfinity,
}
