using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Indexes of forked tables: partial ones, ones over expressions, and the guesses of where a key's row is.</summary>
[TestClass]
public sealed class ForkIndexTests : SessionTest
{
    private readonly Session _session;

    public ForkIndexTests() => _session = NewSession();

    [TestMethod]
    public void Partial_and_expression_indexes_have_the_rows_of_their_own_side()
    {
        FillPeople();
        using Database fork = Database.Fork();
        using Session session = fork.OpenSession();
        Run(_session, "UPDATE t SET active = NOT active WHERE id % 5 = 0");
        Run(_session, "UPDATE t SET name = 'HERE ' || id WHERE id <= 10");
        Run(session, "UPDATE t SET active = false WHERE n < 2500");
        Run(session, "UPDATE t SET name = 'THERE ' || id WHERE id <= 20");
        Run(session, "DELETE FROM t WHERE id BETWEEN 4990 AND 20000");
        Assert.AreEqual("10", RunByIndex(_session, "SELECT count(*) FROM t WHERE lower(name) LIKE 'here%'", "t_lower"));
        Assert.AreEqual("", RunByIndex(_session, "SELECT id FROM t WHERE lower(name) = 'there 15'", "t_lower"));
        Assert.AreEqual("15", RunByIndex(session, "SELECT id FROM t WHERE lower(name) = 'there 15'", "t_lower"));
        Assert.AreEqual("", RunByIndex(session, "SELECT id FROM t WHERE lower(name) = 'here 5'", "t_lower"));
        Assert.AreEqual("4 5 6 8", RunByIndex(_session, "SELECT n FROM t WHERE active AND n BETWEEN 4 AND 9 ORDER BY n", "t_active"));
        Assert.AreEqual("", RunByIndex(session, "SELECT n FROM t WHERE active AND n BETWEEN 1 AND 9 ORDER BY n", "t_active"));
        Assert.AreEqual("2500,2502", RunByIndex(session, "SELECT min(n), (SELECT n FROM t WHERE active AND n > 2500 ORDER BY n LIMIT 1) FROM t WHERE active AND n < 2600", "t_active"));
        StoredTables.Check(Database);
        StoredTables.Check(fork);
    }

    [TestMethod]
    public void A_partial_unique_index_forbids_on_each_side_what_that_side_has()
    {
        FillPeople();
        using Database fork = Database.Fork();
        using Session session = fork.OpenSession();
        Assert.AreEqual("23505", Run(_session, "INSERT INTO t VALUES (9000, 'x', 4000, true)"));
        Assert.AreEqual("23505", Run(session, "INSERT INTO t VALUES (9000, 'x', 4000, true)"));
        Run(session, "UPDATE t SET active = false WHERE n = 4000");
        Assert.AreEqual("", Run(session, "INSERT INTO t VALUES (9000, 'x', 4000, true)"));
        Assert.AreEqual("23505", Run(session, "UPDATE t SET active = true WHERE id = 4000"));
        Assert.AreEqual("", Run(session, "INSERT INTO t VALUES (9001, 'y', 4000, true) ON CONFLICT ((n * 2)) WHERE active AND n > 50 DO UPDATE SET name = 'z'"));
        Assert.AreEqual("z", Run(session, "SELECT name FROM t WHERE id = 9000"));
        Assert.AreEqual("23505", Run(_session, "INSERT INTO t VALUES (9000, 'x', 4000, true)"));
        Assert.AreEqual("", Run(_session, "INSERT INTO t VALUES (9000, 'x', 4000, false)"));
        StoredTables.Check(Database);
        StoredTables.Check(fork);
    }

    [TestMethod]
    public void What_a_running_transaction_did_to_partial_and_expression_indexes_is_not_in_a_fork()
    {
        FillPeople();
        using Session reader = Database.OpenSession();
        Run(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Run(reader, "SELECT count(*) FROM t");
        Run(_session, "UPDATE t SET name = 'committed ' || id, active = NOT active WHERE id BETWEEN 100 AND 199");
        Run(_session, "BEGIN");
        Run(_session, "UPDATE t SET name = 'never ' || id, active = NOT active WHERE id BETWEEN 150 AND 249");
        Run(_session, "DELETE FROM t WHERE id BETWEEN 300 AND 349");
        Run(_session, "INSERT INTO t SELECT i, 'never ' || i, i, true FROM generate_series(6000, 6099) i");
        using Database fork = Database.Fork();
        using Session session = fork.OpenSession();
        StoredTables.Check(fork);
        Assert.AreEqual("0", RunByIndex(session, "SELECT count(*) FROM t WHERE lower(name) LIKE 'never%'", "t_lower"));
        Assert.AreEqual("100", RunByIndex(session, "SELECT count(*) FROM t WHERE lower(name) LIKE 'committed%'", "t_lower"));
        Assert.AreEqual("50", Run(session, "SELECT count(*) FROM t WHERE active AND n BETWEEN 100 AND 199"));
        Assert.AreEqual("151,153", RunByIndex(session, "SELECT min(n), (SELECT n FROM t WHERE active AND n > 151 ORDER BY n LIMIT 1) FROM t WHERE active AND n BETWEEN 150 AND 170", "t_active"));
        Run(_session, "ROLLBACK");
        Assert.AreEqual("0", RunByIndex(_session, "SELECT count(*) FROM t WHERE lower(name) LIKE 'never%'", "t_lower"));
        Assert.AreEqual("1", Run(reader, "SELECT count(*) FROM t WHERE lower(name) = 'name 150'"));
        Run(reader, "COMMIT");
        StoredTables.Check(Database);
        StoredTables.Check(fork);
    }

    [TestMethod]
    public void Indexes_made_and_dropped_on_one_side_are_the_others_no_matter()
    {
        FillPeople();
        using Database fork = Database.Fork();
        using Session session = fork.OpenSession();
        Assert.AreEqual("", Run(session, "CREATE INDEX t_upper ON t (upper(name)) WHERE n % 2 = 1"));
        Assert.AreEqual("", Run(session, "DROP INDEX t_lower"));
        Assert.AreEqual("", Run(_session, "DROP INDEX t_active"));
        Assert.AreEqual("7", RunByIndex(session, "SELECT id FROM t WHERE upper(name) = 'NAME 7' AND n % 2 = 1", "t_upper"));
        Assert.AreEqual("7", RunByIndex(_session, "SELECT id FROM t WHERE lower(name) = 'name 7'", "t_lower"));
        Assert.AreEqual("8", RunByIndex(session, "SELECT n FROM t WHERE active AND n BETWEEN 7 AND 9", "t_active"));
        using Database second = fork.Fork();
        Run(session, "UPDATE t SET name = 'other', n = n + 1");
        Run(_session, "UPDATE t SET name = 'another', n = n + 1");
        using Session sessionOfSecond = second.OpenSession();
        Assert.AreEqual("7", RunByIndex(sessionOfSecond, "SELECT id FROM t WHERE upper(name) = 'NAME 7' AND n % 2 = 1", "t_upper"));
        StoredTables.Check(Database);
        StoredTables.Check(fork);
        StoredTables.Check(second);
    }

    [TestMethod]
    public void A_fork_guesses_the_places_of_rows_by_itself()
    {
        Run(_session, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_session, "INSERT INTO t SELECT i, i FROM generate_series(1, 6000) i");
        using PreparedStatement select = _session.Prepare("SELECT v FROM t WHERE id = $1");
        for (int id = 1; id <= 6000; id += 7)
        {
            Assert.AreEqual($"{id}", Value(select, id));
        }
        using Database fork = Database.Fork();
        using Session session = fork.OpenSession();
        Assert.AreNotSame(Database.Storage.Tables.Values.Single().Indexes[0].Hints, fork.Storage.Tables.Values.Single().Indexes[0].Hints);
        // The same keys at other places on one side, where their guesses were right; then on the other side.
        foreach (Session side in new[] { session, _session })
        {
            Assert.AreEqual("", Run(side, "DELETE FROM t WHERE id <= 3000"));
            side.Database.Transactions.CleanUpWaiting();
            Assert.AreEqual("", Run(side, "INSERT INTO t SELECT 3001 - i, -(3001 - i) FROM generate_series(1, 3000) i"));
            using PreparedStatement other = session.Prepare("SELECT v FROM t WHERE id = $1");
            for (int id = 1; id <= 6000; id += 11)
            {
                int sign = id <= 3000 ? -1 : 1;
                Assert.AreEqual($"{sign * id}", Value(other, id));
                Assert.AreEqual($"{(side == _session ? sign : 1) * id}", Value(select, id));
            }
        }
        StoredTables.Check(Database);
        StoredTables.Check(fork);
    }

    /// <summary>Keys move between rows on either side, and sides are forked anew; statements prepared long before find each key's row, and no other.</summary>
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Statements_by_key_find_the_rows_of_their_own_side(int seed)
    {
        const int KeyCount = 3000;
        Console.WriteLine($"seed {seed}");
        var random = new Random(seed);
        Run(_session, "CREATE TABLE t (id int PRIMARY KEY, v int)");
        Run(_session, $"INSERT INTO t SELECT i, i FROM generate_series(1, {KeyCount}) i");
        var sides = new List<KeyedSide> { new(Database, Enumerable.Range(1, KeyCount).ToDictionary(i => i, i => i)) };
        for (int step = 0; step < 2000; step++)
        {
            if (step % 200 == 50)
            {
                KeyedSide source = sides[random.Next(sides.Count)];
                sides.Add(new KeyedSide(source.Database.Fork(), new Dictionary<int, int>(source.Model)));
                if (sides.Count > 4)
                {
                    sides[1].Dispose();
                    sides.RemoveAt(1);   // others came from it
                }
            }
            KeyedSide side = sides[random.Next(sides.Count)];
            side.Change(random, KeyCount);
            KeyedSide other = sides[random.Next(sides.Count)];
            for (int i = 0; i < 5; i++)
            {
                other.AssertFound(random.Next(KeyCount + 200));
            }
        }
        foreach (KeyedSide side in sides)
        {
            for (int id = 0; id < KeyCount + 200; id++)
            {
                side.AssertFound(id);
            }
            StoredTables.Check(side.Database);
            side.Dispose();
        }
    }

    private static string Value(PreparedStatement select, int id)
    {
        select.Bind(1, id);
        using QueryResult result = select.Execute();
        return result.Read() ? result.GetText(0) : "";
    }

    private static string RunByIndex(Session session, string sql, string index)
    {
        Assert.Contains(index, Run(session, "EXPLAIN " + sql), sql);
        return Run(session, sql);
    }

    private void FillPeople()
    {
        Run(_session, "CREATE TABLE t (id int PRIMARY KEY, name text, n int, active boolean)");
        Run(_session, "INSERT INTO t SELECT i, 'Name ' || i, i, i % 2 = 0 FROM generate_series(1, 5000) i");
        Run(_session, "INSERT INTO t SELECT i, 'More ' || i, i FROM generate_series(10001, 30000) i");   // so many that indexes pay
        foreach (string sql in new[]
        {
            "CREATE INDEX t_lower ON t (lower(name))", "CREATE INDEX t_active ON t (n) WHERE active", "CREATE UNIQUE INDEX t_unique ON t ((n * 2)) WHERE active AND n > 50",
        })
        {
            Assert.AreEqual("", Run(_session, sql));
        }
    }

    // A database, its statements by key and what it must have.
    private sealed class KeyedSide : IDisposable
    {
        private readonly Session _session;
        private readonly PreparedStatement _select;
        private readonly PreparedStatement _update;
        private readonly PreparedStatement _delete;

        public KeyedSide(Database database, Dictionary<int, int> model)
        {
            Database = database;
            Model = model;
            _session = database.OpenSession();
            _select = _session.Prepare("SELECT v FROM t WHERE id = $1");
            _update = _session.Prepare("UPDATE t SET v = $1 WHERE id = $2");
            _delete = _session.Prepare("DELETE FROM t WHERE id = $1");
        }

        public Database Database { get; }

        public Dictionary<int, int> Model { get; }

        public void AssertFound(int id) => Assert.AreEqual(Model.TryGetValue(id, out int value) ? $"{value}" : "", Value(_select, id), $"key {id}");

        public void Change(Random random, int keyCount)
        {
            int id = random.Next(keyCount) + 1;
            int value = random.Next(1_000_000);
            switch (random.Next(6))
            {
                case 0:
                    Assert.AreEqual(Model.TryAdd(id, value) ? "" : "23505", Run(_session, $"INSERT INTO t VALUES ({id}, {value})"));
                    break;
                case 1:
                    _delete.Bind(1, id);
                    Assert.AreEqual(Model.Remove(id) ? 1 : 0, _delete.Execute().RowsAffected);
                    break;
                case 2 when Model.Remove(id, out int moved):   // to a key that is nobody's, or whose row goes first
                    int target = random.Next(keyCount + 200) + 1;
                    Run(_session, $"DELETE FROM t WHERE id = {target}");
                    Assert.AreEqual("", Run(_session, $"UPDATE t SET id = {target} WHERE id = {id}"));
                    Model[target] = moved;
                    break;
                case 3:
                    Run(_session, "BEGIN");
                    Run(_session, $"DELETE FROM t WHERE id BETWEEN {id} AND {id + 20}");
                    Run(_session, $"INSERT INTO t SELECT {id} + 20 - i, -1 FROM generate_series(0, 20) i");
                    Run(_session, "ROLLBACK");
                    break;
                case 4:   // a stretch of keys in the other order
                    Run(_session, $"DELETE FROM t WHERE id BETWEEN {id} AND {id + 20}");
                    Run(_session, $"INSERT INTO t SELECT {id} + 20 - i, {value} FROM generate_series(0, 20) i");
                    for (int i = 0; i <= 20; i++)
                    {
                        Model[id + i] = value;
                    }
                    break;
                default:
                    _update.Bind(1, value);
                    _update.Bind(2, id);
                    bool isThere = Model.ContainsKey(id);
                    Assert.AreEqual(isThere ? 1 : 0, _update.Execute().RowsAffected);
                    if (isThere)
                    {
                        Model[id] = value;
                    }
                    break;
            }
        }

        public void Dispose()
        {
            _select.Dispose();
            _update.Dispose();
            _delete.Dispose();
            _session.Dispose();
            Database.Dispose();
        }
    }
}
