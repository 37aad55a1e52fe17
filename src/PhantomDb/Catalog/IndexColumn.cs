namespace PhantomDb.Catalog;

/// <summary>
/// One key column of an index: the storage number of a column of the table, or of one of its <see cref="IndexExpression"/>s,
/// whose numbers are no column's.
/// </summary>
internal readonly record struct IndexColumn(int ColumnNumber, bool IsDescending, bool NullsFirst)
{
    /// <summary>An operator class that is not the type's default, by PostgreSQL's name; null for the default.</summary>
    public string? OperatorClass { get; init; }
}
