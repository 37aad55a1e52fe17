using System.Collections.Concurrent;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Engine;

/// <summary>Forks taken while several threads write, each side held against what it must have.</summary>
[TestClass]
public sealed class ForkStressTests
{
    private const int AccountCount = 5000;   // more than two slices
    private const int WriterCount = 3;

    public required TestContext TestContext { get; set; }

    /// <summary>
    /// Writers move money between accounts, note each transfer, and add and drop accounts without any; so whatever is committed
    /// has the same total, and as many notes as the counter of the writer says. Forks are taken from forks too, written to
    /// by their own thread, and compared with a model of what that did.
    /// </summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Every_fork_is_one_moment_of_the_database_and_then_its_owners_alone(int seed)
    {
        TestContext.WriteLine($"seed {seed}");
        using Database database = Database.CreateInMemory();
        using (Session session = database.OpenSession())
        {
            Run(session, "CREATE TABLE account (id int PRIMARY KEY, balance int, owner text UNIQUE)");
            Run(session, "CREATE INDEX ON account (balance)");
            Run(session, "CREATE TABLE note (writer int, number int, line text)");
            Run(session, "CREATE TABLE writer (id int PRIMARY KEY, transfers int)");
            Run(session, $"INSERT INTO account SELECT i, 100, 'the owner of the account ' || i FROM generate_series(1, {AccountCount}) i");
            Run(session, $"INSERT INTO writer SELECT i, 0 FROM generate_series(0, {WriterCount - 1}) i");
        }
        var stop = new ManualResetEventSlim();
        var errors = new ConcurrentQueue<Exception>();
        List<Thread> writers = [.. Enumerable.Range(0, WriterCount).Select(i => Start(() => Write(database, i, new Random((seed * 100) + i), stop), errors, stop))];
        List<Thread> forkers = [.. Enumerable.Range(0, 2).Select(i => Start(() => ForkAndCompare(database, new Random((seed * 1000) + i), stop), errors, stop))];
        forkers.ForEach(thread => thread.Join());
        stop.Set();
        writers.ForEach(thread => thread.Join());
        Assert.IsEmpty(errors, string.Join('\n', errors));
        StoredTables.Check(database);
        using Session last = database.OpenSession();
        CheckTotals(last);
    }

    private static Thread Start(Action work, ConcurrentQueue<Exception> errors, ManualResetEventSlim stop)
    {
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception error)
            {
                errors.Enqueue(error);
                stop.Set();
            }
        });
        thread.Start();
        return thread;
    }

    private static void Write(Database database, int writer, Random random, ManualResetEventSlim stop)
    {
        using Session session = database.OpenSession();
        for (int number = 1; !stop.IsSet; number++)
        {
            try
            {
                Run(session, "BEGIN");
                int amount = random.Next(50);
                Run(session, $"UPDATE account SET balance = balance - {amount} WHERE id = {random.Next(AccountCount) + 1}");
                Run(session, $"INSERT INTO note VALUES ({writer}, {number}, 'a line that is too long to be inline')");
                int own = AccountCount + 1 + (writer * 1000) + random.Next(1000);
                Run(session, $"DELETE FROM account WHERE id = {own}");
                Run(session, $"INSERT INTO account VALUES ({own}, 0, 'owner of an account of the writer''s own, {own}, {number}')");
                if (random.Next(4) == 0)
                {
                    Run(session, $"UPDATE account SET id = -id WHERE id = {own}");
                    Run(session, $"DELETE FROM account WHERE id = -{own}");
                }
                Run(session, $"UPDATE account SET balance = balance + {amount} WHERE id = {random.Next(AccountCount) + 1}");
                Run(session, $"UPDATE writer SET transfers = transfers + 1 WHERE id = {writer}");
                Run(session, random.Next(5) == 0 ? "ROLLBACK" : "COMMIT");
            }
            catch (PhantomDbException error) when (error.SqlState == "40P01")
            {
                Run(session, "ROLLBACK");
            }
        }
    }

    private static void ForkAndCompare(Database source, Random random, ManualResetEventSlim stop)
    {
        for (int i = 0; i < 15 && !stop.IsSet; i++)
        {
            using Database fork = source.Fork();
            StoredTables.Check(fork);
            using Session session = fork.OpenSession();
            CheckTotals(session);
            Dictionary<int, int> model = Balances(session);
            using Database second = fork.Fork();
            for (int change = 0; change < 30; change++)
            {
                int id = random.Next(AccountCount) + 1;
                int value = random.Next(1000);
                switch (random.Next(3))
                {
                    case 0:
                        Run(session, $"DELETE FROM account WHERE id = {id}");
                        model.Remove(id);
                        break;
                    case 1:
                        Run(session, $"INSERT INTO account VALUES ({id}, {value}, 'the owner of the account {id}') ON CONFLICT (id) DO UPDATE SET balance = {value}");
                        model[id] = value;
                        break;
                    default:
                        Run(session, "BEGIN");
                        Run(session, $"UPDATE account SET balance = {value} WHERE id BETWEEN {id} AND {id + 10}");
                        Run(session, "ROLLBACK");
                        break;
                }
            }
            CollectionAssert.AreEquivalent(model, Balances(session));
            StoredTables.Check(fork);
            StoredTables.Check(second);
            using Session sessionOfSecond = second.OpenSession();
            CheckTotals(sessionOfSecond);
        }
    }

    private static void CheckTotals(Session session)
    {
        Assert.AreEqual((AccountCount * 100).ToString(System.Globalization.CultureInfo.InvariantCulture), Run(session, "SELECT sum(balance) FROM account"));
        Assert.AreEqual("", Run(session, "SELECT id FROM writer w WHERE transfers <> (SELECT count(*) FROM note n WHERE n.writer = w.id)"));
        Assert.AreEqual("0", Run(session,
            "SELECT count(*) FROM (SELECT writer, number, lag(number) OVER (PARTITION BY writer) AS before FROM note) x WHERE before >= number"));
    }

    private static Dictionary<int, int> Balances(Session session)
    {
        var balances = new Dictionary<int, int>();
        using QueryResult rows = session.Execute("SELECT id, balance FROM account");
        while (rows.Read())
        {
            balances.Add(rows.GetInt32(0), rows.GetInt32(1));
        }
        return balances;
    }

    /// <summary>Tables are made, altered, truncated, filled and dropped while others fork: every fork is whole and can be used.</summary>
    [TestMethod]
    public void Forks_beside_definitions_are_whole()
    {
        using Database database = Database.CreateInMemory();
        var stop = new ManualResetEventSlim();
        var errors = new ConcurrentQueue<Exception>();
        Thread definer = Start(() =>
        {
            using Session session = database.OpenSession();
            for (int i = 0; !stop.IsSet; i++)
            {
                Run(session, "BEGIN");
                Run(session, $"CREATE TABLE t{i % 7} (id serial PRIMARY KEY, a int, b text)");
                Run(session, $"INSERT INTO t{i % 7} (a, b) SELECT i, 'row number ' || i FROM generate_series(1, 2500) i");
                Run(session, "COMMIT");
                Run(session, $"ALTER TABLE t{i % 7} ADD COLUMN c int DEFAULT 3");
                Run(session, $"CREATE INDEX ON t{i % 7} (a, c)");
                Run(session, i % 2 == 0 ? $"TRUNCATE t{i % 7}" : $"DELETE FROM t{i % 7} WHERE a % 2 = 0");
                Run(session, $"ALTER TABLE t{i % 7} DROP COLUMN b");
                Run(session, $"INSERT INTO t{i % 7} (a) SELECT i FROM generate_series(1, 100) i");
                Run(session, $"DROP TABLE IF EXISTS t{(i + 1) % 7}");
            }
        }, errors, stop);
        Thread[] forkers = [.. Enumerable.Range(0, 2).Select(_ => Start(() =>
        {
            for (int i = 0; i < 100 && !stop.IsSet; i++)
            {
                using Database fork = database.Fork();
                StoredTables.Check(fork);
                using Session session = fork.OpenSession();
                foreach (TableStore table in fork.Storage.Tables.Values)
                {
                    string name = table.Definition.Name;
                    Assert.AreEqual(fork.Catalog.GetTable(table.Definition.Oid), table.Definition);
                    Run(session, $"INSERT INTO {name} (a) VALUES (1)");
                    Run(session, $"UPDATE {name} SET a = a + 1");
                    Run(session, $"ALTER TABLE {name} ADD COLUMN mine text DEFAULT 'x'");
                    Run(session, $"DELETE FROM {name} WHERE mine = 'x' AND a > 50");
                }
                StoredTables.Check(fork);
            }
        }, errors, stop))];
        foreach (Thread forker in forkers)
        {
            forker.Join();
        }
        stop.Set();
        definer.Join();
        Assert.IsEmpty(errors, string.Join('\n', errors));
    }

    /// <summary>Readers of either side, by key and by scan, beside writers of both and more forks: no row is torn or lost.</summary>
    [TestMethod]
    public void Readers_of_both_sides_see_whole_rows()
    {
        using Database database = Database.CreateInMemory();
        using Session setUp = database.OpenSession();
        Run(setUp, "CREATE TABLE t (id int PRIMARY KEY, a int, b int, s text)");
        Run(setUp, "INSERT INTO t SELECT i, i, -i, 'some text that says ' || i FROM generate_series(1, 5000) i");
        var stop = new ManualResetEventSlim();
        var errors = new ConcurrentQueue<Exception>();
        using Database fork = database.Fork();
        var threads = new List<Thread>();
        int updateCount = 0;
        foreach (Database side in (Database[])[database, fork])
        {
            threads.Add(Start(() =>
            {
                using Session session = side.OpenSession();
                var random = new Random(1);
                while (!stop.IsSet)
                {
                    int value = random.Next(1_000_000);
                    Run(session, $"UPDATE t SET a = {value}, b = -{value}, s = 'some text that says {value}' WHERE id = {random.Next(5000) + 1}");
                    Interlocked.Increment(ref updateCount);
                }
            }, errors, stop));
            threads.Add(Start(() =>
            {
                using Session session = side.OpenSession();
                var random = new Random(2);
                while (!stop.IsSet)
                {
                    Assert.AreEqual("5000", Run(session, "SELECT count(*) FROM t WHERE a = -b AND s = 'some text that says ' || a"));
                    for (int i = 0; i < 50; i++)
                    {
                        Assert.AreEqual("1", Run(session, $"SELECT count(*) FROM t WHERE id = {random.Next(5000) + 1} AND a + b = 0"));
                    }
                }
            }, errors, stop));
        }
        for (int i = 0; i < 300 && !stop.IsSet; i++)
        {
            using Database another = (i % 2 == 0 ? database : fork).Fork();
            int before = Volatile.Read(ref updateCount);
            SessionSteps.WaitUntil(() => stop.IsSet || Volatile.Read(ref updateCount) > before + (i % 5));
        }
        stop.Set();
        threads.ForEach(thread => thread.Join());
        Assert.IsEmpty(errors, string.Join('\n', errors));
        StoredTables.Check(database);
        StoredTables.Check(fork);
    }

    private static string Run(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        var rows = new List<string>();
        while (result.Read())
        {
            rows.Add(string.Join(',', Enumerable.Range(0, result.Columns.Count).Select(i => result.IsNull(i) ? "" : result.GetText(i))));
        }
        return string.Join(' ', rows);
    }
}
