using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Execution.Points;

/// <summary>
/// A statement about one row: found by all columns of a unique index, or inserted. Runs within a transaction that its caller
/// begins and ends; allocates nothing. Which statements are of this kind <see cref="PointPlanner"/> decides.
/// </summary>
internal abstract class PointStatement(string tag, DatabaseCatalog catalog, TableStore table)
{
    private ImmutableDictionary<int, TableStore>? _tables;   // in which the store was found

    public string Tag => tag;

    public virtual bool Writes => true;

    /// <summary>The rows of a SELECT; null for the others.</summary>
    public virtual PointRows? Rows => null;

    protected TableStore Table => table;

    /// <summary>False where the definitions or the table's store have been replaced since. Writers look when they have locked the table.</summary>
    public bool IsCurrent(DatabaseCatalog newest, DatabaseStorage storage)
    {
        ImmutableDictionary<int, TableStore> tables = storage.Tables;
        if (!ReferenceEquals(newest, catalog))
        {
            return false;
        }
        if (!ReferenceEquals(tables, _tables))
        {
            if (!tables.TryGetValue(table.Definition.Oid, out TableStore? store) || !ReferenceEquals(store, table))
            {
                return false;
            }
            _tables = tables;
        }
        return true;
    }

    /// <summary>Locks the table for writing.</summary>
    public void Lock(Transaction transaction) => transaction.LockTable(table.Definition.Oid, TableLockMode.RowExclusive, name: table.Definition.Name);

    /// <summary>False where the values need the general way: it makes the error for a NULL that may not be.</summary>
    public virtual bool CanRun(RowBuffer parameters) => true;

    /// <summary>Runs the statement; gives the number of rows found or changed.</summary>
    public abstract int Run(Transaction transaction, RowBuffer parameters);
}

/// <summary>Finds the row of a key that comes from parameters.</summary>
internal sealed class PointKey
{
    private readonly TableStore _table;
    private readonly TableIndex _index;
    private readonly IndexLookup _lookup;
    private readonly RowBuffer _key;
    private readonly int[] _parameters;   // by key column
    private readonly bool _isInt64;

    public PointKey(TableStore table, TableIndex index, int[] parameters, int[] readColumns)
    {
        _table = table;
        _index = index;
        _parameters = parameters;
        _lookup = new IndexLookup(table, index, readColumns);
        _key = new RowBuffer(index.ColumnNumbers);
        _isInt64 = index.KeyColumns is [{ Type: Types.PhysicalType.Int64 }];
    }

    public RowBuffer Row => _lookup.Row;

    public bool TryFind(in ReadView view, RowBuffer parameters, out long rowId)
    {
        rowId = -1;
        for (int i = 0; i < _parameters.Length; i++)
        {
            int parameter = _parameters[i];
            if (parameters.IsNull(parameter))
            {
                return false;   // nothing equals NULL
            }
            _key.SetRaw(i, in parameters.Raw(parameter), isNull: false, parameters.BlocksOf(parameter));
        }
        if (_isInt64)
        {
            return _lookup.TryFind(_key.GetInt64(0), view, out rowId);
        }
        _index.Encode(_lookup.Key, _key, 0);
        return _lookup.TryFind(view, out rowId);
    }

    /// <summary>
    /// After another transaction has changed the row that was found: locks it as it is now and looks whether it still has
    /// the key (READ COMMITTED).
    /// </summary>
    public bool IsStillThere(Transaction transaction, long rowId, RowLockMode mode)
    {
        if (!transaction.LockLatest(_table, rowId, mode))
        {
            return false;
        }
        _index.Encode(_lookup.Key, _key, 0);
        return _lookup.IsMatch(rowId, ReadView.Latest);
    }
}

/// <summary>SELECT columns FROM table WHERE key.</summary>
internal sealed class PointSelect(DatabaseCatalog catalog, TableStore table, PointKey key, PointRows rows)
    : PointStatement("SELECT", catalog, table)
{
    public override bool Writes => false;

    public override PointRows Rows => rows;

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        bool isFound = key.TryFind(transaction.View, parameters, out _);
        rows.Take(isFound ? key.Row : null);
        return isFound ? 1 : 0;
    }
}

/// <summary>UPDATE table SET columns = parameters WHERE key.</summary>
internal sealed class PointUpdate(DatabaseCatalog catalog, TableStore table, PointKey key, int[] columns, int[] valueParameters, bool[] isNotNull)
    : PointStatement("UPDATE", catalog, table)
{
    private readonly RowBuffer _values = new(columns);

    public override bool CanRun(RowBuffer parameters)
    {
        for (int i = 0; i < valueParameters.Length; i++)
        {
            if (isNotNull[i] && parameters.IsNull(valueParameters[i]))
            {
                return false;
            }
        }
        return true;
    }

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        if (!key.TryFind(transaction.View, parameters, out long rowId))
        {
            return 0;
        }
        for (int i = 0; i < valueParameters.Length; i++)
        {
            PointValues.Copy(parameters, valueParameters[i], _values, i);
        }
        if (transaction.TryUpdate(Table, rowId, _values) == WriteOutcome.Done)
        {
            return 1;
        }
        return key.IsStillThere(transaction, rowId, RowLockMode.NoKeyUpdate)
            && transaction.TryUpdate(Table, rowId, _values, isLatest: true) == WriteOutcome.Done ? 1 : 0;
    }
}

/// <summary>DELETE FROM table WHERE key.</summary>
internal sealed class PointDelete(DatabaseCatalog catalog, TableStore table, PointKey key) : PointStatement("DELETE", catalog, table)
{
    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        if (!key.TryFind(transaction.View, parameters, out long rowId))
        {
            return 0;
        }
        if (transaction.TryDelete(Table, rowId) == WriteOutcome.Done)
        {
            return 1;
        }
        return key.IsStillThere(transaction, rowId, RowLockMode.Update)
            && transaction.TryDelete(Table, rowId, isLatest: true) == WriteOutcome.Done ? 1 : 0;
    }
}

/// <summary>INSERT INTO table VALUES (parameters and constants): constants stand in the row already, their parameter is -1.</summary>
internal sealed class PointInsert(DatabaseCatalog catalog, TableStore table, RowBuffer row, int[] valueParameters, bool[] isNotNull)
    : PointStatement("INSERT", catalog, table)
{
    public override bool CanRun(RowBuffer parameters)
    {
        for (int i = 0; i < valueParameters.Length; i++)
        {
            int parameter = valueParameters[i];
            if (isNotNull[i] && (parameter < 0 ? row.IsNull(i) : parameters.IsNull(parameter)))
            {
                return false;
            }
        }
        return true;
    }

    public override int Run(Transaction transaction, RowBuffer parameters)
    {
        for (int i = 0; i < valueParameters.Length; i++)
        {
            if (valueParameters[i] >= 0)
            {
                PointValues.Copy(parameters, valueParameters[i], row, i);
            }
        }
        transaction.Insert(Table, row);
        return 1;
    }
}
