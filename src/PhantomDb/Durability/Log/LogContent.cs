using System.Buffers;

namespace PhantomDb.Durability.Log;

/// <summary>
/// What the file of a segment must have: a checksum of each block as it was written. Who reads a block again finds out whether somebody else has written over
/// it, or cut the file: a cut that was written behind since is zeros. Made by the writer, four bytes for 64 KB; the file is read by others.
/// </summary>
internal sealed class LogContent
{
    /// <summary>Gives how much was read: less only at the end of the file.</summary>
    public delegate int Reading(long offset, Span<byte> target);

    private const int BlockBytes = 1 << 16;
    private const int BlocksPerLook = 16;

    private readonly List<uint> _blocks = [];   // those that are full
    private Checksum _last;                     // of the one that is not
    private bool _isBroken;
    private long _lookedTo;
    private int _next;                          // of those that are looked at in turn

    /// <summary>Bytes that were written.</summary>
    public long Length { get; private set; }

    private int BlockCount => _blocks.Count + (Length % BlockBytes > 0 ? 1 : 0);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(BlockBytes - (int)(Length % BlockBytes), bytes.Length);
            _last.Add(bytes[..count]);
            bytes = bytes[count..];
            Length += count;
            if (Length % BlockBytes == 0)
            {
                _blocks.Add(_last.Value);
                _last = default;
            }
        }
    }

    /// <summary>Before the file is cut: what remains of its last block must be what it was.</summary>
    public void CutTo(long length, Reading read)
    {
        int block = (int)(length / BlockBytes), kept = (int)(length % BlockBytes);
        if (length < Length && kept > 0)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
            _isBroken |= !IsWhole(block, read, buffer);
            _last = default;
            _last.Add(buffer.AsSpan(0, kept));
            ArrayPool<byte>.Shared.Return(buffer);
        }
        else if (length < Length)
        {
            _last = default;
        }
        _blocks.RemoveRange(Math.Min(block, _blocks.Count), Math.Max(_blocks.Count - block, 0));
        Length = length;
        _lookedTo = Math.Min(_lookedTo, length);
    }

    /// <summary>True where every block of the file is as it was written.</summary>
    public bool IsIn(Reading read) => AreWhole(Enumerable.Range(0, BlockCount), read);

    /// <summary>
    /// As <see cref="IsIn"/>, of a megabyte at most: the first block, the one that was the last when this was asked before, what is newest, and some of the others in turn. So a
    /// cut is found unless it left more than what had been there then.
    /// </summary>
    public bool IsMostlyIn(Reading read)
    {
        int old = (int)(Math.Max(_lookedTo - 1, 0) / BlockBytes), count = BlockCount;
        _lookedTo = Length;
        if (count <= BlocksPerLook)
        {
            return IsIn(read);
        }
        List<int> chosen = [0, old];
        for (int block = count - 1; block > old && chosen.Count < BlocksPerLook / 2; block--)
        {
            chosen.Add(block);
        }
        while (chosen.Count < BlocksPerLook)
        {
            _next = _next + 1 < count ? _next + 1 : 0;
            chosen.Add(_next);
        }
        return AreWhole(chosen, read);
    }

    private bool AreWhole(IEnumerable<int> blocks, Reading read)
    {
        if (_isBroken)
        {
            return false;
        }
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        bool areWhole = blocks.All(block => IsWhole(block, read, buffer));
        ArrayPool<byte>.Shared.Return(buffer);
        return areWhole;
    }

    private bool IsWhole(int block, Reading read, byte[] buffer)
    {
        Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(BlockBytes, Length - ((long)block * BlockBytes)));
        return read((long)block * BlockBytes, bytes) == bytes.Length && Checksum.Of(bytes) == (block < _blocks.Count ? _blocks[block] : _last.Value);
    }
}
