using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Which locks a change of a table takes on the tables that refer to it: those that PostgreSQL takes, where a key may change.</summary>
[TestClass]
public sealed class ReferringTableLockTests
{
    [TestMethod]
    [DataRow("INSERT INTO t VALUES (9, 9)", "exclusive")]
    [DataRow("INSERT INTO t VALUES (1, 9) ON CONFLICT (id) DO UPDATE SET v = 9", "exclusive")]
    [DataRow("UPDATE t SET v = v + 1", "exclusive")]
    [DataRow("UPDATE t SET v = v + 1 WHERE id = 1", "exclusive")]
    [DataRow("WITH x AS (SELECT 1 AS k) UPDATE t SET v = x.k FROM x WHERE id = k", "exclusive")]
    [DataRow("DELETE FROM t WHERE id = 2", "share row exclusive")]   // it is read there, by ROW SHARE
    [DataRow("UPDATE t SET id = 3 WHERE id = 2", "share row exclusive")]
    public void A_change_goes_on_beside_a_lock_of_a_table_that_refers(string change, string mode)
    {
        using Database database = NewDatabase("");
        using Session locker = database.OpenSession();
        using Session writer = database.OpenSession();
        Run(locker, "BEGIN");
        Run(locker, $"LOCK TABLE c IN {mode} MODE");
        Run(writer, change);
    }

    [TestMethod]
    [DataRow("DELETE FROM t WHERE id = 1", "")]
    [DataRow("UPDATE t SET id = 3 WHERE id = 1", "")]
    [DataRow("DELETE FROM t WHERE id = 1", "ON DELETE CASCADE")]
    [DataRow("INSERT INTO t VALUES (1, 9) ON CONFLICT (id) DO UPDATE SET id = 5", "ON UPDATE CASCADE")]
    public void A_change_of_a_key_waits_for_a_lock_of_a_table_that_refers(string change, string action)
    {
        using Database database = NewDatabase(action);
        using Session locker = database.OpenSession();
        using Session writer = database.OpenSession();
        Run(locker, "BEGIN");
        Run(locker, "LOCK TABLE c IN EXCLUSIVE MODE");
        Run(locker, "DELETE FROM c");
        Task<string> waiting = RunBlocked(writer, change);
        Run(locker, "COMMIT");
        waiting.GetAwaiter().GetResult();
    }

    private static Database NewDatabase(string action)
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(session, $"CREATE TABLE c (id int PRIMARY KEY, t_id int REFERENCES t {action})");
        Run(session, "INSERT INTO t VALUES (1, 10), (2, 20)");
        Run(session, "INSERT INTO c VALUES (1, 1)");
        return database;
    }
}
