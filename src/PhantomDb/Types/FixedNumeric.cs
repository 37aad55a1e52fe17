using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>
/// numeric(p,s) as a scaled integer: 64-bit up to 18 digits, 128-bit up to 38. Text, rescaling and comparison; sums and
/// products are plain integer arithmetic and belong to the kernels. NaN and infinities have no scaled form.
/// </summary>
internal static class FixedNumeric
{
    /// <summary>Sign, 38 digits, a zero before the point and the point; a scale above 38 needs as many bytes more.</summary>
    public const int TextLengthMax = 41;

    /// <summary>
    /// Parses text to value * 10^scale, rounded half away from zero; false for text that is no number or does not fit
    /// numeric(precision, scale).
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, int precision, int scale, out long value)
    {
        // Fast path: sign, digits, at most one point, no more fraction digits than the scale. One loop to the end of the
        // text, because the lengths of the parts before and behind the point are hard to predict.
        int length = text.Length;
        if ((uint)(length - 1) < 19)
        {
            int start = text[0] == '-' ? 1 : 0;
            ulong magnitude = 0;
            int point = -1;
            int i = start;
            for (; i < length; i++)
            {
                uint digit = (uint)(text[i] - '0');
                if (digit <= 9)
                {
                    magnitude = (magnitude * 10) + digit;
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

            int digitCount = length - start - (point < 0 ? 0 : 1);
            int missing = scale - (point < 0 ? 0 : length - point - 1);

            // With at most 18 digits in all, neither the scaled value nor the limit leaves 64 bits.
            if (i == length && missing >= 0 && digitCount > 0 && digitCount + missing <= SqlType.Int64DigitsMax)
            {
                magnitude *= PowersOfTen.Narrow[missing];
                value = start == 0 ? (long)magnitude : -(long)magnitude;
                return magnitude < PowersOfTen.Narrow[precision];
            }
        }

        bool parsed = TryParseAny(text, precision, scale, out Int128 wide);
        value = (long)wide;
        return parsed;
    }

    /// <summary>As the 64-bit form, for up to 38 digits.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, int precision, int scale, out Int128 value)
    {
        if (TryParse(text, Math.Min(precision, SqlType.Int64DigitsMax), scale, out long narrow))
        {
            value = narrow;
            return true;
        }

        return TryParseAny(text, precision, scale, out value);
    }

    /// <summary>As TryParse; throws 22P02 for text that is no number and 22003 with PostgreSQL's detail.</summary>
    public static long ParseInt64(ReadOnlySpan<byte> text, int precision, int scale) =>
        TryParse(text, precision, scale, out long value) ? value : throw ParseError(text, precision, scale);

    public static Int128 ParseInt128(ReadOnlySpan<byte> text, int precision, int scale) =>
        TryParse(text, precision, scale, out Int128 value) ? value : throw ParseError(text, precision, scale);

    /// <summary>Writes value / 10^scale with all digits of the scale.</summary>
    public static bool TryFormat(long value, int scale, Span<byte> destination, out int written)
    {
        ulong magnitude = PowersOfTen.Magnitude(value);
        int integerDigits = Math.Max(PowersOfTen.DigitCount(magnitude) - scale, 1);
        int sign = value < 0 ? 1 : 0;
        written = sign + integerDigits + (scale > 0 ? scale + 1 : 0);
        if (written > destination.Length)
        {
            written = 0;
            return false;
        }

        if (sign != 0)
        {
            destination[0] = (byte)'-';
        }

        if (scale == 0)
        {
            DecimalDigits.WritePadded(magnitude, destination[sign..], integerDigits);
            return true;
        }

        int point = sign + integerDigits;
        destination[point] = (byte)'.';
        if (scale <= 19)
        {
            ulong unit = PowersOfTen.Narrow[scale];
            ulong whole = magnitude / unit;
            DecimalDigits.WritePadded(whole, destination[sign..], integerDigits);
            DecimalDigits.WritePadded(magnitude - (whole * unit), destination[(point + 1)..], scale);
            return true;
        }

        destination[sign] = (byte)'0';
        destination.Slice(point + 1, scale - 19).Fill((byte)'0');
        DecimalDigits.WritePadded(magnitude, destination[(point + 1 + scale - 19)..], 19);
        return true;
    }

    public static bool TryFormat(Int128 value, int scale, Span<byte> destination, out int written)
    {
        if ((long)value == value)
        {
            return TryFormat((long)value, scale, destination, out written);
        }

        UInt128 magnitude = PowersOfTen.Magnitude(value);
        int digitCount = PowersOfTen.DigitCount(magnitude);
        int integerDigits = Math.Max(digitCount - scale, 1);
        int sign = value < 0 ? 1 : 0;
        written = sign + integerDigits + (scale > 0 ? scale + 1 : 0);
        if (written > destination.Length)
        {
            written = 0;
            return false;
        }

        if (sign != 0)
        {
            destination[0] = (byte)'-';
        }

        // All digits in a row, then the integer part one place to the left, to make room for the point.
        Span<byte> digits = destination[(sign + (scale > 0 ? 1 : 0))..];
        DecimalDigits.WritePadded(magnitude, digits, integerDigits + scale);
        if (scale > 0)
        {
            digits[..integerDigits].CopyTo(destination[sign..]);
            destination[sign + integerDigits] = (byte)'.';
        }

        return true;
    }

    /// <summary>
    /// Changes the scale, rounding half away from zero; false where numeric(toPrecision, toScale) cannot hold the result.
    /// </summary>
    public static bool TryRescale(long value, int fromScale, int toScale, int toPrecision, out long result)
    {
        ulong magnitude = PowersOfTen.Magnitude(value);
        ulong limit = PowersOfTen.Narrow[Math.Min(toPrecision, 19)];
        int shift = toScale - fromScale;
        if (shift > 0)
        {
            if (shift > 19 || Math.BigMul(magnitude, PowersOfTen.Narrow[shift], out ulong low) != 0)
            {
                result = 0;
                return magnitude == 0;
            }

            magnitude = low;
        }
        else if (shift < 0)
        {
            magnitude = shift < -19 ? 0 : DivideRounded(magnitude, PowersOfTen.Narrow[-shift]);
        }

        result = value < 0 ? -(long)magnitude : (long)magnitude;
        return magnitude < limit && magnitude <= long.MaxValue;
    }

    public static bool TryRescale(Int128 value, int fromScale, int toScale, int toPrecision, out Int128 result)
    {
        int shift = toScale - fromScale;
        if (shift < 0)
        {
            result = PowersOfTen.ScaleDown(value, -shift);
        }
        else if (!PowersOfTen.TryScaleUp(value, shift, out result))
        {
            return false;
        }

        Int128 limit = PowersOfTen.Wide[toPrecision];
        return result < limit && result > -limit;
    }

    /// <summary>As TryRescale; throws 22003 with PostgreSQL's detail.</summary>
    public static long Rescale(long value, int fromScale, int toScale, int toPrecision) =>
        TryRescale(value, fromScale, toScale, toPrecision, out long result)
            ? result
            : throw Error.NumericFieldOverflow(toPrecision, toScale);

    public static Int128 Rescale(Int128 value, int fromScale, int toScale, int toPrecision) =>
        TryRescale(value, fromScale, toScale, toPrecision, out Int128 result)
            ? result
            : throw Error.NumericFieldOverflow(toPrecision, toScale);

    /// <summary>Compares two scaled integers of different scales.</summary>
    public static int Compare(Int128 left, int leftScale, Int128 right, int rightScale) =>
        leftScale == rightScale
            ? left.CompareTo(right)
            : Numeric.Compare(new Numeric(left, leftScale), new Numeric(right, rightScale));

    /// <summary>The double nearest to value / 10^scale.</summary>
    public static double ToDouble(long value, int scale) =>
        scale < FloatText.ExactPowers.Length && PowersOfTen.Magnitude(value) <= 1UL << 53
            ? value / FloatText.ExactPowers[scale]
            : Numeric.FromScaled(value, scale).ToDouble();

    private static ulong DivideRounded(ulong dividend, ulong divisor)
    {
        (ulong quotient, ulong remainder) = Math.DivRem(dividend, divisor);
        return remainder >= divisor - remainder ? quotient + 1 : quotient;
    }

    private static bool TryParseAny(ReadOnlySpan<byte> text, int precision, int scale, out Int128 value)
    {
        value = 0;
        if (!DecimalLiteral.TryParse(text, out DecimalLiteral literal)
            || literal.Kind != NumericKind.Finite
            || !literal.TryGetScaled(scale, out value))
        {
            return false;
        }

        Int128 limit = PowersOfTen.Wide[precision];
        return value < limit && value > -limit;
    }

    private static PhantomDbException ParseError(ReadOnlySpan<byte> text, int precision, int scale)
    {
        if (!DecimalLiteral.TryParse(text, out DecimalLiteral literal))
        {
            return Error.InvalidInput("numeric", Encoding.UTF8.GetString(text));
        }

        return literal.Kind switch
        {
            NumericKind.Finite => Error.NumericFieldOverflow(precision, scale),
            NumericKind.NaN => Error.NotSupported("NaN in a numeric with precision and scale"),
            _ => Error.NumericFieldInfinite(precision, scale),
        };
    }
}
