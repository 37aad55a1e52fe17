using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Functions;

/// <summary>An aggregate as SQL sees it.</summary>
internal sealed record AggregateFunction(string Name, IReadOnlyList<SqlTypeId> Parameters, Func<IReadOnlyList<SqlType>, BoundAggregate> Bind)
{
    /// <summary>Takes an argument of any type: count, min, max choose their kernels in Bind.</summary>
    public bool TakesAny { get; init; }

    /// <summary>Called as f(*).</summary>
    public bool TakesStar { get; init; }
}

/// <summary>An aggregate chosen for actual argument types.</summary>
internal sealed record BoundAggregate(string Name, SqlType ReturnType, IReadOnlyList<SqlType> ArgumentTypes, Func<MemoryAccount, AggregateState> CreateState)
{
    /// <summary>The order of input matters (string_agg, array_agg).</summary>
    public bool IsOrderSensitive { get; init; }

    /// <summary>DISTINCT changes nothing (min, max).</summary>
    public bool IgnoresDistinct { get; init; }

    /// <summary>Takes narrow numerics (see <see cref="Vector.IsNarrow"/>) as they are.</summary>
    public bool AcceptsNarrow { get; init; }
}

/// <summary>
/// The state of one aggregate for many groups, in typed arrays by group number: no object per group. One worker fills
/// one; afterwards they are combined.
/// </summary>
internal abstract class AggregateState
{
    /// <summary>Makes room for groups 0 to count - 1, new ones empty.</summary>
    public abstract void EnsureGroups(int count);

    /// <summary>
    /// Takes in rows: <paramref name="groups"/> has the group number at each selected position; null where all rows
    /// belong to group 0.
    /// </summary>
    public abstract void Update(in KernelArguments arguments, int[]? groups);

    /// <summary>True where <see cref="UpdateGroup"/> is there, and faster for many rows of one group.</summary>
    public virtual bool TakesGroups => false;

    /// <summary>Takes in rows that all belong to one group.</summary>
    public virtual void UpdateGroup(in KernelArguments arguments, int group) => throw new System.Diagnostics.UnreachableException();

    /// <summary>Takes in another's groups: its group i becomes group groupMap[i] here.</summary>
    public abstract void Combine(AggregateState other, ReadOnlySpan<int> groupMap);

    /// <summary>Writes the results of groups first to first + count - 1 to positions 0 to count - 1.</summary>
    public abstract void Emit(int first, int count, Vector result);
}
