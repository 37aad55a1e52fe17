using System.Numerics;

namespace PhantomDb.Storage;

/// <summary>
/// Guesses the row ids of an integer key without its tree. Where rows were inserted in the order of their keys, row id minus
/// key is the same over long stretches; this remembers the difference that was last seen in each of them. A guess proves
/// nothing: only the row itself can tell that it has the key.
/// </summary>
/// <remarks>
/// Any number of threads use it without a lock: each guess is one number, right or wrong. Stretches share a place where
/// there are more of them than places; in a table without gaps they have the same difference anyway.
/// </remarks>
internal sealed class RowIdHints
{
    private const int StretchBits = 10;
    private const int PlacesMin = 16;
    private const int PlacesMax = 4096;   // 32 KiB, which stay in the processor's nearer caches

    private long[]? _differences;   // made at the first lesson, and anew when the index has grown

    /// <summary>Where the row of a key may be; any number.</summary>
    public long Guess(long key)
    {
        long[]? differences = Volatile.Read(ref _differences);
        return differences is null ? -1 : unchecked(key + Volatile.Read(ref differences[PlaceOf(key, differences)]));
    }

    /// <summary>Remembers where the row of a key was found, in an index of so many entries.</summary>
    public void Learn(long key, long rowId, long entryCount)
    {
        long[]? differences = Volatile.Read(ref _differences);
        if (differences is null || (differences.Length < PlacesMax && differences.Length << StretchBits < entryCount))
        {
            differences = new long[Math.Clamp((int)BitOperations.RoundUpToPowerOf2((ulong)(entryCount >> StretchBits) * 2), PlacesMin, PlacesMax)];
            Volatile.Write(ref _differences, differences);
        }
        Volatile.Write(ref differences[PlaceOf(key, differences)], unchecked(rowId - key));
    }

    private static int PlaceOf(long key, long[] differences) => (int)(key >> StretchBits) & (differences.Length - 1);
}
