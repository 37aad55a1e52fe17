namespace PhantomDb.Catalog;

/// <summary>An ordered index of a table.</summary>
internal sealed record IndexDefinition(int Oid, string Name, int TableOid, IReadOnlyList<IndexColumn> Columns)
{
    public bool IsUnique { get; init; }

    /// <summary>True where a primary key or unique constraint owns it, so that DROP INDEX refuses.</summary>
    public bool IsConstraint { get; init; }

    /// <summary>NULLS NOT DISTINCT.</summary>
    public bool NullsEqual { get; init; }

    public string? Comment { get; init; }
}
