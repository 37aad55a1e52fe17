using System.Diagnostics;
using PhantomDb.Storage.Indexes;
using PhantomDb.Types;

namespace PhantomDb.Storage;

/// <summary>
/// Finds the visible rows of one key and reads their columns. Reusable, for one thread, without allocation: fill
/// <see cref="Key"/> with a value for every key column, then find.
/// </summary>
internal sealed class IndexLookup
{
    private const int TrustMax = 32;
    private const int TrustMin = 16;             // guesses are followed from here on
    private const int EarlyLookups = 4096;       // in which every lookup teaches the guesses
    private const int LookupsBetweenLessons = 16;

    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly KeyWriter _visibleKey;
    private readonly int _firstKeyPlace;   // in the row buffer
    private readonly bool _isDirect;       // the tree's key is the integer, but for its sign
    private readonly long[] _batch = new long[32];
    private int _trust = TrustMin;
    private int _lookupCount;
    private int _batchCount;
    private int _batchNext;
    private long _lastRowId;
    private bool _atEnd;

    /// <param name="table">The table.</param>
    /// <param name="index">One of its indexes.</param>
    /// <param name="columns">Storage numbers of the columns to read of each row found.</param>
    public IndexLookup(TableStore table, TableIndex index, params ReadOnlySpan<int> columns)
    {
        _table = table;
        _index = index;
        // A key of one column that is read anyway is not read twice.
        bool isKeyRead = index.EntryColumns.Length == 1 && columns.Contains(index.ColumnNumbers[0]);
        _firstKeyPlace = isKeyRead ? columns.IndexOf(index.ColumnNumbers[0]) : columns.Length;
        Row = new RowBuffer(isKeyRead ? columns : [.. columns, .. index.EntryColumns]);
        Key = index.NewKeyWriter();
        _visibleKey = index.NewKeyWriter();
        _isDirect = index.IsDirect;
    }

    /// <summary>The key to find.</summary>
    public KeyWriter Key { get; }

    /// <summary>Columns of the row found that are changed, or read for the log, next: their memory is asked for while the row is looked at.</summary>
    public int[] NextColumns { get; set; } = [];

    /// <summary>Entries behind the first of a key that were looked at. For tests of how that cost grows.</summary>
    internal long EntrySteps { get; private set; }

    /// <summary>The row found: the columns asked for, in their order.</summary>
    public RowBuffer Row { get; }

    /// <summary>Finds a row of the key: the only one where the index is unique and the key has no NULL.</summary>
    public bool TryFind(in ReadView view, out long rowId) =>
        _index.Tree.TryFind(Key.Key, out rowId) && (IsMatch(rowId, view) || TryFindLater(view, ref rowId));

    /// <summary>The same for an index over one integer column (<see cref="TableIndex.IntegerKey"/>); <see cref="Key"/> need not be filled.</summary>
    public bool TryFind(long key, in ReadView view, out long rowId)
    {
        RowIdHints? hints = _index.Hints;
        bool isGuessed = hints is not null && _trust >= TrustMin;
        if (isGuessed)
        {
            rowId = hints!.Guess(key);
            if (NextColumns.Length > 0)
            {
                _table.Prefetch(rowId, NextColumns);
            }
            if (_table.TryRead(rowId, view, Row) && HasInteger(key))
            {
                _trust = Math.Min(_trust + 1, TrustMax);
                return true;
            }
        }
        if (!TryFindInTree(key, out rowId))
        {
            _trust = isGuessed ? _trust - 1 : _trust;
            return false;
        }
        if (hints is not null)
        {
            Learn(hints, key, rowId);
        }
        if (NextColumns.Length > 0)
        {
            _table.Prefetch(rowId, NextColumns);
        }
        if (_table.TryRead(rowId, view, Row) && HasInteger(key))
        {
            return true;
        }
        SetKey(key);
        return TryFindLater(view, ref rowId);
    }

    /// <summary>
    /// The same, adding the columns asked for to a batch. Needs no timestamp, and gives up where the row has several
    /// versions. That there is no entry is certain: one is there as long as any version has the key.
    /// </summary>
    public LookupOutcome FindSettled(long key, RowBatch rows)
    {
        RowIdHints? hints = _index.Hints;
        int keyColumn = _index.ColumnNumbers[0];
        bool isGuessed = hints is not null && _trust >= TrustMin;
        if (isGuessed && _table.ReadSettled(hints!.Guess(key), key, keyColumn, Row.Columns, rows) == LookupOutcome.Found)
        {
            _trust = Math.Min(_trust + 1, TrustMax);
            return LookupOutcome.Found;
        }
        if (!TryFindInTree(key, out long rowId))
        {
            _trust = isGuessed ? _trust - 1 : _trust;
            return LookupOutcome.Absent;
        }
        if (hints is not null)
        {
            Learn(hints, key, rowId);
        }
        return _table.ReadSettled(rowId, key, keyColumn, Row.Columns, rows) == LookupOutcome.Found ? LookupOutcome.Found : LookupOutcome.Unsettled;
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

    /// <summary>Asks for the memory of a key's entry, which is removed soon.</summary>
    public void PrefetchEntry(long key)
    {
        if (_isDirect)
        {
            _index.UInt64Tree!.Prefetch(ProbeOf(key));
        }
    }

    private UInt64Probe ProbeOf(long key) => new(_index.IntegerKey == PhysicalType.Int64 ? KeyEncoder.KeyOf(key) : KeyEncoder.KeyOf((int)key));

    private bool TryFindInTree(long key, out long rowId)
    {
        if (_isDirect)
        {
            return _index.UInt64Tree!.TryFind(ProbeOf(key), out rowId);
        }
        SetKey(key);
        return _index.Tree.TryFind(Key.Key, out rowId);
    }

    // What the guess would have been is looked at even while guesses are not followed: so it is seen when they become right.
    // Then only now and then, since threads that teach the same table take its memory from each other.
    private void Learn(RowIdHints hints, long key, long rowId)
    {
        if (_trust < TrustMin && _lookupCount > EarlyLookups && _lookupCount % LookupsBetweenLessons != 0)
        {
            _lookupCount++;
            return;
        }
        _lookupCount = _lookupCount == int.MaxValue ? EarlyLookups : _lookupCount + 1;
        if (hints.Guess(key) == rowId)
        {
            _trust = Math.Min(_trust + 1, TrustMax);
        }
        else
        {
            _trust = Math.Max(_trust - 2, 0);
            hints.Learn(key, rowId, _index.Tree.Count);
        }
    }

    private void SetKey(long key)
    {
        Key.Reset();
        switch (_index.IntegerKey)
        {
            case PhysicalType.Int64: Key.AddInt64(key); break;
            case PhysicalType.Int32: Key.AddInt32((int)key); break;
            case PhysicalType.Int16: Key.AddInt16((short)key); break;
            default: throw new UnreachableException();
        }
    }

    private bool HasInteger(long key) => !Row.IsNull(_firstKeyPlace) && Row.GetInteger(_firstKeyPlace, _index.IntegerKey!.Value) == key;

    // Older rows with the key may be dead or changed; the visible one comes behind them.
    private bool TryFindLater(in ReadView view, ref long rowId)
    {
        VacatedRun? vacated = _index.Vacated?.Find(Key.Key) is { } run && run.IsHiddenFrom(view) ? run : null;
        while (_index.Tree.Find(Key.Key, new Span<long>(ref rowId), rowId) == 1)
        {
            EntrySteps++;
            if (vacated?.Covers(rowId) == true)
            {
                rowId = vacated.LastRowId;
            }
            else if (IsMatch(rowId, view))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>True where the view sees the row with <see cref="Key"/>: an entry outlives its value.</summary>
    public bool IsMatch(long rowId, in ReadView view)
    {
        if (!_table.TryRead(rowId, view, Row) || !_index.Contains(Row, _firstKeyPlace))
        {
            return false;
        }
        _index.Encode(_visibleKey, Row, _firstKeyPlace);
        return _visibleKey.Key.SequenceEqual(Key.Key);
    }
}
