using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Tests.Durability.Log;

namespace PhantomDb.Tests.Transactions;

/// <summary>Many new rows of a transaction: in a side file, which a record names, and back from there.</summary>
[TestClass]
public sealed class LoadFileTests
{
    [TestMethod]
    public void Many_new_rows_are_one_record_and_come_back()
    {
        using var logged = new LoggedDatabase();
        logged.Run("create table t (id int primary key, note text, n numeric(9,2))",
            "insert into t select g, case when g % 3 = 0 then null when g % 3 = 1 then '' else 'a \"text\", with all' || chr(10) || '\\' end, g / 7.0 from generate_series(1, 5000) g");

        string[] records = logged.Records;

        Assert.HasCount(2, records);
        string name = logged.Loads.Single();
        StringAssert.StartsWith(records[1], $"LOAD,t,{name},5000,");
        Assert.AreEqual(logged.Content, logged.RecoveredContent());
        Assert.AreEqual(logged.Disk.Bytes(name).Length, logged.Disk.FlushedLength(name));
    }

    [TestMethod]
    [DataRow("insert into t select g, 'new', 0 from generate_series(200, 240) g; update t set n = 7 where id < 5; delete from t where id between 6 and 9", 1)]
    [DataRow("delete from t; insert into t select g, 'again', 1 from generate_series(1, 60) g", 1)]
    [DataRow("update t set id = id + 1000; insert into t select g, 'again', 1 from generate_series(300, 360) g", 1)]
    [DataRow("insert into t select g, 'new', 0 from generate_series(200, 240) g; update t set note = 'other' where id > 205; delete from t where id = 210", 1)]
    [DataRow("insert into t select g, 'new', 0 from generate_series(200, 240) g; savepoint s; delete from t where id > 100; rollback to s", 1)]
    [DataRow("insert into t select g, 'new', 0 from generate_series(200, 240) g; delete from t where id > 199", 0)]
    [DataRow("insert into t select g, repeat('long', 100), 0 from generate_series(200, 203) g", 1)]   // few, but of many bytes
    [DataRow("insert into t values (200, 'a', 1), (201, 'b', 2)", 0)]
    [DataRow("alter table t add column v double precision default random()", 1)]
    [DataRow("alter table t alter column n type text", 1)]
    [DataRow("alter table t add column c int default 5; insert into t select g, 'new', 0, 1 from generate_series(200, 240) g; alter table t rename to u", 1)]
    [DataRow("truncate t; insert into t select g, 'new', 0 from generate_series(200, 240) g", 1)]
    [DataRow("insert into k select g % 3, 'k' from generate_series(1, 50) g; delete from k where a = 1; update k set b = 'z' where a = 2", 1)]
    [DataRow("delete from k where a = 1; insert into k select g % 3, 'x' from generate_series(1, 50) g", 1)]
    [DataRow("create table m as select g, 'text' from generate_series(1, 40) g; insert into k select g, 'x' from generate_series(1, 40) g", 2)]
    [DataRow("insert into t select g, 'new', 0 from generate_series(200, 240) g; drop table t", 0)]
    public void What_else_the_transaction_did_comes_back_with_them(string statements, int loads)
    {
        using var logged = new LoggedDatabase();
        logged.Run("create table t (id int primary key, note text, n numeric, unique (n, id))", "create table k (a int, b text)");
        for (int i = 0; i < 12; i++)
        {
            logged.Run($"insert into t select g, 'note', g from generate_series({i * 8}, {(i * 8) + 7}) g", $"insert into k select g % 3, 'x' from generate_series(1, 5) g");
        }
        Assert.HasCount(0, logged.Loads);

        logged.Run("begin");
        logged.Run(statements.Split("; "));
        logged.Run("commit", "insert into k values (-1, 'behind')");

        Assert.HasCount(loads, logged.Loads, string.Join('\n', logged.Records));
        Assert.AreEqual(logged.Content, logged.RecoveredContent());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    public void Random_transactions_come_back_from_segments_and_side_files(int seed)
    {
        var random = new Random(seed);
        using var logged = new LoggedDatabase(LoggedDatabase.Small with { LoadRowCount = 6, LoadBytes = 120, SegmentBytes = 16_384 });
        logged.Run("create table a (id int primary key, b text, c numeric, unique (c))", "create table k (x int, y text, z double precision)",
            "create table p (id int primary key, a int references a on delete cascade on update cascade, d date)");
        for (int i = 0; i < 150; i++)
        {
            SessionStepsOf(logged, "begin");
            for (int count = random.Next(1, 6); count > 0; count--)
            {
                SessionStepsOf(logged, "savepoint s");
                if (SessionStepsOf(logged, LogReplayTests.Statement(random)).Length == 5)
                {
                    SessionStepsOf(logged, "rollback to s");
                }
            }
            SessionStepsOf(logged, random.Next(8) == 0 ? "rollback" : "commit");
            if (i % 30 == 29)
            {
                Assert.AreEqual(logged.Content, logged.RecoveredContent(), $"seed {seed}, transaction {i}");
            }
        }
        Assert.IsGreaterThan(5, logged.Loads.Length);
        Assert.IsGreaterThan(1, logged.Log.Segments.Count);
    }

    [TestMethod]
    public void A_transaction_that_fails_leaves_no_side_file()
    {
        using var logged = new LoggedDatabase();
        logged.Run("create table t (id int primary key)");
        logged.Disk.Fails = (what, file) => what == "write" && file == "shop.log" ? LogDisk.Full(file) : null;

        Assert.AreEqual("53100", SessionStepsOf(logged, "insert into t select generate_series(1, 100)"));

        Assert.HasCount(0, logged.Loads);
        logged.Disk.Fails = (what, file) => what == "flush" && LoadFileName.IsOf("shop", file) ? LogDisk.Broken(file) : null;
        Assert.AreEqual("58030", SessionStepsOf(logged, "insert into t select generate_series(1, 100)"));
        Assert.HasCount(0, logged.Loads);
        logged.Disk.Fails = (_, _) => null;
        Assert.AreEqual("", SessionStepsOf(logged, "insert into t select generate_series(1, 100)"));
        Assert.AreEqual("100", SessionStepsOf(logged, "select count(*) from t"));
        Assert.AreEqual(logged.Content, logged.RecoveredContent());
    }

    [TestMethod]
    public void A_side_file_stays_where_nobody_knows_what_became_of_the_commit()
    {
        using var logged = new LoggedDatabase();
        logged.Run("create table t (id int primary key)");
        logged.Disk.Fails = (what, file) => (what == "flush" && file == "shop.log") || (what == "create" && file == "shop.log.new") ? LogDisk.Broken(file) : null;

        Assert.AreEqual("08007", SessionStepsOf(logged, "insert into t select generate_series(1, 100)"));

        Assert.HasCount(1, logged.Loads);
    }

    [TestMethod]
    public void A_rolled_back_transaction_writes_none()
    {
        using var logged = new LoggedDatabase();
        logged.Run("create table t (id int primary key)", "begin", "insert into t select generate_series(1, 100)", "rollback");

        Assert.HasCount(0, logged.Loads);
        Assert.AreEqual(0, logged.Disk.Names.Count(name => name.Contains("_load_", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void A_damaged_missing_or_other_side_file_is_damage_with_its_place()
    {
        using var logged = new LoggedDatabase();
        logged.Run("create table t (id int primary key)", "insert into t select generate_series(1, 100)", "create table u (id int primary key)", "insert into u select generate_series(1, 100)");
        logged.Log.Sync();
        string[] loads = logged.Loads;
        byte[] bytes = logged.Disk.Bytes(loads[0]);
        for (int i = 0; i < bytes.Length; i += 7)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 1;
            Put(logged, loads[0], damaged);
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => logged.Recover());
            Assert.IsTrue(error.SqlState is "XX001" or "0A000", error.Message);
            StringAssert.Contains(error.Message + error.Where, loads[0]);
        }
        Put(logged, loads[0], logged.Disk.Bytes(loads[1]));
        PhantomDbException other = Assert.ThrowsExactly<PhantomDbException>(() => logged.Recover());
        StringAssert.Contains(other.Message, "not the one that the record means");
        StringAssert.Contains(other.Where, "shop.log, line 4,");
        logged.Disk.Delete($"/data/{loads[0]}");
        PhantomDbException missing = Assert.ThrowsExactly<PhantomDbException>(() => logged.Recover());
        StringAssert.Contains(missing.Message, "is missing");
        StringAssert.Contains(missing.Where, "shop.log, line 4,");
        Assert.AreEqual("XX001", missing.SqlState);
    }

    [TestMethod]
    public void Side_files_go_with_the_segment_that_names_them()
    {
        using var logged = new LoggedDatabase(LoggedDatabase.Small with { SegmentBytes = 4096, RetainedSegmentCount = 1 });
        logged.Run("create table t (id int, note text)");
        for (int i = 0; i < 40; i++)
        {
            logged.Run($"insert into t select g, 'shop_load_x' from generate_series(1, 20) g", $"insert into t values ({i}, repeat('x', 300))");
        }
        logged.Log.Sync();
        Assert.HasCount(40, logged.Loads);
        logged.Log.NoteSnapshots(logged.Log.LastLsn, []);
        SpinWait.SpinUntil(() => logged.Log.Segments.Count <= 2, 30_000);
        logged.Log.Close();

        int named = logged.Log.Segments.Sum(segment => Encoding.UTF8.GetString(logged.Disk.Bytes(segment.FileName)).Split(",LOAD,t,").Length - 1);
        Assert.IsGreaterThan(0, named);
        Assert.HasCount(named, logged.Loads);
    }

    [TestMethod]
    public void What_no_record_names_goes_when_the_log_goes_on_and_nothing_else()
    {
        var disk = new LogDisk();
        string[] loads;
        using (var logged = new LoggedDatabase(disk: disk))
        {
            logged.Run("create table t (id int)", "insert into t select generate_series(1, 20)");
            logged.Log.Sync();
            loads = logged.Loads;
        }
        string orphan = "shop_load_20261121_110000_000001";
        Put(disk, orphan, disk.Bytes(loads[0])[..40]);
        Put(disk, "other_load_20261121_110000_000001", [1]);
        Put(disk, "shop_load_notes.txt", [1]);
        disk.Delete("/data/shop.manifest");
        RecoveredDatabase recovered = DatabaseRecovery.Run("/data/shop.db", PhantomDb.Durability.LoadTarget.New, disk);
        LogStart start = recovered.ToLogStart("/data", "shop");
        CollectionAssert.AreEqual(loads, start.Loads.Select(load => load.FileName).ToArray());

        using (var test = new LogUnderTest(disk: disk, start: start with { Loads = [] }))   // as if recovery had begun behind them
        {
            test.Commit("x");
            test.Log.Close();
        }

        CollectionAssert.IsSubsetOf(loads, disk.Names.ToArray());
        CollectionAssert.IsSubsetOf(new[] { "other_load_20261121_110000_000001", "shop_load_notes.txt" }, disk.Names.ToArray());
        CollectionAssert.DoesNotContain(disk.Names.ToArray(), orphan);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_commit_that_waits_for_room_in_the_queue_can_be_cancelled_and_times_out(bool isTimeout)
    {
        using var isHeld = new ManualResetEventSlim();
        using var logged = new LoggedDatabase(new TransactionLogOptions { SyncPolicy = LogSyncPolicy.None, QueueBytes = 1024, WriteDelayMs = 1, IdleSyncMs = 3_600_000 });
        logged.Run("create table t (id int primary key, note text)");
        logged.Log.Sync();
        logged.Disk.Fails = (what, _) =>
        {
            if (what == "write")
            {
                isHeld.Wait();
            }
            return null;
        };
        logged.Run(isTimeout ? "set statement_timeout = 200" : "set statement_timeout = 0");
        int committed = 0;
        string answer = "";
        var committer = new Thread(() =>
        {
            while (answer.Length == 0 && committed < 1000)
            {
                answer = SessionStepsOf(logged, $"insert into t values ({committed}, repeat('x', 200))");
                committed += answer.Length == 0 ? 1 : 0;
            }
        });
        committer.Start();
        while (!isTimeout && committer.IsAlive)
        {
            logged.Session.Cancel();   // until it comes while a statement runs
            committer.Join(20);
        }
        committer.Join();
        isHeld.Set();

        Assert.AreEqual("57014", answer);
        Assert.AreEqual($"{committed}", SessionStepsOf(logged, "select count(*) from t"));
        Assert.AreEqual("", SessionStepsOf(logged, "insert into t values (-1, 'behind')"));
        Assert.AreEqual(logged.Content, logged.RecoveredContent());
    }

    [TestMethod]
    public void A_segment_that_begins_after_a_failed_flush_is_replayed_though_it_repeats_definitions_late()
    {
        using var logged = new LoggedDatabase();
        logged.Run("create table t (id int primary key)", "insert into t values (1)");
        bool hasFailed = false;
        logged.Disk.Fails = (what, file) =>
        {
            bool fails = !hasFailed && what == "flush" && file == "shop.log";
            hasFailed |= fails;
            return fails ? LogDisk.Broken(file) : null;
        };

        logged.Run("insert into t values (2)");

        CollectionAssert.AreEqual(new[] { "INSERT,t,2" }, logged.Records);
        logged.Run("insert into t values (3)");
        CollectionAssert.AreEqual(new[] { "INSERT,t,2", "TABLE,t,COLUMNS:id:int,CONSTRAINT:t_pkey PRIMARY KEY (id)", "INSERT,t,3" }, logged.Records);
        Assert.HasCount(2, logged.Log.Segments);
        Assert.AreEqual(logged.Content, logged.RecoveredContent());
    }

    [TestMethod]
    public void Names_sort_by_time_and_are_told_from_others()
    {
        var name = new LoadFileName("shop", new DateTime(2026, 11, 21, 2, 21, 7, 5, DateTimeKind.Utc));
        Assert.AreEqual("shop_load_20261121_022107_005000", name.ToString());
        Assert.AreEqual(name, LoadFileName.TryParse(name.ToString()));
        Assert.AreEqual(name with { Number = 2 }, LoadFileName.TryParse("shop_load_20261121_022107_005000_2"));
        foreach (string other in (string[])["shop_load_", "shop_load_x", "_load_20261121_022107_005000", "shop_load_20261121_022107_005000_1", "shop_load_20261121_022107_005000_02", "shop_load_20261121_022107_005000.db",
            "../shop_load_20261121_022107_005000", "..\\shop_load_20261121_022107_005000"])
        {
            Assert.IsNull(LoadFileName.TryParse(other), other);
        }
    }

    private static string SessionStepsOf(LoggedDatabase logged, string sql) => Engine.SessionSteps.Run(logged.Session, sql);

    private static void Put(LoggedDatabase logged, string name, byte[] bytes) => Put(logged.Disk, name, bytes);

    private static void Put(LogDisk disk, string name, byte[] bytes)
    {
        using PhantomDb.Durability.IWritableFile file = disk.Create($"/data/{name}");
        file.Append(bytes);
    }
}
