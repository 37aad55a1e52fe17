using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>txid_current() and its like: one number a transaction, another for each.</summary>
[TestClass]
public sealed class TransactionNumberTests
{
    [TestMethod]
    public void Each_transaction_has_a_number_of_its_own()
    {
        using Database database = Database.CreateInMemory();
        using Session a = database.OpenSession();
        using Session b = database.OpenSession();
        Run(a, "CREATE TABLE t (n bigint)");
        long first = Number(a, "SELECT txid_current()");
        Assert.IsGreaterThan(first, Number(a, "SELECT pg_current_xact_id()"));
        Run(a, "BEGIN");
        Run(b, "BEGIN");
        long ofA = Number(a, "SELECT txid_current()");
        long ofB = Number(b, "SELECT txid_current()");
        Assert.AreNotEqual(ofA, ofB);
        Run(a, "SAVEPOINT s");
        Assert.AreEqual(ofA, Number(a, "SELECT pg_current_xact_id()"));
        Run(a, "INSERT INTO t SELECT txid_current() FROM generate_series(1, 3)");
        Run(a, "COMMIT");
        Run(b, "ROLLBACK");
        Assert.AreEqual(3, Number(a, $"SELECT count(*) FROM t WHERE n = {ofA}"));
        Assert.IsGreaterThan(ofB, Number(b, "SELECT txid_current()"));
    }

    [TestMethod]
    public void A_transaction_that_has_only_read_has_no_number_until_it_asks()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (n bigint)");
        Run(session, "BEGIN");
        Assert.IsNull(NumberOrNull(session, "SELECT txid_current_if_assigned() FROM (SELECT count(*) FROM t) x"));
        Run(session, "INSERT INTO t VALUES (1)");
        long number = Number(session, "SELECT pg_current_xact_id_if_assigned()");
        Assert.AreEqual(number, Number(session, "SELECT txid_current()"));
        Run(session, "ROLLBACK");
        Assert.IsNull(NumberOrNull(session, "SELECT pg_current_xact_id_if_assigned()"));
    }

    private static void Run(Session session, string sql) => session.Execute(sql).Dispose();

    private static long Number(Session session, string sql) => NumberOrNull(session, sql)!.Value;

    private static long? NumberOrNull(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        Assert.IsTrue(result.Read());
        return result.IsNull(0) ? null : result.GetInt64(0);
    }
}
