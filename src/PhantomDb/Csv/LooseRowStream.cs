namespace PhantomDb.Csv;

/// <summary>
/// Makes hand-written rows readable as RFC 4180 while they are read, byte for byte at the same places: at the start of a
/// line <c>ROW:"a,b",c</c> becomes <c>"ROW:a,b",c</c>, and quotes in comments become apostrophes. Sequential reading only; the inner stream
/// stays open.
/// </summary>
internal sealed class LooseRowStream(Stream inner) : Stream
{
    private const int Lookahead = 5;   // ROW:"

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(1 << 18);
    private int _start;
    private int _ready;       // bytes before this are converted
    private int _end;
    private bool _isAtEnd;
    private bool _isQuoted;
    private bool _isComment;
    private bool _isLineStart = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> target)
    {
        while (_start == _ready && !(_isAtEnd && _ready == _end))
        {
            Fill();
            Convert();
        }
        int count = Math.Min(target.Length, _ready - _start);
        _buffer.AsSpan(_start, count).CopyTo(target);
        _start += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Fill()
    {
        _buffer.AsSpan(_ready, _end - _ready).CopyTo(_buffer);
        _end -= _ready;
        _start = _ready = 0;
        int count = inner.Read(_buffer, _end, _buffer.Length - _end);
        _end += count;
        _isAtEnd |= count == 0;
    }

    private void Convert()
    {
        while (_ready < _end)
        {
            if (_isLineStart)
            {
                if (_end - _ready < Lookahead && !_isAtEnd)
                {
                    return;
                }
                Span<byte> line = _buffer.AsSpan(_ready, _end - _ready);
                if (line.StartsWith("\uFEFF"u8))
                {
                    _ready += 3;
                    continue;
                }
                _isLineStart = false;
                _isComment = line[0] == '#';
                if (line.StartsWith("ROW:\""u8))
                {
                    "\"ROW:"u8.CopyTo(line);
                    _isQuoted = true;
                    _ready += Lookahead;
                    continue;
                }
            }
            int found = _buffer.AsSpan(_ready, _end - _ready).IndexOfAny((byte)'"', (byte)'\n');
            if (found < 0)
            {
                _ready = _end;
                return;
            }
            _ready += found + 1;
            if (_buffer[_ready - 1] == '\n')
            {
                _isLineStart = !_isQuoted;
            }
            else if (_isComment)
            {
                _buffer[_ready - 1] = (byte)'\'';
            }
            else
            {
                _isQuoted = !_isQuoted;
            }
        }
    }
}
