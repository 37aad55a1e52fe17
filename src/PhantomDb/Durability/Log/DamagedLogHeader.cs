using System.Globalization;
using System.Text;

namespace PhantomDb.Durability.Log;

/// <summary>
/// Has the damaged header of a segment again, for who saves or shows what is there. Never for an ordinary opening. Changes no file.
/// <code>
/// one byte is wrong    the header's own checksum finds it: each other value at each place is tried
/// more than that       the salt by the checksums of the lines, the first LSN by the first of them; what else can be read as it stands there,
///                      and what cannot from the manifest and the segments beside it
/// </code>
/// </summary>
/// <param name="path">The segment.</param>
/// <param name="others">Headers and seals of the other segments in the folder.</param>
/// <param name="manifest">The folder's, if it is whole.</param>
internal sealed class DamagedLogHeader(string path, Func<IReadOnlyList<(LogHeader Header, LogSeal? Seal)>> others, Func<LogManifest?> manifest)
{
    private const int SearchedBytes = 1 << 18;   // behind the header, for lines that prove the salt
    private const int MaxDigitCount = 17;
    private static readonly byte[] Columns = Encoding.ASCII.GetBytes(LogHeader.ColumnsLine + "\n");

    /// <summary>Null where nothing proves what it was.</summary>
    public LogHeader? TryRestore(Stream stream)
    {
        stream.Position = 0;
        byte[] bytes = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax + SearchedBytes)];
        stream.ReadExactly(bytes);
        stream.Position = 0;
        ReadOnlySpan<byte> start = bytes.AsSpan(0, Math.Min(bytes.Length, LogHeader.LengthMax));
        int columns = start.IndexOf(Columns);
        return WithOneByte(start, columns - 1) ?? WithOneByte(start, start.IndexOf((byte)'\n')) ?? ByLines(bytes, columns < 0 ? 0 : columns + Columns.Length);
    }

    private static LogHeader? WithOneByte(ReadOnlySpan<byte> start, int length)
    {
        if (length < 1 || length + 1 + Columns.Length > start.Length)
        {
            return null;   // there is no more than that
        }
        byte[] line = [.. start[..length], (byte)'\n', .. Columns];
        if (LogHeader.TryParse(line, out _) is { } whole)
        {
            return whole.IsOfKnownVersion ? whole : null;   // but for the second line
        }
        for (int i = 0; i < length; i++)
        {
            byte found = line[i];
            for (int value = ' '; value < 256; value++)
            {
                line[i] = (byte)value;
                if (LogHeader.HasChecksum(line.AsSpan(0, length)) && LogHeader.TryParse(line, out _) is { IsOfKnownVersion: true } header)
                {
                    return header;
                }
            }
            line[i] = found;
        }
        return null;
    }

    // Behind the header, if its end is known, stand lines; two of them must agree about the salt, or one with somebody else.
    private LogHeader? ByLines(byte[] bytes, int end)
    {
        List<(int Offset, LogLine Line, uint State)> lines = LinesIn(bytes, end);
        string text = Encoding.Latin1.GetString(bytes, 0, end > 0 ? end : Math.Min(bytes.Length, LogHeader.LengthMax));
        HashSet<uint> mentioned = [.. others().Where(o => o.Header.Predecessor is not null).Select(o => o.Header.Predecessor!.Salt)];
        if (LogHeaderEvidence.SaltIn(text) is { } said)
        {
            mentioned.Add(said);
        }
        IGrouping<uint, (int Offset, LogLine Line, uint State)>[] groups = [.. lines.GroupBy(line => line.State).OrderByDescending(group => group.Count())];
        foreach (uint salt in mentioned)
        {
            if (Array.Find(groups, group => group.Key == LogSalt.StateBehind(salt)) is { } group)
            {
                return Made(bytes, text, end, salt, group.First());
            }
        }
        return groups is [var most, ..] && most.Count() > 1 && LogSalt.Leading(most.Key) is [var first, ..] ? Made(bytes, text, end, first, most.First()) : null;
    }

    private static List<(int Offset, LogLine Line, uint State)> LinesIn(byte[] bytes, int from)
    {
        List<(int, LogLine, uint)> lines = [];
        for (int start = from; start < bytes.Length;)
        {
            int length = bytes.AsSpan(start).IndexOf((byte)'\n');
            if (length < 0)
            {
                break;
            }
            ReadOnlySpan<byte> line = bytes.AsSpan(start, length);
            if (LogLine.TryParse(line, out LogLine parsed) && LogSalt.StateBefore(line) is { } state)
            {
                lines.Add((start, parsed, state));
            }
            start += length + 1;
        }
        return lines;
    }

    private LogHeader? Made(byte[] bytes, string text, int end, uint salt, (int Offset, LogLine Line, uint State) first)
    {
        var evidence = new LogHeaderEvidence(Path.GetFileName(path), text, salt, first.Line, IsFirstLine: first.Offset == end && end > 0, others(), manifest());
        LogHeader header = evidence.ToHeader();
        byte[] made = header.ToBytes();
        if (end > 0 && made.Length != end && header.SaltBefore is null && (header with { SaltBefore = 0 }).ToBytes() is { } longer && longer.Length == end)
        {
            (header, made) = (header with { SaltBefore = 0 }, longer);   // nobody knows it, but it was there
        }
        if (header.Predecessor is { Salt: 0 } predecessor && made.Length < end)
        {
            made = (header with { Predecessor = predecessor with { Length = Filler(end - made.Length) } }).ToBytes();   // nobody knows it: the lines stay where they are
        }
        bool fits = end > 0 ? made.Length == end : made.Length <= first.Offset && made.Length <= bytes.Length;
        return fits && LogHeader.TryParse(made, out _) is { } parsed ? parsed : null;
    }

    private static long Filler(int digitCount) => digitCount > MaxDigitCount ? 0 : long.Parse("1" + new string('0', digitCount), CultureInfo.InvariantCulture);
}
