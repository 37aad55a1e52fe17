using PhantomDb.Execution.Physical;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution;

/// <summary>
/// The plans of a statement that is carried out many times, by the parts of its binding that they were made of. Whoever keeps it
/// clears it when they no longer serve.
/// </summary>
internal sealed class KeptPlans
{
    private readonly Dictionary<LogicalOperator, PhysicalPlan> _queries = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<LogicalModification, ModificationPlan> _modifications = new(ReferenceEqualityComparer.Instance);

    public bool IsEmpty => _queries.Count == 0 && _modifications.Count == 0;

    public PhysicalPlan? Find(LogicalOperator query) => _queries.GetValueOrDefault(query);

    public ModificationPlan? Find(LogicalModification modification) => _modifications.GetValueOrDefault(modification);

    public void Add(LogicalOperator query, PhysicalPlan plan) => _queries.Add(query, plan);

    public void Add(ModificationPlan plan) => _modifications.Add(plan.Modification, plan);

    public void Clear()
    {
        _queries.Clear();
        _modifications.Clear();
    }
}
