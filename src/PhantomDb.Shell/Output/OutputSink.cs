using System.Buffers;
using System.Text;

namespace PhantomDb.Shell.Output;

/// <summary>UTF-8 text on its way to standard output or a file, in blocks. Failures are <see cref="OutputException"/>.</summary>
internal sealed class OutputSink(Stream stream) : IBufferWriter<byte>, IDisposable
{
    private const int BlockSize = 64 * 1024;

    private byte[] _buffer = new byte[BlockSize];
    private int _length;

    /// <summary>True where nobody will see what is still written.</summary>
    public bool IsLeft => stream is WriteOnlyStream { IsLeft: true };

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    public void Advance(int count) => _length += count;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BlockSize)
        {
            WriteBlock();
            WriteThrough(bytes);
            return;
        }
        bytes.CopyTo(GetSpan(bytes.Length));
        _length += bytes.Length;
    }

    public void Write(byte value)
    {
        GetSpan(1)[0] = value;
        _length++;
    }

    public void Write(string text) => Encoding.UTF8.GetBytes(text, this);

    public void WriteLine(string text)
    {
        Write(text);
        Write((byte)'\n');
    }

    public void Fill(byte value, int count)
    {
        for (; count > 0; count--)
        {
            Write(value);
        }
    }

    public void Flush()
    {
        WriteBlock();
        try
        {
            stream.Flush();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(failure, this);
        }
    }

    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            CloseStream();
        }
    }

    /// <summary>Closes it without what is still to be written: it cannot be.</summary>
    public void Abandon()
    {
        _length = 0;
        try
        {
            CloseStream();
        }
        catch (OutputException)
        {
            // Told already.
        }
    }

    // A stream with a buffer of its own tries again to write that.
    private void CloseStream()
    {
        try
        {
            stream.Dispose();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(failure, this);
        }
    }

    private void Reserve(int size)
    {
        size = Math.Max(size, 1);
        if (_buffer.Length - _length >= size)
        {
            return;
        }
        WriteBlock();
        if (_buffer.Length < size)
        {
            _buffer = new byte[size];
        }
    }

    private void WriteBlock()
    {
        int length = _length;
        _length = 0; // also when it fails: what cannot be written is not tried again
        WriteThrough(_buffer.AsSpan(0, length));
    }

    private void WriteThrough(ReadOnlySpan<byte> bytes)
    {
        try
        {
            stream.Write(bytes);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OutputException(failure, this);
        }
    }
}

/// <summary>Results cannot be written: the reader has gone, or the disk is full. The shell ends in order.</summary>
internal sealed class OutputException(Exception cause, OutputSink? sink = null) : Exception($"could not write output: {cause.Message}", cause)
{
    /// <summary>Where they cannot be written; null where nobody has said.</summary>
    public OutputSink? Sink => sink;
}
