using System.Diagnostics;

namespace PhantomDb.Types;

/// <summary>
/// The parts of a decimal number in text: sign, digits (one point among them) and exponent. Splits only; the value for
/// a scale is computed on demand, so that the same text serves every precision and scale.
/// </summary>
internal readonly ref struct DecimalLiteral
{
    /// <summary>Exponents beyond this are an overflow, as in PostgreSQL, and need not be added up exactly.</summary>
    private const int ExponentLimit = int.MaxValue / 2;

    private readonly ReadOnlySpan<byte> _digits;

    private DecimalLiteral(bool isNegative, ReadOnlySpan<byte> digits, int fractionDigits, int exponent, NumericKind kind)
    {
        IsNegative = isNegative;
        _digits = digits;
        FractionDigits = fractionDigits;
        Exponent = exponent;
        Kind = kind;
    }

    public bool IsNegative { get; }

    /// <summary>Digits behind the point, as written.</summary>
    public int FractionDigits { get; }

    public int Exponent { get; }

    public NumericKind Kind { get; }

    /// <summary>The scale that PostgreSQL gives an unconstrained numeric written like this.</summary>
    public int NaturalScale => (int)Math.Max((long)FractionDigits - Exponent, 0);

    /// <summary>Splits the text (white space around it allowed); false where it is no number.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out DecimalLiteral literal)
    {
        text = DecimalDigits.TrimSpaces(text);
        literal = default;
        int i = 0;
        bool isNegative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            isNegative = text[0] == '-';
            i = 1;
        }

        int start = i;
        int point = -1;
        int digitCount = 0;
        for (; i < text.Length; i++)
        {
            if (DecimalDigits.IsDigit(text[i]))
            {
                digitCount++;
            }
            else if (text[i] == '.' && point < 0)
            {
                point = i;
            }
            else
            {
                break;
            }
        }

        if (digitCount == 0)
        {
            return point < 0 && TryParseSpecial(text, start, isNegative, out literal);
        }

        int end = i;
        int exponent = 0;
        if (i < text.Length && !TryParseExponent(text[i..], out exponent))
        {
            return false;
        }

        int fractionDigits = point < 0 ? 0 : end - point - 1;
        literal = new DecimalLiteral(isNegative, text[start..end], fractionDigits, exponent, NumericKind.Finite);
        return true;
    }

    /// <summary>
    /// The value times 10^scale, rounded half away from zero; false where that has more than 38 digits.
    /// </summary>
    public bool TryGetScaled(int scale, out Int128 result)
    {
        Debug.Assert(Kind == NumericKind.Finite);
        result = 0;
        long shift = (long)Exponent - FractionDigits + scale;
        int significant = _digits.Length - (_digits.Contains((byte)'.') ? 1 : 0);
        long keep = Math.Min(significant, significant + shift);
        UInt128 limit = (UInt128)PowersOfTen.Wide[PowersOfTen.ExponentMax];
        UInt128 magnitude = 0;
        long seen = 0;
        bool roundUp = false;
        foreach (byte c in _digits)
        {
            if (c == '.')
            {
                continue;
            }

            if (seen >= keep)
            {
                roundUp = seen == keep && c >= '5';
                break;
            }

            magnitude = (magnitude * 10) + (uint)(c - '0');
            if (magnitude >= limit)
            {
                return false;
            }

            seen++;
        }

        if (roundUp)
        {
            magnitude++;
        }

        if (magnitude >= limit
            || !PowersOfTen.TryScaleUp((Int128)magnitude, (int)Math.Clamp(shift, 0, 1000), out result))
        {
            return false;
        }

        result = IsNegative ? -result : result;
        return true;
    }

    private static bool TryParseExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        if (text[0] is not ((byte)'e' or (byte)'E'))
        {
            return false;
        }

        int i = 1;
        while (i < text.Length && DecimalDigits.IsSpace(text[i]))
        {
            i++; // PostgreSQL reads the exponent with C's strtol, which skips them
        }

        bool isNegative = false;
        if (i < text.Length && text[i] is (byte)'-' or (byte)'+')
        {
            isNegative = text[i] == '-';
            i++;
        }

        if (i == text.Length)
        {
            return false;
        }

        for (; i < text.Length; i++)
        {
            if (!DecimalDigits.IsDigit(text[i]))
            {
                return false;
            }

            if (exponent < ExponentLimit / 10)
            {
                exponent = (exponent * 10) + (text[i] - '0');
            }
            else
            {
                exponent = ExponentLimit;
            }
        }

        exponent = isNegative ? -exponent : exponent;
        return true;
    }

    private static bool TryParseSpecial(ReadOnlySpan<byte> text, int start, bool isNegative, out DecimalLiteral literal)
    {
        literal = default;
        ReadOnlySpan<byte> word = text[start..];
        if (start == 0 && DecimalDigits.EqualsIgnoreCase(word, "nan"u8))
        {
            literal = new DecimalLiteral(false, default, 0, 0, NumericKind.NaN);
            return true;
        }

        if (DecimalDigits.EqualsIgnoreCase(word, "infinity"u8) || DecimalDigits.EqualsIgnoreCase(word, "inf"u8))
        {
            NumericKind kind = isNegative ? NumericKind.NegativeInfinity : NumericKind.PositiveInfinity;
            literal = new DecimalLiteral(isNegative, default, 0, 0, kind);
            return true;
        }

        return false;
    }
}
