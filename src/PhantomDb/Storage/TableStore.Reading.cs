using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>Reading: single rows under a validated sequence, and slices that are shared first and then looked at.</summary>
internal sealed partial class TableStore
{
    private const int RowsNearby = 4;        // behind a row, whose wider values lie in the same line or the next
    private const int AttemptsMax = 1000;   // then a reader takes the latch: writers must not starve it

    /// <summary>No slice before this one has rows, or will have.</summary>
    internal int FirstSlice => Volatile.Read(ref _firstSlice);

    /// <summary>The table's slices at the moment; each may be replaced by a fresh or an empty one when all its rows are nobody's.</summary>
    internal (RowSlice[] Slices, int Count) CurrentSlices()
    {
        int count = Volatile.Read(ref _sliceCount);
        return (Volatile.Read(ref _slices), count);
    }

    /// <summary>Begins a scan of columns, given by storage number; the filters only skip slices.</summary>
    public TableScan Scan(int[] columns, in ReadView view, ZoneFilter[]? filters = null, bool withRowIds = false)
    {
        EnsureComplete(columns, view);
        return new(this, columns, view, filters ?? [], withRowIds);
    }

    /// <summary>
    /// Copies the buffer's columns of a row as the view sees it; false where it sees no such row. Neither waits for a
    /// transaction nor allocates.
    /// </summary>
    public bool TryRead(long rowId, in ReadView view, RowBuffer buffer)
    {
        ulong index = (ulong)rowId >> RowSlice.CapacityBits;   // any number may come: it may be a guess
        if (index >= (uint)Volatile.Read(ref _sliceCount))
        {
            return false;
        }
        RowSlice slice = Volatile.Read(ref _slices)[index];
        int row = OffsetOf(rowId);
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            int sequence = slice.ReadSequence();
            bool isVisible = ReadOnce(slice, row, view, buffer);
            if (slice.IsUnchanged(sequence))
            {
                return isVisible;
            }
        }
        lock (_latch)
        {
            return ReadOnce(slice, row, view, buffer);
        }
    }

    /// <summary>
    /// Adds columns of a row to a batch where the row has an integer key and only one version: that is committed, now. Needs no
    /// timestamp, and touches no word that is written for each commit: beside a writer that would be a cache miss a row.
    /// </summary>
    /// <param name="rowId">The row, or any number.</param>
    /// <param name="key">The key.</param>
    /// <param name="keyColumn">Storage number of its column, which is of an integer type.</param>
    /// <param name="columns">Storage numbers of the columns to read.</param>
    /// <param name="rows">Where they are added.</param>
    internal LookupOutcome ReadSettled(long rowId, long key, int keyColumn, int[] columns, RowBatch rows)
    {
        if (FindSlice(rowId) is not { } slice)
        {
            return LookupOutcome.Absent;
        }
        int row = OffsetOf(rowId);
        int sequence = slice.ReadSequence();
        if (row >= slice.RowCount)
        {
            return LookupOutcome.Absent;
        }
        bool isSettled = slice.VersionsFor(row) is not { } versions || (versions.HeadOf(row) == 0 && versions.InsertStampOf(row) is null);
        if (Sse.IsSupported)
        {
            foreach (int number in columns)
            {
                slice.Columns[number]!.Prefetch(row);   // the waits for all columns' values overlap
            }
        }
        bool hasKey = slice.Columns[keyColumn]!.HasInteger(row, key) && !RowSlice.IsSet(slice.Deleted, row);
        if (hasKey && isSettled && rows.TryCopy(slice, columns, row) && slice.IsUnchanged(sequence))
        {
            rows.Keep(1);
            return LookupOutcome.Found;
        }
        return !hasKey && isSettled && slice.IsUnchanged(sequence) ? LookupOutcome.Absent : LookupOutcome.Unsettled;
    }

    /// <summary>The slice of a row id; null where the table has none such.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal RowSlice? FindSlice(long rowId)
    {
        ulong index = (ulong)rowId >> RowSlice.CapacityBits;
        return index < (uint)Volatile.Read(ref _sliceCount) ? Volatile.Read(ref _slices)[index] : null;
    }

    /// <summary>Fetches the values of rows into the processor's caches, all at once: reading them one by one would wait for each.</summary>
    internal void Prefetch(ReadOnlySpan<long> rowIds, int[] columns)
    {
        if (!Sse.IsSupported)
        {
            return;
        }
        long last = -RowsNearby;
        foreach (long rowId in rowIds)
        {
            if ((ulong)(rowId - last) >= RowsNearby && FindSlice(rowId) is { } slice)
            {
                last = rowId;
                foreach (int number in columns)
                {
                    slice.Columns[number]!.Prefetch(OffsetOf(rowId));
                }
            }
        }
    }

    /// <summary>Fetches all values of a row that are kept in place, so that who reads the whole of it soon does not wait.</summary>
    internal void Prefetch(long rowId)
    {
        if (Sse.IsSupported && FindSlice(rowId) is { } slice)
        {
            int row = OffsetOf(rowId);
            foreach (ColumnSlice? column in slice.Columns)
            {
                column?.Prefetch(row);
            }
        }
    }

    /// <summary>True where the view sees a row with this id.</summary>
    public bool IsVisible(long rowId, in ReadView view) => TryRead(rowId, view, NoColumns);

    private static readonly RowBuffer NoColumns = new();

    // What it gives counts only if the slice's sequence has not changed meanwhile.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool ReadOnce(RowSlice slice, int row, in ReadView view, RowBuffer buffer)
    {
        if (row >= slice.RowCount)
        {
            return false;
        }
        SliceVersions? versions = slice.VersionsFor(row);
        if (versions is null && RowSlice.IsSet(slice.Deleted, row))
        {
            return false;
        }
        int[] columns = buffer.Columns;
        if (Sse.IsSupported)
        {
            foreach (int number in columns)
            {
                slice.Columns[number]!.Prefetch(row);   // the waits for all columns' values overlap
            }
        }
        for (int i = 0; i < columns.Length; i++)
        {
            ColumnSlice column = slice.Columns[columns[i]]!;
            if (!column.TryRead(row, out RawValue value, out bool isNull))
            {
                return false;
            }
            buffer.SetRaw(i, value, isNull, column.Blocks);
        }
        return versions is null || UndoUnseen(slice, versions, row, view, buffer);
    }

    private static bool UndoUnseen(RowSlice slice, SliceVersions versions, int row, in ReadView view, RowBuffer buffer)
    {
        bool isThere = !RowSlice.IsSet(slice.Deleted, row);
        int link = versions.HeadOf(row);
        for (int steps = versions.WalkMax; link != 0 && steps > 0; steps--)
        {
            if (!versions.TryGet(link, out SliceVersions.UndoRecord record) || view.Sees(record.Stamp, record.Command))
            {
                break;
            }
            if (record.Column == SliceVersions.UndoRecord.Presence)
            {
                isThere = true;
            }
            else
            {
                int[] columns = buffer.Columns;
                for (int i = 0; i < columns.Length; i++)
                {
                    if (columns[i] == record.Column)
                    {
                        buffer.SetRaw(i, record.OldValue, record.WasNull, null);
                    }
                }
            }
            link = record.Older;
        }
        return isThere && !versions.IsInsertHidden(row, view);
    }

    /// <summary>
    /// Takes a slice's columns for vectors, as the view sees them. Gives the number of positions, and in
    /// <paramref name="live"/> a mask of those that the view sees where it does not see all. Where the slice
    /// <paramref name="isHeld"/>, the columns are good until it is released, else for as long as they are referred to.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    internal int Share(RowSlice slice, in ReadView view, int[] columns, SharedColumn[] shared, ulong[] live, bool isHeld, out bool seesAll)
    {
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            int sequence = slice.ReadSequence();
            if (!isHeld)
            {
                foreach (int number in columns)
                {
                    slice.Columns[number]!.IsShared = true;
                }
                Interlocked.MemoryBarrier();
            }
            // From here on a writer that begins sees the marks, or the hold, and one that began before is seen by the validation.
            int count = ShareOnce(slice, view, columns, shared, live, out seesAll, out bool isWhole);
            if (isWhole && slice.IsUnchanged(sequence))
            {
                return count;
            }
        }
        lock (_latch)
        {
            foreach (int number in columns)
            {
                slice.Columns[number]!.IsShared |= !isHeld;
            }
            int count = ShareOnce(slice, view, columns, shared, live, out seesAll, out bool isWhole);
            Debug.Assert(isWhole);
            return count;
        }
    }

    // isWhole is false where a race with a writer was noticed.
    [MethodImpl(HotLoop.Options)]
    private static int ShareOnce(RowSlice slice, in ReadView view, int[] columns, SharedColumn[] shared, ulong[] live, out bool seesAll, out bool isWhole)
    {
        isWhole = true;
        int count = slice.RowCount;
        ulong wanted = SliceVersions.HasInserts | SliceVersions.HasDeletes;
        for (int i = 0; i < columns.Length; i++)
        {
            wanted |= SliceVersions.BitOf(columns[i]);
            ColumnSlice column = slice.Columns[columns[i]]!;
            Array data = column.Data;
            shared[i].Take(data, column.Validity, column.Blocks);
            isWhole &= data.Length >= count;
        }
        ulong[]? deleted = slice.Deleted;
        ulong kinds = slice.VersionKinds & wanted;
        bool areRowsHidden = deleted is not null || (kinds & (SliceVersions.HasInserts | SliceVersions.HasDeletes)) != 0;
        seesAll = !areRowsHidden;
        if ((seesAll && kinds == 0) || !isWhole)
        {
            return count;   // changes of other columns do not matter
        }
        if (areRowsHidden)
        {
            FillLive(live, count, deleted);
        }
        if (kinds != 0 && slice.Versions is { } versions)
        {
            Patch(slice, versions, view, columns, shared, live, count);
        }
        if (areRowsHidden)
        {
            seesAll = IsAllSet(live, count);
        }
        return count;
    }

    private static void FillLive(ulong[] live, int count, ulong[]? deleted)
    {
        for (int word = 0; word < live.Length; word++)
        {
            int rows = Math.Clamp(count - (word << 6), 0, 64);
            ulong mask = rows == 64 ? ulong.MaxValue : (1UL << rows) - 1;
            live[word] = deleted is null ? mask : mask & ~deleted[word];
        }
    }

    private static bool IsAllSet(ulong[] live, int count)
    {
        int set = 0;
        foreach (ulong word in live)
        {
            set += System.Numerics.BitOperations.PopCount(word);
        }
        return set == count;
    }

    // Undoes in private copies what the view must not see.
    private static void Patch(RowSlice slice, SliceVersions versions, in ReadView view, int[] columns, SharedColumn[] shared, ulong[] live, int count)
    {
        for (int position = -1; versions.TryNextRow(ref position, out int row);)
        {
            if (row < count)
            {
                PatchRow(slice, versions, versions.HeadOf(row), row, view, columns, shared, live, count);
            }
        }
        foreach (ref readonly SliceVersions.InsertRange range in versions.Inserts)
        {
            if (view.Sees(range.Stamp, range.Command))
            {
                continue;
            }
            for (int row = range.First; row < Math.Min(count, range.First + range.Count); row++)
            {
                live[row >> 6] &= ~(1UL << (row & 63));
            }
        }
    }

    private static void PatchRow(RowSlice slice, SliceVersions versions, int link, int row, in ReadView view, int[] columns, SharedColumn[] shared, ulong[] live, int count)
    {
        for (int steps = versions.WalkMax; link != 0 && steps > 0; steps--)
        {
            if (!versions.TryGet(link, out SliceVersions.UndoRecord record) || view.Sees(record.Stamp, record.Command))
            {
                return;
            }
            if (record.Column == SliceVersions.UndoRecord.Presence)
            {
                live[row >> 6] |= 1UL << (row & 63);
            }
            for (int i = 0; i < columns.Length; i++)
            {
                if (columns[i] == record.Column)
                {
                    shared[i].Patch(slice.Columns[record.Column]!.Type, row, ref record.OldValue, record.WasNull, count);
                }
            }
            link = record.Older;
        }
    }
}

/// <summary>
/// What a scan takes of one column of a slice: the column's own arrays, these and a few values to be seen in place of theirs, or a
/// patched copy.
/// </summary>
internal struct SharedColumn
{
    private Array? _ownData;
    private bool _isCopy;
    private bool _isValidityCopy;
    private VectorPatches? _patches;
    private bool _hasNoPatches;

    /// <summary>True where copies may be used again for the next slice, and patches be left to who reads the values.</summary>
    public bool ReusesCopies { get; init; }

    /// <summary>Lets a vector refer to the values.</summary>
    public readonly void GiveTo(Vector vector, int count)
    {
        if (_patches is { Count: > 0 })
        {
            _patches.Sort();
            vector.ReferencePatched(Data, count, _patches);
        }
        else
        {
            vector.Reference(Data, Validity, Blocks);
        }
    }

    public Array Data { get; private set; }

    public ulong[]? Validity { get; private set; }

    public byte[][]? Blocks { get; private set; }

    public void Take(Array data, ulong[]? validity, byte[][]? blocks)
    {
        Data = data;
        Validity = validity;
        Blocks = blocks;
        _isCopy = _isValidityCopy = false;
        _patches?.Clear();
    }

    public void Patch(PhysicalType type, int row, ref RawValue value, bool isNull, int count)
    {
        if (!_isCopy)
        {
            if (ReusesCopies && !isNull && Validity is null && TryPatchLater(type, row, ref value))
            {
                return;
            }
            Array data = _patches is { Count: > 0 } ? _patches.Apply(Data, count) : Data;
            _patches?.Clear();
            Data = ReusesCopies
                ? ColumnSlice.CopyTo(_ownData ??= ColumnSlice.NewArray(type, RowSlice.Capacity), type, data, count)
                : ColumnSlice.CopyOf(type, data, count);
            _isCopy = true;
        }
        if (!isNull)
        {
            ColumnSlice.WriteTo(Data, RawValue.WidthOf(type), row, ref value);
        }
        if (!isNull && Validity is null)
        {
            return;
        }
        if (!_isValidityCopy)
        {
            var mask = new ulong[ValidityMask.WordCount];
            System.Array.Fill(mask, ulong.MaxValue);
            Validity?.CopyTo(mask, 0);
            Validity = mask;
            _isValidityCopy = true;
        }
        if (isNull)
        {
            ValidityMask.SetNull(Validity!, row);
        }
        else
        {
            ValidityMask.SetValid(Validity!, row);
        }
    }

    private bool TryPatchLater(PhysicalType type, int row, ref RawValue value)
    {
        if (_patches is null && !_hasNoPatches)
        {
            _patches = VectorPatches.TryCreate(type);
            _hasNoPatches = _patches is null;
        }
        return _patches is not null && _patches.TrySet(row, ref value.As<byte>());
    }
}

/// <summary>What is known of a row that is looked for.</summary>
internal enum LookupOutcome
{
    Found,

    /// <summary>There is none.</summary>
    Absent,

    /// <summary>There are several versions, or a writer came between: it has to be looked for under a published timestamp.</summary>
    Unsettled,
}
