using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions.Aggregates;

/// <summary>min and max of every type that has an order.</summary>
internal static class ExtremeAggregates
{
    private static readonly SqlTypeId[] Types =
    [
        SqlTypeId.Int16, SqlTypeId.Int32, SqlTypeId.Int64, SqlTypeId.Numeric, SqlTypeId.Real, SqlTypeId.Double,
        SqlTypeId.Text, SqlTypeId.Char, SqlTypeId.Date, SqlTypeId.Time, SqlTypeId.Timestamp, SqlTypeId.TimestampTz,
        SqlTypeId.Interval, SqlTypeId.Oid,
    ];

    public static void AddTo(List<AggregateFunction> functions)
    {
        foreach (SqlTypeId type in Types)
        {
            functions.Add(new AggregateFunction("min", [type], types => Bind("min", types[0], isMax: false)));
            functions.Add(new AggregateFunction("max", [type], types => Bind("max", types[0], isMax: true)));
        }
    }

    private static BoundAggregate Bind(string name, SqlType type, bool isMax)
    {
        // char(n) keeps its length: it decides how the value is shown.
        return new BoundAggregate(name, type.Id is SqlTypeId.Varchar or SqlTypeId.Unknown ? SqlType.Text : type, [type], account => Create(type.Physical, account, isMax))
        {
            IgnoresDistinct = true,
        };
    }

    private static AggregateState Create(PhysicalType type, MemoryAccount account, bool isMax) => type switch
    {
        PhysicalType.Int16 => Create<short, IntegerOrder<short>>(account, isMax),
        PhysicalType.Int32 => Create<int, IntegerOrder<int>>(account, isMax),
        PhysicalType.Int64 => Create<long, IntegerOrder<long>>(account, isMax),
        PhysicalType.Int128 => Create<Int128, IntegerOrder<Int128>>(account, isMax),
        PhysicalType.Real => Create<float, FloatOrder<float>>(account, isMax),
        PhysicalType.Double => Create<double, FloatOrder<double>>(account, isMax),
        PhysicalType.Numeric => Create<Numeric, NumericOrder>(account, isMax),
        PhysicalType.Interval => Create<Interval, IntervalOrder>(account, isMax),
        PhysicalType.String => new StringExtremeState(account, isMax),
        _ => throw new UnreachableException(),
    };

    private static AggregateState Create<T, TOrder>(MemoryAccount account, bool isMax) where T : struct where TOrder : struct, IValueOrder<T> =>
        isMax
            ? new FoldState<T, Extreme<T>, MaxFold<T, TOrder>>(account, Write)
            : new FoldState<T, Extreme<T>, MinFold<T, TOrder>>(account, Write);

    private static void Write<T>(ReadOnlySpan<Extreme<T>> extremes, Vector result) where T : struct
    {
        Span<T> target = result.Write<T>();
        for (int i = 0; i < extremes.Length; i++)
        {
            target[i] = extremes[i].Value;
            if (!extremes[i].HasValue)
            {
                result.SetNull(i);
            }
        }
    }
}

/// <summary>Least or greatest value of one group so far; of equal ones the last, as PostgreSQL (1.0 and 1.00 differ to the eye).</summary>
internal struct Extreme<T> where T : struct
{
    public T Value;
    public bool HasValue;
}

internal readonly struct MinFold<T, TOrder> : IFold<T, Extreme<T>> where T : struct where TOrder : struct, IValueOrder<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Extreme<T> accumulator, T value)
    {
        if (!accumulator.HasValue || !TOrder.IsLess(accumulator.Value, value))
        {
            accumulator.Value = value;
            accumulator.HasValue = true;
        }
    }

    static void IFold<T, Extreme<T>>.AddRun<TFold>(ref Extreme<T> accumulator, ReadOnlySpan<T> values)
    {
        if (ExtremeRuns.TryMin(values, out T extreme))
        {
            Add(ref accumulator, extreme);
            return;
        }

        foreach (T value in values)
        {
            Add(ref accumulator, value);
        }
    }

    public static void Combine(ref Extreme<T> accumulator, in Extreme<T> other)
    {
        if (other.HasValue)
        {
            Add(ref accumulator, other.Value);
        }
    }
}

internal readonly struct MaxFold<T, TOrder> : IFold<T, Extreme<T>> where T : struct where TOrder : struct, IValueOrder<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Extreme<T> accumulator, T value)
    {
        if (!accumulator.HasValue || !TOrder.IsLess(value, accumulator.Value))
        {
            accumulator.Value = value;
            accumulator.HasValue = true;
        }
    }

    static void IFold<T, Extreme<T>>.AddRun<TFold>(ref Extreme<T> accumulator, ReadOnlySpan<T> values)
    {
        if (ExtremeRuns.TryMax(values, out T extreme))
        {
            Add(ref accumulator, extreme);
            return;
        }

        foreach (T value in values)
        {
            Add(ref accumulator, value);
        }
    }

    public static void Combine(ref Extreme<T> accumulator, in Extreme<T> other)
    {
        if (other.HasValue)
        {
            Add(ref accumulator, other.Value);
        }
    }
}

/// <summary>Least and greatest of many numbers, a vector register at a time.</summary>
internal static class ExtremeRuns
{
    public static bool TryMin<T>(ReadOnlySpan<T> values, out T extreme) where T : struct => TryFind(values, isMax: false, out extreme);

    public static bool TryMax<T>(ReadOnlySpan<T> values, out T extreme) where T : struct => TryFind(values, isMax: true, out extreme);

    /// <summary>
    /// False where the type has no vectors, or where the registers' order is not SQL's: among NaNs, and where the result is
    /// 0, of which there are two.
    /// </summary>
    [MethodImpl(HotLoop.Options)]
    private static bool TryFind<T>(ReadOnlySpan<T> values, bool isMax, out T extreme) where T : struct
    {
        extreme = default;
        if (!(typeof(T) == typeof(short) || typeof(T) == typeof(int) || typeof(T) == typeof(long) || typeof(T) == typeof(float) || typeof(T) == typeof(double))
            || values.Length < Vector256<T>.Count)
        {
            return false;
        }

        ref T first = ref MemoryMarshal.GetReference(values);
        Vector256<T> best = Vector256.LoadUnsafe(ref first);
        Vector256<T> ordered = Vector256.Equals(best, best);
        for (int i = Vector256<T>.Count; i < values.Length; i += Vector256<T>.Count)
        {
            // The last step goes back over some values that have been seen.
            Vector256<T> next = Vector256.LoadUnsafe(ref first, (nuint)Math.Min(i, values.Length - Vector256<T>.Count));
            best = isMax ? Vector256.Max(best, next) : Vector256.Min(best, next);
            ordered &= Vector256.Equals(next, next);
        }

        extreme = best[0];
        for (int i = 1; i < Vector256<T>.Count; i++)
        {
            int order = Comparer<T>.Default.Compare(best[i], extreme);
            extreme = (isMax ? order > 0 : order < 0) ? best[i] : extreme;
        }

        bool isFloat = typeof(T) == typeof(float) || typeof(T) == typeof(double);
        return !isFloat || (Vector256.EqualsAll(ordered.AsUInt64(), Vector256<ulong>.AllBitsSet) && !EqualityComparer<T>.Default.Equals(extreme, default));
    }
}

/// <summary>
/// Least or greatest string per group. A group's bytes are overwritten in place where the new value fits, so that a long
/// ascending input does not fill the memory.
/// </summary>
internal sealed class StringExtremeState(MemoryAccount account, bool isMax) : AggregateState
{
    private readonly StringHeap _heap = new(account);
    private readonly GroupArray<StringExtreme> _groups = new(account);

    public override void EnsureGroups(int count) => _groups.Ensure(count);

    [MethodImpl(HotLoop.Options)]
    public override void Update(in KernelArguments arguments, int[]? groups)
    {
        Vector vector = arguments[0];
        StringView[] views = vector.Data<StringView>();
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            int from = vector.PositionOf(i);
            if (vector.IsValid(from))
            {
                Add(ref _groups.Items[groups is null ? 0 : groups[i]], in views[from], vector.Blocks);
            }
        }
    }

    [MethodImpl(HotLoop.Options)]
    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap)
    {
        var same = (StringExtremeState)other;
        for (int i = 0; i < groupMap.Length; i++)
        {
            ref StringExtreme theirs = ref same._groups.Items[i];
            if (theirs.HasValue)
            {
                Add(ref _groups.Items[groupMap[i]], in theirs.View, same._heap.Blocks);
            }
        }
    }

    [MethodImpl(HotLoop.Options)]
    public override void Emit(int first, int count, Vector result)
    {
        Span<StringView> target = result.Write<StringView>();
        for (int i = 0; i < count; i++)
        {
            ref StringExtreme group = ref _groups.Items[first + i];
            target[i] = group.View;
            if (!group.HasValue)
            {
                result.SetNull(i);
            }
        }

        result.SetBlocks(_heap.Blocks);
    }

    private void Add(ref StringExtreme group, ref readonly StringView view, byte[][] blocks)
    {
        if (group.HasValue)
        {
            int order = StringView.Compare(in view, blocks, in group.View, _heap.Blocks);
            if (isMax ? order <= 0 : order >= 0)
            {
                return;
            }
        }

        group.HasValue = true;
        if (view.IsInline)
        {
            group.View = view;
            return;
        }

        ReadOnlySpan<byte> bytes = StringView.Bytes(in view, blocks);
        if (group.Capacity < bytes.Length)
        {
            group.Capacity = (int)Math.Min(Array.MaxLength, BitOperations.RoundUpToPowerOf2((uint)bytes.Length));
            _heap.Allocate(group.Capacity, out group.Block, out group.Offset);
        }

        bytes.CopyTo(_heap.Blocks[group.Block].AsSpan(group.Offset));
        group.View = new StringView(bytes, group.Block, group.Offset);
    }

    private struct StringExtreme
    {
        public StringView View;
        public bool HasValue;

        /// <summary>Room in the heap that is the group's own.</summary>
        public int Capacity;
        public int Block;
        public int Offset;
    }
}
