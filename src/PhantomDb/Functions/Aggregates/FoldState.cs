using System.Buffers;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions.Aggregates;

/// <summary>
/// An aggregate of one argument that folds values into a struct per group. NULLs are skipped before it sees them.
/// </summary>
internal interface IFold<TValue, TAccumulator> where TAccumulator : struct
{
    static abstract void Add(ref TAccumulator accumulator, TValue value);

    /// <summary>Adds a run of valid values.</summary>
    [MethodImpl(HotLoop.Options)]
    static virtual void AddRun<TFold>(ref TAccumulator accumulator, ReadOnlySpan<TValue> values)
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        foreach (TValue value in values)
        {
            TFold.Add(ref accumulator, value);
        }
    }

    /// <summary>Adds the valid values at some positions.</summary>
    [MethodImpl(HotLoop.Options)]
    static virtual void AddPicked<TFold>(ref TAccumulator accumulator, TValue[] values, ReadOnlySpan<int> positions)
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        foreach (int i in positions)
        {
            TFold.Add(ref accumulator, values[i]);
        }
    }

    static abstract void Combine(ref TAccumulator accumulator, in TAccumulator other);
}

/// <summary>Writes the accumulators' results: one of these per result type.</summary>
internal delegate void AccumulatorWriter<TAccumulator>(ReadOnlySpan<TAccumulator> accumulators, Vector result);

/// <summary>The state of an aggregate over fixed-width values of one type.</summary>
internal sealed class FoldState<TValue, TAccumulator, TFold>(MemoryAccount account, AccumulatorWriter<TAccumulator> writer) : AggregateState
    where TAccumulator : struct
    where TFold : struct, IFold<TValue, TAccumulator>
{
    private readonly GroupArray<TAccumulator> _groups = new(account);

    public override void EnsureGroups(int count) => _groups.Ensure(count);

    public override void Update(in KernelArguments arguments, int[]? groups) =>
        AggregateLoops.Update<TValue, TAccumulator, TFold>(arguments, groups, _groups.Items);

    public override bool TakesGroups => true;

    public override void UpdateGroup(in KernelArguments arguments, int group) =>
        AggregateLoops.UpdateGroup<TValue, TAccumulator, TFold>(arguments, ref _groups.Items[group]);

    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap) =>
        AggregateLoops.Combine<TValue, TAccumulator, TFold>(
            _groups.Items, ((FoldState<TValue, TAccumulator, TFold>)other)._groups.Items, groupMap);

    public override void Emit(int first, int count, Vector result) => writer(_groups.Items.AsSpan(first, count), result);
}

/// <summary>The loops of aggregates over fixed-width values: by group or all in one, with or without selection and NULLs.</summary>
internal static class AggregateLoops
{
    public static void Update<TValue, TAccumulator, TFold>(in KernelArguments arguments, int[]? groups, TAccumulator[] accumulators)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        if (groups is null)
        {
            UpdateGroup<TValue, TAccumulator, TFold>(arguments, ref accumulators[0]);
        }
        else if (arguments[0].IsConstant)
        {
            UpdateConstant<TValue, TAccumulator, TFold>(arguments, arguments[0], groups, accumulators);
        }
        else if (arguments[0].Validity is { } validity)
        {
            UpdateValid<TValue, TAccumulator, TFold>(arguments, arguments[0].Data<TValue>(), validity, groups, accumulators);
        }
        else if (arguments.HasSelection)
        {
            UpdatePicked<TValue, TAccumulator, TFold>(arguments.Selection, arguments[0].Data<TValue>(), groups, accumulators);
        }
        else
        {
            UpdateAll<TValue, TAccumulator, TFold>(arguments[0].Values<TValue>()[..arguments.Count], groups, accumulators);
        }
    }

    /// <summary>All rows belong to one group.</summary>
    public static void UpdateGroup<TValue, TAccumulator, TFold>(in KernelArguments arguments, ref TAccumulator accumulator)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        Vector vector = arguments[0];
        if (vector.IsConstant)
        {
            if (vector.IsValid(0))
            {
                AddConstant<TValue, TAccumulator, TFold>(ref accumulator, vector.Values<TValue>()[0], arguments.Count);
            }
        }
        else if (vector.Validity is { } validity)
        {
            AddValid<TValue, TAccumulator, TFold>(ref accumulator, arguments, vector.Data<TValue>(), validity);
        }
        else if (arguments.HasSelection)
        {
            TFold.AddPicked<TFold>(ref accumulator, vector.Data<TValue>(), arguments.Selection);
        }
        else if (vector.TryGetPatches(out ReadOnlySpan<TValue> values, out VectorPatches<TValue> patches))
        {
            AddPatched<TValue, TAccumulator, TFold>(ref accumulator, values[..arguments.Count], patches);
        }
        else
        {
            TFold.AddRun<TFold>(ref accumulator, vector.Values<TValue>()[..arguments.Count]);
        }
    }

    // A scan beside a writer: in the order of the rows, so that sums of floating-point numbers are those of the patched array.
    private static void AddPatched<TValue, TAccumulator, TFold>(ref TAccumulator accumulator, ReadOnlySpan<TValue> values, VectorPatches<TValue> patches)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        int next = 0;
        for (int i = 0; i < patches.Count; i++)
        {
            int row = patches.Rows[i];
            if (row > next)
            {
                TFold.AddRun<TFold>(ref accumulator, values[next..row]);
            }
            TFold.Add(ref accumulator, patches.Values[i]);
            next = row + 1;
        }
        if (next < values.Length)
        {
            TFold.AddRun<TFold>(ref accumulator, values[next..]);
        }
    }

    [MethodImpl(HotLoop.Options)]
    public static void Combine<TValue, TAccumulator, TFold>(TAccumulator[] ours, TAccumulator[] theirs, ReadOnlySpan<int> groupMap)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        for (int i = 0; i < groupMap.Length; i++)
        {
            TFold.Combine(ref ours[groupMap[i]], in theirs[i]);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void AddConstant<TValue, TAccumulator, TFold>(ref TAccumulator accumulator, TValue value, int count)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        for (int k = 0; k < count; k++)
        {
            TFold.Add(ref accumulator, value);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void AddValid<TValue, TAccumulator, TFold>(
        ref TAccumulator accumulator, in KernelArguments arguments, TValue[] values, ulong[] validity)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            if (ValidityMask.IsValid(validity, i))
            {
                TFold.Add(ref accumulator, values[i]);
            }
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void UpdateAll<TValue, TAccumulator, TFold>(ReadOnlySpan<TValue> values, int[] groups, TAccumulator[] accumulators)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        for (int i = 0; i < values.Length; i++)
        {
            TFold.Add(ref accumulators[groups[i]], values[i]);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void UpdatePicked<TValue, TAccumulator, TFold>(
        ReadOnlySpan<int> selection, TValue[] values, int[] groups, TAccumulator[] accumulators)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        foreach (int i in selection)
        {
            TFold.Add(ref accumulators[groups[i]], values[i]);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void UpdateValid<TValue, TAccumulator, TFold>(
        in KernelArguments arguments, TValue[] values, ulong[] validity, int[] groups, TAccumulator[] accumulators)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            if (ValidityMask.IsValid(validity, i))
            {
                TFold.Add(ref accumulators[groups[i]], values[i]);
            }
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void UpdateConstant<TValue, TAccumulator, TFold>(
        in KernelArguments arguments, Vector vector, int[] groups, TAccumulator[] accumulators)
        where TAccumulator : struct
        where TFold : struct, IFold<TValue, TAccumulator>
    {
        if (!vector.IsValid(0))
        {
            return;
        }

        TValue value = vector.Values<TValue>()[0];
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            TFold.Add(ref accumulators[groups[i]], value);
        }
    }
}

/// <summary>
/// One struct per group in one array, charged to an account. Arrays that have become too small go to the pool: memory that
/// is new to the process costs more than what is done in it.
/// </summary>
internal sealed class GroupArray<T>(MemoryAccount account) where T : struct
{
    private const int PooledMin = 1024;

    public T[] Items { get; private set; } = [];

    public int Count { get; private set; }

    public void Ensure(int count)
    {
        if (count > Items.Length)
        {
            Grow(Math.Max(count, Items.Length == 0 ? 1 : Math.Max(16, Items.Length * 2)));
        }

        Count = Math.Max(Count, count);
    }

    private void Grow(int size)
    {
        T[] before = Items;
        account.Charge((long)(size - before.Length) * Unsafe.SizeOf<T>());
        T[] items = size < PooledMin ? new T[size] : ArrayPool<T>.Shared.Rent(size);
        account.ChargeUnchecked((long)(items.Length - size) * Unsafe.SizeOf<T>());
        before.CopyTo(items, 0);
        Array.Clear(items, before.Length, items.Length - before.Length);
        Items = items;
        if (before.Length >= PooledMin)
        {
            ArrayPool<T>.Shared.Return(before, RuntimeHelpers.IsReferenceOrContainsReferences<T>());
        }
    }
}
