using System.Globalization;
using System.Text;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The last line of a segment that nothing more is written to: with it the segment must be whole, and tells its range of LSNs without being
/// read. <c>Length</c> counts the bytes before it; the checksum is seeded as a record's.
/// <code># End | LastLSN: 1204 | Length: 702 | CRC: 5f0c2a11</code>
/// </summary>
internal sealed record LogSeal(long LastLsn, long Length)
{
    /// <summary>Bytes at the end of a file that have the whole of it.</summary>
    public const int LengthMax = 128;
    public const string Mark = "# End | LastLSN: ";

    public byte[] ToBytes(uint salt)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{Mark}{LastLsn} | Length: {Length} | CRC: ");
        Checksum checksum = LogChecksum.Seed(salt);
        checksum.Add(Encoding.ASCII.GetBytes(text));
        return Encoding.ASCII.GetBytes($"{text}{Checksum.Text(checksum.Value)}\n");
    }

    /// <summary>The seal that some bytes end with, wherever it begins; null where they end with none.</summary>
    public static LogSeal? TryParseEnd(ReadOnlySpan<byte> bytes, uint salt)
    {
        int start = bytes.LastIndexOf(Encoding.ASCII.GetBytes(Mark));
        if (start < 0)
        {
            return null;
        }
        string[] parts = Encoding.ASCII.GetString(bytes[(start + Mark.Length)..]).Split(" | ");
        if (parts.Length != 3 || !parts[1].StartsWith("Length: ", StringComparison.Ordinal)
            || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long lastLsn)
            || !long.TryParse(parts[1].AsSpan("Length: ".Length), NumberStyles.None, CultureInfo.InvariantCulture, out long length))
        {
            return null;
        }
        var seal = new LogSeal(lastLsn, length);
        return bytes[start..].SequenceEqual(seal.ToBytes(salt)) ? seal : null;
    }
}
