namespace PhantomDb.Expressions;

/// <summary>Rules of comparison operators.</summary>
internal static class ComparisonKinds
{
    /// <summary>The operator that is true where this one is false; both are unknown together.</summary>
    public static ComparisonKind Negated(this ComparisonKind kind) => kind switch
    {
        ComparisonKind.Equal => ComparisonKind.NotEqual,
        ComparisonKind.NotEqual => ComparisonKind.Equal,
        ComparisonKind.Less => ComparisonKind.GreaterOrEqual,
        ComparisonKind.LessOrEqual => ComparisonKind.Greater,
        ComparisonKind.Greater => ComparisonKind.LessOrEqual,
        ComparisonKind.GreaterOrEqual => ComparisonKind.Less,
        ComparisonKind.DistinctFrom => ComparisonKind.NotDistinctFrom,
        ComparisonKind.NotDistinctFrom => ComparisonKind.DistinctFrom,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
