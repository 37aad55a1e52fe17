using PhantomDb.Execution;
using PhantomDb.Execution.Explain;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Tests.Functions;
using PhantomDb.Types;
using ExecutionContext = PhantomDb.Execution.ExecutionContext;

namespace PhantomDb.Tests.Execution.Explain;

[TestClass]
public sealed class PlanDescriptionTests
{
    [TestMethod]
    public void A_plan_is_printed_with_conditions_by_name_and_after_a_run_with_rows()
    {
        var builder = new PlanBuilder(1);
        LogicalValues left = Values(builder, "a", 1, 2, 3);
        LogicalValues right = Values(builder, "b", 2, 3, 4, 5);
        var join = new LogicalJoin(JoinKind.Inner, left, right, PlanBuilder.Compare(ComparisonKind.Equal, left.Columns[0], right.Columns[0]));
        var sort = new LogicalSort(join, [PlanBuilder.Key(left.Columns[0], isDescending: true)]);
        var limit = new LogicalLimit(sort, new ConstantExpression(SqlType.Int64, 1L), null);
        PhysicalPlan plan = PhysicalPlanner.Plan(limit, limit.Output, 0, estimate: _ => 7);
        string[] expected =
        [
            "Limit",
            "  ->  Top-N Sort",
            "        Sort Key: a DESC NULLS LAST",
            "        ->  Hash Join",
            "              Hash Cond: (a = b)",
            "              ->  Values Scan",
            "              ->  Values Scan",
        ];
        PlanNode described = new PlanDescription(null, null, isVerbose: false).Describe(plan);
        CollectionAssert.AreEqual(expected, PlanTextWriter.Write(described, new ExplainView(false, false)).ToArray());
        string[] withCosts = [.. PlanTextWriter.Write(described, new ExplainView(true, false))];
        Assert.MatchesRegex(@"^Limit  \(cost=\d+\.\d\d\.\.\d+\.\d\d rows=7 width=8\)$", withCosts[0]);
        Assert.MatchesRegex(@"^              ->  Values Scan  \(cost=0\.00\.\.0\.0\d rows=7 width=4\)$", withCosts[6]);

        var profile = new ExecutionProfile();
        PlanBuilder.Collect(new QueryExecution(plan, new ExecutionContext(new TestStatementContext(), []), profile), 2);
        IReadOnlyList<string> lines = PlanTextWriter.Write(new PlanDescription(profile, null, isVerbose: false).Describe(plan), new ExplainView(false, true));
        Assert.MatchesRegex(@"^Limit \(actual time=\d+\.\d{3} rows=1 loops=1\)$", lines[0]);
        Assert.MatchesRegex(@"^        ->  Hash Join \(actual time=\d+\.\d{3} rows=2 loops=1\)$", lines[3]);
        Assert.MatchesRegex(@"rows=4 loops=1\)$", lines[6]);
    }

    private static LogicalValues Values(PlanBuilder builder, string name, params int[] values) =>
        new([builder.Column(SqlType.Int32, name)], [.. values.Select(v => new ExpressionList(new ConstantExpression(SqlType.Int32, v)))]);
}
