using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>
/// What a transaction has changed, net, as records of the log: first its definitions in the order of its statements, then its rows under the
/// last of them. One for each session, used again; before any lock, as all that is looked at is the transaction's own.
/// </summary>
internal sealed class TransactionRecords(DatabaseStorage storage)
{
    private const int TablesKeptMax = 16;
    private const int RowsKeptMax = 4096;

    private readonly List<RowRecords> _tables = [];   // looked at lately, the last one first
    private readonly List<long> _rowIds = [];

    public LogBatch Batch { get; } = new();

    /// <summary>Fills the batch. Steps are null where the transaction has defined nothing.</summary>
    public void Encode(WriteList writes, IReadOnlyList<DefinitionStep>? steps)
    {
        Batch.Clear();
        if (steps is null && writes.Entries is [{ RowCount: 1 } only])
        {
            RowRecords records = RecordsOf(only.Table);
            long rowId = only.FirstRowId;
            records.Add(Batch, rowId, only.Kind == WriteKind.Insert ? null : records.PlacesOf([rowId]));
            NoteUse(only.Table);
            return;
        }
        var fates = new TableFates(steps ?? []);
        if (steps is not null)
        {
            new DefinitionRecords(storage, Batch).Add(steps, fates);
        }
        foreach (TableStore table in TablesOf(writes, fates))
        {
            AddRows(table, writes, fates);
            NoteUse(table);
        }
        if (steps is not null && Batch.RecordCount == 0)
        {
            new DefinitionRecords(storage, Batch).AddNothing();
        }
    }

    // Under a definition that was there before: one of the transaction's own stands among its records.
    private void NoteUse(TableStore table)
    {
        if (storage.Tables.TryGetValue(table.Definition.Oid, out TableStore? inPlace) && ReferenceEquals(inPlace.Definition, table.Definition))
        {
            Batch.Uses(table.Definition);
        }
    }

    /// <summary>Forgets what was written, and the tables where definitions have changed.</summary>
    public void Clear(bool forgetsTables)
    {
        Batch.Clear();
        if (forgetsTables)
        {
            _tables.Clear();
        }
    }

    private static List<TableStore> TablesOf(WriteList writes, TableFates fates)
    {
        List<TableStore> tables = [.. fates.Rewritten];
        HashSet<TableStore> known = [.. tables];
        TableStore? last = null;
        foreach (ref readonly WriteList.Entry entry in writes.Entries)
        {
            if (!ReferenceEquals(entry.Table, last) && fates.Of(entry.Table) is { } table && known.Add(table))
            {
                tables.Add(table);
            }
            last = entry.Table;
        }
        return tables;
    }

    private void AddRows(TableStore table, WriteList writes, TableFates fates)
    {
        RowRecords records = RecordsOf(table);
        if (fates.Rewritten.Contains(table))
        {
            records.AddAll(Batch);
            return;
        }
        _rowIds.Clear();
        bool isSorted = true, wereThere = false;
        foreach (ref readonly WriteList.Entry entry in writes.Entries)
        {
            if (!ReferenceEquals(fates.Of(entry.Table), table))
            {
                continue;
            }
            wereThere |= entry.Kind != WriteKind.Insert;
            for (long rowId = entry.FirstRowId; rowId < entry.FirstRowId + entry.RowCount; rowId++)
            {
                isSorted &= _rowIds.Count == 0 || rowId > _rowIds[^1];
                _rowIds.Add(rowId);
            }
        }
        if (!isSorted)
        {
            _rowIds.Sort();
        }
        ReadOnlySpan<long> rowIds = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rowIds);
        Dictionary<long, int>? places = wereThere ? records.PlacesOf(rowIds) : null;
        for (int i = 0; i < rowIds.Length; i++)
        {
            if (i == 0 || rowIds[i] != rowIds[i - 1])
            {
                records.Add(Batch, rowIds[i], places);
            }
        }
        if (_rowIds.Capacity > RowsKeptMax)
        {
            _rowIds.Clear();
            _rowIds.Capacity = 0;
        }
    }

    private RowRecords RecordsOf(TableStore table)
    {
        for (int i = 0; i < _tables.Count; i++)
        {
            if (ReferenceEquals(_tables[i].Table, table))
            {
                return _tables[i];
            }
        }
        if (_tables.Count == TablesKeptMax)
        {
            _tables.RemoveAt(0);
        }
        var records = new RowRecords(table);
        _tables.Add(records);
        return records;
    }
}

/// <summary>What has become of tables that a transaction has written to, by its own definitions.</summary>
internal sealed class TableFates
{
    private readonly Dictionary<TableStore, TableStore?> _next = [];
    private readonly HashSet<int> _dropped = [];

    public TableFates(IReadOnlyList<DefinitionStep> steps)
    {
        HashSet<TableStore> rewritten = [];
        foreach (DefinitionStep step in steps)
        {
            foreach (TableChange change in step.Tables)
            {
                _next[change.Before] = change.IsEmptied ? null : change.After;
                bool isRewritten = !change.IsEmptied && (rewritten.Contains(change.Before) || change.Computed.Any(n => change.After.Definition.IndexOfNumber(n) >= 0));
                rewritten.Remove(change.Before);
                if (isRewritten)
                {
                    rewritten.Add(change.After);
                    RewrittenSteps.Add(change);
                }
            }
        }
        DatabaseCatalog? last = steps.Count == 0 ? null : steps[^1].After;
        foreach (int oid in steps.SelectMany(step => step.Before.Tables).Select(table => table.Oid).Where(oid => last!.Find(oid) is null))
        {
            _dropped.Add(oid);
        }
        Rewritten = [.. rewritten.Where(table => Of(table) is not null)];
    }

    /// <summary>Tables whose rows are all written anew: some column's values were computed.</summary>
    public IReadOnlyList<TableStore> Rewritten { get; }

    /// <summary>The changes that made them so, before which the rows go.</summary>
    public HashSet<TableChange> RewrittenSteps { get; } = [];

    /// <summary>The table under its last definition, with rows of the same ids; null where they are gone.</summary>
    public TableStore? Of(TableStore table)
    {
        TableStore? current = table;
        while (current is not null && _next.TryGetValue(current, out TableStore? next))
        {
            current = next;
        }
        return current is null || _dropped.Contains(current.Definition.Oid) ? null : current;
    }
}
