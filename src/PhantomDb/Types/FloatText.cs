using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>
/// Text of real and double precision: input as C's strtod takes it (decimal and hexadecimal, NaN, inf, infinity), output
/// the shortest digits that read back as the same value, laid out as PostgreSQL does.
/// </summary>
internal static class FloatText
{
    public const int SingleLengthMax = 15;
    public const int DoubleLengthMax = 25;

    /// <summary>Above this no decimal of 17 digits lies halfway between two doubles.</summary>
    private const double HalfwayMax = 1e40;

    private const float SingleHalfwayMax = 1e20f;

    private const int ShortScaleMax = 4;   // down to 0.0001, which has no exponent yet
    private const ulong ShortPower = 10_000;

    private const string SingleName = "real";
    private const string DoubleName = "double precision";

    /// <summary>The powers of ten that a double holds exactly.</summary>
    public static ReadOnlySpan<double> ExactPowers =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ];

    public static double ParseDouble(ReadOnlySpan<byte> text) =>
        TryParseDouble(text, out double value) ? value : throw ParseError(text, DoubleName);

    public static float ParseSingle(ReadOnlySpan<byte> text) =>
        TryParseSingle(text, out float value) ? value : throw ParseError(text, SingleName);

    /// <summary>False for text that is no number and for numbers too large or too small to be represented.</summary>
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value)
    {
        if (TryParseShort(text, out value))
        {
            return true;
        }

        if (!TrySplit(text, out ReadOnlySpan<byte> number, out double special, out bool isZero))
        {
            return false;
        }

        if (number.IsEmpty)
        {
            value = special;
            return true;
        }

        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value)
            && (value != 0 || isZero);
    }

    public static bool TryParseSingle(ReadOnlySpan<byte> text, out float value)
    {
        value = 0;
        if (!TrySplit(text, out ReadOnlySpan<byte> number, out double special, out bool isZero))
        {
            return false;
        }

        if (number.IsEmpty)
        {
            value = (float)special;
            return !float.IsInfinity(value) || double.IsInfinity(special);
        }

        return float.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
            && float.IsFinite(value)
            && (value != 0 || isZero);
    }

    public static bool TryFormat(double value, Span<byte> destination, out int written)
    {
        // An integer below 10^15 is its own shortest form (but not -0).
        if (Math.Abs(value) < 1e15 && value == (long)value && (value != 0 || !double.IsNegative(value)))
        {
            return IntegerText.TryFormat((long)value, destination, out written);
        }

        return (destination.Length >= DoubleLengthMax && TryFormatShort(value, destination, out written)) || TryFormatAny(value, destination, out written);
    }

    // By itself: its buffers, which are cleared, would be a burden on the short ones.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryFormatAny(double value, Span<byte> destination, out int written)
    {
        if (!double.IsFinite(value))
        {
            return TryFormatSpecial(value, destination, out written);
        }

        Span<byte> shortest = stackalloc byte[40];
        value.TryFormat(shortest, out int length, default, CultureInfo.InvariantCulture);
        if (Math.Abs(value) is > 1L << 53 and < HalfwayMax
            && IsHalfway(shortest[..length], value, Math.BitIncrement(value), Math.BitDecrement(value)))
        {
            for (int digits = 0; digits < 17; digits++)
            {
                Utf8Formatter.TryFormat(value, shortest, out length, new StandardFormat('E', (byte)digits));
                if (double.Parse(shortest[..length], CultureInfo.InvariantCulture) == value
                    && !IsHalfway(shortest[..length], value, Math.BitIncrement(value), Math.BitDecrement(value)))
                {
                    break;
                }
            }
        }

        return TryLayOut(shortest[..length], exponentMax: 15, destination, out written);
    }

    public static bool TryFormat(float value, Span<byte> destination, out int written)
    {
        if (Math.Abs(value) < 1e6f && value == (int)value && (value != 0 || !float.IsNegative(value)))
        {
            return IntegerText.TryFormat((int)value, destination, out written);
        }

        if (!float.IsFinite(value))
        {
            return TryFormatSpecial(value, destination, out written);
        }

        Span<byte> shortest = stackalloc byte[40];
        value.TryFormat(shortest, out int length, default, CultureInfo.InvariantCulture);
        if (Math.Abs(value) is > 1 << 24 and < SingleHalfwayMax
            && IsHalfway(shortest[..length], value, MathF.BitIncrement(value), MathF.BitDecrement(value)))
        {
            for (int digits = 0; digits < 9; digits++)
            {
                Utf8Formatter.TryFormat(value, shortest, out length, new StandardFormat('E', (byte)digits));
                if (float.Parse(shortest[..length], CultureInfo.InvariantCulture) == value
                    && !IsHalfway(shortest[..length], value, MathF.BitIncrement(value), MathF.BitDecrement(value)))
                {
                    break;
                }
            }
        }

        return TryLayOut(shortest[..length], exponentMax: 6, destination, out written);
    }

    /// <summary>real from double precision: 22003 where it becomes infinite or zero.</summary>
    public static float ToSingle(double value)
    {
        float result = (float)value;
        if (float.IsInfinity(result) && !double.IsInfinity(value))
        {
            throw Error.FloatOverflow();
        }

        return result != 0 || value == 0 ? result : throw Error.FloatUnderflow();
    }

    /// <summary>Rounds half to even, as PostgreSQL casts floating point to integers; false out of range and for NaN.</summary>
    public static bool TryToInt64(double value, out long result)
    {
        double rounded = Math.Round(value, MidpointRounding.ToEven);
        bool fits = rounded is >= -9223372036854775808.0 and < 9223372036854775808.0;
        result = fits ? (long)rounded : 0;
        return fits;
    }

    public static bool TryToInt32(double value, out int result)
    {
        bool fits = TryToInt64(value, out long wide);
        result = (int)wide;
        return fits && result == wide;
    }

    public static bool TryToInt16(double value, out short result)
    {
        bool fits = TryToInt64(value, out long wide);
        result = (short)wide;
        return fits && result == wide;
    }

    /// <summary>At most 15 digits with a point: integer / power of ten, both exact, rounds once.</summary>
    [MethodImpl(HotLoop.Options)]
    private static bool TryParseShort(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.Length is 0 or > 17)
        {
            return false;
        }

        int i = text[0] == '-' ? 1 : 0;
        int start = i;
        long digits = 0;
        int point = -1;
        for (; i < text.Length; i++)
        {
            uint digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[i] == '.' && point < 0)
            {
                point = i;
            }
            else
            {
                return false;
            }
        }

        int digitCount = text.Length - start - (point < 0 ? 0 : 1);
        if (digitCount is 0 or > 15)
        {
            return false;
        }

        value = point < 0 ? digits : digits / ExactPowers[text.Length - point - 1];
        value = start == 1 ? -value : value;
        return true;
    }

    /// <summary>Checks the syntax; a number that .NET does not read itself comes back as <paramref name="special"/>.</summary>
    private static bool TrySplit(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> number, out double special, out bool isZero)
    {
        number = default;
        special = 0;
        isZero = true;
        text = DecimalDigits.TrimSpaces(text);
        int i = 0;
        bool isNegative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            isNegative = text[0] == '-';
            i = 1;
        }

        ReadOnlySpan<byte> word = text[i..];
        if (DecimalDigits.EqualsIgnoreCase(word, "nan"u8))
        {
            special = double.NaN;
            return true;
        }

        if (DecimalDigits.EqualsIgnoreCase(word, "inf"u8) || DecimalDigits.EqualsIgnoreCase(word, "infinity"u8))
        {
            special = isNegative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        if (word.Length > 2 && word[0] == '0' && (word[1] | 0x20) == 'x')
        {
            bool parsed = TryParseHexadecimal(word[2..], out special);
            special = isNegative ? -special : special;
            return parsed;
        }

        int digitCount = 0;
        bool point = false;
        for (; i < text.Length; i++)
        {
            if (DecimalDigits.IsDigit(text[i]))
            {
                digitCount++;
                isZero &= text[i] == '0';
            }
            else if (text[i] == '.' && !point)
            {
                point = true;
            }
            else
            {
                break;
            }
        }

        if (digitCount == 0)
        {
            return false;
        }

        if (i < text.Length)
        {
            if ((text[i] | 0x20) != 'e')
            {
                return false;
            }

            i += i + 1 < text.Length && text[i + 1] is (byte)'-' or (byte)'+' ? 2 : 1;
            if (i == text.Length || text[i..].ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                return false;
            }
        }

        number = text;
        return true;
    }

    /// <summary>Hexadecimal digits with a point and a binary exponent, of at most 52 bits (more are unusual, and refused).</summary>
    private static bool TryParseHexadecimal(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        long mantissa = 0;
        int exponent = 0;
        int digitCount = 0;
        bool point = false;
        int i = 0;
        for (; i < text.Length; i++)
        {
            int digit = text[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => text[i] - '0',
                >= (byte)'a' and <= (byte)'f' => text[i] - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => text[i] - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
            {
                if (text[i] != '.' || point)
                {
                    break;
                }

                point = true;
                continue;
            }

            if (mantissa >> 48 != 0)
            {
                return false;
            }

            mantissa = (mantissa << 4) | (long)digit;
            exponent -= point ? 4 : 0;
            digitCount++;
        }

        if (digitCount == 0)
        {
            return false;
        }

        if (i < text.Length)
        {
            if ((text[i] | 0x20) != 'p' || !IntegerText.TryParseInt32(text[(i + 1)..], out int power) || Math.Abs(power) > 5000)
            {
                return false;
            }

            exponent += power;
        }

        value = Math.ScaleB(mantissa, exponent);
        return double.IsFinite(value) && (value != 0 || mantissa == 0);
    }

    /// <summary>
    /// Whether a decimal lies exactly between the value and a neighbour. .NET takes such a decimal where it reads back
    /// as the value (1e23); PostgreSQL does not rely on how readers round, and takes a longer one inside.
    /// </summary>
    private static bool IsHalfway(ReadOnlySpan<byte> text, double value, double above, double below)
    {
        BigInteger exact = new(value);
        Span<char> characters = stackalloc char[text.Length];
        Encoding.ASCII.GetChars(text, characters);
        if (!BigInteger.TryParse(characters, NumberStyles.Float, CultureInfo.InvariantCulture, out BigInteger written) || written == exact)
        {
            return false;
        }

        double neighbour = written > exact ? above : below;
        return (written - exact) * 2 == new BigInteger(neighbour) - exact;
    }

    /// <summary>
    /// Amounts and the like: a decimal of at most 15 digits that reads back as the value is the shortest one, for no two of them read as the same double.
    /// Integer / power of ten, both exact, rounds once: as reading does.
    /// </summary>
    private static bool TryFormatShort(double value, Span<byte> destination, out int written)
    {
        written = 0;
        double magnitude = Math.Abs(value);
        if (!(magnitude < 1e11))
        {
            return false;
        }

        long digits = (long)((magnitude * ShortPower) + 0.5);
        if (digits == 0 || (double)digits / ShortPower != magnitude)
        {
            return false;
        }

        (long whole, uint fraction) = ((long)((ulong)digits / ShortPower), (uint)((ulong)digits % ShortPower));   // a fraction: the value is no integer
        int scale = ShortScaleMax;
        if (fraction % 100 == 0)
        {
            fraction /= 100;
            scale -= 2;
        }
        if (fraction % 10 == 0)
        {
            fraction /= 10;
            scale--;
        }
        destination[0] = (byte)'-';
        int start = value < 0 ? 1 : 0;
        IntegerText.TryFormat(whole, destination[start..], out written);
        written += start;
        destination[written++] = (byte)'.';
        DecimalDigits.WritePadded(fraction, destination[written..], scale);
        written += scale;
        return true;
    }

    private static bool TryFormatSpecial(double value, Span<byte> destination, out int written)
    {
        ReadOnlySpan<byte> name = double.IsNaN(value) ? "NaN"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8;
        written = name.TryCopyTo(destination) ? name.Length : 0;
        return written > 0;
    }

    /// <summary>
    /// Takes .NET's shortest form apart and lays the digits out as PostgreSQL: plain from 10^-4 up to 10^exponentMax,
    /// else with an exponent of two digits at least.
    /// </summary>
    private static bool TryLayOut(ReadOnlySpan<byte> shortest, int exponentMax, Span<byte> destination, out int written)
    {
        Span<byte> digits = stackalloc byte[40];
        int count = 0;
        int pointPlace = -1; // digits before the point
        int exponent = 0;
        int sign = shortest[0] == '-' ? 1 : 0;
        for (int i = sign; i < shortest.Length; i++)
        {
            byte c = shortest[i];
            if (c == '.')
            {
                pointPlace = count;
            }
            else if (c == 'E')
            {
                Utf8Parser.TryParse(shortest[(i + 1)..], out exponent, out _);
                break;
            }
            else
            {
                digits[count++] = c;
            }
        }

        exponent += (pointPlace < 0 ? count : pointPlace) - 1;
        int leadingZeros = 0;
        while (leadingZeros < count - 1 && digits[leadingZeros] == '0')
        {
            leadingZeros++;
            exponent--;
        }

        ReadOnlySpan<byte> significant = digits[leadingZeros..count];
        significant = significant.Length > 1 ? significant.TrimEnd((byte)'0') : significant;
        if (significant is [(byte)'0'])
        {
            exponent = 0;
        }

        Span<byte> buffer = stackalloc byte[64];
        int length = 0;
        if (sign != 0)
        {
            buffer[length++] = (byte)'-';
        }

        if (exponent < -4 || exponent >= exponentMax)
        {
            length += WriteWithExponent(significant, exponent, buffer[length..]);
        }
        else
        {
            length += WritePlain(significant, exponent, buffer[length..]);
        }

        written = buffer[..length].TryCopyTo(destination) ? length : 0;
        return written > 0;
    }

    private static int WriteWithExponent(ReadOnlySpan<byte> digits, int exponent, Span<byte> buffer)
    {
        int length = 0;
        buffer[length++] = digits[0];
        if (digits.Length > 1)
        {
            buffer[length++] = (byte)'.';
            digits[1..].CopyTo(buffer[length..]);
            length += digits.Length - 1;
        }

        buffer[length++] = (byte)'e';
        buffer[length++] = exponent < 0 ? (byte)'-' : (byte)'+';
        int magnitude = Math.Abs(exponent);
        int exponentDigits = magnitude >= 100 ? 3 : 2;
        DecimalDigits.WritePadded((ulong)magnitude, buffer[length..], exponentDigits);
        return length + exponentDigits;
    }

    private static int WritePlain(ReadOnlySpan<byte> digits, int exponent, Span<byte> buffer)
    {
        int length = 0;
        if (exponent < 0)
        {
            "0."u8.CopyTo(buffer);
            buffer.Slice(2, -exponent - 1).Fill((byte)'0');
            length = 1 - exponent;
            digits.CopyTo(buffer[length..]);
            return length + digits.Length;
        }

        int integerDigits = Math.Min(exponent + 1, digits.Length);
        digits[..integerDigits].CopyTo(buffer);
        length = integerDigits;
        while (length < exponent + 1)
        {
            buffer[length++] = (byte)'0';
        }

        if (digits.Length > integerDigits)
        {
            buffer[length++] = (byte)'.';
            digits[integerDigits..].CopyTo(buffer[length..]);
            length += digits.Length - integerDigits;
        }

        return length;
    }

    private static PhantomDbException ParseError(ReadOnlySpan<byte> text, string typeName)
    {
        // What has the syntax of a number, but no value in the type, is out of range.
        return TrySplit(text, out ReadOnlySpan<byte> number, out _, out _) && !number.IsEmpty
            ? Error.FloatTextOutOfRange(typeName, Encoding.UTF8.GetString(text))
            : Error.InvalidInput(typeName, Encoding.UTF8.GetString(text));
    }
}
