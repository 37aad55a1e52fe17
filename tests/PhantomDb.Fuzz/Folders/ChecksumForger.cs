using System.Globalization;
using System.Text;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Fuzz.Folders;

/// <summary>Changes fields of log lines, headers, manifests and sealed files at random, and makes their checksums fit, so that what is behind the checksums is met.</summary>
internal sealed class ChecksumForger(Random random)
{
    private static readonly string[] Numbers = ["0", "1", "2", "-1", "00", "01", "+1", " 1", "", "x", "9223372036854775807", "9223372036854775808", "99999999999999999999", "2147483648", "1e3"];

    private static readonly string[] Operations =
    [
        "INSERT", "UPDATE", "DELETE", "TABLE", "ALTER", "DROP", "RENAME", "TRUNCATE", "VIEW", "SEQUENCE", "SCHEMA", "INDEX", "LOAD", "SETTING", "SYNC", "CLOSE", "PHANTOMDB_COMMIT", "MAINTENANCE", "", "insert", "Ä",
    ];

    private static readonly string[] Cells =
    [
        "", "\"\"", ">", "\">\"", "1", "-1", "NaN", "99999999999999999999999999999", "users", "notes", "nothing", "\"no\nsuch\"", "\\", "\\n", "\\x", "a\"b", "\"unfinished", "\"COLUMNS:id:int,name:string\"", "COLUMNS:", "COLUMNS:id:nothing",
        "CONSTRAINT:x PRIMARY KEY (nothing)", "CONSTRAINT:x PRIMARY KEY (id)", "\"FROM:id,name\"", "FROM:", "FROM:=1", "TABLE", "VIEW", "SEQUENCE:x AS integer START 1 INCREMENT 0 MINVALUE 1 MAXVALUE 0 CACHE 1 LAST 1", "2026-02-30", "\u0000", "é😀",
        "shop_load_1", "../shop.db", "/etc/passwd",
    ];

    /// <summary>True where a checksum was made to fit.</summary>
    public bool HasForged { get; private set; }

    /// <summary>A changed content under a sealed file's seal, whose length and checksum fit.</summary>
    public byte[] ForgeSealed(byte[] bytes, Func<byte[], byte[]> change)
    {
        using var stream = new MemoryStream(bytes);
        int start = SealedFile.StartOfSections(stream);
        if (start < 0 || SealedFile.ReadSeal(stream) is not { } seal || start + seal.Length > bytes.Length)
        {
            return bytes;
        }
        HasForged = true;
        byte[] content = change(bytes[start..(start + (int)seal.Length)]);
        var forged = new FileSeal(seal.Sections, content.Length, Checksum.Of(content));
        return [.. bytes[..start], .. content, .. Encoding.ASCII.GetBytes(forged.ToText())];
    }

    /// <summary>Numbers of a seal changed, its own checksum made to fit.</summary>
    public byte[] ForgeSeal(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        if (SealedFile.ReadSeal(stream) is not { } seal)
        {
            return bytes;
        }
        HasForged = true;
        long Number() => random.Next(3) switch { 0 => 0, 1 => (long.MaxValue >> 4) - random.Next(2), _ => random.Next(5000) };
        int length = seal.ToText().Length;
        SectionSeal[] sections = [.. seal.Sections];
        int at = random.Next(sections.Length + 1);
        if (at == sections.Length)
        {
            seal = new FileSeal(sections, Number(), seal.Crc);
        }
        else
        {
            sections[at] = random.Next(4) switch
            {
                0 => sections[at] with { Offset = Number() },
                1 => sections[at] with { Length = Number() },
                2 => sections[at] with { RowCount = Number() },
                _ => sections[at] with { Blocks = [.. sections[at].Blocks.Select(block => random.Next(2) == 0 ? block with { Offset = Number() } : block with { Length = Number(), RowCount = Number() })] },
            };
            seal = new FileSeal(sections, seal.Length, seal.Crc);
        }
        return [.. bytes[..^length], .. Encoding.ASCII.GetBytes(seal.ToText())];
    }

    public byte[] ForgeLine(byte[] bytes)
    {
        if (LogHeader.TryParse(bytes, out int headerLength) is not { } header)
        {
            return bytes;
        }
        List<byte[]> lines = FolderDamage.LinesOf(bytes[headerLength..]);
        if (lines.Count == 0)
        {
            return bytes;
        }
        HasForged = true;
        int at = random.Next(lines.Count);
        List<string> cells = [.. Encoding.Latin1.GetString(lines[at]).TrimEnd('\n').Split(',')[..^1]];
        for (int i = random.Next(1, 3); i > 0 && cells.Count > 0; i--)
        {
            int cell = random.Next(cells.Count);
            string value = cell switch
            {
                0 or 2 or 4 => Pick(Numbers),
                1 => Pick(["2026-11-21T12:00:03.120451Z", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "2026-13-01T00:00:00.000000Z", ""]),
                3 => $"{Pick(Numbers)}/{Pick(Numbers)}",
                5 => Pick(Operations),
                _ => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Pick(Cells))),
            };
            switch (random.Next(4))
            {
                case 0 when cells.Count > 1:
                    cells.RemoveAt(cell);
                    break;
                case 1:
                    cells.Insert(cell, value);
                    break;
                default:
                    cells[cell] = value;
                    break;
            }
        }
        byte[] line = Encoding.Latin1.GetBytes(string.Join(',', cells));
        Checksum sum = LogChecksum.Seed(header.Salt);
        sum.Add(line);
        lines[at] = [.. line, .. Encoding.ASCII.GetBytes($",{Checksum.Text(sum.Value)}\n")];
        return [.. bytes[..headerLength], .. FolderDamage.Join(lines)];
    }

    public byte[] ForgeHeader(byte[] bytes)
    {
        int end = bytes.AsSpan().IndexOf((byte)'\n');
        string line = Encoding.Latin1.GetString(bytes, 0, Math.Max(0, end));
        int mark = line.LastIndexOf(" | Header: ", StringComparison.Ordinal);
        if (mark < 0)
        {
            return bytes;
        }
        List<string> parts = [.. line[..mark].Split(" | ")];
        if (parts.Count < 2)
        {
            return bytes;
        }
        HasForged = true;
        int at = random.Next(1, parts.Count);
        int colon = parts[at].IndexOf(": ", StringComparison.Ordinal);
        switch (random.Next(5))
        {
            case 0:
                parts.RemoveAt(at);
                break;
            case 1:
                parts.Insert(at, parts[random.Next(parts.Count)]);
                break;
            default:
                parts[at] = (colon < 0 ? "" : parts[at][..(colon + 2)]) + Pick(Numbers);
                break;
        }
        string text = string.Join(" | ", parts) + " | Header: ";
        byte[] start = Encoding.Latin1.GetBytes(text);
        return [.. start, .. Encoding.ASCII.GetBytes(Checksum.Text(Checksum.Of(start))), .. bytes[end..]];
    }

    public byte[] ForgeManifest(byte[] bytes)
    {
        List<string> lines = [.. Encoding.Latin1.GetString(bytes).TrimEnd('\n').Split('\n')];
        HasForged = true;
        lines.RemoveAt(lines.Count - 1);
        if (lines.Count == 0)
        {
            return bytes;
        }
        int at = random.Next(lines.Count);
        List<string> cells = [.. lines[at].Split(',')];
        int cell = random.Next(cells.Count);
        cells[cell] = cell == 0 ? Pick(["reached", "segment", "pin", "other", ""]) : Pick(Numbers);
        lines[at] = string.Join(',', cells);
        if (random.Next(4) == 0)
        {
            lines.Insert(at, string.Create(CultureInfo.InvariantCulture, $"pin,p{random.Next(9)},{Pick(Numbers)},0,0,2026-11-21T12:00:03.120451Z"));
        }
        byte[] rows = Encoding.Latin1.GetBytes(string.Join('\n', lines) + "\n");
        return [.. rows, .. Encoding.ASCII.GetBytes($"# End | CRC: {Checksum.Text(Checksum.Of(rows))}\n")];
    }

    private string Pick(IReadOnlyList<string> items) => items[random.Next(items.Count)];
}
