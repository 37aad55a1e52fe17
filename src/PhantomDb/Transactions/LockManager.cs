using System.Diagnostics;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Types;

namespace PhantomDb.Transactions;

/// <summary>
/// All waiting of transactions for one another: for the end of the one that owns or has locked a row, and for table locks. One
/// gate guards who waits for whom, so that a circle is found before anybody closes it by waiting. Whether a wait is needed
/// is seen elsewhere, under the latch of what is waited for; who is woken, for whatever reason, looks again.
/// </summary>
internal sealed partial class LockManager
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TransactionStamp, List<Transaction>> _waiters = [];
    private readonly Dictionary<TransactionStamp, Wait> _waits = [];   // by the waiting transaction's stamp

    private readonly Dictionary<(TableStore Table, long RowId), List<Transaction>> _rowQueues = [];   // those who wait for a row, in order
    private readonly List<TransactionStamp> _blockers = [];   // of the wait that is just begun
    private readonly Stack<TransactionStamp> _path = [];      // while a circle is looked for
    private readonly HashSet<TransactionStamp> _seen = [];   // then, and while blockers are taken

    /// <summary>
    /// A wait. Woken by the end of one, <see cref="BlockedBy"/>; but the others keep it out too, and a circle through any of them is a
    /// deadlock. Where one of the others ends it stays here, and is harmless: an awaited stamp is not used again.
    /// </summary>
    private readonly record struct Wait(Transaction Waiter, TransactionStamp BlockedBy, TransactionStamp[] Others, long Since, AwaitedRow? Row);

    private readonly record struct AwaitedRow(TableStore Table, long RowId, RowLockMode Mode);

    /// <summary>Waits until the blocker has given way. Throws 40P01, 55P03 or 57014 instead of waiting, or of waiting longer.</summary>
    public void WaitFor(Transaction waiter, in Blocker blocker)
    {
        lock (_gate)
        {
            if (blocker.HasGivenWay)
            {
                return;
            }
            Enlist(waiter, blocker.Stamp!, [], row: null);
        }
        Sleep(waiter);
    }

    /// <summary>As <see cref="WaitFor"/>, for a row, without a place in the line: for who has a lock of the row already.</summary>
    public void WaitBesideLine(Transaction waiter, List<Blocker> blockers, TableStore table, long rowId, RowLockMode mode)
    {
        lock (_gate)
        {
            if (!TryTakeBlockers(blockers))
            {
                return;
            }
            Enlist(waiter, _blockers[0], Others(1), new AwaitedRow(table, rowId, mode));
        }
        SleepForRow(waiter, blockers, table, rowId, mode);
    }

    /// <summary>
    /// Waits for a row, behind those who came before: only the first waits for the row's owner, each other one for the one before
    /// it, so that a row goes from hand to hand without waking all. Until <see cref="LeaveRow"/> the waiter keeps its place,
    /// however often it has to look again.
    /// </summary>
    public void WaitForRow(Transaction waiter, List<Blocker> blockers, TableStore table, long rowId, RowLockMode mode)
    {
        lock (_gate)
        {
            if (!TryTakeBlockers(blockers))
            {
                return;
            }
            if (!_rowQueues.TryGetValue((table, rowId), out List<Transaction>? queue))
            {
                _rowQueues.Add((table, rowId), queue = []);
            }
            int place = queue.IndexOf(waiter);
            if (place < 0)
            {
                place = queue.Count;
                queue.Add(waiter);
            }
            TransactionStamp? before = place > 0 ? queue[place - 1].Stamp : null;
            before?.Await();
            // The one before may wait for something else of this transaction's: then the owner decides whether it is a deadlock.
            if (before is null || !TryEnlist(waiter, before, Others(0), new AwaitedRow(table, rowId, mode)))
            {
                Enlist(waiter, _blockers[0], Others(1), new AwaitedRow(table, rowId, mode));
            }
        }
        SleepForRow(waiter, blockers, table, rowId, mode);
    }

    /// <summary>
    /// Makes those look again who wait for a row that the transaction has locked or changed since, without standing in line: they do
    /// not know yet that they wait for it too. For one that is about to wait itself.
    /// </summary>
    public void TellRowWaiters(Transaction holder)
    {
        if (!holder.HoldsRows)
        {
            return;
        }
        List<AwaitedRow>? rows = null;
        lock (_gate)
        {
            foreach (Wait wait in _waits.Values)
            {
                if (wait.Row is { } row && IsNewsTo(wait, holder.Stamp!) && rows?.Contains(row) != true)
                {
                    (rows ??= []).Add(row);
                }
            }
        }
        rows?.RemoveAll(row => !row.Table.IsBlockedBy(row.RowId, row.Mode, holder.Stamp!));
        if (rows is null or [])
        {
            return;
        }
        lock (_gate)
        {
            foreach (Wait wait in _waits.Values.Where(wait => wait.Row is { } row && rows.Contains(row) && IsNewsTo(wait, holder.Stamp!)).ToList())
            {
                End(wait);
            }
        }
    }

    private static bool IsNewsTo(in Wait wait, TransactionStamp holder) =>
        !ReferenceEquals(wait.Waiter.Stamp, holder) && !ReferenceEquals(wait.BlockedBy, holder) && !wait.Others.Contains(holder);

    /// <summary>The transaction has the row, or does not want it any more: the next in line looks.</summary>
    public void LeaveRow(Transaction waiter, TableStore table, long rowId)
    {
        lock (_gate)
        {
            if (!_rowQueues.TryGetValue((table, rowId), out List<Transaction>? queue) || queue.IndexOf(waiter) is not (>= 0 and int place))
            {
                return;
            }
            queue.RemoveAt(place);
            if (queue.Count == 0)
            {
                _rowQueues.Remove((table, rowId));
            }
            else if (place < queue.Count && queue[place].Stamp is { } stamp
                && _waits.TryGetValue(stamp, out Wait wait) && ReferenceEquals(wait.BlockedBy, waiter.Stamp))
            {
                End(wait);
            }
        }
    }

    /// <summary>Rows that anybody waits for.</summary>
    internal int RowQueueCount
    {
        get
        {
            lock (_gate)
            {
                return _rowQueues.Count;
            }
        }
    }

    /// <summary>Wakes all who wait for a transaction, beside others too: it has given up some of what it held, and may now wait for one of them.</summary>
    public void WakeAll(TransactionStamp stamp)
    {
        lock (_gate)
        {
            foreach (Wait wait in _waits.Values.Where(wait => ReferenceEquals(wait.BlockedBy, stamp) || wait.Others.Contains(stamp)).ToList())
            {
                End(wait);
            }
        }
    }

    /// <summary>Wakes those who wait for a transaction, which has ended.</summary>
    public void Wake(TransactionStamp stamp)
    {
        lock (_gate)
        {
            if (_waiters.Remove(stamp, out List<Transaction>? waiters))
            {
                foreach (Transaction waiter in waiters)
                {
                    _waits.Remove(waiter.Stamp!);
                    waiter.Signal.Release();
                }
            }
        }
    }


    /// <summary>What is held and waited for at the moment, for people to read.</summary>
    public List<LockDescription> Describe()
    {
        var locks = new List<LockDescription>();
        lock (_gate)
        {
            foreach (TableLock table in _tables.Values)
            {
                foreach (TableHold hold in table.Holds)
                {
                    for (var mode = TableLockMode.AccessShare; mode <= TableLockMode.AccessExclusive; mode++)
                    {
                        if (hold.Has(mode))
                        {
                            locks.Add(new LockDescription(hold.Owner.ProcessId, table.Oid, mode, IsGranted: true));
                        }
                    }
                }
                foreach (TableRequest request in table.Queue)
                {
                    Wait wait = WaitOf(request.Transaction);
                    locks.Add(new LockDescription(request.Transaction.ProcessId, table.Oid, request.Mode, IsGranted: false, wait.BlockedBy?.ProcessId ?? 0, wait.Since));
                }
            }
            foreach (Wait wait in _waits.Values)
            {
                if (!locks.Exists(l => !l.IsGranted && l.ProcessId == wait.Waiter.ProcessId))
                {
                    locks.Add(new LockDescription(wait.Waiter.ProcessId, null, TableLockMode.Share, IsGranted: false, wait.BlockedBy.ProcessId, wait.Since));
                }
            }
        }
        return locks;
    }

    /// <summary>
    /// The sessions that one waits for: of a row the owner and all who have locked it, or the one before in the line; of a table's lock
    /// all who hold, or have asked before for, what cannot be beside.
    /// </summary>
    public List<int> BlockersOf(int processId)
    {
        lock (_gate)
        {
            foreach (TableLock table in _tables.Values)
            {
                if (table.Queue.Find(r => r.Transaction.ProcessId == processId) is { } request)
                {
                    IEnumerable<int> holders = table.Holds.Where(h => h.Owner.ProcessId != processId && TableLock.Conflict(request.Mode, h.Modes)).Select(h => h.Owner.ProcessId);
                    IEnumerable<int> before = table.Queue.TakeWhile(r => r != request)
                        .Where(r => TableLock.Conflict(request.Mode, 1 << (int)r.Mode)).Select(r => r.Transaction.ProcessId);
                    return [.. holders.Concat(before).Distinct()];
                }
            }
            return [.. _waits.Values.Where(wait => wait.Waiter.ProcessId == processId).SelectMany(BlockersOf).Distinct()];
        }
    }

    // Who stands in line waits for the one before; whom that one waits for is its own.
    private IEnumerable<int> BlockersOf(Wait wait)
    {
        bool isBehind = wait.Row is { } row && _rowQueues.TryGetValue((row.Table, row.RowId), out List<Transaction>? queue)
            && queue.IndexOf(wait.Waiter) is > 0 and int place && ReferenceEquals(queue[place - 1].Stamp, wait.BlockedBy);
        IEnumerable<TransactionStamp> others = isBehind ? [] : wait.Others.Where(other => !other.HasEnded);
        return others.Prepend(wait.BlockedBy).Select(stamp => stamp.ProcessId);
    }

    private Wait WaitOf(Transaction waiter) => waiter.Stamp is { } stamp ? _waits.GetValueOrDefault(stamp) : default;

    // False where somebody has given way since they were seen: then the row is to be looked at again. Who has ended does not count.
    private bool TryTakeBlockers(List<Blocker> blockers)
    {
        _blockers.Clear();
        _seen.Clear();
        foreach (Blocker blocker in blockers)
        {
            if (blocker.Stamp!.HasEnded || !_seen.Add(blocker.Stamp))
            {
                continue;
            }
            if (blocker.HasGivenWay)
            {
                return false;
            }
            _blockers.Add(blocker.Stamp);
        }
        return _blockers.Count > 0;
    }

    private TransactionStamp[] Others(int first) => _blockers.Count > first ? [.. _blockers[first..]] : [];

    private void Enlist(Transaction waiter, TransactionStamp blocker, TransactionStamp[] others, AwaitedRow? row)
    {
        if (!TryEnlist(waiter, blocker, others, row))
        {
            throw Error.Deadlock(waiter.ProcessId, blocker.ProcessId);
        }
    }

    // Under the gate; false where it would close a circle.
    private bool TryEnlist(Transaction waiter, TransactionStamp blocker, TransactionStamp[] others, AwaitedRow? row)
    {
        TransactionStamp own = waiter.Stamp!;
        if (WaitsFor(blocker, others, own))
        {
            return false;
        }
        _waits[own] = new Wait(waiter, blocker, others, CoarseClock.Now, row);
        if (!_waiters.TryGetValue(blocker, out List<Transaction>? waiters))
        {
            _waiters.Add(blocker, waiters = []);
        }
        waiters.Add(waiter);
        return true;
    }

    // Mostly each waits for one other, which is a chain. Only where ways part is it noted who has been there.
    private bool WaitsFor(TransactionStamp first, TransactionStamp[] others, TransactionStamp wanted)
    {
        _path.Clear();
        _seen.Clear();
        foreach (TransactionStamp other in others)
        {
            _path.Push(other);
        }
        _path.Push(first);
        while (_path.TryPop(out TransactionStamp? stamp))
        {
            if (ReferenceEquals(stamp, wanted))
            {
                return true;
            }
            if (!_waits.TryGetValue(stamp, out Wait wait) || (wait.Others.Length > 0 && !_seen.Add(stamp)))
            {
                continue;
            }
            foreach (TransactionStamp other in wait.Others)
            {
                _path.Push(other);
            }
            _path.Push(wait.BlockedBy);
        }
        return false;
    }

    private void End(in Wait wait)
    {
        _waits.Remove(wait.Waiter.Stamp!);
        RemoveWaiter(wait.Waiter, wait.BlockedBy);
        wait.Waiter.Signal.Release();
    }

    // Who has locked the row between the look at it and the note of this wait did not find the wait to tell it (TellRowWaiters),
    // and this one does not know that it waits for that one too: then it looks again.
    private void SleepForRow(Transaction waiter, List<Blocker> blockers, TableStore table, long rowId, RowLockMode mode)
    {
        blockers.Clear();
        table.FindBlockers(rowId, mode, waiter.Stamp!, blockers);
        lock (_gate)
        {
            if (_waits.TryGetValue(waiter.Stamp!, out Wait wait)
                && blockers.Exists(blocker => !blocker.Stamp!.HasEnded && IsNewsTo(wait, blocker.Stamp)))
            {
                _waits.Remove(waiter.Stamp!);
                RemoveWaiter(waiter, wait.BlockedBy);
                return;
            }
        }
        Sleep(waiter);
    }

    private void Sleep(Transaction waiter)
    {
        try
        {
            waiter.WaitLimits.Sleep(waiter.Signal);
        }
        finally
        {
            lock (_gate)
            {
                // Whoever wakes takes the wait away; an error, or a signal that is left over from one, does not.
                if (_waits.Remove(waiter.Stamp!, out Wait wait))
                {
                    RemoveWaiter(waiter, wait.BlockedBy);
                }
            }
        }
    }

    private void RemoveWaiter(Transaction waiter, TransactionStamp blocker)
    {
        if (_waiters.TryGetValue(blocker, out List<Transaction>? waiters) && waiters.Remove(waiter) && waiters.Count == 0)
        {
            _waiters.Remove(blocker);
        }
    }
}

/// <summary>
/// A lock that is held or waited for. A wait for another transaction (for its row, or its key) has no table; BlockedBy is who must end,
/// and WaitStart when the wait began (microseconds since 2000): both 0 where it does not wait.
/// </summary>
internal sealed record LockDescription(int ProcessId, int? TableOid, TableLockMode Mode, bool IsGranted, int BlockedBy = 0, long WaitStart = 0);
