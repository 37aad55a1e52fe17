using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Binding;
using PhantomDb.Planning;
using PhantomDb.Planning.Logical;

namespace PhantomDb.Tests.Binding;

[TestClass]
public sealed class TypingTests : BindingTest
{
    [TestMethod]
    [DataRow("1", "integer")]
    [DataRow("3000000000", "bigint")]
    [DataRow("-2147483648", "integer")]
    [DataRow("9223372036854775808", "numeric(19,0)")]
    [DataRow("0.05", "numeric(2,2)")]
    [DataRow("100.0", "numeric(4,1)")]
    [DataRow("1e3", "numeric(4,0)")]
    [DataRow("'x'", "text")]
    [DataRow("null", "text")]
    [DataRow("true", "boolean")]
    [DataRow("1::bigint", "bigint")]
    [DataRow("a::numeric", "numeric(10,0)")]
    [DataRow("s + 1", "integer")]
    [DataRow("a + l", "bigint")]
    [DataRow("a + f", "double precision")]
    [DataRow("coalesce(a, l)", "bigint")]
    [DataRow("coalesce(null, 'x')", "text")]
    [DataRow("case when flag then 1 else 2.5 end", "numeric")]
    [DataRow("case when flag then n else 0.00 end", "numeric(15,2)")]
    [DataRow("case when flag then v else b end", "text")]
    [DataRow("coalesce(v, b)", "character varying")]
    [DataRow("nullif(a, 1)", "integer")]
    [DataRow("d", "date")]
    [DataRow("'2020-01-01'::date", "date")]
    [DataRow("v", "character varying(10)")]
    [DataRow("count(*)", "bigint")]
    [DataRow("sum(a)", "bigint")]
    [DataRow("max(d)", "date")]
    public void Expressions_have_postgresqls_types(string expression, string type) =>
        Assert.AreEqual(type, BindPlan($"select {expression} from t").ResultColumns[0].Type.ToString());

    [TestMethod]
    [DataRow("a = 1", "a = 1")]
    [DataRow("s = 1", "s = 1")]
    [DataRow("s = 100000", "s::integer = 100000")]
    [DataRow("l = 1", "l = 1")]
    [DataRow("a = 3000000000", "a::bigint = 3000000000")]
    [DataRow("a = l", "a::bigint = l")]
    [DataRow("n < 24", "n < 24.00")]
    [DataRow("n >= 0.05", "n >= 0.05")]
    [DataRow("n = 0.055", "n::numeric(16,3) = 0.055")]
    [DataRow("n = '1.505'", "n::numeric(16,3) = 1.505")]
    [DataRow("n in ('1.5', '2')", "n in (1.50, 2.00)")]
    [DataRow("n = null", "n::numeric = null::numeric")]
    [DataRow("coalesce(n, '1.505') = 1", "coalesce(n::numeric, 1.505) = 1")]
    [DataRow("coalesce(c, 'long') = 'x'", "coalesce(c::character, 'long')::character = 'x'")]
    [DataRow("a < 1.5", "a::numeric(11,1) < 1.5")]
    [DataRow("f = 1", "f = 1")]
    [DataRow("n = f", "n::double precision = f")]
    [DataRow("d >= '1994-01-01'", "d >= date '1994-01-01'")]
    [DataRow("ts > date '1994-01-01'", "ts > date '1994-01-01'::timestamp without time zone")]
    [DataRow("c = 'x  '", "c = 'x'")]
    [DataRow("v = 'x  '", "v = 'x  '")]
    [DataRow("c = b", "c = b")]
    [DataRow("c = v", "c = v::character")]
    [DataRow("a in (1, 2, 3)", "a in (1, 2, 3)")]
    [DataRow("a between 1 and 5", "(a >= 1) and (a <= 5)")]
    [DataRow("(a, l) = (1, 2)", "(a = 1) and (l = 2)")]
    [DataRow("(a, l) < (1, 2)", "(a < 1) or ((a = 1) and (l < 2))")]
    [DataRow("a is distinct from null", "a is distinct from null::integer")]
    [DataRow("not flag", "not flag")]
    [DataRow("flag is unknown", "flag is null")]
    [DataRow("a = any (array[1, 2])", "a in (1, 2)")]
    public void Comparisons_have_sides_of_one_type(string condition, string expected)
    {
        var filter = (LogicalFilter)((LogicalProject)BindPlan($"select 1 from t where {condition}").Plan).Input;
        Assert.AreEqual(expected, LogicalPlanPrinter.Print(filter.Predicate));
    }

    [TestMethod]
    public void Operators_that_do_not_exist_are_errors()
    {
        PhantomDbException error = AssertError("42883", "operator does not exist: integer = text", "select 1 from t where a = b");
        Assert.AreEqual("No operator matches the given name and argument types. You might need to add explicit type casts.", error.Hint);
        Assert.AreEqual(24, error.Position);
        AssertError("42883", "operator does not exist: boolean + integer", "select flag + 1 from t");
        AssertError("42725", "operator is not unique: unknown + unknown", "select '1' + '1'");
        AssertError("42P10", "ORDER BY position -1 is not in select list", "select a from t order by -1");
        AssertError("42883", "function nope(integer) does not exist", "select nope(1)");
        AssertError("42804", "argument of WHERE must be type boolean, not type integer", "select 1 from t where a");
        AssertError("42804", "argument of AND must be type boolean, not type integer", "select 1 from t where a and flag");
        AssertError("42804", "CASE types integer and text cannot be matched", "select case when true then b else 1 end from t");
        AssertError("42804", "UNION types integer and text cannot be matched", "select a from t union select b from t");
        AssertError("22P02", "invalid input syntax for type integer: \"x\"", "select 1 from t where a = 'x'");
        AssertError("42846", "cannot cast type boolean to date", "select flag::date from t");
        AssertError("42704", "type \"nosuch\" does not exist", "select 1::nosuch");
        AssertError("0A000", "type json is not supported", "select '1'::json");
    }

    [TestMethod]
    public void Parameters_take_their_type_from_the_context()
    {
        Assert.AreEqual("integer,text,numeric,bigint", string.Join(',', Bind("select 1 from t where a = $1 and b = $2 and n > $3 limit $4").ParameterTypes));
        AssertError("42P18", "could not determine data type of parameter $1", "select 1 from t where a = $2");
    }

    [TestMethod]
    public void Literals_of_the_plan_cache_become_parameters_where_their_value_decides_nothing()
    {
        const string sql = "select 7 from t where a = 5 and l = 6 order by 1";
        var literals = new Dictionary<int, int> { [sql.IndexOf('7', StringComparison.Ordinal)] = 0, [sql.IndexOf('5', StringComparison.Ordinal)] = 1, [sql.IndexOf('6', StringComparison.Ordinal)] = 2, [sql.Length - 1] = 3 };
        var plan = (BoundPlan)Bind(sql, new BinderContext(Tables) { LiteralParameters = literals });
        Assert.AreEqual("0,3", string.Join(',', plan.PinnedParameters.Order()));
        Assert.AreEqual("integer", plan.ParameterTypes[1].ToString());
        Assert.AreEqual("bigint", plan.ParameterTypes[2].ToString());
        StringAssert.Contains(LogicalPlanPrinter.Print(plan.Plan), "Filter (a = $2) and (l = $3)");
    }

    [TestMethod]
    public void Literals_of_an_insert_become_parameters_of_their_columns_types()
    {
        const string sql = "insert into t (a, l, b, d) values (1, 2, 'x', '2020-01-01')";
        var literals = new Dictionary<int, int>
        {
            [sql.IndexOf("1,", StringComparison.Ordinal)] = 0,
            [sql.IndexOf("2,", StringComparison.Ordinal)] = 1,
            [sql.IndexOf("'x'", StringComparison.Ordinal)] = 2,
            [sql.IndexOf("'2020", StringComparison.Ordinal)] = 3,
        };
        var plan = (BoundPlan)Bind(sql, new BinderContext(Tables) { LiteralParameters = literals });
        Assert.AreEqual("integer,bigint,text,date", string.Join(',', plan.ParameterTypes));
        Assert.IsEmpty(plan.PinnedParameters);
        StringAssert.Contains(LogicalPlanPrinter.Print(plan.Plan), "Values [a, l, b, d] ($1, $2, $3, $4)");
    }
}
