using System.Globalization;
using System.Numerics;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Finds a segment's salt by the checksums of its lines: CRC-32C can be run backwards, from a line's checksum over its bytes to the value that the eight hex digits of the salt had
/// left. Any line gives one; that it is the segment's, a second line must say.
/// </summary>
internal static class LogSalt
{
    private const int HalfCount = 1 << 16;   // values of four hex digits
    private const int HalfLength = LogChecksum.TextLength / 2;
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => BitOperations.Crc32C(0u, (byte)value))];
    private static readonly byte[] ByHighByte = Inverse();

    /// <summary>The running value behind the salt's digits, as a line (without its line feed) tells; null for what does not end with a checksum.</summary>
    public static uint? StateBefore(ReadOnlySpan<byte> line)
    {
        if (line.Length <= LogLine.EndLength || line[^LogLine.EndLength] != ','
            || !uint.TryParse(line[^LogChecksum.TextLength..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint checksum))
        {
            return null;
        }
        return Back(~checksum, line[..^LogLine.EndLength]);
    }

    /// <summary>The running value behind a salt's digits.</summary>
    public static uint StateBehind(uint salt) => ~LogChecksum.Seed(salt).Value;

    /// <summary>The salts whose digits lead to a running value: mostly one or two, which sum lines alike. Four digits from the front meet four from the back.</summary>
    public static IReadOnlyList<uint> Leading(uint state)
    {
        Dictionary<uint, uint> fronts = new(HalfCount);
        Span<byte> digits = stackalloc byte[LogChecksum.TextLength];
        for (uint half = 0; half < HalfCount; half++)
        {
            LogChecksum.Format(half, digits);
            uint value = ~0u;
            foreach (byte digit in digits[HalfLength..])
            {
                value = BitOperations.Crc32C(value, digit);
            }
            fronts[value] = half;   // no two are equal: the polynomial tells any four bytes apart
        }
        List<uint> salts = [];
        for (uint half = 0; half < HalfCount; half++)
        {
            LogChecksum.Format(half, digits);
            if (fronts.TryGetValue(Back(state, digits[HalfLength..]), out uint front))
            {
                salts.Add((front << 16) | half);
            }
        }
        return salts;
    }

    private static uint Back(uint state, ReadOnlySpan<byte> bytes)
    {
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            byte index = ByHighByte[state >> 24];
            state = ((state ^ Table[index]) << 8) | (uint)(index ^ bytes[i]);
        }
        return state;
    }

    private static byte[] Inverse()
    {
        byte[] inverse = new byte[256];
        for (int i = 0; i < Table.Length; i++)
        {
            inverse[Table[i] >> 24] = (byte)i;
        }
        return inverse;
    }
}
