using System.Buffers;

namespace PhantomDb.Shell.Output;

/// <summary>A header and the rows separated by tabs, with PostgreSQL's COPY text format for the values: NULL is \N, a tab \t.</summary>
internal sealed class TsvWriter : SeparatedWriter
{
    private static readonly SearchValues<byte> Special = SearchValues.Create("\\\t\n\r\b\f\v"u8);

    protected override ReadOnlySpan<byte> Separator => "\t"u8;

    protected override void WriteNull(OutputSink output) => output.Write("\\N"u8);

    protected override void WriteField(ReadOnlySpan<byte> text, OutputSink output)
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
