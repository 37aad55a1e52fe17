using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>Commits that are awaited: no thread waits for the disk, and nothing is told before it is there.</summary>
[TestClass]
public sealed class AsyncCommitTests : DatabaseOnDiskTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [TestMethod]
    public async Task Many_commits_wait_for_the_disk_without_a_thread()
    {
        const int Count = 300;
        using var disk = new GatedDisk();
        await using Database database = Database.Open("shop", Options with { FileSystem = disk });
        Run(database, "CREATE TABLE t (id int PRIMARY KEY)");
        Session[] sessions = [.. Enumerable.Range(0, Count).Select(_ => database.OpenSession())];
        disk.Close();

        Task<QueryResult>[] commits = [.. sessions.Select((session, i) => session.ExecuteAsync($"INSERT INTO t VALUES ({i})").AsTask())];   // by this one thread

        Assert.IsTrue(disk.IsWaitedFor.Wait(Patience));
        Assert.IsTrue(commits.All(commit => !commit.IsCompleted));
        Assert.AreEqual("0", Rows(database, "SELECT count(*) FROM t"), "nothing is visible before it is durable");
        disk.Open();
        await Task.WhenAll(commits).WaitAsync(Patience);
        Assert.IsTrue(commits.All(commit => commit.Result.CommandTag == "INSERT 0 1"));
        Assert.AreEqual("300", Rows(database, "SELECT count(*) FROM t"));
        Assert.IsLessThan(10, disk.FlushCount, "all but the first went together");
        foreach (Session session in sessions)
        {
            session.Dispose();
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task Two_who_use_a_session_at_once_are_told_so_and_what_is_told_as_done_is_there(bool isPrepared)
    {
        await using Database database = Database.Open("shop", Options);
        Run(database, "CREATE TABLE t (id int PRIMARY KEY)");
        using Session session = database.OpenSession();
        int last = 0, doneCount = 0, refusedCount = 0;
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref last) is int id && id <= 600)
            {
                try
                {
                    if (isPrepared)
                    {
                        using PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1)");
                        insert.Bind(1, id);
                        (await insert.ExecuteAsync()).Dispose();
                    }
                    else
                    {
                        (await session.ExecuteAsync($"INSERT INTO t VALUES ({id})")).Dispose();
                    }
                    Interlocked.Increment(ref doneCount);
                }
                catch (PhantomDbException error) when (error.SqlState is "55000" or "55006")
                {
                    Interlocked.Increment(ref refusedCount);
                }
            }
        }))).WaitAsync(Patience);

        Assert.AreEqual($"{doneCount}", Rows(database, "SELECT count(*) FROM t"));
        Assert.AreEqual(600, doneCount + refusedCount);
        session.Execute("INSERT INTO t VALUES (0)").Dispose();
    }

    [TestMethod]
    [DoNotParallelize]   // the pool is everybody's
    [DataRow("0")]
    [DataRow("1h")]
    public async Task Commits_end_while_all_threads_of_the_pool_wait_for_their_locks(string lockTimeout)
    {
        await using Database database = Database.Open("shop", Options);
        Run(database, "CREATE TABLE hot (id int PRIMARY KEY, n int)");
        Run(database, "INSERT INTO hot VALUES (1, 0)");
        const int Threads = 24, Tasks = 100;   // some of the threads are the test runner's
        ThreadPool.GetMaxThreads(out int threads, out int ports);
        Assert.IsTrue(ThreadPool.SetMaxThreads(Threads, ports));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Tasks).Select(_ => Task.Run(async () =>
            {
                using Session session = database.OpenSession();
                session.Execute($"SET lock_timeout = '{lockTimeout}'").Dispose();
                for (int i = 0; i < 3; i++)
                {
                    (await session.ExecuteAsync("UPDATE hot SET n = n + 1 WHERE id = 1")).Dispose();
                    (await session.ExecuteAsync("BEGIN")).Dispose();
                    (await session.ExecuteAsync("UPDATE hot SET n = n + 1 WHERE id = 1")).Dispose();
                    (await session.ExecuteAsync("COMMIT")).Dispose();
                }
            }))).WaitAsync(Patience);
        }
        finally
        {
            ThreadPool.SetMaxThreads(threads, ports);
        }
        Assert.AreEqual($"{6 * Tasks}", Rows(database, "SELECT n FROM hot"));
    }

    [TestMethod]
    public async Task Entries_of_the_users_own_stand_in_the_order_of_the_calls_and_wait_without_a_thread()
    {
        using var disk = new GatedDisk();
        await using Database database = Database.Open("shop", Options with { FileSystem = disk });
        Run(database, "CREATE TABLE t (id int PRIMARY KEY)");
        disk.Close();

        Task<long>[] entries = [.. Enumerable.Range(0, 300).Select(i => database.Log.AppendAsync("NOTE", [KeyValuePair.Create("n", $"{i}")]))];

        Assert.IsTrue(disk.IsWaitedFor.Wait(Patience));
        Assert.IsTrue(entries.All(entry => !entry.IsCompleted));
        disk.Open();
        long[] lsns = await Task.WhenAll(entries).WaitAsync(Patience);
        CollectionAssert.AreEqual(Enumerable.Range(0, 300).Select(i => lsns[0] + i).ToArray(), lsns);
        Assert.IsLessThan(10, disk.FlushCount, "all but the first went together");
        Assert.AreEqual("42939", (await Assert.ThrowsExactlyAsync<PhantomDbException>(() => database.Log.AppendAsync("INSERT", []))).SqlState);
        Assert.IsTrue(database.Log.AppendAsync("NOTE", [], new CancellationToken(true)).IsCanceled);
        Assert.AreEqual(lsns[^1], database.Log.LastLsn);
    }

    [TestMethod]
    [DataRow("INSERT INTO t VALUES (1, 'x')", "INSERT 0 1")]
    [DataRow("UPDATE t SET v = 'x' WHERE id = 0", "UPDATE 1")]
    [DataRow("DELETE FROM t WHERE v = 'a'", "DELETE 1")]
    [DataRow("INSERT INTO t VALUES (1, 'x'); INSERT INTO t VALUES (2, 'y')", "INSERT 0 1")]
    [DataRow("INSERT INTO t VALUES (7, 'x') RETURNING id + 1", "INSERT 0 1")]
    [DataRow("COMMIT", "COMMIT")]
    public async Task The_session_is_in_use_until_the_commit_is_durable(string sql, string tag)
    {
        using var disk = new GatedDisk();
        await using Database database = Database.Open("shop", Options with { FileSystem = disk });
        Run(database, "CREATE TABLE t (id int PRIMARY KEY, v text)");
        Run(database, "INSERT INTO t VALUES (0, 'a')");
        string before = Rows(database, "SELECT id, v FROM t ORDER BY id");
        using Session session = database.OpenSession();
        if (sql == "COMMIT")
        {
            session.Execute("BEGIN").Dispose();
            session.Execute("INSERT INTO t VALUES (5, 'in a block')").Dispose();
        }
        disk.Close();
        Task<QueryResult> commit = session.ExecuteAsync(sql).AsTask();
        Assert.IsTrue(disk.IsWaitedFor.Wait(Patience));

        Assert.AreEqual("55000", StateOf(() => session.Execute("SELECT 1")));
        Assert.AreEqual("55000", StateOf(session.Dispose));
        using (CancellationTokenSource stop = new())
        {
            Assert.AreEqual("55000", StateOf(() => session.ExecuteAsync("INSERT INTO t VALUES (6, 'refused')").AsTask()));
            Assert.AreEqual("55000", StateOf(() => session.ExecuteAsync("INSERT INTO t VALUES (7, 'refused')", stop.Token).AsTask()));
            await stop.CancelAsync();
        }
        Assert.AreEqual(before, Rows(database, "SELECT id, v FROM t ORDER BY id"));
        Assert.IsFalse(commit.IsCompleted);

        disk.Open();
        using (QueryResult result = await commit.WaitAsync(Patience))
        {
            Assert.AreEqual(tag, result.CommandTag);
            if (result.Columns.Count > 0)
            {
                Assert.IsTrue(result.Read());
                Assert.AreEqual(8, result.GetInt32(0));
            }
        }
        Assert.AreNotEqual(before, Rows(database, "SELECT id, v FROM t ORDER BY id"));
        Assert.IsFalse(session.IsInTransaction);
        session.Execute("INSERT INTO t VALUES (9, 'z')").Dispose();
        await using PreparedOf prepared = new(session, "INSERT INTO t VALUES ($1, 'p')");
        prepared.Statement.Bind(1, 10);
        (await prepared.Statement.ExecuteAsync()).Dispose();
        Assert.AreEqual("2", Rows(database, "SELECT count(*) FROM t WHERE id IN (9, 10)"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task A_token_stops_a_statement_that_runs_or_waits_or_has_not_begun(bool isInMemory)
    {
        await using Database database = isInMemory ? Database.CreateInMemory() : Database.Open("shop", Options);
        Run(database, "CREATE TABLE t (id int PRIMARY KEY, n int)");
        Run(database, "INSERT INTO t VALUES (1, 0)");
        using Session holder = database.OpenSession();
        holder.Execute("BEGIN").Dispose();
        holder.Execute("UPDATE t SET n = 1").Dispose();
        using Session session = database.OpenSession();
        using PreparedStatement update = session.Prepare("UPDATE t SET n = 2 WHERE id = 1");
        using CancellationTokenSource cancelled = new(TimeSpan.FromMilliseconds(50));   // whether before or while it runs
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(async () => (await session.ExecuteAsync("INSERT INTO t SELECT i + 10, count(*) FROM generate_series(1, 1) g(i), generate_series(1, 1000000000000) h GROUP BY i", cancelled.Token).ConfigureAwait(false)).Dispose());
        using CancellationTokenSource waiting = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(async () => (await update.ExecuteAsync(waiting.Token).ConfigureAwait(false)).Dispose());
        await Assert.ThrowsExactlyAsync<TaskCanceledException>(async () => (await update.ExecuteAsync(waiting.Token).ConfigureAwait(false)).Dispose());
        using (BulkInsert insert = session.BeginInsert("t", "id"))
        {
            insert.Write(2);
            await Assert.ThrowsExactlyAsync<TaskCanceledException>(() => insert.CompleteAsync(waiting.Token));
        }
        holder.Execute("COMMIT").Dispose();
        using CancellationTokenSource idle = new();
        (await update.ExecuteAsync(idle.Token).ConfigureAwait(false)).Dispose();
        (await session.ExecuteAsync("UPDATE t SET n = n + 1", idle.Token).ConfigureAwait(false)).Dispose();   // those before have left nothing
        Assert.AreEqual("1 3", Rows(database, "SELECT id || ' ' || n FROM t"));
    }

    [TestMethod]
    public async Task A_commit_that_the_disk_refuses_is_told_and_nothing_of_it_is_left()
    {
        using var disk = new GatedDisk();
        await using Database database = Database.Open("shop", Options with { FileSystem = disk });
        Run(database, "CREATE TABLE t (id int PRIMARY KEY)");
        using Session session = database.OpenSession();
        disk.FailsWrites = true;

        PhantomDbException error = await Assert.ThrowsExactlyAsync<PhantomDbException>(async () => await session.ExecuteAsync("INSERT INTO t VALUES (1)"));

        Assert.AreEqual(SqlStates.DiskFull, error.SqlState);
        disk.FailsWrites = false;
        (await session.ExecuteAsync("INSERT INTO t VALUES (2)")).Dispose();
        Assert.AreEqual("2", Rows(database, "SELECT id FROM t"));
    }

    [TestMethod]
    [DataRow("BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO child VALUES (1); COMMIT", "23503")]
    [DataRow("INSERT INTO child VALUES (1)", "23503")]
    [DataRow("INSERT INTO parent VALUES (1), (1)", "23505")]
    [DataRow("nonsense", "42601")]
    public async Task Errors_are_those_of_statements_that_are_not_awaited(string script, string state)
    {
        await using Database database = Database.Open("shop", Options);
        Run(database, "CREATE TABLE parent (id int PRIMARY KEY)");
        Run(database, "CREATE TABLE child (id int REFERENCES parent DEFERRABLE)");
        using Session session = database.OpenSession();
        string found = "";
        foreach (string sql in script.Split("; "))
        {
            try
            {
                (await session.ExecuteAsync(sql)).Dispose();
            }
            catch (PhantomDbException error)
            {
                found = error.SqlState;
            }
        }
        Assert.AreEqual(state, found);
        Assert.IsFalse(session.IsInTransaction);
        (await session.ExecuteAsync("INSERT INTO parent VALUES (7)")).Dispose();
        Assert.AreEqual("0,1", $"{Rows(database, "SELECT count(*) FROM child")},{Rows(database, "SELECT count(*) FROM parent")}");
    }

    [TestMethod]
    [DataRow("BEGIN; INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (1)")]
    [DataRow("BEGIN; INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2); ROLLBACK; SELECT nonsense")]
    public async Task What_a_COMMIT_in_the_midst_of_a_text_has_committed_stays_though_the_rest_fails(string sql)
    {
        await using Database database = Database.Open("shop", Options);
        Run(database, "CREATE TABLE t (id int PRIMARY KEY)");
        using Session session = database.OpenSession();
        await Assert.ThrowsExactlyAsync<PhantomDbException>(async () => await session.ExecuteAsync(sql));
        Assert.AreEqual("1", Rows(database, "SELECT id FROM t"));
        Assert.IsFalse(session.IsInTransaction);
    }

    [TestMethod]
    [DataRow(SyncPolicy.Always)]
    [DataRow(SyncPolicy.Interval)]
    public async Task Those_who_await_and_those_who_wait_commit_together(SyncPolicy policy)
    {
        const int Each = 60, Waiting = 3, Awaiting = 12;
        await using (Database database = Database.Open("shop", Options with { SyncPolicy = policy, LogSegmentSize = 8192 }))
        {
            Run(database, "CREATE TABLE t (id int PRIMARY KEY, v text)");
            Thread[] threads = [.. Enumerable.Range(0, Waiting).Select(i => new Thread(() =>
            {
                using Session session = database.OpenSession();
                for (int k = 0; k < Each; k++)
                {
                    session.Execute($"INSERT INTO t VALUES ({(i * Each) + k}, repeat('x', 100))").Dispose();
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            await Task.WhenAll(Enumerable.Range(Waiting, Awaiting).Select(async i =>
            {
                using Session session = database.OpenSession();
                for (int k = 0; k < Each; k++)
                {
                    (await session.ExecuteAsync($"INSERT INTO t VALUES ({(i * Each) + k}, repeat('x', 100))")).Dispose();
                }
            })).WaitAsync(Patience);
            Array.ForEach(threads, thread => Assert.IsTrue(thread.Join(Patience)));
        }
        using Database again = Database.Open("shop", Options);
        Assert.AreEqual(((Waiting + Awaiting) * Each).ToString(System.Globalization.CultureInfo.InvariantCulture), Rows(again, "SELECT count(*) FROM t"));
    }

    [TestMethod]
    [DataRow("ExecuteNonQueryAsync")]
    [DataRow("ExecuteScalarAsync")]
    [DataRow("ExecuteReaderAsync")]
    [DataRow("NextResultAsync")]
    [DataRow("DisposeAsync of a reader")]
    [DataRow("batch")]
    [DataRow("CommitAsync")]
    public async Task The_provider_awaits_the_disk(string how)
    {
        using var disk = new GatedDisk();
        await using Database database = Database.Open("shop", Options with { FileSystem = disk });
        Run(database, "CREATE TABLE t (id int PRIMARY KEY, v text)");
        await using var source = new PhantomDbDataSource(database);
        await using PhantomDbConnection connection = await source.OpenConnectionAsync();
        await using PhantomDbCommand command = connection.CreateCommand();
        command.CommandText = how switch
        {
            "NextResultAsync" or "DisposeAsync of a reader" => "SELECT 1; INSERT INTO t VALUES (@id, 'x'); SELECT 2",
            "ExecuteReaderAsync" => "INSERT INTO t VALUES (@id, 'x') RETURNING id",
            _ => "INSERT INTO t VALUES (@id, 'x')",
        };
        command.Parameters.AddWithValue("@id", 1);
        PhantomDbTransaction? transaction = null;
        PhantomDbDataReader? reader = null;
        if (how == "CommitAsync")
        {
            transaction = (PhantomDbTransaction)await connection.BeginTransactionAsync();
            await command.ExecuteNonQueryAsync();
        }
        if (how is "NextResultAsync" or "DisposeAsync of a reader")
        {
            reader = await command.ExecuteReaderAsync();
        }
        await using PhantomDbBatch batch = connection.CreateBatch();
        batch.BatchCommands.Add(new PhantomDbBatchCommand("INSERT INTO t VALUES (1, 'x')"));
        disk.Close();

        Task work = how switch
        {
            "ExecuteNonQueryAsync" => command.ExecuteNonQueryAsync(CancellationToken.None),
            "ExecuteScalarAsync" => command.ExecuteScalarAsync(CancellationToken.None),
            "ExecuteReaderAsync" => command.ExecuteReaderAsync(),
            "NextResultAsync" => reader!.NextResultAsync(CancellationToken.None),
            "batch" => batch.ExecuteNonQueryAsync(),
            "CommitAsync" => transaction!.CommitAsync(),
            _ => reader!.DisposeAsync().AsTask(),
        };

        Assert.IsTrue(disk.IsWaitedFor.Wait(Patience));
        Assert.IsFalse(work.IsCompleted);
        disk.Open();
        await work.WaitAsync(Patience);
        if (how == "ExecuteReaderAsync")
        {
            reader = await (Task<PhantomDbDataReader>)work;
            Assert.IsTrue(await reader.ReadAsync());
            Assert.AreEqual(1, reader.GetInt32(0));
        }
        if (reader is not null)
        {
            await reader.DisposeAsync();
        }
        Assert.AreEqual("1", Rows(database, "SELECT id FROM t"));
        command.Parameters[0].Value = 2;
        Assert.AreEqual(1, await command.ExecuteNonQueryAsync());
    }

    private static string StateOf(Action action) => Assert.ThrowsExactly<PhantomDbException>(action).SqlState;

    private sealed class PreparedOf(Session session, string sql) : IAsyncDisposable
    {
        public PreparedStatement Statement { get; } = session.Prepare(sql);

        public ValueTask DisposeAsync()
        {
            Statement.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Flushes of the log wait while it is closed.</summary>
    private sealed class GatedDisk() : PassingDisk(PhysicalFileSystem.Instance), IDisposable
    {
        private readonly ManualResetEventSlim _isOpen = new(initialState: true);
        private int _flushCount;

        public ManualResetEventSlim IsWaitedFor { get; } = new();

        public bool FailsWrites { get; set; }

        public int FlushCount => Volatile.Read(ref _flushCount);

        public void Close()
        {
            _isOpen.Reset();
            _flushCount = 0;
        }

        public void Open() => _isOpen.Set();

        public void Dispose()
        {
            _isOpen.Dispose();
            IsWaitedFor.Dispose();
        }

        protected override IWritableFile Wrap(string path, IWritableFile file) => path.Contains(".log", StringComparison.Ordinal) ? new GatedFile(this, file) : file;

        private sealed class GatedFile(GatedDisk disk, IWritableFile file) : PassingFile(file)
        {
            public override void Append(ReadOnlySpan<byte> bytes)
            {
                if (disk.FailsWrites)
                {
                    throw new PhantomDbException(SqlStates.DiskFull, "there is no room");
                }
                base.Append(bytes);
            }

            public override void Flush()
            {
                if (!disk._isOpen.IsSet)
                {
                    disk.IsWaitedFor.Set();
                    disk._isOpen.Wait();
                }
                Interlocked.Increment(ref disk._flushCount);
                base.Flush();
            }
        }
    }
}
