using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>Transactions, settings, notifications and maintenance.</summary>
internal static partial class AstBuilder
{
    private static Statement BuildTransaction(TransactionStatementContext context)
    {
        int position = Position(context);
        string? text = context.stringLiteral() is { } literal ? String(literal) : null;
        bool andChain = context.chain() is { } chain && !chain.Has(NO);
        switch (context.Start.Type)
        {
            case BEGIN or START:
                return new BeginStatement(context.Start.Type == START, BuildModes(context.transactionModes(), position), position);
            case COMMIT or END:
                return text is null ? new CommitStatement(andChain, position) : new CommitPreparedStatement(text, position);
            case SAVEPOINT:
                return new SavepointStatement(Name(context.columnId()), position);
            case RELEASE:
                return new ReleaseSavepointStatement(Name(context.columnId()), position);
            case PREPARE:
                return new PrepareTransactionStatement(text!, position);
            default:
                return text is not null ? new RollbackPreparedStatement(text, position)
                    : context.columnId() is { } savepoint ? new RollbackToSavepointStatement(Name(savepoint), position)
                    : new RollbackStatement(andChain, position);
        }
    }

    private static TransactionModes BuildModes(TransactionModesContext? context, int position)
    {
        IsolationLevelSyntax? level = null;
        bool? isReadOnly = null;
        bool? isDeferrable = null;
        foreach (TransactionModeContext mode in context?.transactionMode() ?? [])
        {
            switch (mode.Start.Type)
            {
                case ISOLATION:
                    level = mode.Has(SERIALIZABLE) ? IsolationLevelSyntax.Serializable
                        : mode.Has(REPEATABLE) ? IsolationLevelSyntax.RepeatableRead
                        : mode.Has(COMMITTED) ? IsolationLevelSyntax.ReadCommitted
                        : IsolationLevelSyntax.ReadUncommitted;
                    break;
                case READ:
                    isReadOnly = mode.Has(ONLY);
                    break;
                default:
                    isDeferrable = !mode.Has(NOT);
                    break;
            }
        }
        return new TransactionModes(level, isReadOnly, isDeferrable, context is null ? position : Position(context));
    }

    private static LockStatement BuildLock(LockStatementContext context) => new(
        context.relation().Select(BuildRelation).ToSyntaxList(),
        context.lockMode() is { } mode ? IdentifierText.Fold(string.Join(' ', mode.children.Select(c => c.GetText()))) : "access exclusive",
        context.Has(NOWAIT),
        Position(context));

    // SET, RESET, SHOW

    private static Statement BuildSet(SetStatementContext context)
    {
        int position = Position(context);
        if (context.setting() is { } setting)
        {
            SettingScope scope = IsPersistent(context.persist()) ? SettingScope.Persistent : context.Has(LOCAL) ? SettingScope.Local : context.Has(SESSION) ? SettingScope.Session : SettingScope.Default;
            return BuildSetting(setting, scope, position);
        }
        if (context.Has(CONSTRAINTS))
        {
            return new SetConstraintsStatement(BuildNames(context.qualifiedNameList()), context.Has(DEFERRED), position);
        }
        return new SetTransactionStatement(
            context.Has(SESSION),
            BuildModes(context.transactionModes(), position),
            context.stringLiteral() is { } snapshot ? String(snapshot) : null,
            position);
    }

    // PERSIST, as no keyword, may name a setting too; any other word in its place is one too many.
    private static bool IsPersistent(PersistContext? word)
    {
        if (word is null)
        {
            return false;
        }
        string text = IdentifierText.Fold(word.GetText());
        return text == "persist" ? true : throw Error.Syntax("syntax error", word.GetText(), Position(word));
    }

    private static Statement BuildSetting(SettingContext context, SettingScope scope, int position)
    {
        if (context.settingName() is { } name)
        {
            return context.Has(FROM)
                ? new UnsupportedStatement("SET … FROM CURRENT", position)
                : new SetStatement(scope, SettingName(name), context.settingValue().Select(BuildSettingValue).ToSyntaxList(), position);
        }
        ExpressionSyntax? text = context.stringLiteral() is { } literal ? Text(String(literal), Position(literal))
            : context.nonReservedWordOrString() is { } word ? Text(WordOrString(word), Position(word))
            : null;
        SyntaxList<ExpressionSyntax> values = text is null ? SyntaxList<ExpressionSyntax>.Empty : [text];
        switch (context.Start.Type)
        {
            case TIME:
                return new SetStatement(scope, "timezone", BuildTimeZone(context.timeZone()), position);
            case CATALOG:
                return new UnsupportedStatement("SET CATALOG", position);
            case SCHEMA:
                return new SetStatement(scope, "search_path", values, position);
            case NAMES:
                return new SetStatement(scope, "client_encoding", values, position);
            case ROLE:
                return new SetStatement(scope, "role", values, position);
            case SESSION:
                return new SetStatement(scope, "session_authorization", values, position);
            default:
                return new SetStatement(scope, "xmloption", [Text(IdentifierText.Fold(context.Stop.Text), context.Stop.StartIndex)], position);
        }
    }

    private static string SettingName(SettingNameContext context) => string.Join('.', context.columnId().Select(Name));

    private static ExpressionSyntax BuildSettingValue(SettingValueContext context)
    {
        int position = Position(context);
        return context.children[0] switch
        {
            SignedNumberContext number => BuildNumber(number),
            StringLiteralContext text => Text(String(text), position),
            NonReservedWordContext word => Text(Name(word), position),
            ITerminalNode { Symbol.Type: ON } => Text("on", position),
            ITerminalNode node => BuildLiteral(node.Symbol),
            _ => throw Unexpected(context),
        };
    }

    private static SyntaxList<ExpressionSyntax> BuildTimeZone(TimeZoneContext context)
    {
        int position = Position(context);
        switch (context.Start.Type)
        {
            case DEFAULT or LOCAL:
                return SyntaxList<ExpressionSyntax>.Empty;
            case INTERVAL:
                TypeNameSyntax type = IntervalType(context.intervalFields(), context.Find(IntegerConstant), position);
                return [new CastSyntax(Text(String(context.stringLiteral()), Position(context.stringLiteral())), type, position)];
            default:
                return context.signedNumber() is { } number ? [BuildNumber(number)]
                    : context.stringLiteral() is { } text ? [Text(String(text), position)]
                    : [Text(IdentifierText.Of(context.Start), position)];
        }
    }

    /// <summary>What RESET and SHOW name; null is ALL.</summary>
    private static string? SettingNameOrAll(ParserRuleContext context)
    {
        if (context.GetRuleContext<SettingNameContext>(0) is { } name)
        {
            return SettingName(name);
        }
        int first = context.GetRuleContext<PersistContext>(0) is null ? 1 : 2;
        return context.TokenType(first) switch
        {
            ALL => null,
            TIME => "timezone",
            TRANSACTION => "transaction_isolation",
            _ => "session_authorization",
        };
    }

    // Notifications and maintenance

    private static Statement BuildNotification(NotificationStatementContext context)
    {
        int position = Position(context);
        string? channel = NameOrNull(context.columnId());
        return context.Start.Type switch
        {
            LISTEN => new ListenStatement(channel!, position),
            UNLISTEN => new UnlistenStatement(channel, position),
            _ => new NotifyStatement(channel!, context.stringLiteral() is { } payload ? String(payload) : null, position),
        };
    }

    private static Statement BuildMaintenance(MaintenanceStatementContext context)
    {
        int position = Position(context);
        if (context.refreshMaterializedView() is { } refresh)
        {
            return BuildRefresh(refresh);
        }
        if (context.discard() is { } discard)
        {
            string target = IdentifierText.Fold(discard.Stop.Text);
            return new DiscardStatement(target == "temporary" ? "temp" : target, position);
        }
        switch (context.Start.Type)
        {
            case CHECKPOINT:
                return new CheckpointStatement(position);
            case REINDEX:
                int kindIndex = context.optionList() is null ? 1 : 2;
                return new ReindexStatement(Kind(context, kindIndex), BuildName(context.qualifiedName()), context.Has(CONCURRENTLY), BuildOptions(context.optionList()), position);
            default:
                SyntaxList<OptionSyntax> options = BuildVacuumOptions(context);
                SyntaxList<VacuumTarget> targets = context.vacuumTargets() is { } written
                    ? written.vacuumTarget().Select(t => new VacuumTarget(BuildName(t.qualifiedName()), Names(t.columnNames()), Position(t))).ToSyntaxList()
                    : SyntaxList<VacuumTarget>.Empty;
                return context.Start.Type == VACUUM ? new VacuumStatement(options, targets, position) : new AnalyzeStatement(options, targets, position);
        }
    }

    private static SyntaxList<OptionSyntax> BuildVacuumOptions(MaintenanceStatementContext context)
    {
        List<OptionSyntax> options = [.. BuildOptions(context.optionList())];
        for (int i = 1; i < context.ChildCount; i++)
        {
            if (context.children[i] is ITerminalNode { Symbol: { Type: FULL or FREEZE or VERBOSE or ANALYZE or ANALYSE } word })
            {
                options.Add(new OptionSyntax(word.Type == ANALYSE ? "analyze" : IdentifierText.Fold(word.Text), null, word.StartIndex));
            }
        }
        return options.ToSyntaxList();
    }
}
