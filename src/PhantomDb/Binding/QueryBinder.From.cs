using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;
using JoinKind = PhantomDb.Planning.Logical.JoinKind;

namespace PhantomDb.Binding;

/// <summary>FROM: tables, views, subqueries, functions and joins.</summary>
internal sealed partial class QueryBinder
{
    private sealed record FromItem(LogicalOperator Plan, List<ScopeTable> Tables);

    private static readonly LogicalValues OneRow = new([], [new ExpressionList()]);

    /// <summary>Binds the list, puts its tables into the scope, and gives their product; one empty row without FROM.</summary>
    private LogicalOperator BindFrom(SyntaxList<TableReference> from, Scope scope) => BindFrom(null, from, scope);

    /// <summary>As above, beside a plan whose tables are in the scope already (the target of UPDATE and DELETE).</summary>
    internal LogicalOperator BindFrom(LogicalOperator? plan, SyntaxList<TableReference> from, Scope scope)
    {
        foreach (TableReference reference in from)
        {
            var left = new Scope(outerScope, scope.Level) { Tables = scope.Tables };
            FromItem item = BindReference(reference, left);
            AddTables(scope.Tables, item.Tables, reference.Position);
            plan = plan is null ? item.Plan : new LogicalJoin(JoinKind.Inner, plan, item.Plan, null)
            {
                IsDependent = left.IsUsed && FreeColumns.Uses(item.Plan, plan.Output),
            };
        }
        return plan ?? OneRow;
    }

    private static void AddTables(List<ScopeTable> tables, List<ScopeTable> added, int position)
    {
        foreach (ScopeTable table in added)
        {
            if (table.IsNameVisible && table.Name is not null && tables.Any(t => t.IsNameVisible && t.Name == table.Name
                && (t.Schema is null || table.Schema is null || t.Schema == table.Schema)))
            {
                throw Error.DuplicateAlias(table.Name, position);
            }
            tables.Add(table);
        }
    }

    /// <param name="reference">A FROM item.</param>
    /// <param name="left">What LATERAL sees: the items to the left.</param>
    private FromItem BindReference(TableReference reference, Scope left)
    {
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex(reference.Position);
        }
        return reference switch
        {
            NamedTable named => BindNamedTable(named, left.Level),
            DerivedTable derived => BindDerivedTable(derived, left),
            FunctionTable function => BindFunctionTable(function, left),
            JoinTable join => BindJoin(join, left),
            UnsupportedTable unsupported => throw Error.NotSupported(unsupported.Feature, reference.Position),
            _ => throw Error.NotSupported(reference.GetType().Name, reference.Position),
        };
    }

    private FromItem BindNamedTable(NamedTable named, QueryLevel level)
    {
        if (named.Sample is not null)
        {
            throw Error.NotSupported("TABLESAMPLE", named.Sample.Position);
        }
        if (named.Name.Schema is null && _ctes?.Find(named.Name.Name) is { } cte)
        {
            return BindCteReference(cte, named, level);
        }
        object? relation = Relations.Find(state, named.Name);
        if (relation is TableDefinition or ViewDefinition)
        {
            state.Uses?.Relations.Add(new NameUses.RelationUse(named.Name, RelationLookup.OidOf(relation), named.Alias));
        }
        switch (relation)
        {
            case TableDefinition table:
                return BindTable(table, named, level);
            case ViewDefinition view:
                return BindView(view, named, level);
            case VirtualTable virtualTable:
                LogicalColumn[] columns = [.. virtualTable.Columns.Select(c => state.NewColumn(c.Type, c.Name))];
                var scan = new LogicalVirtualScan(virtualTable.Schema, virtualTable.Name, named.Alias?.Name ?? virtualTable.Name, columns);
                return Item(scan, columns, named.Alias, virtualTable.Name, virtualTable.Schema, level, named.Position);
            case SequenceDefinition:
                throw Error.NotSupported("reading a sequence as a table", named.Position);
            case IndexDefinition:
                throw Error.At(SqlStates.WrongObjectType, $"cannot open relation \"{named.Name.Name}\"", named.Position, detail: "This operation is not supported for indexes.");
            default:
                throw NameHints.RelationNotFound(state, named.Name, queries: _ctes?.Names);
        }
    }

    private FromItem BindCteReference(CteEntry cte, NamedTable named, QueryLevel level)
    {
        if (cte.ForbiddenBecause is { } reason)
        {
            throw Error.At(SqlStates.InvalidRecursion, reason, named.Position);
        }
        if (cte.HasNoRows)
        {
            throw Error.At(SqlStates.FeatureNotSupported, $"WITH query \"{cte.Name}\" does not have a RETURNING clause", named.Position);
        }
        cte.ReferenceCount++;
        LogicalColumn[] columns = [.. cte.Columns!.Select(c => state.NewColumn(c.Type, c.Name))];
        return Item(new LogicalCteScan(cte.Id, cte.Name, columns), columns, named.Alias, cte.Name, null, level, named.Position);
    }

    private FromItem BindTable(TableDefinition table, NamedTable named, QueryLevel level)
    {
        LogicalScan scan = WithRowId(Scan(state, table, named.Alias?.Name ?? table.Name));
        FromItem item = Item(scan, scan.Output, named.Alias, table.Name, table.Schema, level, named.Position);
        item.Tables[0] = item.Tables[0] with { Table = table, RelationOid = table.Oid };
        return item;
    }

    /// <summary>A scan of all columns.</summary>
    public static LogicalScan Scan(BindingState state, TableDefinition table, string alias)
    {
        state.DependOn(table.Oid);
        ScanColumn[] columns = [.. table.Columns.Select(c => new ScanColumn(state.NewColumn(c.Type, c.Name), c.Number))];
        return new LogicalScan(table, alias, columns) { Stored = ModificationBinder.BindStored(state, table, [.. columns.Select(c => c.Column)]) };
    }

    private FromItem BindView(ViewDefinition view, NamedTable named, QueryLevel level)
    {
        state.DependOn(view.Oid);
        BoundQuery query = state.InView(view.Schema, () => BindLocked(QueryOf(view), named.Alias?.Name ?? view.Name, null, null));
        // A star in the view's text may have grown since: the view keeps the columns that it had.
        LogicalColumn[] columns = new LogicalColumn[view.Columns.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = query.Columns.Count == columns.Length
                ? query.Columns[i]
                : query.Columns.FirstOrDefault(c => c.Name == view.Columns[i].Name)
                    ?? throw Error.At(SqlStates.UndefinedColumn, $"column \"{view.Columns[i].Name}\" of view \"{view.Name}\" does not exist any more", named.Position);
        }
        ComputedColumn[] given = [.. columns.Select((c, i) => new ComputedColumn(c with { Name = view.Columns[i].Name }, c.Reference))];
        IEnumerable<LogicalColumn> rowIds = _locked.Select(table => table.RowId).Concat(_otherRowIds).Where(query.Plan.Output.Contains);
        LogicalOperator plan = new LogicalProject(query.Plan, [.. given, .. rowIds.Select(c => new ComputedColumn(c, c.Reference))]);
        FromItem item = Item(plan, [.. given.Select(c => c.Column)], named.Alias, view.Name, view.Schema, level, named.Position);
        item.Tables[0] = item.Tables[0] with { RelationOid = view.Oid };
        return item;
    }

    // A file may say anything.
    private static SelectStatement QueryOf(ViewDefinition view) => SqlParser.Parse(view.QueryText) is [SelectStatement query]
        ? query
        : throw Error.At(SqlStates.SyntaxError, $"the text of view \"{view.Name}\" is not a query", -1);

    private FromItem BindDerivedTable(DerivedTable derived, Scope left)
    {
        if (derived.Alias is null)
        {
            throw Error.InvalidSyntax("subquery in FROM must have an alias", derived.Position);
        }
        BoundQuery query = BindLocked(derived.Query, derived.Alias.Name, derived.IsLateral ? left : outerScope, _ctes);
        return Item(query.Plan, query.Columns, derived.Alias, null, null, left.Level, derived.Position);
    }

    private FromItem BindFunctionTable(FunctionTable syntax, Scope left)
    {
        if (syntax.Functions[0].ColumnDefinitions.Count > 0 || syntax.Alias?.ColumnDefinitions.Count > 0)
        {
            throw Error.NotSupported("a column definition list", syntax.Position);
        }
        ExpressionSyntax callSyntax = syntax.Functions[0].Call;
        var binder = new ExpressionBinder(state, left, _ctes);
        left.Level.Clause = Clause.From;
        if (syntax.Functions.Count > 1)
        {
            return BindRowsFrom(syntax, binder, left.Level);
        }
        string name = ColumnNames.Of(callSyntax);
        if (callSyntax is FunctionCallSyntax { Name.Name: "phantomdb_history" } history && state.Context.VirtualTables is { } tables)
        {
            return BindHistory(history, syntax, tables, left.Level);
        }
        if (callSyntax is FunctionCallSyntax unnest && binder.BindUnnest(unnest) is { } unnested)
        {
            LogicalOperator rows = syntax.WithOrdinality ? SetReturningRows.WithOrdinality(unnested, state) : unnested;
            LogicalColumn[] columns = [.. rows.Output.Select((c, i) => i == 0 && syntax.Alias?.Name is { } alias ? c with { Name = alias } : c)];
            return Item(rows, columns, syntax.Alias, name, null, left.Level, syntax.Position);
        }
        if (callSyntax is not FunctionCallSyntax call || FunctionRegistry.FindTableFunctions(call.Name.Name).Count == 0)
        {
            return BindScalarTable(callSyntax, name, syntax, binder, left.Level);
        }
        Expression[] arguments = [.. call.Arguments.Select(binder.Bind)];
        // A function of one column gives it the table's alias.
        LogicalTableFunction plan = binder.BindTableFunction(call.Name.Name, arguments, syntax.Alias?.Name, call.Position);
        if (syntax.WithOrdinality)
        {
            plan = plan with { Columns = [.. plan.Columns, state.NewColumn(SqlType.Int64, "ordinality")], HasOrdinality = true };
        }
        return Item(plan, plan.Columns, syntax.Alias, name, null, left.Level, syntax.Position);
    }

    /// <summary>phantomdb_history('table'), whose columns are the table's and more: the table must be known when the statement is bound.</summary>
    private FromItem BindHistory(FunctionCallSyntax call, FunctionTable syntax, IVirtualTables tables, QueryLevel level)
    {
        ExpressionSyntax? argument = call.Arguments.Count == 1 ? call.Arguments[0] : null;
        if ((argument is CastSyntax cast ? cast.Operand : argument) is not LiteralSyntax { Kind: LiteralKind.String } literal)
        {
            throw Error.NotSupported("phantomdb_history of anything but one table's name as a literal", call.Position);
        }
        if (syntax.WithOrdinality)
        {
            throw Error.NotSupported("WITH ORDINALITY of this function", syntax.Position);
        }
        state.Pin(literal.Position);
        if (RelationLookup.FindText(state.Catalog, state.Context.SearchPath, literal.Text) is not { } found)
        {
            throw Error.RelationNotFound(literal.Text, literal.Position, NameHints.OfRelation(state, RelationLookup.Split(literal.Text), [NameHints.Table]));
        }
        if (found is not TableDefinition table)
        {
            throw Error.At(SqlStates.WrongObjectType, $"\"{literal.Text}\" is not a table", literal.Position);
        }
        state.DependOn(table.Oid);
        state.Uses?.AddText(literal.Position, table.Oid);
        IReadOnlyList<(string Name, SqlType Type)> given = tables.HistoryColumns(table);
        if (given.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw Error.At(SqlStates.DuplicateColumn, $"column \"{twice.Key}\" of table \"{table.Name}\" has the name of one of phantomdb_history's", literal.Position);
        }
        LogicalColumn[] columns = [.. given.Select(c => state.NewColumn(c.Type, c.Name))];
        string schema = $"{Functions.QuotingFunctions.QuoteIdentifier(table.Schema)}.{Functions.QuotingFunctions.QuoteIdentifier(table.Name)}";
        var scan = new LogicalVirtualScan(schema, call.Name.Name, syntax.Alias?.Name ?? call.Name.Name, columns);
        return Item(scan, columns, syntax.Alias, call.Name.Name, null, level, syntax.Position);
    }

    /// <summary>ROWS FROM: table functions side by side.</summary>
    private FromItem BindRowsFrom(FunctionTable syntax, ExpressionBinder binder, QueryLevel level)
    {
        var functions = new List<LogicalOperator>();
        foreach (Parsing.Ast.TableFunction function in syntax.Functions)
        {
            if (function.ColumnDefinitions.Count > 0 || function.Call is not FunctionCallSyntax call)
            {
                throw Error.NotSupported("this function in ROWS FROM", function.Position);
            }
            functions.Add(binder.BindUnnest(call) ?? (FunctionRegistry.FindTableFunctions(call.Name.Name).Count > 0
                ? binder.BindTableFunction(call.Name.Name, [.. call.Arguments.Select(binder.Bind)], null, call.Position)
                : throw Error.NotSupported("this function in ROWS FROM", function.Position)));
        }
        LogicalOperator rows = SetReturningRows.SideBySide(functions, state);
        LogicalColumn[] columns = [.. syntax.WithOrdinality ? rows.Output : rows.Output.SkipLast(1)];
        return Item(new LogicalProject(rows, [.. columns.Select(c => new ComputedColumn(c, c.Reference))]), columns, syntax.Alias, null, null, level, syntax.Position);
    }

    /// <summary>A function of one value as a table of one row.</summary>
    private FromItem BindScalarTable(ExpressionSyntax call, string name, FunctionTable syntax, ExpressionBinder binder, QueryLevel level)
    {
        if (syntax.WithOrdinality)
        {
            throw Error.NotSupported("WITH ORDINALITY of this function", syntax.Position);
        }
        Expression value = binder.BindResolved(call);
        LogicalColumn column = state.NewColumn(value.Type, syntax.Alias?.Name ?? name);
        var plan = new LogicalProject(OneRow, [new ComputedColumn(column, value)]);
        return Item(plan, [column], syntax.Alias, name, null, level, syntax.Position);
    }

    /// <summary>One table of the scope; an alias may rename it and its first columns.</summary>
    private FromItem Item(
        LogicalOperator plan, IReadOnlyList<LogicalColumn> columns, TableAlias? alias, string? name, string? schema, QueryLevel level, int position)
    {
        string[] names = [.. columns.Select(c => c.Name)];
        if (alias is not null)
        {
            if (alias.ColumnDefinitions.Count > 0)
            {
                throw Error.InvalidSyntax("a column definition list is only allowed for functions returning \"record\"", alias.Position);
            }
            if (alias.Columns.Count > names.Length)
            {
                throw Error.At(SqlStates.InvalidColumnReference,
                    $"table \"{alias.Name}\" has {names.Length} columns available but {alias.Columns.Count} columns specified", position);
            }
            for (int i = 0; i < alias.Columns.Count; i++)
            {
                names[i] = alias.Columns[i];
            }
        }
        SetOwner(columns, level);
        var table = new ScopeTable(alias?.Name ?? name, columns) 
        {
            ColumnNames = names, Schema = alias?.Name is null ? schema : null, AliasedCount = alias?.Columns.Count ?? 0,
        };
        return new FromItem(plan, [table]);
    }

    private FromItem BindJoin(JoinTable join, Scope outerLeft)
    {
        FromItem left = BindReference(join.Left, outerLeft);
        var rightScope = new Scope(outerLeft.Parent, outerLeft.Level) { Tables = [.. outerLeft.Tables, .. left.Tables] };
        FromItem right = BindReference(join.Right, rightScope);
        outerLeft.IsUsed |= rightScope.IsUsed;
        bool isDependent = rightScope.IsUsed && FreeColumns.Uses(right.Plan, left.Plan.Output);
        JoinKind kind = join.Kind switch
        {
            Parsing.Ast.JoinKind.Left => JoinKind.Left,
            Parsing.Ast.JoinKind.Right => JoinKind.Right,
            Parsing.Ast.JoinKind.Full => JoinKind.Full,
            _ => JoinKind.Inner,
        };
        if (isDependent && kind is JoinKind.Right or JoinKind.Full)
        {
            throw Error.At(SqlStates.InvalidColumnReference, "invalid reference to a FROM-clause entry from LATERAL", join.Position,
                detail: "The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
        }
        List<ScopeTable> tables = [.. left.Tables];
        AddTables(tables, right.Tables, join.Position);
        outerLeft.Level.Clause = Clause.JoinCondition;
        var scope = new Scope(outerScope, outerLeft.Level) { Tables = tables };
        var binder = new ExpressionBinder(state, scope, _ctes);
        if (join.IsNatural || join.Using.Count > 0)
        {
            FromItem merged = BindUsing(join, kind, left, right, tables, isDependent, binder, outerLeft.Level);
            outerLeft.Level.Clause = Clause.From;
            return WithJoinAlias(join, merged, outerLeft.Level);
        }
        Expression? condition = join.On is null ? null : binder.BindCondition(join.On, "JOIN/ON");
        outerLeft.Level.Clause = Clause.From;
        var plan = new LogicalJoin(kind, left.Plan, right.Plan, condition) { IsDependent = isDependent };
        return WithJoinAlias(join, new FromItem(plan, tables), outerLeft.Level);
    }

    /// <summary>USING and NATURAL: the merged columns first, then what is left of either side.</summary>
    private FromItem BindUsing(
        JoinTable join, JoinKind kind, FromItem left, FromItem right, List<ScopeTable> tables, bool isDependent, ExpressionBinder binder, QueryLevel level)
    {
        (string Name, LogicalColumn Column)[] leftColumns = [.. VisibleColumns(left.Tables)];
        (string Name, LogicalColumn Column)[] rightColumns = [.. VisibleColumns(right.Tables)];
        string[] names = join.IsNatural
            ? [.. leftColumns.Select(c => c.Name).Where(n => rightColumns.Any(r => r.Name == n)).Distinct()]
            : [.. join.Using];
        if (names.Distinct().Count() < names.Length)
        {
            throw Error.At(SqlStates.DuplicateColumn, $"column name \"{names.GroupBy(n => n).First(g => g.Count() > 1).Key}\" appears more than once in USING clause", join.Position);
        }
        var conditions = new List<Expression>();
        var merged = new List<(string Name, LogicalColumn Column)>();
        var computed = new List<ComputedColumn>();
        foreach (string name in names)
        {
            LogicalColumn l = Single(leftColumns, name, "left", join.Position);
            LogicalColumn r = Single(rightColumns, name, "right", join.Position);
            state.Uses?.AddMerged(tables, l);
            state.Uses?.AddMerged(tables, r);
            conditions.Add(binder.Compare(ComparisonKind.Equal, l.Reference, r.Reference, join.Position));
            SqlType common = TypeCategories.CommonType([l.Type, r.Type], false, out SqlType a, out SqlType b) ?? throw Error.TypesDoNotMatch("JOIN/USING", a, b, join.Position);
            Expression leftValue = _coercion.Apply(l.Reference, common, CastContext.Implicit);
            Expression rightValue = _coercion.Apply(r.Reference, common, CastContext.Implicit);
            Expression value = kind switch
            {
                JoinKind.Right => rightValue,
                JoinKind.Full => new CoalesceExpression(new ExpressionList(leftValue, rightValue)),
                // Equal values: the side that has the common type already is shown as it is.
                JoinKind.Inner when l.Type.Id != common.Id && r.Type.Id == common.Id => r.Reference,
                _ => leftValue,
            };
            if (value is ColumnExpression column)
            {
                merged.Add((name, column.Id == l.Id ? l : r));
                continue;
            }
            LogicalColumn added = state.NewColumn(common, name);
            computed.Add(new ComputedColumn(added, value));
            merged.Add((name, added));
        }
        LogicalOperator plan = new LogicalJoin(kind, left.Plan, right.Plan, conditions.Count == 0 ? null : ExpressionBinder.And(conditions)) { IsDependent = isDependent };
        if (computed.Count > 0)
        {
            List<LogicalColumn> kept = [.. plan.Output];
            Planning.PlanIds.AddRowIds(plan, kept);
            plan = new LogicalProject(plan, [.. kept.Select(c => new ComputedColumn(c, c.Reference)), .. computed]);
        }
        (string Name, LogicalColumn Column)[] visible =
        [
            .. merged,
            .. leftColumns.Where(c => !names.Contains(c.Name)),
            .. rightColumns.Where(c => !names.Contains(c.Name)),
        ];
        var table = new ScopeTable(join.UsingAlias, [.. visible.Select(v => v.Column)]) { ColumnNames = [.. visible.Select(v => v.Name)], IsNameVisible = false };
        SetOwner(table.Columns, level);
        List<ScopeTable> hidden = [.. tables.Select(t => t with { AreColumnsVisible = false }), table];
        if (join.UsingAlias is not null)
        {
            hidden.Add(new ScopeTable(join.UsingAlias, [.. merged.Select(m => m.Column)]) { ColumnNames = [.. merged.Select(m => m.Name)], AreColumnsVisible = false });
        }
        return new FromItem(plan, hidden);
    }

    private static IEnumerable<(string Name, LogicalColumn Column)> VisibleColumns(List<ScopeTable> tables) =>
        tables.Where(t => t.AreColumnsVisible).SelectMany(t => t.ColumnNames.Zip(t.Columns));

    private static LogicalColumn Single((string Name, LogicalColumn Column)[] columns, string name, string side, int position)
    {
        LogicalColumn[] found = [.. columns.Where(c => c.Name == name).Select(c => c.Column)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw Error.At(SqlStates.UndefinedColumn, $"column \"{name}\" specified in USING clause does not exist in {side} table", position),
            _ => throw Error.At(SqlStates.AmbiguousColumn, $"common column name \"{name}\" appears more than once in {side} table", position),
        };
    }

    /// <summary>(a JOIN b) AS x: only x is seen from outside.</summary>
    private FromItem WithJoinAlias(JoinTable join, FromItem item, QueryLevel level)
    {
        if (join.Alias is null)
        {
            return item;
        }
        (string Name, LogicalColumn Column)[] visible = [.. VisibleColumns(item.Tables)];
        LogicalColumn[] columns = [.. visible.Select(v => v.Column with { Name = v.Name })];
        return Item(item.Plan, columns, join.Alias, null, null, level, join.Position);
    }
}
