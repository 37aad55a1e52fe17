namespace PhantomDb.Expressions;

/// <summary>Comparison operators. The last two treat NULLs as values.</summary>
internal enum ComparisonKind : byte
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    DistinctFrom,
    NotDistinctFrom,
}
