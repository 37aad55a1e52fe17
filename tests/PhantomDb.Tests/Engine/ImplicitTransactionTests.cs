using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Several statements in one text are one transaction; outcomes as of PostgreSQL 15 (psql -c).</summary>
[TestClass]
public sealed class ImplicitTransactionTests : SessionTest
{
    private readonly Session _session;
    private readonly List<string> _notices = [];

    public ImplicitTransactionTests()
    {
        _session = NewSession();
        _session.Notice += _notices.Add;
        Run("CREATE TABLE t (id int PRIMARY KEY, v int)");
    }

    private const string NoTransaction = "there is no transaction in progress";

    [TestMethod]
    [DataRow("INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (2, 2)", "", "1 2", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); SELECT 1/0", "22012", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); SELECT 1/(3 - i) FROM generate_series(1, 5) i; INSERT INTO t VALUES (2, 2)", "22012", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); SELECT 1/(3 - i) FROM generate_series(1, 5) i", "22012", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); SELEC 2", "42601", "", "")]
    [DataRow("SELECT 1; BEGIN; SELECT 2; COMMIT; SELECT 3", "3", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); COMMIT; INSERT INTO t VALUES (2, 2); SELECT 1/0", "22012", "1", NoTransaction)]
    [DataRow("INSERT INTO t VALUES (1, 1); ROLLBACK; INSERT INTO t VALUES (2, 2)", "", "2", NoTransaction)]
    [DataRow("INSERT INTO t VALUES (1, 1); SAVEPOINT a", "25P01", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); RELEASE a", "25P01", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); ROLLBACK TO a", "25P01", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); LOCK TABLE t", "", "1", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); COMMIT AND CHAIN; INSERT INTO t VALUES (2, 2)", "25P01", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); BEGIN; INSERT INTO t VALUES (2, 2); ROLLBACK; INSERT INTO t VALUES (3, 3)", "", "3", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1", "25001", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); VACUUM", "25001", "", "")]
    [DataRow("INSERT INTO t VALUES (1, 1); DISCARD ALL", "25001", "", "")]
    [DataRow("CREATE DATABASE q; SELECT 1", "25001", "", "")]
    [DataRow("BEGIN; BEGIN; COMMIT; COMMIT", "", "", "there is already a transaction in progress|" + NoTransaction)]
    [DataRow("SET LOCAL work_mem = '1MB'; SHOW work_mem", "1MB", "", "")]
    [DataRow("SET LOCAL work_mem = '1MB'; SHOW work_mem; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SHOW transaction_isolation", "serializable", "", "")]
    [DataRow("SET TRANSACTION READ ONLY; INSERT INTO t VALUES (1, 1)", "25006", "", "")]
    [DataRow("SET TRANSACTION READ ONLY; COMMIT; INSERT INTO t VALUES (1, 1)", "", "1", NoTransaction)]
    [DataRow("CREATE TABLE u (i int); INSERT INTO u VALUES (4); SELECT * FROM u", "4", "", "")]
    [DataRow("SELECT now() = statement_timestamp(); SELECT pg_sleep(0.01); SELECT now() = transaction_timestamp()", "t", "", "")]
    public void Statements_of_a_text_are_one_transaction(string text, string outcome, string rows, string notices)
    {
        Assert.AreEqual(outcome, Run(text));
        Assert.IsFalse(_session.IsInTransaction);
        Assert.AreEqual(notices, string.Join('|', _notices));
        Assert.AreEqual(rows, Run("SELECT id FROM t ORDER BY id"));
        Assert.AreEqual("read committed", Run("SHOW transaction_isolation"));

        // The same, one result after the other.
        Run("DELETE FROM t");
        Run("DROP TABLE IF EXISTS u");
        _notices.Clear();
        Assert.AreEqual(outcome, Batch(text));
        Assert.IsFalse(_session.IsInTransaction);
        Assert.AreEqual(notices, string.Join('|', _notices));
        Assert.AreEqual(rows, Run("SELECT id FROM t ORDER BY id"));
    }

    [TestMethod]
    public void An_error_after_BEGIN_leaves_the_transaction_failed()
    {
        Assert.AreEqual("22012", Run("INSERT INTO t VALUES (1, 1); BEGIN; SELECT 1; SELECT 1/0; SELECT 2; ROLLBACK; SELECT 3"));
        Assert.IsTrue(_session.IsInTransaction);
        Assert.AreEqual("25P02", Run("SELECT 1"));
        Assert.AreEqual("25P02", Run("SELECT 1; COMMIT"));
        Assert.AreEqual("", Run("ROLLBACK"));
        Assert.AreEqual("", Run("SELECT * FROM t"));
        Assert.AreEqual("7", Run("INSERT INTO t VALUES (1, 1); BEGIN; SELECT 7"));
        Assert.IsTrue(_session.IsInTransaction);
        Assert.AreEqual("", Run("ROLLBACK"));
        Assert.AreEqual("", Run("SELECT * FROM t"));
    }

    [TestMethod]
    public void The_last_result_is_streamed_and_ends_the_transaction()
    {
        using Session other = Database.OpenSession();
        using (QueryResult result = _session.Execute("INSERT INTO t VALUES (1, 1); SELECT * FROM generate_series(1, 100000)"))
        {
            Assert.IsTrue(result.Read());
            Assert.AreEqual("", SessionSteps.Run(other, "SELECT id FROM t"));
        }
        Assert.AreEqual("1", SessionSteps.Run(other, "SELECT id FROM t"));
        using (QueryResult result = _session.Execute("INSERT INTO t VALUES (2, 2); SELECT 1/(50000 - i) FROM generate_series(1, 100000) i"))
        {
            Assert.AreEqual("22012", StateOf(() =>
            {
                while (result.Read())
                {
                }
            }));
        }
        Assert.AreEqual("1", SessionSteps.Run(other, "SELECT id FROM t"));
        Assert.AreEqual(1, _session.Execute("DELETE FROM t; INSERT INTO t VALUES (3, 3)").RowsAffected);
    }

    [TestMethod]
    public void Between_the_results_of_a_batch_the_session_runs_nothing_else()
    {
        using IEnumerator<QueryResult> batch = _session.ExecuteBatch("INSERT INTO t VALUES (1, 1); SELECT 1; INSERT INTO t VALUES (2, 2)").GetEnumerator();
        Assert.IsTrue(batch.MoveNext());
        Assert.AreEqual("55006", Run("COMMIT"));
        Assert.IsTrue(batch.MoveNext());
        batch.Current.Dispose();
        Assert.AreEqual("55006", Run("SELECT 1"));
        Assert.IsTrue(batch.MoveNext());
        Assert.IsFalse(batch.MoveNext());
        Assert.AreEqual("1 2", Run("SELECT id FROM t ORDER BY id"));
    }

    [TestMethod]
    public void A_batch_that_is_given_up_changes_nothing_whoever_tries_to_use_the_session_meanwhile()
    {
        using var done = new CancellationTokenSource();
        Task other = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                StateOf(() => _session.Prepare("SELECT 1").Dispose());   // in use, or a result open
            }
        });
        for (int i = 0; i < 200; i++)
        {
            StateOf(() =>
            {
                foreach (QueryResult _ in _session.ExecuteBatch("INSERT INTO t VALUES (1, 1); SELECT 1; SELECT 2").Take(2))
                {
                }
            });
        }
        done.Cancel();
        other.Wait();
        Assert.AreEqual("", Run("SELECT id FROM t"));
        Assert.IsFalse(_session.IsInTransaction);
        using Session second = Database.OpenSession();
        Assert.AreEqual("", SessionSteps.Run(second, "SET lock_timeout = 1000; INSERT INTO t VALUES (1, 1)"));
    }

    [TestMethod]
    public void A_session_that_ends_in_a_batch_rolls_it_back()
    {
        Session session = Database.OpenSession();
        using IEnumerator<QueryResult> batch = session.ExecuteBatch("INSERT INTO t VALUES (1, 1); SELECT 1; SELECT 2").GetEnumerator();
        Assert.IsTrue(batch.MoveNext());
        session.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => batch.MoveNext());
        Assert.AreEqual("", Run("SELECT id FROM t"));

        Session ended = Database.OpenSession();
        using IEnumerator<QueryResult> second = ended.ExecuteBatch("INSERT INTO t VALUES (1, 1); SELECT 1; SELECT 2").GetEnumerator();
        Assert.IsTrue(second.MoveNext());
        Database.TerminateSession(ended.ProcessId);
        Assert.AreEqual("57P01", StateOf(() => second.MoveNext()));
        Assert.AreEqual("", Run("INSERT INTO t VALUES (1, 1)"));
    }

    [TestMethod]
    public void A_result_that_failed_ends_the_batch_though_its_reader_goes_on()
    {
        string state = StateOf(() =>
        {
            foreach (QueryResult result in _session.ExecuteBatch("INSERT INTO t VALUES (1, 1); SELECT 1/(3 - i) FROM generate_series(1, 5) i; INSERT INTO t VALUES (2, 2)"))
            {
                Assert.AreEqual(result.Columns.Count == 0 ? "" : "22012", StateOf(() => result.Read()));
            }
        });
        Assert.AreEqual("25P02", state);
        Assert.AreEqual("", Run("SELECT id FROM t"));
    }

    private string Run(string sql) => SessionSteps.Run(_session, sql);

    // The last result's rows, or the SQLSTATE.
    private string Batch(string sql)
    {
        string rows = "";
        string state = StateOf(() =>
        {
            foreach (QueryResult result in _session.ExecuteBatch(sql))
            {
                rows = "";
                while (result.Read())
                {
                    rows += result.IsNull(0) ? "" : result.GetText(0);
                }
            }
        });
        return state.Length > 0 ? state : rows;
    }
}
