using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>What an execution of a statement about single rows allocates on the managed heap, once it is warm: counted, not timed.</summary>
[TestClass]
[DoNotParallelize]
public sealed class PointAllocationTests
{
    private const int RowCount = 40_000;
    private const int RoundCount = 500;

    [TestMethod]
    public void Prepared_statements_about_single_rows_allocate_nothing()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        using PreparedStatement select = session.Prepare("SELECT name, balance, n FROM kv WHERE id = $1");
        using PreparedStatement byIndex = session.Prepare("SELECT id, name, balance FROM kv WHERE n = $1");
        using PreparedStatement range = session.Prepare("SELECT id, name, balance FROM kv WHERE id BETWEEN $1 AND $2");
        using PreparedStatement first = session.Prepare("SELECT id, n FROM kv WHERE id >= $1 ORDER BY id LIMIT 5");
        using PreparedStatement update = session.Prepare("UPDATE kv SET balance = $1 WHERE id = $2");
        using PreparedStatement add = session.Prepare("UPDATE kv SET balance = balance + $1 WHERE id = $2");
        AssertAllocates("select by key", 0, i => Read(Bound(select, i)));
        AssertAllocates("select by an index, 10 rows", 0, i => Read(Bound(byIndex, i % 400)));
        AssertAllocates("range of 20 rows", 0, i =>
        {
            range.Bind(2, (long)(i % RowCount) + 19);
            Read(Bound(range, i));
        });
        AssertAllocates("first 5 of a range", 0, i => Read(Bound(first, i)));
        AssertAllocates("update by key", 0, i =>
        {
            update.Bind(1, i * 0.5);
            update.Bind(2, (long)i % RowCount);
            Assert.AreEqual(1, update.Execute().RowsAffected);
        });
        AssertAllocates("update from the old value", 0, i =>
        {
            add.Bind(1, i * 0.5);
            add.Bind(2, (long)i % RowCount);
            Assert.AreEqual(1, add.Execute().RowsAffected);
        });
    }

    [TestMethod]
    [DataRow("SELECT name FROM kv WHERE id = $1 AND n >= 0 AND balance IS NOT NULL", 0)]
    [DataRow("SELECT n * 2 FROM kv WHERE id = $1 AND (n > 5 OR n < 100)", 0)]
    [DataRow("UPDATE kv SET balance = balance * 2, n = n + 1 WHERE id = $1 AND n >= 0", 0)]
    [DataRow("UPDATE kv SET n = n + 1 WHERE id = $1 RETURNING n, name", 0)]
    [DataRow("SELECT id, name, balance FROM kv WHERE id IN ($1, 17, 3, $1 + 5, 2000) AND n >= 0", 0)]
    [DataRow("SELECT id, name, balance FROM kv WHERE id = $1 * 2 - 1", 0)]
    [DataRow("SELECT id, name, balance FROM kv WHERE id BETWEEN $1 AND $1 + 10", 0)]
    [DataRow("SELECT id, name, balance FROM kv WHERE id = $1 FOR UPDATE", 64)]   // the lock
    [DataRow("SELECT n + 1 FROM kv WHERE id = $1 AND n >= 0 FOR SHARE SKIP LOCKED", 64)]
    [DataRow("UPDATE kv SET name = 'a' || $1 WHERE id = $1", 128)]   // a table of blocks for the string computed
    public void Further_conditions_and_expressions_allocate_nothing_but_for_strings(string sql, int bytes)
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        using PreparedStatement statement = session.Prepare(sql);
        AssertAllocates(sql, bytes, i => Read(Bound(statement, i)));
    }

    [TestMethod]
    public void Binding_numbers_times_and_texts_allocates_next_to_nothing()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE m (k numeric PRIMARY KEY, amount numeric(10, 2), made timestamptz, day date, code varchar(20))").Dispose();
        session.Execute("INSERT INTO m SELECT g, g, now(), current_date, g FROM generate_series(0, 3999) g").Dispose();
        using PreparedStatement select = session.Prepare("SELECT amount, made FROM m WHERE k = $1");
        using PreparedStatement update = session.Prepare("UPDATE m SET amount = $2, made = $3, day = $4 WHERE k = $1");
        using PreparedStatement code = session.Prepare("SELECT k FROM m WHERE k = $1 AND code = $2");
        AssertAllocates("a numeric key", 0, i => Read(Bound(select, i)));
        void Update(int i)
        {
            update.Bind(1, (decimal)(i % 4000));
            update.Bind(2, i * 0.25m);
            update.Bind(3, DateTime.UnixEpoch);
            update.Bind(4, DateOnly.MinValue);
            Assert.AreEqual(1, update.Execute().RowsAffected);
        }
        AssertAllocates("decimals, times and dates", 0, Update);
        void Code(int i)
        {
            code.Bind(1, "17.0"u8);
            code.Bind(2, "some code, rather long");
            Read(code.Execute());
        }
        AssertAllocates("texts", 64, Code);
    }

    [TestMethod]
    public void Inserts_and_deletes_allocate_little_but_the_rows()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        using PreparedStatement insert = session.Prepare("INSERT INTO kv VALUES ($1, $2, $3, $4)");
        using PreparedStatement delete = session.Prepare("DELETE FROM kv WHERE id = $1");
        AssertAllocates("delete by key", 64, i => Assert.AreEqual(1, Bound(delete, i).RowsAffected));
        AssertAllocates("insert", 400, i =>   // column slices and index nodes are in it
        {
            insert.Bind(1, 100_000L + i);
            insert.Bind(2, "some name"u8);
            insert.Bind(3, i * 0.5);
            insert.Bind(4, i % 400);
            insert.Execute();
        });
    }

    [TestMethod]
    public void Statements_of_operators_about_few_rows_take_buffers_for_few_rows()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        AssertBoundAllocates(session, "computed columns", 20_000, "SELECT id + 1, upper(name) FROM kv WHERE id = $1");
        AssertBoundAllocates(session, "an index and a filter", 8_000, "SELECT id, name FROM kv WHERE n = $1 AND balance >= 0");
        AssertBoundAllocates(session, "count by an index", 8_000, "SELECT count(*) FROM kv WHERE n = $1");
        AssertBoundAllocates(session, "greatest key", 9_000, "SELECT max(id) FROM kv");
        AssertBoundAllocates(session, "join by an index", 16_000, "SELECT a.name, b.name FROM kv a JOIN kv b ON b.id = a.n WHERE a.id = $1");
        AssertBoundAllocates(session, "rows to change", 14_000, "SELECT id, name FROM kv WHERE n = $1 FOR UPDATE");
        AssertBoundAllocates(session, "groups of numbers", 12_000, "SELECT n, sum(balance) FROM kv WHERE n = $1 GROUP BY n");
        AssertBoundAllocates(session, "groups of strings", 14_000, "SELECT name, sum(balance) FROM kv WHERE n = $1 GROUP BY name");
        AssertBoundAllocates(session, "distinct rows", 10_000, "SELECT DISTINCT name FROM kv WHERE n = $1");
        AssertBoundAllocates(session, "sorted rows", 12_000, "SELECT name FROM kv WHERE n = $1 ORDER BY balance DESC, name");
        AssertBoundAllocates(session, "join by hash of kept rows", 17_000,
            "WITH c AS MATERIALIZED (SELECT id, name FROM kv WHERE n = $1) SELECT a.id, b.name FROM c a JOIN c b ON a.id = b.id");
        AssertBoundAllocates(session, "conditions and CASE", 13_000,
            "SELECT CASE WHEN balance > 10 OR name LIKE 'x%' THEN coalesce(name, 'x') ELSE 'y' END FROM kv WHERE n = $1 AND (balance IS DISTINCT FROM 3 OR id < 7)");
        session.Execute("CREATE TABLE log (id bigint, name text)").Dispose();
        AssertBoundAllocates(session, "insert of three rows", 8_000, "INSERT INTO log VALUES ($1, 'a'), ($1 + 1, 'b'), ($1 + 2, 'c')");
        AssertBoundAllocates(session, "insert of a query's rows", 10_000, "INSERT INTO log SELECT id, name FROM kv WHERE n = $1");
        AssertBoundAllocates(session, "update of two rows", 15_000, "UPDATE kv SET balance = balance + 1 WHERE id IN ($1, $1 + 1)");
    }

    [TestMethod]
    public void Inserts_with_defaults_and_checks_allocate_little_but_the_rows()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE d (id serial PRIMARY KEY, n integer CHECK (n >= 0), made timestamptz DEFAULT now(), u uuid DEFAULT gen_random_uuid(), s text DEFAULT 'new' || ' and shiny')").Dispose();
        using PreparedStatement insert = session.Prepare("INSERT INTO d (n) VALUES ($1)");
        AssertAllocates("insert with defaults", 400, i => Bound(insert, i).Dispose());   // column slices and index nodes are in it
        using PreparedStatement returning = session.Prepare("INSERT INTO d (n) VALUES ($1) RETURNING id, n + 1");
        AssertAllocates("insert returning", 400, i => Read(Bound(returning, i)));
        using PreparedStatement upsert = session.Prepare("INSERT INTO kv VALUES ($1, 'x', 1, 2) ON CONFLICT (id) DO UPDATE SET balance = kv.balance + EXCLUDED.balance RETURNING balance");
        AssertAllocates("upsert", 128, i => Read(Bound(upsert, i)));   // the lock of the row in the way is in it
        session.Execute("CREATE TABLE e (id bigserial PRIMARY KEY, parent bigint NOT NULL REFERENCES kv)").Dispose();
        using PreparedStatement child = session.Prepare("INSERT INTO e (parent) VALUES ($1)");
        AssertAllocates("insert with a foreign key", 600, i => Bound(child, i).Dispose());   // the parent's lock is in it
    }

    [TestMethod]
    public void Statements_that_are_not_prepared_allocate_their_result_only()
    {
        using Database database = NewDatabase();
        using Session session = database.OpenSession();
        string[] selects = [.. Enumerable.Range(0, RoundCount).Select(i => $"SELECT name, balance, n FROM kv WHERE id = {i}")];
        string[] updates = [.. Enumerable.Range(0, RoundCount).Select(i => $"UPDATE kv SET balance = {i}.5, name = 'name {i}' WHERE id = {i}")];
        AssertAllocates("select by key", 160, i => Read(session.Execute(selects[i % RoundCount])));
        AssertAllocates("update by key", 160, i => session.Execute(updates[i % RoundCount]).Dispose());
        AssertAllocates("begin and commit", 2000, _ =>
        {
            session.Execute("BEGIN").Dispose();
            session.Execute("COMMIT").Dispose();
        });
    }

    // One after the other: each is to be warm.
    private static void AssertBoundAllocates(Session session, string what, long bytesMax, string sql)
    {
        using PreparedStatement statement = session.Prepare(sql);
        AssertAllocates(what, bytesMax, i =>
        {
            if (statement.ParameterTypeNames.Count > 0)
            {
                statement.Bind(1, (long)i % 400);
            }
            Read(statement.Execute());
        });
    }

    private static QueryResult Bound(PreparedStatement statement, int value)
    {
        statement.Bind(1, (long)value % RowCount);
        return statement.Execute();
    }

    private static void Read(QueryResult result)
    {
        using (result)
        {
            while (result.Read())
            {
            }
        }
    }

    // Round after round: the first makes buffers, code that the runtime has not optimised yet boxes what it later does not, and
    // its own work may disturb any. What allocates by itself does so in every round.
    private static void AssertAllocates(string what, long bytesMax, Action<int> operate)
    {
        double bytes = 0;
        int next = 0;
        bool isReached = SpinWait.SpinUntil(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < RoundCount; i++)
            {
                operate(next++);
            }
            bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)RoundCount;
            return bytes <= bytesMax + 0.5;
        }, SessionSteps.PatienceMs);
        Console.WriteLine($"{what}: {bytes:F1} bytes an execution after {next}");
        Assert.IsTrue(isReached, $"{what}: {bytes} bytes an execution, at most {bytesMax} wanted");
    }

    private static Database NewDatabase()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        foreach (string sql in new[]
        {
            "CREATE TABLE kv (id bigint PRIMARY KEY, name text, balance double precision, n integer)",
            $"INSERT INTO kv SELECT g, 'name ' || g, g, g % {RowCount / 10} FROM generate_series(0, {RowCount - 1}) g",
            "CREATE INDEX kv_n ON kv (n)",
        })
        {
            session.Execute(sql).Dispose();
        }
        return database;
    }
}
