using PhantomDb.Errors;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;

namespace PhantomDb.Storage;

/// <summary>
/// Index entries. An entry (key, row id) is there while the newest state or any version that is kept has that key; so
/// whoever finds one must compare the key with the version that it sees. Under the latch.
/// </summary>
internal sealed partial class TableStore
{
    private readonly KeySet _keys = new();
    private ulong[]? _ascendingKeys;     // of rows that are appended
    private readonly bool[] _isKeyNoted;   // by index, between the halves of an undone change

    /// <summary>Versions whose keys were compared to find out whether an entry is still needed. For tests of how that cost grows.</summary>
    internal long KeySteps { get; private set; }

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
                blocker = AddEntry(index, rowId, stamp, out _);
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

    // The entries of new rows in the only index, where its keys ascend above all that it has, as they mostly do: all of them at once. Else none.
    private void AppendEntries(int sliceIndex, RowSlice slice, int start, int count, ref int done)
    {
        if (Indexes is not [{ IsDirect: true } index] || index.Vacated is { IsEmpty: false })
        {
            return;
        }
        _ascendingKeys ??= new ulong[RowSlice.Capacity];
        Span<ulong> keys = _ascendingKeys.AsSpan(0, count);
        Array data = slice.Columns[index.ColumnNumbers[0]]!.Data;
        if (index.IntegerKey == PhysicalType.Int64 ? KeyEncoder.TryAscending<long>(((long[])data).AsSpan(start, count), keys) : KeyEncoder.TryAscending<int>(((int[])data).AsSpan(start, count), keys))
        {
            index.UInt64Tree!.TryAppend(keys, RowIdOf(sliceIndex, start), ref done);
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
    private Blocker MoveEntries(RowSlice slice, SliceVersions versions, int row, RowBuffer values, long rowId, TransactionStamp stamp, out byte newKeys)
    {
        newKeys = 0;
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
                    Blocker blocker = AddEntry(index, rowId, stamp, out bool isNew);
                    if (!blocker.IsNone)
                    {
                        return blocker;
                    }
                    newKeys |= isNew && done < SliceVersions.UndoRecord.IndexesNoted ? (byte)(1 << done) : (byte)0;
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
    private Blocker AddEntry(TableIndex index, long rowId, TransactionStamp stamp, out bool isNew)
    {
        isNew = true;
        if (index.MustBeUnique(index.Writer))
        {
            index.Vacated!.Cut(index.Writer.Key, rowId);
            if (index.Tree.TryInsertOnly(index.Writer.Key, rowId))
            {
                return default;
            }
            Blocker blocker = EnsureUnique(index, rowId, stamp);
            if (!blocker.IsNone)
            {
                return blocker;
            }
            index.Vacated.Cut(index.Writer.Key, rowId);   // looking may have noted more
        }
        isNew = index.Tree.Insert(index.Writer.Key, rowId);
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
    private bool IsKeyOfAnyVersion(TableIndex index, RowSlice slice, int row, ReadOnlySpan<byte> key)
    {
        RowBuffer values = index.OldValues;
        ReadNewest(slice, row, values);
        if (HasKey(index, values, key))
        {
            return true;
        }
        for (int link = slice.Versions?.HeadOf(row) ?? 0; link != 0; link = slice.Versions!.At(link).Older)
        {
            KeySteps++;
            if (Undo(slice, slice.Versions!.At(link), values) && HasKey(index, values, key))
            {
                return true;
            }
        }
        return false;
    }

    private static bool HasKey(TableIndex index, RowBuffer values, ReadOnlySpan<byte> key) =>
        TryEncode(index, values) && key.SequenceEqual(index.OtherWriter.Key);

    // Before the newest change of a row is undone: that takes away the newest keys at most. False where it touches no key.
    private bool NoteNewestKeys(RowSlice slice, int row, int head, int recordCount)
    {
        bool isAny = false;
        for (int i = 0; i < Indexes.Length; i++)
        {
            TableIndex index = Indexes[i];
            bool isTouched = false;
            int link = head;
            for (int record = 0; record < recordCount && !isTouched; record++)
            {
                isTouched = index.Covers(slice.Versions!.At(link).Column);
                link = slice.Versions.At(link).Older;
            }
            _isKeyNoted[i] = isTouched && index.Contains(slice, row, null);
            if (_isKeyNoted[i])
            {
                isAny = true;
                index.Encode(index.Writer, slice, row, null);
            }
        }
        return isAny;
    }

    // An update that brought an entry came when no version had the key, so that its undoing need not ask those that are left; one
    // that did not came when another had it, which is still there unless older versions have gone since.
    private void RemoveNotedKeys(RowSlice slice, int row, long rowId, byte newKeys)
    {
        for (int i = 0; i < Indexes.Length; i++)
        {
            TableIndex index = Indexes[i];
            if (!_isKeyNoted[i])
            {
                continue;
            }
            bool isNoted = i < SliceVersions.UndoRecord.IndexesNoted;
            bool isNew = isNoted && (newKeys >> i & 1) != 0;
            bool isOlder = isNoted && !isNew && (newKeys & SliceVersions.UndoRecord.AsksOlder) == 0;
            if (isNew ? !IsNewestKey(index, slice, row, index.Writer.Key) : !isOlder && !IsKeyOfAnyVersion(index, slice, row, index.Writer.Key))
            {
                index.Tree.Remove(index.Writer.Key, rowId);
            }
        }
    }

    // Removes the entries of the keys that a row has only from a record on, which goes with all below it.
    private void RemoveEntriesFrom(RowSlice slice, int row, long rowId, int end)
    {
        foreach (TableIndex index in Indexes)
        {
            RowBuffer values = index.OldValues;
            ReadNewest(slice, row, values);
            _keys.Clear();
            AddKey(index, values);
            bool isKept = true;
            for (int link = slice.Versions!.HeadOf(row); link != 0; link = slice.Versions.At(link).Older)
            {
                isKept &= link != end;
                if (Undo(slice, slice.Versions.At(link), values) && AddKey(index, values) && !isKept)
                {
                    index.Tree.Remove(index.OtherWriter.Key, rowId);
                }
            }
        }
    }

    // Removes the entries of the keys that a row has no more when the unneeded records have gone.
    private void RemoveEntriesOfUnneeded(RowSlice slice, int row, long rowId)
    {
        foreach (TableIndex index in Indexes)
        {
            if (!IsUnneededOf(index, slice.Versions!))
            {
                continue;
            }
            RowBuffer values = index.OldValues;
            _keys.Clear();
            ReadNewest(slice, row, values);
            AddKey(index, values);
            int next = 0;
            for (int link = slice.Versions!.HeadOf(row); link != 0; link = slice.Versions.At(link).Older)
            {
                if (next < _unneeded.Count && _unneeded[next] == link)
                {
                    next++;
                }
                else if (Undo(slice, slice.Versions.At(link), values))
                {
                    AddKey(index, values);
                }
            }
            ReadNewest(slice, row, values);
            for (int link = slice.Versions.HeadOf(row); link != 0; link = slice.Versions.At(link).Older)
            {
                if (Undo(slice, slice.Versions.At(link), values) && AddKey(index, values))
                {
                    index.Tree.Remove(index.OtherWriter.Key, rowId);
                }
            }
        }
    }

    private bool IsUnneededOf(TableIndex index, SliceVersions versions)
    {
        foreach (int link in _unneeded)
        {
            if (index.Covers(versions.At(link).Column))
            {
                return true;
            }
        }
        return false;
    }

    // Adds the entries of the newest values and of every version that is kept.
    private static void InsertEntriesOfVersions(TableIndex index, RowSlice slice, int row, long rowId, HashSet<string> sharedKeys)
    {
        RowBuffer values = index.OldValues;
        ReadNewest(slice, row, values);
        if (TryEncode(index, values))
        {
            InsertEntry(index, index.OtherWriter, rowId, sharedKeys);
        }
        for (int link = slice.Versions!.HeadOf(row); link != 0; link = slice.Versions.At(link).Older)
        {
            if (Undo(slice, slice.Versions.At(link), values) && TryEncode(index, values))
            {
                InsertEntry(index, index.OtherWriter, rowId, sharedKeys);
            }
        }
    }

    // True where an entry depends on the column that a record is about, which then has its old value.
    private static bool Undo(RowSlice slice, in SliceVersions.UndoRecord record, RowBuffer values)
    {
        int place = Array.IndexOf(values.Columns, record.Column);
        if (place < 0)
        {
            return false;
        }
        values.SetRaw(place, record.OldValue, record.WasNull, slice.Columns[record.Column]!.Blocks);
        return true;
    }

    private static bool TryEncode(TableIndex index, RowBuffer values)
    {
        if (!index.Contains(values, 0))
        {
            return false;
        }
        index.Encode(index.OtherWriter, values, 0);
        return true;
    }

    // True where the values have a key that was not among the collected ones.
    private bool AddKey(TableIndex index, RowBuffer values) => TryEncode(index, values) && _keys.Add(index.OtherWriter.Key);
}
