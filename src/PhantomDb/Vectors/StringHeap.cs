using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// Append-only home of string bytes: blocks that are never changed once written, so that readers need no lock. The block
/// table is replaced, not changed, when a block is added: whoever took <see cref="Blocks"/> keeps what it saw.
/// One writer at a time.
/// </summary>
internal sealed class StringHeap
{
    private const int FirstBlockSize = 256;
    private const int BlockSizeMax = 64 * 1024;   // below the large-object threshold

    private MemoryAccount? _account;
    private byte[][] _blocks = [];
    private int _blockCount;
    private int _used;
    private int _ownBlocksStart;   // those before are shared with another heap

    public StringHeap(MemoryAccount? account = null) => _account = account;

    /// <summary>The block table that views of this heap refer to.</summary>
    public byte[][] Blocks => Volatile.Read(ref _blocks);

    /// <summary>Bytes allocated for blocks.</summary>
    public long Size { get; private set; }

    /// <summary>Bytes of the last block that nothing was stored in yet.</summary>
    public int UnusedSize => _blockCount == 0 ? 0 : _blocks[_blockCount - 1].Length - _used;

    /// <summary>Stores a copy of the bytes.</summary>
    [MethodImpl(HotLoop.Options)]
    public StringView Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= StringView.InlineLengthMax)
        {
            return StringView.Inline(bytes);
        }
        Span<byte> target = Allocate(bytes.Length, out int block, out int offset);
        bytes.CopyTo(target);
        return new StringView(bytes, block, offset);
    }

    /// <summary>Stores a copy of another table's string.</summary>
    public StringView Add(ref readonly StringView view, byte[][] blocks) =>
        view.IsInline ? view : Add(StringView.Bytes(in view, blocks));

    /// <summary>Room for a string of a length above 12 that the caller writes before making its view.</summary>
    public Span<byte> Allocate(int length, out int block, out int offset)
    {
        if (_blockCount == 0 || _blocks[_blockCount - 1].Length - _used < length)
        {
            AddBlock(length);
        }
        block = _blockCount - 1;
        offset = _used;
        _used += length;
        return _blocks[block].AsSpan(offset, length);
    }

    /// <summary>A heap with the same strings under the same views; each side goes on in blocks of its own.</summary>
    public StringHeap Fork(MemoryAccount? account = null)
    {
        var fork = new StringHeap(account)
        {
            _blocks = _blocks.AsSpan(0, _blockCount).ToArray(),
            _blockCount = _blockCount,
            Size = Size,
        };
        fork._used = _blockCount == 0 ? 0 : _blocks[_blockCount - 1].Length;   // full: the other side appends to the last block
        fork._ownBlocksStart = _blockCount;
        return fork;
    }

    /// <summary>Charges what was allocated without an account, and from now on all that comes, to this one.</summary>
    public void ChargeTo(MemoryAccount? account)
    {
        account?.ChargeUnchecked(Size);
        _account = account;
    }

    /// <summary>Forgets all strings but keeps the first block for reuse. Only where no view is used any more.</summary>
    public void Reset()
    {
        if (_blockCount == 0)
        {
            return;
        }
        byte[] last = _blocks[_blockCount - 1];
        bool keep = last.Length <= BlockSizeMax;
        _account?.Release(keep ? Size - last.Length : Size);
        _blocks = keep ? [last] : [];
        _blockCount = _blocks.Length;
        _ownBlocksStart = 0;
        Size = keep ? last.Length : 0;
        _used = 0;
    }

    private void AddBlock(int length)
    {
        int grown = _blockCount == _ownBlocksStart ? FirstBlockSize : Math.Min(BlockSizeMax, _blocks[_blockCount - 1].Length * 2);
        int size = Math.Max(grown, length);
        _account?.Charge(size);
        Size += size;
        byte[][] table = _blocks;
        if (_blockCount == table.Length)
        {
            table = new byte[Math.Max(4, _blockCount * 2)][];
            Array.Copy(_blocks, table, _blockCount);
        }
        table[_blockCount++] = GC.AllocateUninitializedArray<byte>(size);
        _used = 0;
        Volatile.Write(ref _blocks, table);
    }
}
