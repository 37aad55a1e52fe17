namespace PhantomDb.Tests.Engine;

[TestClass]
public sealed class DiskTableTests : DurableTest
{
    [TestMethod]
    public void In_memory_the_tables_about_the_disk_are_empty()
    {
        using Database database = Database.CreateInMemory();
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (a int)").Dispose();
        foreach (string query in (string[])["phantomdb_log", "phantomdb_recovery", "phantomdb_recovery_files", "phantomdb_settings", "phantomdb_files", "phantomdb_snapshots", "phantomdb_history('t')"])
        {
            using QueryResult result = session.Execute($"SELECT * FROM {query}");
            Assert.IsFalse(result.Read(), query);
        }
        Assert.IsFalse(database.HasLog);
        Assert.AreEqual("55000", StateOf(() => _ = database.Log));
    }

    [TestMethod]
    public void P2_the_log_tells_of_every_operation()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, name text)", "INSERT INTO t VALUES (1, 'a'), (2, NULL)", "UPDATE t SET name = 'b, \"c\"' WHERE id = 2", "DELETE FROM t WHERE id = 1",
            "CREATE SCHEMA s", "CREATE TABLE s.\"T\" (a int)", "INSERT INTO s.\"T\" VALUES (7)", "DROP TABLE t");
        CollectionAssert.AreEqual(new[]
        {
            "INSERT|t||{1,a}|", "INSERT|t||{2,NULL}|", "UPDATE|t|{2,NULL}|{2,\"b, \\\"c\\\"\"}|", "DELETE|t|{1,a}||", "SCHEMA|s|||{}", "INSERT|s.\"T\"||{7}|", "DROP|t|||{TABLE}",
        }, Rows("SELECT operation, table_name, before, after, values FROM phantomdb_log WHERE operation NOT IN ('TABLE', 'SYNC')"));
        Assert.AreEqual("t|8|t", One("""
            SELECT bool_and(time BETWEEN now() - interval '1 hour' AND now()), count(DISTINCT transaction), min(lsn) = 1 AND max(lsn) = count(*) AND min(part) = 1
            FROM phantomdb_log WHERE transaction <> 0
            """));
        Assert.AreEqual("{\"COLUMNS:id:int,name:string\",\"CONSTRAINT:t_pkey PRIMARY KEY (id)\"}", One("SELECT values FROM phantomdb_log WHERE lsn = 1"));
        string position = One("SELECT segment || ' ' || position FROM phantomdb_log WHERE operation = 'UPDATE'");
        string[] parts = position.Split(' ');
        StringAssert.StartsWith(File.ReadAllText(Path.Combine(Folder, parts[0]))[int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)..], One("SELECT lsn FROM phantomdb_log WHERE operation = 'UPDATE'") + ",");
    }

    [TestMethod]
    public void L6_queries_reach_rotated_segments_and_read_no_more_than_they_must()
    {
        Options = Options with { LogSegmentSize = 1 << 20, SyncPolicy = SyncPolicy.None, LogCacheSize = 0 };
        Run("CREATE TABLE t (id int PRIMARY KEY, name text)");
        PreparedStatement insert = Session.Prepare("INSERT INTO t VALUES ($1, repeat('x', 200))");
        for (int i = 1; i <= 20_000; i++)
        {
            insert.Bind(1, i);
            insert.Execute().Dispose();
        }
        Database.Log.Sync();
        Assert.AreEqual("20000|t", One("SELECT count(*) FILTER (WHERE operation = 'INSERT'), count(DISTINCT segment) > 4 FROM phantomdb_log"));
        string lsn = One("SELECT max(lsn) - 10 FROM phantomdb_log");
        string time = One("SELECT time FROM phantomdb_log WHERE lsn = 10000");
        long all = BytesRead("SELECT count(*) FROM phantomdb_log", "");
        Assert.IsGreaterThan(5 << 20, all);
        Assert.IsLessThan(120_000, BytesRead("SELECT lsn FROM phantomdb_log WHERE lsn = 10000", "10000"));
        Assert.IsLessThan(120_000, BytesRead("SELECT count(*) FROM phantomdb_log WHERE lsn BETWEEN 5000 AND 5009", "10"));
        Assert.IsLessThan(600_000, BytesRead($"SELECT count(*) >= 10 FROM phantomdb_log WHERE lsn > {lsn}", "t"));
        Assert.IsLessThan(600_000, BytesRead("SELECT count(*) FROM phantomdb_log WHERE lsn > phantomdb_last_lsn() - 10", "10"));
        Assert.IsLessThan(1_000_000, BytesRead($"SELECT count(*) FROM phantomdb_log WHERE time >= '{time}' AND time <= '{time}'", "1"));
        Assert.IsLessThan(all / 2, BytesRead($"SELECT count(*) > 5000 FROM phantomdb_log WHERE time < '{time}' AND lsn > 4000", "t"));
        Assert.IsLessThan(2_000_000, BytesRead("SELECT lsn FROM phantomdb_log LIMIT 1", "1"), "a chunk of rows");
        Assert.IsLessThan(600_000, BytesRead("SELECT count(*) FROM phantomdb_log WHERE time > now() + interval '1 day'", "0"));
        Assert.IsLessThan(600_000, BytesRead("SELECT count(*) BETWEEN 5 AND 10 FROM phantomdb_history('t') WHERE log_lsn > phantomdb_last_lsn() - 10", "t") - (1 << 20), "from the start of a segment on, twice");
        Assert.AreEqual("20000", One("SELECT count(*) FROM phantomdb_history('t')"));
    }

    [TestMethod]
    public void L6_the_last_records_are_read_from_the_end()
    {
        Options = Options with { LogSegmentSize = 1 << 20, SyncPolicy = SyncPolicy.None, LogCacheSize = 0, SnapshotEnabled = false };
        Run("CREATE TABLE t (id int PRIMARY KEY, name text)", "SELECT phantomdb_log_append('EARLY', 'k', 'v')");
        PreparedStatement insert = Session.Prepare("INSERT INTO t VALUES ($1, repeat('x', 200))");
        for (int i = 1; i <= 10_000; i++)
        {
            insert.Bind(1, i);
            insert.Execute().Dispose();
        }
        Database.Log.Sync();
        // What an idle log notes of itself comes first: then nothing is added beside the queries.
        Assert.IsTrue(SpinWait.SpinUntil(() => One("SELECT operation FROM phantomdb_log ORDER BY lsn DESC LIMIT 1") == "SYNC", 30_000));
        string[] all = Rows("SELECT lsn, operation FROM phantomdb_log");
        string time = One("SELECT time FROM phantomdb_log WHERE lsn = 5000");
        CheckEnd(all, "SELECT lsn, operation FROM phantomdb_log ORDER BY lsn DESC LIMIT 10", 10, 200_000);
        CheckEnd(all, "SELECT lsn, operation FROM (SELECT * FROM phantomdb_log) l ORDER BY l.lsn DESC, operation LIMIT 10 OFFSET 0", 10, 200_000);
        CheckEnd([.. all.Where(row => row.EndsWith("|INSERT", StringComparison.Ordinal))], "SELECT lsn, operation FROM phantomdb_log WHERE operation = 'INSERT' ORDER BY lsn DESC LIMIT 300", 300, 600_000);
        CheckEnd([.. all.Take(6000)], "SELECT lsn, operation FROM phantomdb_log WHERE lsn <= 6000 ORDER BY lsn DESC LIMIT 5", 5, 200_000);
        CheckEnd([.. all.Take(5000)], $"SELECT lsn, operation FROM phantomdb_log WHERE time <= '{time}' ORDER BY lsn DESC LIMIT 1", 1, 2_500_000);
        CheckEnd([.. all.Where(row => row.EndsWith("|EARLY", StringComparison.Ordinal))], "SELECT lsn, operation FROM phantomdb_log WHERE operation = 'EARLY' ORDER BY lsn DESC LIMIT 5", 1, 12 << 20);
        CheckEnd(all, $"SELECT lsn, operation FROM phantomdb_log WHERE time >= '{time}' ORDER BY lsn DESC LIMIT 10000", all.Length - 4999, 12 << 20);
        CollectionAssert.AreEqual(all, Rows("SELECT lsn, operation FROM phantomdb_log ORDER BY lsn"));
        StringAssert.Contains(Rows("EXPLAIN SELECT lsn FROM phantomdb_log ORDER BY lsn DESC")[0], "Sort");

        using Database beside = Database.Open("shop", Options with { IsReadOnly = true });
        long before = Disk.BytesRead;
        CollectionAssert.AreEqual(all[^3..].Reverse().ToArray(), RowsOf(beside, "SELECT lsn, operation FROM phantomdb_log ORDER BY lsn DESC LIMIT 3"));
        Assert.IsLessThan(1_500_000, Disk.BytesRead - before);
    }

    // The last of some rows, backward, and how much was read for them.
    private void CheckEnd(string[] rows, string query, int count, long bytesMax)
    {
        long before = Disk.BytesRead;
        CollectionAssert.AreEqual(rows[^count..].Reverse().ToArray(), Rows(query), query);
        Assert.IsLessThan(bytesMax, Disk.BytesRead - before, query);
    }

    [TestMethod]
    public void What_is_queued_is_in_the_log_that_is_read()
    {
        Options = Options with { SyncPolicy = SyncPolicy.Interval, SyncInterval = TimeSpan.FromHours(1) };
        Run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
        Assert.AreEqual("INSERT", Rows("SELECT operation FROM phantomdb_log")[^1]);
        Assert.IsLessThan(Database.Log.LastLsn, Database.Log.DurableLsn);
        Database.Log.Sync();
        Assert.AreEqual(Database.Log.LastLsn, Database.Log.DurableLsn);
    }

    [TestMethod]
    public void The_recovery_of_an_opening_can_be_read()
    {
        Run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
        Assert.IsEmpty(Rows("SELECT * FROM phantomdb_recovery"));
        Close();
        Assert.AreEqual("CLEAN||1|t", One("SELECT verdict, problem, timeline, load_time >= interval '0' AND last_lsn >= 2 FROM phantomdb_recovery"));
        Assert.AreEqual("t|t", One("SELECT bool_or(is_used), bool_and(reason <> '') FROM phantomdb_recovery_files WHERE path LIKE '%shop%'"));
    }

    [TestMethod]
    public void A3_settings_come_back_and_their_history_is_in_the_log()
    {
        Run("CREATE TABLE t (a int)", "SET PERSIST work_mem = '8MB'", "SET PERSIST app.x = 'a'", "RESET PERSIST app.x", "SET PERSIST work_mem = '9MB'");
        Close();
        Assert.AreEqual("9MB", One("SHOW work_mem"));
        Assert.AreEqual("work_mem|9MB", One("SELECT name, value FROM phantomdb_settings"));
        CollectionAssert.AreEqual(new[] { "{work_mem,8MB}", "{app.x,a}", "{app.x,NULL}", "{work_mem,9MB}" }, Rows("SELECT values FROM phantomdb_log WHERE operation = 'SETTING'"));
        CollectionAssert.AreEqual(new[] { "work_mem=8MB", "app.x=a", "app.x=", "work_mem=9MB" }, Database.Settings.History().Select(change => $"{change.Name}={change.Value}").ToArray());
        Database.SaveToDisk();
        Close();
        StringAssert.Contains(File.ReadAllText(Path.Combine(Folder, "shop.db")), "SETTING:work_mem,9MB");
        Assert.AreEqual("9MB", One("SHOW work_mem"));
    }

    [TestMethod]
    public void A3_a_setting_that_does_not_reach_the_log_is_not_taken()
    {
        Run("SET PERSIST work_mem = '8MB'");
        Disk.IsBroken = true;
        Assert.ThrowsExactly<PhantomDbException>(() => Run("SET PERSIST work_mem = '9MB'"));
        Assert.AreEqual("8MB", One("SHOW work_mem"));
        Assert.AreEqual("8MB", Database.Settings.Get("work_mem"));
        Disk.IsBroken = false;
        Close();
        Assert.AreEqual("8MB", One("SHOW work_mem"));
    }

    [TestMethod]
    public void A3_settings_are_replaced_with_all_else_by_another_files_content()
    {
        Run("SET PERSIST work_mem = '8MB'", "SET PERSIST app.x = 'a'");
        File.WriteAllText(Path.Combine(Folder, "other.db"), "# PhantomDB Version: 1\n\n[SETTINGS:sessions]\nSETTING:app.y,b\n\n[TABLE:t]\nCOLUMNS:a:int\nROW:1\n");
        Database.LoadFromDisk("other");
        Assert.AreEqual("app.y|b", One("SELECT name, value FROM phantomdb_settings"));
        Run("SET PERSIST app.z = 'c'");
        Close();
        CollectionAssert.AreEqual(new[] { "app.y|b", "app.z|c" }, Rows("SELECT name, value FROM phantomdb_settings"));
        Assert.AreEqual("1", One("SELECT a FROM t"));

        File.WriteAllText(Path.Combine(Folder, "bad.db"), "# PhantomDB Version: 1\n\n[SETTINGS:sessions]\nSETTING:work_mem,much\n\n[TABLE:t]\nCOLUMNS:a:int\n");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.LoadFromDisk("bad"));
        Assert.AreEqual("22023", error.SqlState);
        StringAssert.Contains(error.Where, "section [SETTINGS:sessions]");
    }

    [TestMethod]
    public void A_database_that_is_only_read_has_the_log_of_its_folder()
    {
        Options = Options with { LogSegmentSize = 4096 };
        Run("CREATE TABLE t (a int)", "SET PERSIST work_mem = '8MB'");
        for (int i = 0; i < 100; i++)
        {
            Run($"INSERT INTO t VALUES ({i})");
        }
        using Database reader = Database.Open("shop", Options with { IsReadOnly = true });
        foreach (string sql in (string[])
        [
            "SELECT lsn, time, transaction, part, parts, operation, table_name, values, before, after, segment, position FROM phantomdb_log WHERE operation <> 'SYNC'",
            "SELECT * FROM phantomdb_log WHERE lsn BETWEEN 50 AND 60 AND operation <> 'SYNC'", "SELECT * FROM phantomdb_history('t')",
        ])
        {
            CollectionAssert.AreEqual(Rows(sql), RowsOf(reader, sql), sql);
        }
        Assert.AreEqual("8MB", reader.Settings.Get("work_mem"));
        Assert.AreEqual("25006", StateOf(() => RowsOf(reader, "SET PERSIST work_mem = '9MB'")));
        Assert.IsFalse(reader.HasLog);
        Database.SaveToDisk();
        Database.CreateSnapshot();
        Database.Log.CompactUpTo(60);
        CollectionAssert.AreEqual(Rows("SELECT lsn FROM phantomdb_log WHERE lsn BETWEEN 3 AND 90"), RowsOf(reader, "SELECT lsn FROM phantomdb_log WHERE lsn BETWEEN 3 AND 90"), "what is kept");
    }

    [TestMethod]
    public void The_files_of_the_database_are_listed()
    {
        Options = Options with { LogSegmentSize = 4096 };
        Run("CREATE TABLE t (a text)");
        for (int i = 0; i < 50; i++)
        {
            Run($"INSERT INTO t VALUES ('row {i} of many')");
        }
        Database.SaveToDisk();
        File.Copy(Path.Combine(Folder, "shop.db"), Path.Combine(Folder, "shop_snapshot_20261121_022500"));
        CollectionAssert.IsSubsetOf(new[] { "database", "lock", "log segment", "snapshot" }, Rows("SELECT DISTINCT kind FROM phantomdb_files"));
        Assert.AreEqual("t|t", One("SELECT count(*) > 1, bool_and(first_lsn <= last_lsn AND byte_count > 0 AND timeline = 1) FROM phantomdb_files WHERE kind = 'log segment'"));
        Assert.AreEqual("shop_snapshot_20261121_022500|2026-11-21 02:25:00+00|1|t", One("SELECT name, taken_at, timeline, lsn >= 51 AND byte_count > 100 FROM phantomdb_snapshots"));
    }

    private long BytesRead(string sql, string expected)
    {
        long before = Disk.BytesRead;
        string[] rows = Rows(sql);
        if (expected.Length > 0)
        {
            CollectionAssert.AreEqual(new[] { expected }, rows, sql);
        }
        return Disk.BytesRead - before;
    }
}
