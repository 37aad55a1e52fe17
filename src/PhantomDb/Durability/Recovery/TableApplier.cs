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
/// then. An update that leaves all unique keys as they are is made in place, so that a table without primary key keeps its order. Who else
/// has the table, <see cref="AppliedRows"/> knows.
/// </summary>
internal sealed class TableApplier
{
    private const int BufferedColumnsMax = 64;

    private readonly TableStore _store;
    private readonly TableDefinition _table;
    private readonly PhysicalType[] _types;
    private readonly bool[] _isUniqueColumn;
    private readonly AppliedRows _applied;
    private readonly ImageParser _parser;
    private readonly RowFinder _finder;
    private readonly IncomingRows _incoming;
    private long _transaction = -1;

    // Images that are looked for and compared.
    private readonly DataChunk _images;
    private int _imageCount;
    private readonly RowBuffer _after;
    private readonly Dictionary<ulong, RowBuffer> _changes = [];   // by the set of columns

    /// <param name="store">The table.</param>
    /// <param name="applied">What is told of each row that is changed.</param>
    public TableApplier(TableStore store, AppliedRows applied)
    {
        _applied = applied;
        _store = store;
        _table = store.Definition;
        _types = [.. _table.Columns.Select(c => c.Type.Physical)];
        _isUniqueColumn = [.. _table.Columns.Select(c => _table.Indexes.Any(i => i.IsUnique && i.Numbers.Contains(c.Number)))];
        _parser = new ImageParser(_table);
        _finder = new RowFinder(store);
        _incoming = new IncomingRows(store, _parser, applied, _finder);
        _images = _parser.NewChunk();
        _after = new RowBuffer([.. _table.Columns.Select(c => c.Number)]);
    }

    public TableDefinition Definition => _table;

    /// <summary>True where rows wait for the end of the transaction.</summary>
    public bool IsWaiting => _incoming.IsWaiting;

    /// <summary>A record of a transaction is about to come.</summary>
    [MethodImpl(HotLoop.Options)]
    public void BeginTransaction(LogRecordCursor record)
    {
        long transaction = record.Line.Lsn - record.Line.Part;
        if (_transaction != transaction)
        {
            _transaction = transaction;
            _incoming.BeginTransaction();
            _finder.BeginTransaction();
        }
    }

    /// <summary>Takes a row of a side file, which the record at the position names.</summary>
    public void Append(CsvRecordReader row, RowParser parser, LogPosition position) => _incoming.Append(row, parser, position);

    /// <summary>Takes a record about a row.</summary>
    [MethodImpl(HotLoop.Options)]
    public void Apply(LogRecordCursor record, LogOperation operation)
    {
        BeginTransaction(record);
        switch (operation)
        {
            case LogOperation.Insert:
                _parser.EnsureCount(record.Count == _types.Length, record);
                _incoming.Append(record, 0);
                break;
            case LogOperation.Update:
                Update(record);
                break;
            case LogOperation.Delete:
                bool hasPlace = HasPlace(record, _types.Length + 1);
                _parser.EnsureCount(record.Count == _types.Length || hasPlace, record);
                int image = NextImage(1);
                _parser.Parse(record, 0, _images, image, isAfter: false);
                _parser.End(_images);
                Remove(FindBefore(record, image, record.Count));
                break;
        }
    }

    /// <summary>Puts all that waits into the table.</summary>
    public void Flush() => _incoming.Flush();

    private void Update(LogRecordCursor record)
    {
        int mark = HasPlace(record, (2 * _types.Length) + 2) ? _types.Length + 1 : _types.Length;
        _parser.EnsureCount(record.Count == mark + 1 + _types.Length && record.IsMark(mark), record);
        int image = NextImage(2);
        _parser.Parse(record, 0, _images, image, isAfter: false);
        _parser.Parse(record, mark + 1, _images, image + 1, isAfter: true);
        _parser.End(_images);
        long rowId = FindBefore(record, image, mark);
        RowImages.Take(_after, _images.Vectors, image + 1);
        ulong changed = 0;
        bool movesKey = false, isChanged = false;
        for (int i = 0; i < _types.Length; i++)
        {
            if (!RowImages.AreEqual(_finder.Before, _after, i, _types[i]))
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
        if (movesKey && (_finder.HasKey || !TryUpdate(rowId, changed)))
        {
            Remove(rowId);
            _incoming.Append(record, mark + 1);
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
        _finder.NoteChanged(rowId, _after);
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

    // The row that is as the image before.
    private long FindBefore(LogRecordCursor record, int image, int end)
    {
        _incoming.InsertEnded();
        RowImages.Take(_finder.Before, _images.Vectors, image);
        return _finder.Find(_finder.HasKey ? 0 : EqualRowsBefore(record, end));
    }

    // Behind the image before: which of the equal rows it is, from 1, as they were when the transaction began. Not for the first.
    private bool HasPlace(LogRecordCursor record, int count) => !_finder.HasKey && record.Count == count;

    private int EqualRowsBefore(LogRecordCursor record, int end) => end == _types.Length ? 0
        : int.TryParse(record.Value(_types.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int place) && place > 1 ? place - 1
        : throw new LogMismatch("the place among equal rows is no number above 1");

    private int NextImage(int count)
    {
        if (_imageCount == 0 || _imageCount + count > DataChunk.Capacity)
        {
            ImageParser.Clear(_images);
            _imageCount = 0;
        }
        int first = _imageCount;
        _imageCount += count;
        return first;
    }
}
