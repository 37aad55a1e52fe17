using System.Buffers;

namespace PhantomDb.Csv;

/// <summary>
/// Writes cells by RFC 4180, with quotes where they are needed and nowhere else. Written by hand because NULL is an empty
/// cell and '' a quoted one, which CsvHelper's writer does not tell apart for UTF-8.
/// </summary>
internal static class CsvCell
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(",\"\n\r"u8);

    /// <summary>True for what cannot stand without quotes: separators, quotes, line ends, and nothing at all, which is NULL.</summary>
    public static bool NeedsQuotes(ReadOnlySpan<byte> value) => value.IsEmpty || value.ContainsAny(Special);

    /// <summary>Bytes that a cell takes at most.</summary>
    public static int LengthMax(int prefixLength, int valueLength) => checked(prefixLength + (2 * valueLength) + 2);

    /// <summary>
    /// Writes prefix and value as one cell, quoted as a whole where the value needs quotes; gives the bytes written. The prefix is plain.
    /// </summary>
    public static int Write(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> value, Span<byte> target)
    {
        if (!NeedsQuotes(value))
        {
            prefix.CopyTo(target);
            value.CopyTo(target[prefix.Length..]);
            return prefix.Length + value.Length;
        }
        int length = 0;
        target[length++] = (byte)'"';
        prefix.CopyTo(target[length..]);
        length += prefix.Length;
        while (true)
        {
            int quote = value.IndexOf((byte)'"');
            if (quote < 0)
            {
                break;
            }
            value[..(quote + 1)].CopyTo(target[length..]);
            length += quote + 1;
            target[length++] = (byte)'"';
            value = value[(quote + 1)..];
        }
        value.CopyTo(target[length..]);
        length += value.Length;
        target[length++] = (byte)'"';
        return length;
    }
}
