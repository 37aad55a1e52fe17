using System.Buffers;

namespace PhantomDb.Shell.Output;

/// <summary>
/// A header and the rows, as RFC 4180 and PostgreSQL's COPY … CSV have it, with LF: NULL is nothing, '' is "". Quotes stand
/// only where they are needed.
/// </summary>
internal sealed class CsvWriter : SeparatedWriter
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(",\"\r\n"u8);

    protected override ReadOnlySpan<byte> Separator => ","u8;

    protected override void WriteField(ReadOnlySpan<byte> text, OutputSink output)
    {
        // A lone \. would end the data for PostgreSQL's COPY.
        if (text.Length > 0 && !text.ContainsAny(Special) && !text.SequenceEqual("\\."u8))
        {
            output.Write(text);
            return;
        }
        output.Write((byte)'"');
        for (int quote; (quote = text.IndexOf((byte)'"')) >= 0; text = text[(quote + 1)..])
        {
            output.Write(text[..(quote + 1)]);
            output.Write((byte)'"');
        }
        output.Write(text);
        output.Write((byte)'"');
    }
}
