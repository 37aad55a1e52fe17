using System.Globalization;
using System.Runtime.CompilerServices;
using Change = PhantomDb.Storage.RowWriter;
using PhantomDb.Catalog;
using PhantomDb.Csv;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Puts the row images of the log into one table. Of a transaction all before images go out first and all after images come in
/// then; rows that come in wait in chunks, beyond its end too, until some row has to be found. An update that leaves all unique keys as they
/// are is made in place, so that a table without primary key keeps its order. Who else has the table, <see cref="AppliedRows"/> knows.
/// </summary>
internal sealed class TableApplier
{
    private const int BufferedColumnsMax = 64;

    private readonly TableStore _store;
    private readonly TableDefinition _table;
    private readonly PhysicalType[] _types;
    private readonly TextInput[] _texts;
    private readonly AppliedRows _applied;
    private readonly List<RowRange> _inserted = [];
    private readonly bool[] _isUniqueColumn;

    // Rows that come in: the chunk's from _done on are not in the table yet, those from _start on are the running transaction's.
    private DataChunk _chunk;
    private LogPosition[] _positions = new LogPosition[DataChunk.Capacity];
    private int _count;
    private int _done;
    private int _start;
    private long _transaction = -1;
    private Queue<Waiting>? _waiting;   // full chunks whose keys the transaction gives up only later

    // Images that are looked for and compared.
    private readonly DataChunk _images;
    private int _imageCount;
    private readonly RowBuffer _before;
    private readonly RowBuffer _after;
    private readonly Dictionary<ulong, RowBuffer> _changes = [];   // by the set of columns
    private readonly IndexLookup? _lookup;
    private readonly TableIndex? _keyIndex;
    private readonly RowBuffer? _key;
    private readonly int[] _keyPlaces = [];
    private readonly RowBuffer _found;
    private RowHashes? _hashes;
    private readonly Dictionary<long, SortedSet<long>> _taken = [];   // by hash: rows that the transaction has taken out
    private readonly List<(long Hash, long RowId)> _changed = [];     // rows that it has changed: found again when it has ended

    private sealed record Waiting(DataChunk Chunk, LogPosition[] Positions, int Done);

    /// <param name="store">The table.</param>
    /// <param name="applied">What is told of each row that is changed.</param>
    public TableApplier(TableStore store, AppliedRows applied)
    {
        _applied = applied;
        _store = store;
        _table = store.Definition;
        _types = [.. _table.Columns.Select(c => c.Type.Physical)];
        _texts = [.. _table.Columns.Select(c => new TextInput(c.Type, DateTimeClock.Fixed))];
        _isUniqueColumn = [.. _table.Columns.Select(c => _table.Indexes.Any(i => i.IsUnique && i.Numbers.Contains(c.Number)))];
        int[] numbers = [.. _table.Columns.Select(c => c.Number)];
        _chunk = NewChunk();
        _images = NewChunk();
        _before = new RowBuffer(numbers);
        _after = new RowBuffer(numbers);
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

    private static readonly SortedSet<long> NoRows = [];

    private enum Image
    {
        Before,
        After,
    }

    public TableDefinition Definition => _table;

    /// <summary>A record of a transaction is about to come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void BeginTransaction(LogRecordCursor record)
    {
        long transaction = record.Line.Lsn - record.Line.Part;
        if (_transaction != transaction)
        {
            _transaction = transaction;
            _start = _count;
            BeginTransaction();
        }
    }

    /// <summary>Takes a row of a side file, which the record at the position names.</summary>
    public void Append(CsvRecordReader row, RowParser parser, LogPosition position)
    {
        if (_count == DataChunk.Capacity)
        {
            MakeRoom();
        }
        parser.Parse(row, _chunk, _count);
        _positions[_count++] = position;
    }

    /// <summary>Takes a record about a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Apply(LogRecordCursor record, LogOperation operation)
    {
        BeginTransaction(record);
        switch (operation)
        {
            case LogOperation.Insert:
                EnsureCount(record.Count == _types.Length, record);
                Append(record, 0);
                break;
            case LogOperation.Update:
                Update(record);
                break;
            case LogOperation.Delete:
                bool hasPlace = HasPlace(record, _types.Length + 1);
                EnsureCount(record.Count == _types.Length || hasPlace, record);
                int image = NextImage(1);
                Parse(record, 0, _images, image, Image.Before);
                Remove(FindBefore(record, image, record.Count));
                break;
        }
    }

    /// <summary>True where rows wait for the end of the transaction.</summary>
    public bool IsWaiting => _waiting is not null;

    /// <summary>Puts all that waits into the table.</summary>
    public void Flush()
    {
        while (_waiting is { Count: > 0 } waiting)
        {
            Waiting next = waiting.Dequeue();
            (DataChunk chunk, LogPosition[] positions, int count, int done) = (_chunk, _positions, _count, _done);
            (_chunk, _positions, _count, _done) = (next.Chunk, next.Positions, DataChunk.Capacity, next.Done);
            InsertUpTo(_count);
            (_chunk, _positions, _count, _done) = (chunk, positions, count, done);
        }
        _waiting = null;
        InsertUpTo(_count);
        Clear();
    }

    private void BeginTransaction()
    {
        foreach ((long hash, long rowId) in _changed)
        {
            _hashes!.Add(hash, rowId);
        }
        _changed.Clear();
        _taken.Clear();
    }

    private void Update(LogRecordCursor record)
    {
        int mark = HasPlace(record, (2 * _types.Length) + 2) ? _types.Length + 1 : _types.Length;
        EnsureCount(record.Count == mark + 1 + _types.Length && record.IsMark(mark), record);
        int image = NextImage(2);
        Parse(record, 0, _images, image, Image.Before);
        Parse(record, mark + 1, _images, image + 1, Image.After);
        long rowId = FindBefore(record, image, mark);
        RowImages.Take(_after, _images.Vectors, image + 1);
        ulong changed = 0;
        bool movesKey = false, isChanged = false;
        for (int i = 0; i < _types.Length; i++)
        {
            if (!RowImages.AreEqual(_before, _after, i, _types[i]))
            {
                changed |= 1UL << (i % BufferedColumnsMax);
                movesKey |= _isUniqueColumn[i];
                isChanged = true;
            }
        }
        if (!isChanged)
        {
            throw new LogMismatch("the record changes nothing");   // none such is written
        }
        if (movesKey && (_key is not null || !TryUpdate(rowId, changed)))
        {
            Remove(rowId);
            Append(record, mark + 1);
        }
        else if (!movesKey && !TryUpdate(rowId, changed))
        {
            throw new LogMismatch($"the row cannot be changed as the log says: table \"{_table.Name}\"");
        }
    }

    // False where a row that goes or changes later has the new key still.
    private bool TryUpdate(long rowId, ulong changed)
    {
        RowBuffer values = _after;
        if (_types.Length <= BufferedColumnsMax)
        {
            if (!_changes.TryGetValue(changed, out RowBuffer? some))
            {
                some = new RowBuffer([.. _after.Columns.Where((_, i) => (changed & (1UL << i)) != 0)]);
                _changes.Add(changed, some);
            }
            values = some;
            for (int i = 0, place = 0; i < _types.Length; i++)
            {
                if ((changed & (1UL << i)) != 0)
                {
                    values.SetRaw(place++, _after.Raw(i), _after.IsNull(i), _after.BlocksOf(i));
                }
            }
        }
        try
        {
            var writer = new Change(_applied.Stamp, 0, Change.AnyCommitted);
            if (_store.Update(rowId, values, writer, out _) != WriteOutcome.Done)
            {
                return false;
            }
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
        {
            return false;
        }
        _applied.Add(_store, AppliedChange.Update, rowId, 1);
        if (_hashes is not null)
        {
            _changed.Add((RowImages.HashOf(_after, _types), rowId));
        }
        return true;
    }

    private void Remove(long rowId)
    {
        if (_store.Delete(rowId, new Change(_applied.Stamp, 0, Change.AnyCommitted), out _) != WriteOutcome.Done)
        {
            throw new LogMismatch($"the row cannot be removed as the log says: table \"{_table.Name}\"");
        }
        _applied.Add(_store, AppliedChange.Delete, rowId, 1);
    }

    // The row that is as the before image; leaves that in _before.
    private long FindBefore(LogRecordCursor record, int image, int end)
    {
        InsertUpTo(_start);
        RowImages.Take(_before, _images.Vectors, image);
        return _key is null ? FindByHash(EqualRowsBefore(record, end)) : FindByKey();
    }

    private long FindByKey()
    {
        for (int i = 0; i < _keyPlaces.Length; i++)
        {
            int place = _keyPlaces[i];
            _key!.SetRaw(i, _before.Raw(place), _before.IsNull(place), _before.BlocksOf(place));
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
        int different = FirstDifference(_found);
        return different < 0 ? rowId : throw new LogMismatch(
            $"a row of table \"{_table.Name}\" is not as the image before says: column \"{_table.Columns[different].Name}\" differs");
    }

    // Behind the image before: which of the equal rows it is, from 1, as they were when the transaction began. Not for the first.
    private bool HasPlace(LogRecordCursor record, int count) => _key is null && record.Count == count;

    private int EqualRowsBefore(LogRecordCursor record, int end) => end == _types.Length ? 0
        : int.TryParse(record.Value(_types.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int place) && place > 1 ? place - 1
        : throw new LogMismatch("the place among equal rows is no number above 1");

    private long FindByHash(int equalRows)
    {
        _hashes ??= HashRows();
        long hash = RowImages.HashOf(_before, _types);
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
            if (_store.TryReadLatest(rowId, _found) && FirstDifference(_found) < 0)
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

    private int FirstDifference(RowBuffer row)
    {
        for (int i = 0; i < _types.Length; i++)
        {
            if (!RowImages.AreEqual(_before, row, i, _types[i]))
            {
                return i;
            }
        }
        return -1;
    }

    private RowHashes HashRows()
    {
        var hashes = new RowHashes();
        TableScan.Worker worker = _store.Scan(_before.Columns, ReadView.Latest, withRowIds: true).NewWorker();
        var chunk = new DataChunk([.. _types, PhysicalType.Int64]);
        var row = new RowBuffer(_before.Columns);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Append(LogRecordCursor record, int firstCell)
    {
        if (_count == DataChunk.Capacity)
        {
            MakeRoom();
        }
        Parse(record, firstCell, _chunk, _count, Image.After);
        _positions[_count++] = new LogPosition(record.Offset, record.LineNumber, record.Line.Lsn);
    }

    // Rows come in before the transaction's end where their keys are free already: so it need not be held in memory.
    private void MakeRoom()
    {
        if (_waiting is null)
        {
            InsertUpTo(_start);
            try
            {
                Insert(_count);
                Clear();
                return;
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
            {
                _waiting = [];
            }
        }
        _waiting.Enqueue(new Waiting(_chunk, _positions, _done));
        _chunk = NewChunk();
        _positions = new LogPosition[DataChunk.Capacity];
        Clear();
    }

    private void Clear()
    {
        _count = _done = _start = 0;
        foreach (Vector vector in _chunk.Vectors)
        {
            vector.BeginWrite();
        }
    }

    private void InsertUpTo(int count)
    {
        try
        {
            Insert(count);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.UniqueViolation)
        {
            throw new LogMismatch($"a row that the log inserts breaks a unique key: {error.Message}", FindRefused(count), error);
        }
    }

    private void Insert(int count)
    {
        if (_done >= count)
        {
            return;
        }
        for (int i = 0; i < _texts.Length; i++)
        {
            _texts[i].End(_chunk.Vectors[i]);
        }
        _inserted.Clear();
        _chunk.Selection = null;
        _chunk.Count = count;
        try
        {
            _store.Insert(_chunk, _done, _applied.Stamp, 0, _inserted, out _);
        }
        finally
        {
            foreach (RowRange range in _inserted)
            {
                _applied.Add(_store, AppliedChange.Insert, range.FirstRowId, range.Count);
                Remember(range);
                _done += range.Count;
            }
        }
    }

    private void Remember(RowRange range)
    {
        for (int i = 0; _hashes is not null && i < range.Count; i++)
        {
            RowImages.Take(_after, _chunk.Vectors, _done + i);
            _hashes.Add(RowImages.HashOf(_after, _types), range.FirstRowId + i);
        }
    }

    // The database is thrown away after the error: rows are inserted one by one until it comes again.
    private LogPosition? FindRefused(int count)
    {
        while (_done < count)
        {
            try
            {
                Insert(_done + 1);
            }
            catch (PhantomDbException)
            {
                return _positions[_done];
            }
        }
        return null;
    }

    private int NextImage(int count)
    {
        if (_imageCount == 0 || _imageCount + count > DataChunk.Capacity)
        {
            foreach (Vector vector in _images.Vectors)
            {
                vector.BeginWrite();
            }
            _imageCount = 0;
        }
        int first = _imageCount;
        _imageCount += count;
        return first;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Parse(LogRecordCursor record, int firstCell, DataChunk chunk, int position, Image image)
    {
        for (int i = 0; i < _texts.Length; i++)
        {
            if (!record.IsNull(firstCell + i))
            {
                _texts[i].Parse(record.Value(firstCell + i), chunk.Vectors[i], position);
            }
            else if (image == Image.After && _table.Columns[i].IsNotNull)
            {
                throw new LogMismatch($"column \"{_table.Columns[i].Name}\" of table \"{_table.Name}\" is NULL where it must not be");
            }
            else
            {
                chunk.Vectors[i].SetNull(position);
            }
        }
        if (ReferenceEquals(chunk, _images))
        {
            for (int i = 0; i < _texts.Length; i++)
            {
                _texts[i].End(chunk.Vectors[i]);
            }
        }
    }

    private void EnsureCount(bool isRight, LogRecordCursor record)
    {
        if (!isRight)
        {
            throw new LogMismatch(string.Create(CultureInfo.InvariantCulture,
                $"the record has {record.Count} values, which does not fit the {_types.Length} columns of table \"{_table.Name}\""));
        }
    }

    private DataChunk NewChunk()
    {
        var chunk = new DataChunk(_types);
        foreach (Vector vector in chunk.Vectors)
        {
            vector.BeginWrite();
        }
        return chunk;
    }
}
