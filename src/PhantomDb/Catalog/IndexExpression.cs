using PhantomDb.Types;

namespace PhantomDb.Catalog;

/// <summary>
/// A value of each row that indexes need and no column holds: an expression that is a key, or the predicate of a partial
/// index. Storage keeps it as it keeps a column, under a storage number of its own; who changes rows computes it. Indexes with
/// the same expression share it.
/// </summary>
/// <param name="Number">Storage number, from the same count as those of the columns.</param>
/// <param name="Text">SQL text, bound when used.</param>
internal sealed record IndexExpression(int Number, SqlType Type, string Text)
{
    /// <summary>Storage numbers of the columns that it reads.</summary>
    public IReadOnlyList<int> Columns { get; init; } = [];
}
