namespace PhantomDb.Types;

/// <summary>
/// A numeric that carries its own scale: value = Coefficient / 10^Scale, up to 38 digits, or NaN or an infinity.
/// For expressions whose scale is not known from their types (division, unconstrained columns).
/// </summary>
internal readonly partial struct Numeric
{
    public const int DigitsMax = 38;

    private readonly ulong _high;
    private readonly ulong _low;
    private readonly short _scale;
    private readonly NumericKind _kind;

    public Numeric(Int128 coefficient, int scale)
    {
        _high = (ulong)(coefficient >> 64);
        _low = (ulong)(coefficient & ulong.MaxValue);
        _scale = (short)scale;
    }

    private Numeric(NumericKind kind) => _kind = kind;

    public static Numeric NaN => new(NumericKind.NaN);

    public static Numeric PositiveInfinity => new(NumericKind.PositiveInfinity);

    public static Numeric NegativeInfinity => new(NumericKind.NegativeInfinity);

    /// <summary>The digits as an integer; 0 for NaN and the infinities.</summary>
    public Int128 Coefficient => new(_high, _low);

    /// <summary>Digits behind the point, as shown.</summary>
    public int Scale => _scale;

    public NumericKind Kind => _kind;

    public bool IsFinite => _kind == NumericKind.Finite;
}
