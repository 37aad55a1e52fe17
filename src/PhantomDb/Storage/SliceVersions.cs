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
    private int _fewCount;    // of rows that have records, while they are few: which, and the newest record + 1 of each
    private FewRows _fewRows;
    private FewHeads _fewHeads;
    private int[]? _heads;    // instead, once there were many. Per row: newest record + 1, 0 for none
    private ulong[]? _rows;   // and a bit mask of rows with records
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

        /// <summary>In <see cref="NewKeys"/>: older versions have gone since, so that an entry that was there may have been theirs.</summary>
        public const byte AsksOlder = 1 << IndexesNoted;

        /// <summary>Indexes with a bit in <see cref="NewKeys"/>.</summary>
        public const int IndexesNoted = 7;

        public TransactionStamp? Stamp;
        public RawValue OldValue;
        public int Command;
        public int Older;        // next record of the row + 1, 0 for none
        public short Column;     // storage number, Presence or Nothing
        public bool WasNull;
        public byte NewKeys;     // on the last record of an update: bit i where it brought an entry of index i that was not there, and AsksOlder
        public int Depth;        // records below: tells when to compact
    }

    /// <summary>Beside a scan a slice seldom has more changed rows: they fit three cache lines, where an array for all rows would be 8 KB.</summary>
    private const int FewMax = 16;

    private const int InsertsMergedMin = 32;

    [InlineArray(FewMax)]
    private struct FewRows
    {
        private short _first;
    }

    [InlineArray(FewMax)]
    private struct FewHeads
    {
        private int _first;
    }

    /// <summary>Ranges of inserts that were moved or looked at one by one. For tests of how that cost grows.</summary>
    internal long InsertSteps { get; private set; }

    public int InsertCount { get; private set; }

    public int RecordCount { get; private set; }

    public bool IsEmpty => InsertCount == 0 && RecordCount == 0;

    /// <summary>
    /// What the versions are about: a bit for each column (<see cref="BitOf"/>), <see cref="HasDeletes"/>, <see cref="HasInserts"/>.
    /// A bit may stay until there are no more records.
    /// </summary>
    public ulong Kinds { get; private set; }

    /// <summary>True where a row may have come and gone between two readers.</summary>
    public bool MayHaveUnseenRows => (Kinds & (HasInserts | HasDeletes)) == (HasInserts | HasDeletes);

    public const ulong HasInserts = 1UL << 63;
    public const ulong HasDeletes = 1UL << 62;

    /// <summary>The bit of a column's changes among the <see cref="Kinds"/>. Columns that lie 62 apart share one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong BitOf(int column) => column == UndoRecord.Presence ? HasDeletes : 1UL << (int)((uint)column % 62);

    /// <summary>Ascending by their first rows; no two have a row in common.</summary>
    public ReadOnlySpan<InsertRange> Inserts
    {
        get
        {
            InsertRange[] inserts = _inserts;
            return inserts.AsSpan(0, Math.Min(InsertCount, inserts.Length));
        }
    }

    /// <summary>
    /// Goes through the rows that have records, in any order: from position -1 on. The row that was given last may lose its records
    /// meanwhile, no other may.
    /// </summary>
    public bool TryNextRow(ref int position, out int row)
    {
        if (position >= 0 || (position == -1 && _rows is not null))
        {
            return TryNextSet(_rows!, ref position, out row);
        }
        // The few from the last one on, at positions below -1: a walk that began here stays here when room for all is made meanwhile.
        position = position == -1 ? -1 - _fewCount : position + 1;
        int place = -2 - position;
        row = 0;
        if ((uint)place >= FewMax)
        {
            return false;
        }
        row = _fewRows[place];
        return true;
    }

    private static bool TryNextSet(ulong[] rows, ref int position, out int row)
    {
        int next = position + 1;
        for (int word = next >> 6; (uint)word < (uint)rows.Length; word++)
        {
            ulong rest = rows[word] & (word == next >> 6 ? ulong.MaxValue << (next & 63) : ulong.MaxValue);
            if (rest != 0)
            {
                position = row = (word << 6) + System.Numerics.BitOperations.TrailingZeroCount(rest);
                return true;
            }
        }
        row = 0;
        return false;
    }

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

    /// <summary>The same where it stands, which saves copying it; one that ends the walk where a race made the number senseless.</summary>
    public ref readonly UndoRecord Find(int link)
    {
        UndoRecord[] records = _records;
        return ref (uint)(link - 1) < (uint)records.Length ? ref records[link - 1] : ref NoRecord[0];
    }

    private static readonly UndoRecord[] NoRecord = new UndoRecord[1];

    /// <summary>The newest record of a row + 1; 0 where it has none.</summary>
    public int HeadOf(int row)
    {
        if (_heads is { } heads)
        {
            return heads[row];
        }
        int place = PlaceOf(row);
        return place < 0 ? 0 : _fewHeads[place];
    }

    private int PlaceOf(int row) => ((ReadOnlySpan<short>)_fewRows)[..Math.Min(_fewCount, FewMax)].IndexOf((short)row);

    private void SetHead(int row, int link)
    {
        if (_heads is { } heads)
        {
            heads[row] = link;
            ulong bit = 1UL << (row & 63);
            _rows![row >> 6] = link == 0 ? _rows[row >> 6] & ~bit : _rows[row >> 6] | bit;
            return;
        }
        int place = PlaceOf(row);
        if (link == 0)
        {
            Debug.Assert(place >= 0);
            _fewCount--;
            _fewRows[place] = _fewRows[_fewCount];
            _fewHeads[place] = _fewHeads[_fewCount];
            return;
        }
        if (place < 0)
        {
            place = _fewCount;
            _fewRows[place] = (short)row;
            _fewHeads[place] = link;
            _fewCount = place + 1;
            return;
        }
        _fewHeads[place] = link;
    }

    // Outside of a change, readers may be looking: they find the same either way.
    private void MakeRoomForAllRows()
    {
        var heads = new int[RowSlice.Capacity];
        var rows = new ulong[Vectors.ValidityMask.WordCount];
        for (int i = 0; i < _fewCount; i++)
        {
            int row = _fewRows[i];
            heads[row] = _fewHeads[i];
            rows[row >> 6] |= 1UL << (row & 63);
        }
        Volatile.Write(ref _rows, rows);
        Volatile.Write(ref _heads, heads);
    }

    public ref UndoRecord At(int link) => ref _records[link - 1];

    /// <summary>True where the view must not see that the row was inserted.</summary>
    public bool IsInsertHidden(int row, in ReadView view)
    {
        ReadOnlySpan<InsertRange> inserts = Inserts;
        int place = CountUpTo(inserts, row) - 1;
        return place >= 0 && row < inserts[place].First + inserts[place].Count && !view.Sees(inserts[place].Stamp, inserts[place].Command);
    }

    /// <summary>Who inserted a row; null where that is long ago.</summary>
    public TransactionStamp? InsertStampOf(int row)
    {
        ReadOnlySpan<InsertRange> inserts = Inserts;
        int place = CountUpTo(inserts, row) - 1;
        return place >= 0 && row < inserts[place].First + inserts[place].Count ? inserts[place].Stamp : null;
    }

    // How many ranges begin at the row or before. A reader may see them torn: then it gives any number that there are.
    private static int CountUpTo(ReadOnlySpan<InsertRange> inserts, int row)
    {
        int low = 0;
        int high = inserts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (inserts[middle].First <= row)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }
        return low;
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
        Kinds |= HasInserts;
        // Mostly behind all others.
        int place = InsertCount == 0 || _inserts[InsertCount - 1].First < first ? InsertCount : CountUpTo(Inserts, first);
        if (place > 0)
        {
            ref InsertRange before = ref _inserts[place - 1];
            if (ReferenceEquals(before.Stamp, stamp) && before.Command == command && before.First + before.Count == first)
            {
                before.Count += (short)count;
                return;
            }
        }
        MakeRoom(place);
        _inserts[place] = new InsertRange { Stamp = stamp, Command = command, First = (short)first, Count = (short)count };
    }

    /// <summary>True where one more range would make the array grow, and it may be worth while to <see cref="MergeInserts"/> before.</summary>
    public bool IsFullOfInserts => InsertCount == _inserts.Length && InsertCount >= InsertsMergedMin;

    /// <summary>
    /// Makes one range of neighbours that have committed, where everybody who reads now or later sees both or neither. Room is made where few go, so that it is
    /// not tried for every insert.
    /// </summary>
    /// <param name="visible">What everybody could see when the following was collected: later commits are left alone.</param>
    /// <param name="active">Of <see cref="ReadTimestamps.CollectActive"/>.</param>
    public void MergeInserts(long visible, List<long> active)
    {
        InsertSteps += InsertCount;
        int last = 0;
        long lastValue = _inserts[0].Stamp!.Value;
        for (int i = 1; i < InsertCount; i++)
        {
            InsertRange range = _inserts[i];
            ref InsertRange before = ref _inserts[last];
            long value = range.Stamp!.Value;
            if (value <= visible && lastValue <= visible && before.First + before.Count == range.First
                && !ReadTimestamps.IsReadBetween(active, Math.Min(lastValue, value), Math.Max(lastValue, value)))
            {
                before.Count += range.Count;
                if (value > lastValue)
                {
                    (before.Stamp, before.Command, lastValue) = (range.Stamp, range.Command, value);
                }
            }
            else
            {
                _inserts[++last] = range;
                lastValue = value;
            }
        }
        CutInsertsTo(last + 1);
        if (InsertCount > _inserts.Length / 2)
        {
            Array.Resize(ref _inserts, _inserts.Length * 2);
        }
    }

    /// <summary>Forgets who inserted rows: rolled back, or seen by all.</summary>
    public void RemoveInserts(int first, int count)
    {
        int end = first + count;
        int from = CountUpTo(Inserts, first - 1);   // the first range that begins there or behind
        if (from > 0 && _inserts[from - 1] is var before && before.First + before.Count > first)
        {
            _inserts[from - 1].Count = (short)(first - before.First);
            if (before.First + before.Count > end)
            {
                MakeRoom(from);
                _inserts[from] = From(before, end);
                return;
            }
        }
        int to = CountUpTo(Inserts, end - 1);
        InsertSteps += InsertCount - from;
        if (to > from && _inserts[to - 1] is var last && last.First + last.Count > end)
        {
            _inserts[--to] = From(last, end);
        }
        Inserts[to..].CopyTo(_inserts.AsSpan(from));
        CutInsertsTo(InsertCount - (to - from));
    }

    /// <summary>Forgets the inserts that everyone from the horizon on sees.</summary>
    public void RemoveInsertsUpTo(long horizon)
    {
        int kept = 0;
        for (int i = 0; i < InsertCount; i++)
        {
            InsertSteps++;
            if (_inserts[i].Stamp!.Value > horizon)
            {
                _inserts[kept++] = _inserts[i];
            }
        }
        CutInsertsTo(kept);
    }

    /// <summary>Bytes that were reserved so far.</summary>
    public long ReservedSize { get; private set; }

    /// <summary>Bytes that <see cref="Reserve"/> will allocate for this many more records.</summary>
    public int SizeOfReserve(int count)
    {
        int size = NeedsRoomForAllRows(count) ? RowSlice.Capacity * sizeof(int) : 0;
        return _records.Length - RecordCount >= count ? size : size + (GrowthFor(count) * Unsafe.SizeOf<UndoRecord>());
    }

    /// <summary>Room for this many more records, so that linking them cannot fail.</summary>
    public void Reserve(int count)
    {
        ReservedSize += SizeOfReserve(count);
        if (NeedsRoomForAllRows(count))
        {
            MakeRoomForAllRows();
        }
        if (_records.Length - RecordCount < count)
        {
            Array.Resize(ref _records, _records.Length + GrowthFor(count));
        }
    }

    private bool NeedsRoomForAllRows(int count) => _heads is null && _fewCount + count > FewMax;

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
        int head = HeadOf(row);
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
        Kinds |= BitOf(column);
        SetHead(row, link);
        return depth;
    }

    /// <summary>
    /// Puts a record below one of the row's chain, as of the same command, and gives its link. Room is reserved. For a store
    /// that nobody reads yet.
    /// </summary>
    public int LinkBelow(int row, int newer, int column, in RawValue oldValue, bool wasNull)
    {
        UndoRecord above = _records[newer - 1];
        int head = HeadOf(row);
        Link(row, column, oldValue, wasNull, above.Stamp!, above.Command);
        int link = HeadOf(row);
        SetHead(row, head);
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
            Debug.Assert(HeadOf(row) == link);
            SetHead(row, record.Older);
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
            Kinds &= HasInserts;
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

    /// <summary>After older versions have gone: running transactions' changes, on top, cannot rely on their keys any more.</summary>
    public void AskOlder(int row)
    {
        for (int link = HeadOf(row); link != 0 && !_records[link - 1].Stamp!.IsCommitted; link = _records[link - 1].Older)
        {
            _records[link - 1].NewKeys |= UndoRecord.AsksOlder;
        }
    }

    /// <summary>Numbers a row's chain anew after some of it was taken out.</summary>
    public void CountDepths(int row)
    {
        int depth = -1;
        for (int link = HeadOf(row); link != 0; link = _records[link - 1].Older)
        {
            depth++;
        }
        for (int link = HeadOf(row); link != 0; link = _records[link - 1].Older)
        {
            _records[link - 1].Depth = depth--;
        }
    }

    /// <summary>True where an empty one may be used again for another slice; large arrays are not kept.</summary>
    public bool IsWorthKeeping => _records.Length <= 256 && _inserts.Length <= 64;

    /// <summary>True where many may be kept.</summary>
    public bool IsSmall => _heads is null && _records.Length <= 32 && _inserts.Length <= 8;

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
            clone._records[i].NewKeys = UndoRecord.AsksOlder;   // the indexes of who takes it may be others
        }
        return clone;
    }

    // The end of a range, from a row on.
    private static InsertRange From(InsertRange range, int first)
    {
        range.Count -= (short)(first - range.First);
        range.First = (short)first;
        return range;
    }

    private void MakeRoom(int place)
    {
        InsertSteps += InsertCount - place;
        if (InsertCount == _inserts.Length)
        {
            Array.Resize(ref _inserts, InsertCount * 2);
        }
        _inserts.AsSpan(place, InsertCount - place).CopyTo(_inserts.AsSpan(place + 1));
        InsertCount++;
    }

    private void CutInsertsTo(int count)
    {
        _inserts.AsSpan(count, InsertCount - count).Clear();
        InsertCount = count;
        if (count == 0)
        {
            Kinds &= ~HasInserts;
        }
    }
}
