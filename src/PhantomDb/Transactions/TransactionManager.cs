using PhantomDb.Durability.Log;
using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>
/// Gives commits their order and makes them visible in it, and cleans up after them. What a transaction changed, and how
/// that is undone, is <see cref="Transaction"/>'s and storage's business.
/// </summary>
internal sealed class TransactionManager(DatabaseStorage storage)
{
    private const int SlicesCleanedByCommit = 2;
    private const int SlicesCleanedByReader = 256;
    private const int SlicesCleanedAtOnce = 4;
    private const int CommitsBetweenLooks = 16;   // beside readers: every look at their slots costs them a cache miss
    private const int RecentEntriesMax = 1024;
    private const int RecentRowsMax = 16_384;     // of more than one commit: scans go through rows that came and went meanwhile

    /// <summary>
    /// Stands for the definitions of all objects among the tables that can be locked: definition statements take it beside each
    /// other, who replaces all definitions alone.
    /// </summary>
    public const int DefinitionsOid = 0;

    /// <summary>
    /// Stands for a name of a relation (or, in no schema, of a schema) among the tables that can be locked: below zero. Two names may have
    /// the same one, and then wait for each other without need.
    /// </summary>
    public static int NameOid(string schema, string name) => HashCode.Combine(schema, name) | int.MinValue;

    private readonly Lock _commitOrder = new();
    private readonly Lock _publishing = new();   // of commits that were logged; within the commit lock, or without it
    private readonly object _definitionsGate = new();
    private readonly CommitHistory _history = new(storage.Timestamps);   // under the commit lock
    private readonly Queue<(WriteList.Entry Entry, long CommitTimestamp)> _recent = new();   // locks the waiting ones
    private readonly List<TableStore> _tablesToClean = [];
    private long _recentRowCount;
    private bool _isWaiting;
    private int _commitsUntilLook;   // counted by all committers, without care: it only spaces the looks out
    private int _lastProcessId;
    private long _lastTransactionId = 2;   // the first is 3, as PostgreSQL's first number of an ordinary transaction
    private long _lastLogSequenceNumber;
    private long _queuedDefinitions;   // number of the last commit of definitions that was enqueued
    private long _commitCount;      // under the commit lock
    private long _publishedCount;   // under the lock of those that were logged

    public DatabaseStorage Storage => storage;

    public ReadTimestamps Timestamps => storage.Timestamps;

    public LockManager Locks { get; } = new();

    /// <summary>Commits that have become visible.</summary>
    public long CommitCount => Volatile.Read(ref _commitCount) + Volatile.Read(ref _publishedCount);

    internal long NextTransactionId() => Interlocked.Increment(ref _lastTransactionId);

    /// <summary>A transaction object, to be begun, ended and begun again by one session.</summary>
    public Transaction NewTransaction() => new(this, Interlocked.Increment(ref _lastProcessId));

    /// <summary>
    /// Makes a transaction's changes visible. The commit timestamp is the log sequence number of its last record, so log
    /// order, commit order and visibility order are one.
    /// </summary>
    /// <param name="publishDefinitions">Puts what the transaction has defined in place; must not fail. Null where it has defined nothing.</param>
    internal long Commit(Transaction transaction, Action? publishDefinitions)
    {
        lock (_commitOrder)
        {
            transaction.Validate(_history);
            long commitTimestamp = ++_lastLogSequenceNumber;
            _history.Add(commitTimestamp, transaction.Writes);
            _commitCount++;
            if (publishDefinitions is null)
            {
                transaction.Stamp!.Publish(commitTimestamp);
                Timestamps.Advance(commitTimestamp);
                return commitTimestamp;
            }
            lock (Definitions)
            {
                publishDefinitions();
                transaction.Stamp!.Publish(commitTimestamp);
                Timestamps.Advance(commitTimestamp);
                return commitTimestamp;
            }
        }
    }

    /// <summary>The log that commits wait for; null in memory.</summary>
    public ICommitLog? Log { get; private set; }

    /// <summary>From now on commits go into a log. Before the first transaction, with the last numbers of the log so far.</summary>
    public void UseLog(ICommitLog log, long lastLogSequenceNumber, long lastTransactionId = 0)
    {
        _lastTransactionId = Math.Max(_lastTransactionId, lastTransactionId);
        Timestamps.Advance(lastLogSequenceNumber);
        Log = log;
        storage.UseLog(new SequenceLog(this));
    }

    /// <summary>Gives records that change no row their place in the log.</summary>
    internal void Enqueue(LogBatch batch, ICommitSink sink)
    {
        lock (_commitOrder)
        {
            Log!.Enqueue(batch, NextTransactionId(), sink);
        }
    }

    /// <summary>
    /// Validates a transaction and gives its records their place in the log, which is its place among all commits. Not visible yet, and its
    /// rows are its own, until the log tells the sink.
    /// </summary>
    internal void Enqueue(Transaction transaction, LogBatch batch, LoggedCommit sink, bool hasDefinitions)
    {
        long transactionId = transaction.TransactionId(isNeeded: true)!.Value;
        while (true)
        {
            long awaited = 0;
            lock (_commitOrder)
            {
                // Whether a table that was read has been replaced shows only when that is in place.
                if (transaction.IsInHistory)
                {
                    awaited = Volatile.Read(ref _queuedDefinitions);
                }
                if (awaited <= Timestamps.Visible)
                {
                    transaction.Validate(_history);
                    long lsn = Log!.Enqueue(batch, transactionId, sink);
                    transaction.Writes.NoteCommit(lsn);
                    _history.Add(lsn, transaction.Writes, isQueued: true);
                    if (hasDefinitions)
                    {
                        Interlocked.Exchange(ref _queuedDefinitions, lsn);
                        if (sink.IsOver)
                        {
                            ForgetQueuedDefinitions();   // it may have failed before it was noted
                        }
                    }
                    return;
                }
            }
            AwaitDefinitions(awaited);
        }
    }

    /// <summary>Called by the log, in the order of its numbers, by whoever's thread has written.</summary>
    internal void PublishCommit(long commitTimestamp, TransactionStamp? stamp, Action? publishDefinitions)
    {
        if (publishDefinitions is null && _commitOrder.IsHeldByCurrentThread)
        {
            // A log that waits for no disk: it publishes all of its commits within the commit lock, which keeps out whoever would take the other.
            _commitCount++;
            stamp?.Publish(commitTimestamp);
            Timestamps.Advance(commitTimestamp);
            return;
        }
        lock (_publishing)
        {
            _publishedCount++;
            if (publishDefinitions is null)
            {
                stamp?.Publish(commitTimestamp);
                Timestamps.Advance(commitTimestamp);
                return;
            }
            lock (Definitions)
            {
                publishDefinitions();
                stamp?.Publish(commitTimestamp);
                Timestamps.Advance(commitTimestamp);
            }
        }
        lock (_definitionsGate)
        {
            Monitor.PulseAll(_definitionsGate);
        }
    }

    /// <summary>As <see cref="PublishCommit"/>, of a record that is a sequence's and no transaction's.</summary>
    internal void PublishPosition(long lsn)
    {
        if (_commitOrder.IsHeldByCurrentThread)
        {
            Timestamps.Advance(lsn);
            return;
        }
        lock (_publishing)
        {
            Timestamps.Advance(lsn);
        }
    }

    /// <summary>Definitions that have not got into the log need not be awaited.</summary>
    internal void ForgetQueuedDefinitions()
    {
        lock (_definitionsGate)
        {
            Volatile.Write(ref _queuedDefinitions, 0);
            Monitor.PulseAll(_definitionsGate);
        }
    }

    // Without any other lock: whoever queued them is waiting for the log, and so writes it if nobody else does.
    private void AwaitDefinitions(long commitTimestamp)
    {
        lock (_definitionsGate)
        {
            while (Volatile.Read(ref _queuedDefinitions) != 0 && Timestamps.Visible < commitTimestamp)
            {
                Monitor.Wait(_definitionsGate);
            }
        }
    }

    /// <summary>
    /// Puts another content in place of all, which a side file has, as one record of the log. Where it throws, nothing has changed; the caller keeps
    /// everybody else from the tables and sequences.
    /// </summary>
    /// <param name="file">The content, as a file.</param>
    /// <param name="replace">Does it in memory; must not fail.</param>
    internal void CommitReplacement(LoadFile file, Action replace)
    {
        var batch = new LogBatch();
        RowRecords.AddLoad(batch, [], file);
        Log!.ReserveRoom(batch.ByteCount, CancellationToken.None);
        var replacement = new Replacement(this, replace);
        Enqueue(batch, replacement);
        Log.WaitUntilPublished(batch);
        Log.Loads!.SetNamed(file.FileName, replacement.Lsn);
    }

    private sealed class Replacement(TransactionManager manager, Action replace) : ICommitSink
    {
        public long Lsn { get; private set; }

        public void Publish(long lsn)
        {
            Lsn = lsn;
            manager.PublishCommit(lsn, null, () =>
            {
                replace();
                manager.Storage.UseLog(manager.Storage.SequenceLog!);
            });
        }

        public void Fail(Exception error)
        {
        }
    }

    /// <summary>The commit of a transaction that has changed definitions and no rows.</summary>
    internal void CommitDefinitions(Action publish)
    {
        lock (_commitOrder)
        {
            lock (Definitions)
            {
                publish();
            }
        }
    }

    /// <summary>
    /// A change of the catalog that is about no relation, with its record: in the order of all commits, in place when it is as durable as they are.
    /// </summary>
    public void CommitRecord(LogBatch batch, Action publish)
    {
        if (Log is null)
        {
            CommitDefinitions(publish);
            return;
        }
        Log.ReserveRoom(batch.ByteCount, CancellationToken.None);
        Enqueue(batch, new RecordSink(this, publish));
        Log.WaitUntilPublished(batch);
    }

    private sealed class RecordSink(TransactionManager manager, Action publish) : ICommitSink
    {
        public void Publish(long lsn) => manager.PublishCommit(lsn, null, publish);

        public void Fail(Exception error)
        {
        }
    }

    /// <summary>
    /// Held from before a commit's definitions are put in place until it is visible. Who takes new definitions under it, and a snapshot
    /// after that, has the commit's rows too; and who finds the definitions unchanged after taking a snapshot has neither.
    /// </summary>
    public Lock Definitions { get; } = new();

    /// <summary>Runs something while no transaction commits, so that definitions and rows are those of one moment.</summary>
    public T BetweenCommits<T>(Func<T> work)
    {
        lock (_commitOrder)
        {
            lock (_publishing)   // what waits for the log is not committed
            {
                return work();
            }
        }
    }

    /// <summary>From now on commits are kept for a SERIALIZABLE transaction.</summary>
    internal void EnterHistory()
    {
        lock (_commitOrder)
        {
            _history.Enter();
        }
    }

    internal void LeaveHistory()
    {
        lock (_commitOrder)
        {
            _history.Leave();
        }
    }

    /// <summary>
    /// Drops the versions that a commit made, or leaves them to later where a reader is older than it. True where none of
    /// them is left, so that the stamp may be used again.
    /// </summary>
    internal bool CleanUpAfter(WriteList writes, long commitTimestamp)
    {
        int commitsUntilLook = _commitsUntilLook;
        if (commitsUntilLook > 0)
        {
            _commitsUntilLook = commitsUntilLook - 1;
            if (!IsLeftToTables(writes))
            {
                lock (_recent)
                {
                    EnqueueRecent(writes, commitTimestamp);
                }
            }
            return false;
        }
        long horizon = Timestamps.Horizon();
        bool isNeeded = horizon < commitTimestamp;
        _commitsUntilLook = isNeeded ? CommitsBetweenLooks : 0;
        if (!isNeeded)
        {
            foreach (ref readonly WriteList.Entry entry in writes.Entries)
            {
                entry.Table.PruneCommitted(entry.FirstRowId, entry.RowCount, entry.Kind == WriteKind.Insert, horizon);
            }
        }
        if (isNeeded || Volatile.Read(ref _isWaiting))
        {
            lock (_recent)
            {
                if (isNeeded && !IsLeftToTables(writes))
                {
                    EnqueueRecent(writes, commitTimestamp);
                }
                CleanUpWaiting(horizon, SlicesCleanedByCommit);
            }
        }
        return !isNeeded;
    }

    /// <summary>Cleans up some of what had to wait for readers. Cheap where nothing waits; not for every short reader.</summary>
    public void CleanUpWaiting()
    {
        for (int i = 0; i < SlicesCleanedByReader && Volatile.Read(ref _isWaiting); i += SlicesCleanedAtOnce)
        {
            lock (_recent)   // commits wait for it
            {
                CleanUpWaiting(Timestamps.Horizon(), SlicesCleanedAtOnce);
            }
        }
    }

    /// <summary>Puts a new, altered or truncated table in place, when the transaction that made it commits.</summary>
    public void Publish(TableStore table)
    {
        storage.SetTable(table);
        if (table.NeedsCleanup)
        {
            lock (_recent)
            {
                AddTableToClean(table);
            }
        }
    }

    // Short readers are gone a few commits later: then exactly the rows that waited for them are cleaned. What waits for
    // longer is handed to the tables, which look at whole slices, each of them once however many commits changed it.
    private void CleanUpWaiting(long horizon, int sliceCount)
    {
        while (_recent.TryPeek(out (WriteList.Entry Entry, long CommitTimestamp) waiting))
        {
            WriteList.Entry entry = waiting.Entry;
            if (waiting.CommitTimestamp <= horizon)
            {
                entry.Table.PruneCommitted(entry.FirstRowId, entry.RowCount, entry.Kind == WriteKind.Insert, horizon);
            }
            else if (_recent.Count > RecentEntriesMax || (_recentRowCount > RecentRowsMax && Timestamps.Visible - waiting.CommitTimestamp >= CommitsBetweenLooks))
            {
                entry.Table.PruneLater(entry.FirstRowId, entry.RowCount, entry.Kind == WriteKind.Delete, horizon);
                AddTableToClean(entry.Table);
            }
            else
            {
                break;
            }
            _recent.Dequeue();
            _recentRowCount -= entry.RowCount;
        }
        for (int i = _tablesToClean.Count - 1; i >= 0; i--)
        {
            if (!_tablesToClean[i].CleanUp(horizon, sliceCount))
            {
                _tablesToClean.RemoveAt(i);
            }
        }
        Volatile.Write(ref _isWaiting, _recent.Count > 0 || _tablesToClean.Count > 0);
    }

    // Beside a reader that stays, nearly all slices that are changed wait in their table's queue already: then a commit has nothing to note.
    private static bool IsLeftToTables(WriteList writes)
    {
        ReadOnlySpan<WriteList.Entry> entries = writes.Entries;
        return entries.Length == 1 && entries[0].Kind != WriteKind.Delete && entries[0].Table.WaitsForCleanup(entries[0].FirstRowId, entries[0].RowCount);
    }

    private void EnqueueRecent(WriteList writes, long commitTimestamp)
    {
        WriteList.Entry last = default;
        foreach (ref readonly WriteList.Entry entry in writes.Entries)
        {
            if (!entry.IsSameRows(last))
            {
                _recentRowCount += entry.RowCount;
                _recent.Enqueue((entry, commitTimestamp));   // a row that was changed again and again is cleaned once
            }
            last = entry;
        }
        Volatile.Write(ref _isWaiting, true);
    }

    private void AddTableToClean(TableStore table)
    {
        if (!_tablesToClean.Contains(table))
        {
            _tablesToClean.Add(table);
        }
        Volatile.Write(ref _isWaiting, true);
    }
}
