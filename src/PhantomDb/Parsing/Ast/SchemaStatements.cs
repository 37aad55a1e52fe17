namespace PhantomDb.Parsing.Ast;

/// <summary>The kinds of objects that DROP, COMMENT, GRANT and ALTER … OWNER/RENAME name.</summary>
internal enum ObjectKind
{
    Table,
    Column,
    Constraint,
    View,
    MaterializedView,
    Index,
    Sequence,
    Schema,
    Database,
    Type,
    Domain,
    Function,
    Procedure,
    Aggregate,
    Trigger,
    Extension,
    Role,
    Collation,
    ForeignTable,
}

/// <summary>The words of SQL for kinds of objects.</summary>
internal static class ObjectKindNames
{
    public static string Name(this ObjectKind kind) => kind switch
    {
        ObjectKind.MaterializedView => "MATERIALIZED VIEW",
        ObjectKind.ForeignTable => "FOREIGN TABLE",
        _ => kind.ToString().ToUpperInvariant(),
    };
}

/// <summary>DROP of tables, views, indexes, sequences, schemas, types, domains, extensions and collations.</summary>
internal sealed record DropStatement(ObjectKind Kind, bool IfExists, bool Concurrently, SyntaxList<QualifiedName> Names, DropBehavior Behavior, int Position) : Statement(Position);

internal sealed record CreateDatabaseStatement(string Name, SyntaxList<OptionSyntax> Options, int Position) : Statement(Position);

internal sealed record DropDatabaseStatement(string Name, bool IfExists, SyntaxList<OptionSyntax> Options, int Position) : Statement(Position);

/// <summary>CREATE SCHEMA; <paramref name="Name"/> is null when only AUTHORIZATION is given.</summary>
internal sealed record CreateSchemaStatement(string? Name, string? Authorization, bool IfNotExists, SyntaxList<Statement> Elements, int Position) : Statement(Position);

internal sealed record CreateViewStatement(
    QualifiedName Name,
    TablePersistence Persistence,
    bool OrReplace,
    bool IsRecursive,
    SyntaxList<string> Columns,
    SyntaxList<OptionSyntax> Options,
    SelectStatement Query,
    ViewCheckOption CheckOption,
    int Position) : Statement(Position);

internal enum ViewCheckOption
{
    None,
    Local,
    Cascaded,
}

internal sealed record CreateMaterializedViewStatement(
    QualifiedName Name,
    bool IfNotExists,
    SyntaxList<string> Columns,
    string? AccessMethod,
    SyntaxList<OptionSyntax> Options,
    string? Tablespace,
    SelectStatement Query,
    bool WithData,
    int Position) : Statement(Position);

internal sealed record RefreshMaterializedViewStatement(QualifiedName Name, bool Concurrently, bool WithData, int Position) : Statement(Position);

/// <summary>CREATE INDEX; <paramref name="Name"/> is null when the database is to choose one.</summary>
internal sealed record CreateIndexStatement(
    string? Name,
    bool IsUnique,
    bool Concurrently,
    bool IfNotExists,
    QualifiedName Table,
    bool Only,
    string? Method,
    SyntaxList<IndexElement> Elements,
    SyntaxList<string> Include,
    bool NullsNotDistinct,
    SyntaxList<OptionSyntax> Options,
    string? Tablespace,
    ExpressionSyntax? Where,
    int Position) : Statement(Position);

/// <summary>A key of an index: a <see cref="ColumnReferenceSyntax"/> of one name, or any other expression.</summary>
internal sealed record IndexElement(
    ExpressionSyntax Expression,
    QualifiedName? Collation,
    QualifiedName? OperatorClass,
    SyntaxList<OptionSyntax> OperatorClassOptions,
    SortDirection Direction,
    NullsOrder Nulls,
    int Position) : SyntaxNode(Position);

/// <summary>REINDEX of an index, table, schema or database (SYSTEM is the database). The name is null where it may be left out.</summary>
internal sealed record ReindexStatement(ObjectKind Kind, QualifiedName? Name, bool Concurrently, SyntaxList<OptionSyntax> Options, int Position) : Statement(Position);

internal sealed record CreateSequenceStatement(QualifiedName Name, TablePersistence Persistence, bool IfNotExists, SyntaxList<SequenceOption> Options, int Position) : Statement(Position);

internal sealed record AlterSequenceStatement(QualifiedName Name, bool IfExists, SyntaxList<SequenceOption> Options, int Position) : Statement(Position);

internal enum SequenceOptionKind
{
    /// <summary>AS type</summary>
    Type,
    Increment,
    MinValue,
    MaxValue,

    /// <summary>NO MINVALUE</summary>
    NoMinValue,

    /// <summary>NO MAXVALUE</summary>
    NoMaxValue,
    Start,

    /// <summary>RESTART, with or without a number</summary>
    Restart,
    Cache,
    Cycle,
    NoCycle,

    /// <summary>OWNED BY table.column; NONE leaves the name null</summary>
    OwnedBy,

    /// <summary>SEQUENCE NAME (identity columns, as pg_dump writes it)</summary>
    SequenceName,
    Logged,
    Unlogged,
}

/// <summary>One option of a sequence; which of the values is set depends on the kind. <paramref name="Number"/> is the digits as written, with their sign.</summary>
internal sealed record SequenceOption(SequenceOptionKind Kind, string? Number, QualifiedName? Name, TypeNameSyntax? Type, int Position) : SyntaxNode(Position);

/// <summary>CREATE TYPE name AS ENUM (…)</summary>
internal sealed record CreateEnumStatement(QualifiedName Name, SyntaxList<string> Labels, int Position) : Statement(Position);

/// <summary>CREATE TYPE name AS (a int, b text)</summary>
internal sealed record CreateCompositeTypeStatement(QualifiedName Name, SyntaxList<RecordColumn> Columns, int Position) : Statement(Position);

internal sealed record CreateDomainStatement(QualifiedName Name, TypeNameSyntax Type, QualifiedName? Collation, SyntaxList<ColumnConstraint> Constraints, int Position) : Statement(Position);

internal sealed record CreateExtensionStatement(string Name, bool IfNotExists, SyntaxList<OptionSyntax> Options, int Position) : Statement(Position);

/// <summary>COMMENT ON kind name IS text; a null text removes the comment. <paramref name="Table"/> is set for constraints, triggers and the like.</summary>
internal sealed record CommentStatement(ObjectKind Kind, QualifiedName Name, QualifiedName? Table, string? Text, int Position) : Statement(Position);

/// <summary>ALTER kind name OWNER TO role, for other kinds than those of <see cref="AlterTableStatement"/>.</summary>
internal sealed record AlterOwnerStatement(ObjectKind Kind, QualifiedName Name, string Owner, int Position) : Statement(Position);

/// <summary>ALTER kind name RENAME TO new, for other kinds than those of <see cref="AlterTableStatement"/>.</summary>
internal sealed record AlterRenameStatement(ObjectKind Kind, QualifiedName Name, bool IfExists, string NewName, int Position) : Statement(Position);

/// <summary>ALTER kind name SET SCHEMA schema, for other kinds than those of <see cref="AlterTableStatement"/>.</summary>
internal sealed record AlterSchemaStatement(ObjectKind Kind, QualifiedName Name, bool IfExists, string Schema, int Position) : Statement(Position);

/// <summary>GRANT or REVOKE of privileges: what is granted on what to whom, as pg_dump writes it.</summary>
/// <param name="Privileges">In lower case; empty for ALL.</param>
internal sealed record GrantStatement(bool IsGrant, SyntaxList<string> Privileges, ObjectKind Kind, SyntaxList<QualifiedName> Objects, SyntaxList<string> Grantees, int Position) : Statement(Position);
