using System.Globalization;
using System.Text;

namespace PhantomDb.Durability;

/// <summary>A run of whole rows in a section, at an offset from the start of the sealed bytes.</summary>
internal sealed record BlockSeal(long Offset, long Length, long RowCount, uint Crc);

/// <summary>A section: from its head to before its checksum line.</summary>
internal sealed record SectionSeal(long Offset, long Length, long RowCount, uint Crc, IReadOnlyList<BlockSeal> Blocks);

/// <summary>
/// What the last lines of a sealed file say of all before them. The text:
/// <code>
/// # Section: 1 | Offset: 0 | Length: 130 | Rows: 2 | CRC: 5f0c2a11
/// # Block: 1 | Offset: 88 | Length: 42 | Rows: 2 | CRC: 77aa01c2
/// # End: 1 | Rows: 2 | Length: 162 | CRC: 0badc0de | Trailer: 1234abcd
/// </code>
/// It is valid only as it would be written: any other spelling of the same numbers is damage. Offsets count from the
/// first byte behind the file's header, so that equal content has equal text whatever its header says.
/// </summary>
internal sealed record FileSeal(IReadOnlyList<SectionSeal> Sections, long Length, uint Crc)
{
    public const string EndMark = "# End: ";
    public const string SectionMark = "# Section: ";
    private const string TrailerMark = " | Trailer: ";

    public long RowCount => Sections.Sum(s => s.RowCount);

    public string ToText()
    {
        var text = new StringBuilder();
        for (int i = 0; i < Sections.Count; i++)
        {
            SectionSeal section = Sections[i];
            Line(text, SectionMark, i + 1, section.Offset, section.Length, section.RowCount, section.Crc);
            for (int block = 0; block < section.Blocks.Count; block++)
            {
                BlockSeal seal = section.Blocks[block];
                Line(text, "# Block: ", block + 1, seal.Offset, seal.Length, seal.RowCount, seal.Crc);
            }
        }
        text.Append(CultureInfo.InvariantCulture, $"{EndMark}{Sections.Count} | Rows: {RowCount} | Length: {Length} | CRC: {Checksum.Text(Crc)}{TrailerMark}");
        text.Append(Checksum.Text(Checksum.Of(Encoding.ASCII.GetBytes(text.ToString())))).Append('\n');
        return text.ToString();
    }

    /// <summary>The length that an end line states; -1 where it is none.</summary>
    public static long LengthIn(string endLine)
    {
        long[] numbers = NumbersIn(endLine);
        return endLine.StartsWith(EndMark, StringComparison.Ordinal) && numbers.Length >= 4 ? numbers[2] : -1;
    }

    /// <summary>The seal that a text is; null where it is damaged.</summary>
    public static FileSeal? TryParse(string text)
    {
        List<SectionSeal> sections = [];
        List<BlockSeal> blocks = [];
        FileSeal? seal = null;
        foreach (string line in text.Split('\n'))
        {
            long[] numbers = NumbersIn(line);
            if (numbers.Length < 4)
            {
                continue;
            }
            if (line.StartsWith(EndMark, StringComparison.Ordinal))
            {
                seal = new FileSeal(sections, numbers[2], (uint)numbers[3]);
            }
            else if (numbers.Length == 5 && line.StartsWith(SectionMark, StringComparison.Ordinal))
            {
                blocks = [];
                sections.Add(new SectionSeal(numbers[1], numbers[2], numbers[3], (uint)numbers[4], blocks));
            }
            else if (numbers.Length == 5)
            {
                blocks.Add(new BlockSeal(numbers[1], numbers[2], numbers[3], (uint)numbers[4]));
            }
        }
        return seal is not null && seal.IsPossible() && seal.ToText() == text ? seal : null;
    }

    // Sections one behind the other, their blocks in them, no more rows than bytes: who reads by these numbers reads inside of what the checksum has proved.
    private bool IsPossible()
    {
        long end = 0;
        foreach (SectionSeal section in Sections)
        {
            if (section.Offset < end || section.Offset > Length || section.Length > Length - section.Offset || section.RowCount > section.Length)
            {
                return false;
            }
            end = section.Offset;
            foreach (BlockSeal block in section.Blocks)
            {
                if (block.Offset < end || block.Offset > section.Offset + section.Length || block.Length > section.Offset + section.Length - block.Offset || block.RowCount > block.Length)
                {
                    return false;
                }
                end = block.Offset + block.Length;
            }
            end = section.Offset + section.Length;
        }
        return true;
    }

    private static void Line(StringBuilder text, string mark, int number, long offset, long length, long rows, uint crc) =>
        text.Append(CultureInfo.InvariantCulture, $"{mark}{number} | Offset: {offset} | Length: {length} | Rows: {rows} | CRC: {Checksum.Text(crc)}\n");

    // What stands behind the colons; a checksum is hexadecimal.
    private static long[] NumbersIn(string line)
    {
        List<long> numbers = [];
        foreach (string part in line.Split(" | "))
        {
            int colon = part.IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0)
            {
                continue;
            }
            NumberStyles style = part.StartsWith("CRC", StringComparison.Ordinal) || part.StartsWith("Trailer", StringComparison.Ordinal)
                ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
            if (long.TryParse(part.AsSpan(colon + 2), style, CultureInfo.InvariantCulture, out long number))
            {
                numbers.Add(number);
            }
        }
        return numbers.Count == 5 && line.StartsWith(EndMark, StringComparison.Ordinal) ? [.. numbers[..4]] : [.. numbers];
    }
}
