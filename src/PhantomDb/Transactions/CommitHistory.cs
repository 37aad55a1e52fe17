using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>
/// What was committed while SERIALIZABLE transactions run, for them to look at when they commit. Under the commit lock; empty
/// where there are none. Of a row that changes again and again the last change is kept, of one that came and went none: so it
/// grows with the rows that change, not with the changes.
/// </summary>
internal sealed class CommitHistory(ReadTimestamps timestamps)
{
    private const int CommitsBetweenTrims = 64;
    private const int ChangesBeforeThinning = 4096;
    private const int RowsLookedAtMax = 64;

    private readonly List<long> _activeTimestamps = [];
    private Queue<Change> _changes = new();
    private int _readerCount;
    private int _commitsUntilTrim;
    private int _thinAt = ChangesBeforeThinning;

    private readonly record struct Change(long Timestamp, WriteList.Entry Rows);

    /// <summary>A SERIALIZABLE transaction begins: what is committed from now on is kept for it. Before it takes its snapshot.</summary>
    public void Enter() => _readerCount++;

    public void Leave()
    {
        if (--_readerCount == 0)
        {
            ForgetVisible();
            if (_changes.Count == 0 && _thinAt > ChangesBeforeThinning)
            {
                _changes = new Queue<Change>();
                _thinAt = ChangesBeforeThinning;
            }
        }
    }

    /// <summary>
    /// Takes a commit. One that waits for the log is kept though nobody is there: who comes takes a snapshot from before it.
    /// </summary>
    public void Add(long timestamp, WriteList writes, bool isQueued = false)
    {
        if (_readerCount == 0)
        {
            if (!isQueued)
            {
                return;
            }
            ForgetVisible();
            if (timestamp <= timestamps.Visible)
            {
                return;
            }
        }
        foreach (ref readonly WriteList.Entry entry in writes.Entries)
        {
            _changes.Enqueue(new Change(timestamp, entry));
        }
        if (--_commitsUntilTrim <= 0)
        {
            _commitsUntilTrim = CommitsBetweenTrims;
            long horizon = timestamps.Horizon();
            while (_changes.TryPeek(out Change oldest) && oldest.Timestamp <= horizon)
            {
                _changes.Dequeue();
            }
        }
        if (_changes.Count >= _thinAt)
        {
            Thin();
            _thinAt = Math.Max(ChangesBeforeThinning, _changes.Count * 2);
        }
    }

    /// <summary>True where a commit after the snapshot touches what was read.</summary>
    public bool Touches(SerializableReads reads, long snapshot)
    {
        foreach (Change change in _changes)
        {
            if (change.Timestamp > snapshot && reads.IsTouchedBy(change.Rows, snapshot, change.Timestamp > timestamps.Visible))
            {
                return true;
            }
        }
        return false;
    }

    private void ForgetVisible()
    {
        long visible = timestamps.Visible;
        while (_changes.TryPeek(out Change oldest) && oldest.Timestamp <= visible)
        {
            _changes.Dequeue();
        }
    }

    // What a row was at a snapshot and what it is now is all that is ever asked: so its last change says that it has changed.
    private void Thin()
    {
        timestamps.CollectActive(_activeTimestamps);
        Change[] changes = [.. _changes];
        var last = new HashSet<(TableStore, long, int)>();
        int kept = changes.Length;
        for (int i = changes.Length - 1; i >= 0; i--)
        {
            WriteList.Entry rows = changes[i].Rows;
            if (last.Add((rows.Table, rows.FirstRowId, rows.RowCount)) && !IsNobodys(rows))
            {
                changes[--kept] = changes[i];
            }
        }
        _changes = new Queue<Change>(changes.AsSpan(kept).ToArray());
    }

    // True where nobody who reads now or later sees any of the rows: they came and went since.
    private bool IsNobodys(in WriteList.Entry rows)
    {
        if (rows.RowCount > RowsLookedAtMax)
        {
            return false;
        }
        for (long rowId = rows.FirstRowId; rowId < rows.FirstRowId + rows.RowCount; rowId++)
        {
            if (rows.Table.IsVisible(rowId, ReadView.Latest))
            {
                return false;
            }
            foreach (long timestamp in _activeTimestamps)
            {
                if (rows.Table.IsVisible(rowId, new ReadView(timestamp)))
                {
                    return false;
                }
            }
        }
        return true;
    }
}
