namespace PhantomDb.Parsing.Ast;

internal enum OverridingKind
{
    None,
    UserValue,
    SystemValue,
}

/// <summary>INSERT. <paramref name="Columns"/> is empty when not given; <paramref name="Source"/> is null for DEFAULT VALUES.</summary>
internal sealed record InsertStatement(
    WithClause? With,
    QualifiedName Table,
    string? Alias,
    SyntaxList<AssignmentTarget> Columns,
    OverridingKind Overriding,
    SelectStatement? Source,
    OnConflictClause? OnConflict,
    SyntaxList<SelectItem> Returning,
    int Position) : Statement(Position);

/// <summary>A column that is assigned to, or a part of it: <c>a</c>, <c>a.field</c>, <c>a[1]</c>.</summary>
internal sealed record AssignmentTarget(string Column, SyntaxList<IndirectionSyntax> Indirections, int Position) : SyntaxNode(Position);

internal abstract record IndirectionSyntax(int Position) : SyntaxNode(Position);

internal sealed record FieldIndirection(string Field, int Position) : IndirectionSyntax(Position);

internal sealed record SubscriptIndirection(ExpressionSyntax? Lower, ExpressionSyntax? Upper, bool IsSlice, int Position) : IndirectionSyntax(Position);

/// <summary>ON CONFLICT [target] DO NOTHING, or DO UPDATE with one assignment or more.</summary>
internal sealed record OnConflictClause(ConflictTarget? Target, bool DoNothing, SyntaxList<Assignment> Assignments, ExpressionSyntax? Where, int Position) : SyntaxNode(Position);

/// <summary><c>(a, lower(b)) WHERE …</c>, or <c>ON CONSTRAINT name</c> with no elements.</summary>
internal sealed record ConflictTarget(SyntaxList<IndexElement> Elements, ExpressionSyntax? Where, string? Constraint, int Position) : SyntaxNode(Position);

internal abstract record Assignment(int Position) : SyntaxNode(Position);

/// <summary><c>a = value</c>; the value may be <see cref="DefaultSyntax"/>.</summary>
internal sealed record ColumnAssignment(AssignmentTarget Target, ExpressionSyntax Value, int Position) : Assignment(Position);

/// <summary><c>(a, b) = (1, 2)</c>, <c>= ROW(…)</c> or <c>= (SELECT …)</c>: a <see cref="RowSyntax"/>, a <see cref="SubquerySyntax"/> or, with one column, any expression.</summary>
internal sealed record MultiColumnAssignment(SyntaxList<AssignmentTarget> Targets, ExpressionSyntax Value, int Position) : Assignment(Position);

internal sealed record UpdateStatement(
    WithClause? With,
    QualifiedName Table,
    bool Only,
    string? Alias,
    SyntaxList<Assignment> Assignments,
    SyntaxList<TableReference> From,
    ExpressionSyntax? Where,
    SyntaxList<SelectItem> Returning,
    int Position) : Statement(Position);

internal sealed record DeleteStatement(
    WithClause? With,
    QualifiedName Table,
    bool Only,
    string? Alias,
    SyntaxList<TableReference> Using,
    ExpressionSyntax? Where,
    SyntaxList<SelectItem> Returning,
    int Position) : Statement(Position);

internal sealed record MergeStatement(
    WithClause? With,
    QualifiedName Table,
    bool Only,
    string? Alias,
    TableReference Source,
    ExpressionSyntax On,
    SyntaxList<MergeWhenClause> Clauses,
    int Position) : Statement(Position);

internal enum MergeActionKind
{
    DoNothing,
    Update,
    Delete,
    Insert,
}

/// <summary>
/// WHEN [NOT] MATCHED [AND condition] THEN action. Update has assignments; insert has columns (empty when not given)
/// and values (empty for DEFAULT VALUES).
/// </summary>
internal sealed record MergeWhenClause(
    bool IsMatched,
    ExpressionSyntax? Condition,
    MergeActionKind Action,
    SyntaxList<Assignment> Assignments,
    SyntaxList<AssignmentTarget> Columns,
    OverridingKind Overriding,
    SyntaxList<ExpressionSyntax> Values,
    int Position) : SyntaxNode(Position);

internal sealed record TruncateStatement(SyntaxList<TruncateTarget> Tables, bool RestartIdentity, DropBehavior Behavior, int Position) : Statement(Position);

internal sealed record TruncateTarget(QualifiedName Table, bool Only, int Position) : SyntaxNode(Position);

internal enum CopyEndpoint
{
    /// <summary>The client's stream: STDIN or STDOUT.</summary>
    Client,
    File,
    Program,
}

/// <summary>
/// COPY. Either <paramref name="Table"/> or <paramref name="Query"/> is set. Options of both syntaxes arrive under the names of the new one
/// ("format", "header", "delimiter", "null", "quote", "escape", "force_quote", "force_not_null", "force_null", "encoding", "freeze");
/// a list of columns is a <see cref="RowSyntax"/> of column references, <c>*</c> a <see cref="StarSyntax"/>.
/// </summary>
internal sealed record CopyStatement(
    QualifiedName? Table,
    SyntaxList<string> Columns,
    Statement? Query,
    bool IsFrom,
    CopyEndpoint Endpoint,
    string? FileName,
    SyntaxList<OptionSyntax> Options,
    ExpressionSyntax? Where,
    int Position) : Statement(Position);

/// <summary>EXPLAIN; the old spelling's ANALYZE and VERBOSE arrive as options "analyze" and "verbose".</summary>
internal sealed record ExplainStatement(Statement Statement, SyntaxList<OptionSyntax> Options, int Position) : Statement(Position);

/// <summary><c>CALL procedure(…)</c></summary>
internal sealed record CallStatement(FunctionCallSyntax Call, int Position) : Statement(Position);
