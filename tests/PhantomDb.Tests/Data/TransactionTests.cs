using System.Data;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;

namespace PhantomDb.Tests.Data;

[TestClass]
public sealed class TransactionTests : DataTest
{
    [TestMethod]
    public void A_transaction_commits_or_rolls_back_and_disposing_of_it_rolls_back()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer)");
        using (PhantomDbTransaction committed = connection.BeginTransaction())
        {
            Assert.AreSame(connection, committed.Connection);
            Run(connection, "INSERT INTO t VALUES (1)");
            committed.Commit();
            Assert.IsNull(committed.Connection);
        }
        using (PhantomDbTransaction undone = connection.BeginTransaction())
        {
            Run(connection, "INSERT INTO t VALUES (2)");
            undone.Rollback();
        }
        using (connection.BeginTransaction())
        {
            Run(connection, "INSERT INTO t VALUES (3)");
        }
        Assert.AreEqual(1L, Scalar(connection, "SELECT sum(id) FROM t"));
    }

    [TestMethod]
    public void A_transaction_that_is_at_its_end_does_nothing_more()
    {
        using PhantomDbConnection connection = Open();
        PhantomDbTransaction transaction = connection.BeginTransaction();
        transaction.Commit();
        Assert.Throws<InvalidOperationException>(transaction.Commit);
        Assert.Throws<InvalidOperationException>(transaction.Rollback);
        Assert.Throws<InvalidOperationException>(() => transaction.Save("a"));
        using (PhantomDbCommand command = new("SELECT 1", connection, transaction))
        {
            Assert.Throws<InvalidOperationException>(() => command.ExecuteScalar());
        }
        transaction.Dispose();
        transaction.Dispose();
        Assert.Throws<ObjectDisposedException>(transaction.Commit);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Disposing_of_it_is_nothing_where_the_database_is_closed_already(bool isReading)
    {
        Database database = Database.CreateInMemory();
        using PhantomDbConnection connection = new(database);
        connection.Open();
        using PhantomDbTransaction transaction = connection.BeginTransaction();
        using PhantomDbCommand command = new("SELECT * FROM generate_series(1, 5000)", connection);
        using PhantomDbDataReader? reader = isReading ? command.ExecuteReader() : null;
        reader?.Read();
        database.Dispose();
        transaction.Dispose();
        Assert.IsNull(transaction.Connection);
    }

    [TestMethod]
    public void There_is_no_transaction_within_another_and_one_ended_by_SQL_is_at_its_end()
    {
        using PhantomDbConnection connection = Open();
        PhantomDbTransaction transaction = connection.BeginTransaction();
        Assert.Throws<InvalidOperationException>(() => connection.BeginTransaction());
        Run(connection, "COMMIT");
        Assert.Throws<InvalidOperationException>(transaction.Commit);
        using PhantomDbTransaction next = connection.BeginTransaction();
        next.Commit();
    }

    [TestMethod]
    [DataRow(IsolationLevel.ReadUncommitted, "read uncommitted")]
    [DataRow(IsolationLevel.ReadCommitted, "read committed")]
    [DataRow(IsolationLevel.RepeatableRead, "repeatable read")]
    [DataRow(IsolationLevel.Snapshot, "repeatable read")]
    [DataRow(IsolationLevel.Serializable, "serializable")]
    [DataRow(IsolationLevel.Unspecified, "read committed")]
    public void The_isolation_level_is_the_databases(IsolationLevel level, string name)
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbTransaction transaction = connection.BeginTransaction(level);
        Assert.AreEqual(name, Scalar(connection, "SHOW transaction_isolation"));
        Assert.AreEqual(level == IsolationLevel.Unspecified ? IsolationLevel.ReadCommitted : level, transaction.IsolationLevel);
    }

    [TestMethod]
    public void Savepoints_undo_a_part()
    {
        using PhantomDbConnection connection = Open();
        Run(connection, "CREATE TABLE t (id integer PRIMARY KEY)");
        using PhantomDbTransaction transaction = connection.BeginTransaction();
        Assert.IsTrue(transaction.SupportsSavepoints);
        Run(connection, "INSERT INTO t VALUES (1)");
        transaction.Save("a \"name\"");
        Assert.AreEqual("23505", Assert.Throws<PhantomDbException>(() => Run(connection, "INSERT INTO t VALUES (1)")).SqlState);
        Assert.AreEqual("25P02", Assert.Throws<PhantomDbException>(() => Run(connection, "SELECT 1")).SqlState);
        transaction.Rollback("a \"name\"");
        Run(connection, "INSERT INTO t VALUES (2)");
        transaction.Release("a \"name\"");
        transaction.Commit();
        Assert.AreEqual(2L, Scalar(connection, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void Committing_a_failed_transaction_is_an_error()
    {
        using PhantomDbConnection connection = Open();
        using PhantomDbTransaction transaction = connection.BeginTransaction();
        Assert.Throws<PhantomDbException>(() => Run(connection, "SELECT wrong"));
        Assert.AreEqual("25P02", Assert.Throws<PhantomDbException>(transaction.Commit).SqlState);
        Assert.AreEqual(1, Scalar(connection, "SELECT 1"));
    }

    [TestMethod]
    public void Closing_the_connection_rolls_back()
    {
        string text = $"Data Source={Guid.NewGuid():N};Mode=Memory";
        using PhantomDbConnection holder = Open(text);
        Run(holder, "CREATE TABLE t (id integer)");
        PhantomDbConnection connection = Open(text);
        PhantomDbTransaction transaction = connection.BeginTransaction();
        Run(connection, "INSERT INTO t VALUES (1)");
        connection.Close();
        Assert.IsNull(transaction.Connection);
        transaction.Dispose();
        Assert.AreEqual(0L, Scalar(holder, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    public async Task A_token_that_is_cancelled_already_commits_nothing()
    {
        using PhantomDbConnection connection = Open();
        await using PhantomDbTransaction transaction = connection.BeginTransaction();
        Task task = transaction.CommitAsync(new CancellationToken(canceled: true));
        Assert.IsTrue(task.IsCanceled);
        await transaction.RollbackAsync(CancellationToken.None);
        Assert.IsNull(transaction.Connection);
    }
}
