using System.Runtime.CompilerServices;

namespace PhantomDb.Storage.Indexes;

/// <summary>
/// A B+tree of entries (key, row id), unique as pairs, ordered by key and then by row id, for one writer and any number of
/// readers without locks: optimistic lock coupling (Leis, Haubenschild, Neumann, "Optimistic Lock Coupling", IEEE Data
/// Engineering Bulletin 2019) with a single writer. It knows neither columns nor row versions.
/// </summary>
/// <remarks>
/// Reading: take a node's version, choose the child, take the child's version, and only then validate the node, so that
/// the child was the right one at that moment; whoever fails starts again at the root. Leaves are not chained: the walk to
/// the next leaf is a new descent to the separator that ended this one, which also lets forks share nodes.
/// Writing: every structural step (split a full child on the way down, merge or unlink a child on the way up, copy a node
/// that a fork shares) is whole in itself: all nodes it touches are marked as changing before the first and until the last
/// of its stores, so between steps the tree is always valid.
/// </remarks>
internal sealed partial class BTree<TKey, TProbe> : OrderedIndex
    where TKey : unmanaged
    where TProbe : struct, IKeyProbe<TKey, TProbe>, allows ref struct
{
    private Contents _contents;
    private long _count;

    // The writer's own state.
    private long _owner;
    private BTreeNode<TKey>? _lastLeaf;   // where appending is possible without a descent; null when not known
    private Approached _approached;       // until the next change
    private int _leafCount;
    private int _innerCount;

    public BTree()
        : this(OwnerMark.Next())
    {
    }

    private BTree(long owner)
    {
        _owner = owner;
        _contents = new Contents(NewLeaf(), NewHeap());
    }

    private BTree(BTree<TKey, TProbe> other)
    {
        _owner = OwnerMark.Next();
        _contents = new Contents(other._contents.Root, other._contents.Heap?.Fork());
        _count = other._count;
        _leafCount = other._leafCount;
        _innerCount = other._innerCount;
    }

    /// <summary>Where reading begins. Root and heap change together, so a reader always has the heap of its keys.</summary>
    internal sealed class Contents(BTreeNode<TKey> root, KeyHeap? heap)
    {
        public readonly BTreeNode<TKey> Root = root;
        public readonly KeyHeap? Heap = heap;
    }

    internal Contents CurrentContents => Volatile.Read(ref _contents);

    public override KeyKind Kind =>
        typeof(TKey) == typeof(ulong) ? KeyKind.UInt64 : typeof(TKey) == typeof(UInt128) ? KeyKind.UInt128 : KeyKind.Bytes;

    public override long Count => Volatile.Read(ref _count);

    /// <summary>Memory of nodes and long keys, in bytes; a node shared with a fork counts on both sides.</summary>
    public override long SizeBytes
    {
        get
        {
            long header = 5 * sizeof(long);   // object header, type, version, count and owner
            long leaf = header + Unsafe.SizeOf<KeyArray<TKey>>() + Unsafe.SizeOf<RowIdArray>();
            long inner = leaf + Unsafe.SizeOf<ChildArray<TKey>>();
            return (_leafCount * leaf) + (_innerCount * inner) + (_contents.Heap?.SizeBytes ?? 0);
        }
    }

    public override bool Insert(ReadOnlySpan<byte> key, long rowId) => Insert(TProbe.FromBytes(key), rowId);

    public override void Approach(ReadOnlySpan<byte> key, long rowId) => Approach(TProbe.FromBytes(key), rowId);

    public override bool TryInsertOnly(ReadOnlySpan<byte> key, long rowId) => TryInsertOnly(TProbe.FromBytes(key), rowId);

    public override bool Remove(ReadOnlySpan<byte> key, long rowId) => Remove(TProbe.FromBytes(key), rowId);

    public override bool Contains(ReadOnlySpan<byte> key, long rowId) => Contains(TProbe.FromBytes(key), rowId);

    public override bool TryFind(ReadOnlySpan<byte> key, out long rowId) => TryFind(TProbe.FromBytes(key), out rowId);

    public override int Find(ReadOnlySpan<byte> key, Span<long> rowIds, long afterRowId = -1) =>
        Find(TProbe.FromBytes(key), rowIds, afterRowId);

    public override BTreeCursor<TKey, TProbe> CreateCursor() => new(this);

    public override void Clear()
    {
        _lastLeaf = null;
        _approached.Leaf = null;
        _leafCount = _innerCount = 0;
        Volatile.Write(ref _contents, new Contents(NewLeaf(), NewHeap()));
        Volatile.Write(ref _count, 0);
    }

    public override void RewriteIfMostlyDead()
    {
        const long KeepBelowBytes = 1 << 16;
        const int BytesWorthAnEntry = 8;   // where most keys are short: all of them are gone through
        KeyHeap? heap = _contents.Heap;
        if (heap is null || heap.UsedBytes < KeepBelowBytes || heap.DeadBytes * 2 < heap.UsedBytes || heap.DeadBytes < _count * BytesWorthAnEntry)
            return;
        var rewritten = new BTree<TKey, TProbe>(_owner);
        rewritten.AppendAll(_contents.Root, heap);
        _leafCount = rewritten._leafCount;
        _innerCount = rewritten._innerCount;
        _lastLeaf = null;
        _approached.Leaf = null;
        Volatile.Write(ref _contents, rewritten._contents);   // readers in the old nodes finish there, with the old heap
    }

    public override BTree<TKey, TProbe> Fork()
    {
        var fork = new BTree<TKey, TProbe>(this);
        _owner = OwnerMark.Next();   // from now on both sides find all nodes foreign
        _lastLeaf = null;
        _approached.Leaf = null;
        return fork;
    }

    private static KeyHeap? NewHeap() => TProbe.UsesHeap ? new KeyHeap() : null;
}
