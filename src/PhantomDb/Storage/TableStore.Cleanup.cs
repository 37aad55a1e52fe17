using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Taking back and cleaning up: what a transaction undoes, and what nobody needs any more. Versions go as soon as no
/// reader is older than they are; a row's chain is also thinned between the timestamps that are read at (Böttcher et al.,
/// "Scalable Garbage Collection for In-Memory MVCC Systems", VLDB 2019), so that a hot row stays bounded beside an old reader.
/// </summary>
internal sealed partial class TableStore
{
    private const int CommitsBetweenVisits = 4096;   // at least, beside readers that stay: to see what nobody needs between them
    private const int RowsLookedAtMax = RowSlice.Capacity;

    private readonly Queue<(int Slice, long Horizon, long Visible)> _cleanupQueue = new();
    private readonly List<long> _activeTimestamps = [];
    private readonly List<int> _unneeded = [];   // records that a compaction takes out, in the order of the chain

    /// <summary>Records that compactions have looked at. For tests of how their cost grows.</summary>
    internal long CompactionSteps { get; private set; }

    /// <summary>Rows and ranges of inserts that <see cref="CleanUp"/> has looked at. For tests of how their cost grows.</summary>
    internal long CleanupSteps { get; private set; }

    /// <summary>True while versions wait for readers to end.</summary>
    public bool NeedsCleanup => Volatile.Read(ref _hot.NeedsCleanup);

    /// <summary>Undoes the newest <paramref name="recordCount"/> column changes of a row.</summary>
    public void UndoUpdate(long rowId, int recordCount)
    {
        lock (_latch)
        {
            RowSlice slice = _slices[SliceOf(rowId)];
            int row = OffsetOf(rowId);
            SliceVersions versions = slice.Versions!;
            int head = versions.HeadOf(row);
            byte newKeys = versions.At(head).NewKeys;
            bool isIndexed = NoteNewestKeys(slice, row, head, recordCount);
            slice.BeginChange();
            for (int i = 0; i < recordCount; i++)
            {
                int link = versions.HeadOf(row);
                ref SliceVersions.UndoRecord record = ref versions.At(link);
                ColumnSlice column = slice.Columns[record.Column]!;
                slice.Unshare(column);
                column.CountDead(row);
                column.Write(row, ref record.OldValue, record.WasNull);
                versions.Unlink(row, 0, link);
            }
            slice.EndChange();
            if (isIndexed)
            {
                RemoveNotedKeys(slice, row, rowId, newKeys);
            }
            CutVacated(slice, row, rowId);
            DetachVersionsIfEmpty(slice);   // not before the entry of the value undone has gone: keys are read alone
        }
    }

    /// <summary>Undoes the delete of a row.</summary>
    public void UndoDelete(long rowId)
    {
        lock (_latch)
        {
            RowSlice slice = _slices[SliceOf(rowId)];
            int row = OffsetOf(rowId);
            slice.BeginChange();
            slice.Deleted![row >> 6] &= ~(1UL << (row & 63));
            slice.Versions!.Unlink(row, 0, slice.Versions.HeadOf(row));
            DropVersionsIfEmpty(slice);
            slice.EndChange();
            CutVacated(slice, row, rowId);
            Volatile.Write(ref _hot.RowCount, _hot.RowCount + 1);
        }
    }

    /// <summary>Undoes the insert of rows, whose later changes have been undone already.</summary>
    public void UndoInsert(long firstRowId, int count)
    {
        lock (_latch)
        {
            for (long rowId = firstRowId; rowId < firstRowId + count;)
            {
                int index = SliceOf(rowId);
                RowSlice slice = _slices[index];
                int first = OffsetOf(rowId);
                int rows = (int)Math.Min(RowSlice.Capacity - first, firstRowId + count - rowId);
                for (int row = first; row < first + rows; row++)
                {
                    RemoveEntries(slice, row, RowIdOf(index, row));
                    CountDeadStrings(slice, row);
                }
                slice.Deleted ??= new ulong[ValidityMask.WordCount];
                slice.BeginChange();
                for (int row = first; row < first + rows; row++)
                {
                    slice.Deleted[row >> 6] |= 1UL << (row & 63);
                }
                slice.Versions!.RemoveInserts(first, rows);
                slice.CountFree(first, rows);
                DropVersionsIfEmpty(slice);
                slice.EndChange();
                Volatile.Write(ref _hot.RowCount, _hot.RowCount - rows);
                OfferFreeRows(index, slice);
                rowId += rows;
            }
            ReleaseIndexes();
        }
    }

    /// <summary>
    /// Drops the versions that a transaction's changes of these rows made. It has committed, and nobody reads at a
    /// timestamp below the horizon.
    /// </summary>
    public void PruneCommitted(long firstRowId, int count, bool isInsert, long horizon)
    {
        lock (_latch)
        {
            for (long rowId = firstRowId; rowId < firstRowId + count;)
            {
                int index = SliceOf(rowId);
                RowSlice slice = _slices[index];
                int first = OffsetOf(rowId);
                int rows = (int)Math.Min(RowSlice.Capacity - first, firstRowId + count - rowId);
                if (slice.Versions is { } versions)
                {
                    slice.BeginChange();
                    if (isInsert)
                    {
                        versions.RemoveInsertsUpTo(horizon);
                    }
                    else
                    {
                        for (int row = first; row < first + rows && versions.RecordCount > 0; row++)
                        {
                            PruneRow(index, slice, row, horizon, isBetween: false);
                        }
                    }
                    DropVersionsIfEmpty(slice);
                    slice.EndChange();
                    OfferFreeRows(index, slice);
                }
                rowId += rows;
            }
            ReleaseIndexes();
        }
    }

    /// <summary>
    /// Leaves the versions that were made of these rows to <see cref="CleanUp"/>: a reader at the horizon needs them for long. Rows that came
    /// and went while nobody looked go at once, so that their places are used again.
    /// </summary>
    public void PruneLater(long firstRowId, int count, bool isDelete, long horizon)
    {
        lock (_latch)
        {
            if (isDelete && count <= RowsLookedAtMax)
            {
                _timestamps.CollectActive(_activeTimestamps);
            }
            for (long rowId = firstRowId; rowId < firstRowId + count;)
            {
                int index = SliceOf(rowId);
                RowSlice slice = _slices[index];
                int first = OffsetOf(rowId);
                int rows = (int)Math.Min(RowSlice.Capacity - first, firstRowId + count - rowId);
                if (isDelete && count <= RowsLookedAtMax && slice.Versions is { RecordCount: > 0 } versions)
                {
                    slice.BeginChange();
                    for (int row = first; row < first + rows && versions.RecordCount > 0; row++)
                    {
                        PruneRow(index, slice, row, horizon: -1, isBetween: true);
                    }
                    DropVersionsIfEmpty(slice);
                    slice.EndChange();
                    OfferFreeRows(index, slice);
                    slice = _slices[index];
                }
                QueueForCleanup(index, slice, horizon, visible: -1);   // all of the slice's versions that are older are in the queue already, or wait elsewhere
                rowId += rows;
            }
            ReleaseIndexes();
        }
    }

    /// <summary>
    /// True where <see cref="CleanUp"/> will look at the slice of these rows anyway. To be asked without the latch by who has changed them and has committed
    /// since: a visit that takes the mark back meets the changes, whether it began before this or not.
    /// </summary>
    public bool WaitsForCleanup(long firstRowId, int count)
    {
        RowSlice slice = Volatile.Read(ref _slices)[SliceOf(firstRowId)];
        return OffsetOf(firstRowId) + count <= RowSlice.Capacity && slice.Owner == _owner && slice.IsInCleanupQueue;
    }

    /// <summary>
    /// Looks at up to this many slices whose versions were left to later, if the horizon has moved since they were last looked
    /// at, or there have been many commits; true while some are left.
    /// </summary>
    public bool CleanUp(long horizon, int sliceCountMax)
    {
        lock (_latch)
        {
            long visible = _timestamps.Visible;
            bool isCollected = false;
            for (int i = Math.Min(sliceCountMax, _cleanupQueue.Count); i > 0; i--)
            {
                (int index, long seenHorizon, long seenVisible) = _cleanupQueue.Peek();
                if (seenHorizon == horizon && visible - seenVisible < Math.Max(CommitsBetweenVisits, _cleanupQueue.Count * 16L))
                {
                    break;
                }
                _cleanupQueue.Dequeue();
                if (!isCollected)
                {
                    _timestamps.CollectActive(_activeTimestamps);
                    isCollected = true;
                }
                RowSlice slice = _slices[index];
                if (slice.Owner == _owner)
                {
                    slice.IsInCleanupQueue = false;
                }
                if (slice.Versions is not { } versions)
                {
                    continue;
                }
                if (seenHorizon == horizon && !versions.MayHaveUnseenRows)
                {
                    QueueForCleanup(index, slice, horizon, visible);   // what has come since is newer than the horizon
                    continue;
                }
                slice.BeginChange();
                CleanupSteps += versions.InsertCount;
                versions.RemoveInsertsUpTo(horizon);
                for (int position = -1; versions.TryNextRow(ref position, out int row);)
                {
                    CleanupSteps++;
                    PruneRow(index, slice, row, horizon, isBetween: true);
                }
                DropVersionsIfEmpty(slice);
                slice.EndChange();
                OfferFreeRows(index, slice);
                if (slice.Versions is not null)
                {
                    QueueForCleanup(index, slice, horizon, visible);
                }
            }
            ReleaseIndexes();
            Volatile.Write(ref _hot.NeedsCleanup, _cleanupQueue.Count > 0);
            return _cleanupQueue.Count > 0;
        }
    }

    private void QueueForCleanup(int index, RowSlice slice, long horizon, long visible)
    {
        if (!slice.IsInCleanupQueue && slice.Versions is not null)
        {
            slice.IsInCleanupQueue = true;
            _cleanupQueue.Enqueue((index, horizon, visible));
            Volatile.Write(ref _hot.NeedsCleanup, true);
        }
    }

    // Drops the tail of a row's chain that nobody from the horizon on undoes; if asked for, also a row that came and went
    // between two of the active timestamps, which are then collected. The sequence is changing.
    private void PruneRow(int index, RowSlice slice, int row, long horizon, bool isBetween)
    {
        SliceVersions versions = slice.Versions!;
        int newer = 0;
        int link = versions.HeadOf(row);
        bool isUnseen = isBetween && link != 0 && IsUnseen(slice, row);
        while (!isUnseen && link != 0 && versions.At(link).Stamp!.Value > horizon)
        {
            newer = link;
            link = versions.At(link).Older;
        }
        if (link == 0)
        {
            return;
        }
        bool isIndexed = false;
        for (int dropped = link; dropped != 0; dropped = versions.At(dropped).Older)
        {
            short column = versions.At(dropped).Column;
            isIndexed |= column >= 0 && _isIndexed[column];
        }
        bool isGone = newer == 0 && RowSlice.IsSet(slice.Deleted, row);
        long rowId = RowIdOf(index, row);
        if (isIndexed && newer != 0)
        {
            RemoveEntriesFrom(slice, row, rowId, link);
            DropFrom(versions, row, newer, link);
            versions.AskOlder(row);
        }
        else
        {
            foreach (TableIndex keyed in isIndexed ? Indexes : [])
            {
                RemoveOldEntries(keyed, slice, row, rowId);
            }
            DropFrom(versions, row, newer, link);
            if (isGone)
            {
                RemoveEntries(slice, row, rowId);
            }
        }
        if (isGone)
        {
            versions.RemoveInserts(row, 1);   // older than the delete, so nobody's either
            CountDeadStrings(slice, row);
            slice.CountFree(row, 1);
        }
    }

    // True where a row is gone for good and nobody reads at a timestamp between its insert and its delete.
    private bool IsUnseen(RowSlice slice, int row)
    {
        SliceVersions versions = slice.Versions!;
        TransactionStamp deleted = versions.At(versions.HeadOf(row)).Stamp!;
        return RowSlice.IsSet(slice.Deleted, row) && deleted.IsCommitted
            && versions.InsertStampOf(row) is { IsCommitted: true } inserted && !IsReadBetween(inserted.Value, deleted.Value);
    }

    private static void DropFrom(SliceVersions versions, int row, int newer, int link)
    {
        while (link != 0)
        {
            int older = versions.At(link).Older;
            versions.Unlink(row, newer, link);
            link = older;
        }
    }

    /// <summary>
    /// Thins a long chain: a committed record goes where the next older one of the same column serves the same readers,
    /// because nobody reads at a timestamp between their two commits.
    /// </summary>
    private void CompactChain(RowSlice slice, int row, long rowId)
    {
        SliceVersions versions = slice.Versions!;
        _timestamps.CollectActive(_activeTimestamps);
        _unneeded.Clear();
        for (int link = versions.HeadOf(row); link != 0; link = versions.At(link).Older)
        {
            CompactionSteps++;
            if (IsUnneeded(versions, versions.At(link)))
            {
                _unneeded.Add(link);
            }
        }
        if (_unneeded.Count == 0)
        {
            return;   // as where one transaction changes its row again and again: its keys need not be compared
        }
        RemoveEntriesOfUnneeded(slice, row, rowId);
        slice.BeginChange();
        int newer = 0;
        int next = 0;
        for (int link = versions.HeadOf(row); next < _unneeded.Count;)
        {
            int older = versions.At(link).Older;
            if (link == _unneeded[next])
            {
                versions.Unlink(row, newer, link);
                next++;
            }
            else
            {
                newer = link;
            }
            link = older;
        }
        versions.CountDepths(row);
        versions.AskOlder(row);
        slice.EndChange();
    }

    // Beside a reader that stays, a slice that is filled row by row would remember each insert by itself.
    private void MergeInserts(RowSlice slice)
    {
        if (slice.Versions is { IsFullOfInserts: true } versions)
        {
            long visible = _timestamps.Visible;   // first: who begins to read between two later commits is in no list
            _timestamps.CollectActive(_activeTimestamps);
            slice.BeginChange(unshares: false);
            versions.MergeInserts(visible, _activeTimestamps);
            slice.EndChange();
        }
    }

    private bool IsUnneeded(SliceVersions versions, in SliceVersions.UndoRecord record) =>
        record.Stamp!.IsCommitted && FindOlder(versions, record.Older, record.Column) is var next and not 0
        && !IsReadBetween(versions.At(next).Stamp!.Value, record.Stamp.Value);

    private static int FindOlder(SliceVersions versions, int link, short column)
    {
        while (link != 0 && versions.At(link).Column != column)
        {
            link = versions.At(link).Older;
        }
        return link;
    }

    // A reader at t undoes the newer record and keeps the older one's state when older <= t < newer.
    private bool IsReadBetween(long older, long newer) => ReadTimestamps.IsReadBetween(_activeTimestamps, older, newer);

    private static void CountDeadStrings(RowSlice slice, int row)
    {
        foreach (ColumnSlice? column in slice.Columns)
        {
            column?.CountDead(row);
        }
    }

    // Lets inserts use rows again; a slice without any row that anyone sees is replaced by a fresh one. Where the order of
    // the rows is that of the inserts, no place is used twice: the memory of such a slice goes, and its row ids stay unused.
    private void OfferFreeRows(int index, RowSlice slice)
    {
        if (_keepsInsertionOrder)
        {
            if (IsSpent(index, slice, _sliceCount))
            {
                _account?.Release(slice.Columns.Sum(column => column?.Size ?? 0));
                Volatile.Write(ref _slices[index], ReleasedSlice());
                SkipReleasedSlices();
                return;
            }
        }
        if (slice.FreeCount == RowSlice.Capacity && slice.Versions is null)
        {
            long size = slice.Columns.Sum(column => column?.Size ?? 0);
            if (_sliceCount > 1 && !_keepsInsertionOrder)
            {
                RowSlice fresh = NewSliceUncharged(FirstCapacity);
                _account?.Release(size);
                _account?.ChargeUnchecked(fresh.Columns.Sum(column => column?.Size ?? 0));
                Volatile.Write(ref _slices[index], fresh);
                _emptySlices.Push(index);
                return;
            }
        }
        if (slice.FreeCount > 0)
        {
            RewriteStringsIfMostlyDead(slice, ColumnNumbers);   // cannot fail
        }
        if (slice.FreeCount > 0 && !slice.IsInFreeList && !_keepsInsertionOrder)
        {
            slice.IsInFreeList = true;
            _slicesWithFreeRows.Push(index);
        }
    }

    // True where no row of the slice is anyone's, and none will be added.
    private static bool IsSpent(int index, RowSlice slice, int sliceCount) =>
        slice.Versions is null && slice.FreeCount == slice.RowCount && (slice.RowCount == RowSlice.Capacity || index < sliceCount - 1);

    // Stands for every slice whose memory was released: it has no rows, and no room for any. The writer never changes it.
    private RowSlice ReleasedSlice()
    {
        if (_releasedSlice is null)
        {
            var slice = new RowSlice(_types.Length, _owner);
            foreach (int number in ColumnNumbers)
            {
                slice.Columns[number] = new ColumnSlice(_types[number], 0, null);
            }
            _releasedSlice = slice;
        }
        return _releasedSlice;
    }

    // A table that rows come into at one end and leave at the other is scanned from the first slice that has some.
    private void SkipReleasedSlices()
    {
        int first = _firstSlice;
        while (first < _sliceCount && ReferenceEquals(_slices[first], _releasedSlice))
        {
            first++;
        }
        Volatile.Write(ref _firstSlice, first);
    }

    private bool TryTakeFreeSlot(out int index, out int offset)
    {
        while (_slicesWithFreeRows.TryPeek(out index))
        {
            RowSlice slice = OwnedSlice(index);
            if (slice.FreeCount > 0 && TryFindFreeRow(slice, out offset))
            {
                return true;
            }
            slice.IsInFreeList = false;
            _slicesWithFreeRows.Pop();
        }
        offset = 0;
        return false;
    }

    private static bool TryFindFreeRow(RowSlice slice, out int offset)
    {
        if (slice.Deleted is { } deleted)
        {
            for (int word = slice.FirstFreeWord; word < deleted.Length; word++)
            {
                slice.FirstFreeWord = word;
                for (ulong rest = deleted[word]; rest != 0; rest &= rest - 1)
                {
                    offset = (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(rest);
                    if (slice.Versions is null || slice.Versions.HeadOf(offset) == 0)
                    {
                        return true;
                    }
                }
            }
        }
        offset = 0;
        return false;
    }
}
