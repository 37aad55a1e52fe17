using PhantomDb.Planning.Logical;

namespace PhantomDb.Planning;

/// <summary>Rewrites a plan into one that gives the same rows, sooner.</summary>
internal interface IOptimizerRule
{
    LogicalOperator Apply(LogicalOperator plan, OptimizerContext context);
}
