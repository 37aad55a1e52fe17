using System.Text;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Durability.Snapshots;

[TestClass]
public sealed partial class DatabaseSnapshotTests : SnapshotTest
{
    [TestMethod]
    public void P7_CreateSnapshot_gives_name_LSN_bytes_and_duration_of_a_file_that_has_all_by_itself()
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)", "CREATE VIEW names AS SELECT name FROM item", "CREATE SEQUENCE numbers");
        Insert(database, 1, 3);

        SnapshotInfo snapshot = database.CreateSnapshot();

        StringAssert.Matches(snapshot.Name, NamePattern());
        Assert.AreEqual(Path.Combine(Folder, snapshot.Name), snapshot.Path);
        Assert.AreEqual(database.Transactions.Timestamps.Visible, snapshot.Lsn);
        Assert.AreEqual(Disk.Length(snapshot.Path), snapshot.Bytes);
        Assert.IsGreaterThan(TimeSpan.Zero, snapshot.Duration!.Value);
        Assert.IsTrue(snapshot.IsVerified);
        Insert(database, 4, 1);
        using Database alone = database.Snapshots.Open(snapshot.Lsn);
        Assert.AreEqual("name 1\nname 2\nname 3", Ask(alone, "SELECT * FROM names ORDER BY 1"));
        Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => Run(alone, "DELETE FROM item")).SqlState);
    }

    [TestMethod]
    public void A_snapshot_is_not_opened_to_be_written_to_and_what_is_saved_of_it_is_a_database_of_its_own()
    {
        string path;
        using (Database database = Open())
        {
            Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
            Insert(database, 1, 3);
            path = database.CreateSnapshot().Path;
            Insert(database, 4, 1);
        }
        byte[] before = Disk.Read(path);

        foreach (Action change in new Action[]
        {
            () => Database.Open(path, Options).Dispose(), () => DatabaseTools.Accept(path, Options), () => DatabaseTools.Repair(path, Options),
            () => DatabaseRestore.Run(path, RestorePoint.Parse("1"), options: Options),
        })
        {
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(change);
            Assert.AreEqual("55000", error.SqlState, error.Message);
            StringAssert.Contains(error.Message, "\"shop\"");
        }
        using (Database inMemory = Database.Open(path, Options with { IsInMemory = true }))
        {
            Insert(inMemory, 100, 1);
            Assert.AreEqual("55000", Assert.ThrowsExactly<PhantomDbException>(() => inMemory.SaveToDisk(path + "_2")).SqlState);
            inMemory.SaveToDisk("copy");
        }

        CollectionAssert.AreEqual(before, Disk.Read(path));
        using Database shop = Open(), copy = Database.Open("copy", Options);
        Assert.AreEqual("4|4", Ask(shop, "SELECT count(*), max(id) FROM item"));
        Assert.AreEqual("4|100", Ask(copy, "SELECT count(*), max(id) FROM item"));
    }

    [TestMethod]
    public async Task P7_A_snapshot_can_be_awaited_and_given_up()
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        SnapshotInfo snapshot = await database.CreateSnapshotAsync();
        Assert.AreEqual(1, database.Snapshots.List().Count);
        Assert.AreEqual(snapshot.Lsn, database.Snapshots.Latest!.Lsn);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => database.CreateSnapshotAsync(stop.Token));
        Assert.AreEqual("57014", Assert.ThrowsExactly<PhantomDbException>(() => database.Snapshots.Create(stop.Token)).SqlState);
        Assert.HasCount(1, SnapshotFiles());
    }

    [TestMethod]
    public void A2_Latest_is_the_newest_and_Get_finds_one_by_its_LSN()
    {
        using Database database = Open();
        Assert.IsNull(database.Snapshots.Latest);
        Assert.IsEmpty(database.Snapshots.List());
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        SnapshotInfo first = database.CreateSnapshot();
        Insert(database, 1, 1);
        SnapshotInfo second = database.CreateSnapshot();
        Assert.AreEqual(second.Name, database.Snapshots.Latest!.Name);
        Assert.AreEqual(first.Name, database.Snapshots.Get(first.Lsn)!.Name);
        Assert.IsNull(database.Snapshots.Get(12345));
        Assert.AreEqual("22023", Assert.ThrowsExactly<PhantomDbException>(() => database.Snapshots.Open(12345)).SqlState);
    }

    [TestMethod]
    public void A_database_in_memory_takes_none_and_says_so()
    {
        using Database database = Database.CreateInMemory();
        Assert.IsEmpty(database.Snapshots.List());
        Assert.IsFalse(database.SnapshotEnabled);
        Assert.AreEqual("55000", Assert.ThrowsExactly<PhantomDbException>(() => database.CreateSnapshot()).SqlState);
        Assert.AreEqual("55000", Assert.ThrowsExactly<PhantomDbException>(() => database.SnapshotEnabled = true).SqlState);
        Run(database, "CHECKPOINT");
    }

    [TestMethod]
    public void P3_a_snapshot_is_taken_in_the_background_after_the_interval()
    {
        Database database = Open(options => options with { SnapshotEnabled = true, SnapshotInterval = 20 });
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Insert(database, 1, 19);
        Thread.Sleep(100);
        Assert.IsEmpty(SnapshotFiles(), "definitions are no operations");
        Insert(database, 20, 1);
        Await(() => database.Snapshots.Latest is not null, "a snapshot");
        Assert.AreEqual("20", Ask(database.Snapshots.Open(database.Snapshots.Latest!.Lsn), "SELECT count(*) FROM item"));
        Assert.IsNull(database.Snapshots.LastError);
        Run(database, "UPDATE item SET name = 'x'");
        Await(() => database.Snapshots.List().Count == 2, "one statement of many rows counts each of them");
        Crash(database);
        using Database again = Open();
        Assert.AreEqual(SnapshotFiles()[^1], Path.GetFileName(again.Recovery!.Files.First(file => file.IsUsed).Path));
        Assert.AreEqual("20|x", Ask(again, "SELECT count(*), max(name) FROM item"));
    }

    [TestMethod]
    public void P3_another_thread_takes_those_that_come_due_and_leaves_them_to_the_own_one_afterwards()
    {
        using Database database = Open(options => options with { SnapshotEnabled = true, SnapshotInterval = 10 });
        int told = 0;
        database.Snapshots.Taken += snapshot => Interlocked.Increment(ref told);
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        for (int round = 0; round < 5; round++)
        {
            using var stop = new CancellationTokenSource();
            var driver = new Thread(() => database.Snapshots.Run(stop.Token)) { Name = "driver" };
            driver.Start();
            Await(IsDriven, "the driver");
            InsertAndAwait((round * 20) + 1);
            stop.Cancel();
            Assert.IsTrue(driver.Join(Patience));
            Assert.IsFalse(IsDriven());
            InsertAndAwait((round * 20) + 11);
        }
        Assert.IsNull(database.Snapshots.LastError);
        Await(() => Volatile.Read(ref told) >= 10, "each is told");

        void InsertAndAwait(int first)
        {
            long before = database.Snapshots.Latest?.Lsn ?? 0;
            Insert(database, first, 10);
            Await(() => database.Snapshots.Latest?.Lsn > before, "a snapshot");
        }

        bool IsDriven() => database.Persistence!.Snapshots.IsDriven;
    }

    [TestMethod]
    public void P3_custom_entries_are_operations_too()
    {
        using Database database = Open(options => options with { SnapshotEnabled = true, SnapshotInterval = 3 });
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1, 'a')");
        TransactionLog log = database.Persistence!.Log;
        log.Append("MAINTENANCE", [new("user", "admin")]);
        Thread.Sleep(50);
        Assert.IsEmpty(SnapshotFiles());
        log.Append("MAINTENANCE", [new("user", "admin")]);
        Await(() => database.Snapshots.Latest is not null, "a snapshot");
    }

    [TestMethod]
    public void P3_with_the_default_interval_snapshots_stay_smaller_together_than_the_log()
    {
        using Database database = Open(options => options with { SnapshotEnabled = true, SyncPolicy = SyncPolicy.None });
        Assert.AreEqual(1000, database.SnapshotInterval);
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item SELECT i, repeat('x', 200) FROM generate_series(1, 2000) i");
        long bytes = 0, count = 0;
        var seen = new HashSet<string>();
        for (int round = 0; round < 60; round++)
        {
            Run(database, FormattableString.Invariant($"UPDATE item SET name = repeat('y', 200) || {round} WHERE id <= 100"));
            foreach (SnapshotInfo snapshot in database.Snapshots.List().Where(snapshot => seen.Add(snapshot.Name)))
            {
                bytes += snapshot.Bytes;
                count++;
            }
            Thread.Sleep(2);
        }
        database.Persistence!.Log.Sync();
        Assert.IsGreaterThan(0, count);
        Assert.IsLessThanOrEqualTo(database.Persistence.Log.WrittenBytes, bytes);
    }

    [TestMethod]
    public void P3_time_and_the_size_of_the_log_make_one_due_where_something_has_changed()
    {
        using Database database = Open(options => options with { SnapshotEnabled = true, SnapshotPeriod = TimeSpan.FromMilliseconds(30), SnapshotInterval = int.MaxValue });
        Thread.Sleep(100);
        Assert.IsFalse(Disk.FolderExists(Folder), "nothing has changed, so nothing is written");
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1, 'a')");
        Await(() => database.Snapshots.List().Count == 1, "a snapshot by time");
        Thread.Sleep(100);
        Assert.HasCount(1, SnapshotFiles());
        database.Snapshots.Period = null;
        database.Snapshots.LogSize = 2000;
        Insert(database, 2, 10);
        Thread.Sleep(100);
        int before = SnapshotFiles().Length;
        Insert(database, 12, 30);
        Await(() => SnapshotFiles().Length > before || database.Snapshots.Latest!.Lsn > 14, "a snapshot by the size of the log");
    }

    [TestMethod]
    public void P5_enabled_and_interval_can_be_set_while_the_database_runs_and_nothing_and_less_are_refused()
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Insert(database, 1, 10);
        database.SnapshotInterval = 5;
        Thread.Sleep(50);
        Assert.IsEmpty(SnapshotFiles());
        database.SnapshotEnabled = true;
        Await(() => database.Snapshots.Latest is not null, "a snapshot, as ten rows have changed");
        database.SnapshotEnabled = false;
        Insert(database, 11, 10);
        Thread.Sleep(50);
        Assert.HasCount(1, SnapshotFiles());
        database.SnapshotInterval = 500;
        Assert.AreEqual(500, database.SnapshotInterval);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => database.SnapshotInterval = 0);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => database.SnapshotInterval = -1);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Open(options => options with { SnapshotInterval = 0 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Open(options => options with { SnapshotRetentionCount = 1 }));
        Assert.AreEqual(500, database.SnapshotInterval);
    }

    [TestMethod]
    public void Rows_of_tables_that_have_not_changed_are_copied_and_the_file_is_the_same()
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)", "CREATE TABLE quiet (id int, name text)",
            "INSERT INTO quiet SELECT i % 7, repeat('q', i % 50) FROM generate_series(1, 40000) i", "CREATE TABLE changed (id int PRIMARY KEY, name text)");
        Insert(database, 1, 5);
        Assert.AreEqual(0, database.CreateSnapshot().CopiedBytes);
        Insert(database, 6, 1);
        Run(database, "ALTER TABLE quiet RENAME COLUMN name TO title", "INSERT INTO changed VALUES (1, 'a')");
        database.CreateSnapshot();
        Insert(database, 7, 1);

        SnapshotInfo copied = database.CreateSnapshot();

        Assert.IsGreaterThan(500_000, copied.CopiedBytes!.Value);
        database.SaveToDisk("copy");
        Assert.AreEqual(WithoutHeader(Path.Combine(Folder, "copy.db")), WithoutHeader(copied.Path));
    }

    [TestMethod]
    [DataRow("UPDATE item SET name = 'new' WHERE id = 1")]
    [DataRow("DELETE FROM item WHERE id = 1")]
    [DataRow("INSERT INTO item VALUES (1000, 'new')")]
    [DataRow("TRUNCATE item")]
    [DataRow("ALTER TABLE item ADD COLUMN more int DEFAULT 7")]
    [DataRow("ALTER TABLE item ALTER COLUMN id TYPE bigint")]
    [DataRow("BEGIN; DROP TABLE item; CREATE TABLE item (id int PRIMARY KEY, name text); INSERT INTO item VALUES (1, 'other'); COMMIT")]
    public void Rows_of_a_table_that_has_changed_are_not_copied(string change)
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Insert(database, 1, 5);
        database.CreateSnapshot();
        Run(database, change.Split("; "));
        SnapshotInfo second = database.CreateSnapshot();
        Assert.AreEqual(0, second.CopiedBytes);
        database.SaveToDisk("copy");
        Assert.AreEqual(WithoutHeader(Path.Combine(Folder, "copy.db")), WithoutHeader(second.Path));
    }

    [TestMethod]
    public void A_transaction_that_wrote_before_a_snapshot_and_commits_after_it_is_in_the_next()
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Insert(database, 1, 2);
        using Session slow = database.OpenSession();
        slow.Execute("BEGIN").Dispose();
        slow.Execute("UPDATE item SET name = 'slow' WHERE id = 1").Dispose();
        SnapshotInfo first = database.CreateSnapshot();
        slow.Execute("COMMIT").Dispose();
        SnapshotInfo second = database.CreateSnapshot();
        Assert.AreEqual("name 1", Ask(database.Snapshots.Open(first.Lsn), "SELECT name FROM item WHERE id = 1"));
        Assert.AreEqual("slow", Ask(database.Snapshots.Open(second.Lsn), "SELECT name FROM item WHERE id = 1"));
    }

    [TestMethod]
    public void A_damaged_file_is_not_copied_from()
    {
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Insert(database, 1, 50);
        SnapshotInfo first = database.CreateSnapshot();
        Edit(first.Path, bytes => bytes[Encoding.ASCII.GetString(bytes).IndexOf("name 30", StringComparison.Ordinal)] = (byte)'N');
        SnapshotInfo second = database.CreateSnapshot();
        Assert.AreEqual(0, second.CopiedBytes);
        Assert.AreEqual("name 30", Ask(database.Snapshots.Open(second.Lsn), "SELECT name FROM item WHERE id = 30"));
        Assert.IsTrue(database.Snapshots.Get(first.Lsn)!.IsDamaged || first.Lsn == second.Lsn);
        Assert.AreEqual("XX001", Assert.ThrowsExactly<PhantomDbException>(() => database.OpenFile(first.Path)).SqlState);
    }

    [TestMethod]
    public void P13_in_place_of_a_damaged_snapshot_the_older_one_serves_with_more_of_the_log()
    {
        Database database = Open(options => options with { LogSegmentSize = 4096, LogRetentionCount = 0 });
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        for (int round = 0; round < 6; round++)
        {
            Insert(database, round * 100, 100);
            database.CreateSnapshot();
        }
        Assert.HasCount(2, SnapshotFiles());
        string[] byAge = [.. database.Snapshots.List().OrderBy(snapshot => snapshot.Lsn).Select(snapshot => snapshot.Path)];   // names tell seconds alone
        Assert.IsGreaterThan(1, database.Persistence!.Log.FirstLsn, "the log before the two newest is gone");
        Crash(database);
        Edit(byAge[1], bytes => bytes[bytes.Length / 2] ^= 1);
        using Database again = Open();
        Assert.AreEqual(RecoveryVerdict.Repaired, again.Recovery!.Verdict);
        Assert.AreEqual(byAge[0], again.Recovery.Files.Last(file => file.IsUsed && file.Path.Contains("_snapshot_", StringComparison.Ordinal)).Path);
        Assert.AreEqual("600", Ask(again, "SELECT count(*) FROM item"));
    }

    [TestMethod]
    public void Two_snapshots_are_kept_and_those_that_are_pinned_beyond_a_restart()
    {
        Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        long pinned = database.CreateSnapshot().Lsn;
        database.Snapshots.Pin("before the move", pinned);
        for (int i = 0; i < 4; i++)
        {
            Insert(database, i, 1);
            database.CreateSnapshot();
        }
        Assert.AreEqual(3, database.Snapshots.List().Count);
        CollectionAssert.AreEqual(new[] { "before the move" }, database.Snapshots.Get(pinned)!.Pins.ToArray());
        Assert.AreEqual("22023", Assert.ThrowsExactly<PhantomDbException>(() => database.Snapshots.Pin("x", 12345)).SqlState);
        Crash(database);
        using Database again = Open();
        Insert(again, 10, 1);
        again.CreateSnapshot();
        Insert(again, 11, 1);
        again.CreateSnapshot();
        Assert.AreEqual(3, again.Snapshots.List().Count);
        Assert.IsNotNull(again.Snapshots.Get(pinned));
        Assert.IsTrue(again.Snapshots.Unpin("before the move"));
        Assert.IsFalse(again.Snapshots.Unpin("before the move"));
        Assert.IsNull(again.Snapshots.Get(pinned));
    }

    [TestMethod]
    public void T11_names_are_unique_and_the_LSN_decides_when_the_clock_stands_still_or_goes_back()
    {
        var clock = new SetClock { Now = new DateTimeOffset(2026, 11, 21, 2, 25, 0, TimeSpan.Zero) };
        Database database = Open(options => options with { Clock = clock, SnapshotRetentionCount = null });
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Assert.AreEqual("shop_snapshot_20261121_022500", database.CreateSnapshot().Name);
        Insert(database, 1, 1);
        Assert.AreEqual("shop_snapshot_20261121_022500_2", database.CreateSnapshot().Name);
        clock.Now = clock.Now.AddHours(-1);
        Insert(database, 2, 1);
        SnapshotInfo newest = database.CreateSnapshot();
        Assert.AreEqual("shop_snapshot_20261121_012500", newest.Name);
        Assert.AreEqual(newest.Name, database.Snapshots.Latest!.Name);
        Crash(database);
        using Database again = Open();
        Assert.AreEqual(newest.Name, Path.GetFileName(again.Recovery!.Files.First(file => file.IsUsed).Path));
    }

    [TestMethod]
    public void P4_CHECKPOINT_writes_the_databases_own_file()
    {
        Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        Insert(database, 1, 3);
        Assert.IsFalse(Disk.Exists(Folder + "/shop.db"));
        Run(database, "CHECKPOINT");
        Assert.IsTrue(Disk.Exists(Folder + "/shop.db"));
        Assert.IsFalse(database.HasUnsavedChanges);
        Crash(database);
        using Database again = Open();
        Assert.AreEqual(0, again.Recovery!.TransactionsApplied);
        Assert.AreEqual("3", Ask(again, "SELECT count(*) FROM item"));
    }

    [TestMethod]
    public void What_a_crash_left_of_a_snapshot_goes_with_the_next_one()
    {
        Disk.CreateFolder(Folder);
        string left = Folder + "/shop_snapshot_20261121_022500.new", other = Folder + "/shopping_snapshot_20261121_022500.new";
        Disk.Create(left).Dispose();
        Disk.Create(other).Dispose();
        using Database database = Open();
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)");
        database.CreateSnapshot();
        Assert.IsFalse(Disk.Exists(left));
        Assert.IsTrue(Disk.Exists(other));
    }

    [TestMethod]
    public void A_snapshot_that_fails_in_the_background_is_told_and_tried_again()
    {
        using Database database = Open(options => options with { SnapshotInterval = 10 });
        Run(database, "CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item SELECT i, repeat('x', 1000) FROM generate_series(1, 200) i");
        Disk.Capacity = Disk.List(Folder).Sum(file => Disk.Length(Path.Combine(Folder, Path.GetFileName(file)))) + 100_000;
        database.SnapshotEnabled = true;
        Await(() => database.Snapshots.LastError is not null, "an error");
        Assert.AreEqual("53100", database.Snapshots.LastError!.SqlState);
        Assert.IsEmpty(SnapshotFiles(), "what was written is gone again, or the disk would stay full");
        Insert(database, 1000, 1);
        Disk.Capacity = long.MaxValue;
        Await(() => database.Snapshots.Latest is not null, "a snapshot, now that there is room");
        Await(() => database.Snapshots.LastError is null, "no error");
    }

    private string WithoutHeader(string path)
    {
        string text = Encoding.UTF8.GetString(Disk.Read(path));
        return text[(text.IndexOf('\n', text.IndexOf("# PhantomDB Version", StringComparison.Ordinal)) + 1)..];
    }

    [GeneratedRegex(@"^shop_snapshot_\d{8}_\d{6}$")]
    private static partial Regex NamePattern();

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
