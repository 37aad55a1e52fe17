using PhantomDb.Errors;

namespace PhantomDb.Vectors;

/// <summary>
/// Counts the bytes that a statement or a database holds, against a limit: beyond it 53200, before the memory is taken.
/// A statement's account passes its charges on to the database's. Threads may share one.
/// </summary>
internal sealed class MemoryAccount(string name, long limit, MemoryAccount? parent = null)
{
    private MemoryAccount? _parent = parent;
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
            _parent?.Charge(size);
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
        _parent?.ChargeUnchecked(size);
    }

    public void Release(long size)
    {
        Interlocked.Add(ref _used, -size);
        _parent?.Release(size);
    }

    /// <summary>Gives back all that is still charged: at the end of a statement.</summary>
    public void ReleaseAll()
    {
        if (Used == 0)
        {
            return;
        }
        long used = Interlocked.Exchange(ref _used, 0);
        _parent?.Release(used);
    }

    /// <summary>Another account of the same kind below the same parent.</summary>
    public MemoryAccount Sibling() => new(name, Limit, _parent);

    /// <summary>Gives back all that is charged, and passes nothing on from now on: the holder is gone, but may still be cleaned up.</summary>
    public void Close()
    {
        MemoryAccount? above = Interlocked.Exchange(ref _parent, null);
        above?.Release(Used);
    }
}
