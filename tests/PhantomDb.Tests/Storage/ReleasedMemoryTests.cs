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

    private static long Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        return result.RowsAffected;
    }
}
