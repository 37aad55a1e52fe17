using PhantomDb.Catalog;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Planning.Rules;

namespace PhantomDb.Planning;

/// <summary>Rewrites logical plans by a list of rules, each once, in an order in which each finds what it needs.</summary>
internal static class Optimizer
{
    /// <summary>The rules in their order.</summary>
    public static readonly IReadOnlyList<IOptimizerRule> Rules =
    [
        new ConstantFolding(),      // first: later rules then see the simplest predicates
        new SubqueryUnnesting(),    // before pushdown: its joins are what filters are pushed through
        new FilterPushdown(infersEqualities: true),   // before join order, which needs filtered row counts
        new JoinOrder(),
        new FilterPushdown(infersEqualities: false),  // again: conditions that the new order leaves above a join
        new BuildSide(),            // after join order has made the inputs what they will be
        new StoredExpressions(),    // when conditions are where they will be tested: they say which partial indexes will do
        new ColumnPruning(),        // late: it must see which columns the final conditions use
        new TopN(),
    ];

    /// <summary>The plan rewritten.</summary>
    /// <param name="plan">A plan as the binder made it.</param>
    /// <param name="statistics">Estimates of the tables.</param>
    /// <param name="evaluation">For folding constants; parameters are not looked at.</param>
    public static LogicalOperator Optimize(LogicalOperator plan, ICatalogStatistics statistics, EvaluationContext evaluation) =>
        Optimize(plan, statistics, evaluation, Rules, pullsUpCorrelation: true);

    /// <summary>The plan rewritten by some rules only; subquery unnesting must be among them. For tests.</summary>
    public static LogicalOperator Optimize(
        LogicalOperator plan, ICatalogStatistics statistics, EvaluationContext evaluation, IReadOnlyList<IOptimizerRule> rules, bool pullsUpCorrelation)
    {
        (int nextColumn, int nextCte) = PlanIds.FirstUnused(plan);
        OptimizerContext context = new(statistics, evaluation, nextColumn, nextCte) { PullsUpCorrelation = pullsUpCorrelation };
        foreach (IOptimizerRule rule in rules)
        {
            plan = rule.Apply(plan, context);
        }
        return plan;
    }
}
