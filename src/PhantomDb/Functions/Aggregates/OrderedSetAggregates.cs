using System.Diagnostics;
using System.Globalization;
using PhantomDb.Errors;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions.Aggregates;

/// <summary>
/// percentile_disc, percentile_cont and mode: aggregates WITHIN GROUP. Their arguments are the value that is ordered by and
/// (but for mode) the fraction; rows come in order, group by group.
/// </summary>
internal static class OrderedSetAggregates
{
    public static readonly string[] Names = ["percentile_disc", "percentile_cont", "mode"];

    public static bool IsName(string name) => Names.Contains(name);

    /// <summary>The aggregate of values of a type; null where there is none.</summary>
    public static BoundAggregate? TryBind(string name, SqlType type)
    {
        if (name == "percentile_cont")
        {
            return type.Id switch
            {
                SqlTypeId.Double => Make<double>(name, type, hasFraction: true, Interpolate),
                SqlTypeId.Interval => Make<Interval>(name, type, hasFraction: true, Interpolate),
                _ => null,
            };
        }

        bool hasFraction = name == "percentile_disc";
        return type.Physical switch
        {
            PhysicalType.Boolean => Make<bool>(name, type, hasFraction, null),
            PhysicalType.Int16 => Make<short>(name, type, hasFraction, null),
            PhysicalType.Int32 => Make<int>(name, type, hasFraction, null),
            PhysicalType.Int64 => Make<long>(name, type, hasFraction, null),
            PhysicalType.Int128 => Make<Int128>(name, type, hasFraction, null),
            PhysicalType.Real => Make<float>(name, type, hasFraction, null),
            PhysicalType.Double => Make<double>(name, type, hasFraction, null),
            PhysicalType.Numeric => Make<Numeric>(name, type, hasFraction, null),
            PhysicalType.Interval => Make<Interval>(name, type, hasFraction, null),
            PhysicalType.Uuid => Make<UInt128>(name, type, hasFraction, null),
            PhysicalType.String => Make<StringView>(name, type, hasFraction, null),
            _ => throw new UnreachableException(),
        };
    }

    private static BoundAggregate Make<T>(string name, SqlType type, bool hasFraction, Func<T, T, double, T>? interpolate) where T : struct =>
        new(name, type, hasFraction ? [type, SqlType.Double] : [type], account => new OrderedSetState<T>(account, hasFraction, interpolate))
        {
            IsOrderSensitive = true,
        };

    private static double Interpolate(double low, double high, double share) => low + ((high - low) * share);

    private static Interval Interpolate(Interval low, Interval high, double share) =>
        IntervalArithmetic.Add(low, IntervalArithmetic.Multiply(IntervalArithmetic.Subtract(high, low), share));
}

/// <summary>The values of all groups, each group's in one run and in order.</summary>
internal sealed class OrderedSetState<T>(MemoryAccount account, bool hasFraction, Func<T, T, double, T>? interpolate) : AggregateState
    where T : struct
{
    private readonly GroupArray<Run> _runs = new(account);
    private readonly GroupArray<T> _values = new(account);
    private readonly StringHeap? _heap = typeof(T) == typeof(StringView) ? new StringHeap(account) : null;
    private int _count;

    public override void EnsureGroups(int count) => _runs.Ensure(count);

    public override void Update(in KernelArguments arguments, int[]? groups)
    {
        Vector values = arguments[0];
        T[] data = values.Data<T>();
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            int from = values.PositionOf(i);
            ref Run run = ref _runs.Items[groups is null ? 0 : groups[i]];
            if (hasFraction && !run.HasFraction)
            {
                Vector fractions = arguments[1];
                run.HasFraction = true;
                run.Fraction = fractions.IsValid(fractions.PositionOf(i)) ? fractions.Values<double>()[fractions.PositionOf(i)] : null;
            }

            if (!values.IsValid(from))
            {
                continue;
            }

            if (run.Count == 0)
            {
                run.Start = _count;
            }

            Debug.Assert(run.Start + run.Count == _count, "rows come group by group");
            _values.Ensure(_count + 1);
            _values.Items[_count++] = Kept(data[from], values);
            run.Count++;
        }
    }

    /// <summary>Rows are kept and sorted before they come here: there is one state.</summary>
    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap) => throw new UnreachableException();

    public override void Emit(int first, int count, Vector result)
    {
        Span<T> target = result.Write<T>();
        for (int i = 0; i < count; i++)
        {
            ref Run run = ref _runs.Items[first + i];
            if (run.HasFraction && run.Fraction is { } fraction && !(fraction is >= 0 and <= 1))
            {
                throw new PhantomDbException(
                    SqlStates.NumericValueOutOfRange, $"percentile value {fraction.ToString("R", CultureInfo.InvariantCulture)} is not between 0 and 1");
            }

            if (run.Count == 0 || (hasFraction && run.Fraction is null))
            {
                result.SetNull(i);
                continue;
            }

            ReadOnlySpan<T> values = _values.Items.AsSpan(run.Start, run.Count);
            target[i] = !hasFraction ? MostFrequent(values)
                : interpolate is null ? values[Math.Max((int)Math.Ceiling(run.Fraction!.Value * run.Count) - 1, 0)]
                : Between(values, run.Fraction!.Value * (run.Count - 1));
        }

        if (_heap is not null)
        {
            result.SetBlocks(_heap.Blocks);
        }
    }

    private T Between(ReadOnlySpan<T> values, double place)
    {
        int low = (int)Math.Floor(place);
        int high = (int)Math.Ceiling(place);
        return low == high ? values[low] : interpolate!(values[low], values[high], place - low);
    }

    /// <summary>The first of the longest runs of equal values.</summary>
    private T MostFrequent(ReadOnlySpan<T> values)
    {
        int best = 0;
        int bestLength = 0;
        int start = 0;
        for (int i = 1; i <= values.Length; i++)
        {
            if (i == values.Length || !AreEqual(values[i], values[start]))
            {
                if (i - start > bestLength)
                {
                    best = start;
                    bestLength = i - start;
                }

                start = i;
            }
        }

        return values[best];
    }

    private bool AreEqual(T left, T right) => (left, right) switch
    {
        (StringView a, StringView b) => StringView.Equals(in a, _heap!.Blocks, in b, _heap.Blocks),
        (Numeric a, Numeric b) => Numeric.Equals(a, b),
        (Interval a, Interval b) => IntervalOrder.IsEqual(a, b),
        _ => EqualityComparer<T>.Default.Equals(left, right),
    };

    private T Kept(T value, Vector source) => value is StringView view && _heap!.Add(StringView.Bytes(in view, source.Blocks)) is T kept ? kept : value;

    private struct Run
    {
        public int Start;
        public int Count;
        public bool HasFraction;
        public double? Fraction;
    }
}
