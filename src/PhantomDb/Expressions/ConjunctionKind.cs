namespace PhantomDb.Expressions;

/// <summary>AND or OR.</summary>
internal enum ConjunctionKind : byte
{
    And,
    Or,
}
