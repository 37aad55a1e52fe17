namespace PhantomDb.Storage;

/// <summary>What a transaction that owns a row has made of it, read at once: the row as it is, and what was committed before where that differs.</summary>
internal sealed partial class TableStore
{
    private const int ChangesNoted = 63;   // columns with a bit of their own; the last bit is of all others

    /// <summary>The row of the newest state, committed or not. Checks use it; under the writers' lock it cannot change.</summary>
    public bool TryReadLatest(long rowId, RowBuffer buffer)
    {
        if (FindSlice(rowId) is not { } slice)
        {
            return false;
        }
        int row = OffsetOf(rowId);
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            int sequence = slice.ReadSequence();
            bool isThere = ReadAsItIs(slice, row, buffer);
            if (slice.IsUnchanged(sequence))
            {
                return isThere;
            }
        }
        lock (_latch)
        {
            return ReadAsItIs(slice, row, buffer);
        }
    }

    /// <summary>
    /// Reads a row that the caller's transaction has changed: as it is now, and of what was committed before the columns that have got other values since;
    /// false where it was not there before. It may be gone now: then its last values are given.
    /// </summary>
    /// <param name="rowId">The row.</param>
    /// <param name="newest">All of it.</param>
    /// <param name="committed">A buffer of the same columns, of which only those that have changed are filled.</param>
    /// <param name="changed">Which these are: see <see cref="IsChanged"/>.</param>
    /// <param name="isThere">Whether there still is such a row.</param>
    internal bool TryReadChange(long rowId, RowBuffer newest, RowBuffer committed, out ulong changed, out bool isThere)
    {
        (changed, isThere) = (0, false);
        if (FindSlice(rowId) is not { } slice)
        {
            return false;
        }
        int row = OffsetOf(rowId);
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            int sequence = slice.ReadSequence();
            bool wasThere = ReadChange(slice, row, newest, committed, out changed, out isThere);
            if (slice.IsUnchanged(sequence))
            {
                return wasThere;
            }
        }
        lock (_latch)
        {
            return ReadChange(slice, row, newest, committed, out changed, out isThere);
        }
    }

    /// <summary>True for a column, by its place in the buffers, that <see cref="TryReadChange"/> has filled as it was.</summary>
    internal static bool IsChanged(ulong changed, int place) => (changed >> Math.Min(place, ChangesNoted) & 1) != 0;

    // What it gives counts only if the slice's sequence has not changed meanwhile.
    private static bool ReadAsItIs(RowSlice slice, int row, RowBuffer buffer) =>
        row < slice.RowCount && !RowSlice.IsSet(slice.Deleted, row) && ReadValues(slice, row, buffer);

    private static bool ReadValues(RowSlice slice, int row, RowBuffer buffer)
    {
        int[] columns = buffer.Columns;
        for (int i = 0; i < columns.Length; i++)
        {
            ColumnSlice column = slice.Columns[columns[i]]!;
            if (!column.TryRead(row, out RawValue value, out bool isNull))
            {
                return false;
            }
            buffer.SetRaw(i, value, isNull, column.Blocks);
        }
        return true;
    }

    private static bool ReadChange(RowSlice slice, int row, RowBuffer newest, RowBuffer committed, out ulong changed, out bool isThere)
    {
        (changed, isThere) = (0, false);
        if (row >= slice.RowCount || !ReadValues(slice, row, newest))
        {
            return false;
        }
        isThere = !RowSlice.IsSet(slice.Deleted, row);
        if (slice.VersionsFor(row) is not { } versions)
        {
            return isThere;
        }
        bool wasThere = isThere;
        var view = new ReadView(RowWriter.AnyCommitted);
        int link = versions.HeadOf(row);
        for (int steps = versions.WalkMax; link != 0 && steps > 0; steps--)
        {
            ref readonly SliceVersions.UndoRecord record = ref versions.Find(link);
            if (view.Sees(record.Stamp, record.Command))
            {
                break;
            }
            if (record.Column == SliceVersions.UndoRecord.Presence)
            {
                wasThere = true;
            }
            else
            {
                int place = newest.Columns.AsSpan().IndexOf(record.Column);
                if (place >= 0)
                {
                    committed.SetRaw(place, record.OldValue, record.WasNull, newest.BlocksOf(place));
                    changed |= 1UL << Math.Min(place, ChangesNoted);
                }
            }
            link = record.Older;
        }
        return wasThere && !versions.IsInsertHidden(row, view);
    }
}
