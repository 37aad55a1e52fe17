using PhantomDb.Execution;
using PhantomDb.Execution.Physical;
using PhantomDb.Expressions;
using PhantomDb.Planning.Logical;
using PhantomDb.Tests.Functions;
using PhantomDb.Types;
using ExecutionContext = PhantomDb.Execution.ExecutionContext;

namespace PhantomDb.Tests.Execution;

[TestClass]
public sealed class PhysicalPlanPrinterTests
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
            "Limit  (rows=7)",
            "  ->  Top-N Sort",
            "        Sort Key: a DESC NULLS LAST",
            "        ->  Hash Join  (rows=7)",
            "              Hash Cond: (a = b)",
            "              ->  Values Scan  (rows=7)",
            "              ->  Values Scan  (rows=7)",
        ];
        CollectionAssert.AreEqual(expected, PhysicalPlanPrinter.Print(plan).ToArray());

        var profile = new ExecutionProfile();
        PlanBuilder.Collect(new QueryExecution(plan, new ExecutionContext(new TestStatementContext(), []), profile), 2);
        IReadOnlyList<string> lines = PhysicalPlanPrinter.Print(plan, showsRows: false, profile);
        Assert.MatchesRegex(@"^Limit \(actual time=\d+\.\d{3} rows=1 loops=1\)$", lines[0]);
        Assert.MatchesRegex(@"^        ->  Hash Join \(actual time=\d+\.\d{3} rows=2 loops=1\)$", lines[3]);
        Assert.MatchesRegex(@"rows=4 loops=1\)$", lines[6]);
    }

    private static LogicalValues Values(PlanBuilder builder, string name, params int[] values) =>
        new([builder.Column(SqlType.Int32, name)], [.. values.Select(v => new ExpressionList(new ConstantExpression(SqlType.Int32, v)))]);
}
