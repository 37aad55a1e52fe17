using PhantomDb.Types;

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

    /// <summary>What indexes need of a row beside its columns.</summary>
    public IReadOnlyList<IndexExpression> IndexExpressions { get; init; } = [];

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

    /// <summary>The index expression with a storage number; null where the number is a column's.</summary>
    public IndexExpression? FindExpression(int number) => IndexExpressions.FirstOrDefault(expression => expression.Number == number);

    /// <summary>Without the index expressions that no index has any more.</summary>
    public TableDefinition WithUsedExpressions() => this with
    {
        IndexExpressions = [.. IndexExpressions.Where(expression => Indexes.Any(index => index.Numbers.Contains(expression.Number)))],
    };

    /// <summary>Type of the column or index expression with a storage number.</summary>
    public SqlType TypeOf(int number) => IndexOfNumber(number) is >= 0 and int place ? Columns[place].Type
        : FindExpression(number)?.Type ?? throw new ArgumentOutOfRangeException(nameof(number));

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
