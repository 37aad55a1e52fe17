namespace PhantomDb.Tests.Planning;

/// <summary>Answers of subqueries where NULLs, empty sets and errors are about, as PostgreSQL gives them.</summary>
[TestClass]
public sealed class SubqueryAnswerTests : PlanningTest
{
    private const string Outer = "(values (1), (2), (null)) as v(x)";
    private const string WithNull = "(values (1), (null)) as n(y)";

    [TestMethod]
    [DataRow($"select x from {Outer} where x not in (select y from {WithNull})", "")]
    [DataRow($"select x from {Outer} where x not in (select y from {WithNull} where y > 5)", "1;2;NULL")]
    [DataRow($"select x from {Outer} where x not in (select y from {WithNull} where y = 1)", "2")]
    [DataRow($"select x from {Outer} where x in (select y from {WithNull})", "1")]
    [DataRow($"select x, x in (select y from {WithNull}) from {Outer}", "1|True;2|NULL;NULL|NULL")]
    [DataRow($"select x from {Outer} where x = 2 or x in (select y from {WithNull})", "1;2")]
    [DataRow($"select x from {Outer} where x > all (select y from {WithNull})", "")]
    [DataRow($"select x from {Outer} where x > all (select y from {WithNull} where y = 1)", "2")]
    [DataRow($"select x from {Outer} where x <> any (select y from {WithNull})", "2")]
    [DataRow($"select x from {Outer} where not exists (select 1 from {WithNull} where y = x)", "2;NULL")]
    [DataRow($"select x from {Outer} where not exists (select 1 from {WithNull} where y is null and x = 1)", "2;NULL")]
    [DataRow($"select x from {Outer} where (x, 1) not in (select y, y from {WithNull})", "")]
    [DataRow($"select x from {Outer} where (x, 5) not in (select y, 1 from {WithNull})", "1;2;NULL")]
    public void In_any_all_and_exists_are_three_valued(string sql, string expected) => AssertAnswer(sql, expected);

    [TestMethod]
    [DataRow($"select x, (select count(*) from {WithNull} where y = x) from {Outer}", "1|1;2|0;NULL|0")]
    [DataRow($"select x, (select sum(y) from {WithNull} where y = x) from {Outer}", "1|1;2|NULL;NULL|NULL")]
    [DataRow($"select x, (select coalesce(sum(y), 7) from {WithNull} where y = x) from {Outer}", "1|1;2|7;NULL|7")]
    [DataRow($"select x, (select count(*) + 1 from {WithNull} where y is not distinct from x) from {Outer}", "1|2;2|1;NULL|2")]
    [DataRow($"select x, (select count(*) from {WithNull} where x = 2) from {Outer}", "1|0;2|2;NULL|0")]
    [DataRow($"select x, (select count(*) from {WithNull} where y < x) from {Outer}", "1|0;2|1;NULL|0")]
    [DataRow($"select x from {Outer} where (select count(*) from {WithNull} where y = x) = 0", "2;NULL")]
    public void Aggregates_over_no_rows_have_their_value(string sql, string expected) => AssertAnswer(sql, expected);

    [TestMethod]
    [DataRow("select a from (select a from t where a <> 0) as s where 6 / a = 2", "3")]
    [DataRow("select x, (select 6 / sum(y) from (values (1, 0), (2, 3)) as w(k, y) where k = x) from (values (2)) as v(x)", "2|2")]
    public void Conditions_guard_what_may_fail(string sql, string expected) => AssertAnswer(sql, expected);

    [TestMethod]
    public void A_subquery_that_between_holds_twice_is_joined_once() =>
        AssertAnswer("select count(*) from t where (select x.a from t as x where x.a = t.a) between 2 and 4", "3");

    [TestMethod]
    public void A_subquery_may_be_a_table_functions_argument() =>
        AssertAnswer("select count(*) from generate_series(1, (select max(a) from t)) as g", "6");

    [TestMethod]
    public void A_condition_over_three_inputs_joins_them() =>
        AssertAnswer("select count(*) from t as x, t as y, t as z where x.a + y.a = z.a", "28");

    private void AssertAnswer(string sql, string expected) =>
        CollectionAssert.AreEqual(expected.Length == 0 ? [] : expected.Split(';'), Answer(sql), sql);
}
