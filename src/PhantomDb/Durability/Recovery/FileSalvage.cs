using System.Globalization;
using System.Text;
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

    private readonly string _path;
    private readonly List<string> _losses = [];
    private readonly Stream _stream;
    private readonly List<Section> _sections = [];

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
        if (seal is not null && start >= 0)
        {
            foreach (SectionSeal section in seal.Sections)
            {
                Take(start + section.Offset, section);
            }
        }
        else
        {
            TakeWholeSections(Math.Max(start, 0));
            if (seal is null || seal.Sections.Count > _sections.Count + _losses.Count)
            {
                _losses.Add($"sections of \"{_path}\" that are not there any more, if there were any: the list of them at the file's end, or where it begins, is damaged or missing");
            }
        }
        if (_sections.Count == 0)
        {
            return null;
        }
        DropOrphanedKeys();
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
        int blank = top.AsSpan().IndexOf("\n\n["u8);
        blank = blank < 0 ? top.AsSpan().IndexOf("\n\n\"["u8) : blank;
        return blank < 0 ? -1 : blank + 1;
    }

    private void Take(long offset, SectionSeal section)
    {
        if (offset + section.Length > _stream.Length)
        {
            _losses.Add(string.Create(CultureInfo.InvariantCulture, $"the section at byte offset {offset}, with {section.RowCount} rows: the file ends before it does"));
            return;
        }
        long headLength = section.Length - section.Blocks.Sum(block => block.Length);
        byte[] head = headLength is > 0 and <= HeadLengthMax ? ReadAt(offset, headLength) : [];
        if (head.Length > 0 && Checksum.Of(_stream, offset, section.Length) == section.Crc)
        {
            _sections.Add(new Section(head, [new StreamPart(null, offset + headLength, section.Length - headLength)]));
            return;
        }
        uint headCrc = section.Crc;
        foreach (BlockSeal block in section.Blocks.Reverse())
        {
            headCrc = ChecksumParts.WithoutLast(headCrc, block.Crc, block.Length);
        }
        if (section.Blocks.Count == 0 || head.Length == 0 || Checksum.Of(head) != headCrc)
        {
            string name = head.Length > 0 ? HeadOf(head) : "section";
            _losses.Add(string.Create(CultureInfo.InvariantCulture, $"{name}, with {section.RowCount} rows: its definition is damaged (byte offset {offset})"));
            return;
        }
        List<StreamPart> kept = [];
        long firstRow = 1, start = offset - section.Offset;
        foreach (BlockSeal block in section.Blocks)
        {
            if (Checksum.Of(_stream, start + block.Offset, block.Length) == block.Crc)
            {
                kept.Add(new StreamPart(null, start + block.Offset, block.Length));
            }
            else
            {
                _losses.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{HeadOf(head)}, rows {firstRow} to {firstRow + block.RowCount - 1}: bytes {start + block.Offset} to {start + block.Offset + block.Length - 1} do not match their checksum"));
            }
            firstRow += block.RowCount;
        }
        _sections.Add(new Section(head, kept));
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
            else if (rows < 0 && section.Length > top.Length)
            {
                _losses.Add(string.Create(CultureInfo.InvariantCulture, $"{section.Head}: its definition has more than {HeadLengthMax} bytes (line {section.Line}, byte offset {section.Offset})"));
            }
            else
            {
                byte[] definition = rows < 0 ? top : top[..rows];
                _sections.Add(new Section(definition, [new StreamPart(null, section.Offset + definition.Length, section.Length - definition.Length)]));
            }
        }
    }

    // The line feed before the line that names the columns of the rows; -1 where there are none.
    private static int StartOfRows(ReadOnlySpan<byte> section) => section.IndexOf("\nDATA:"u8) is >= 0 and int plain ? plain : section.IndexOf("\n\"DATA:"u8);

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
                _losses.Add($"{head}, foreign key {name}: the table that it refers to, {referenced}, is lost");
                return KeyChange.Drop;
            });
        }
    }

    private LoadedDatabase? Load()
    {
        while (_sections.Count > 0)
        {
            byte[] end = "\n"u8.ToArray();
            using var text = new PartsStream(_stream, [.. _sections.SelectMany(section => (IEnumerable<StreamPart>)[new StreamPart(section.Definition), .. section.Rows, new StreamPart(end)])]);
            try
            {
                return DatabaseFileReader.ReadSections(text, _path);
            }
            catch (PhantomDbException error) when (error.Where is { } place && _sections.FindIndex(section => place.Contains($"section {section.Head}", StringComparison.Ordinal)) is >= 0 and int at)
            {
                bool isKey = error.SqlState == SqlStates.ForeignKeyViolation && ChangeKeys(at, (name, _) => name == DefinitionText.Quote(error.ConstraintName ?? "") ? KeyChange.NotValid : KeyChange.None);
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

    private enum KeyChange
    {
        None, Drop, NotValid,
    }

    // Lines of foreign keys: true where one was changed.
    private bool ChangeKeys(int section, Func<string, string, KeyChange> change)
    {
        byte[] bytes = _sections[section].Definition;
        int rows = StartOfRows(bytes);
        string definition = Encoding.UTF8.GetString(bytes.AsSpan(0, rows < 0 ? bytes.Length : rows));
        List<string> lines = [.. definition.Split('\n')];
        bool isChanged = false;
        for (int i = lines.Count - 1; i >= 0; i--)
        {
            bool isQuoted = lines[i].StartsWith('"');
            string line = isQuoted ? lines[i].Trim('"') : lines[i];
            int key = line.IndexOf(" FOREIGN KEY (", StringComparison.Ordinal), references = line.IndexOf(" REFERENCES ", StringComparison.Ordinal);
            if (!line.StartsWith("CONSTRAINT:", StringComparison.Ordinal) || key < 0 || references < key)
            {
                continue;
            }
            string referenced = line[(references + " REFERENCES ".Length)..];
            referenced = referenced[..Math.Max(0, referenced.LastIndexOf(" (", StringComparison.Ordinal))];
            switch (change(line["CONSTRAINT:".Length..key], referenced))
            {
                case KeyChange.Drop:
                    lines.RemoveAt(i);
                    isChanged = true;
                    break;
                case KeyChange.NotValid when !line.EndsWith(" NOT VALID", StringComparison.Ordinal):
                    lines[i] = isQuoted ? $"{lines[i][..^1]} NOT VALID\"" : $"{lines[i]} NOT VALID";
                    isChanged = true;
                    break;
            }
        }
        if (isChanged)
        {
            _sections[section] = _sections[section] with { Definition = [.. Encoding.UTF8.GetBytes(string.Join('\n', lines)), .. bytes.AsSpan(rows < 0 ? bytes.Length : rows)] };
        }
        return isChanged;
    }

    private static string HeadOf(byte[] section)
    {
        int end = section.AsSpan().IndexOf((byte)'\n');
        string line = Encoding.UTF8.GetString(section.AsSpan(0, end < 0 ? Math.Min(section.Length, 100) : end));
        return line.StartsWith('"') ? line.Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal) : line;
    }

    private byte[] ReadAt(long offset, long length)
    {
        byte[] bytes = new byte[length];
        _stream.Position = offset;
        return bytes[.._stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
