using System.Numerics;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>
/// Roots, powers, exponentials and logarithms with PostgreSQL's result scales, by fixed-point arithmetic on big integers
/// with guard digits. Rare in queries, so written for accuracy. Where PostgreSQL would show more than 38 digits, the
/// fraction is as long as fits.
/// </summary>
internal readonly partial struct Numeric
{
    private const int GuardDigits = 20;

    private const double Log10OfE = 0.434294481903252;

    private const double Ln10 = 2.302585092994046;

    /// <summary>Throws 2201F below zero.</summary>
    public static Numeric Sqrt(in Numeric value)
    {
        if (value.IsNegative)
        {
            throw Error.SquareRootOfNegative();
        }

        if (!value.IsFinite)
        {
            return value;
        }

        int weight = value.Leading().Weight;
        int leadingDigits = weight >= 0
            ? (weight * DigitsPerGroup / 2) + 1
            : 1 - ((1 - (weight * DigitsPerGroup)) / 2);
        int scale = Math.Max(Math.Max(SignificantDigitsMin - leadingDigits, value._scale), 0);
        int workScale = scale + GuardDigits;
        BigInteger root = SquareRoot((BigInteger)value.Coefficient * PowersOfTen.Big((2 * workScale) - value._scale));
        return FromFixedPoint(root, workScale, scale);
    }

    public static Numeric Exp(in Numeric value)
    {
        if (!value.IsFinite)
        {
            return value._kind == NumericKind.NegativeInfinity ? Zero : value;
        }

        double estimate = value.ToDouble();
        EnsureExponentInRange(estimate);
        int weight = (int)(estimate * Log10OfE);
        int scale = Math.Max(Math.Max(SignificantDigitsMin - weight, value._scale), 0);
        int workScale = scale + Math.Max(weight, 0) + GuardDigits;
        return FromFixedPoint(ExpFixed(AtScale(value, workScale), workScale), workScale, scale);
    }

    /// <summary>Throws 2201E for zero and below.</summary>
    public static Numeric Ln(in Numeric value)
    {
        EnsureLogarithm(value);
        if (!value.IsFinite)
        {
            return value;
        }

        int scale = Math.Max(Math.Max(SignificantDigitsMin - LnWeight(value), value._scale), 0);
        int workScale = scale + GuardDigits;
        return FromFixedPoint(LnFixed(value, workScale), workScale, scale);
    }

    public static Numeric Log10(in Numeric value) => Log(new Numeric(10, 0), value);

    /// <summary>log(base, value); throws 2201E for zero and below, 22012 for base 1.</summary>
    public static Numeric Log(in Numeric @base, in Numeric value)
    {
        if (@base.IsNaN || value.IsNaN)
        {
            return NaN;
        }

        EnsureLogarithm(@base);
        EnsureLogarithm(value);
        if (!@base.IsFinite || !value.IsFinite)
        {
            return @base.IsFinite ? value : value.IsFinite ? Zero : NaN;
        }

        int baseWeight = LnWeight(@base);
        int valueWeight = LnWeight(value);
        int scale = Math.Max(SignificantDigitsMin - (valueWeight - baseWeight), 0);
        scale = Math.Max(scale, Math.Max(@base._scale, value._scale));
        int workScale = scale + (2 * (Math.Abs(baseWeight) + Math.Abs(valueWeight))) + (2 * GuardDigits);
        BigInteger divisor = LnFixed(@base, workScale);
        if (divisor.IsZero)
        {
            throw Error.DivisionByZero();
        }

        BigInteger quotient = LnFixed(value, workScale) * PowersOfTen.Big(workScale) / divisor;
        return FromFixedPoint(quotient, workScale, scale);
    }

    /// <summary>Throws 2201F for zero to a negative power and a negative number to a fractional one.</summary>
    public static Numeric Power(in Numeric @base, in Numeric exponent)
    {
        if (!@base.IsFinite || !exponent.IsFinite)
        {
            return PowerSpecial(@base, exponent);
        }

        EnsurePower(@base, exponent);
        Numeric trimmed = TrimScale(exponent);
        if (trimmed._scale == 0 && trimmed.TryToInt64(out long integer) && integer == (int)integer)
        {
            return PowerInteger(@base, (int)integer);
        }

        if (@base.IsZero)
        {
            return new Numeric(0, SignificantDigitsMin);
        }

        bool isNegative = @base.IsNegative && !Int128.IsEvenInteger(trimmed.Coefficient);
        Numeric positive = Abs(@base);
        double estimate = exponent.ToDouble() * EstimateLn(positive);
        EnsureExponentInRange(estimate);
        int weight = (int)(estimate * Log10OfE);
        int scale = Math.Max(SignificantDigitsMin - weight, Math.Max((int)@base._scale, (int)exponent._scale));
        int workScale = scale + Math.Max(weight, 0) + DigitsMax + GuardDigits;
        BigInteger product = LnFixed(positive, workScale) * (BigInteger)exponent.Coefficient / PowersOfTen.Big(exponent._scale);
        BigInteger power = ExpFixed(product, workScale);
        return FromFixedPoint(isNegative ? -power : power, workScale, scale);
    }

    /// <summary>factorial(n), exact; 22003 beyond 38 digits (n over 33).</summary>
    public static Numeric Factorial(long n)
    {
        if (n < 0)
        {
            throw new PhantomDbException(SqlStates.NumericValueOutOfRange, "factorial of a negative number is undefined");
        }

        Numeric result = One;
        for (long i = 2; i <= n; i++)
        {
            result = Multiply(result, FromInt64(i));
        }

        return result;
    }

    private static Numeric PowerInteger(in Numeric @base, int exponent)
    {
        int scale = Math.Max(SignificantDigitsMin, (int)@base._scale);
        if (exponent == 0)
        {
            return FromBig(PowersOfTen.Big(scale), scale);
        }

        if (@base.IsZero)
        {
            return new Numeric(0, scale);
        }

        double weight = exponent * EstimateLn(Abs(@base)) * Log10OfE;
        if (weight > DigitsMax + 1)
        {
            throw Error.NumericOverflow();
        }

        if (weight < -scale - 2)
        {
            return new Numeric(0, scale);
        }

        // Square and multiply on digits * 10^shift, cut to a working length: each step adds less than one unit of the
        // last digit to the error, relative to the exponent at most.
        int workDigits = DigitsMax + scale + GuardDigits + 10;
        (BigInteger Digits, long Shift) power = (BigInteger.One, 0);
        (BigInteger Digits, long Shift) square = (@base.Coefficient, -@base._scale);
        for (uint bits = (uint)Math.Abs((long)exponent); bits != 0; bits >>= 1)
        {
            if ((bits & 1) != 0)
            {
                power = CutTo(workDigits, power.Digits * square.Digits, power.Shift + square.Shift);
            }

            square = CutTo(workDigits, square.Digits * square.Digits, 2 * square.Shift);
        }

        if (exponent > 0)
        {
            return power.Shift >= 0
                ? FromFixedPoint(power.Digits * PowersOfTen.Big((int)power.Shift), 0, scale)
                : FromFixedPoint(power.Digits, (int)-power.Shift, scale);
        }

        int workScale = scale + GuardDigits;
        long numeratorShift = workScale - power.Shift;
        BigInteger inverse = numeratorShift < 0 ? 0 : PowersOfTen.Big((int)numeratorShift) / power.Digits;
        return FromFixedPoint(inverse, workScale, scale);
    }

    private static (BigInteger Digits, long Shift) CutTo(int digitCount, BigInteger digits, long shift)
    {
        int excess = DigitCount(digits) - digitCount;
        return excess <= 0 ? (digits, shift) : (digits / PowersOfTen.Big(excess), shift + excess);
    }

    private static Numeric PowerSpecial(in Numeric @base, in Numeric exponent)
    {
        if (@base.IsNaN)
        {
            return exponent.IsZero ? One : NaN;
        }

        bool baseIsOne = Equals(@base, One);
        if (exponent.IsNaN)
        {
            return baseIsOne ? One : NaN;
        }

        EnsurePower(@base, exponent);
        if (baseIsOne || exponent.IsZero)
        {
            return One;
        }

        if (@base.IsZero)
        {
            return Zero;
        }

        if (!exponent.IsFinite)
        {
            int order = Compare(Abs(@base), One);
            return order == 0 ? One : (order > 0) == (exponent.SignValue > 0) ? PositiveInfinity : Zero;
        }

        if (exponent.IsNegative)
        {
            return Zero;
        }

        bool isOdd = !Int128.IsEvenInteger(TrimScale(exponent).Coefficient);
        return @base.IsNegative && isOdd ? NegativeInfinity : PositiveInfinity;
    }

    private static void EnsurePower(in Numeric @base, in Numeric exponent)
    {
        if (@base.IsZero && exponent.IsNegative)
        {
            throw Error.ZeroToNegativePower();
        }

        if (@base.IsNegative && exponent.IsFinite && TrimScale(exponent)._scale > 0)
        {
            throw Error.NegativeToFractionalPower();
        }
    }

    private static void EnsureLogarithm(in Numeric value)
    {
        if (value.IsZero)
        {
            throw Error.LogarithmOfZero();
        }

        if (value.IsNegative)
        {
            throw Error.LogarithmOfNegative();
        }
    }

    private static void EnsureExponentInRange(double exponent)
    {
        // Beyond this the result has more than 38 digits before the point, or more than ScaleMax zeros behind it.
        if (Math.Abs(exponent) > 300)
        {
            throw Error.NumericOverflow();
        }
    }

    /// <summary>
    /// PostgreSQL's estimate of the decimal weight of ln(value), which decides the scale of logarithms: near 1 it is the
    /// weight of value - 1, elsewhere that of a logarithm in floating point.
    /// </summary>
    private static int LnWeight(in Numeric value)
    {
        Numeric lower = new(9, 1);
        Numeric upper = new(11, 1);
        if (Compare(value, lower) >= 0 && Compare(value, upper) <= 0)
        {
            if (!TrySubtract(value, One, out Numeric difference) || difference.IsZero)
            {
                return 0;
            }

            (int weight, int group) = Abs(difference).Leading();
            return (weight * DigitsPerGroup) + (int)Math.Log10(group);
        }

        return (int)Math.Log10(Math.Abs(EstimateLn(value)));
    }

    private static double EstimateLn(in Numeric value)
    {
        UInt128 magnitude = PowersOfTen.Magnitude(value.Coefficient);
        double nearOne = value.ToDouble() - 1;
        return Math.Abs(nearOne) < 1e-3 && TrySubtract(value, One, out Numeric difference)
            ? LnOnePlus(difference.ToDouble())
            : Math.Log((double)magnitude) - (value._scale * Ln10);
    }

    /// <summary>ln(1 + x) for a small x, where 1 + x would lose its digits.</summary>
    private static double LnOnePlus(double x) => x - (x * x / 2) + (x * x * x / 3) - (x * x * x * x / 4);

    private static BigInteger AtScale(in Numeric value, int scale) =>
        scale >= value._scale
            ? (BigInteger)value.Coefficient * PowersOfTen.Big(scale - value._scale)
            : (BigInteger)value.Coefficient / PowersOfTen.Big(value._scale - scale);

    /// <summary>Rounds a fixed-point number half away from zero to a scale, or to the longest fraction that 38 digits hold.</summary>
    private static Numeric FromFixedPoint(BigInteger value, int valueScale, int scale)
    {
        int integerDigits = Math.Max(DigitCount(value) - valueScale, 0);
        int resultScale = Math.Min(scale, DigitsMax - integerDigits + (integerDigits == 0 ? LeadingZeros(value, valueScale) : 0));
        if (resultScale < 0 || scale > ScaleMax)
        {
            throw Error.NumericOverflow();
        }

        BigInteger rounded = resultScale >= valueScale
            ? value * PowersOfTen.Big(resultScale - valueScale)
            : DivideRounded(value, PowersOfTen.Big(valueScale - resultScale));
        return TryFromBig(rounded, resultScale, out Numeric result)
            ? result
            : FromBig(rounded / 10, resultScale - 1);
    }

    private static int LeadingZeros(BigInteger value, int valueScale) => valueScale - DigitCount(value);

    /// <summary>e^x in fixed point: Taylor series of x / 2^n, squared n times.</summary>
    private static BigInteger ExpFixed(BigInteger x, int scale)
    {
        if (x.Sign < 0)
        {
            return PowersOfTen.Big(2 * scale) / ExpFixed(-x, scale); // 1 / e^-x, whose error only shrinks
        }

        const int extra = 12; // the squarings multiply the relative error by 2^halvings
        scale += extra;
        BigInteger one = PowersOfTen.Big(scale);
        BigInteger reduced = x * PowersOfTen.Big(extra);
        int halvings = 0;
        BigInteger small = one / 1000;
        while (reduced > small)
        {
            reduced >>= 1;
            halvings++;
        }

        BigInteger sum = one;
        BigInteger term = one;
        for (int i = 1; !term.IsZero; i++)
        {
            term = term * reduced / one / i;
            sum += term;
        }

        for (int i = 0; i < halvings; i++)
        {
            sum = sum * sum / one;
        }

        return sum / PowersOfTen.Big(extra);
    }

    /// <summary>
    /// ln of a positive number in fixed point: 2 * artanh((y - 1) / (y + 1)) for y = value / e^estimate, near 1 because
    /// the estimate is a good double.
    /// </summary>
    private static BigInteger LnFixed(in Numeric value, int scale)
    {
        double estimate = EstimateLn(value);
        int workScale = scale + DigitsMax + GuardDigits + (int)Math.Max(-estimate * Log10OfE, 0);
        BigInteger one = PowersOfTen.Big(workScale);
        BigInteger start = new BigInteger(Math.Round(estimate * 1e12)) * PowersOfTen.Big(workScale - 12);
        BigInteger power = ExpFixed(start, workScale);
        BigInteger exact = AtScale(value, workScale);
        BigInteger z = (exact - power) * one / (exact + power);
        BigInteger square = z * z / one;
        BigInteger sum = 0;
        BigInteger term = z;
        for (int i = 1; !term.IsZero; i += 2)
        {
            sum += term / i;
            term = term * square / one;
        }

        return (start + (2 * sum)) / PowersOfTen.Big(workScale - scale);
    }

    /// <summary>Integer square root by Newton's method from above.</summary>
    private static BigInteger SquareRoot(BigInteger value)
    {
        if (value.IsZero)
        {
            return value;
        }

        BigInteger root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + (value / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
