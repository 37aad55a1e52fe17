using PhantomDb.Execution.Physical;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;

namespace PhantomDb.Execution;

/// <summary>
/// The plans of a statement that is carried out many times, by the parts of its binding that they were made of, and what their runs
/// leave for the next one. Whoever keeps it clears it when the plans no longer serve. For one thread.
/// </summary>
internal sealed class KeptPlans
{
    private readonly Dictionary<LogicalOperator, PhysicalPlan> _queries = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<LogicalModification, ModificationPlan> _modifications = new(ReferenceEqualityComparer.Instance);

    private readonly Dictionary<PhysicalIndexScan, IndexRangeScan> _rowScans = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<PhysicalIndexScan, IndexKeyScan> _keyScans = new(ReferenceEqualityComparer.Instance);

    public bool IsEmpty => _queries.Count == 0 && _modifications.Count == 0;

    public PhysicalPlan? Find(LogicalOperator query) => _queries.GetValueOrDefault(query);

    public ModificationPlan? Find(LogicalModification modification) => _modifications.GetValueOrDefault(modification);

    public void Add(LogicalOperator query, PhysicalPlan plan) => _queries.Add(query, plan);

    public void Add(ModificationPlan plan) => _modifications.Add(plan.Modification, plan);

    /// <summary>Takes out what the last run of an index scan has left, if it is of this table and index.</summary>
    public IndexRangeScan? TakeRowScan(PhysicalIndexScan scan, TableStore table, TableIndex index) =>
        _rowScans.Remove(scan, out IndexRangeScan? rows) && rows.IsOf(table, index) ? rows : null;

    /// <summary>The same of an index-only scan.</summary>
    public IndexKeyScan? TakeKeyScan(PhysicalIndexScan scan, TableStore table, TableIndex index) =>
        _keyScans.Remove(scan, out IndexKeyScan? keys) && keys.IsOf(table, index) ? keys : null;

    /// <summary>Leaves an index scan that nobody reads on for its next run, which begins with a seek.</summary>
    public void Leave(PhysicalIndexScan scan, IndexRangeScan rows)
    {
        rows.BeforeBatch = null;
        _rowScans[scan] = rows;
    }

    /// <summary>The same of an index-only scan.</summary>
    public void Leave(PhysicalIndexScan scan, IndexKeyScan keys) => _keyScans[scan] = keys;

    public void Clear()
    {
        _rowScans.Clear();
        _keyScans.Clear();
        _queries.Clear();
        _modifications.Clear();
    }
}
