using System.Runtime.CompilerServices;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>A bound query: its plan gives exactly the columns, in their order.</summary>
internal sealed record BoundQuery(LogicalOperator Plan, IReadOnlyList<LogicalColumn> Columns);

/// <summary>
/// Queries to plans. This file has what surrounds a body: WITH, ORDER BY and LIMIT of set operations and VALUES; the
/// others have SELECT, FROM, grouping, set operations and common table expressions.
/// </summary>
internal sealed partial class QueryBinder(BindingState state, Scope? outerScope, CteEnvironment? outerCtes)
{
    private readonly Coercion _coercion = new(state);
    private CteEnvironment? _ctes = outerCtes;

    public CteEnvironment? Ctes => _ctes;

    /// <summary>True for the query of a statement: its WITH may change tables.</summary>
    public bool IsTopLevel { get; init; }

    /// <summary>After binding at the top level: what of WITH is carried out beside the query.</summary>
    public IReadOnlyList<WithStep> Steps { get; private set; } = [];

    /// <summary>Binds a query; with keepsUnknown, untyped literals in its select list stay untyped for the one who asks.</summary>
    public BoundQuery Bind(SelectStatement select, bool keepsUnknown = false)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex(select.Position);
        }
        select = WithLockingInside(select);
        if (select.Locking.Count > 0)
        {
            EnsureMayLock(select);
        }
        CteEnvironment? saved = _ctes;
        List<BoundCte> with = select.With is null ? [] : BindWith(select.With);
        BoundQuery query = select.Body switch
        {
            SelectCore core => BindCore(core, select, keepsUnknown),
            NestedQuery nested => BindWithOrder(new QueryBinder(state, outerScope, _ctes).Bind(nested.Query, keepsUnknown), select, allowsExpressions: true),
            ValuesBody values => BindWithOrder(BindValues(values, keepsUnknown), select, allowsExpressions: true),
            SetOperation set => BindWithOrder(BindSetOperation(set, keepsUnknown), select, allowsExpressions: false),
            _ => throw Error.NotSupported(select.Body.GetType().Name, select.Body.Position),
        };
        _ctes = saved;
        if (with.Count == 0)
        {
            return query;
        }
        (LogicalOperator body, Steps) = Attach(query.Plan, with);
        return query with { Plan = body };
    }

    private BoundQuery BindBody(QueryBody body, bool keepsUnknown) => body switch
    {
        NestedQuery { Query.Locking: { Count: > 0 } locking } => throw Error.At(SqlStates.FeatureNotSupported,
            $"{NameOf(locking[0])} is not allowed with UNION/INTERSECT/EXCEPT", locking[0].Position),
        SelectCore core => BindCore(core, null, keepsUnknown),
        NestedQuery nested => new QueryBinder(state, outerScope, _ctes).Bind(nested.Query, keepsUnknown),
        ValuesBody values => BindValues(values, keepsUnknown),
        SetOperation set => BindSetOperation(set, keepsUnknown),
        _ => throw Error.NotSupported(body.GetType().Name, body.Position),
    };

    /// <summary>ORDER BY and LIMIT over a body whose columns are all there is to order by.</summary>
    private BoundQuery BindWithOrder(BoundQuery body, SelectStatement select, bool allowsExpressions)
    {
        LogicalOperator plan = body.Plan;
        SortKey[] keys = [];
        if (select.OrderBy.Count > 0)
        {
            var level = new QueryLevel { Clause = Clause.OrderBy };
            var scope = new Scope(outerScope, level) { Tables = [new ScopeTable(null, body.Columns) { ColumnNames = [.. body.Columns.Select(c => c.Name)] }] };
            SetOwner(scope.Tables[0].Columns, level);
            var binder = new ExpressionBinder(state, scope, _ctes);
            keys = [.. select.OrderBy.Select(item => binder.BindSortKey(item, BindOutputReference(item.Expression, body.Columns, binder, allowsExpressions)))];
            if (level.Aggregates.Count > 0)
            {
                throw Error.Grouping("aggregate functions are not allowed in ORDER BY of this query", select.OrderBy[0].Position);
            }
            if (level.Windows.Count > 0)
            {
                throw Error.NotSupported("a window function in ORDER BY of this query", select.OrderBy[0].Position);
            }
            plan = new LogicalSort(plan, keys);
        }
        return body with { Plan = BindLimit(plan, select, keys) };
    }

    private Expression BindOutputReference(ExpressionSyntax syntax, IReadOnlyList<LogicalColumn> columns, ExpressionBinder binder, bool allowsExpressions)
    {
        if (TryOrdinal(syntax, "ORDER BY", columns.Count, out int ordinal))
        {
            return columns[ordinal].Reference;
        }
        if (syntax is ColumnReferenceSyntax { Names.Count: 1 } name)
        {
            LogicalColumn[] matches = [.. columns.Where(c => c.Name == name.Names[0])];
            if (matches.Length > 1)
            {
                throw Error.At(SqlStates.AmbiguousColumn, $"ORDER BY \"{name.Names[0]}\" is ambiguous", syntax.Position);
            }
            if (matches.Length == 1)
            {
                return matches[0].Reference;
            }
        }
        if (!allowsExpressions)
        {
            Expression probe = binder.Bind(syntax);
            throw Error.At(SqlStates.FeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause", probe is null ? 0 : syntax.Position,
                hint: "Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
                detail: "Only result column names can be used, not expressions or functions.");
        }
        return binder.BindResolved(syntax);
    }

    /// <summary>An integer literal in ORDER BY, GROUP BY, DISTINCT ON is a place in the select list; other constants are errors.</summary>
    private bool TryOrdinal(ExpressionSyntax syntax, string clause, int count, out int index)
    {
        index = -1;
        if (syntax is UnarySyntax { Operator: "-", Operand: LiteralSyntax { Kind: LiteralKind.Integer } negative })
        {
            throw Error.At(SqlStates.InvalidColumnReference, $"{clause} position -{negative.Text} is not in select list", syntax.Position);
        }
        if (syntax is not LiteralSyntax literal)
        {
            return false;
        }
        state.Pin(literal.Position);
        if (literal.Kind != LiteralKind.Integer || !int.TryParse(literal.Text, out int ordinal))
        {
            throw literal.Kind == LiteralKind.Integer
                ? Error.At(SqlStates.InvalidColumnReference, $"{clause} position {literal.Text} is not in select list", literal.Position)
                : Error.InvalidSyntax($"non-integer constant in {clause}", literal.Position);
        }
        if (ordinal < 1 || ordinal > count)
        {
            throw Error.At(SqlStates.InvalidColumnReference, $"{clause} position {ordinal} is not in select list", literal.Position);
        }
        index = ordinal - 1;
        return true;
    }

    private LogicalOperator BindLimit(LogicalOperator plan, SelectStatement select, IReadOnlyList<SortKey> keys)
    {
        if (select.WithTies && keys.Count == 0)
        {
            throw Error.InvalidSyntax("WITH TIES cannot be specified without ORDER BY clause", select.Position);
        }
        if (select.Limit is null && select.Offset is null)
        {
            return plan;
        }
        Expression? limit = select.Limit is null ? null : BindCount(select.Limit, Clause.Limit, "LIMIT");
        Expression? offset = select.Offset is null ? null : BindCount(select.Offset, Clause.Offset, "OFFSET");
        return new LogicalLimit(plan, limit, offset) { Ties = select.WithTies ? keys : null };
    }

    private Expression BindCount(ExpressionSyntax syntax, Clause clause, string name)
    {
        var level = new QueryLevel { Clause = clause };
        var binder = new ExpressionBinder(state, new Scope(outerScope, level), _ctes);
        if (syntax is ColumnReferenceSyntax && outerScope is null)
        {
            throw Error.At(SqlStates.InvalidColumnReference, $"argument of {name} must not contain variables", syntax.Position);
        }
        Expression count = binder.Bind(syntax);
        return _coercion.TryCoerce(count, SqlType.Int64, CastContext.Assignment) is { } coerced && count.Type.Id is not SqlTypeId.Text
            ? coerced
            : throw Error.WrongArgumentType(name, SqlType.Int64, count.Type, syntax.Position);
    }

    private BoundQuery BindValues(ValuesBody values, bool keepsUnknown)
    {
        int width = values.Rows[0].Count;
        var level = new QueryLevel { Clause = Clause.Values };
        var binder = new ExpressionBinder(state, new Scope(outerScope, level), _ctes);
        Expression[][] rows = new Expression[values.Rows.Count][];
        for (int i = 0; i < rows.Length; i++)
        {
            SyntaxList<ExpressionSyntax> row = values.Rows[i];
            if (row.Count != width)
            {
                throw Error.InvalidSyntax("VALUES lists must all be the same length", row.Count == 0 ? values.Position : row[0].Position);
            }
            rows[i] = new Expression[width];
            for (int j = 0; j < width; j++)
            {
                rows[i][j] = binder.Bind(row[j]);
            }
        }
        LogicalColumn[] columns = new LogicalColumn[width];
        SqlType[] types = new SqlType[rows.Length];
        for (int j = 0; j < width; j++)
        {
            for (int i = 0; i < rows.Length; i++)
            {
                types[i] = rows[i][j].Type;
            }
            bool staysUnknown = keepsUnknown && types.All(t => t.Id == SqlTypeId.Unknown);
            SqlType common = staysUnknown ? SqlType.Unknown
                : TypeCategories.CommonType(types, rows.Any(row => TypeCategories.IsUntypedLiteral(row[j])), out SqlType left, out SqlType right) ?? throw Error.TypesDoNotMatch("VALUES", left, right, PositionOfType(values, rows, j, right));
            for (int i = 0; i < rows.Length && !staysUnknown; i++)
            {
                rows[i][j] = _coercion.Apply(rows[i][j], common, CastContext.Implicit);
            }
            columns[j] = state.NewColumn(common, $"column{j + 1}");
        }
        return new BoundQuery(new LogicalValues(columns, [.. rows.Select(row => new ExpressionList(row))]), columns);
    }

    private static int PositionOfType(ValuesBody values, Expression[][] rows, int column, SqlType type)
    {
        int row = Array.FindIndex(rows, r => r[column].Type == type);
        return row < 0 ? values.Position : values.Rows[row][column].Position;
    }

    private void SetOwner(IEnumerable<LogicalColumn> columns, QueryLevel level)
    {
        foreach (LogicalColumn column in columns)
        {
            state.SetOwner(column.Id, level);
        }
    }

    /// <summary>The query with its columns as exactly the types wanted; the cast must be allowed in the context.</summary>
    public BoundQuery CoerceColumns(BoundQuery query, IReadOnlyList<SqlType> types, CastContext context, Func<int, SqlType, PhantomDbException> error)
    {
        bool isSame = true;
        for (int i = 0; i < types.Count; i++)
        {
            isSame &= query.Columns[i].Type == types[i];
        }
        if (isSame)
        {
            return query;
        }
        // Literals lie in the projection on top, or in the rows of VALUES: there they take their type at once.
        var project = query.Plan as LogicalProject;
        var columns = new ComputedColumn[types.Count];
        for (int i = 0; i < types.Count; i++)
        {
            LogicalColumn column = query.Columns[i];
            Expression source = project is not null && project.Columns[i].Expression is ConstantExpression or ParameterExpression
                ? project.Columns[i].Expression
                : column.Type.Id == SqlTypeId.Unknown ? column.Reference with { Type = SqlType.Text } : column.Reference;
            CastContext actual = source.Type.Id == SqlTypeId.Text && column.Type.Id == SqlTypeId.Unknown ? CastContext.Explicit : context;
            Expression coerced = _coercion.TryCoerce(source, types[i], actual) ?? throw error(i, column.Type);
            columns[i] = coerced == column.Reference
                ? new ComputedColumn(column, column.Reference)
                : new ComputedColumn(state.NewColumn(types[i], column.Name), coerced);
        }
        return new BoundQuery(new LogicalProject(query.Plan, columns), [.. columns.Select(c => c.Column)]);
    }
}
