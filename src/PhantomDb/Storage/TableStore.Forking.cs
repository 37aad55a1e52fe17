using System.Runtime.CompilerServices;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Forking: a second table for another database, with timestamps of its own, that shares slices and index nodes. Either side
/// copies a slice when it first writes to it; a slice that is shared is never changed, so readers notice nothing. Slices with
/// versions are not shared: the fork gets copies (of whose arrays the full ones are shared), from which it takes the versions.
/// </summary>
internal sealed partial class TableStore
{
    private TableStore(TableStore source, ReadTimestamps timestamps, MemoryAccount? account)
    {
        Definition = source.Definition;
        _timestamps = timestamps;
        _account = account is null ? null : new MemoryAccount("table", long.MaxValue, account);
        _rowLocks = new RowLocks(_account);
        ColumnNumbers = source.ColumnNumbers;
        _keepsInsertionOrder = source._keepsInsertionOrder;
        _types = source._types;
        _isIndexed = source._isIndexed;
        _isKeyColumn = source._isKeyColumn;
        _scratch = new RawValue[ColumnNumbers.Length];
        Indexes = source.Indexes.Length == 0 ? [] : new TableIndex[source.Indexes.Length];
        _isKeyNoted = new bool[Indexes.Length];
        for (int i = 0; i < Indexes.Length; i++)
        {
            Indexes[i] = source.Indexes[i].Fork();
        }
    }

    /// <summary>
    /// The first half of a fork, while no transaction commits: the newest state, with what running transactions have done.
    /// Nobody uses the fork before <see cref="FinishFork"/>. What is shared is charged to both sides.
    /// </summary>
    public TableStore Fork(ReadTimestamps timestamps, MemoryAccount? account)
    {
        lock (_latch)
        {
            var fork = new TableStore(this, timestamps, account);
            _owner = OwnerMark.Next();
            fork._slices = _slices.AsSpan(0, _sliceCount).ToArray();
            fork._sliceCount = _sliceCount;
            fork._firstSlice = _firstSlice;
            fork._releasedSlice = _releasedSlice;
            fork._tail = _tail;
            fork._hot.RowCount = _hot.RowCount;
            fork._statistics = _statistics;
            fork._hot.ChargedIndexSize = _hot.ChargedIndexSize;
            PushAll(_slicesWithFreeRows, fork._slicesWithFreeRows);
            PushAll(_emptySlices, fork._emptySlices);
            long charge = _account?.Used ?? 0;
            foreach (SliceVersions spare in _spareVersions)
            {
                charge -= spare.ReservedSize;
            }
            charge -= fork.TakeVersionedSlices(this);
            fork._account?.ChargeUnchecked(charge);
            return fork;
        }
    }

    /// <summary>The second half, without any lock: undoes what running transactions had done, and drops all versions.</summary>
    public void FinishFork()
    {
        lock (_latch)
        {
            foreach ((int index, long _, long _) in _cleanupQueue.ToArray())
            {
                UndoRunning(index);
            }
            CleanUp(_timestamps.Visible, int.MaxValue);
        }
    }

    // Gives the bytes of the versions that the fork need not take along.
    private long TakeVersionedSlices(TableStore source)
    {
        long dropped = 0;
        int left = source._hot.VersionedSliceCount;
        for (int i = _sliceCount - 1; left > 0 && i >= 0; i--)
        {
            RowSlice from = _slices[i];
            if (from.Versions is not { } versions)
            {
                continue;
            }
            left--;
            from.Owner = source._owner;   // stays the source's, as its versions do
            RowSlice slice = from.Fork(_owner, _account);
            _slices[i] = slice;
            if (versions.HasOnlyCommittedInserts)
            {
                dropped += versions.ReservedSize;
                continue;
            }
            slice.Versions = versions.CloneForFork();
            _hot.VersionedSliceCount++;
            QueueForCleanup(i, slice, horizon: -1, visible: -1);
        }
        return dropped;
    }

    // Changes of rows first, the newest first, then inserts.
    private void UndoRunning(int index)
    {
        RowSlice slice = _slices[index];
        for (int row = 0; row < slice.RowCount && slice.Versions is { RecordCount: > 0 }; row++)
        {
            while (slice.Versions?.HeadOf(row) is > 0 and int link && !slice.Versions.At(link).Stamp!.IsCommitted)
            {
                if (slice.Versions.At(link).Column == SliceVersions.UndoRecord.Presence)
                {
                    UndoDelete(RowIdOf(index, row));
                }
                else
                {
                    UndoUpdate(RowIdOf(index, row), 1);
                }
            }
        }
        foreach (SliceVersions.InsertRange range in slice.Versions is { } versions ? versions.Inserts.ToArray() : [])
        {
            if (!range.Stamp!.IsCommitted)
            {
                UndoInsert(RowIdOf(index, range.First), range.Count);
            }
        }
    }

    /// <summary>The slice to write to. Under the latch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RowSlice OwnedSlice(int index)
    {
        RowSlice slice = _slices[index];
        return slice.Owner == _owner ? slice : TakeOver(index, slice);
    }

    // Readers that have the shared one go on with it: it has no versions, so its rows are everyone's who read them by then.
    private RowSlice TakeOver(int index, RowSlice shared)
    {
        RowSlice copy = shared.Fork(_owner, _account);
        Volatile.Write(ref _slices[index], copy);
        return copy;
    }

    private static void PushAll(Stack<int> from, Stack<int> to)
    {
        if (from.Count > 0)
        {
            int[] items = from.ToArray();   // the top first
            for (int i = items.Length - 1; i >= 0; i--)
            {
                to.Push(items[i]);
            }
        }
    }
}
