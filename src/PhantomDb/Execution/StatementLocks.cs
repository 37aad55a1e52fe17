using PhantomDb.Catalog;
using PhantomDb.Planning.Logical;
using PhantomDb.Transactions;

namespace PhantomDb.Execution;

/// <summary>
/// The table locks that statements take before they look at rows. Queries take none: readers never wait. Definition statements
/// come one after the other, and lock out whoever writes to the tables that they change.
/// </summary>
internal static class StatementLocks
{
    /// <summary>Locks what a modification writes to and, for its foreign keys, reads.</summary>
    public static void Take(Transaction transaction, TableDefinition target, DatabaseCatalog catalog)
    {
        transaction.LockTable(target.Oid, TableLockMode.RowExclusive, name: target.Name);
        HashSet<int>? seen = null;
        TakeRelated(transaction, target, catalog, ref seen);
    }

    /// <summary>
    /// Locks all definitions: for definition statements, which are bound under this lock, and for whoever wants definitions and
    /// rows of one moment.
    /// </summary>
    public static void TakeDefinitions(Transaction transaction) =>
        transaction.LockTable(TransactionManager.DefinitionsOid, TableLockMode.AccessExclusive, name: "definitions");

    /// <summary>Locks the tables that a definition statement changes, drops or refers to.</summary>
    public static void Take(Transaction transaction, SchemaChange change, DatabaseCatalog before)
    {
        HashSet<int> tables = [];
        HashSet<int> sequences = [];
        foreach (CatalogChange part in change.Changes)
        {
            switch (part)
            {
                case PutTable put:
                    tables.Add(put.Table.Oid);
                    tables.UnionWith(put.Table.Constraints.Where(c => c.Kind == ConstraintKind.ForeignKey).Select(c => c.ReferencedTableOid));
                    break;
                case RemoveRelation remove:
                    tables.Add(remove.Oid);
                    break;
                case PutSequence put when before.Find(put.Sequence.Oid) is SequenceDefinition:
                    sequences.Add(put.Sequence.Oid);
                    break;
            }
        }
        sequences.UnionWith(change.Actions.OfType<RestartSequence>().Select(restart => restart.SequenceOid));
        foreach (int oid in tables.Order())
        {
            if (before.Find(oid) is TableDefinition table)
            {
                transaction.LockTable(oid, TableLockMode.AccessExclusive, name: table.Name);
            }
        }
        TakeSequences(transaction, sequences);
    }

    public static void Take(Transaction transaction, TruncateCommand truncate)
    {
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

    // Parents are read and their rows locked; children are read, and changed where the key cascades, and so on.
    private static void TakeRelated(Transaction transaction, TableDefinition table, DatabaseCatalog catalog, ref HashSet<int>? seen)
    {
        foreach (ConstraintDefinition key in table.Constraints)
        {
            if (key.Kind == ConstraintKind.ForeignKey && catalog.Find(key.ReferencedTableOid) is TableDefinition parent)
            {
                transaction.LockTable(parent.Oid, TableLockMode.RowShare, name: parent.Name);
            }
        }
        foreach (TableDefinition child in catalog.Tables)
        {
            foreach (ConstraintDefinition key in child.Constraints)
            {
                if (key.Kind == ConstraintKind.ForeignKey && key.ReferencedTableOid == table.Oid && (seen ??= [table.Oid]).Add(child.Oid))
                {
                    transaction.LockTable(child.Oid, TableLockMode.RowExclusive, name: child.Name);
                    TakeRelated(transaction, child, catalog, ref seen);
                }
            }
        }
    }
}
