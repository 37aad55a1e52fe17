using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Durability.Log;

/// <summary>What a physical line is, as far as its end tells.</summary>
internal enum LogLineKind
{
    /// <summary>The limit is reached: there is no line.</summary>
    None,

    /// <summary>Ends with a line feed.</summary>
    Ended,

    /// <summary>The file ends within it.</summary>
    Cut,

    /// <summary>Ends with a line feed, but begins as no record does, or is too long for one: passed over, not held.</summary>
    Unreadable,
}

/// <summary>
/// Walks over the physical lines of a stream up to a limit. Holds one line at a time, and what was asked to be held since a mark as far as
/// that is little; bytes that no record begins with are never collected, however many. Believes nothing and judges nothing.
/// </summary>
internal sealed class LogLineScanner(Stream stream, long limit, int bufferBytes = 0)
{
    private const int BufferSize = 1 << 18;
    private const int HeldMax = 1 << 22;
    private const int LineLengthMax = LogBatch.ByteCountMax + LogEncoder.OverheadMax;

    private byte[] _buffer = new byte[Math.Clamp(limit + 1, 1, bufferBytes > 0 ? bufferBytes : BufferSize)];
    private long _bufferOffset;   // in the file, of the buffer's first byte
    private int _start;           // of the line
    private int _length;          // of the line, line feed not counted
    private int _next;            // of the next line
    private int _end;             // of what has been read
    private int _mark = -1;

    /// <summary>The buffer that holds the line; changes with each line.</summary>
    public byte[] Buffer => _buffer;

    /// <summary>Of the line in the buffer.</summary>
    public int Start => _start;

    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_start, _length);

    /// <summary>In the file, of the line.</summary>
    public long Offset { get; private set; }

    /// <summary>Of the line; counts from 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Where the next line begins.</summary>
    public long NextOffset => _bufferOffset + _next;

    public LogLineKind Kind { get; private set; }

    /// <summary>False where the line was passed over because it begins as no record does (or is too long for one).</summary>
    public bool IsReadable { get; private set; }

    /// <summary>Goes on at an offset, without reading again what is held.</summary>
    public void MoveTo(long offset, long lineNumber)
    {
        if (offset >= _bufferOffset && offset <= _bufferOffset + _end)
        {
            _next = (int)(offset - _bufferOffset);
        }
        else
        {
            stream.Position = offset;
            _bufferOffset = offset;
            _next = _end = 0;
        }
        _mark = -1;
        LineNumber = lineNumber - 1;
    }

    /// <summary>Holds what follows the start of this line, while it is not much, so that <see cref="MoveTo"/> need not read it again.</summary>
    public void Hold() => _mark = _start;

    public void Release() => _mark = -1;

    [MethodImpl(HotLoop.Options)]
    public LogLineKind Next()
    {
        _start = _next;
        _length = 0;
        Offset = NextOffset;
        LineNumber++;
        IsReadable = true;
        int searched = 0;
        while (true)
        {
            int found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                _length = searched + found;
                _next = _start + _length + 1;
                return Kind = IsReadable ? LogLineKind.Ended : LogLineKind.Unreadable;
            }
            searched = _end - _start;
            if (IsReadable && searched > LogEncoder.PrefixLengthMax && !CanBeRecord(searched))
            {
                IsReadable = false;
                _mark = -1;
            }
            if (!IsReadable)
            {
                _start = _end;
                searched = 0;
            }
            if (!Fill())
            {
                _length = searched;
                _next = _end;
                return Kind = NextOffset == Offset ? LogLineKind.None : LogLineKind.Cut;
            }
        }
    }

    private bool CanBeRecord(int length)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
        return length <= LineLengthMax && (length > BufferSize || LogLine.TryParse(line, out _));
    }

    // More bytes behind those that are there; false at the limit.
    private bool Fill()
    {
        if (_end == _buffer.Length)
        {
            MakeRoom();
        }
        int wanted = (int)Math.Min(_buffer.Length - _end, limit - (_bufferOffset + _end));
        if (wanted <= 0)
        {
            return false;
        }
        int count = stream.Read(_buffer, _end, wanted);
        _end += count;
        return count > 0;
    }

    private void MakeRoom()
    {
        if (_mark >= 0 && _end - _mark > HeldMax)
        {
            _mark = -1;
        }
        int keep = _mark >= 0 ? _mark : _start;
        int kept = _end - keep;
        byte[] target = _buffer;
        if (kept > _buffer.Length / 2)
        {
            long wanted = Math.Clamp(limit - (_bufferOffset + keep), kept + 1, 2L * _buffer.Length);
            target = new byte[(int)Math.Min(wanted, Array.MaxLength)];
        }
        else if (kept <= BufferSize / 2 && _buffer.Length > HeldMax)
        {
            target = new byte[BufferSize];   // a very long line is behind us
        }
        _buffer.AsSpan(keep, kept).CopyTo(target);
        _buffer = target;
        _bufferOffset += keep;
        _start -= keep;
        _end -= keep;
        _mark = _mark >= 0 ? 0 : -1;
    }
}
