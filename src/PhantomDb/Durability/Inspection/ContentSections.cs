using System.Text;
using PhantomDb.Csv;

namespace PhantomDb.Durability.Inspection;

/// <summary>A section of a database's content as its file would have it: the head, and what the seal says of it.</summary>
internal sealed record ContentSection(string Head, SectionSeal Seal);

/// <summary>What differs between the rows of two sections of one table.</summary>
/// <param name="Changed">Rows whose key is in both; 0 in a table without primary key.</param>
/// <param name="EmptyTextsNowNull">Values that were '' and are NULL.</param>
internal readonly record struct RowDifferences(long Added, long Removed, long Changed, long EmptyTextsNowNull);

/// <summary>
/// A database's content, section by section, as the database file would have it: equal content has equal bytes there, whatever it was read from. Of
/// sections that are asked for the records are kept, of others their checksums alone.
/// </summary>
internal sealed class ContentSections
{
    private readonly Dictionary<string, List<byte[]>> _rows;

    private ContentSections(IReadOnlyList<ContentSection> sections, Dictionary<string, List<byte[]>> rows)
    {
        Sections = sections;
        _rows = rows;
    }

    public IReadOnlyList<ContentSection> Sections { get; }

    /// <summary>Sums up all sections, and keeps the rows of some.</summary>
    public static ContentSections Of(DatabaseContent content, IReadOnlySet<string>? kept = null)
    {
        var sink = new RecordSink(kept ?? new HashSet<string>());
        var output = new FileOutput(sink);
        List<SectionSeal> seals = new SectionWriter(content, output, isSealed: false).WriteAll();
        output.FlushBuffer();
        return new ContentSections([.. sink.Heads.Zip(seals, (head, seal) => new ContentSection(head, seal))], sink.Rows);
    }

    /// <summary>What has become of the rows of a section since an older content; both have kept them.</summary>
    /// <param name="older">The content before.</param>
    /// <param name="head">The section's head.</param>
    /// <param name="keyColumns">Places of the primary key's columns; none: rows are the same only as a whole.</param>
    public RowDifferences RowsSince(ContentSections older, string head, IReadOnlyList<int> keyColumns)
    {
        List<byte[]> now = _rows.GetValueOrDefault(head, []), before = older._rows.GetValueOrDefault(head, []);
        Dictionary<string, Queue<byte[]>> byKey = [];
        foreach (byte[] row in before)
        {
            string key = KeyOf(row, keyColumns);
            if (!byKey.TryGetValue(key, out Queue<byte[]>? rows))
            {
                byKey.Add(key, rows = new Queue<byte[]>());
            }
            rows.Enqueue(row);
        }
        long added = 0, kept = 0, changed = 0, emptied = 0;
        foreach (byte[] row in now)
        {
            if (!byKey.TryGetValue(KeyOf(row, keyColumns), out Queue<byte[]>? rows) || !rows.TryDequeue(out byte[]? old))
            {
                added++;
                continue;
            }
            kept++;
            if (!old.AsSpan().SequenceEqual(row))
            {
                changed++;
                emptied += EmptyTextsNowNull(old, row);
            }
        }
        return new RowDifferences(added, before.Count - kept, changed, emptied);
    }

    /// <summary>Values of a section that are nothing, in some columns.</summary>
    public long CountNulls(string head, IReadOnlyList<int> columns) =>
        _rows.GetValueOrDefault(head, []).Sum(row => CellsOf(row) is var cells ? columns.LongCount(column => cells[column] is { Length: 0 }) : 0);

    private static string KeyOf(byte[] row, IReadOnlyList<int> keyColumns)
    {
        if (keyColumns.Count == 0)
        {
            return Encoding.UTF8.GetString(row);
        }
        List<string> cells = CellsOf(row);
        return string.Join(',', keyColumns.Select(column => cells[column]));
    }

    // The value '' has the text "", NULL has none; column orders may differ after an edit of the definition.
    private static long EmptyTextsNowNull(byte[] old, byte[] row)
    {
        List<string> before = CellsOf(old), now = CellsOf(row);
        return before.Zip(now).LongCount(cell => cell.First == "\"\"" && cell.Second.Length == 0);
    }

    // As they stand in the file, '' in quotes.
    private static List<string> CellsOf(byte[] row)
    {
        using var record = new CsvRecordReader(row.AsMemory());
        if (!record.TryRead(out _))
        {
            return [];
        }
        List<string> cells = [];
        const int PrefixLength = 4;   // ROW:
        for (int i = 0; i < record.Count; i++)
        {
            ReadOnlySpan<byte> value = i == 0 ? record.Value(0)[PrefixLength..] : record.Value(i);
            cells.Add(value.IsEmpty && record.IsQuoted(i) ? "\"\"" : Encoding.UTF8.GetString(value));
        }
        return cells;
    }

    /// <summary>Takes a file as it is written, and tells its records apart.</summary>
    private sealed class RecordSink(IReadOnlySet<string> kept) : IWritableFile
    {
        private readonly List<byte> _record = [];
        private bool _isQuoted;
        private bool _isKept;
        private int _place;       // in the record
        private bool _skips;      // the rest of a record that is not kept
        private List<byte[]>? _target;

        public List<string> Heads { get; } = [];

        public Dictionary<string, List<byte[]>> Rows { get; } = [];

        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            Length += bytes.Length;
            foreach (byte letter in bytes)
            {
                _isQuoted ^= letter == '"';
                if (letter != '\n' || _isQuoted)
                {
                    Add(letter);
                    continue;
                }
                EndRecord();
            }
        }

        public void TruncateTo(long length) => throw new NotSupportedException();

        public int Read(long offset, Span<byte> target) => throw new NotSupportedException();

        public bool IsAt(string path) => throw new NotSupportedException();

        public void Flush()
        {
        }

        public void Dispose()
        {
        }

        // Of the sections that are not kept the heads alone are collected.
        private void Add(byte letter)
        {
            _skips = _place switch
            {
                0 => !_isKept && letter is not ((byte)'[' or (byte)'"'),
                1 when _record is [(byte)'"'] => !_isKept && letter != '[',
                _ => _skips,
            };
            _place++;
            if (!_skips)
            {
                _record.Add(letter);
            }
        }

        private void EndRecord()
        {
            byte[] record = _skips ? [] : [.. _record];
            _record.Clear();
            _place = 0;
            _skips = false;
            if (record is [(byte)'[', ..] or [(byte)'"', (byte)'[', ..])
            {
                string head = HeadOf(record);
                Heads.Add(head);
                _isKept = kept.Contains(head);
                _target = null;
                if (_isKept)
                {
                    Rows.Add(head, _target = []);
                }
                return;
            }
            if (_isKept && (record.AsSpan().StartsWith("ROW:"u8) || record.AsSpan().StartsWith("\"ROW:"u8)))
            {
                _target!.Add(record);
            }
        }

        private static string HeadOf(byte[] record)
        {
            string text = Encoding.UTF8.GetString(record);
            return text[0] == '"' ? text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : text;
        }
    }
}
