using System.Runtime.CompilerServices;
using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Grammar;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>
/// Turns ANTLR's parse tree into the syntax tree: the only code that knows the shape of the grammar's rules.
/// It refuses, as syntax errors, what the grammar lets through on purpose; it knows nothing of tables and types.
/// One part a file: this one has names, literals and the statements' dispatch.
/// </summary>
internal static partial class AstBuilder
{
    public static Statement BuildStatement(StatementContext context)
    {
        ParserRuleContext child = (ParserRuleContext)context.GetChild(0);
        return child switch
        {
            DataStatementContext c => AsCreateTable(BuildData(c)),
            CreateStatementContext c => BuildCreate(c),
            AlterStatementContext c => BuildAlter(c),
            DropStatementContext c => BuildDrop(c),
            TruncateStatementContext c => BuildTruncate(c),
            CommentStatementContext c => BuildComment(c),
            GrantStatementContext c => BuildGrant(c),
            TransactionStatementContext c => BuildTransaction(c),
            LockStatementContext c => BuildLock(c),
            SetStatementContext c => BuildSet(c),
            ResetStatementContext c => new ResetStatement(SettingNameOrAll(c), IsPersistent(c.persist()), Position(c)),
            ShowStatementContext c => new ShowStatement(SettingNameOrAll(c), Position(c)),
            CopyStatementContext c => BuildCopy(c),
            ExplainStatementContext c => BuildExplain(c),
            CallStatementContext c => BuildCall(c),
            PrepareStatementContext c => new PrepareStatement(
                Name(c.columnId()),
                c.typeName().Select(BuildTypeName).ToSyntaxList(),
                BuildData(c.dataStatement()),
                Position(c)),
            ExecuteStatementContext c => BuildExecute(c),
            DeallocateStatementContext c => new DeallocateStatement(c.columnId() is { } id ? Name(id) : null, Position(c)),
            CursorStatementContext c => BuildCursor(c),
            NotificationStatementContext c => BuildNotification(c),
            MaintenanceStatementContext c => BuildMaintenance(c),
            OtherStatementContext c => new UnsupportedStatement(LeadingKeywords(c), Position(c)),
            _ => throw Unexpected(child),
        };
    }

    /// <summary>SELECT … INTO t … is CREATE TABLE t AS SELECT …</summary>
    private static Statement AsCreateTable(Statement statement) => statement is SelectStatement { Body: SelectCore { Into: { } into } core } select
        ? new CreateTableAsStatement(
            into.Table, into.Persistence, IfNotExists: false, [], null, [], OnCommitAction.Default, null,
            select with { Body = core with { Into = null } }, WithData: true, select.Position)
        : statement;

    /// <summary>Every recursive step calls this: what the parser survived may still be too deep for a smaller stack.</summary>
    private static void GuardStack(ParserRuleContext context)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Error.StatementTooComplex(Position(context));
        }
    }

    private static int Position(ParserRuleContext context) => context.Start.StartIndex;

    private static int Position(ITerminalNode node) => node.Symbol.StartIndex;

    private static bool Has(this ParserRuleContext context, int tokenType) => Find(context, tokenType) is not null;

    private static IToken? Find(this ParserRuleContext context, int tokenType)
    {
        if (context.children is { } children)
        {
            for (int i = 0; i < children.Count; i++)
            {
                if (children[i] is ITerminalNode node && node.Symbol.Type == tokenType)
                {
                    return node.Symbol;
                }
            }
        }
        return null;
    }

    /// <summary>The type of the n-th child if it is a token, else 0.</summary>
    private static int TokenType(this ParserRuleContext context, int index) =>
        index < context.ChildCount && context.children[index] is ITerminalNode node ? node.Symbol.Type : 0;

    /// <summary>A syntax error at a token, as PostgreSQL words it.</summary>
    private static PhantomDbException SyntaxErrorAt(IToken token) =>
        Error.Syntax("syntax error", token.Type == TokenConstants.EOF ? "" : token.Text, token.StartIndex);

    private static PhantomDbException Unexpected(ParserRuleContext context) =>
        Error.Internal($"no syntax tree is made for '{context.GetText()}'");

    // Names

    /// <summary>The name that a rule of a single token stands for.</summary>
    private static string Name(ParserRuleContext context) => IdentifierText.Of(context.Start);

    private static string? NameOrNull(ParserRuleContext? context) => context is null ? null : Name(context);

    private static SyntaxList<string> Names(ColumnNamesContext? context) =>
        context is null ? SyntaxList<string>.Empty : Names(context.columnIdList());

    private static SyntaxList<string> Names(ColumnIdListContext context) => Names(context.columnId());

    private static SyntaxList<string> Names(IReadOnlyList<ParserRuleContext> contexts)
    {
        string[] names = new string[contexts.Count];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Name(contexts[i]);
        }
        return new SyntaxList<string>(names);
    }

    private static QualifiedName BuildName(QualifiedNameContext context)
    {
        // columnId (DOT columnLabel)*
        string[] parts = new string[(context.ChildCount + 1) / 2];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = Name((ParserRuleContext)context.children[2 * i]);
        }
        if (parts.Length > 3)
        {
            throw Error.InvalidSyntax($"improper qualified name (too many dotted names): {string.Join('.', parts)}", Position(context));
        }
        return new QualifiedName(new SyntaxList<string>(parts), Position(context));
    }

    private static QualifiedName? BuildNameOrNull(QualifiedNameContext? context) => context is null ? null : BuildName(context);

    private static SyntaxList<QualifiedName> BuildNames(QualifiedNameListContext? context) =>
        context is null ? SyntaxList<QualifiedName>.Empty : context.qualifiedName().Select(BuildName).ToSyntaxList();

    /// <summary>A name in pg_catalog: what PostgreSQL's parser makes of the standard's special spellings.</summary>
    private static QualifiedName SystemName(string name, int position) => new(["pg_catalog", name], position);

    private static string RoleText(ParserRuleContext context) => Name(context);

    private static string WordOrString(NonReservedWordOrStringContext context) =>
        context.stringLiteral() is { } literal ? StringText.Decode(literal.Start) : Name(context);

    private static string String(StringLiteralContext context) => StringText.Decode(context.Start);

    /// <summary>The keywords that a statement begins with, for the message that it is not supported: CREATE OR REPLACE FUNCTION.</summary>
    private static string LeadingKeywords(ParserRuleContext context)
    {
        List<string> words = [];
        Collect(context);
        return string.Join(' ', words);

        bool Collect(ParserRuleContext current)
        {
            foreach (IParseTree child in current.children)
            {
                if (child is ITerminalNode node && node.Symbol.Type < EQUAL && words.Count < 6)
                {
                    words.Add(node.Symbol.Text.ToUpperInvariant());
                }
                else if (child is ParserRuleContext inner and not (AnyTokenContext or QualifiedNameContext or ColumnIdContext))
                {
                    if (!Collect(inner))
                    {
                        return false;
                    }
                }
                else
                {
                    return false;
                }
            }
            return true;
        }
    }

    // Numbers

    private static ExpressionSyntax BuildNumber(SignedNumberContext context)
    {
        int position = Position(context);
        IToken number = context.Stop;
        LiteralSyntax literal = new(number.Type == IntegerConstant ? LiteralKind.Integer : LiteralKind.Numeric, number.Text, number.StartIndex);
        return context.Has(MINUS) ? new UnarySyntax("-", null, literal, position) : literal;
    }

    private static string NumberText(SignedNumberContext context) => context.Has(MINUS) ? "-" + context.Stop.Text : context.Stop.Text;

    private static int Integer(IToken token) =>
        int.TryParse(token.Text, out int value) ? value : throw SyntaxErrorAt(token);

    private static long Long(SignedNumberContext context) =>
        long.TryParse(NumberText(context), out long value) ? value : throw SyntaxErrorAt(context.Stop);

    private static DropBehavior Behavior(DropBehaviorContext? context) =>
        context is null ? DropBehavior.Default : context.Has(CASCADE) ? DropBehavior.Cascade : DropBehavior.Restrict;

    // Options

    private static SyntaxList<OptionSyntax> BuildOptions(OptionListContext? context) =>
        context is null ? SyntaxList<OptionSyntax>.Empty : context.option().Select(BuildOption).ToSyntaxList();

    private static OptionSyntax BuildOption(OptionContext context)
    {
        string name = string.Join('.', context.columnLabel().Select(Name));
        return new OptionSyntax(name, context.optionValue() is { } value ? BuildOptionValue(value) : null, Position(context));
    }

    private static ExpressionSyntax BuildOptionValue(OptionValueContext context)
    {
        int position = Position(context);
        if (context.signedNumber() is { } number)
        {
            return BuildNumber(number);
        }
        if (context.stringLiteral() is { } text)
        {
            return new LiteralSyntax(LiteralKind.String, String(text), position);
        }
        if (context.columnLabel() is { } word)
        {
            return word.Start.Type switch
            {
                TRUE => new LiteralSyntax(LiteralKind.Boolean, "true", position),
                FALSE => new LiteralSyntax(LiteralKind.Boolean, "false", position),
                _ => new LiteralSyntax(LiteralKind.String, Name(word), position),
            };
        }
        if (context.columnId() is { Length: > 0 } columns)
        {
            return new RowSyntax(columns.Select(c => (ExpressionSyntax)new ColumnReferenceSyntax([Name(c)], Position(c))).ToSyntaxList(), position);
        }
        return new StarSyntax(SyntaxList<string>.Empty, position);
    }
}
