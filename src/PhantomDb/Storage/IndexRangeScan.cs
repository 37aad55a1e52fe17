using System.Numerics;
using System.Runtime.CompilerServices;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb.Storage;

/// <summary>
/// Goes through the visible rows of a key range in key order, either way, and reads their columns. Reusable, for one
/// thread. Bounds are half-open, as <see cref="IndexCursor"/> has them.
/// </summary>
internal sealed class IndexRangeScan
{
    private const int BatchSize = 64;
    private const int PrefetchedMin = 4;   // rows that are waited for one by one are as soon read

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
    private readonly long[]? _integers;    // the keys of the batch as the integers that they are of, of an index over one integer
    private readonly int[] _offsets = new int[BatchSize];   // of the rows of a run that are copied at once
    private bool _hasIntegers;
    private int _count;
    private int _next;

    /// <param name="table">The table.</param>
    /// <param name="index">One of its indexes.</param>
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
        _integers = index.IntegerKey is null || index.Definition.IsPartial ? null : new long[BatchSize];
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

    /// <summary>Called before each batch of entries, none of which may have a row that is seen: the caller may be cancelled.</summary>
    public Action? BeforeBatch { get; set; }

    /// <summary>True where it is a scan of this table and index, which a definition may have replaced.</summary>
    public bool IsOf(TableStore table, TableIndex index) => ReferenceEquals(table, _table) && ReferenceEquals(index, _index);

    /// <summary>Place in <see cref="Row"/> of a column of the index.</summary>
    public int PlaceOfKey(int keyColumn) => _firstKeyPlace + keyColumn;

    /// <summary>Starts over at the low end of [lower, upper), or at its high end; an empty bound is none.</summary>
    public void Seek(ReadOnlySpan<byte> lower, ReadOnlySpan<byte> upper, bool backward = false)
    {
        _cursor.Seek(lower, upper, backward);
        _count = _next = 0;
        _hasIntegers = false;
    }

    /// <summary>
    /// Appends the next rows to a batch, whose columns are those asked for: as many as wanted, or all that are left. Where
    /// <paramref name="notNullPlace"/> is not negative, rows that are NULL there are left out.
    /// </summary>
    public void Read(in ReadView view, RowBatch rows, int countMax, int notNullPlace = -1)
    {
        int countWanted = rows.Count + countMax;
        while (rows.Count < countWanted)
        {
            if (_next == _count && !TryLoadBatch())
            {
                return;
            }
            if (!_hasIntegers || !TryReadRun(view, rows, Math.Min(_count, _next + countWanted - rows.Count)))
            {
                if (_table.TryRead(_rowIds[_next], view, Row) && HasEntryKey(_next) && (notNullPlace < 0 || !Row.IsNull(notNullPlace)))
                {
                    rows.Add(Row);
                }
                _next++;
            }
        }
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
            BeforeBatch?.Invoke();
            _count = NextBatch();
            _next = 0;
            _hasIntegers = false;
            if (_count >= PrefetchedMin)
            {
                _table.Prefetch(_rowIds.AsSpan(0, _count), Row.Columns);
            }
            if (_count == 0)
            {
                rowId = -1;
                return false;
            }
        }
    }

    private bool TryLoadBatch()
    {
        _count = NextBatch();
        _next = 0;
        _table.Prefetch(_rowIds.AsSpan(0, _count), Row.Columns);
        _hasIntegers = _integers is not null && TryDecodeKeys();
        return _count > 0;
    }

    // The way back from keys to integers (see KeyEncoder and KeyWriter); false where there is a NULL among them.
    private bool TryDecodeKeys()
    {
        KeyColumn column = _index.KeyColumns[0];
        int unused = 64 - (8 * KeyEncoder.SizeOf(column.Type));
        ulong flip = column.IsDescending ? ulong.MaxValue >> 1 : 1UL << 63;
        Span<long> integers = _integers.AsSpan(0, _count);
        if (!column.IsNullable)
        {
            ReadOnlySpan<ulong> keys = _keys64.AsSpan(0, _count);
            for (int i = 0; i < integers.Length; i++)
            {
                integers[i] = (long)(keys[i] ^ flip) >> unused;   // the value is in the upper bytes
            }
            return true;
        }
        for (int i = 0; i < integers.Length; i++)
        {
            (ulong marker, ulong value) = _keys64 is not null
                ? (_keys64[i] >> 56, _keys64[i] << 8)
                : ((ulong)(_keys128![i] >> 120), (ulong)(_keys128[i] >> 56));
            if (marker != KeyWriter.NotNull)
            {
                return false;
            }
            integers[i] = (long)(value ^ flip) >> unused;
        }
        return true;
    }

    // Copies the next rows of one slice at once, column by column, as far as they have no older versions; false where not even
    // the next row can be read so, or where a writer came between.
    private bool TryReadRun(in ReadView view, RowBatch rows, int end)
    {
        long sliceNumber = _rowIds[_next] >> RowSlice.CapacityBits;
        int runEnd = _next + 1;
        while (runEnd < end && _rowIds[runEnd] >> RowSlice.CapacityBits == sliceNumber)
        {
            runEnd++;
        }
        if (_table.FindSlice(_rowIds[_next]) is not { } slice)
        {
            return false;
        }
        int sequence = slice.ReadSequence();
        SliceVersions? versions = slice.Versions;
        if (versions is not null)
        {
            runEnd = EndOfSettled(versions, view, runEnd);
        }
        int count = 0;
        int last = 0;
        bool areNeighbours = true;
        bool isDone = runEnd > _next && _index.IntegerKey switch
        {
            PhysicalType.Int64 => TrySelect<long>(slice, runEnd, out count, out last, out areNeighbours),
            PhysicalType.Int32 => TrySelect<int>(slice, runEnd, out count, out last, out areNeighbours),
            _ => TrySelect<short>(slice, runEnd, out count, out last, out areNeighbours),
        };
        if (!isDone || (count > 0 && !rows.TryCopy(slice, Row.Columns, new RowSelection(_offsets.AsSpan(0, count), last, areNeighbours)))
            || !slice.IsUnchanged(sequence))
        {
            return false;
        }
        if (count > 0)
        {
            rows.Keep(count);
        }
        _next = runEnd;
        return true;
    }

    // Where the first entry's row has an older version, or one that the view must not see; the run ends before it.
    private int EndOfSettled(SliceVersions versions, in ReadView view, int runEnd)
    {
        for (int entry = _next; entry < runEnd; entry++)
        {
            int row = (int)_rowIds[entry] & (RowSlice.Capacity - 1);
            if (versions.HeadOf(row) != 0 || versions.IsInsertHidden(row, view))
            {
                return entry;
            }
        }
        return runEnd;
    }

    // The rows that are there and have the entry's key; false where a race with a writer was noticed.
    private bool TrySelect<T>(RowSlice slice, int runEnd, out int count, out int last, out bool areNeighbours)
        where T : unmanaged, IBinaryInteger<T>
    {
        ColumnSlice column = slice.Columns[_index.ColumnNumbers[0]]!;
        int rowCount = slice.RowCount;
        T[] keys = Unsafe.As<T[]>(column.Data);
        ulong[]? validity = column.Validity;
        ulong[]? deleted = slice.Deleted;
        count = 0;
        last = 0;
        areNeighbours = true;
        if (keys.Length < rowCount || (validity is not null && validity.Length << 6 < rowCount))
        {
            return false;
        }
        int expected = -1;
        for (int entry = _next; entry < runEnd; entry++)
        {
            int row = (int)_rowIds[entry] & (RowSlice.Capacity - 1);
            if (row >= rowCount || long.CreateTruncating(keys[row]) != _integers![entry] || !ValidityMask.IsValid(validity, row) || RowSlice.IsSet(deleted, row))
            {
                continue;
            }
            areNeighbours &= count == 0 || row == expected;
            expected = row + 1;
            last = Math.Max(last, row);
            _offsets[count++] = row;
        }
        return true;
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
