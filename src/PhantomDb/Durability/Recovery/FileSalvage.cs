using System.Globalization;
using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// What can be proved of a damaged database file that nothing stands in for: sections whose checksum is right, and of others the definition and the row
/// blocks whose checksums are. Rows that are lost may leave foreign keys behind that do not hold: these become NOT VALID. Rows are read where they stand: the
/// file may be of any size.
/// </summary>
internal sealed class FileSalvage
{
    private const int HeadLengthMax = 1 << 24;   // of a definition: all that is held in memory of a section

    private static readonly string[] KindsWithSchema = ["[TABLE:", "[VIEW:", "[SEQUENCE:"];

    private readonly string _path;
    private readonly List<string> _losses = [];
    private readonly Stream _stream;
    private readonly List<Section> _sections = [];
    private long[] _starts = [];   // from where offsets in the seal may count

    private FileSalvage(string path, Stream stream) => (_path, _stream) = (path, stream);

    /// <summary>What can be proved of one: its lines up to the rows, and where in the file these stand.</summary>
    private readonly record struct Section(byte[] Definition, IReadOnlyList<StreamPart> Rows)
    {
        public string Head => HeadOf(Definition);
    }

    /// <summary>Null where nothing of the file can be proved.</summary>
    public static (LoadedDatabase Database, IReadOnlyList<string> Losses)? Run(string path, IFileSystem files)
    {
        using Stream stream = files.OpenRead(path);
        return new FileSalvage(path, stream).Run();
    }

    private (LoadedDatabase Database, IReadOnlyList<string> Losses)? Run()
    {
        FileHeader? header = SealedFile.ReadHeader(_stream);
        FileSeal? seal = SealedFile.ReadSeal(_stream);
        long start = StartOfSections();
        if (seal is not null)
        {
            // As the header's end tells and, where that is damaged or bytes have gone or come behind it, as the file's end does.
            long byEnd = _stream.Length - seal.ToText().Length - seal.Length;
            _starts = start < 0 ? [byEnd] : [start, byEnd];
            foreach (SectionSeal section in seal.Sections)
            {
                Take(section);
            }
        }
        else
        {
            TakeWholeSections(Math.Max(start, 0));
            _losses.Add($"sections of \"{_path}\" that are not there any more, if there were any: the list of them at the file's end is damaged or missing");
        }
        AddSchemas();
        return Load() is { } loaded
            ? (loaded with { Id = header?.Id ?? Guid.Empty, Timeline = header?.Timeline ?? 1, Lsn = header?.Lsn ?? 0, IsSealed = true, IsProved = true }, _losses) : null;
    }

    // Behind the line with the version: offsets in the seal count from there, also where that line itself is damaged.
    private long StartOfSections()
    {
        if (SealedFile.StartOfSections(_stream) is >= 0 and int known)
        {
            return known;
        }
        byte[] top = ReadAt(0, 1 << 12);
        int blank = FirstOf(top, "\n\n["u8, "\n\n\"["u8);
        return blank < 0 ? -1 : blank + 1;
    }

    // Where in the file a part stands whose checksum is right; null where it is nowhere.
    private long? PlaceOf(long offset, long length, uint crc)
    {
        foreach (long start in _starts)
        {
            if (start + offset is >= 0 and var place && Checksum.Of(_stream, place, length) == crc)
            {
                return place;
            }
        }
        return null;
    }

    private void Take(SectionSeal section)
    {
        long headLength = Math.Clamp(section.Length - section.Blocks.Sum(block => block.Length), 0, HeadLengthMax);
        uint headCrc = section.Crc;
        foreach (BlockSeal block in section.Blocks.Reverse())
        {
            headCrc = ChecksumParts.WithoutLast(headCrc, block.Crc, block.Length);
        }
        if (PlaceOf(section.Offset, headLength, headCrc) is not { } place)
        {
            _losses.Add(LossOf(section, headLength));
            return;
        }
        byte[] head = ReadAt(place, headLength);
        List<StreamPart> kept = [];
        long firstRow = 1;
        foreach (BlockSeal block in section.Blocks)
        {
            if (PlaceOf(block.Offset, block.Length, block.Crc) is { } at)
            {
                kept.Add(new StreamPart(null, at, block.Length));
            }
            else
            {
                long from = place + block.Offset - section.Offset;
                _losses.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{HeadOf(head)}, rows {firstRow} to {firstRow + block.RowCount - 1}: bytes {from} to {from + block.Length - 1} do not match their checksum"));
            }
            firstRow += block.RowCount;
        }
        _sections.Add(new Section(head, kept));
    }

    private string LossOf(SectionSeal section, long headLength)
    {
        long offset = _starts[0] + section.Offset;
        string rows = string.Create(CultureInfo.InvariantCulture, $"{section.RowCount} {(section.RowCount == 1 ? "row" : "rows")}");
        return offset < 0 || offset + section.Length > _stream.Length
            ? string.Create(CultureInfo.InvariantCulture, $"the section at byte offset {offset}, with {rows}: it is not in the file any more")
            : string.Create(CultureInfo.InvariantCulture, $"{HeadOf(ReadAt(offset, headLength))}, with {rows}: its definition is damaged (byte offset {offset})");
    }

    // Without the seal at the end: by the line below each section.
    private void TakeWholeSections(long start)
    {
        foreach (ScannedSection section in SectionScanner.Scan(_stream, start, out _, out _))
        {
            byte[] top = ReadAt(section.Offset, Math.Min(section.Length, HeadLengthMax));
            int rows = StartOfRows(top);
            if (!section.IsWhole)
            {
                _losses.Add(string.Create(CultureInfo.InvariantCulture, $"{section.Head}: it does not match its checksum (line {section.Line}, byte offset {section.Offset})"));
            }
            else
            {
                byte[] definition = rows < 0 ? top : top[..(rows + 1)];
                _sections.Add(new Section(definition, [new StreamPart(null, section.Offset + definition.Length, section.Length - definition.Length)]));
            }
        }
    }

    // The line feed before the line that names the columns of the rows; -1 where there are none.
    private static int StartOfRows(ReadOnlySpan<byte> section) => FirstOf(section, "\nDATA:"u8, "\n\"DATA:"u8);

    // Where either stands first: names with capitals, say, are in quotes.
    private static int FirstOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> quoted)
    {
        uint first = (uint)text.IndexOf(plain), second = (uint)text.IndexOf(quoted);   // -1 is behind all others
        return (int)Math.Min(first, second);
    }

    // A schema's own section has no more than its comment: what is in the schema is not lost with it.
    private void AddSchemas()
    {
        HashSet<string> heads = [.. _sections.Select(section => section.Head)];
        foreach (string schema in heads.Select(SchemaOf).OfType<string>().Where(schema => schema != DatabaseCatalog.DefaultSchema).ToArray())
        {
            string own = $"[SCHEMA:{DefinitionText.Quote(schema)}]";
            if (heads.Add(own))
            {
                _sections.Insert(0, new Section([.. DefinitionWriter.Line("", own), (byte)'\n'], []));
            }
        }
    }

    // Of a table, view or sequence. What is no name is not told here: the reader does it.
    private static string? SchemaOf(string head)
    {
        string? kind = Array.Find(KindsWithSchema, kind => head.StartsWith(kind, StringComparison.Ordinal));
        try
        {
            return kind is null ? null : new DefinitionText(head[kind.Length..]).QualifiedName().Schema;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private void DropOrphanedKeys()
    {
        HashSet<string> tables = [.. _sections.Select(section => section.Head)];
        for (int i = 0; i < _sections.Count; i++)
        {
            string head = _sections[i].Head;
            ChangeKeys(i, (name, referenced) =>
            {
                if (tables.Contains($"[TABLE:{referenced}]"))
                {
                    return KeyChange.None;
                }
                _losses.Add($"{head}, foreign key {DefinitionText.Quote(name)}: the table that it refers to, {referenced}, is lost");
                return KeyChange.Drop;
            });
        }
    }

    private LoadedDatabase? Load()
    {
        while (_sections.Count > 0)
        {
            DropOrphanedKeys();
            byte[] end = "\n"u8.ToArray();
            using var text = new PartsStream(_stream, [.. _sections.SelectMany(section => (IEnumerable<StreamPart>)[new StreamPart(section.Definition), .. section.Rows, new StreamPart(end)])]);
            try
            {
                return DatabaseFileReader.ReadSections(text, _path);
            }
            catch (PhantomDbException error) when (error.Where is { } place && _sections.FindIndex(section => place.Contains($"section {section.Head}", StringComparison.Ordinal)) is >= 0 and int at)
            {
                bool isKey = error.SqlState == SqlStates.ForeignKeyViolation && ChangeKeys(at, (name, _) => name == error.ConstraintName ? KeyChange.NotValid : KeyChange.None);
                if (isKey)
                {
                    _losses.Add($"{_sections[at].Head}, foreign key {error.ConstraintName}: it is NOT VALID now, since rows that it refers to are lost");
                    continue;
                }
                _losses.Add($"{_sections[at].Head}: {error.Message}");
                _sections.RemoveAt(at);
            }
        }
        return null;
    }

    // True where one was changed.
    private bool ChangeKeys(int section, Func<string, string, KeyChange> changeOf)
    {
        if (ForeignKeyText.Change(_sections[section].Definition, changeOf) is not { } changed)
        {
            return false;
        }
        _sections[section] = _sections[section] with { Definition = changed };
        return true;
    }

    private static string HeadOf(byte[] section)
    {
        int end = section.AsSpan().IndexOf((byte)'\n');
        string line = Encoding.UTF8.GetString(section.AsSpan(0, Math.Max(end, 0)));
        return line.Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal);
    }

    private byte[] ReadAt(long offset, long length)
    {
        byte[] bytes = new byte[length];
        _stream.Position = offset;
        return bytes[.._stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
