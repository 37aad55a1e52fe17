using PhantomDb.Functions;
using PhantomDb.Types;

namespace PhantomDb.Expressions;

/// <summary>
/// A typed expression: names and overloads are resolved and every cast is explicit. Immutable and without behaviour;
/// passes switch over it. In a logical plan columns are <see cref="ColumnExpression"/>, in a physical plan
/// <see cref="PositionExpression"/>.
/// </summary>
internal abstract record Expression(SqlType Type)
{
    /// <summary>Offset into the SQL text for errors; -1 unknown. Not part of equality.</summary>
    public SourcePosition Position { get; init; }
}

/// <summary>A place in the SQL text that does not count in comparisons of expressions. 0-based; default is unknown.</summary>
internal readonly struct SourcePosition(int offset) : IEquatable<SourcePosition>
{
    private readonly int _offsetPlusOne = offset + 1;

    public int Offset => _offsetPlusOne - 1;

    public bool Equals(SourcePosition other) => true;

    public override bool Equals(object? obj) => obj is SourcePosition;

    public override int GetHashCode() => 0;
}

/// <summary>
/// A constant: null for NULL, else by physical type a bool, short, int, long, Int128, float, double, Numeric, Interval,
/// UInt128, or for strings and bytea a <see cref="ByteString"/>.
/// </summary>
internal sealed record ConstantExpression(SqlType Type, object? Value) : Expression(Type)
{
    public bool IsNull => Value is null;
}

/// <summary>A column of an operator below (or outside, where the reference is correlated).</summary>
internal sealed record ColumnExpression(ColumnId Id, SqlType Type, string Name) : Expression(Type);

/// <summary>A column by its place in the input chunk.</summary>
internal sealed record PositionExpression(int Index, SqlType Type) : Expression(Type);

/// <summary>A parameter ($1 is index 0), or a literal that the plan cache has taken out of the text.</summary>
internal sealed record ParameterExpression(int Index, SqlType Type) : Expression(Type);

/// <summary>A call of a built-in function or operator; the arguments have exactly the types that it wants.</summary>
internal sealed record FunctionExpression(BoundScalarFunction Function, ExpressionList Arguments) : Expression(Function.ReturnType);

/// <summary>A cast to <see cref="Expression.Type"/>.</summary>
internal sealed record CastExpression(Expression Operand, SqlType Type, CastContext Context) : Expression(Type);

/// <summary>A comparison of two values of the same physical type and scale.</summary>
internal sealed record ComparisonExpression(ComparisonKind Kind, Expression Left, Expression Right) : Expression(SqlType.Boolean);

/// <summary>AND or OR over two or more operands, flat.</summary>
internal sealed record ConjunctionExpression(ConjunctionKind Kind, ExpressionList Operands) : Expression(SqlType.Boolean);

internal sealed record NotExpression(Expression Operand) : Expression(SqlType.Boolean);

/// <summary>IS NULL or IS NOT NULL.</summary>
internal sealed record IsNullExpression(Expression Operand, bool IsNegated) : Expression(SqlType.Boolean);

/// <summary>IS [NOT] TRUE, FALSE: Value is what is tested for. (IS UNKNOWN is IS NULL.)</summary>
internal sealed record BooleanTestExpression(Expression Operand, bool Value, bool IsNegated) : Expression(SqlType.Boolean);

/// <summary>CASE with conditions; CASE x WHEN y is bound as conditions x = y. Else is a NULL constant where there is none.</summary>
internal sealed record CaseExpression(ExpressionList Conditions, ExpressionList Results, Expression Else) : Expression(Else.Type);

/// <summary>COALESCE: the first operand that is not NULL; later ones are not computed where it is not needed.</summary>
internal sealed record CoalesceExpression(ExpressionList Operands) : Expression(Operands[0].Type);

/// <summary>x [NOT] IN (constants or other expressions of x's type).</summary>
internal sealed record InListExpression(Expression Operand, ExpressionList Items, bool IsNegated) : Expression(SqlType.Boolean);
