using PhantomDb.Planning.Rules;

namespace PhantomDb.Tests.Planning;

/// <summary>What the rules make of plans, as text.</summary>
[TestClass]
public sealed class RuleTests : PlanningTest
{
    [TestMethod]
    public void Filters_go_to_scans_and_join_conditions() => AssertPlan(
        "select t.b from t, u where t.a = u.a and t.b > 1 and u.c = 2",
        """
        Project [b]
          InnerJoin on a = a
            Scan t [a, b, c] filter b > 1
            Scan u [a, b, c] filter c = 2
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_on_the_kept_side_of_a_left_join_goes_below_it() => AssertPlan(
        "select t.a from t left join u on t.a = u.a where t.b = 1",
        """
        Project [a]
          LeftJoin on a = a
            Scan t [a, b, c] filter b = 1
            Scan u [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_that_rejects_NULLs_makes_a_left_join_an_inner_one() => AssertPlan(
        "select t.a from t left join u on t.a = u.a where u.b = 1",
        """
        Project [a]
          InnerJoin on a = a
            Scan t [a, b, c]
            Scan u [a, b, c] filter b = 1
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_for_NULLs_stays_above_a_left_join() => AssertPlan(
        "select t.a from t left join u on t.a = u.a where u.b is null",
        """
        Project [a]
          Filter b is null
            LeftJoin on a = a
              Scan t [a, b, c]
              Scan u [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_that_accepts_NULLs_in_disguise_stays_above_a_left_join() => AssertPlan(
        "select t.a from t left join u on t.a = u.a where coalesce(u.b, 1) = 1",
        """
        Project [a]
          Filter coalesce(b, 1) = 1
            LeftJoin on a = a
              Scan t [a, b, c]
              Scan u [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_left_joins_condition_on_its_right_side_goes_there_and_on_its_left_stays() => AssertPlan(
        "select t.a from t left join u on t.a = u.a and u.b = 1 and t.b = 2",
        """
        Project [a]
          LeftJoin on (a = a) and (b = 2)
            Scan t [a, b, c]
            Scan u [a, b, c] filter b = 1
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_full_join_whose_left_side_must_be_there_is_a_left_join() => AssertPlan(
        "select t.a from t full join u on t.a = u.a where t.b = 1",
        """
        Project [a]
          LeftJoin on a = a
            Scan t [a, b, c] filter b = 1
            Scan u [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_full_join_whose_sides_must_both_be_there_is_an_inner_join() => AssertPlan(
        "select t.a from t full join u on t.a = u.a where t.b = u.b",
        """
        Project [a]
          InnerJoin on (a = a) and (b = b)
            Scan t [a, b, c]
            Scan u [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_right_joins_filters_go_right() => AssertPlan(
        "select t.a from t right join u on t.a = u.a and t.c = 3 where u.b = 1",
        """
        Project [a]
          RightJoin on a = a
            Scan t [a, b, c] filter c = 3
            Scan u [a, b, c] filter b = 1
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_on_a_group_column_goes_below_the_aggregate() => AssertPlan(
        "select * from (select b, count(*) as n from t group by b) as s where b = 1 and n > 1",
        """
        Project [b, count as n]
          Filter count > 1
            Aggregate by [b] [count(*)]
              Scan t [a, b, c] filter b = 1
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_stays_above_grouping_sets() => AssertPlan(
        "select * from (select b, count(*) as n from t group by rollup (b)) as s where b = 1",
        """
        Project [b, count as n]
          Filter b = 1
            Aggregate by [b as b] sets (b), () [count(*)]
              Scan t [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_stays_above_an_aggregate_of_all_rows() => AssertPlan(
        "select * from (select count(*) as n from t) as s where 1 = n",
        """
        Project [count as n]
          Filter 1 = count
            Aggregate [count(*)]
              Scan t [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_stays_above_distinct_on() => AssertPlan(
        "select * from (select distinct on (b) b, a from t order by b, a) as s where a = 1",
        """
        Filter a = 1
          Distinct on [b]
            Sort [b, a]
              Project [b, a]
                Scan t [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_stays_above_a_limit() => AssertPlan(
        "select * from (select a from t order by a limit 2) as s where a = 1",
        """
        Filter a = 1
          Limit 2
            Sort [a]
              Project [a]
                Scan t [a, b, c]
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_goes_into_both_sides_of_a_set_operation() => AssertPlan(
        "select * from (select a from t except select b from u) as s where a = 1",
        """
        Except [a]
          Project [a]
            Scan t [a, b, c] filter a = 1
          Project [b]
            Scan u [a, b, c] filter b = 1
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_filter_on_a_volatile_column_stays_above_its_projection() => AssertPlan(
        "select * from (select a, random() as r from t) as s where r > 0.5 and a = 1",
        """
        Filter r > 0.5
          Project [a, random() as r]
            Scan t [a, b, c] filter a = 1
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void Equalities_carry_constants_and_one_another() => AssertPlan(
        "select 1 from t, u, w where t.a = u.a and u.a = w.a and t.a = 1",
        """
        Project [1 as ?column?]
          InnerJoin on (a = a) and (a = a)
            InnerJoin on a = a
              Scan t [a, b, c] filter a = 1
              Scan u [a, b, c] filter a = 1
            Scan w [a, b, c] filter a = 1
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void What_all_branches_of_an_or_share_is_taken_out_of_it() => AssertPlan(
        "select 1 from t, u where (t.a = u.a and t.b = 1 and u.b = 2) or (t.a = u.a and t.b = 2 and u.b = 1)",
        """
        Project [1 as ?column?]
          InnerJoin on (a = a) and (((b = 1) and (b = 2)) or ((b = 2) and (b = 1)))
            Scan t [a, b, c] filter (b = 1) or (b = 2)
            Scan u [a, b, c] filter (b = 2) or (b = 1)
        """, new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void Exists_is_a_semi_join() => AssertPlan(
        "select a from t where exists (select 1 from u where u.b = t.b and u.c > 1)",
        """
        Project [a]
          SemiJoin on b = b
            Scan t [a, b, c]
            Project [1 as ?column?, b]
              Filter c > 1
                Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void Not_exists_is_an_anti_join() => AssertPlan(
        "select a from t where not exists (select 1 from u where u.b < t.b)",
        """
        Project [a]
          AntiJoin on b < b
            Scan t [a, b, c]
            Project [1 as ?column?, b]
              Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void In_is_a_semi_join() => AssertPlan(
        "select a from t where b in (select c from u)",
        """
        Project [a]
          SemiJoin on b = c
            Scan t [a, b, c]
            Project [c]
              Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void Not_in_without_NULLs_is_an_anti_join() => AssertPlan(
        "select a from t where a not in (select a from w)",
        """
        Project [a]
          AntiJoin on a = a
            Scan t [a, b, c]
            Project [a]
              Scan w [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void Not_in_with_NULLs_is_a_mark_join() => AssertPlan(
        "select a from t where b not in (select c from u where u.a = t.a)",
        """
        Project [a]
          Project [a, b, c]
            Filter not any
              MarkJoin on ((a = a) is true) and (b = c) as any
                Scan t [a, b, c]
                Project [c, a]
                  Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void Exists_in_an_or_is_a_mark_join() => AssertPlan(
        "select a from t where b = 1 or exists (select 1 from u where u.b = t.b)",
        """
        Project [a]
          Project [a, b, c]
            Filter (b = 1) or (exists is true)
              MarkJoin on b = b as exists
                Scan t [a, b, c]
                Project [1 as ?column?, b]
                  Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void All_is_a_mark_join_with_the_opposite_comparison() => AssertPlan(
        "select a from t where b > all (select c from u)",
        """
        Project [a]
          Project [a, b, c]
            Filter not any
              MarkJoin on b <= c as any
                Scan t [a, b, c]
                Project [c]
                  Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void A_scalar_subquery_is_computed_once() => AssertPlan(
        "select a from t where b > (select avg(c) from u)",
        """
        Project [a]
          Project [a, b, c]
            Filter b::numeric > avg
              CrossJoin
                Scan t [a, b, c]
                Aggregate [avg(c)]
                  Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void A_correlated_aggregate_is_grouped() => AssertPlan(
        "select a, (select sum(c) + 1 from u where u.b = t.b) from t",
        """
        Project [a, sum + 1 as ?column?]
          LeftJoin on b = key
            Scan t [a, b, c]
            Aggregate by [b as key] [sum(c)]
              Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void A_correlated_count_is_0_without_rows() => AssertPlan(
        "select a, (select count(*) from u where u.b = t.b) from t",
        """
        Project [a, coalesce(count, 0) as count]
          LeftJoin on b = key
            Scan t [a, b, c]
            Aggregate by [b as key] [count(*)]
              Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void A_correlated_value_is_a_single_join() => AssertPlan(
        "select a, (select c from u where u.b = t.b) from t",
        """
        Project [a, c as c]
          SingleJoin on b = b
            Scan t [a, b, c]
            Project [c, b]
              Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void An_aggregate_correlated_by_an_inequality_is_a_dependent_join() => AssertPlan(
        "select a, (select count(*) from u where u.b < t.b) from t",
        """
        Project [a, count as count]
          DependentSingleJoin
            Scan t [a, b, c]
            Aggregate [count(*)]
              Filter b < b
                Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void A_lateral_subquery_is_a_join() => AssertPlan(
        "select * from t cross join lateral (select c as d from u where u.b = t.b) as s",
        """
        Project [a, b, c, d]
          InnerJoin on b = b
            Scan t [a, b, c]
            Project [c as d, b]
              Scan u [a, b, c]
        """, new SubqueryUnnesting());

    [TestMethod]
    public void Scans_read_what_is_used() => AssertPlan(
        "select u.c from t join u on t.a = u.a where t.b = 1",
        """
        Project [c]
          InnerJoin on a = a
            Scan t [a, b] filter b = 1
            Scan u [a, c]
        """, new FilterPushdown(infersEqualities: true), new ColumnPruning());

    [TestMethod]
    public void A_sort_below_a_limit_is_a_top_n() => AssertPlan(
        "select a + 1 from t order by b limit 3 offset 2",
        """
        Project [?column?]
          Limit 3 offset 2
            Sort [b] limit 5
              Project [a + 1 as ?column?, b]
                Scan t [a, b, c]
        """, new ConstantFolding(), new TopN());

    [TestMethod]
    public void Constants_are_folded_and_what_fails_is_left() => AssertPlan(
        "select 1 + 2, a from t where not a < 2 and (b = 1 or 1 = 1) and 1 / 0 = c",
        """
        Project [3 as ?column?, a]
          Filter (a >= 2) and ((1 / 0) = c)
            Scan t [a, b, c]
        """, new ConstantFolding());

    [TestMethod]
    public void A_contradiction_reads_nothing() => AssertPlan(
        "select a from t join u using (a) where 1 = 2",
        """
        Project [a]
          Empty [a, b, c, a, b, c]
        """, new ConstantFolding(), new FilterPushdown(infersEqualities: true));

    [TestMethod]
    public void A_deletion_of_nothing_still_has_row_ids() => AssertPlan(
        "delete from t where false",
        """
        Delete t
          Project [row id]
            Empty [a, b, c, row id]
        """);

    [TestMethod]
    public void The_table_that_a_filter_makes_small_is_joined_first_and_built_on() => AssertPlan(
        "select 1 from t, u, w where t.b = u.b and u.c = w.c and t.a = 1",
        """
        Project [1 as ?column?]
          InnerJoin on c = c
            Scan w [c]
            InnerJoin on b = b
              Scan u [b, c]
              Scan t [a, b] filter a = 1
        """);

    [TestMethod]
    public void A_condition_over_three_inputs_is_tested_when_all_are_there() => AssertPlan(
        "select 1 from t, u, w where t.b + u.b = w.b",
        """
        Project [1 as ?column?]
          InnerJoin on (b + b) = b
            CrossJoin
              Scan w [a, b, c]
              Scan u [a, b, c]
            Scan t [a, b, c]
        """, new FilterPushdown(infersEqualities: true), new JoinOrder());
}
