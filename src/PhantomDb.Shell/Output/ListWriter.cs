namespace PhantomDb.Shell.Output;

/// <summary>A header and the values between bars, nothing quoted: for the eye and for cut(1). NULL is nothing.</summary>
internal sealed class ListWriter : SeparatedWriter
{
    protected override byte Separator => (byte)'|';

    protected override void WriteNull(OutputSink output)
    {
    }

    protected override void WriteField(ReadOnlySpan<byte> text, OutputSink output) => output.Write(text);
}
