using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Durability.Snapshots;

/// <summary>Snapshots beside everything else that a database does.</summary>
[TestClass]
public sealed class SnapshotConcurrencyTests : SnapshotTest
{
    [TestMethod]
    public void P11_commits_go_on_while_a_snapshot_is_written_and_it_has_none_of_them()
    {
        Database? database = null;
        int commits = 0;
        var watched = new WatchedDisk(Disk, path =>
        {
            if (path.Contains("_snapshot_", StringComparison.Ordinal))
            {
                // on another thread, as the snapshot's own waits here
                var writer = new Thread(() => Run(database!, FormattableString.Invariant($"INSERT INTO item VALUES ({1_000_000 + commits++}, 'new')"), "UPDATE item SET name = 'changed' WHERE id % 1000 = 7", "CREATE TABLE IF NOT EXISTS late (id int)"));
                writer.Start();
                Assert.IsTrue(writer.Join(Patience), "a commit waits for the snapshot");
            }
        });
        database = Open(options => options with { FileSystem = watched });
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i");
        SnapshotInfo snapshot = database.CreateSnapshot();
        Assert.IsGreaterThan(4, commits);
        using (Database alone = database.Snapshots.Open(snapshot.Lsn))
        {
            Assert.AreEqual("20000|100|100", Ask(alone, "SELECT count(*), min(length(name)), max(length(name)) FROM item"));
            Assert.AreEqual("0", Ask(alone, "SELECT count(*) FROM pg_class WHERE relname = 'late'"));
        }
        Assert.IsLessThanOrEqualTo((1 << 20) + (1 << 18), watched.UnflushedMost, "flushed every megabyte: the log's flushes wait for no more");
        Assert.IsGreaterThan(1 << 20, snapshot.Bytes);
        Crash(database);
        using Database again = Open();
        Assert.AreEqual($"{20_000 + commits}", Ask(again, "SELECT count(*) FROM item"));
    }

    [TestMethod]
    public void K7_snapshots_saves_loads_and_the_end_of_the_database_do_not_wait_for_each_other_for_ever()
    {
        for (int round = 0; round < 8; round++)
        {
            int number = round;
            var work = new Thread(() => Rummage(number));
            work.Start();
            Assert.IsTrue(work.Join(Patience), "a deadlock");
            using Database again = Open();
            Assert.AreEqual("t", Ask(again, "SELECT count(*) > 0 FROM item"));
        }
    }

    [TestMethod]
    public void K7_the_end_of_the_database_gives_up_a_snapshot_that_is_being_taken()
    {
        Database? database = null;
        using var isWriting = new ManualResetEventSlim();
        var watched = new WatchedDisk(Disk, path =>
        {
            if (path.Contains("_snapshot_", StringComparison.Ordinal))
            {
                isWriting.Set();
                Await(() => database!.IsDisposed, "the end");
                Thread.Sleep(100);
            }
        });
        database = Open(options => options with { FileSystem = watched, SnapshotInterval = 1, SnapshotEnabled = true });
        using (Session session = database.OpenSession())
        {
            session.Execute("CREATE TABLE item (id int PRIMARY KEY, name text)").Dispose();
            session.Execute("INSERT INTO item SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i").Dispose();
        }
        Assert.IsTrue(isWriting.Wait(Patience));
        database.Dispose();
        Assert.IsEmpty(SnapshotFiles());
        Assert.ThrowsExactly<ObjectDisposedException>(() => database.CreateSnapshot());
        using Database again = Open();
        Assert.AreEqual("50000", Ask(again, "SELECT count(*) FROM item"));
    }

    [TestMethod]
    public void Idle_databases_use_no_processor()
    {
        using Database database = Open(options => options with { SnapshotEnabled = true, SnapshotInterval = 5 });
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Insert(database, 1, 5);
        Await(() => database.Snapshots.Latest is not null, "a snapshot");
        int operations = -1;
        Await(() =>   // the log vouches for its last records, the snapshot is noted: then two seconds without any
        {
            int before = operations;
            operations = Disk.OperationCount;
            Thread.Sleep(2000);
            return before == operations && Disk.OperationCount == operations;
        }, "rest");
    }

    private void Rummage(int round)
    {
        Database database = Open(options => options with { SnapshotEnabled = true, SnapshotInterval = 3, LogSegmentSize = 4096 });
        Run(database, "CREATE TABLE IF NOT EXISTS item (id int PRIMARY KEY, name text)");
        bool isOver = false;
        List<Exception> problems = [];
        Action[] actions =
        [
            () => Run(database, FormattableString.Invariant($"INSERT INTO item VALUES ({Environment.TickCount64 % 1_000_000_007}, 'x') ON CONFLICT DO NOTHING")),
            () => database.CreateSnapshot(),
            () => database.SaveToDisk(),
            () => Run(database, "CHECKPOINT"),
            () => database.Snapshots.List(),
            () => database.SnapshotInterval = Random.Shared.Next(1, 10),
            () => database.SaveToDisk("copy"),
            () => database.LoadFromDisk(),
        ];
        Thread[] threads = [.. actions.Select(action => new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                try
                {
                    action();
                }
                catch (Exception error) when (error is PhantomDbException or ObjectDisposedException)
                {
                    // refused because of the others, or because it is over
                }
                catch (Exception error)
                {
                    lock (problems)
                    {
                        problems.Add(error);
                    }
                    return;
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Thread.Sleep(50 + (round * 20));
        database.Dispose();
        Volatile.Write(ref isOver, true);
        Array.ForEach(threads, thread => thread.Join());
        Assert.IsEmpty(problems);
    }
}
