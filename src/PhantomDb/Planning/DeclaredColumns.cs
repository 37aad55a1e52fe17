using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Planning;

/// <summary>
/// Columns whose modifiers (varchar(10), numeric(10,2)) somebody has declared: a table's columns, as long as they are only
/// passed on, and casts to a length. What an expression's type says beyond that has been inferred, and is not shown.
/// </summary>
internal static class DeclaredColumns
{
    public static HashSet<ColumnId> Find(LogicalOperator plan)
    {
        HashSet<ColumnId> declared = [];
        Add(plan, declared);
        return declared;
    }

    private static void Add(LogicalOperator plan, HashSet<ColumnId> declared)
    {
        PlanTraversal.EnsureStack();
        foreach (LogicalOperator child in plan.Children)
        {
            Add(child, declared);
        }
        switch (plan)
        {
            case LogicalScan scan:
                declared.UnionWith(scan.Output.Select(c => c.Id));
                break;
            case LogicalProject project:
                AddComputed(project.Columns, declared);
                break;
            case LogicalAggregate aggregate:
                AddComputed(aggregate.Groups, declared);
                break;
            case LogicalSetOperation set:
                for (int i = 0; i < set.Columns.Count; i++)
                {
                    if (declared.Contains(set.Left.Output[i].Id) && declared.Contains(set.Right.Output[i].Id) && set.Left.Output[i].Type == set.Right.Output[i].Type)
                    {
                        declared.Add(set.Columns[i].Id);
                    }
                }
                break;
            case LogicalInsert insert:
                declared.UnionWith(insert.Input.Output.Select(c => c.Id));
                AddComputed(insert.Returning, declared);
                break;
            case LogicalUpdate update:
                declared.UnionWith(update.NewRow.Select(c => c.Id));
                AddComputed(update.Returning, declared);
                break;
            case LogicalDelete delete:
                AddComputed(delete.Returning, declared);
                break;
        }
    }

    private static void AddComputed(IReadOnlyList<ComputedColumn> columns, HashSet<ColumnId> declared)
    {
        foreach (ComputedColumn column in columns)
        {
            bool isDeclared = column.Expression switch
            {
                ColumnExpression source => declared.Contains(source.Id),
                CastExpression cast => cast.Type.Id is SqlTypeId.Varchar or SqlTypeId.Char && cast.Type.Precision >= 0,
                _ => false,
            };
            if (isDeclared)
            {
                declared.Add(column.Column.Id);
            }
        }
    }
}
