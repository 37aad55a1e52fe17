using Antlr4.Runtime;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Statements that read and change rows, COPY and EXPLAIN included.</summary>
internal static partial class AstBuilder
{
    private static Statement BuildData(DataStatementContext context)
    {
        GuardStack(context);
        WithClauseContext? with = context.withClause();
        int position = Position(context);
        return context.children[^1] switch
        {
            QueryBodyContext query => BuildQuery(query, with, position),
            InsertStatementContext insert => BuildInsert(insert, with),
            UpdateStatementContext update => BuildUpdate(update, with),
            DeleteStatementContext delete => BuildDelete(delete, with),
            MergeStatementContext merge => BuildMerge(merge, with),
            _ => throw Unexpected(context),
        };
    }

    private static InsertStatement BuildInsert(InsertStatementContext context, WithClauseContext? with)
    {
        QueryContext? source = context.query();
        return new InsertStatement(
            BuildWith(with),
            BuildName(context.qualifiedName()),
            NameOrNull(context.columnId()),
            context.assignmentTarget().Select(BuildTarget).ToSyntaxList(),
            Overriding(context.overriding()),
            source is null ? null : BuildQuery(source),
            context.onConflict() is { } conflict ? BuildOnConflict(conflict) : null,
            BuildReturning(context.returning()),
            Position(context));
    }

    private static OverridingKind Overriding(OverridingContext? context) =>
        context is null ? OverridingKind.None : context.Has(USER) ? OverridingKind.UserValue : OverridingKind.SystemValue;

    private static SyntaxList<SelectItem> BuildReturning(ReturningContext? context) => BuildSelectList(context?.selectList());

    private static AssignmentTarget BuildTarget(AssignmentTargetContext context) => new(
        Name(context.columnId()),
        context.indirection().Select(BuildIndirection).ToSyntaxList(),
        Position(context));

    private static IndirectionSyntax BuildIndirection(IndirectionContext context)
    {
        if (context.TokenType(0) == DOT)
        {
            return context.columnLabel() is { } field
                ? new FieldIndirection(Name(field), Position(context))
                : throw SyntaxErrorAt(context.Stop);
        }
        (ExpressionSyntax? lower, ExpressionSyntax? upper, bool isSlice) = BuildSubscript(context);
        return new SubscriptIndirection(lower, upper, isSlice, Position(context));
    }

    private static OnConflictClause BuildOnConflict(OnConflictContext context)
    {
        ConflictTarget? target = null;
        if (context.conflictTarget() is { } written)
        {
            target = new ConflictTarget(
                written.indexElement().Select(BuildIndexElement).ToSyntaxList(),
                BuildWhere(written.whereClause()),
                NameOrNull(written.columnId()),
                Position(written));
        }
        bool doNothing = context.Has(NOTHING);
        if (!doNothing && target is null)
        {
            throw Error.InvalidSyntax("ON CONFLICT DO UPDATE requires inference specification or constraint name", Position(context));
        }
        return new OnConflictClause(
            target,
            doNothing,
            BuildAssignments(context.assignments()),
            BuildWhere(context.whereClause()),
            Position(context));
    }

    private static SyntaxList<Assignment> BuildAssignments(AssignmentsContext? context) =>
        context is null ? SyntaxList<Assignment>.Empty : context.assignment().Select(BuildAssignment).ToSyntaxList();

    private static Assignment BuildAssignment(AssignmentContext context)
    {
        SyntaxList<AssignmentTarget> targets = context.assignmentTarget().Select(BuildTarget).ToSyntaxList();
        ExpressionSyntax value = BuildOperators(context.expression());
        return context.TokenType(0) == LPAREN
            ? new MultiColumnAssignment(targets, value, Position(context))
            : new ColumnAssignment(targets[0], value, Position(context));
    }

    private static (QualifiedName Name, bool Only, string? Alias) BuildTargetTable(TargetTableContext context) => (
        BuildName(context.qualifiedName()),
        context.Has(ONLY),
        NameOrNull(context.columnId()));

    private static UpdateStatement BuildUpdate(UpdateStatementContext context, WithClauseContext? with)
    {
        (QualifiedName table, bool only, string? alias) = BuildTargetTable(context.targetTable());
        return new UpdateStatement(
            BuildWith(with),
            table,
            only,
            alias,
            BuildAssignments(context.assignments()),
            context.fromClause() is { } from ? BuildFrom(from) : SyntaxList<TableReference>.Empty,
            context.columnId() is { } cursor ? new CurrentOfSyntax(Name(cursor), Position(cursor)) : BuildOrNull(context.expression()),
            BuildReturning(context.returning()),
            Position(context));
    }

    private static DeleteStatement BuildDelete(DeleteStatementContext context, WithClauseContext? with)
    {
        (QualifiedName table, bool only, string? alias) = BuildTargetTable(context.targetTable());
        return new DeleteStatement(
            BuildWith(with),
            table,
            only,
            alias,
            context.tableReference().Select(BuildTable).ToSyntaxList(),
            context.columnId() is { } cursor ? new CurrentOfSyntax(Name(cursor), Position(cursor)) : BuildOrNull(context.expression()),
            BuildReturning(context.returning()),
            Position(context));
    }

    private static MergeStatement BuildMerge(MergeStatementContext context, WithClauseContext? with)
    {
        (QualifiedName table, bool only, string? alias) = BuildTargetTable(context.targetTable());
        return new MergeStatement(
            BuildWith(with),
            table,
            only,
            alias,
            BuildTable(context.tableReference()),
            BuildOperators(context.expression()),
            context.mergeWhen().Select(BuildMergeWhen).ToSyntaxList(),
            Position(context));
    }

    private static MergeWhenClause BuildMergeWhen(MergeWhenContext context)
    {
        bool isMatched = !context.Has(NOT);
        MergeActionKind action = context.Has(UPDATE) ? MergeActionKind.Update
            : context.Has(DELETE) ? MergeActionKind.Delete
            : context.Has(INSERT) ? MergeActionKind.Insert
            : MergeActionKind.DoNothing;
        if (action is MergeActionKind.Insert == isMatched && action != MergeActionKind.DoNothing)
        {
            throw SyntaxErrorAt((context.Find(UPDATE) ?? context.Find(DELETE) ?? context.Find(INSERT))!);
        }
        return new MergeWhenClause(
            isMatched,
            BuildOrNull(context.expression()),
            action,
            BuildAssignments(context.assignments()),
            context.assignmentTarget().Select(BuildTarget).ToSyntaxList(),
            Overriding(context.overriding()),
            context.valuesRow() is { } row ? BuildItems(row.listItems()) : SyntaxList<ExpressionSyntax>.Empty,
            Position(context));
    }

    private static TruncateStatement BuildTruncate(TruncateStatementContext context) => new(
        context.relation().Select(BuildRelation).ToSyntaxList(),
        context.Has(RESTART),
        Behavior(context.dropBehavior()),
        Position(context));

    private static TruncateTarget BuildRelation(RelationContext context) => new(BuildName(context.qualifiedName()), context.Has(ONLY), Position(context));

    // COPY

    private static CopyStatement BuildCopy(CopyStatementContext context)
    {
        List<OptionSyntax> options = [];
        StringLiteralContext[] strings = context.stringLiteral();
        bool isClient = context.Has(STDIN) || context.Has(STDOUT);
        if (context.Find(BINARY) is { } binary)
        {
            options.Add(new OptionSyntax("format", Text("binary", binary.StartIndex), binary.StartIndex));
        }
        if (context.Find(DELIMITERS) is { } delimiters)
        {
            options.Add(new OptionSyntax("delimiter", Text(String(strings[^1]), Position(strings[^1])), delimiters.StartIndex));
        }
        if (context.copyOptions() is { } written)
        {
            options.AddRange(written.optionList() is { } list ? BuildOptions(list) : written.copyOption().Select(BuildCopyOption));
        }
        bool isFrom = context.Has(FROM);
        if (context.whereClause() is { } where && !isFrom)
        {
            throw Error.InvalidSyntax("WHERE clause not allowed with COPY TO", Position(where));
        }
        bool isProgram = context.Has(PROGRAM);
        if (isProgram && isClient)
        {
            throw Error.InvalidSyntax("STDIN/STDOUT not allowed with PROGRAM", context.Find(PROGRAM)!.StartIndex);
        }
        return new CopyStatement(
            BuildNameOrNull(context.qualifiedName()),
            Names(context.columnNames()),
            context.dataStatement() is { } query ? BuildData(query) : null,
            isFrom,
            isClient ? CopyEndpoint.Client : isProgram ? CopyEndpoint.Program : CopyEndpoint.File,
            isClient ? null : String(strings[0]),
            options.ToSyntaxList(),
            BuildWhere(context.whereClause()),
            Position(context));
    }

    private static OptionSyntax BuildCopyOption(CopyOptionContext context)
    {
        int position = Position(context);
        ExpressionSyntax? value = context.stringLiteral() is { } text ? Text(String(text), Position(text)) : null;
        return context.Start.Type switch
        {
            BINARY => new OptionSyntax("format", Text("binary", position), position),
            CSV => new OptionSyntax("format", Text("csv", position), position),
            FREEZE => new OptionSyntax("freeze", new LiteralSyntax(LiteralKind.Boolean, "true", position), position),
            HEADER => new OptionSyntax("header", new LiteralSyntax(LiteralKind.Boolean, "true", position), position),
            DELIMITER => new OptionSyntax("delimiter", value, position),
            NULL => new OptionSyntax("null", value, position),
            QUOTE => new OptionSyntax("quote", value, position),
            ESCAPE => new OptionSyntax("escape", value, position),
            ENCODING => new OptionSyntax("encoding", value, position),
            _ => new OptionSyntax(
                context.Has(QUOTE) ? "force_quote" : context.Has(NOT) ? "force_not_null" : "force_null",
                context.columnIdList() is { } columns
                    ? new RowSyntax(columns.columnId().Select(c => (ExpressionSyntax)new ColumnReferenceSyntax([Name(c)], Position(c))).ToSyntaxList(), position)
                    : new StarSyntax(SyntaxList<string>.Empty, position),
                position),
        };
    }

    // EXPLAIN, PREPARE, CALL and cursors

    private static ExplainStatement BuildExplain(ExplainStatementContext context)
    {
        List<OptionSyntax> options = [.. BuildOptions(context.optionList())];
        if ((context.Find(ANALYZE) ?? context.Find(ANALYSE)) is { } analyze)
        {
            options.Add(new OptionSyntax("analyze", null, analyze.StartIndex));
        }
        if (context.Find(VERBOSE) is { } verbose)
        {
            options.Add(new OptionSyntax("verbose", null, verbose.StartIndex));
        }
        ExplainableContext explainable = context.explainable();
        Statement statement = explainable.GetChild(0) switch
        {
            DataStatementContext data => BuildData(data),
            DeclareCursorContext cursor => BuildDeclareCursor(cursor),
            CreateTableContext table => BuildCreateTable(table),
            CreateMaterializedViewContext view => BuildCreateMaterializedView(view),
            RefreshMaterializedViewContext refresh => BuildRefresh(refresh),
            ExecuteStatementContext execute => BuildExecute(execute),
            _ => throw Unexpected(explainable),
        };
        if (statement is CreateTableStatement)
        {
            throw SyntaxErrorAt(explainable.Stop);
        }
        return new ExplainStatement(statement, options.ToSyntaxList(), Position(context));
    }

    private static ExecuteStatement BuildExecute(ExecuteStatementContext context) =>
        new(Name(context.columnId()), BuildList(context.expressionList()), Position(context));

    private static CallStatement BuildCall(CallStatementContext context)
    {
        ParserRuleContext first = (ParserRuleContext)context.children[1];
        SyntaxList<string> parts = [Name(first), .. context.columnLabel().Select(Name)];
        return new CallStatement(BuildCall(new QualifiedName(parts, Position(first)), context.functionCall(), Position(first)), Position(context));
    }

    private static Statement BuildCursor(CursorStatementContext context)
    {
        if (context.declareCursor() is { } declare)
        {
            return BuildDeclareCursor(declare);
        }
        int position = Position(context);
        if (context.Start.Type == CLOSE)
        {
            return new CloseCursorStatement(NameOrNull(context.columnId()), position);
        }
        (FetchDirection direction, long? count) = Direction(context.fetchDirection());
        return new FetchStatement(Name(context.columnId()), direction, count, context.Start.Type == MOVE, position);
    }

    private static (FetchDirection Direction, long? Count) Direction(FetchDirectionContext? context)
    {
        if (context is null)
        {
            return (FetchDirection.Forward, 1);
        }
        SignedNumberContext? number = context.signedNumber();
        long? count = context.Has(ALL) ? null : number is null ? 1 : Long(number);
        return context.Start.Type switch
        {
            PRIOR => (FetchDirection.Backward, 1),
            FIRST => (FetchDirection.Absolute, 1),
            LAST => (FetchDirection.Absolute, -1),
            ABSOLUTE => (FetchDirection.Absolute, count),
            RELATIVE => (FetchDirection.Relative, count),
            BACKWARD => (FetchDirection.Backward, count),
            _ => (FetchDirection.Forward, count),
        };
    }

    private static DeclareCursorStatement BuildDeclareCursor(DeclareCursorContext context)
    {
        bool? isScroll = null;
        for (int i = 0; i < context.ChildCount; i++)
        {
            if (context.TokenType(i) == SCROLL)
            {
                isScroll = context.TokenType(i - 1) != NO;
            }
        }
        return new DeclareCursorStatement(
            Name(context.columnId()),
            context.Has(BINARY),
            context.Has(INSENSITIVE) ? true : context.Has(ASENSITIVE) ? false : null,
            isScroll,
            context.Has(HOLD) && context.Has(WITH),
            BuildQuery(context.query()),
            Position(context));
    }
}
