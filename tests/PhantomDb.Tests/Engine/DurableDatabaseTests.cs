using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Recovery;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>A database opened by name: what was committed is there after a loss of power, without a save.</summary>
[TestClass]
public sealed class DurableDatabaseTests
{
    private const string Folder = "/data/sub";

    private SimulatedDisk _disk = new();

    private DatabaseOptions Options => new() { DataDirectory = Folder, FileSystem = _disk, MemoryLimit = 1 << 28 };

    [TestMethod]
    public void P13_L5_all_that_SQL_makes_comes_back_from_the_log_alone()
    {
        Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        foreach (QueryResult result in session.ExecuteScript(SavedDatabaseTests.Everything))
        {
            while (result.Columns.Count > 0 && result.Read())
            {
            }
        }
        string schema = SavedDatabaseTests.SortedSchema(database);
        List<string> rows = SavedDatabaseTests.AllRows(database, session);

        LosePower();
        using Database again = Database.Open("shop", Options);
        using Session reader = again.OpenSession();

        Assert.AreEqual(schema, SavedDatabaseTests.SortedSchema(again));
        CollectionAssert.AreEqual(rows, SavedDatabaseTests.AllRows(again, reader));
        Assert.AreEqual(RecoveryVerdict.Clean, again.Recovery!.Verdict, again.Recovery.ToString());
    }

    [TestMethod]
    public void A_commit_is_durable_before_it_is_acknowledged_session_after_session()
    {
        for (int i = 0; i < 20; i++)
        {
            Database database = Database.Open("shop", Options);
            using Session session = database.OpenSession();
            if (i == 0)
            {
                session.Execute("CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL)").Dispose();
            }
            Assert.AreEqual(i, Count(session), $"round {i}");
            session.Execute($"INSERT INTO t VALUES ({i}, 0)").Dispose();
            session.Execute($"UPDATE t SET n = n + 1 WHERE id <= {i}").Dispose();
            session.Execute("BEGIN").Dispose();
            session.Execute($"INSERT INTO t VALUES ({1000 + i}, 0)").Dispose();
            if (i % 3 == 1)
            {
                session.Execute("ROLLBACK").Dispose();
                database.SaveToDisk();
            }
            if (i % 3 == 2)
            {
                database.Dispose();
            }
            LosePower();
        }
        using Database last = Database.Open("shop", Options);
        using Session reader = last.OpenSession();
        using QueryResult sum = reader.Execute("SELECT sum(n), min(n), max(n) FROM t");
        Assert.IsTrue(sum.Read());
        Assert.AreEqual((210L, 1, 20), (sum.GetInt64(0), sum.GetInt32(1), sum.GetInt32(2)));
    }

    [TestMethod]
    public void A_file_of_others_is_written_anew_before_the_first_change_and_only_then()
    {
        const string byHand = "# by hand\n\n[TABLE:t]\nCOLUMNS:a:int\nROW:1\nROW:2\n";
        WriteFile("shop.db", byHand);
        using (Database database = Database.Open("shop", Options))
        using (Session session = database.OpenSession())
        {
            Assert.AreEqual(2, Count(session));
        }
        Assert.AreEqual(byHand, System.Text.Encoding.UTF8.GetString(_disk.Read($"{Folder}/shop.db")));

        Database changed = Database.Open("shop", Options);
        Session writer = changed.OpenSession();
        writer.Execute("DELETE FROM t WHERE a = 1").Dispose();
        LosePower();

        using Database again = Database.Open("shop", Options);
        using Session reader = again.OpenSession();
        Assert.AreEqual(1, Count(reader));
    }

    [TestMethod]
    public void F6_a_failure_of_the_disk_is_told_where_nobody_waits_for_it_and_a_handler_that_fails_harms_nobody()
    {
        using Database database = Database.Open("shop", Options with { SyncPolicy = SyncPolicy.Interval, SyncInterval = TimeSpan.FromMilliseconds(20) });
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (a int)").Dispose();
        using var told = new ManualResetEventSlim();
        PhantomDbException? failure = null;
        database.BackgroundError += _ => throw new InvalidOperationException("a handler's own");
        database.BackgroundError += error =>
        {
            Volatile.Write(ref failure, error);
            told.Set();
        };
        _disk.Capacity = 0;
        session.Execute("INSERT INTO t VALUES (1)").Dispose();
        Assert.IsTrue(told.Wait(TimeSpan.FromSeconds(30)));
        Assert.AreEqual("53100", failure!.SqlState);

        _disk.Capacity = long.MaxValue;
        database.Close();
        using Database again = Database.Open("shop", Options);
        using Session reader = again.OpenSession();
        Assert.AreEqual(1, Count(reader));
    }

    [TestMethod]
    public void Numbers_of_transactions_go_on_after_an_opening()
    {
        long last = 0;
        for (int i = 0; i < 4; i++)
        {
            using Database database = Database.Open("shop", Options);
            using Session session = database.OpenSession();
            session.Execute($"CREATE TABLE t{i} (a int)").Dispose();
            session.Execute("BEGIN").Dispose();
            using (QueryResult result = session.Execute("SELECT txid_current()"))
            {
                Assert.IsTrue(result.Read());
                Assert.IsGreaterThan(last, result.GetInt64(0));
                last = result.GetInt64(0);
            }
            session.Execute($"INSERT INTO t{i} VALUES (1)").Dispose();
            session.Execute("COMMIT").Dispose();
        }
    }

    [TestMethod]
    public void A_missing_log_is_noticed()
    {
        Database database = Database.Open("shop", Options);
        Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (a int)").Dispose();
        database.SaveToDisk();
        session.Execute("INSERT INTO t SELECT * FROM generate_series(1, 10)").Dispose();
        database.Persistence!.Log.Pin("a manifest", 1);   // writes it
        LosePower();
        foreach (string file in _disk.List(Folder).Where(file => file.EndsWith(".log", StringComparison.Ordinal)).ToArray())
        {
            _disk.Delete($"{Folder}/{file}");
        }

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        Assert.AreEqual("XX001", error.SqlState);
        StringAssert.Contains(error.Message, "had reached LSN 11");
    }

    [TestMethod]
    public void A_database_that_is_read_only_reads_beside_the_writer_and_changes_nothing()
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        session.Execute("CREATE TABLE t (a serial)").Dispose();
        session.Execute("INSERT INTO t DEFAULT VALUES").Dispose();
        string[] before = Changes();

        using (Database reader = Database.Open("shop", Options with { IsReadOnly = true }))
        using (Session reading = reader.OpenSession())
        {
            Assert.AreEqual(1, Count(reading));
            foreach (string sql in new[]
            {
                "INSERT INTO t DEFAULT VALUES", "DELETE FROM t", "DROP TABLE t", "CREATE TABLE u (a int)", "SELECT nextval('t_a_seq')", "TRUNCATE t",
                "BEGIN READ WRITE", "SELECT setval('t_a_seq', 7)", "SELECT * FROM t FOR UPDATE",
            })
            {
                Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => reading.Execute(sql).Dispose(), sql).SqlState, sql);
                reading.Execute("ROLLBACK").Dispose();
            }
            Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => reader.SaveToDisk()).SqlState);
            Assert.AreEqual("25006", Assert.ThrowsExactly<PhantomDbException>(() => reader.LoadFromDisk()).SqlState);
        }

        CollectionAssert.AreEqual(before, Changes());
        Assert.AreEqual("58P01", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("nosuch", Options with { IsReadOnly = true })).SqlState);
    }

    [TestMethod]
    public void Dropping_a_database_leaves_none_of_its_files()
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        using (Database other = Database.Open("other", Options))
        using (Session writer = other.OpenSession())
        {
            writer.Execute("CREATE TABLE t (a int)").Dispose();
            Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("DROP DATABASE other")).SqlState);
            Assert.AreEqual("42P04", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("CREATE DATABASE other")).SqlState);
        }
        using (Database other = Database.Open("other", Options))
        using (Session writer = other.OpenSession())
        {
            writer.Execute("CREATE TABLE u (a int)").Dispose();
        }
        Assert.AreEqual("42P04", Assert.ThrowsExactly<PhantomDbException>(() => database.SaveToDisk("other")).SqlState);

        session.Execute("DROP DATABASE other").Dispose();

        Assert.IsFalse(_disk.List(Folder).Any(file => file.StartsWith("other", StringComparison.Ordinal)), string.Join('\n', _disk.List(Folder)));
        session.Execute("CREATE DATABASE other").Dispose();
    }

    [TestMethod]
    public void Dropping_a_database_takes_nothing_that_is_another_ones()
    {
        foreach (string name in new[] { "shop", "other" })
        {
            using Database made = Database.Open(name, Options);
            using Session maker = made.OpenSession();
            maker.Execute("CREATE TABLE t (a int)").Dispose();
        }
        _disk.Rename(Path.Combine(Folder, "other.log"), Path.Combine(Folder, "shop_log_20261121_022107_1.log"));
        string[] before = [.. _disk.List(Folder)];
        using Database database = Database.Open("third", Options);
        using Session session = database.OpenSession();

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("DROP DATABASE shop"));

        Assert.AreEqual("55000", error.SqlState);
        StringAssert.Contains(error.Message, "shop_log_20261121_022107_1.log");
        CollectionAssert.IsSubsetOf(before, _disk.List(Folder).ToArray());
    }

    [TestMethod]
    [DataRow("shop_log_20261121_022107_1")]
    [DataRow("shop_log_20261121_022107_1_2")]
    [DataRow(Folder + "/shop_log_20261121_022107_1.db")]
    public void No_database_has_a_name_that_makes_its_log_a_segment_of_anothers(string name) =>
        Assert.AreEqual("42602", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open(name, Options)).SqlState);

    [TestMethod]
    [DataRow("./")]
    [DataRow("/")]
    [DataRow("sub/")]
    [DataRow("sub/..")]
    [DataRow("./.db")]
    [DataRow("./shop.log")]
    [DataRow("./shop.manifest")]
    [DataRow("./shop.lock")]
    [DataRow("./shop.db.seal")]
    [DataRow("./shop.db.new")]
    public void A_path_that_names_no_file_or_a_part_of_a_database_is_no_name_of_one(string path) =>
        Assert.AreEqual("42602", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open(path, Options)).SqlState);

    [TestMethod]
    [DataRow("{0}x")]
    [DataRow(Folder + "/{0}x.db")]
    public void A_name_that_leaves_no_room_for_those_of_segments_and_snapshots_is_refused(string name)
    {
        string longest = new string('y', 158) + "ü";
        Database.Open(longest, Options).Dispose();
        Assert.AreEqual("42622", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open(string.Format(CultureInfo.InvariantCulture, name, longest), Options)).SqlState);
    }

    private string[] Changes() => [.. _disk.Operations.Select(operation => operation[(operation.IndexOf(' ', StringComparison.Ordinal) + 1)..])
        .Where(operation => !operation.StartsWith("open ", StringComparison.Ordinal)
            && !operation.Contains("shop.log", StringComparison.Ordinal))];   // the log's own, after an idle second

    private void LosePower() => _disk = _disk.Crash(CrashProfile.AllLost, 0);

    private void WriteFile(string name, string text)
    {
        _disk.CreateFolder(Folder);
        using (PhantomDb.Durability.IWritableFile file = _disk.Create($"{Folder}/{name}"))
        {
            file.Append(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush();
        }
        _disk.FlushFolder(Folder);
    }

    private static long Count(Session session)
    {
        using QueryResult result = session.Execute("SELECT count(*) FROM t");
        Assert.IsTrue(result.Read());
        return result.GetInt64(0);
    }
}
