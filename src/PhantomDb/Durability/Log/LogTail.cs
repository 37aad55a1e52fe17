namespace PhantomDb.Durability.Log;

/// <summary>What the end of a segment that is being written says of the disk, without reading all of it.</summary>
internal static class LogTail
{
    private const int TailBytes = 1 << 16;
    private const int TailBytesMax = 1 << 26;

    /// <summary>
    /// The highest LSN that is known to have been on the writer's disk, by the last whole line or the seal behind an offset; 0 where neither is there.
    /// </summary>
    public static long KnownDurable(Stream stream, uint salt, long fromOffset)
    {
        Checksum seed = LogChecksum.Seed(salt);
        long available = LogReserve.LengthWithout(stream) - fromOffset;
        for (int size = TailBytes; available > 0; size *= 8)
        {
            byte[] tail = new byte[(int)Math.Min(size, available)];
            stream.Position = fromOffset + available - tail.Length;
            tail = tail[..stream.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false)];
            if (LogSeal.TryParseEnd(tail.AsSpan()[^Math.Min(tail.Length, LogSeal.LengthMax)..], salt) is { } seal)
            {
                return seal.LastLsn;
            }
            for (int end = tail.AsSpan().LastIndexOf((byte)'\n'); end > 0;)
            {
                int start = tail.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
                ReadOnlySpan<byte> line = tail.AsSpan(start, end - start);
                if ((start > 0 || tail.Length == available) && LogLine.IsWhole(line, seed) && LogLine.TryParse(line, out LogLine parsed))
                {
                    return parsed.DurableLsn;
                }
                end = start - 1;
            }
            if (tail.Length < size || size >= TailBytesMax)
            {
                break;
            }
        }
        return 0;
    }
}
