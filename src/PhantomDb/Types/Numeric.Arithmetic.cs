using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>
/// Sums, products, quotients, rounding and order. Sums and products are exact: where they need more than 38 digits they
/// fail (22003) and never round. Quotients have PostgreSQL's scale, less what 38 digits cannot hold.
/// </summary>
internal readonly partial struct Numeric
{
    /// <summary>The longest fraction. The digits shown are at most 38, so the rest are zeros behind the point.</summary>
    public const int ScaleMax = 127;

    /// <summary>Quotients and functions show at least so many significant digits.</summary>
    private const int SignificantDigitsMin = 16;

    /// <summary>PostgreSQL keeps groups of four digits, and its result scales follow from their number.</summary>
    private const int DigitsPerGroup = 4;

    private static Int128 Limit => PowersOfTen.Wide[DigitsMax];

    public static Numeric Zero => default;

    public static Numeric One => new(1, 0);

    public bool IsNaN => _kind == NumericKind.NaN;

    public bool IsZero => (_high | _low) == 0 && _kind == NumericKind.Finite;

    public bool IsNegative => _kind == NumericKind.Finite ? (long)_high < 0 : _kind == NumericKind.NegativeInfinity;

    /// <summary>-1, 0 or 1; NaN has no sign and gives 0.</summary>
    public int SignValue => _kind switch
    {
        NumericKind.Finite => (long)_high < 0 ? -1 : IsZero ? 0 : 1,
        NumericKind.PositiveInfinity => 1,
        NumericKind.NegativeInfinity => -1,
        _ => 0,
    };

    public static Numeric Add(in Numeric left, in Numeric right) =>
        TryAdd(left, right, out Numeric result) ? result : throw Error.NumericOverflow();

    public static Numeric Subtract(in Numeric left, in Numeric right) =>
        TrySubtract(left, right, out Numeric result) ? result : throw Error.NumericOverflow();

    public static Numeric Multiply(in Numeric left, in Numeric right) =>
        TryMultiply(left, right, out Numeric result) ? result : throw Error.NumericOverflow();

    /// <summary>Throws 22012 for a divisor of zero.</summary>
    public static Numeric Divide(in Numeric left, in Numeric right)
    {
        EnsureDivisor(left, right);
        return TryDivide(left, right, out Numeric result) ? result : throw Error.NumericOverflow();
    }

    /// <summary>The remainder of the division towards zero, with the dividend's sign; 22012 for a divisor of zero.</summary>
    public static Numeric Modulo(in Numeric left, in Numeric right)
    {
        EnsureDivisor(left, right);
        return TryModulo(left, right, out Numeric result) ? result : throw Error.NumericOverflow();
    }

    /// <summary>div(): the quotient cut to an integer, scale 0.</summary>
    public static Numeric DivideToInteger(in Numeric left, in Numeric right)
    {
        EnsureDivisor(left, right);
        if (!left.IsFinite || !right.IsFinite)
        {
            return DivideSpecial(left, right);
        }

        BigInteger dividend = (BigInteger)left.Coefficient * PowersOfTen.Big(Math.Max(right._scale - left._scale, 0));
        BigInteger divisor = (BigInteger)right.Coefficient * PowersOfTen.Big(Math.Max(left._scale - right._scale, 0));
        return FromBig(BigInteger.Divide(dividend, divisor), 0);
    }

    /// <summary>Exact sum, scale of the finer operand; false where it needs more than 38 digits.</summary>
    public static bool TryAdd(in Numeric left, in Numeric right, out Numeric result)
    {
        if ((left._kind | right._kind) != NumericKind.Finite)
        {
            result = AddSpecial(left, right);
            return true;
        }

        Int128 a = left.Coefficient;
        Int128 b = right.Coefficient;
        return TryAlign(left._scale, right._scale, ref a, ref b, out int scale)
            ? TryMake(a + b, scale, out result)
            : TryAddBig(left, right, sign: 1, out result);
    }

    /// <summary>Exact difference, scale of the finer operand; false where it needs more than 38 digits.</summary>
    public static bool TrySubtract(in Numeric left, in Numeric right, out Numeric result)
    {
        if ((left._kind | right._kind) != NumericKind.Finite)
        {
            result = AddSpecial(left, Negate(right));
            return true;
        }

        Int128 a = left.Coefficient;
        Int128 b = right.Coefficient;
        return TryAlign(left._scale, right._scale, ref a, ref b, out int scale)
            ? TryMake(a - b, scale, out result)
            : TryAddBig(left, right, sign: -1, out result);
    }

    /// <summary>Exact product, scale the sum of the scales; false where it needs more than 38 digits.</summary>
    public static bool TryMultiply(in Numeric left, in Numeric right, out Numeric result)
    {
        if ((left._kind | right._kind) != NumericKind.Finite)
        {
            result = MultiplySpecial(left, right);
            return true;
        }

        int scale = left._scale + right._scale;
        if (left.IsNarrow && right.IsNarrow && scale <= ScaleMax)
        {
            long high = Math.BigMul((long)left._low, (long)right._low, out long low);
            result = new Numeric((ulong)high, (ulong)low, scale);
            return true;
        }

        Int128 a = left.Coefficient;
        Int128 b = right.Coefficient;
        if (scale > ScaleMax
            || !PowersOfTen.TryMultiply(PowersOfTen.Magnitude(a), PowersOfTen.Magnitude(b), out UInt128 magnitude)
            || magnitude >= (UInt128)Limit)
        {
            return Fail(out result);
        }

        result = new Numeric((a < 0) == (b < 0) ? (Int128)magnitude : -(Int128)magnitude, scale);
        return true;
    }

    /// <summary>
    /// Quotient, rounded half away from zero at the scale that PostgreSQL chooses; false for a divisor of zero or an
    /// integer part of more than 38 digits.
    /// </summary>
    public static bool TryDivide(in Numeric left, in Numeric right, out Numeric result)
    {
        if ((left._kind | right._kind) != NumericKind.Finite)
        {
            if (right.IsZero && !left.IsNaN)
            {
                return Fail(out result);
            }

            result = DivideSpecial(left, right);
            return true;
        }

        if (right.IsZero)
        {
            return Fail(out result);
        }

        int scale = QuotientScale(left, right);
        if (scale > ScaleMax)
        {
            return Fail(out result);
        }

        UInt128 dividend = PowersOfTen.Magnitude(left.Coefficient);
        UInt128 divisor = PowersOfTen.Magnitude(right.Coefficient);
        int shift = scale + right._scale - left._scale;
        if (shift <= PowersOfTen.ExponentMax
            && PowersOfTen.TryMultiply(dividend, (UInt128)PowersOfTen.Wide[shift], out UInt128 shifted)
            && shifted < (UInt128)1 << 127)
        {
            UInt128 magnitude = PowersOfTen.DivideRounded(shifted, divisor);
            if (magnitude < (UInt128)Limit)
            {
                result = new Numeric(left.IsNegative == right.IsNegative ? (Int128)magnitude : -(Int128)magnitude, scale);
                return true;
            }
        }

        return TryDivideBig(left, right, scale, out result);
    }

    public static bool TryModulo(in Numeric left, in Numeric right, out Numeric result)
    {
        if ((left._kind | right._kind) != NumericKind.Finite)
        {
            if (left.IsNaN || right.IsNaN || !left.IsFinite)
            {
                result = NaN;
                return left.IsNaN || !right.IsZero;
            }

            result = left; // a finite number by an infinite one
            return true;
        }

        if (right.IsZero)
        {
            return Fail(out result);
        }

        Int128 a = left.Coefficient;
        Int128 b = right.Coefficient;
        if (TryAlign(left._scale, right._scale, ref a, ref b, out int scale))
        {
            result = new Numeric((long)a == a && (long)b == b && b != -1 ? (long)a % (long)b : a % b, scale);
            return true;
        }

        // The remainder is smaller than the divisor and may fit although the aligned operands do not.
        scale = Math.Max(left._scale, right._scale);
        BigInteger remainder = BigInteger.Remainder(
            (BigInteger)left.Coefficient * PowersOfTen.Big(scale - left._scale),
            (BigInteger)right.Coefficient * PowersOfTen.Big(scale - right._scale));
        return TryFromBig(remainder, scale, out result);
    }

    public static Numeric Negate(in Numeric value) => value._kind switch
    {
        NumericKind.Finite => new Numeric(-value.Coefficient, value._scale),
        NumericKind.PositiveInfinity => NegativeInfinity,
        NumericKind.NegativeInfinity => PositiveInfinity,
        _ => value,
    };

    public static Numeric Abs(in Numeric value) => value.IsNegative ? Negate(value) : value;

    /// <summary>sign(): -1, 0, 1 or NaN.</summary>
    public static Numeric Sign(in Numeric value) => value.IsNaN ? value : new Numeric(value.SignValue, 0);

    /// <summary>Rounds half away from zero to a scale; a negative one rounds before the point and gives scale 0.</summary>
    public static Numeric Round(in Numeric value, int scale) => WithScale(value, scale, truncate: false);

    /// <summary>Cuts towards zero at a scale; a negative one cuts before the point and gives scale 0.</summary>
    public static Numeric Truncate(in Numeric value, int scale) => WithScale(value, scale, truncate: true);

    public static Numeric Ceiling(in Numeric value) => ToInteger(value, up: true);

    public static Numeric Floor(in Numeric value) => ToInteger(value, up: false);

    /// <summary>The same value without zeros at the end of its fraction (trim_scale).</summary>
    public static Numeric TrimScale(in Numeric value)
    {
        if (value._kind != NumericKind.Finite || value._scale == 0)
        {
            return value;
        }

        Int128 coefficient = value.Coefficient;
        int scale = value._scale;
        if (coefficient == 0)
        {
            return default;
        }

        if (value.IsNarrow)
        {
            long narrow = (long)coefficient;
            while (scale > 0 && narrow % 10 == 0)
            {
                narrow /= 10;
                scale--;
            }

            return new Numeric(narrow, scale);
        }

        while (scale > 0 && coefficient % 10 == 0)
        {
            coefficient /= 10;
            scale--;
        }

        return new Numeric(coefficient, scale);
    }

    /// <summary>PostgreSQL's order: -Infinity, numbers, Infinity, NaN; scales do not matter.</summary>
    public static int Compare(in Numeric left, in Numeric right)
    {
        if ((left._kind | right._kind) != NumericKind.Finite)
        {
            return Rank(left).CompareTo(Rank(right));
        }

        if (left._scale == right._scale)
        {
            return left.Coefficient.CompareTo(right.Coefficient);
        }

        int leftSign = left.SignValue;
        int rightSign = right.SignValue;
        if (leftSign != rightSign)
        {
            return leftSign.CompareTo(rightSign);
        }

        if (left._scale < right._scale)
        {
            // What no longer fits when scaled up is larger in magnitude than anything that does.
            return PowersOfTen.TryScaleUp(left.Coefficient, right._scale - left._scale, out Int128 scaledLeft)
                ? scaledLeft.CompareTo(right.Coefficient)
                : leftSign;
        }

        return PowersOfTen.TryScaleUp(right.Coefficient, left._scale - right._scale, out Int128 scaledRight)
            ? left.Coefficient.CompareTo(scaledRight)
            : -rightSign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Equals(in Numeric left, in Numeric right) =>
        left._scale == right._scale && (left._kind | right._kind) == NumericKind.Finite
            ? ((left._low ^ right._low) | (left._high ^ right._high)) == 0
            : Compare(left, right) == 0;

    /// <summary>Equal numbers have equal hashes, whatever their scales.</summary>
    public static ulong Hash(in Numeric value)
    {
        if (value._kind != NumericKind.Finite)
        {
            return (ulong)value._kind * 0x9E3779B97F4A7C15UL;
        }

        Numeric trimmed = value._scale == 0 ? value : TrimScale(value);
        ulong hash = (trimmed._low * 0x9E3779B97F4A7C15UL) ^ (ulong)trimmed._scale;
        hash = (hash ^ (hash >> 32) ^ trimmed._high) * 0xD6E8FEB86659FD93UL;
        return hash ^ (hash >> 32);
    }

    /// <summary>A number from any integer; throws 22003 beyond 38 digits.</summary>
    internal static Numeric FromBig(BigInteger coefficient, int scale) =>
        TryFromBig(coefficient, scale, out Numeric result) ? result : throw Error.NumericOverflow();

    private Numeric(ulong high, ulong low, int scale)
    {
        _high = high;
        _low = low;
        _scale = (short)scale;
    }

    /// <summary>The coefficient fits 64 bits.</summary>
    private bool IsNarrow => (long)_low >> 63 == (long)_high;

    /// <summary>Of the first of PostgreSQL's groups of four digits: its weight (0 = just before the point) and value.</summary>
    private (int Weight, int FirstGroup) Leading()
    {
        UInt128 magnitude = PowersOfTen.Magnitude(Coefficient);
        if (magnitude == 0)
        {
            return (0, 0);
        }

        int exponent = PowersOfTen.DigitCount(magnitude) - 1 - _scale;
        int weight = exponent >= 0 ? exponent / DigitsPerGroup : -((-exponent + DigitsPerGroup - 1) / DigitsPerGroup);
        int shift = _scale + (weight * DigitsPerGroup);
        UInt128 group = shift >= 0
            ? magnitude / (UInt128)PowersOfTen.Wide[shift]
            : magnitude * PowersOfTen.Narrow[-shift];
        return (weight, (int)group);
    }

    private static int QuotientScale(in Numeric left, in Numeric right)
    {
        (int leftWeight, int leftGroup) = left.Leading();
        (int rightWeight, int rightGroup) = right.Leading();
        int weight = leftWeight - rightWeight - (leftGroup <= rightGroup ? 1 : 0);
        int scale = SignificantDigitsMin - (weight * DigitsPerGroup);
        return Math.Max(Math.Max(scale, 0), Math.Max(left._scale, right._scale));
    }

    private static bool TryDivideBig(in Numeric left, in Numeric right, int scale, out Numeric result)
    {
        BigInteger dividend = (BigInteger)left.Coefficient * PowersOfTen.Big(scale + right._scale - left._scale);
        BigInteger divisor = right.Coefficient;

        // Only as much of the fraction as 38 digits can hold.
        BigInteger quotient = BigInteger.Divide(dividend, divisor);
        int excess = DigitCount(quotient) - DigitsMax;
        if (excess > 0)
        {
            scale -= excess;
            if (scale < 0)
            {
                return Fail(out result);
            }

            divisor *= PowersOfTen.Big(excess);
        }

        BigInteger rounded = DivideRounded(dividend, divisor);
        if (DigitCount(rounded) > DigitsMax)
        {
            // Rounding carried into one more digit: 9.99... became 10.0...
            return scale > 0 ? TryFromBig(rounded / 10, scale - 1, out result) : Fail(out result);
        }

        return TryFromBig(rounded, scale, out result);
    }

    private static BigInteger DivideRounded(BigInteger dividend, BigInteger divisor)
    {
        BigInteger quotient = BigInteger.DivRem(dividend, divisor, out BigInteger remainder);
        return BigInteger.Abs(remainder) * 2 >= BigInteger.Abs(divisor)
            ? quotient + (dividend.Sign * divisor.Sign)
            : quotient;
    }

    private static int DigitCount(BigInteger value)
    {
        value = BigInteger.Abs(value);
        if (value.IsZero)
        {
            return 0;
        }

        int estimate = (int)((value.GetBitLength() - 1) * 1233 >> 12);
        return estimate + (value >= PowersOfTen.Big(estimate) ? 1 : 0) + (value >= PowersOfTen.Big(estimate + 1) ? 1 : 0);
    }

    private static bool TryFromBig(BigInteger coefficient, int scale, out Numeric result)
    {
        if (BigInteger.Abs(coefficient) >= (BigInteger)Limit || scale > ScaleMax)
        {
            return Fail(out result);
        }

        result = new Numeric((Int128)coefficient, scale);
        return true;
    }

    private static bool TryAlign(int leftScale, int rightScale, ref Int128 left, ref Int128 right, out int scale)
    {
        scale = Math.Max(leftScale, rightScale);
        return leftScale == rightScale
            || (leftScale < rightScale
                ? PowersOfTen.TryScaleUp(left, rightScale - leftScale, out left)
                : PowersOfTen.TryScaleUp(right, leftScale - rightScale, out right));
    }

    /// <summary>The sum may have 38 digits although one operand, at the scale of the other, has 39.</summary>
    private static bool TryAddBig(in Numeric left, in Numeric right, int sign, out Numeric result)
    {
        int scale = Math.Max(left._scale, right._scale);
        return TryFromBig(
            ((BigInteger)left.Coefficient * PowersOfTen.Big(scale - left._scale))
                + (sign * (BigInteger)right.Coefficient * PowersOfTen.Big(scale - right._scale)),
            scale,
            out result);
    }

    private static bool TryMake(Int128 coefficient, int scale, out Numeric result)
    {
        // Two operands below 10^38 sum to less than 2 * 10^38: where that wraps around, it is still outside the limit.
        if (coefficient < Limit && coefficient > -Limit)
        {
            result = new Numeric(coefficient, scale);
            return true;
        }

        return Fail(out result);
    }

    private static bool Fail(out Numeric result)
    {
        result = default;
        return false;
    }

    private static Numeric WithScale(in Numeric value, int scale, bool truncate)
    {
        if (value._kind != NumericKind.Finite)
        {
            return value;
        }

        if (scale >= value._scale)
        {
            // PostgreSQL would show up to 2000 digits behind the point: more than fit is an error, not a shorter fraction.
            return scale <= ScaleMax && PowersOfTen.TryScaleUp(value.Coefficient, scale - value._scale, out Int128 wide)
                ? new Numeric(wide, scale)
                : throw Error.NumericOverflow();
        }

        int dropped = (int)Math.Min((long)value._scale - scale, 1000);
        Int128 coefficient = truncate
            ? PowersOfTen.Truncate(value.Coefficient, dropped)
            : PowersOfTen.ScaleDown(value.Coefficient, dropped);
        if (scale >= 0)
        {
            return new Numeric(coefficient, scale);
        }

        return PowersOfTen.TryScaleUp(coefficient, (int)Math.Min(-(long)scale, 1000), out Int128 integer)
            ? new Numeric(integer, 0)
            : throw Error.NumericOverflow();
    }

    private static Numeric ToInteger(in Numeric value, bool up)
    {
        if (value._kind != NumericKind.Finite || value._scale == 0)
        {
            return value;
        }

        Int128 whole = PowersOfTen.Truncate(value.Coefficient, value._scale);
        bool hasFraction = value._scale > PowersOfTen.ExponentMax
            ? value.Coefficient != 0
            : whole * PowersOfTen.Wide[value._scale] != value.Coefficient;
        if (hasFraction && up != value.IsNegative)
        {
            whole += up ? 1 : -1;
        }

        return new Numeric(whole, 0);
    }

    private static int Rank(in Numeric value) => value._kind switch
    {
        NumericKind.NegativeInfinity => -1,
        NumericKind.Finite => 0,
        NumericKind.PositiveInfinity => 1,
        _ => 2,
    };

    private static Numeric AddSpecial(in Numeric left, in Numeric right)
    {
        if (left.IsNaN || right.IsNaN)
        {
            return NaN;
        }

        if (left.IsFinite)
        {
            return right;
        }

        return right.IsFinite || left._kind == right._kind ? left : NaN;
    }

    private static Numeric MultiplySpecial(in Numeric left, in Numeric right)
    {
        int sign = left.SignValue * right.SignValue; // 0 for NaN, and for zero times infinity
        return sign == 0 ? NaN : sign > 0 ? PositiveInfinity : NegativeInfinity;
    }

    private static Numeric DivideSpecial(in Numeric left, in Numeric right)
    {
        if (left.IsNaN || right.IsNaN || (!left.IsFinite && !right.IsFinite))
        {
            return NaN;
        }

        if (!right.IsFinite)
        {
            return Zero;
        }

        return left.SignValue * right.SignValue > 0 ? PositiveInfinity : NegativeInfinity;
    }

    private static void EnsureDivisor(in Numeric left, in Numeric right)
    {
        if (right.IsZero && !left.IsNaN)
        {
            throw Error.DivisionByZero();
        }
    }
}
