using PhantomDb.Catalog;
using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>What one definition statement of a transaction (or TRUNCATE) has done, for the log: the definitions before and after it, and its tables.</summary>
internal sealed record DefinitionStep(DatabaseCatalog Before, DatabaseCatalog After)
{
    /// <summary>Tables that were made of others, in the order in which that was done.</summary>
    public IReadOnlyList<TableChange> Tables { get; init; } = [];

    /// <summary>The sequences as they are after the step, where they are not those in place.</summary>
    public IReadOnlyDictionary<int, SequenceStore> Sequences { get; init; } = new Dictionary<int, SequenceStore>();

    /// <summary>Sequences whose position is another by the statement.</summary>
    public IReadOnlyList<int> MovedSequences { get; init; } = [];
}

/// <summary>A table that was made of another one.</summary>
/// <param name="Before">Whose rows it took over, with their row ids.</param>
/// <param name="After">The table.</param>
/// <param name="Constants">Columns that have one value in all rows; null where there are none.</param>
/// <param name="Computed">Storage numbers of columns that were computed row by row.</param>
/// <param name="IsEmptied">The rows were not taken over (TRUNCATE).</param>
internal sealed record TableChange(TableStore Before, TableStore After, RowBuffer? Constants, IReadOnlyList<int> Computed, bool IsEmptied);
