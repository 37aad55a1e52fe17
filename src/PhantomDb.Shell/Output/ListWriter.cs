using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>A header and the values between bars, or what else was chosen, nothing quoted: for the eye and for cut(1). NULL is nothing.</summary>
internal sealed class ListWriter : SeparatedWriter
{
    private byte[]? _separator;

    protected override ReadOnlySpan<byte> Separator => _separator ??= Encoding.UTF8.GetBytes(Style.Separator);

    protected override void WriteField(ReadOnlySpan<byte> text, OutputSink output) => output.Write(text);
}
