using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>
/// What was committed while SERIALIZABLE transactions run, for them to look at when they commit. Under the commit lock; empty
/// where there are none.
/// </summary>
internal sealed class CommitHistory(ReadTimestamps timestamps)
{
    private const int CommitsBetweenTrims = 64;

    private readonly Queue<Commit> _commits = new();
    private int _readerCount;
    private int _commitsUntilTrim;

    private readonly record struct Commit(long Timestamp, WriteList.Entry[] Writes);

    /// <summary>A SERIALIZABLE transaction begins: what is committed from now on is kept for it. Before it takes its snapshot.</summary>
    public void Enter() => _readerCount++;

    public void Leave()
    {
        if (--_readerCount == 0)
        {
            _commits.Clear();
        }
    }

    public void Add(long timestamp, WriteList writes)
    {
        if (_readerCount == 0)
        {
            return;
        }
        _commits.Enqueue(new Commit(timestamp, writes.Entries.ToArray()));
        if (--_commitsUntilTrim <= 0)
        {
            _commitsUntilTrim = CommitsBetweenTrims;
            long horizon = timestamps.Horizon();
            while (_commits.TryPeek(out Commit oldest) && oldest.Timestamp <= horizon)
            {
                _commits.Dequeue();
            }
        }
    }

    /// <summary>True where a commit after the snapshot touches what was read.</summary>
    public bool Touches(SerializableReads reads, long snapshot)
    {
        foreach (Commit commit in _commits)
        {
            if (commit.Timestamp <= snapshot)
            {
                continue;
            }
            foreach (ref readonly WriteList.Entry entry in commit.Writes.AsSpan())
            {
                if (reads.IsTouchedBy(entry, snapshot))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
