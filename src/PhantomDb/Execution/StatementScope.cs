using System.Collections.Immutable;
using PhantomDb.Catalog;
using PhantomDb.Execution.Indexes;
using PhantomDb.Expressions;
using PhantomDb.Functions;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb.Execution;

/// <summary>
/// One statement being carried out: its transaction, the tables as it finds them (with those that it has itself altered),
/// and the means to run plans.
/// </summary>
internal sealed class StatementScope(
    Transaction transaction, DatabaseStorage storage, ImmutableDictionary<int, TableStore> tables, DatabaseCatalog catalog, IStatementContext statement, Vector[] parameters)
{
    public Transaction Transaction => transaction;

    public DatabaseStorage Storage => storage;

    public DatabaseCatalog Catalog { get; set; } = catalog;

    public IStatementContext Statement => statement;

    /// <summary>Rows of WITH queries that were carried out by themselves.</summary>
    public CteRows Ctes { get; } = new();

    /// <summary>What parts of the statement that change tables have in common; null where there is but one.</summary>
    public CommonChanges? Common { get; set; }

    /// <summary>Rows that FOR UPDATE in a subquery has locked; see <see cref="ExecutionContext.LockedRows"/>.</summary>
    public Dictionary<ColumnId, LockedRows> LockedRows { get; } = [];

    /// <summary>What the transaction checks later; null where nothing can be left for later.</summary>
    public DeferredChecks? Deferred { get; init; }

    /// <summary>The sequences that the transaction has altered or restarted.</summary>
    public ImmutableDictionary<int, SequenceStore> OwnSequences { get; init; } = ImmutableDictionary<int, SequenceStore>.Empty;

    public IVirtualTableSource? VirtualTables { get; set; }

    public EvaluationContext Evaluation { get; } = new(statement, parameters);

    /// <summary>The tables by oid; a definition statement puts its new ones here until it commits.</summary>
    public ImmutableDictionary<int, TableStore> Tables { get; set; } = tables;

    /// <summary>Where the statement's plans are kept for its next execution; null where there will be none.</summary>
    public KeptPlans? Kept { get; init; }

    /// <summary>Optimises and plans a query or the input of a modification; with estimates of rows where they are to be shown.</summary>
    public Physical.PhysicalPlan Plan(LogicalOperator plan, IReadOnlyList<LogicalColumn> result, bool isEstimated = false)
    {
        LogicalOperator optimized = Optimizer.Optimize(plan, storage, Evaluation);
        CardinalityEstimator? estimator = isEstimated ? new CardinalityEstimator(storage) : null;
        estimator?.Rows(optimized);   // from the top, where common table expressions are met before they are read
        IndexChoice indexes = new(Tables, Evaluation, storage);
        return PhysicalPlanner.Plan(optimized, result, parameters.Length, storage, indexes, estimator is null ? null : estimator.Rows);
    }

    /// <summary>The plan of a query that is a part of the statement as it was bound: the one that is kept, where there is one.</summary>
    public Physical.PhysicalPlan PlanOf(LogicalOperator query, IReadOnlyList<LogicalColumn> result)
    {
        if (Kept?.Find(query) is { } kept)
        {
            return kept;
        }
        Physical.PhysicalPlan plan = Plan(query, result);
        Kept?.Add(query, plan);
        return plan;
    }

    /// <summary>The same of a modification.</summary>
    public ModificationPlan PlanOf(LogicalModification modification)
    {
        if (Kept?.Find(modification) is { } kept)
        {
            return kept;
        }
        ModificationPlan plan = ModificationPlan.Make(modification, this);
        Kept?.Add(plan);
        return plan;
    }

    public ExecutionContext NewContext(ReadView? view = null) => new(statement, parameters)
    {
        Tables = Tables,
        View = view ?? transaction.View,
        VirtualTables = VirtualTables,
        Reader = transaction,
        LockedRows = LockedRows,
        Ctes = Ctes,
        Kept = Kept,
    };

    /// <summary>Runs a plan, giving chunks with the columns asked for; over what the statement sees, or another view.</summary>
    public QueryExecution Run(LogicalOperator plan, IReadOnlyList<LogicalColumn> result, ReadView? view = null) => new(Plan(plan, result), NewContext(view));
}
