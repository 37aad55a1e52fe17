using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;

namespace PhantomDb.Execution.Points;

/// <summary>
/// A statement about one row, found by all columns of a unique index or inserted, or about the few rows of a range of an
/// index. Runs within a transaction that its caller begins and ends; allocates nothing. Which statements are of this kind
/// <see cref="PointPlanner"/> decides.
/// </summary>
internal abstract class PointStatement(string tag, DatabaseCatalog catalog, TableStore table)
{
    private ImmutableDictionary<int, TableStore>? _tables;   // in which the store was found

    public string Tag => tag;

    /// <summary>True where it locks or changes rows: its transaction must be one that may write.</summary>
    public virtual bool LocksRows => true;

    /// <summary>True where it changes rows: its result counts them.</summary>
    public virtual bool ChangesRows => true;

    /// <summary>What the statement is called where it may not run in a READ ONLY transaction.</summary>
    public virtual string Command => tag;

    /// <summary>The rows of a SELECT or of RETURNING; null for the others.</summary>
    public virtual PointRows? Rows => null;

    protected TableStore Table => table;

    /// <summary>True where a snapshot may be too old for the table.</summary>
    public bool HasUnreadable => table.HasUnreadable;

    /// <summary>False where the definitions or the table's store have been replaced since. Writers look when they have locked the table.</summary>
    public virtual bool IsCurrent(DatabaseCatalog newest, DatabaseStorage storage)
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

    /// <summary>Locks the table for what is done to its rows.</summary>
    public virtual void Lock(Transaction transaction) => transaction.LockTable(table.Definition.Oid, TableLockMode.RowExclusive, name: table.Definition.Name);

    /// <summary>False where the values need the general way: it makes the error for a NULL that may not be.</summary>
    public virtual bool CanRun(RowBuffer parameters) => true;

    /// <summary>True where it reads nothing and adds one row: another such statement right after it may count as the same.</summary>
    public virtual bool IsInsert => false;

    /// <summary>
    /// Answers a read of a single row without a transaction, where what is found has one version and so is the same for all;
    /// else -1.
    /// </summary>
    public virtual int RunSettled(RowBuffer parameters) => -1;

    /// <summary>
    /// Runs the statement; gives the number of rows found or changed, or -1 where it must go the general way after all, having
    /// changed nothing. An error leaves nothing behind either: the one row that is changed is changed last.
    /// </summary>
    public abstract int Run(Transaction transaction, RowBuffer parameters);
}
