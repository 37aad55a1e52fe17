using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Binding;
using PhantomDb.Catalog;
using PhantomDb.Parsing;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Tests.Binding;

[TestClass]
public sealed class ModificationBinderTests : BindingTest
{
    [TestMethod]
    public void An_insert_gives_every_column_of_the_table() => AssertPlan(
        "insert into u (y, a) values ('k', 1), (default, '2') returning a + 1, *",
        """
        Insert u returning [a + 1 as ?column?, a as a, x as x, y as y]
          Project [a, null::integer as x, y]
            Values [y, a] ('k', 1), (null::text, 2)
        """);

    [TestMethod]
    public void An_insert_from_a_query_casts_by_assignment() => AssertPlan(
        "insert into u select l, 5, 'x' from t",
        """
        Insert u
          Project [l as a, ?column? as x, ?column? as y]
            Project [l::integer as l, 5 as ?column?, 'x' as ?column?]
              Project [l, 5 as ?column?, 'x' as ?column?]
                Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void On_conflict_finds_the_index_and_names_the_excluded_row() => AssertPlan(
        "insert into t (a, b) values (1, 'x') on conflict (a) do update set b = excluded.b || t.b where t.a > 0",
        """
        Insert t on conflict (t_pkey) set [b = b || b] where a > 0
          Project [a, b, null::numeric(15,2) as n, null::smallint as s, null::bigint as l, null::date as d, null::timestamp without time zone as ts, null::character(3) as c, null::character varying(10) as v, null::double precision as f, null::boolean as flag]
            Values [a, b] (1, 'x')
        """);

    [TestMethod]
    public void An_update_gives_the_row_id_and_the_new_row() => AssertPlan(
        "update u set x = x + 1, y = t.b from t where t.a = u.a returning x",
        """
        Update u set [x, y] returning [x as x]
          Project [row id, a, x + 1 as x, b as y, a, b, n, s, l, d, ts, c, v, f, flag]
            Filter a = a
              CrossJoin
                Scan u [a, x, y] with row id
                Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void An_update_may_take_several_columns_from_one_subquery() => AssertPlan(
        "update u set (x, y) = (select t.a, t.b from t where t.a = u.a)",
        """
        Update u set [x, y]
          Project [row id, a, a as x, b as y]
            DependentSingleJoin
              Scan u [a, x, y] with row id
              Project [a, b]
                Filter a = a
                  Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void A_delete_gives_the_row_id() => AssertPlan(
        "delete from u using t where t.a = u.a",
        """
        Delete u
          Project [row id]
            Filter a = a
              CrossJoin
                Scan u [a, x, y] with row id
                Scan t [a, b, n, s, l, d, ts, c, v, f, flag]
        """);

    [TestMethod]
    public void Values_that_do_not_fit_their_columns_are_errors()
    {
        AssertError("42601", "INSERT has more expressions than target columns", "insert into u values (1, 2, '3', 4)");
        AssertError("42601", "INSERT has more target columns than expressions", "insert into u (a, x) values (1)");
        AssertError("42703", "column \"q\" of relation \"u\" does not exist", "insert into u (q) values (1)");
        AssertError("42804", "column \"a\" is of type integer but expression is of type boolean", "insert into u values (true)");
        AssertError("22P02", "invalid input syntax for type integer: \"x\"", "insert into u values ('x')");
        AssertError("22001", "value too long for type character varying(10)", "insert into t (a, v) values (1, '12345678901')");
        AssertError("42P10", "there is no unique or exclusion constraint matching the ON CONFLICT specification", "insert into u values (1) on conflict (a) do nothing");
        AssertError("42601", "multiple assignments to same column \"x\"", "update u set x = 1, x = 2");
        AssertError("42803", "aggregate functions are not allowed in UPDATE", "update u set x = count(*)");
    }

    [TestMethod]
    public void Identity_columns_refuse_values()
    {
        DatabaseCatalog catalog = DatabaseCatalog.Empty;
        catalog = ((SchemaChange)Binder.Bind(SqlParser.Parse("create table g (id int generated always as identity, a int)")[0], new BinderContext(catalog))).ApplyTo(catalog);
        var context = new BinderContext(catalog);
        Assert.AreEqual("428C9", Assert.ThrowsExactly<PhantomDbException>(() => Bind("insert into g values (1, 2)", context)).SqlState);
        Assert.AreEqual("428C9", Assert.ThrowsExactly<PhantomDbException>(() => Bind("update g set id = 1", context)).SqlState);
        Bind("insert into g overriding system value values (1, 2)", context);
        string plan = LogicalPlanPrinter.Print(((BoundPlan)Bind("insert into g (a) values (2)", context)).Plan);
        StringAssert.Contains(plan, "Project [nextval(");
    }

    [TestMethod]
    public void Large_lists_of_values_are_bound_without_recursion() =>
        Bind($"insert into u values {string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"({i}, {i}, 'x')"))}");
}
