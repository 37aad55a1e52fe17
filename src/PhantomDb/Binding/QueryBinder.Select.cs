using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>SELECT: its clauses in the order in which they are computed.</summary>
internal sealed partial class QueryBinder
{
    private sealed record OutputItem(string Name, Expression Expression, int Position);

    /// <param name="core">The SELECT.</param>
    /// <param name="select">The query around it, whose ORDER BY and LIMIT may use its FROM columns; null inside a set operation.</param>
    /// <param name="keepsUnknown">Untyped literals in the select list stay so.</param>
    private BoundQuery BindCore(SelectCore core, SelectStatement? select, bool keepsUnknown)
    {
        if (core.Into is not null)
        {
            throw Error.NotSupported("SELECT INTO", core.Into.Position);
        }
        var level = new QueryLevel { Clause = Clause.From };
        var scope = new Scope(outerScope, level);
        LogicalOperator plan = BindLockedFrom(core.From, select, scope);
        var binder = new ExpressionBinder(state, scope, _ctes);
        if (core.Where is not null)
        {
            level.Clause = Clause.Where;
            plan = new LogicalFilter(plan, binder.BindCondition(core.Where, "WHERE"));
        }

        binder.BindNamedWindows(core.Windows);
        level.Clause = Clause.Select;
        OutputItem[] items = BindSelectList(core.Items, scope, binder, keepsUnknown && core.Distinct is null && core.GroupBy is null);

        level.Clause = Clause.GroupBy;
        Grouping? grouping = core.GroupBy is null ? null : BindGroupBy(core.GroupBy, items, scope, binder);
        level.Clause = Clause.Having;
        Expression? having = core.Having is null ? null : binder.BindCondition(core.Having, "HAVING");

        level.Clause = Clause.OrderBy;
        SortKey[] keys = select is null ? [] : [.. select.OrderBy.Select(item =>
            binder.BindSortKey(item, BindSortExpression(item.Expression, "ORDER BY", items, binder)))];
        level.Clause = Clause.DistinctOn;
        Expression[] distinctOn = core.Distinct is null ? [] : [.. core.Distinct.On.Select(e => BindSortExpression(e, "DISTINCT ON", items, binder))];

        EnsureNoOtherRows(select, level);
        Func<Expression, Expression> aboveGroups = expression => expression;
        if (grouping is not null || having is not null || level.Aggregates.Count > 0 || level.Groupings.Count > 0)
        {
            var rewriter = new GroupRewriter(state, scope, grouping ?? new Grouping([], null));
            aboveGroups = rewriter.Rewrite;
            items = [.. items.Select(item => item with { Expression = aboveGroups(item.Expression) })];
            having = having is null ? null : aboveGroups(having);
            keys = [.. keys.Select(key => key with { Expression = aboveGroups(key.Expression) })];
            distinctOn = [.. distinctOn.Select(aboveGroups)];
            plan = rewriter.BuildAggregate(plan);
            plan = having is null ? plan : new LogicalFilter(plan, having);
        }
        foreach (WindowGroup window in level.Windows)
        {
            plan = new LogicalWindow(
                plan, new ExpressionList(window.PartitionBy.Select(aboveGroups)),
                [.. window.OrderBy.Select(key => key with { Expression = aboveGroups(key.Expression) })],
                [.. window.Columns.Select(c => c with { Call = c.Call.Map(aboveGroups) })]);
        }
        if (level.SetReturning.Count > 0)
        {
            plan = SetReturningRows.Join(plan, [.. level.SetReturning.Select(rows => PlanTraversal.MapExpressions(rows, aboveGroups))], state);
        }
        return Finish(core, select, plan, items, keys, distinctOn);
    }

    /// <summary>Projection, DISTINCT, ORDER BY, LIMIT; columns that only the order needs are dropped at the end.</summary>
    private BoundQuery Finish(
        SelectCore core, SelectStatement? select, LogicalOperator plan, OutputItem[] items, SortKey[] keys, Expression[] distinctOn)
    {
        var projection = new Projection(state, plan);
        foreach (OutputItem item in items)
        {
            projection.Add(item.Expression, item.Name);
        }
        int visibleCount = items.Length;
        bool isDistinct = core.Distinct is { On.Count: 0 };
        if (core.Distinct is not null && items.Concat(distinctOn.Select(e => new OutputItem("", e, core.Distinct.Position))).Any(item => item.Expression.Type.Id == SqlTypeId.PaddedChar))
        {
            throw Error.NotSupported("DISTINCT of char(n) of different lengths", core.Distinct.Position);
        }
        SortKey[] outputKeys = new SortKey[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            LogicalColumn? column = projection.Find(keys[i].Expression, visibleCount);
            if (column is null && isDistinct)
            {
                throw Error.At(SqlStates.InvalidColumnReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list", select!.OrderBy[i].Expression.Position);
            }
            column ??= projection.FindOrAdd(keys[i].Expression);
            outputKeys[i] = keys[i] with { Expression = column.Reference };
        }
        _locked.ForEach(table => projection.Keep(table.RowId));
        _otherRowIds.ForEach(projection.Keep);
        Expression[] on = [.. distinctOn.Select(e => projection.FindOrAdd(e).Reference)];
        CheckDistinctOn(core, on, outputKeys);

        plan = projection.Build();
        if (isDistinct)
        {
            plan = new LogicalDistinct(plan);
        }
        if (outputKeys.Length > 0)
        {
            plan = new LogicalSort(plan, outputKeys);
        }
        if (on.Length > 0)
        {
            plan = new LogicalDistinct(plan) { On = new ExpressionList(on) };
        }
        plan = select is null ? plan : BindLimit(plan, select, outputKeys);
        LogicalColumn[] visible = [.. projection.Columns.Take(visibleCount).Select(c => c.Column)];
        if (LocksGoUp)
        {
            return new BoundQuery(plan, visible);   // and row ids
        }
        if (_locked.Count > 0)
        {
            LogicalLimit? limit = plan as LogicalLimit;
            plan = new LogicalLockRows(limit?.Input ?? plan, _locked, limit?.Limit, limit?.Offset) { OtherRowIds = _otherRowIds };
        }
        if (projection.Columns.Count > visibleCount)
        {
            plan = new LogicalProject(plan, [.. visible.Select(c => new ComputedColumn(c, c.Reference))]);
        }
        return new BoundQuery(plan, visible);
    }

    private static void CheckDistinctOn(SelectCore core, Expression[] on, SortKey[] keys)
    {
        if (on.Length == 0 || keys.Length == 0)
        {
            return;
        }
        // The first keys must be the DISTINCT ON expressions, in any order.
        HashSet<Expression> wanted = [.. on];
        HashSet<Expression> seen = [];
        foreach (SortKey key in keys)
        {
            if (seen.Count == wanted.Count)
            {
                return;
            }
            if (!wanted.Contains(key.Expression))
            {
                throw Error.At(SqlStates.InvalidColumnReference, "SELECT DISTINCT ON expressions must match initial ORDER BY expressions", core.Distinct!.On[0].Position);
            }
            seen.Add(key.Expression);
        }
    }

    private OutputItem[] BindSelectList(SyntaxList<SelectItem> list, Scope scope, ExpressionBinder binder, bool keepsUnknown)
    {
        var items = new List<OutputItem>(list.Count);
        foreach (SelectItem item in list)
        {
            if (item.Expression is StarSyntax star)
            {
                ExpandStar(star, scope, items);
                continue;
            }
            if (item.Alias is null && item.Expression is ColumnReferenceSyntax)
            {
                state.Uses?.BareItems.Add(item.Expression.Position);
            }
            Expression expression = binder.Bind(item.Expression);
            if (!keepsUnknown)
            {
                expression = _coercion.ResolveUnknown(expression);
            }
            items.Add(new OutputItem(item.Alias ?? ColumnNames.Of(item.Expression), expression, item.Position));
        }
        return [.. items];
    }

    private void ExpandStar(StarSyntax star, Scope scope, List<OutputItem> items)
    {
        ScopeTable[] tables = [.. StarTables(star, scope)];
        state.Uses?.AddStar(star, scope, tables);
        foreach ((string name, LogicalColumn column) in tables.SelectMany(t => t.ColumnNames.Zip(t.Columns)))
        {
            items.Add(new OutputItem(name, column.Reference, star.Position));
        }
    }

    /// <summary>The columns that * or t.* stands for.</summary>
    public static IEnumerable<(string Name, LogicalColumn Column)> StarColumns(StarSyntax star, Scope scope) =>
        StarTables(star, scope).SelectMany(t => t.ColumnNames.Zip(t.Columns));

    private static IEnumerable<ScopeTable> StarTables(StarSyntax star, Scope scope)
    {
        if (star.Qualifier.Count == 0)
        {
            if (scope.Tables.Count == 0)
            {
                throw Error.InvalidSyntax("SELECT * with no tables specified is not valid", star.Position);
            }
            return scope.Tables.Where(t => t.AreColumnsVisible);
        }
        string? schema = star.Qualifier.Count > 1 ? star.Qualifier[^2] : null;
        for (Scope? current = scope; current is not null; current = current.Parent)
        {
            if (ExpressionBinder.FindTable(current, schema, star.Qualifier[^1], star.Position) is { } table)
            {
                current.IsUsed = true;
                return [table];
            }
        }
        throw Error.MissingFromEntry(star.Qualifier[^1], star.Position);
    }

    /// <summary>
    /// ORDER BY and DISTINCT ON: an integer is a place in the select list, a bare name an output column before an input
    /// one; anything else is an expression over the input.
    /// </summary>
    private Expression BindSortExpression(ExpressionSyntax syntax, string clause, OutputItem[] items, ExpressionBinder binder)
    {
        if (TryOrdinal(syntax, clause, items.Length, out int ordinal))
        {
            return items[ordinal].Expression;
        }
        if (syntax is ColumnReferenceSyntax { Names.Count: 1 } name)
        {
            Expression? found = null;
            foreach (OutputItem item in items)
            {
                if (item.Name == name.Names[0])
                {
                    if (found is not null && !ExpressionEquality.AreEqual(found, item.Expression))
                    {
                        throw Error.At(SqlStates.AmbiguousColumn, $"{clause} \"{item.Name}\" is ambiguous", syntax.Position);
                    }
                    found = item.Expression;
                }
            }
            if (found is not null)
            {
                return found;
            }
        }
        return binder.BindResolved(syntax);
    }

    /// <summary>The columns of a projection while they are collected: a plain column of the input keeps its id, once.</summary>
    private sealed class Projection(BindingState state, LogicalOperator input)
    {
        private readonly HashSet<ColumnId> _inputIds = [.. input.Output.Select(c => c.Id)];
        private readonly HashSet<ColumnId> _usedIds = [];
        private readonly List<(Expression Expression, ComputedColumn Column)> _columns = [];

        public IReadOnlyList<ComputedColumn> Columns => [.. _columns.Select(c => c.Column)];

        public LogicalColumn Add(Expression expression, string name)
        {
            bool keepsId = expression is ColumnExpression { Id: var id } && _inputIds.Contains(id) && _usedIds.Add(id);
            LogicalColumn column = keepsId
                ? new LogicalColumn(((ColumnExpression)expression).Id, expression.Type, name)
                : state.NewColumn(expression.Type, name);
            _columns.Add((expression, new ComputedColumn(column, expression)));
            return column;
        }

        /// <summary>Lets a column of an operator below through that is beside that operator's output.</summary>
        public void Keep(LogicalColumn column) => _columns.Add((column.Reference, new ComputedColumn(column, column.Reference)));

        public LogicalColumn? Find(Expression expression, int count)
        {
            if (ExpressionEquality.IsVolatile(expression))
            {
                // The very same object is a reference to the output; another one is another call.
                return _columns.Take(count).FirstOrDefault(c => ReferenceEquals(c.Expression, expression)).Column?.Column;
            }
            return _columns.Take(count).FirstOrDefault(c => ReferenceEquals(c.Expression, expression) || ExpressionEquality.AreEqual(c.Expression, expression)).Column?.Column;
        }

        public LogicalColumn FindOrAdd(Expression expression) =>
            Find(expression, _columns.Count) ?? Add(expression, expression is ColumnExpression column ? column.Name : "sort key");

        public LogicalOperator Build()
        {
            bool isIdentity = _columns.Count == input.Output.Count;
            for (int i = 0; isIdentity && i < _columns.Count; i++)
            {
                isIdentity = _columns[i].Column.Column == input.Output[i];
            }
            return isIdentity && _columns.Count > 0 ? input : new LogicalProject(input, Columns);
        }
    }
}
