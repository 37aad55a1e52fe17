using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// One session's transaction: what it sees, what it changes and locks, and how all or the last of it is undone. Reusable:
/// begun again after it has ended. One thread at a time. Statements tell when they begin; what they mean it does not know.
/// </summary>
internal sealed partial class Transaction
{
    private const int LongReaderCommits = 16_384;   // a reader that has missed so many may have been waited for: tables have slices to clean
    private const int ReadsBetweenCleanups = 1024;   // without a commit: the last versions go even if nobody writes any more

    private readonly TransactionManager _manager;
    private readonly ReaderSlot _slot;
    private readonly WriteList _writes = new();
    private readonly List<RowRange> _inserted = [];
    private readonly HeldTables _heldTables;
    private readonly ReadTimestamps _timestamps;   // of the manager, whose own fields every commit changes
    private readonly SerializableReads _reads = new();
    private TransactionStamp? _stamp;
    private LoggedCommit? _logged;   // null without a log
    private int _command;
    private int _readCount;
    private long _id;              // 0 while nobody has asked for it
    private long _visibleBefore;   // when it was last asked whether to clean up
    private bool _hasSnapshot;
    private bool _isInHistory;     // of a SERIALIZABLE transaction: others' commits are kept for it
    private bool _isStampCopied;   // an altered table's versions refer to it too

    internal Transaction(TransactionManager manager, int processId)
    {
        _manager = manager;
        _timestamps = manager.Timestamps;
        _slot = _timestamps.Rent();
        _heldTables = new HeldTables(this, manager.Locks);
        ProcessId = processId;
    }

    /// <summary>Number of the session, for people and for <see cref="LockDescription"/>.</summary>
    public int ProcessId { get; }

    public bool IsActive { get; private set; }

    public bool IsReadOnly { get; set; }

    /// <summary>True where what is changed is written to a log, whole rows.</summary>
    public bool IsLogged => _manager.Log is not null;

    public IsolationLevel Isolation { get; private set; }

    /// <summary>True when a statement has run at a timestamp that the transaction keeps: its isolation cannot change any more.</summary>
    public bool HasSnapshot => _hasSnapshot;

    /// <summary>What the current statement sees.</summary>
    public ReadView View { get; private set; }

    public long ReadTimestamp => View.Timestamp;

    /// <summary>All that is committed by now and all that the transaction has done, the running command included. For checks.</summary>
    public ReadView NewestView => new(RowWriter.AnyCommitted, _stamp, int.MaxValue);

    /// <summary>What the current statement sees, and what it has done itself so far. For checks above READ COMMITTED.</summary>
    public ReadView SnapshotView => new(View.Timestamp, _stamp, int.MaxValue);

    /// <summary>True where what is read has to be noted by <see cref="NoteRead"/>.</summary>
    public bool NotesReads => Isolation == IsolationLevel.Serializable && !IsReadOnly && IsActive;

    /// <summary>Rows whose deferrable unique keys are to be looked at again; cut back by whoever does it.</summary>
    public KeyDoubts Doubts { get; } = new();

    /// <summary>How long the current statement waits for others.</summary>
    public WaitLimits WaitLimits { get; } = new();

    /// <summary>Null until the transaction writes or locks.</summary>
    public TransactionStamp? Stamp => Volatile.Read(ref _stamp);

    /// <summary>
    /// A number that no other transaction of this database has had since it was opened: given when it is first asked for. Null where the transaction has not changed or locked
    /// anything, and need not be numbered.
    /// </summary>
    public long? TransactionId(bool isNeeded)
    {
        if (_id == 0 && (isNeeded || HoldsRows || _isStampCopied))
        {
            _id = _manager.NextTransactionId();
        }
        return _id == 0 ? null : _id;
    }

    internal SemaphoreSlim Signal { get; } = new(0);

    public void Begin(bool isReadOnly = false, IsolationLevel isolation = IsolationLevel.ReadCommitted)
    {
        Debug.Assert(!IsActive);
        IsActive = true;
        IsReadOnly = isReadOnly;
        Isolation = isolation;
        _hasSnapshot = false;
        _command = 0;
        View = new ReadView(_slot.Enter());
    }

    /// <summary>Changes the isolation level, before the first statement that reads or writes.</summary>
    public void SetIsolation(IsolationLevel isolation)
    {
        Debug.Assert(!_hasSnapshot || isolation == Isolation);
        Isolation = isolation;
    }

    /// <summary>
    /// Begins a statement that reads: it sees what is committed by now (or was by the first statement, as the isolation level
    /// has it), and the transaction's earlier statements. The statement before must have been read to its end.
    /// </summary>
    public void BeginReading()
    {
        Debug.Assert(IsActive);
        _command++;
        bool isKept = _hasSnapshot && Isolation != IsolationLevel.ReadCommitted;
        if (!isKept && Isolation == IsolationLevel.Serializable)
        {
            _manager.EnterHistory();   // before the snapshot, so that no commit falls between
            _isInHistory = true;
        }
        long timestamp = View.Timestamp;
        if (!isKept && (_isInHistory || timestamp != _timestamps.Visible))
        {
            timestamp = _slot.Enter();   // else the slot says so already, and the fence can be saved
        }
        View = new ReadView(timestamp, _stamp, _command);
        _hasSnapshot = true;
    }

    /// <summary>Begins a statement that writes or locks. It waits for nobody: whose a row is, is seen when the row is changed.</summary>
    public void BeginWriting()
    {
        Debug.Assert(IsActive && !IsReadOnly);
        if (_stamp is null)
        {
            NewStamp();
        }
        BeginReading();
    }

    /// <summary>Inserts one row; gives its row id. Waits for whoever may have its unique key.</summary>
    public long Insert(TableStore table, RowBuffer row)
    {
        while (true)
        {
            long rowId = table.Insert(row, _stamp!, _command, out Blocker blocker);
            if (rowId >= 0)
            {
                _writes.Add(table, WriteKind.Insert, rowId, 1);
                return rowId;
            }
            WaitFor(blocker);
        }
    }

    /// <summary>Inserts a chunk's rows. Waits for whoever may have their unique keys.</summary>
    public void Insert(TableStore table, DataChunk chunk)
    {
        int done = 0;
        while (true)
        {
            Blocker blocker;
            _inserted.Clear();
            try
            {
                done = table.Insert(chunk, done, _stamp!, _command, _inserted, out blocker);
            }
            finally
            {
                foreach (RowRange range in _inserted)
                {
                    _writes.Add(table, WriteKind.Insert, range.FirstRowId, range.Count);
                }
            }
            if (blocker.IsNone)
            {
                return;
            }
            WaitFor(blocker);
        }
    }

    /// <summary>
    /// Changes the buffer's columns of one row, after waiting for its owner. Where a commit has changed or removed the row since
    /// the statement's timestamp, nothing is done: under READ COMMITTED the caller looks at the row again
    /// (<see cref="LockLatest"/>), at the higher levels this throws 40001.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="rowId">The row.</param>
    /// <param name="values">The new values.</param>
    /// <param name="isLatest">The row is locked, and the values were computed from its newest version.</param>
    public WriteOutcome TryUpdate(TableStore table, long rowId, RowBuffer values, bool isLatest = false)
    {
        RowWriter writer = Writer(isLatest);
        PrefetchImage(table, rowId);
        while (true)
        {
            WriteOutcome outcome = table.Update(rowId, values, writer, out Blocker blocker);
            switch (outcome)
            {
                case WriteOutcome.Done:
                    _writes.Add(table, WriteKind.Update, rowId, 1, values.Count);
                    LeaveRow();
                    return outcome;
                case WriteOutcome.Blocked:
                    WaitForRow(table, rowId, table.ModeOf(values), blocker);
                    break;
                default:
                    return Passed(outcome);
            }
        }
    }

    /// <summary>Removes one row; as <see cref="TryUpdate"/>.</summary>
    public WriteOutcome TryDelete(TableStore table, long rowId, bool isLatest = false)
    {
        RowWriter writer = Writer(isLatest);
        PrefetchImage(table, rowId);
        while (true)
        {
            WriteOutcome outcome = table.Delete(rowId, writer, out Blocker blocker);
            switch (outcome)
            {
                case WriteOutcome.Done:
                    _writes.Add(table, WriteKind.Delete, rowId, 1);
                    LeaveRow();
                    return outcome;
                case WriteOutcome.Blocked:
                    WaitForRow(table, rowId, RowLockMode.Update, blocker);
                    break;
                default:
                    return Passed(outcome);
            }
        }
    }

    /// <summary>Changes a row that nobody else can have changed since the statement's timestamp; 40001 where somebody has.</summary>
    public void Update(TableStore table, long rowId, RowBuffer values) => EnsureDone(TryUpdate(table, rowId, values));

    /// <summary>Removes such a row.</summary>
    public void Delete(TableStore table, long rowId) => EnsureDone(TryDelete(table, rowId));

    /// <summary>
    /// Gives the table under a new definition (<see cref="TableStore.Altered"/>), with this transaction's changes in it.
    /// <see cref="TransactionManager.Publish"/> puts it in place when the transaction commits; until then it is the transaction's.
    /// </summary>
    public TableStore Alter(TableStore table, Catalog.TableDefinition definition, RowBuffer? addedValues = null, IColumnSource? computed = null)
    {
        _isStampCopied = true;
        return table.Altered(definition, addedValues, computed, _stamp, WaitLimits.ThrowIfStopped);
    }

    /// <summary>The same of a table that is to have no rows any more: gives a new one, its place taken by it.</summary>
    public TableStore Truncate(TableStore table, TableStore empty)
    {
        _isStampCopied = true;
        empty.StandFor(table, _stamp!);
        return empty;
    }

    /// <summary>Notes what a SERIALIZABLE transaction reads. Others' commits that would have changed it make this one fail.</summary>
    public void NoteRead(ReadPredicate predicate) => _reads.Add(predicate);

    /// <summary>The place to undo to when a statement fails.</summary>
    public int Mark() => _writes.Mark();

    /// <summary>Undoes all changes since a mark; the transaction goes on, and keeps its locks.</summary>
    public void UndoTo(int mark)
    {
        LeaveRow();
        _writes.UndoTo(mark);
    }

    /// <summary>The place to roll back to with <see cref="RollbackTo"/>.</summary>
    public TransactionMark Savepoint() => new(_writes.Mark(), _rowLocks.Count, _heldTables.Count);

    /// <summary>Undoes all changes since a savepoint and gives back the locks taken since; the transaction goes on.</summary>
    public void RollbackTo(in TransactionMark mark)
    {
        LeaveRow();
        _writes.UndoTo(mark.WriteCount);
        Unlock(mark.RowLockCount, mark.TableLockCount);
        Interlocked.MemoryBarrier();
        AnnounceRelease();
    }

    /// <summary>
    /// Makes all changes visible to others, and ends the transaction. Throws 40001 where it is SERIALIZABLE and would read
    /// something else by now; it is then still to be rolled back.
    /// </summary>
    /// <param name="publish">What else becomes visible (definitions), before any lock is given back; must not fail.</param>
    /// <param name="describe">The same for the log, where there is one.</param>
    public void Commit(Action? publish = null, Func<IReadOnlyList<DefinitionStep>>? describe = null)
    {
        Debug.Assert(IsActive);
        bool isStampUnused = true;
        bool isWriter = _writes.Count > 0 || _isStampCopied;
        if (IsLogged && (isWriter || publish is not null))
        {
            CommitLogged(publish, describe);
            return;
        }
        if (isWriter)
        {
            long commitTimestamp = _manager.Commit(this, publish);
            if (_stamp!.IsAwaited)
            {
                _manager.Locks.Wake(_stamp);   // those who wait for rows need not wait for the cleaning
            }
            _slot.Leave();   // or this reader would be older than its own commit
            isStampUnused = _manager.CleanUpAfter(_writes, commitTimestamp);
        }
        else if (publish is not null)
        {
            _manager.CommitDefinitions(publish);
        }
        End(isStampUnused, isCommitted: isWriter);
    }

    // Nothing is undone here where it fails: that is the caller's, as after every other error of a commit.
    private void CommitLogged(Action? publish, Func<IReadOnlyList<DefinitionStep>>? describe)
    {
        _logged ??= new LoggedCommit(_manager);
        EndLogged(_logged.Commit(this, publish, publish is null ? null : describe!()));
    }

    /// <summary>True where a commit has something for the log.</summary>
    public bool IsCommitLogged => IsLogged && (_writes.Count > 0 || _isStampCopied);

    /// <summary>As <see cref="Commit"/>, of rows alone, without a thread that waits for the disk.</summary>
    public async ValueTask CommitAsync()
    {
        if (!IsCommitLogged)
        {
            Commit();
            return;
        }
        _logged ??= new LoggedCommit(_manager);
        EndLogged(await _logged.CommitAsync(this).ConfigureAwait(false));
    }

    private void EndLogged(long commitTimestamp)
    {
        if (commitTimestamp == LoggedCommit.NoEffect)
        {
            Rollback();   // what is as it was before needs no number
            return;
        }
        bool isStampUnused = true;
        if (_stamp is not null)
        {
            if (_stamp.IsAwaited)
            {
                _manager.Locks.Wake(_stamp);
            }
            _slot.Leave();
            isStampUnused = _writes.Count == 0 || _manager.CleanUpAfter(_writes, commitTimestamp);
        }
        End(isStampUnused, isCommitted: true);
    }

    /// <summary>Undoes all changes and ends the transaction.</summary>
    public void Rollback()
    {
        Debug.Assert(IsActive);
        _writes.UndoTo(0);
        End(isStampUnused: true, isCommitted: false);
    }

    /// <summary>
    /// Undoes all changes and gives up all that is held, as <see cref="Rollback"/> does, which alone may still follow: a transaction that has
    /// failed keeps nobody waiting until its session says ROLLBACK.
    /// </summary>
    public void Abort()
    {
        Rollback();
        IsActive = true;
    }

    /// <summary>Gives the session's slot back; the transaction is not used again.</summary>
    public void Close()
    {
        if (IsActive)
        {
            Rollback();
        }
        _heldTables.Close();
        _timestamps.Return(_slot);
    }

    /// <summary>Makes the transaction's thread look whether its statement has been stopped, if it waits; from any thread.</summary>
    public void Interrupt() => Signal.Release();

    /// <summary>Wakes whoever waits for something that has been given up before the end.</summary>
    internal void AnnounceRelease()
    {
        if (_stamp is { IsAwaited: true } stamp)
        {
            stamp.CountRelease();
            _manager.Locks.WakeAll(stamp);
        }
    }

    internal WriteList Writes => _writes;

    /// <summary>True where commits are kept for this transaction.</summary>
    internal bool IsInHistory => _isInHistory;

    /// <summary>True where others may have to wait for a row.</summary>
    internal bool HoldsRows => _rowLocks.Count + _writes.Count > 0;

    /// <summary>What was changed between two places of <see cref="Mark"/>.</summary>
    public ReadOnlySpan<WriteList.Entry> WritesBetween(int first, int end) => _writes.Entries[first..Math.Min(end, _writes.Count)];

    /// <summary>Under the commit lock: throws 40001 where what was read would be read otherwise now.</summary>
    internal void Validate(CommitHistory history)
    {
        if (_isInHistory && !IsReadOnly && !_reads.IsEmpty
            && (history.Touches(_reads, View.Timestamp) || _reads.IsAnyReplaced(_manager.Storage, oid => _heldTables.Of(oid).Has(TableLockMode.AccessExclusive))))
        {
            throw Error.ReadWriteDependency();
        }
    }

    // Whoever commits next cleans up. Readers do after a long one, or where nobody commits any more: short ones beside a writer
    // would do half its work, with its cache lines. And a transaction without a statement's beginning has read one row: it is
    // too short to ask, beside a writer, how many commits it has missed.
    private bool IsToCleanUp()
    {
        if (_command > 0 && _timestamps.Visible - View.Timestamp > LongReaderCommits)
        {
            return true;
        }
        if (++_readCount % ReadsBetweenCleanups != 0)
        {
            return false;
        }
        long before = _visibleBefore;
        _visibleBefore = _timestamps.Visible;
        return _visibleBefore == before;
    }

    private void NewStamp() => Volatile.Write(ref _stamp, new TransactionStamp { ProcessId = ProcessId, Doubts = Doubts });

    // The commit writes all of the row to the log.
    private void PrefetchImage(TableStore table, long rowId)
    {
        if (IsLogged)
        {
            table.Prefetch(rowId);
        }
    }

    private RowWriter Writer(bool isLatest) => new(_stamp!, _command, isLatest ? RowWriter.AnyCommitted : View.Timestamp);

    private WriteOutcome Passed(WriteOutcome outcome)
    {
        if (outcome == WriteOutcome.Gone)
        {
            LeaveRow();
        }
        if (Isolation != IsolationLevel.ReadCommitted)
        {
            EnsureDone(outcome);
        }
        return outcome;
    }

    private static void EnsureDone(WriteOutcome outcome)
    {
        if (outcome != WriteOutcome.Done)
        {
            throw outcome == WriteOutcome.Gone ? Error.ConcurrentDelete() : Error.ConcurrentUpdate();
        }
    }

    // All that was held is given up first, then the mark of those who wait is looked at (see TransactionStamp.Await).
    private void End(bool isStampUnused, bool isCommitted)
    {
        LeaveRow();
        _writes.Clear();
        Doubts.CutTo(0);
        if (_rowLocks.Count + _heldTables.Count > 0)
        {
            Unlock(0, 0);
            Interlocked.MemoryBarrier();
            if (_rowLocks.Capacity > RowLocksKeptMax)
            {
                _rowLocks.Capacity = 0;
            }
            _heldTables.Trim();
        }
        if (_stamp is { } stamp)
        {
            if (stamp.IsAwaited)
            {
                stamp.End();
                Volatile.Write(ref _stamp, null);
                _manager.Locks.Wake(stamp);
            }
            else if (_isStampCopied || !isStampUnused)
            {
                Volatile.Write(ref _stamp, null);
            }
            else if (isCommitted)
            {
                stamp.Reset();
            }
        }
        _isStampCopied = false;
        _id = 0;
        if (_isInHistory)
        {
            _isInHistory = false;
            _manager.LeaveHistory();
            _reads.Clear();
        }
        _slot.Leave();
        if (!isCommitted && IsToCleanUp())
        {
            _manager.CleanUpWaiting();
        }
        IsActive = false;
        View = default;
    }
}

/// <summary>A place in a transaction: how much it had changed and locked by then.</summary>
internal readonly record struct TransactionMark(int WriteCount, int RowLockCount, int TableLockCount);
