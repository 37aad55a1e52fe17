using System.Globalization;
using System.Text;

namespace PhantomDb.Tests.Execution;

/// <summary>
/// Joins whose sides tell each other's scans their keys, against the same joins over computed keys (<c>k + 0</c>), which
/// no scan can be told of.
/// </summary>
[TestClass]
public sealed class KeyFilterTests
{
    private static readonly string[] Queries =
    [
        "select count(*), sum(a.v), sum(b.v) from a join b on {a} = {b}",
        "select count(*), sum(a.v), sum(b.v) from a join b on {a} = {b} and a.v = b.v",
        "select count(*), sum(a.v), sum(b.v) from a left join b on {a} = {b}",
        "select count(*), sum(a.v), sum(b.v) from a left join b on {a} = {b} and b.v > 3 where a.v < 5",
        "select count(*), sum(a.v), sum(b.v) from b left join a on {a} = {b}",
        "select count(*), sum(a.v), sum(b.v) from a right join b on {a} = {b}",
        "select count(*), sum(a.v), sum(b.v) from a full join b on {a} = {b}",
        "select count(*), sum(v) from a where exists (select 1 from b where {a} = {b})",
        "select count(*), sum(v) from b where exists (select 1 from a where {a} = {b} and a.v <> b.v)",
        "select count(*), sum(v) from a where not exists (select 1 from b where {a} = {b})",
        "select count(*), sum(v) from b where not exists (select 1 from a where {a} = {b} and a.v < b.v)",
        "select count(*), sum(v) from a where {a} in (select {b} from b)",
        "select count(*), sum(v) from a where {a} not in (select {b} from b where k is not null)",
        "select count(*), sum(a.v), sum(g.n) from a join (select {b} as k, count(*) as n from b group by {b}) g on {a} = g.k",
        "select count(*), sum(a.v), sum(g.n) from a left join (select {b} as k, count(*) as n from b group by {b}) g on {a} = g.k where a.v = 1",
        "select count(*), sum(a.v), sum(b.v), sum(c.v) from a join b on {a} = {b} join a c on c.k = {b} where c.v = 2",
        "select sum(a.v), (select sum(b.v) from b where {b} = max({a})) from a where a.v = 3 group by a.v",
        "select count(*), sum(a.v) from a join (select distinct {b} as k from b) d on d.k = {a}",
        "select count(*), sum(a.v) from a join (select {b} as k, v from b order by v, k limit 7) l on l.k = {a}",
    ];

    [TestMethod]
    [DataRow("integer", 1, 40L)]
    [DataRow("integer", 2, int.MaxValue)]
    [DataRow("smallint", 3, short.MaxValue)]
    [DataRow("bigint", 4, 1000L)]
    [DataRow("bigint", 5, long.MaxValue)]
    [DataRow("date", 6, 400L)]
    public void Scans_that_know_the_keys_give_what_scans_that_do_not_give(string type, int seed, long range)
    {
        var random = new Random(seed);
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        List<long?> keys = [.. Enumerable.Range(0, 60).Select(_ => (long?)(random.NextInt64(range) * (type == "date" ? 1 : random.Next(2) * 2 - 1))), null];
        if (type == "bigint")
        {
            keys.AddRange([long.MaxValue, long.MinValue + 1]);
        }
        Fill(session, "a", type, keys, 3000, random);
        Fill(session, "b", type, [.. keys.Where((_, i) => i % 3 == 0), .. keys.Take(3).Select(k => k + 1)], 40, random);
        session.Execute("analyze").Dispose();
        foreach (string query in Queries)
        {
            string told = query.Replace("{a}", "a.k", StringComparison.Ordinal).Replace("{b}", "b.k", StringComparison.Ordinal);
            string untold = query.Replace("{a}", "(a.k + 0)", StringComparison.Ordinal).Replace("{b}", "(b.k + 0)", StringComparison.Ordinal);
            Assert.AreEqual(Read(session, untold), Read(session, told), told);
        }
    }

    private static void Fill(Session session, string table, string type, List<long?> keys, int count, Random random)
    {
        session.Execute($"create table {table} (k {type}, v integer)").Dispose();
        var sql = new StringBuilder($"insert into {table} values ");
        for (int i = 0; i < count; i++)
        {
            string key = keys[random.Next(keys.Count)] switch
            {
                null => "null",
                { } days when type == "date" => string.Create(CultureInfo.InvariantCulture, $"date '2000-01-01' + {days}"),
                { } number => string.Create(CultureInfo.InvariantCulture, $"{number}"),
            };
            sql.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ", ")}({key}, {random.Next(10)})");
        }
        session.Execute(sql.ToString()).Dispose();
    }

    private static string Read(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        var rows = new List<string>();
        while (result.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "null" : result.GetText(i))));
        }
        rows.Sort(StringComparer.Ordinal);
        return string.Join('\n', rows);
    }
}
