using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using PhantomDb.Errors;

namespace PhantomDb.Types;

/// <summary>
/// Text as UTF-8 bytes, counted in characters (code points): length, substring, cutting to n characters, validation.
/// All but the validation expect valid UTF-8.
/// </summary>
internal static class Utf8Text
{
    /// <summary>Bytes of a name, as in PostgreSQL.</summary>
    private const int NameLengthMax = 63;

    /// <summary>Place of the first half of a surrogate pair without its other half, which no encoding has; -1 where there is none.</summary>
    public static int IndexOfLoneSurrogate(ReadOnlySpan<char> text)
    {
        int at = 0;
        while (text[at..].IndexOfAnyInRange('\ud800', '\udfff') is >= 0 and int step)
        {
            at += step;
            if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            {
                return at;
            }
            at += 2;
        }
        return -1;
    }

    /// <summary>Throws 22021 for UTF-16 that has no UTF-8: an encoder would put another character there without a word.</summary>
    public static void EnsureValid(ReadOnlySpan<char> text, int position = -1)
    {
        if (IndexOfLoneSurrogate(text) is >= 0 and int at)
        {
            int unit = text[at];
            throw Error.InvalidByteSequence([(byte)(0xE0 | (unit >> 12)), (byte)(0x80 | ((unit >> 6) & 0x3F)), (byte)(0x80 | (unit & 0x3F))], position < 0 ? -1 : position + at);
        }
    }

    /// <summary>Number of characters: bytes that do not continue one.</summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        int continuations = 0;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(text);
        foreach (ulong word in words)
        {
            // A continuation byte is 10xxxxxx: the top bit set and the next one clear.
            continuations += BitOperations.PopCount(word & ~(word << 1) & 0x8080808080808080UL);
        }

        foreach (byte b in text[(words.Length * 8)..])
        {
            continuations += (b & 0xC0) == 0x80 ? 1 : 0;
        }

        return text.Length - continuations;
    }

    /// <summary>Byte offset of the character with this 0-based index; the text's length where it has fewer characters.</summary>
    public static int OffsetOf(ReadOnlySpan<byte> text, long characterIndex)
    {
        if (characterIndex >= text.Length)
        {
            return text.Length;
        }

        int offset = 0;
        for (long i = 0; i < characterIndex && offset < text.Length; i++)
        {
            offset += CharacterLength(text[offset]);
        }

        return Math.Min(offset, text.Length);
    }

    /// <summary>
    /// substring(text from start for count): start is 1-based and may lie before the text; the window counts from there.
    /// Throws 22011 for a negative count.
    /// </summary>
    public static ReadOnlySpan<byte> Substring(ReadOnlySpan<byte> text, long start, long count)
    {
        if (count < 0)
        {
            throw Error.NegativeSubstringLength();
        }

        long end = Math.Min(start + count, (long)text.Length + 1); // count comes from 32-bit values: no overflow
        start = Math.Max(start, 1);
        if (end <= start)
        {
            return default;
        }

        int from = OffsetOf(text, start - 1);
        return text.Slice(from, OffsetOf(text[from..], end - start));
    }

    /// <summary>substring(text from start).</summary>
    public static ReadOnlySpan<byte> Substring(ReadOnlySpan<byte> text, long start) =>
        start <= 1 ? text : text[OffsetOf(text, start - 1)..];

    /// <summary>The first characters; a negative count leaves out so many at the end, as left() does.</summary>
    public static ReadOnlySpan<byte> Left(ReadOnlySpan<byte> text, long count) =>
        text[..OffsetOf(text, count >= 0 ? count : Math.Max(Length(text) + count, 0))];

    /// <summary>The last characters; a negative count leaves out so many at the start, as right() does.</summary>
    public static ReadOnlySpan<byte> Right(ReadOnlySpan<byte> text, long count) =>
        text[OffsetOf(text, count >= 0 ? Math.Max(Length(text) - count, 0) : -count)..];

    /// <summary>
    /// The text as varchar(n) takes it on assignment: blanks beyond n are cut off; false where other characters are
    /// there (22001). An explicit cast cuts with <see cref="Left"/> instead.
    /// </summary>
    public static bool TryFit(ReadOnlySpan<byte> text, int characterCountMax, out int byteLength)
    {
        byteLength = text.Length;
        if (text.Length <= characterCountMax)
        {
            return true;
        }

        byteLength = OffsetOf(text, characterCountMax);
        return !text[byteLength..].ContainsAnyExcept((byte)' ');
    }

    /// <summary>The text as varchar(n) or char(n) takes it by assignment: blanks beyond the length are cut off, more is 22001.</summary>
    public static ReadOnlySpan<byte> Fit(ReadOnlySpan<byte> text, SqlType type)
    {
        if (type.Precision < 0 || text.Length <= type.Precision)
        {
            return text;
        }

        return TryFit(text, type.Precision, out int length) ? text[..length] : throw Error.StringTooLong(type.ToString());
    }

    /// <summary>A name is cut at 63 bytes, not within a character.</summary>
    public static ReadOnlySpan<byte> CutName(ReadOnlySpan<byte> text)
    {
        if (text.Length <= NameLengthMax)
        {
            return text;
        }

        int length = NameLengthMax;
        while (length > 0 && (text[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return text[..length];
    }

    /// <summary>The length without blanks at the end, which char(n) does not keep.</summary>
    public static int TrimmedLength(ReadOnlySpan<byte> text) => text.TrimEnd((byte)' ').Length;

    /// <summary>Valid UTF-8 without zero bytes, which PostgreSQL's text cannot hold.</summary>
    public static bool IsValid(ReadOnlySpan<byte> text) => Utf8.IsValid(text) && !text.Contains((byte)0);

    /// <summary>Throws 22021 with the offending bytes.</summary>
    public static void EnsureValid(ReadOnlySpan<byte> text)
    {
        if (IsValid(text))
        {
            return;
        }

        int at = 0;
        while (at < text.Length && text[at] != 0)
        {
            int length = Math.Min(CharacterLength(text[at]), text.Length - at);
            if (!Utf8.IsValid(text.Slice(at, length)))
            {
                break;
            }

            at += length;
        }

        int shown = Math.Min(CharacterLength(text[at]), text.Length - at);
        throw Error.InvalidByteSequence(text.Slice(at, shown));
    }

    /// <summary>Bytes of the character that starts with this byte.</summary>
    private static int CharacterLength(byte first) => first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

    /// <summary>What "char" holds of a text.</summary>
    public static ReadOnlySpan<byte> FirstByte(ReadOnlySpan<byte> text) => text.Length > 1 ? text[..1] : text;
}
