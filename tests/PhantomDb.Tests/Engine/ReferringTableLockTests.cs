using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Which locks a change takes on tables that refer to its own, and on rows that it refers to: those that PostgreSQL takes, where a key may change.</summary>
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
        Assert.AreEqual("", Run(writer, change));
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

    [TestMethod]
    [DataRow("UPDATE c SET id = 1, t_id = 1")]
    [DataRow("DELETE FROM c")]
    [DataRow("INSERT INTO c VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET t_id = c.t_id")]
    public void A_foreign_key_that_is_set_to_what_it_is_locks_no_parent(string change)
    {
        using Database database = NewDatabase("");
        using Session locker = database.OpenSession();
        using Session writer = database.OpenSession();
        Run(locker, "BEGIN");
        Run(locker, "SELECT * FROM t FOR UPDATE");
        Assert.AreEqual("", Run(writer, change));
    }

    [TestMethod]
    [DataRow("UPDATE c SET v = 1")]
    [DataRow("UPDATE c SET v = 1 WHERE id = 1")]
    [DataRow("DELETE FROM c WHERE id = 1")]
    public void A_change_that_touches_no_foreign_key_goes_on_beside_a_lock_of_the_table_referred_to(string change)
    {
        using Database database = NewDatabase("");
        using Session locker = database.OpenSession();
        using Session writer = database.OpenSession();
        Run(locker, "ALTER TABLE c ADD COLUMN v int");
        Run(locker, "BEGIN");
        Run(locker, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
        Assert.AreEqual("", Run(writer, change));
    }

    [TestMethod]
    [DataRow("SELECT id FROM t WHERE id = 1 FOR UPDATE NOWAIT")]
    [DataRow("SELECT id FROM t ORDER BY id LIMIT 1 FOR KEY SHARE NOWAIT")]
    public void NOWAIT_is_about_rows_and_waits_for_a_lock_of_the_table(string query)
    {
        using Database database = NewDatabase("");
        using Session locker = database.OpenSession();
        using Session reader = database.OpenSession();
        Run(locker, "BEGIN");
        Run(locker, "LOCK TABLE t IN EXCLUSIVE MODE");
        Task<string> waiting = RunBlocked(reader, query);
        Run(locker, "COMMIT");
        Assert.AreEqual("1", waiting.GetAwaiter().GetResult());
    }

    [TestMethod]
    public void Of_several_rows_those_are_looked_for_whose_key_has_changed()
    {
        using Database database = NewDatabase("");
        using Session session = database.OpenSession();
        Run(session, "INSERT INTO c SELECT i, 1 FROM generate_series(2, 5000) i");
        Run(session, "UPDATE c SET t_id = CASE WHEN id % 2 = 0 THEN 1 ELSE 2 END");
        Assert.AreEqual("2500,2500", Run(session, "SELECT count(*) FILTER (WHERE t_id = 1), count(*) FILTER (WHERE t_id = 2) FROM c"));
        Assert.AreEqual("23503", Run(session, "UPDATE c SET t_id = CASE WHEN id = 4000 THEN 77 ELSE t_id END"));
        Assert.AreEqual("23503", Run(session, "UPDATE c SET t_id = t_id + 1"));
    }

    [TestMethod]
    public void A_default_that_an_action_sets_is_looked_for_even_if_it_is_what_the_row_had()
    {
        using Database database = NewDatabase("");
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE d (id int PRIMARY KEY, t_id int DEFAULT 2 REFERENCES t ON DELETE SET DEFAULT)");
        Run(session, "INSERT INTO d VALUES (1, 2)");
        Assert.AreEqual("23503", Run(session, "DELETE FROM t WHERE id = 2"));
    }

    [TestMethod]
    [DataRow("INSERT INTO c SELECT 7, 1 WHERE false", "")]
    [DataRow("UPDATE c SET t_id = 2 WHERE id = 7", "")]
    [DataRow("UPDATE c SET t_id = 2 WHERE id = 1", "55006")]
    public void A_deferred_foreign_key_is_outstanding_only_where_rows_have_changed(string change, string expected)
    {
        using Database database = NewDatabase("DEFERRABLE INITIALLY DEFERRED");
        using Session session = database.OpenSession();
        Run(session, "BEGIN");
        Run(session, change);
        Assert.AreEqual(expected, Run(session, "ALTER TABLE c ADD CHECK (id < 100)"));
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
