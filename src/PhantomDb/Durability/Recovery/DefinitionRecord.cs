using System.Text;
using PhantomDb.Csv;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// The values of a record about a definition: lines of a database file's section, each a CSV record by itself, or names. Mistakes are
/// <see cref="FormatException"/>.
/// <code>
/// COLUMNS:id:int,name:string   ->   kind COLUMNS, cells "id:int" and "name:string"
/// </code>
/// </summary>
internal static class DefinitionRecord
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    public static string Text(IReadOnlyList<byte[]> values, int index) =>
        index < values.Count ? StrictUtf8.GetString(values[index]) : throw new FormatException("the record has too few values");

    /// <summary>The name of a relation, and nothing behind it.</summary>
    public static (string Schema, string Name) Qualified(string text)
    {
        var reader = new DefinitionText(text);
        (string, string) name = reader.QualifiedName();
        reader.End();
        return name;
    }

    public static (string Kind, string[] Cells) Line(byte[] value)
    {
        using var records = new CsvRecordReader(value.AsMemory());
        if (!records.TryRead(out string? problem) || problem is not null)
        {
            throw new FormatException(problem ?? "a line of a definition is empty");
        }
        ReadOnlySpan<byte> first = records.Value(0);
        int colon = first.IndexOf((byte)':');
        if (colon < 0)
        {
            throw new FormatException($"the line \"{StrictUtf8.GetString(first)}\" is of no kind that this version knows");
        }
        string kind = StrictUtf8.GetString(first[..colon]);
        string[] cells = new string[records.Count];
        for (int i = 0; i < cells.Length; i++)
        {
            cells[i] = StrictUtf8.GetString(i == 0 ? first[(colon + 1)..] : records.Value(i));
        }
        return (kind, cells);
    }

    public static FormatException NotKnown(string kind) => new($"lines of the kind \"{kind}\" are not known here to this version");
}
