using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Execution.Operators;

/// <summary>
/// Finds the frame of each row: the places from Start up to, but without, End, less what is excluded. One call's, asked for
/// places in order, partition by partition.
/// </summary>
internal sealed class WindowFrames
{
    private readonly WindowFrame _frame;
    private readonly WindowRows _rows;
    private readonly long _startOffset;
    private readonly long _endOffset;
    private readonly RangeSearch? _startRange;
    private readonly RangeSearch? _endRange;
    private int _partitionStart;
    private int _partitionEnd;

    public WindowFrames(WindowCallColumns call, WindowRows rows, ExecutionContext context)
    {
        _frame = call.Call.Frame;
        _rows = rows;
        _startOffset = OffsetOf(_frame.Start, "starting", context);
        _endOffset = OffsetOf(_frame.End, "ending", context);
        _startRange = call.Start is null ? null : RangeSearch.Create(call.Start, rows);
        _endRange = call.End is null ? null : RangeSearch.Create(call.End, rows);
    }

    /// <summary>The frame's first place only ever is the partition's, and nothing is taken out.</summary>
    public bool IsRunning => _frame.Start.Kind == WindowFrameBoundKind.UnboundedPreceding && _frame.Exclusion == WindowFrameExclusion.NoOthers;

    public bool Excludes => _frame.Exclusion != WindowFrameExclusion.NoOthers;

    public void BeginPartition(int start, int end)
    {
        _partitionStart = start;
        _partitionEnd = end;
        _startRange?.BeginPartition(start, end);
        _endRange?.BeginPartition(start, end);
    }

    /// <summary>The frame of a place, exclusions apart; empty where End is not above Start.</summary>
    public (int Start, int End) Of(int place)
    {
        int start = _frame.Start.Kind == WindowFrameBoundKind.UnboundedPreceding ? _partitionStart : StartOf(place);
        int end = _frame.End.Kind == WindowFrameBoundKind.UnboundedFollowing ? _partitionEnd : EndOf(place);
        return (start, Math.Max(start, end));
    }

    /// <summary>The frame in up to three runs, exclusions taken out; gives their number.</summary>
    public int RunsOf(int place, Span<(int Start, int End)> runs)
    {
        (int start, int end) = Of(place);
        int count = 0;
        if (!Excludes)
        {
            Add(start, end, runs, ref count);
            return count;
        }
        (int firstOut, int lastOut) = _frame.Exclusion == WindowFrameExclusion.CurrentRow ? (place, place + 1) : PeersOf(place);
        Add(start, Math.Min(end, firstOut), runs, ref count);
        if (_frame.Exclusion == WindowFrameExclusion.Ties)
        {
            Add(Math.Max(start, place), Math.Min(end, place + 1), runs, ref count);
        }
        Add(Math.Max(start, lastOut), end, runs, ref count);
        return count;
    }

    private static void Add(int start, int end, Span<(int Start, int End)> runs, ref int count)
    {
        if (start < end)
        {
            runs[count++] = (start, end);
        }
    }

    private int StartOf(int place)
    {
        WindowFrameBoundKind kind = _frame.Start.Kind;
        switch (_frame.Unit)
        {
            case WindowFrameUnit.Rows:
                return kind == WindowFrameBoundKind.CurrentRow ? place : Clamp(kind == WindowFrameBoundKind.Preceding ? place - _startOffset : place + _startOffset);
            case WindowFrameUnit.Groups when kind != WindowFrameBoundKind.CurrentRow:
                return GroupStart(place, kind == WindowFrameBoundKind.Preceding ? -_startOffset : _startOffset);
            case WindowFrameUnit.Range when kind != WindowFrameBoundKind.CurrentRow:
                return _startRange!.First(place) ?? PeersOf(place).Start;
            default:
                return PeersOf(place).Start;
        }
    }

    private int EndOf(int place)
    {
        WindowFrameBoundKind kind = _frame.End.Kind;
        switch (_frame.Unit)
        {
            case WindowFrameUnit.Rows:
                return kind == WindowFrameBoundKind.CurrentRow ? place + 1 : Clamp((kind == WindowFrameBoundKind.Preceding ? place - _endOffset : place + _endOffset) + 1);
            case WindowFrameUnit.Groups when kind != WindowFrameBoundKind.CurrentRow:
                return GroupStart(place, (kind == WindowFrameBoundKind.Preceding ? -_endOffset : _endOffset) + 1);
            case WindowFrameUnit.Range when kind != WindowFrameBoundKind.CurrentRow:
                return _endRange!.End(place) ?? PeersOf(place).End;
            default:
                return PeersOf(place).End;
        }
    }

    private int Clamp(long place) => (int)Math.Clamp(place, _partitionStart, _partitionEnd);

    private (int Start, int End) PeersOf(int place)
    {
        int group = _rows.PeerGroups[place];
        return (_rows.PeerStarts[group], _rows.PeerStarts[group + 1]);
    }

    private int GroupStart(int place, long distance)
    {
        long group = _rows.PeerGroups[place] + distance;
        return group < 0 ? _partitionStart : group >= _rows.PeerStarts.Count ? _partitionEnd : Clamp(_rows.PeerStarts[(int)group]);
    }

    /// <summary>Rows or groups; in RANGE the offset is in the limit already, and only its sign is looked at.</summary>
    private static long OffsetOf(WindowFrameBound bound, string which, ExecutionContext context)
    {
        if (bound.Offset is null)
        {
            return 0;
        }
        object? value = ExpressionEvaluator.EvaluateConstant(bound.Offset, context.Evaluation);
        if (value is null)
        {
            throw new PhantomDbException("22004", $"frame {which} offset must not be null");
        }
        bool isNegative = value switch
        {
            short number => number < 0,
            int number => number < 0,
            long number => number < 0,
            Int128 number => number < 0,
            double number => number < 0 || double.IsNaN(number),
            Numeric number => number.IsNegative || number.IsNaN,
            Interval interval => interval.Total < 0,
            _ => throw new UnreachableException(value.GetType().Name),
        };
        if (isNegative)
        {
            throw bound.Key is null
                ? new PhantomDbException("22013", $"frame {which} offset must not be negative")
                : new PhantomDbException("22013", "invalid preceding or following size in window function");
        }
        if (value is double.PositiveInfinity or Numeric { IsFinite: false })
        {
            throw Error.NotSupported("an infinite offset of RANGE");
        }
        return bound.Key is null ? Math.Min((long)value, int.MaxValue) : 0;
    }
}

/// <summary>Finds, among the order keys of a partition, those within a row's limit. NULL keys are never within one.</summary>
internal abstract class RangeSearch
{
    private readonly WindowRows _rows;
    private readonly SortColumn _order;
    private int _start;   // the places of keys that are not NULL
    private int _end;

    private RangeSearch(WindowRows rows)
    {
        _rows = rows;
        _order = rows.OrderColumns[0];
    }

    public static RangeSearch Create(RangeColumns columns, WindowRows rows) => rows.Kept.Types[columns.Key] switch
    {
        PhysicalType.Int16 => new Typed<short, IntegerOrder<short>>(columns, rows),
        PhysicalType.Int32 => new Typed<int, IntegerOrder<int>>(columns, rows),
        PhysicalType.Int64 => new Typed<long, IntegerOrder<long>>(columns, rows),
        PhysicalType.Int128 => new Typed<Int128, IntegerOrder<Int128>>(columns, rows),
        PhysicalType.Real => new Typed<float, FloatOrder<float>>(columns, rows),
        PhysicalType.Double => new Typed<double, FloatOrder<double>>(columns, rows),
        PhysicalType.Numeric => new Typed<Numeric, NumericOrder>(columns, rows),
        PhysicalType.Interval => new Typed<Interval, IntervalOrder>(columns, rows),
        _ => throw new UnreachableException(),
    };

    public void BeginPartition(int start, int end)
    {
        _start = start;
        _end = end;
        BufferColumn key = _rows.Kept.Column(_order.Column);
        if (key.HasNulls && _order.NullsFirst)
        {
            _start = Search(start, end, place => !key.IsValid(_rows.Order[place]));
        }
        else if (key.HasNulls)
        {
            _end = Search(start, end, place => key.IsValid(_rows.Order[place]));
        }
    }

    /// <summary>The first place whose key is not before the row's limit; null for a row without a key.</summary>
    public int? First(int place) => place < _start || place >= _end ? null
        : Search(_start, _end, other => Compare(_rows.Order[other], _rows.Order[place]) * (_order.IsDescending ? -1 : 1) < 0);

    /// <summary>The place behind the last key that is not behind the row's limit; null for a row without a key.</summary>
    public int? End(int place) => place < _start || place >= _end ? null
        : Search(_start, _end, other => Compare(_rows.Order[other], _rows.Order[place]) * (_order.IsDescending ? -1 : 1) <= 0);

    /// <summary>Order of a row's key and another's limit.</summary>
    private protected abstract int Compare(int keyRow, int limitRow);

    /// <summary>The first place for which the condition, true for the places before some place, is false.</summary>
    private static int Search(int low, int high, Func<int, bool> isBefore)
    {
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (isBefore(middle))
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

    private sealed class Typed<T, TOrder>(RangeColumns columns, WindowRows rows) : RangeSearch(rows)
        where T : unmanaged
        where TOrder : struct, IValueOrder<T>
    {
        private readonly BufferColumn<T> _keys = rows.Kept.Column<T>(columns.Key);
        private readonly BufferColumn<T> _limits = rows.Kept.Column<T>(columns.Limit);

        private protected override int Compare(int keyRow, int limitRow)
        {
            ref T key = ref _keys.At(keyRow);
            ref T limit = ref _limits.At(limitRow);
            return TOrder.IsLess(in key, in limit) ? -1 : TOrder.IsEqual(in key, in limit) ? 0 : 1;
        }
    }
}
