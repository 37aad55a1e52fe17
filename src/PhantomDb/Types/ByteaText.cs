using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>
/// Text of bytea: hexadecimal (\x0a1b) in and out, and PostgreSQL's escape form (\\ and \ooo) in. The bytes are never
/// longer than the text.
/// </summary>
internal static class ByteaText
{
    /// <summary>Length of the hexadecimal form.</summary>
    public static int TextLength(int byteCount) => checked(2 + (2 * byteCount));

    /// <summary>Parses into destination, which must be as long as the text; returns the number of bytes.</summary>
    public static int Parse(ReadOnlySpan<byte> text, Span<byte> destination) =>
        text.StartsWith("\\x"u8) ? ParseHex(text[2..], destination) : ParseEscaped(text, destination);

    public static bool TryFormat(ReadOnlySpan<byte> value, Span<byte> destination, out int written)
    {
        written = 0;
        if (destination.Length < TextLength(value.Length))
        {
            return false;
        }

        destination[0] = (byte)'\\';
        destination[1] = (byte)'x';
        int at = 2;
        foreach (byte b in value)
        {
            destination[at] = HexDigit(b >> 4);
            destination[at + 1] = HexDigit(b & 15);
            at += 2;
        }

        written = at;
        return true;
    }

    /// <summary>0 to 15, or -1 where the character is no hexadecimal digit.</summary>
    internal static int HexValue(byte c)
    {
        uint digit = (uint)(c - '0');
        if (digit <= 9)
        {
            return (int)digit;
        }

        uint letter = (uint)((c | 0x20) - 'a');
        return letter <= 5 ? (int)letter + 10 : -1;
    }

    internal static byte HexDigit(int nibble) => (byte)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);

    /// <summary>Pairs of digits, with white space between the pairs.</summary>
    private static int ParseHex(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = 0;
        int i = 0;
        while (i < text.Length)
        {
            if (text[i] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')
            {
                i++;
                continue;
            }

            int high = HexNibble(text, i);
            if (i + 1 >= text.Length)
            {
                throw Error.InvalidParameter("invalid hexadecimal data: odd number of digits");
            }

            destination[length++] = (byte)((high << 4) | HexNibble(text, i + 1));
            i += 2;
        }

        return length;
    }

    private static int HexNibble(ReadOnlySpan<byte> text, int at)
    {
        int value = HexValue(text[at]);
        if (value >= 0)
        {
            return value;
        }

        Rune.DecodeFromUtf8(text[at..], out Rune character, out _);
        throw Error.InvalidParameter($"invalid hexadecimal digit: \"{character}\"");
    }

    private static int ParseEscaped(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                destination[length++] = text[i];
            }
            else if (i + 1 < text.Length && text[i + 1] == '\\')
            {
                destination[length++] = (byte)'\\';
                i++;
            }
            else if (i + 3 < text.Length && IsOctal(text[i + 1], '3') && IsOctal(text[i + 2], '7') && IsOctal(text[i + 3], '7'))
            {
                destination[length++] = (byte)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0'));
                i += 3;
            }
            else
            {
                throw new PhantomDbException(SqlStates.InvalidTextRepresentation, "invalid input syntax for type bytea");
            }
        }

        return length;
    }

    private static bool IsOctal(byte c, char max) => c >= '0' && c <= max;
}
