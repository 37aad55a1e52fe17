namespace PhantomDb.Parsing.Ast;

/// <summary>An expression as written: names unresolved, types unknown. Parentheses leave no node.</summary>
/// <remarks>
/// What PostgreSQL's parser turns into calls of system functions is a <see cref="FunctionCallSyntax"/> with a name in <c>pg_catalog</c> here too:
/// <c>a AT TIME ZONE z</c> is timezone(z, a); EXTRACT(f FROM x) is extract('f', x); SUBSTRING(a FROM b FOR c) is substring(a, b, c);
/// POSITION(a IN b) is position(b, a); OVERLAY is overlay(a, b, from [, for]); TRIM is btrim, ltrim or rtrim(b [, a]);
/// OVERLAPS is overlaps(a, b, c, d); NORMALIZE(a, NFC) is normalize(a, 'NFC'); COLLATION FOR (a) is pg_collation_for(a); IS NORMALIZED is is_normalized(a [, 'NFC']).
/// </remarks>
internal abstract record ExpressionSyntax(int Position) : SyntaxNode(Position);

internal enum LiteralKind
{
    Null,
    Boolean,

    /// <summary>Digits only; the value may exceed 64 bits, and is then numeric.</summary>
    Integer,

    /// <summary>Digits with a decimal point or an exponent.</summary>
    Numeric,
    String,

    /// <summary><c>B'0101'</c>: the text holds the digits.</summary>
    BitString,

    /// <summary><c>X'1FF'</c>: the text holds the digits.</summary>
    HexString,
}

/// <summary>A constant. <paramref name="Text"/> holds a number's digits as written, a string's decoded value, "true"/"false", or "" for NULL. A sign is a <see cref="UnarySyntax"/> around it.</summary>
internal sealed record LiteralSyntax(LiteralKind Kind, string Text, int Position) : ExpressionSyntax(Position);

/// <summary><c>$1</c>; the first parameter has number 1.</summary>
internal sealed record ParameterSyntax(int Number, int Position) : ExpressionSyntax(Position);

/// <summary><c>column</c>, <c>table.column</c>, <c>schema.table.column</c>: what the parts mean is the binder's question.</summary>
internal sealed record ColumnReferenceSyntax(SyntaxList<string> Names, int Position) : ExpressionSyntax(Position);

/// <summary><c>*</c> or <c>t.*</c> in a select list, RETURNING or ROW(); <paramref name="Qualifier"/> is empty for a bare star.</summary>
internal sealed record StarSyntax(SyntaxList<string> Qualifier, int Position) : ExpressionSyntax(Position);

/// <summary><c>(operand).field</c></summary>
internal sealed record FieldSelectionSyntax(ExpressionSyntax Operand, string Field, int Position) : ExpressionSyntax(Position);

/// <summary><c>(operand).*</c></summary>
internal sealed record FieldStarSyntax(ExpressionSyntax Operand, int Position) : ExpressionSyntax(Position);

/// <summary><c>operand[upper]</c>, or with <paramref name="IsSlice"/> <c>operand[lower:upper]</c>, where both bounds may be missing.</summary>
internal sealed record SubscriptSyntax(ExpressionSyntax Operand, ExpressionSyntax? Lower, ExpressionSyntax? Upper, bool IsSlice, int Position) : ExpressionSyntax(Position);

/// <summary>A prefix operator: <c>-a</c>, <c>~a</c>, <c>@a</c>. <paramref name="OperatorSchema"/> is set by <c>OPERATOR(schema.-)</c> only.</summary>
internal sealed record UnarySyntax(string Operator, string? OperatorSchema, ExpressionSyntax Operand, int Position) : ExpressionSyntax(Position);

/// <summary>
/// An infix operator, comparisons included (<c>!=</c> is written <c>&lt;&gt;</c>); AND and OR are <see cref="ConjunctionSyntax"/>.
/// A chain such as <c>a + b + c + …</c> hangs deep on its left: passes walk the left spine with a loop, or guard their stack.
/// </summary>
internal sealed record BinarySyntax(string Operator, string? OperatorSchema, ExpressionSyntax Left, ExpressionSyntax Right, int Position) : ExpressionSyntax(Position);

internal enum ConjunctionKind
{
    And,
    Or,
}

/// <summary>A flat chain of two or more operands joined by AND, or by OR: 50,000 ANDs are one node.</summary>
internal sealed record ConjunctionSyntax(ConjunctionKind Kind, SyntaxList<ExpressionSyntax> Operands, int Position) : ExpressionSyntax(Position);

internal sealed record NotSyntax(ExpressionSyntax Operand, int Position) : ExpressionSyntax(Position);

internal enum IsTestKind
{
    Null,
    True,
    False,
    Unknown,
}

/// <summary><c>operand IS [NOT] NULL | TRUE | FALSE | UNKNOWN</c>; ISNULL and NOTNULL too.</summary>
internal sealed record IsTestSyntax(ExpressionSyntax Operand, IsTestKind Test, bool Negated, int Position) : ExpressionSyntax(Position);

internal sealed record IsDistinctFromSyntax(ExpressionSyntax Left, ExpressionSyntax Right, bool Negated, int Position) : ExpressionSyntax(Position);

internal sealed record BetweenSyntax(ExpressionSyntax Operand, ExpressionSyntax Lower, ExpressionSyntax Upper, bool Negated, bool Symmetric, int Position) : ExpressionSyntax(Position);

internal sealed record InListSyntax(ExpressionSyntax Operand, SyntaxList<ExpressionSyntax> Items, bool Negated, int Position) : ExpressionSyntax(Position);

internal sealed record InSubquerySyntax(ExpressionSyntax Operand, SelectStatement Query, bool Negated, int Position) : ExpressionSyntax(Position);

internal enum LikeKind
{
    Like,
    ILike,
    SimilarTo,
}

internal sealed record LikeSyntax(LikeKind Kind, ExpressionSyntax Operand, ExpressionSyntax Pattern, ExpressionSyntax? Escape, bool Negated, int Position) : ExpressionSyntax(Position);

internal enum QuantifierKind
{
    /// <summary>ANY, also written SOME.</summary>
    Any,
    All,
}

/// <summary><c>operand op ANY (array)</c>: the LIKE family arrives as the operators <c>~~</c>, <c>!~~</c>, <c>~~*</c>, <c>!~~*</c>.</summary>
internal sealed record QuantifiedArraySyntax(ExpressionSyntax Operand, string Operator, string? OperatorSchema, QuantifierKind Quantifier, ExpressionSyntax Array, int Position) : ExpressionSyntax(Position);

/// <summary><c>operand op ANY (SELECT …)</c></summary>
internal sealed record QuantifiedSubquerySyntax(ExpressionSyntax Operand, string Operator, string? OperatorSchema, QuantifierKind Quantifier, SelectStatement Query, int Position) : ExpressionSyntax(Position);

internal sealed record ExistsSyntax(SelectStatement Query, int Position) : ExpressionSyntax(Position);

/// <summary><c>(SELECT …)</c> as a value.</summary>
internal sealed record SubquerySyntax(SelectStatement Query, int Position) : ExpressionSyntax(Position);

/// <summary><c>ARRAY(SELECT …)</c></summary>
internal sealed record ArraySubquerySyntax(SelectStatement Query, int Position) : ExpressionSyntax(Position);

/// <summary><c>ARRAY[…]</c>; nested brackets are nested nodes.</summary>
internal sealed record ArraySyntax(SyntaxList<ExpressionSyntax> Items, int Position) : ExpressionSyntax(Position);

/// <summary><c>ROW(a, b)</c> or <c>(a, b)</c>: in GROUP BY the second stands for its columns, the first for one value.</summary>
internal sealed record RowSyntax(SyntaxList<ExpressionSyntax> Items, int Position) : ExpressionSyntax(Position)
{
    /// <summary>Whether the word ROW is written.</summary>
    public bool IsExplicit { get; init; }
}

/// <summary>CASE; with an operand each WHEN is compared to it.</summary>
internal sealed record CaseSyntax(ExpressionSyntax? Operand, SyntaxList<CaseWhenSyntax> Whens, ExpressionSyntax? Else, int Position) : ExpressionSyntax(Position);

internal sealed record CaseWhenSyntax(ExpressionSyntax When, ExpressionSyntax Then, int Position) : SyntaxNode(Position);

internal sealed record CoalesceSyntax(SyntaxList<ExpressionSyntax> Arguments, int Position) : ExpressionSyntax(Position);

internal sealed record NullIfSyntax(ExpressionSyntax Left, ExpressionSyntax Right, int Position) : ExpressionSyntax(Position);

/// <summary>GREATEST or LEAST.</summary>
internal sealed record MinMaxSyntax(bool IsGreatest, SyntaxList<ExpressionSyntax> Arguments, int Position) : ExpressionSyntax(Position);

/// <summary>
/// A call of a function, aggregate or window function with all that may hang on it.
/// <paramref name="IsStar"/> is <c>count(*)</c>; <paramref name="IsVariadic"/> marks the last argument; named arguments are <see cref="NamedArgumentSyntax"/>.
/// </summary>
internal sealed record FunctionCallSyntax(
    QualifiedName Name,
    SyntaxList<ExpressionSyntax> Arguments,
    bool IsStar,
    bool IsDistinct,
    bool IsVariadic,
    SyntaxList<OrderByItem> OrderBy,
    SyntaxList<OrderByItem> WithinGroup,
    ExpressionSyntax? Filter,
    WindowSyntax? Over,
    int Position) : ExpressionSyntax(Position);

/// <summary><c>name => value</c> (or the older <c>:=</c>) as an argument of a call.</summary>
internal sealed record NamedArgumentSyntax(string Name, ExpressionSyntax Value, int Position) : ExpressionSyntax(Position);

/// <summary><c>CAST(a AS t)</c>, <c>a::t</c>, <c>t 'literal'</c>: the last has a string literal as its operand.</summary>
internal sealed record CastSyntax(ExpressionSyntax Operand, TypeNameSyntax Type, int Position) : ExpressionSyntax(Position);

internal sealed record CollateSyntax(ExpressionSyntax Operand, QualifiedName Collation, int Position) : ExpressionSyntax(Position);

internal enum CurrentValueKind
{
    CurrentDate,
    CurrentTime,
    CurrentTimestamp,
    LocalTime,
    LocalTimestamp,
    CurrentUser,
    CurrentRole,
    SessionUser,
    User,
    CurrentCatalog,
    CurrentSchema,
}

/// <summary>A value of the session that SQL writes without parentheses; <paramref name="Precision"/> as in <c>CURRENT_TIMESTAMP(3)</c>.</summary>
internal sealed record CurrentValueSyntax(CurrentValueKind Kind, int? Precision, int Position) : ExpressionSyntax(Position);

/// <summary>DEFAULT in the place of a value in INSERT and UPDATE.</summary>
internal sealed record DefaultSyntax(int Position) : ExpressionSyntax(Position);

/// <summary><c>GROUPING(a, b)</c></summary>
internal sealed record GroupingSyntax(SyntaxList<ExpressionSyntax> Arguments, int Position) : ExpressionSyntax(Position);

/// <summary><c>WHERE CURRENT OF cursor</c></summary>
internal sealed record CurrentOfSyntax(string Cursor, int Position) : ExpressionSyntax(Position);

/// <summary>Parsed, but without a node of its own; the binder refuses it with 0A000 and this name.</summary>
internal sealed record UnsupportedExpressionSyntax(string Feature, int Position) : ExpressionSyntax(Position);
