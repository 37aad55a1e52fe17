using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Columns of rows that are there before the column: index expressions, and what ALTER TABLE adds or gives another type. Computed for the newest values and for every version that is
/// kept, since who reads at an older timestamp sees the column too. Older values become undo records, like those that
/// come with later changes. The store is still its maker's alone.
/// A version that only older snapshots see may fail (10 / v, where v was 0 before), or not be told (random()): it gets NULL, and who would see it may not
/// read that column (<see cref="EnsureComplete"/>).
/// </summary>
internal sealed partial class TableStore
{
    private const int WholeTable = -1;

    /// <summary>Where a computed value belongs: into the slice, or into an undo record below one of the row's chain.</summary>
    private readonly record struct ComputedTarget(int Row, int Below);

    // Columns that must not be read by whoever does not see a transaction; null where there are none.
    private HashSet<(int Number, TransactionStamp Stamp)>? _unreadable;

    /// <summary>True while some snapshot may be too old for some column.</summary>
    public bool HasUnreadable => _unreadable is not null;

    /// <summary>40001 where a view is too old to read some columns, or any: a newer snapshot is not.</summary>
    public void EnsureComplete(ReadOnlySpan<int> columns, in ReadView view)
    {
        if (_unreadable is not { } unreadable)
        {
            return;
        }
        foreach ((int number, TransactionStamp stamp) in unreadable)
        {
            if ((number == WholeTable || columns.Contains(number)) && !view.Sees(stamp, int.MinValue))
            {
                throw Definition.IndexOfNumber(number) < 0 && Definition.Indexes.FirstOrDefault(index => index.Numbers.Contains(number)) is { } index
                    ? Error.IndexIsNewer(index.Name)
                    : Error.TableIsNewer(Definition.Name);
            }
        }
        if (StillUnreadable() is null)
        {
            _unreadable = null;   // all older snapshots have gone
        }
    }

    /// <summary>
    /// This table, empty, stands for one with rows from now on (TRUNCATE): who does not see the transaction that does that may not read it.
    /// </summary>
    internal void StandFor(TableStore truncated, TransactionStamp maker)
    {
        _unreadable = truncated.StillUnreadable();
        if (truncated.RowCount > 0 || truncated._hot.VersionedSliceCount > 0)
        {
            MakeUnreadable(WholeTable, maker);
        }
    }

    private void MakeUnreadable(int number, TransactionStamp stamp) => (_unreadable ??= []).Add((number, stamp));

    private HashSet<(int Number, TransactionStamp Stamp)>? StillUnreadable()
    {
        if (_unreadable is not { } unreadable)   // read once: another reader may find that it is over
        {
            return null;
        }
        long horizon = _timestamps.Horizon();
        HashSet<(int Number, TransactionStamp Stamp)> still = [.. unreadable.Where(known => known.Stamp.Value > horizon)];
        return still.Count == 0 ? null : still;
    }

    // NULLs of older versions in columns that are NOT NULL by now: who would see them may not read the column, as its plan knows of none.
    private void NoteOldNulls(TableDefinition before)
    {
        foreach (ColumnDefinition column in Definition.Columns.Where(column => column.IsNotNull))
        {
            int place = before.IndexOfNumber(column.Number);
            for (int i = 0; i < _sliceCount && place >= 0 && !(before.Columns[place].IsNotNull && before.Columns[place].Type == column.Type); i++)
            {
                RowSlice slice = _slices[i];
                for (int row = 0; row < slice.RowCount && slice.Versions is { RecordCount: > 0 }; row++)
                {
                    NoteOldNulls(slice, row, column.Number);
                }
            }
        }
    }

    private void NoteOldNulls(RowSlice slice, int row, int number)
    {
        SliceVersions versions = slice.Versions!;
        int head = versions.HeadOf(row);
        if (head != 0 && !slice.IsLive(row))
        {
            slice.Columns[number]!.TryRead(row, out _, out bool isNull);
            if (isNull)
            {
                MakeUnreadable(number, versions.At(head).Stamp!);
            }
        }
        for (int link = head; link != 0; link = versions.At(link).Older)
        {
            if (versions.At(link) is { WasNull: true } record && record.Column == number)
            {
                MakeUnreadable(number, record.Stamp!);
            }
        }
    }

    private void Compute(IColumnSource source, TableStore before, Action? throwIfStopped)
    {
        var rows = new DataChunk([.. source.Columns.Select(number => before._types[number])]);
        var row = new RowBuffer(source.Columns);
        var values = new RowBuffer(source.Numbers);
        bool[] isKnownBefore = [.. source.Numbers.Select(number => Array.IndexOf(before.ColumnNumbers, number) >= 0)];
        var targets = new List<ComputedTarget>();
        bool isNewest = true;
        for (int i = 0; i < _sliceCount; i++)
        {
            throwIfStopped?.Invoke();
            RowSlice slice = _slices[i];
            RowSlice old = before._slices[i];
            RowBuffer.Clear(rows);
            isNewest = true;
            for (int offset = 0; offset < slice.RowCount; offset++)
            {
                if (slice.IsLive(offset))
                {
                    ReadNewest(old, offset, row);
                    Collect(new ComputedTarget(offset, 0));
                }
            }
            Flush();
            isNewest = false;
            for (int offset = 0; offset < slice.RowCount && slice.Versions is { RecordCount: > 0 }; offset++)
            {
                if (slice.Versions.HeadOf(offset) == 0)
                {
                    continue;   // what stands in a free slot is nobody's, and may not even be computable
                }
                ReadNewest(old, offset, row);
                if (!slice.IsLive(offset))
                {
                    Collect(new ComputedTarget(offset, 0));
                }
                CollectVersions(old, offset, row, Collect);
            }
            Flush();

            void Collect(ComputedTarget target)
            {
                row.AppendTo(rows);
                targets.Add(target);
                if (rows.Count == DataChunk.Capacity || targets.Count == DataChunk.Capacity)
                {
                    Flush();
                }
            }

            void Flush()
            {
                if (targets.Count > 0)
                {
                    rows.Count = targets.Count;   // a table may have no column that the expressions read
                    Reserve(slice, targets, values);
                    try
                    {
                        Vector?[] computed = source.Compute(rows, isNewest);
                        for (int place = 0; place < targets.Count; place++)
                        {
                            Store(slice, computed, place, targets[place], values, isKnownBefore);
                        }
                    }
                    catch (PhantomDbException failure) when (!isNewest && IsOfValues(failure))
                    {
                        StoreOneByOne(slice);
                    }
                    RowBuffer.Clear(rows);
                    targets.Clear();
                }
            }

            void StoreOneByOne(RowSlice slice)
            {
                for (int place = 0; place < targets.Count; place++)
                {
                    rows.Selection = [place];
                    rows.Count = 1;
                    Vector?[]? computed = null;
                    try
                    {
                        computed = source.Compute(rows, isNewest);
                    }
                    catch (PhantomDbException failure) when (IsOfValues(failure))
                    {
                    }
                    Store(slice, computed, place, targets[place], values, isKnownBefore);
                }
                rows.Selection = null;
            }
        }
    }

    private static bool IsOfValues(PhantomDbException failure) => failure.SqlState.StartsWith("22", StringComparison.Ordinal);

    private static void ReadNewest(RowSlice slice, int offset, RowBuffer row)
    {
        for (int i = 0; i < row.Count; i++)
        {
            ColumnSlice column = slice.Columns[row.Columns[i]]!;
            column.TryRead(offset, out RawValue value, out bool isNull);
            row.SetRaw(i, value, isNull, column.Blocks);
        }
    }

    // The state before each command that changed a column which is read; states within a command never were.
    private static void CollectVersions(RowSlice slice, int offset, RowBuffer row, Action<ComputedTarget> collect)
    {
        SliceVersions versions = slice.Versions!;
        bool isChanged = false;
        for (int link = versions.HeadOf(offset); link != 0; link = versions.At(link).Older)
        {
            SliceVersions.UndoRecord record = versions.At(link);
            int place = Array.IndexOf(row.Columns, record.Column);
            if (place >= 0)
            {
                row.SetRaw(place, record.OldValue, record.WasNull, null);
                isChanged = true;
            }
            bool isLastOfCommand = record.Older == 0
                || !ReferenceEquals(versions.At(record.Older).Stamp, record.Stamp) || versions.At(record.Older).Command != record.Command;
            if (isLastOfCommand && isChanged)
            {
                collect(new ComputedTarget(offset, link));
                isChanged = false;
            }
        }
    }

    private void Reserve(RowSlice slice, List<ComputedTarget> targets, RowBuffer values)
    {
        int undoCount = targets.Count(target => target.Below != 0) * values.Count;
        if (undoCount > 0)
        {
            _account?.Charge(slice.Versions!.SizeOfReserve(undoCount));
            slice.Versions!.Reserve(undoCount);
        }
    }

    // NULL where nothing could be computed.
    private void Store(RowSlice slice, Vector?[]? computed, int position, ComputedTarget target, RowBuffer values, bool[] isKnownBefore)
    {
        int below = target.Below;
        for (int place = 0; place < values.Count; place++)
        {
            int number = values.Columns[place];
            RawValue value = default;
            bool isNull = true;
            ColumnSlice column = slice.Columns[number]!;
            if (computed?[place] is { } vector)
            {
                values.SetFrom(place, vector, position);
                value = values.Raw(place);
                isNull = values.IsNull(place);
            }
            else if (computed is not null && target.Below != 0 && !isKnownBefore[place])
            {
                continue;   // a new column has in older versions what it has in the newest
            }
            else
            {
                int newer = target.Below != 0 ? target.Below : slice.Versions!.HeadOf(target.Row);
                MakeUnreadable(number, slice.Versions!.At(newer).Stamp!);
            }
            if (column.Type == PhysicalType.String && !isNull)
            {
                column.Adopt(ref value, values.BlocksOf(place));
            }
            column.WidenBy(ref value, isNull);
            if (target.Below == 0)
            {
                column.Write(target.Row, ref value, isNull);
            }
            else
            {
                below = slice.Versions!.LinkBelow(target.Row, below, number, value, isNull);
            }
        }
    }
}
