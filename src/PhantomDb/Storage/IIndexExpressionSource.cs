using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>Computes index expressions for rows that are in a table already. What the expressions are, storage does not know.</summary>
internal interface IIndexExpressionSource
{
    /// <summary>Storage numbers of the columns that <see cref="Compute"/> takes.</summary>
    int[] Columns { get; }

    /// <summary>Storage numbers of the index expressions that it gives.</summary>
    int[] Numbers { get; }

    /// <summary>The values for a chunk of <see cref="Columns"/>, good until the next call; an error of an expression is thrown.</summary>
    Vector[] Compute(DataChunk rows);
}
