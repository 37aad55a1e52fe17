using PhantomDb.Catalog;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>Looks keys up in the table that a foreign key refers to, by the unique index that it uses.</summary>
internal sealed class ReferencedRows
{
    private readonly TableStore _table;
    private readonly IndexLookup _lookup;
    private readonly TableIndex _index;
    private readonly RowBuffer _key;
    private readonly int[] _targets;   // of the foreign key's columns among the index's
    private readonly KeyConversion _conversion;

    /// <param name="constraint">The foreign key.</param>
    /// <param name="from">The table that keys come from: the referencing one, or the referenced one itself.</param>
    /// <param name="fromNumbers">Its columns, in the foreign key's order.</param>
    /// <param name="scope">The statement.</param>
    public ReferencedRows(ConstraintDefinition constraint, TableDefinition from, IReadOnlyList<int> fromNumbers, StatementScope scope)
    {
        _table = scope.Tables[constraint.ReferencedTableOid];
        _index = _table.FindIndex(constraint.ReferencedIndexOid) ?? throw Error.Internal($"foreign key {constraint.Name} has lost its index");
        _lookup = new IndexLookup(_table, _index);
        _key = new RowBuffer(_index.ColumnNumbers);
        _targets = [.. constraint.ReferencedColumns.Select(n => Array.IndexOf(_index.ColumnNumbers, n))];
        _conversion = new KeyConversion(from, fromNumbers, scope.Catalog.GetTable(constraint.ReferencedTableOid), constraint.ReferencedColumns, scope);
    }

    /// <summary>
    /// True where there is a row with the key at a position, in the latest state; it is locked, so that it keeps the key. Above
    /// READ COMMITTED it must be the one that the transaction sees, as in PostgreSQL: 40001 where that has gone since.
    /// </summary>
    public bool Lock(DataChunk keys, int position, Transaction transaction)
    {
        if (!TryEncode(keys, position))
        {
            return false;
        }
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

    /// <summary>True where a row has the key, as all that is committed and the transaction's own doing leave it.</summary>
    public bool Has(DataChunk keys, int position, in ReadView newest) =>
        TryEncode(keys, position) && _lookup.TryFind(newest, out _);

    private bool TryEncode(DataChunk keys, int position)
    {
        if (!_conversion.TryConvert(keys, position, _key, _targets))
        {
            return false;
        }
        _lookup.Key.Reset();
        _index.Encode(_lookup.Key, _key, 0);
        return true;
    }
}
