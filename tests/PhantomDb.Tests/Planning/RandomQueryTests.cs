using System.Diagnostics;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;
using PhantomDb.Planning.Rules;

namespace PhantomDb.Tests.Planning;

/// <summary>Random queries answered with and without the optimiser's rules.</summary>
[TestClass]
public sealed class RandomQueryTests : PlanningTest
{
    private const int QueryCount = 800;

    [TestMethod]
    public void Optimised_and_plain_plans_of_random_queries_give_the_same_rows()
    {
        int first = int.Parse(Environment.GetEnvironmentVariable("PHANTOMDB_SEED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
        int count = int.Parse(Environment.GetEnvironmentVariable("PHANTOMDB_QUERIES") ?? $"{QueryCount}", System.Globalization.CultureInfo.InvariantCulture);
        List<string> failures = [];
        int compared = 0;
        Dictionary<string, int> skipped = [];
        for (int seed = first; seed < first + count && failures.Count < 12; seed++)
        {
            string sql = new RandomQuery(seed).Make();
            try
            {
                if (Compare(sql) is not { } difference)
                {
                    compared++;
                }
                else if (difference.StartsWith("skipped", StringComparison.Ordinal))
                {
                    skipped[difference] = skipped.GetValueOrDefault(difference) + 1;
                }
                else
                {
                    failures.Add($"seed {seed}: {sql}\n{difference}");
                }
            }
            catch (Exception error) when (error is not UnitTestAssertException)
            {
                failures.Add($"seed {seed}: {sql}\n{error}");
            }
        }
        string reasons = string.Join("\n", skipped.Select(s => $"{s.Value} {s.Key}"));
        Assert.IsEmpty(failures, string.Join("\n\n", failures) + "\n" + reasons);
        Assert.IsGreaterThan(count * 3 / 4, compared, reasons);
    }

    // Null where both agree; else what differs.
    private string? Compare(string sql)
    {
        BoundPlan bound;
        string[] expected;
        try
        {
            bound = BindPlan(sql);
            expected = Run(Plain(bound.Plan), bound.ResultColumns);
        }
        catch (PhantomDbException error)
        {
            return $"skipped: {error.SqlState} {error.Message}";
        }
        LogicalOperator optimised = Optimize(bound.Plan);
        string? difference = Difference(optimised);
        if (difference is null)
        {
            return null;
        }
        // Which rule is it? The first prefix of the list that is wrong ends with it.
        for (int length = 1; length <= Optimizer.Rules.Count; length++)
        {
            IOptimizerRule[] rules = [.. Optimizer.Rules.Take(length)];
            if (rules.Any(r => r is SubqueryUnnesting) && Difference(Optimize(bound.Plan, rules)) is not null)
            {
                return $"{difference}\nwrong after {rules[^1].GetType().Name}:\n{LogicalPlanPrinter.Print(Optimize(bound.Plan, rules), showsIds: true)}\n"
                    + $"before:\n{LogicalPlanPrinter.Print(Optimize(bound.Plan, rules[..^1]), showsIds: true)}";
            }
        }
        return $"{difference}\n{LogicalPlanPrinter.Print(optimised, showsIds: true)}";

        string? Difference(LogicalOperator plan)
        {
            try
            {
                string[] actual = Run(plan, bound.ResultColumns);
                return actual.AsSpan().SequenceEqual(expected) ? null
                    : $"expected {expected.Length} rows: {string.Join("; ", expected.Take(8))}\nactual {actual.Length} rows: {string.Join("; ", actual.Take(8))}";
            }
            catch (Exception error) when (error is PhantomDbException or UnreachableException or KeyNotFoundException)
            {
                return error.ToString();
            }
        }
    }
}
