using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>
/// The checksum of a segment's lines: CRC-32C of the salt's eight hex digits and then the line before its last comma. A
/// line of another segment, right as it was there, is wrong here.
/// </summary>
internal static class LogChecksum
{
    public const int TextLength = 8;

    /// <summary>The checksum that each line of a segment begins with.</summary>
    public static Checksum Seed(uint salt)
    {
        Span<byte> text = stackalloc byte[TextLength];
        Format(salt, text);
        Checksum seed = default;
        seed.Add(text);
        return seed;
    }

    /// <summary>Eight lower-case hex digits.</summary>
    public static void Format(uint value, Span<byte> target)
    {
        for (int i = TextLength - 1; i >= 0; i--, value >>= 4)
        {
            target[i] = "0123456789abcdef"u8[(int)(value & 15)];
        }
    }

    /// <summary>True for a checksum in its one spelling.</summary>
    [MethodImpl(HotLoop.Options)]
    public static bool IsText(ReadOnlySpan<byte> text, uint value)
    {
        Span<byte> expected = stackalloc byte[TextLength];
        Format(value, expected);
        return text.SequenceEqual(expected);
    }
}
