using System.Runtime.CompilerServices;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;
using static PhantomDb.Tests.Engine.StoredTables;

namespace PhantomDb.Tests.Engine;

/// <summary>Forks of databases, by one thread: what they have, and that neither side notices the other.</summary>
[TestClass]
public sealed class ForkTests : SessionTest
{
    private readonly Session _session;
    private readonly Session _other;

    public ForkTests()
    {
        _session = NewSession();
        _other = NewSession();
    }

    [TestMethod]
    public void Both_sides_go_their_own_ways()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, v text, n int)");
        Run("CREATE INDEX t_n ON t (n)");
        Run("INSERT INTO t SELECT i, repeat('x', i % 40), i % 100 FROM generate_series(1, 10000) i");
        using Database fork = Forked(Database);
        using Session session = fork.OpenSession();
        Run("DELETE FROM t WHERE id % 3 = 0");
        Run("UPDATE t SET n = -1 WHERE id = 1");
        Run(session, "UPDATE t SET v = 'the fork''s own long text', n = n + 1000 WHERE id % 1000 = 0");
        Run(session, "INSERT INTO t SELECT i, repeat('y', 20), 5 FROM generate_series(10001, 12000) i");
        Assert.AreEqual("6667,-1", Run("SELECT count(*), min(n) FROM t"));
        Assert.AreEqual("12000,0", Run(session, "SELECT count(*), min(n) FROM t"));
        Assert.AreEqual("1000,the fork's own long text,1000 9000,the fork's own long text,1000",
            Run(session, "SELECT * FROM t WHERE n = 1000 AND id IN (1000, 9000) ORDER BY id"));
        Assert.AreEqual("", Run("SELECT id FROM t WHERE n >= 1000"));
        Assert.AreEqual("1", Run("SELECT id FROM t WHERE n = -1"));
        Assert.AreEqual("2100", Run(session, "SELECT count(*) FROM t WHERE n = 5"));
        Check(Database);
        Check(fork);
    }

    [TestMethod]
    public void A_fork_has_all_that_belongs_to_a_database()
    {
        Run("CREATE SEQUENCE s START 5");
        Run("SELECT nextval('s'), nextval('s')");
        Run("CREATE TABLE parent (id serial PRIMARY KEY, name text UNIQUE CHECK (name <> ''))");
        Run("CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY, parent int REFERENCES parent ON DELETE CASCADE, c text DEFAULT 'd')");
        Run("CREATE VIEW both_of_them AS SELECT p.name, c.c FROM parent p JOIN child c ON c.parent = p.id");
        Run("COMMENT ON TABLE parent IS 'the parents'");
        Run("INSERT INTO parent (name) VALUES ('a'), ('b')");
        Run("INSERT INTO child (parent) VALUES (1), (2), (2)");
        using Database fork = Forked(Database);
        using Session session = fork.OpenSession();
        Assert.AreEqual("7", Run(session, "SELECT nextval('s')"));
        Assert.AreEqual("7", Run("SELECT nextval('s')"));
        Assert.AreEqual("the parents", Run(session, "SELECT obj_description('parent'::regclass)"));
        Assert.AreEqual("23505", Run(session, "INSERT INTO parent (name) VALUES ('a')"));
        Assert.AreEqual("23514", Run(session, "INSERT INTO parent (name) VALUES ('')"));
        Assert.AreEqual("23503", Run(session, "INSERT INTO child (parent) VALUES (9)"));
        Assert.AreEqual("", Run(session, "DELETE FROM parent WHERE name = 'b'"));
        Assert.AreEqual("a,d", Run(session, "SELECT * FROM both_of_them"));
        Assert.AreEqual("a,d b,d b,d", Run("SELECT * FROM both_of_them ORDER BY 1"));
        Assert.AreEqual(Run("SELECT current_database()"), Run(session, "SELECT current_database()"));
        Assert.AreEqual("", Run(session, "ALTER TABLE child ADD COLUMN extra int DEFAULT 3"));
        Assert.AreEqual("1,1,d,3", Run(session, "SELECT * FROM child"));
        Assert.AreEqual("42703", Run("SELECT extra FROM child"));
        Assert.AreEqual("", Run("DROP TABLE child CASCADE"));
        Assert.AreEqual("a,d", Run(session, "SELECT * FROM both_of_them"));
        Check(Database);
        Check(fork);
    }

    [TestMethod]
    public void What_is_not_committed_is_not_in_a_fork_and_goes_on_undisturbed()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, v text, n int UNIQUE)");
        Run("CREATE TABLE log (line text)");
        Run("INSERT INTO t SELECT i, 'value of some length ' || i, i FROM generate_series(1, 5000) i");
        Run("INSERT INTO log SELECT 'line ' || i FROM generate_series(1, 3000) i");
        Run("BEGIN");
        Run("UPDATE t SET n = -n, v = 'changed by a transaction' WHERE id <= 100");
        Run("UPDATE t SET v = 'again, by the same transaction' WHERE id <= 10");
        Run("DELETE FROM t WHERE id BETWEEN 2000 AND 2099");
        Run("INSERT INTO t SELECT i, 'new', i FROM generate_series(5001, 9000) i");
        Run("DELETE FROM t WHERE id BETWEEN 6000 AND 6010");
        Run("UPDATE t SET id = 10000 WHERE id = 3000");
        Run("INSERT INTO log VALUES ('never')");
        using Database fork = Forked(Database);
        using Session session = fork.OpenSession();
        Check(fork);
        Assert.AreEqual("5000,5000,1,value of some length 1", Run(session, "SELECT count(*), sum(id) / 2500 - 1, min(n), min(v) FROM t"));
        Assert.AreEqual("3000,value of some length 3000,3000", Run(session, "SELECT * FROM t WHERE id = 3000"));
        Assert.AreEqual("", Run(session, "SELECT * FROM t WHERE id = 10000 OR n = -5 OR id = 7000"));
        Assert.AreEqual("5,value of some length 5,5", Run(session, "SELECT * FROM t WHERE n = 5"));
        Assert.AreEqual("", Run(session, "INSERT INTO t VALUES (7000, 'mine', 7000), (10000, 'mine', -5)"));
        Assert.AreEqual("3000", Run(session, "SELECT count(*) FROM log"));
        Assert.AreEqual("", Run(session, "INSERT INTO log VALUES ('last')"));
        Assert.AreEqual("last", Run(session, "SELECT line FROM log OFFSET 3000"));
        Run("UPDATE t SET v = 'after the fork' WHERE id = 1");
        Run("COMMIT");
        Assert.AreEqual("8889", Run("SELECT count(*) FROM t"));
        Assert.AreEqual("1,after the fork,-1", Run("SELECT * FROM t WHERE n = -1"));
        Assert.AreEqual("1,value of some length 1,1", Run(session, "SELECT * FROM t WHERE id = 1"));
        Check(Database);
        Check(fork);
    }

    [TestMethod]
    public void A_transaction_that_is_rolled_back_after_a_fork_finds_everything_as_it_left_it()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, v text)");
        Run("INSERT INTO t SELECT i, 'text number ' || i FROM generate_series(1, 3000) i");
        string before = Run("SELECT string_agg(id || v, ',' ORDER BY id) FROM t");
        Run("BEGIN");
        Run("UPDATE t SET id = -id WHERE id < 500");
        Run("SAVEPOINT s");
        Run("DELETE FROM t WHERE id > 2500");
        using Database fork = Forked(Database);
        Run("INSERT INTO t VALUES (2600, 'x')");
        Run("ROLLBACK TO s");
        using Database second = Forked(Database);
        Run("ROLLBACK");
        using Session session = fork.OpenSession(), sessionOfSecond = second.OpenSession();
        const string All = "SELECT string_agg(id || v, ',' ORDER BY id) FROM t";
        Assert.AreEqual(before, Run(All));
        Assert.AreEqual(before, Run(session, All));
        Assert.AreEqual(before, Run(sessionOfSecond, All));
        Check(Database);
        Check(fork);
        Check(second);
    }

    [TestMethod]
    public void Versions_that_old_readers_need_are_not_in_a_fork()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, n int)");
        Run("CREATE INDEX ON t (n)");
        Run("INSERT INTO t SELECT i, i FROM generate_series(1, 5000) i");
        Run(_other, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Assert.AreEqual("12502500", Run(_other, "SELECT sum(n) FROM t"));
        Run("UPDATE t SET n = n + 10000 WHERE id <= 100");
        Run("DELETE FROM t WHERE id > 4900");
        Run("INSERT INTO t VALUES (6000, 1)");
        using Database fork = Forked(Database);
        using Session session = fork.OpenSession();
        Check(fork);
        Assert.AreEqual("4901", Run(session, "SELECT count(*) FROM t"));
        Assert.AreEqual("6000", Run(session, "SELECT id FROM t WHERE n = 1"));
        Run("UPDATE t SET n = 0");
        Assert.AreEqual("12502500,1,100", Run(_other, "SELECT sum(n), min(n), (SELECT id FROM t WHERE n = 100) FROM t"));
        Run(_other, "COMMIT");
        Assert.AreEqual("4901", Run(session, "SELECT count(*) FROM t WHERE n > 0"));
        Check(fork);
    }

    [TestMethod]
    public void Forks_of_forks_outlive_what_they_came_from()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, v text)");
        var chain = new List<Database>();
        Database newest = Database;
        for (int i = 1; i <= 50; i++)
        {
            using (Session session = newest.OpenSession())
            {
                Run(session, $"INSERT INTO t SELECT i, 'from generation {i}' FROM generate_series({i * 100}, {i * 100 + 99}) i");
                Run(session, $"UPDATE t SET v = 'changed in generation {i}' WHERE id % 100 = {i}");
            }
            Database next = Forked(newest);
            chain.Add(next);
            if (i % 2 == 0)
            {
                newest.Dispose();
            }
            newest = next;
        }
        for (int i = 1; i <= 50; i++)
        {
            Check(chain[i - 1]);
            if (!chain[i - 1].IsDisposed)
            {
                using Session session = chain[i - 1].OpenSession();
                int generations = Math.Min(i + 1, 50);
                Assert.AreEqual($"{generations * 100},{generations},{generations}", Run(session,
                    $"SELECT count(*), count(DISTINCT v) FILTER (WHERE v LIKE 'changed%'), count(*) FILTER (WHERE v = 'changed in generation {generations}') FROM t"));
            }
        }
        chain.ForEach(database => database.Dispose());
    }

    [TestMethod]
    public void An_open_result_reads_on_beside_a_fork()
    {
        Run("CREATE TABLE t (id int)");
        Run("INSERT INTO t SELECT i FROM generate_series(1, 20000) i");
        using QueryResult open = _other.Execute("SELECT id FROM t");
        Assert.IsTrue(open.Read());
        using Database fork = Forked(Database);
        using Session session = fork.OpenSession();
        Run("UPDATE t SET id = 0");
        Run(session, "DELETE FROM t");
        using Database second = Forked(Database);
        Run("TRUNCATE t");
        long sum = open.GetInt32(0);
        while (open.Read())
        {
            sum += open.GetInt32(0);
        }
        Assert.AreEqual(20_000L * 20_001 / 2, sum);
        using Session sessionOfSecond = second.OpenSession();
        Assert.AreEqual("20000,0", Run(sessionOfSecond, "SELECT count(*), sum(id) FROM t"));
    }

    [TestMethod]
    public void Definitions_that_are_not_committed_are_not_in_a_fork()
    {
        Run("CREATE TABLE t (id int, v text)");
        Run("CREATE TABLE gone (id int)");
        Run("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 3000) i");
        Run("BEGIN");
        Run("UPDATE t SET v = 'x' WHERE id = 1");
        Run("ALTER TABLE t ADD COLUMN n int DEFAULT 7");
        Run("UPDATE t SET v = 'y' WHERE id = 2");
        Run("CREATE INDEX ON t (id)");
        Run("DROP TABLE gone");
        Run("CREATE TABLE made (id serial PRIMARY KEY)");
        Run("INSERT INTO made DEFAULT VALUES");
        using Database before = Forked(Database);
        Run("TRUNCATE t");
        using Database still = Forked(Database);
        Run("COMMIT");
        using Database after = Forked(Database);
        using Session a = before.OpenSession(), b = still.OpenSession(), c = after.OpenSession();
        foreach (Session session in (Session[])[a, b])
        {
            Assert.AreEqual("1,v1 2,v2", Run(session, "SELECT * FROM t LIMIT 2"));
            Assert.AreEqual("0", Run(session, "SELECT count(*) FROM gone"));
            Assert.AreEqual("42P01", Run(session, "SELECT * FROM made"));
            Assert.AreEqual("", Run(session, "CREATE TABLE made (id serial)"));
        }
        Assert.AreEqual("0", Run(c, "SELECT count(n) FROM t"));
        Assert.AreEqual("1", Run(c, "SELECT * FROM made"));
        Assert.AreEqual("42P01", Run(c, "SELECT * FROM gone"));
    }

    [TestMethod]
    public void A_sequence_that_a_transaction_restarts_goes_on_in_a_fork()
    {
        Run("CREATE TABLE t (id serial PRIMARY KEY)");
        Run("INSERT INTO t SELECT FROM generate_series(1, 5)");
        Run("BEGIN");
        Run("TRUNCATE t RESTART IDENTITY");
        Run("INSERT INTO t DEFAULT VALUES");
        using Database fork = Forked(Database);
        using Session session = fork.OpenSession();
        Assert.AreEqual("6", Run(session, "INSERT INTO t DEFAULT VALUES RETURNING id"));
        Assert.AreEqual("2", Run("INSERT INTO t DEFAULT VALUES RETURNING id"));
        Run("COMMIT");
        Assert.AreEqual("7", Run(session, "INSERT INTO t DEFAULT VALUES RETURNING id"));
        Assert.AreEqual("7", Run(session, "SELECT count(*) FROM t"));
        Assert.AreEqual("1 2", Run("SELECT * FROM t ORDER BY 1"));
    }

    [TestMethod]
    public void A_fork_does_not_disturb_a_serializable_transaction()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, n int)");
        Run("INSERT INTO t SELECT i, i FROM generate_series(1, 100) i");
        Run("BEGIN ISOLATION LEVEL SERIALIZABLE");
        Run(_other, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        Assert.AreEqual("5050", Run("SELECT sum(n) FROM t"));
        Assert.AreEqual("5050", Run(_other, "SELECT sum(n) FROM t"));
        Run("UPDATE t SET n = 0 WHERE id = 1");
        using Database fork = Forked(Database);
        using Session session = fork.OpenSession();
        Run(session, "UPDATE t SET n = -1");
        Run(_other, "UPDATE t SET n = 0 WHERE id = 2");
        Assert.AreEqual("", Run("COMMIT"));
        Assert.AreEqual("40001", Run(_other, "COMMIT"));
        Assert.AreEqual("-100", Run(session, "SELECT sum(n) FROM t"));
    }

    [TestMethod]
    public void Rows_without_a_key_stay_in_the_order_of_the_inserts_on_both_sides()
    {
        Run("CREATE TABLE t (i int)");
        Run("INSERT INTO t SELECT i FROM generate_series(1, 9000) i");
        Run("DELETE FROM t WHERE i <= 5000 OR i % 7 = 0");
        Run("BEGIN");
        Run("INSERT INTO t VALUES (0)");
        using Database fork = Forked(Database);
        Run("COMMIT");
        using Session session = fork.OpenSession();
        for (int i = 9001; i < 12000; i += 500)
        {
            Run($"INSERT INTO t SELECT i FROM generate_series({i}, {i + 499}) i");
            Run(session, $"DELETE FROM t WHERE i = {i - 1}");
            Run(session, $"INSERT INTO t SELECT i FROM generate_series({i}, {i + 499}) i");
        }
        foreach (Session side in (Session[])[_session, session])
        {
            Assert.AreEqual("0", Run(side, "SELECT count(*) FROM (SELECT i, lag(i) OVER () AS before FROM t WHERE i <> 0) x WHERE before > i"));
        }
        Assert.AreEqual("6430", Run("SELECT count(*) FROM t"));
        Check(fork);
    }

    [TestMethod]
    public void A_fork_of_a_database_with_a_file_has_none()
    {
        string folder = Directory.CreateTempSubdirectory("fork").FullName;
        try
        {
            var options = new DatabaseOptions { DataDirectory = folder };
            using Database database = Database.Open("original", options);
            using Session session = database.OpenSession();
            Run(session, "CREATE TABLE t (id int PRIMARY KEY)");
            Run(session, "INSERT INTO t VALUES (1)");
            database.SaveToDisk();
            using Database fork = Forked(database);
            Assert.IsNull(fork.FilePath);
            Assert.IsFalse(fork.HasUnsavedChanges);
            using Session other = fork.OpenSession();
            Run(other, "INSERT INTO t VALUES (2)");
            Assert.IsTrue(fork.HasUnsavedChanges);
            Assert.IsFalse(database.HasUnsavedChanges);
            Assert.AreEqual("55000", Assert.ThrowsExactly<PhantomDbException>(() => fork.SaveToDisk()).SqlState);
            Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => fork.SaveToDisk("original")).SqlState);
            fork.SaveToDisk("copy");
            using (Database copy = Database.Open("copy", options))
            using (Session reader = copy.OpenSession())
            {
                Assert.AreEqual("1 2", Run(reader, "SELECT * FROM t"));
            }
            database.Dispose();
            Assert.AreEqual("1 2", Run(other, "SELECT * FROM t"));
            using Database again = Database.Open("original", options);
            Assert.AreEqual("1", Run(again.OpenSession(), "SELECT * FROM t"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void A_fork_is_charged_for_what_it_shares_and_gives_back_what_goes()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, v text)");
        Run("INSERT INTO t SELECT i, repeat('x', 30) || i FROM generate_series(1, 100000) i");
        using Database fork = Forked(Database);
        Assert.AreEqual(Database.MemoryUsed, fork.MemoryUsed, 100_000);
        using Session session = fork.OpenSession();
        Run(session, "DELETE FROM t");
        Assert.IsLessThan(1_000_000, fork.MemoryUsed);
        Assert.IsGreaterThan(5_000_000, Database.MemoryUsed);
        Run(session, "INSERT INTO t SELECT i, repeat('x', 30) || i FROM generate_series(1, 100000) i");
        Assert.AreEqual(Database.MemoryUsed, fork.MemoryUsed, 2_000_000);
        long before = fork.MemoryUsed;
        Run(session, "DROP TABLE t");
        Assert.IsLessThan(before / 100, fork.MemoryUsed);
        Assert.IsGreaterThanOrEqualTo(0, fork.MemoryUsed);
    }

    [TestMethod]
    public void The_limit_holds_for_each_side_alone()
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { MemoryLimit = 8 << 20 });
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id bigint)");
        Run(session, "INSERT INTO t SELECT i FROM generate_series(1, 600000) i");
        using Database fork = Forked(database);
        using Session other = fork.OpenSession();
        Assert.AreEqual("53200", Run(other, "INSERT INTO t SELECT i FROM generate_series(1, 600000) i"));
        Assert.AreEqual("600000", Run(other, "SELECT count(*) FROM t"));
        Assert.AreEqual("", Run(other, "TRUNCATE t"));
        Assert.AreEqual("", Run(other, "INSERT INTO t SELECT i FROM generate_series(1, 600000) i"));
        Assert.AreEqual("600000", Run(session, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void Dropped_forks_leave_nothing_behind()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, v text, k text)");
        Run("CREATE INDEX ON t (k)");
        Run("INSERT INTO t SELECT i, 'a text that is not inline ' || i, 'a long key of an index ' || i FROM generate_series(1, 3000) i");
        List<WeakReference> dropped = Round(500);
        long before = Database.MemoryUsed;
        dropped.AddRange(Round(2500));
        Assert.IsLessThan(before + 500_000, Database.MemoryUsed);
        SessionSteps.WaitUntil(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !dropped.Exists(part => part.IsAlive);
        });
        Check(Database);
    }

    // Forks are made, changed now and then, and forgotten, while the original goes on; gives what they had of their own.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private List<WeakReference> Round(int count)
    {
        var parts = new List<WeakReference>();
        for (int i = 0; i < count; i++)
        {
            using Database fork = Forked(Database);
            int id = (i % 3000) + 1;
            if (i % 10 == 0)
            {
                using Session session = fork.OpenSession();
                Run(session, $"UPDATE t SET v = 'the fork''s own text {i}', k = 'the fork''s own key {i}' WHERE id = {id}");
            }
            Run($"UPDATE t SET v = 'another text that is not inline {i}' WHERE id = {id}");
            TableStore table = fork.Storage.Tables.Values.Single();
            parts.AddRange(new object[] { fork, table, table.Indexes[^1].Tree, table.CurrentSlices().Slices[(id - 1) >> RowSlice.CapacityBits] }.Select(part => new WeakReference(part)));
        }
        return parts;
    }

    [TestMethod]
    public void A_disposedDatabase_cannot_be_forked()
    {
        Database database = Database.CreateInMemory();
        Database fork = Forked(database);
        database.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => database.Fork());
        using Database second = Forked(fork);
        fork.Dispose();
    }

    private static Database Forked(Database database) => database.Fork();

    private string Run(string sql) => Run(_session, sql);

    private static string Run(Session session, string sql) => SessionSteps.Run(session, sql);
}
