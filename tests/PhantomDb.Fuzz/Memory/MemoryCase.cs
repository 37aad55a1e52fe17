namespace PhantomDb.Fuzz.Memory;

/// <summary>A statement that wants far more memory than there is, and the table t (i int, s text) that it needs, if any.</summary>
internal sealed record MemoryCase(string Sql)
{
    public IReadOnlyList<string> Setup { get; init; } = [];

    /// <summary>The statement may succeed where only the database's limit is low: what it makes is rows of a table.</summary>
    public bool TakesStatementMemoryOnly { get; init; }

    /// <summary>Bytes that may stay charged after the failure: room in the table for rows that are gone.</summary>
    public long KeptMax { get; init; } = 256 * 1024;

    /// <summary>The cases for a limit, each wanting about ten times as much.</summary>
    public static MemoryCase[] All(long limit)
    {
        long rows = limit * 10 / 24;     // of an integer and its overhead
        long wide = limit / 100;         // of a string of 1000 bytes
        long side = (long)Math.Sqrt(rows) + 1;
        string[] table = ["create table t (i int, s text)", "insert into t select i, repeat('x', 50) || i from generate_series(1, 1000) as g(i)"];
        string series = $"generate_series(1, {rows}) as g(i)";
        string cross = $"generate_series(1, {side * 3}) as g(i), generate_series(1, {side * 3}) as h(j)";
        return
        [
            new($"select i from {series} order by i desc"),
            new($"select * from (select i, j from {cross}) as c order by i % 7, j"),
            new($"select i, count(*) from {series} group by i"),
            new($"select i::text || 'abcdefgh', min(i), sum(i) from {series} group by 1"),
            new($"select distinct i * 3 from {series}"),
            new($"select count(distinct i) from {series}"),
            new($"select i from {series} union select -i from {series}"),
            new($"select i from {series} intersect select i from {series}"),
            new($"select i from {series} except all select i + 1 from {series}"),
            new($"select count(*) from {series} join generate_series(1, {rows}) as h(j) on i = j"),
            new($"select count(*) from {series} full join generate_series(1, {rows}) as h(j) on i = j + 5"),
            new($"select count(*) from generate_series(1, 10) as g(i) where i not in (select j from generate_series(100, {rows}) as h(j))"),
            new($"select i, sum(i) over (order by i) from {series}"),
            new($"select max(r) from (select row_number() over (partition by i % 10 order by i desc) as r from {series}) as w"),
            new($"select i % 3, j, count(*) from {cross} group by cube (i, j)"),
            new($"select percentile_disc(0.5) within group (order by i) from {series}"),
            new($"select repeat('x', {limit * 10})"),
            new($"select length(repeat(repeat('x', {limit / 4}), 40))"),
            new($"select lpad('x', {Math.Min(limit * 10, int.MaxValue)}, 'ab')"),
            new($"select string_agg(repeat('x', 1000), ',') from generate_series(1, {wide})"),
            new($"select length(string_agg(i::text, ', long separator, long separator')) from {series}"),
            new($"select max(s) from (select repeat(i::text, 1000) as s from generate_series(1, {wide}) as g(i)) as q group by s"),
            new($"with recursive r(i, s) as (select 1, 'x' union all select i + 1, s || s from r where i < 64) select length(s) from r"),
            new($"with recursive r(i) as (select 1 union select i + 1 from r where i < {rows}) select count(*) from r"),
            new($"with recursive r(i, j) as (select i, 0 from generate_series(1, 1000) as g(i) union all select i, j + 1 from r where j < {rows / 500}) select i from r order by i + j"),
            new($"with q as materialized (select i, repeat('y', 100) from generate_series(1, {rows / 8}) as g(i)) select count(*) from q as a, q as b where a.i = b.i"),
            new($"select replace(repeat('a', {limit / 8}), 'a', repeat('b', 100))"),
            new($"select repeat('a', {limit / 3}) || repeat('b', {limit / 3}) || repeat('a', {limit / 3}) || repeat('b', {limit / 3})"),
            new($"select i from {series} order by repeat('k', 40) || i limit {rows / 2}"),
            new($"insert into t select i, repeat('z', 100) from generate_series(1, {wide * 10}) as g(i)") { Setup = table, TakesStatementMemoryOnly = true, KeptMax = limit / 2 },
            new($"insert into t select a.i, a.s from t as a, t as b, generate_series(1, {1 + (limit / 1_000_000)}) returning *") { Setup = table, KeptMax = limit / 2 },
            new($"update t set s = repeat('u', {limit / 100})") { Setup = table, TakesStatementMemoryOnly = true, KeptMax = limit / 2 },
            new($"create table u as select i, repeat('z', 100) as s from generate_series(1, {wide * 10}) as g(i)") { Setup = table, TakesStatementMemoryOnly = true },
        ];
    }
}
