using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class PointConcurrencyTests
{
    [TestMethod]
    public void Sums_computed_from_the_row_lose_no_update_of_another_thread()
    {
        const int ThreadCount = 3, UpdateCount = 2000;
        using Database database = NewDatabase();
        Parallel.For(0, ThreadCount, new ParallelOptions { MaxDegreeOfParallelism = ThreadCount }, thread =>
        {
            using Session session = database.OpenSession();
            using PreparedStatement add = session.Prepare("UPDATE t SET n = n + $1 WHERE id = $2");
            for (int i = 0; i < UpdateCount; i++)
            {
                switch (i % 3)
                {
                    case 0:
                        Add(add, 1);
                        break;
                    case 1:
                        session.Execute($"UPDATE t SET n = n + {1} WHERE id = 1").Dispose();
                        break;
                    default:
                        session.Execute("BEGIN").Dispose();
                        Add(add, 2);
                        Add(add, -1);
                        session.Execute("COMMIT").Dispose();
                        break;
                }
            }
        });
        using Session reader = database.OpenSession();
        using QueryResult result = reader.Execute("SELECT n FROM t WHERE id = 1");
        Assert.IsTrue(result.Read());
        Assert.AreEqual(ThreadCount * UpdateCount, result.GetInt32(0));
    }

    [TestMethod]
    public void A_row_is_locked_by_its_key_whether_its_plan_is_kept_or_not()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        using Session other = database.OpenSession();
        using PreparedStatement prepared = session.Prepare("SELECT n FROM t WHERE id = $1 FOR UPDATE");
        for (int i = 0; i < 3; i++)
        {
            foreach (Func<QueryResult> select in new[] { () => session.Execute("SELECT n FROM t WHERE id = 1 FOR UPDATE"), () => Bound(prepared, 1) })
            {
                session.Execute("BEGIN").Dispose();
                using (QueryResult row = select())
                {
                    Assert.IsTrue(row.Read());
                }
                PhantomDbException locked = Assert.ThrowsExactly<PhantomDbException>(() =>
                {
                    using QueryResult result = other.Execute("SELECT n FROM t WHERE id = 1 FOR UPDATE NOWAIT");
                    result.Read();
                });
                Assert.AreEqual("55P03", locked.SqlState);
                session.Execute("ROLLBACK").Dispose();
            }
        }
    }

    private static void Add(PreparedStatement add, int value)
    {
        add.Bind(1, value);
        add.Bind(2, 1);
        Assert.AreEqual(1, add.Execute().RowsAffected);
    }

    private static QueryResult Bound(PreparedStatement statement, int value)
    {
        statement.Bind(1, value);
        return statement.Execute();
    }

    private static Database NewDatabase()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (id int PRIMARY KEY, n int)").Dispose();
        session.Execute("INSERT INTO t VALUES (1, 0), (2, 0)").Dispose();
        return database;
    }
}
