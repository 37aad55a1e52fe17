using PhantomDb.Catalog;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Execution.Indexes;
using PhantomDb.Expressions;
using PhantomDb.Storage;
using PhantomDb.Storage.Indexes;
using PhantomDb.Transactions;
using PhantomDb.Types;

namespace PhantomDb.Execution.Points;

/// <summary>
/// The rows that refer to a row's key by a foreign key, looked for by an index of theirs when the row has been changed or removed, and
/// so is this transaction's. Where there is one, the general way does what the key says: an error, an action, or a note for later.
/// </summary>
internal sealed class PointChildren
{
    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly IndexRangeScan _rows;
    private readonly KeyWriter _lower;
    private readonly KeyWriter _upper;
    private readonly RowBuffer _key;
    private readonly (int OldPlace, int NewPlace, int KeyPlace, SqlType Source, SqlType Target)[] _columns;

    private readonly TableLockMode _tableLock;

    private PointChildren(TableStore table, TableIndex index, TableLockMode tableLock, (int OldPlace, int NewPlace, int KeyPlace, SqlType Source, SqlType Target)[] columns)
    {
        _table = table;
        _tableLock = tableLock;
        _index = index;
        _rows = new IndexRangeScan(table, index);
        _lower = index.NewKeyWriter();
        _upper = index.NewKeyWriter();
        _key = new RowBuffer(index.ColumnNumbers.AsSpan(0, columns.Length));
        _columns = columns;
    }

    /// <summary>The children of a table's rows; null where they have no index for the key, or its types differ too much.</summary>
    /// <param name="constraint">The foreign key.</param>
    /// <param name="child">Whose it is.</param>
    /// <param name="parent">To which it refers.</param>
    /// <param name="oldPlace">Where a column of the parent's, by its number, stands in the row found.</param>
    /// <param name="newRow">The row as an UPDATE leaves it; null for DELETE.</param>
    /// <param name="storage">The tables.</param>
    public static PointChildren? Create(
        ConstraintDefinition constraint, TableDefinition child, TableDefinition parent, Func<int, int> oldPlace, RowBuffer? newRow, DatabaseStorage storage)
    {
        int count = constraint.Columns.Count;
        TableStore table = storage.GetTable(child.Oid);
        TableIndex? index = Array.Find(table.Indexes, index => !index.Definition.IsPartial && index.ColumnNumbers.Length >= count
            && constraint.Columns.All(number => Array.IndexOf(index.ColumnNumbers, number, 0, count) >= 0));
        if (index is null)
        {
            return null;
        }
        var columns = new (int OldPlace, int NewPlace, int KeyPlace, SqlType Source, SqlType Target)[count];
        for (int i = 0; i < count; i++)
        {
            int number = constraint.ReferencedColumns[i];
            SqlType source = parent.TypeOf(number);
            SqlType target = child.TypeOf(constraint.Columns[i]);
            if (!KeyConversion.IsSame(source, target) && !KeyBounds.CanConvert(source, target))
            {
                return null;
            }
            int newPlace = newRow is null ? -1 : Array.IndexOf(newRow.Columns, number);
            columns[i] = (oldPlace(number), newPlace, Array.IndexOf(index.ColumnNumbers, constraint.Columns[i]), source, target);
        }
        bool mayChange = StatementLocks.IsAction(constraint.OnDelete) || StatementLocks.IsAction(constraint.OnUpdate);
        return new PointChildren(table, index, mayChange ? TableLockMode.RowExclusive : TableLockMode.RowShare, columns);
    }

    /// <summary>False where the children's store has been replaced.</summary>
    public bool IsCurrent(DatabaseStorage storage) =>
        storage.Tables.TryGetValue(_table.Definition.Oid, out TableStore? store) && ReferenceEquals(store, _table);

    /// <summary>As the general way does, which may have to change them.</summary>
    public void LockTable(Transaction transaction) => transaction.LockTable(_table.Definition.Oid, _tableLock, name: _table.Definition.Name);

    /// <summary>True where no row refers to the key that the row had, or where it still has it: in the newest state.</summary>
    public bool HasNone(RowBuffer oldRow, RowBuffer? newRow, Transaction transaction)
    {
        if (!TryEncode(oldRow, isNew: false, _lower))
        {
            return true;
        }
        if (newRow is not null && TryEncode(newRow, isNew: true, _upper) && _upper.Key.SequenceEqual(_lower.Key))
        {
            return true;
        }
        TryEncode(oldRow, isNew: false, _upper);
        bool hasUpper = _upper.TryMoveToSuccessor();
        _rows.Seek(_lower.Key, hasUpper ? _upper.Key : []);
        return !_rows.TryNext(transaction.NewestView, out _);
    }

    // False where a NULL is in the key, or a value that no child can have.
    private bool TryEncode(RowBuffer row, bool isNew, KeyWriter key)
    {
        foreach ((int oldPlace, int newPlace, int keyPlace, SqlType source, SqlType target) in _columns)
        {
            int place = isNew ? newPlace : oldPlace;
            if (row.IsNull(place))
            {
                return false;
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
        key.Reset();
        for (int i = 0; i < _columns.Length; i++)
        {
            _index.Add(key, i, ref _key.Raw(i), false, _key.BlocksOf(i));
        }
        return true;
    }
}

/// <summary>What foreign keys ask of a row that has been changed or removed: its new keys are there, and its old ones are not referred to.</summary>
internal sealed class PointReferences(PointParent[] parents, PointChildren[] children)
{
    /// <summary>False where one of the tables has been replaced.</summary>
    public bool IsCurrent(DatabaseStorage storage) =>
        Array.TrueForAll(parents, parent => parent.IsCurrent(storage)) && Array.TrueForAll(children, child => child.IsCurrent(storage));

    public void LockTables(Transaction transaction)
    {
        foreach (PointParent parent in parents)
        {
            parent.LockTable(transaction);
        }
        foreach (PointChildren child in children)
        {
            child.LockTable(transaction);
        }
    }

    /// <summary>Undoes the change, back to a mark, where they do not hold: false then.</summary>
    public bool TryKeep(RowBuffer oldRow, RowBuffer? newRow, Transaction transaction, int mark)
    {
        bool isKept = false;
        try
        {
            isKept = Hold(oldRow, newRow, transaction);
            return isKept;
        }
        finally
        {
            if (!isKept)
            {
                transaction.UndoTo(mark);
            }
        }
    }

    private bool Hold(RowBuffer oldRow, RowBuffer? newRow, Transaction transaction)
    {
        foreach (PointParent parent in parents)
        {
            if (!parent.TryLock(newRow!, transaction))
            {
                return false;
            }
        }
        foreach (PointChildren child in children)
        {
            if (!child.HasNone(oldRow, newRow, transaction))
            {
                return false;
            }
        }
        return true;
    }
}
