using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;

namespace PhantomDb.Execution.Points;

/// <summary>Finds the row of a unique index's key.</summary>
internal sealed class PointKey
{
    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly IndexLookup _lookup;
    private readonly RowBuffer _key;
    private readonly PointOperand[] _values;   // by key column
    private readonly PhysicalType? _integer;   // of the one key column
    private bool _prefetchesRow;

    /// <param name="table">The table.</param>
    /// <param name="index">One of its unique indexes.</param>
    /// <param name="values">A value for each column of the index.</param>
    /// <param name="readColumns">Storage numbers of the columns to read of the row.</param>
    /// <param name="changedColumns">Those of the columns that are changed when it is found.</param>
    public PointKey(TableStore table, TableIndex index, PointOperand[] values, int[] readColumns, int[] changedColumns)
    {
        _table = table;
        _index = index;
        _values = values;
        _lookup = new IndexLookup(table, index, readColumns) { NextColumns = changedColumns };
        _key = new RowBuffer(index.ColumnNumbers);
        _integer = index.IntegerKey;
    }

    /// <summary>The row found.</summary>
    public RowBuffer Row => _lookup.Row;

    /// <summary>True where the entry of the key goes with the row.</summary>
    public bool RemovesEntry { get; init; }

    /// <summary>From now on all columns of a row that is found are asked for at once: its change is written to a log with all of them.</summary>
    public void PrefetchRow()
    {
        if (!_prefetchesRow)
        {
            _prefetchesRow = true;
            _lookup.NextColumns = [.. _table.Definition.Columns.Select(column => column.Number)];
        }
    }

    /// <summary>Type of the one column of a key that is an integer; null for others.</summary>
    public PhysicalType? Integer => _integer;

    /// <summary>The value of an integer key; false where it is NULL, which nothing equals.</summary>
    public bool TryComputeInteger(RowBuffer parameters, out long value)
    {
        _values[0].CopyTo(parameters, _key, 0);
        value = _key.GetInteger(0, _integer!.Value);
        return !_key.IsNull(0);
    }

    /// <summary>Finds the row of an integer key.</summary>
    public bool TryFind(in ReadView view, long value, out long rowId) => _lookup.TryFind(value, view, out rowId);

    public bool TryFind(in ReadView view, RowBuffer parameters, out long rowId)
    {
        for (int i = 0; i < _values.Length; i++)
        {
            _values[i].CopyTo(parameters, _key, i);
            if (_key.IsNull(i))
            {
                rowId = -1;
                return false;   // nothing equals NULL
            }
        }
        if (_integer is { } type)
        {
            if (RemovesEntry)
            {
                _lookup.PrefetchEntry(_key.GetInteger(0, type));
            }
            return _lookup.TryFind(_key.GetInteger(0, type), view, out rowId);
        }
        _index.Encode(_lookup.Key, _key, 0);
        return _lookup.TryFind(view, out rowId);
    }

    /// <summary>
    /// Adds the columns read to a batch, of an integer key's row with one version: without a timestamp. Everything
    /// else is unsettled.
    /// </summary>
    public LookupOutcome FindSettled(RowBuffer parameters, RowBatch rows)
    {
        if (_integer is not { } type)
        {
            return LookupOutcome.Unsettled;
        }
        _values[0].CopyTo(parameters, _key, 0);
        return _key.IsNull(0) ? LookupOutcome.Absent : _lookup.FindSettled(_key.GetInteger(0, type), rows);
    }

    /// <summary>
    /// After another transaction has changed the row that was found: locks it as it is now, reads it, and tells whether it
    /// still has the key (READ COMMITTED).
    /// </summary>
    public bool IsStillThere(Transaction transaction, long rowId, RowLockMode mode) =>
        transaction.LockLatest(_table, rowId, mode) && IsStillThere(rowId);

    /// <summary>Reads a row that is locked as it is now, and tells whether it has the key looked for last.</summary>
    public bool IsStillThere(long rowId)
    {
        _index.Encode(_lookup.Key, _key, 0);
        return _lookup.IsMatch(rowId, ReadView.Latest);
    }
}
