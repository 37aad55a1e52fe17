using System.Runtime.CompilerServices;

namespace PhantomDb.Vectors;

/// <summary>
/// Bit masks that tell values (1) from NULLs (0), 64 to a word. No mask (null) means that all are valid, so that data
/// without NULLs costs nothing.
/// </summary>
internal static class ValidityMask
{
    public const int WordCount = DataChunk.Capacity / 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsValid(ulong[]? mask, int index) => mask is null || (mask[index >> 6] >> (index & 63) & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetNull(ulong[] mask, int index) => mask[index >> 6] &= ~(1UL << (index & 63));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetValid(ulong[] mask, int index) => mask[index >> 6] |= 1UL << (index & 63);
}
