using System.Buffers;
using PhantomDb.Errors;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>
/// A byte buffer in which a function builds one string; used again for the next. What it grows by is charged before it is
/// taken, and a string above PostgreSQL's limit of 1 GB is refused.
/// </summary>
internal sealed class TextBuffer(MemoryAccount? account = null) : IBufferWriter<byte>
{
    private const int LengthMax = 0x3FFFFFFF - 4;

    private byte[] _bytes = [];
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public int Length => _length;

    public void Clear() => _length = 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _length += bytes.Length;
    }

    public void Append(byte value)
    {
        GetSpan(1)[0] = value;
        _length++;
    }

    public void Append(string text)
    {
        Span<byte> target = GetSpan(System.Text.Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += System.Text.Encoding.UTF8.GetBytes(text, target);
    }

    /// <summary>The same bytes so many times.</summary>
    public void AppendRepeated(ReadOnlySpan<byte> bytes, long count)
    {
        if (count <= 0 || bytes.IsEmpty)
        {
            return;
        }

        Reserve(bytes.Length * count);
        if (bytes.Length == 1)
        {
            _bytes.AsSpan(_length, (int)count).Fill(bytes[0]);
            _length += (int)count;
            return;
        }

        for (long i = 0; i < count; i++)
        {
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }
    }

    public void Advance(int count) => _length += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_length);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_length);
    }

    private void Reserve(long count)
    {
        long needed = _length + count;
        if (needed <= _bytes.Length)
        {
            return;
        }

        if (needed > LengthMax)
        {
            throw Error.StringTooLarge();
        }

        int size = (int)Math.Min(LengthMax, Math.Max(64, Math.Max(needed, _bytes.Length * 2L)));
        account?.Charge(size - _bytes.Length);
        Array.Resize(ref _bytes, size);
    }
}
