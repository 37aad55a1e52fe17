using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>Text of uuid: 32 hexadecimal digits with hyphens after any group of four, perhaps in braces; written 8-4-4-4-12.</summary>
internal static class UuidText
{
    public const int Length = 36;

    public static UInt128 Parse(ReadOnlySpan<byte> text) => TryParse(text, out UInt128 value)
        ? value
        : throw Error.InvalidInput("uuid", Encoding.UTF8.GetString(text));

    public static bool TryParse(ReadOnlySpan<byte> text, out UInt128 value)
    {
        value = 0;
        if (text.Length > 1 && text[0] == '{')
        {
            if (text[^1] != '}')
            {
                return false;
            }

            text = text[1..^1];
        }

        ulong high = 0;
        ulong low = 0;
        int i = 0;
        for (int digit = 0; digit < 32; digit++)
        {
            // A hyphen may follow every fourth digit, the last one excepted.
            if (digit > 0 && (digit & 3) == 0 && i < text.Length && text[i] == '-')
            {
                i++;
            }

            int nibble = i < text.Length ? ByteaText.HexValue(text[i]) : -1;
            if (nibble < 0)
            {
                return false;
            }

            if (digit < 16)
            {
                high = (high << 4) | (uint)nibble;
            }
            else
            {
                low = (low << 4) | (uint)nibble;
            }

            i++;
        }

        value = new UInt128(high, low);
        return i == text.Length;
    }

    public static bool TryFormat(UInt128 value, Span<byte> destination, out int written)
    {
        written = 0;
        if (destination.Length < Length)
        {
            return false;
        }

        ulong high = (ulong)(value >> 64);
        ulong low = (ulong)value;
        int at = 0;
        for (int digit = 0; digit < 32; digit++)
        {
            if (digit is 8 or 12 or 16 or 20)
            {
                destination[at++] = (byte)'-';
            }

            ulong half = digit < 16 ? high : low;
            destination[at++] = ByteaText.HexDigit((int)(half >> (60 - ((digit & 15) * 4))) & 15);
        }

        written = Length;
        return true;
    }
}
