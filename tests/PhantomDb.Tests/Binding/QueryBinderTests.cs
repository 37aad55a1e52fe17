using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Binding;

[TestClass]
public sealed class QueryBinderTests : BindingTest
{
    [TestMethod]
    public void A_select_is_scan_filter_projection_sort_and_limit() => AssertPlan(
        "select a + 1 as next, b from t where a > 5 and b = 'x' order by next desc, l limit 3",
        """
        Project [next, b]
          Limit 3
            Sort [next desc, l]
              Project [a + 1 as next, b, l]
                Filter (a > 5) and (b = 'x')
                  Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void Aggregates_are_computed_once_and_groups_matched() => AssertPlan(
        "select a % 2 as odd, sum(l), sum(l) + 1 as more from t group by 1 having count(*) > 1 order by sum(l)",
        """
        Sort [sum]
          Project [group as odd, sum, sum + 1 as more]
            Filter count > 1
              Aggregate by [a % 2 as group] [sum(l), count(*)]
                Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void Joins_merge_the_columns_of_using() => AssertPlan(
        "select * from t natural join u where u.a > 0",
        """
        Project [a, b, n, s, l, d, ts, c, v, f, flag, x, y]
          Filter a > 0
            InnerJoin on a = a
              Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
              Scan u [a, x, y]
        """);

    [TestMethod]
    public void A_full_join_with_using_takes_either_side() => AssertPlan(
        "select a, x from t full join u using (a)",
        """
        Project [a, x]
          Project [a, b, n, s, l, d, ts, c, v, f, flag, a, x, y, coalesce(a, a) as a]
            FullJoin on a = a
              Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
              Scan u [a, x, y]
        """);

    [TestMethod]
    public void Subqueries_are_expressions_until_they_are_unnested() => AssertPlan(
        "select a from t where exists (select 1 from u where u.a = t.a) and l in (select x from u) and n > (select avg(x) from u)",
        """
        Project [a]
          Filter exists(subquery 1) and l = any(subquery 2) and (n::numeric > (subquery 3))
            subquery 1:
              Project [1 as ?column?]
                Filter a = a
                  Scan u [a, x, y]
            subquery 2:
              Project [x::bigint as x]
                Project [x]
                  Scan u [a, x, y]
            subquery 3:
              Aggregate [avg(x)]
                Scan u [a, x, y]
            Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void A_common_table_expression_read_once_is_put_in_place() => AssertPlan(
        "with c as (select a from u) select * from c",
        """
        Project [a as a]
          Project [a]
            Scan u [a, x, y]
        """);

    [TestMethod]
    public void A_common_table_expression_read_twice_is_computed_once() => AssertPlan(
        "with c as (select a from u) select * from c, c as e",
        """
        Cte c
          Project [a]
            Scan u [a, x, y]
          CrossJoin
            CteScan c [a]
            CteScan c [a]
        """);

    [TestMethod]
    public void A_recursive_query_reads_its_own_step() => AssertPlan(
        "with recursive r(n) as (values (1) union all select n + 1 from r where n < 5) select n from r",
        """
        Project [column1 as n]
          RecursiveCte r all [column1]
            Values [column1] (1)
            Project [n + 1 as ?column?]
              Filter n < 5
                CteScan r [n]
        """);

    [TestMethod]
    public void Grouping_sets_tell_their_number()
    {
        AssertPlan(
            "select a, grouping(a) from u group by rollup (a)",
            """
            Project [a, case when (grouping set) = 0 then 0 when (grouping set) = 1 then 1 else null::integer end as grouping]
              Aggregate by [a as a] sets (a), ()
                Scan u [a, x, y]
            """.Replace("(grouping set)", "grouping set", StringComparison.Ordinal));
    }

    [TestMethod]
    public void A_primary_key_in_group_by_decides_the_other_columns() => AssertPlan(
        "select a, b, count(*) from t group by a",
        """
        Aggregate by [a, b] [count(*)]
          Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void An_aggregate_of_outer_columns_belongs_to_the_outer_query() => AssertPlan(
        "select (select max(t.a) from u limit 1) from t",
        """
        Project [(subquery 1) as max]
          subquery 1:
            Limit 1
              Project [max as max]
                Scan u [a, x, y]
          Aggregate [max(a)]
            Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void A_lateral_subquery_makes_a_dependent_join() => AssertPlan(
        "select x, k from u, lateral (select u.x + 1 as k) s",
        """
        Project [x, k]
          DependentCrossJoin
            Scan u [a, x, y]
            Project [x + 1 as k]
              Values 1 rows
        """);

    [TestMethod]
    public void Names_that_are_not_there_are_errors()
    {
        AssertError("42703", "column \"zz\" does not exist", "select zz from t");
        AssertError("42703", "column t.zz does not exist", "select t.zz from t");
        AssertError("42P01", "relation \"nope\" does not exist", "select 1 from nope");
        AssertError("42P01", "missing FROM-clause entry for table \"q\"", "select q.a from t");
        AssertError("42702", "column reference \"a\" is ambiguous", "select a from t, u");
        AssertError("42712", "table name \"t\" specified more than once", "select 1 from t, t");
        Assert.AreEqual("Perhaps you meant to reference the column \"t.flag\".", AssertError("42703", "column \"flagg\" does not exist", "select flagg from t").Hint);
        Assert.AreEqual(7, AssertError("42703", "column \"zz\" does not exist", "select zz from t").Position);
    }

    [TestMethod]
    public void Ungrouped_columns_are_errors()
    {
        AssertError("42803", "column \"u.x\" must appear in the GROUP BY clause or be used in an aggregate function", "select a, x from u group by a");
        AssertError("42803", "column \"u.x\" must appear in the GROUP BY clause or be used in an aggregate function", "select x, count(*) from u");
        AssertError("42803", "aggregate functions are not allowed in WHERE", "select 1 from u where count(*) > 1");
        AssertError("42803", "aggregate function calls cannot be nested", "select sum(count(*)) from u");
        AssertError("42803", "aggregate functions are not allowed in GROUP BY", "select count(*) from u group by 1");
        AssertError("42803", "subquery uses ungrouped column \"u.x\" from outer query", "select a, (select u.x) from u group by a");
    }

    [TestMethod]
    public void Order_by_and_distinct_are_checked()
    {
        AssertError("42P10", "ORDER BY position 3 is not in select list", "select a, x from u order by 3");
        AssertError("42601", "non-integer constant in ORDER BY", "select a from u order by 'a'");
        AssertError("42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list", "select distinct a from u order by x");
        AssertError("42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions", "select distinct on (a) a, x from u order by x");
        AssertError("42601", "each UNION query must have the same number of columns", "select a from u union select a, x from u");
        AssertError("0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause", "select a from u union select x from u order by a + 1");
        AssertError("42601", "subquery must return only one column", "select (select a, x from u)");
    }

    [TestMethod]
    public void A_subquery_as_the_offset_of_a_window_frame_is_refused() =>
        AssertError("0A000", "a subquery as an offset of ROWS is not supported", "select count(*) over (order by a rows (select 1) preceding) from u");

    [TestMethod]
    public void Columns_are_named_as_postgresql_names_them() => Assert.AreEqual(
        "a,?column?,count,int4,case,coalesce,date,max,bool,name",
        string.Join(',', BindPlan("select a, a + 1, count(*), '1'::int4, case when true then 1 end, coalesce(1, 2), date '2020-01-01', (select max(x) from u), true, 1 as name from t group by a")
            .ResultColumns.Select(c => c.Name)));

    [TestMethod]
    public void Long_chains_do_not_exhaust_the_stack()
    {
        string conditions = string.Join(" and ", Enumerable.Range(0, 50_000).Select(i => $"a <> {i}"));
        BindPlan($"select 1 from u where {conditions}");
        string list = string.Join(',', Enumerable.Range(0, 100_000));
        BindPlan($"select 1 from u where a in ({list})");
        BindPlan($"values {string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"({i})"))}");
    }
}
