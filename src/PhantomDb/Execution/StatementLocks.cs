using PhantomDb.Catalog;
using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Planning.Logical;
using PhantomDb.Transactions;

namespace PhantomDb.Execution;

/// <summary>
/// The table locks that statements take before they look at rows. Queries take none: readers never wait. Definition statements
/// lock what they are about, and so keep out whoever writes to the tables that they change.
/// </summary>
internal static class StatementLocks
{
    /// <summary>Locks what a modification writes to and, for its foreign keys, reads: tables that refer to its own only where keys may change that they refer to.</summary>
    public static void Take(Transaction transaction, LogicalModification modification, DatabaseCatalog catalog)
    {
        TableDefinition target = modification.Table;
        transaction.LockTable(target.Oid, TableLockMode.RowExclusive, name: target.Name);
        IReadOnlyList<int>? changed = modification switch
        {
            LogicalUpdate update => update.ChangedColumns,
            LogicalInsert { OnConflict: { DoesNothing: false } conflict } => [.. conflict.Assignments.Select(assignment => assignment.ColumnNumber)],
            LogicalInsert => [],
            _ => null,
        };
        if (modification is not LogicalDelete)
        {
            TakeParents(transaction, target, catalog, modification is LogicalUpdate ? changed : null);
        }
        HashSet<int>? seen = null;
        TakeChildren(transaction, target, catalog, changed, ref seen);
    }

    /// <summary>Locks what any modification of a table may write to or read for its foreign keys.</summary>
    public static void Take(Transaction transaction, TableDefinition target, DatabaseCatalog catalog)
    {
        transaction.LockTable(target.Oid, TableLockMode.RowExclusive, name: target.Name);
        TakeParents(transaction, target, catalog);
        HashSet<int>? seen = null;
        TakeChildren(transaction, target, catalog, changedColumns: null, ref seen);
    }

    /// <summary>Locks what rows that are only added write to and refer to.</summary>
    public static void TakeForInsert(Transaction transaction, TableDefinition target, DatabaseCatalog catalog)
    {
        transaction.LockTable(target.Oid, TableLockMode.RowExclusive, name: target.Name);
        TakeParents(transaction, target, catalog);
    }

    /// <summary>
    /// Locks all that a definition statement is about: objects that it changes or drops, for itself alone; tables that a new foreign
    /// key refers to, against being written to; names that it gives to relations and schemas, so that no two transactions give the same; and, against being changed,
    /// what its texts read and the schemas that its objects go into.
    /// </summary>
    public static void Take(Transaction transaction, SchemaChange change, DatabaseCatalog before)
    {
        transaction.LockTable(TransactionManager.DefinitionsOid, TableLockMode.RowExclusive, name: "definitions");
        SortedDictionary<int, (TableLockMode Mode, string Name)> locks = [];
        foreach (int oid in change.Dependencies)
        {
            AddObject(oid, TableLockMode.AccessShare);
        }
        foreach (CatalogChange part in change.Changes)
        {
            switch (part)
            {
                case PutTable put:
                    AddObject(put.Table.Oid, TableLockMode.AccessExclusive);
                    AddName(put.Table.Schema, put.Table.Name, put.Table.Oid);
                    foreach (IndexDefinition index in put.Table.Indexes)
                    {
                        AddName(put.Table.Schema, index.Name, index.Oid);
                    }
                    var known = before.Find(put.Table.Oid) as TableDefinition;
                    foreach (ConstraintDefinition key in put.Table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey))
                    {
                        if (known?.Constraints.Any(c => c.Oid == key.Oid) != true)
                        {
                            AddObject(key.ReferencedTableOid, TableLockMode.ShareRowExclusive);   // who changes it has to know of the key
                        }
                    }
                    break;
                case PutView put:
                    AddObject(put.View.Oid, TableLockMode.AccessExclusive);
                    AddName(put.View.Schema, put.View.Name, put.View.Oid);
                    break;
                case PutSequence put:
                    AddObject(put.Sequence.Oid, TableLockMode.AccessExclusive);
                    AddObject(put.Sequence.OwnerTableOid, TableLockMode.AccessShare);
                    AddName(put.Sequence.Schema, put.Sequence.Name, put.Sequence.Oid);
                    break;
                case PutSchema put:
                    Add(TransactionManager.NameOid("", put.Schema.Name), TableLockMode.AccessExclusive, put.Schema.Name);
                    break;
                case RemoveSchema remove:
                    Add(TransactionManager.NameOid("", remove.Name), TableLockMode.AccessExclusive, remove.Name);
                    break;
                case RemoveRelation remove:
                    AddObject(remove.Oid, TableLockMode.AccessExclusive);
                    break;
            }
        }
        foreach (RestartSequence restart in change.Actions.OfType<RestartSequence>())
        {
            AddObject(restart.SequenceOid, TableLockMode.ShareRowExclusive);
        }
        foreach ((int oid, (TableLockMode mode, string name)) in locks)
        {
            transaction.LockTable(oid, mode, name: name);
        }

        void AddName(string schema, string name, int oid)
        {
            if (before.FindRelation(schema, name) is { } holder && RelationLookup.OidOf(holder) == oid)
            {
                return;
            }
            Add(TransactionManager.NameOid(schema, name), TableLockMode.AccessExclusive, name);
            Add(TransactionManager.NameOid("", schema), TableLockMode.AccessShare, schema);
        }

        void AddObject(int oid, TableLockMode mode)
        {
            if (before.Find(oid) is IndexDefinition index)
            {
                oid = index.TableOid;
            }
            if (RelationLookup.NameOf(before, oid) is { } found)   // what is new nobody else can find
            {
                Add(oid, mode, found.Name);
            }
        }

        void Add(int oid, TableLockMode mode, string name)
        {
            if (!locks.TryGetValue(oid, out (TableLockMode Mode, string) known) || known.Mode < mode)
            {
                locks[oid] = (mode, name);
            }
        }
    }

    public static void Take(Transaction transaction, TruncateCommand truncate)
    {
        transaction.LockTable(TransactionManager.DefinitionsOid, TableLockMode.RowExclusive, name: "definitions");
        foreach (TableDefinition table in truncate.Tables.OrderBy(table => table.Oid))
        {
            transaction.LockTable(table.Oid, TableLockMode.AccessExclusive, name: table.Name);
        }
        TakeSequences(transaction, truncate.RestartedSequences.Select(sequence => sequence.Oid));
    }

    // For those who want a value of a sequence that is being altered: they wait at its lock.
    private static void TakeSequences(Transaction transaction, IEnumerable<int> oids)
    {
        foreach (int oid in oids.Order())
        {
            transaction.LockTable(oid, TableLockMode.ShareRowExclusive, name: "sequence");
        }
    }

    // Parents are read and their rows locked. Null for the changed columns: all, as for new rows.
    private static void TakeParents(Transaction transaction, TableDefinition table, DatabaseCatalog catalog, IReadOnlyList<int>? changedColumns = null)
    {
        foreach (ConstraintDefinition key in table.Constraints)
        {
            if (key.Kind == ConstraintKind.ForeignKey && (changedColumns is null || key.Columns.Any(changedColumns.Contains)) && catalog.Find(key.ReferencedTableOid) is TableDefinition parent)
            {
                transaction.LockTable(parent.Oid, TableLockMode.RowShare, name: parent.Name);
            }
        }
    }

    // Children are read and, where the key has an action, changed, and so on. Null for the changed columns: all, as for rows that go.
    private static void TakeChildren(
        Transaction transaction, TableDefinition table, DatabaseCatalog catalog, IReadOnlyList<int>? changedColumns, ref HashSet<int>? seen)
    {
        foreach ((ConstraintDefinition key, TableDefinition child) in KeyChanges.IncomingOf(catalog, table, changedColumns))
        {
            if (!IsAction(key.OnDelete) && !IsAction(key.OnUpdate))
            {
                transaction.LockTable(child.Oid, TableLockMode.RowShare, name: child.Name);
            }
            else if ((seen ??= [table.Oid]).Add(child.Oid))
            {
                transaction.LockTable(child.Oid, TableLockMode.RowExclusive, name: child.Name);
                TakeParents(transaction, child, catalog);
                TakeChildren(transaction, child, catalog, changedColumns: null, ref seen);
            }
        }
    }

    /// <summary>True where a foreign key changes rows of the table that refers.</summary>
    public static bool IsAction(ReferentialAction action) => action is not (ReferentialAction.NoAction or ReferentialAction.Restrict);
}
