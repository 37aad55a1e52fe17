using PhantomDb.Catalog;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Execution;

/// <summary>
/// What is known of a modification before it runs: the plan of its input and where that gives which column. Data without state, kept
/// for many executions.
/// </summary>
internal sealed class ModificationPlan
{
    private ModificationPlan(LogicalModification modification, IReadOnlyList<LogicalColumn> columns, PhysicalPlan input)
    {
        Modification = modification;
        Columns = columns;
        Input = input;
        Types = [.. columns.Select(c => c.Type.Physical)];
        MayRepeatRows = !GivesRowsOnce(modification.Input);
        if (modification is LogicalUpdate update)
        {
            Vectors = VectorsOf(update.NewRow, columns);
            ValueVectors = [.. update.ChangedColumns.Select(n => Vectors[update.Table.IndexOfNumber(n)])];
        }
    }

    public LogicalModification Modification { get; }

    /// <summary>The columns that the input gives: of an UPDATE's new rows those that change or are asked for.</summary>
    public IReadOnlyList<LogicalColumn> Columns { get; }

    public PhysicalType[] Types { get; }

    public PhysicalPlan Input { get; }

    /// <summary>True where the input may give a row of the table several times.</summary>
    public bool MayRepeatRows { get; }

    /// <summary>Of an UPDATE: where the columns of the table's new row stand in the input; -1 for those that are not there.</summary>
    public int[] Vectors { get; } = [];

    /// <summary>Of an UPDATE: where the values of the columns that it sets stand in the input.</summary>
    public int[] ValueVectors { get; } = [];

    /// <summary>Plans a modification; with estimates of rows where they are to be shown.</summary>
    public static ModificationPlan Make(LogicalModification modification, StatementScope scope, bool isEstimated = false)
    {
        IReadOnlyList<LogicalColumn> columns = modification switch
        {
            LogicalInsert insert => insert.Input.Output,
            LogicalUpdate update => UpdateColumns(update, scope.Catalog),
            LogicalDelete delete => [delete.RowId, .. ReturningRows.Extra(delete, [])],
            _ => throw new System.Diagnostics.UnreachableException(modification.GetType().Name),
        };
        return new ModificationPlan(modification, columns, scope.Plan(modification.Input, columns, isEstimated));
    }

    private static IReadOnlyList<LogicalColumn> UpdateColumns(LogicalUpdate update, DatabaseCatalog catalog)
    {
        HashSet<int> needed = KeyChanges.ColumnsNeeded(catalog, update.Table, update.ChangedColumns);
        needed.UnionWith(update.ChangedColumns);
        HashSet<ColumnId> used = [];
        foreach (BoundCheck check in update.Checks)
        {
            PlanIds.AddReferences(check.Condition, used);
        }
        foreach (StoredExpression stored in update.Stored)
        {
            PlanIds.AddReferences(stored.Value, used);
        }
        LogicalColumn[] given = [.. update.NewRow.Where((column, i) => needed.Contains(update.Table.Columns[i].Number) || used.Contains(column.Id))];
        return [update.RowId, .. given, .. ReturningRows.Extra(update, given)];
    }

    private static int[] VectorsOf(IReadOnlyList<LogicalColumn> row, IReadOnlyList<LogicalColumn> columns)
    {
        Dictionary<ColumnId, int> places = [];
        for (int i = 0; i < columns.Count; i++)
        {
            places.TryAdd(columns[i].Id, i);
        }
        return [.. row.Select(column => places.GetValueOrDefault(column.Id, -1))];
    }

    // A scan gives a row once, and so does what keeps or drops its rows; a join of FROM or USING may repeat it.
    private static bool GivesRowsOnce(LogicalOperator input) => input switch
    {
        LogicalScan => true,
        LogicalFilter filter => GivesRowsOnce(filter.Input),
        LogicalProject project => GivesRowsOnce(project.Input),
        LogicalCte cte => GivesRowsOnce(cte.Body),
        LogicalJoin { Kind: JoinKind.Semi or JoinKind.Anti or JoinKind.Mark or JoinKind.Single } join => GivesRowsOnce(join.Left),
        _ => false,
    };
}
