using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Queries: WITH, set operations, SELECT, VALUES, FROM.</summary>
internal static partial class AstBuilder
{
    private static readonly SelectStatement EmptyQuery =
        new(null, new ValuesBody(SyntaxList<SyntaxList<ExpressionSyntax>>.Empty, -1), SyntaxList<OrderByItem>.Empty, null, null, false, SyntaxList<LockingClause>.Empty, -1);

    public static SelectStatement BuildQuery(QueryContext context) => BuildQuery(context.queryBody(), context.withClause(), Position(context));

    private static SelectStatement BuildQuery(QueryBodyContext context, WithClauseContext? with, int position)
    {
        GuardStack(context);
        SelectStatement query = CombineTerms(BuildTerm(context.queryTerm()), context.setOperation(), position);
        query = AddTail(query, context.orderByClause(), context.queryTail());
        return AddWith(query, with, position);
    }

    private static SelectStatement BuildQuery(KeywordQueryContext context)
    {
        GuardStack(context);
        int position = Position(context);
        if (context.queryBody() is { } body)
        {
            return BuildQuery(body, context.withClause(), position);
        }
        SelectStatement query = CombineTerms(Plain(BuildKeywordTerm(context.keywordTerm()), position), context.setOperation(), position);
        return AddTail(query, context.orderByClause(), context.queryTail());
    }

    /// <summary>A query in parentheses with what follows them inside other parentheses.</summary>
    private static SelectStatement BuildQuery(SelectStatement first, QueryRestContext rest) =>
        AddTail(CombineTerms(first, rest.setOperation(), first.Position), rest.orderByClause(), rest.queryTail());

    private static SelectStatement Plain(QueryBody body, int position) => EmptyQuery with { Body = body, Position = position };

    private static SelectStatement BuildTerm(QueryTermContext context) => context.parenthesizedQuery() is { } nested
        ? BuildQuery(nested.query())
        : Plain(BuildKeywordTerm(context.keywordTerm()), Position(context));

    private static QueryBody BodyOf(SelectStatement query) =>
        query.With is null && query.OrderBy.Count == 0 && query.Limit is null && query.Offset is null && query.Locking.Count == 0
            ? query.Body
            : new NestedQuery(query, query.Position);

    /// <summary>INTERSECT first, then UNION and EXCEPT from left to right.</summary>
    private static SelectStatement CombineTerms(SelectStatement first, SetOperationContext[] operations, int position)
    {
        if (operations.Length == 0)
        {
            return first;
        }
        SetOperationChain chain = new();
        SetOperationChain intersection = new();
        intersection.Start(BodyOf(first));
        SetOperationContext? pending = null;
        foreach (SetOperationContext operation in operations)
        {
            QueryBody term = BodyOf(BuildTerm(operation.queryTerm()));
            if (operation.Start.Type == INTERSECT)
            {
                intersection.Add(operation, term);
                continue;
            }
            Reduce();
            pending = operation;
            intersection.Start(term);
        }
        Reduce();
        return Plain(chain.Result, position);

        void Reduce()
        {
            if (pending is null)
            {
                chain.Start(intersection.Result);
            }
            else
            {
                chain.Add(pending, intersection.Result);
            }
        }
    }

    /// <summary>Set operations of one precedence from left to right; neighbours of one kind make one flat node.</summary>
    private sealed class SetOperationChain
    {
        private readonly List<QueryBody> _operands = [];
        private SetOperationKind _kind;
        private bool _isAll;
        private int _position;

        public void Start(QueryBody first)
        {
            _operands.Clear();
            _operands.Add(first);
        }

        public void Add(SetOperationContext operation, QueryBody operand)
        {
            SetOperationKind kind = operation.Start.Type switch
            {
                UNION => SetOperationKind.Union,
                INTERSECT => SetOperationKind.Intersect,
                _ => SetOperationKind.Except,
            };
            bool isAll = operation.Has(ALL);
            if (_operands.Count > 1 && (kind != _kind || isAll != _isAll))
            {
                Start(Result);
            }
            if (_operands.Count == 1)
            {
                (_kind, _isAll, _position) = (kind, isAll, Position(operation));
                if (_operands[0] is SetOperation first && first.Kind == kind && first.IsAll == isAll)
                {
                    _operands.Clear();
                    _operands.AddRange(first.Operands);
                }
            }
            _operands.Add(operand);
        }

        public QueryBody Result => _operands.Count == 1 ? _operands[0] : new SetOperation(_kind, _isAll, _operands.ToSyntaxList(), _position);
    }

    private static SelectStatement AddWith(SelectStatement query, WithClauseContext? context, int position)
    {
        if (context is null)
        {
            return query with { Position = position };
        }
        return query.With is null
            ? query with { With = BuildWith(context), Position = position }
            : throw Error.InvalidSyntax("multiple WITH clauses not allowed", Position(context));
    }

    /// <summary>ORDER BY, LIMIT and so on; those behind parentheses belong to the query inside them, as PostgreSQL has it.</summary>
    private static SelectStatement AddTail(SelectStatement query, OrderByClauseContext? orderBy, QueryTailContext[] tails)
    {
        if (orderBy is not null)
        {
            query = query.OrderBy.Count == 0
                ? query with { OrderBy = BuildOrderBy(orderBy) }
                : throw Error.InvalidSyntax("multiple ORDER BY clauses not allowed", Position(orderBy));
        }
        bool hasLimit = false;
        bool hasOffset = false;
        foreach (QueryTailContext tail in tails)
        {
            switch (tail.Start.Type)
            {
                case LIMIT or FETCH:
                    if (hasLimit)
                    {
                        throw SyntaxErrorAt(tail.Start);
                    }
                    hasLimit = true;
                    query = AddLimit(query, tail);
                    break;
                case OFFSET:
                    if (hasOffset)
                    {
                        throw SyntaxErrorAt(tail.Start);
                    }
                    hasOffset = true;
                    query = query.Offset is null
                        ? query with { Offset = BuildOperators(tail.expression()) }
                        : throw Error.InvalidSyntax("multiple OFFSET clauses not allowed", Position(tail));
                    break;
                case FOR when tail.Has(READ):
                    break; // FOR READ ONLY asks for nothing
                default:
                    query = query with { Locking = [.. query.Locking, BuildLocking(tail)] };
                    break;
            }
        }
        return query;
    }

    private static SelectStatement AddLimit(SelectStatement query, QueryTailContext tail)
    {
        if (query.Limit is not null)
        {
            throw Error.InvalidSyntax("multiple LIMIT clauses not allowed", Position(tail));
        }
        bool withTies = tail.Has(TIES);
        if (withTies && query.OrderBy.Count == 0)
        {
            throw Error.InvalidSyntax("WITH TIES cannot be specified without ORDER BY clause", Position(tail));
        }
        if (tail.Start.Type == LIMIT)
        {
            return tail.expression() is { } limit ? query with { Limit = BuildOperators(limit) } : query;
        }
        return query with { Limit = BuildFetchCount(tail.fetchCount(), Position(tail)), WithTies = withTies };
    }

    private static ExpressionSyntax BuildFetchCount(FetchCountContext? context, int position)
    {
        if (context is null)
        {
            return new LiteralSyntax(LiteralKind.Integer, "1", position);
        }
        if (context.primary() is { } primary)
        {
            return BuildPrimary(primary);
        }
        ExpressionSyntax number = BuildLiteral(context.Stop);
        return context.Has(MINUS) ? new UnarySyntax("-", null, number, Position(context)) : number;
    }

    private static LockingClause BuildLocking(QueryTailContext context) => new(
        context.Has(KEY) ? (context.Has(NO) ? LockStrength.ForNoKeyUpdate : LockStrength.ForKeyShare)
            : context.Has(SHARE) ? LockStrength.ForShare : LockStrength.ForUpdate,
        BuildNames(context.qualifiedNameList()),
        context.Has(NOWAIT) ? LockWaitPolicy.NoWait : context.Has(SKIP) ? LockWaitPolicy.SkipLocked : LockWaitPolicy.Wait,
        Position(context));

    // WITH

    private static WithClause? BuildWith(WithClauseContext? context) => context is null
        ? null
        : new WithClause(context.Has(RECURSIVE), context.commonTableExpression().Select(BuildCommonTable).ToSyntaxList(), Position(context));

    private static CommonTableExpression BuildCommonTable(CommonTableExpressionContext context)
    {
        Statement statement = BuildData(context.dataStatement());
        if (statement is MergeStatement)
        {
            throw Error.NotSupported("MERGE in WITH query", statement.Position);
        }
        return new CommonTableExpression(
            Name(context.columnId()),
            Names(context.columnNames()),
            !context.Has(MATERIALIZED) ? CteMaterialization.Default : context.Has(NOT) ? CteMaterialization.NotMaterialized : CteMaterialization.Materialized,
            statement,
            context.searchClause() is { } search
                ? new CteSearchClause(search.Has(BREADTH), Names(search.columnIdList()), Name(search.columnId()), Position(search))
                : null,
            context.cycleClause() is { } cycle ? BuildCycle(cycle) : null,
            Position(context));
    }

    private static CteCycleClause BuildCycle(CycleClauseContext context)
    {
        LiteralValueContext[] values = context.literalValue();
        return new CteCycleClause(
            Names(context.columnIdList()),
            Name(context.columnId(0)),
            values.Length == 2 ? BuildLiteralValue(values[0]) : null,
            values.Length == 2 ? BuildLiteralValue(values[1]) : null,
            Name(context.columnId(1)),
            Position(context));
    }

    private static ExpressionSyntax BuildLiteralValue(LiteralValueContext context)
    {
        if (context.literal() is { } literal)
        {
            return BuildLiteral(literal.Start);
        }
        return context.typedLiteral() is { } typed
            ? BuildTypedLiteral(typed)
            : new CastSyntax(
                Text(String(context.stringLiteral()), Position(context.stringLiteral())),
                PlainType(new QualifiedName([Name(context.typeFunctionName())], Position(context))),
                Position(context));
    }

    // SELECT, VALUES, TABLE

    private static QueryBody BuildKeywordTerm(KeywordTermContext context)
    {
        int position = Position(context);
        switch (context.Start.Type)
        {
            case VALUES:
                return new ValuesBody(context.valuesRow().Select(row => BuildItems(row.listItems())).ToSyntaxList(), position);
            case TABLE:
                NamedTable table = new(BuildName(context.qualifiedName()), context.Has(ONLY), null, null, Position(context.qualifiedName()));
                return new SelectCore(
                    null,
                    [new SelectItem(new StarSyntax(SyntaxList<string>.Empty, position), null, position)],
                    null,
                    [table],
                    null,
                    null,
                    null,
                    SyntaxList<NamedWindow>.Empty,
                    position);
            default:
                return BuildSelect(context, position);
        }
    }

    private static SelectCore BuildSelect(KeywordTermContext context, int position)
    {
        DistinctClause? distinct = context.Find(DISTINCT) is { } token ? new DistinctClause(BuildList(context.expressionList()), token.StartIndex) : null;
        SyntaxList<SelectItem> items = BuildSelectList(context.selectList());
        if (items.Count == 0 && distinct is not null)
        {
            throw SyntaxErrorAfter(context);
        }
        return new SelectCore(
            distinct,
            items,
            context.intoClause() is { } into ? new IntoClause(BuildName(into.qualifiedName()), Persistence(into.temporary()), Position(into)) : null,
            context.fromClause() is { } from ? BuildFrom(from) : SyntaxList<TableReference>.Empty,
            BuildWhere(context.whereClause()),
            context.groupByClause() is { } groupBy ? BuildGroupBy(groupBy) : null,
            context.havingClause() is { } having ? BuildOperators(having.expression()) : null,
            context.windowClause() is { } window ? BuildWindows(window) : SyntaxList<NamedWindow>.Empty,
            position);
    }

    private static SyntaxList<SelectItem> BuildSelectList(SelectListContext? context)
    {
        if (context is null)
        {
            return SyntaxList<SelectItem>.Empty;
        }
        SelectItem[] items = new SelectItem[(context.ChildCount + 1) / 2];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = BuildSelectItem((SelectItemContext)context.children[2 * i]);
        }
        return new SyntaxList<SelectItem>(items);
    }

    private static SelectItem BuildSelectItem(SelectItemContext context)
    {
        int position = Position(context);
        if (context.children[0] is not ExpressionContext expression)
        {
            return new SelectItem(new StarSyntax(SyntaxList<string>.Empty, position), null, position);
        }
        string? alias = context.ChildCount > 1 ? Name((ParserRuleContext)context.children[^1]) : null;
        return new SelectItem(BuildOperators(expression), alias, position);
    }

    private static TablePersistence Persistence(TemporaryContext? context) =>
        context is null ? TablePersistence.Permanent : context.Has(UNLOGGED) ? TablePersistence.Unlogged : TablePersistence.Temporary;

    private static SyntaxList<NamedWindow> BuildWindows(WindowClauseContext context)
    {
        ColumnIdContext[] names = context.columnId();
        WindowSpecificationContext[] specifications = context.windowSpecification();
        return names.Select((name, i) => new NamedWindow(Name(name), BuildWindow(specifications[i]), Position(name))).ToSyntaxList();
    }

    private static GroupByClause BuildGroupBy(GroupByClauseContext context) =>
        new(context.Has(DISTINCT), context.groupingElement().Select(BuildGrouping).ToSyntaxList(), Position(context));

    private static GroupingElement BuildGrouping(GroupingElementContext context)
    {
        GuardStack(context);
        int position = Position(context);
        if (context.expression() is { } expression)
        {
            return new ExpressionGrouping(BuildOperators(expression), position);
        }
        return context.Start.Type switch
        {
            ROLLUP => new RollupGrouping(BuildList(context.expressionList()), position),
            CUBE => new CubeGrouping(BuildList(context.expressionList()), position),
            GROUPING => new GroupingSetsGrouping(context.groupingElement().Select(BuildGrouping).ToSyntaxList(), position),
            _ => new EmptyGrouping(position),
        };
    }

    // FROM

    private static SyntaxList<TableReference> BuildFrom(FromClauseContext context) => context.tableReference().Select(BuildTable).ToSyntaxList();

    private static TableReference BuildTable(TableReferenceContext context)
    {
        GuardStack(context);
        TableReference result = BuildPrimaryTable(context.tablePrimary());
        foreach (JoinedTableContext join in context.joinedTable())
        {
            result = BuildJoin(result, join);
        }
        return result;
    }

    private static JoinTable BuildJoin(TableReference left, JoinedTableContext context)
    {
        JoinTypeContext? type = context.joinType();
        JoinKind kind = context.Has(CROSS) ? JoinKind.Cross
            : type is null || type.Has(INNER) ? JoinKind.Inner
            : type.Has(LEFT) ? JoinKind.Left
            : type.Has(RIGHT) ? JoinKind.Right
            : JoinKind.Full;
        bool isNatural = context.Has(NATURAL);
        TableReference right = context.tablePrimary() is { } primary ? BuildPrimaryTable(primary) : BuildTable(context.tableReference());
        return new JoinTable(
            kind,
            left,
            right,
            isNatural,
            Names(context.columnNames()),
            NameOrNull(context.columnId()),
            BuildOrNull(context.expression()),
            null,
            Position(context));
    }

    private static TableReference BuildPrimaryTable(TablePrimaryContext context)
    {
        GuardStack(context);
        int position = Position(context);
        bool isLateral = context.Has(LATERAL);
        if (context.Has(XMLTABLE))
        {
            return new UnsupportedTable("XMLTABLE", position);
        }
        if (context.qualifiedName() is { } name)
        {
            return context.functionCall() is { } call
                ? BuildFunctionTable([new TableFunction(BuildCall(BuildName(name), call, position), SyntaxList<RecordColumn>.Empty, position)], false, false, context, position)
                : new NamedTable(BuildName(name), context.Has(ONLY), BuildAlias(context.tableAlias()), BuildSample(context.tableSample()), position);
        }
        if (context.parenthesizedQuery() is { } lateral)
        {
            return new DerivedTable(BuildQuery(lateral.query()), isLateral, BuildAlias(context.tableAlias()), position);
        }
        if (context.tableFunction() is { } function)
        {
            if (function.rowsFrom() is { } lateralRows)
            {
                return BuildFunctionTable(BuildRowsFrom(lateralRows), true, true, context, position);
            }
            ExpressionSyntax value = function.specialTableFunction() is { } special
                ? BuildSpecialTableFunction(special)
                : BuildCall(BuildName(function.qualifiedName()), function.functionCall(), Position(function));
            return BuildFunctionTable([new TableFunction(value, SyntaxList<RecordColumn>.Empty, position)], false, true, context, position);
        }
        if (context.specialTableFunction() is { } keyword)
        {
            return BuildFunctionTable([new TableFunction(BuildSpecialTableFunction(keyword), SyntaxList<RecordColumn>.Empty, position)], false, false, context, position);
        }
        if (context.rowsFrom() is { } rows)
        {
            return BuildFunctionTable(BuildRowsFrom(rows), true, false, context, position);
        }
        return BuildParenthesizedTable(context, position);
    }

    private static TableReference BuildParenthesizedTable(TablePrimaryContext context, int position)
    {
        TableAlias? alias = BuildAlias(context.tableAlias());
        if (context.keywordQuery() is { } query)
        {
            return new DerivedTable(BuildQuery(query), false, alias, position);
        }
        TableReference inner = BuildTable(context.tableReference());
        if (context.queryRest() is { } rest)
        {
            return inner is DerivedTable { Alias: null, IsLateral: false } first
                ? new DerivedTable(BuildQuery(first.Query, rest), false, alias, position)
                : throw SyntaxErrorAt(rest.Start);
        }
        return inner switch
        {
            DerivedTable { Alias: null, IsLateral: false } nested => nested with { Alias = alias, Position = position },
            JoinTable join when alias is null => join,
            JoinTable { Alias: null } join => join with { Alias = alias },
            _ => throw SyntaxErrorAt(context.Find(RPAREN)!), // only a join or a query may stand in parentheses
        };
    }

    private static FunctionTable BuildFunctionTable(SyntaxList<TableFunction> functions, bool isRowsFrom, bool isLateral, TablePrimaryContext context, int position) =>
        new(functions, isRowsFrom, isLateral, context.withOrdinality() is not null, BuildFunctionAlias(context.functionAlias()), position);

    private static ExpressionSyntax BuildSpecialTableFunction(SpecialTableFunctionContext context)
    {
        if (context.specialFunction() is { } special)
        {
            return BuildSpecialFunction(special);
        }
        if (context.currentValue() is { } value)
        {
            return BuildCurrentValue(value);
        }
        int position = Position(context);
        return BuildCall(new QualifiedName([Name(context.typeFunctionKeyword())], position), context.functionCall(), position);
    }

    private static SyntaxList<TableFunction> BuildRowsFrom(RowsFromContext context) => context.rowsFromItem().Select(item => new TableFunction(
        item.specialTableFunction() is { } special ? BuildSpecialTableFunction(special) : BuildCall(BuildName(item.qualifiedName()), item.functionCall(), Position(item)),
        item.recordColumn().Select(BuildRecordColumn).ToSyntaxList(),
        Position(item))).ToSyntaxList();

    private static TableAlias? BuildAlias(TableAliasContext? context) => context is null
        ? null
        : new TableAlias(Name(context.columnId()), Names(context.columnNames()), SyntaxList<RecordColumn>.Empty, Position(context.columnId()));

    private static TableAlias? BuildFunctionAlias(FunctionAliasContext? context)
    {
        if (context is null)
        {
            return null;
        }
        if (context.columnId() is not { } name)
        {
            return new TableAlias(null, SyntaxList<string>.Empty, context.recordColumn().Select(BuildRecordColumn).ToSyntaxList(), Position(context));
        }
        RecordOrAliasColumnContext[] columns = context.recordOrAliasColumn();
        if (columns.Length == 0 || columns[0].typeName() is null)
        {
            foreach (RecordOrAliasColumnContext column in columns)
            {
                if (column.typeName() is { } type)
                {
                    throw SyntaxErrorAt(type.Start);
                }
            }
            return new TableAlias(Name(name), columns.Select(c => Name(c.columnId())).ToSyntaxList(), SyntaxList<RecordColumn>.Empty, Position(name));
        }
        SyntaxList<RecordColumn> definitions = columns.Select(c => new RecordColumn(
            Name(c.columnId()),
            BuildTypeName(c.typeName() ?? throw SyntaxErrorAfter(c)),
            BuildNameOrNull(c.qualifiedName()),
            Position(c))).ToSyntaxList();
        return new TableAlias(Name(name), SyntaxList<string>.Empty, definitions, Position(name));
    }

    private static RecordColumn BuildRecordColumn(RecordColumnContext context) =>
        new(Name(context.columnId()), BuildTypeName(context.typeName()), BuildNameOrNull(context.qualifiedName()), Position(context));

    private static TableSample? BuildSample(TableSampleContext? context) => context is null
        ? null
        : new TableSample(BuildName(context.qualifiedName()), BuildList(context.expressionList()), BuildOrNull(context.expression()), Position(context));
}
