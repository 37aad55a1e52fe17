using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Writing: every change is checked and given its memory first, then gets its index entries, and is made in the slice
/// last, in one step that cannot fail. So an error leaves nothing behind of the row that it is about.
/// </summary>
internal sealed partial class TableStore
{
    private const int CompactAtDepth = 8;
    private const int VersionsKeptMax = 64;
    private const int SmallVersionsKeptMax = 4096;   // when a scan ends, the versions of thousands of slices may go at once, and come again
    private const int IndexSizeEveryRows = 256;
    private const int FirstCapacity = 16;                // of a small table's slice, and of one that has become empty: it grows when it is filled

    private readonly Stack<SliceVersions> _spareVersions = new();
    private readonly RawValue[] _scratch;                // strings already in the slice's heap
    private readonly Stack<int> _slicesWithFreeRows = new();
    private readonly Stack<int> _emptySlices = new();
    private int _tail = -1;                              // slice that rows are appended to
    private RowBuffer? _row;

    /// <summary>
    /// Inserts one row, whose buffer has the columns of <see cref="ColumnNumbers"/>; gives its row id, or -1 where a unique
    /// key may be another transaction's.
    /// </summary>
    public long Insert(RowBuffer row, TransactionStamp stamp, int command, out Blocker blocker)
    {
        lock (_latch)
        {
            if ((_hot.RowCount & (IndexSizeEveryRows - 1)) == 0)
            {
                ChargeIndexes();
            }
            return InsertRow(row, stamp, command, out blocker);
        }
    }

    /// <summary>
    /// Inserts the rows of a chunk from one on, whose vectors are the columns of <see cref="ColumnNumbers"/>, until all are in
    /// or a unique key may be another transaction's; gives how many of the chunk are in. These, even when an error follows, are
    /// in <paramref name="inserted"/>: the caller undoes them.
    /// </summary>
    public int Insert(DataChunk chunk, int done, TransactionStamp stamp, int command, List<RowRange> inserted, out Blocker blocker)
    {
        lock (_latch)
        {
            blocker = default;
            ChargeIndexes();
            bool hasSelection = chunk.Selection is not null;
            foreach (Vector vector in chunk.Vectors)
            {
                vector.Widen(chunk.Selection, hasSelection, chunk.Count);
            }
            while (done < chunk.Count)
            {
                if (_slicesWithFreeRows.Count > 0 && TryInsertIntoFreeSlot(chunk, done, stamp, command, out long rowId, out blocker))
                {
                    if (rowId < 0)
                    {
                        return done;
                    }
                    AddRange(inserted, rowId, 1);
                    done++;
                    continue;
                }
                int index = SliceToAppendTo();
                RowSlice slice = OwnedSlice(index);
                int count = Math.Min(chunk.Count - done, RowSlice.Capacity - slice.RowCount);
                if (!TryAppendRows(index, slice, chunk, done, count, stamp, command, out blocker))
                {
                    return done;
                }
                AddRange(inserted, RowIdOf(index, slice.RowCount - count), count);
                done += count;
            }
            return done;
        }
    }

    /// <summary>Changes the buffer's columns of one row.</summary>
    public WriteOutcome Update(long rowId, RowBuffer values, in RowWriter writer, out Blocker blocker)
    {
        lock (_latch)
        {
            RowLockMode mode = _rowLocks.IsEmpty ? RowLockMode.NoKeyUpdate : ModeOf(values);
            WriteOutcome outcome = Examine(rowId, writer, mode, out RowSlice slice, out blocker);
            if (outcome != WriteOutcome.Done)
            {
                return outcome;
            }
            slice = slice.Owner == _owner ? slice : TakeOver(SliceOf(rowId), slice);
            blocker = UpdateRow(slice, OffsetOf(rowId), rowId, values, writer.Stamp, writer.Command);
            return blocker.IsNone ? WriteOutcome.Done : WriteOutcome.Blocked;
        }
    }

    /// <summary>Removes one row.</summary>
    public WriteOutcome Delete(long rowId, in RowWriter writer, out Blocker blocker)
    {
        lock (_latch)
        {
            WriteOutcome outcome = Examine(rowId, writer, RowLockMode.Update, out _, out blocker);
            if (outcome == WriteOutcome.Done)
            {
                DeleteRow(OwnedSlice(SliceOf(rowId)), OffsetOf(rowId), writer);
            }
            return outcome;
        }
    }

    /// <summary>
    /// Asks for the memory of a row's columns that are changed soon. What is done to find out whether they may be (a latch, a
    /// fence) then need not be over before it is on its way.
    /// </summary>
    public void Prefetch(long rowId, int[] columns)
    {
        int index = SliceOf(rowId);
        if (!Sse.IsSupported || (ulong)index >= (uint)Volatile.Read(ref _sliceCount))
        {
            return;
        }
        RowSlice slice = Volatile.Read(ref _slices)[index];
        foreach (int number in columns)
        {
            slice.Columns[number]!.Prefetch(OffsetOf(rowId));
        }
    }

    /// <summary>Columns whose values a delete looks at, beside the keys.</summary>
    public int[] StringColumns => [.. ColumnNumbers.Where(number => _types[number] == PhysicalType.String)];

    private void DeleteRow(RowSlice slice, int row, in RowWriter writer)
    {
        SliceVersions versions = ReserveVersions(slice, 1);
        slice.Deleted ??= new ulong[ValidityMask.WordCount];
        slice.BeginChange();
        AttachVersions(slice, versions, 1UL << row);
        versions.Link(row, SliceVersions.UndoRecord.Presence, default, false, writer.Stamp, writer.Command);
        slice.Deleted[row >> 6] |= 1UL << (row & 63);
        slice.EndChange();
        Volatile.Write(ref _hot.RowCount, _hot.RowCount - 1);
    }

    private long InsertRow(RowBuffer row, TransactionStamp stamp, int command, out Blocker blocker)
    {
        Debug.Assert(row.Columns.AsSpan().SequenceEqual(ColumnNumbers));
        bool isReused = TryTakeFreeSlot(out int index, out int offset);
        if (!isReused)
        {
            index = SliceToAppendTo();
            offset = _slices[index].RowCount;
        }
        RowSlice slice = OwnedSlice(index);
        long rowId = RowIdOf(index, offset);
        ApproachEntries(row, rowId);
        for (int i = 0; i < ColumnNumbers.Length; i++)
        {
            ColumnSlice column = slice.Columns[ColumnNumbers[i]]!;
            if (!isReused)
            {
                column.EnsureCapacity(offset + 1);
            }
            _scratch[i] = row.Raw(i);
            if (column.Type == PhysicalType.String && !row.IsNull(i))
            {
                column.Adopt(ref _scratch[i], row.BlocksOf(i));
            }
        }
        SliceVersions versions = slice.Versions ?? SpareVersions();
        if (!isReused)
        {
            WriteRow(slice, offset, row, unshare: false);   // behind the rows that anyone looks at: nobody minds if it stays alone
        }
        blocker = AddEntries(null, 0, row, rowId, stamp);
        if (!blocker.IsNone)
        {
            return -1;
        }

        MergeInserts(slice);
        slice.BeginChange(unshares: isReused);
        AttachVersions(slice, versions, 1UL << offset);
        if (isReused)
        {
            WriteRow(slice, offset, row, unshare: true);
            slice.Deleted![offset >> 6] &= ~(1UL << (offset & 63));
            slice.FreeCount--;
        }
        else
        {
            slice.RowCount = slice.WrittenCount = offset + 1;
        }
        versions.AddInsert(offset, 1, stamp, command);
        slice.EndChange();
        Volatile.Write(ref _hot.RowCount, _hot.RowCount + 1);
        return rowId;
    }

    private void WriteRow(RowSlice slice, int offset, RowBuffer row, bool unshare)
    {
        for (int i = 0; i < ColumnNumbers.Length; i++)
        {
            ColumnSlice column = slice.Columns[ColumnNumbers[i]]!;
            if (unshare)
            {
                slice.Unshare(column);
            }
            column.WidenBy(ref _scratch[i], row.IsNull(i));
            column.Write(offset, ref _scratch[i], row.IsNull(i));
        }
    }

    // False where there is no free slot; a row id of -1 where the row cannot be inserted yet.
    private bool TryInsertIntoFreeSlot(DataChunk chunk, int position, TransactionStamp stamp, int command, out long rowId, out Blocker blocker)
    {
        rowId = -1;
        blocker = default;
        if (!TryTakeFreeSlot(out _, out _))
        {
            return false;
        }
        _row ??= NewRowBuffer();
        for (int i = 0; i < _row.Count; i++)
        {
            _row.SetFrom(i, chunk.Vectors[i], chunk.Position(position));
        }
        try
        {
            rowId = InsertRow(_row, stamp, command, out blocker);
        }
        catch (PhantomDbException violation)
        {
            violation.ChunkPosition = chunk.Position(position);
            throw;
        }
        return true;
    }

    // All of the rows or none.
    private bool TryAppendRows(int index, RowSlice slice, DataChunk chunk, int first, int count, TransactionStamp stamp, int command, out Blocker blocker)
    {
        blocker = default;
        int start = slice.RowCount;
        for (int i = 0; i < ColumnNumbers.Length; i++)
        {
            ColumnSlice column = slice.Columns[ColumnNumbers[i]]!;
            column.EnsureCapacity(start + count);
            column.Append(start, chunk.Vectors[i], chunk.Selection, chunk.Selection is not null, first, count);
        }
        SliceVersions versions = slice.Versions ?? SpareVersions();
        int entered = 0;
        try
        {
            AppendEntries(index, slice, start, count, ref entered);
            for (; entered < count && Indexes.Length > 0 && blocker.IsNone; entered++)
            {
                slice.WrittenCount = start + entered;   // the rows before are in for the unique check
                blocker = AddEntries(slice, start + entered, null, RowIdOf(index, start + entered), stamp);
            }
        }
        catch (Exception failure)
        {
            if (failure is PhantomDbException violation)
            {
                violation.ChunkPosition = chunk.Position(first + entered);
            }
            RemoveEntered(index, slice, start, entered);
            throw;
        }
        if (!blocker.IsNone)
        {
            RemoveEntered(index, slice, start, entered - 1);
            return false;
        }
        MergeInserts(slice);
        slice.BeginChange();
        AttachVersions(slice, versions, ulong.MaxValue);
        versions.AddInsert(start, count, stamp, command);
        slice.RowCount = slice.WrittenCount = start + count;
        slice.EndChange();
        Volatile.Write(ref _hot.RowCount, _hot.RowCount + count);
        return true;
    }

    // Takes back the index entries of rows that were not published.
    private void RemoveEntered(int index, RowSlice slice, int start, int count)
    {
        for (int row = start + count - 1; row >= start; row--)
        {
            RemoveEntries(slice, row, RowIdOf(index, row));
        }
        slice.WrittenCount = start;
    }

    private Blocker UpdateRow(RowSlice slice, int row, long rowId, RowBuffer values, TransactionStamp stamp, int command)
    {
        SliceVersions versions = ReserveVersions(slice, values.Count);
        for (int i = 0; i < values.Count; i++)
        {
            _scratch[i] = values.Raw(i);
            ColumnSlice column = slice.Columns[values.Columns[i]]!;
            if (column.Type == PhysicalType.String && !values.IsNull(i))
            {
                column.Adopt(ref _scratch[i], values.BlocksOf(i));
            }
        }
        Blocker blocker = MoveEntries(slice, versions, row, values, rowId, stamp, out byte newKeys);
        if (!blocker.IsNone)
        {
            return blocker;
        }

        int depth = 0;
        bool isFirstChange = versions.HeadOf(row) is var head && (head == 0 || !ReferenceEquals(versions.At(head).Stamp, stamp));
        slice.BeginChange();
        AttachVersions(slice, versions, 1UL << row);
        for (int i = 0; i < values.Count; i++)
        {
            int number = values.Columns[i];
            ColumnSlice column = slice.Columns[number]!;
            column.TryRead(row, out RawValue old, out bool wasNull);
            depth = versions.Link(row, number, old, wasNull, stamp, command);
            column.CountDead(row);
            column.WidenBy(ref _scratch[i], values.IsNull(i));
            slice.Unshare(column);
            column.Write(row, ref _scratch[i], values.IsNull(i));
        }
        if (newKeys != 0)
        {
            versions.At(versions.HeadOf(row)).NewKeys = newKeys;
        }
        slice.EndChange();

        if (IsToCompact(depth, values.Count, isFirstChange))
        {
            CompactChain(slice, row, rowId);
        }
        RewriteStringsIfMostlyDead(slice, values.Columns);
        return default;
    }

    // A transaction's own records cannot go, so while it changes one row on and on, the chain is only looked at when it has doubled.
    private static bool IsToCompact(int depth, int added, bool isFirstChange) =>
        depth >= CompactAtDepth
        && ((isFirstChange && depth % CompactAtDepth < added)
            || System.Numerics.BitOperations.LeadingZeroCount((uint)depth) != System.Numerics.BitOperations.LeadingZeroCount((uint)(depth - added)));

    private int SliceToAppendTo()
    {
        if (_tail >= 0 && _slices[_tail].RowCount < RowSlice.Capacity && !ReferenceEquals(_slices[_tail], _releasedSlice))
        {
            return _tail;
        }
        int index = -1;
        while (index < 0 && _emptySlices.TryPop(out int empty))
        {
            index = _slices[empty].RowCount < RowSlice.Capacity ? empty : -1;   // it may have been filled as the tail
        }
        if (index < 0)
        {
            index = _sliceCount;
            RowSlice slice = NewSlice(_sliceCount == 0 ? FirstCapacity : RowSlice.Capacity);
            RowSlice[] slices = _slices;
            if (index == slices.Length)
            {
                slices = new RowSlice[Math.Max(4, index * 2)];
                Array.Copy(_slices, slices, index);
            }
            slices[index] = slice;
            Volatile.Write(ref _slices, slices);
            Volatile.Write(ref _sliceCount, index + 1);
        }
        _tail = index;
        return index;
    }

    // A small table starts small; later slices are as large as they get.
    private RowSlice NewSlice(int capacity)
    {
        long size = ColumnNumbers.Sum(number => ColumnSlice.SizeOf(capacity, RawValue.WidthOf(_types[number])));
        _account?.Charge(size);
        return NewSliceUncharged(capacity);
    }

    private RowSlice NewSliceUncharged(int capacity)
    {
        var slice = new RowSlice(_types.Length, _owner);
        foreach (int number in ColumnNumbers)
        {
            slice.Columns[number] = new ColumnSlice(_types[number], capacity, _account);
        }
        return slice;
    }

    // Stays among the spare ones until it is attached, so that an error in between loses nothing.
    private SliceVersions SpareVersions()
    {
        if (_spareVersions.Count == 0)
        {
            _spareVersions.Push(new SliceVersions());
        }
        return _spareVersions.Peek();
    }

    // The sequence is changing.
    private void AttachVersions(RowSlice slice, SliceVersions versions, ulong rows)
    {
        if (slice.Attach(versions, rows))
        {
            _spareVersions.Pop();
            _hot.VersionedSliceCount++;
        }
    }

    private SliceVersions ReserveVersions(RowSlice slice, int recordCount)
    {
        SliceVersions versions = slice.Versions ?? SpareVersions();
        int size = versions.SizeOfReserve(recordCount);
        if (size > 0)
        {
            _account?.Charge(size);
            versions.Reserve(recordCount);
        }
        return versions;
    }

    // The versions object goes back for another slice; a reader that still looks at it finds the sequence changed.
    private void DropVersionsIfEmpty(RowSlice slice)
    {
        if (slice.Versions is not { IsEmpty: true } versions)
        {
            return;
        }
        slice.Versions = null;
        _hot.VersionedSliceCount--;
        if (_spareVersions.Count < (versions.IsSmall ? SmallVersionsKeptMax : VersionsKeptMax) && versions.IsWorthKeeping)
        {
            _spareVersions.Push(versions);
        }
        else
        {
            _account?.Release(versions.ReservedSize);
        }
    }

    // After the entries that the versions account for have gone.
    private void DetachVersionsIfEmpty(RowSlice slice)
    {
        if (slice.Versions is { IsEmpty: true })
        {
            slice.BeginChange(unshares: false);
            DropVersionsIfEmpty(slice);
            slice.EndChange();
        }
    }

    private void RewriteStringsIfMostlyDead(RowSlice slice, int[] columns)
    {
        foreach (int number in columns)
        {
            if (slice.Columns[number]!.IsMostlyDeadStrings)
            {
                RewriteStrings(slice, number);
            }
        }
    }

    private void RewriteStrings(RowSlice slice, int number)
    {
        ColumnSlice column = slice.Columns[number]!;
        slice.BeginChange();
        column.RewriteStrings(slice.RowCount, row => RowSlice.IsSet(slice.Deleted, row) && (slice.Versions?.HeadOf(row) ?? 0) == 0, (heap, oldBlocks) =>
        {
            if (slice.Versions is not { RecordCount: > 0 } versions)
            {
                return;
            }
            for (int row = 0; row < slice.RowCount; row++)
            {
                for (int link = versions.HeadOf(row); link != 0; link = versions.At(link).Older)
                {
                    ref SliceVersions.UndoRecord record = ref versions.At(link);
                    ref StringView view = ref record.OldValue.As<StringView>();
                    if (record.Column == number && !record.WasNull && !view.IsInline)
                    {
                        view = heap.Add(in view, oldBlocks);
                    }
                }
            }
        });
        slice.EndChange();
    }

    // Trees grow first and are charged for afterwards: before the next change.
    private void ChargeIndexes()
    {
        long size = IndexSize();
        if (size > _hot.ChargedIndexSize)
        {
            _account?.Charge(size - _hot.ChargedIndexSize);
        }
        else
        {
            _account?.Release(_hot.ChargedIndexSize - size);
        }
        _hot.ChargedIndexSize = size;
    }

    // After entries have gone, where nothing may fail: what trees have grown by is charged for with the next change.
    private void ReleaseIndexes()
    {
        foreach (TableIndex index in Indexes)
        {
            index.Tree.RewriteIfMostlyDead();
            if (_hot.VersionedSliceCount == 0 && index.Vacated is { IsEmpty: false } vacated)
            {
                vacated.Clear();
            }
        }
        if (IndexSize() < _hot.ChargedIndexSize)
        {
            ChargeIndexes();
        }
    }

    private long IndexSize()
    {
        long size = 0;
        foreach (TableIndex index in Indexes)
        {
            size += index.Tree.SizeBytes + (index.Vacated?.SizeBytes ?? 0);
        }
        return size;
    }

    private static void AddRange(List<RowRange> ranges, long firstRowId, int count)
    {
        if (ranges.Count > 0 && ranges[^1] is var last && last.FirstRowId + last.Count == firstRowId)
        {
            ranges[^1] = last with { Count = last.Count + count };
            return;
        }
        ranges.Add(new RowRange(firstRowId, count));
    }
}
