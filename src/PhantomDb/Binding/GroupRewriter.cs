using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>GROUP BY's expressions, and for GROUPING SETS the places in them of each set.</summary>
internal sealed record Grouping(IReadOnlyList<Expression> Expressions, IReadOnlyList<IReadOnlyList<int>>? Sets);

/// <summary>
/// Turns expressions over the rows of FROM into expressions over groups: what equals a group expression becomes its
/// column, and any other column is an error, unless the primary key of its table is among the groups.
/// </summary>
internal sealed class GroupRewriter
{
    private readonly BindingState _state;
    private readonly Scope _scope;
    private readonly Grouping _grouping;
    private readonly List<ComputedColumn> _groups = [];
    private readonly LogicalColumn? _setNumber;

    public GroupRewriter(BindingState state, Scope scope, Grouping grouping)
    {
        _state = state;
        _scope = scope;
        _grouping = grouping;
        foreach (Expression expression in grouping.Expressions)
        {
            // With several sets a column is NULL where its set lacks it: not the input's column any more.
            bool keepsId = expression is ColumnExpression && grouping.Sets is null && _state.OwnerOf(((ColumnExpression)expression).Id) == scope.Level;
            LogicalColumn column = keepsId
                ? new LogicalColumn(((ColumnExpression)expression).Id, expression.Type, ((ColumnExpression)expression).Name)
                : state.NewColumn(expression.Type, expression is ColumnExpression named ? named.Name : "group");
            state.SetOwner(column.Id, scope.Level);
            _groups.Add(new ComputedColumn(column, expression));
        }
        _setNumber = grouping.Sets is not null && scope.Level.Groupings.Count > 0 ? state.NewColumn(SqlType.Int32, "grouping set") : null;
    }

    public Expression Rewrite(Expression expression) => PlanTraversal.Rewrite(expression, part => Replace(part, isInSubquery: false));

    /// <summary>The aggregation, after everything above it has been rewritten.</summary>
    public LogicalAggregate BuildAggregate(LogicalOperator input) =>
        new(input, _groups, _scope.Level.Aggregates) { GroupingSets = _grouping.Sets, GroupingSetNumber = _setNumber };

    private Expression? Replace(Expression part, bool isInSubquery)
    {
        foreach (ComputedColumn group in _groups)
        {
            if (part is not ConstantExpression && ExpressionEquality.AreEqual(group.Expression, part))
            {
                return group.Column.Reference with { Position = part.Position };
            }
        }
        switch (part)
        {
            case SubqueryExpression subquery when !isInSubquery:
                var tests = new ExpressionList(subquery.Tests.Select(Rewrite));
                return subquery with { Tests = tests, Plan = PlanTraversal.RewriteExpressions(subquery.Plan, inner => Replace(inner, isInSubquery: true)) };
            case ColumnExpression column:
                return ReplaceColumn(column, isInSubquery);
            default:
                return null;
        }
    }

    private Expression ReplaceColumn(ColumnExpression column, bool isInSubquery)
    {
        QueryLevel level = _scope.Level;
        foreach ((LogicalColumn placeholder, IReadOnlyList<Expression> arguments, int position) in level.Groupings)
        {
            if (placeholder.Id == column.Id)
            {
                return GroupingValue(arguments, position);
            }
        }
        if (_state.OwnerOf(column.Id) != level || level.Aggregates.Any(a => a.Column.Id == column.Id)
            || _groups.Any(g => g.Column.Id == column.Id))
        {
            return column;
        }
        if (_grouping.Sets is null && IsDecidedByKey(column.Id))
        {
            var added = new LogicalColumn(column.Id, column.Type, column.Name);
            _groups.Add(new ComputedColumn(added, column));
            return column;
        }
        string name = NameOf(column);
        throw isInSubquery ? Error.OuterNotGrouped(name, column.Position.Offset) : Error.NotGrouped(name, column.Position.Offset);
    }

    /// <summary>True where the column's table has a primary key, all of whose columns are groups.</summary>
    private bool IsDecidedByKey(ColumnId id)
    {
        foreach (ScopeTable table in _scope.Tables)
        {
            if (table.Table?.PrimaryKey is { IsDeferrable: false } key && table.Columns.Any(c => c.Id == id))
            {
                return key.Columns.All(number =>
                {
                    ColumnId keyColumn = table.Columns[table.Table.IndexOfNumber(number)].Id;
                    return _grouping.Expressions.Any(g => g is ColumnExpression group && group.Id == keyColumn);
                });
            }
        }
        return false;
    }

    private string NameOf(ColumnExpression column)
    {
        foreach (ScopeTable table in _scope.Tables)
        {
            for (int i = 0; table.Name is not null && i < table.Columns.Count; i++)
            {
                if (table.Columns[i].Id == column.Id)
                {
                    return $"{table.Name}.{table.ColumnNames[i]}";
                }
            }
        }
        return column.Name;
    }

    /// <summary>GROUPING: a bit for each argument, 1 where the row's set lacks it. By the number of the row's set.</summary>
    private Expression GroupingValue(IReadOnlyList<Expression> arguments, int position)
    {
        int[] places = [.. arguments.Select(argument =>
        {
            for (int i = 0; i < _grouping.Expressions.Count; i++)
            {
                if (ExpressionEquality.AreEqual(_grouping.Expressions[i], argument))
                {
                    return i;
                }
            }
            throw Error.Grouping("arguments to GROUPING must be grouping expressions of the associated query level", position);
        })];
        if (_grouping.Sets is null)
        {
            return new ConstantExpression(SqlType.Int32, 0);
        }
        int[] values = [.. _grouping.Sets.Select(set => places.Aggregate(0, (bits, place) => (bits << 1) | (set.Contains(place) ? 0 : 1)))];
        var conditions = values.Select((_, i) => (Expression)new ComparisonExpression(
            ComparisonKind.Equal, _setNumber!.Reference, new ConstantExpression(SqlType.Int32, i)));
        return new CaseExpression(
            new ExpressionList(conditions),
            new ExpressionList(values.Select(v => (Expression)new ConstantExpression(SqlType.Int32, v))),
            new ConstantExpression(SqlType.Int32, null));
    }
}
