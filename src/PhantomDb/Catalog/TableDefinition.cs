namespace PhantomDb.Catalog;

/// <summary>
/// A table: what it is called and what rows it may hold. Immutable; every change of the table makes a new definition with
/// a higher <see cref="Version"/>. The rows are storage's, found by <see cref="Oid"/>.
/// </summary>
internal sealed record TableDefinition(int Oid, string Schema, string Name, IReadOnlyList<ColumnDefinition> Columns)
{
    /// <summary>Counts changes of this definition; cached plans are keyed by it.</summary>
    public int Version { get; init; }

    /// <summary>Storage number for the next column that is added.</summary>
    public int NextColumnNumber { get; init; } = Columns.Count;

    public IReadOnlyList<ConstraintDefinition> Constraints { get; init; } = [];

    public IReadOnlyList<IndexDefinition> Indexes { get; init; } = [];

    public string? Comment { get; init; }

    public ConstraintDefinition? PrimaryKey => Constraints.FirstOrDefault(c => c.Kind == ConstraintKind.PrimaryKey);

    public string QualifiedName => $"{Schema}.{Name}";

    /// <summary>Place in <see cref="Columns"/> of the column with a storage number; -1 where there is none.</summary>
    public int IndexOfNumber(int number)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Number == number)
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>Place in <see cref="Columns"/> of the column with a name; -1 where there is none.</summary>
    public int IndexOf(string columnName)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name == columnName)
            {
                return i;
            }
        }
        return -1;
    }
}
