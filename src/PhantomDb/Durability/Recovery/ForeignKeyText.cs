using System.Text;
using PhantomDb.Csv;

namespace PhantomDb.Durability.Recovery;

/// <summary>What becomes of a foreign key whose other table is not what it was.</summary>
internal enum KeyChange
{
    None,
    Drop,
    NotValid,
}

/// <summary>
/// The foreign keys in the lines of a section's definition: dropped, with their comments, or made NOT VALID. All other lines stay, byte by byte.
/// <code>
/// CONSTRAINT:child_fk FOREIGN KEY (parent) REFERENCES parent (id)      "CONSTRAINT:""Key"" FOREIGN KEY (a, b) REFERENCES ""T"" (a, b) NOT VALID"
/// COMMENT:CONSTRAINT,child_fk,whose child it is
/// </code>
/// </summary>
internal static class ForeignKeyText
{
    private const string Mark = "CONSTRAINT:";

    /// <summary>The definition with the changes; null where there is none.</summary>
    /// <param name="definition">Lines as they stand in the file.</param>
    /// <param name="changeOf">Asked once for each key, with its name and the table that it refers to as a section's head has it.</param>
    public static byte[]? Change(byte[] definition, Func<string, string, KeyChange> changeOf)
    {
        try
        {
            return ChangeLines(definition, changeOf);
        }
        catch (FormatException)
        {
            return null;   // who reads it tells what is wrong
        }
    }

    private static byte[]? ChangeLines(byte[] definition, Func<string, string, KeyChange> changeOf)
    {
        using var lines = new CsvRecordReader(definition.AsMemory());
        using var changed = new MemoryStream();
        HashSet<string> dropped = [];
        bool isChanged = false;
        while (lines.TryRead(out string? problem))
        {
            if (problem is not null)
            {
                return null;
            }
            string first = Encoding.UTF8.GetString(lines.Value(0));
            (string Name, string Table)? key = KeyIn(first);
            KeyChange change = key is var (name, table) ? changeOf(name, table) : IsCommentOn(dropped, first, lines) ? KeyChange.Drop : KeyChange.None;
            isChanged |= change != KeyChange.None;
            if (change != KeyChange.Drop)
            {
                changed.Write(change == KeyChange.NotValid ? DefinitionWriter.Line(Mark, first[Mark.Length..] + " NOT VALID") : lines.Raw);
                changed.WriteByte((byte)'\n');
            }
            else if (key is not null)
            {
                dropped.Add(key.Value.Name);
            }
        }
        return isChanged ? changed.ToArray() : null;
    }

    private static bool IsCommentOn(HashSet<string> dropped, string first, CsvRecordReader line) =>
        first == "COMMENT:CONSTRAINT" && line.Count > 1 && dropped.Contains(new DefinitionText(Encoding.UTF8.GetString(line.Value(1))).Name());

    // Null for any other line.
    private static (string Name, string Table)? KeyIn(string line)
    {
        if (!line.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }
        var text = new DefinitionText(line[Mark.Length..]);
        string name = text.Name();
        if (!text.TryTake("FOREIGN KEY"))
        {
            return null;
        }
        text.NameList();
        text.Take("REFERENCES");
        (string schema, string table) = text.QualifiedName();
        return (name, DefinitionText.NameOf(schema, table));
    }
}
