using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Computes one window call for all rows. Functions that number rows write their values; those that take another row's value
/// give that row's number; aggregates are <see cref="WindowAggregate"/>'s.
/// </summary>
internal static class WindowComputation
{
    public static WindowResult Compute(WindowCallColumns call, WindowRows rows, ExecutionContext context)
    {
        switch (call.Call.Kind)
        {
            case WindowFunctionKind.Aggregate:
                return new WindowAggregate(call, rows, context).Compute();
            case WindowFunctionKind.RowNumber:
                return Number(rows, context, static (rows, start, _, place) => place - start + 1);
            case WindowFunctionKind.Rank:
                return Number(rows, context, static (rows, start, _, place) => rows.PeerStarts[rows.PeerGroups[place]] - start + 1);
            case WindowFunctionKind.DenseRank:
                return Number(rows, context, static (rows, start, _, place) => rows.PeerGroups[place] - rows.PeerGroups[start] + 1);
            case WindowFunctionKind.PercentRank:
                return Share(rows, context, static (rows, start, end, place) =>
                    end - start == 1 ? 0 : (double)(rows.PeerStarts[rows.PeerGroups[place]] - start) / (end - start - 1));
            case WindowFunctionKind.CumeDist:
                return Share(rows, context, static (rows, start, end, place) =>
                    (double)(rows.PeerStarts[rows.PeerGroups[place] + 1] - start) / (end - start));
            case WindowFunctionKind.Ntile:
                return Tile(call, rows, context);
            case WindowFunctionKind.Lag or WindowFunctionKind.Lead:
                return Shift(call, rows, context);
            case WindowFunctionKind.FirstValue or WindowFunctionKind.LastValue or WindowFunctionKind.NthValue:
                return FrameRow(call, rows, context);
            default:
                throw new UnreachableException();
        }
    }

    private delegate T PlaceFunction<out T>(WindowRows rows, int partitionStart, int partitionEnd, int place);

    private static WindowResult Number(WindowRows rows, ExecutionContext context, PlaceFunction<int> function) =>
        Write<long>(PhysicalType.Int64, rows, context, (rows, start, end, place) => function(rows, start, end, place));

    private static WindowResult Share(WindowRows rows, ExecutionContext context, PlaceFunction<double> function) =>
        Write(PhysicalType.Double, rows, context, function);

    private static WindowResult Write<T>(PhysicalType type, WindowRows rows, ExecutionContext context, PlaceFunction<T> function)
        where T : unmanaged
    {
        var values = new ColumnarBuffer([type], context.Memory);
        var vector = new Vector(type, context.Memory);
        int partition = 0;
        for (int first = 0; first < rows.Count; first += DataChunk.Capacity)
        {
            context.ThrowIfCancelled();
            int count = Math.Min(DataChunk.Capacity, rows.Count - first);
            Span<T> target = vector.Write<T>();
            for (int i = 0; i < count; i++)
            {
                while (first + i >= rows.PartitionStarts[partition + 1])
                {
                    partition++;
                }
                target[i] = function(rows, rows.PartitionStarts[partition], rows.PartitionStarts[partition + 1], first + i);
            }
            values.Append([vector], null, count);
        }
        return new WindowResult(values, 0, null);
    }

    /// <summary>ntile: a partition's first row says into how many parts it is cut; the first ones are one row longer where it does not divide.</summary>
    private static WindowResult Tile(WindowCallColumns call, WindowRows rows, ExecutionContext context)
    {
        BufferColumn<int> counts = rows.Kept.Column<int>(call.Arguments[0]);
        int[] tiles = new int[rows.PartitionStarts.Count];
        for (int partition = 0; partition < rows.PartitionStarts.Count - 1; partition++)
        {
            int row = rows.Order[rows.PartitionStarts[partition]];
            tiles[partition] = !counts.IsValid(row) ? 0 : counts.At(row) > 0 ? counts.At(row)
                : throw new PhantomDbException("22014", "argument of ntile must be greater than zero");
        }
        int at = 0;
        WindowResult written = Write<int>(PhysicalType.Int32, rows, context, (_, start, end, place) =>
        {
            while (rows.PartitionStarts[at] < start)
            {
                at++;
            }
            int tileCount = Math.Max(tiles[at], 1);
            int size = (end - start) / tileCount;
            int longer = (end - start) % tileCount;
            int index = place - start;
            return index < longer * (size + 1) ? (index / (size + 1)) + 1 : longer + ((index - (longer * (size + 1))) / size) + 1;
        });
        if (!tiles.AsSpan(0, Math.Max(tiles.Length - 1, 0)).Contains(0))
        {
            return written;
        }
        return WithIndex(rows, context, written.Values, 0, (partition, _, _, place) => tiles[partition] == 0 ? -1 : place);
    }

    private static WindowResult Shift(WindowCallColumns call, WindowRows rows, ExecutionContext context)
    {
        int direction = call.Call.Kind == WindowFunctionKind.Lag ? -1 : 1;
        BufferColumn<int>? offsets = call.Arguments.Length > 1 ? rows.Kept.Column<int>(call.Arguments[1]) : null;
        return WithIndex(rows, context, rows.Kept, call.Arguments[0], (_, start, end, place) =>
        {
            int row = rows.Order[place];
            if (offsets is not null && !offsets.IsValid(row))
            {
                return -1;
            }
            long other = place + (direction * (long)(offsets?.At(row) ?? 1));
            return other >= start && other < end ? rows.Order[(int)other] : -1;
        });
    }

    /// <summary>first_value, last_value, nth_value: the row at a place of the frame.</summary>
    private static WindowResult FrameRow(WindowCallColumns call, WindowRows rows, ExecutionContext context)
    {
        var frames = new WindowFrames(call, rows, context);
        WindowFunctionKind kind = call.Call.Kind;
        BufferColumn<int>? numbers = kind == WindowFunctionKind.NthValue ? rows.Kept.Column<int>(call.Arguments[1]) : null;
        int begun = -1;
        return WithIndex(rows, context, rows.Kept, call.Arguments[0], (partition, start, end, place) =>
        {
            if (begun != partition)
            {
                frames.BeginPartition(start, end);
                begun = partition;
            }
            Span<(int Start, int End)> runs = stackalloc (int, int)[3];
            int runCount = frames.RunsOf(place, runs);
            int row = rows.Order[place];
            if (numbers is not null && !numbers.IsValid(row))
            {
                return -1;
            }
            if (kind == WindowFunctionKind.LastValue)
            {
                return runCount == 0 ? -1 : rows.Order[runs[runCount - 1].End - 1];
            }
            int number = numbers?.At(row) ?? 1;
            if (number <= 0)
            {
                throw new PhantomDbException("22016", "argument of nth_value must be greater than zero");
            }
            foreach ((int runStart, int runEnd) in runs[..runCount])
            {
                if (number <= runEnd - runStart)
                {
                    return rows.Order[runStart + number - 1];
                }
                number -= runEnd - runStart;
            }
            return -1;
        });
    }

    /// <summary>A result that refers to rows of a buffer by number.</summary>
    private static WindowResult WithIndex(
        WindowRows rows, ExecutionContext context, ColumnarBuffer values, int column, Func<int, int, int, int, int> rowOf)
    {
        context.Memory.Charge((long)rows.Count * sizeof(int));
        int[] index = new int[rows.Count];
        for (int partition = 0; partition < rows.PartitionStarts.Count - 1; partition++)
        {
            int start = rows.PartitionStarts[partition];
            int end = rows.PartitionStarts[partition + 1];
            for (int place = start; place < end; place++)
            {
                if (place % DataChunk.Capacity == 0)
                {
                    context.ThrowIfCancelled();
                }
                index[place] = rowOf(partition, start, end, place);
            }
        }
        return new WindowResult(values, column, index);
    }
}
