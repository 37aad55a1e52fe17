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

    private const int RoomMin = 16;

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
    public int End => EndOf(Selection, Count);

    /// <summary>Makes a buffer for a chunk's rows, such as a selection, long enough; what it held is lost where it was not.</summary>
    public static T[] EnsureRoom<T>(ref T[]? buffer, int count)
    {
        if (buffer is null || buffer.Length < count)
        {
            buffer = new T[Math.Min(Capacity, Math.Max(RoomMin, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)))];
        }
        return buffer;
    }

    /// <summary>The positions of these rows are all below this.</summary>
    public static int EndOf(int[]? selection, int count) => selection is null || count == 0 ? count : selection[count - 1] + 1;

    /// <summary>Position of a row in the vectors.</summary>
    public int Position(int row) => Selection is null ? row : Selection[row];
}
