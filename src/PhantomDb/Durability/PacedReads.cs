namespace PhantomDb.Durability;

/// <summary>A large file that is read beside others' work, as <see cref="PacedFile"/> is written: something is called after every piece. Reads only.</summary>
internal sealed class PacedReads(Stream stream, Action afterPiece) : Stream
{
    private const int PieceBytes = 1 << 18;

    private int _rest = PieceBytes;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => stream.Length;

    public override long Position { get => stream.Position; set => stream.Position = value; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int count = stream.Read(buffer);
        _rest -= count;
        if (_rest <= 0)
        {
            _rest = PieceBytes;
            afterPiece();
        }
        return count;
    }

    public override long Seek(long offset, SeekOrigin origin) => stream.Seek(offset, origin);

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        stream.Dispose();
        base.Dispose(disposing);
    }
}
