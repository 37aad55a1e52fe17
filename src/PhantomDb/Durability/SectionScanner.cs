using System.Globalization;
using System.Text;

namespace PhantomDb.Durability;

/// <summary>A section as it stands in a file, good or bad.</summary>
internal sealed record ScannedSection(string Head, long Offset, long Line, uint Crc, string? ChecksumLine)
{
    /// <summary>Bytes that the checksum is of.</summary>
    public long Length { get; init; }

    /// <summary>True where it has the checksum that the line below it says.</summary>
    public bool IsWhole => ChecksumLine is not null && ChecksumLine.EndsWith(" | CRC: " + Checksum.Text(Crc), StringComparison.Ordinal);

    /// <summary>The count in the line below it; null where there is none.</summary>
    public long? RowCountInComment =>
        ChecksumLine?.Split(' ') is [_, "Rows:", var count, ..] && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out long rows) ? rows : null;
}

/// <summary>
/// Finds the sections of a file that is known to be bad, to tell where it is: by lines and quotes alone, believing
/// nothing. Slow, and used for errors only.
/// </summary>
internal static class SectionScanner
{
    private const int LineLengthKept = 4096;   // more than the longest head: two names of 63 bytes

    /// <summary>Number, from 1, of the line that an offset is in.</summary>
    public static long LineAt(Stream stream, long offset)
    {
        long line = 1;
        byte[] buffer = GC.AllocateUninitializedArray<byte>(1 << 16);
        stream.Position = 0;
        while (offset > 0)
        {
            int count = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, offset));
            if (count == 0)
            {
                break;
            }
            line += buffer.AsSpan(0, count).Count((byte)'\n');
            offset -= count;
        }
        return line;
    }

    /// <summary>The sections from an offset on; where the lines that belong to none begin, or the last line does.</summary>
    public static List<ScannedSection> Scan(Stream stream, long from, out long end, out long endLine)
    {
        List<ScannedSection> sections = [];
        var kept = new StringBuilder();
        Checksum crc = default, crcAtLine = default;
        string? head = null;
        long headOffset = 0, headLine = 0;
        long lineOffset = from, offset = from, line = LineAt(stream, from), lineStart = line;
        bool isQuoted = false, isComment = false;
        stream.Position = from;
        var buffered = new BufferedStream(stream, 1 << 16);   // not disposed of: the stream is the caller's
        Span<byte> one = stackalloc byte[1];
        for (int next = buffered.ReadByte(); next >= 0; next = buffered.ReadByte())
        {
            if (offset == lineOffset)
            {
                isComment = next == '#';
            }
            offset++;
            one[0] = (byte)next;
            crc.Add(one);
            isQuoted ^= next == '"' && !isComment;
            if (next != '\n')
            {
                if (kept.Length < LineLengthKept)
                {
                    kept.Append((char)next);
                }
                continue;
            }
            line++;
            if (isQuoted)
            {
                continue;
            }
            string text = kept.ToString();
            if (text.StartsWith('[') || text.StartsWith("\"[", StringComparison.Ordinal))
            {
                Close(null);
                head = text;
                headOffset = lineOffset;
                headLine = lineStart;
                crc = default;
                crc.Add(Encoding.Latin1.GetBytes(text + "\n"));
            }
            else if (text.StartsWith("# Rows: ", StringComparison.Ordinal))
            {
                Close(text);
            }
            kept.Clear();
            lineOffset = offset;
            lineStart = line;
            crcAtLine = crc;
        }
        crcAtLine = crc;
        Close(null);
        end = lineOffset;
        endLine = lineStart;
        return sections;

        void Close(string? checksumLine)
        {
            if (head is not null)
            {
                sections.Add(new ScannedSection(head, headOffset, headLine, crcAtLine.Value, checksumLine) { Length = lineOffset - headOffset });
                head = null;
            }
        }
    }
}
