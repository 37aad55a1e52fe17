namespace PhantomDb.Catalog;

/// <summary>One key column of an index, by its storage number.</summary>
internal readonly record struct IndexColumn(int ColumnNumber, bool IsDescending, bool NullsFirst);
