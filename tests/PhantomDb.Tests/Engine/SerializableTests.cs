using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Fuzz.Running;
using PhantomDb.Fuzz.Transactions;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Random transactions of many sessions, and an order of them in which they could have run one after the other.</summary>
[TestClass]
public sealed class SerializableTests
{
    private const int ThreadCount = 4;

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Transactions_at_random_keep_what_their_isolation_level_promises(int seed)
    {
        FuzzReport report = new TransactionFuzzer(seed).Run(7200);   // each kind twice
        Assert.IsEmpty(report.Failures, string.Join('\n', report.Failures));
    }

    [TestMethod]
    public void Who_looks_for_rows_before_inserting_one_is_alone()
    {
        const int Groups = 25;
        using Database database = Database.CreateInMemory();
        using (Session session = database.OpenSession())
        {
            Run(session, "CREATE TABLE t (id serial PRIMARY KEY, g int)");
        }
        Transactions.ConcurrentWriterTests.Run(ThreadCount, thread =>
        {
            using Session session = database.OpenSession();
            for (int g = 0; g < Groups; g++)
            {
                string outcome;
                do
                {
                    Run(session, "BEGIN ISOLATION LEVEL SERIALIZABLE");
                    if (Run(session, $"SELECT count(*) FROM t WHERE g = {g}") == "0")
                    {
                        Run(session, $"INSERT INTO t (g) VALUES ({g})");
                    }
                    outcome = Run(session, "COMMIT");
                    Assert.IsTrue(outcome is "" or "40001", outcome);
                }
                while (outcome != "");
            }
        });
        using Session last = database.OpenSession();
        Assert.AreEqual($"{Groups},{Groups}", Run(last, "SELECT count(*), count(DISTINCT g) FROM t"));
    }
}
