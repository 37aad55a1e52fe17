namespace PhantomDb.Expressions;

/// <summary>
/// A column of some operator in one logical plan, unique in the plan. Rules can move an expression without renumbering
/// it; the physical planner turns ids into positions.
/// </summary>
internal readonly record struct ColumnId(int Value)
{
    public override string ToString() => $"#{Value}";
}
