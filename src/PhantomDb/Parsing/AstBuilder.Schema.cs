using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>CREATE, DROP and what else concerns whole objects; tables have a file of their own.</summary>
internal static partial class AstBuilder
{
    private static Statement BuildCreate(CreateStatementContext context)
    {
        ParserRuleContext child = (ParserRuleContext)context.GetChild(0);
        return child switch
        {
            CreateTableContext c => BuildCreateTable(c),
            CreateDatabaseContext c => new CreateDatabaseStatement(Name(c.columnId()), c.databaseOption().Select(BuildDatabaseOption).ToSyntaxList(), Position(c)),
            CreateSchemaContext c => BuildCreateSchema(c),
            CreateViewContext c => BuildCreateView(c),
            CreateMaterializedViewContext c => BuildCreateMaterializedView(c),
            CreateIndexContext c => BuildCreateIndex(c),
            CreateSequenceContext c => BuildCreateSequence(c),
            CreateTypeContext c => BuildCreateType(c),
            CreateDomainContext c => BuildCreateDomain(c),
            CreateExtensionContext c => BuildCreateExtension(c),
            CreateOtherContext c => new UnsupportedStatement(LeadingKeywords(c), Position(c)),
            _ => throw Unexpected(child),
        };
    }

    private static OptionSyntax BuildDatabaseOption(DatabaseOptionContext context)
    {
        string name = context.Start.Type == CONNECTION && context.Has(LIMIT) ? "connection_limit" : Name(context.nonReservedWord());
        int position = Position(context);
        IParseTree value = context.children[^1];
        ExpressionSyntax? expression = value switch
        {
            SignedNumberContext number => BuildNumber(number),
            NonReservedWordOrStringContext text => Text(WordOrString(text), Position(text)),
            ITerminalNode { Symbol.Type: DEFAULT } => null,
            ITerminalNode { Symbol: { Type: TRUE or FALSE } word } => BuildLiteral(word),
            _ => new LiteralSyntax(LiteralKind.Boolean, "true", position),
        };
        return new OptionSyntax(name, expression, position);
    }

    private static CreateSchemaStatement BuildCreateSchema(CreateSchemaContext context)
    {
        int position = Position(context);
        string? role = context.roleName() is { } owner ? RoleText(owner) : null;
        if (context.columnId() is null && role is null)
        {
            throw SyntaxErrorAfter(context);
        }
        SyntaxList<Statement> elements = context.children.OfType<ParserRuleContext>().Select(child => child switch
        {
            CreateTableContext table => BuildCreateTable(table),
            CreateViewContext view => BuildCreateView(view),
            CreateIndexContext index => BuildCreateIndex(index),
            CreateSequenceContext sequence => BuildCreateSequence(sequence),
            _ => (Statement?)null,
        }).OfType<Statement>().ToSyntaxList();
        return new CreateSchemaStatement(NameOrNull(context.columnId()), role, context.ifNotExists() is not null, elements, position);
    }

    private static CreateViewStatement BuildCreateView(CreateViewContext context)
    {
        ViewCheckOption checkOption = !context.Has(CHECK) ? ViewCheckOption.None : context.Has(LOCAL) ? ViewCheckOption.Local : ViewCheckOption.Cascaded;
        return new CreateViewStatement(
            BuildName(context.qualifiedName()),
            Persistence(context.temporary()),
            context.Has(REPLACE),
            context.Has(RECURSIVE),
            Names(context.columnNames()),
            BuildOptions(context.optionList()),
            BuildQuery(context.query()),
            checkOption,
            Position(context));
    }

    private static CreateMaterializedViewStatement BuildCreateMaterializedView(CreateMaterializedViewContext context)
    {
        ColumnIdContext[] ids = context.columnId();
        string? method = context.Has(USING) ? Name(ids[0]) : null;
        string? tablespace = context.Has(TABLESPACE) ? Name(ids[^1]) : null;
        if (context.Has(UNLOGGED))
        {
            throw Error.InvalidSyntax("materialized views cannot be unlogged", Position(context));
        }
        return new CreateMaterializedViewStatement(
            BuildName(context.qualifiedName()),
            context.ifNotExists() is not null,
            Names(context.columnNames()),
            method,
            BuildOptions(context.optionList()),
            tablespace,
            BuildQuery(context.query()),
            WithData(context.withData()),
            Position(context));
    }

    private static bool WithData(WithDataContext? context) => context?.Has(NO) != true;

    private static RefreshMaterializedViewStatement BuildRefresh(RefreshMaterializedViewContext context) =>
        new(BuildName(context.qualifiedName()), context.Has(CONCURRENTLY), WithData(context.withData()), Position(context));

    private static CreateIndexStatement BuildCreateIndex(CreateIndexContext context)
    {
        // The names that have no rule of their own are told by the word before them.
        string? name = null;
        string? method = null;
        string? tablespace = null;
        for (int i = 0; i < context.ChildCount; i++)
        {
            if (context.children[i] is ColumnIdContext id)
            {
                switch (context.TokenType(i - 1))
                {
                    case USING:
                        method = Name(id);
                        break;
                    case TABLESPACE:
                        tablespace = Name(id);
                        break;
                    default:
                        name = Name(id);
                        break;
                }
            }
        }
        return new CreateIndexStatement(
            name,
            context.Has(UNIQUE),
            context.Has(CONCURRENTLY),
            context.ifNotExists() is not null,
            BuildName(context.qualifiedName()),
            context.Has(ONLY),
            method,
            context.indexElement().Select(BuildIndexElement).ToSyntaxList(),
            Names(context.includeColumns()?.columnNames()),
            context.nullsDistinct()?.Has(NOT) == true,
            BuildOptions(context.optionList()),
            tablespace,
            BuildWhere(context.whereClause()),
            Position(context));
    }

    private static IndexElement BuildIndexElement(IndexElementContext context)
    {
        int position = Position(context);
        ExpressionSyntax expression = context.columnId() is { } column ? new ColumnReferenceSyntax([Name(column)], position)
            : context.expression() is { } value ? BuildOperators(value)
            : BuildIndexFunction(context.indexFunction());
        QualifiedNameContext? collation = null;
        QualifiedNameContext? operatorClass = null;
        for (int i = 1; i < context.ChildCount; i++)
        {
            if (context.children[i] is QualifiedNameContext name)
            {
                if (context.TokenType(i - 1) == COLLATE)
                {
                    collation = name;
                }
                else
                {
                    operatorClass = name;
                }
            }
        }
        return new IndexElement(
            expression,
            BuildNameOrNull(collation),
            BuildNameOrNull(operatorClass),
            BuildOptions(context.optionList()),
            Direction(context),
            Nulls(context.nullsOrder()),
            position);
    }

    private static ExpressionSyntax BuildIndexFunction(IndexFunctionContext context)
    {
        if (context.specialTableFunction() is { } special)
        {
            return BuildSpecialTableFunction(special);
        }
        FunctionCallContext call = context.functionCall();
        if ((call.Find(FILTER) ?? call.Find(OVER) ?? call.Find(WITHIN)) is { } token)
        {
            throw SyntaxErrorAt(token);
        }
        return BuildCall(BuildName(context.qualifiedName()), call, Position(context));
    }

    private static CreateSequenceStatement BuildCreateSequence(CreateSequenceContext context) => new(
        BuildName(context.qualifiedName()),
        Persistence(context.temporary()),
        context.ifNotExists() is not null,
        BuildSequenceOptions(context.sequenceOption()),
        Position(context));

    private static SyntaxList<SequenceOption> BuildSequenceOptions(SequenceOptionContext[] contexts) => contexts.Select(BuildSequenceOption).ToSyntaxList();

    private static SequenceOption BuildSequenceOption(SequenceOptionContext context)
    {
        SequenceOptionKind kind = context.Start.Type switch
        {
            AS => SequenceOptionKind.Type,
            CACHE => SequenceOptionKind.Cache,
            CYCLE => SequenceOptionKind.Cycle,
            INCREMENT => SequenceOptionKind.Increment,
            LOGGED => SequenceOptionKind.Logged,
            MAXVALUE => SequenceOptionKind.MaxValue,
            MINVALUE => SequenceOptionKind.MinValue,
            NO => context.Has(MAXVALUE) ? SequenceOptionKind.NoMaxValue : context.Has(MINVALUE) ? SequenceOptionKind.NoMinValue : SequenceOptionKind.NoCycle,
            OWNED => SequenceOptionKind.OwnedBy,
            RESTART => SequenceOptionKind.Restart,
            SEQUENCE => SequenceOptionKind.SequenceName,
            START => SequenceOptionKind.Start,
            _ => SequenceOptionKind.Unlogged,
        };
        QualifiedName? name = BuildNameOrNull(context.qualifiedName());
        if (kind == SequenceOptionKind.OwnedBy && name is { Parts: ["none"] })
        {
            name = null;
        }
        return new SequenceOption(
            kind,
            context.signedNumber() is { } number ? NumberText(number) : null,
            name,
            context.typeName() is { } type ? BuildTypeName(type) : null,
            Position(context));
    }

    private static Statement BuildCreateType(CreateTypeContext context)
    {
        int position = Position(context);
        QualifiedName name = BuildName(context.qualifiedName());
        if (context.Has(ENUM))
        {
            return new CreateEnumStatement(name, context.stringLiteral().Select(String).ToSyntaxList(), position);
        }
        return context.Has(LPAREN)
            ? new CreateCompositeTypeStatement(name, context.recordColumn().Select(BuildRecordColumn).ToSyntaxList(), position)
            : new UnsupportedStatement(context.Has(RANGE) ? "CREATE TYPE AS RANGE" : "CREATE TYPE of a base type", position);
    }

    private static CreateDomainStatement BuildCreateDomain(CreateDomainContext context)
    {
        (SyntaxList<ColumnConstraint> constraints, QualifiedName? collation) = BuildColumnConstraints(context.columnConstraint());
        return new CreateDomainStatement(BuildName(context.qualifiedName()), BuildTypeName(context.typeName()), collation, constraints, Position(context));
    }

    private static CreateExtensionStatement BuildCreateExtension(CreateExtensionContext context)
    {
        ColumnIdContext[] ids = context.columnId();
        List<OptionSyntax> options = [];
        int schemaIndex = 1;
        int versionIndex = 0;
        for (int i = 0; i < context.ChildCount; i++)
        {
            int position = i < context.ChildCount && context.children[i] is ITerminalNode node ? Position(node) : -1;
            switch (context.TokenType(i))
            {
                case SCHEMA:
                    options.Add(new OptionSyntax("schema", Text(Name(ids[schemaIndex]), Position(ids[schemaIndex])), position));
                    schemaIndex++;
                    break;
                case VERSION:
                    NonReservedWordOrStringContext version = context.nonReservedWordOrString(versionIndex++);
                    options.Add(new OptionSyntax("new_version", Text(WordOrString(version), Position(version)), position));
                    break;
                case CASCADE:
                    options.Add(new OptionSyntax("cascade", null, position));
                    break;
            }
        }
        return new CreateExtensionStatement(Name(ids[0]), context.ifNotExists() is not null, options.ToSyntaxList(), Position(context));
    }

    private static Statement BuildDrop(DropStatementContext context)
    {
        int position = Position(context);
        if (context.dropOtherKind() is not null)
        {
            return new UnsupportedStatement(LeadingKeywords(context), position);
        }
        bool ifExists = context.ifExists() is not null;
        if (context.columnId() is { } database)
        {
            return new DropDatabaseStatement(Name(database), ifExists, BuildOptions(context.optionList()), position);
        }
        return new DropStatement(
            Kind(context, 1),
            ifExists,
            context.Has(CONCURRENTLY),
            BuildNames(context.qualifiedNameList()),
            Behavior(context.dropBehavior()),
            position);
    }

    /// <summary>The kind of object that the words from a child on name.</summary>
    private static ObjectKind Kind(ParserRuleContext context, int index)
    {
        if (context.children[index] is ObjectKindContext kind)
        {
            return Kind(kind, 0);
        }
        return context.TokenType(index) switch
        {
            TABLE => ObjectKind.Table,
            COLUMN => ObjectKind.Column,
            CONSTRAINT => ObjectKind.Constraint,
            VIEW => ObjectKind.View,
            MATERIALIZED => ObjectKind.MaterializedView,
            INDEX => ObjectKind.Index,
            SEQUENCE => ObjectKind.Sequence,
            SCHEMA => ObjectKind.Schema,
            DATABASE or SYSTEM => ObjectKind.Database,
            TYPE => ObjectKind.Type,
            DOMAIN => ObjectKind.Domain,
            FUNCTION or ROUTINE => ObjectKind.Function,
            PROCEDURE => ObjectKind.Procedure,
            AGGREGATE => ObjectKind.Aggregate,
            TRIGGER => ObjectKind.Trigger,
            EXTENSION => ObjectKind.Extension,
            ROLE => ObjectKind.Role,
            COLLATION => ObjectKind.Collation,
            FOREIGN => ObjectKind.ForeignTable,
            _ => throw Unexpected(context),
        };
    }

    private static Statement BuildComment(CommentStatementContext context)
    {
        int position = Position(context);
        QualifiedNameContext? name = context.qualifiedName();
        if (name is null)
        {
            return new UnsupportedStatement(LeadingKeywords(context), position);
        }
        string? text = context.stringLiteral() is { } literal ? String(literal) : null;
        if (context.columnId() is not { } part)
        {
            return new CommentStatement(Kind(context, 2), BuildName(name), null, text, position);
        }
        return context.Has(DOMAIN)
            ? new UnsupportedStatement("COMMENT ON a constraint of a domain", position)
            : new CommentStatement(Kind(context, 2), new QualifiedName([Name(part)], Position(part)), BuildName(name), text, position);
    }

    private static Statement BuildGrant(GrantStatementContext context)
    {
        int position = Position(context);
        string verb = context.Start.Text.ToUpperInvariant();
        GrantObjectContext? target = context.grantObject();
        if (target is null)
        {
            return new UnsupportedStatement(verb + " of a role", position);
        }
        PrivilegesContext privileges = context.privileges();
        if (context.Has(OPTION) || context.Has(GRANTED))
        {
            return new UnsupportedStatement(verb + " with GRANT OPTION or GRANTED BY", position);
        }
        if (privileges.columnNames() is not null || privileges.privilege().Any(p => p.columnNames() is not null))
        {
            return new UnsupportedStatement(verb + " on columns", position);
        }
        if (target.qualifiedNameList() is not { } names || target.Start.Type is ALL or FOREIGN or LANGUAGE or TABLESPACE or PARAMETER)
        {
            return new UnsupportedStatement($"{verb} ON {LeadingKeywords(target)}", position);
        }
        return new GrantStatement(
            context.Start.Type == GRANT,
            privileges.privilege().Select(p => IdentifierText.Fold(p.GetText())).ToSyntaxList(),
            target.children[0] is ITerminalNode ? Kind(target, 0) : ObjectKind.Table,
            BuildNames(names),
            context.grantees().roleName().Select(RoleText).ToSyntaxList(),
            position);
    }
}
