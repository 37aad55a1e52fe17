using PhantomDb.Errors;
using PhantomDb.Storage.Indexes;

namespace PhantomDb.Storage;

/// <summary>
/// Index entries. An entry (key, row id) is there while the newest state or any version that is kept has that key; so
/// whoever finds one must compare the key with the version that it sees. Under the latch.
/// </summary>
internal sealed partial class TableStore
{
    private readonly List<byte[]> _keysAfter = [];
    private readonly bool[] _isKeyNoted;   // by index, between the halves of an undone change

    // Adds a new row's entries: its values stand in the slice or, for a single row, in the buffer. All or none.
    private Blocker AddEntries(RowSlice? slice, int row, RowBuffer? values, long rowId, TransactionStamp stamp)
    {
        int done = 0;
        Blocker blocker = default;
        bool isDone = false;
        try
        {
            for (; done < Indexes.Length; done++)
            {
                TableIndex index = Indexes[done];
                if (!index.Contains(slice, row, values))
                {
                    continue;
                }
                index.Encode(index.Writer, slice, row, values);
                blocker = AddEntry(index, rowId, stamp);
                if (!blocker.IsNone)
                {
                    return blocker;
                }
            }
            isDone = true;
            return default;
        }
        finally
        {
            while (!isDone && --done >= 0)
            {
                TableIndex index = Indexes[done];
                if (index.Contains(slice, row, values))
                {
                    index.Encode(index.Writer, slice, row, values);
                    index.Tree.Remove(index.Writer.Key, rowId);
                }
            }
        }
    }

    // Asks for the memory that AddEntries will look at, while other work is done.
    private void ApproachEntries(RowBuffer values, long rowId)
    {
        foreach (TableIndex index in Indexes)
        {
            if (index.UInt64Tree is { } tree && index.Contains(null, 0, values))
            {
                index.Encode(index.Writer, null, 0, values);
                tree.Approach(new UInt64Probe(index.Writer.ToUInt64()), rowId);
            }
        }
    }

    // Removes the entries of a row's newest values.
    private void RemoveEntries(RowSlice slice, int row, long rowId)
    {
        foreach (TableIndex index in Indexes)
        {
            if (index.Contains(slice, row, null))
            {
                index.Encode(index.Writer, slice, row, null);
                index.Tree.Remove(index.Writer.Key, rowId);
            }
        }
    }

    // Adds the entries of changed keys; those of the old keys stay until nobody sees the old values. All or none. Before the first
    // of them is there the row counts as one that may have versions: who reads keys alone then looks at the row.
    private Blocker MoveEntries(RowSlice slice, SliceVersions versions, int row, RowBuffer values, long rowId, TransactionStamp stamp)
    {
        int done = 0;
        bool isDone = false;
        try
        {
            for (; done < Indexes.Length; done++)
            {
                TableIndex index = Indexes[done];
                if (EncodeChanged(index, slice, row, values))
                {
                    if (slice.VersionsFor(row) is null)
                    {
                        slice.BeginChange(unshares: false);
                        AttachVersions(slice, versions, 1UL << row);
                        slice.EndChange();
                    }
                    Blocker blocker = AddEntry(index, rowId, stamp);
                    if (!blocker.IsNone)
                    {
                        return blocker;
                    }
                }
            }
            isDone = true;
            return default;
        }
        finally
        {
            while (!isDone && --done >= 0)
            {
                TableIndex index = Indexes[done];
                if (EncodeChanged(index, slice, row, values) && !IsKeyOfAnyVersion(index, slice, row, index.Writer.Key))
                {
                    index.Tree.Remove(index.Writer.Key, rowId);
                }
            }
            if (!isDone)
            {
                DetachVersionsIfEmpty(slice);
            }
        }
    }

    // Leaves the new key in the index's writer; false where the change does not touch it, or takes the row out of the index.
    private static bool EncodeChanged(TableIndex index, RowSlice slice, int row, RowBuffer values)
    {
        bool isTouched = false;
        foreach (int number in values.Columns)
        {
            isTouched |= index.Covers(number);
        }
        if (!isTouched || !index.Contains(slice, row, values))
        {
            return false;
        }
        index.Encode(index.Writer, slice, row, values);
        if (!index.Contains(slice, row, null))
        {
            return true;
        }
        index.Encode(index.OtherWriter, slice, row, null);
        return !index.Writer.Key.SequenceEqual(index.OtherWriter.Key);
    }

    // Adds the entry whose key is in the index's writer. Mostly nobody has the key, and the tree is descended only once.
    private Blocker AddEntry(TableIndex index, long rowId, TransactionStamp stamp)
    {
        if (index.MustBeUnique(index.Writer))
        {
            if (index.Tree.TryInsertOnly(index.Writer.Key, rowId))
            {
                return default;
            }
            Blocker blocker = EnsureUnique(index, rowId, stamp);
            if (!blocker.IsNone)
            {
                return blocker;
            }
        }
        index.Tree.Insert(index.Writer.Key, rowId);
        return default;
    }

    // Gives who must end before it is known whether the key is free; throws where it is not. A deferrable key is only noted.
    private Blocker EnsureUnique(TableIndex index, long rowId, TransactionStamp stamp)
    {
        if (!index.MustBeUnique(index.Writer) || !TryFindLatest(index, index.Writer, rowId, stamp, out long other, out Blocker blocker))
        {
            return default;
        }
        if (index.Definition.IsDeferrable && stamp.Doubts is { } doubts)
        {
            doubts.Add(Definition.Oid, index.Definition.Oid, rowId);
            return default;
        }
        return blocker.IsNone ? throw Error.UniqueViolation(Definition.Schema, Definition.Name, index.Definition.Name, other) : blocker;
    }

    /// <summary>
    /// A row other than the one given that has the key in the newest state, or that may have it: then there is a blocker,
    /// whose end decides. A null stamp takes the newest state as it is, committed or not.
    /// </summary>
    private bool TryFindLatest(TableIndex index, KeyWriter key, long exceptRowId, TransactionStamp? stamp, out long rowId, out Blocker blocker)
    {
        blocker = default;
        if (!index.Tree.TryFind(key.Key, out rowId))
        {
            return false;
        }
        while (true)
        {
            if (rowId != exceptRowId && (stamp is null ? HasLatestKey(index, key, rowId) : MayHaveKey(index, key, rowId, stamp, out blocker)))
            {
                return true;
            }
            if (index.Tree.Find(key.Key, new Span<long>(ref rowId), rowId) == 0)
            {
                return false;
            }
        }
    }

    private bool HasLatestKey(TableIndex index, KeyWriter key, long rowId)
    {
        RowSlice slice = _slices[SliceOf(rowId)];
        int row = OffsetOf(rowId);
        if (!slice.IsLive(row))
        {
            return false;
        }
        if (slice.Versions is not { RecordCount: > 0 } versions || versions.HeadOf(row) == 0)
        {
            return true;   // without older versions the row has no other entry
        }
        return IsNewestKey(index, slice, row, key.Key);
    }

    // Removes the entries of all keys that a row had before, except those that its newest values have: no older version is kept.
    private static void RemoveOldEntries(TableIndex index, RowSlice slice, int row, long rowId)
    {
        RowBuffer values = index.OldValues;
        bool isChanged = false;
        bool isNewestIn = index.Contains(slice, row, null);
        index.Encode(index.Writer, slice, row, null);
        SliceVersions versions = slice.Versions!;
        for (int link = versions.HeadOf(row); link != 0; link = versions.At(link).Older)
        {
            ref SliceVersions.UndoRecord record = ref versions.At(link);
            int place = Array.IndexOf(values.Columns, record.Column);
            if (place < 0)
            {
                continue;
            }
            if (!isChanged)
            {
                isChanged = true;
                ReadNewest(slice, row, values);
            }
            values.SetRaw(place, record.OldValue, record.WasNull, slice.Columns[record.Column]!.Blocks);
            if (!index.Contains(values, 0))
            {
                continue;
            }
            index.Encode(index.OtherWriter, values, 0);
            if (!isNewestIn || !index.OtherWriter.Key.SequenceEqual(index.Writer.Key))
            {
                index.Tree.Remove(index.OtherWriter.Key, rowId);
            }
        }
    }

    // One key after the other, without a list: a row that one transaction has changed often has many.
    private static bool IsKeyOfAnyVersion(TableIndex index, RowSlice slice, int row, ReadOnlySpan<byte> key)
    {
        RowBuffer values = index.OldValues;
        ReadNewest(slice, row, values);
        if (HasKey(index, values, key))
        {
            return true;
        }
        for (int link = slice.Versions?.HeadOf(row) ?? 0; link != 0; link = slice.Versions!.At(link).Older)
        {
            ref SliceVersions.UndoRecord record = ref slice.Versions!.At(link);
            int place = Array.IndexOf(values.Columns, record.Column);
            if (place >= 0)
            {
                values.SetRaw(place, record.OldValue, record.WasNull, slice.Columns[record.Column]!.Blocks);
                if (HasKey(index, values, key))
                {
                    return true;
                }
            }
        }
        return false;
    }

    private static bool HasKey(TableIndex index, RowBuffer values, ReadOnlySpan<byte> key)
    {
        if (!index.Contains(values, 0))
        {
            return false;
        }
        index.Encode(index.OtherWriter, values, 0);
        return key.SequenceEqual(index.OtherWriter.Key);
    }

    // Before a column's newest change is undone: that takes away the newest keys at most.
    private void NoteNewestKeys(RowSlice slice, int row, int column)
    {
        for (int i = 0; i < Indexes.Length; i++)
        {
            TableIndex index = Indexes[i];
            _isKeyNoted[i] = index.Covers(column) && index.Contains(slice, row, null);
            if (_isKeyNoted[i])
            {
                index.Encode(index.Writer, slice, row, null);
            }
        }
    }

    private void RemoveNotedKeys(RowSlice slice, int row, long rowId)
    {
        for (int i = 0; i < Indexes.Length; i++)
        {
            TableIndex index = Indexes[i];
            if (_isKeyNoted[i] && !IsKeyOfAnyVersion(index, slice, row, index.Writer.Key))
            {
                index.Tree.Remove(index.Writer.Key, rowId);
            }
        }
    }

    // The keys of the newest values and of every version kept.
    private static void CollectKeys(TableIndex index, RowSlice slice, int row, List<byte[]> keys)
    {
        var values = new RowBuffer(index.EntryColumns);
        ReadNewest(slice, row, values);
        AddKey();
        for (int link = slice.Versions?.HeadOf(row) ?? 0; link != 0; link = slice.Versions!.At(link).Older)
        {
            ref SliceVersions.UndoRecord record = ref slice.Versions!.At(link);
            for (int i = 0; i < values.Count; i++)
            {
                if (values.Columns[i] == record.Column)
                {
                    values.SetRaw(i, record.OldValue, record.WasNull, null);
                    AddKey();
                }
            }
        }

        void AddKey()
        {
            if (!index.Contains(values, 0))
            {
                return;
            }
            index.Encode(index.OtherWriter, values, 0);
            if (!Contains(keys, index.OtherWriter.Key))
            {
                keys.Add(index.OtherWriter.Key.ToArray());
            }
        }
    }

    private static bool Contains(List<byte[]> keys, ReadOnlySpan<byte> key)
    {
        foreach (byte[] other in keys)
        {
            if (key.SequenceEqual(other))
            {
                return true;
            }
        }
        return false;
    }
}
