namespace PhantomDb.Storage;

/// <summary>
/// Hands out the marks by which a table knows the slices, and a tree the nodes, that it may change in place. A fork gives new
/// marks to both sides, so that either finds all that they share foreign.
/// </summary>
internal static class OwnerMark
{
    private static long s_last;

    public static long Next() => Interlocked.Increment(ref s_last);
}
