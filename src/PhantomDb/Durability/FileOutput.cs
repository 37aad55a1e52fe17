using System.Text;

namespace PhantomDb.Durability;

/// <summary>
/// Buffers what is written to a file, and sums it up: as a whole, by section and by row block. Memory is one buffer,
/// however large the file.
/// </summary>
internal sealed class FileOutput(IWritableFile file)
{
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(1 << 18);
    private int _count;
    private int _summed;         // bytes of the buffer that the checksums have
    private long _flushed;       // bytes handed to the file
    private Checksum _whole;
    private Checksum _section;
    private Checksum _block;

    /// <summary>Bytes since the start, or since <see cref="Restart"/>.</summary>
    public long Offset => _flushed + _count;

    public uint Crc
    {
        get
        {
            Sum();
            return _whole.Value;
        }
    }

    /// <summary>Room for so many bytes; <see cref="Advance"/> tells how many were used.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_buffer.Length - _count < size)
        {
            FlushBuffer();
            if (_buffer.Length < size)
            {
                _buffer = new byte[size];
            }
        }
        return _buffer.AsSpan(_count);
    }

    public void Advance(int count) => _count += count;

    public void Append(byte value)
    {
        Reserve(1)[0] = value;
        _count++;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _count += bytes.Length;
    }

    public void Append(string text)
    {
        Span<byte> room = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));   // first: it may write what is there, and begin the buffer anew
        _count += Encoding.UTF8.GetBytes(text, room);
    }

    /// <summary>Counts and sums from here on: what came before is a header with a checksum of its own.</summary>
    public void Restart()
    {
        FlushBuffer();
        _flushed = 0;
        _whole = default;
    }

    public void StartSection()
    {
        Sum();
        _section = default;
    }

    public uint EndSection()
    {
        Sum();
        return _section.Value;
    }

    public void StartBlock()
    {
        Sum();
        _block = default;
    }

    public uint EndBlock()
    {
        Sum();
        return _block.Value;
    }

    public void FlushBuffer()
    {
        Sum();
        file.Append(_buffer.AsSpan(0, _count));
        _flushed += _count;
        _count = _summed = 0;
    }

    private void Sum()
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_summed, _count - _summed);
        _whole.Add(bytes);
        _section.Add(bytes);
        _block.Add(bytes);
        _summed = _count;
    }
}
