namespace PhantomDb.Catalog;

/// <summary>An ordered index of a table.</summary>
internal sealed record IndexDefinition(int Oid, string Name, int TableOid, IReadOnlyList<IndexColumn> Columns)
{
    public bool IsUnique { get; init; }

    /// <summary>
    /// Of a unique index: its constraint is deferrable, so rows may share a key until the end of a statement, or of the
    /// transaction. Whoever looks up a key must expect several rows.
    /// </summary>
    public bool IsDeferrable { get; init; }

    /// <summary>No two visible rows have the same key, at any time.</summary>
    public bool IsAlwaysUnique => IsUnique && !IsDeferrable;

    /// <summary>True where a primary key or unique constraint owns it, so that DROP INDEX refuses.</summary>
    public bool IsConstraint { get; init; }

    /// <summary>NULLS NOT DISTINCT.</summary>
    public bool NullsEqual { get; init; }

    /// <summary>
    /// Number of the table's <see cref="IndexExpression"/> that is true of the rows in this index; -1 where all are in it.
    /// Who looks for an index over some columns must leave a partial one out, unless what is asked for implies its predicate.
    /// </summary>
    public int PredicateNumber { get; init; } = -1;

    /// <summary>Storage numbers of the columns of INCLUDE, which are not part of the key.</summary>
    public IReadOnlyList<int> Included { get; init; } = [];

    public string? Comment { get; init; }

    public bool IsPartial => PredicateNumber >= 0;

    /// <summary>Storage numbers of all that an entry depends on.</summary>
    public IEnumerable<int> Numbers => IsPartial ? Columns.Select(c => c.ColumnNumber).Append(PredicateNumber) : Columns.Select(c => c.ColumnNumber);
}
