namespace PhantomDb.Durability;

/// <summary>Bytes that follow each other in a <see cref="PartsStream"/>: some in memory, or a range of a file.</summary>
internal readonly record struct StreamPart(byte[]? Bytes, long Offset, long Length)
{
    public StreamPart(byte[] bytes)
        : this(bytes, 0, bytes.Length)
    {
    }
}

/// <summary>Parts of a file, and bytes in memory between them, as one stream: whatever the size, nothing is copied together. Reads only.</summary>
internal sealed class PartsStream : Stream
{
    private readonly Stream _file;
    private readonly IReadOnlyList<StreamPart> _parts;
    private readonly long[] _starts;   // of the parts, and the end
    private long _position;

    /// <param name="file">Stays open, unless <see cref="OwnsFile"/> says otherwise.</param>
    /// <param name="parts">In their order.</param>
    public PartsStream(Stream file, IReadOnlyList<StreamPart> parts)
    {
        (_file, _parts) = (file, parts);
        _starts = new long[parts.Count + 1];
        for (int i = 0; i < parts.Count; i++)
        {
            _starts[i + 1] = _starts[i] + parts[i].Length;
        }
    }

    /// <summary>The file is closed with this.</summary>
    public bool OwnsFile { get; init; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _starts[^1];

    public override long Position { get => _position; set => _position = value; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_position >= Length || buffer.IsEmpty)
        {
            return 0;
        }
        int found = Array.BinarySearch(_starts, _position);
        int i = found < 0 ? ~found - 1 : found;
        while (_parts[i].Length == 0)
        {
            i++;
        }
        StreamPart part = _parts[i];
        long within = _position - _starts[i];
        int count = (int)Math.Min(buffer.Length, part.Length - within);
        if (part.Bytes is { } bytes)
        {
            bytes.AsSpan((int)(part.Offset + within), count).CopyTo(buffer);
        }
        else
        {
            _file.Position = part.Offset + within;
            count = _file.Read(buffer[..count]);
        }
        _position += count;
        return count;
    }

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && OwnsFile)
        {
            _file.Dispose();
        }
        base.Dispose(disposing);
    }
}
