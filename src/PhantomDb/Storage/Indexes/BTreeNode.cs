using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PhantomDb.Storage.Indexes;

/// <summary>
/// A leaf of a <see cref="BTree{TKey,TProbe}"/>: sorted entries (key, row id) held inside the object, so that reaching
/// a node is one pointer. Also the part that a leaf and an inner node share; it does not search or balance.
/// </summary>
/// <remarks>
/// Concurrency: one writer at a time changes a node between <see cref="BeginChange"/> and <see cref="EndChange"/>, while
/// the version is odd. A reader takes the version first (<see cref="ReadVersion"/>), reads whatever it likes, and may
/// use what it read only after <see cref="IsUnchanged"/> says that the version is still the same. <see cref="Count"/> is
/// always in range, so racing reads stay inside the arrays; keys, row ids and children may be torn or stale until then.
/// </remarks>
internal class BTreeNode<TKey>(long owner)
    where TKey : unmanaged
{
    private const int CacheLineSize = 64;

    private long _version;

    /// <summary>Number of entries (leaf) or separators (inner node, which has one child more).</summary>
    public int Count;

    /// <summary>The tree that may change this node in place; any other copies it first.</summary>
    public readonly long Owner = owner;

    private KeyArray<TKey> _keys;
    private RowIdArray _rowIds;

    public bool IsFull => Count == BTreeNode.Capacity;

    public ref TKey FirstKey => ref Unsafe.As<KeyArray<TKey>, TKey>(ref _keys);

    public ref long FirstRowId => ref Unsafe.As<RowIdArray, long>(ref _rowIds);

    public Span<TKey> Keys => _keys;

    public Span<long> RowIds => _rowIds;

    /// <summary>Fetches what a search needs that finds the key near a position; -1 is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch(int position)
    {
        if (!Sse.IsSupported || position < 0)
            return;
        position = Math.Min(position, BTreeNode.Capacity - 1);
        int before = Math.Max(position - BTreeNode.PrefetchDistance, 0);
        int behind = Math.Min(position + BTreeNode.PrefetchDistance, BTreeNode.Capacity - 1);
        // Not pinned: where the node is moved meanwhile, nothing comes of it.
        Sse.Prefetch0(Unsafe.AsPointer(ref Count));
        Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref FirstKey, position)));
        Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref FirstRowId, position)));
        Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref FirstKey, before)));
        Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref FirstKey, behind)));
    }

    /// <summary>The version to validate against; waits while the writer is changing the node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadVersion()
    {
        long version = Volatile.Read(ref _version);   // acquire: the content is read after it
        return (version & 1) == 0 ? version : WaitForWriter();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsUnchanged(long version)
    {
        Volatile.ReadBarrier();   // the content was read before the version is looked at again (free on x86)
        return _version == version;
    }

    public void BeginChange()
    {
        _version++;
        Volatile.WriteBarrier();   // the odd version is seen before any change
    }

    public void EndChange() => Volatile.Write(ref _version, _version + 1);

    /// <summary>
    /// Sends away readers that stand on this node, once it is no longer reachable in this tree. Interlocked because the
    /// writers of two forked trees may both leave a node that they share.
    /// </summary>
    public void Retire() => Interlocked.Add(ref _version, 2);

    /// <summary>
    /// Asks for the whole node's memory at once: the search and the moves of a change touch most of it, each waiting for the one
    /// before.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe void Prefetch()
    {
        if (!Sse.IsSupported)
        {
            return;
        }
        byte* start = (byte*)Unsafe.AsPointer(ref Unsafe.As<long, byte>(ref _version));   // only asked for, never followed: it may move meanwhile
        for (int offset = 0; offset < Unsafe.SizeOf<KeyArray<TKey>>() + Unsafe.SizeOf<RowIdArray>(); offset += CacheLineSize)
        {
            Sse.Prefetch0(start + offset);
        }
    }

    /// <summary>Makes room at <paramref name="position"/> and puts an entry there; the caller has begun a change.</summary>
    public void InsertEntry(int position, TKey key, long rowId)
    {
        Span<TKey> keys = Keys;
        Span<long> rowIds = RowIds;
        keys[position..Count].CopyTo(keys[(position + 1)..]);
        rowIds[position..Count].CopyTo(rowIds[(position + 1)..]);
        keys[position] = key;
        rowIds[position] = rowId;
        Count++;
    }

    /// <summary>Closes the gap that the entry at <paramref name="position"/> leaves; the caller has begun a change.</summary>
    public void RemoveEntry(int position)
    {
        Span<TKey> keys = Keys;
        Span<long> rowIds = RowIds;
        keys[(position + 1)..Count].CopyTo(keys[position..]);
        rowIds[(position + 1)..Count].CopyTo(rowIds[position..]);
        Count--;
    }

    /// <summary>Appends entries whose row ids are one after the other; the caller has begun a change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendEntries(ReadOnlySpan<TKey> keys, long firstRowId)
    {
        keys.CopyTo(Keys[Count..]);
        Span<long> rowIds = RowIds.Slice(Count, keys.Length);
        for (int i = 0; i < rowIds.Length; i++)
        {
            rowIds[i] = firstRowId + i;
        }
        Count += keys.Length;
    }

    /// <summary>Appends the other node's entries from <paramref name="start"/> on.</summary>
    public void AppendEntries(BTreeNode<TKey> other, int start)
    {
        other.Keys[start..other.Count].CopyTo(Keys[Count..]);
        other.RowIds[start..other.Count].CopyTo(RowIds[Count..]);
        Count += other.Count - start;
    }

    private long WaitForWriter()
    {
        SpinWait wait = default;
        long version;
        do
        {
            wait.SpinOnce(sleep1Threshold: -1);
            version = Volatile.Read(ref _version);
        }
        while ((version & 1) != 0);
        return version;
    }
}

/// <summary>
/// An inner node: <c>Count</c> separators and one child more. All entries of child i are less than separator i, all of
/// child i + 1 are at or above it. A separator with row id -1 stands before every entry of its key.
/// </summary>
internal sealed class BTreeInnerNode<TKey>(long owner, int height) : BTreeNode<TKey>(owner)
    where TKey : unmanaged
{
    private ChildArray<TKey> _children;

    /// <summary>Levels below: 1 where the children are leaves. So a leaf's memory can be asked for before it is looked at.</summary>
    public readonly int Height = height;

    /// <summary>Slots beyond the count are null; a racing reader may see such a null and has to start again.</summary>
    public Span<BTreeNode<TKey>?> Children => _children;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BTreeNode<TKey>? Child(int index) => _children[index];

    public void InsertChild(int separatorIndex, TKey separator, long rowId, BTreeNode<TKey> right)
    {
        Span<BTreeNode<TKey>?> children = Children;
        children[(separatorIndex + 1)..(Count + 1)].CopyTo(children[(separatorIndex + 2)..]);
        children[separatorIndex + 1] = right;
        InsertEntry(separatorIndex, separator, rowId);
    }

    public void RemoveChild(int childIndex)
    {
        Span<BTreeNode<TKey>?> children = Children;
        children[(childIndex + 1)..(Count + 1)].CopyTo(children[childIndex..]);
        children[Count] = null;
        RemoveEntry(Math.Max(childIndex - 1, 0));
    }
}

/// <summary>Sizes of the nodes of every tree.</summary>
internal static class BTreeNode
{
    /// <summary>Entries of a leaf and separators of an inner node, a compromise of search, moves on insert and fan-out.</summary>
    public const int Capacity = 128;

    /// <summary>Entries of a leaf that was filled in random order.</summary>
    public const int CountTypical = 90;

    /// <summary>Entries before and behind a guess whose keys are fetched too.</summary>
    public const int PrefetchDistance = 8;
}

[InlineArray(BTreeNode.Capacity)]
internal struct KeyArray<TKey>
    where TKey : unmanaged
{
    private TKey _first;
}

[InlineArray(BTreeNode.Capacity)]
internal struct RowIdArray
{
    private long _first;
}

[InlineArray(BTreeNode.Capacity + 1)]
internal struct ChildArray<TKey>
    where TKey : unmanaged
{
    private BTreeNode<TKey>? _first;
}
