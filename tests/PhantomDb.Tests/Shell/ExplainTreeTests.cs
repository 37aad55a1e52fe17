using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Shell.Output;

namespace PhantomDb.Tests.Shell;

/// <summary>Plans as a person sees them at a terminal.</summary>
[TestClass]
public sealed class ExplainTreeTests
{
    private const string Ran =
        """
        Limit  (cost=182.25..182.26 rows=3 width=40) (actual time=1.500 rows=3 loops=1)
          ->  Hash Join  (cost=30.00..112.44 rows=2996 width=32) (actual time=1.250 rows=100 loops=1)
                Hash Cond: (a = a)
                ->  Index Scan on u  (cost=0.00..37.50 rows=4 width=8) (actual time=0.010 rows=5 loops=20)
                      Filter: c > 5
                ->  Seq Scan on t  (cost=0.00..10.00 rows=1000 width=36) (never executed)
        Planning Time: 0.142 ms
        Execution Time: 1.600 ms
        """;

    [TestMethod]
    public void A_plan_that_has_run_is_a_tree_with_its_numbers_in_columns_and_the_worst_estimate_marked()
    {
        Assert.AreEqual(
            """
                                     cost  rows   actual     ms  loops
            Limit                  182.26     3        3  1.500      1
            └─ Hash Join           112.44  2996      100  1.250      1  ◀ 30 times fewer rows than estimated
               │  Hash Cond: (a = a)
               ├─ Index Scan on u   37.50     4        5  0.200     20
               │     Filter: c > 5
               └─ Seq Scan on t     10.00  1000  not run             0
            Planning Time: 0.142 ms
            Execution Time: 1.600 ms

            """,
            Draw(Ran, 0));
    }

    [TestMethod]
    public void A_tree_keeps_its_numbers_on_a_narrow_screen()
    {
        string drawn = Draw("A very long title of an operator, and more  (cost=0.00..1.00 rows=1 width=4)\n  Output: a very long list of all that it gives", 40);
        Assert.AreEqual("                              cost  rows\nA very long title of an ope…  1.00     1\n   Output: a very long list of all that…\n", drawn);
    }

    [TestMethod]
    public void A_plan_without_costs_has_no_columns() => Assert.AreEqual("Limit\n└─ Seq Scan on t\n", Draw("Limit\n  ->  Seq Scan on t", 80));

    [TestMethod]
    public void Json_is_no_tree() => Assert.IsNull(ExplainTree.Parse(["[\n  {}\n]"]));

    /// <summary>The parser knows what the engine writes: all of it comes back, and nothing is taken for a title that is not one.</summary>
    [TestMethod]
    public void What_the_engine_explains_becomes_a_tree_with_nothing_lost()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (QueryResult made in session.ExecuteScript("CREATE TABLE t (a int PRIMARY KEY, b text); CREATE TABLE u (a int, c int); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 100) g(i);"))
        {
            made.Dispose();
        }
        string[] queries =
        [
            "SELECT b, count(*) FROM t JOIN u USING (a) WHERE c > 5 GROUP BY b ORDER BY b LIMIT 3",
            "WITH x AS MATERIALIZED (SELECT * FROM t) SELECT x.* FROM x JOIN x y USING (a) UNION ALL SELECT * FROM t WHERE a = 5",
            "DELETE FROM t WHERE a IN (SELECT a FROM u)",
        ];
        foreach (string query in queries)
        {
            foreach (string options in new[] { "", "ANALYZE", "(ANALYZE, VERBOSE)", "(COSTS OFF)" })
            {
                List<string> lines = [];
                using (QueryResult result = session.Execute($"EXPLAIN {options} {query}"))
                {
                    while (result.Read())
                    {
                        lines.Add(result.GetText(0));
                    }
                }
                ExplainNode[] nodes = [.. All(ExplainTree.Parse(lines)!.Root)];
                Assert.HasCount(1 + lines.Count(line => line.Contains("->  ", StringComparison.Ordinal)), nodes);
                foreach (ExplainNode node in nodes)
                {
                    Assert.DoesNotContain("(cost=", node.Title);
                    Assert.DoesNotContain("(actual", node.Title);
                    Assert.AreEqual(options == "(COSTS OFF)", double.IsNaN(node.Cost), node.Title);
                }
            }
        }
    }

    private static IEnumerable<ExplainNode> All(ExplainNode node) => [node, .. node.Children.SelectMany(All)];

    private static string Draw(string plan, int width)
    {
        using MemoryStream stream = new();
        using OutputSink sink = new(stream);
        ExplainTreeWriter.Write(ExplainTree.Parse(plan.Split('\n'))!, width, sink);
        sink.Flush();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
