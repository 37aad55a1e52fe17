namespace PhantomDb.Parsing.Ast;

/// <summary>
/// A query with all that surrounds its body: also what stands in parentheses as a subquery. VALUES and TABLE are bodies too.
/// </summary>
/// <param name="Limit">LIMIT or FETCH FIRST; null without a limit (LIMIT ALL too).</param>
/// <param name="WithTies">FETCH FIRST … WITH TIES.</param>
internal sealed record SelectStatement(
    WithClause? With,
    QueryBody Body,
    SyntaxList<OrderByItem> OrderBy,
    ExpressionSyntax? Limit,
    ExpressionSyntax? Offset,
    bool WithTies,
    SyntaxList<LockingClause> Locking,
    int Position) : Statement(Position);

/// <summary>A query without ORDER BY, LIMIT and locking.</summary>
internal abstract record QueryBody(int Position) : SyntaxNode(Position);

/// <summary>SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW. <c>TABLE t</c> is <c>SELECT * FROM t</c>.</summary>
/// <param name="Items">May be empty: <c>SELECT FROM t</c> is a query without columns.</param>
/// <param name="From">Comma-separated; empty without FROM.</param>
internal sealed record SelectCore(
    DistinctClause? Distinct,
    SyntaxList<SelectItem> Items,
    IntoClause? Into,
    SyntaxList<TableReference> From,
    ExpressionSyntax? Where,
    GroupByClause? GroupBy,
    ExpressionSyntax? Having,
    SyntaxList<NamedWindow> Windows,
    int Position) : QueryBody(Position);

internal enum SetOperationKind
{
    Union,
    Intersect,
    Except,
}

/// <summary>
/// Two or more operands, combined from left to right: a chain of one kind, and of one of ALL or not, is one flat node.
/// </summary>
internal sealed record SetOperation(SetOperationKind Kind, bool IsAll, SyntaxList<QueryBody> Operands, int Position) : QueryBody(Position);

/// <summary><c>VALUES (…), (…)</c>; an item may be <see cref="DefaultSyntax"/> in INSERT. Rows of different lengths are the binder's error.</summary>
internal sealed record ValuesBody(SyntaxList<SyntaxList<ExpressionSyntax>> Rows, int Position) : QueryBody(Position);

/// <summary>A query in parentheses with WITH, ORDER BY, LIMIT or locking of its own; without these the parentheses leave no node.</summary>
internal sealed record NestedQuery(SelectStatement Query, int Position) : QueryBody(Position);

/// <summary>DISTINCT; <paramref name="On"/> is empty without ON.</summary>
internal sealed record DistinctClause(SyntaxList<ExpressionSyntax> On, int Position) : SyntaxNode(Position);

/// <summary><c>SELECT … INTO table</c></summary>
internal sealed record IntoClause(QualifiedName Table, TablePersistence Persistence, int Position) : SyntaxNode(Position);

/// <summary>An output expression of a select list or RETURNING, with its alias if there is one.</summary>
internal sealed record SelectItem(ExpressionSyntax Expression, string? Alias, int Position) : SyntaxNode(Position);

internal enum SortDirection
{
    /// <summary>Not written: ascending.</summary>
    Default,
    Ascending,
    Descending,
}

internal enum NullsOrder
{
    /// <summary>Not written: last when ascending, first when descending.</summary>
    Default,
    First,
    Last,
}

/// <summary>An ORDER BY item; with <c>USING operator</c> the operator is in <paramref name="UsingOperator"/>.</summary>
internal sealed record OrderByItem(ExpressionSyntax Expression, SortDirection Direction, NullsOrder Nulls, string? UsingOperator, int Position) : SyntaxNode(Position);

/// <summary>GROUP BY [DISTINCT] elements.</summary>
internal sealed record GroupByClause(bool IsDistinct, SyntaxList<GroupingElement> Elements, int Position) : SyntaxNode(Position);

internal abstract record GroupingElement(int Position) : SyntaxNode(Position);

internal sealed record ExpressionGrouping(ExpressionSyntax Expression, int Position) : GroupingElement(Position);

/// <summary><c>()</c></summary>
internal sealed record EmptyGrouping(int Position) : GroupingElement(Position);

/// <summary>ROLLUP(…); a composite element is a <see cref="RowSyntax"/>.</summary>
internal sealed record RollupGrouping(SyntaxList<ExpressionSyntax> Expressions, int Position) : GroupingElement(Position);

/// <summary>CUBE(…); a composite element is a <see cref="RowSyntax"/>.</summary>
internal sealed record CubeGrouping(SyntaxList<ExpressionSyntax> Expressions, int Position) : GroupingElement(Position);

/// <summary>GROUPING SETS(…); a set of several columns is an <see cref="ExpressionGrouping"/> of a <see cref="RowSyntax"/>.</summary>
internal sealed record GroupingSetsGrouping(SyntaxList<GroupingElement> Elements, int Position) : GroupingElement(Position);

internal enum LockStrength
{
    ForKeyShare,
    ForShare,
    ForNoKeyUpdate,
    ForUpdate,
}

internal enum LockWaitPolicy
{
    Wait,
    NoWait,
    SkipLocked,
}

/// <summary>FOR UPDATE and its like; <paramref name="Tables"/> is empty without OF.</summary>
internal sealed record LockingClause(LockStrength Strength, SyntaxList<QualifiedName> Tables, LockWaitPolicy WaitPolicy, int Position) : SyntaxNode(Position);

/// <summary>WITH [RECURSIVE] …</summary>
internal sealed record WithClause(bool IsRecursive, SyntaxList<CommonTableExpression> Tables, int Position) : SyntaxNode(Position);

internal enum CteMaterialization
{
    Default,
    Materialized,
    NotMaterialized,
}

/// <summary>A WITH query. <paramref name="Statement"/> is a SELECT, INSERT, UPDATE or DELETE.</summary>
internal sealed record CommonTableExpression(
    string Name,
    SyntaxList<string> Columns,
    CteMaterialization Materialization,
    Statement Statement,
    CteSearchClause? Search,
    CteCycleClause? Cycle,
    int Position) : SyntaxNode(Position);

/// <summary>SEARCH DEPTH|BREADTH FIRST BY columns SET column</summary>
internal sealed record CteSearchClause(bool IsBreadthFirst, SyntaxList<string> Columns, string SequenceColumn, int Position) : SyntaxNode(Position);

/// <summary>CYCLE columns SET mark [TO value DEFAULT value] USING path</summary>
internal sealed record CteCycleClause(SyntaxList<string> Columns, string MarkColumn, ExpressionSyntax? MarkValue, ExpressionSyntax? MarkDefault, string PathColumn, int Position) : SyntaxNode(Position);
