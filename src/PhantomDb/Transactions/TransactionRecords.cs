using System.Collections.Immutable;
using System.Runtime.InteropServices;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Transactions;

/// <summary>
/// What a transaction has changed, net, as records of the log: first its definitions in the order of its statements, then its rows under the
/// last of them. One for each session, used again; before any lock, as all that is looked at is the transaction's own.
/// </summary>
internal sealed class TransactionRecords(DatabaseStorage storage, LoadFiles? loads = null)
{
    private const int TablesKeptMax = 16;
    private const int RowsKeptMax = 4096;

    private readonly List<RowRecords> _tables = [];   // looked at lately, the last one first
    private readonly List<RowRange> _ranges = [];        // of the table looked at: rows that were written to
    private readonly List<long> _changedRows = [];
    private readonly List<string> _loadNames = [];
    private Action _throwIfStopped = () => { };
    private ImmutableDictionary<int, TableStore>? _tablesSeen;   // the table last used is in place there
    private TableStore? _tableInPlace;

    public LogBatch Batch { get; } = new();

    /// <summary>Side files that the records name; the caller's to remove where the transaction fails.</summary>
    public IReadOnlyList<string> LoadNames => _loadNames;

    /// <summary>
    /// Fills the batch, and writes what is too much for it into side files, which are on the disk then. Steps are null where the transaction
    /// has defined nothing. Where it throws, no file is left.
    /// </summary>
    public void Encode(WriteList writes, IReadOnlyList<DefinitionStep>? steps, Action? throwIfStopped = null)
    {
        Batch.Clear();
        _throwIfStopped = throwIfStopped ?? _throwIfStopped;
        try
        {
            EncodeAll(writes, steps);
        }
        catch
        {
            DiscardLoads();
            throw;
        }
    }

    /// <summary>Removes the side files: no record names them.</summary>
    public void DiscardLoads()
    {
        _loadNames.ForEach(name => loads!.Discard(name));
        _loadNames.Clear();
    }

    private void EncodeAll(WriteList writes, IReadOnlyList<DefinitionStep>? steps)
    {
        if (steps is null && writes.Entries is [{ RowCount: 1 } only])
        {
            RowRecords records = RecordsOf(only.Table);
            if (only.Kind == WriteKind.Insert)
            {
                records.AddInserted(Batch, only.FirstRowId);   // the transaction has done nothing else
            }
            else
            {
                records.TryAddChange(Batch, only.FirstRowId, records.PlacesOf([only.FirstRowId]));
            }
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
        ImmutableDictionary<int, TableStore> tables = storage.Tables;
        if (ReferenceEquals(tables, _tablesSeen) && ReferenceEquals(table, _tableInPlace))
        {
            Batch.Uses(table.Definition);
        }
        else if (tables.TryGetValue(table.Definition.Oid, out TableStore? inPlace) && ReferenceEquals(inPlace.Definition, table.Definition))
        {
            (_tablesSeen, _tableInPlace) = (tables, table);
            Batch.Uses(table.Definition);
        }
    }

    /// <summary>Forgets what was written, and the tables where definitions have changed.</summary>
    public void Clear(bool forgetsTables)
    {
        Batch.Clear();
        _loadNames.Clear();
        if (_ranges.Capacity > RowsKeptMax)
        {
            _ranges.Clear();
            _ranges.Capacity = 0;
        }
        if (_changedRows.Capacity > RowsKeptMax)
        {
            _changedRows.Clear();
            _changedRows.Capacity = 0;
        }
        if (forgetsTables)
        {
            (_tablesSeen, _tableInPlace) = (null, null);
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
            AddAll(records);
            return;
        }
        long newCount = CollectRows(records, writes, fates);
        Dictionary<long, int>? places = _changedRows.Count == 0 ? null : records.PlacesOf(CollectionsMarshal.AsSpan(_changedRows));
        if (newCount < RowCountMin && TryAddInOrder(records, places))
        {
            return;
        }
        // Rows that were there before stay records; the new ones follow in a file.
        foreach (long rowId in CollectedRows())
        {
            records.TryAddChange(Batch, rowId, places);
        }
        using LoadFileWriter file = loads!.Create(table.Definition);
        DataChunk chunk = records.NewChunk();
        RowBuffer.Clear(chunk);
        foreach (long rowId in CollectedRows())
        {
            records.AppendNew(rowId, chunk);
            if (chunk.Count == DataChunk.Capacity)
            {
                Flush();
            }
        }
        Flush();
        AddLoad(records, file);

        void Flush()
        {
            _throwIfStopped();
            file.Write(chunk);
            RowBuffer.Clear(chunk);
        }
    }

    private long RowCountMin => loads?.RowCountMin ?? long.MaxValue;

    private int ByteCountMax => loads?.ByteCountMin ?? int.MaxValue;

    private void AddAll(RowRecords records)
    {
        int start = Batch.RecordCount;
        if (records.Table.RowCount < RowCountMin)
        {
            if (records.TryAddAll(Batch, ByteCountMax))
            {
                return;
            }
            Batch.CutTo(start);
        }
        using LoadFileWriter file = loads!.Create(records.Table.Definition);
        records.WriteAll(file, _throwIfStopped);
        AddLoad(records, file);
    }

    private void AddLoad(RowRecords records, LoadFileWriter file)
    {
        if (file.RowCount > 0)
        {
            LoadFile finished = file.Finish();
            _loadNames.Add(finished.FileName);
            records.AddLoad(Batch, finished);
        }
    }

    // False, and no record is left, where the new rows have too many bytes for the log.
    private bool TryAddInOrder(RowRecords records, Dictionary<long, int>? places)
    {
        int start = Batch.RecordCount;
        long bytes = 0;
        foreach (long rowId in CollectedRows())
        {
            bytes += records.Add(Batch, rowId, places);
            if (bytes > ByteCountMax)
            {
                Batch.CutTo(start);
                return false;
            }
        }
        return true;
    }

    // The rows that the transaction wrote to, in ranges by row id; and where rows may be equal, those that may have been there before. Gives
    // how many it inserted.
    private long CollectRows(RowRecords records, WriteList writes, TableFates fates)
    {
        _ranges.Clear();
        _changedRows.Clear();
        bool areSorted = true;
        long newCount = 0;
        foreach (ref readonly WriteList.Entry entry in writes.Entries)
        {
            if (!ReferenceEquals(fates.Of(entry.Table), records.Table))
            {
                continue;
            }
            areSorted &= _ranges.Count == 0 || entry.FirstRowId >= _ranges[^1].FirstRowId;
            _ranges.Add(new RowRange(entry.FirstRowId, entry.RowCount));
            newCount += entry.Kind == WriteKind.Insert ? entry.RowCount : 0;
            for (int i = 0; entry.Kind != WriteKind.Insert && records.HasEqualRows && i < entry.RowCount; i++)
            {
                _changedRows.Add(entry.FirstRowId + i);
            }
        }
        if (!areSorted)
        {
            _ranges.Sort((left, right) => left.FirstRowId.CompareTo(right.FirstRowId));
        }
        _changedRows.Sort();
        return newCount;
    }

    // Each once, though several statements may have changed it.
    private IEnumerable<long> CollectedRows()
    {
        long next = 0;
        foreach (RowRange range in _ranges)
        {
            for (long rowId = Math.Max(next, range.FirstRowId); rowId < range.FirstRowId + range.Count; rowId++)
            {
                yield return rowId;
            }
            next = Math.Max(next, range.FirstRowId + range.Count);
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
