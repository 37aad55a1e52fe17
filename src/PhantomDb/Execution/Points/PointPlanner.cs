using PhantomDb.Catalog;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Execution.Indexes;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb.Execution.Points;

/// <summary>
/// Tells the statements that are about one row, or the few of an index's range, from all others. One row is found by a unique
/// key, and may have to meet further conditions; a range's must be met by its index alone. Deferrable unique keys
/// and new deferrable foreign keys go the general way, and keys that may be referred to by rows without an index for that.
/// </summary>
internal sealed class PointPlanner
{
    private readonly BoundPlan _bound;
    private readonly DatabaseCatalog _catalog;
    private readonly DatabaseStorage _storage;
    private readonly IStatementContext _statement;

    private PointPlanner(BoundPlan bound, DatabaseCatalog catalog, DatabaseStorage storage, IStatementContext statement)
    {
        _bound = bound;
        _catalog = catalog;
        _storage = storage;
        _statement = statement;
    }

    /// <summary>The single-row statement; null where the plan is none.</summary>
    public static PointStatement? Plan(BoundPlan bound, DatabaseCatalog catalog, DatabaseStorage storage, IStatementContext statement)
    {
        if (bound.Steps.Count > 0)
        {
            return null;
        }
        PointPlanner planner = new(bound, catalog, storage, statement);
        try
        {
            return bound.Plan switch
            {
                LogicalInsert insert => planner.PlanInsert(insert),
                LogicalUpdate update => planner.PlanUpdate(update),
                LogicalDelete delete => planner.PlanDelete(delete),
                _ => planner.PlanSelect(),
            };
        }
        catch (PhantomDbException)
        {
            return null;   // a constant that cannot be computed: an error only where the statement gets there
        }
    }

    private PointStatement? PlanSelect()
    {
        LogicalOperator plan = _bound.Plan;
        if (((plan as LogicalProject)?.Input ?? plan) is LogicalLockRows rowLocks)
        {
            return PlanLock(rowLocks, plan as LogicalProject);
        }
        LogicalLimit? limit = plan as LogicalLimit;
        plan = limit?.Input ?? plan;
        LogicalSort? sort = plan as LogicalSort;
        plan = sort?.Input ?? plan;
        LogicalProject? project = plan as LogicalProject;   // none where all of the table's columns are wanted as they are
        if (limit is { Offset: not null } or { Ties: not null } || sort is { Limit: not null }
            || !TryFindScan(project?.Input ?? plan, out LogicalScan scan, out Expression? filter))
        {
            return null;
        }
        Expression[] outputs = new Expression[_bound.ResultColumns.Count];
        for (int i = 0; i < outputs.Length; i++)
        {
            if (Find(_bound.ResultColumns[i].Id, project, scan) is not { } output)
            {
                return null;
            }
            outputs[i] = output;
        }
        PointRows rows = new([.. _bound.ResultColumns.Select(c => c.Type.Physical)]);
        return (limit is null && sort is null ? PlanKeySelect(scan, filter, outputs, rows) : null)
            ?? PlanRange(scan, filter, project, sort, limit?.Limit, outputs, rows);
    }

    private PointStatement? PlanKeySelect(LogicalScan scan, Expression? filter, Expression[] outputs, PointRows rows)
    {
        PointExpressions values = new(scan, _bound.ParameterTypes, _statement);
        foreach (Expression output in outputs)
        {
            if (!values.TryAdd(output, output.Type))
            {
                return null;
            }
        }
        TableStore table = _storage.GetTable(scan.Table.Oid);
        if ((ChooseKey(scan, filter, table) ?? ChooseKey(scan, filter, table, allowsList: true)) is not { } choice || !choice.Others.TrueForAll(values.TryAddCondition))
        {
            return null;
        }
        if (choice.List is { } list)
        {
            return new PointListSelect(_catalog, table, choice.ToKey(table, values.ReadColumns, []), list, values.BuildCondition(), values.Row, values.Build(), rows);
        }
        bool isPlain = choice.Others.Count == 0 && !Array.Exists(choice.Values, value => value.MayFail) && outputs.All(output => output is ColumnExpression);
        int[] readColumns = isPlain ? [.. outputs.Select(output => PointExpressions.NumberOf(scan, output))] : values.ReadColumns;
        PointKey key = choice.ToKey(table, readColumns, []);
        return isPlain
            ? new PointSelect(_catalog, table, key, null, null, [], rows)
            : new PointSelect(_catalog, table, key, values.BuildCondition(), values.Row, values.Build(), rows);
    }

    // The projection above leaves the row's id out.
    private PointLock? PlanLock(LogicalLockRows rowLocks, LogicalProject? above)
    {
        LogicalProject? project = rowLocks.Input as LogicalProject;
        if (rowLocks is not { Tables: [var locked], OtherRowIds.Count: 0, Limit: null, Offset: null }
            || !TryFindScan(project?.Input ?? rowLocks.Input, out LogicalScan scan, out Expression? filter)
            || scan.Table.Oid != locked.Table.Oid)
        {
            return null;
        }
        PointExpressions values = new(scan, _bound.ParameterTypes, _statement);
        foreach (LogicalColumn column in _bound.ResultColumns)
        {
            ColumnId? id = above is null ? column.Id : (Find(column.Id, above, scan) as ColumnExpression)?.Id;
            if (id is not { } inner || Find(inner, project, scan) is not { } output || !values.TryAdd(output, output.Type))
            {
                return null;
            }
        }
        TableStore table = _storage.GetTable(scan.Table.Oid);
        return KeyOf(scan, filter, table, values, []) is { } key
            ? new PointLock(_catalog, table, key, values.BuildCondition(), values.Row, new PointOutput(values.Build(), new PointRows([.. _bound.ResultColumns.Select(c => c.Type.Physical)])), locked)
            : null;
    }

    private PointRange? PlanRange(
        LogicalScan scan, Expression? filter, LogicalProject? project, LogicalSort? sort, Expression? limit, Expression[] outputs, PointRows rows)
    {
        int[] numbers = [.. outputs.Select(output => PointExpressions.NumberOf(scan, output))];
        if (numbers.Contains(-1) || !TryReadConditions(scan, filter, out List<Condition> conditions) || (conditions.Count == 0 && limit is null))
        {
            return null;
        }
        PointOperand? limitOperand = limit is null ? null : OperandOf(limit, SqlType.Int64);
        if (limit is not null && limitOperand is null)
        {
            return null;
        }
        TableStore table = _storage.GetTable(scan.Table.Oid);
        foreach (TableIndex index in table.Indexes)
        {
            if (index.Definition.IsPartial)
            {
                continue;   // its predicate would be one more condition
            }
            int equalCount = 0;
            while (equalCount < index.ColumnNumbers.Length && Find(conditions, index.ColumnNumbers[equalCount], ComparisonKind.Equal) is not null)
            {
                equalCount++;
            }
            bool hasNext = equalCount < index.ColumnNumbers.Length;
            Condition? lower = hasNext ? Find(conditions, index.ColumnNumbers[equalCount], ComparisonKind.GreaterOrEqual, ComparisonKind.Greater) : null;
            Condition? upper = hasNext ? Find(conditions, index.ColumnNumbers[equalCount], ComparisonKind.LessOrEqual, ComparisonKind.Less) : null;
            bool isRange = lower is not null || upper is not null;
            if (equalCount + (lower is null ? 0 : 1) + (upper is null ? 0 : 1) != conditions.Count
                || (isRange && index.Definition.Columns[equalCount].IsDescending)
                || !IsInOrder(scan, project, sort, index, equalCount, out bool isBackward))
            {
                continue;
            }
            IndexRangeScan range = new(table, index, numbers);
            return new PointRange(_catalog, table, index, range, rows)
            {
                Equal = [.. index.ColumnNumbers.Take(equalCount).Select(number => Find(conditions, number, ComparisonKind.Equal)!.Value.Operand)],
                Lower = lower?.Operand,
                IsLowerInclusive = lower?.Kind == ComparisonKind.GreaterOrEqual,
                Upper = upper?.Operand,
                IsUpperInclusive = upper?.Kind == ComparisonKind.LessOrEqual,
                Limit = limitOperand,
                IsBackward = isBackward,
                NotNullPlace = isRange ? range.PlaceOfKey(equalCount) : -1,
            };
        }
        return null;
    }

    // What a column of the projection, or of the table where there is none, is.
    private static Expression? Find(ColumnId id, LogicalProject? project, LogicalScan scan)
    {
        if (project is not null)
        {
            return project.Columns.FirstOrDefault(c => c.Column.Id == id)?.Expression;
        }
        return scan.Columns.FirstOrDefault(c => c.Column.Id == id) is { } found
            ? new ColumnExpression(id, found.Column.Type, found.Column.Name)
            : null;
    }

    // The columns behind the equal ones are those of ORDER BY, all as the index has them, or all the other way round.
    private static bool IsInOrder(LogicalScan scan, LogicalProject? project, LogicalSort? sort, TableIndex index, int equalCount, out bool isBackward)
    {
        isBackward = false;
        int keyCount = sort?.Keys.Count ?? 0;
        if (equalCount + keyCount > index.ColumnNumbers.Length)
        {
            return false;
        }
        for (int i = 0; i < keyCount; i++)
        {
            SortKey key = sort!.Keys[i];
            IndexColumn column = index.Definition.Columns[equalCount + i];
            if (key.Expression is not ColumnExpression reference
                || Find(reference.Id, project, scan) is not { } output
                || PointExpressions.NumberOf(scan, output) != column.ColumnNumber)
            {
                return false;
            }
            bool isOpposite = key.IsDescending != column.IsDescending;
            if ((key.NullsFirst != column.NullsFirst) != isOpposite || (i > 0 && isOpposite != isBackward))
            {
                return false;
            }
            isBackward = isOpposite;
        }
        return true;
    }

    private PointUpdate? PlanUpdate(LogicalUpdate update)
    {
        if (update.Input is not LogicalProject project || HasDeferrableIndexes(update.Table) || !TryFindScan(project.Input, out LogicalScan scan, out Expression? filter))
        {
            return null;
        }
        PointExpressions values = new(scan, _bound.ParameterTypes, _statement);
        bool[] isNotNull = new bool[update.ChangedColumns.Count];
        for (int i = 0; i < isNotNull.Length; i++)
        {
            int place = update.Table.IndexOfNumber(update.ChangedColumns[i]);
            ColumnDefinition column = update.Table.Columns[place];
            if (project.Columns.FirstOrDefault(c => c.Column.Id == update.NewRow[place].Id) is not { } computed || !values.TryAdd(computed.Expression, column.Type))
            {
                return null;
            }
            isNotNull[i] = column.IsNotNull;
        }
        TableStore table = _storage.GetTable(update.Table.Oid);
        ConstraintDefinition[] outgoing = [.. update.Table.Constraints.Where(key => key.Kind == ConstraintKind.ForeignKey && key.Columns.Any(update.ChangedColumns.Contains))];
        (ConstraintDefinition Key, TableDefinition Child)[] incoming = [.. KeyChanges.IncomingOf(_catalog, update.Table, update.ChangedColumns)];
        if (!TryPlanChangedRow(update, values, [.. outgoing.SelectMany(key => key.Columns), .. incoming.SelectMany(key => key.Key.ReferencedColumns)], out PointChangedRow? changed)
            || !TryPlanReferences(update.Table, outgoing, incoming, values, changed?.Row, out PointReferences? references)
            || KeyOf(scan, filter, table, values, [.. update.ChangedColumns]) is not { } key)
        {
            return null;
        }
        int[] columns = [.. update.ChangedColumns, .. update.Stored.Select(value => value.Column.ColumnNumber)];
        return new PointUpdate(_catalog, table, key, values.BuildCondition(), values.Row, columns, values.Build(), isNotNull, changed, references);
    }

    // What foreign keys ask of the row that is changed; null where they ask nothing, false where the general way must look.
    private bool TryPlanReferences(
        TableDefinition table, ConstraintDefinition[] outgoing, (ConstraintDefinition Key, TableDefinition Child)[] incoming,
        PointExpressions found, RowBuffer? newRow, out PointReferences? references)
    {
        PointParent?[] parents = [.. outgoing.Select(key => PointParent.Create(key, table, newRow!, _storage))];
        PointChildren?[] children = [.. incoming.Select(key =>
            PointChildren.Create(key.Key, key.Child, table, number => found.PlaceOf(number, table.TypeOf(number)), newRow, _storage))];
        references = parents.Length + children.Length == 0 ? null : new PointReferences(parents!, children!);
        return !parents.Contains(null) && !children.Contains(null);
    }

    // What of the new row checks, index expressions, foreign keys and RETURNING need; null where they need nothing, false where they cannot
    // be computed here.
    private bool TryPlanChangedRow(LogicalUpdate update, PointExpressions values, int[] keyColumns, out PointChangedRow? changed)
    {
        changed = null;
        if (update.Returning.Count + update.Checks.Count + update.Stored.Count + keyColumns.Length == 0)
        {
            return true;
        }
        LogicalScan newRow = new(update.Table, update.Table.Name, [.. update.NewRow.Select((column, i) => new ScanColumn(column, update.Table.Columns[i].Number))]);
        PointExpressions computed = new(newRow, _bound.ParameterTypes, _statement);
        foreach (int number in keyColumns)
        {
            computed.PlaceOf(number, update.Table.TypeOf(number));
        }
        if (NewRowOf(update, computed) is not { } row)
        {
            return false;
        }
        int[] columns = computed.ReadColumns;
        int[] newPlaces = [.. columns.Select(number => update.ChangedColumns.ToList().IndexOf(number))];
        int[] oldPlaces = [.. columns.Select((number, i) => newPlaces[i] >= 0 ? -1 : values.PlaceOf(number, update.Table.TypeOf(number)))];
        changed = new PointChangedRow(columns, newPlaces, oldPlaces, row);
        return true;
    }

    // Checks, index expressions and RETURNING; null where something of them cannot be computed here.
    private static PointNewRow? NewRowOf(LogicalModification modification, PointExpressions row)
    {
        // A check fails where it is false; unknown passes.
        if (!modification.Checks.All(check => row.TryAddCondition(new BooleanTestExpression(check.Condition, Value: false, IsNegated: true)))
            || !modification.Returning.All(value => row.TryAdd(value.Expression, value.Column.Type))
            || !modification.Stored.All(value => row.TryAdd(StoredValues.AsStored(value), value.Column.Column.Type)))
        {
            return null;
        }
        PointOperand[] operands = row.Build();
        int outputCount = modification.Returning.Count;
        return new PointNewRow(row.Row, row.BuildCondition(), operands[outputCount..], OutputOf(modification, operands[..outputCount]));
    }

    private static PointOutput? OutputOf(LogicalModification modification, PointOperand[] values) => values.Length == 0
        ? null
        : new PointOutput(values, new PointRows([.. modification.Returning.Select(value => value.Column.Type.Physical)]));

    private PointDelete? PlanDelete(LogicalDelete delete)
    {
        if (delete.Input is not LogicalProject project || HasDeferrableIndexes(delete.Table) || !TryFindScan(project.Input, out LogicalScan scan, out Expression? filter))
        {
            return null;
        }
        TableStore table = _storage.GetTable(delete.Table.Oid);
        PointExpressions values = new(scan, _bound.ParameterTypes, _statement);
        if (!delete.Returning.All(value => values.TryAdd(value.Expression, value.Column.Type))
            || !TryPlanReferences(delete.Table, [], [.. KeyChanges.IncomingOf(_catalog, delete.Table, null)], values, null, out PointReferences? references)
            || KeyOf(scan, filter, table, values, table.StringColumns, removesEntry: true) is not { } key)
        {
            return null;
        }
        return new PointDelete(_catalog, table, key, values.BuildCondition(), values.Row, OutputOf(delete, values.Build()), references);
    }

    private PointInsert? PlanInsert(LogicalInsert insert)
    {
        if (HasDeferrableIndexes(insert.Table) || insert.Input is not LogicalProject { Input: LogicalValues { Rows.Count: 1 } values } project)
        {
            return null;
        }
        TableStore table = _storage.GetTable(insert.Table.Oid);
        RowBuffer row = table.NewRowBuffer();
        PointExpressions operands = new(null, _bound.ParameterTypes, _statement);
        bool[] isNotNull = new bool[insert.Table.Columns.Count];   // the values of index expressions come behind those of columns
        LogicalColumn[] columns = new LogicalColumn[isNotNull.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            int place = insert.Table.IndexOfNumber(table.ColumnNumbers[i]);
            ColumnDefinition column = insert.Table.Columns[place];
            isNotNull[i] = column.IsNotNull;
            columns[i] = project.Columns[place].Column;
            Expression value = project.Columns[place].Expression;
            if (value is ColumnExpression reference)
            {
                value = values.Rows[0][IndexOf(values.Columns, reference.Id)];
            }
            if (!operands.TryAdd(value, column.Type))
            {
                return null;
            }
        }
        bool needsNewRow = insert.Checks.Count + insert.Stored.Count + insert.Returning.Count > 0;
        PointNewRow? newRow = needsNewRow ? NewRowOf(insert, PointExpressions.OfRow(insert.Table, columns, _bound.ParameterTypes, _statement)) : null;
        PointParent?[] parents = [.. insert.Table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey)
            .Select(key => PointParent.Create(key, insert.Table, row, _storage))];
        if ((needsNewRow && newRow is null) || parents.Contains(null))
        {
            return null;
        }
        if (insert.OnConflict is not { } conflict)
        {
            return new PointInsert(_catalog, table, row, operands.Row, operands.Build(), isNotNull, newRow, parents!);
        }
        TableIndex[] arbiters = [.. table.Indexes.Where(index => index.Definition.IsUnique
            && (conflict.Arbiters.Count == 0 || conflict.Arbiters.Any(arbiter => arbiter.Oid == index.Definition.Oid)))];
        bool mayRun = !insert.Returning.Any(value => ExpressionFacts.IsVolatile(value.Expression))   // it may be computed of both rows
            && !conflict.Assignments.Any(assignment => IsInForeignKey(insert.Table, assignment.ColumnNumber));
        PointConflictUpdate? update = !mayRun || conflict.DoesNothing ? null
            : PointConflictUpdate.Create(insert, table, columns, isNotNull, newRow, _bound.ParameterTypes, _statement);
        return !mayRun || (update is null && !conflict.DoesNothing)
            ? null
            : new PointUpsert(_catalog, table, row, operands.Row, operands.Build(), isNotNull, newRow, parents!, arbiters, update);
    }

    private static bool HasDeferrableIndexes(TableDefinition table) => table.Indexes.Any(index => index.IsDeferrable);

    // A key that changes concerns other tables' rows.
    private bool IsInForeignKey(TableDefinition table, int columnNumber) =>
        table.Constraints.Any(key => key.Kind == ConstraintKind.ForeignKey && key.Columns.Contains(columnNumber))
        || KeyChanges.IncomingOf(_catalog, table, [columnNumber]).Any();

    private static bool TryFindScan(LogicalOperator plan, out LogicalScan scan, out Expression? filter)
    {
        LogicalFilter? filtered = plan as LogicalFilter;
        filter = filtered?.Predicate;
        scan = ((filtered?.Input ?? plan) as LogicalScan)!;
        return scan is { Filter: null };
    }

    /// <summary>A column compared with a value that is there before the statement runs.</summary>
    private readonly record struct Condition(int ColumnNumber, ComparisonKind Kind, PointOperand Operand);

    // The filter must be comparisons of columns with values, and nothing else.
    private bool TryReadConditions(LogicalScan scan, Expression? filter, out List<Condition> conditions)
    {
        conditions = [];
        foreach (Expression conjunct in ConjunctsOf(filter))
        {
            if (ConditionOf(scan, conjunct) is not { } condition)
            {
                return false;
            }
            conditions.Add(condition);
        }
        return true;
    }

    private static IReadOnlyList<Expression> ConjunctsOf(Expression? filter) => filter switch
    {
        null => [],
        ConjunctionExpression { Kind: ConjunctionKind.And } and => and.Operands,
        _ => [filter],
    };

    private Condition? ConditionOf(LogicalScan scan, Expression conjunct)
    {
        if (conjunct is not ComparisonExpression comparison)
        {
            return null;
        }
        Expression left = KeyBounds.WithoutCasts(comparison.Left);
        Expression right = KeyBounds.WithoutCasts(comparison.Right);
        bool isMirrored = left is not ColumnExpression;
        Expression column = isMirrored ? right : left;
        ComparisonKind kind = isMirrored ? Operators.ZoneFilters.Mirror(comparison.Kind) : comparison.Kind;
        int number = PointExpressions.NumberOf(scan, column);
        return number < 0 ? null : ConditionOf(number, kind, isMirrored ? comparison.Left : comparison.Right, column.Type);
    }

    private Condition? ConditionOf(int number, ComparisonKind kind, Expression compared, SqlType type)
    {
        Expression value = KeyBounds.WithoutCasts(compared);
        if (OperandOf(value, type) is { } same)
        {
            return new Condition(number, kind, same);
        }
        if (!KeyBounds.CanConvert(value.Type, type) || OperandOf(value, value.Type) is not { } operand)
        {
            // It may be the column's type that it is cast to: an integer that a numeric is compared with.
            return OperandOf(compared, type) is { } cast ? new Condition(number, kind, cast) : null;
        }
        ComparisonKind? inclusive = kind switch
        {
            ComparisonKind.Equal => ComparisonKind.Equal,
            ComparisonKind.Greater or ComparisonKind.GreaterOrEqual => ComparisonKind.GreaterOrEqual,
            ComparisonKind.Less or ComparisonKind.LessOrEqual => ComparisonKind.LessOrEqual,
            _ => null,
        };
        return inclusive is not { } converted ? null : new Condition(number, converted, new KeyBoundOperand(operand, value.Type, type, kind));
    }

    // A column that the list names is to have one of its values.
    private Condition? ListOf(LogicalScan scan, Expression conjunct)
    {
        Condition?[] values;
        switch (conjunct)
        {
            case InListExpression { IsNegated: false } list when KeyBounds.WithoutCasts(list.Operand) is ColumnExpression column && PointExpressions.NumberOf(scan, column) is >= 0 and int number:
                values = [.. list.Items.Select(item => ConditionOf(number, ComparisonKind.Equal, item, column.Type))];
                break;
            case ConjunctionExpression { Kind: ConjunctionKind.Or } or:
                values = [.. or.Operands.Select(operand => ConditionOf(scan, operand))];
                break;
            default:
                return null;
        }
        return values.Length <= RowBatch.RowCountMax && Array.TrueForAll(values, value => value is { Kind: ComparisonKind.Equal } equality && equality.ColumnNumber == values[0]!.Value.ColumnNumber)
            ? new Condition(values[0]!.Value.ColumnNumber, ComparisonKind.Equal, new ListOperand([.. values.Select(value => value!.Value.Operand)]))
            : null;
    }

    private PointOperand? OperandOf(Expression value, SqlType type)
    {
        if (!PointExpressions.IsSame(value.Type, type))
        {
            return null;
        }
        switch (value)
        {
            case ParameterExpression parameter:
                return new ParameterOperand(parameter.Index);
            case ConstantExpression constant:
                return new ConstantOperand(constant);
            default:
                // Computed once: what is another value for each row is no bound.
                PointExpressions computed = new(null, _bound.ParameterTypes, _statement);
                return computed.TryAdd(value, value.Type) && !ExpressionFacts.IsVolatile(value) ? new ColumnFreeOperand(computed.Build()[0], computed.Row!) : null;
        }
    }

    private static Condition? Find(List<Condition> conditions, int columnNumber, ComparisonKind kind, ComparisonKind orKind = ComparisonKind.Equal)
    {
        foreach (Condition condition in conditions)
        {
            if (condition.ColumnNumber == columnNumber && (condition.Kind == kind || condition.Kind == orKind))
            {
                return condition;
            }
        }
        return null;
    }

    /// <summary>A unique index that the filter gives all columns of, their values, and what else the filter asks of the row.</summary>
    private readonly record struct KeyChoice(TableIndex Index, PointOperand[] Values, List<Expression> Others)
    {
        /// <summary>The value of which there are several; null where there is one key.</summary>
        public ListOperand? List => Array.Find(Values, value => value is ListOperand) as ListOperand;

        public PointKey ToKey(TableStore table, int[] readColumns, int[] changedColumns, bool removesEntry = false) =>
            new(table, Index, Values, readColumns, changedColumns) { RemovesEntry = removesEntry };
    }

    // Null where no unique index has an equality for each of its columns.
    private KeyChoice? ChooseKey(LogicalScan scan, Expression? filter, TableStore table, bool allowsList = false)
    {
        IReadOnlyList<Expression> conjuncts = ConjunctsOf(filter);
        Condition?[] equalities = [.. conjuncts.Select(conjunct => ConditionOf(scan, conjunct) is { Kind: ComparisonKind.Equal } equality
            ? equality
            : allowsList ? ListOf(scan, conjunct) : null)];
        foreach (TableIndex index in table.Indexes)
        {
            if (index.Definition is not { IsAlwaysUnique: true, IsPartial: false })
            {
                continue;
            }
            int[] places = [.. index.ColumnNumbers.Select(number => Array.FindIndex(equalities, e => e?.ColumnNumber == number))];
            if (Array.IndexOf(places, -1) < 0 && places.Count(place => equalities[place]!.Value.Operand is ListOperand) <= 1)
            {
                return new KeyChoice(index, [.. places.Select(place => equalities[place]!.Value.Operand)], [.. conjuncts.Where((_, i) => !places.Contains(i))]);
            }
        }
        return null;
    }

    private PointKey? KeyOf(LogicalScan scan, Expression? filter, TableStore table, PointExpressions values, int[] changedColumns, bool removesEntry = false) =>
        ChooseKey(scan, filter, table) is { } choice && choice.Others.TrueForAll(values.TryAddCondition)
            ? choice.ToKey(table, values.ReadColumns, changedColumns, removesEntry)
            : null;

    private static int IndexOf(IReadOnlyList<LogicalColumn> columns, ColumnId id)
    {
        int index = 0;
        while (columns[index].Id != id)
        {
            index++;
        }
        return index;
    }
}
