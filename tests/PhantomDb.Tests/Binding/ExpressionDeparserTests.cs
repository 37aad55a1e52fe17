using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Binding;

/// <summary>What PostgreSQL 15 prints for the same definitions.</summary>
[TestClass]
public sealed class ExpressionDeparserTests
{
    [TestMethod]
    [DataRow("n > 0", "((n > (0)::numeric))", "(n > 0::numeric)")]
    [DataRow("n >= 0.50 and n < 1000", "(((n >= 0.50) AND (n < (1000)::numeric)))", "(n >= 0.50 AND n < 1000::numeric)")]
    [DataRow("i > -1", "((i > '-1'::integer))", "(i > '-1'::integer)")]
    [DataRow("s between 1 and 10", "(((s >= 1) AND (s <= 10)))", "(s >= 1 AND s <= 10)")]
    [DataRow("b <> 3000000000),  constraint c06 check (f > 0 or r < 1.5", "((b <> '3000000000'::bigint))", "(b <> '3000000000'::bigint)")]
    [DataRow("t in ('a','b')", "((t = ANY (ARRAY['a'::text, 'b'::text])))", "(t = ANY (ARRAY['a'::text, 'b'::text]))")]
    [DataRow("v in ('a','b','c''d')", "(((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying, 'c''d'::character varying])::text[])))", "(v::text = ANY (ARRAY['a'::character varying, 'b'::character varying, 'c''d'::character varying]::text[]))")]
    [DataRow("c in ('a','b')", "((c = ANY (ARRAY['a'::bpchar, 'b'::bpchar])))", "(c = ANY (ARRAY['a'::bpchar, 'b'::bpchar]))")]
    [DataRow("i in (1,2,3)),  constraint c11 check (n in (1,2.5)", "((i = ANY (ARRAY[1, 2, 3])))", "(i = ANY (ARRAY[1, 2, 3]))")]
    [DataRow("v = 'x'", "(((v)::text = 'x'::text))", "(v::text = 'x'::text)")]
    [DataRow("length(v) > 2", "((length((v)::text) > 2))", "(length(v::text) > 2)")]
    [DataRow("v like 'a%'", "(((v)::text ~~ 'a%'::text))", "(v::text ~~ 'a%'::text)")]
    [DataRow("not bo", "((NOT bo))", "(NOT bo)")]
    [DataRow("bo is true or d is not null),  constraint c17 check (d > '2020-01-01'", "(((bo IS TRUE) OR (d IS NOT NULL)))", "(bo IS TRUE OR d IS NOT NULL)")]
    [DataRow("ts < '2020-01-01 10:00'", "((ts < '2020-01-01 10:00:00'::timestamp without time zone))", "(ts < '2020-01-01 10:00:00'::timestamp without time zone)")]
    [DataRow("i + 1 > s * 2", "(((i + 1) > (s * 2)))", "((i + 1) > (s * 2))")]
    [DataRow("(i + 1) * 2 > 3", "((((i + 1) * 2) > 3))", "(((i + 1) * 2) > 3)")]
    [DataRow("upper(t) = t),  constraint c22 check (v || 'x' <> t", "((upper(t) = t))", "(upper(t) = t)")]
    [DataRow("i not in (5, 6)", "((i <> ALL (ARRAY[5, 6])))", "(i <> ALL (ARRAY[5, 6]))")]
    [DataRow("not (i > 1 and s > 2)", "((NOT ((i > 1) AND (s > 2))))", "(NOT (i > 1 AND s > 2))")]
    [DataRow("coalesce(i, 0) >= 0", "((COALESCE(i, 0) >= 0))", "(COALESCE(i, 0) >= 0)")]
    [DataRow("i is distinct from 3),  constraint c27 check (n::int > 3", "((i IS DISTINCT FROM 3))", "(i IS DISTINCT FROM 3)")]
    [DataRow("t::varchar(5) = 'q'", "((((t)::character varying(5))::text = 'q'::text))", "(t::character varying(5)::text = 'q'::text)")]
    [DataRow("v not like '%z' and t ~ '^a'", "((((v)::text !~~ '%z'::text) AND (t ~ '^a'::text)))", "(v::text !~~ '%z'::text AND t ~ '^a'::text)")]
    [DataRow("d < ts", "((d < ts))", "(d < ts)")]
    [DataRow("i > 1 and s > 1 and (b > 1 or b < -5)", "(((i > 1) AND (s > 1) AND ((b > 1) OR (b < '-5'::integer))))", "(i > 1 AND s > 1 AND (b > 1 OR b < '-5'::integer))")]
    [DataRow("v in ('one')),  constraint c33 check (s in (1, 2)", "(((v)::text = 'one'::text))", "(v::text = 'one'::text)")]
    [DataRow("b in (1, 2)", "((b = ANY (ARRAY[(1)::bigint, (2)::bigint])))", "(b = ANY (ARRAY[1::bigint, 2::bigint]))")]
    [DataRow("f in (0.5, 1)", "((f = ANY (ARRAY[(0.5)::double precision, (1)::double precision])))", "(f = ANY (ARRAY[0.5::double precision, 1::double precision]))")]
    [DataRow("i - s - 1 > 0", "((((i - s) - 1) > 0))", "((i - s - 1) > 0)")]
    [DataRow("i - (s - 1) > 0", "(((i - (s - 1)) > 0))", "((i - (s - 1)) > 0)")]
    [DataRow("lower(v) = v", "((lower((v)::text) = (v)::text))", "(lower(v::text) = v::text)")]
    [DataRow("c = 'abc'", "((c = 'abc'::bpchar))", "(c = 'abc'::bpchar)")]
    [DataRow("c like 'a%'", "((c ~~ 'a%'::text))", "(c ~~ 'a%'::text)")]
    [DataRow("n * 2 < i", "(((n * (2)::numeric) < (i)::numeric))", "((n * 2::numeric) < i::numeric)")]
    [DataRow("greatest(i, 3) > 2", "((GREATEST(i, 3) > 2))", "(GREATEST(i, 3) > 2)")]
    [DataRow("nn not between 1 and 2", "(((nn < (1)::numeric) OR (nn > (2)::numeric)))", "(nn < 1::numeric OR nn > 2::numeric)")]
    [DataRow("-i < 4", "(((- i) < 4))", "((- i) < 4)")]
    [DataRow("char_length(trim(t)) > 0", "((char_length(TRIM(BOTH FROM t)) > 0))", "(char_length(TRIM(BOTH FROM t)) > 0)")]
    [DataRow("extract(year from d) > 2000", "((EXTRACT(year FROM d) > (2000)::numeric))", "(EXTRACT(year FROM d) > 2000::numeric)")]
    [DataRow("bo", "(bo)", "(bo)")]
    [DataRow("bo = true", "((bo = true))", "(bo = true)")]
    [DataRow("i % 2 = 0", "(((i % 2) = 0))", "((i % 2) = 0)")]
    [DataRow("v is null or length(v) <= 20", "(((v IS NULL) OR (length((v)::text) <= 20)))", "(v IS NULL OR length(v::text) <= 20)")]
    [DataRow("t ilike 'x%'", "((t ~~* 'x%'::text))", "(t ~~* 'x%'::text)")]
    [DataRow("(i > 1) = bo", "(((i > 1) = bo))", "((i > 1) = bo)")]
    [DataRow("round(n, 1) = n", "((round(n, 1) = n))", "(round(n, 1) = n)")]
    [DataRow("position('@' in v) > 1", "((POSITION(('@'::text) IN (v)) > 1))", "(POSITION(('@'::text) IN (v)) > 1)")]
    [DataRow("b + i > 0", "(((b + i) > 0))", "((b + i) > 0)")]
    [DataRow("s > 1.5", "(((s)::numeric > 1.5))", "(s::numeric > 1.5)")]
    [DataRow("tz > now()", "((tz > now()))", "(tz > now())")]
    [DataRow("tz < current_timestamp", "((tz < CURRENT_TIMESTAMP))", "(tz < CURRENT_TIMESTAMP)")]
    [DataRow("u <> 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "((u <> 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid))", "(u <> 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid)")]
    public void A_check_is_printed_as_PostgreSQL_prints_it(string check, string expected, string pretty)
    {
        Assert.AreEqual($"CHECK {expected}|CHECK {pretty}", Print(
            $"""
            CREATE TABLE d (i int, s smallint, b bigint, n numeric(10,2), nn numeric, r real, f double precision, t text, v varchar(20), c char(3), bo boolean,
                d date, ts timestamp, tz timestamptz, u uuid, CHECK ({check}))
            """,
            "SELECT pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint WHERE conrelid = 'd'::regclass"));
    }

    [TestMethod]
    [DataRow("int", "-1", "'-1'::integer", "'-1'::integer")]
    [DataRow("bigint", "5", "5", "5")]
    [DataRow("varchar(10)", "'x'", "'x'::character varying", "'x'::character varying")]
    [DataRow("char(3)", "'abc'", "'abc'::bpchar", "'abc'::bpchar")]
    [DataRow("text", "'it''s'", "'it''s'::text", "'it''s'::text")]
    [DataRow("numeric(10,2)", "1", "1", "1")]
    [DataRow("numeric", "-1.5", "'-1.5'::numeric", "'-1.5'::numeric")]
    [DataRow("boolean", "false", "false", "false")]
    [DataRow("date", "'2020-02-03'", "'2020-02-03'::date", "'2020-02-03'::date")]
    [DataRow("timestamp", "now()", "now()", "now()")]
    [DataRow("timestamp", "current_timestamp", "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP")]
    [DataRow("date", "current_date", "CURRENT_DATE", "CURRENT_DATE")]
    [DataRow("text", "upper('x')", "upper('x'::text)", "upper('x'::text)")]
    [DataRow("int", "1 + 2", "(1 + 2)", "1 + 2")]
    [DataRow("double precision", "0", "0", "0")]
    [DataRow("bigint", "3000000000", "'3000000000'::bigint", "'3000000000'::bigint")]
    [DataRow("timestamptz", "'2020-01-01 00:00:00+00'", "'2020-01-01 00:00:00+00'::timestamp with time zone", "'2020-01-01 00:00:00+00'::timestamp with time zone")]
    [DataRow("uuid", "gen_random_uuid()", "gen_random_uuid()", "gen_random_uuid()")]
    [DataRow("varchar", "'a'::text", "'a'::text", "'a'::text")]
    [DataRow("interval", "'1 day'", "'1 day'::interval", "'1 day'::interval")]
    [DataRow("smallint", "7", "7", "7")]
    [DataRow("text", "current_user", "CURRENT_USER", "CURRENT_USER")]
    [DataRow("boolean", "'t'", "true", "true")]
    [DataRow("varchar(20)", "lower('AB') || 'c'", "(lower('AB'::text) || 'c'::text)", "((lower('AB'::text) || 'c'::text))")]
    public void A_default_is_printed_as_PostgreSQL_prints_it(string type, string value, string expected, string pretty)
    {
        Assert.AreEqual($"{expected}|{pretty}", Print(
            $"CREATE TABLE d (x {type} DEFAULT {value})",
            "SELECT pg_get_expr(adbin, adrelid), pg_get_expr(adbin, adrelid, true) FROM pg_attrdef WHERE adrelid = 'd'::regclass"));
    }

    [TestMethod]
    public void A_case_stands_on_lines_of_its_own() => Assert.AreEqual(
        "CHECK (\nCASE\n    WHEN (i > 1) THEN true\n    ELSE false\nEND)|CHECK (\nCASE\n    WHEN i > 1 THEN true\n    ELSE false\nEND)",
        Print("CREATE TABLE d (i int, CHECK (CASE WHEN i > 1 THEN true ELSE false END))", "SELECT pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) FROM pg_constraint"));

    [TestMethod]
    public void A_serial_columns_default_names_its_sequence_as_the_search_path_asks()
    {
        const string Query = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = 'public.d'::regclass";
        Assert.AreEqual("nextval('d_i_seq'::regclass)", Print("CREATE TABLE d (i serial)", Query));
        Assert.AreEqual("nextval('public.d_i_seq'::regclass)", Print("CREATE TABLE d (i serial); SET search_path = extra", Query));
    }

    private static string Print(string definitions, string query)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (QueryResult defined in session.ExecuteScript(definitions))
        {
            defined.Dispose();
        }
        using QueryResult result = session.Execute(query);
        Assert.IsTrue(result.Read());
        return string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(result.GetText));
    }
}
