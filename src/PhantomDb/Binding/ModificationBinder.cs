using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using ColumnDefinition = PhantomDb.Catalog.ColumnDefinition;

namespace PhantomDb.Binding;

/// <summary>
/// INSERT, UPDATE and DELETE. This file has what they share: the target, defaults, assignment casts, checks, RETURNING.
/// </summary>
internal sealed partial class ModificationBinder(BindingState state, CteEnvironment? ctes = null)
{
    private readonly Coercion _coercion = new(state);
    private readonly QueryBinder _queries = new(state, null, ctes) { IsTopLevel = ctes is null };

    /// <summary>The table that a statement changes.</summary>
    public static TableDefinition Target(BindingState state, QualifiedName name, string verb)
    {
        switch (Relations.Find(state, name))
        {
            case TableDefinition table:
                state.DependOn(table.Oid);
                return table;
            case ViewDefinition view:
                throw Error.At(SqlStates.FeatureNotSupported, $"cannot {verb} view \"{view.Name}\"", name.Position, detail: "Views are not updatable.");
            case null:
                throw NameHints.RelationNotFound(state, name);
            default:
                throw Error.At(SqlStates.WrongObjectType, $"cannot {verb} \"{name.Name}\"", name.Position, detail: "It is not a table.");
        }
    }

    private static ColumnDefinition TargetColumn(TableDefinition table, AssignmentTarget target)
    {
        if (target.Indirections.Count > 0 && table.IndexOf(target.Column) >= 0)
        {
            throw Error.NotSupported("assignment to a part of a column", target.Position);
        }
        int index = table.IndexOf(target.Column);
        return index >= 0 ? table.Columns[index] : throw Error.ColumnOfRelationNotFound(target.Column, table.Name, target.Position, table.Columns.Select(column => column.Name));
    }

    /// <summary>A value as the type of the column that it is assigned to.</summary>
    private Expression Assign(Expression value, ColumnDefinition column, int position)
    {
        if (value is ParameterExpression literal && state.IsLiteral(literal.Index) && IsReadAs(literal.Type, column.Type))
        {
            state.SetParameterType(literal.Index, column.Type);   // the plan cache reads the literal as the column's type at once
            return literal with { Type = column.Type };
        }
        if (column.Type.Precision < 0 && value is not ConstantExpression && value.Type.Id != SqlTypeId.Unknown
            && TypeCategories.IsBinaryCoercible(value.Type.Id, column.Type.Id) && column.Type.Id != SqlTypeId.Numeric)
        {
            return value;
        }
        return _coercion.TryCoerce(value, column.Type, CastContext.Assignment)
            ?? throw Error.WrongAssignmentType(column.Name, column.Type, value.Type, position);
    }

    private static bool IsReadAs(SqlType literal, SqlType column) => literal.Id switch
    {
        SqlTypeId.Unknown => true,
        SqlTypeId.Int32 or SqlTypeId.Int64 or SqlTypeId.Numeric => column.IsInteger && literal.IsInteger || column.Id is SqlTypeId.Double or SqlTypeId.Numeric,
        _ => false,
    };

    /// <summary>What a column gets that is not given: the next number, its default, or NULL.</summary>
    public static Expression DefaultOf(BindingState state, ColumnDefinition column)
    {
        var coercion = new Coercion(state);
        bool isSerial = column.SequenceOid != 0 && column.DefaultText?.StartsWith("nextval(", StringComparison.Ordinal) != false;
        if (column.Identity != IdentityKind.None || isSerial)
        {
            state.DependOn(column.SequenceOid);
            BoundScalarFunction nextval = FunctionRegistry.FindScalars("nextval")[0].Bind([SqlType.RegClass]);
            Expression next = new FunctionExpression(nextval, new ExpressionList(new ConstantExpression(SqlType.RegClass, (long)column.SequenceOid)));
            return coercion.Apply(next, column.Type, CastContext.Assignment);
        }
        return column.DefaultText is null
            ? new ConstantExpression(column.Type, null)
            : state.InView(DatabaseCatalog.DefaultSchema, () => BindDefault(state, SqlParser.ParseExpression(column.DefaultText), column));
    }

    /// <summary>A default's expression: without columns, aggregates and subqueries, of a type that can be assigned.</summary>
    public static Expression BindDefault(BindingState state, ExpressionSyntax syntax, ColumnDefinition column)
    {
        var scope = new Scope(null, new QueryLevel { Clause = Clause.Default, IsPlain = true });
        Expression value = new ExpressionBinder(state, scope, null).Bind(syntax);
        return new Coercion(state).TryCoerce(value, column.Type, CastContext.Assignment)
            ?? throw Error.At(SqlStates.DatatypeMismatch,
                $"column \"{column.Name}\" is of type {column.Type.BaseName} but default expression is of type {value.Type.BaseName}", syntax.Position,
                hint: "You will need to rewrite or cast the expression.");
    }

    /// <summary>
    /// What a definition is checked for; false for a text too long for its column, which is an error only where the default is used.
    /// </summary>
    public static bool CheckDefault(BindingState state, ExpressionSyntax syntax, ColumnDefinition column)
    {
        try
        {
            BindDefault(state, syntax, column);
            return true;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.StringDataRightTruncation)
        {
            return false;
        }
    }

    /// <summary>Check constraints over the columns of a row, in the table's order.</summary>
    public static IReadOnlyList<BoundCheck> BindChecks(BindingState state, TableDefinition table, IReadOnlyList<LogicalColumn> row, Func<ConstraintDefinition, bool> isNeeded)
    {
        var checks = new List<BoundCheck>();
        foreach (ConstraintDefinition constraint in table.Constraints)
        {
            if (constraint.Kind == ConstraintKind.Check && isNeeded(constraint))
            {
                checks.Add(new BoundCheck(constraint, BindCheck(state, table, row, SqlParser.ParseExpression(constraint.CheckText!))));
            }
        }
        return checks;
    }

    /// <summary>A stored check's condition over a row's columns.</summary>
    public static Expression BindCheck(BindingState state, TableDefinition table, IReadOnlyList<LogicalColumn> row, ExpressionSyntax syntax) =>
        state.InView(table.Schema, () => BindCheckAnew(state, table, row, syntax));

    /// <summary>A new check's condition, whose names are found as the session finds them.</summary>
    public static Expression BindCheckAnew(BindingState state, TableDefinition table, IReadOnlyList<LogicalColumn> row, ExpressionSyntax syntax)
    {
        var level = new QueryLevel { Clause = Clause.Check, IsPlain = true };
        var scope = new Scope(null, level) { Tables = [RowOf(table, table.Name, row)] };
        return new ExpressionBinder(state, scope, null).BindCondition(syntax, "CHECK");
    }

    /// <summary>A table's index expressions over the columns of a row, in the table's order.</summary>
    public static IReadOnlyList<StoredExpression> BindStored(BindingState state, TableDefinition table, IReadOnlyList<LogicalColumn> row, Func<IndexExpression, bool>? isNeeded = null)
    {
        List<StoredExpression> stored = [];
        foreach (IndexExpression expression in table.IndexExpressions.Where(e => isNeeded?.Invoke(e) != false))
        {
            Expression value = state.InView(table.Schema, () => BindIndexExpression(state, table, row, SqlParser.ParseExpression(expression.Text), Clause.IndexExpression));
            stored.Add(new StoredExpression(new ScanColumn(state.NewColumn(expression.Type, expression.Text), expression.Number), value));
        }
        return stored;
    }

    /// <summary>An expression of an index or, with that clause, its predicate; names are found as the session finds them.</summary>
    public static Expression BindIndexExpression(BindingState state, TableDefinition table, IReadOnlyList<LogicalColumn> row, ExpressionSyntax syntax, Clause clause)
    {
        var level = new QueryLevel { Clause = clause, IsPlain = true };
        var binder = new ExpressionBinder(state, new Scope(null, level) { Tables = [RowOf(table, table.Name, row)] }, null);
        return clause == Clause.IndexPredicate ? binder.BindCondition(syntax, "WHERE") : binder.BindResolved(syntax);
    }

    internal static ScopeTable RowOf(TableDefinition table, string name, IReadOnlyList<LogicalColumn> row) =>
        new(name, row) { ColumnNames = [.. table.Columns.Select(c => c.Name)], Schema = table.Schema, Table = table, RelationOid = table.Oid };

    /// <summary>RETURNING, over the tables of a scope.</summary>
    private IReadOnlyList<ComputedColumn> BindReturning(SyntaxList<SelectItem> items, Scope scope)
    {
        scope.Level.Clause = Clause.Returning;
        var binder = new ExpressionBinder(state, scope, _queries.Ctes);
        var columns = new List<ComputedColumn>();
        foreach (SelectItem item in items)
        {
            if (item.Expression is StarSyntax star)
            {
                columns.AddRange(QueryBinder.StarColumns(star, scope).Select(c => new ComputedColumn(state.NewColumn(c.Column.Type, c.Name), c.Column.Reference)));
                continue;
            }
            Expression expression = binder.BindResolved(item.Expression);
            PlanSubqueriesNotSupported(expression, item.Position);
            columns.Add(new ComputedColumn(state.NewColumn(expression.Type, item.Alias ?? ColumnNames.Of(item.Expression)), expression));
        }
        return columns;
    }

    private static void PlanSubqueriesNotSupported(Expression expression, int position) =>
        Planning.PlanTraversal.Visit(expression, part =>
        {
            if (part is SubqueryExpression)
            {
                throw Error.NotSupported("a subquery in RETURNING", position);
            }
        });

    private static BoundPlan Plan(LogicalModification modification, string tag) => new(modification, tag) 
        {
            ResultColumns = modification.Output, DeclaredColumns = Planning.DeclaredColumns.Find(modification),
        };
}
