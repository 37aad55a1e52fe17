using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning;

/// <summary>Questions about the columns that plans and expressions refer to.</summary>
internal static class PlanIds
{
    /// <summary>Column and CTE ids above all those in use.</summary>
    public static (int Column, int Cte) FirstUnused(LogicalOperator plan)
    {
        int column = 0;
        int cte = 0;
        Collect(plan);
        return (column + 1, cte + 1);

        void Collect(LogicalOperator operation)
        {
            PlanTraversal.EnsureStack();
            foreach (LogicalColumn output in operation.Output)
            {
                column = Math.Max(column, output.Id.Value);
            }
            column = operation switch
            {
                LogicalScan { RowId: { } rowId } => Math.Max(column, rowId.Id.Value),
                LogicalInsert { OnConflict: { Existing.Count: > 0 } conflict } => Math.Max(column, conflict.Existing.Max(c => c.Id.Value)),
                _ => column,
            };
            if (operation is LogicalScan { Stored.Count: > 0 } scan)
            {
                column = Math.Max(column, scan.Stored.Max(stored => stored.Column.Column.Id.Value));
            }
            cte = operation switch
            {
                LogicalCte c => Math.Max(cte, c.CteId),
                LogicalRecursiveCte c => Math.Max(cte, c.CteId),
                _ => cte,
            };
            PlanTraversal.ForEachExpression(operation, expression => PlanTraversal.Visit(expression, part =>
            {
                if (part is SubqueryExpression subquery)
                {
                    Collect(subquery.Plan);
                }
                else if (part is ColumnExpression reference)
                {
                    column = Math.Max(column, reference.Id.Value);
                }
            }));
            foreach (LogicalOperator child in operation.Children)
            {
                Collect(child);
            }
        }
    }

    /// <summary>Ids that an expression refers to, those that subqueries in it take from outside included.</summary>
    public static HashSet<ColumnId> References(Expression expression)
    {
        HashSet<ColumnId> ids = [];
        AddReferences(expression, ids);
        return ids;
    }

    public static void AddReferences(Expression expression, HashSet<ColumnId> ids) => PlanTraversal.Visit(expression, part =>
    {
        if (part is ColumnExpression column)
        {
            ids.Add(column.Id);
        }
        else if (part is SubqueryExpression subquery)
        {
            ids.UnionWith(FreeReferences(subquery.Plan));
        }
    });

    /// <summary>True where all columns of an expression are among some.</summary>
    public static bool RefersOnlyTo(Expression expression, IReadOnlySet<ColumnId> ids) => References(expression).IsSubsetOf(ids);

    /// <summary>Ids of what an operator gives, the row id of a scan included.</summary>
    public static HashSet<ColumnId> OutputIds(LogicalOperator plan)
    {
        HashSet<ColumnId> ids = [];
        AddOutputIds(plan, ids);
        List<LogicalColumn> rowIds = [];
        AddRowIds(plan, rowIds);
        ids.UnionWith(rowIds.Select(c => c.Id));
        return ids;
    }

    // Without making the lists of all joins below.
    private static void AddOutputIds(LogicalOperator plan, HashSet<ColumnId> ids)
    {
        PlanTraversal.EnsureStack();
        switch (plan)
        {
            case LogicalFilter or LogicalSort or LogicalLimit:
                AddOutputIds(plan.Children[0], ids);
                break;
            case LogicalJoin join:
                AddOutputIds(join.Left, ids);
                if (join.Kind == JoinKind.Mark)
                {
                    ids.Add(join.Mark!.Id);
                }
                else if (join.Kind is not (JoinKind.Semi or JoinKind.Anti))
                {
                    AddOutputIds(join.Right, ids);
                }
                break;
            default:
                ids.UnionWith(plan.Output.Select(c => c.Id));
                break;
        }
    }

    /// <summary>Ids that a plan refers to and that no operator in it gives: its correlated columns.</summary>
    public static HashSet<ColumnId> FreeReferences(LogicalOperator plan)
    {
        HashSet<ColumnId> used = [];
        HashSet<ColumnId> given = [];
        Collect(plan);
        used.ExceptWith(given);
        return used;

        void Collect(LogicalOperator operation)
        {
            PlanTraversal.EnsureStack();
            foreach (LogicalColumn column in operation.Output)
            {
                given.Add(column.Id);
            }
            if (operation is LogicalScan { RowId: { } rowId })
            {
                given.Add(rowId.Id);
            }
            PlanTraversal.ForEachExpression(operation, expression => AddReferences(expression, used));
            foreach (LogicalOperator child in operation.Children)
            {
                Collect(child);
            }
        }
    }

    /// <summary>Adds the row ids of scans, which pass through filters, joins and sorts beside the output.</summary>
    public static void AddRowIds(LogicalOperator plan, List<LogicalColumn> columns)
    {
        PlanTraversal.EnsureStack();
        switch (plan)
        {
            case LogicalScan { RowId: { } rowId }:
                columns.Add(rowId);
                break;
            case LogicalFilter or LogicalSort or LogicalLimit:
                AddRowIds(plan.Children[0], columns);
                break;
            case LogicalJoin join:
                AddRowIds(join.Left, columns);
                if (join.Kind is not (JoinKind.Semi or JoinKind.Anti or JoinKind.Mark))
                {
                    AddRowIds(join.Right, columns);
                }
                break;
        }
    }
}
