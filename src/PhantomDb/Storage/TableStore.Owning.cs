using PhantomDb.Errors;
using PhantomDb.Storage.Indexes;

namespace PhantomDb.Storage;

/// <summary>
/// Whose a row is. A row that was changed belongs to the stamp of its newest version until that transaction ends; others may
/// hold row locks beside that. Both are looked at under the latch, and nobody waits here: who must give way is told to the
/// caller, who waits without the latch and asks again.
/// </summary>
internal sealed partial class TableStore
{
    private readonly RowLocks _rowLocks;
    private readonly bool[] _isKeyColumn;      // by storage number: in a unique index

    /// <summary>
    /// Locks a row that is as the writer knows it. The lock is held until <see cref="Unlock"/>; <paramref name="isNew"/> is
    /// false where the transaction had it already.
    /// </summary>
    public WriteOutcome Lock(long rowId, RowLockMode mode, in RowWriter writer, out bool isNew, out Blocker blocker)
    {
        lock (_latch)
        {
            WriteOutcome outcome = Examine(rowId, writer, mode, out _, out blocker);
            isNew = outcome == WriteOutcome.Done && _rowLocks.TryAdd(rowId, mode, writer.Stamp);
            return outcome;
        }
    }

    /// <summary>True where the transaction has a lock of the row, of whatever strength.</summary>
    public bool IsLockedBy(long rowId, TransactionStamp stamp)
    {
        lock (_latch)
        {
            return _rowLocks.IsHeldBy(rowId, stamp);
        }
    }

    /// <summary>True where the holder's lock or changes of the row keep this strength out.</summary>
    public bool IsBlockedBy(long rowId, RowLockMode mode, TransactionStamp holder)
    {
        lock (_latch)
        {
            return _rowLocks.Blocks(rowId, mode, holder)
                || (ReferenceEquals(OwnerOf(rowId), holder) && RowLocks.Conflict(mode, StrengthOf(_slices[SliceOf(rowId)], OffsetOf(rowId), holder)));
        }
    }

    /// <summary>All who keep a transaction from taking a row in this strength, announced to as awaited: none where it may be looked at again.</summary>
    public void FindBlockers(long rowId, RowLockMode mode, TransactionStamp stamp, List<Blocker> blockers)
    {
        lock (_latch)
        {
            if (OwnerOf(rowId) is { } owner && !ReferenceEquals(owner, stamp) && !owner.IsCommitted
                && RowLocks.Conflict(mode, StrengthOf(_slices[SliceOf(rowId)], OffsetOf(rowId), owner)))
            {
                blockers.Add(owner.Await());
            }
            _rowLocks.FindBlockers(rowId, mode, stamp, blockers);
        }
    }

    private TransactionStamp? OwnerOf(long rowId) =>
        SliceOf(rowId) is int index && (ulong)index < (uint)_sliceCount && _slices[index].Versions is { } versions ? versions.NewestStampOf(OffsetOf(rowId)) : null;

    public void Unlock(long rowId, RowLockMode mode, TransactionStamp stamp)
    {
        lock (_latch)
        {
            _rowLocks.Remove(rowId, mode, stamp);
        }
    }

    /// <summary>
    /// The row that a unique index would not let in beside these values: false where there is none, or where there is a blocker,
    /// whose end decides.
    /// </summary>
    public bool TryFindConflict(TableIndex index, RowBuffer row, TransactionStamp stamp, out long rowId, out Blocker blocker)
    {
        lock (_latch)
        {
            rowId = -1;
            blocker = default;
            if (!index.Contains(null, 0, row))
            {
                return false;
            }
            index.Encode(index.Writer, null, 0, row);
            return index.MustBeUnique(index.Writer) && TryFindLatest(index, index.Writer, -1, stamp, out rowId, out blocker) && blocker.IsNone;
        }
    }

    /// <summary>
    /// Looks again whether a row's key of a unique index is its own, in the newest state: throws 23505 where another row has it.
    /// A row that the transaction has not changed, or that is gone, is no matter of its. A blocker's end decides, where there is one.
    /// </summary>
    public void TestKey(TableIndex index, long rowId, TransactionStamp stamp, out Blocker blocker)
    {
        lock (_latch)
        {
            blocker = default;
            RowSlice slice = _slices[SliceOf(rowId)];
            int row = OffsetOf(rowId);
            if (!slice.IsLive(row) || slice.Versions is not { } versions || !ReferenceEquals(versions.NewestStampOf(row), stamp))
            {
                return;
            }
            index.Encode(index.Writer, slice, row, null);
            if (index.MustBeUnique(index.Writer) && TryFindLatest(index, index.Writer, rowId, stamp, out long other, out blocker) && blocker.IsNone)
            {
                throw Error.UniqueViolation(Definition.Schema, Definition.Name, index.Definition.Name, other);
            }
        }
    }

    /// <summary>
    /// Locks the row that has a key of a unique index in the latest state, so that it stays and keeps the key. Gone where no
    /// row has it.
    /// </summary>
    public WriteOutcome LockKey(TableIndex index, ReadOnlySpan<byte> key, TransactionStamp stamp, out long rowId, out bool isNew, out Blocker blocker)
    {
        lock (_latch)
        {
            isNew = false;
            blocker = default;
            rowId = -1;
            var batch = new Span<long>(ref rowId);
            VacatedRun? vacated = index.Vacated?.Find(key);
            while (index.Tree.Find(key, batch, rowId) != 0)
            {
                EntrySteps++;
                if (vacated?.Covers(rowId) == true)
                {
                    rowId = vacated.LastRowId;
                    continue;
                }
                if (!MayHaveKey(index, key, rowId, stamp, out blocker))
                {
                    continue;
                }
                RowSlice slice = _slices[SliceOf(rowId)];
                if (!blocker.IsNone && (!slice.IsLive(OffsetOf(rowId)) || StrengthOf(slice, OffsetOf(rowId), blocker.Stamp!) == RowLockMode.Update))
                {
                    return WriteOutcome.Blocked;
                }
                blocker = _rowLocks.FindBlocker(rowId, RowLockMode.KeyShare, stamp)?.Await() ?? default;
                if (!blocker.IsNone)
                {
                    return WriteOutcome.Blocked;
                }
                isNew = _rowLocks.TryAdd(rowId, RowLockMode.KeyShare, stamp);
                return WriteOutcome.Done;
            }
            return WriteOutcome.Gone;
        }
    }

    /// <summary>Rows that have locks at the moment.</summary>
    public int LockedRowCount
    {
        get
        {
            lock (_latch)
            {
                return _rowLocks.RowCount;
            }
        }
    }

    // Whether the writer may take the row in this strength. A row that it does not see as the newest is not its to take.
    private WriteOutcome Examine(long rowId, in RowWriter writer, RowLockMode mode, out RowSlice slice, out Blocker blocker)
    {
        int index = SliceOf(rowId);
        int row = OffsetOf(rowId);
        blocker = default;
        slice = null!;
        if ((ulong)index >= (uint)_sliceCount)
        {
            return WriteOutcome.Gone;
        }
        slice = _slices[index];
        bool isChanged = false;
        if (slice.Versions is { } versions && versions.NewestStampOf(row) is { } newest && !ReferenceEquals(newest, writer.Stamp))
        {
            long changedAt = newest.Value;
            if (changedAt == TransactionStamp.Uncommitted)
            {
                if (RowLocks.Conflict(mode, StrengthOf(slice, row, newest)))
                {
                    blocker = newest.Await();
                    return WriteOutcome.Blocked;
                }
            }
            else
            {
                isChanged = changedAt > writer.Timestamp;
            }
        }
        if (!slice.IsLive(row))
        {
            return WriteOutcome.Gone;
        }
        if (!_rowLocks.IsEmpty && _rowLocks.FindBlocker(rowId, mode, writer.Stamp) is { } holder)
        {
            blocker = holder.Await();
            return WriteOutcome.Blocked;
        }
        return isChanged ? WriteOutcome.Changed : WriteOutcome.Done;
    }

    // What a running transaction's changes of a row amount to, as a lock.
    private RowLockMode StrengthOf(RowSlice slice, int row, TransactionStamp owner)
    {
        SliceVersions versions = slice.Versions!;
        int link = versions.HeadOf(row);
        for (; link != 0 && ReferenceEquals(versions.At(link).Stamp, owner); link = versions.At(link).Older)
        {
            short column = versions.At(link).Column;
            if (column == SliceVersions.UndoRecord.Presence || (column >= 0 && _isKeyColumn[column]))
            {
                return RowLockMode.Update;
            }
        }
        return link == 0 && ReferenceEquals(versions.InsertStampOf(row), owner) ? RowLockMode.Update : RowLockMode.NoKeyUpdate;
    }

    /// <summary>What a change of these columns amounts to, as a lock.</summary>
    public RowLockMode ModeOf(RowBuffer values)
    {
        foreach (int number in values.Columns)
        {
            if (_isKeyColumn[number])
            {
                return RowLockMode.Update;
            }
        }
        return RowLockMode.NoKeyUpdate;
    }

    private bool MayHaveKey(TableIndex index, KeyWriter key, long rowId, TransactionStamp stamp, out Blocker blocker) =>
        MayHaveKey(index, key.Key, rowId, stamp, out blocker);

    /// <summary>
    /// True where the row has the key in the newest state, and where it has it in that or in the committed one while another
    /// transaction owns it: who that is, is the blocker.
    /// </summary>
    private bool MayHaveKey(TableIndex index, ReadOnlySpan<byte> key, long rowId, TransactionStamp stamp, out Blocker blocker)
    {
        blocker = default;
        RowSlice slice = _slices[SliceOf(rowId)];
        int row = OffsetOf(rowId);
        if (slice.Versions is not { } versions)
        {
            return slice.IsLive(row);   // without older versions the row has no other entry
        }
        int head = versions.HeadOf(row);
        bool hasKey = slice.IsLive(row) && (head == 0 || IsNewestKey(index, slice, row, key));
        TransactionStamp? newest = versions.NewestStampOf(row);
        if (newest is null || newest.IsCommitted || ReferenceEquals(newest, stamp))
        {
            return hasKey;
        }
        if (hasKey || (head != 0 && HadKeyBefore(index, slice, row, newest, key)))
        {
            blocker = newest.Await();
            return true;
        }
        return false;
    }

    private static bool IsNewestKey(TableIndex index, RowSlice slice, int row, ReadOnlySpan<byte> key)
    {
        if (!index.Contains(slice, row, null))
        {
            return false;
        }
        index.Encode(index.OtherWriter, slice, row, null);
        return index.OtherWriter.Key.SequenceEqual(key);
    }

    // Whether the row was there with the key before its owner changed it: it will be again if the owner rolls back.
    private static bool HadKeyBefore(TableIndex index, RowSlice slice, int row, TransactionStamp owner, ReadOnlySpan<byte> key)
    {
        SliceVersions versions = slice.Versions!;
        if (ReferenceEquals(versions.InsertStampOf(row), owner))
        {
            return false;
        }
        var values = new RowBuffer(index.EntryColumns);
        for (int i = 0; i < values.Count; i++)
        {
            ColumnSlice column = slice.Columns[values.Columns[i]]!;
            column.TryRead(row, out RawValue value, out bool isNull);
            values.SetRaw(i, value, isNull, column.Blocks);
        }
        bool isThere = !RowSlice.IsSet(slice.Deleted, row);
        for (int link = versions.HeadOf(row); link != 0 && ReferenceEquals(versions.At(link).Stamp, owner); link = versions.At(link).Older)
        {
            ref SliceVersions.UndoRecord record = ref versions.At(link);
            isThere |= record.Column == SliceVersions.UndoRecord.Presence;
            for (int i = 0; i < values.Count; i++)
            {
                if (values.Columns[i] == record.Column)
                {
                    values.SetRaw(i, record.OldValue, record.WasNull, null);
                }
            }
        }
        index.Encode(index.OtherWriter, values, 0);
        return isThere && index.Contains(values, 0) && index.OtherWriter.Key.SequenceEqual(key);
    }
}
