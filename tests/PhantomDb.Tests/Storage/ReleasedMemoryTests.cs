using System.Globalization;

namespace PhantomDb.Tests.Storage;

/// <summary>What the database stays charged for when rows have gone.</summary>
[TestClass]
public sealed class ReleasedMemoryTests
{
    [TestMethod]
    [DataRow("create table t (a int, b text, check (a < 40000))")]
    [DataRow("create table t (a int primary key, b text, check (a < 40000))")]
    [DataRow("create table t (b text, a text unique, c int primary key, check (c < 40000))")]
    public void A_failed_insert_into_an_empty_table_gives_its_memory_back(string create)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, create);
        long before = database.MemoryUsed;
        string columns = create.Contains("c int") ? "repeat('x', 20), g::text, g" : "g, repeat('x', 20)";
        for (int i = 0; i < 2; i++)
        {
            Assert.ThrowsExactly<PhantomDbException>(() => Run(session, $"insert into t select {columns} from generate_series(1, 50000) g"));
            Assert.IsLessThan(before + 64 * 1024, database.MemoryUsed);
        }
        Assert.AreEqual(30_000, Run(session, $"insert into t select {columns} from generate_series(1, 30000) g"));
        Assert.IsGreaterThan(30_000 * 20, database.MemoryUsed);
        using QueryResult count = session.Execute("select count(*), min(b), max(b) from t");
        Assert.IsTrue(count.Read());
        Assert.AreEqual("30000|" + new string('x', 20) + "|" + new string('x', 20), $"{count.GetText(0)}|{count.GetText(1)}|{count.GetText(2)}");
    }

    [TestMethod]
    public void An_altered_table_is_charged_for_its_indexes_those_that_it_had_and_the_new_ones()
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { MemoryLimit = 12 << 20 });
        using Session session = database.OpenSession();
        Run(session, "create table t (id int primary key, v int, u int)");
        Run(session, "insert into t select g, g, g from generate_series(1, 200000) g");
        long before = database.MemoryUsed;
        Run(session, "alter table t add column w int default 1");
        Assert.IsGreaterThan(before, database.MemoryUsed);
        Run(session, "alter table t drop column w");
        Assert.IsLessThan(64 * 1024, Math.Abs(database.MemoryUsed - before));
        Run(session, "create index i on t (v, u)");
        long size = database.MemoryUsed - before;
        Assert.IsGreaterThan(200_000 * 2 * sizeof(int), size);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            for (int i = 0; i < 12; i++)
            {
                Run(session, $"create index on t (v, u)");
            }
        });
        Assert.AreEqual("53200", error.SqlState);
        Assert.IsLessThan(12 << 20, database.MemoryUsed);
        Run(session, "drop index i");
        Assert.AreEqual(1, Run(session, "insert into t values (200001, 1, 1)"));
        Assert.AreEqual(1, Run(session, "delete from t where id = 1"));
    }

    [TestMethod]
    [DataRow("insert into t select 'a key of some length ' || g from generate_series({0}, {1}) g", "delete from t")]
    [DataRow("insert into t select 'a key of some length ' || g from generate_series({0}, {1}) g on conflict do nothing", "update t set a = a || '!'")]
    public void Long_keys_that_come_and_go_leave_nothing_in_the_index(string insert, string change)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "create table t (a text primary key)");
        for (int i = 0; i < 60; i++)
        {
            bool isKept = change.StartsWith("update", StringComparison.Ordinal);
            Run(session, string.Format(CultureInfo.InvariantCulture, insert, isKept ? 0 : i * 1000, (isKept ? 0 : i * 1000) + 999));
            Run(session, change);
            if (isKept)
            {
                Run(session, "update t set a = left(a, -1)");
            }
        }
        Assert.IsLessThan(400 * 1024, database.MemoryUsed);   // the bytes of all keys that there were are 1.2 MB and more
        using QueryResult count = session.Execute("select count(*), count(*) filter (where a in (select a from t)) from t");
        Assert.IsTrue(count.Read());
        Assert.AreEqual(count.GetInt64(0), count.GetInt64(1));
    }

    private static long Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.RowsAffected;
    }
}
