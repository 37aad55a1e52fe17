using System.Diagnostics;
using System.Globalization;
using PhantomDb.Execution.Physical;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Execution.Explain;

/// <summary>
/// Carries out EXPLAIN: plans the statement, runs it where ANALYZE asks (a modification changes its rows), and gives the
/// lines to show. The caller has begun reading or writing.
/// </summary>
internal sealed class ExplainRunner(BoundExplain explain, StatementScope scope)
{
    private readonly ExplainView _view = new(explain.Options.ShowsCosts, explain.Options.ShowsTimes)
    {
        IsVerbose = explain.Options.IsVerbose, ShowsSummary = explain.Options.ShowsSummary,
    };

    private double _planningMs;
    private double _executionMs = double.NaN;

    public IReadOnlyList<string> Run()
    {
        PlanNode root = explain.Statement switch
        {
            BoundPlan { Steps.Count: > 0 } => throw Errors.Error.NotSupported("EXPLAIN of a statement whose WITH changes tables"),
            BoundPlan { Plan: LogicalModification modification } => Explain(modification),
            BoundPlan query => Explain(query.Plan, query.ResultColumns),
            SchemaChange { Actions: var actions } when !explain.IsAnalyze && actions.OfType<FillTable>().FirstOrDefault() is { } fill => Explain(fill.Query, fill.Columns),
            _ => throw Errors.Error.NotSupported($"EXPLAIN {(explain.IsAnalyze ? "ANALYZE " : "")}of {explain.Statement.CommandTag}"),
        };
        double planningMs = _view.ShowsSummary ? _planningMs : double.NaN;
        double executionMs = _view.ShowsSummary ? _executionMs : double.NaN;
        return explain.Options.Format == ExplainFormat.Json
            ? [PlanJsonWriter.Write(root, _view, planningMs, executionMs)]
            : [.. PlanTextWriter.Write(root, _view), .. Time("Planning", planningMs), .. Time("Execution", executionMs)];
    }

    private PlanNode Explain(LogicalOperator query, IReadOnlyList<LogicalColumn> columns)
    {
        PhysicalPlan plan = Plan(query, columns);
        ExecutionProfile? profile = null;
        if (explain.IsAnalyze)
        {
            profile = new ExecutionProfile();
            long start = Stopwatch.GetTimestamp();
            QueryExecution execution = new(plan, scope.NewContext(), profile);
            while (execution.Next() is not null)
            {
            }
            _executionMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        return Describer(profile).Describe(plan);
    }

    private PlanNode Explain(LogicalModification modification)
    {
        long planning = Stopwatch.GetTimestamp();
        ModificationPlan plan = ModificationPlan.Make(modification, scope, isEstimated: true);
        _planningMs = Stopwatch.GetElapsedTime(planning).TotalMilliseconds;
        if (!explain.IsAnalyze)
        {
            return Describer(null).Describe(modification, plan.Input, null, null);
        }
        ExecutionProfile profile = new();
        long start = Stopwatch.GetTimestamp();
        ModificationRunner runner = new(scope);
        ColumnarBuffer? rows = runner.Run(plan, new QueryExecution(plan.Input, scope.NewContext(), profile));
        _executionMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return Describer(profile).Describe(modification, plan.Input, new PlanActual(rows?.Count ?? 0, 1, _executionMs), runner.Conflicts);
    }

    private PhysicalPlan Plan(LogicalOperator query, IReadOnlyList<LogicalColumn> columns)
    {
        long start = Stopwatch.GetTimestamp();
        PhysicalPlan plan = scope.Plan(query, columns, isEstimated: true);
        _planningMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return plan;
    }

    private PlanDescription Describer(ExecutionProfile? profile) => new(profile, scope.Storage, _view.IsVerbose);

    private static IEnumerable<string> Time(string what, double milliseconds)
    {
        if (!double.IsNaN(milliseconds))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{what} Time: {milliseconds:0.000} ms");
        }
    }
}
