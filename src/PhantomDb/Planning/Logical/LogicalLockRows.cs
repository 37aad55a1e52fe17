using PhantomDb.Catalog;
using PhantomDb.Expressions;

namespace PhantomDb.Planning.Logical;

/// <summary>Strengths of a row lock, weakest first.</summary>
internal enum RowLockStrength : byte
{
    KeyShare,
    Share,
    NoKeyUpdate,
    Update,
}

/// <summary>What becomes of a row that another transaction has locked.</summary>
internal enum RowLockPolicy : byte
{
    Wait,
    NoWait,
    SkipLocked,
}

/// <summary>A table whose rows are locked; the column gives their ids.</summary>
internal sealed record LockedTable(TableDefinition Table, LogicalColumn RowId, RowLockStrength Strength, RowLockPolicy Policy);

/// <summary>
/// SELECT … FOR UPDATE: the input's rows, in their order, are locked until so many are that LIMIT is served. Always the root of
/// its plan; Execution carries it out by itself and plans the input.
/// </summary>
internal sealed record LogicalLockRows(LogicalOperator Input, IReadOnlyList<LockedTable> Tables, Expression? Limit, Expression? Offset) : LogicalOperator
{
    public override IReadOnlyList<LogicalColumn> Output => Input.Output;

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}
