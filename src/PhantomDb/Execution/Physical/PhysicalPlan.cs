using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Physical;

/// <summary>
/// A query ready to run, without any state of a run: see <see cref="QueryExecution"/>. Parameters beyond the statement's
/// own are slots for the outer rows of dependent joins.
/// </summary>
internal sealed record PhysicalPlan(PhysicalOperator Root, int ParameterCount, int SlotCount)
{
    /// <summary>Columns of the chunks that a run gives, in order.</summary>
    public IReadOnlyList<LogicalColumn> Columns => Root.Columns;
}
