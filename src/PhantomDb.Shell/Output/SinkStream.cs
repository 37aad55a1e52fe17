namespace PhantomDb.Shell.Output;

/// <summary>COPY … TO STDOUT goes where rows go. It ends where nobody reads them any more.</summary>
internal sealed class SinkStream(OutputSink sink) : WriteOnlyStream
{
    /// <summary>True where it goes on nevertheless.</summary>
    public Func<bool> IsWanted { get; init; } = () => true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (sink.IsLeft && !IsWanted())
        {
            throw new OutputLeftException();
        }
        sink.Write(buffer);
    }

    public override void Flush()
    {
    }
}

/// <summary>Nobody reads what a statement writes: it need not go on.</summary>
internal sealed class OutputLeftException : Exception;
