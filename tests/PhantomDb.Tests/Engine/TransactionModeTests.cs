using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>READ ONLY transactions, and what may be set when; outcomes as of PostgreSQL 15.</summary>
[TestClass]
public sealed class TransactionModeTests : SessionTest
{
    private readonly Session _session;
    private readonly List<string> _notices = [];

    public TransactionModeTests()
    {
        _session = NewSession();
        _session.Notice += _notices.Add;
        Run("CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run("INSERT INTO t VALUES (1, 1)");
        Run("CREATE SEQUENCE s");
        Run("PREPARE p AS INSERT INTO t VALUES (9, 9)");
    }

    [TestMethod]
    [DataRow("SELECT nextval('s')", "nextval()")]
    [DataRow("SELECT setval('s', 5)", "setval()")]
    [DataRow("SELECT setval('s', 5, false) FROM t", "setval()")]
    [DataRow("SELECT * FROM t FOR UPDATE", "SELECT FOR UPDATE")]
    [DataRow("SELECT * FROM t FOR NO KEY UPDATE", "SELECT FOR NO KEY UPDATE")]
    [DataRow("SELECT * FROM t FOR SHARE", "SELECT FOR SHARE")]
    [DataRow("SELECT * FROM t FOR KEY SHARE", "SELECT FOR KEY SHARE")]
    [DataRow("INSERT INTO t VALUES (9, 9)", "INSERT")]
    [DataRow("INSERT INTO t SELECT 9, 9 WHERE false", "INSERT")]
    [DataRow("UPDATE t SET v = 2 WHERE id = 1", "UPDATE")]
    [DataRow("DELETE FROM t WHERE false", "DELETE")]
    [DataRow("EXECUTE p", "INSERT")]
    [DataRow("EXPLAIN ANALYZE INSERT INTO t VALUES (9, 9)", "INSERT")]
    [DataRow("COPY t FROM STDIN", "COPY FROM")]
    [DataRow("TRUNCATE t", "TRUNCATE TABLE")]
    [DataRow("CREATE TABLE u (i int)", "CREATE TABLE")]
    [DataRow("CREATE VIEW u AS SELECT 1", "CREATE VIEW")]
    [DataRow("CREATE INDEX ON t (v)", "CREATE INDEX")]
    [DataRow("CREATE SCHEMA u", "CREATE SCHEMA")]
    [DataRow("ALTER TABLE t ADD COLUMN w int", "ALTER TABLE")]
    [DataRow("ALTER SEQUENCE s RESTART", "ALTER SEQUENCE")]
    [DataRow("DROP TABLE t", "DROP TABLE")]
    [DataRow("COMMENT ON TABLE t IS 'x'", "COMMENT")]
    [DataRow("CREATE DATABASE u", "CREATE DATABASE")]
    [DataRow("DROP DATABASE u", "DROP DATABASE")]
    public void A_read_only_transaction_refuses(string statement, string name)
    {
        foreach (string begin in new[] { "BEGIN READ ONLY", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY", "" })
        {
            Run(begin.Length > 0 ? begin : "SET default_transaction_read_only = on");
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
            {
                using QueryResult result = _session.Execute(statement);
                result.Read();
            });
            Assert.AreEqual("25006", error.SqlState, error.Message);
            Assert.AreEqual($"cannot execute {name} in a read-only transaction", error.Message);
            Run("ROLLBACK");
        }
        Run("BEGIN READ WRITE");
        Assert.AreEqual("", Run("INSERT INTO t VALUES (50, 50)"));
        Run("ROLLBACK");
    }

    [TestMethod]
    [DataRow("SELECT * FROM t", "1,1")]
    [DataRow("SELECT * FROM t WHERE id = 1", "1,1")]
    [DataRow("SELECT currval('s')", "55000")]
    [DataRow("EXPLAIN (COSTS OFF) INSERT INTO t VALUES (9, 9)", null)]
    [DataRow("PREPARE q AS INSERT INTO t VALUES (9, 9)", "")]
    [DataRow("LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "")]
    [DataRow("ANALYZE t", "")]
    [DataRow("DISCARD SEQUENCES", "")]
    [DataRow("DEALLOCATE ALL", "")]
    [DataRow("SET TRANSACTION READ WRITE", "")]
    [DataRow("SET work_mem = '1MB'", "")]
    [DataRow("VACUUM", "25001")]
    public void A_read_only_transaction_allows(string statement, string? outcome)
    {
        Run("BEGIN READ ONLY");
        string actual = Run(statement);
        Assert.AreEqual(outcome ?? actual, actual);
        Run("ROLLBACK");
    }

    [TestMethod]
    [DataRow("SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "25001")]
    [DataRow("SELECT 1; SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "")]
    [DataRow("SAVEPOINT a; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "25001")]
    [DataRow("SELECT 1; SET TRANSACTION READ ONLY; INSERT INTO t VALUES (7, 7)", "25006")]
    [DataRow("SELECT 1; SET TRANSACTION READ ONLY; SET TRANSACTION READ WRITE", "25001")]
    [DataRow("SET TRANSACTION READ ONLY; SAVEPOINT a; SET TRANSACTION READ WRITE", "25001")]
    [DataRow("SET TRANSACTION READ ONLY; SET TRANSACTION READ WRITE; INSERT INTO t VALUES (7, 7)", "")]
    [DataRow("SET TRANSACTION READ ONLY; SET transaction_read_only = off; SHOW transaction_read_only", "off")]
    [DataRow("SELECT 1; SET TRANSACTION DEFERRABLE", "25001")]
    [DataRow("SAVEPOINT a; SET TRANSACTION NOT DEFERRABLE", "25001")]
    [DataRow("SAVEPOINT a; SET TRANSACTION READ ONLY; RELEASE a; SHOW transaction_read_only", "off")]
    [DataRow("SAVEPOINT a; SET TRANSACTION READ ONLY; ROLLBACK TO a; SHOW transaction_read_only", "off")]
    [DataRow("SAVEPOINT a; SET TRANSACTION READ ONLY; SHOW transaction_read_only", "on")]
    [DataRow("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; SHOW transaction_deferrable", "on")]
    [DataRow("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; COMMIT AND CHAIN; SHOW transaction_isolation", "serializable")]
    [DataRow("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; COMMIT AND CHAIN; ROLLBACK AND CHAIN; SHOW transaction_read_only", "on")]
    [DataRow("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; COMMIT AND CHAIN; SHOW transaction_deferrable", "on")]
    [DataRow("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; COMMIT AND CHAIN; SHOW transaction_isolation", "read uncommitted")]
    [DataRow("SET transaction_isolation = 'repeatable read'; SHOW transaction_isolation", "repeatable read")]
    [DataRow("SET transaction_isolation = 'nonsense'", "22023")]
    [DataRow("BEGIN READ ONLY; SHOW transaction_read_only", "on")]
    [DataRow("SELECT nosuch; COMMIT AND CHAIN; SELECT 1", "1")]
    [DataRow("PREPARE TRANSACTION 'x'", "0A000")]
    [DataRow("SET TRANSACTION SNAPSHOT 'x'", "0A000")]
    public void Modes_are_set_as_in_PostgreSQL(string statements, string outcome)
    {
        Run("BEGIN");
        string last = "";
        foreach (string statement in statements.Split("; "))
        {
            last = Run(statement);
        }
        Assert.AreEqual(outcome, last);
        Run("ROLLBACK");
        Assert.AreEqual("off", Run("SHOW transaction_read_only"));
        Assert.AreEqual("off", Run("SHOW transaction_deferrable"));
        Assert.AreEqual("read committed", Run("SHOW transaction_isolation"));
    }

    [TestMethod]
    public void The_session_s_defaults_hold_for_transactions_that_say_nothing_else()
    {
        Run("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY, DEFERRABLE");
        Assert.AreEqual("repeatable read on on repeatable read on on", string.Join(' ', new[]
        {
            "default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable",
            "transaction_isolation", "transaction_read_only", "transaction_deferrable",
        }.Select(name => Run("SHOW " + name))));
        Run("BEGIN ISOLATION LEVEL READ COMMITTED, NOT DEFERRABLE");
        Assert.AreEqual("read committed off on", $"{Run("SHOW transaction_isolation")} {Run("SHOW transaction_deferrable")} {Run("SHOW transaction_read_only")}");
        Run("COMMIT");
        Run("START TRANSACTION");
        Assert.AreEqual("repeatable read on", $"{Run("SHOW transaction_isolation")} {Run("SHOW transaction_deferrable")}");
        Run("END");
    }

    [TestMethod]
    public void Commands_outside_a_transaction_block_warn_or_fail()
    {
        foreach ((string statement, string outcome, string notice) in new[]
        {
            ("COMMIT", "", "there is no transaction in progress"), ("END", "", "there is no transaction in progress"),
            ("ABORT", "", "there is no transaction in progress"), ("ROLLBACK WORK", "", "there is no transaction in progress"),
            ("COMMIT AND CHAIN", "25P01", ""), ("ROLLBACK AND CHAIN", "25P01", ""), ("ABORT AND CHAIN", "25P01", ""),
            ("SET TRANSACTION READ ONLY", "", "SET TRANSACTION can only be used in transaction blocks"),
            ("LOCK TABLE t", "25P01", ""), ("SAVEPOINT a", "25P01", ""),
        })
        {
            _notices.Clear();
            Assert.AreEqual(outcome, Run(statement), statement);
            Assert.AreEqual(notice, string.Join('|', _notices), statement);
        }
        Assert.AreEqual("", Run("INSERT INTO t VALUES (5, 5)"));
        foreach (string block in new[] { "BEGIN TRANSACTION|COMMIT TRANSACTION", "BEGIN WORK|END TRANSACTION", "BEGIN|ABORT WORK", "BEGIN|COMMIT AND NO CHAIN", "START TRANSACTION|ROLLBACK AND NO CHAIN" })
        {
            string[] parts = block.Split('|');
            Run(parts[0]);
            Assert.IsTrue(_session.IsInTransaction, block);
            Run(parts[1]);
            Assert.IsFalse(_session.IsInTransaction, block);
        }
    }

    [TestMethod]
    public void A_chained_transaction_has_a_time_of_its_own()
    {
        Run("BEGIN");
        string first = Run("SELECT now()");
        SessionSteps.WaitForTheClock();
        Assert.AreEqual(first, Run("SELECT now()"));
        Run("COMMIT AND CHAIN");
        string second = Run("SELECT now()");
        Assert.AreNotEqual(first, second);
        SessionSteps.WaitForTheClock();
        Assert.AreEqual(second, Run("SELECT now()"));
        Run("ROLLBACK");
    }

    private string Run(string sql) => SessionSteps.Run(_session, sql);
}
