using PhantomDb.Catalog;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;

namespace PhantomDb.Execution.ForeignKeys;

/// <summary>
/// Foreign keys of one statement, looked at when all its rows are changed, in the newest state. First RESTRICT refuses; then
/// the actions (CASCADE, SET NULL, SET DEFAULT) change other tables' rows, whose own foreign keys join in; at the end every
/// new key must be found, and no key that has gone may be referred to. Of deferred constraints the last two are left for later.
/// </summary>
internal sealed class ForeignKeyChecks(StatementScope scope, IReadOnlyList<CascadeTarget> cascades)
{
    private readonly List<KeyChanges> _changes = [];
    private readonly int _firstWrite = scope.Transaction.Mark();
    private readonly int _firstDoubt = scope.Transaction.Doubts.Count;

    /// <summary>Where changes of a table's rows are noted.</summary>
    /// <param name="table">The table.</param>
    /// <param name="changedColumns">Storage numbers of the columns that UPDATE sets; null for INSERT and DELETE.</param>
    /// <param name="isDelete">Rows go, and none come.</param>
    /// <param name="comparesOld">Keys that stay what they are need not be looked for: not so for those that actions set, whose parent may be going.</param>
    public KeyChanges Watch(TableDefinition table, IReadOnlyList<int>? changedColumns = null, bool isDelete = false, bool comparesOld = false)
    {
        KeyChanges changes = new(scope, table, changedColumns, isDelete, comparesOld);
        _changes.Add(changes);
        return changes;
    }

    /// <summary>Carries out actions, and throws 23503 for the first key without partner.</summary>
    public void Finish()
    {
        Act();
        TestKeys();
    }

    /// <summary>Carries out actions; throws 23503 for a key that RESTRICT keeps, and before that 23505 for a primary key that comes twice.</summary>
    public void Act()
    {
        scope.Deferred?.TestStatement(scope, _firstDoubt, primaryKeysOnly: true);   // PostgreSQL's order: these, foreign keys, unique ones
        // Actions add to the list: the changes of other tables' rows.
        for (int i = 0; i < _changes.Count; i++)
        {
            foreach (IncomingKeys key in _changes[i].Incoming)
            {
                key.TestRestrict();
            }
            foreach (IncomingKeys key in _changes[i].Incoming)
            {
                Act(key);
            }
        }
    }

    /// <summary>Throws 23503 for the first key without partner.</summary>
    public void TestKeys()
    {
        foreach (KeyChanges changes in _changes)
        {
            foreach (OutgoingKeys key in changes.Outgoing)
            {
                if (key.Keys.Count == 0)
                {
                    continue;
                }
                if (IsDeferred(key.Constraint))
                {
                    scope.Deferred!.AddNewKeys(changes.Table, key.Constraint, _firstWrite, scope.Transaction.Mark());
                    continue;
                }
                key.Test();
            }
            foreach (IncomingKeys key in changes.Incoming)
            {
                if (key.Action == ReferentialAction.NoAction && IsDeferred(key.Constraint))
                {
                    scope.Deferred!.AddGoneKeys(key.Parent, key.Child, key.Constraint, key.GoneKeys().Old);
                    continue;
                }
                key.TestNoAction();
            }
        }
    }

    /// <summary>Tests all rows of a table against one of its foreign keys: ADD CONSTRAINT.</summary>
    public static void TestAll(StatementScope scope, TableDefinition table, ConstraintDefinition constraint)
    {
        OutgoingKeys key = new(constraint, table, scope);
        TableScan.Worker scan = scope.Tables[table.Oid].Scan([.. constraint.Columns], ReadView.Latest).NewWorker();
        Vectors.DataChunk chunk = new(key.Keys.Types);
        while (scan.TryNext(chunk))
        {
            key.Keys.Append(chunk);
        }
        key.Test();
    }

    private bool IsDeferred(ConstraintDefinition constraint) => scope.Deferred?.IsDeferred(constraint) == true;

    private void Act(IncomingKeys key)
    {
        if (key.Action is ReferentialAction.Cascade or ReferentialAction.SetNull or ReferentialAction.SetDefault && key.GoneKeys().Old.Count > 0)
        {
            CascadeTarget target = cascades.First(c => c.Table.Oid == key.Child.Oid);
            new ReferentialActionRunner(scope, this, target).Run(key);
        }
    }
}
