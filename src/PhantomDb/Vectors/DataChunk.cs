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

    /// <summary>The positions of the rows are all below this.</summary>
    public int End => Selection is null || Count == 0 ? Count : Selection[Count - 1] + 1;

    /// <summary>Makes a buffer for a selection long enough; what it held is lost where it was not.</summary>
    public static int[] EnsureRoom(ref int[]? selection, int count)
    {
        if (selection is null || selection.Length < count)
        {
            selection = new int[Math.Min(Capacity, Math.Max(16, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)))];
        }
        return selection;
    }

    /// <summary>Position of a row in the vectors.</summary>
    public int Position(int row) => Selection is null ? row : Selection[row];
}
