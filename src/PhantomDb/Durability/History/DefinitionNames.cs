using System.Text;
using PhantomDb.Csv;

namespace PhantomDb.Durability.History;

/// <summary>Names out of the records about definitions: of tables, of columns, and of the columns that an ALTER made them of. Nothing else of them is read.</summary>
internal static class DefinitionNames
{
    public static (string Schema, string Name) Qualified(string text) => new DefinitionText(text).QualifiedName();

    /// <summary>The columns that the lines of a TABLE or ALTER name, and for each, in an ALTER, the old column that it was; null for a new one.</summary>
    public static (IReadOnlyList<string> Names, IReadOnlyList<string?> Sources) Columns(IReadOnlyList<string?> lines)
    {
        string[] columns = Cells(lines, "COLUMNS:"), sources = Cells(lines, "FROM:");
        return ([.. columns.Where(c => c.Length > 0).Select(c => SectionLoader.ParseColumn(c, isOurs: true).Name)],
            [.. sources.Select(s => s.Length == 0 || s[0] == '=' ? null : new DefinitionText(s).Name())]);
    }

    private static string[] Cells(IReadOnlyList<string?> lines, string kind)
    {
        foreach (string? line in lines)
        {
            if (line is null || !line.TrimStart('"').StartsWith(kind, StringComparison.Ordinal))
            {
                continue;
            }
            using var records = new CsvRecordReader(Encoding.UTF8.GetBytes(line).AsMemory());
            if (!records.TryRead(out string? problem) || problem is not null)
            {
                throw new FormatException(problem ?? "a line of a definition is empty");
            }
            string[] cells = new string[records.Count];
            for (int i = 0; i < cells.Length; i++)
            {
                string cell = Encoding.UTF8.GetString(records.Value(i));
                cells[i] = i == 0 ? cell[kind.Length..] : cell;
            }
            return cells;
        }
        return [];
    }
}
