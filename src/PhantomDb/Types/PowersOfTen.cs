using System.Diagnostics;
using System.Numerics;

namespace PhantomDb.Types;

/// <summary>Powers of ten in 64 and 128 bits, digit counts, and exact 128-bit steps that say when they overflow.</summary>
internal static class PowersOfTen
{
    /// <summary>The largest exponent in <see cref="Wide"/>: 10^38 is the largest power below 2^127.</summary>
    public const int ExponentMax = 38;

    /// <summary>10^0 to 10^19.</summary>
    public static ReadOnlySpan<ulong> Narrow =>
    [
        1UL, 10UL, 100UL, 1_000UL, 10_000UL, 100_000UL, 1_000_000UL, 10_000_000UL, 100_000_000UL, 1_000_000_000UL,
        10_000_000_000UL, 100_000_000_000UL, 1_000_000_000_000UL, 10_000_000_000_000UL, 100_000_000_000_000UL,
        1_000_000_000_000_000UL, 10_000_000_000_000_000UL, 100_000_000_000_000_000UL, 1_000_000_000_000_000_000UL,
        10_000_000_000_000_000_000UL,
    ];

    private static readonly Int128[] WideTable = MakeWideTable();

    /// <summary>10^0 to 10^38.</summary>
    public static ReadOnlySpan<Int128> Wide => WideTable;

    /// <summary>10^exponent for any exponent, for the rare paths.</summary>
    public static BigInteger Big(int exponent) => BigInteger.Pow(10, exponent);

    /// <summary>Number of decimal digits; 0 for 0.</summary>
    public static int DigitCount(ulong value)
    {
        // log10(2) is about 1233 / 4096; the estimate is one too low at most.
        int estimate = ((64 - BitOperations.LeadingZeroCount(value)) * 1233) >> 12;
        return estimate + (value >= Narrow[estimate] ? 1 : 0) - (value == 0 ? 1 : 0);
    }

    /// <summary>Number of decimal digits of a value of at most 39 digits; 0 for 0.</summary>
    public static int DigitCount(UInt128 value)
    {
        if (value <= ulong.MaxValue)
        {
            return value == 0 ? 0 : DigitCount((ulong)value);
        }

        int low = 19;
        while (low <= ExponentMax && value >= (UInt128)WideTable[low])
        {
            low++;
        }

        return low;
    }

    public static UInt128 Magnitude(Int128 value) => value < 0 ? (UInt128)(-value) : (UInt128)value;

    public static ulong Magnitude(long value) => value < 0 ? (ulong)(-value) : (ulong)value;

    /// <summary>left * right, or false where the product has more than 128 bits.</summary>
    public static bool TryMultiply(UInt128 left, UInt128 right, out UInt128 product)
    {
        ulong leftHigh = (ulong)(left >> 64);
        ulong rightHigh = (ulong)(right >> 64);
        if ((leftHigh | rightHigh) == 0)
        {
            product = Multiply((ulong)left, (ulong)right);
            return true;
        }

        product = 0;
        if (leftHigh != 0 && rightHigh != 0)
        {
            return false;
        }

        UInt128 wide = leftHigh != 0 ? left : right;
        ulong narrow = leftHigh != 0 ? (ulong)right : (ulong)left;
        UInt128 upper = Multiply((ulong)(wide >> 64), narrow);
        if (upper > ulong.MaxValue)
        {
            return false;
        }

        UInt128 lower = Multiply((ulong)wide, narrow);
        upper <<= 64;
        product = upper + lower;
        return product >= upper;
    }

    /// <summary>value * 10^exponent, or false where it has more than 38 digits.</summary>
    public static bool TryScaleUp(Int128 value, int exponent, out Int128 result)
    {
        Debug.Assert(exponent >= 0);
        result = 0;
        if (value == 0 || exponent == 0)
        {
            result = value;
            return true;
        }

        if (exponent > ExponentMax
            || !TryMultiply(Magnitude(value), (UInt128)WideTable[exponent], out UInt128 magnitude)
            || magnitude >= (UInt128)WideTable[ExponentMax])
        {
            return false;
        }

        result = value < 0 ? -(Int128)magnitude : (Int128)magnitude;
        return true;
    }

    /// <summary>value / 10^exponent, rounded half away from zero.</summary>
    public static Int128 ScaleDown(Int128 value, int exponent)
    {
        if (exponent == 0)
        {
            return value;
        }

        if (exponent > ExponentMax)
        {
            return 0;
        }

        UInt128 magnitude = Magnitude(value);
        UInt128 rounded = DivideRounded(magnitude, (UInt128)WideTable[exponent]);
        return value < 0 ? -(Int128)rounded : (Int128)rounded;
    }

    /// <summary>value / 10^exponent, towards zero.</summary>
    public static Int128 Truncate(Int128 value, int exponent) =>
        exponent == 0 ? value : exponent > ExponentMax ? 0 : Divide(value, WideTable[exponent]);

    /// <summary>dividend / divisor towards zero; 64-bit where both fit, because a 128-bit division is many times slower.</summary>
    public static Int128 Divide(Int128 dividend, Int128 divisor)
    {
        if ((long)dividend == dividend && (long)divisor == divisor && divisor != -1)
        {
            return (long)dividend / (long)divisor;
        }

        return dividend / divisor;
    }

    /// <summary>dividend / divisor, rounded half up, for a dividend below 2^127.</summary>
    public static UInt128 DivideRounded(UInt128 dividend, UInt128 divisor)
    {
        if (dividend <= ulong.MaxValue)
        {
            if (divisor > ulong.MaxValue)
            {
                return dividend >= divisor - (divisor >> 1) ? 1u : 0u;
            }

            (ulong quotient, ulong remainder) = Math.DivRem((ulong)dividend, (ulong)divisor);
            return remainder >= (ulong)divisor - remainder ? (UInt128)quotient + 1 : quotient;
        }

        UInt128 wideQuotient = dividend / divisor;
        UInt128 wideRemainder = dividend - (wideQuotient * divisor);
        return wideRemainder >= divisor - wideRemainder ? wideQuotient + 1 : wideQuotient;
    }

    private static UInt128 Multiply(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return new UInt128(high, low);
    }

    private static Int128[] MakeWideTable()
    {
        var table = new Int128[ExponentMax + 1];
        table[0] = 1;
        for (int i = 1; i < table.Length; i++)
        {
            table[i] = table[i - 1] * 10;
        }

        return table;
    }
}
