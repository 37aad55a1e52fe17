using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Rows of one transaction whose deferrable unique keys another row had, or might have had, when they were written. Whether
/// they still do is looked at later, by whoever knows when (<see cref="TableStore.TestKey"/>). Charged to an account.
/// </summary>
internal sealed class KeyDoubts
{
    private const int EntrySize = 24;
    private const int EntriesKeptMax = 1024;

    private KeyDoubt[] _entries = [];

    /// <summary>What the list is charged to.</summary>
    public MemoryAccount? Account { get; set; }

    public int Count { get; private set; }

    public ref KeyDoubt this[int place] => ref _entries.AsSpan(0, Count)[place];

    public void Add(int tableOid, int indexOid, long rowId)
    {
        if (Count == _entries.Length)
        {
            int capacity = Math.Max(16, Count * 2);
            Account?.Charge((long)(capacity - _entries.Length) * EntrySize);
            Array.Resize(ref _entries, capacity);
        }
        _entries[Count++] = new KeyDoubt(tableOid, indexOid, rowId);
    }

    /// <summary>Drops the last entries.</summary>
    public void CutTo(int count)
    {
        Count = Math.Min(Count, count);
        if (Count == 0 && _entries.Length > EntriesKeptMax)
        {
            Account?.Release((long)_entries.Length * EntrySize);
            _entries = [];
        }
    }
}

/// <summary>A row whose key in an index was not surely its own. Oids, not objects: the table may be altered meanwhile.</summary>
internal record struct KeyDoubt(int TableOid, int IndexOid, long RowId)
{
    /// <summary>Looked at already; the entry stays, because a savepoint may bring the doubt back.</summary>
    public bool IsTested { get; set; }
}
