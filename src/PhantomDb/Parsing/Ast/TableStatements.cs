namespace PhantomDb.Parsing.Ast;

internal enum TablePersistence
{
    Permanent,
    Temporary,
    Unlogged,
}

internal enum OnCommitAction
{
    /// <summary>Not written.</summary>
    Default,
    PreserveRows,
    DeleteRows,
    Drop,
}

/// <summary>CREATE TABLE with a list of columns.</summary>
internal sealed record CreateTableStatement(
    QualifiedName Name,
    TablePersistence Persistence,
    bool IfNotExists,
    SyntaxList<TableElement> Elements,
    SyntaxList<QualifiedName> Inherits,
    PartitionBySyntax? PartitionBy,
    PartitionOfSyntax? PartitionOf,
    QualifiedName? OfType,
    string? AccessMethod,
    SyntaxList<OptionSyntax> Options,
    OnCommitAction OnCommit,
    string? Tablespace,
    int Position) : Statement(Position);

/// <summary>CREATE TABLE … AS query, and CREATE TABLE … AS EXECUTE (then <paramref name="Query"/> is an <see cref="ExecuteStatement"/>).</summary>
internal sealed record CreateTableAsStatement(
    QualifiedName Name,
    TablePersistence Persistence,
    bool IfNotExists,
    SyntaxList<string> Columns,
    string? AccessMethod,
    SyntaxList<OptionSyntax> Options,
    OnCommitAction OnCommit,
    string? Tablespace,
    Statement Query,
    bool WithData,
    int Position) : Statement(Position);

/// <summary>PARTITION BY RANGE | LIST | HASH (…); the strategy in lower case.</summary>
internal sealed record PartitionBySyntax(string Strategy, SyntaxList<IndexElement> Elements, int Position) : SyntaxNode(Position);

/// <summary>PARTITION OF parent, and its bounds as text: partitions are not supported yet.</summary>
internal sealed record PartitionOfSyntax(QualifiedName Parent, int Position) : SyntaxNode(Position);

/// <summary>What stands between a table's parentheses.</summary>
internal abstract record TableElement(int Position) : SyntaxNode(Position);

/// <summary>A column. <paramref name="Type"/> is null only in <c>CREATE TABLE … OF type</c> and partitions.</summary>
internal sealed record ColumnDefinition(
    string Name,
    TypeNameSyntax? Type,
    QualifiedName? Collation,
    string? Storage,
    string? Compression,
    SyntaxList<ColumnConstraint> Constraints,
    int Position) : TableElement(Position);

/// <summary>LIKE table INCLUDING …: the options in lower case, in order, each with whether it is included.</summary>
internal sealed record LikeTableElement(QualifiedName Table, SyntaxList<LikeOption> Options, int Position) : TableElement(Position);

internal sealed record LikeOption(string Name, bool IsIncluded, int Position) : SyntaxNode(Position);

/// <summary>How and when a constraint is checked.</summary>
/// <param name="IsDeferrable">Null when not written.</param>
/// <param name="IsInitiallyDeferred">Null when not written.</param>
internal sealed record ConstraintAttributes(bool? IsDeferrable, bool? IsInitiallyDeferred, bool IsNotValid, bool IsNoInherit, int Position) : SyntaxNode(Position);

/// <summary>A constraint of one column. <paramref name="Name"/> is null unless CONSTRAINT name is written.</summary>
internal abstract record ColumnConstraint(string? Name, ConstraintAttributes? Attributes, int Position) : SyntaxNode(Position);

internal sealed record NotNullColumnConstraint(string? Name, ConstraintAttributes? Attributes, int Position) : ColumnConstraint(Name, Attributes, Position);

/// <summary>An explicit NULL.</summary>
internal sealed record NullColumnConstraint(string? Name, ConstraintAttributes? Attributes, int Position) : ColumnConstraint(Name, Attributes, Position);

internal sealed record DefaultColumnConstraint(ExpressionSyntax Expression, string? Name, ConstraintAttributes? Attributes, int Position) : ColumnConstraint(Name, Attributes, Position);

internal sealed record CheckColumnConstraint(ExpressionSyntax Expression, string? Name, ConstraintAttributes? Attributes, int Position) : ColumnConstraint(Name, Attributes, Position);

/// <summary>PRIMARY KEY or UNIQUE on one column.</summary>
internal sealed record UniqueColumnConstraint(
    bool IsPrimaryKey,
    bool NullsNotDistinct,
    SyntaxList<OptionSyntax> Options,
    string? Tablespace,
    string? Name,
    ConstraintAttributes? Attributes,
    int Position) : ColumnConstraint(Name, Attributes, Position);

internal sealed record ReferencesColumnConstraint(ReferencesClause References, string? Name, ConstraintAttributes? Attributes, int Position) : ColumnConstraint(Name, Attributes, Position);

/// <summary>GENERATED ALWAYS | BY DEFAULT AS IDENTITY</summary>
internal sealed record IdentityColumnConstraint(bool IsAlways, SyntaxList<SequenceOption> Options, string? Name, ConstraintAttributes? Attributes, int Position) : ColumnConstraint(Name, Attributes, Position);

/// <summary>GENERATED ALWAYS AS (expression) STORED</summary>
internal sealed record GeneratedColumnConstraint(ExpressionSyntax Expression, string? Name, ConstraintAttributes? Attributes, int Position) : ColumnConstraint(Name, Attributes, Position);

internal enum ReferentialAction
{
    /// <summary>Not written: NO ACTION.</summary>
    Default,
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

internal enum ForeignKeyMatch
{
    /// <summary>Not written: SIMPLE.</summary>
    Default,
    Simple,
    Full,
    Partial,
}

/// <summary>REFERENCES table (columns) …; no columns means the primary key. The delete columns are those of SET NULL (a, b).</summary>
internal sealed record ReferencesClause(
    QualifiedName Table,
    SyntaxList<string> Columns,
    ForeignKeyMatch Match,
    ReferentialAction OnDelete,
    SyntaxList<string> OnDeleteColumns,
    ReferentialAction OnUpdate,
    int Position) : SyntaxNode(Position);

/// <summary>A constraint of the table. <paramref name="Name"/> is null unless CONSTRAINT name is written.</summary>
internal abstract record TableConstraint(string? Name, ConstraintAttributes? Attributes, int Position) : TableElement(Position);

internal sealed record CheckTableConstraint(ExpressionSyntax Expression, string? Name, ConstraintAttributes? Attributes, int Position) : TableConstraint(Name, Attributes, Position);

/// <summary>PRIMARY KEY or UNIQUE; with USING INDEX the columns are empty and <paramref name="UsingIndex"/> is set.</summary>
internal sealed record UniqueTableConstraint(
    bool IsPrimaryKey,
    bool NullsNotDistinct,
    SyntaxList<string> Columns,
    SyntaxList<string> Include,
    SyntaxList<OptionSyntax> Options,
    string? Tablespace,
    string? UsingIndex,
    string? Name,
    ConstraintAttributes? Attributes,
    int Position) : TableConstraint(Name, Attributes, Position);

internal sealed record ForeignKeyTableConstraint(SyntaxList<string> Columns, ReferencesClause References, string? Name, ConstraintAttributes? Attributes, int Position) : TableConstraint(Name, Attributes, Position);

/// <summary>EXCLUDE USING method (element WITH operator, …) WHERE (…)</summary>
internal sealed record ExcludeTableConstraint(
    string? Method,
    SyntaxList<ExcludeElement> Elements,
    SyntaxList<string> Include,
    SyntaxList<OptionSyntax> Options,
    string? Tablespace,
    ExpressionSyntax? Where,
    string? Name,
    ConstraintAttributes? Attributes,
    int Position) : TableConstraint(Name, Attributes, Position);

internal sealed record ExcludeElement(IndexElement Element, string Operator, string? OperatorSchema, int Position) : SyntaxNode(Position);

/// <summary>ALTER TABLE (also INDEX, VIEW, MATERIALIZED VIEW, FOREIGN TABLE by <paramref name="Kind"/>) with one action or more.</summary>
internal sealed record AlterTableStatement(ObjectKind Kind, QualifiedName Table, bool IfExists, bool Only, SyntaxList<AlterTableAction> Actions, int Position) : Statement(Position);

internal abstract record AlterTableAction(int Position) : SyntaxNode(Position);

internal sealed record AddColumnAction(ColumnDefinition Column, bool IfNotExists, int Position) : AlterTableAction(Position);

internal sealed record DropColumnAction(string Column, bool IfExists, DropBehavior Behavior, int Position) : AlterTableAction(Position);

internal sealed record AlterColumnTypeAction(string Column, TypeNameSyntax Type, QualifiedName? Collation, ExpressionSyntax? Using, int Position) : AlterTableAction(Position);

/// <summary>SET DEFAULT expression; null is DROP DEFAULT.</summary>
internal sealed record AlterColumnDefaultAction(string Column, ExpressionSyntax? Default, int Position) : AlterTableAction(Position);

/// <summary>SET NOT NULL or DROP NOT NULL.</summary>
internal sealed record AlterColumnNotNullAction(string Column, bool IsNotNull, int Position) : AlterTableAction(Position);

/// <summary>DROP EXPRESSION</summary>
internal sealed record DropExpressionAction(string Column, bool IfExists, int Position) : AlterTableAction(Position);

/// <summary>ADD GENERATED … AS IDENTITY</summary>
internal sealed record AddIdentityAction(string Column, bool IsAlways, SyntaxList<SequenceOption> Options, int Position) : AlterTableAction(Position);

/// <summary>SET GENERATED … | SET sequence option | RESTART; <paramref name="IsAlways"/> is null when SET GENERATED is not given.</summary>
internal sealed record AlterIdentityAction(string Column, bool? IsAlways, SyntaxList<SequenceOption> Options, int Position) : AlterTableAction(Position);

internal sealed record DropIdentityAction(string Column, bool IfExists, int Position) : AlterTableAction(Position);

/// <summary>SET STATISTICS n</summary>
internal sealed record AlterColumnStatisticsAction(string Column, int Target, int Position) : AlterTableAction(Position);

/// <summary>SET STORAGE kind</summary>
internal sealed record AlterColumnStorageAction(string Column, string Storage, int Position) : AlterTableAction(Position);

internal sealed record AddConstraintAction(TableConstraint Constraint, int Position) : AlterTableAction(Position);

internal sealed record DropConstraintAction(string Constraint, bool IfExists, DropBehavior Behavior, int Position) : AlterTableAction(Position);

/// <summary>ALTER CONSTRAINT name [NOT] DEFERRABLE …</summary>
internal sealed record AlterConstraintAction(string Constraint, ConstraintAttributes Attributes, int Position) : AlterTableAction(Position);

internal sealed record ValidateConstraintAction(string Constraint, int Position) : AlterTableAction(Position);

internal sealed record RenameTableAction(string NewName, int Position) : AlterTableAction(Position);

internal sealed record RenameColumnAction(string Column, string NewName, int Position) : AlterTableAction(Position);

internal sealed record RenameConstraintAction(string Constraint, string NewName, int Position) : AlterTableAction(Position);

internal sealed record SetSchemaAction(string Schema, int Position) : AlterTableAction(Position);

internal sealed record OwnerToAction(string Owner, int Position) : AlterTableAction(Position);

/// <summary>SET (…) or RESET (…)</summary>
internal sealed record SetOptionsAction(SyntaxList<OptionSyntax> Options, bool IsReset, int Position) : AlterTableAction(Position);

/// <summary>SET LOGGED or SET UNLOGGED</summary>
internal sealed record SetPersistenceAction(TablePersistence Persistence, int Position) : AlterTableAction(Position);

/// <summary>SET TABLESPACE name</summary>
internal sealed record SetTablespaceAction(string Tablespace, int Position) : AlterTableAction(Position);

/// <summary>CLUSTER ON index; null is SET WITHOUT CLUSTER.</summary>
internal sealed record ClusterOnAction(string? Index, int Position) : AlterTableAction(Position);

/// <summary>ENABLE or DISABLE TRIGGER: a name, or ALL, or USER.</summary>
internal sealed record EnableTriggerAction(string Trigger, bool IsEnabled, int Position) : AlterTableAction(Position);

/// <summary>An action without a node of its own; the binder refuses it with 0A000 and this name.</summary>
internal sealed record UnsupportedAlterTableAction(string Feature, int Position) : AlterTableAction(Position);
