using System.Globalization;
using System.Text;
using PhantomDb.Errors;

namespace PhantomDb.Durability;

/// <summary>
/// Tells sealed files from others, and proves that one is whole before any of it is believed. Any trace of a seal makes
/// a file sealed, so that damage to one of its marks cannot have it read without checks.
/// </summary>
internal sealed record SealedFile(FileHeader Header, FileSeal Seal)
{
    private const int HeaderSizeMax = 4096;
    private const int EndLineSizeMax = 512;

    /// <summary>Bytes of the header; what the seal covers follows.</summary>
    public int HeaderLength { get; private init; }

    /// <summary>True where the top or the last line of a file has a seal, whole or damaged.</summary>
    public static bool IsSealed(Stream stream) =>
        ReadHeaderLength(stream, out _) >= 0 || LastLine(stream).StartsWith(FileSeal.EndMark, StringComparison.Ordinal);

    /// <summary>True where the file's own comments name the version of the format, sealed or not.</summary>
    public static bool IsOurs(Stream stream)
    {
        _ = ReadHeaderLength(stream, out bool hasVersion);
        return hasVersion;
    }

    /// <summary>
    /// The header of a sealed file, which says nothing of the rest; null where it is damaged, or there is none. A byte order mark and other line ends, which editors make, take nothing from it:
    /// that they are not what was written <see cref="Verify"/> finds.
    /// </summary>
    public static FileHeader? ReadHeader(Stream stream) =>
        ReadHeaderLength(stream, out _) is >= 0 and int length ? FileHeader.TryParse(AsWritten(ReadAt(stream, 0, length))) : null;

    /// <summary>Where the bytes begin that the seal covers; -1 where no line at the top has the start of a seal.</summary>
    public static int StartOfSections(Stream stream) => ReadHeaderLength(stream, out _);

    /// <summary>The seal at the end of a file, which need not fit what stands before it; null where it is damaged, or there is none.</summary>
    public static FileSeal? ReadSeal(Stream stream)
    {
        const int LastLineMax = 1 << 20;   // where the file has grown or shrunk the trailer is found from its end
        byte[] end = ReadAt(stream, Math.Max(0, stream.Length - LastLineMax), (int)Math.Min(stream.Length, LastLineMax));
        string text = Encoding.Latin1.GetString(end).Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n') + "\n";
        int start = text.LastIndexOf("\n" + FileSeal.SectionMark + "1 |", StringComparison.Ordinal);
        return start < 0 ? FileSeal.TryParse(text[(text.LastIndexOf("\n" + FileSeal.EndMark, StringComparison.Ordinal) + 1)..]) : FileSeal.TryParse(text[(start + 1)..]);
    }

    /// <summary>Checks every byte of a sealed file; throws, with the place, where one is not as it was written.</summary>
    public static SealedFile Verify(Stream stream, string path)
    {
        int headerLength = ReadHeaderLength(stream, out _);
        FileHeader? header = headerLength < 0 ? null : FileHeader.TryParse(ReadAt(stream, 0, headerLength));
        EnsureVersion(header, PlaceOf(stream, path, headerLength), path);
        FileSeal? seal = header is null ? null : ReadTrailer(stream, headerLength);
        if (header is null || seal is null || Checksum.Of(stream, headerLength, seal.Length) != seal.Crc)
        {
            throw new DamageReport(stream, path, headerLength, header is not null, seal).ToError();
        }
        return new SealedFile(header, seal) { HeaderLength = headerLength };
    }

    /// <summary>Checks an unsealed file against a seal that stands beside it, or that it was just written with.</summary>
    public static void VerifyBeside(Stream stream, string path, FileHeader? header, FileSeal? seal)
    {
        EnsureVersion(header, DatabaseFileWriter.SealPath(path), path);
        if (header is null || seal is null || stream.Length != seal.Length || Checksum.Of(stream, 0, seal.Length) != seal.Crc)
        {
            throw new DamageReport(stream, path, 0, header is not null, seal) { IsSealBeside = true }.ToError();
        }
    }

    /// <summary>
    /// Checks an unsealed file against the seal beside it, or the one that an interrupted save has left; its header, or null
    /// where there is no seal.
    /// </summary>
    public static FileHeader? VerifyBeside(IFileSystem files, Stream stream, string path)
    {
        string sealPath = DatabaseFileWriter.SealPath(path), newSealPath = DatabaseFileWriter.NewSealPath(path);
        if (files.Exists(newSealPath) && IsSealFitting(files, newSealPath, stream))
        {
            return ReadBeside(files, newSealPath).Header;
        }
        if (!files.Exists(sealPath))
        {
            return null;
        }
        (FileHeader? header, FileSeal? seal) = ReadBeside(files, sealPath);
        VerifyBeside(stream, path, header, seal);
        return header;
    }

    /// <summary>True where a seal is whole and that of an unsealed file.</summary>
    public static bool IsSealFitting(IFileSystem files, string sealPath, Stream stream)
    {
        (FileHeader? header, FileSeal? seal) = ReadBeside(files, sealPath);
        return header is { IsOfKnownVersion: true } && seal is not null && stream.Length == seal.Length && Checksum.Of(stream, 0, seal.Length) == seal.Crc;
    }

    /// <summary>The seal in a file beside an unsealed one; nulls where it is damaged.</summary>
    public static (FileHeader? Header, FileSeal? Seal) ReadBeside(IFileSystem files, string sealPath)
    {
        using Stream stream = files.OpenRead(sealPath);
        int headerLength = ReadHeaderLength(stream, out _);
        if (headerLength < 0)
        {
            return (null, null);
        }
        byte[] rest = ReadAt(stream, headerLength, checked((int)(stream.Length - headerLength)));
        return (FileHeader.TryParse(ReadAt(stream, 0, headerLength)), FileSeal.TryParse(Encoding.UTF8.GetString(rest)));
    }

    private static byte[] AsWritten(ReadOnlySpan<byte> header)
    {
        ReadOnlySpan<byte> mark = Encoding.UTF8.Preamble, text = header.StartsWith(mark) ? header[mark.Length..] : header;
        return text.Contains((byte)'\r') ? Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text).Replace("\r\n", "\n", StringComparison.Ordinal)) : text.ToArray();
    }

    // A later program wrote it, by rules that are not known here.
    private static void EnsureVersion(FileHeader? header, string place, string path)
    {
        if (header is { IsOfKnownVersion: false })
        {
            throw Error.FileVersion(path, header.Version, place);
        }
    }

    // Of the line that names the version: the last one of the header.
    private static string PlaceOf(Stream stream, string path, int headerLength)
    {
        byte[] header = ReadAt(stream, 0, Math.Max(0, headerLength));
        int offset = header.AsSpan(0, Math.Max(0, header.Length - 1)).LastIndexOf((byte)'\n') + 1;
        return string.Create(CultureInfo.InvariantCulture, $"{path}, line {header.AsSpan(0, offset).Count((byte)'\n') + 1}, byte offset {offset}, header");
    }

    private static FileSeal? ReadTrailer(Stream stream, int headerLength)
    {
        long start = headerLength + FileSeal.LengthIn(LastLine(stream));
        if (start < headerLength || start > stream.Length || stream.Length - start > Array.MaxLength)
        {
            return null;
        }
        return FileSeal.TryParse(Encoding.UTF8.GetString(ReadAt(stream, start, (int)(stream.Length - start))));
    }

    // Bytes up to the end of the line that has the seal's first part; -1 where no comment at the top has one.
    private static int ReadHeaderLength(Stream stream, out bool hasVersion)
    {
        hasVersion = false;
        string top = Encoding.Latin1.GetString(ReadAt(stream, 0, (int)Math.Min(HeaderSizeMax, stream.Length)));
        int start = top.StartsWith("\u00EF\u00BB\u00BF", StringComparison.Ordinal) ? 3 : 0;
        while (start < top.Length && top[start] is '#' or '\n' or '\r')
        {
            int end = top.IndexOf('\n', start);
            string line = top[start..(end < 0 ? top.Length : end)].TrimEnd('\r');
            if (line.StartsWith(FileHeader.VersionMark, StringComparison.Ordinal))
            {
                hasVersion = true;
                if (FileHeader.IsSealLine(line))
                {
                    return end < 0 ? top.Length : end + 1;
                }
            }
            if (end < 0)
            {
                break;
            }
            start = end + 1;
        }
        return -1;
    }

    private static string LastLine(Stream stream)
    {
        int size = (int)Math.Min(EndLineSizeMax, stream.Length);
        string end = Encoding.Latin1.GetString(ReadAt(stream, stream.Length - size, size)).TrimEnd('\n', '\r');
        return end[(end.LastIndexOf('\n') + 1)..];
    }

    private static byte[] ReadAt(Stream stream, long offset, int count)
    {
        byte[] bytes = new byte[count];
        stream.Position = offset;
        int read = stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false);
        return read == count ? bytes : bytes[..read];
    }

    /// <summary>
    /// Finds where a file that failed its check is not as it was written: walks its lines, sums every section, and compares
    /// with the section's own checksum line and with the trailer.
    /// </summary>
    private sealed class DamageReport(Stream stream, string path, int headerLength, bool isHeaderWhole, FileSeal? seal)
    {
        public bool IsSealBeside { get; init; }

        public PhantomDbException ToError()
        {
            if (!isHeaderWhole)
            {
                return Make(IsSealBeside ? "the seal beside it is damaged" : "its header does not match its checksum", 1, 0, "header", null);
            }
            List<ScannedSection> sections = SectionScanner.Scan(stream, headerLength, out long end, out long endLine);
            List<string> differing = [];
            (long Line, long Offset, string Place)? first = null;
            for (int i = 0; i < sections.Count; i++)
            {
                ScannedSection section = sections[i];
                SectionSeal? expected = seal is not null && i < seal.Sections.Count ? seal.Sections[i] : null;
                bool isWhole = IsSealBeside
                    ? expected is not null && expected.Crc == Checksum.Of(stream, section.Offset, expected.Length)
                    : section.ChecksumLine is not null && section.ChecksumLine.EndsWith(" | CRC: " + Checksum.Text(section.Crc), StringComparison.Ordinal)
                        && (expected is null || expected.Crc == section.Crc);
                if (!isWhole)
                {
                    differing.Add(section.Head);
                    first ??= Locate(section, expected);
                }
            }
            string? detail = differing.Count > 0 ? $"Sections that differ from their checksums: {string.Join(", ", differing)}." : null;
            if (first is { } place)
            {
                return Make("its bytes do not match its checksums", place.Line, place.Offset, place.Place, detail);
            }
            return seal is null
                ? Make("its end does not match its checksum, or is missing", endLine, end, "trailer", detail)
                : Make("a line between its sections was changed, added or lost", SectionScanner.LineAt(stream, headerLength), headerLength, "between sections", detail);
        }

        // By row blocks, where the section is as long as it was.
        private (long Line, long Offset, string Place) Locate(ScannedSection section, SectionSeal? expected)
        {
            if (expected is not null && headerLength + expected.Offset == section.Offset)
            {
                long firstRow = 1;
                foreach (BlockSeal block in expected.Blocks)
                {
                    long offset = headerLength + block.Offset;
                    if (Checksum.Of(stream, offset, block.Length) != block.Crc)
                    {
                        return (SectionScanner.LineAt(stream, offset), offset,
                            string.Create(CultureInfo.InvariantCulture, $"section {section.Head}, rows {firstRow} to {firstRow + block.RowCount - 1}"));
                    }
                    firstRow += block.RowCount;
                }
            }
            return (section.Line, section.Offset, $"section {section.Head}");
        }

        private PhantomDbException Make(string what, long line, long offset, string place, string? detail) => Error.FileDamaged(
            path, what, string.Create(CultureInfo.InvariantCulture, $"{path}, line {line}, byte offset {offset}, {place}"), detail,
            "Restore the file from a copy. Where it was edited on purpose, check and seal it: phantomdb accept FILE.");
    }
}
