using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// A string (UTF-8) or bytea value in 16 bytes, after Neumann and Freitag, "Umbra" (CIDR 2020): length, the first four
/// bytes, and then either the remaining eight bytes (up to 12 in all are inline) or block and offset of the bytes.
/// Holds no reference: the bytes live in the block table of the vector, heap or column slice that the view is in.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal readonly struct StringView
{
    public const int InlineLengthMax = 12;

    [FieldOffset(0)] private readonly int _length;
    [FieldOffset(4)] private readonly uint _prefix;
    [FieldOffset(8)] private readonly int _block;
    [FieldOffset(12)] private readonly int _offset;

    /// <summary>Length and prefix as one word: unequal words mean unequal strings.</summary>
    [FieldOffset(0)] private readonly ulong _head;
    [FieldOffset(8)] private readonly ulong _tail;

    /// <summary>A view of bytes that stand in a block; the caller has put them there.</summary>
    public StringView(ReadOnlySpan<byte> bytes, int block, int offset)
    {
        Unsafe.SkipInit(out this);
        _length = bytes.Length;
        _prefix = MemoryMarshal.Read<uint>(bytes);
        _block = block;
        _offset = offset;
    }

    private StringView(ulong head, ulong tail)
    {
        Unsafe.SkipInit(out this);
        _head = head;
        _tail = tail;
    }

    public static StringView Empty => default;

    /// <summary>Length in bytes.</summary>
    public int Length => _length;

    public bool IsInline => _length <= InlineLengthMax;

    /// <summary>Block of a view that is not inline.</summary>
    public int Block => _block;

    /// <summary>Offset in the block of a view that is not inline.</summary>
    public int Offset => _offset;

    /// <summary>Length and first four bytes as one word.</summary>
    public ulong Head => _head;

    /// <summary>Bytes 5 to 12 of an inline view; block and offset of another.</summary>
    public ulong Tail => _tail;

    /// <summary>A view of at most 12 bytes, which it holds itself.</summary>
    [MethodImpl(HotLoop.Options)]
    public static StringView Inline(ReadOnlySpan<byte> bytes)
    {
        Span<byte> words = stackalloc byte[16];
        words.Clear();
        MemoryMarshal.Write(words, bytes.Length);
        bytes.CopyTo(words[4..]);
        return new StringView(MemoryMarshal.Read<ulong>(words), MemoryMarshal.Read<ulong>(words[8..]));
    }

    /// <summary>The same bytes at another place.</summary>
    public StringView Rebase(int block, int offset) =>
        new(_head, (uint)block | ((ulong)(uint)offset << 32));

    /// <summary>The bytes. An inline view must lie in memory that stays where it is (an array) while the span is used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Bytes(ref readonly StringView view, byte[][] blocks) => view._length <= InlineLengthMax
        ? MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<uint, byte>(ref Unsafe.AsRef(in view._prefix)), view._length)
        : blocks[view._block].AsSpan(view._offset, view._length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Equals(ref readonly StringView left, byte[][] leftBlocks, ref readonly StringView right, byte[][] rightBlocks)
    {
        if (left._head != right._head)
        {
            return false;
        }
        return left._length <= InlineLengthMax
            ? left._tail == right._tail
            : Bytes(in left, leftBlocks).SequenceEqual(Bytes(in right, rightBlocks));
    }

    /// <summary>Order by bytes, which is the order of collation "C".</summary>
    [MethodImpl(HotLoop.Options)]
    public static int Compare(ref readonly StringView left, byte[][] leftBlocks, ref readonly StringView right, byte[][] rightBlocks)
    {
        uint leftPrefix = left._prefix, rightPrefix = right._prefix;
        if (leftPrefix != rightPrefix && left._length >= 4 && right._length >= 4)
        {
            return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(leftPrefix)
                .CompareTo(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(rightPrefix));
        }
        return Bytes(in left, leftBlocks).SequenceCompareTo(Bytes(in right, rightBlocks));
    }
}
