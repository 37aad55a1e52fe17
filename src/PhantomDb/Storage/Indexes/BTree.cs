using System.Diagnostics;
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
internal sealed class BTree<TKey, TProbe> : OrderedIndex
    where TKey : unmanaged
    where TProbe : struct, IKeyProbe<TKey, TProbe>, allows ref struct
{
    private const int CountMergeBelow = BTreeNode.Capacity / 4;
    private const int CountMergedMax = BTreeNode.Capacity * 3 / 4;   // a merged node takes some inserts before it splits

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

    /// <summary>Where an entry will be, as of when no node was changed since.</summary>
    private struct Approached
    {
        public BTreeNode<TKey>? Leaf;
        public TKey Key;
        public long RowId;
        public bool IsLast;
        public bool IsBeside;
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

    /// <summary>The key's smallest row id.</summary>
    public bool TryFind(TProbe probe, out long rowId)
    {
        SpinWait wait = default;
        long from = -1;
        while (true)
        {
            if (TryFindOnce(probe, ref from, out bool found, out rowId))
                return found;
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    public bool Contains(TProbe probe, long rowId)
    {
        long found = 0;
        return Find(probe, new Span<long>(ref found), rowId - 1) == 1 && found == rowId;
    }

    /// <summary>The key's row ids above <paramref name="afterRowId"/>, ascending, as many as fit.</summary>
    public int Find(TProbe probe, Span<long> rowIds, long afterRowId = -1)
    {
        SpinWait wait = default;
        long from = afterRowId + 1;
        int found = 0;
        while (found < rowIds.Length)
        {
            if (!TryFindBatch(probe, ref from, rowIds[found..], out int taken, out bool ended))
            {
                wait.SpinOnce(sleep1Threshold: -1);
                continue;
            }
            found += taken;
            if (ended)
                break;
        }
        return found;
    }

    /// <summary>The least key (or the greatest) and its least (greatest) row id.</summary>
    public bool TryFindEdge(bool greatest, out TKey key, out long rowId)
    {
        BTreeCursor<TKey, TProbe> cursor = CreateCursor();
        cursor.Seek([], [], greatest);
        Span<TKey> keys = stackalloc TKey[1];
        Span<long> rowIds = stackalloc long[1];
        bool any = cursor.NextBatch(keys, rowIds) == 1;
        (key, rowId) = (keys[0], rowIds[0]);
        return any;
    }

    public bool Insert(TProbe probe, long rowId) => Insert(probe, rowId, onlyIfAlone: false);

    /// <summary>As <see cref="OrderedIndex.TryInsertOnly"/>.</summary>
    public bool TryInsertOnly(TProbe probe, long rowId) => Insert(probe, rowId, onlyIfAlone: true);

    /// <summary>As <see cref="OrderedIndex.Approach"/>; keys with bytes in the heap are not kept for later.</summary>
    public void Approach(TProbe probe, long rowId)
    {
        _approached.Leaf = null;
        if (TProbe.UsesHeap || MayAppend(probe, rowId))
            return;
        BTreeNode<TKey> node = OwnedRoot();
        bool isLast = true;
        bool isBeside = false;
        while (node is BTreeInnerNode<TKey> inner)
        {
            int index = ChildIndex(inner, probe, rowId);
            BTreeNode<TKey> child = inner.Child(index)!;
            if (inner.Height == 1)
            {
                child.Prefetch();
                _approached = new Approached
                {
                    Leaf = child,
                    Key = probe.Store(null),
                    RowId = rowId,
                    IsLast = isLast && index == inner.Count,
                    IsBeside = isBeside || IsBeside(inner, index, probe),
                };
                return;
            }
            child = OwnedChild(inner, index);
            isBeside |= IsBeside(inner, index, probe);
            isLast &= index == inner.Count;
            node = child;
        }
    }

    /// <summary>Asks for the memory of the leaf where a key's first entry is or would be; for readers too.</summary>
    public void Prefetch(TProbe probe)
    {
        Contents contents = Volatile.Read(ref _contents);
        probe = probe.Against(contents.Heap);
        BTreeNode<TKey>? node = contents.Root;
        while (node is BTreeInnerNode<TKey> inner)
        {
            node = inner.Child(ChildIndex(inner, probe, -1));   // right or wrong: nothing is read there
            if (inner.Height == 1)
            {
                node?.Prefetch();
                return;
            }
        }
    }

    private bool Insert(TProbe probe, long rowId, bool onlyIfAlone)
    {
        Debug.Assert(rowId is >= 0 and < long.MaxValue);
        KeyHeap? heap = _contents.Heap;
        probe = probe.Against(heap);
        if (TryAppend(probe, rowId, heap, onlyIfAlone))
            return true;
        if (!TryTakeApproached(probe, rowId, out BTreeNode<TKey> leaf, out bool isLast, out bool isBeside))
            leaf = FindLeafToInsert(probe, rowId, out isLast, out isBeside);
        if (onlyIfAlone && isBeside)
            return false;
        int position = LowerBound(leaf, probe, rowId);
        if (onlyIfAlone ? HasKeyAt(leaf, position, probe) || HasKeyAt(leaf, position - 1, probe) : IsEntry(leaf, position, probe, rowId))
            return false;
        TKey key = probe.Store(heap);
        leaf.BeginChange();
        leaf.InsertEntry(position, key, rowId);
        leaf.EndChange();
        Volatile.Write(ref _count, _count + 1);
        if (isLast)
            _lastLeaf = leaf;
        return true;
    }

    private bool TryTakeApproached(TProbe probe, long rowId, out BTreeNode<TKey> leaf, out bool isLast, out bool isBeside)
    {
        leaf = _approached.Leaf!;
        (isLast, isBeside) = (_approached.IsLast, _approached.IsBeside);
        _approached.Leaf = null;
        return leaf is not null && !leaf.IsFull && leaf.Owner == _owner && rowId == _approached.RowId && probe.CompareTo(_approached.Key) == 0;
    }

    // The leaf has room: full nodes are split on the way.
    private BTreeNode<TKey> FindLeafToInsert(TProbe probe, long rowId, out bool isLast, out bool isBeside)
    {
        BTreeNode<TKey> node = OwnedRoot();
        if (node.IsFull)
            node = GrowRoot(isRightEdge: LowerBound(node, probe, rowId) == node.Count);
        isLast = true;
        isBeside = false;
        while (node is BTreeInnerNode<TKey> inner)
        {
            int index = ChildIndex(inner, probe, rowId);
            if (inner.Height == 1)
                inner.Child(index)!.Prefetch();
            BTreeNode<TKey> child = OwnedChild(inner, index);
            if (child.IsFull)
            {
                bool isRightEdge = isLast && index == inner.Count && LowerBound(child, probe, rowId) == child.Count;
                SplitChild(inner, index, isRightEdge);
                index = ChildIndex(inner, probe, rowId);
                child = inner.Child(index)!;
            }
            isBeside |= IsBeside(inner, index, probe);
            isLast &= index == inner.Count;
            node = child;
        }
        return node;
    }

    // Whether entries of the probe's key may be in a neighbour of this child: a separator beside it has the key. One with row id
    // -1 has all of them at its right.
    private static bool IsBeside(BTreeInnerNode<TKey> inner, int index, TProbe probe) =>
        (index < inner.Count && HasKeyAt(inner, index, probe))
        || (index > 0 && inner.RowIds[index - 1] >= 0 && HasKeyAt(inner, index - 1, probe));

    private static bool HasKeyAt(BTreeNode<TKey> node, int position, TProbe probe) =>
        (uint)position < (uint)node.Count && probe.CompareTo(Unsafe.Add(ref node.FirstKey, position)) == 0;

    /// <summary>Adds entries that are sorted and all above those in the tree: the fastest way to full leaves.</summary>
    public void Append(ReadOnlySpan<TKey> keys, ReadOnlySpan<long> rowIds)
    {
        for (int i = 0; i < keys.Length; i++)
            Insert(TProbe.FromKey(keys[i], _contents.Heap), rowIds[i]);
    }

    public bool Remove(TProbe probe, long rowId)
    {
        _approached.Leaf = null;
        probe = probe.Against(_contents.Heap);
        BTreeNode<TKey> node = OwnedRoot();
        while (node is BTreeInnerNode<TKey> inner)
        {
            int index = ChildIndex(inner, probe, rowId);
            if (inner.Height == 1)
                inner.Child(index)!.Prefetch();
            node = OwnedChild(inner, index);
        }
        int position = LowerBound(node, probe, rowId);
        if (!IsEntry(node, position, probe, rowId))
            return false;
        TProbe.Release(node.Keys[position], _contents.Heap);
        node.BeginChange();
        node.RemoveEntry(position);
        node.EndChange();
        Volatile.Write(ref _count, _count - 1);
        if (node.Count < CountMergeBelow)
        {
            Shrink(_contents.Root, probe, rowId);
            LowerRoot();
        }
        return true;
    }

    public override double EstimateCount(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper)
    {
        double from = lower.IsEmpty ? 0 : PlaceOf(TProbe.FromBytes(lower));
        double to = upper.IsEmpty ? 1 : PlaceOf(TProbe.FromBytes(upper));
        return Math.Max(0, to - from) * Count;
    }

    // The share of the entries below a key, as if all children of a node had as many. Nothing is validated: it is a guess.
    private double PlaceOf(TProbe probe)
    {
        Contents contents = CurrentContents;
        probe = probe.Against(contents.Heap);
        BTreeNode<TKey> node = contents.Root;
        double place = 0;
        double share = 1;
        while (node is BTreeInnerNode<TKey> inner)
        {
            int count = inner.Count;
            int index = Math.Min(ChildIndex(inner, probe, -1), count);
            share /= count + 1;
            place += index * share;
            if (inner.Child(index) is not { } child)
                return place;   // a race with a writer
            node = child;
        }
        int entries = node.Count;
        return entries == 0 ? place : place + (share * Math.Min(LowerBound(node, probe, -1), entries) / entries);
    }

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

    /// <summary>How many entries of the node are less than (probe, row id).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int LowerBound(BTreeNode<TKey> node, TProbe probe, long rowId)
    {
        int count = node.Count;
        int position = probe.CountLess(ref node.FirstKey, count);
        return rowId >= 0 && position < count && probe.CompareTo(Unsafe.Add(ref node.FirstKey, position)) == 0
            ? SkipRowIds(node, position, count, probe, rowId)
            : position;
    }

    /// <summary>The child where entries at or above (probe, row id) begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int ChildIndex(BTreeInnerNode<TKey> inner, TProbe probe, long rowId) => LowerBound(inner, probe, rowId + 1);

    // Binary search among the entries of one key; a key may fill many nodes.
    private static int SkipRowIds(BTreeNode<TKey> node, int position, int count, TProbe probe, long rowId)
    {
        int end = count;
        while (position < end)
        {
            int middle = (position + end) >>> 1;
            if (node.RowIds[middle] < rowId && probe.CompareTo(node.Keys[middle]) == 0)
                position = middle + 1;
            else if (probe.CompareTo(node.Keys[middle]) > 0)
                position = middle + 1;   // only seen in a race
            else
                end = middle;
        }
        return position;
    }

    private static bool IsEntry(BTreeNode<TKey> node, int position, TProbe probe, long rowId) =>
        position < node.Count && node.RowIds[position] == rowId && probe.CompareTo(node.Keys[position]) == 0;

    // False when a writer interfered; then or when the key's entries begin further right (from says where) call again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFindOnce(TProbe probe, ref long from, out bool found, out long rowId)
    {
        found = false;
        rowId = -1;
        Contents contents = Volatile.Read(ref _contents);
        probe = probe.Against(contents.Heap);
        BTreeNode<TKey> node = contents.Root;
        long version = node.ReadVersion();
        if (!ReferenceEquals(contents, Volatile.Read(ref _contents)))
            return false;
        long next = -1;   // row id of the separator after the leaf, if that has the probe's key
        bool isBetween = false;   // two separators that bound the node's keys are known; torn ones only make a bad guess
        TKey low = default, high = default;
        while (node is BTreeInnerNode<TKey> inner)
        {
            int index = ChildIndex(inner, probe, from);
            if (index < inner.Count)
                next = probe.CompareTo(Unsafe.Add(ref inner.FirstKey, index)) == 0 ? inner.RowIds[index] : -1;
            if (inner.Child(index) is not { } child)
                return false;
            isBetween = index > 0 && index < inner.Count;
            if (isBetween)
            {
                (low, high) = (Unsafe.Add(ref inner.FirstKey, index - 1), Unsafe.Add(ref inner.FirstKey, index));
                child.Prefetch(probe.Guess(low, high, -1));
            }
            long childVersion = child.ReadVersion();
            if (!inner.IsUnchanged(version))
                return false;
            node = child;
            version = childVersion;
        }
        int position = from < 0
            ? probe.CountLess(ref node.FirstKey, node.Count, isBetween ? probe.Guess(low, high, node.Count) : -1)
            : LowerBound(node, probe, from);
        if (position < node.Count)
        {
            found = probe.CompareTo(Unsafe.Add(ref node.FirstKey, position)) == 0;
            rowId = found ? Unsafe.Add(ref node.FirstRowId, position) : -1;
            return node.IsUnchanged(version);
        }
        if (!node.IsUnchanged(version))
            return false;
        if (next < 0)
            return true;
        from = next;   // everything of this key below it is known not to exist
        return false;
    }

    private bool TryFindBatch(TProbe probe, ref long from, Span<long> rowIds, out int taken, out bool ended)
    {
        (taken, ended) = (0, false);
        Contents contents = Volatile.Read(ref _contents);
        probe = probe.Against(contents.Heap);
        BTreeNode<TKey> node = contents.Root;
        long version = node.ReadVersion();
        if (!ReferenceEquals(contents, Volatile.Read(ref _contents)))
            return false;
        long next = -1;
        while (node is BTreeInnerNode<TKey> inner)
        {
            int index = ChildIndex(inner, probe, from);
            if (index < inner.Count)
                next = probe.CompareTo(inner.Keys[index]) == 0 ? inner.RowIds[index] : -1;
            if (inner.Child(index) is not { } child)
                return false;
            long childVersion = child.ReadVersion();
            if (!inner.IsUnchanged(version))
                return false;
            node = child;
            version = childVersion;
        }
        int start = LowerBound(node, probe, from);
        int end = LowerBound(node, probe, long.MaxValue);
        int count = Math.Clamp(end - start, 0, rowIds.Length);   // start and end may disagree in a race
        node.RowIds.Slice(Math.Min(start, BTreeNode.Capacity - count), count).CopyTo(rowIds);
        bool isLast = end < node.Count || next < 0;
        if (!node.IsUnchanged(version))
            return false;
        taken = count;
        if (count > 0)
            from = rowIds[count - 1] + 1;
        ended = isLast && start + count == end;
        if (!isLast && start + count == end)
            from = next;
        return true;
    }

    private BTreeNode<TKey> NewLeaf()
    {
        _leafCount++;
        return new BTreeNode<TKey>(_owner);
    }

    private BTreeInnerNode<TKey> NewInner(int height)
    {
        _innerCount++;
        return new BTreeInnerNode<TKey>(_owner, height);
    }

    private static KeyHeap? NewHeap() => TProbe.UsesHeap ? new KeyHeap() : null;

    // Whether the entry comes behind all others, and there is room.
    private bool MayAppend(TProbe probe, long rowId, bool onlyIfAlone = false)
    {
        if (_lastLeaf is not { } leaf || leaf.IsFull || leaf.Count == 0)
            return false;
        int last = leaf.Count - 1;
        int order = probe.CompareTo(Unsafe.Add(ref leaf.FirstKey, last));
        return order > 0 || (order == 0 && !onlyIfAlone && rowId > leaf.RowIds[last]);
    }

    private bool TryAppend(TProbe probe, long rowId, KeyHeap? heap, bool onlyIfAlone)
    {
        if (!MayAppend(probe, rowId, onlyIfAlone))
            return false;
        BTreeNode<TKey> leaf = _lastLeaf!;
        TKey key = probe.Store(heap);
        leaf.BeginChange();
        leaf.InsertEntry(leaf.Count, key, rowId);
        leaf.EndChange();
        Volatile.Write(ref _count, _count + 1);
        return true;
    }

    private void AppendAll(BTreeNode<TKey> node, KeyHeap heap)
    {
        if (node is BTreeInnerNode<TKey> inner)
        {
            for (int i = 0; i <= inner.Count; i++)
                AppendAll(inner.Child(i)!, heap);
            return;
        }
        for (int i = 0; i < node.Count; i++)
            Insert(TProbe.FromKey(node.Keys[i], heap), node.RowIds[i]);
    }

    private BTreeNode<TKey> OwnedRoot()
    {
        BTreeNode<TKey> root = _contents.Root;
        if (root.Owner == _owner)
            return root;
        BTreeNode<TKey> copy = Copy(root);
        ReplaceRoot(copy);
        return copy;
    }

    private BTreeNode<TKey> OwnedChild(BTreeInnerNode<TKey> inner, int index)
    {
        BTreeNode<TKey> child = inner.Child(index)!;
        if (child.Owner == _owner)
            return child;
        BTreeNode<TKey> copy = Copy(child);
        inner.BeginChange();
        inner.Children[index] = copy;
        child.Retire();
        inner.EndChange();
        return copy;
    }

    private BTreeNode<TKey> Copy(BTreeNode<TKey> node)
    {
        BTreeNode<TKey> copy;
        if (node is BTreeInnerNode<TKey> inner)
        {
            var innerCopy = new BTreeInnerNode<TKey>(_owner, inner.Height);
            inner.Children.CopyTo(innerCopy.Children);
            copy = innerCopy;
        }
        else
        {
            copy = new BTreeNode<TKey>(_owner);
        }
        copy.AppendEntries(node, 0);
        return copy;
    }

    private void ReplaceRoot(BTreeNode<TKey> root)
    {
        BTreeNode<TKey> old = _contents.Root;
        Volatile.Write(ref _contents, new Contents(root, _contents.Heap));
        old.Retire();
    }

    private BTreeInnerNode<TKey> GrowRoot(bool isRightEdge)
    {
        BTreeInnerNode<TKey> root = NewInner(_contents.Root is BTreeInnerNode<TKey> old ? old.Height + 1 : 1);
        root.Children[0] = _contents.Root;
        // The old root stays in use below the new one. Its split, which follows, sends its readers to the new root.
        Volatile.Write(ref _contents, new Contents(root, _contents.Heap));
        SplitChild(root, 0, isRightEdge);
        return root;
    }

    // At the right edge only the last entry moves, so that ascending keys leave full nodes behind.
    private void SplitChild(BTreeInnerNode<TKey> parent, int index, bool isRightEdge)
    {
        BTreeNode<TKey> left = parent.Child(index)!;
        int middle = isRightEdge ? BTreeNode.Capacity - 1 : BTreeNode.Capacity / 2;
        BTreeNode<TKey> right;
        TKey separator = left.Keys[middle];
        long separatorRowId = left.RowIds[middle];
        if (left is BTreeInnerNode<TKey> leftInner)
        {
            BTreeInnerNode<TKey> rightInner = NewInner(leftInner.Height);
            rightInner.AppendEntries(left, middle + 1);   // the middle separator moves up
            leftInner.Children[(middle + 1)..].CopyTo(rightInner.Children);
            right = rightInner;
        }
        else
        {
            right = NewLeaf();
            right.AppendEntries(left, middle);
            if (TProbe.FromKey(separator, _contents.Heap).CompareTo(left.Keys[middle - 1]) != 0)
                separatorRowId = -1;   // a lookup by key alone then goes straight to the right leaf
        }

        parent.BeginChange();
        left.BeginChange();
        left.Count = middle;
        if (left is BTreeInnerNode<TKey> inner)
            inner.Children[(middle + 1)..].Clear();
        parent.InsertChild(index, separator, separatorRowId, right);
        left.EndChange();
        parent.EndChange();
        _lastLeaf = null;
        _approached.Leaf = null;
    }

    // Along the way to where an entry was: all nodes are this tree's own.
    private void Shrink(BTreeNode<TKey> node, TProbe probe, long rowId)
    {
        if (node is not BTreeInnerNode<TKey> inner)
            return;
        int index = ChildIndex(inner, probe, rowId);
        BTreeNode<TKey> child = inner.Child(index)!;
        Shrink(child, probe, rowId);
        if (child.Count < CountMergeBelow)
            ShrinkChild(inner, index);
    }

    private void ShrinkChild(BTreeInnerNode<TKey> parent, int index)
    {
        if (parent.Count == 0)
            return;   // an only child; if it is empty, the parent itself is unlinked one level up
        if (IsEmpty(parent.Child(index)!))
            UnlinkChild(parent, index);
        else if (index > 0 && CanMerge(parent, index - 1))
            MergeChildren(parent, index - 1);
        else if (index < parent.Count && CanMerge(parent, index))
            MergeChildren(parent, index);
    }

    private static bool IsEmpty(BTreeNode<TKey> node) =>
        node.Count == 0 && (node is not BTreeInnerNode<TKey> inner || IsEmpty(inner.Child(0)!));

    private static bool CanMerge(BTreeInnerNode<TKey> parent, int left) =>
        parent.Child(left)!.Count + parent.Child(left + 1)!.Count < CountMergedMax;

    private void UnlinkChild(BTreeInnerNode<TKey> parent, int index)
    {
        BTreeNode<TKey> child = parent.Child(index)!;
        parent.BeginChange();
        parent.RemoveChild(index);
        Forget(child);
        parent.EndChange();
    }

    private void MergeChildren(BTreeInnerNode<TKey> parent, int index)
    {
        BTreeNode<TKey> left = OwnedChild(parent, index);
        BTreeNode<TKey> right = parent.Child(index + 1)!;
        parent.BeginChange();
        left.BeginChange();
        if (left is BTreeInnerNode<TKey> leftInner)
        {
            leftInner.InsertEntry(left.Count, parent.Keys[index], parent.RowIds[index]);
            ((BTreeInnerNode<TKey>)right).Children[..(right.Count + 1)].CopyTo(leftInner.Children[left.Count..]);
        }
        left.AppendEntries(right, 0);
        parent.RemoveChild(index + 1);
        Forget(right, withOnlyChild: false);
        left.EndChange();
        parent.EndChange();
    }

    // The node has just become unreachable; an empty inner node takes its only child along.
    private void Forget(BTreeNode<TKey> node, bool withOnlyChild = true)
    {
        node.Retire();
        _lastLeaf = null;
        _approached.Leaf = null;
        if (node is not BTreeInnerNode<TKey> inner)
        {
            _leafCount--;
            return;
        }
        _innerCount--;
        if (withOnlyChild)
            Forget(inner.Child(0)!);
    }

    private void LowerRoot()
    {
        while (_contents.Root is BTreeInnerNode<TKey> { Count: 0 } root)
        {
            ReplaceRoot(root.Child(0)!);
            _innerCount--;
        }
    }
}
