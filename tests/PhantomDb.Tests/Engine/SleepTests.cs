using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class SleepTests
{
    [TestMethod]
    [DataRow("SELECT pg_sleep(0.05)", 50)]
    [DataRow("SELECT pg_sleep(-1)", 0)]
    [DataRow("SELECT pg_sleep('nan')", 0)]
    [DataRow("SELECT pg_sleep(0.02) FROM generate_series(1, 3)", 60)]
    public void A_sleep_takes_its_time_for_each_row(string sql, int milliseconds)
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        long start = Stopwatch.GetTimestamp();
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        Assert.AreEqual("", result.GetText(0));
        Assert.IsTrue(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= milliseconds);
    }

    [TestMethod]
    public void A_sleep_ends_with_the_time_limit_and_with_a_cancel()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("SET statement_timeout = 50").Dispose();
        Assert.AreEqual("57014", ErrorOf(session).SqlState);
        session.Execute("SET statement_timeout = 0").Dispose();
        using Timer timer = new(_ => session.Cancel(), null, 50, 50);
        Assert.AreEqual("57014", ErrorOf(session).SqlState);
    }

    private static PhantomDbException ErrorOf(Session session) => Assert.ThrowsExactly<PhantomDbException>(() =>
    {
        using QueryResult result = session.Execute("SELECT pg_sleep(60)");
        result.Read();
    });
}
