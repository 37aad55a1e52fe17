using Antlr4.Runtime;
using Antlr4.Runtime.Tree;
using PhantomDb.Errors;
using PhantomDb.Parsing.Ast;
using static PhantomDb.Grammar.PhantomSqlParser;

namespace PhantomDb.Parsing;

/// <summary>CREATE TABLE and ALTER: columns, constraints and the actions that change them.</summary>
internal static partial class AstBuilder
{
    private static Statement BuildCreateTable(CreateTableContext context)
    {
        int position = Position(context);
        QualifiedName[] names = context.qualifiedName().Select(BuildName).ToArray();
        string? method = null;
        string? tablespace = null;
        PartitionBySyntax? partitionBy = null;
        for (int i = 1; i < context.ChildCount; i++)
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
                        partitionBy = new PartitionBySyntax(Name(id), context.indexElement().Select(BuildIndexElement).ToSyntaxList(), Position(id));
                        break;
                }
            }
        }
        SyntaxList<TableElement> elements = context.tableElements() is { } plain ? plain.tableElement().Select(BuildTableElement).ToSyntaxList()
            : context.typedTableElements() is { } typed ? typed.typedTableElement().Select(BuildTypedTableElement).ToSyntaxList()
            : SyntaxList<TableElement>.Empty;
        SyntaxList<OptionSyntax> options = BuildOptions(context.storageOptions()?.optionList()); // WITHOUT OIDS is what every table is
        SyntaxList<QualifiedName> inherits = BuildNames(context.qualifiedNameList());
        bool isPartition = context.partitionBounds() is not null;
        if (context.Has(AS))
        {
            CheckCreateTableAs(context, elements, isPartition || names.Length > 1 || inherits.Count > 0 || partitionBy is not null);
            Statement query = context.query() is { } select ? BuildQuery(select) : BuildExecute(context.executeStatement());
            return new CreateTableAsStatement(
                names[0],
                Persistence(context.temporary()),
                context.ifNotExists() is not null,
                elements.Select(e => ((ColumnDefinition)e).Name).ToSyntaxList(),
                method,
                options,
                OnCommit(context.onCommit()),
                tablespace,
                query,
                WithData(context.withData()),
                position);
        }
        if (context.tableElements() is null && names.Length == 1)
        {
            throw SyntaxErrorAfter(context);
        }
        if (context.tableElements() is { } written)
        {
            RequireTypes(context, written.tableElement());
        }
        return new CreateTableStatement(
            names[0],
            Persistence(context.temporary()),
            context.ifNotExists() is not null,
            elements,
            inherits,
            partitionBy,
            isPartition ? new PartitionOfSyntax(names[1], names[1].Position) : null,
            context.Has(OF) && !isPartition ? names[1] : null,
            method,
            options,
            OnCommit(context.onCommit()),
            tablespace,
            position);
    }

    /// <summary>
    /// Refuses columns without types where PostgreSQL does: a list that starts with a bare name is the list of CREATE TABLE … AS.
    /// </summary>
    private static void RequireTypes(CreateTableContext context, TableElementContext[] elements)
    {
        bool isNameList = elements.Length > 0 && IsBareName(elements[0]);
        foreach (TableElementContext element in elements)
        {
            if (IsBareName(element) != isNameList)
            {
                throw isNameList && element.columnDefinition() is null
                    ? SyntaxErrorAt(element.Start)
                    : SyntaxErrorAfter(element.columnDefinition().columnId(0));
            }
            if (!isNameList && element.columnDefinition() is { } column && column.typeName() is null)
            {
                throw SyntaxErrorAfter(column.columnId(0));
            }
        }
        if (isNameList)
        {
            throw SyntaxErrorAfter(context);
        }
    }

    private static bool IsBareName(TableElementContext element) => element.columnDefinition() is { ChildCount: 1 };

    /// <summary>A syntax error at the token behind a tree: there, what is missing should have been.</summary>
    private static PhantomDbException SyntaxErrorAfter(ParserRuleContext context)
    {
        ParserRuleContext root = context;
        while (root.Parent is ParserRuleContext parent)
        {
            root = parent;
        }
        return SyntaxErrorAt(TokenAfter(root, context.Stop.TokenIndex));
    }

    private static IToken TokenAfter(ParserRuleContext context, int tokenIndex)
    {
        foreach (IParseTree child in context.children)
        {
            if (child is ITerminalNode node && node.Symbol.TokenIndex > tokenIndex)
            {
                return node.Symbol;
            }
            if (child is ParserRuleContext { Stop: { } stop } inner && stop.TokenIndex > tokenIndex)
            {
                return TokenAfter(inner, tokenIndex);
            }
        }
        return context.Stop;
    }

    private static void CheckCreateTableAs(CreateTableContext context, SyntaxList<TableElement> elements, bool hasOtherClauses)
    {
        IToken asToken = context.Find(AS)!;
        bool isNameList = context.tableElements() is not { } written
            || (elements.Count > 0 && written.tableElement().All(IsBareName));
        if (hasOtherClauses || !isNameList)
        {
            throw SyntaxErrorAt(asToken);
        }
    }

    private static OnCommitAction OnCommit(OnCommitContext? context) => context is null ? OnCommitAction.Default
        : context.Has(DROP) ? OnCommitAction.Drop
        : context.Has(DELETE) ? OnCommitAction.DeleteRows
        : OnCommitAction.PreserveRows;

    private static TableElement BuildTableElement(TableElementContext context)
    {
        if (context.columnDefinition() is { } column)
        {
            return BuildColumn(column);
        }
        if (context.tableConstraint() is { } constraint)
        {
            return BuildTableConstraint(constraint);
        }
        List<LikeOption> options = [];
        for (int i = 2; i + 1 < context.ChildCount; i += 2)
        {
            LikeOptionContext option = (LikeOptionContext)context.children[i + 1];
            options.Add(new LikeOption(Name(option), context.TokenType(i) == INCLUDING, Position(option)));
        }
        return new LikeTableElement(BuildName(context.qualifiedName()), options.ToSyntaxList(), Position(context));
    }

    private static TableElement BuildTypedTableElement(TypedTableElementContext context)
    {
        if (context.tableConstraint() is { } constraint)
        {
            return BuildTableConstraint(constraint);
        }
        (SyntaxList<ColumnConstraint> constraints, QualifiedName? collation) = BuildColumnConstraints(context.columnConstraint());
        return new ColumnDefinition(Name(context.columnId()), null, collation, null, null, constraints, Position(context));
    }

    private static ColumnDefinition BuildColumn(ColumnDefinitionContext context)
    {
        string? storage = null;
        string? compression = null;
        for (int i = 1; i + 1 < context.ChildCount; i++)
        {
            if (context.TokenType(i) == STORAGE)
            {
                storage = Name((ParserRuleContext)context.children[i + 1]);
            }
            else if (context.TokenType(i) == COMPRESSION)
            {
                compression = context.children[i + 1] is ParserRuleContext method ? Name(method) : "default";
            }
        }
        (SyntaxList<ColumnConstraint> constraints, QualifiedName? collation) = BuildColumnConstraints(context.columnConstraint());
        return new ColumnDefinition(
            Name(context.columnId(0)),
            context.typeName() is { } type ? BuildTypeName(type) : null,
            collation,
            storage,
            compression,
            constraints,
            Position(context));
    }

    /// <summary>Attributes such as DEFERRABLE stand behind the constraint that they belong to; COLLATE stands among them too.</summary>
    private static (SyntaxList<ColumnConstraint> Constraints, QualifiedName? Collation) BuildColumnConstraints(ColumnConstraintContext[] contexts)
    {
        List<ColumnConstraint> constraints = [];
        QualifiedName? collation = null;
        for (int i = 0; i < contexts.Length; i++)
        {
            ColumnConstraintContext context = contexts[i];
            if (context.qualifiedName() is { } name)
            {
                collation = collation is null ? BuildName(name) : throw Error.InvalidSyntax("multiple COLLATE clauses not allowed", Position(context));
                continue;
            }
            if (context.constraintAttribute() is { } misplaced)
            {
                throw MisplacedAttribute(misplaced);
            }
            int first = i + 1;
            while (i + 1 < contexts.Length && contexts[i + 1].constraintAttribute() is not null)
            {
                i++;
            }
            ConstraintAttributes? attributes = BuildAttributes(contexts.AsSpan(first, i + 1 - first).ToArray().Select(c => c.constraintAttribute()).ToArray());
            constraints.Add(BuildColumnConstraint(context, attributes));
        }
        return (constraints.ToSyntaxList(), collation);
    }

    private static PhantomDbException MisplacedAttribute(ConstraintAttributeContext context)
    {
        string clause = context.Has(DEFERRABLE) ? (context.Has(NOT) ? "NOT DEFERRABLE" : "DEFERRABLE")
            : context.Has(DEFERRED) ? "INITIALLY DEFERRED"
            : context.Has(IMMEDIATE) ? "INITIALLY IMMEDIATE"
            : string.Join(' ', context.children.Select(c => c.GetText().ToUpperInvariant()));
        return Error.InvalidSyntax($"misplaced {clause} clause", Position(context));
    }

    private static ConstraintAttributes? BuildAttributes(ConstraintAttributeContext[] contexts)
    {
        if (contexts.Length == 0)
        {
            return null;
        }
        bool? isDeferrable = null;
        bool? isDeferred = null;
        bool isNotValid = false;
        bool isNoInherit = false;
        foreach (ConstraintAttributeContext context in contexts)
        {
            if (context.Has(DEFERRABLE))
            {
                bool value = !context.Has(NOT);
                isDeferrable = isDeferrable is null || isDeferrable == value ? value : throw Conflicting(context);
            }
            else if (context.Has(INITIALLY))
            {
                bool value = context.Has(DEFERRED);
                isDeferred = isDeferred is null || isDeferred == value ? value : throw Conflicting(context);
            }
            else if (context.Has(VALID))
            {
                isNotValid = true;
            }
            else
            {
                isNoInherit = true;
            }
        }
        if (isDeferred == true)
        {
            isDeferrable = isDeferrable == false
                ? throw Error.InvalidSyntax("constraint declared INITIALLY DEFERRED must be DEFERRABLE", Position(contexts[^1]))
                : true;
        }
        return new ConstraintAttributes(isDeferrable, isDeferred, isNotValid, isNoInherit, Position(contexts[0]));

        static PhantomDbException Conflicting(ConstraintAttributeContext context) =>
            Error.InvalidSyntax("conflicting constraint properties", Position(context));
    }

    private static ColumnConstraint BuildColumnConstraint(ColumnConstraintContext context, ConstraintAttributes? attributes)
    {
        ColumnConstraintElementContext element = context.columnConstraintElement();
        string? name = NameOrNull(context.columnId());
        int position = Position(context);
        if (attributes is not null && element.Start.Type is not (UNIQUE or PRIMARY or REFERENCES))
        {
            bool isCheck = element.Start.Type == CHECK && attributes is { IsDeferrable: null or false, IsInitiallyDeferred: null or false };
            if (!isCheck)
            {
                throw Error.InvalidSyntax(attributes.IsDeferrable == false ? "misplaced NOT DEFERRABLE clause" : "misplaced DEFERRABLE clause", attributes.Position);
            }
        }
        switch (element.Start.Type)
        {
            case NOT:
                return new NotNullColumnConstraint(name, attributes, position);
            case NULL:
                return new NullColumnConstraint(name, attributes, position);
            case DEFAULT:
                return new DefaultColumnConstraint(BuildOperators(element.boundExpression()), name, attributes, position);
            case CHECK:
                if (element.Has(INHERIT))
                {
                    attributes = (attributes ?? new ConstraintAttributes(null, null, false, false, position)) with { IsNoInherit = true };
                }
                return new CheckColumnConstraint(BuildOperators(element.expression()), name, attributes, position);
            case UNIQUE or PRIMARY:
                return new UniqueColumnConstraint(
                    element.Has(PRIMARY),
                    element.nullsDistinct()?.Has(NOT) == true,
                    BuildOptions(element.optionList()),
                    NameOrNull(element.columnId()),
                    name,
                    attributes,
                    position);
            case REFERENCES:
                return new ReferencesColumnConstraint(BuildReferences(element.references()), name, attributes, position);
            default:
                bool isAlways = element.Has(ALWAYS);
                if (element.Has(IDENTITY))
                {
                    return new IdentityColumnConstraint(isAlways, BuildSequenceOptions(element.sequenceOption()), name, attributes, position);
                }
                return isAlways
                    ? new GeneratedColumnConstraint(BuildOperators(element.expression()), name, attributes, position)
                    : throw Error.InvalidSyntax("for a generated column, GENERATED ALWAYS must be specified", position);
        }
    }

    private static ReferencesClause BuildReferences(ReferencesContext context)
    {
        ReferentialAction onDelete = ReferentialAction.Default;
        ReferentialAction onUpdate = ReferentialAction.Default;
        SyntaxList<string> onDeleteColumns = SyntaxList<string>.Empty;
        bool hasDelete = false;
        bool hasUpdate = false;
        foreach (ReferentialTriggerContext trigger in context.referentialTrigger())
        {
            ReferentialAction action = trigger.Has(CASCADE) ? ReferentialAction.Cascade
                : trigger.Has(RESTRICT) ? ReferentialAction.Restrict
                : trigger.Has(NO) ? ReferentialAction.NoAction
                : trigger.Has(NULL) ? ReferentialAction.SetNull
                : ReferentialAction.SetDefault;
            bool isDelete = trigger.Has(DELETE);
            if (isDelete ? hasDelete : hasUpdate)
            {
                throw SyntaxErrorAt(FirstToken(trigger.children[1]));
            }
            if (isDelete)
            {
                (onDelete, onDeleteColumns, hasDelete) = (action, Names(trigger.columnNames()), true);
            }
            else
            {
                if (trigger.columnNames() is { } columns)
                {
                    string message = $"a column list with SET {(trigger.Has(NULL) ? "NULL" : "DEFAULT")} is only supported for ON DELETE actions";
                    throw new PhantomDbException(SqlStates.FeatureNotSupported, message) { Position = Position(columns) };
                }
                (onUpdate, hasUpdate) = (action, true);
            }
        }
        ForeignKeyMatch match = !context.Has(MATCH) ? ForeignKeyMatch.Default
            : context.Has(FULL) ? ForeignKeyMatch.Full
            : context.Has(PARTIAL) ? ForeignKeyMatch.Partial
            : ForeignKeyMatch.Simple;
        return new ReferencesClause(BuildName(context.qualifiedName()), Names(context.columnNames()), match, onDelete, onDeleteColumns, onUpdate, Position(context));
    }

    private static TableConstraint BuildTableConstraint(TableConstraintContext context)
    {
        TableConstraintElementContext element = context.tableConstraintElement();
        string? name = NameOrNull(context.columnId());
        ConstraintAttributes? attributes = BuildAttributes(context.constraintAttribute());
        int position = Position(context);
        CheckTableAttributes(element, context.constraintAttribute());
        switch (element.Start.Type)
        {
            case CHECK:
                return new CheckTableConstraint(BuildOperators(element.expression()), name, attributes, position);
            case FOREIGN:
                return new ForeignKeyTableConstraint(Names(element.columnNames()), BuildReferences(element.references()), name, attributes, position);
            case EXCLUDE:
                return BuildExclude(element, name, attributes, position);
            default:
                bool isUsingIndex = element.columnNames() is null;
                return new UniqueTableConstraint(
                    element.Has(PRIMARY),
                    element.nullsDistinct()?.Has(NOT) == true,
                    Names(element.columnNames()),
                    Names(element.includeColumns()?.columnNames()),
                    BuildOptions(element.optionList()),
                    isUsingIndex ? null : NameOrNull(element.columnId(0)),
                    isUsingIndex ? Name(element.columnId(0)) : null,
                    name,
                    attributes,
                    position);
        }
    }

    /// <summary>CHECK knows NOT VALID and NO INHERIT, a foreign key NOT VALID and DEFERRABLE, all others DEFERRABLE alone.</summary>
    private static void CheckTableAttributes(TableConstraintElementContext element, ConstraintAttributeContext[] attributes)
    {
        (string kind, bool canDefer, bool canBeInvalid, bool canNotInherit) = element.Start.Type switch
        {
            CHECK => ("CHECK", false, true, true),
            FOREIGN => ("FOREIGN KEY", true, true, false),
            EXCLUDE => ("EXCLUDE", true, false, false),
            UNIQUE => ("UNIQUE", true, false, false),
            _ => ("PRIMARY KEY", true, false, false),
        };
        foreach (ConstraintAttributeContext attribute in attributes)
        {
            string? clause = attribute.Has(VALID) && !canBeInvalid ? "NOT VALID"
                : attribute.Has(INHERIT) && !canNotInherit ? "NO INHERIT"
                : !canDefer && (attribute.Has(DEFERRED) || (attribute.Has(DEFERRABLE) && !attribute.Has(NOT))) ? "DEFERRABLE"
                : null;
            if (clause is not null)
            {
                throw new PhantomDbException(SqlStates.FeatureNotSupported, $"{kind} constraints cannot be marked {clause}") { Position = Position(attribute) };
            }
        }
    }

    private static ExcludeTableConstraint BuildExclude(TableConstraintElementContext context, string? name, ConstraintAttributes? attributes, int position)
    {
        ColumnIdContext[] ids = context.columnId();
        bool hasMethod = context.TokenType(1) == USING;
        return new ExcludeTableConstraint(
            hasMethod ? Name(ids[0]) : null,
            context.excludeElement().Select(BuildExcludeElement).ToSyntaxList(),
            Names(context.includeColumns()?.columnNames()),
            BuildOptions(context.optionList()),
            context.Has(TABLESPACE) ? Name(ids[^1]) : null,
            BuildOrNull(context.expression()),
            name,
            attributes,
            position);
    }

    private static ExcludeElement BuildExcludeElement(ExcludeElementContext context)
    {
        ColumnIdContext[] schema = context.columnId();
        return new ExcludeElement(
            BuildIndexElement(context.indexElement()),
            NormalizeOperator(context.anyOperator().GetText()),
            schema.Length == 0 ? null : string.Join('.', schema.Select(Name)),
            Position(context));
    }

    // ALTER

    private static Statement BuildAlter(AlterStatementContext context)
    {
        int position = Position(context);
        bool ifExists = context.ifExists() is not null;
        if (context.alterOtherKind() is not null)
        {
            return new UnsupportedStatement(LeadingKeywords(context), position);
        }
        QualifiedName name = BuildName(context.qualifiedName());
        ObjectKind kind = Kind(context, 1);
        if (context.alterTableActions() is { } actions)
        {
            return new AlterTableStatement(kind, name, ifExists, context.Has(ONLY), BuildAlterActions(actions), position);
        }
        if (context.objectChange() is { } change)
        {
            string value = change.roleName() is { } role ? RoleText(role) : Name(change.columnId());
            return change.Start.Type switch
            {
                OWNER => new AlterOwnerStatement(kind, name, value, position),
                RENAME => new AlterRenameStatement(kind, name, ifExists, value, position),
                _ => new AlterSchemaStatement(kind, name, ifExists, value, position),
            };
        }
        SyntaxList<SequenceOption> options = context.sequenceOption() is { Length: > 0 } written
            ? BuildSequenceOptions(written)
            : [new SequenceOption(context.Has(LOGGED) ? SequenceOptionKind.Logged : SequenceOptionKind.Unlogged, null, null, null, position)];
        return new AlterSequenceStatement(name, ifExists, options, position);
    }

    private static SyntaxList<AlterTableAction> BuildAlterActions(AlterTableActionsContext context)
    {
        int position = Position(context);
        ColumnIdContext[] ids = context.columnId();
        switch (context.children[0] is ITerminalNode first ? first.Symbol.Type : 0)
        {
            case 0:
                return context.alterTableAction().Select(BuildAlterAction).ToSyntaxList();
            case RENAME:
                return ids.Length == 1 ? [new RenameTableAction(Name(ids[0]), position)]
                    : context.Has(CONSTRAINT) ? [new RenameConstraintAction(Name(ids[0]), Name(ids[1]), position)]
                    : [new RenameColumnAction(Name(ids[0]), Name(ids[1]), position)];
            case SET:
                return [new SetSchemaAction(Name(ids[0]), position)];
            default:
                return [new UnsupportedAlterTableAction("ALTER TABLE … " + LeadingKeywords(context), position)];
        }
    }

    private static AlterTableAction BuildAlterAction(AlterTableActionContext context)
    {
        int position = Position(context);
        bool ifExists = context.ifExists() is not null;
        string? name = NameOrNull(context.columnId());
        if (context.columnDefinition() is { } column)
        {
            return column.typeName() is null
                ? throw SyntaxErrorAfter(column.columnId(0))
                : new AddColumnAction(BuildColumn(column), context.ifNotExists() is not null, position);
        }
        if (context.tableConstraint() is { } constraint)
        {
            return new AddConstraintAction(BuildTableConstraint(constraint), position);
        }
        if (context.alterColumnAction() is { } change)
        {
            return name is null
                ? new UnsupportedAlterTableAction("ALTER COLUMN by number", position)
                : BuildAlterColumn(name, change, position);
        }
        switch (context.Start.Type, context.TokenType(1))
        {
            case (DROP, CONSTRAINT):
                return new DropConstraintAction(name!, ifExists, Behavior(context.dropBehavior()), position);
            case (DROP, _):
                return new DropColumnAction(name!, ifExists, Behavior(context.dropBehavior()), position);
            case (ALTER, CONSTRAINT):
                ConstraintAttributes attributes = BuildAttributes(context.constraintAttribute()) ?? new ConstraintAttributes(null, null, false, false, position);
                return new AlterConstraintAction(name!, attributes, position);
            case (VALIDATE, _):
                return new ValidateConstraintAction(name!, position);
            case (OWNER, _):
                return new OwnerToAction(RoleText(context.roleName()), position);
            case (CLUSTER, _):
                return new ClusterOnAction(name!, position);
            case (SET, WITHOUT) when context.Has(CLUSTER):
                return new ClusterOnAction(null, position);
            case (SET, LOGGED):
                return new SetPersistenceAction(TablePersistence.Permanent, position);
            case (SET, UNLOGGED):
                return new SetPersistenceAction(TablePersistence.Unlogged, position);
            case (SET, TABLESPACE):
                return new SetTablespaceAction(name!, position);
            case (ENABLE or DISABLE, TRIGGER):
                return new EnableTriggerAction(name ?? IdentifierText.Fold(context.Stop.Text), context.Start.Type == ENABLE, position);
            case (SET or RESET, _) when context.optionList() is { } options:
                return new SetOptionsAction(BuildOptions(options), context.Start.Type == RESET, position);
            default:
                return new UnsupportedAlterTableAction("ALTER TABLE … " + LeadingKeywords(context), position);
        }
    }

    private static AlterTableAction BuildAlterColumn(string column, AlterColumnActionContext context, int position)
    {
        bool ifExists = context.ifExists() is not null;
        if (context.typeName() is { } type)
        {
            return new AlterColumnTypeAction(column, BuildTypeName(type), BuildNameOrNull(context.qualifiedName()), BuildOrNull(context.expression()), position);
        }
        if (context.identityChange() is { Length: > 0 } changes)
        {
            return BuildAlterIdentity(column, changes, position);
        }
        switch (context.Start.Type, context.TokenType(1))
        {
            case (SET, DEFAULT):
                return new AlterColumnDefaultAction(column, BuildOperators(context.expression()), position);
            case (DROP, DEFAULT):
                return new AlterColumnDefaultAction(column, null, position);
            case (SET or DROP, NOT):
                return new AlterColumnNotNullAction(column, context.Start.Type == SET, position);
            case (DROP, EXPRESSION):
                return new DropExpressionAction(column, ifExists, position);
            case (DROP, IDENTITY):
                return new DropIdentityAction(column, ifExists, position);
            case (ADD, _):
                return new AddIdentityAction(column, context.Has(ALWAYS), BuildSequenceOptions(context.sequenceOption()), position);
            case (SET, STATISTICS):
                return new AlterColumnStatisticsAction(column, (int)Math.Clamp(Long(context.signedNumber()), -1, 10_000), position);
            case (SET, STORAGE):
                return new AlterColumnStorageAction(column, Name(context.columnId()), position);
            default:
                return new UnsupportedAlterTableAction(
                    context.optionList() is null ? "ALTER COLUMN SET COMPRESSION" : $"ALTER COLUMN {context.Start.Text.ToUpperInvariant()} (…)",
                    position);
        }
    }

    private static AlterIdentityAction BuildAlterIdentity(string column, IdentityChangeContext[] changes, int position)
    {
        bool? isAlways = null;
        List<SequenceOption> options = [];
        foreach (IdentityChangeContext change in changes)
        {
            if (change.sequenceOption() is { } option)
            {
                options.Add(BuildSequenceOption(option));
            }
            else if (change.Start.Type == RESTART)
            {
                options.Add(new SequenceOption(
                    SequenceOptionKind.Restart,
                    change.signedNumber() is { } number ? NumberText(number) : null,
                    null,
                    null,
                    Position(change)));
            }
            else
            {
                isAlways = change.Has(ALWAYS);
            }
        }
        return new AlterIdentityAction(column, isAlways, options.ToSyntaxList(), position);
    }
}
