using PhantomDb.Errors;

namespace PhantomDb.Vectors;

/// <summary>
/// Counts the bytes that a statement or a database holds, against a limit: beyond it 53200, before the memory is taken.
/// A statement's account passes its charges on to the database's. Threads may share one.
/// </summary>
internal sealed class MemoryAccount(string name, long limit, MemoryAccount? parent = null)
{
    private long _used;

    /// <summary>Bytes charged and not released.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Bytes that may be charged at most.</summary>
    public long Limit { get; set; } = limit;

    /// <summary>Takes the bytes or throws 53200 and takes nothing.</summary>
    public void Charge(long size)
    {
        if (Interlocked.Add(ref _used, size) > Limit)
        {
            Interlocked.Add(ref _used, -size);
            throw Error.OutOfMemory(name, Limit);
        }
        try
        {
            parent?.Charge(size);
        }
        catch
        {
            Interlocked.Add(ref _used, -size);
            throw;
        }
    }

    /// <summary>Takes the bytes without asking: small amounts where an error would leave a change half made.</summary>
    public void ChargeUnchecked(long size)
    {
        Interlocked.Add(ref _used, size);
        parent?.ChargeUnchecked(size);
    }

    public void Release(long size)
    {
        Interlocked.Add(ref _used, -size);
        parent?.Release(size);
    }

    /// <summary>Gives back all that is still charged: at the end of a statement.</summary>
    public void ReleaseAll()
    {
        long used = Interlocked.Exchange(ref _used, 0);
        parent?.Release(used);
    }
}
