using System.Globalization;
using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Fuzz.Folders;

namespace PhantomDb.Tests.Promises;

/// <summary>Promises about files and log that a user of the library sees, on a disk where what is not flushed is lost.</summary>
[TestClass]
public sealed class PersistencePromiseTests
{
    private const string Folder = "/data";

    private SimulatedDisk _disk = new();

    private DatabaseOptions Options => new() { DataDirectory = Folder, FileSystem = _disk, MemoryLimit = 1 << 28 };

    [TestMethod]
    public void P2_F1_each_change_is_one_line_at_the_end_of_the_log_and_what_was_there_stays()
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        byte[] before = [];
        foreach ((string sql, string line) in new[]
        {
            ("CREATE TABLE users (id int PRIMARY KEY, name text)", "TABLE,users,\"COLUMNS:id:int,name:string\",CONSTRAINT:users_pkey PRIMARY KEY (id)"),
            ("INSERT INTO users VALUES (2, 'Jane Smith')", "INSERT,users,2,Jane Smith"),
            ("UPDATE users SET name = 'Jane Doe' WHERE id = 2", "UPDATE,users,2,Jane Smith,>,2,Jane Doe"),
            ("DELETE FROM users", "DELETE,users,2,Jane Doe"),
        })
        {
            Execute(session, sql);
            byte[] after = ReadLog();
            CollectionAssert.AreEqual(before, after[..before.Length]);
            string[] lines = Encoding.UTF8.GetString(after[before.Length..]).TrimEnd('\n').Split('\n');
            string added = lines[^1];
            Assert.Contains($",1/1,1,{line},", added);
            Assert.AreEqual(before.Length == 0 ? 3 : 1, lines.Length, "header and columns, then a line for each change");
            before = after;
        }
    }

    [TestMethod]
    public void L11_F10_log_and_database_file_are_plain_text_with_timestamps()
    {
        using (Database database = Database.Open("shop", Options))
        using (Session session = database.OpenSession())
        {
            Execute(session, "CREATE TABLE t (a int, b text)");
            Execute(session, "INSERT INTO t VALUES (1, E'two\\nlines, \\t and é')");
        }
        foreach (string file in new[] { "shop.log", "shop.db", "shop.manifest" })
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(_disk.Read($"{Folder}/{file}"));
            Assert.IsFalse(text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')), file);
        }
        string[] lines = Encoding.UTF8.GetString(_disk.Read($"{Folder}/shop.log")).Split('\n');
        string time = lines.First(line => line.Contains("INSERT", StringComparison.Ordinal)).Split(',')[1];
        Assert.IsTrue(DateTime.TryParseExact(time, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.None, out _), time);
        StringAssert.Matches(Encoding.UTF8.GetString(_disk.Read($"{Folder}/shop.db")), new System.Text.RegularExpressions.Regex(@"# Generated: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n"));
        // What the reader gives, in its order, is what stands in the lines, decoded.
        LogRecord[] records = [.. DatabaseTools.ReadLog("shop", null, Options)];
        CollectionAssert.AreEqual(lines[2..^2].Select(line => string.Join(' ', line.Split(',')[0], line.Split(',')[5])).ToArray(), records.Select(record => $"{record.Lsn} {record.Operation}").ToArray());
        CollectionAssert.AreEqual(new[] { "1", "two\nlines, \t and é" }, records.Single(record => record.Operation == "INSERT").After!.ToArray());
        Assert.AreEqual(time, records.Single(record => record.Operation == "INSERT").Time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }

    [TestMethod]
    public void P8_files_have_the_names_that_were_promised()
    {
        using Database database = Database.Open("shop", Options with { LogSegmentSize = 4096 });
        using Session session = database.OpenSession();
        Execute(session, "CREATE TABLE t (a text)");
        for (int i = 0; i < 10; i++)
        {
            Execute(session, $"INSERT INTO t VALUES (repeat('x', 1000))");
        }
        database.SaveToDisk();

        IReadOnlyList<string> files = _disk.List(Folder);

        CollectionAssert.IsSubsetOf(new[] { "shop.db", "shop.log", "shop.lock" }, files.ToArray());
        Assert.IsTrue(files.Any(file => LogSegmentName.TryParse(file)?.DatabaseName == "shop"), string.Join('\n', files));
    }

    // What is written ahead is no part of it.
    private byte[] ReadLog() => FolderDamage.WithoutReserve(_disk.Read($"{Folder}/shop.log"));

    [TestMethod]
    public void F3_F4_the_file_grows_by_the_record_and_its_tail_is_the_encoded_record()
    {
        using Database database = Database.Open("shop", Options);
        TransactionLog log = database.Persistence!.Log;
        log.Append("MAINTENANCE", [new("user", "admin"), new("action", "first")]);
        int before = ReadLog().Length;

        long lsn = log.Append("MAINTENANCE", [new("user", "admin"), new("action", "maintenance")]);

        byte[] bytes = ReadLog();
        string tail = Encoding.UTF8.GetString(bytes[before..]);
        Assert.StartsWith($"{lsn},", tail);
        Assert.Contains(",0,1/1,1,MAINTENANCE,,user=admin,action=maintenance,", tail);
        Assert.EndsWith("\n", tail);
        PhantomDb.Durability.Checksum checksum = LogChecksum.Seed(LogHeader.TryParse(bytes, out _)!.Salt);
        int comma = tail.LastIndexOf(',');
        checksum.Add(bytes.AsSpan(before, comma));
        Assert.AreEqual(checksum.Value.ToString("x8", CultureInfo.InvariantCulture), tail[(comma + 1)..^1]);
    }

    [TestMethod]
    public void F8_A6_append_sync_and_close_with_path_interval_and_buffer_size()
    {
        DatabaseOptions options = Options with
        {
            DataDirectory = "/other/place", SyncPolicy = SyncPolicy.Interval, SyncInterval = TimeSpan.FromHours(1), LogBufferSize = 1024, LogSegmentSize = 4096, LogCacheSize = 0,
        };
        using (Database database = Database.Open("shop", options))
        {
            TransactionLog log = database.Persistence!.Log;
            for (int i = 0; i < 100; i++)
            {
                log.Append("ENTRY", [new("text", new string('x', 500))]);
                Assert.IsLessThan(3 * 1024L, log.QueuedBytes);
            }
            log.Sync();
            Assert.AreEqual(log.LastLsn, log.DurableLsn);
            using Database afterSync = Database.Open("shop", options with { FileSystem = _disk.WhatIsLeft(CrashProfile.AllLost, 0) });
            Assert.AreEqual(100, afterSync.Persistence!.Log.ReadAfter(0).Count(entry => entry.Operation == "ENTRY"));
            Assert.IsGreaterThan(10, log.Segments.Count);
            Assert.IsTrue(log.Segments.All(segment => segment.Length <= 4096));
            database.Close();
        }
        _disk = _disk.Crash(CrashProfile.AllLost, 0);
        using Database again = Database.Open("shop", options with { FileSystem = _disk });
        Assert.AreEqual(100, again.Persistence!.Log.ReadAfter(0).Count(entry => entry.Operation == "ENTRY"));
    }

    [TestMethod]
    public void K4_K5_the_log_has_data_metadata_and_the_users_own_entries_each_of_its_kind()
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        Execute(session, "CREATE TABLE t (a serial)");
        Execute(session, "INSERT INTO t DEFAULT VALUES");
        Execute(session, "SET PERSIST work_mem = '5MB'");
        database.Persistence!.Log.Append("DECISION", [new("number", "1")]);
        Execute(session, "ALTER TABLE t ADD b int");
        Execute(session, "TRUNCATE t");
        Execute(session, "DROP TABLE t");

        string[] kinds = [.. database.Persistence.Log.ReadAfter(0).Select(entry => entry.Operation).Distinct().Order(StringComparer.Ordinal)];

        CollectionAssert.AreEqual(new[] { "ALTER", "DECISION", "DROP", "INSERT", "SEQUENCE", "SETTING", "TABLE", "TRUNCATE" }, kinds);
    }

    [TestMethod]
    public void A5_a_database_lives_on_whatever_disk_it_is_given()
    {
        using (Database database = Database.Open("shop", Options))
        using (Session session = database.OpenSession())
        {
            Execute(session, "CREATE TABLE t AS SELECT 7 AS a");
        }
        Assert.IsFalse(Directory.Exists(Folder) && File.Exists($"{Folder}/shop.db"), "the real disk has nothing of it");
        using Database again = Database.Open("shop", Options);
        using Session reader = again.OpenSession();
        using QueryResult rows = reader.Execute("SELECT a FROM t");
        Assert.IsTrue(rows.Read());
        Assert.AreEqual(7, rows.GetInt32(0));
    }

    [TestMethod]
    public void P12_a_save_takes_no_more_memory_for_more_rows()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        try
        {
            using Database database = Database.CreateInMemory(new DatabaseOptions { DataDirectory = folder });
            using Session session = database.OpenSession();
            Execute(session, "CREATE TABLE t (a int PRIMARY KEY, b text)");
            long[] allocated = new long[2];
            foreach (int round in new[] { 0, 1 })
            {
                Execute(session, $"INSERT INTO t SELECT i, 'value number ' || i FROM generate_series({round * 100_000}, {((round + 1) * 100_000) - 1}) AS i");
                database.SaveToDisk("before");   // code is compiled, buffers are there
                long before = GC.GetAllocatedBytesForCurrentThread();
                database.SaveToDisk($"round{round}");
                allocated[round] = GC.GetAllocatedBytesForCurrentThread() - before;
            }
            Assert.IsLessThan(allocated[0] + (1 << 20), allocated[1], $"{allocated[0]} bytes for 100,000 rows, {allocated[1]} for 200,000");
            Assert.IsLessThan(8L << 20, allocated[1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void F9_every_option_of_a_database_on_disk_is_in_the_documentation()
    {
        string text = File.ReadAllText(RepositoryPaths.InRepository("docs", "durability.md"));
        string[] missing =
        [
            .. typeof(DatabaseOptions).GetProperties().Select(property => property.Name)
                .Where(name => name.StartsWith("Log", StringComparison.Ordinal) || name.StartsWith("Sync", StringComparison.Ordinal) || name.StartsWith("Snapshot", StringComparison.Ordinal))
                .Where(name => !text.Contains($"`{name}`", StringComparison.Ordinal) && !text.Contains($"DatabaseOptions.{name}`", StringComparison.Ordinal)),
        ];
        Assert.IsEmpty(missing, string.Join(' ', missing));
    }

    private static void Execute(Session session, string sql) => session.Execute(sql).Dispose();
}
