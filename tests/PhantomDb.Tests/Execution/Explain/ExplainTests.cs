using System.Text.Json;
using PhantomDb.Tests.Engine;

namespace PhantomDb.Tests.Execution.Explain;

/// <summary>EXPLAIN's text, beyond what scripts recorded from PostgreSQL can hold: its plans are others.</summary>
[TestClass]
public sealed class ExplainTests
{
    private readonly Database _database = Database.CreateInMemory();

    [TestMethod]
    public void A_modification_stands_above_its_input()
    {
        using Session session = NewSession();
        AssertPlan(session, "explain (costs off) update t set v = 'x' where id = 1",
            """
            Update on t
              ->  Projection
                    Output: row id, 'x'
                    ->  Index Scan using t_pkey on t
                          Index Cond: (id = 1)
            """);
        AssertPlan(session, "explain (costs off) select v from t where id = 1 and v > 'a'",
            """
            Projection
              Output: v
              ->  Index Scan using t_pkey on t
                    Index Cond: (id = 1)
                    Filter: v > 'a'
            """);
        AssertPlan(session, "explain (costs off) insert into t values (1, 'a') on conflict (id) do nothing",
            """
            Insert on t
              Conflict Resolution: NOTHING
              Conflict Arbiter Indexes: t_pkey
              ->  Values Scan
            """);
        Assert.AreEqual("3", SessionSteps.Rows(session, "select count(*) from t")[0]);
    }

    [TestMethod]
    public void Analyze_shows_actual_rows_and_changes_them()
    {
        using Session session = NewSession();
        AssertPlan(session, "explain (analyze, costs off, timing off, summary off) delete from t where id > 1 returning v",
            """
            Delete on t (actual rows=2 loops=1)
              ->  Projection (actual rows=2 loops=1)
                    Output: row id, v
                    ->  Seq Scan on t (actual rows=2 loops=1)
                          Filter: id > 1
            """);
        Assert.AreEqual("1", SessionSteps.Rows(session, "select count(*) from t")[0]);
        string[] lines = SessionSteps.Rows(session, "explain analyze insert into t values (1, 'z'), (5, 'e') on conflict (id) do update set v = excluded.v");
        Assert.MatchesRegex(@"^Insert on t  \(cost=0\.00\.\.0\.\d\d rows=0 width=0\) \(actual time=\d+\.\d{3} rows=0 loops=1\)$", lines[0]);
        CollectionAssert.Contains(lines, "  Tuples Inserted: 1");
        CollectionAssert.Contains(lines, "  Conflicting Tuples: 1");
        Assert.MatchesRegex(@"^Planning Time: \d+\.\d{3} ms$", lines[^2]);
        Assert.MatchesRegex(@"^Execution Time: \d+\.\d{3} ms$", lines[^1]);
        Assert.AreEqual("z", SessionSteps.Rows(session, "select v from t where id = 1")[0]);
    }

    [TestMethod]
    public void Json_has_the_names_that_tools_look_for()
    {
        using Session session = NewSession();
        string json = string.Join('\n', SessionSteps.Rows(session, "explain (analyze, format json) select v, count(*) from t where id < 3 group by v"));
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement[0];
        JsonElement plan = root.GetProperty("Plan");
        Assert.AreEqual("HashAggregate", plan.GetProperty("Node Type").GetString());
        Assert.AreEqual(2, plan.GetProperty("Actual Rows").GetInt64());
        JsonElement scan = plan.GetProperty("Plans")[0];
        Assert.AreEqual("t", scan.GetProperty("Relation Name").GetString());
        Assert.IsTrue(scan.GetProperty("Total Cost").GetDouble() > 0);
        Assert.IsTrue(root.GetProperty("Execution Time").GetDouble() >= 0);
    }

    [TestMethod]
    [DataRow("explain (buffers) select 1")]
    [DataRow("explain (settings) select 1")]
    [DataRow("explain (format xml) select 1")]
    [DataRow("explain analyze create table x as select 1")]
    public void What_is_not_there_is_refused(string sql)
    {
        using Session session = NewSession();
        Assert.AreEqual("0A000", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute(sql).Dispose()).SqlState);
    }

    private Session NewSession()
    {
        Session session = _database.OpenSession();
        session.Execute("create table t (id int primary key, v text)").Dispose();
        session.Execute("insert into t values (1, 'a'), (2, 'b'), (3, 'c')").Dispose();
        return session;
    }

    private static void AssertPlan(Session session, string sql, string expected) =>
        Assert.AreEqual(expected.ReplaceLineEndings("\n"), string.Join('\n', SessionSteps.Rows(session, sql)));
}
