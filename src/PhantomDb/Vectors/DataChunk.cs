using PhantomDb.Types;

namespace PhantomDb.Vectors;

/// <summary>
/// Rows on their way between operators: vectors of equal length and, where rows have been filtered out, the positions
/// that remain. All vectors of a chunk share one selection; an expression's result stands at the same positions.
/// A chunk is valid until the operator that gave it is asked for the next one.
/// </summary>
internal sealed class DataChunk
{
    /// <summary>Values in a vector.</summary>
    public const int Capacity = 2048;

    public DataChunk(IReadOnlyList<PhysicalType> types, MemoryAccount? account = null)
    {
        Vectors = new Vector[types.Count];
        for (int i = 0; i < Vectors.Length; i++)
        {
            Vectors[i] = new Vector(types[i], account);
        }
    }

    public Vector[] Vectors { get; }

    /// <summary>Rows, after selection.</summary>
    public int Count { get; set; }

    /// <summary>Positions of the rows, ascending, at least <see cref="Count"/> of them; null where they are 0 to Count - 1.</summary>
    public int[]? Selection { get; set; }

    public Vector this[int column] => Vectors[column];

    /// <summary>Position of a row in the vectors.</summary>
    public int Position(int row) => Selection is null ? row : Selection[row];
}
