using System.Text;

namespace PhantomDb.Durability;

/// <summary>
/// The version that the first lines of our files name. A later one is believed before any checksum: a later program may sum otherwise, and what it has
/// written must not be taken for damage. Ours with a flipped bit in this very number is damage: with the number put right its checksum holds.
/// </summary>
internal static class FormatVersion
{
    public const string Current = "1";

    private const int DigitCountMax = 3;   // an LSN of a block that stands in a wrong place is longer, mostly

    /// <summary>The later version that a header names; null where it is ours, or none.</summary>
    /// <param name="header">From its first byte on, perhaps longer, or cut.</param>
    /// <param name="start">Where the number stands.</param>
    /// <param name="isOurs">True for a header of ours whose checksum holds.</param>
    public static string? Later(ReadOnlySpan<byte> header, int start, Func<byte[], bool> isOurs)
    {
        int end = start;
        while (end < header.Length && end - start <= DigitCountMax && char.IsAsciiDigit((char)header[end]))
        {
            end++;
        }
        bool isNumber = end > start && end - start <= DigitCountMax && header[start] != '0' && (end == header.Length || header[end] is (byte)' ' or (byte)'\n' or (byte)'\r');
        string version = Encoding.ASCII.GetString(header[start..end]);
        return isNumber && version != Current && !isOurs([.. header[..start], .. Encoding.ASCII.GetBytes(Current), .. header[end..]]) ? version : null;
    }
}
