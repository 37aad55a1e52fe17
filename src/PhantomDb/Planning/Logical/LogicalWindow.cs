using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Types;

namespace PhantomDb.Planning.Logical;

/// <summary>
/// Computes columns over windows that share a partition and an order: every input row stays, beside its neighbours'
/// values. Rows come out by partition, in the windows' order.
/// </summary>
internal sealed record LogicalWindow(
    LogicalOperator Input, ExpressionList PartitionBy, IReadOnlyList<SortKey> OrderBy, IReadOnlyList<WindowColumn> Columns) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => [.. Input.Output, .. Columns.Select(c => c.Column)];

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}

/// <summary>A column of a <see cref="LogicalWindow"/> with its call.</summary>
internal sealed record WindowColumn(LogicalColumn Column, WindowCall Call);

/// <summary>What a window call computes.</summary>
internal enum WindowFunctionKind : byte
{
    /// <summary>An aggregate over the frame.</summary>
    Aggregate,
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    NthValue,
}

/// <summary>A call of a window function, or of an aggregate, over a window.</summary>
internal sealed record WindowCall(WindowFunctionKind Kind, ExpressionList Arguments, WindowFrame Frame)
{
    /// <summary>Set for <see cref="WindowFunctionKind.Aggregate"/>.</summary>
    public BoundAggregate? Aggregate { get; init; }

    /// <summary>Rows of the frame that an aggregate takes in.</summary>
    public Expression? Filter { get; init; }

    /// <summary>The call with each of its expressions replaced.</summary>
    public WindowCall Map(Func<Expression, Expression> map) => this with
    {
        Arguments = new ExpressionList(Arguments.Select(map)),
        Filter = Filter is null ? null : map(Filter),
        Frame = Frame with { Start = Frame.Start.Map(map), End = Frame.End.Map(map) },
    };
}

internal enum WindowFrameUnit : byte
{
    Range,
    Rows,
    Groups,
}

internal enum WindowFrameExclusion : byte
{
    NoOthers,
    CurrentRow,
    Group,
    Ties,
}

internal enum WindowFrameBoundKind : byte
{
    UnboundedPreceding,
    Preceding,
    CurrentRow,
    Following,
    UnboundedFollowing,
}

/// <summary>The rows around a row that a call looks at.</summary>
internal sealed record WindowFrame(WindowFrameUnit Unit, WindowFrameBound Start, WindowFrameBound End, WindowFrameExclusion Exclusion)
{
    /// <summary>From the partition's first row to the last of the row's peers.</summary>
    public static readonly WindowFrame Default = new(
        WindowFrameUnit.Range, new WindowFrameBound(WindowFrameBoundKind.UnboundedPreceding),
        new WindowFrameBound(WindowFrameBoundKind.CurrentRow), WindowFrameExclusion.NoOthers);
}

/// <summary>One end of a frame.</summary>
internal sealed record WindowFrameBound(WindowFrameBoundKind Kind)
{
    /// <summary>n PRECEDING, n FOLLOWING: rows or peer groups (bigint), or in RANGE a distance; without columns.</summary>
    public Expression? Offset { get; init; }

    /// <summary>In RANGE with an offset: the order key, in the type in which it is compared with <see cref="Limit"/>.</summary>
    public Expression? Key { get; init; }

    /// <summary>In RANGE with an offset: the value up to which keys belong to the frame, from the row's key and the offset.</summary>
    public Expression? Limit { get; init; }

    public WindowFrameBound Map(Func<Expression, Expression> map) => Offset is null ? this : this with
    {
        Offset = map(Offset),
        Key = Key is null ? null : map(Key),
        Limit = Limit is null ? null : map(Limit),
    };

    /// <summary>The expressions over the input's columns.</summary>
    public IEnumerable<Expression> Expressions => Key is null ? [] : [Key, Limit!];
}
