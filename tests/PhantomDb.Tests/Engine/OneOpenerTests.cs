using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Tests.Shell;

namespace PhantomDb.Tests.Engine;

/// <summary>One process has a database open; all others may read it.</summary>
[TestClass]
public sealed class OneOpenerTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb-opener-").FullName;

    [TestCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    private DatabaseOptions Options => new() { DataDirectory = _folder, MemoryLimit = 1 << 28, LogSegmentSize = 4096, LogRetentionCount = 1 };

    private static string Read(Database database, string sql)
    {
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute(sql);
        List<string> found = [];
        while (rows.Read())
        {
            found.Add(string.Join('|', Enumerable.Range(0, rows.Columns.Count).Select(i => rows.IsNull(i) ? "NULL" : rows.GetText(i))));
        }
        return string.Join(' ', found);
    }

    private static void Run(Database database, string sql)
    {
        using Session session = database.OpenSession();
        session.Execute(sql).Dispose();
    }

    [TestMethod]
    public void Where_there_is_no_folder_yet_the_lock_is_taken_when_it_is_asked_for()
    {
        DatabaseOptions options = Options with { DataDirectory = Path.Combine(_folder, "later") };
        using (Database first = Database.Open("shop", options), second = Database.Open("shop", options))
        {
            Assert.IsFalse(first.GetStatus().IsLocked);
            first.EnsureWritable();
            first.EnsureWritable();
            Assert.IsTrue(first.GetStatus().IsLocked);
            Assert.AreEqual(SqlStates.ObjectInUse, Assert.ThrowsExactly<PhantomDbException>(second.EnsureWritable).SqlState);
            Run(first, "CREATE TABLE t (id int)");
        }
        using Database reader = Database.Open("shop", options with { IsReadOnly = true });
        Assert.AreEqual(SqlStates.ReadOnlySqlTransaction, Assert.ThrowsExactly<PhantomDbException>(reader.EnsureWritable).SqlState);
        using Database memory = Database.CreateInMemory();
        memory.EnsureWritable();
        memory.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(memory.EnsureWritable);
    }

    [TestMethod]
    public void T12_of_fifty_who_open_at_once_one_has_the_database()
    {
        using (Database first = Database.Open("shop", Options))
        {
            Run(first, "CREATE TABLE t (id int PRIMARY KEY)");
        }
        for (int round = 0; round < 3; round++)
        {
            using var start = new Barrier(50);
            Database?[] opened = new Database?[50];
            var refusals = new List<PhantomDbException>();
            Thread[] openers = [.. Enumerable.Range(0, 50).Select(i => new Thread(() =>
            {
                start.SignalAndWait();
                try
                {
                    opened[i] = Database.Open("shop", Options);
                }
                catch (PhantomDbException error)
                {
                    lock (refusals)
                    {
                        refusals.Add(error);
                    }
                }
            }))];
            Array.ForEach(openers, opener => opener.Start());
            Array.ForEach(openers, opener => opener.Join());
            Database owner = opened.OfType<Database>().Single();
            Assert.HasCount(49, refusals);
            Assert.IsTrue(refusals.TrueForAll(error => error.SqlState == SqlStates.ObjectInUse), refusals[0].Message);
            StringAssert.Contains(refusals[0].Message + refusals[0].Detail, $"Process: {Environment.ProcessId}");
            Run(owner, $"INSERT INTO t VALUES ({round})");
            owner.Dispose();
        }
        using Database last = Database.Open("shop", Options);
        Assert.AreEqual("0 1 2", Read(last, "SELECT * FROM t ORDER BY id"));
    }

    [TestMethod]
    [DataRow("shop.txt")]
    [DataRow("shop.DB")]
    public void Who_names_the_file_with_another_ending_has_the_same_log_and_the_same_lock(string file)
    {
        string other = Path.Combine(_folder, file);
        using (Database first = Database.Open("shop", Options))
        {
            Run(first, "CREATE TABLE t (id int PRIMARY KEY)");
            Assert.AreEqual(SqlStates.ObjectInUse, Assert.ThrowsExactly<PhantomDbException>(() => Database.Open(other, Options)).SqlState);
            Run(first, "INSERT INTO t VALUES (1)");
        }
        using Database again = Database.Open("shop", Options);
        Assert.AreEqual("1", Read(again, "SELECT * FROM t"));
    }

    [TestMethod]
    public void T12_processes_race_to_open_and_a_killed_owner_loses_nothing()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("PHANTOMDB_OPENERS") ?? "4", CultureInfo.InvariantCulture);
        ShellProcess[] shells = [.. Enumerable.Range(0, count).Select(_ => new ShellProcess(_folder, "-q", "-m", "list", "-d", _folder, "shop"))];
        try
        {
            foreach (ShellProcess shell in shells)
            {
                try
                {
                    shell.Write("SELECT 'open' AS a;\n");
                }
                catch (IOException)
                {
                    // it has been refused, and ended
                }
            }
            string?[] answers = [.. shells.Select(shell => shell.ReadLine())];
            ShellProcess owner = shells[Array.FindIndex(answers, answer => answer is not null)];
            Assert.AreEqual(1, answers.Count(answer => answer is not null));
            owner.ReadLine();
            owner.Write("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); SELECT 'done' AS b;\n");
            Assert.AreEqual("b", owner.ReadLine());
            Assert.AreEqual(SqlStates.ObjectInUse, Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).SqlState);
            using (Database reader = Database.Open("shop", Options with { IsReadOnly = true }))
            {
                Assert.AreEqual("1", Read(reader, "SELECT * FROM t"));
            }
            owner.Signal("KILL");
            Assert.IsTrue(SpinWait.SpinUntil(() => TryOpen() is { } opened && Is(opened, "1"), TimeSpan.FromSeconds(30)));
        }
        finally
        {
            Array.ForEach(shells, shell => shell.Dispose());
        }
    }

    private Database? TryOpen()
    {
        try
        {
            return Database.Open("shop", Options);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.ObjectInUse)
        {
            Thread.Sleep(20);
            return null;
        }
    }

    private static bool Is(Database database, string rows)
    {
        using (database)
        {
            Assert.AreEqual(rows, Read(database, "SELECT * FROM t"));
            return true;
        }
    }

    [TestMethod]
    public void T12_readers_open_while_the_log_rotates_and_old_files_go()
    {
        using Database writer = Database.Open("shop", Options);
        Run(writer, "CREATE TABLE account (id int PRIMARY KEY, balance int, note text)");
        Run(writer, "INSERT INTO account SELECT i, 100, repeat('n', 50) FROM generate_series(1, 20) i");
        using var stop = new CancellationTokenSource();
        Task writing = Task.Run(() =>
        {
            var random = new Random(1);
            using Session session = writer.OpenSession();
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                int from = random.Next(1, 20);
                foreach (string sql in new[] { "BEGIN", $"UPDATE account SET balance = balance - 1 WHERE id = {from}", $"UPDATE account SET balance = balance + 1 WHERE id = {from + 1}", "COMMIT" })
                {
                    session.Execute(sql).Dispose();
                }
                if (i % 40 == 39)
                {
                    writer.SaveToDisk();
                }
            }
        });
        int opened = 0;
        long seen = 0;
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using Database reader = Database.Open("shop", Options with { IsReadOnly = true });
                Assert.AreEqual("2000|20", Read(reader, "SELECT sum(balance), count(*) FROM account"));
                Interlocked.Increment(ref opened);
                Interlocked.Exchange(ref seen, reader.Recovery!.LastLsn);
            }
        }))];
        Task.WaitAny([.. readers, writing, Task.Delay(3000)]);
        stop.Cancel();
        Task.WaitAll([.. readers, writing]);
        Assert.IsGreaterThan(1, opened);
        Assert.IsGreaterThan(10, seen);
        Assert.HasCount(1, Directory.GetFiles(_folder, "*.lock"));
    }

    [TestMethod]
    public void A_shell_follows_what_another_process_commits()
    {
        using Database writer = Database.Open("shop", Options);
        Run(writer, "CREATE TABLE t (id int PRIMARY KEY)");
        Run(writer, "INSERT INTO t VALUES (1)");
        writer.Persistence!.Log.Append("TICK", []);
        using var shell = new ShellProcess(_folder, "-q", "-m", "list", "-d", _folder, "--follow", "shop");
        for (int id = 1; id < 4; id++)
        {
            string? answer;
            do
            {
                shell.Write("SELECT max(id) AS m FROM t;\n");
                shell.ReadLine();
                answer = shell.ReadLine();
            }
            while (answer != id.ToString(CultureInfo.InvariantCulture));
            Run(writer, $"INSERT INTO t VALUES ({id + 1})");
            writer.Persistence.Log.Append("TICK", []);
        }
        Assert.AreEqual(0, shell.Finish().ExitCode);
    }

    [TestMethod]
    public void A_read_only_database_shows_what_was_there_and_writes_nothing()
    {
        var disk = new SimulatedDisk();
        DatabaseOptions options = new() { DataDirectory = "/data", FileSystem = disk, MemoryLimit = 1 << 28 };
        using (Database writer = Database.Open("shop", options))   // an open one's log keeps house by itself
        {
            Run(writer, "CREATE TABLE t (id int PRIMARY KEY)");
            Run(writer, "INSERT INTO t VALUES (1)");
        }
        int operations = Changes(disk);
        RecoveryReport? told = null;

        using Database reader = Database.Open("shop", options with { IsReadOnly = true, OnRecovered = report => told = report });

        Assert.AreEqual("1", Read(reader, "SELECT * FROM t"));
        Assert.AreSame(reader.Recovery, told);
        Assert.IsFalse(reader.Refresh());
        Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => Run(reader, "DELETE FROM t")).SqlState);
        Assert.AreEqual(operations, Changes(disk));
        Assert.ThrowsExactly<ArgumentException>(() => Database.Open("shop", options with { IsFollowing = true }));
    }

    [TestMethod]
    public void What_the_programs_own_handler_of_recovery_throws_ends_the_opening_and_closes_the_database()
    {
        var disk = new SimulatedDisk();
        DatabaseOptions options = new() { DataDirectory = "/data", FileSystem = disk, MemoryLimit = 1 << 28 };
        using Database killed = Database.Open("shop", options);
        Run(killed, "CREATE TABLE t (id int PRIMARY KEY)");
        options = options with { FileSystem = disk.WhatIsLeft(CrashProfile.ProcessKilled, seed: 1) };

        Assert.ThrowsExactly<TimeoutException>(() => Database.Open("shop", options with { OnRecovered = _ => throw new TimeoutException() }));

        using Database second = Database.Open("shop", options);
        Assert.AreEqual("", Read(second, "SELECT * FROM t"));
        Assert.AreEqual(0, second.Recovery!.TransactionsApplied, "closing has written the file");
    }

    private static int Changes(SimulatedDisk disk) => disk.Operations.Count(operation => !operation.Contains(" open ", StringComparison.Ordinal));
}
