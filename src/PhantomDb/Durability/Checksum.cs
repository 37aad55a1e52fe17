using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PhantomDb.Types;

namespace PhantomDb.Durability;

/// <summary>CRC-32C of bytes that come in pieces, and its text: eight lower-case hex digits.</summary>
internal struct Checksum
{
    private uint _inverted;   // of the running value, so that default is the checksum of nothing

    public readonly uint Value => _inverted;

    [MethodImpl(HotLoop.Options)]
    public void Add(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~_inverted;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }
        foreach (byte value in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        _inverted = ~crc;
    }

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        Checksum checksum = default;
        checksum.Add(bytes);
        return checksum.Value;
    }

    /// <summary>Of so many bytes of a stream, or as many as it has.</summary>
    public static uint Of(Stream stream, long offset, long length)
    {
        Checksum checksum = default;
        byte[] buffer = GC.AllocateUninitializedArray<byte>((int)Math.Clamp(length, 1, 1 << 18));
        stream.Position = offset;
        while (length > 0)
        {
            int count = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, length));
            if (count == 0)
            {
                break;
            }
            checksum.Add(buffer.AsSpan(0, count));
            length -= count;
        }
        return checksum.Value;
    }

    public static string Text(uint value) => value.ToString("x8", CultureInfo.InvariantCulture);
}
