using System.Runtime.CompilerServices;
using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>Text of smallint, integer and bigint: sign and digits, white space around them.</summary>
internal static class IntegerText
{
    public const int Int64LengthMax = 20;

    public static short ParseInt16(ReadOnlySpan<byte> text) =>
        TryParseInt16(text, out short value) ? value : throw ParseError(text, "smallint");

    public static int ParseInt32(ReadOnlySpan<byte> text) =>
        TryParseInt32(text, out int value) ? value : throw ParseError(text, "integer");

    public static long ParseInt64(ReadOnlySpan<byte> text) =>
        TryParseInt64(text, out long value) ? value : throw ParseError(text, "bigint");

    public static bool TryParseInt16(ReadOnlySpan<byte> text, out short value)
    {
        bool parsed = TryParseInt64(text, out long wide);
        value = (short)wide;
        return parsed && value == wide;
    }

    public static bool TryParseInt32(ReadOnlySpan<byte> text, out int value)
    {
        bool parsed = TryParseInt64(text, out long wide);
        value = (int)wide;
        return parsed && value == wide;
    }

    [MethodImpl(HotLoop.Options)]
    public static bool TryParseInt64(ReadOnlySpan<byte> text, out long value)
    {
        if (text.Length > 0 && (DecimalDigits.IsSpace(text[0]) || DecimalDigits.IsSpace(text[^1])))
        {
            text = DecimalDigits.TrimSpaces(text);
        }

        int i = 0;
        bool isNegative = false;
        if (text.Length > 0 && text[0] is (byte)'-' or (byte)'+')
        {
            isNegative = text[0] == '-';
            i = 1;
        }

        value = 0;
        int digitCount = text.Length - i;
        if (digitCount is > 0 and <= 18)
        {
            long result = 0;
            for (; i < text.Length; i++)
            {
                uint digit = (uint)(text[i] - '0');
                if (digit > 9)
                {
                    return false;
                }

                result = (result * 10) + digit;
            }

            value = isNegative ? -result : result;
            return true;
        }

        return TryParseLong(text[i..], isNegative, out value);
    }

    public static bool TryFormat(long value, Span<byte> destination, out int written)
    {
        ulong magnitude = PowersOfTen.Magnitude(value);
        int sign = value < 0 ? 1 : 0;
        int digitCount = Math.Max(PowersOfTen.DigitCount(magnitude), 1);
        written = sign + digitCount;
        if (written > destination.Length)
        {
            written = 0;
            return false;
        }

        destination[0] = (byte)'-';
        DecimalDigits.WritePadded(magnitude, destination[sign..], digitCount);
        return true;
    }

    /// <summary>More than 18 characters: leading zeros, the last digits of the range, or too large.</summary>
    private static bool TryParseLong(ReadOnlySpan<byte> digits, bool isNegative, out long value)
    {
        value = 0;
        if (digits.IsEmpty)
        {
            return false;
        }

        Int128 result = 0;
        foreach (byte c in digits)
        {
            if (!DecimalDigits.IsDigit(c))
            {
                return false;
            }

            result = (result * 10) + (c - '0');
            if (result > (Int128)long.MaxValue + 1)
            {
                return false;
            }
        }

        result = isNegative ? -result : result;
        value = (long)result;
        return value == result;
    }

    private static PhantomDbException ParseError(ReadOnlySpan<byte> text, string typeName)
    {
        // As PostgreSQL: once the digits are out of range, what follows them does not matter.
        string shown = Encoding.UTF8.GetString(text);
        int i = 0;
        while (i < text.Length && DecimalDigits.IsSpace(text[i]))
        {
            i++;
        }

        int sign = i < text.Length && text[i] is (byte)'-' or (byte)'+' ? 1 : 0;
        int end = i + sign;
        while (end < text.Length && DecimalDigits.IsDigit(text[end]))
        {
            end++;
        }

        ReadOnlySpan<byte> number = text[i..end];
        bool inRange = typeName switch
        {
            "smallint" => TryParseInt16(number, out _),
            "integer" => TryParseInt32(number, out _),
            _ => TryParseInt64(number, out _),
        };
        return end > i + sign && !inRange ? Error.ValueOutOfRange(typeName, shown) : Error.InvalidInput(typeName, shown);
    }
}
