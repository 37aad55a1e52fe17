using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>
/// Gives commits their order and makes them visible in it, and cleans up after them. What a transaction changed, and how
/// that is undone, is <see cref="Transaction"/>'s and storage's business.
/// </summary>
internal sealed class TransactionManager(DatabaseStorage storage)
{
    private const int SlicesCleanedAtOnce = 16;

    private readonly Lock _commitOrder = new();
    private readonly List<TableStore> _tablesToClean = [];   // under its own lock
    private bool _hasTablesToClean;
    private long _lastLogSequenceNumber;

    public DatabaseStorage Storage => storage;

    public ReadTimestamps Timestamps => storage.Timestamps;

    /// <summary>One writing transaction at a time, until row locks come.</summary>
    public WriteLock WriteLock { get; } = new();

    /// <summary>A transaction object, to be begun, ended and begun again by one session.</summary>
    public Transaction NewTransaction() => new(this);

    /// <summary>
    /// Makes a transaction's changes visible. The commit timestamp is the log sequence number of its last record, so log
    /// order, commit order and visibility order are one.
    /// </summary>
    internal long Commit(TransactionStamp stamp)
    {
        lock (_commitOrder)
        {
            // The transaction log takes its place here: the range of log sequence numbers and the queueing under this lock,
            // the wait for the disk outside it, and what follows again in the order of the numbers.
            long commitTimestamp = ++_lastLogSequenceNumber;
            stamp.Publish(commitTimestamp);
            Timestamps.Advance(commitTimestamp);
            return commitTimestamp;
        }
    }

    /// <summary>
    /// Drops the versions that a commit made, or leaves them to later where a reader is older than it. True where none of
    /// them is left, so that the stamp may be used again.
    /// </summary>
    internal bool CleanUpAfter(WriteList writes, long commitTimestamp)
    {
        long horizon = Timestamps.Horizon();
        bool isNeeded = horizon < commitTimestamp;
        foreach (ref readonly WriteList.Entry entry in writes.Entries)
        {
            entry.Table.PruneCommitted(entry.FirstRowId, entry.RowCount, entry.Kind == WriteKind.Insert, horizon, isNeeded);
            if (isNeeded)
            {
                AddTableToClean(entry.Table);
            }
        }
        CleanUpWaiting();
        return !isNeeded;
    }

    /// <summary>Cleans up some of what had to wait for readers. Cheap where nothing waits: any reader that ends may call it.</summary>
    public void CleanUpWaiting()
    {
        if (!Volatile.Read(ref _hasTablesToClean))
        {
            return;
        }
        lock (_tablesToClean)
        {
            long horizon = Timestamps.Horizon();
            for (int i = _tablesToClean.Count - 1; i >= 0; i--)
            {
                if (!_tablesToClean[i].CleanUp(horizon, SlicesCleanedAtOnce))
                {
                    _tablesToClean.RemoveAt(i);
                }
            }
            Volatile.Write(ref _hasTablesToClean, _tablesToClean.Count > 0);
        }
    }

    private void AddTableToClean(TableStore table)
    {
        lock (_tablesToClean)
        {
            if (!_tablesToClean.Contains(table))
            {
                _tablesToClean.Add(table);
            }
            Volatile.Write(ref _hasTablesToClean, true);
        }
    }
}
