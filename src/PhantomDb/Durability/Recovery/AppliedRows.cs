using PhantomDb.Storage;

namespace PhantomDb.Durability.Recovery;

/// <summary>Kinds of change.</summary>
internal enum AppliedChange
{
    Insert,
    Update,
    Delete,
}

/// <summary>
/// Under which stamp rows are changed that the log is applied to, and what becomes of their versions: where nobody reads they go at once. In a
/// follower readers go on with what they see, until all that was applied becomes visible as one commit; then the versions are cleaned up as after any.
/// </summary>
internal sealed class AppliedRows
{
    private readonly bool _hasReaders;
    private readonly List<(TableStore Table, AppliedChange Change, long FirstRowId, int Count)> _rows = [];

    public AppliedRows(bool hasReaders = false)
    {
        _hasReaders = hasReaders;
        Stamp = new TransactionStamp();
        if (!hasReaders)
        {
            Stamp.Publish(0);   // before all that will ever happen to the database
        }
    }

    public TransactionStamp Stamp { get; private set; }

    /// <summary>What has versions, in order.</summary>
    public IReadOnlyList<(TableStore Table, AppliedChange Change, long FirstRowId, int Count)> Rows => _rows;

    public void Add(TableStore table, AppliedChange change, long firstRowId, int count)
    {
        if (_hasReaders)
        {
            _rows.Add((table, change, firstRowId, count));
        }
        else
        {
            table.PruneCommitted(firstRowId, count, isInsert: change == AppliedChange.Insert, horizon: 0);
        }
    }

    /// <summary>Begins the next commit: the last one is visible.</summary>
    public void Renew()
    {
        Stamp = new TransactionStamp();
        _rows.Clear();
    }
}
