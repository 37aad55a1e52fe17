using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>Sequences and transactions: a restart or another course is undone, a value taken is not. Outcomes of PostgreSQL 15.</summary>
[TestClass]
public sealed class SequenceTransactionTests : SessionTest
{
    private readonly Session _a;
    private readonly Session _b;

    public SequenceTransactionTests()
    {
        _a = NewSession();
        _b = NewSession();
    }

    // Each line a statement and, after ->, what it gives.
    [TestMethod]
    [DataRow("BEGIN; ALTER SEQUENCE s RESTART; next -> 1; ROLLBACK; next -> 3")]
    [DataRow("BEGIN; ALTER SEQUENCE s RESTART WITH 100; COMMIT; next -> 100")]
    [DataRow("BEGIN; SELECT setval('s', 500) -> 500; ROLLBACK; next -> 501")]
    [DataRow("BEGIN; next -> 3; ROLLBACK; next -> 4")]
    [DataRow("BEGIN; ALTER SEQUENCE s INCREMENT 10; next -> 12; ROLLBACK; next -> 3")]
    [DataRow("BEGIN; ALTER SEQUENCE s INCREMENT 10; next -> 12; SAVEPOINT a; ALTER SEQUENCE s INCREMENT 100; next -> 112; ROLLBACK TO a; next -> 22; COMMIT; next -> 32")]
    [DataRow("BEGIN; DROP SEQUENCE s; next -> 42P01; ROLLBACK; next -> 3")]
    [DataRow("BEGIN; ALTER SEQUENCE s RESTART WITH 7; ALTER SEQUENCE s RESTART WITH 8; next -> 8; SAVEPOINT a; ALTER SEQUENCE s RESTART WITH 20; next -> 20; RELEASE a; COMMIT; next -> 21")]
    [DataRow("BEGIN; ALTER SEQUENCE s OWNED BY NONE; next -> 3; ROLLBACK; next -> 4")]
    [DataRow("BEGIN; ALTER SEQUENCE s RENAME TO s2; SELECT nextval('s2') -> 3; ROLLBACK; next -> 4")]
    [DataRow("BEGIN; ALTER SEQUENCE s CACHE 10; next -> 3; ROLLBACK; next -> 3")]
    [DataRow("BEGIN; ALTER SEQUENCE s MAXVALUE 1000; next -> 3; ROLLBACK; next -> 3")]
    [DataRow("BEGIN; ALTER SEQUENCE s MAXVALUE 3; next -> 3; next -> 2200H; ROLLBACK; next -> 3")]
    [DataRow("BEGIN; ALTER SEQUENCE s MAXVALUE 1; -> 22023; ROLLBACK; next -> 3")]
    [DataRow("BEGIN; DROP SEQUENCE s; CREATE SEQUENCE s START 77; next -> 77; ROLLBACK; next -> 3; SELECT currval('s'), lastval() -> 3,3")]
    [DataRow("BEGIN; ALTER SEQUENCE s RESTART; SELECT currval('s'), lastval() -> 2,2; next -> 1; ROLLBACK; SELECT currval('s'), lastval() -> 1,1")]
    [DataRow("BEGIN; DROP SEQUENCE s; COMMIT; SELECT currval('s') -> 42P01; SELECT lastval() -> 55000")]
    [DataRow("BEGIN; CREATE SEQUENCE r START 5; SELECT nextval('r') -> 5; ALTER SEQUENCE r INCREMENT 5; SELECT nextval('r') -> 10; COMMIT; SELECT nextval('r') -> 15")]
    [DataRow("BEGIN; CREATE SEQUENCE r; SELECT nextval('r') -> 1; ROLLBACK; SELECT nextval('r') -> 42P01")]
    [DataRow("BEGIN; TRUNCATE t RESTART IDENTITY; insert -> 1; ROLLBACK; insert -> 3; SELECT count(*) FROM t -> 3")]
    [DataRow("BEGIN; TRUNCATE t RESTART IDENTITY; insert -> 1; COMMIT; insert -> 2; SELECT count(*) FROM t -> 2")]
    [DataRow("BEGIN; SAVEPOINT a; TRUNCATE t RESTART IDENTITY; insert -> 1; ROLLBACK TO a; insert -> 3; COMMIT; insert -> 4")]
    [DataRow("BEGIN; TRUNCATE t; insert -> 3; ROLLBACK; insert -> 4")]
    [DataRow("TRUNCATE t RESTART IDENTITY; insert -> 1; TRUNCATE t CONTINUE IDENTITY; insert -> 2")]
    [DataRow("BEGIN; ALTER TABLE t ALTER COLUMN id RESTART WITH 50; insert -> 50; ROLLBACK; insert -> 3")]
    [DataRow("BEGIN; ALTER TABLE t ALTER COLUMN id RESTART WITH 50; insert -> 50; COMMIT; insert -> 51")]
    [DataRow("ALTER SEQUENCE s RESTART WITH 9; next -> 9; BEGIN; ALTER SEQUENCE s RESTART; SELECT 1/0 -> 22012; COMMIT; next -> 10")]
    public void A_restart_is_undone_and_a_value_taken_is_not(string script)
    {
        Run(_a, "CREATE SEQUENCE s");
        Run(_a, "SELECT nextval('s'), nextval('s')");
        Run(_a, "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, v int)");
        Run(_a, "INSERT INTO t (v) VALUES (1), (2)");
        Run(_a, "SELECT nextval('s')");
        Run(_a, "SELECT setval('s', 2)");
        foreach (string line in script.Split("; "))
        {
            string[] parts = line.Split("->", StringSplitOptions.TrimEntries);
            if (parts[0].Length == 0)
            {
                continue;   // the outcome of the line before
            }
            string sql = parts[0] switch { "next" => "SELECT nextval('s')", "insert" => "INSERT INTO t (v) VALUES (9) RETURNING id", _ => parts[0] };
            string outcome = Run(_a, sql);
            if (parts.Length > 1)
            {
                Assert.AreEqual(parts[1], outcome, line);
            }
        }
    }

    [TestMethod]
    [DataRow("COMMIT", "11")]
    [DataRow("ROLLBACK", "2")]
    public void Who_wants_a_value_of_a_sequence_that_is_being_altered_waits(string end, string expected)
    {
        Run(_a, "CREATE SEQUENCE s");
        Run(_a, "SELECT nextval('s')");
        Run(_a, "BEGIN");
        Run(_a, "ALTER SEQUENCE s INCREMENT 10");
        Run(_b, "SET lock_timeout = 20");
        Assert.AreEqual("55P03", Run(_b, "SELECT nextval('s')"));
        Assert.AreEqual("55P03", Run(_b, "SELECT setval('s', 4)"));
        Assert.AreEqual("55000", Run(_b, "SELECT currval('s')"));
        Run(_b, "SET lock_timeout = 0");
        Task<string> waiting = RunBlocked(_b, "SELECT nextval('s')");
        Run(_a, end);
        Assert.AreEqual(expected, waiting.Result);
    }

    [TestMethod]
    public void No_value_comes_twice_while_the_course_changes()
    {
        Run(_a, "CREATE TABLE t (id serial PRIMARY KEY)");
        using var done = new CancellationTokenSource();
        Task altering = Task.Run(() =>
        {
            for (int i = 0; i < 60; i++)
            {
                Run(_a, "BEGIN");
                Assert.AreEqual("", Run(_a, $"ALTER SEQUENCE t_id_seq INCREMENT {1 + (i % 3)}"));
                Assert.AreEqual("", Run(_a, "INSERT INTO t DEFAULT VALUES"));
                Run(_a, i % 2 == 0 ? "COMMIT" : "ROLLBACK");
            }
            done.Cancel();
        });
        int count = 0;
        while (!done.IsCancellationRequested)
        {
            Assert.AreEqual("", Run(_b, "INSERT INTO t DEFAULT VALUES"));   // a key twice would be 23505
            count++;
        }
        altering.Wait();
        Assert.AreEqual($"{count + 30}", Run(_b, "SELECT count(*) FROM t"));
    }
}
