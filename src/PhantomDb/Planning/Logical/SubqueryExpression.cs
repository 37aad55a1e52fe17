using PhantomDb.Expressions;
using PhantomDb.Types;

namespace PhantomDb.Planning.Logical;

/// <summary>What a subquery in an expression is asked for.</summary>
internal enum SubqueryKind : byte
{
    /// <summary>Its one value, NULL where it has no row, 21000 where it has several.</summary>
    Scalar,
    Exists,
    /// <summary>tests op ANY (subquery); IN is = ANY.</summary>
    Any,
    /// <summary>tests op ALL (subquery).</summary>
    All,
}

/// <summary>A subquery inside an expression. Subquery unnesting turns every one into a join.</summary>
internal sealed record SubqueryExpression(SubqueryKind Kind, LogicalOperator Plan, SqlType Type) : Expression(Type)
{
    /// <summary>Left-hand values of ANY and ALL, compared with the plan's columns by place; types match exactly.</summary>
    public ExpressionList Tests { get; init; } = new();

    public ComparisonKind Comparison { get; init; }
}
