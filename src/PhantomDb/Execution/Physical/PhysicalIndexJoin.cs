using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Physical;

/// <summary>
/// A nested loop that finds the right side's rows by an index, for each left row anew, whose values it puts into parameters. Its
/// rows come in the order of the left side's. Output: some left columns, then all of the right scan (semi, anti: left ones
/// alone). The condition is over both, in this order.
/// </summary>
/// <param name="OuterValues">Over the left side's columns: what the right side's conditions compare with.</param>
/// <param name="FirstSlot">The parameter of the first of them; those of the others follow.</param>
/// <param name="Condition">What the key ranges leave open of the join's condition.</param>
internal sealed record PhysicalIndexJoin(
    JoinKind Kind, PhysicalOperator Left, PhysicalIndexScan Right, IReadOnlyList<Expression> OuterValues, int FirstSlot,
    IReadOnlyList<int> LeftOutputs, Expression? Condition, IReadOnlyList<LogicalColumn> Columns) : PhysicalOperator(Columns)
{
    /// <summary>The same as a hash join, for when there are far more left rows than expected; null where none can be made.</summary>
    public PhysicalHashJoin? Instead { get; init; }

    /// <summary>Left rows beyond which the hash join would have been the better way.</summary>
    public double LeftRowsMax { get; init; } = double.PositiveInfinity;

    /// <summary>Left rows without partner are given in their places too, in left and single joins.</summary>
    public bool KeepsUnmatchedInPlace => Condition is null && Right.Residual is null;

    public override IReadOnlyList<PhysicalOperator> Children => [Left, Right];
}
