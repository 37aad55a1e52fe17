namespace PhantomDb.Durability.Log;

/// <summary>
/// Line feeds behind the last line of a segment that is being written. A flush of what is written over them is one write to the disk; of what makes a file
/// longer it is that and one of the file system's journal. They count for nothing, wherever a segment is read.
/// </summary>
internal static class LogReserve
{
    /// <summary>Written ahead at once, at most.</summary>
    public const int BytesMax = 1 << 16;

    private const int BlockBytes = 1 << 12;

    /// <summary>Bytes of a segment up to the end of its last line. More than what is ever written ahead counts as what it is.</summary>
    public static long LengthWithout(Stream stream)
    {
        long position = stream.Position;
        long length = Measure(stream);
        stream.Position = position;
        return length;
    }

    private static long Measure(Stream stream)
    {
        long length = stream.Length, end = length;
        Span<byte> block = stackalloc byte[BlockBytes];
        while (end > 0 && length - end <= 2 * BytesMax)
        {
            int count = (int)Math.Min(end, BlockBytes);
            stream.Position = end - count;
            count = stream.ReadAtLeast(block[..count], count, throwOnEndOfStream: false);
            int last = block[..count].LastIndexOfAnyExcept((byte)'\n');
            if (last >= 0)
            {
                return Math.Min(end - count + last + 2, length);
            }
            end -= Math.Max(count, 1);
        }
        return length;
    }
}
