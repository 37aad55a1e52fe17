namespace PhantomDb.Parsing.Ast;

/// <summary>An item of FROM.</summary>
internal abstract record TableReference(int Position) : SyntaxNode(Position);

/// <summary>A name with its column aliases. <paramref name="ColumnDefinitions"/> is for functions that return records: <c>AS t(a int, b text)</c>.</summary>
/// <param name="Name">Null only in <c>f() AS (a int)</c>.</param>
internal sealed record TableAlias(string? Name, SyntaxList<string> Columns, SyntaxList<RecordColumn> ColumnDefinitions, int Position) : SyntaxNode(Position);

/// <summary>A column of a record: <c>a int COLLATE "C"</c>.</summary>
internal sealed record RecordColumn(string Name, TypeNameSyntax Type, QualifiedName? Collation, int Position) : SyntaxNode(Position);

/// <summary>A table, view or common table expression by name. <paramref name="Only"/> leaves out its children.</summary>
internal sealed record NamedTable(QualifiedName Name, bool Only, TableAlias? Alias, TableSample? Sample, int Position) : TableReference(Position);

/// <summary>TABLESAMPLE method(arguments) [REPEATABLE (seed)]</summary>
internal sealed record TableSample(QualifiedName Method, SyntaxList<ExpressionSyntax> Arguments, ExpressionSyntax? Seed, int Position) : SyntaxNode(Position);

/// <summary>A query in parentheses.</summary>
internal sealed record DerivedTable(SelectStatement Query, bool IsLateral, TableAlias? Alias, int Position) : TableReference(Position);

/// <summary>A function call as a table, or several side by side with ROWS FROM.</summary>
internal sealed record FunctionTable(SyntaxList<TableFunction> Functions, bool IsRowsFrom, bool IsLateral, bool WithOrdinality, TableAlias? Alias, int Position) : TableReference(Position);

/// <summary>One function of a <see cref="FunctionTable"/>; the column definitions are those inside ROWS FROM.</summary>
internal sealed record TableFunction(ExpressionSyntax Call, SyntaxList<RecordColumn> ColumnDefinitions, int Position) : SyntaxNode(Position);

internal enum JoinKind
{
    Cross,
    Inner,
    Left,
    Right,
    Full,
}

/// <summary>
/// A join. At most one of <paramref name="IsNatural"/>, <paramref name="Using"/> (not empty) and <paramref name="On"/> is given, for CROSS none.
/// <paramref name="UsingAlias"/> is <c>USING (a) AS x</c>; <paramref name="Alias"/> is that of a join in parentheses.
/// </summary>
internal sealed record JoinTable(
    JoinKind Kind,
    TableReference Left,
    TableReference Right,
    bool IsNatural,
    SyntaxList<string> Using,
    string? UsingAlias,
    ExpressionSyntax? On,
    TableAlias? Alias,
    int Position) : TableReference(Position);

/// <summary>Parsed, but without a node of its own (XMLTABLE); the binder refuses it with 0A000 and this name.</summary>
internal sealed record UnsupportedTable(string Feature, int Position) : TableReference(Position);
