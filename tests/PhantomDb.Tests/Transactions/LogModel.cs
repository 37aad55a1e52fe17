using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Tests.Durability;

namespace PhantomDb.Tests.Transactions;

/// <summary>
/// Applies records to tables of text, by nothing but the specification: lines of definitions, and rows as lists of cells. What comes of it is
/// held against the file that the database saves.
/// </summary>
internal sealed class LogModel
{
    private readonly SortedDictionary<string, Table> _tables = new(StringComparer.Ordinal);

    private sealed class Table
    {
        public List<string> Lines = [];
        public List<string?[]> Rows = [];

        public string[] Columns => [.. Lines[0]["COLUMNS:".Length..].Split(',').Select(c => c[..c.LastIndexOf(':')])];

        public bool HasKey => Lines.Exists(line => line.Contains(" PRIMARY KEY ", StringComparison.Ordinal));
    }

    /// <summary>Applies one transaction's records.</summary>
    public void Apply(IReadOnlyList<string> records)
    {
        List<(Table Table, string?[] After, int Place)> inserts = [];
        List<(Table Table, int Row)> gone = [];
        foreach (string record in records)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(record);
            var cells = new LogCells();
            if (!cells.TrySplit(bytes, 0, bytes.Length))
            {
                throw new FormatException(record);
            }
            string operation = Encoding.UTF8.GetString(cells.Value(0)), name = Encoding.UTF8.GetString(cells.Value(1));
            string?[] values = new string?[cells.Count - 2];
            int mark = -1;
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = cells.Raw(i + 2).IsEmpty ? null : Encoding.UTF8.GetString(cells.Value(i + 2));
                mark = cells.Raw(i + 2).SequenceEqual(">"u8) ? i : mark;
            }
            switch (operation)
            {
                case "TABLE":
                    _tables.Add(name, new Table { Lines = [.. values.Select(value => value!)] });
                    break;
                case "PHANTOMDB_COMMIT":
                    break;
                case "DROP":
                    _tables.Remove(name);
                    break;
                case "RENAME":
                    _tables.Add(values[1]!, _tables[name]);
                    _tables.Remove(name);
                    break;
                case "TRUNCATE":
                    _tables[name].Rows.Clear();
                    break;
                case "ALTER":
                    Alter(_tables[name], [.. values.Select(value => value!)]);
                    break;
                case "INSERT":
                    inserts.Add((_tables[name], values, -1));
                    break;
                default:
                    Table table = _tables[name];
                    int count = table.Columns.Length, end = mark < 0 ? values.Length : mark;
                    int row = Find(table, values[..count], end > count ? int.Parse(values[count]!, System.Globalization.CultureInfo.InvariantCulture) : 1);
                    if (mark < 0)
                    {
                        gone.Add((table, row));
                    }
                    else
                    {
                        inserts.Add((table, values[(mark + 1)..], row));
                    }
                    break;
            }
        }
        foreach ((Table table, string?[] after, int place) in inserts)
        {
            if (place >= 0)
            {
                table.Rows[place] = after;
            }
        }
        foreach ((Table table, int row) in gone.OrderByDescending(g => g.Row))
        {
            table.Rows.RemoveAt(row);
        }
        foreach ((Table table, string?[] after, int place) in inserts)
        {
            if (place < 0)
            {
                table.Rows.Add(after);
            }
        }
    }

    /// <summary>The sections as a file has them, rows of tables with a key in any order.</summary>
    public string Sections() => string.Concat(_tables.Select(entry => Section(entry.Key, entry.Value.Lines, entry.Value.HasKey,
        entry.Value.Rows.Select(row => "ROW:" + string.Join(',', row.Select(cell => cell is "" ? "\"\"" : cell))))));

    /// <summary>The same of a database.</summary>
    public static string Sections(Database database, MemoryFileSystem disk) => Sections(database.Catalog, database.Storage, disk);

    public static string Sections(DatabaseCatalog catalog, DatabaseStorage storage, MemoryFileSystem disk)
    {
        DatabaseFileWriter.Write(new DatabaseContent("saved", catalog, storage, ReadView.Latest), "/saved.db",
            new DatabaseFileOptions { Sealed = false }, disk);
        var sections = new StringBuilder();
        foreach (string section in Encoding.UTF8.GetString(disk.Files["/saved.db"]).Split("\n[TABLE:")[1..])
        {
            string[] lines = section.TrimEnd('\n').Split('\n');
            List<string> definition = [.. lines[1..].Where(line => !line.StartsWith("ROW:", StringComparison.Ordinal) && !line.StartsWith("DATA:", StringComparison.Ordinal))];
            sections.Append(Section(lines[0].TrimEnd(']'), definition, definition.Exists(line => line.Contains(" PRIMARY KEY ", StringComparison.Ordinal)),
                lines.Where(line => line.StartsWith("ROW:", StringComparison.Ordinal))));
        }
        return sections.ToString();
    }

    private static string Section(string name, List<string> lines, bool hasKey, IEnumerable<string> rows) =>
        $"[{name}]\n{string.Join('\n', lines)}\n{string.Join('\n', hasKey ? rows.Order(StringComparer.Ordinal) : rows)}\n";

    private static int Find(Table table, string?[] image, int place)
    {
        for (int i = 0; i < table.Rows.Count; i++)
        {
            if (table.Rows[i].AsSpan().SequenceEqual(image) && --place == 0)
            {
                return i;
            }
        }
        throw new FormatException($"no row {string.Join(',', image)} among {string.Join(" | ", table.Rows.Select(row => string.Join(',', row)))}");
    }

    private static void Alter(Table table, string[] lines)
    {
        string[] old = table.Columns;
        string[] from = [.. lines[^1]["FROM:".Length..].Split(',').Select(cell => cell == "\"\"" ? "" : cell)];
        table.Lines = [.. lines[..^1]];
        table.Rows = [.. table.Rows.Select(row => (string?[])[.. from.Select(source =>
            source.Length == 0 ? null : source[0] == '=' ? source[1..] : row[Array.IndexOf(old, source)])])];
    }
}
