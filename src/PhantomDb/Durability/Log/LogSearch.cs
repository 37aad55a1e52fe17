namespace PhantomDb.Durability.Log;

/// <summary>
/// Finds a place in a segment by halving: lines are in the order of LSN and time, and behind each line feed begins one. Reads a few blocks, and
/// believes only lines whose checksum is right. Where it meets anything else it gives up: whoever reads from the start then finds what is wrong.
/// </summary>
internal sealed class LogSearch(Stream stream, uint salt, long end)
{
    private const int ProbeBytes = 4096;
    private const int ScanBytes = 1 << 15;   // read in one piece rather than halved

    private readonly Checksum _seed = LogChecksum.Seed(salt);
    private byte[] _block = new byte[ProbeBytes];
    private long _blockOffset;   // in the file
    private int _blockLength;

    private readonly record struct LineStart(long Offset, long Lsn, int Part);

    /// <summary>Where in a segment the transaction with an LSN begins, or its end where that is before; null where that cannot be told without reading all.</summary>
    public static LogPosition? Find(Stream stream, LogHeader header, long length, long lsn)
    {
        int start = header.ToBytes().Length;
        return length <= start ? null : new LogSearch(stream, header.Salt, length).Find(header.FirstLsn, start, length, LogRange.All with { FirstLsn = lsn });
    }

    /// <summary>
    /// The start of the transaction that has the first record that is not before what is asked for, or the end where all are before it. Looks between
    /// two line starts, the second of which may be the end. Null where something is not as it should be.
    /// </summary>
    public LogPosition? Find(long firstLsn, long low, long high, in LogRange range)
    {
        LineStart? found = FindLine(low, high, range);
        if (found is { Part: > 1 } middle)
        {
            long start = middle.Lsn - middle.Part + 1;
            found = FindLine(low, middle.Offset, LogRange.All with { FirstLsn = start });
            if (found?.Lsn != start)
            {
                return null;
            }
        }
        return found is { Part: 1 } line ? new LogPosition(line.Offset, 3 + line.Lsn - firstLsn, line.Lsn) : null;   // behind two lines of header
    }

    // The first line, beginning at low or behind it and before high, that is not before the range.
    private LineStart? FindLine(long low, long high, in LogRange range)
    {
        LineStart? found = null;
        while (high - low > ScanBytes)
        {
            long middle = low + ((high - low) / 2);
            long start = NextStart(middle, high);
            if (start < high)
            {
                LogLine? line = ReadLine(start, out _);
                if (line is { } before && range.IsBefore(before))
                {
                    low = start;
                    continue;
                }
                found = line is { } next ? new LineStart(start, next.Lsn, next.Part) : null;
            }
            high = middle;
        }
        for (long offset = low; offset < high;)
        {
            if (ReadLine(offset, out int length) is not { } line)
            {
                return null;
            }
            if (!range.IsBefore(line))
            {
                return new LineStart(offset, line.Lsn, line.Part);
            }
            offset += length;
            if (offset == end)
            {
                return new LineStart(end, line.Lsn + 1, 1);
            }
        }
        return found;
    }

    // Where the first line begins that does so at an offset or behind it; high where none does before that.
    private long NextStart(long offset, long high)
    {
        for (long from = offset - 1; from < high && Fill(from) > 0; from += _blockLength)
        {
            int feed = _block.AsSpan(0, _blockLength).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                return Math.Min(from + feed + 1, high);
            }
        }
        return high;
    }

    // The line at an offset; null where there is no whole one.
    private LogLine? ReadLine(long offset, out int length)
    {
        length = 0;
        while (true)
        {
            ReadOnlySpan<byte> bytes = At(offset);
            int feed = bytes.IndexOf((byte)'\n');
            if (feed >= 0)
            {
                length = feed + 1;
                return LogLine.IsWhole(bytes[..feed], _seed) && LogLine.TryParse(bytes[..feed], out LogLine line) ? line : null;
            }
            if (offset + bytes.Length >= end || _block.Length > LogBatch.ByteCountMax / 2)
            {
                return null;
            }
            if (bytes.Length == _block.Length)
            {
                _block = new byte[2 * _block.Length];
            }
            Fill(offset);
        }
    }

    // What the block has from an offset on.
    private ReadOnlySpan<byte> At(long offset) =>
        offset >= _blockOffset && offset < _blockOffset + _blockLength ? _block.AsSpan((int)(offset - _blockOffset), _blockLength - (int)(offset - _blockOffset)) : default;

    private int Fill(long offset)
    {
        stream.Position = offset;
        _blockOffset = offset;
        int wanted = (int)Math.Clamp(end - offset, 0, _block.Length);
        return _blockLength = stream.ReadAtLeast(_block.AsSpan(0, wanted), wanted, throwOnEndOfStream: false);
    }
}
