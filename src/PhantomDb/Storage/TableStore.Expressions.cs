using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Index expressions of rows that were there before the index: computed for the newest values and for every version that is
/// kept, since who reads at an older timestamp may use the index too. They become columns with undo records, like those that
/// come with later changes. The store is still its maker's alone.
/// A version that only older snapshots see may fail (10 / v, where v was 0 before): it gets NULL, and who would see it may not
/// read that expression (<see cref="EnsureComplete"/>).
/// </summary>
internal sealed partial class TableStore
{
    /// <summary>Where a computed value belongs: into the slice, or into an undo record below one of the row's chain.</summary>
    private readonly record struct ExpressionTarget(int Row, int Below);

    // Expressions that could not be computed for some older versions, and who superseded those; null where there are none.
    private HashSet<(int Number, TransactionStamp Stamp)>? _expressionsSince;

    /// <summary>True while some snapshot may see versions without values of index expressions.</summary>
    public bool HasIncompleteExpressions => _expressionsSince is not null && _hot.VersionedSliceCount > 0;

    /// <summary>40001 where a view sees versions without values of an index expression among some columns; a newer snapshot sees none.</summary>
    public void EnsureComplete(ReadOnlySpan<int> columns, in ReadView view)
    {
        if (!HasIncompleteExpressions)
        {
            return;
        }
        foreach ((int number, TransactionStamp stamp) in _expressionsSince!)
        {
            if (columns.Contains(number) && !view.Sees(stamp, int.MinValue))
            {
                throw Error.IndexIsNewer(Definition.Indexes.FirstOrDefault(index => index.Numbers.Contains(number))?.Name ?? Definition.Name);
            }
        }
    }

    private void ComputeExpressions(IIndexExpressionSource source)
    {
        PhysicalType[] types = [.. source.Columns.Select(number => _types[number])];
        var rows = new DataChunk(types);
        var row = new RowBuffer(source.Columns);
        var values = new RowBuffer(source.Numbers);
        var targets = new List<ExpressionTarget>();
        for (int i = 0; i < _sliceCount; i++)
        {
            RowSlice slice = _slices[i];
            RowBuffer.Clear(rows);
            for (int offset = 0; offset < slice.RowCount; offset++)
            {
                bool hasVersions = slice.Versions is not null && slice.Versions.HeadOf(offset) != 0;
                if (!slice.IsLive(offset) && !hasVersions)
                {
                    continue;   // a free slot: what stands there is nobody's, and may not even be computable
                }
                ReadNewest(slice, offset, row);
                Collect(new ExpressionTarget(offset, 0));
                if (hasVersions)
                {
                    CollectVersions(slice, offset, row, Collect);
                }
            }
            Flush();

            void Collect(ExpressionTarget target)
            {
                row.AppendTo(rows);
                targets.Add(target);
                if (rows.Count == DataChunk.Capacity)
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
                        Vector[] computed = source.Compute(rows);
                        for (int place = 0; place < targets.Count; place++)
                        {
                            Store(slice, computed, place, targets[place], values);
                        }
                    }
                    catch (PhantomDbException failure) when (IsOfValues(failure) && targets.Exists(target => IsOld(slice, target)))
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
                    Vector[]? computed = null;
                    try
                    {
                        computed = source.Compute(rows);
                    }
                    catch (PhantomDbException failure) when (IsOfValues(failure) && IsOld(slice, targets[place]))
                    {
                        ExpressionTarget target = targets[place];
                        int newer = target.Below != 0 ? target.Below : slice.Versions!.HeadOf(target.Row);
                        _expressionsSince ??= [];
                        foreach (int number in values.Columns)
                        {
                            _expressionsSince.Add((number, slice.Versions!.At(newer).Stamp!));
                        }
                    }
                    Store(slice, computed, place, targets[place], values);
                }
                rows.Selection = null;
            }
        }
    }

    private static bool IsOfValues(PhantomDbException failure) => failure.SqlState.StartsWith("22", StringComparison.Ordinal);

    // The table's maker has it for itself: what is not the newest state now, only snapshots from before that see.
    private static bool IsOld(RowSlice slice, ExpressionTarget target) => target.Below != 0 || !slice.IsLive(target.Row);

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
    private static void CollectVersions(RowSlice slice, int offset, RowBuffer row, Action<ExpressionTarget> collect)
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
                collect(new ExpressionTarget(offset, link));
                isChanged = false;
            }
        }
    }

    private void Reserve(RowSlice slice, List<ExpressionTarget> targets, RowBuffer values)
    {
        int undoCount = targets.Count(target => target.Below != 0) * values.Count;
        if (undoCount > 0)
        {
            _account?.Charge(slice.Versions!.SizeOfReserve(undoCount));
            slice.Versions!.Reserve(undoCount);
        }
    }

    // NULL where nothing could be computed.
    private void Store(RowSlice slice, Vector[]? computed, int position, ExpressionTarget target, RowBuffer values)
    {
        int below = target.Below;
        for (int place = 0; place < values.Count; place++)
        {
            RawValue value = default;
            bool isNull = true;
            ColumnSlice column = slice.Columns[values.Columns[place]]!;
            if (computed is not null)
            {
                values.SetFrom(place, computed[place], position);
                value = values.Raw(place);
                isNull = values.IsNull(place);
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
                below = slice.Versions!.LinkBelow(target.Row, below, values.Columns[place], value, isNull);
            }
        }
    }
}
