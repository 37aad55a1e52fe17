using System.Globalization;
using System.Text;

namespace PhantomDb.Durability.Log;

/// <summary>What counts of the segment before: its salt, by which it is known, the last LSN and the bytes up to there.</summary>
internal sealed record LogPredecessor(uint Salt, long LastLsn, long Length);

/// <summary>
/// The first two lines of a segment: who it is, where it stands among others, and how its lines are summed.
/// <code>
/// # PhantomDB Transaction Log | Database: shop | Version: 1 | Id: 6f1c… | Timeline: 1 | Segment: 7 | FirstLSN: 1201 | Salt: 9c41f0aa
///   | Unflushed: 16777216 | Previous: 7e11ab02 | PreviousLSN: 1200 | PreviousLength: 67108123 | Header: 5f0c2a11     (all one line)
/// LSN,TIME,TX,PART,LAG,OP,TABLE,VALUES...,CRC
/// </code>
/// <c>Header</c> is the CRC-32C of all before it. The first segment has nothing but <c>Previous: none</c> where the database was empty before it, or <c>Previous: file</c>
/// where a file has what no log has. <c>Before</c> is behind that where another segment than the previous one has the LSN before the first. Valid only as it would be written: any other spelling is damage. Of later versions the start up to <c>Version</c> is the same.
/// </summary>
/// <param name="UnflushedMax">Bytes at the end of the file that may not yet be on the disk, at most.</param>
internal sealed record LogHeader(
    string DatabaseName, Guid Id, int Timeline, long Segment, long FirstLsn, uint Salt, long UnflushedMax, LogPredecessor? Predecessor)
{
    public const int LengthMax = 4096;
    public const string FirstMark = "# PhantomDB Transaction Log | Database: ";
    public const string ColumnsLine = "LSN,TIME,TX,PART,LAG,OP,TABLE,VALUES...,CRC";
    public const string BehindNothing = "Previous: none";

    private const string BehindFile = "Previous: file";
    private const string BeforeMark = "Before: ";
    private const string VersionMark = " | Version: ";
    private const string ChecksumMark = " | Header: ";
    private const int NameLengthMax = 200;

    /// <summary>Of a first segment: true where the database had content before it, which a file has and no log.</summary>
    public bool IsBehindFile { get; init; }

    /// <summary>The salt of the segment that has the LSN before the first, where that is not the predecessor; 0 where nobody knows which has it.</summary>
    public uint? SaltBefore { get; init; }

    /// <summary>The salt of the segment that has the LSN before the first; null where it is not known.</summary>
    public uint? KnownSaltBefore => (SaltBefore ?? (Predecessor?.LastLsn == FirstLsn - 1 ? Predecessor.Salt : 0)) is var salt and not 0 ? salt : null;

    /// <summary>True where the database was empty before it: with those behind it, it has all that there ever was.</summary>
    public bool IsFromNothing => FirstLsn == 1 && Predecessor is null && !IsBehindFile;

    /// <summary>Of the format. It may be a later one than ours: then nothing else in the header is known.</summary>
    public string Version { get; private init; } = FormatVersion.Current;

    public bool IsOfKnownVersion => Version == FormatVersion.Current;

    /// <summary>The header of a segment that begins behind an LSN that a segment has; null: none, or it is not known.</summary>
    public LogHeader Behind(SegmentMark? mark)
    {
        bool isContiguous = Predecessor?.LastLsn == FirstLsn - 1;
        return this with { SaltBefore = isContiguous && mark?.Salt == Predecessor!.Salt ? null : mark?.Salt ?? (isContiguous ? 0u : null) };
    }

    /// <summary>Both lines, as they stand in the file.</summary>
    public byte[] ToBytes()
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{FirstMark}{PlainName()}{VersionMark}{FormatVersion.Current} | Id: {Id:n} | Timeline: {Timeline} | Segment: {Segment} | FirstLSN: {FirstLsn}")
            + string.Create(CultureInfo.InvariantCulture, $" | Salt: {Checksum.Text(Salt)} | Unflushed: {UnflushedMax} | ")
            + PredecessorText() + (SaltBefore is { } before ? $" | {BeforeMark}{Checksum.Text(before)}" : "") + ChecksumMark;
        return Encoding.UTF8.GetBytes($"{text}{Checksum.Text(Checksum.Of(Encoding.UTF8.GetBytes(text)))}\n{ColumnsLine}\n");
    }

    /// <summary>Reads the header at the start of some bytes, and tells its length; null where it is damaged or not whole.</summary>
    public static LogHeader? TryParse(ReadOnlySpan<byte> bytes, out int length)
    {
        int end = bytes.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? bytes : bytes[..end];
        int version = line.StartsWith(Encoding.ASCII.GetBytes(FirstMark)) ? line.IndexOf(Encoding.ASCII.GetBytes(VersionMark)) : -1;
        if (version >= 0 && FormatVersion.Later(line, version + VersionMark.Length, ours => HasChecksum(ours)) is { } later)
        {
            length = 0;
            return new LogHeader("", default, 0, 0, 0, 0, 0, null) { Version = later };
        }
        return TryParseOurs(bytes, out length);
    }

    private static LogHeader? TryParseOurs(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        int end = bytes.IndexOf((byte)'\n');
        string text = end < 0 ? "" : Encoding.UTF8.GetString(bytes[..end]);
        int version = text.IndexOf(VersionMark, StringComparison.Ordinal);
        if (version < FirstMark.Length || Read(text[FirstMark.Length..version], text[(version + VersionMark.Length)..].Split(" | ")) is not { } header)
        {
            return null;
        }
        byte[] written = header.ToBytes();
        length = written.Length;
        return bytes.StartsWith(written) ? header : null;
    }

    /// <summary>True for what a header that was being written may have left: its start, and not all of it.</summary>
    public static bool IsStart(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            ReadOnlySpan<byte> mark = Encoding.ASCII.GetBytes(FirstMark);
            return bytes.StartsWith(mark) || mark.StartsWith(bytes);
        }
        ReadOnlySpan<byte> rest = bytes[(end + 1)..], columns = Encoding.ASCII.GetBytes(ColumnsLine + "\n");
        return bytes.StartsWith(Encoding.ASCII.GetBytes(FirstMark)) && HasChecksum(bytes[..end]) && rest.Length < columns.Length && columns.StartsWith(rest);
    }

    // What the parts say; whoever asks compares it with how that is written.
    private static LogHeader? Read(string name, string[] parts)
    {
        if (parts.Length < 9 || !Guid.TryParseExact(After(parts[1], "Id: "), "n", out Guid id) || Number(parts[2], "Timeline: ") is not (>= 1 and <= int.MaxValue and var timeline)
            || Number(parts[3], "Segment: ") is not (>= 1 and var segment) || Number(parts[4], "FirstLSN: ") is not (>= 1 and var firstLsn)
            || Salted(parts[5], "Salt: ") is not { } salt || Number(parts[6], "Unflushed: ") is not (>= 1 and var unflushed))
        {
            return null;
        }
        var header = new LogHeader(name, id, (int)timeline, segment, firstLsn, salt, unflushed, null) { IsBehindFile = parts[7] == BehindFile, SaltBefore = Salted(parts[^2], BeforeMark) };
        if (parts.Length < 11)
        {
            return header;
        }
        return Salted(parts[7], "Previous: ") is { } previous && Number(parts[8], "PreviousLSN: ") is { } lastLsn && lastLsn < firstLsn
            && Number(parts[9], "PreviousLength: ") is { } length ? header with { Predecessor = new LogPredecessor(previous, lastLsn, length) } : null;
    }

    /// <summary>True where the first line (without its line feed) has its checksum.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> line)
    {
        const int DigitCount = 8;
        return line.Length > DigitCount && line[..^DigitCount].EndsWith(Encoding.ASCII.GetBytes(ChecksumMark))
            && LogChecksum.IsText(line[^DigitCount..], Checksum.Of(line[..^DigitCount]));
    }

    private string PredecessorText() => Predecessor is { } previous
        ? string.Create(CultureInfo.InvariantCulture, $"Previous: {Checksum.Text(previous.Salt)} | PreviousLSN: {previous.LastLsn} | PreviousLength: {previous.Length}")
        : IsBehindFile ? BehindFile : BehindNothing;

    // A comment is one line; without quotes and bars it is a CSV record too, and its parts can be told apart.
    private string PlainName()
    {
        string name = DatabaseName.Length > NameLengthMax ? DatabaseName[..NameLengthMax] : DatabaseName;
        return string.Concat(name.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '"' or '|' ? '_' : c));
    }

    private static string After(string part, string mark) => part.StartsWith(mark, StringComparison.Ordinal) ? part[mark.Length..] : "";

    private static long? Number(string part, string mark) =>
        long.TryParse(After(part, mark), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static uint? Salted(string part, string mark) =>
        uint.TryParse(After(part, mark), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number) ? number : null;
}
