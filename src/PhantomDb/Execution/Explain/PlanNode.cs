namespace PhantomDb.Execution.Explain;

/// <summary>
/// One operator of a plan as EXPLAIN shows it, free of the form it is written in. Details are name and value: a text, a
/// list of texts, or a number.
/// </summary>
internal sealed record PlanNode(string Title, string Type)
{
    /// <summary>What stands before the title: "CTE x: ".</summary>
    public string Label { get; init; } = "";

    /// <summary>What the title says, taken apart: "Relation Name", "Join Type".</summary>
    public IReadOnlyList<(string Name, object Value)> Facts { get; init; } = [];

    public IReadOnlyList<(string Name, object Value)> Details { get; init; } = [];

    public PlanCost Cost { get; init; } = PlanCost.Unknown;

    public PlanActual? Actual { get; init; }

    public IReadOnlyList<PlanNode> Children { get; init; } = [];
}

/// <summary>What a run has counted; times in milliseconds, of the operator and all below it, over all loops.</summary>
internal readonly record struct PlanActual(long Rows, long Loops, double Milliseconds)
{
    public static readonly PlanActual NeverExecuted = new(0, 0, 0);
}

/// <summary>What of a plan is written.</summary>
internal sealed record ExplainView(bool ShowsCosts, bool ShowsTimes)
{
    public bool IsVerbose { get; init; }

    /// <summary>Planning and, after a run, execution time.</summary>
    public bool ShowsSummary { get; init; }
}
