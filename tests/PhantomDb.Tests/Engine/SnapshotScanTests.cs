using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Whole-table queries of an old snapshot while another session changes ever more rows of each slice.</summary>
[TestClass]
public sealed class SnapshotScanTests
{
    private static readonly string[] Queries =
    [
        "SELECT count(*), count(a), sum(a), min(a), max(a), avg(a) FROM t",
        "SELECT sum(b), min(b), max(b), sum(c), min(c), max(c) FROM t",
        "SELECT sum(d), min(d), max(d), avg(d), sum(e), min(e), max(e) FROM t",
        "SELECT sum(f), min(f), max(f), sum(g), max(g), min(h), max(h), count(h) FROM t",
        "SELECT sum(n), min(n), max(n), count(n) FROM t",
        "SELECT sum(a + b), sum(d * 2), sum(c) FILTER (WHERE d > 500) FROM t",
        "SELECT b % 7, count(*), sum(a), sum(d), max(f) FROM t GROUP BY 1 ORDER BY 1",
        "SELECT count(*), sum(d), sum(id) FROM t WHERE d < 300 AND a > 100",
        "SELECT id, a, d FROM t WHERE c % 101 = 3 ORDER BY d, id LIMIT 50",
        "SELECT stddev(d), sum(DISTINCT b), bool_or(a > 900) FROM t",
        "SELECT count(*), sum(x.d + y.d) FROM t x JOIN t y ON x.id = y.b",
    ];

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void An_old_snapshot_gives_the_same_answers_however_many_rows_change(int seed)
    {
        const int rowCount = 5_000;
        using Database database = Database.CreateInMemory();
        using Session writer = database.OpenSession();
        Run(writer, "CREATE TABLE t (id int PRIMARY KEY, a smallint, b int, c bigint, d double precision, e real, f numeric(12,2), g numeric, h text, n int)");
        Run(writer, $"""
            INSERT INTO t SELECT i, i % 1000, i * 7 % {rowCount}, i::bigint * 1000003, i * 0.37, i * 0.5, i * 1.25, i * 3.5, 'a text that is long enough ' || i,
                CASE WHEN i % 10 > 0 THEN i END FROM generate_series(1, {rowCount}) AS s(i)
            """);
        using Session old = database.OpenSession();
        Run(old, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        string[] expected = [.. Queries.Select(query => Run(old, query))];

        var random = new Random(seed);
        string[] columns = ["a", "b", "c", "d", "e", "f", "g", "n"];
        for (int round = 0; round < 12; round++)
        {
            for (int i = 0; i < 1 << round && i < 300; i++)
            {
                string column = columns[random.Next(columns.Length)];
                int id = random.Next(10) == 0 ? 77 : 1 + random.Next(rowCount);   // one row changes again and again
                string value = column == "n" && random.Next(2) == 0 ? "NULL" : random.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture);
                Run(writer, seed == 3 && random.Next(20) == 0 ? $"DELETE FROM t WHERE id = {id}" : $"UPDATE t SET {column} = {value}, h = 'changed' WHERE id = {id}");
            }
            for (int i = 0; i < Queries.Length; i++)
            {
                Assert.AreEqual(expected[i], Run(old, Queries[i]), $"seed {seed}, round {round}: {Queries[i]}");
            }
        }
        Run(old, "COMMIT");
        for (int i = 0; i < Queries.Length; i++)
        {
            string now = Run(writer, Queries[i]);
            Assert.AreEqual(now, Run(old, Queries[i]), Queries[i]);
            Assert.AreNotEqual(expected[i], now, Queries[i]);
        }
    }

    private static string Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        var rows = new List<string>();
        while (result.Columns.Count > 0 && result.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "~" : result.GetText(i))));
        }
        return string.Join('\n', rows);
    }
}
