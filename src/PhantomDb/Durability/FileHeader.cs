using System.Globalization;
using System.Text;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability;

/// <summary>
/// The comments at the top of a database file. A sealed file's last header line holds its identity and the checksum of
/// all header bytes before that checksum; an unsealed one says only which version of the format it follows, so that
/// files that are kept in version control differ by content alone.
/// <code>
/// # PhantomDB Database File
/// # Database: shop
/// # Format: CSV
/// # Generated: 2023-12-01 12:00:00 UTC
/// # PhantomDB Version: 1 | Id: 6f1c… | Timeline: 1 | LSN: 1205 | Segments: 7e11ab02@1201 | Header: 9c41f0aa
/// </code>
/// <c>Segments</c> are there where segments of the log led to that LSN.
/// </summary>
internal sealed record FileHeader(string DatabaseName, DateTime GeneratedAt, Guid Id, int Timeline, long Lsn)
{
    public const string FirstLine = "# PhantomDB Database File";
    public const string VersionMark = "# PhantomDB Version: ";
    public const string UnsealedVersionLine = VersionMark + "1";
    private const string SegmentsMark = "Segments: ";
    private const string ChecksumMark = " | Header: ";

    /// <summary>Of the format. It may be a later one than ours: then nothing else in the header is known.</summary>
    public string Version { get; private init; } = FormatVersion.Current;

    public bool IsOfKnownVersion => Version == FormatVersion.Current;

    /// <summary>The segments that led to <see cref="Lsn"/>; empty where it is of no log, or nobody knows.</summary>
    public SegmentHistory History { get; init; } = SegmentHistory.Empty;

    public string ToSealedText()
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{Top()}# Generated: {GeneratedAt:yyyy-MM-dd HH:mm:ss} UTC\n{VersionMark}1 | Id: {Id:n} | Timeline: {Timeline} | LSN: {Lsn}{HistoryText()}{ChecksumMark}");
        return $"{text}{Checksum.Text(Checksum.Of(Encoding.UTF8.GetBytes(text)))}\n";
    }

    public string ToUnsealedText() => $"{Top()}{UnsealedVersionLine}\n";

    /// <summary>True for a version line that has (or had, before it was damaged) a seal in it.</summary>
    public static bool IsSealLine(string line) => line.StartsWith(VersionMark, StringComparison.Ordinal) && line != UnsealedVersionLine;

    /// <summary>Reads a sealed header, from the first byte to the end of its version line; null where it is damaged.</summary>
    public static FileHeader? TryParse(ReadOnlySpan<byte> bytes)
    {
        int line = bytes[..Math.Max(0, bytes.Length - 1)].LastIndexOf((byte)'\n') + 1;
        bool hasVersion = bytes[line..].StartsWith(Encoding.ASCII.GetBytes(VersionMark));
        return hasVersion && FormatVersion.Later(bytes, line + VersionMark.Length, ours => TryParseOurs(ours) is not null) is { } later
            ? new FileHeader("", default, Guid.Empty, 1, 0) { Version = later } : TryParseOurs(bytes);
    }

    private static FileHeader? TryParseOurs(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        int version = text.AsSpan().LastIndexOf(VersionMark);
        int end = text.AsSpan().LastIndexOf(ChecksumMark);
        if (version < 0 || end < version || !text.StartsWith(FirstLine + "\n", StringComparison.Ordinal))
        {
            return null;
        }
        end += ChecksumMark.Length;
        const int ChecksumLineLength = 9;
        if (bytes.Length < ChecksumLineLength || text[end..] != Checksum.Text(Checksum.Of(bytes[..^ChecksumLineLength])) + "\n")
        {
            return null;
        }
        string[] parts = text[version..end].Split(" | ");
        SegmentHistory? history = parts.Length == 6 ? SegmentHistory.TryParse(After(parts[4], SegmentsMark)) : SegmentHistory.Empty;
        return parts.Length is 5 or 6 && history is not null && parts[0] == VersionMark + FormatVersion.Current
            && Guid.TryParseExact(After(parts[1], "Id: "), "n", out Guid id)
            && int.TryParse(After(parts[2], "Timeline: "), NumberStyles.None, CultureInfo.InvariantCulture, out int timeline)
            && long.TryParse(After(parts[3], "LSN: "), NumberStyles.None, CultureInfo.InvariantCulture, out long lsn)
            ? new FileHeader("", default, id, timeline, lsn) { History = history } : null;
    }

    private string HistoryText() => History.Last is null ? "" : $" | {SegmentsMark}{History}";

    private static string After(string part, string mark) => part.StartsWith(mark, StringComparison.Ordinal) ? part[mark.Length..] : "";

    // A comment is one line, and has no quotes, so that it is a CSV record too.
    private string Top()
    {
        string name = string.Concat(DatabaseName.Select(c => char.IsControl(c) || c == '"' || char.IsSurrogate(c) ? '_' : c));
        return $"{FirstLine}\n# Database: {name}\n# Format: CSV\n";
    }
}
