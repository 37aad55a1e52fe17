namespace PhantomDb.Shell.Output;

/// <summary>A value a line, <c>name = value</c>, with an empty line between rows. NULL is the word NULL.</summary>
internal sealed class LineWriter : RowWriter
{
    public override void Write(RowSource rows, OutputSink output)
    {
        int width = rows.Columns.Max(column => TextWidth.Of(column.Name));
        for (bool isFirst = true; rows.Read(); isFirst = false)
        {
            if (!isFirst)
            {
                output.Write((byte)'\n');
            }
            for (int i = 0; i < rows.Columns.Count; i++)
            {
                string name = rows.Columns[i].Name;
                output.Fill((byte)' ', width - TextWidth.Of(name));
                output.Write(name);
                output.Write(" = "u8);
                output.Write(rows.IsNull(i) ? Utf8(Style.NullText ?? "NULL") : TextOf(rows, i));
                output.Write((byte)'\n');
            }
        }
    }
}
