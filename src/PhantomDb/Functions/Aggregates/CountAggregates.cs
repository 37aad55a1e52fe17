using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Types;
using PhantomDb.Vectors;
using Vector = PhantomDb.Vectors.Vector;

namespace PhantomDb.Functions.Aggregates;

/// <summary>count(*) and count(x).</summary>
internal static class CountAggregates
{
    public static void AddTo(List<AggregateFunction> functions)
    {
        functions.Add(new AggregateFunction("count", [], types =>
            new BoundAggregate("count", SqlType.Int64, [], account => new CountState(account))) { TakesStar = true });
        functions.Add(new AggregateFunction("count", [SqlTypeId.Unknown], types =>
            new BoundAggregate("count", SqlType.Int64, [types[0]], account => new CountState(account)) { AcceptsNarrow = true })
        {
            TakesAny = true,
        });
    }
}

/// <summary>Counts rows, or those whose argument is not NULL.</summary>
internal sealed class CountState(MemoryAccount account) : AggregateState
{
    private readonly GroupArray<long> _counts = new(account);

    public override void EnsureGroups(int count) => _counts.Ensure(count);

    public override bool TakesGroups => true;

    public override void Update(in KernelArguments arguments, int[]? groups)
    {
        if (groups is null)
        {
            UpdateGroup(arguments, 0);
        }
        else if (TryValidity(arguments, out ulong[]? validity))
        {
            Update(arguments, validity, groups, _counts.Items);
        }
    }

    public override void UpdateGroup(in KernelArguments arguments, int group)
    {
        if (TryValidity(arguments, out ulong[]? validity))
        {
            _counts.Items[group] += CountValid(arguments, validity);
        }
    }

    [MethodImpl(HotLoop.Options)]
    private static void Update(in KernelArguments arguments, ulong[]? validity, int[] groups, long[] counts)
    {
        for (int k = 0; k < arguments.Count; k++)
        {
            int i = arguments.HasSelection ? arguments.Selection[k] : k;
            counts[groups[i]] += ValidityMask.IsValid(validity, i) ? 1 : 0;
        }
    }

    /// <summary>Where the argument is valid; null where it is everywhere. False where it is nowhere.</summary>
    private static bool TryValidity(in KernelArguments arguments, out ulong[]? validity)
    {
        validity = arguments.Vectors.Length == 0 || arguments[0].IsConstant ? null : arguments[0].Validity;
        return arguments.Vectors.Length == 0 || !arguments[0].IsConstant || arguments[0].IsValid(0);
    }

    [MethodImpl(HotLoop.Options)]
    public override void Combine(AggregateState other, ReadOnlySpan<int> groupMap)
    {
        long[] theirs = ((CountState)other)._counts.Items;
        for (int i = 0; i < groupMap.Length; i++)
        {
            _counts.Items[groupMap[i]] += theirs[i];
        }
    }

    public override void Emit(int first, int count, Vector result) =>
        _counts.Items.AsSpan(first, count).CopyTo(result.Write<long>());

    [MethodImpl(HotLoop.Options)]
    private static long CountValid(in KernelArguments arguments, ulong[]? validity)
    {
        if (validity is null)
        {
            return arguments.Count;
        }

        long count = 0;
        if (arguments.HasSelection)
        {
            foreach (int i in arguments.Selection)
            {
                count += ValidityMask.IsValid(validity, i) ? 1 : 0;
            }

            return count;
        }

        int words = arguments.Count >> 6;
        for (int word = 0; word < words; word++)
        {
            count += BitOperations.PopCount(validity[word]);
        }

        int rest = arguments.Count & 63;
        return rest == 0 ? count : count + BitOperations.PopCount(validity[words] & ((1UL << rest) - 1));
    }
}
