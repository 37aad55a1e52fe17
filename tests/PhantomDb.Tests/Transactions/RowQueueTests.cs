using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Engine;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Transactions;

/// <summary>Many who wait for one row: in their order, one after the other, whatever happens to some of them; and what locks of rows cost.</summary>
[TestClass]
public sealed class RowQueueTests : IDisposable
{
    private readonly Database _database = Database.CreateInMemory();
    private readonly Session _owner;
    private readonly List<Session> _sessions = [];

    public RowQueueTests()
    {
        _owner = _database.OpenSession();
        Run(_owner, "CREATE TABLE t (id int PRIMARY KEY, log text)");
        Run(_owner, "INSERT INTO t VALUES (1, ''), (2, '')");
    }

    public void Dispose()
    {
        foreach (Session session in _sessions)
        {
            session.Dispose();
        }
        _owner.Dispose();
        _database.Dispose();
    }

    [TestMethod]
    [DataRow("UPDATE t SET log = log || '{0}' WHERE id = 1")]
    [DataRow("UPDATE t SET log = log || '{0}' WHERE log >= '' AND id < 2")]
    [DataRow("BEGIN; SELECT * FROM t WHERE id = 1 FOR UPDATE; UPDATE t SET log = log || '{0}' WHERE id = 1; COMMIT")]
    [DataRow("INSERT INTO t VALUES (1, '') ON CONFLICT (id) DO UPDATE SET log = t.log || '{0}'")]
    public void Those_who_wait_for_a_row_get_it_in_the_order_in_which_they_came(string statement)
    {
        Run(_owner, "BEGIN");
        Run(_owner, "UPDATE t SET log = '-' WHERE id = 1");
        List<Task<string>> waiting = [.. "abcdefgh".Select(letter => RunBlocked(NewSession(), string.Format(System.Globalization.CultureInfo.InvariantCulture, statement, letter)))];
        Run(_owner, "COMMIT");
        foreach (Task<string> task in waiting)
        {
            Assert.AreEqual("", task.Result);
        }
        if (!statement.StartsWith("INSERT", StringComparison.Ordinal))   // waits for the key first, at which there is no line
        {
            Assert.AreEqual("-abcdefgh", Run(_owner, "SELECT log FROM t WHERE id = 1"));
        }
        Assert.AreEqual("9", Run(_owner, "SELECT length(log) FROM t WHERE id = 1"));
        Assert.AreEqual(0, _database.Transactions.Locks.RowQueueCount);
        Assert.IsEmpty(_database.Transactions.Locks.Describe());
    }

    [TestMethod]
    public void Only_the_first_waits_for_the_owner_and_each_other_for_the_one_before()
    {
        Run(_owner, "BEGIN");
        Run(_owner, "UPDATE t SET log = '-' WHERE id = 1");
        Session a = NewSession(), b = NewSession(), c = NewSession();
        Task<string>[] waiting = [RunBlocked(a, Append('a')), RunBlocked(b, Append('b')), RunBlocked(c, Append('c'))];
        Assert.AreEqual($"{_owner.ProcessId} {a.ProcessId} {b.ProcessId}", string.Join(' ', new[] { a, b, c }.Select(s => _database.Monitor.BlockersOf(s.ProcessId).Single())));
        b.Cancel();
        Assert.AreEqual("57014", waiting[1].Result);
        WaitUntil(() => _database.Monitor.BlockersOf(c.ProcessId) is [var one] && one == a.ProcessId);
        _database.TerminateSession(a.ProcessId);
        Assert.AreEqual("57P01", waiting[0].Result);
        Run(_owner, "ROLLBACK");
        Assert.AreEqual("", waiting[2].Result);
        Assert.AreEqual("c", Run(_owner, "SELECT log FROM t WHERE id = 1"));
        Assert.AreEqual(0, _database.Transactions.Locks.RowQueueCount);
    }

    [TestMethod]
    public void Who_gives_up_in_an_open_transaction_keeps_nobody_waiting()
    {
        Run(_owner, "BEGIN");
        Run(_owner, "UPDATE t SET log = '-' WHERE id = 1");
        Session a = NewSession();
        Run(a, "BEGIN");
        Run(a, "UPDATE t SET log = 'x' WHERE id = 2");
        Task<string> first = RunBlocked(a, Append('a'));
        Task<string> second = RunBlocked(NewSession(), Append('b'));
        a.Cancel();
        Assert.AreEqual("57014", first.Result);   // its transaction is still there, failed
        Run(_owner, "COMMIT");
        Assert.AreEqual("", second.Result);
        Assert.AreEqual("-b", Run(_owner, "SELECT log FROM t WHERE id = 1"));
        Run(a, "ROLLBACK");
    }

    [TestMethod]
    public void A_place_in_the_line_makes_no_deadlock_for_who_has_locked_the_row_already()
    {
        Session a = NewSession(), b = NewSession(), c = NewSession();
        Run(a, "BEGIN");
        Run(a, "SELECT * FROM t WHERE id = 1 FOR KEY SHARE");
        Run(b, "BEGIN");
        Run(b, "SELECT * FROM t WHERE id = 1 FOR SHARE");
        Task<string> third = RunBlocked(c, "DELETE FROM t WHERE id = 1");   // waits for both
        Task<string> first = RunBlocked(a, "UPDATE t SET log = 'a' WHERE id = 1");   // waits for the second alone
        Run(b, "COMMIT");
        Assert.AreEqual("", first.Result);
        Run(a, "COMMIT");
        Assert.AreEqual("", third.Result);
        Assert.AreEqual("2", Run(_owner, "SELECT id FROM t"));
        Assert.AreEqual(0, _database.Transactions.Locks.RowQueueCount);
    }

    [TestMethod]
    public void Deadlocks_through_lines_are_found()
    {
        Session a = NewSession(), b = NewSession(), c = NewSession();
        foreach (Session session in new[] { a, b })
        {
            Run(session, "BEGIN");
        }
        Run(a, "UPDATE t SET log = 'a' WHERE id = 1");
        Run(b, "UPDATE t SET log = 'b' WHERE id = 2");
        Task<string> third = RunBlocked(c, "UPDATE t SET log = 'c' WHERE id = 1");
        Task<string> second = RunBlocked(b, "UPDATE t SET log = 'b' WHERE id = 1");   // behind the third
        Assert.AreEqual("40P01", Run(a, "UPDATE t SET log = 'a' WHERE id = 2"));
        Run(a, "ROLLBACK");
        Assert.AreEqual("", third.Result);
        Assert.AreEqual("", second.Result);
        Run(b, "COMMIT");
        Assert.AreEqual("1,b 2,b", Run(_owner, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    public void A_crowd_at_one_row_gets_through_with_cancels_and_rollbacks_among_it()
    {
        const int Threads = 8, Each = 40;
        int done = 0;
        ConcurrentWriterTests.Run(Threads, thread =>
        {
            using Session session = _database.OpenSession();
            var random = new Random(thread);
            Run(session, "SET lock_timeout = 20000");
            for (int i = 0; i < Each; i++)
            {
                int kind = random.Next(10);
                Run(session, kind == 0 ? "SET lock_timeout = 1" : "SET lock_timeout = 20000");
                Run(session, "BEGIN");
                string state = Run(session, kind < 5 ? Append('x') : "SELECT id FROM t WHERE id = 1 FOR UPDATE") is "1" ? Run(session, Append('x')) : "";
                bool isDone = Run(session, kind == 9 ? "ROLLBACK" : "SELECT 1") is "1" && Run(session, "COMMIT") is "";
                Assert.AreEqual("", state);
                if (isDone)
                {
                    Interlocked.Increment(ref done);
                }
                Run(session, "ROLLBACK");
            }
        });
        Assert.AreEqual($"{done}", Run(_owner, "SELECT length(log) FROM t WHERE id = 1"));
        Assert.AreEqual(0, _database.Transactions.Locks.RowQueueCount);
        Assert.IsEmpty(_database.Transactions.Locks.Describe());
    }

    [TestMethod]
    public void Locks_of_rows_are_charged_and_given_back()
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { MemoryLimit = 24_000_000 });
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE p (id int)");
        Run(session, "INSERT INTO p SELECT i FROM generate_series(1, 300000) i");
        long before = database.MemoryUsed;
        Run(session, "BEGIN");
        Assert.AreEqual("", Count(session, "SELECT id FROM p WHERE id <= 20000 FOR SHARE", 20_000));
        Assert.IsGreaterThan(before + 2_000_000, database.MemoryUsed);
        Assert.AreEqual("53200", Count(session, "SELECT id FROM p FOR UPDATE", -1));
        Run(session, "ROLLBACK");
        Assert.IsLessThan(before + 200_000, database.MemoryUsed);
        Assert.AreEqual("53200", Count(session, "SELECT id FROM p FOR UPDATE", -1));
        Assert.IsLessThan(before + 200_000, database.MemoryUsed);
        Assert.AreEqual("", Count(session, "SELECT id FROM p WHERE id <= 1000 FOR UPDATE", 1000));
    }

    private static string Append(char letter) => $"UPDATE t SET log = log || '{letter}' WHERE id = 1";

    private static string Count(Session session, string sql, int expected)
    {
        int count = 0;
        string state = StateOf(() =>
        {
            using QueryResult result = session.Execute(sql);
            while (result.Read())
            {
                count++;
            }
        });
        return state.Length > 0 ? state : count == expected ? "" : $"{count}";
    }

    private Session NewSession()
    {
        _sessions.Add(_database.OpenSession());
        return _sessions[^1];
    }
}
