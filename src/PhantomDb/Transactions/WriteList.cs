using PhantomDb.Storage;

namespace PhantomDb.Transactions;

/// <summary>What a transaction has changed, in order: what rollback undoes from the end, and commit cleans up after.</summary>
internal sealed class WriteList
{
    private const int EntriesKeptMax = 1024;

    private Entry[] _entries = new Entry[8];
    private bool _isSealed;   // a mark points to the end: the last entry must not grow

    /// <summary>Neighbouring rows of a table that were changed alike.</summary>
    internal struct Entry
    {
        public TableStore Table;
        public long FirstRowId;
        public int RowCount;
        public WriteKind Kind;
        public short RecordCount;   // columns changed of each row

        /// <summary>True where both are the same kind of change of the same rows.</summary>
        public readonly bool IsSameRows(in Entry other) =>
            ReferenceEquals(Table, other.Table) && FirstRowId == other.FirstRowId && RowCount == other.RowCount && Kind == other.Kind;
    }

    public int Count { get; private set; }

    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, Count);

    public void Add(TableStore table, WriteKind kind, long firstRowId, int rowCount, int recordCount = 0)
    {
        if (Count > 0 && !_isSealed)
        {
            ref Entry last = ref _entries[Count - 1];
            if (ReferenceEquals(last.Table, table) && last.Kind == kind && last.RecordCount == recordCount
                && last.FirstRowId + last.RowCount == firstRowId && last.RowCount < int.MaxValue - rowCount)
            {
                last.RowCount += rowCount;
                return;
            }
        }
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }
        _entries[Count++] = new Entry
        {
            Table = table, Kind = kind, FirstRowId = firstRowId, RowCount = rowCount, RecordCount = (short)recordCount,
        };
        _isSealed = false;
    }

    /// <summary>The place to come back to with <see cref="UndoTo"/>.</summary>
    public int Mark()
    {
        _isSealed = true;
        return Count;
    }

    /// <summary>Undoes all changes after a mark, the last first.</summary>
    public void UndoTo(int mark)
    {
        while (Count > mark)
        {
            Undo(_entries[Count - 1]);
            _entries[--Count] = default;
        }
        _isSealed = true;
    }

    /// <summary>Tells the tables when their rows were changed, before that is visible. In the order of the commits.</summary>
    public void NoteCommit(long commitTimestamp)
    {
        TableStore? noted = null;
        foreach (ref readonly Entry entry in Entries)
        {
            if (!ReferenceEquals(entry.Table, noted))
            {
                noted = entry.Table;
                noted.NoteCommit(commitTimestamp);
            }
        }
    }

    public void Clear()
    {
        if (_entries.Length > EntriesKeptMax)
        {
            _entries = new Entry[8];
        }
        else
        {
            _entries.AsSpan(0, Count).Clear();
        }
        Count = 0;
        _isSealed = false;
    }

    private static void Undo(in Entry entry)
    {
        if (entry.Kind == WriteKind.Insert)
        {
            entry.Table.UndoInsert(entry.FirstRowId, entry.RowCount);
            return;
        }
        for (int i = entry.RowCount - 1; i >= 0; i--)
        {
            if (entry.Kind == WriteKind.Update)
            {
                entry.Table.UndoUpdate(entry.FirstRowId + i, entry.RecordCount);
            }
            else
            {
                entry.Table.UndoDelete(entry.FirstRowId + i);
            }
        }
    }
}

/// <summary>Kinds of change.</summary>
internal enum WriteKind : byte
{
    Insert,
    Update,
    Delete,
}
