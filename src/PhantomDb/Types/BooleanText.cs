using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>Text of boolean: every spelling that PostgreSQL takes, and their unique prefixes.</summary>
internal static class BooleanText
{
    public const int LengthMax = 5;

    public static bool Parse(ReadOnlySpan<byte> text) => TryParse(text, out bool value)
        ? value
        : throw Error.InvalidInput("boolean", Encoding.UTF8.GetString(text));

    public static bool TryParse(ReadOnlySpan<byte> text, out bool value)
    {
        if (text.Length == 1)
        {
            value = text[0] is (byte)'t' or (byte)'1' or (byte)'T' or (byte)'y' or (byte)'Y';
            return value || text[0] is (byte)'f' or (byte)'0' or (byte)'F' or (byte)'n' or (byte)'N';
        }

        text = DecimalDigits.TrimSpaces(text);
        if (text.Length == 1)
        {
            return TryParse(text, out value);
        }

        value = IsPrefix(text, "true"u8, 1) || IsPrefix(text, "yes"u8, 1) || IsPrefix(text, "on"u8, 2);
        return value || IsPrefix(text, "false"u8, 1) || IsPrefix(text, "no"u8, 1) || IsPrefix(text, "off"u8, 2);
    }

    /// <summary>Output form: t or f. A cast to text gives <see cref="Name"/> instead.</summary>
    public static bool TryFormat(bool value, Span<byte> destination, out int written)
    {
        written = destination.IsEmpty ? 0 : 1;
        if (written == 1)
        {
            destination[0] = value ? (byte)'t' : (byte)'f';
        }

        return written == 1;
    }

    /// <summary>What a cast to text gives.</summary>
    public static ReadOnlySpan<byte> Name(bool value) => value ? "true"u8 : "false"u8;

    private static bool IsPrefix(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word, int lengthMin) =>
        text.Length >= lengthMin && text.Length <= word.Length
        && DecimalDigits.EqualsIgnoreCase(text, word[..text.Length]);
}
