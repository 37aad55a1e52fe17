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
internal sealed record LockedTable(TableDefinition Table, LogicalColumn RowId, RowLockStrength Strength, RowLockPolicy Policy)
{
    /// <summary>What a statement that locks so is called in errors.</summary>
    public string Command => Strength switch
    {
        RowLockStrength.KeyShare => "SELECT FOR KEY SHARE",
        RowLockStrength.Share => "SELECT FOR SHARE",
        RowLockStrength.NoKeyUpdate => "SELECT FOR NO KEY UPDATE",
        _ => "SELECT FOR UPDATE",
    };
}

/// <summary>
/// SELECT … FOR UPDATE: the input's rows, in their order, are locked until so many are that LIMIT is served. A barrier: nothing above
/// may change which rows come to it, but for conditions that drop them where there is no LIMIT.
/// </summary>
internal sealed record LogicalLockRows(LogicalOperator Input, IReadOnlyList<LockedTable> Tables, Expression? Limit, Expression? Offset) : LogicalOperator
{
    /// <summary>Row ids of the tables that are not locked: a row that is looked at again is joined with the same ones.</summary>
    public IReadOnlyList<LogicalColumn> OtherRowIds { get; init; } = [];

    public IEnumerable<LogicalColumn> RowIds => Tables.Select(table => table.RowId).Concat(OtherRowIds);

    /// <summary>All tables that some part of a plan, its subqueries included, locks rows of.</summary>
    public static IReadOnlyList<LockedTable> TablesIn(LogicalOperator plan)
    {
        List<LockedTable> found = [];
        Collect(plan);
        return found;

        void Collect(LogicalOperator part)
        {
            if (part is LogicalLockRows rows)
            {
                found.AddRange(rows.Tables);
            }
            PlanTraversal.ForEachExpression(part, expression => PlanTraversal.Visit(expression, operand =>
            {
                if (operand is SubqueryExpression subquery)
                {
                    Collect(subquery.Plan);
                }
            }));
            foreach (LogicalOperator child in part.Children)
            {
                Collect(child);
            }
        }
    }

    public override IReadOnlyList<LogicalColumn> Output => Input.Output;

    public override IReadOnlyList<LogicalOperator> Children => [Input];
}
