namespace PhantomDb.Storage.Indexes;

/// <summary>How an index keeps its keys; chosen from the encoded size of its columns (<see cref="KeyEncoder"/>).</summary>
internal enum KeyKind
{
    /// <summary>At most 8 bytes: <c>BTree&lt;ulong, UInt64Probe&gt;</c>.</summary>
    UInt64,

    /// <summary>At most 16 bytes: <c>BTree&lt;UInt128, UInt128Probe&gt;</c>.</summary>
    UInt128,

    /// <summary>Any length: <c>BTree&lt;KeyView, BytesProbe&gt;</c>.</summary>
    Bytes,
}

/// <summary>
/// An ordered set of entries (key, row id), keys given as order-preserving bytes. It knows neither columns nor versions:
/// whether an entry's row is visible, and whether a key may occur twice, is the table's business.
/// </summary>
/// <remarks>
/// One writer at a time (the table's latch), any number of readers without a lock. A reader sees every entry that was
/// there throughout its call, and none that was absent throughout. Row ids are not negative.
/// </remarks>
internal abstract class OrderedIndex
{
    public abstract KeyKind Kind { get; }

    public abstract long Count { get; }

    public abstract long SizeBytes { get; }

    public static OrderedIndex Create(KeyKind kind) => kind switch
    {
        KeyKind.UInt64 => new BTree<ulong, UInt64Probe>(),
        KeyKind.UInt128 => new BTree<UInt128, UInt128Probe>(),
        KeyKind.Bytes => new BTree<KeyView, BytesProbe>(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>Adds an entry; false when it is there already.</summary>
    public abstract bool Insert(ReadOnlySpan<byte> key, long rowId);

    /// <summary>
    /// Goes to where the entry inserted next will be, and asks for that memory, for a writer that has other work to do before
    /// it inserts. Costs nothing more then; where another change comes first, it was in vain.
    /// </summary>
    public abstract void Approach(ReadOnlySpan<byte> key, long rowId);

    /// <summary>
    /// Adds an entry where its key has none. False where the key has an entry or may have one, which has then to be looked for:
    /// nothing is added.
    /// </summary>
    public abstract bool TryInsertOnly(ReadOnlySpan<byte> key, long rowId);

    /// <summary>Removes an entry; false when it is not there.</summary>
    public abstract bool Remove(ReadOnlySpan<byte> key, long rowId);

    public abstract bool Contains(ReadOnlySpan<byte> key, long rowId);

    /// <summary>The key's smallest row id.</summary>
    public abstract bool TryFind(ReadOnlySpan<byte> key, out long rowId);

    /// <summary>The key's row ids above <paramref name="afterRowId"/>, ascending, as many as fit; a full span may mean that there are more.</summary>
    public abstract int Find(ReadOnlySpan<byte> key, Span<long> rowIds, long afterRowId = -1);

    /// <summary>About how many entries lie in [lower, upper); an empty bound is none. Costs a descent for each bound.</summary>
    public abstract double EstimateCount(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper);

    public abstract IndexCursor CreateCursor();

    public abstract void Clear();

    /// <summary>Returns the space of removed long keys once they outweigh the living ones.</summary>
    public abstract void RewriteIfMostlyDead();

    /// <summary>A second index with the same entries in O(1); either side copies a node when it first changes it. Under the writer's latch.</summary>
    public abstract OrderedIndex Fork();
}

/// <summary>
/// Walks a key range of an <see cref="OrderedIndex"/> in either direction, a batch at a time. Reusable; for one thread.
/// </summary>
/// <remarks>
/// Between batches and while the tree changes it remembers its position as an entry, not as a place, so it returns every
/// entry that was in the range throughout exactly once, in order. Bounds are half-open, and cut keys (the first columns of
/// a composite key) are allowed: <c>&gt;= p</c> and <c>&lt; p</c> are <c>p</c> itself as lower or upper bound;
/// <c>&gt; p</c> and <c>&lt;= p</c> are its successor (<see cref="KeyEncoder.TrySuccessor"/>).
/// </remarks>
internal abstract class IndexCursor
{
    /// <summary>
    /// Starts over at the low end of [lower, upper), or at its high end when <paramref name="backward"/>.
    /// An empty lower bound is no bound; so is an empty upper bound.
    /// </summary>
    public abstract void Seek(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper, bool backward = false);

    /// <summary>The next row ids in key order; 0 at the end.</summary>
    public abstract int NextBatch(Span<long> rowIds);
}
