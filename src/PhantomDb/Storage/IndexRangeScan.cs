using PhantomDb.Storage.Indexes;
using PhantomDb.Types;

namespace PhantomDb.Storage;

/// <summary>
/// Goes through the visible rows of a key range in key order, either way, and reads their columns. Reusable, for one
/// thread. Bounds are half-open, as <see cref="IndexCursor"/> has them.
/// </summary>
internal sealed class IndexRangeScan
{
    private const int BatchSize = 64;

    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly IndexCursor _cursor;
    private readonly KeyWriter _visibleKey;
    private readonly int _firstKeyPlace;   // in the row buffer
    private readonly long[] _rowIds = new long[BatchSize];
    private readonly ulong[]? _keys64;
    private readonly UInt128[]? _keys128;
    private readonly KeyView[]? _keyViews;
    private readonly PhysicalType _integerKey;   // of an index over one ascending integer that is not nullable; else Boolean
    private int _count;
    private int _next;

    /// <param name="columns">Storage numbers of the columns to read of each row found.</param>
    public IndexRangeScan(TableStore table, TableIndex index, params ReadOnlySpan<int> columns)
    {
        _table = table;
        _index = index;
        // A key of one column that is read anyway is not read twice.
        bool isKeyRead = index.EntryColumns.Length == 1 && columns.Contains(index.ColumnNumbers[0]);
        _firstKeyPlace = isKeyRead ? columns.IndexOf(index.ColumnNumbers[0]) : columns.Length;
        _cursor = index.Tree.CreateCursor();
        _visibleKey = index.NewKeyWriter();
        Row = new RowBuffer(isKeyRead ? columns : [.. columns, .. index.EntryColumns]);
        _integerKey = !index.Definition.IsPartial && index.KeyColumns is [{ Type: PhysicalType.Int64 or PhysicalType.Int32, IsNullable: false, IsDescending: false }]
            ? index.KeyColumns[0].Type : PhysicalType.Boolean;
        switch (index.Tree.Kind)
        {
            case KeyKind.UInt64: _keys64 = new ulong[BatchSize]; break;
            case KeyKind.UInt128: _keys128 = new UInt128[BatchSize]; break;
            case KeyKind.Bytes: _keyViews = new KeyView[BatchSize]; break;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>The row found: the columns asked for, in their order.</summary>
    public RowBuffer Row { get; }

    /// <summary>Place in <see cref="Row"/> of a column of the index.</summary>
    public int PlaceOfKey(int keyColumn) => _firstKeyPlace + keyColumn;

    /// <summary>Starts over at the low end of [lower, upper), or at its high end; an empty bound is none.</summary>
    public void Seek(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper, bool backward = false)
    {
        _cursor.Seek(lower, upper, backward);
        _count = _next = 0;
    }

    public bool TryNext(in ReadView view, out long rowId)
    {
        while (true)
        {
            for (; _next < _count; _next++)
            {
                if (_table.TryRead(_rowIds[_next], view, Row) && HasEntryKey(_next))
                {
                    rowId = _rowIds[_next++];
                    return true;
                }
            }
            _count = NextBatch();
            _next = 0;
            if (_count == 0)
            {
                rowId = -1;
                return false;
            }
        }
    }

    private int NextBatch() => _cursor switch
    {
        BTreeCursor<ulong, UInt64Probe> cursor => cursor.NextBatch(_keys64!, _rowIds),
        BTreeCursor<UInt128, UInt128Probe> cursor => cursor.NextBatch(_keys128!, _rowIds),
        BTreeCursor<KeyView, BytesProbe> cursor => cursor.NextBatch(_keyViews!, _rowIds),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // A row may have several entries in the range, one for each version: it counts at that of the version seen.
    private bool HasEntryKey(int entry)
    {
        if (_integerKey == PhysicalType.Int64)
        {
            return KeyEncoder.KeyOf(Row.GetInt64(_firstKeyPlace)) == _keys64![entry];
        }
        if (_integerKey == PhysicalType.Int32)
        {
            return KeyEncoder.KeyOf(Row.GetInt32(_firstKeyPlace)) == _keys64![entry];
        }
        if (!_index.Contains(Row, _firstKeyPlace))
        {
            return false;
        }
        _index.Encode(_visibleKey, Row, _firstKeyPlace);
        return _cursor switch
        {
            BTreeCursor<ulong, UInt64Probe> => UInt64Probe.FromBytes(_visibleKey.Key).CompareTo(_keys64![entry]) == 0,
            BTreeCursor<UInt128, UInt128Probe> => UInt128Probe.FromBytes(_visibleKey.Key).CompareTo(_keys128![entry]) == 0,
            BTreeCursor<KeyView, BytesProbe> cursor =>
                BytesProbe.FromBytes(_visibleKey.Key).Against(cursor.Heap).CompareTo(_keyViews![entry]) == 0,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
