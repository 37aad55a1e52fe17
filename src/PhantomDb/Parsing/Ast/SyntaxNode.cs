namespace PhantomDb.Parsing.Ast;

/// <summary>
/// A node of the abstract syntax tree: data that the parser made and that nothing changes afterwards.
/// Equality is structural and ignores positions, so that the same text at two places is equal.
/// </summary>
/// <param name="Position">Offset of the node in the SQL text, in UTF-16 units from 0; -1 when unknown.
/// It is where PostgreSQL would put the caret: the operator of a binary expression, the first character of anything else.</param>
internal abstract record SyntaxNode(int Position)
{
    public virtual bool Equals(SyntaxNode? other) => other is not null && EqualityContract == other.EqualityContract;

    public override int GetHashCode() => EqualityContract.GetHashCode();
}

/// <summary>A possibly qualified name, folded to lower case where it was not quoted: <c>table</c>, <c>schema.table</c>, <c>database.schema.table</c>.</summary>
internal sealed record QualifiedName(SyntaxList<string> Parts, int Position) : SyntaxNode(Position)
{
    /// <summary>The last part: the object's own name.</summary>
    public string Name => Parts[^1];

    /// <summary>The part before the last, or null.</summary>
    public string? Schema => Parts.Count > 1 ? Parts[^2] : null;

    public override string ToString() => string.Join('.', Parts);
}
