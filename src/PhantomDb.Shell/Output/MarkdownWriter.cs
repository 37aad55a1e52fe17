namespace PhantomDb.Shell.Output;

/// <summary>A table as GitHub's Markdown has it. NULL is an empty cell; a line break is a &lt;br&gt;.</summary>
internal sealed class MarkdownWriter : RowWriter
{
    public override void Write(RowSource rows, OutputSink output)
    {
        int count = rows.Columns.Count;
        foreach (RowColumn column in rows.Columns)
        {
            output.Write("| "u8);
            WriteCell(Utf8(column.Name), output);
            output.Write((byte)' ');
        }
        output.Write("|\n"u8);
        foreach (RowColumn column in rows.Columns)
        {
            output.Write(column.Kind == ColumnKind.Number ? "| ---: "u8 : "| --- "u8);
        }
        output.Write("|\n"u8);
        while (rows.Read())
        {
            for (int i = 0; i < count; i++)
            {
                output.Write("| "u8);
                WriteCell(rows.IsNull(i) ? Utf8(Style.NullText ?? "") : TextOf(rows, i), output);
                output.Write((byte)' ');
            }
            output.Write("|\n"u8);
        }
    }

    private static void WriteCell(ReadOnlySpan<byte> text, OutputSink output)
    {
        foreach (byte value in text)
        {
            switch (value)
            {
                case (byte)'|':
                    output.Write("\\|"u8);
                    break;
                case (byte)'\n':
                    output.Write("<br>"u8);
                    break;
                case (byte)'\r':
                    break;
                default:
                    output.Write(value);
                    break;
            }
        }
    }
}
