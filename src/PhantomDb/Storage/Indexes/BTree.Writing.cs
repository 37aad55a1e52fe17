using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;

namespace PhantomDb.Storage.Indexes;

/// <summary>Writing: where an entry goes, and that it goes in or out. Under the latch.</summary>
internal sealed partial class BTree<TKey, TProbe>
{
    /// <summary>Where an entry will be, as of when no node was changed since.</summary>
    private struct Approached
    {
        public BTreeNode<TKey>? Leaf;
        public TKey Key;
        public long RowId;
        public bool IsLast;
        public bool IsBeside;
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

    private static bool IsEntry(BTreeNode<TKey> node, int position, TProbe probe, long rowId) =>
        position < node.Count && node.RowIds[position] == rowId && probe.CompareTo(node.Keys[position]) == 0;

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

    /// <summary>Adds entries whose keys ascend, with row ids one after the other, if all keys are above those in the tree. What is done counts as it goes.</summary>
    [MethodImpl(HotLoop.Options)]
    public void TryAppend(ReadOnlySpan<TKey> keys, long firstRowId, ref int done)
    {
        Debug.Assert(!TProbe.UsesHeap);
        if (keys.IsEmpty || !MayBeAbove(TProbe.FromKey(keys[0], null)))
            return;
        while (done < keys.Length && _lastLeaf is { } leaf)
        {
            int count = Math.Min(BTreeNode.Capacity - leaf.Count, keys.Length - done);
            if (count == 0)
            {
                Insert(TProbe.FromKey(keys[done], null), firstRowId + done);   // a leaf more
                done++;
                continue;
            }
            leaf.BeginChange();
            leaf.AppendEntries(keys.Slice(done, count), firstRowId + done);
            leaf.EndChange();
            Volatile.Write(ref _count, _count + count);
            done += count;
        }
    }

    private bool MayBeAbove(TProbe probe) =>
        _lastLeaf is { Count: > 0 } leaf && probe.CompareTo(Unsafe.Add(ref leaf.FirstKey, leaf.Count - 1)) > 0;

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
}
