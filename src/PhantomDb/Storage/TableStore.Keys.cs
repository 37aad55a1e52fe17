using PhantomDb.Storage.Indexes;

namespace PhantomDb.Storage;

/// <summary>
/// Who has a key of a unique index in the newest state. Under the latch. A key that was given up and taken again and again has
/// an entry of every row that had it, until these are cleaned up: what need not be looked at twice is noted
/// (<see cref="VacatedKeys"/>).
/// </summary>
internal sealed partial class TableStore
{
    /// <summary>Entries that were looked at to find who has a key. For tests of how that cost grows.</summary>
    internal long EntrySteps { get; private set; }

    // Neighbouring entries of a key that nobody has or sees any more, as they are walked along.
    private struct VacatedWalk
    {
        public TransactionStamp? Stamp;   // null where the last entry ended what was there
        public long FirstRowId;
        public long LastRowId;
        public int Command;
        public int NewCount;              // not in the run that was known

        public void Add(TransactionStamp stamp, long firstRowId, long lastRowId, int command)
        {
            if (!ReferenceEquals(Stamp, stamp))
            {
                (Stamp, FirstRowId, Command) = (stamp, firstRowId, command);
            }
            LastRowId = lastRowId;
            Command = Math.Max(Command, command);
        }
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
        VacatedRun? vacated = index.Vacated?.Find(key.Key);
        VacatedWalk walk = default;
        bool isFound = false;
        do
        {
            EntrySteps++;
            if (vacated?.Covers(rowId) == true)
            {
                walk.Add(vacated.Stamp, vacated.FirstRowId, vacated.LastRowId, vacated.Command);
                rowId = vacated.LastRowId;
            }
            else
            {
                bool isOther = rowId != exceptRowId;
                isFound = isOther && (stamp is null ? HasLatestKey(index, key, rowId) : MayHaveKey(index, key, rowId, stamp, out blocker));
                if (!isFound)
                {
                    Extend(ref walk, rowId, mayBeVacated: isOther);
                }
            }
        }
        while (!isFound && index.Tree.Find(key.Key, new Span<long>(ref rowId), rowId) != 0);
        if (walk.NewCount >= VacatedRun.LengthMin)
        {
            index.Vacated!.Set(key.Key, new VacatedRun(walk.FirstRowId, walk.LastRowId, walk.Stamp!, walk.Command), index.Tree.Count);
        }
        return isFound;
    }

    // A row that does not have the key in the newest state. Where one transaction has inserted it and made its newest version, nobody
    // else sees that it had the key.
    private void Extend(ref VacatedWalk walk, long rowId, bool mayBeVacated)
    {
        RowSlice slice = _slices[SliceOf(rowId)];
        int row = OffsetOf(rowId);
        if (mayBeVacated && slice.Versions is { } versions && versions.HeadOf(row) is > 0 and int head
            && versions.At(head).Stamp is { } stamp && ReferenceEquals(versions.InsertStampOf(row), stamp))
        {
            if (!ReferenceEquals(walk.Stamp, stamp))
            {
                walk.NewCount = 0;
            }
            walk.Add(stamp, rowId, rowId, versions.At(head).Command);
            walk.NewCount++;
        }
        else
        {
            walk = default;
        }
    }

    // An undone change has brought back a row's keys.
    private void CutVacated(RowSlice slice, int row, long rowId)
    {
        foreach (TableIndex index in Indexes)
        {
            if (index.Vacated is { IsEmpty: false } vacated && index.Contains(slice, row, null))
            {
                index.Encode(index.Writer, slice, row, null);
                vacated.Cut(index.Writer.Key, rowId);
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
}
