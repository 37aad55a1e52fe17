using System.Runtime.CompilerServices;

namespace PhantomDb.Storage.Indexes;

/// <summary>Reading: descents without a lock, which start again where a writer interfered; also what the writer searches with.</summary>
internal sealed partial class BTree<TKey, TProbe>
{
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
}
