using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Computes columns for rows that are in a table already: index expressions, and columns that get other values (ALTER TABLE). What the
/// expressions are, storage does not know.
/// </summary>
internal interface IColumnSource
{
    /// <summary>Storage numbers of the columns, of the table as it was, that <see cref="Compute"/> takes.</summary>
    int[] Columns { get; }

    /// <summary>Storage numbers of the columns that it gives.</summary>
    int[] Numbers { get; }

    /// <summary>
    /// The values for a chunk of <see cref="Columns"/>, good until the next call; an error of an expression is thrown. Null in the
    /// place of a column whose values cannot be told for older versions, where not the newest are asked for.
    /// </summary>
    Vector?[] Compute(DataChunk rows, bool isNewest);
}
