namespace PhantomDb.Shell.Output;

/// <summary>A header and the rows, a line each, with a separator between fields; what a field looks like is the format's own.</summary>
internal abstract class SeparatedWriter : RowWriter
{
    protected abstract ReadOnlySpan<byte> Separator { get; }

    public override void Write(RowSource rows, OutputSink output)
    {
        int count = rows.Columns.Count;
        for (int i = 0; i < count && Style.HasHeader; i++)
        {
            Separate(i, output);
            WriteField(Utf8(rows.Columns[i].Name), output);
        }
        if (Style.HasHeader)
        {
            output.Write((byte)'\n');
        }
        while (rows.Read())
        {
            for (int i = 0; i < count; i++)
            {
                Separate(i, output);
                if (rows.IsNull(i))
                {
                    WriteNull(output);
                }
                else
                {
                    WriteField(TextOf(rows, i), output);
                }
            }
            output.Write((byte)'\n');
        }
    }

    protected virtual void WriteNull(OutputSink output) => output.Write(Style.NullText ?? "");

    protected abstract void WriteField(ReadOnlySpan<byte> text, OutputSink output);

    private void Separate(int column, OutputSink output)
    {
        if (column > 0)
        {
            output.Write(Separator);
        }
    }
}
