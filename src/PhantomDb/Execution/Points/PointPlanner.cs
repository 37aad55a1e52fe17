using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.Points;

/// <summary>
/// Tells the statements that are about one row from all others. Only what needs nothing but the key and plain values is
/// taken: expressions, RETURNING, checks, foreign keys, ON CONFLICT go the general way.
/// </summary>
internal static class PointPlanner
{
    /// <summary>The single-row statement; null where the plan is none.</summary>
    public static PointStatement? Plan(BoundPlan bound, DatabaseCatalog catalog, DatabaseStorage storage) => bound.Plan switch
    {
        LogicalInsert insert => PlanInsert(insert, catalog, storage),
        LogicalUpdate update => PlanUpdate(update, catalog, storage),
        LogicalDelete delete => PlanDelete(delete, catalog, storage),
        LogicalProject project => PlanSelect(project, bound.ResultColumns, catalog, storage),
        _ => null,
    };

    private static PointSelect? PlanSelect(
        LogicalProject project, IReadOnlyList<LogicalColumn> result, DatabaseCatalog catalog, DatabaseStorage storage)
    {
        if (!TryFindScan(project.Input, out LogicalScan? scan, out Expression? filter))
        {
            return null;
        }
        int[] numbers = new int[result.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            ComputedColumn? computed = project.Columns.FirstOrDefault(c => c.Column.Id == result[i].Id);
            numbers[i] = computed is null ? -1 : NumberOf(scan!, computed.Expression);
            if (numbers[i] < 0)
            {
                return null;
            }
        }
        TableStore table = storage.GetTable(scan!.Table.Oid);
        PointKey? key = KeyOf(scan, filter!, table, numbers);
        return key is null
            ? null
            : new PointSelect(catalog, table, key, new PointRows([.. result.Select(c => c.Type.Physical)], [.. Enumerable.Range(0, numbers.Length)]));
    }

    private static PointUpdate? PlanUpdate(LogicalUpdate update, DatabaseCatalog catalog, DatabaseStorage storage)
    {
        if (update.Input is not LogicalProject project || !IsPlain(update, catalog)
            || !TryFindScan(project.Input, out LogicalScan? scan, out Expression? filter))
        {
            return null;
        }
        int count = update.ChangedColumns.Count;
        int[] parameters = new int[count];
        bool[] isNotNull = new bool[count];
        for (int i = 0; i < count; i++)
        {
            int place = update.Table.IndexOfNumber(update.ChangedColumns[i]);
            ColumnDefinition column = update.Table.Columns[place];
            ComputedColumn? computed = project.Columns.FirstOrDefault(c => c.Column.Id == update.NewRow[place].Id);
            if (computed?.Expression is not ParameterExpression parameter || !IsSame(parameter.Type, column.Type))
            {
                return null;
            }
            parameters[i] = parameter.Index;
            isNotNull[i] = column.IsNotNull;
        }
        TableStore table = storage.GetTable(update.Table.Oid);
        PointKey? key = KeyOf(scan!, filter!, table, []);
        return key is null ? null : new PointUpdate(catalog, table, key, [.. update.ChangedColumns], parameters, isNotNull);
    }

    private static PointDelete? PlanDelete(LogicalDelete delete, DatabaseCatalog catalog, DatabaseStorage storage)
    {
        if (delete.Input is not LogicalProject project || !IsPlain(delete, catalog)
            || !TryFindScan(project.Input, out LogicalScan? scan, out Expression? filter))
        {
            return null;
        }
        TableStore table = storage.GetTable(delete.Table.Oid);
        PointKey? key = KeyOf(scan!, filter!, table, []);
        return key is null ? null : new PointDelete(catalog, table, key);
    }

    private static PointInsert? PlanInsert(LogicalInsert insert, DatabaseCatalog catalog, DatabaseStorage storage)
    {
        if (insert.OnConflict is not null || !IsPlain(insert, catalog)
            || insert.Input is not LogicalProject { Input: LogicalValues { Rows.Count: 1 } values } project)
        {
            return null;
        }
        TableStore table = storage.GetTable(insert.Table.Oid);
        RowBuffer row = table.NewRowBuffer();
        int[] parameters = new int[row.Count];
        bool[] isNotNull = new bool[row.Count];
        for (int i = 0; i < row.Count; i++)
        {
            int place = insert.Table.IndexOfNumber(table.ColumnNumbers[i]);
            ColumnDefinition column = insert.Table.Columns[place];
            isNotNull[i] = column.IsNotNull;
            parameters[i] = -1;
            Expression value = project.Columns[place].Expression;
            if (value is ColumnExpression reference)
            {
                value = values.Rows[0][IndexOf(values.Columns, reference.Id)];
            }
            switch (value)
            {
                case ParameterExpression parameter when IsSame(parameter.Type, column.Type):
                    parameters[i] = parameter.Index;
                    break;
                case ConstantExpression { IsNull: true }:
                    row.SetNull(i);
                    break;
                case ConstantExpression constant when constant.Type == column.Type:
                    Vector vector = ExpressionEvaluator.MakeConstant(constant.Type, constant.Value);
                    row.SetFrom(i, vector, 0);
                    break;
                default:
                    return null;
            }
        }
        return new PointInsert(catalog, table, row, parameters, isNotNull);
    }

    private static bool IsPlain(LogicalModification modification, DatabaseCatalog catalog) =>
        modification.Returning.Count == 0 && modification.Checks.Count == 0
        && catalog.Tables.All(table => table.Constraints.All(c => c.Kind != ConstraintKind.ForeignKey
            || (table.Oid != modification.Table.Oid && c.ReferencedTableOid != modification.Table.Oid)));

    private static bool TryFindScan(LogicalOperator plan, out LogicalScan? scan, out Expression? filter)
    {
        scan = null;
        filter = null;
        if (plan is LogicalFilter { Input: LogicalScan { Filter: null } found } filtered)
        {
            scan = found;
            filter = filtered.Predicate;
        }
        return scan is not null;
    }

    // The filter must be an equality with a parameter for each column of a unique index, and nothing else.
    private static PointKey? KeyOf(LogicalScan scan, Expression filter, TableStore table, int[] readColumns)
    {
        IReadOnlyList<Expression> conditions = filter is ConjunctionExpression { Kind: ConjunctionKind.And } and ? and.Operands : [filter];
        Dictionary<int, int> parameterByColumn = [];
        foreach (Expression condition in conditions)
        {
            if (condition is not ComparisonExpression { Kind: ComparisonKind.Equal } equality)
            {
                return null;
            }
            (Expression column, Expression value) = equality.Left is ParameterExpression ? (equality.Right, equality.Left) : (equality.Left, equality.Right);
            int number = NumberOf(scan, column);
            if (number < 0 || value is not ParameterExpression parameter || !IsSame(parameter.Type, column.Type) || !parameterByColumn.TryAdd(number, parameter.Index))
            {
                return null;
            }
        }
        TableIndex? index = Array.Find(table.Indexes, i =>
            i.Definition.IsUnique && i.ColumnNumbers.Length == parameterByColumn.Count && i.ColumnNumbers.All(parameterByColumn.ContainsKey));
        return index is null ? null : new PointKey(table, index, [.. index.ColumnNumbers.Select(number => parameterByColumn[number])], readColumns);
    }

    private static int NumberOf(LogicalScan scan, Expression expression) =>
        expression is ColumnExpression column && scan.Columns.FirstOrDefault(c => c.Column.Id == column.Id) is { } found ? found.ColumnNumber : -1;

    private static int IndexOf(IReadOnlyList<LogicalColumn> columns, ColumnId id)
    {
        int index = 0;
        while (columns[index].Id != id)
        {
            index++;
        }
        return index;
    }

    private static bool IsSame(SqlType parameter, SqlType column) =>
        parameter == column || (parameter.Id == column.Id && column.Precision < 0 && parameter.Physical == column.Physical && column.Id != SqlTypeId.Numeric);
}
