using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Execution.Indexes;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Types;

namespace PhantomDb.Execution.Points;

/// <summary>
/// The row that a foreign key of an inserted row refers to: found by its unique index and locked, so that it keeps the key. Where
/// there is none, the general way makes the error, or finds that the row refers to itself.
/// </summary>
internal sealed class PointParent
{
    private readonly ConstraintDefinition _constraint;
    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly IndexLookup _lookup;
    private readonly RowBuffer _key;
    private readonly (int Place, int KeyPlace, SqlType Source, SqlType Target)[] _columns;

    private PointParent(ConstraintDefinition constraint, TableStore table, TableIndex index, (int Place, int KeyPlace, SqlType Source, SqlType Target)[] columns)
    {
        _constraint = constraint;
        _table = table;
        _index = index;
        _lookup = new IndexLookup(table, index);
        _key = new RowBuffer(index.ColumnNumbers);
        _columns = columns;
    }

    /// <summary>The parent of rows that are in a buffer of these columns; null where the key must be looked at the general way.</summary>
    public static PointParent? Create(ConstraintDefinition constraint, TableDefinition child, RowBuffer row, DatabaseStorage storage)
    {
        TableStore table = storage.GetTable(constraint.ReferencedTableOid);
        if (constraint.IsDeferrable || table.FindIndex(constraint.ReferencedIndexOid) is not { } index)
        {
            return null;
        }
        var columns = new (int Place, int KeyPlace, SqlType Source, SqlType Target)[constraint.Columns.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            SqlType source = child.TypeOf(constraint.Columns[i]);
            SqlType target = table.Definition.TypeOf(constraint.ReferencedColumns[i]);
            if (!KeyConversion.IsSame(source, target) && !KeyBounds.CanConvert(source, target))
            {
                return null;
            }
            columns[i] = (Array.IndexOf(row.Columns, constraint.Columns[i]), Array.IndexOf(index.ColumnNumbers, constraint.ReferencedColumns[i]), source, target);
        }
        return new PointParent(constraint, table, index, columns);
    }

    /// <summary>False where the parent's store has been replaced.</summary>
    public bool IsCurrent(DatabaseStorage storage) =>
        storage.Tables.TryGetValue(_table.Definition.Oid, out TableStore? store) && ReferenceEquals(store, _table);

    public void LockTable(Transaction transaction) => transaction.LockTable(_table.Definition.Oid, TableLockMode.RowShare, name: _table.Definition.Name);

    /// <summary>
    /// Locks the parent of a new row, after waiting for whoever may remove or bring it; true as well where a NULL in the key
    /// asks for none. Above READ COMMITTED it must be the row that the transaction sees: 40001 where that has gone since.
    /// </summary>
    public bool TryLock(RowBuffer row, Transaction transaction)
    {
        foreach ((int place, int keyPlace, SqlType source, SqlType target) in _columns)
        {
            if (row.IsNull(place))
            {
                return !_constraint.IsMatchFull;
            }
            if (KeyConversion.IsSame(source, target))
            {
                PointValues.Copy(row, place, _key, keyPlace);
            }
            else if (!KeyBounds.TryConvert(row, place, source, target, ComparisonKind.Equal, _key, keyPlace))
            {
                return false;
            }
        }
        _lookup.Key.Reset();
        _index.Encode(_lookup.Key, _key, 0);
        if (transaction.Isolation == IsolationLevel.ReadCommitted)
        {
            return transaction.LockKey(_table, _index, _lookup.Key.Key, out _);
        }
        if (!_lookup.TryFind(transaction.SnapshotView, out long seen))
        {
            return false;
        }
        return transaction.LockKey(_table, _index, _lookup.Key.Key, out long locked) && locked == seen ? true : throw Error.ConcurrentDelete();
    }
}
