using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>
/// What a SERIALIZABLE transaction has read, and whether it would read the same at its commit. As in Neumann, Mühlbauer,
/// Kemper (SIGMOD 2015, section 3.3) predicates are held against what others have changed since the snapshot; here against the
/// first and the last version of each row, since what lay between was neither seen nor is there.
/// </summary>
internal sealed class SerializableReads
{
    private const int PredicatesMax = 200;   // of a table: then it counts as read as a whole

    private readonly Dictionary<int, List<ReadPredicate>> _byTable = [];

    public bool IsEmpty => _byTable.Count == 0;

    public void Add(ReadPredicate predicate)
    {
        int oid = predicate.Table.Definition.Oid;
        if (!_byTable.TryGetValue(oid, out List<ReadPredicate>? predicates))
        {
            _byTable.Add(oid, predicates = []);
        }
        if (predicates.Exists(other => other.Covers(predicate)))
        {
            return;
        }
        if (predicates.Count == PredicatesMax)
        {
            predicates.Clear();
            predicate = new WholeTablePredicate(predicate.Table);
        }
        predicates.Add(predicate);
    }

    public void Clear() => _byTable.Clear();

    /// <summary>True where a change of these rows, between the snapshot and what is committed now, touches what was read.</summary>
    /// <param name="entry">The rows.</param>
    /// <param name="snapshot">What the transaction reads at.</param>
    /// <param name="isQueued">
    /// The change waits for the log: it is what is newest of its row, though not committed yet. Where it is published meanwhile, what is newest may be
    /// another's by then; so what is committed is looked at after that too.
    /// </param>
    public bool IsTouchedBy(in WriteList.Entry entry, long snapshot, bool isQueued = false)
    {
        if (!_byTable.TryGetValue(entry.Table.Definition.Oid, out List<ReadPredicate>? predicates))
        {
            return false;
        }
        var before = new ReadView(snapshot);
        var now = new ReadView(RowWriter.AnyCommitted);
        foreach (ReadPredicate predicate in predicates)
        {
            if (!ReferenceEquals(predicate.Table, entry.Table))
            {
                return true;   // altered meanwhile: its row ids are another's
            }
            for (long rowId = entry.FirstRowId; rowId < entry.FirstRowId + entry.RowCount; rowId++)
            {
                if ((entry.Table.TryRead(rowId, before, predicate.Row) && predicate.Matches(predicate.Row))
                    || (isQueued && entry.Table.TryRead(rowId, ReadView.Latest, predicate.Row) && predicate.Matches(predicate.Row))
                    || (entry.Table.TryRead(rowId, now, predicate.Row) && predicate.Matches(predicate.Row)))
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>True where a table that was read has been replaced since: altered, truncated or dropped.</summary>
    public bool IsAnyReplaced(DatabaseStorage storage, Func<int, bool> isOwn)
    {
        foreach ((int oid, List<ReadPredicate> predicates) in _byTable)
        {
            if (!isOwn(oid) && !(storage.Tables.TryGetValue(oid, out TableStore? table) && predicates.TrueForAll(p => ReferenceEquals(p.Table, table))))
            {
                return true;
            }
        }
        return false;
    }
}
