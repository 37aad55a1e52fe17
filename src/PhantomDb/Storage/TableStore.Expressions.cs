using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Index expressions of rows that were there before the index: computed for the newest values and for every version that is
/// kept, since who reads at an older timestamp may use the index too. They become columns with undo records, like those that
/// come with later changes. The store is still its maker's alone.
/// </summary>
internal sealed partial class TableStore
{
    /// <summary>Where a computed value belongs: into the slice, or into an undo record below one of the row's chain.</summary>
    private readonly record struct ExpressionTarget(int Row, int Below);

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
                    Store(slice, source.Compute(rows), targets, values);
                    RowBuffer.Clear(rows);
                    targets.Clear();
                }
            }
        }
    }

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

    private void Store(RowSlice slice, Vector[] computed, List<ExpressionTarget> targets, RowBuffer values)
    {
        int undoCount = targets.Count(target => target.Below != 0) * values.Count;
        if (undoCount > 0)
        {
            _account?.Charge(slice.Versions!.SizeOfReserve(undoCount));
            slice.Versions!.Reserve(undoCount);
        }
        for (int i = 0; i < targets.Count; i++)
        {
            ExpressionTarget target = targets[i];
            int below = target.Below;
            for (int place = 0; place < values.Count; place++)
            {
                values.SetFrom(place, computed[place], i);
                ColumnSlice column = slice.Columns[values.Columns[place]]!;
                RawValue value = values.Raw(place);
                bool isNull = values.IsNull(place);
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
}
