using System.Diagnostics;

namespace PhantomDb.Storage.Indexes;

/// <summary>
/// Walks a key range of a <see cref="BTree{TKey,TProbe}"/>. Its position is an entry; the leaf it stands in is only
/// remembered to save a descent, and used only while its version is the one at which the position was taken.
/// </summary>
internal sealed class BTreeCursor<TKey, TProbe>(BTree<TKey, TProbe> tree) : IndexCursor
    where TKey : unmanaged
    where TProbe : struct, IKeyProbe<TKey, TProbe>, allows ref struct
{
    private readonly KeyHeap? _boundHeap = TProbe.UsesHeap ? new KeyHeap() : null;   // bytes of the caller's bounds

    private bool _backward;
    private bool _atEnd = true;
    private Bound _position;   // forward: the next entry is at or above it; backward: below it
    private Bound _end;        // forward: all entries are below it; backward: at or above it

    private BTree<TKey, TProbe>.Contents? _contents;
    private BTreeNode<TKey>? _leaf;
    private long _leafVersion;
    private int _leafIndex;    // forward: of the next entry; backward: one above it
    private Bound _leafEnd;    // the separator beyond the leaf in the direction of travel
    private bool _isLeafBetween;   // the keys of the separators around it are known: from them places in it are guessed
    private TKey _leafLow;
    private TKey _leafHigh;

    /// <summary>A place between two entries; none means before the first or behind the last.</summary>
    private struct Bound
    {
        public bool IsSet;
        public TKey Key;
        public long RowId;
        public KeyHeap? Heap;
    }

    private BTreeNode<TKey>? _givenLeaf;   // where the last batch came from, if it was one leaf's
    private long _givenVersion;
    private BTree<TKey, TProbe>.Contents? _givenContents;

    /// <summary>The heap of the keys that the last batch returned.</summary>
    public KeyHeap? Heap { get; private set; }

    public override void Seek(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper, bool backward = false)
    {
        _boundHeap?.Reset();
        Bound low = lower.IsEmpty ? default : BoundAt(TProbe.FromBytes(lower), -1);
        Bound high = upper.IsEmpty ? default : BoundAt(TProbe.FromBytes(upper), -1);
        Start(low, high, backward);
    }

    /// <summary>Starts over in [lower, upper], both inclusive.</summary>
    public void SeekInclusive(TProbe lower, TProbe upper, bool backward = false)
    {
        _boundHeap?.Reset();
        Start(BoundAt(lower, -1), BoundAt(upper, long.MaxValue - 1), backward);
    }

    public override int NextBatch(Span<long> rowIds) => NextBatch(default, rowIds);

    /// <summary>The next entries; <paramref name="keys"/> is empty or at least as long as <paramref name="rowIds"/>. 0 at the end.</summary>
    public int NextBatch(Span<TKey> keys, Span<long> rowIds) => NextBatch(keys, rowIds, isOneLeaf: false);

    /// <summary>The same, of one leaf: <see cref="IsLeafUnchanged"/> then tells whether they are all still there.</summary>
    public int NextOfLeaf(Span<TKey> keys, Span<long> rowIds) => NextBatch(keys, rowIds, isOneLeaf: true);

    /// <summary>True where the leaf of the last <see cref="NextOfLeaf"/> has not changed since: its entries were the tree's all the time.</summary>
    public bool IsLeafUnchanged =>
        _givenLeaf is { } leaf && leaf.IsUnchanged(_givenVersion) && ReferenceEquals(_givenContents, tree.CurrentContents);

    private int NextBatch(Span<TKey> keys, Span<long> rowIds, bool isOneLeaf)
    {
        Debug.Assert(keys.IsEmpty || keys.Length >= rowIds.Length);
        SpinWait wait = default;
        int filled = 0;
        while (filled < rowIds.Length && !_atEnd)
        {
            if (!TryStand())
            {
                wait.SpinOnce(sleep1Threshold: -1);
                continue;
            }
            if (filled > 0 && !ReferenceEquals(Heap, _contents!.Heap))
                break;   // the tree was rewritten: the keys of one batch lie in one heap
            Heap = _contents!.Heap;
            if (isOneLeaf)
                (_givenLeaf, _givenVersion, _givenContents) = (_leaf, _leafVersion, _contents);
            if (!TryTake(keys.IsEmpty ? default : keys[filled..], rowIds[filled..], out int taken))
                _leaf = null;
            filled += taken;
            if (isOneLeaf && taken > 0)
                break;
        }
        return filled;
    }

    private Bound BoundAt(TProbe probe, long rowId) =>
        new() { IsSet = true, Key = probe.Store(_boundHeap), RowId = rowId, Heap = _boundHeap };

    private void Start(in Bound low, in Bound high, bool backward)
    {
        _backward = backward;
        (_position, _end) = backward ? (high, low) : (low, high);
        _leaf = null;
        _atEnd = false;
    }

    private bool TryStand() => (_leaf is not null && ReferenceEquals(_contents, tree.CurrentContents)) || TryDescend();

    // Takes what the current leaf has; false when it has changed, and then nothing has been taken.
    private bool TryTake(Span<TKey> keys, Span<long> rowIds, out int taken) =>
        _backward ? TryTakeBackward(keys, rowIds, out taken) : TryTakeForward(keys, rowIds, out taken);

    private bool TryDescend()
    {
        BTree<TKey, TProbe>.Contents contents = tree.CurrentContents;
        BTreeNode<TKey> node = contents.Root;
        long version = node.ReadVersion();
        if (!ReferenceEquals(contents, tree.CurrentContents))
            return false;
        Bound leafEnd = default;
        bool isBetween = false;
        TKey low = default, high = default;
        while (node is BTreeInnerNode<TKey> inner)
        {
            int count = inner.Count;
            int index = Math.Min(ChildIndex(inner, contents.Heap), count);
            int separator = _backward ? index - 1 : index;
            if (separator >= 0 && separator < count)
                leafEnd = new Bound { IsSet = true, Key = inner.Keys[separator], RowId = inner.RowIds[separator], Heap = contents.Heap };
            if (inner.Child(index) is not { } child)
                return false;
            isBetween = index > 0 && index < count;
            if (isBetween)
            {
                (low, high) = (inner.Keys[index - 1], inner.Keys[index]);
                child.Prefetch(GuessOf(_position, low, high, -1));
            }
            long childVersion = child.ReadVersion();
            if (!inner.IsUnchanged(version))
                return false;
            node = child;
            version = childVersion;
        }
        (_isLeafBetween, _leafLow, _leafHigh) = (isBetween, low, high);
        int leafIndex = _position.IsSet ? LowerBound(node, _position, contents.Heap) : _backward ? node.Count : 0;
        if (!node.IsUnchanged(version))
            return false;
        (_contents, _leaf, _leafVersion, _leafIndex, _leafEnd) = (contents, node, version, leafIndex, leafEnd);
        return true;
    }

    private int ChildIndex(BTreeInnerNode<TKey> inner, KeyHeap? heap)
    {
        if (!_position.IsSet)
            return _backward ? inner.Count : 0;
        TProbe probe = TProbe.FromKey(_position.Key, _position.Heap).Against(heap);
        return _backward
            ? BTree<TKey, TProbe>.LowerBound(inner, probe, _position.RowId)    // entries at a separator are not below it
            : BTree<TKey, TProbe>.ChildIndex(inner, probe, _position.RowId);
    }

    private int LowerBound(BTreeNode<TKey> leaf, in Bound bound, KeyHeap? heap)
    {
        TProbe probe = TProbe.FromKey(bound.Key, bound.Heap).Against(heap);
        return bound.RowId < 0 && _isLeafBetween
            ? probe.CountLess(ref leaf.FirstKey, leaf.Count, GuessOf(bound, _leafLow, _leafHigh, leaf.Count))
            : BTree<TKey, TProbe>.LowerBound(leaf, probe, bound.RowId);
    }

    // Where among keys between two others a place is; -1 where that is not known.
    private static int GuessOf(in Bound bound, TKey low, TKey high, int count) =>
        bound.IsSet ? TProbe.FromKey(bound.Key, bound.Heap).Guess(low, high, count) : -1;

    private bool TryTakeForward(Span<TKey> keys, Span<long> rowIds, out int taken)
    {
        BTreeNode<TKey> leaf = _leaf!;
        KeyHeap? heap = _contents!.Heap;
        taken = 0;
        int count = leaf.Count;
        int limit = _end.IsSet ? LowerBound(leaf, _end, heap) : count;
        bool endsHere = limit < count;
        int available = Math.Clamp(limit - _leafIndex, 0, BTreeNode.Capacity - _leafIndex);
        int take = Math.Min(available, rowIds.Length);
        leaf.RowIds.Slice(_leafIndex, take).CopyTo(rowIds);
        if (!keys.IsEmpty)
            leaf.Keys.Slice(_leafIndex, take).CopyTo(keys);
        TKey lastKey = take > 0 ? leaf.Keys[_leafIndex + take - 1] : default;
        if (!leaf.IsUnchanged(_leafVersion))
            return false;

        taken = take;
        _leafIndex += take;
        if (take > 0)
            _position = new Bound { IsSet = true, Key = lastKey, RowId = rowIds[take - 1] + 1, Heap = heap };
        if (take == available)
            LeaveLeaf(endsHere);
        return true;
    }

    private bool TryTakeBackward(Span<TKey> keys, Span<long> rowIds, out int taken)
    {
        BTreeNode<TKey> leaf = _leaf!;
        KeyHeap? heap = _contents!.Heap;
        taken = 0;
        int first = _end.IsSet ? LowerBound(leaf, _end, heap) : 0;
        bool endsHere = first > 0;
        int available = Math.Max(_leafIndex - first, 0);
        int take = Math.Min(available, rowIds.Length);
        int start = _leafIndex - take;
        leaf.RowIds.Slice(start, take).CopyTo(rowIds);
        if (!keys.IsEmpty)
            leaf.Keys.Slice(start, take).CopyTo(keys);
        TKey lastKey = take > 0 ? leaf.Keys[start] : default;
        if (!leaf.IsUnchanged(_leafVersion))
            return false;

        rowIds[..take].Reverse();
        if (!keys.IsEmpty)
            keys[..take].Reverse();
        taken = take;
        _leafIndex = start;
        if (take > 0)
            _position = new Bound { IsSet = true, Key = lastKey, RowId = rowIds[take - 1], Heap = heap };
        if (take == available)
            LeaveLeaf(endsHere);
        return true;
    }

    private void LeaveLeaf(bool endsHere)
    {
        _atEnd = endsHere || !_leafEnd.IsSet;
        // The separator may lie at or beyond the end of the range; the next leaf then gives nothing and ends the walk.
        _position = _leafEnd;
        _leaf = null;
    }
}
