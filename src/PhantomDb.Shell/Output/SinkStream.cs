namespace PhantomDb.Shell.Output;

/// <summary>COPY … TO STDOUT goes where rows go.</summary>
internal sealed class SinkStream(OutputSink sink) : WriteOnlyStream
{
    public override void Write(ReadOnlySpan<byte> buffer) => sink.Write(buffer);

    public override void Flush()
    {
    }
}
