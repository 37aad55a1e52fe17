using System.Collections.Concurrent;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Catalog;
using PhantomDb.Storage;

namespace PhantomDb.Tests.Engine;

/// <summary>Transactions with definition statements beside each other and beside changes of rows: what each has done is all there.</summary>
[TestClass]
public sealed class DefinitionConcurrencyTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod]
    public void Two_who_give_each_others_names_are_a_deadlock()
    {
        using Database database = Database.CreateInMemory();
        using Session a = database.OpenSession(), b = database.OpenSession();
        Run(a, "BEGIN");
        Run(b, "BEGIN");
        Run(a, "CREATE TABLE one (id int)");
        Run(b, "CREATE VIEW two AS SELECT 1 AS i");
        Task<string> waiting = SessionSteps.RunBlocked(a, "CREATE SEQUENCE two");
        Assert.AreEqual("40P01", Run(b, "CREATE TABLE other (id int); ALTER TABLE other RENAME TO one"));
        Run(b, "ROLLBACK");
        Assert.AreEqual("", waiting.Result);
        Assert.AreEqual("", Run(a, "COMMIT"));
        Assert.AreEqual("1", Run(b, "SELECT nextval('two')"));
    }

    [TestMethod]
    public void Oids_are_nobody_elses_and_names_of_locks_are_not_left_behind()
    {
        using Database database = Database.CreateInMemory();
        using Session a = database.OpenSession(), b = database.OpenSession();
        Run(a, "BEGIN");
        Run(b, "BEGIN");
        for (int i = 0; i < 20; i++)
        {
            Run(a, $"CREATE TABLE a{i} (id serial PRIMARY KEY, v int UNIQUE CHECK (v > 0))");
            Run(b, $"CREATE TABLE b{i} (id serial PRIMARY KEY, v int UNIQUE CHECK (v > 0))");
        }
        Assert.AreEqual("", Run(b, "COMMIT"));
        Assert.AreEqual("", Run(a, "COMMIT"));
        CheckCatalog(database);
        Assert.AreEqual(40, database.Catalog.Tables.Count());
        Assert.AreEqual("", Run(a, "INSERT INTO a0 (v) VALUES (1)") + Run(b, "INSERT INTO b0 (v) VALUES (1)"));
        a.Dispose();
        b.Dispose();
        Assert.AreEqual(0, database.Transactions.Locks.TableCount);
    }

    /// <summary>
    /// A table is emptied and filled again, with the same total as before, in the transaction that also changes another: whoever
    /// reads sees all of one moment, and finds the row that is always there.
    /// </summary>
    [TestMethod]
    public void A_statement_sees_replaced_tables_and_rows_of_one_moment()
    {
        using Database database = Database.CreateInMemory();
        using Session setUp = database.OpenSession();
        Run(setUp, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(setUp, "CREATE TABLE rest (v int)");
        Run(setUp, "INSERT INTO t SELECT i, 10 FROM generate_series(1, 50) i");
        Run(setUp, "INSERT INTO rest VALUES (500)");
        ConcurrentQueue<string> errors = [];
        using var stop = new ManualResetEventSlim();
        List<Thread> threads =
        [
            Start(errors, stop, () =>
            {
                using Session session = database.OpenSession();
                for (int i = 0; i < 400 && !stop.IsSet; i++)
                {
                    int each = i % 20;
                    Expect("", Run(session, "BEGIN"));
                    Expect("", Run(session, i % 3 == 0 ? "ALTER TABLE t ADD COLUMN w int; ALTER TABLE t DROP COLUMN w; DELETE FROM t" : "TRUNCATE t"));
                    Expect("", Run(session, $"INSERT INTO t SELECT i, {each} FROM generate_series(1, 50) i"));
                    Expect("", Run(session, $"UPDATE rest SET v = {1000 - (50 * each)}"));
                    Expect("", Run(session, i % 5 == 0 ? "ROLLBACK" : "COMMIT"));
                }
                stop.Set();
            }),
        ];
        for (int reader = 0; reader < 2; reader++)
        {
            bool isPoint = reader == 1;
            threads.Add(Start(errors, stop, () =>
            {
                using Session session = database.OpenSession();
                while (!stop.IsSet)
                {
                    Expect("1000", Run(session, "SELECT (SELECT sum(v) FROM t) + (SELECT v FROM rest)"));
                    for (int i = 0; i < 20 && isPoint; i++)
                    {
                        Expect("7", Run(session, "SELECT id FROM t WHERE id = 7"));
                    }
                }
            }));
        }
        threads.ForEach(thread => thread.Join());
        Assert.IsEmpty(errors, string.Join('\n', errors));
    }

    /// <summary>
    /// Each thread makes, alters, fills, renames and drops tables, views and indexes of its own, some of which refer to shared ones, and keeps a
    /// model of what it has committed; at the end the database has just that. Others change rows of the shared tables meanwhile, and one alters them.
    /// </summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    public void Definitions_of_many_transactions_merge(int seed)
    {
        const int Threads = 4, Rounds = 120;
        TestContext.WriteLine($"seed {seed}");
        using Database database = Database.CreateInMemory();
        using Session setUp = database.OpenSession();
        Run(setUp, "CREATE TABLE shared (id int PRIMARY KEY, v int DEFAULT 0)");
        Run(setUp, "INSERT INTO shared SELECT i FROM generate_series(1, 100) i");
        ConcurrentQueue<string> errors = [];
        using var stop = new ManualResetEventSlim();
        var models = new Dictionary<string, (int Columns, int Rows)>[Threads];
        List<Thread> threads = [];
        for (int i = 0; i < Threads; i++)
        {
            int thread = i;
            threads.Add(Start(errors, stop, () => models[thread] = Define(database, thread, new Random((seed * 100) + thread), Rounds, stop)));
        }
        int added = 0;
        Thread writer = Start(errors, stop, () =>
        {
            using Session session = database.OpenSession();
            var random = new Random(seed);
            while (!stop.IsSet)
            {
                string state = Run(session, $"UPDATE shared SET v = v + 1 WHERE id = {random.Next(100) + 1}");
                Expect(state.Length == 0 ? "" : "40P01", state);
                added += state.Length == 0 ? 1 : 0;
            }
        });
        Thread alterer = Start(errors, stop, () =>
        {
            using Session session = database.OpenSession();
            for (int i = 0; !stop.IsSet; i++)
            {
                Run(session, $"ALTER TABLE shared ADD COLUMN c{i} int");
                Run(session, $"CREATE INDEX shared_v{i} ON shared (v)");
                Run(session, $"DROP INDEX shared_v{i}");
                Run(session, $"ALTER TABLE shared DROP COLUMN c{i}");
            }
        });
        threads.ForEach(thread => thread.Join());
        stop.Set();
        writer.Join();
        alterer.Join();
        Assert.IsEmpty(errors, string.Join('\n', errors));
        CheckCatalog(database);
        StoredTables.Check(database);
        Assert.AreEqual($"{added}", Run(setUp, "SELECT sum(v) FROM shared"));
        var expected = models.SelectMany(model => model).ToDictionary();
        CollectionAssert.AreEquivalent(expected.Keys.Append("shared").ToList(), database.Catalog.Tables.Select(table => table.Name).ToList());
        foreach ((string name, (int columns, int rows)) in expected)
        {
            Assert.AreEqual($"{columns}", Run(setUp, $"SELECT count(*) FROM information_schema.columns WHERE table_name = '{name}'"), name);
            Assert.AreEqual($"{rows}", Run(setUp, $"SELECT count(*) FROM {name}"), name);
            Assert.AreEqual($"{rows}", Run(setUp, $"SELECT count(*) FROM v_{name}"), name);
        }
    }

    // Gives the tables that it has left, with their columns and rows. A deadlock or a lost race undoes a round.
    private static Dictionary<string, (int Columns, int Rows)> Define(Database database, int thread, Random random, int rounds, ManualResetEventSlim stop)
    {
        using Session session = database.OpenSession();
        var committed = new Dictionary<string, (int Columns, int Rows)>();
        int number = 0;
        for (int round = 0; round < rounds && !stop.IsSet; round++)
        {
            var model = new Dictionary<string, (int Columns, int Rows)>(committed);
            Expect("", Run(session, "BEGIN"));
            string state = "";
            for (int step = random.Next(1, 5); step > 0 && state.Length == 0; step--)
            {
                string? name = model.Count == 0 ? null : model.Keys.ElementAt(random.Next(model.Count));
                switch (name is null ? 0 : random.Next(7))
                {
                    case 0:
                        name = $"t{thread}_{number++}";
                        state = Run(session, $"CREATE TABLE {name} (id serial PRIMARY KEY, s int{(random.Next(2) == 0 ? " REFERENCES shared" : "")})");
                        state += Run(session, $"CREATE VIEW v_{name} AS SELECT id, s FROM {name}");
                        model[name] = (2, 0);
                        break;
                    case 1:
                        state = Run(session, $"ALTER TABLE {name} ADD COLUMN c{number++} int DEFAULT 1");
                        model[name!] = (model[name!].Columns + 1, model[name!].Rows);
                        break;
                    case 2:
                        state = Run(session, $"INSERT INTO {name} (s) SELECT id FROM shared WHERE id <= 20");
                        model[name!] = (model[name!].Columns, model[name!].Rows + 20);
                        break;
                    case 3:
                        state = Run(session, $"CREATE INDEX ON {name} (s)");
                        break;
                    case 4:
                        state = Run(session, $"TRUNCATE {name}");
                        model[name!] = (model[name!].Columns, 0);
                        break;
                    case 5:
                        state = Run(session, "SAVEPOINT p") + Run(session, $"DROP TABLE {name} CASCADE") + Run(session, "ROLLBACK TO p");
                        break;
                    default:
                        state = Run(session, $"DROP TABLE {name} CASCADE");
                        model.Remove(name!);
                        break;
                }
            }
            if (state.Length > 0)
            {
                Expect("40P01", state[..5]);
            }
            if (state.Length > 0 || random.Next(4) == 0)
            {
                Expect("", Run(session, "ROLLBACK"));
            }
            else
            {
                Expect("", Run(session, "COMMIT"));
                committed = model;
            }
        }
        return committed;
    }

    // Every object has an oid of its own, every table rows that fit its definition, every sequence a place.
    private static void CheckCatalog(Database database)
    {
        List<int> oids =
        [
            .. database.Catalog.Tables.SelectMany(table => table.Indexes.Select(index => index.Oid).Concat(table.Constraints.Select(c => c.Oid)).Append(table.Oid)),
            .. database.Catalog.Views.Select(view => view.Oid), .. database.Catalog.Sequences.Select(sequence => sequence.Oid),
        ];
        Assert.AreEqual(oids.Count, oids.Distinct().Count());
        CollectionAssert.AreEquivalent(database.Catalog.Tables.Select(table => table.Oid).ToList(), database.Storage.Tables.Keys.ToList());
        foreach (TableDefinition table in database.Catalog.Tables)
        {
            TableStore store = database.Storage.GetTable(table.Oid);
            CollectionAssert.AreEquivalent(table.Indexes.Select(i => i.Oid).ToList(), store.Indexes.Select(i => i.Definition.Oid).ToList());
            CollectionAssert.AreEqual(table.Columns.Select(c => c.Number).ToList(), store.ColumnNumbers);
        }
        CollectionAssert.AreEquivalent(database.Catalog.Sequences.Select(s => s.Oid).ToList(), database.Storage.Sequences.Keys.ToList());
    }

    private static Thread Start(ConcurrentQueue<string> errors, ManualResetEventSlim stop, Action work)
    {
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception error)
            {
                errors.Enqueue(error.ToString());
                stop.Set();
            }
        });
        thread.Start();
        return thread;
    }

    private static void Expect(string expected, string actual) => Assert.AreEqual(expected, actual);

    // Several statements one after the other; the first error's SQLSTATE, or the last one's rows.
    private static string Run(Session session, string sql)
    {
        string outcome = "";
        foreach (string statement in sql.Split("; "))
        {
            outcome = SessionSteps.Run(session, statement);
            if (outcome.Length == 5 && char.IsDigit(outcome[0]) && outcome is not "10000")
            {
                return outcome;
            }
        }
        return outcome;
    }
}
