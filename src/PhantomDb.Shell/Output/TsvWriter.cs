using System.Buffers;

namespace PhantomDb.Shell.Output;

/// <summary>A header and the rows separated by tabs, with PostgreSQL's COPY text format for the values: NULL is \N, a tab \t.</summary>
internal sealed class TsvWriter : RowWriter
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\\\t\n\r\b\f\v"u8);

    public override void Write(RowSource rows, OutputSink output)
    {
        int count = rows.Columns.Count;
        for (int i = 0; i < count; i++)
        {
            Separate(i, output);
            WriteField(Utf8(rows.Columns[i].Name), output);
        }
        output.Write((byte)'\n');
        while (rows.Read())
        {
            for (int i = 0; i < count; i++)
            {
                Separate(i, output);
                if (rows.IsNull(i))
                {
                    output.Write("\\N"u8);
                }
                else
                {
                    WriteField(TextOf(rows, i), output);
                }
            }
            output.Write((byte)'\n');
        }
    }

    private static void Separate(int column, OutputSink output)
    {
        if (column > 0)
        {
            output.Write((byte)'\t');
        }
    }

    private static void WriteField(ReadOnlySpan<byte> text, OutputSink output)
    {
        for (int special; (special = text.IndexOfAny(Special)) >= 0; text = text[(special + 1)..])
        {
            output.Write(text[..special]);
            output.Write((byte)'\\');
            output.Write(text[special] switch
            {
                (byte)'\t' => (byte)'t',
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                (byte)'\b' => (byte)'b',
                (byte)'\f' => (byte)'f',
                (byte)'\v' => (byte)'v',
                _ => (byte)'\\',
            });
        }
        output.Write(text);
    }
}
