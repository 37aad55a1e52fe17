using PhantomDb.Types;

namespace PhantomDb.Catalog;

/// <summary>
/// A column of a table. <see cref="Number"/> is its place in storage and never changes or gets reused while the table
/// lives (PostgreSQL's attnum); its place in the table's list is the order in which it is shown.
/// </summary>
internal sealed record ColumnDefinition(string Name, SqlType Type, int Number)
{
    public bool IsNotNull { get; init; }

    /// <summary>SQL text of the default expression, bound when used; null where there is none.</summary>
    public string? DefaultText { get; init; }

    public IdentityKind Identity { get; init; }

    /// <summary>Sequence that belongs to an identity or serial column; 0 where there is none.</summary>
    public int SequenceOid { get; init; }

    public string? Comment { get; init; }
}
