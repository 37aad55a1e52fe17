using PhantomDb.Execution.ForeignKeys;
using PhantomDb.Storage;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// What the parts of one statement have in common that change tables (WITH): the rows that were changed, each of which is changed
/// once, and foreign keys, which are looked at when all is done.
/// </summary>
internal sealed class CommonChanges(MemoryAccount account)
{
    private readonly Dictionary<int, RowIdSet> _changed = [];
    private readonly List<ForeignKeyChecks> _foreignKeys = [];

    public bool Has(TableStore table, long rowId) => _changed.TryGetValue(table.Definition.Oid, out RowIdSet? rows) && rows.Contains(rowId);

    public void Add(TableStore table, long rowId)
    {
        if (!_changed.TryGetValue(table.Definition.Oid, out RowIdSet? rows))
        {
            _changed.Add(table.Definition.Oid, rows = new RowIdSet(account));
        }
        rows.Add(rowId);
    }

    public void Add(ForeignKeyChecks foreignKeys) => _foreignKeys.Add(foreignKeys);

    /// <summary>Carries out the actions of all foreign keys, and then looks at their keys.</summary>
    public void Finish()
    {
        _foreignKeys.ForEach(keys => keys.Act());
        _foreignKeys.ForEach(keys => keys.TestKeys());
    }
}
