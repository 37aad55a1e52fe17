using System.Buffers.Binary;

namespace PhantomDb.Storage.Indexes;

/// <summary>
/// A key of any length inside a <see cref="BTree{TKey,TProbe}"/>: its first eight bytes as a big-endian number (short keys
/// padded with zeros), and where the rest lies in the tree's <see cref="KeyHeap"/>.
/// </summary>
/// <remarks><c>Location</c>, from the high bits: 22 bits block, 20 bits offset in the block, 22 bits length of the whole key.</remarks>
internal readonly record struct KeyView(ulong Prefix, ulong Location)
{
    public const int PrefixSize = 8;
    public const int LengthMax = (1 << 22) - 1;

    public int Length => (int)(Location & LengthMax);

    public int Offset => (int)(Location >> 22) & (KeyHeap.BlockSizeMax - 1);

    public int Block => (int)(Location >> 42);

    public static KeyView Of(ulong prefix, int length, int block, int offset) =>
        new(prefix, ((ulong)block << 42) | ((ulong)offset << 22) | (uint)length);

    public static ulong PrefixOf(ReadOnlySpan<byte> key)
    {
        if (key.Length >= PrefixSize)
            return BinaryPrimitives.ReadUInt64BigEndian(key);
        ulong prefix = 0;
        for (int i = 0; i < key.Length; i++)
            prefix |= (ulong)key[i] << (56 - (8 * i));
        return prefix;
    }
}

/// <summary>
/// The bytes of long keys beyond their prefix, in blocks that are only appended to: a view that a reader got hold of stays
/// readable for as long as the heap lives. Space of removed keys comes back when the tree is rewritten into a new heap.
/// </summary>
internal sealed class KeyHeap
{
    public const int BlockSizeMax = 1 << 20;
    private const int BlockSizeMin = 1 << 10;

    private byte[][] _blocks = [];
    private int _blockCount;
    private int _used;   // bytes used of the last block
    private long _sharedBytes;   // blocks that came from another heap: those of a fork begin small

    /// <summary>Bytes of all keys ever stored here, of which <see cref="DeadBytes"/> belong to removed ones.</summary>
    public long UsedBytes { get; private set; }

    public long DeadBytes { get; private set; }

    public long SizeBytes { get; private set; }

    /// <summary>What lies beyond the prefix. A view read in a race gives some bytes or none, never a fault.</summary>
    public ReadOnlySpan<byte> Tail(KeyView view)
    {
        int size = view.Length - KeyView.PrefixSize;
        byte[][] blocks = _blocks;   // at least as new as the view: both were published by the version of the view's node
        int block = view.Block;
        if (size <= 0 || (uint)block >= (uint)blocks.Length || blocks[block] is not { } bytes || view.Offset > bytes.Length - size)
            return default;
        return bytes.AsSpan(view.Offset, size);
    }

    public KeyView Store(ulong prefix, int length, ReadOnlySpan<byte> tail)
    {
        if (tail.IsEmpty)
            return KeyView.Of(prefix, length, 0, 0);
        if (_blockCount == 0 || tail.Length > _blocks[_blockCount - 1].Length - _used || _used >= BlockSizeMax)
            AddBlock(tail.Length);
        int offset = _used;
        tail.CopyTo(_blocks[_blockCount - 1].AsSpan(offset));
        _used += tail.Length;
        UsedBytes += tail.Length;
        return KeyView.Of(prefix, length, _blockCount - 1, offset);
    }

    public void Release(KeyView view) => DeadBytes += Math.Max(view.Length - KeyView.PrefixSize, 0);

    /// <summary>A heap that shares all that is stored so far; each side goes on in blocks of its own.</summary>
    public KeyHeap Fork()
    {
        int unused = _blockCount == 0 ? 0 : Math.Max(_blocks[_blockCount - 1].Length - _used, 0);
        return new KeyHeap
        {
            _blocks = _blocks.AsSpan(0, _blockCount).ToArray(),
            _blockCount = _blockCount,
            _used = BlockSizeMax,   // full: the last block is still appended to by the other side
            UsedBytes = UsedBytes + unused,
            DeadBytes = DeadBytes + unused,
            SizeBytes = SizeBytes,
            _sharedBytes = SizeBytes,
        };
    }

    /// <summary>Forgets all keys but keeps the last block; only for a heap without concurrent readers.</summary>
    public void Reset()
    {
        if (_blockCount > 1)
        {
            _blocks = [_blocks[_blockCount - 1]];
            _blockCount = 1;
        }
        _used = 0;
        _sharedBytes = 0;
        UsedBytes = DeadBytes = 0;
    }

    private void AddBlock(int sizeMin)
    {
        int size = Math.Clamp((int)Math.Min(SizeBytes - _sharedBytes, BlockSizeMax), BlockSizeMin, BlockSizeMax);
        byte[] block = GC.AllocateUninitializedArray<byte>(Math.Max(size, sizeMin));
        byte[][] blocks = _blocks;
        if (_blockCount == blocks.Length)
        {
            blocks = new byte[Math.Max(4, _blockCount * 2)][];
            _blocks.AsSpan(0, _blockCount).CopyTo(blocks);
        }
        blocks[_blockCount++] = block;
        Volatile.Write(ref _blocks, blocks);
        _used = 0;
        SizeBytes += block.Length;
    }
}
