using Microsoft.VisualStudio.TestTools.UnitTesting;
using static PhantomDb.Tests.Engine.SessionSteps;

namespace PhantomDb.Tests.Engine;

/// <summary>What must not be done gets a clear error at once: nothing hangs, and nothing is left behind.</summary>
[TestClass]
public sealed class MisuseTests
{
    [TestMethod]
    public void A_session_used_by_several_threads_refuses_all_but_one()
    {
        using Database database = Filled();
        Session session = database.OpenSession();
        using PreparedStatement prepared = session.Prepare("UPDATE t SET v = v + 1 WHERE id = 1");
        int done = 0;
        Transactions.ConcurrentWriterTests.Run(4, thread =>
        {
            for (int i = 0; i < 300; i++)
            {
                string state = StateOf(() =>
                {
                    switch ((thread + i) % 5)
                    {
                        case 0:
                            prepared.Execute().Dispose();
                            Interlocked.Increment(ref done);
                            break;
                        case 1:
                            session.Execute("UPDATE t SET v = v + 1 WHERE id = 1; UPDATE t SET v = v + 0 WHERE id = 2").Dispose();
                            Interlocked.Increment(ref done);
                            break;
                        case 2:
                            QueryResult result = session.Execute("SELECT * FROM t");
                            StateOf(() => result.Read());
                            while (StateOf(result.Dispose) is "55000")
                            {
                                Thread.Yield();   // refused: it is still open
                            }
                            break;
                        case 3:
                            session.DescribeSchema();
                            break;
                        default:
                            session.Cancel();
                            break;
                    }
                });
                Assert.IsTrue(state is "" or "55000" or "55006" or "57014", state);
            }
        });
        session.Cancel();   // of an idle session: nothing
        Assert.AreEqual("1", Run(session, "SELECT 1"));
        session.Dispose();
        using Session other = database.OpenSession();
        int value = int.Parse(Run(other, "SELECT v FROM t WHERE id = 1"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.IsTrue(value <= 10 + 1200 && value >= 10 + done, $"{value} after {done}");   // a cancelled one may have been done
        AssertNothingLeft(database);
    }

    [TestMethod]
    public void Whatever_is_used_of_a_database_that_was_disposed_of_says_so()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        try
        {
            Database database = Database.Open("shop", new DatabaseOptions { DataDirectory = folder });
            Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (id int PRIMARY KEY, v int)").Dispose();
            PreparedStatement[] prepared =
            [
                session.Prepare("SELECT v FROM t WHERE id = 1"), session.Prepare("INSERT INTO t VALUES (1, 2)"), session.Prepare("BEGIN"), session.Prepare("COMMIT"),
                session.Prepare("UPDATE t SET v = 3"),
            ];
            QueryResult open = session.Execute("SELECT * FROM t");
            DatabaseLog log = database.Log;
            DatabaseSnapshots snapshots = database.Snapshots;
            DatabaseSettings settings = database.Settings;
            database.Dispose();
            List<Action> uses =
            [
                () => session.Execute("SELECT 1"), () => session.Execute("COMMIT"), () => session.Prepare("SELECT 1"), () => session.ExecuteBatch("SELECT 1").Count(),
                () => session.ExecuteScript("SELECT 1").Count(), () => session.DescribeSchema(), () => open.Read(),
                () => database.OpenSession(), () => database.Fork(), () => database.DescribeSchema(), () => database.SaveToDisk(), () => database.SaveToDisk("copy"),
                () => database.LoadFromDisk(), () => database.Refresh(), () => database.CreateSnapshot(), () => database.SnapshotInterval = 7, () => database.SnapshotEnabled = false,
                () => _ = log.FirstLsn, () => _ = log.LastLsn, () => _ = log.DurableLsn, () => _ = log.Pins, () => log.Append("X", []), () => log.ReadAt(1), () => log.ReadAfter(0),
                () => log.CompactUpTo(1), () => log.Sync(), () => log.Pin("x", 1), () => log.Unpin("x"), () => database.Log.Sync(),
                () => snapshots.List(), () => snapshots.Get(1), () => _ = snapshots.Latest, () => snapshots.Open(1), () => snapshots.Pin("x", 1), () => snapshots.Unpin("x"),
                () => snapshots.Create(), () => snapshots.Period = null, () => snapshots.Run(CancellationToken.None),
                () => _ = settings.All, () => settings.Get("a.b"), () => settings.Set("a.b", "c"), () => settings.Reset("a.b"), () => settings.ResetAll(), () => settings.History().Count(),
                .. prepared.Select(statement => (Action)(() => statement.Execute())),
            ];
            for (int i = 0; i < uses.Count; i++)
            {
                Assert.ThrowsExactly<ObjectDisposedException>(uses[i], $"use {i}");
            }
            Assert.AreEqual("shop", database.Name);
            Assert.IsEmpty(database.GetSessions());
            database.Close();
            database.Dispose();
            open.Dispose();
            session.Dispose();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void What_runs_while_a_database_is_closed_is_told_so_and_what_comes_after_that_too()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        try
        {
            for (int round = 0; round < 10; round++)
            {
                Database database = Database.Open($"shop{round}", new DatabaseOptions { DataDirectory = folder });
                using (Session first = database.OpenSession())
                {
                    first.Execute("CREATE TABLE t (a int)").Dispose();
                }
                bool isClosed = false;
                List<string> wrong = [];
                Session[] sessions = [.. Enumerable.Range(0, 4).Select(_ => database.OpenSession())];
                Thread[] users = [.. Enumerable.Range(0, 4).Select(user => new Thread(() =>
                {
                    using Session session = sessions[user];
                    for (bool isLast = false; !isLast;)
                    {
                        isLast = Volatile.Read(ref isClosed);
                        try
                        {
                            if (user == 0)
                            {
                                database.Log.Append("X", []);
                            }
                            else
                            {
                                session.Execute(user == 1 ? "INSERT INTO t VALUES (1)" : user == 2 ? "SELECT sum(g) FROM generate_series(1, 10000) g" : "INSERT INTO t SELECT generate_series(1, 100)").Dispose();
                            }
                        }
                        catch (ObjectDisposedException)
                        {
                            continue;
                        }
                        catch (Exception error) when (!isLast && error is PhantomDbException { SqlState: "57P01" })
                        {
                            continue;
                        }
                        catch (Exception error)
                        {
                            lock (wrong)
                            {
                                wrong.Add($"user {user}, {(isLast ? "afterwards" : "meanwhile")}: {error}");
                            }
                            return;
                        }
                    }
                }))];
                Array.ForEach(users, user => user.Start());
                Thread.Sleep(30);
                database.Dispose();
                Volatile.Write(ref isClosed, true);
                Array.ForEach(users, user => user.Join());
                Assert.IsEmpty(wrong, string.Join('\n', wrong));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void After_its_end_everything_says_that_it_has_ended()
    {
        using Database database = Filled();
        Session session = database.OpenSession();
        PreparedStatement prepared = session.Prepare("SELECT v FROM t WHERE id = 1");
        QueryResult point = prepared.Execute();
        point.Dispose();
        QueryResult open = session.Execute("SELECT * FROM t");
        IEnumerable<QueryResult> script = session.ExecuteScript("SELECT 1; SELECT 2");
        session.Dispose();
        foreach (Action use in new Action[]
        {
            () => session.Execute("SELECT 1"), () => session.Prepare("SELECT 1"), () => session.ExecuteBatch("SELECT 1").Count(), () => script.Count(),
            () => session.DescribeSchema(), () => prepared.Execute(), () => open.Read(), () => point.Read(),
        })
        {
            Assert.ThrowsExactly<ObjectDisposedException>(use);
        }
        session.Cancel();
        session.Dispose();
        open.Dispose();
        prepared.Dispose();
        Assert.IsFalse(database.CancelSession(session.ProcessId));
        Assert.IsFalse(database.TerminateSession(session.ProcessId));
        database.Dispose();
        Assert.IsEmpty(database.GetSessions());
        AssertNothingLeft(database);
    }

    [TestMethod]
    public void A_result_left_open_keeps_every_other_statement_out_until_it_is_disposed_of()
    {
        using Database database = Filled();
        using Session session = database.OpenSession();
        using PreparedStatement prepared = session.Prepare("SELECT v FROM t WHERE id = 1");
        using QueryResult open = session.Execute("SELECT * FROM t");
        foreach (Action use in new Action[]
        {
            () => session.Execute("SELECT 1"), () => session.Prepare("SELECT 1"), () => session.ExecuteBatch("SELECT 1").Count(),
            () => session.ExecuteScript("SELECT 1").Count(), () => session.DescribeSchema(), () => prepared.Execute(),
        })
        {
            Assert.AreEqual("55006", StateOf(use));
        }
        Assert.IsTrue(open.Read());   // none of them did it any harm
        open.Dispose();
        Assert.AreEqual("10", Run(session, "SELECT v FROM t WHERE id = 1"));
    }

    [TestMethod]
    [DataRow("BEGIN; UPDATE t SET v = 1 WHERE id = 1", "UPDATE t SET v = 2 WHERE id = 1")]
    [DataRow("BEGIN; UPDATE t SET v = 1 WHERE id = 1", "SELECT * FROM t FOR UPDATE")]
    [DataRow("BEGIN; INSERT INTO t VALUES (3, 3)", "INSERT INTO t VALUES (3, 4)")]
    [DataRow("BEGIN; LOCK TABLE t IN SHARE MODE", "DELETE FROM t")]
    [DataRow("BEGIN; LOCK TABLE t", "SELECT * FROM t")]
    [DataRow("BEGIN; LOCK TABLE t", "SELECT v FROM t WHERE id = 1")]
    [DataRow("BEGIN; UPDATE t SET v = 1 WHERE id = 1", "ALTER TABLE t ADD COLUMN w int")]
    [DataRow("BEGIN; ALTER SEQUENCE s INCREMENT 3", "SELECT nextval('s')")]
    [DataRow("BEGIN; CREATE TABLE u (i int)", "CREATE TABLE u (i int)")]
    public void Who_waits_is_let_go_when_the_database_or_its_session_ends(string holding, string waits)
    {
        foreach (bool isDatabase in new[] { true, false })
        {
            using Database database = Filled();
            Session holder = database.OpenSession(), waiter = database.OpenSession();
            Assert.AreEqual("", Run(holder, holding));
            Task<string> waiting = RunBlocked(waiter, waits);
            Assert.AreEqual("55000", StateOf(waiter.Dispose));   // another thread uses it: cancel or terminate it first
            if (isDatabase)
            {
                database.Dispose();
            }
            else
            {
                Assert.IsTrue(database.TerminateSession(waiter.ProcessId));
            }
            Assert.IsTrue(waiting.Wait(PatienceMs));
            Assert.AreEqual("57P01", waiting.Result);
            WaitUntil(() => waiter.IsDisposed);
            holder.Dispose();
            waiter.Dispose();
            AssertNothingLeft(database);
        }
    }

    [TestMethod]
    public void A_database_disposed_of_under_load_ends_all_sessions_and_leaves_nothing()
    {
        for (int round = 0; round < 5; round++)
        {
            Database database = Filled();
            int statementCount = 0;
            Task[] workers = [.. Enumerable.Range(0, 4).Select(thread => Task.Factory.StartNew(() =>
            {
                try
                {
                    Session session = database.OpenSession();
                    for (int i = 0; ; i++)
                    {
                        string state = StateOf(() =>
                        {
                            using QueryResult result = session.Execute(((thread + i) % 4) switch
                            {
                                0 => "BEGIN", 1 => "UPDATE t SET v = v + 1 WHERE id = 1", 2 => "SELECT count(*) FROM t, generate_series(1, 1000)", _ => "COMMIT",
                            });
                            result.Read();
                        });
                        Assert.IsTrue(state is "" or "57P01" or "25P02" or "40P01", state);
                        Interlocked.Increment(ref statementCount);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // how it ends
                }
            }, TaskCreationOptions.LongRunning))];
            WaitUntil(() => Volatile.Read(ref statementCount) > 40);
            database.Dispose();
            Assert.IsTrue(Task.WaitAll(workers, PatienceMs));
            WaitUntil(() => database.OpenSessions().Count == 0);
            AssertNothingLeft(database);
        }
    }

    private static void AssertNothingLeft(Database database)
    {
        WaitUntil(() => database.Transactions.Locks.Describe().Count == 0 && database.Transactions.Locks.RowQueueCount == 0);
        Assert.IsFalse(database.Transactions.Locks.ExcludesQueries);
        WaitUntil(() => database.Storage.Timestamps.Visible == database.Storage.Timestamps.Horizon());   // a session counts as ended a moment before it has given back the last of what it had
    }

    private static Database Filled()
    {
        Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        Run(session, "CREATE TABLE t (id int PRIMARY KEY, v int); CREATE SEQUENCE s; INSERT INTO t VALUES (1, 10), (2, 20)");
        return database;
    }
}
