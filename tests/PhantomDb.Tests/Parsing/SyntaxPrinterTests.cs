using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Parsing;
using PhantomDb.Parsing.Ast;

namespace PhantomDb.Tests.Parsing;

[TestClass]
public sealed class SyntaxPrinterTests
{
    private const string Queries =
        """"
        select a + b * c - d / (e - f) % g ^ h from t
        select -a ^ 2, - (- 1), (-1)::int, -1::int, ~ a || b, (~ a) + b, @ -5, a || (b || c), (a + b) || c, a - (b - c), !! 5
        select not a = b and not (c or d) or e and f, (a or b) and (c or d), not (not a), (a and b) is null, (a = b) is true, a is not unknown
        select a between b and c and d, a not between symmetric b + 1 and c || d, a between (b and c) and d, x between (y collate "C") and z, a between - b and - c
        select a like b, a not like b escape '\', a ilike b || c, a similar to b escape 'x', (a like b) like c, a like (b like c), not a like b
        select a in (1, -2, null), a not in (select 1), a in ((select 1)), (a, b) in ((1, 2), (3, 4)), (a in (1)) in (true), a in ((select 1) union select 2)
        select a = any (b), a <> all (select 1), a + b >= some (array[1,2]), a like any (b), a not ilike all (b), a ~ any (b), a operator(pg_catalog.+) b, operator(x."Y".-) a, a = any ((select 1))
        select a::int[], a::numeric(10,2), cast(a as varchar(10)), cast(a as character), a::char(3), a::timestamp(3) with time zone, a::time, a::interval day to second(3), a::float(10), a::double precision, a::bit varying(3), a::my.type, a::"char", a::text[3][], a::int array[4], a::timestamptz
        select date '2020-01-01', timestamp with time zone '2020-01-01', interval '1' day, interval(3) '1', interval '1 day', int '5', numeric(10,2) '3', my.type 'x', foo(1,2) 'x', N'abc', B'01', X'ff', bit '101', double precision '1.5', char 'x', character varying(3) 'abc'
        select extract(year from a), extract('dow' from a), position('a' in b), substring(a from 1 for 2), substring(a from 1), substring(a for 2), substring(a, 1, 2), substring(a similar b escape c), overlay(a placing b from 1 for 2), overlay(a placing b from 1), trim(a), trim(both 'x' from a), trim(leading from a), trim(trailing 'x' from a), trim('x', 'y'), normalize(a, nfc), collation for (a), a is nfd normalized, a is not normalized
        select a at time zone 'UTC' + b, (a + b) at time zone c at time zone d, a collate "de" || b, (a, b) overlaps (c, d)
        select coalesce(a, b), nullif(a, b), greatest(a, b), least(a), case when a then b end, case a when 1 then 2 when 3 then 4 else 5 end, row(1, 2), row(), (1, 2), array[[1,2],[3,4]], array[]::int[], array(select 1), exists (select 1), grouping(a, b)
        select (a).b, (a).*, a.b.c, a.b.*, a[1], a[1][2:3], a[:], a[1:], a[:2], (a[1]).b, a[1].b, $1.b, $1[2], (f(x)).y, (array[1,2])[1], (select 1).x
        select count(*), count(distinct a), count(all a), sum(a) filter (where b > 1), string_agg(a, ',' order by b desc nulls last, c), percentile_cont(0.5) within group (order by a), f(a => 1, b := 2), f(variadic a), f(1, variadic array[1]), rank() over w, sum(x) over (partition by a, b order by c rows between 1 preceding and current row exclude ties), sum(x) over (w range unbounded preceding), f() over (), left(a, 1), "left"(a, 1), pg_catalog.now() from t window w as (partition by a), w2 as (w order by b groups between unbounded preceding and 2 following)
        select distinct a, b as "B", c d, e "select" from t
        select distinct on (a, b + 1) * from t
        select from t
        select
        select 1 where true
        select * from a, b as x, c y(p, q), only d, e *, lateral (select 1) z, f(1) g, f(1) with ordinality as g(a, b), rows from (f(1), g(2) as (a int, b text)) with ordinality, f(1) as (a int), f(1) as g(a int, b text collate "C"), lateral f(x) h, t tablesample bernoulli (10) repeatable (3), generate_series(1, 2), current_date, coalesce(1, 2) c, (values (1), (2)) v(x)
        select * from a join b on a.x = b.x left join c using (x, y) as j right outer join d on true full join e using (z) natural join f natural left join g cross join h
        select * from (a join b on true) join (c cross join d) on false, (a join b using (x)) as j(p)
        select * from a join b join c on b.x = c.x on a.x = b.x
        select * from ((select 1) union (select 2)) x, ((select 1)) y, (((select 1 order by 1) union all select 3) limit 1) z
        select 1 union select 2 union all select 3 except select 4 intersect select 5 intersect all select 6
        (select 1 order by 1) union (select 2 limit 1) order by 1 limit 3 offset 2
        select 1 union (select 2 union select 3)
        (select 1 union select 2) intersect select 3
        values (1, 'a', -3, null, true), (default, 2.5, 1e10, .5, 5.)
        table t
        table only x.t
        select a from t group by a, (b, c), row(d, e), rollup (a, (b, c)), cube (a), grouping sets ((), a, (a, b), rollup (c)), () having count(*) > 1
        select a from t group by distinct a, b
        select a from t order by a asc, b desc nulls first, c using <, d nulls last, 1 limit all
        select a from t order by 1 fetch first 3 rows with ties
        select a from t order by 1 fetch first row only
        select a from t offset 3 rows fetch next (1 + 2) rows only
        select a from t limit 1 offset 2 for update of a, b nowait for share skip locked
        with a as (select 1), b(x, y) as materialized (select 2), c as not materialized (values (1)) select * from a, b
        with recursive t(n) as (values (1) union all select n + 1 from t where n < 10) search depth first by n set o cycle n set m to true default false using p select * from t
        with a as (select 1) (select * from a order by 1) union select 2
        select current_date, current_time(2), current_timestamp, localtime, localtimestamp(0), current_user, session_user, user, current_role, current_catalog, current_schema, current_schema()
        select "A", "a b", "select", a$b, _x, é
        select 1 as a, 2 "b" where a is distinct from b and c is not distinct from d
        select (((1))), ((select 1)), ((1, 2)), (((select 1) union select 2)), ((select 1) + 1), ((values (1)))
        select a isnull, b notnull, a is null is null, a < b is null
        select * from (select 1 into temp table x from t) s
        select year, month, day from t
        select interval '1' year to month, a interval from t
        select x.filter, over, value, name, type, text, date, timestamp, time, values from t
        select * from t where (a, b) = (select 1, 2) and (a, b) < (1, 2) and row(a) = row(b)
        select f(distinct a, b), f((select 1)), f((select 1), 2), rollup(1), "rollup"(1)
        select 'it''s', e'a\n\\b\'c', U&'d\0061t\+000061', $$a'b$$, $x$ $$ $x$
        """";

    [TestMethod]
    public void A_printed_query_parses_to_an_equal_tree()
    {
        foreach (string sql in Queries.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Statement statement = SqlParser.Parse(sql)[0];
            string printed = SyntaxPrinter.Print((SelectStatement)statement);
            Assert.AreEqual(statement, SqlParser.Parse(printed)[0], $"{sql}\n{printed}");
            Assert.AreEqual(printed, SyntaxPrinter.Print((SelectStatement)SqlParser.Parse(printed)[0]));
        }
    }

    [TestMethod]
    [DataRow("((a + b)) * c - (d - e)", "(a + b) * c - (d - e)")]
    [DataRow("(a * b) + (c)", "a * b + c")]
    [DataRow("not (a = b) and (c or d)", "NOT a = b AND (c OR d)")]
    [DataRow("(-1)::int", "(-1)::integer")]
    [DataRow("- (-1)", "- -1")]
    [DataRow("a between (b) and (c and d)", "a BETWEEN b AND (c AND d)")]
    [DataRow("a <> all (array[1,2])", "a <> ALL (ARRAY[1, 2])")]
    [DataRow("a at time zone 'UTC'", "a AT TIME ZONE 'UTC'")]
    [DataRow("extract('year' from a)", "EXTRACT(year FROM a)")]
    [DataRow("numeric(10,2) '1.5'", "'1.5'::numeric(10, 2)")]
    [DataRow("now()::timestamp with time zone", "now()::timestamp with time zone")]
    [DataRow("\"Select\" || \"a b\" || \"order\"", "\"Select\" || \"a b\" || \"order\"")]
    [DataRow("case when a then 1 else 2 end", "CASE WHEN a THEN 1 ELSE 2 END")]
    [DataRow("'a\\b'", "E'a\\\\b'")]
    [DataRow("(t).a.b[1:2]", "(t).a.b[1: 2]")]
    public void Expressions_have_only_the_parentheses_they_need(string sql, string printed)
    {
        Assert.AreEqual(printed, SyntaxPrinter.Print(SqlParser.ParseExpression(sql)));
    }

    [TestMethod]
    public void A_query_prints_on_one_line()
    {
        Assert.AreEqual(
            "WITH a AS (SELECT 1) SELECT x AS y, count(*) FROM t AS u JOIN v USING (id) WHERE x > 1 GROUP BY x ORDER BY 1 DESC LIMIT 3",
            SyntaxPrinter.Print((SelectStatement)SqlParser.Parse(
                "with a as (select 1)\nselect x y, count(*) from t u inner join v using (id) where (x > 1) group by x order by 1 desc limit 3")[0]));
    }
}
