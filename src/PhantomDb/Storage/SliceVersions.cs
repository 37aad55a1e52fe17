using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PhantomDb.Storage;

/// <summary>
/// The versions of one slice's rows that some reader may still need: who inserted rows (as ranges), and undo records for
/// updates and deletes, in pooled struct arrays. Exists only while it is not empty. The slice's sequence guards it;
/// readers may see it torn, so every index is checked and every walk has a bound.
/// </summary>
/// <remarks>
/// <code>
/// time ─────────────────────────────────────────────────────────────►
///        insert @3         update a: 1→2 @5       update a: 2→3 @9         newest values stand in the slice: a = 3
/// chain of the row, newest first:   {a, old 2, @9} → {a, old 1, @5}        and the insert range @3
/// a reader at 7 undoes what it does not see: @9, so a = 2; a reader at 4 undoes @9 and @5, so a = 1; at 2: no row
/// </code>
/// Stamps along a chain fall: a row belongs to its writer until that commits. So a walk ends at the first record it sees.
/// </remarks>
internal sealed class SliceVersions
{
    private InsertRange[] _inserts = new InsertRange[2];
    private UndoRecord[] _records = new UndoRecord[4];
    private int[]? _heads;    // per row: newest record + 1, 0 for none
    private ulong[]? _rows;   // bit mask of rows with records
    private int _used;
    private int _free;        // first free record + 1

    /// <summary>Rows that one command inserted.</summary>
    internal struct InsertRange
    {
        public TransactionStamp? Stamp;
        public int Command;
        public short First;
        public short Count;
    }

    /// <summary>What a row had before an update of one column, or that it was there before a delete.</summary>
    internal struct UndoRecord
    {
        public const short Presence = -1;
        public const short Nothing = -2;   // of a column that has other values since: says only who changed the row

        public TransactionStamp? Stamp;
        public RawValue OldValue;
        public int Command;
        public int Older;        // next record of the row + 1, 0 for none
        public short Column;     // storage number, Presence or Nothing
        public bool WasNull;
        public byte NewKeys;     // on the last record of an update: bit i where it brought an entry of index i that was not there
        public int Depth;        // records below: tells when to compact
    }

    public int InsertCount { get; private set; }

    public int RecordCount { get; private set; }

    public bool IsEmpty => InsertCount == 0 && RecordCount == 0;

    public ReadOnlySpan<InsertRange> Inserts
    {
        get
        {
            InsertRange[] inserts = _inserts;
            return inserts.AsSpan(0, Math.Min(InsertCount, inserts.Length));
        }
    }

    /// <summary>Bit mask of the rows that have records; null while there are none.</summary>
    public ulong[]? Rows => RecordCount == 0 ? null : _rows;

    public int SizeInBytes => (_inserts.Length * Unsafe.SizeOf<InsertRange>()) + (_records.Length * Unsafe.SizeOf<UndoRecord>())
        + ((_heads?.Length ?? 0) * sizeof(int));

    /// <summary>Most records that a walk may meet.</summary>
    public int WalkMax => _records.Length;

    /// <summary>The record with a number as links hold it (+ 1); false where a race made it senseless.</summary>
    public bool TryGet(int link, out UndoRecord record)
    {
        UndoRecord[] records = _records;
        if ((uint)(link - 1) >= (uint)records.Length)
        {
            record = default;
            return false;
        }
        record = records[link - 1];
        return true;
    }

    public int HeadOf(int row) => _heads is { } heads ? heads[row] : 0;

    public ref UndoRecord At(int link) => ref _records[link - 1];

    /// <summary>True where the view must not see that the row was inserted.</summary>
    public bool IsInsertHidden(int row, in ReadView view)
    {
        foreach (ref readonly InsertRange range in Inserts)
        {
            if ((uint)(row - range.First) < (uint)range.Count)
            {
                return !view.Sees(range.Stamp, range.Command);
            }
        }
        return false;
    }

    /// <summary>Who inserted a row; null where that is long ago.</summary>
    public TransactionStamp? InsertStampOf(int row)
    {
        foreach (ref readonly InsertRange range in Inserts)
        {
            if ((uint)(row - range.First) < (uint)range.Count)
            {
                return range.Stamp;
            }
        }
        return null;
    }

    /// <summary>Who made the row's newest version; null where that is long ago.</summary>
    public TransactionStamp? NewestStampOf(int row)
    {
        int link = HeadOf(row);
        return link != 0 ? _records[link - 1].Stamp : InsertStampOf(row);
    }

    /// <summary>Notes that a command inserted rows; one range grows with the rows of a command.</summary>
    public void AddInsert(int first, int count, TransactionStamp stamp, int command)
    {
        if (InsertCount > 0)
        {
            ref InsertRange last = ref _inserts[InsertCount - 1];
            if (ReferenceEquals(last.Stamp, stamp) && last.Command == command && last.First + last.Count == first)
            {
                last.Count += (short)count;
                return;
            }
        }
        if (InsertCount == _inserts.Length)
        {
            Array.Resize(ref _inserts, InsertCount * 2);
        }
        _inserts[InsertCount++] = new InsertRange { Stamp = stamp, Command = command, First = (short)first, Count = (short)count };
    }

    /// <summary>Forgets who inserted rows: rolled back, or seen by all.</summary>
    public void RemoveInserts(int first, int count)
    {
        int end = first + count;
        for (int i = InsertCount - 1; i >= 0; i--)
        {
            InsertRange range = _inserts[i];
            int rangeEnd = range.First + range.Count;
            if (range.First >= end || rangeEnd <= first)
            {
                continue;
            }
            RemoveInsertAt(i);
            if (range.First < first)
            {
                AddRange(range, range.First, first);
            }
            if (rangeEnd > end)
            {
                AddRange(range, end, rangeEnd);
            }
        }
    }

    /// <summary>Forgets the inserts that everyone from the horizon on sees.</summary>
    public void RemoveInsertsUpTo(long horizon)
    {
        for (int i = InsertCount - 1; i >= 0; i--)
        {
            if (_inserts[i].Stamp!.Value <= horizon)
            {
                RemoveInsertAt(i);
            }
        }
    }

    /// <summary>Bytes that were reserved so far.</summary>
    public long ReservedSize { get; private set; }

    /// <summary>Bytes that <see cref="Reserve"/> will allocate for this many more records.</summary>
    public int SizeOfReserve(int count)
    {
        int size = _heads is null ? RowSlice.Capacity * sizeof(int) : 0;
        return _records.Length - RecordCount >= count ? size : size + (GrowthFor(count) * Unsafe.SizeOf<UndoRecord>());
    }

    /// <summary>Room for this many more records, so that linking them cannot fail.</summary>
    public void Reserve(int count)
    {
        ReservedSize += SizeOfReserve(count);
        _heads ??= new int[RowSlice.Capacity];
        _rows ??= new ulong[Vectors.ValidityMask.WordCount];
        if (_records.Length - RecordCount < count)
        {
            Array.Resize(ref _records, _records.Length + GrowthFor(count));
        }
    }

    private int GrowthFor(int count) => Math.Max(_records.Length, count);

    /// <summary>Puts a record on top of the row's chain and gives the chain's depth.</summary>
    public int Link(int row, int column, in RawValue oldValue, bool wasNull, TransactionStamp stamp, int command)
    {
        int link;
        if (_free != 0)
        {
            link = _free;
            _free = _records[link - 1].Older;
        }
        else
        {
            link = ++_used;
        }
        int head = _heads![row];
        int depth = head == 0 ? 0 : _records[head - 1].Depth + 1;
        _records[link - 1] = new UndoRecord
        {
            Stamp = stamp,
            OldValue = oldValue,
            Command = command,
            Older = head,
            Column = (short)column,
            WasNull = wasNull,
            Depth = depth,
        };
        RecordCount++;
        _heads[row] = link;
        _rows![row >> 6] |= 1UL << (row & 63);
        return depth;
    }

    /// <summary>
    /// Puts a record below one of the row's chain, as of the same command, and gives its link. Room is reserved. For a store
    /// that nobody reads yet.
    /// </summary>
    public int LinkBelow(int row, int newer, int column, in RawValue oldValue, bool wasNull)
    {
        UndoRecord above = _records[newer - 1];
        int head = _heads![row];
        Link(row, column, oldValue, wasNull, above.Stamp!, above.Command);
        int link = _heads[row];
        _heads[row] = head;
        _records[link - 1].Older = above.Older;
        _records[newer - 1].Older = link;
        CountDepths(row);
        return link;
    }

    /// <summary>Takes a record out of the row's chain; <paramref name="newer"/> is the one above it, 0 for the head.</summary>
    public void Unlink(int row, int newer, int link)
    {
        ref UndoRecord record = ref _records[link - 1];
        if (newer == 0)
        {
            Debug.Assert(_heads![row] == link);
            _heads[row] = record.Older;
            if (record.Older == 0)
            {
                _rows![row >> 6] &= ~(1UL << (row & 63));
            }
        }
        else
        {
            _records[newer - 1].Older = record.Older;
        }
        record.Stamp = null;
        record.Older = _free;
        _free = link;
        RecordCount--;
        if (RecordCount == 0)
        {
            _used = 0;
            _free = 0;
        }
    }

    /// <summary>Forgets the old values of columns. For a store that nobody reads yet.</summary>
    public void Forget(ReadOnlySpan<int> columns)
    {
        for (int i = 0; i < _used && columns.Length > 0; i++)
        {
            if (columns.Contains(_records[i].Column))
            {
                _records[i].Column = UndoRecord.Nothing;
            }
        }
    }

    /// <summary>Numbers a row's chain anew after some of it was taken out.</summary>
    public void CountDepths(int row)
    {
        int depth = -1;
        for (int link = _heads![row]; link != 0; link = _records[link - 1].Older)
        {
            depth++;
        }
        for (int link = _heads[row]; link != 0; link = _records[link - 1].Older)
        {
            _records[link - 1].Depth = depth--;
        }
    }

    /// <summary>Makes an empty one ready for another slice; large arrays are not kept.</summary>
    public bool TryRecycle()
    {
        Debug.Assert(IsEmpty);
        return _records.Length <= 256 && _inserts.Length <= 64;
    }

    /// <summary>
    /// A copy whose stamps say no more than whether they had committed by now: for a fork, which has timestamps of its own and
    /// undoes what the running transactions have done. No transaction commits meanwhile.
    /// </summary>
    public SliceVersions CloneForFork()
    {
        SliceVersions clone = Clone();
        for (int i = 0; i < clone.InsertCount; i++)
        {
            clone._inserts[i].Stamp = AtFork(clone._inserts[i].Stamp!);
        }
        for (int i = 0; i < clone._used; i++)
        {
            if (clone._records[i].Stamp is { } stamp)
            {
                clone._records[i].Stamp = AtFork(stamp);
            }
        }
        return clone;
    }

    /// <summary>True where all that is here are inserts that have committed.</summary>
    public bool HasOnlyCommittedInserts
    {
        get
        {
            foreach (ref readonly InsertRange range in Inserts)
            {
                if (!range.Stamp!.IsCommitted)
                {
                    return false;
                }
            }
            return RecordCount == 0;
        }
    }

    private static TransactionStamp AtFork(TransactionStamp stamp) =>
        stamp.IsCommitted ? TransactionStamp.CommittedBeforeFork : TransactionStamp.RunningAtFork;

    public SliceVersions Clone()
    {
        var clone = (SliceVersions)MemberwiseClone();
        clone._inserts = (InsertRange[])_inserts.Clone();
        clone._records = (UndoRecord[])_records.Clone();
        clone._heads = (int[]?)_heads?.Clone();
        clone._rows = (ulong[]?)_rows?.Clone();
        for (int i = 0; i < _used; i++)
        {
            clone._records[i].NewKeys = 0;   // the indexes of who takes it may be others
        }
        return clone;
    }

    private void AddRange(InsertRange from, int first, int end)
    {
        if (InsertCount == _inserts.Length)
        {
            Array.Resize(ref _inserts, InsertCount * 2);
        }
        from.First = (short)first;
        from.Count = (short)(end - first);
        _inserts[InsertCount++] = from;
    }

    private void RemoveInsertAt(int index)
    {
        _inserts[index] = _inserts[--InsertCount];
        _inserts[InsertCount] = default;
    }
}
