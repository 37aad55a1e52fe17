using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Parsing.Ast;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Binding;

/// <summary>Statements that become commands: EXPLAIN, databases, TRUNCATE, settings, transactions, prepared statements, maintenance.</summary>
internal static partial class Binder
{
    private static BoundExplain BindExplain(ExplainStatement explain, BindingState state)
    {
        (bool isAnalyze, ExplainOptions options) = BindExplainOptions(explain.Options);
        BoundStatement statement = BindStatement(explain.Statement, state);
        if (statement is BoundPlan plan)
        {
            statement = plan with { ParameterTypes = [.. state.ParameterTypes], PinnedParameters = state.PinnedParameters };
        }
        return statement is BoundPlan or SchemaChange { Tag: "SELECT" or "CREATE TABLE AS" } or ExecuteCommand
            ? new BoundExplain(statement, isAnalyze, options)
            : throw Error.NotSupported($"EXPLAIN of {statement.CommandTag}", explain.Statement.Position);
    }

    private static (bool IsAnalyze, ExplainOptions Options) BindExplainOptions(SyntaxList<OptionSyntax> given)
    {
        bool isAnalyze = false, showsCosts = true, isVerbose = false;
        bool? showsTimes = null, showsSummary = null;
        ExplainFormat format = ExplainFormat.Text;
        foreach (OptionSyntax option in given)
        {
            switch (option.Name)
            {
                case "analyze":
                    isAnalyze = BooleanOption(option);
                    break;
                case "costs":
                    showsCosts = BooleanOption(option);
                    break;
                case "verbose":
                    isVerbose = BooleanOption(option);
                    break;
                case "timing":
                    showsTimes = BooleanOption(option);
                    break;
                case "summary":
                    showsSummary = BooleanOption(option);
                    break;
                case "buffers" or "wal" or "settings":
                    if (BooleanOption(option))
                    {
                        throw Error.NotSupported($"EXPLAIN option {option.Name.ToUpperInvariant()}", option.Position);
                    }
                    break;
                case "format":
                    format = ExplainFormatOf(option);
                    break;
                default:
                    throw Error.InvalidSyntax($"unrecognized EXPLAIN option \"{option.Name}\"", option.Position);
            }
        }
        if (showsTimes == true && !isAnalyze)
        {
            throw Error.At(SqlStates.InvalidParameterValue, "EXPLAIN option TIMING requires ANALYZE", -1);
        }
        return (isAnalyze, new ExplainOptions(showsCosts, showsTimes ?? true, showsSummary ?? isAnalyze, isVerbose, format));
    }

    private static ExplainFormat ExplainFormatOf(OptionSyntax option) => OptionText(option)?.ToLowerInvariant() switch
    {
        "text" => ExplainFormat.Text,
        "json" => ExplainFormat.Json,
        "xml" or "yaml" => throw Error.NotSupported($"EXPLAIN format {OptionText(option)}", option.Position),
        _ => throw Error.At(SqlStates.InvalidParameterValue, $"unrecognized value for EXPLAIN option \"{option.Name}\": \"{OptionText(option)}\"", option.Position),
    };

    /// <summary>An option's value as text: a word, a string or a number; null where there is none.</summary>
    public static string? OptionText(OptionSyntax option) => option.Value switch
    {
        null => null,
        LiteralSyntax literal => literal.Text,
        ColumnReferenceSyntax { Names.Count: 1 } word => word.Names[0],
        UnarySyntax { Operator: "-", Operand: LiteralSyntax number } => "-" + number.Text,
        _ => throw Error.InvalidSyntax($"invalid value for option \"{option.Name}\"", option.Position),
    };

    public static bool BooleanOption(OptionSyntax option) => OptionText(option)?.ToLowerInvariant() switch
    {
        null or "true" or "on" or "1" => true,
        "false" or "off" or "0" => false,
        _ => throw Error.InvalidSyntax($"{option.Name} requires a Boolean value", option.Position),
    };

    private static CreateDatabaseCommand BindCreateDatabase(CreateDatabaseStatement create)
    {
        string? template = null;
        foreach (OptionSyntax option in create.Options)
        {
            string? value = OptionText(option);
            if (option.Name.Equals("template", StringComparison.OrdinalIgnoreCase))
            {
                template = value is null or "template0" or "template1" or "default" ? null : value;
                continue;
            }
            bool isHarmless = option.Name.ToLowerInvariant() switch
            {
                "owner" or "connection_limit" or "connection limit" => true,
                "encoding" => value is null || value.ToUpperInvariant() is "UTF8" or "UTF-8" or "UNICODE" or "DEFAULT",
                "lc_collate" or "lc_ctype" or "locale" => value is "C" or "POSIX" or "C.UTF-8" or "en_US.UTF-8" or "en_US.utf8" or null,
                _ => false,
            };
            if (!isHarmless)
            {
                throw Error.NotSupported($"CREATE DATABASE option {option.Name}{(value is null ? "" : $" = {value}")}", option.Position);
            }
        }
        return new CreateDatabaseCommand(create.Name, template);
    }

    private static DropDatabaseCommand BindDropDatabase(DropDatabaseStatement drop)
    {
        foreach (OptionSyntax option in drop.Options)
        {
            if (option.Name != "force")
            {
                throw Error.InvalidSyntax($"unrecognized DROP DATABASE option \"{option.Name}\"", option.Position);
            }
        }
        return new DropDatabaseCommand(drop.Name, drop.IfExists);
    }

    private static LockTableCommand BindLock(LockStatement statement, BindingState state) =>
        new([.. ((IReadOnlyList<TruncateTarget>)statement.Tables).Select(target => FindTable(target, state))], statement.Mode, statement.NoWait);

    private static TableDefinition FindTable(TruncateTarget target, BindingState state) => Relations.Find(state, target.Table) switch
    {
        TableDefinition found => found,
        null => throw NameHints.RelationNotFound(state, target.Table),
        _ => throw Error.At(SqlStates.WrongObjectType, $"\"{target.Table.Name}\" is not a table", target.Position),
    };

    private static TruncateCommand BindTruncate(TruncateStatement truncate, BindingState state)
    {
        var tables = new List<TableDefinition>();
        foreach (TruncateTarget target in truncate.Tables)
        {
            TableDefinition table = FindTable(target, state);
            if (!tables.Contains(table))
            {
                tables.Add(table);
            }
        }
        // Tables whose foreign keys refer to a truncated one go with it, or nothing goes.
        List<string> notices = [];
        for (int i = 0; i < tables.Count; i++)
        {
            foreach (TableDefinition other in state.Catalog.TablesReferencing(tables[i].Oid))
            {
                if (tables.Contains(other))
                {
                    continue;
                }
                if (truncate.Behavior != DropBehavior.Cascade)
                {
                    throw Error.At(SqlStates.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint", truncate.Position,
                        hint: $"Truncate table \"{other.Name}\" at the same time, or use TRUNCATE ... CASCADE.",
                        detail: $"Table \"{other.Name}\" references \"{tables[i].Name}\".");
                }
                notices.Add($"truncate cascades to table \"{other.Name}\"");
                tables.Add(other);
            }
        }
        foreach (TableDefinition table in tables)
        {
            state.DependOn(table.Oid);
        }
        SequenceDefinition[] restarted = truncate.RestartIdentity
            ? [.. tables.SelectMany(t => state.Catalog.SequencesOf(t.Oid))] : [];
        return new TruncateCommand(tables, restarted) { Notices = notices };
    }

    /// <summary>There are no roles: a dump's owners mean nothing, and nothing is said of them.</summary>
    private static NoOperationCommand BindAlterOwner(AlterOwnerStatement owner) =>
        owner.Kind is ObjectKind.Table or ObjectKind.View or ObjectKind.Sequence or ObjectKind.Schema or ObjectKind.Database or ObjectKind.Index
            ? new NoOperationCommand($"ALTER {owner.Kind.Name()}")
            : throw Error.NotSupported($"ALTER {owner.Kind.Name()}", owner.Position);

    private static BoundStatement BindSessionStatement(Statement statement, BindingState state) => statement switch
    {
        SetStatement { Scope: not SettingScope.Persistent } set when TransactionMode(set) is { } mode => new SetTransactionCommand(mode, IsSession: false),
        SetStatement { Scope: SettingScope.Persistent } set => new PersistSettingCommand(set.Name, [.. ((IReadOnlyList<ExpressionSyntax>)set.Values).Select(SettingValue)]),
        SetStatement set => new SetCommand(set.Name, [.. ((IReadOnlyList<ExpressionSyntax>)set.Values).Select(SettingValue)], set.Scope == SettingScope.Local),
        ResetStatement { IsPersistent: true } reset => new PersistSettingCommand(reset.Name, []),
        ResetStatement reset => new ResetCommand(reset.Name),
        ShowStatement show => new ShowCommand(show.Name),
        BeginStatement begin => new BeginCommand(Options(begin.Modes), begin.IsStart),
        CommitStatement commit => new CommitCommand(commit.AndChain),
        RollbackStatement rollback => new RollbackCommand(rollback.AndChain),
        SavepointStatement savepoint => new SavepointCommand(savepoint.Name),
        ReleaseSavepointStatement release => new ReleaseSavepointCommand(release.Name),
        RollbackToSavepointStatement rollback => new RollbackToSavepointCommand(rollback.Name),
        SetTransactionStatement set => set.SnapshotId is null
            ? new SetTransactionCommand(Options(set.Modes), set.IsSession) : throw Error.NotSupported("SET TRANSACTION SNAPSHOT", statement.Position),
        SetConstraintsStatement set => BindSetConstraints(set, state),
        PrepareStatement prepare => BindPrepare(prepare, state),
        ExecuteStatement execute => BindExecute(execute, state),
        DeallocateStatement deallocate => new DeallocateCommand(deallocate.Name),
        DiscardStatement discard => new DiscardCommand(discard.Target),
        AnalyzeStatement analyze => new AnalyzeCommand(MaintainedTables(analyze.Targets, state)),
        VacuumStatement vacuum => new VacuumCommand(MaintainedTables(vacuum.Targets, state), vacuum.Options.Any<OptionSyntax>(o => o.Name == "analyze")),
        _ => new CheckpointCommand(),
    };

    private static SetConstraintsCommand BindSetConstraints(SetConstraintsStatement set, BindingState state)
    {
        if (set.Names.Count == 0)
        {
            return new SetConstraintsCommand(null, set.IsDeferred);
        }
        List<int> oids = [];
        foreach (QualifiedName name in set.Names)
        {
            ConstraintDefinition[] named = Relations.FindConstraints(state, name);
            if (named.Length == 0)
            {
                throw Error.At(SqlStates.UndefinedObject, $"constraint \"{name.Name}\" does not exist", name.Position);
            }
            if (set.IsDeferred && named.Any(constraint => !constraint.IsDeferrable))
            {
                throw Error.At(SqlStates.WrongObjectType, $"constraint \"{name.Name}\" is not deferrable", name.Position);
            }
            oids.AddRange(named.Where(constraint => constraint.IsDeferrable).Select(constraint => constraint.Oid));
        }
        return new SetConstraintsCommand(oids, set.IsDeferred);
    }

    /// <summary>SET transaction_isolation = … and the like, which are SET TRANSACTION by another name; null for other settings and values.</summary>
    private static TransactionOptions? TransactionMode(SetStatement set)
    {
        if (set.Values.Count != 1)
        {
            return null;
        }
        string value = SettingValue(set.Values[0]).ToLowerInvariant();
        bool? isOn = value switch { "on" or "true" or "yes" or "1" => true, "off" or "false" or "no" or "0" => false, _ => null };
        return set.Name.ToLowerInvariant() switch
        {
            "transaction_isolation" => value switch
            {
                "read uncommitted" => new TransactionOptions(TransactionIsolation.ReadUncommitted, null, null),
                "read committed" => new TransactionOptions(TransactionIsolation.ReadCommitted, null, null),
                "repeatable read" => new TransactionOptions(TransactionIsolation.RepeatableRead, null, null),
                "serializable" => new TransactionOptions(TransactionIsolation.Serializable, null, null),
                _ => null,
            },
            "transaction_read_only" when isOn is not null => new TransactionOptions(null, isOn, null),
            "transaction_deferrable" when isOn is not null => new TransactionOptions(null, null, isOn),
            _ => null,
        };
    }

    private static string SettingValue(ExpressionSyntax value) => value switch
    {
        LiteralSyntax literal => literal.Text,
        UnarySyntax { Operand: LiteralSyntax literal } unary => unary.Operator == "-" ? "-" + literal.Text : literal.Text,
        CastSyntax { Operand: LiteralSyntax literal } => ZoneName(literal),
        ColumnReferenceSyntax { Names.Count: 1 } word => word.Names[0],
        _ => throw Error.NotSupported("this value of a setting", value.Position),
    };

    /// <summary>SET TIME ZONE INTERVAL '2:30' HOUR TO MINUTE: so far east of Greenwich.</summary>
    private static string ZoneName(LiteralSyntax interval)
    {
        Interval offset = IntervalText.Parse(System.Text.Encoding.UTF8.GetBytes(interval.Text));
        return offset.Months == 0 && offset.Days == 0
            ? SessionTimeZone.FromOffset((int)(offset.Microseconds / 1_000_000)).Name
            : throw Error.At(SqlStates.InvalidParameterValue, "interval time zone must not include months or days", interval.Position);
    }

    private static TransactionOptions Options(TransactionModes modes) => new(
        modes.IsolationLevel switch
        {
            null => null,
            IsolationLevelSyntax.ReadUncommitted => TransactionIsolation.ReadUncommitted,
            IsolationLevelSyntax.ReadCommitted => TransactionIsolation.ReadCommitted,
            IsolationLevelSyntax.RepeatableRead => TransactionIsolation.RepeatableRead,
            _ => TransactionIsolation.Serializable,
        },
        modes.IsReadOnly,
        modes.IsDeferrable);

    private static PrepareCommand BindPrepare(PrepareStatement prepare, BindingState state)
    {
        SqlType[] types = [.. ((IReadOnlyList<TypeNameSyntax>)prepare.ParameterTypes).Select(type => new SqlType(TypeNames.Bind(type).Id))];   // without modifiers: they are no part of a parameter's type
        BoundStatement statement = Bind(prepare.Statement, state.Context with { ParameterTypes = types, LiteralParameters = null, AllowsParameters = true });
        return statement is BoundPlan ? new PrepareCommand(prepare.Name, statement)
            : throw Error.NotSupported($"PREPARE of {statement.CommandTag}", prepare.Statement.Position);
    }

    private static ExecuteCommand BindExecute(ExecuteStatement execute, BindingState state)
    {
        IReadOnlyList<SqlType> types = state.Context.PreparedStatements?.FindParameterTypes(execute.Name)
            ?? throw Error.At(SqlStates.InvalidStatementName, $"prepared statement \"{execute.Name}\" does not exist", execute.Position);
        if (types.Count != execute.Arguments.Count)
        {
            throw Error.At(SqlStates.SyntaxError, $"wrong number of parameters for prepared statement \"{execute.Name}\"", execute.Position,
                detail: $"Expected {types.Count} parameters but got {execute.Arguments.Count}.");
        }
        var binder = new ExpressionBinder(state, new Scope(null, new QueryLevel { Clause = Clause.Execute, IsPlain = true }), null);
        Expression[] arguments = new Expression[types.Count];
        for (int i = 0; i < arguments.Length; i++)
        {
            Expression argument = binder.Bind(execute.Arguments[i]);
            arguments[i] = binder.Coercion.TryCoerce(argument, types[i], CastContext.Assignment)
                ?? throw Error.At(SqlStates.DatatypeMismatch,
                    $"parameter ${(i + 1).ToString(CultureInfo.InvariantCulture)} of type {argument.Type.BaseName} cannot be coerced to the expected type {types[i].BaseName}",
                    execute.Arguments[i].Position, hint: "You will need to rewrite or cast the expression.");
        }
        return new ExecuteCommand(execute.Name, arguments);
    }

    private static IReadOnlyList<TableDefinition> MaintainedTables(SyntaxList<VacuumTarget> targets, BindingState state)
    {
        if (targets.Count == 0)
        {
            return [.. state.Catalog.Tables.OrderBy(t => t.Oid)];
        }
        return [.. ((IReadOnlyList<VacuumTarget>)targets).Select(target => Relations.Find(state, target.Table) switch
        {
            TableDefinition table => table,
            null => throw NameHints.RelationNotFound(state, target.Table),
            _ => throw Error.At(SqlStates.WrongObjectType, $"\"{target.Table.Name}\" is not a table", target.Position),
        })];
    }
}
