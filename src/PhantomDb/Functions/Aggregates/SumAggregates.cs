using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions.Aggregates;

/// <summary>
/// sum and avg. Integers and fixed numerics are summed exactly in 128 bits, floating point plainly in the order of the
/// input; avg of exact types is PostgreSQL's numeric division.
/// </summary>
internal static class SumAggregates
{
    public static void AddTo(List<AggregateFunction> functions)
    {
        Add<short, SmallIntegerSum<short>>(functions, SqlType.Int16, SqlType.Int64, WriteInt64);
        Add<int, SmallIntegerSum<int>>(functions, SqlType.Int32, SqlType.Int64, WriteInt64);
        Add<long, Int64Sum>(functions, SqlType.Int64, SqlType.FixedNumeric(SqlType.NumericPrecisionMax, 0), WriteInt128);
        AddFloat<float>(functions, SqlType.Real);
        AddFloat<double>(functions, SqlType.Double);
        AddInterval(functions);
        functions.Add(new AggregateFunction("sum", [SqlTypeId.Numeric], types => BindNumericSum(types[0])));
        functions.Add(new AggregateFunction("avg", [SqlTypeId.Numeric], types => BindNumericAverage(types[0])));
    }

    private static void Add<T, TFold>(
        List<AggregateFunction> functions, SqlType type, SqlType sumType, AccumulatorWriter<ExactSum> writer)
        where TFold : struct, IFold<T, ExactSum>
    {
        functions.Add(new AggregateFunction("sum", [type.Id], _ =>
            new BoundAggregate("sum", sumType, [type], account => new FoldState<T, ExactSum, TFold>(account, writer))));
        functions.Add(new AggregateFunction("avg", [type.Id], _ =>
            new BoundAggregate("avg", SqlType.Numeric, [type], account => new FoldState<T, ExactSum, TFold>(account, AverageWriter(0)))));
    }

    private static void AddFloat<T>(List<AggregateFunction> functions, SqlType type) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        functions.Add(new AggregateFunction("sum", [type.Id], _ => new BoundAggregate("sum", type, [type],
            account => new FoldState<T, FloatSum<T>, PlainSum<T>>(account, WriteFloat))));
        functions.Add(new AggregateFunction("avg", [type.Id], _ => new BoundAggregate("avg", SqlType.Double, [type],
            account => new FoldState<T, FloatSum<double>, DoubleSum<T>>(account, WriteFloatAverage))));
    }

    private static void AddInterval(List<AggregateFunction> functions)
    {
        SqlType type = SqlType.Interval;
        functions.Add(new AggregateFunction("sum", [type.Id], _ => new BoundAggregate("sum", type, [type],
            account => new FoldState<Interval, IntervalTotal, IntervalFold>(account, IntervalWriter(total => total.Sum)))));
        functions.Add(new AggregateFunction("avg", [type.Id], _ => new BoundAggregate("avg", type, [type],
            account => new FoldState<Interval, IntervalTotal, IntervalFold>(
                account, IntervalWriter(total => IntervalArithmetic.Divide(total.Sum, total.Count))))));
    }

    private static AccumulatorWriter<IntervalTotal> IntervalWriter(Func<IntervalTotal, Interval> valueOf) => (totals, result) =>
    {
        Span<Interval> target = result.Write<Interval>();
        for (int i = 0; i < totals.Length; i++)
        {
            if (totals[i].Count == 0)
            {
                result.SetNull(i);
            }
            else
            {
                target[i] = valueOf(totals[i]);
            }
        }
    };

    private static BoundAggregate BindNumericSum(SqlType type)
    {
        SqlType result = SqlType.FixedNumeric(SqlType.NumericPrecisionMax, type.Scale);
        return type.Physical switch
        {
            PhysicalType.Int64 => new("sum", result, [type], account => new FoldState<long, ExactSum, Int64Sum>(account, WriteInt128)),
            PhysicalType.Int128 => new("sum", result, [type], account => new WideSumState(account, WriteInt128)) { AcceptsNarrow = true },
            _ => new("sum", SqlType.Numeric, [type], account => new FoldState<Numeric, NumericSum, VariableSum>(account, WriteNumeric)),
        };
    }

    private static BoundAggregate BindNumericAverage(SqlType type) => type.Physical switch
    {
        PhysicalType.Int64 => new("avg", SqlType.Numeric, [type],
            account => new FoldState<long, ExactSum, Int64Sum>(account, AverageWriter(type.Scale))),
        PhysicalType.Int128 => new("avg", SqlType.Numeric, [type],
            account => new WideSumState(account, AverageWriter(type.Scale))) { AcceptsNarrow = true },
        _ => new("avg", SqlType.Numeric, [type],
            account => new FoldState<Numeric, NumericSum, VariableSum>(account, WriteNumericAverage)),
    };

    [MethodImpl(HotLoop.Options)]
    private static void WriteInt64(ReadOnlySpan<ExactSum> sums, Vector result)
    {
        Span<long> target = result.Write<long>();
        for (int i = 0; i < sums.Length; i++)
        {
            if (sums[i].Count == 0)
            {
                result.SetNull(i);
            }
            else
            {
                target[i] = (long)sums[i].Sum == sums[i].Sum ? (long)sums[i].Sum : throw Error.OutOfRange("bigint");
            }
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void WriteInt128(ReadOnlySpan<ExactSum> sums, Vector result)
    {
        Span<Int128> target = result.Write<Int128>();
        for (int i = 0; i < sums.Length; i++)
        {
            if (sums[i].Count == 0)
            {
                result.SetNull(i);
            }
            else
            {
                target[i] = WideChecks.InRange(sums[i].Sum);
            }
        }
    }

    private static AccumulatorWriter<ExactSum> AverageWriter(int scale) => (sums, result) =>
    {
        Span<Numeric> target = result.Write<Numeric>();
        for (int i = 0; i < sums.Length; i++)
        {
            if (sums[i].Count == 0)
            {
                result.SetNull(i);
            }
            else
            {
                target[i] = Numeric.Divide(Numeric.FromScaled(WideChecks.InRange(sums[i].Sum), scale), Numeric.FromInt64(sums[i].Count));
            }
        }
    };

    private static void WriteNumeric(ReadOnlySpan<NumericSum> sums, Vector result)
    {
        Span<Numeric> target = result.Write<Numeric>();
        for (int i = 0; i < sums.Length; i++)
        {
            target[i] = sums[i].Sum;
            if (sums[i].Count == 0)
            {
                result.SetNull(i);
            }
        }
    }

    private static void WriteNumericAverage(ReadOnlySpan<NumericSum> sums, Vector result)
    {
        Span<Numeric> target = result.Write<Numeric>();
        for (int i = 0; i < sums.Length; i++)
        {
            if (sums[i].Count == 0)
            {
                result.SetNull(i);
            }
            else
            {
                target[i] = Numeric.Divide(sums[i].Sum, Numeric.FromInt64(sums[i].Count));
            }
        }
    }

    private static void WriteFloat<T>(ReadOnlySpan<FloatSum<T>> sums, Vector result) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<T> target = result.Write<T>();
        for (int i = 0; i < sums.Length; i++)
        {
            target[i] = sums[i].Checked();
            if (sums[i].Count == 0)
            {
                result.SetNull(i);
            }
        }
    }

    private static void WriteFloatAverage(ReadOnlySpan<FloatSum<double>> sums, Vector result)
    {
        Span<double> target = result.Write<double>();
        for (int i = 0; i < sums.Length; i++)
        {
            target[i] = sums[i].Checked() / sums[i].Count;
            if (sums[i].Count == 0)
            {
                result.SetNull(i);
            }
        }
    }
}

/// <summary>Exact sum and count of one group.</summary>
internal struct ExactSum
{
    public long Count;
    private ulong _low;
    private ulong _high;

    /// <summary>Two words: an Int128 would be aligned to 16 bytes, and a group take 32.</summary>
    public Int128 Sum
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly get => new(_high, _low);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set
        {
            _low = (ulong)(value & ulong.MaxValue);
            _high = (ulong)(value >> 64);
        }
    }

    /// <summary>Adds to the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long value)
    {
        ulong low = _low + (ulong)value;
        _high += (ulong)(value >> 63) + (low < _low ? 1UL : 0UL);
        _low = low;
    }
}

/// <summary>Sum of numerics with scales of their own.</summary>
internal struct NumericSum
{
    public Numeric Sum;
    public long Count;
}

/// <summary>Sum and count of intervals, field by field.</summary>
internal struct IntervalTotal
{
    public Interval Sum;
    public long Count;
}

/// <summary>Floating-point sum; an infinity that was no input is an overflow.</summary>
internal struct FloatSum<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public T Sum;
    public long Count;
    public bool HasInfinity;

    public readonly T Checked() => T.IsInfinity(Sum) && !HasInfinity ? throw Error.FloatOverflow() : Sum;
}

internal readonly struct IntervalFold : IFold<Interval, IntervalTotal>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref IntervalTotal accumulator, Interval value)
    {
        accumulator.Sum = IntervalArithmetic.Add(accumulator.Sum, value);
        accumulator.Count++;
    }

    public static void Combine(ref IntervalTotal accumulator, in IntervalTotal other)
    {
        accumulator.Sum = IntervalArithmetic.Add(accumulator.Sum, other.Sum);
        accumulator.Count += other.Count;
    }
}

internal readonly struct SmallIntegerSum<T> : IFold<T, ExactSum> where T : struct, IBinaryInteger<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref ExactSum accumulator, T value)
    {
        accumulator.Add(long.CreateTruncating(value));
        accumulator.Count++;
    }

    /// <summary>A chunk of 32-bit values cannot overflow 64 bits.</summary>
    [MethodImpl(HotLoop.Options)]
    static void IFold<T, ExactSum>.AddRun<TFold>(ref ExactSum accumulator, ReadOnlySpan<T> values)
    {
        long sum = 0;
        foreach (T value in values)
        {
            sum += long.CreateTruncating(value);
        }

        accumulator.Sum += sum;
        accumulator.Count += values.Length;
    }

    public static void Combine(ref ExactSum accumulator, in ExactSum other)
    {
        accumulator.Sum += other.Sum;
        accumulator.Count += other.Count;
    }
}

internal readonly struct Int64Sum : IFold<long, ExactSum>
{
    /// <summary>Values of a magnitude below this can be added 2,048 at a time in 64 bits.</summary>
    private const long SmallLimit = 1L << 51;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref ExactSum accumulator, long value)
    {
        accumulator.Add(value);
        accumulator.Count++;
    }

    [MethodImpl(HotLoop.Options)]
    static void IFold<long, ExactSum>.AddRun<TFold>(ref ExactSum accumulator, ReadOnlySpan<long> values)
    {
        if (TrySumSmall(values, out long sum))
        {
            accumulator.Sum += sum;
        }
        else
        {
            foreach (long value in values)
            {
                accumulator.Sum += value;
            }
        }

        accumulator.Count += values.Length;
    }

    [MethodImpl(HotLoop.Options)]
    static void IFold<long, ExactSum>.AddPicked<TFold>(ref ExactSum accumulator, long[] values, ReadOnlySpan<int> positions)
    {
        long sum = 0;
        long seen = 0;
        foreach (int i in positions)
        {
            long value = values[i];
            sum += value;
            seen |= value + SmallLimit;
        }

        accumulator.Count += positions.Length;
        if (IsSmall(seen, positions.Length))
        {
            accumulator.Sum += sum;
            return;
        }

        foreach (int i in positions)
        {
            accumulator.Sum += values[i];
        }
    }

    public static void Combine(ref ExactSum accumulator, in ExactSum other)
    {
        accumulator.Sum += other.Sum;
        accumulator.Count += other.Count;
    }

    private static bool IsSmall(long seen, int count) => (seen & ~((SmallLimit << 1) - 1)) == 0 && count <= DataChunk.Capacity;

    /// <summary>Adds in 64 bits and watches that every value (plus the limit, to make it positive) stays below 2^52.</summary>
    [MethodImpl(HotLoop.Options)]
    private static bool TrySumSmall(ReadOnlySpan<long> values, out long sum)
    {
        Vector256<long> sums = Vector256<long>.Zero;
        Vector256<long> seen = Vector256<long>.Zero;
        var bias = Vector256.Create(SmallLimit);
        ref long first = ref MemoryMarshal.GetReference(values);
        int i = 0;
        for (; i <= values.Length - Vector256<long>.Count; i += Vector256<long>.Count)
        {
            Vector256<long> four = Vector256.LoadUnsafe(ref first, (nuint)i);
            sums += four;
            seen |= four + bias;
        }

        sum = Vector256.Sum(sums);
        long rest = seen[0] | seen[1] | seen[2] | seen[3];
        for (; i < values.Length; i++)
        {
            sum += values[i];
            rest |= values[i] + SmallLimit;
        }

        return IsSmall(rest, values.Length);
    }
}

internal readonly struct WideSum : IFold<Int128, ExactSum>
{
    /// <summary>Beyond 38 digits the sum is 22003 in the end; here it only must not wrap around.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref ExactSum accumulator, Int128 value)
    {
        accumulator.Sum = WideChecks.InRange(accumulator.Sum + value);
        accumulator.Count++;
    }

    public static void Combine(ref ExactSum accumulator, in ExactSum other)
    {
        accumulator.Sum = WideChecks.InRange(accumulator.Sum + other.Sum);
        accumulator.Count += other.Count;
    }
}

/// <summary>Sums of 128-bit numerics, whose vectors may be narrow.</summary>
internal sealed class WideSumState(MemoryAccount account, AccumulatorWriter<ExactSum> writer) : AggregateState
{
    private readonly GroupArray<ExactSum> _groups = new(account);

    public override void EnsureGroups(int count) => _groups.Ensure(count);

    public override void Update(in KernelArguments arguments, int[]? groups)
    {
        if (arguments[0].IsNarrow)
        {
            AggregateLoops.Update<long, ExactSum, Int64Sum>(arguments, groups, _groups.Items);
        }
        else
        {
            AggregateLoops.Update<Int128, ExactSum, WideSum>(arguments, groups, _groups.Items);
        }
    }

    public override bool TakesGroups => true;

    public override void UpdateGroup(in KernelArguments arguments, int group)
    {
        if (arguments[0].IsNarrow)
        {
            AggregateLoops.UpdateGroup<long, ExactSum, Int64Sum>(arguments, ref _groups.Items[group]);
        }
        else
        {
            AggregateLoops.UpdateGroup<Int128, ExactSum, WideSum>(arguments, ref _groups.Items[group]);
        }
    }

    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap) =>
        AggregateLoops.Combine<Int128, ExactSum, WideSum>(_groups.Items, ((WideSumState)other)._groups.Items, groupMap);

    public override void Emit(int first, int count, Vector result) => writer(_groups.Items.AsSpan(first, count), result);
}

internal readonly struct VariableSum : IFold<Numeric, NumericSum>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref NumericSum accumulator, Numeric value)
    {
        accumulator.Sum = Numeric.Add(accumulator.Sum, value);
        accumulator.Count++;
    }

    public static void Combine(ref NumericSum accumulator, in NumericSum other)
    {
        accumulator.Sum = Numeric.Add(accumulator.Sum, other.Sum);
        accumulator.Count += other.Count;
    }
}

internal readonly struct PlainSum<T> : IFold<T, FloatSum<T>> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref FloatSum<T> accumulator, T value)
    {
        accumulator.Sum += value;
        accumulator.Count++;
        accumulator.HasInfinity |= T.IsInfinity(value);
    }

    /// <summary>One after the other, as they come; which of them were infinite matters only where the sum is not finite.</summary>
    [MethodImpl(HotLoop.Options)]
    static void IFold<T, FloatSum<T>>.AddRun<TFold>(ref FloatSum<T> accumulator, ReadOnlySpan<T> values)
    {
        T sum = accumulator.Sum;
        foreach (T value in values)
        {
            sum += value;
        }

        accumulator.Sum = sum;
        accumulator.Count += values.Length;
        if (!T.IsFinite(sum))
        {
            foreach (T value in values)
            {
                accumulator.HasInfinity |= T.IsInfinity(value);
            }
        }
    }

    public static void Combine(ref FloatSum<T> accumulator, in FloatSum<T> other)
    {
        accumulator.Sum += other.Sum;
        accumulator.Count += other.Count;
        accumulator.HasInfinity |= other.HasInfinity;
    }
}

/// <summary>Sum in double precision, for averages.</summary>
internal readonly struct DoubleSum<T> : IFold<T, FloatSum<double>> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref FloatSum<double> accumulator, T value) =>
        PlainSum<double>.Add(ref accumulator, double.CreateTruncating(value));

    public static void Combine(ref FloatSum<double> accumulator, in FloatSum<double> other) =>
        PlainSum<double>.Combine(ref accumulator, other);
}
