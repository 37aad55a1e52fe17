using PhantomDb.Storage.Indexes;
using PhantomDb.Types;

namespace PhantomDb.Storage;

/// <summary>
/// Finds the visible rows of one key and reads their columns. Reusable, for one thread, without allocation: fill
/// <see cref="Key"/> with a value for every key column, then find.
/// </summary>
internal sealed class IndexLookup
{
    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly KeyWriter _visibleKey;
    private readonly int _readCount;     // columns that the caller wants; those of the key follow
    private readonly bool _isInt64;
    private readonly long[] _batch = new long[32];
    private int _batchCount;
    private int _batchNext;
    private long _lastRowId;
    private bool _atEnd;

    /// <param name="columns">Storage numbers of the columns to read of each row found.</param>
    public IndexLookup(TableStore table, TableIndex index, params ReadOnlySpan<int> columns)
    {
        _table = table;
        _index = index;
        _readCount = columns.Length;
        Row = new RowBuffer([.. columns, .. index.ColumnNumbers]);
        Key = index.NewKeyWriter();
        _visibleKey = index.NewKeyWriter();
        _isInt64 = index.UInt64Tree is not null && index.KeyColumns is [{ Type: PhysicalType.Int64, IsNullable: false, IsDescending: false }];
    }

    /// <summary>The key to find.</summary>
    public KeyWriter Key { get; }

    /// <summary>The row found: the columns asked for, in their order.</summary>
    public RowBuffer Row { get; }

    /// <summary>Finds a row of the key: the only one where the index is unique and the key has no NULL.</summary>
    public bool TryFind(in ReadView view, out long rowId) =>
        _index.Tree.TryFind(Key.Key, out rowId) && (IsMatch(rowId, view) || TryFindLater(view, ref rowId));

    /// <summary>The same for an index over one ascending bigint column that is not nullable; <see cref="Key"/> is not used.</summary>
    public bool TryFind(long key, in ReadView view, out long rowId)
    {
        if (!_isInt64)
        {
            Key.Reset();
            Key.AddInt64(key);
            return TryFind(view, out rowId);
        }
        if (!_index.UInt64Tree!.TryFind(new UInt64Probe(KeyEncoder.KeyOf(key)), out rowId))
        {
            return false;
        }
        if (_table.TryRead(rowId, view, Row) && Row.GetInt64(_readCount) == key)
        {
            return true;
        }
        Key.Reset();
        Key.AddInt64(key);
        return TryFindLater(view, ref rowId);
    }

    /// <summary>Begins to go through all rows of the key, in the order of their ids.</summary>
    public void Start()
    {
        _lastRowId = -1;
        _batchCount = _batchNext = 0;
        _atEnd = false;
    }

    public bool TryNext(in ReadView view, out long rowId)
    {
        while (true)
        {
            while (_batchNext < _batchCount)
            {
                rowId = _batch[_batchNext++];
                if (IsMatch(rowId, view))
                {
                    return true;
                }
            }
            if (_atEnd)
            {
                rowId = -1;
                return false;
            }
            _batchCount = _index.Tree.Find(Key.Key, _batch, _lastRowId);
            _batchNext = 0;
            _atEnd = _batchCount < _batch.Length;
            _lastRowId = _batchCount > 0 ? _batch[_batchCount - 1] : _lastRowId;
        }
    }

    // Older rows with the key may be dead or changed; the visible one comes behind them.
    private bool TryFindLater(in ReadView view, ref long rowId)
    {
        while (_index.Tree.Find(Key.Key, new Span<long>(ref rowId), rowId) == 1)
        {
            if (IsMatch(rowId, view))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>True where the view sees the row with <see cref="Key"/>: an entry outlives its value.</summary>
    public bool IsMatch(long rowId, in ReadView view)
    {
        if (!_table.TryRead(rowId, view, Row))
        {
            return false;
        }
        _index.Encode(_visibleKey, Row, _readCount);
        return _visibleKey.Key.SequenceEqual(Key.Key);
    }
}
