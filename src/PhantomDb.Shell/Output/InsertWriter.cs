using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>An INSERT a row, into a table of a given name: numbers and truth values as they are, all else as text that the column's type reads.</summary>
internal sealed class InsertWriter(string table) : RowWriter
{
    public override void Write(RowSource rows, OutputSink output)
    {
        RowColumn[] columns = [.. rows.Columns];
        string start = $"INSERT INTO {table} ({string.Join(", ", columns.Select(column => $"\"{column.Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))}) VALUES (";
        while (rows.Read())
        {
            output.Write(start);
            for (int i = 0; i < columns.Length; i++)
            {
                output.Write(i > 0 ? ", " : "");
                output.Write(rows.IsNull(i) ? "NULL" : Literal(Encoding.UTF8.GetString(TextOf(rows, i)), columns[i].Kind));
            }
            output.Write(");\n"u8);
        }
    }

    private static string Literal(string text, ColumnKind kind) => kind switch
    {
        ColumnKind.Boolean => text == "t" ? "true" : "false",
        ColumnKind.Number when !char.IsAsciiLetter(text[^1]) => text,   // NaN and Infinity are texts
        _ => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
    };
}
