using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnAssignment = PhantomDb.Parsing.Ast.ColumnAssignment;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>INSERT and its ON CONFLICT.</summary>
internal sealed partial class ModificationBinder
{
    public BoundPlan BindInsert(InsertStatement insert)
    {
        TableDefinition table = Target(state, insert.Table, "insert into");
        List<QueryBinder.BoundCte> with = insert.With is null ? [] : _queries.BindWith(insert.With);
        List<ColumnDefinition> targets = Targets(table, insert.Columns);
        LogicalOperator input = insert.Source is null
            ? Complete(table, new LogicalValues([], [new ExpressionList()]), [], [])
            : BindSource(table, targets, insert);
        var level = new QueryLevel { IsPlain = true };
        IReadOnlyList<LogicalColumn> row = input.Output;
        string alias = insert.Alias ?? table.Name;
        ConflictAction? conflict = insert.OnConflict is null ? null : BindConflict(insert.OnConflict, table, alias, row);
        var scope = new Scope(null, level) { Tables = [RowOf(table, alias, row)] };
        IReadOnlyList<ComputedColumn> returning = BindReturning(insert.Returning, scope);
        (LogicalOperator withCtes, IReadOnlyList<WithStep> steps) = QueryBinder.Attach(input, with);
        return Plan(new LogicalInsert(table, withCtes)
        {
            OnConflict = conflict,
            Cascades = conflict is { DoesNothing: false } ? CascadeTargets.Of(state, table) : [],
            Checks = BindChecks(state, table, row, _ => true),
            Stored = BindStored(state, table, row),
            Returning = returning,
        }, "INSERT") with { Steps = steps };
    }

    private static List<ColumnDefinition> Targets(TableDefinition table, SyntaxList<AssignmentTarget> columns)
    {
        if (columns.Count == 0)
        {
            return [.. table.Columns];
        }
        var targets = new List<ColumnDefinition>();
        foreach (AssignmentTarget target in columns)
        {
            ColumnDefinition column = TargetColumn(table, target);
            if (targets.Contains(column))
            {
                throw Error.At(SqlStates.DuplicateColumn, $"column \"{column.Name}\" specified more than once", target.Position);
            }
            targets.Add(column);
        }
        return targets;
    }

    private LogicalOperator BindSource(TableDefinition table, List<ColumnDefinition> targets, InsertStatement insert)
    {
        SelectStatement source = insert.Source!;
        bool isValues = source is { Body: ValuesBody, With: null, OrderBy.Count: 0, Limit: null, Offset: null };
        int width;
        LogicalOperator plan;
        IReadOnlyList<LogicalColumn> columns;
        if (isValues)
        {
            var values = (ValuesBody)source.Body;
            width = values.Rows[0].Count;
            CheckWidth(width, targets, insert, values.Rows[0].Count > targets.Count ? values.Rows[0][targets.Count].Position : source.Position);
            LogicalValues rows = BindRows(values, targets.GetRange(0, width), insert);
            (plan, columns) = (rows, rows.Columns);
        }
        else
        {
            BoundQuery query = new QueryBinder(state, null, _queries.Ctes).Bind(source, keepsUnknown: true);
            width = query.Columns.Count;
            CheckWidth(width, targets, insert, source.Position);
            for (int i = 0; i < width; i++)
            {
                RefuseIdentityValue(targets[i], insert.Overriding, source.Position);
            }
            SqlType[] types = [.. query.Columns.Select((c, i) => IsReplaced(targets[i], insert.Overriding) ? c.Type : targets[i].Type)];
            query = _queries.CoerceColumns(query, types, CastContext.Assignment, (i, actual) =>
                Error.WrongAssignmentType(targets[i].Name, targets[i].Type, actual, source.Position));
            (plan, columns) = (query.Plan, query.Columns);
        }
        List<ColumnDefinition> given = targets.GetRange(0, width);
        for (int i = given.Count - 1; i >= 0; i--)
        {
            if (IsReplaced(given[i], insert.Overriding))
            {
                given.RemoveAt(i);
                columns = [.. columns.Where((_, place) => place != i)];
            }
        }
        return Complete(table, plan, given, columns);
    }

    private static void CheckWidth(int width, List<ColumnDefinition> targets, InsertStatement insert, int position)
    {
        if (width > targets.Count)
        {
            throw Error.InvalidSyntax("INSERT has more expressions than target columns", position);
        }
        if (width < targets.Count && insert.Columns.Count > 0)
        {
            throw Error.InvalidSyntax("INSERT has more target columns than expressions", insert.Columns[width].Position);
        }
    }

    /// <summary>OVERRIDING USER VALUE: what is given for an identity column is ignored.</summary>
    private static bool IsReplaced(ColumnDefinition column, OverridingKind overriding) =>
        overriding == OverridingKind.UserValue && column.Identity != IdentityKind.None;

    private static void RefuseIdentityValue(ColumnDefinition column, OverridingKind overriding, int position)
    {
        if (column.Identity == IdentityKind.Always && overriding == OverridingKind.None)
        {
            throw Error.At("428C9", $"cannot insert a non-DEFAULT value into column \"{column.Name}\"", position,
                hint: "Use OVERRIDING SYSTEM VALUE to override.",
                detail: $"Column \"{column.Name}\" is an identity column defined as GENERATED ALWAYS.");
        }
    }

    /// <summary>Rows of VALUES, each value as its column's type at once: no common type is looked for.</summary>
    private LogicalValues BindRows(ValuesBody values, List<ColumnDefinition> targets, InsertStatement insert)
    {
        var level = new QueryLevel { Clause = Clause.Values, IsPlain = true };
        var binder = new ExpressionBinder(state, new Scope(null, level), _queries.Ctes);
        var rows = new ExpressionList[values.Rows.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            SyntaxList<ExpressionSyntax> row = values.Rows[i];
            if (row.Count != targets.Count)
            {
                throw Error.InvalidSyntax("VALUES lists must all be the same length", row.Count == 0 ? values.Position : row[0].Position);
            }
            var expressions = new Expression[row.Count];
            for (int j = 0; j < expressions.Length; j++)
            {
                ColumnDefinition column = targets[j];
                if (row[j] is DefaultSyntax)
                {
                    expressions[j] = DefaultOf(state, column);
                    continue;
                }
                RefuseIdentityValue(column, insert.Overriding, row[j].Position);
                expressions[j] = Assign(binder.Bind(row[j]), column, row[j].Position);
            }
            rows[i] = new ExpressionList(expressions);
        }
        return new LogicalValues([.. targets.Select(c => state.NewColumn(c.Type, c.Name))], rows);
    }

    /// <summary>A projection to all columns of the table: those given, defaults for the others.</summary>
    private LogicalProject Complete(TableDefinition table, LogicalOperator plan, List<ColumnDefinition> given, IReadOnlyList<LogicalColumn> columns)
    {
        var computed = new List<ComputedColumn>(table.Columns.Count);
        HashSet<ColumnId> used = [];
        foreach (ColumnDefinition column in table.Columns)
        {
            int place = given.IndexOf(column);
            Expression value = place >= 0 ? columns[place].Reference : DefaultOf(state, column);
            bool keepsId = place >= 0 && used.Add(columns[place].Id);
            computed.Add(new ComputedColumn(keepsId ? columns[place] with { Name = column.Name } : state.NewColumn(column.Type, column.Name), value));
        }
        return new LogicalProject(plan, computed);
    }

    /// <summary>COPY FROM: rows come from outside; columns that they lack have their defaults.</summary>
    public LogicalInsert BindCopyInsert(TableDefinition table, List<ColumnDefinition> columns, ExpressionSyntax? where)
    {
        LogicalOperator plan = new LogicalCopyInput([.. columns.Select(c => state.NewColumn(c.Type, c.Name))]);
        plan = Complete(table, plan, columns, plan.Output);
        if (where is not null)
        {
            var level = new QueryLevel { Clause = Clause.CopyWhere, IsPlain = true };
            var scope = new Scope(null, level) { Tables = [RowOf(table, table.Name, plan.Output)] };
            plan = new LogicalFilter(plan, new ExpressionBinder(state, scope, null).BindCondition(where, "WHERE"));
        }
        return new LogicalInsert(table, plan) { Checks = BindChecks(state, table, plan.Output, _ => true), Stored = BindStored(state, table, plan.Output) };
    }

    private ConflictAction BindConflict(OnConflictClause clause, TableDefinition table, string alias, IReadOnlyList<LogicalColumn> row)
    {
        IReadOnlyList<IndexDefinition> arbiters = clause.Target is null ? [] : FindArbiters(clause.Target, table);
        LogicalColumn[] existing = [.. table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        if (clause.DoNothing)
        {
            return new ConflictAction(arbiters, existing) { DoesNothing = true };
        }
        if (arbiters.Count == 0)
        {
            throw Error.At(SqlStates.SyntaxError, "ON CONFLICT DO UPDATE requires inference specification or constraint name", clause.Position,
                hint: "For example, ON CONFLICT (column_name).");
        }
        var level = new QueryLevel { Clause = Clause.Set, IsPlain = true };
        // A name without table is ambiguous: the existing row and EXCLUDED have the same columns.
        var scope = new Scope(null, level)
        {
            Tables = [RowOf(table, alias, existing), RowOf(table, "excluded", row) with { Schema = null }],
        };
        var binder = new ExpressionBinder(state, scope, _queries.Ctes);
        var assignments = new List<Planning.Logical.ColumnAssignment>();
        foreach ((ColumnDefinition column, Expression value) in BindAssignments(table, clause.Assignments, binder, null))
        {
            assignments.Add(new Planning.Logical.ColumnAssignment(column.Number, value));
        }
        level.Clause = Clause.Where;
        Expression? where = clause.Where is null ? null : binder.BindCondition(clause.Where, "WHERE");
        foreach (Expression expression in assignments.Select(a => a.Value).Concat(where is null ? [] : [where]))
        {
            Planning.PlanTraversal.Visit(expression, part =>
            {
                if (part is SubqueryExpression)
                {
                    throw Error.NotSupported("a subquery in ON CONFLICT DO UPDATE", clause.Position);
                }
            });
        }
        return new ConflictAction(arbiters, existing) { Assignments = assignments, Where = where };
    }

    private IReadOnlyList<IndexDefinition> FindArbiters(ConflictTarget target, TableDefinition table)
    {
        if (target.Constraint is { } name)
        {
            ConstraintDefinition constraint = table.Constraints.FirstOrDefault(c => c.Name == name)
                ?? throw Error.At(SqlStates.UndefinedObject, $"constraint \"{name}\" for table \"{table.Name}\" does not exist", target.Position);
            return [table.Indexes.FirstOrDefault(i => i.Oid == constraint.IndexOid && i.IsUnique)
                ?? throw Error.At(SqlStates.WrongObjectType, "constraint in ON CONFLICT clause has no associated index", target.Position)];
        }
        IReadOnlyList<IndexDefinition> found = [];
        // What the clause says decides which indexes are meant: its literals are no parameters, so that a cached plan is for them alone.
        state.Record(() => found = InferArbiters(target, table));
        return found.Count > 0 ? found
            : throw Error.At(SqlStates.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification", target.Position);
    }

    // All unique indexes with just the columns and expressions of the clause, whose predicate its condition implies.
    private List<IndexDefinition> InferArbiters(ConflictTarget target, TableDefinition table)
    {
        LogicalColumn[] row = [.. table.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
        IReadOnlyList<StoredExpression> stored = BindStored(state, table, row);
        HashSet<int> columns = [];
        List<Expression> expressions = [];
        List<(string Class, int Number, Expression? Expression)> classes = [];
        foreach (IndexElement element in target.Elements)
        {
            Expression key = BindIndexExpression(state, table, row, element.Expression, Clause.IndexExpression);
            int number = key is ColumnExpression column ? table.Columns[Array.FindIndex(row, c => c.Id == column.Id)].Number : -1;
            if (number >= 0)
            {
                columns.Add(number);
            }
            else
            {
                expressions.Add(key);
            }
            if (element.OperatorClass is { } named)
            {
                classes.Add((named.Name, number, number >= 0 ? null : key));
                OperatorClasses.Check(named.Name, key.Type, named.Position);
            }
        }
        Expression? where = target.Where is null ? null : BindIndexExpression(state, table, row, target.Where, Clause.IndexPredicate);
        return [.. table.Indexes.Where(index => index.IsUnique && HasKeys(index) && index.Columns.All(HasClass)
            && (!index.IsPartial || (where is not null && Planning.Implication.Implies([where], ValueOf(index.PredicateNumber)!))))];

        Expression? ValueOf(int number) => stored.FirstOrDefault(s => s.Column.ColumnNumber == number)?.Value;

        bool HasKeys(IndexDefinition index)
        {
            int[] plain = [.. index.Columns.Select(c => c.ColumnNumber).Where(n => table.FindExpression(n) is null)];
            Expression[] computed = [.. index.Columns.Select(c => ValueOf(c.ColumnNumber)).OfType<Expression>()];
            return columns.SetEquals(plain)
                && expressions.TrueForAll(e => Array.Exists(computed, c => Planning.ExpressionEquality.AreEqual(c, e)))
                && Array.TrueForAll(computed, c => expressions.Exists(e => Planning.ExpressionEquality.AreEqual(c, e)));
        }

        // A class that the clause names must be the index's.
        bool HasClass(IndexColumn key) => classes.TrueForAll(named =>
            (named.Number >= 0 ? named.Number != key.ColumnNumber : ValueOf(key.ColumnNumber) is not { } value || !Planning.ExpressionEquality.AreEqual(value, named.Expression!))
            || OperatorClasses.Check(named.Class, table.TypeOf(key.ColumnNumber), -1) == key.OperatorClass);
    }
}
