using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>Read-only databases that follow a log: beside its writer, and in a folder that it is copied to.</summary>
[TestClass]
public sealed class FollowerTests
{
    private readonly SimulatedDisk _disk = new();

    private DatabaseOptions Options => new() { DataDirectory = "/data", FileSystem = _disk, MemoryLimit = 1 << 28, LogSegmentSize = 4096 };

    private DatabaseOptions Following => Options with { IsReadOnly = true, IsFollowing = true, FollowInterval = null };

    private static void Run(Session session, params string[] statements)
    {
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
    }

    private static string Read(Session session, string sql)
    {
        using QueryResult rows = session.Execute(sql);
        List<string> found = [];
        while (rows.Read())
        {
            found.Add(string.Join('|', Enumerable.Range(0, rows.Columns.Count).Select(i => rows.IsNull(i) ? "NULL" : rows.GetText(i))));
        }
        return string.Join(' ', found);
    }

    // Another record says that all before it is on the disk.
    private static void Vouch(Database writer) => writer.Persistence!.Log.Append("TICK", []);

    private static void Bring(Database writer, Database follower)
    {
        Vouch(writer);
        follower.Refresh();
        Assert.IsNull(follower.FollowProblem);
    }

    [TestMethod]
    public void A_follower_shows_what_another_commits_and_refuses_changes()
    {
        using Database writer = Database.Open("shop", Options);
        using Session session = writer.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, name text)", "CREATE TABLE plain (n int)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        Vouch(writer);
        using Database follower = Database.Open("shop", Following);
        using Session reader = follower.OpenSession();
        Assert.AreEqual("1|a 2|b", Read(reader, "SELECT * FROM t ORDER BY id"));

        Run(session, "UPDATE t SET name = 'bb' WHERE id = 2", "DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (3, NULL)", "INSERT INTO plain VALUES (1), (1), (2)");
        Assert.AreEqual("1|a 2|b", Read(reader, "SELECT * FROM t ORDER BY id"));
        Bring(writer, follower);
        Assert.AreEqual("2|bb 3|NULL", Read(reader, "SELECT * FROM t ORDER BY id"));
        Assert.AreEqual("1 1 2", Read(reader, "SELECT n FROM plain ORDER BY n"));

        Run(session, "ALTER TABLE t ADD COLUMN price numeric(10,2) DEFAULT 1.50", "CREATE TABLE later (a int)", "INSERT INTO later VALUES (7)", "DELETE FROM plain WHERE n = 1",
            "CREATE VIEW v AS SELECT name FROM t", "UPDATE t SET id = id + 1", "CREATE UNIQUE INDEX ON t (lower(name))", "INSERT INTO t VALUES (9, 'new', 2)");
        Bring(writer, follower);
        Assert.AreEqual("3|bb|1.50 4|NULL|1.50 9|new|2.00", Read(reader, "SELECT * FROM t ORDER BY id"));
        Assert.AreEqual("7", Read(reader, "SELECT a FROM later"));
        Assert.AreEqual("2", Read(reader, "SELECT n FROM plain"));
        Assert.AreEqual("bb new", Read(reader, "SELECT name FROM v WHERE name IS NOT NULL ORDER BY 1"));

        Run(session, "TRUNCATE t", "DROP TABLE later", "INSERT INTO t VALUES (1, 'z')");
        Bring(writer, follower);
        Assert.AreEqual("1|z|1.50", Read(reader, "SELECT * FROM t"));
        Assert.AreEqual(SqlStates.UndefinedTable, Assert.ThrowsExactly<PhantomDbException>(() => reader.Execute("SELECT * FROM later")).SqlState);
        Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => reader.Execute("INSERT INTO t VALUES (5)")).SqlState);
        Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => reader.Execute("CREATE TABLE x (a int)")).SqlState);
        Assert.AreEqual(writer.Persistence!.Log.LastLsn - 1, follower.FollowedLsn);
    }

    [TestMethod]
    public void Open_transactions_and_results_of_a_follower_keep_what_they_see()
    {
        using Database writer = Database.Open("shop", Options);
        using Session session = writer.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t SELECT i, 0 FROM generate_series(1, 5000) i");
        Vouch(writer);
        using Database follower = Database.Open("shop", Following);
        using Session repeatable = follower.OpenSession(), streaming = follower.OpenSession(), committed = follower.OpenSession();
        Run(repeatable, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1");
        Assert.AreEqual("5000|0", Read(repeatable, "SELECT count(*), sum(n) FROM t"));
        using QueryResult open = streaming.Execute("SELECT n FROM t");
        Assert.IsTrue(open.Read());
        for (int round = 1; round <= 5; round++)
        {
            Run(session, "UPDATE t SET n = n + 1", $"DELETE FROM t WHERE id = {round}", $"INSERT INTO t VALUES ({round + 10_000}, {round})");
            Bring(writer, follower);
            Assert.AreEqual("5000|0", Read(repeatable, "SELECT count(*), sum(n) FROM t"));
            Assert.AreEqual($"5000|{round * 5000}", Read(committed, "SELECT count(*), sum(n) FROM t"));
            Assert.AreEqual("0", Read(repeatable, $"SELECT n FROM t WHERE id = {round}"));
            Assert.AreEqual("", Read(committed, $"SELECT n FROM t WHERE id = {round}"));
        }
        int count = 1;
        while (open.Read())
        {
            Assert.AreEqual(0, open.GetInt32(0));
            count++;
        }
        Assert.AreEqual(5000, count);
        Run(repeatable, "COMMIT");
        Assert.AreEqual("5000|25000", Read(repeatable, "SELECT count(*), sum(n) FROM t"));
    }

    [TestMethod]
    public void What_nothing_vouches_for_is_not_shown()
    {
        using Database writer = Database.Open("shop", Options);
        using Session session = writer.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)");

        using Database follower = Database.Open("shop", Following);
        using Session reader = follower.OpenSession();
        Assert.AreEqual("1", Read(reader, "SELECT * FROM t"));
        Run(session, "INSERT INTO t VALUES (3)");
        Assert.IsTrue(follower.Refresh());
        Assert.AreEqual("1 2", Read(reader, "SELECT * FROM t"));
        Assert.IsFalse(follower.Refresh());
    }

    [TestMethod]
    public void T10_a_log_that_is_copied_byte_by_byte_gives_whole_transactions_only_and_never_an_error()
    {
        using (Database writer = Database.Open("shop", Options))
        {
            using Session session = writer.OpenSession();
            Run(session, "CREATE TABLE account (name text PRIMARY KEY, balance int)", "INSERT INTO account VALUES ('a', 100), ('b', 0)");
            for (int i = 0; i < 60; i++)
            {
                Run(session, "BEGIN", "UPDATE account SET balance = balance - 1 WHERE name = 'a'", "UPDATE account SET balance = balance + 1 WHERE name = 'b'", "COMMIT");
            }
        }
        Dictionary<string, byte[]> files = _disk.List("/data").Select(file => Path.Combine("/data", Path.GetFileName(file)!))
            .Where(path => path.Contains(".log", StringComparison.Ordinal)).ToDictionary(path => path, ReadAll);
        Assert.IsGreaterThan(2, files.Count);
        var copy = new SimulatedDisk();
        copy.CreateFolder("/data");
        string[] inOrder = [.. files.Keys.Where(path => path.Contains("_log_", StringComparison.Ordinal)).OrderBy(path => long.Parse(path.Split('_')[^1][..^4], System.Globalization.CultureInfo.InvariantCulture)),
            .. files.Keys.Where(path => path == "/data/shop.log")];
        Copy(copy, inOrder[0], files[inOrder[0]], 0, files[inOrder[0]].Length / 2);
        using Database follower = Database.Open("shop", Following with { FileSystem = copy });
        using Session reader = follower.OpenSession();
        int moved = 0;
        foreach (string path in inOrder)
        {
            int step = path == inOrder[1] ? 1 : 37;
            for (int from = path == inOrder[0] ? files[path].Length / 2 : 0; from < files[path].Length; from += step)
            {
                Copy(copy, path, files[path], from, Math.Min(from + step, files[path].Length));
                follower.Refresh();
                string state = Read(reader, "SELECT sum(balance), count(*), min(balance) FROM account");
                Assert.StartsWith("100|2|", state);
                moved = Math.Max(moved, int.Parse(Read(reader, "SELECT balance FROM account WHERE name = 'b'"), System.Globalization.CultureInfo.InvariantCulture));
            }
        }
        Assert.AreEqual(60, moved);
        Assert.IsNull(follower.FollowProblem);
    }

    [TestMethod]
    public void A_gap_is_waited_for_and_named()
    {
        using (Database writer = Database.Open("shop", Options))
        {
            using Session session = writer.OpenSession();
            Run(session, "CREATE TABLE t (id int PRIMARY KEY, text text)");
            for (int i = 0; i < 90; i++)
            {
                Run(session, $"INSERT INTO t VALUES ({i}, repeat('x', 100))");
            }
        }
        string[] segments = [.. _disk.List("/data").Select(file => Path.Combine("/data", Path.GetFileName(file)!)).Where(path => path.Contains("_log_", StringComparison.Ordinal))
            .OrderBy(path => long.Parse(path.Split('_')[^1][..^4], System.Globalization.CultureInfo.InvariantCulture)), "/data/shop.log"];
        var copy = new SimulatedDisk();
        copy.CreateFolder("/data");
        Copy(copy, segments[0], ReadAll(segments[0]), 0, int.MaxValue);
        using Database follower = Database.Open("shop", Following with { FileSystem = copy });
        using Session reader = follower.OpenSession();
        long before = long.Parse(Read(reader, "SELECT count(*) FROM t"), System.Globalization.CultureInfo.InvariantCulture);
        for (int i = 2; i < segments.Length; i++)
        {
            Copy(copy, segments[i], ReadAll(segments[i]), 0, int.MaxValue);
        }

        follower.Refresh();
        Assert.AreEqual(before.ToString(System.Globalization.CultureInfo.InvariantCulture), Read(reader, "SELECT count(*) FROM t"));
        StringAssert.Contains(follower.FollowProblem, "is not whole yet");
        Copy(copy, segments[1], ReadAll(segments[1]), 0, int.MaxValue);
        follower.Refresh();
        Assert.AreEqual("90", Read(reader, "SELECT count(*) FROM t"));
        Assert.IsNull(follower.FollowProblem);
    }

    [TestMethod]
    public void A_follower_begins_anew_after_a_restore_but_not_under_an_open_transaction()
    {
        using Database follower = FollowerOfRestored(out Session reader);
        Run(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        Assert.AreEqual("1 2 3", Read(reader, "SELECT * FROM t ORDER BY id"));
        DatabaseRestore.Run("shop", RestorePoint.Parse("3"), null, Options);

        follower.Refresh();
        StringAssert.Contains(follower.FollowProblem, "transaction");
        Assert.AreEqual("1 2 3", Read(reader, "SELECT * FROM t ORDER BY id"));
        Run(reader, "COMMIT");
        Assert.IsTrue(follower.Refresh());
        Assert.AreEqual("1 2", Read(reader, "SELECT * FROM t ORDER BY id"));

        using Database writer = Database.Open("shop", Options);
        using Session session = writer.OpenSession();
        Run(session, "INSERT INTO t VALUES (4)");
        Bring(writer, follower);
        Assert.AreEqual("1 2 4", Read(reader, "SELECT * FROM t ORDER BY id"));
        reader.Dispose();
    }

    [TestMethod]
    public void A_restore_into_an_older_segment_and_an_accepted_file_show_without_another_commit()
    {
        string[] statements = ["CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (0)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"];
        foreach (string statement in statements)   // a segment for each
        {
            using Database writer = Database.Open("shop", Options);
            using Session session = writer.OpenSession();
            Run(session, statement);
        }
        using Database follower = Database.Open("shop", Following);
        using Session reader = follower.OpenSession();
        Assert.AreEqual("0 1 2", Read(reader, "SELECT * FROM t ORDER BY id"));

        DatabaseRestore.Run("shop", RestorePoint.Parse("4"), null, Options);
        Assert.IsTrue(follower.Refresh(), follower.FollowProblem);
        Assert.AreEqual("0", Read(reader, "SELECT * FROM t ORDER BY id"));
        Assert.IsFalse(follower.Refresh());

        using (Database writer = Database.Open("shop", Options))
        {
            using Session session = writer.OpenSession();
            Run(session, "INSERT INTO t VALUES (7)");
        }
        Assert.IsTrue(follower.Refresh(), follower.FollowProblem);
        byte[] edited = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(ReadAll("/data/shop.db")).Replace("ROW:7\n", "ROW:8\nROW:9\n", StringComparison.Ordinal));
        Copy(_disk, "/data/shop.db", edited, 0, int.MaxValue);
        DatabaseTools.Accept("shop", Options);
        Assert.IsTrue(follower.Refresh(), follower.FollowProblem);
        Assert.AreEqual("0 8 9", Read(reader, "SELECT * FROM t ORDER BY id"));
        Assert.IsFalse(follower.Refresh());

        using (Database writer = Database.Open("shop", Options))
        {
            using Session session = writer.OpenSession();
            Run(session, "INSERT INTO t VALUES (10)");
            Bring(writer, follower);
        }
        Assert.AreEqual("0 8 9 10", Read(reader, "SELECT * FROM t ORDER BY id"));
    }

    private Database FollowerOfRestored(out Session reader)
    {
        using (Database writer = Database.Open("shop", Options))
        {
            using Session session = writer.OpenSession();
            Run(session, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)");
        }
        Database follower = Database.Open("shop", Following);
        reader = follower.OpenSession();
        return follower;
    }

    [TestMethod]
    public void A_follower_goes_on_by_itself_while_many_commit()
    {
        using Database writer = Database.Open("shop", Options with { LogSegmentSize = 64 << 10, LogRetentionCount = 2 });
        using (Session session = writer.OpenSession())
        {
            Run(session, "CREATE TABLE account (id int PRIMARY KEY, balance int)", "INSERT INTO account SELECT i, 100 FROM generate_series(1, 50) i");
        }
        Vouch(writer);
        using Database follower = Database.Open("shop", Following with { FollowInterval = TimeSpan.FromMilliseconds(1) });
        Task[] writers = [.. Enumerable.Range(0, 3).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            using Session session = writer.OpenSession();
            for (int i = 0; i < 150; i++)
            {
                int from = random.Next(1, 50), to = from + 1;
                Run(session, "BEGIN", $"UPDATE account SET balance = balance - 1 WHERE id = {from}", $"UPDATE account SET balance = balance + 1 WHERE id = {to}", "COMMIT");
                if (i % 50 == 49)
                {
                    Run(session, $"CREATE TABLE made_{seed}_{i} (a int)");
                }
            }
        }))];
        using Session reader = follower.OpenSession();
        while (!Task.WaitAll(writers, 1))
        {
            Assert.AreEqual("5000|50", Read(reader, "SELECT sum(balance), count(*) FROM account"));
        }
        Vouch(writer);
        long lsn = writer.Persistence!.Log.LastLsn - 1;
        Assert.IsTrue(SpinWait.SpinUntil(() => follower.FollowedLsn == lsn, TimeSpan.FromSeconds(30)), $"{follower.FollowedLsn} of {lsn}: {follower.FollowProblem}");
        using Session session2 = writer.OpenSession();
        Assert.AreEqual(Read(session2, "SELECT * FROM account ORDER BY id"), Read(reader, "SELECT * FROM account ORDER BY id"));
    }

    private byte[] ReadAll(string path)
    {
        using Stream stream = _disk.OpenRead(path);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void Copy(SimulatedDisk disk, string path, byte[] bytes, int from, int to)
    {
        using IWritableFile file = from == 0 ? disk.Create(path) : disk.OpenWrite(path);
        file.Append(bytes.AsSpan(from, Math.Min(to, bytes.Length) - from));
    }
}
