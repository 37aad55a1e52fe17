using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Finds the row of a table that is as an image before says: by the primary key, or in a table without one by the hash of the whole row and
/// its place among equal rows as they were when the transaction began. Changes no row.
/// </summary>
internal sealed class RowFinder
{
    private static readonly SortedSet<long> NoRows = [];

    private readonly TableStore _store;
    private readonly TableDefinition _table;
    private readonly PhysicalType[] _types;
    private readonly RowBuffer _found;

    // With a primary key.
    private readonly IndexLookup? _lookup;
    private readonly TableIndex? _keyIndex;
    private readonly RowBuffer? _key;
    private readonly int[] _keyPlaces = [];

    // Without: all rows, from the first that is looked for on.
    private RowHashes? _hashes;
    private readonly RowBuffer _inserted;
    private readonly Dictionary<long, SortedSet<long>> _taken = [];   // by hash: rows that the transaction has taken out
    private readonly List<(long Hash, long RowId)> _changed = [];     // rows that it has changed: found again when it has ended

    public RowFinder(TableStore store)
    {
        _store = store;
        _table = store.Definition;
        _types = [.. _table.Columns.Select(c => c.Type.Physical)];
        int[] numbers = [.. _table.Columns.Select(c => c.Number)];
        Before = new RowBuffer(numbers);
        _inserted = new RowBuffer(numbers);
        _found = new RowBuffer(numbers);
        if (_table.PrimaryKey is { } key && store.FindIndex(key.IndexOid) is { } index)
        {
            _keyIndex = index;
            _lookup = new IndexLookup(store, index, numbers);
            _found = _lookup.Row;
            _key = new RowBuffer(index.EntryColumns);
            _keyPlaces = [.. index.EntryColumns.Select(_table.IndexOfNumber)];
        }
    }

    public bool HasKey => _key is not null;

    /// <summary>The image that is looked for.</summary>
    public RowBuffer Before { get; }

    public void BeginTransaction()
    {
        foreach ((long hash, long rowId) in _changed)
        {
            _hashes!.Add(hash, rowId);
        }
        _changed.Clear();
        _taken.Clear();
    }

    /// <summary>The row that is as <see cref="Before"/>.</summary>
    /// <param name="equalRows">So many equal ones stand before it; in a table without primary key alone.</param>
    public long Find(int equalRows) => _key is null ? FindByHash(equalRows) : FindByKey();

    /// <summary>Rows that have come into the table, from a chunk's position on.</summary>
    public void NoteInserted(RowRange range, Vector[] vectors, int position)
    {
        for (int i = 0; _hashes is not null && i < range.Count; i++)
        {
            RowImages.Take(_inserted, vectors, position + i);
            _hashes.Add(RowImages.HashOf(_inserted, _types), range.FirstRowId + i);
        }
    }

    /// <summary>A row that was found, and has been changed where it stands.</summary>
    public void NoteChanged(long rowId, RowBuffer after)
    {
        if (_hashes is not null)
        {
            _changed.Add((RowImages.HashOf(after, _types), rowId));
        }
    }

    private long FindByKey()
    {
        for (int i = 0; i < _keyPlaces.Length; i++)
        {
            int place = _keyPlaces[i];
            _key!.SetRaw(i, Before.Raw(place), Before.IsNull(place), Before.BlocksOf(place));
        }
        long rowId;
        bool isFound;
        if (_keyIndex!.IntegerKey is { } type)
        {
            isFound = _lookup!.TryFind(_key!.GetInteger(0, type), ReadView.Latest, out rowId);
        }
        else
        {
            _keyIndex.Encode(_lookup!.Key, _key!, 0);
            isFound = _lookup.TryFind(ReadView.Latest, out rowId);
        }
        if (!isFound)
        {
            throw new LogMismatch($"table \"{_table.Name}\" has no row with the key of the image before");
        }
        int different = FirstDifference();
        return different < 0 ? rowId : throw new LogMismatch(
            $"a row of table \"{_table.Name}\" is not as the image before says: column \"{_table.Columns[different].Name}\" differs");
    }

    private long FindByHash(int equalRows)
    {
        _hashes ??= HashRows();
        long hash = RowImages.HashOf(Before, _types);
        SortedSet<long>? taken = _taken.GetValueOrDefault(hash);   // those equal rows are not there any more
        int place = 0;
        long last = -1;
        using SortedSet<long>.Enumerator takenRows = (taken ?? NoRows).GetEnumerator();
        bool hasTaken = takenRows.MoveNext();
        foreach (long rowId in _hashes.Find(hash))
        {
            if (place == 0 && taken is not null && taken.Max < rowId)
            {
                place = taken.Count;   // most often they were taken in their order
                hasTaken = false;
            }
            for (; hasTaken && takenRows.Current < rowId; hasTaken = takenRows.MoveNext())
            {
                place++;
            }
            if (_store.TryReadLatest(rowId, _found) && FirstDifference() < 0)
            {
                last = rowId;
                if (place++ == equalRows)
                {
                    break;
                }
            }
        }
        if (last >= 0)
        {
            Take(hash, last, taken);   // where others took equal rows meanwhile, there are fewer than the record says: any of them is as good
            return last;
        }
        throw new LogMismatch($"table \"{_table.Name}\" has no row that is as the image before says");
    }

    // Of rows with one image, which the transaction takes out, the places count as they were when it began.
    private void Take(long hash, long rowId, SortedSet<long>? taken)
    {
        _hashes!.Remove(hash, rowId);
        if (taken is null)
        {
            _taken.Add(hash, taken = []);
        }
        taken.Add(rowId);
    }

    private int FirstDifference()
    {
        for (int i = 0; i < _types.Length; i++)
        {
            if (!RowImages.AreEqual(Before, _found, i, _types[i]))
            {
                return i;
            }
        }
        return -1;
    }

    private RowHashes HashRows()
    {
        var hashes = new RowHashes();
        TableScan.Worker worker = _store.Scan(Before.Columns, ReadView.Latest, withRowIds: true).NewWorker();
        var chunk = new DataChunk([.. _types, PhysicalType.Int64]);
        var row = new RowBuffer(Before.Columns);
        while (worker.TryNext(chunk))
        {
            for (int i = 0; i < chunk.Count; i++)
            {
                int position = chunk.Position(i);
                RowImages.Take(row, chunk.Vectors, position);
                hashes.Add(RowImages.HashOf(row, _types), chunk.Vectors[^1].Data<long>()[chunk.Vectors[^1].PositionOf(position)]);
            }
        }
        return hashes;
    }
}
