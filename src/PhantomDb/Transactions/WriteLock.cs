using System.Diagnostics;
using PhantomDb.Errors;

namespace PhantomDb.Transactions;

/// <summary>
/// Lets one transaction at a time write to the database, until it ends. Belongs to a transaction, not to a thread. Stands
/// where row locks will be.
/// </summary>
internal sealed class WriteLock
{
    private readonly object _gate = new();
    private Transaction? _owner;
    private int _waiterCount;

    /// <summary>Takes the lock, waiting for its owner; cancellation ends the wait with 57014.</summary>
    public void Enter(Transaction transaction, CancellationToken cancellation)
    {
        if (Interlocked.CompareExchange(ref _owner, transaction, null) is not null)
        {
            Wait(transaction, cancellation);
        }
    }

    public void Leave(Transaction transaction)
    {
        Debug.Assert(ReferenceEquals(_owner, transaction));
        Interlocked.Exchange(ref _owner, null);   // a full fence: a waiter counted before it is woken, one after it looks again
        if (Volatile.Read(ref _waiterCount) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Wait(Transaction transaction, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.Register(Wake);
        lock (_gate)
        {
            Interlocked.Increment(ref _waiterCount);
            try
            {
                while (Interlocked.CompareExchange(ref _owner, transaction, null) is not null)
                {
                    if (cancellation.IsCancellationRequested)
                    {
                        throw Error.Cancelled();
                    }
                    Monitor.Wait(_gate);
                }
            }
            finally
            {
                Interlocked.Decrement(ref _waiterCount);
            }
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
