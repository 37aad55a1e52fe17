using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Altering: a table under another definition is another store, which shares all unchanged arrays and index nodes with this
/// one, copy on write. So readers go on with this one, and a rollback drops the other.
/// </summary>
internal sealed partial class TableStore
{
    private long _sharedSize;   // bytes of columns, versions and indexes that the store this one was made from is charged for

    /// <summary>
    /// The same rows under a definition with other columns or indexes. Columns that this table does not have get the
    /// buffer's values, NULL where it has none. Indexes that are new are built; 23505 where a unique one cannot be.
    /// Nobody may write to this table from now on, unless the other is dropped.
    /// </summary>
    /// <param name="definition">The new definition.</param>
    /// <param name="addedValues">Values that columns get in all rows.</param>
    /// <param name="computed">Computes columns and index expressions that this table does not have, or has with other values.</param>
    /// <param name="maker">The transaction that alters; null where nobody reads yet.</param>
    /// <param name="throwIfStopped">Asked now and then while columns and indexes are built.</param>
    public TableStore Altered(TableDefinition definition, RowBuffer? addedValues = null, IColumnSource? computed = null, TransactionStamp? maker = null, Action? throwIfStopped = null)
    {
        lock (_latch)
        {
            var altered = new TableStore(definition, _timestamps, null) { _account = _account?.Sibling() };
            try
            {
                altered.TakeSlices(this, addedValues, [.. computed?.Numbers ?? [], .. addedValues?.Columns ?? []]);
                altered._unreadable = StillUnreadable();
                if (computed is not null)
                {
                    altered.Compute(computed, this, throwIfStopped);
                }
                altered.NoteOldNulls(Definition);
                long indexSize = 0;
                for (int i = 0; i < altered.Indexes.Length; i++)
                {
                    TableIndex index = altered.Indexes[i];
                    TableIndex? same = FindIndex(index.Definition.Oid);
                    if (same is not null && same.HasSameKeys(index))
                    {
                        altered.Indexes[i] = index.Fork(same);
                        altered._sharedSize += altered.Indexes[i].Tree.SizeBytes;
                    }
                    else
                    {
                        altered.BuildIndex(index, maker, throwIfStopped);
                        altered._account?.Charge(index.Tree.SizeBytes);
                    }
                    indexSize += altered.Indexes[i].Tree.SizeBytes;
                }
                altered._hot.ChargedIndexSize = indexSize;
                return altered;
            }
            catch
            {
                altered.ReleaseMemory();
                throw;
            }
        }
    }

    /// <summary>Gives the memory back to the database: the table is dropped or replaced, though readers may still have it.</summary>
    public void ReleaseMemory() => _account?.Close();

    /// <summary>Takes over the charge for what is shared with the table that this one replaces.</summary>
    internal void ChargeShared()
    {
        _account?.ChargeUnchecked(_sharedSize);
        _sharedSize = 0;
    }

    private void TakeSlices(TableStore source, RowBuffer? addedValues, int[] changed)
    {
        _slices = new RowSlice[source._sliceCount];
        for (int i = 0; i < source._sliceCount; i++)
        {
            RowSlice from = source._slices[i];
            if (ReferenceEquals(from, source._releasedSlice) || (_keepsInsertionOrder && IsSpent(i, from, source._sliceCount)))
            {
                _slices[i] = ReleasedSlice();
                continue;
            }
            var slice = new RowSlice(_types.Length, _owner)
            {
                RowCount = from.RowCount,
                WrittenCount = from.RowCount,
                Deleted = (ulong[]?)from.Deleted?.Clone(),
                Versions = from.Versions?.Clone(),
                FreeCount = from.FreeCount,
            };
            int capacity = 0;
            foreach (int number in ColumnNumbers)
            {
                if (number < from.Columns.Length && from.Columns[number] is { } column && Array.IndexOf(changed, number) < 0)
                {
                    slice.Columns[number] = column.Fork(from.RowCount == RowSlice.Capacity, _account);
                    _sharedSize += column.Size;
                    capacity = column.Capacity;
                }
            }
            slice.Versions?.Forget(changed);
            foreach (int number in ColumnNumbers)
            {
                slice.Columns[number] ??= NewColumn(number, Math.Max(capacity, from.RowCount), from.RowCount, addedValues);
            }
            _slices[i] = slice;
            OfferFreeRows(i, slice);
            if (slice.Versions is not null)
            {
                _hot.VersionedSliceCount++;
                _sharedSize += slice.Versions.ReservedSize;
                QueueForCleanup(i, slice, horizon: -1, visible: -1);
            }
        }
        _sliceCount = source._sliceCount;
        _hot.RowCount = source._hot.RowCount;
        SkipReleasedSlices();
        _tail = _keepsInsertionOrder ? _sliceCount - 1 : source._tail;
        foreach (int empty in source._emptySlices)
        {
            if (!_keepsInsertionOrder)
            {
                _emptySlices.Push(empty);
            }
        }
    }

    private ColumnSlice NewColumn(int number, int capacity, int rowCount, RowBuffer? values)
    {
        _account?.Charge(ColumnSlice.SizeOf(capacity, RawValue.WidthOf(_types[number])));
        var column = new ColumnSlice(_types[number], capacity, _account);
        int index = values is null ? -1 : Array.IndexOf(values.Columns, number);
        bool isNull = index < 0 || values!.IsNull(index);
        RawValue value = isNull ? default : values!.Raw(index);
        if (!isNull && column.Type == PhysicalType.String)
        {
            column.Adopt(ref value, values!.BlocksOf(index));
        }
        for (int row = 0; row < rowCount; row++)
        {
            column.Write(row, ref value, isNull);
        }
        if (rowCount > 0)
        {
            column.WidenBy(ref value, isNull);
        }
        return column;
    }

    // Every version's key gets its entry: who reads at an older timestamp may use the index too.
    private void BuildIndex(TableIndex index, TransactionStamp? maker, Action? throwIfStopped)
    {
        if (index.UInt64Tree is { } tree && IsWithoutVersions())
        {
            BuildSorted(index, tree, throwIfStopped);
            return;
        }
        HashSet<string> sharedKeys = [];
        for (int i = 0; i < _sliceCount; i++)
        {
            throwIfStopped?.Invoke();
            RowSlice slice = _slices[i];
            for (int row = 0; row < slice.RowCount; row++)
            {
                bool hasVersions = slice.Versions is not null && slice.Versions.HeadOf(row) != 0;
                long rowId = RowIdOf(i, row);
                if (slice.IsLive(row) && index.Contains(slice, row, null))
                {
                    index.Encode(index.Writer, slice, row, null);
                    if (index.MustBeUnique(index.Writer) && TryFindLatest(index, index.Writer, rowId, stamp: null, out _, out _))
                    {
                        throw Error.CannotCreateUniqueIndex(Definition.Schema, Definition.Name, index.Definition.Name, rowId);
                    }
                    InsertEntry(index, index.Writer, rowId, sharedKeys);
                }
                if (hasVersions)
                {
                    InsertEntriesOfVersions(index, slice, row, rowId, sharedKeys);
                }
            }
        }
        if (maker is not null && sharedKeys.Count > 0 && WasNotUnique(index, sharedKeys))
        {
            MakeUnreadable(WholeTable, maker);
        }
    }

    // Notes a unique index's key that some version of another row has too.
    private static void InsertEntry(TableIndex index, KeyWriter key, long rowId, HashSet<string> sharedKeys)
    {
        if (index.MustBeUnique(key))
        {
            Span<long> others = stackalloc long[2];
            foreach (long other in others[..index.Tree.Find(key.Key, others)])
            {
                if (other != rowId)
                {
                    sharedKeys.Add(Convert.ToHexString(key.Key));
                }
            }
        }
        index.Tree.Insert(key.Key, rowId);
    }

    // True where some snapshot sees two rows with one of the keys: nobody else can commit a change of this table until it is in place.
    private bool WasNotUnique(TableIndex index, HashSet<string> keys)
    {
        List<long> timestamps = [];
        _timestamps.CollectActive(timestamps);
        Span<long> batch = stackalloc long[32];
        foreach (string text in keys)
        {
            byte[] key = Convert.FromHexString(text);
            List<long> rowIds = [];
            while (index.Tree.Find(key, batch, rowIds.Count == 0 ? -1 : rowIds[^1]) is > 0 and int count)
            {
                rowIds.AddRange(batch[..count]);
            }
            if (timestamps.Exists(timestamp => rowIds.Count(rowId => HasKey(rowId, new ReadView(timestamp), index, key)) > 1))
            {
                return true;
            }
        }
        return false;
    }

    private bool HasKey(long rowId, in ReadView view, TableIndex index, byte[] key) =>
        TryRead(rowId, view, index.OldValues) && TryEncode(index, index.OldValues) && index.OtherWriter.Key.SequenceEqual(key);

    private bool IsWithoutVersions() => !_slices.Take(_sliceCount).Any(slice => slice.Versions is { RecordCount: > 0 });

    // Short keys are sorted first, which fills the leaves.
    private void BuildSorted(TableIndex index, BTree<ulong, UInt64Probe> tree, Action? throwIfStopped)
    {
        _account?.Charge(RowCount * 2 * sizeof(long));
        try
        {
            var keys = new ulong[RowCount];
            var rowIds = new long[RowCount];
            int count = 0;
            for (int i = 0; i < _sliceCount; i++)
            {
                throwIfStopped?.Invoke();
                RowSlice slice = _slices[i];
                for (int row = 0; row < slice.RowCount; row++)
                {
                    if (slice.IsLive(row) && index.Contains(slice, row, null))
                    {
                        index.Encode(index.Writer, slice, row, null);
                        keys[count] = index.Writer.ToUInt64();
                        rowIds[count++] = RowIdOf(i, row);
                    }
                }
            }
            keys.AsSpan(0, count).Sort(rowIds.AsSpan(0, count));
            throwIfStopped?.Invoke();
            SortRunsByRowId(keys.AsSpan(0, count), rowIds.AsSpan(0, count));
            for (int i = 1; index.Definition.IsUnique && i < count; i++)
            {
                if (keys[i] == keys[i - 1] && (index.Definition.NullsEqual || !HasNullKey(index, rowIds[i])))
                {
                    throw Error.CannotCreateUniqueIndex(Definition.Schema, Definition.Name, index.Definition.Name, rowIds[i]);
                }
            }
            throwIfStopped?.Invoke();
            tree.Append(keys.AsSpan(0, count), rowIds.AsSpan(0, count));
        }
        finally
        {
            _account?.Release(RowCount * 2 * sizeof(long));
        }
    }

    private bool HasNullKey(TableIndex index, long rowId)
    {
        index.Encode(index.Writer, _slices[SliceOf(rowId)], OffsetOf(rowId), null);
        return index.Writer.HasNull;
    }

    private static void SortRunsByRowId(Span<ulong> keys, Span<long> rowIds)
    {
        for (int start = 0; start < keys.Length;)
        {
            int end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
            {
                end++;
            }
            if (end - start > 1)
            {
                rowIds[start..end].Sort();
            }
            start = end;
        }
    }
}
