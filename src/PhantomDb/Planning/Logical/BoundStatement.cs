using PhantomDb.Expressions;
using PhantomDb.Types;

namespace PhantomDb.Planning.Logical;

/// <summary>
/// What the binder makes of one statement: a plan, or a command that Execution carries out by itself (DDL, SET, COPY …;
/// each a record of its own derived from this one).
/// </summary>
internal abstract record BoundStatement
{
    /// <summary>Types of the parameters $1 … as given or inferred.</summary>
    public IReadOnlyList<SqlType> ParameterTypes { get; init; } = [];

    /// <summary>Oids of the tables, views and sequences that the statement names: what a cached plan depends on.</summary>
    public IReadOnlySet<int> Dependencies { get; init; } = new HashSet<int>();

    /// <summary>True where a literal such as 'now' or 'today' was read: the plan is of the moment at which it was bound.</summary>
    public bool DependsOnTime { get; init; }

    /// <summary>Tag of the command in the result: "SELECT", "INSERT", "CREATE TABLE".</summary>
    public abstract string CommandTag { get; }
}

/// <summary>
/// A query of WITH that is carried out by itself, once and to its end: those that change tables, and those that they and the statement
/// read in common. All of them, and the statement, see the same rows: those from before it.
/// </summary>
/// <param name="CteId">Under which others read its rows.</param>
/// <param name="Plan">A query or a modification.</param>
/// <param name="Columns">What is read of it.</param>
/// <param name="IsLast">The statement reads nothing of it, so it comes after that.</param>
internal sealed record WithStep(int CteId, LogicalOperator Plan, IReadOnlyList<LogicalColumn> Columns, bool IsLast);

/// <summary>A query or a modification.</summary>
internal sealed record BoundPlan(LogicalOperator Plan, string Tag) : BoundStatement
{
    /// <summary>The result's columns, a subset of the plan's output in the order shown.</summary>
    public required IReadOnlyList<LogicalColumn> ResultColumns { get; init; }

    /// <summary>Queries of WITH beside the plan, in their order, where one of them changes a table; else they are in the plan.</summary>
    public IReadOnlyList<WithStep> Steps { get; init; } = [];

    /// <summary>The tables that it changes.</summary>
    public IEnumerable<Catalog.TableDefinition> Targets => Steps.Select(step => step.Plan).Append(Plan).OfType<LogicalModification>().Select(m => m.Table);

    /// <summary>Columns whose type's modifiers have been declared, and are shown.</summary>
    public DeclaredColumns DeclaredColumns { get; init; } = DeclaredColumns.None;

    /// <summary>
    /// Parameters that are literals taken out of the text, and whose value was nevertheless used when the statement was
    /// bound (GROUP BY 1, a select list): the plan serves only statements with the same literals there.
    /// </summary>
    public IReadOnlySet<int> PinnedParameters { get; init; } = new HashSet<int>();

    /// <summary>The query locks rows, or calls a function such as nextval: all its rows are computed, whether or not they are read.</summary>
    public bool HasSideEffects => _hasSideEffects ??= Steps.Count > 0 || Locked.Count > 0 || CallsSideEffects(Plan);

    /// <summary>Tables that FOR UPDATE and its like are about, wherever they stand.</summary>
    public IReadOnlyList<LockedTable> Locked => _locked ??= [.. Steps.Select(step => step.Plan).Append(Plan).SelectMany(LogicalLockRows.TablesIn)];

    public override string CommandTag => Tag;

    private bool? _hasSideEffects;
    private IReadOnlyList<LockedTable>? _locked;

    private static bool CallsSideEffects(LogicalOperator plan)
    {
        bool found = false;
        PlanTraversal.ForEachExpression(plan, expression => PlanTraversal.Visit(expression, part =>
            found |= part is FunctionExpression { Function.HasSideEffects: true }
                || (part is SubqueryExpression subquery && CallsSideEffects(subquery.Plan))));
        return found || plan.Children.Any(CallsSideEffects);
    }
}

internal enum ExplainFormat : byte
{
    Text,
    Json,
}

/// <summary>What EXPLAIN is to show.</summary>
internal sealed record ExplainOptions(bool ShowsCosts, bool ShowsTimes, bool ShowsSummary, bool IsVerbose, ExplainFormat Format);

/// <summary>EXPLAIN of a plan; with ANALYZE it is carried out.</summary>
internal sealed record BoundExplain(BoundStatement Statement, bool IsAnalyze, ExplainOptions Options) : BoundStatement
{
    public override string CommandTag => "EXPLAIN";
}
