using System.Diagnostics;
using System.Runtime.CompilerServices;
using PhantomDb.Catalog;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Goes through a key range as <see cref="IndexRangeScan"/> does, but takes the columns from the keys: an entry whose row has no
/// versions is known to be the row's without a look at its values. Reusable, for one thread.
/// </summary>
/// <remarks>
/// <code>
/// 1  copy entries of a leaf, at its version
/// 2  look at their rows' slices: settled is a row that is there and that the slice says has no versions
/// 3  is the leaf still at that version? then the settled rows' entries are what every reader sees; else all rows are read
/// </code>
/// README.md says why. A row that is not settled is read, and its key compared.
/// </remarks>
internal sealed class IndexKeyScan
{
    private const int BatchSize = BTreeNode.Capacity;

    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly IndexCursor _cursor;
    private readonly KeyWriter _visibleKey;
    private readonly RowBuffer _row;      // of a row that is not settled
    private readonly KeyDecoder _decoder;
    private readonly ulong[]? _keys64;
    private readonly UInt128[]? _keys128;
    private readonly KeyView[]? _keyViews;
    private readonly long[] _rowIds = new long[BatchSize];
    private readonly bool[] _isSettled = new bool[BatchSize];
    private int _count;

    /// <param name="table">The table.</param>
    /// <param name="index">One of its indexes.</param>
    /// <param name="columns">Storage numbers of the columns wanted, all of which <see cref="Gives"/> must be true of.</param>
    public IndexKeyScan(TableStore table, TableIndex index, ReadOnlySpan<int> columns)
    {
        _table = table;
        _index = index;
        _cursor = index.Tree.CreateCursor();
        _visibleKey = index.NewKeyWriter();
        _row = new RowBuffer(index.EntryColumns);
        var places = new int[columns.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = Array.IndexOf(index.ColumnNumbers, columns[i]);
        }
        _decoder = new KeyDecoder(index.KeyColumns, places);
        switch (index.Tree.Kind)
        {
            case KeyKind.UInt64: _keys64 = new ulong[BatchSize]; break;
            case KeyKind.UInt128: _keys128 = new UInt128[BatchSize]; break;
            case KeyKind.Bytes: _keyViews = new KeyView[BatchSize]; break;
            default: throw new UnreachableException();
        }
    }

    /// <summary>True where it is a scan of this table and index, which a definition may have replaced.</summary>
    public bool IsOf(TableStore table, TableIndex index) => ReferenceEquals(table, _table) && ReferenceEquals(index, _index);

    /// <summary>Of the rows that the last <see cref="Next"/> found.</summary>
    public ReadOnlySpan<long> RowIds => _rowIds.AsSpan(0, _count);

    /// <summary>True where the keys of an index have all of some columns' values.</summary>
    public static bool Gives(TableDefinition table, IndexDefinition index, IReadOnlyList<int> columns)
    {
        foreach (int column in columns)
        {
            int place = 0;
            while (place < index.Columns.Count && index.Columns[place].ColumnNumber != column)
            {
                if (!KeyDecoder.CanPass(table.TypeOf(index.Columns[place++].ColumnNumber).Physical))
                {
                    return false;
                }
            }
            if (place == index.Columns.Count || !KeyDecoder.CanDecode(table.TypeOf(column)))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Starts over at the low end of [lower, upper), or at its high end; an empty bound is none.</summary>
    public void Seek(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper, bool backward = false)
    {
        _cursor.Seek(lower, upper, backward);
        _count = 0;
    }

    /// <summary>Goes on by entries of one leaf, as many as wanted at most; false at the end. Those whose rows are seen are kept.</summary>
    public bool Next(in ReadView view, int countMax, out int count)
    {
        _count = NextOfLeaf(_rowIds.AsSpan(0, Math.Min(countMax, BatchSize)));
        bool isAny = _count > 0;
        if (isAny)
        {
            bool areSettled = AreSettled();
            bool isLeafUnchanged = IsLeafUnchanged;   // after the slices were looked at
            if (!areSettled || !isLeafUnchanged)
            {
                KeepVisible(view, isLeafUnchanged);
            }
        }
        count = _count;
        return isAny;
    }

    /// <summary>Writes the columns of the rows found into vectors from a position on.</summary>
    public void Write(Vector[] vectors, int position)
    {
        switch (_cursor)
        {
            case BTreeCursor<ulong, UInt64Probe>: _decoder.Decode(_keys64.AsSpan(0, _count), vectors, position); break;
            case BTreeCursor<UInt128, UInt128Probe>: _decoder.Decode(_keys128.AsSpan(0, _count), vectors, position); break;
            case BTreeCursor<KeyView, BytesProbe> cursor: _decoder.Decode(_keyViews.AsSpan(0, _count), cursor.Heap!, vectors, position); break;
            default: throw new UnreachableException();
        }
    }

    [MethodImpl(HotLoop.Options)]
    private bool AreSettled()
    {
        (RowSlice[] slices, int sliceCount) = _table.CurrentSlices();
        bool areAll = true;
        ReadOnlySpan<long> rowIds = RowIds;
        Span<bool> isSettled = _isSettled.AsSpan(0, rowIds.Length);
        for (int i = 0; i < rowIds.Length; i++)
        {
            long slice = rowIds[i] >> RowSlice.CapacityBits;
            areAll &= isSettled[i] = slice < sliceCount && slices[slice].IsSettled((int)rowIds[i] & (RowSlice.Capacity - 1));
        }
        return areAll;
    }

    private void KeepVisible(in ReadView view, bool areSettledExact)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (!(areSettledExact && _isSettled[i]) && !(_table.TryRead(_rowIds[i], view, _row) && HasEntryKey(i)))
            {
                continue;
            }
            if (kept < i)
            {
                Move(i, kept);
            }
            kept++;
        }
        _count = kept;
    }

    private void Move(int from, int to)
    {
        _rowIds[to] = _rowIds[from];
        if (_keys64 is not null)
        {
            _keys64[to] = _keys64[from];
        }
        else if (_keys128 is not null)
        {
            _keys128[to] = _keys128[from];
        }
        else
        {
            _keyViews![to] = _keyViews[from];
        }
    }

    private int NextOfLeaf(Span<long> rowIds) => _cursor switch
    {
        BTreeCursor<ulong, UInt64Probe> cursor => cursor.NextOfLeaf(_keys64!, rowIds),
        BTreeCursor<UInt128, UInt128Probe> cursor => cursor.NextOfLeaf(_keys128!, rowIds),
        BTreeCursor<KeyView, BytesProbe> cursor => cursor.NextOfLeaf(_keyViews!, rowIds),
        _ => throw new UnreachableException(),
    };

    private bool IsLeafUnchanged => _cursor switch
    {
        BTreeCursor<ulong, UInt64Probe> cursor => cursor.IsLeafUnchanged,
        BTreeCursor<UInt128, UInt128Probe> cursor => cursor.IsLeafUnchanged,
        BTreeCursor<KeyView, BytesProbe> cursor => cursor.IsLeafUnchanged,
        _ => throw new UnreachableException(),
    };

    private bool HasEntryKey(int entry)
    {
        if (!_index.Contains(_row, 0))
        {
            return false;
        }
        _index.Encode(_visibleKey, _row, 0);
        return _cursor switch
        {
            BTreeCursor<ulong, UInt64Probe> => UInt64Probe.FromBytes(_visibleKey.Key).CompareTo(_keys64![entry]) == 0,
            BTreeCursor<UInt128, UInt128Probe> => UInt128Probe.FromBytes(_visibleKey.Key).CompareTo(_keys128![entry]) == 0,
            BTreeCursor<KeyView, BytesProbe> cursor =>
                BytesProbe.FromBytes(_visibleKey.Key).Against(cursor.Heap).CompareTo(_keyViews![entry]) == 0,
            _ => throw new UnreachableException(),
        };
    }
}
