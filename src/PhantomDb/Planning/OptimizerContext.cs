using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Types;

namespace PhantomDb.Planning;

/// <summary>What the rules share while one plan is optimised: estimates, a context for folding, and ids for new columns.</summary>
internal sealed class OptimizerContext(ICatalogStatistics statistics, EvaluationContext evaluation, int nextColumnId, int nextCteId)
{
    private int _nextColumnId = nextColumnId;
    private int _nextCteId = nextCteId;

    public ICatalogStatistics Statistics { get; } = statistics;

    /// <summary>For expressions without columns and parameters.</summary>
    public EvaluationContext Evaluation { get; } = evaluation;

    /// <summary>False leaves every correlated subquery as a dependent join: the plain meaning, which tests compare with.</summary>
    public bool PullsUpCorrelation { get; init; } = true;

    public LogicalColumn NewColumn(string name, SqlType type) => new(new ColumnId(_nextColumnId++), type, name);

    public int NewCteId() => _nextCteId++;
}
