using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Buffers begin small and grow with what comes: the same prepared statements about few rows, many, and few again.</summary>
[TestClass]
public sealed class GrowingBufferTests
{
    private static readonly int[] Sizes = [0, 1, 15, 16, 17, 31, 32, 33, 64, 127, 160, 161, 672, 2047, 2048, 2049, 5000, 3, 0];

    [TestMethod]
    public void Ranges_of_any_length_are_read_whole()
    {
        AssertEach("SELECT sum(id * 2 + 1), count(upper(name)), sum(CASE WHEN id % 3 = 0 THEN NULL ELSE id + 1 END), sum(length(maybe || name)) FROM kv WHERE id < $1",
            "SELECT sum(g * 2 + 1), count(*), sum(CASE WHEN g % 3 = 0 THEN NULL ELSE g + 1 END), sum(CASE WHEN g % 2 = 0 THEN length('m' || g || 'name ' || g) END) FROM generate_series(0, $1 - 1) g");
    }

    [TestMethod]
    public void Rows_that_a_condition_leaves_out_disturb_nobody()
    {
        AssertEach("SELECT count(*), sum(id + 1), max(upper(maybe)) FROM kv WHERE id < $1 AND (length(maybe) > 2 OR id * 2 > 300) AND coalesce(maybe, name) <> 'm7'",
            "SELECT count(*), sum(g + 1), max(CASE WHEN g % 2 = 0 THEN 'M' || g END) FROM generate_series(0, $1 - 1) g WHERE (g % 2 = 0 AND g >= 10) OR g > 150");
    }

    [TestMethod]
    public void Joins_by_an_index_give_all_partners()
    {
        AssertEach("SELECT count(*), sum(a.id + b.k), count(b.k) FROM kv a LEFT JOIN many b ON b.kv = a.id WHERE a.id < $1",
            "SELECT sum(greatest(g % 4, 1)), sum(CASE WHEN g % 4 > 0 THEN g * (g % 4) + (SELECT sum(g * 10 + x) FROM generate_series(1, g % 4) x) END), coalesce(sum(g % 4), 0) FROM generate_series(0, $1 - 1) g",
            nothing: "0||0");
        AssertEach("SELECT count(*) FROM kv a WHERE a.id < $1 AND EXISTS (SELECT 1 FROM many b WHERE b.kv = a.id AND b.k > a.id)",
            "SELECT count(*) FROM generate_series(0, $1 - 1) g WHERE g % 4 > 0");
        AssertEach("SELECT count(*) FROM kv a WHERE a.id < $1 AND NOT EXISTS (SELECT 1 FROM many b WHERE b.kv = a.id)",
            "SELECT count(*) FROM generate_series(0, $1 - 1) g WHERE g % 4 = 0");
    }

    private static void AssertEach(string sql, string expected, string? nothing = null)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (string statement in new[]
        {
            "CREATE TABLE kv (id bigint PRIMARY KEY, name text, maybe text)",
            "INSERT INTO kv SELECT g, 'name ' || g, CASE WHEN g % 2 = 0 THEN 'm' || g END FROM generate_series(0, 5999) g",
            "CREATE TABLE many (kv bigint, k bigint)",
            "INSERT INTO many SELECT g, g * 10 + x FROM generate_series(0, 5999) g, generate_series(1, g % 4) x",
            "CREATE INDEX many_kv ON many (kv)",
        })
        {
            session.Execute(statement).Dispose();
        }
        using PreparedStatement prepared = session.Prepare(sql);
        foreach (int size in Sizes)
        {
            prepared.Bind(1, (long)size);
            string wanted = size == 0 && nothing is not null ? nothing : Row(session.Execute(expected.Replace("$1", size.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)));
            Assert.AreEqual(wanted, Row(prepared.Execute()), $"{sql}, {size}");
        }
    }

    private static string Row(QueryResult result)
    {
        using (result)
        {
            Assert.IsTrue(result.Read());
            return string.Join('|', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "" : result.GetText(i)));
        }
    }
}
