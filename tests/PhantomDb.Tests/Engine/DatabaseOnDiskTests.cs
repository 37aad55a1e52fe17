using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Tests.Shell;

namespace PhantomDb.Tests.Engine;

/// <summary>Opening, saving, loading and locking through the public API, on a real disk.</summary>
[TestClass]
public sealed class DatabaseOnDiskTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb").FullName;

    private DatabaseOptions Options => new() { DataDirectory = _folder };

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_database_is_open_once_until_it_is_disposed_of()
    {
        Database first = Database.Open("shop", Options);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        Assert.AreEqual("55006", error.SqlState);
        StringAssert.Contains(error.Message, Path.Combine(_folder, "shop.lock"));
        StringAssert.StartsWith(error.Detail, $"Process: {Environment.ProcessId} | Host: {Environment.MachineName} | Since: ");
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open(Path.Combine(_folder, "shop.db"), Options)).SqlState);

        first.Dispose();
        first.Dispose();
        Assert.IsFalse(File.Exists(Path.Combine(_folder, "shop.lock")));
        Database.Open("shop", Options).Dispose();
    }

    [TestMethod]
    public void A_lock_that_a_dead_process_left_is_taken_over()
    {
        File.WriteAllText(Path.Combine(_folder, "shop.lock"), "Process: 1 | Host: elsewhere\n");

        Database.Open("shop", Options).Dispose();

        Assert.IsEmpty(Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void Another_process_keeps_the_database_locked_until_it_is_killed()
    {
        using ShellProcess shell = new(_folder, "-d", ".", "shop", "-m", "csv");
        shell.Write("CREATE TABLE t (a int);\nINSERT INTO t VALUES (1) RETURNING a;\n");
        Assert.AreEqual("a", shell.ReadLine());

        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).SqlState);
        (int exitCode, _, string errors) = ShellProcess.Run(_folder, "SELECT 1;\n", "-d", ".", "shop");
        Assert.AreEqual(1, exitCode);
        StringAssert.StartsWith(errors, "ERROR: 55006: ");

        shell.Signal("KILL");
        shell.Finish(closesInput: false);
        Assert.IsTrue(File.Exists(Path.Combine(_folder, "shop.lock")));
        using Database again = Database.Open("shop", Options);
        Assert.AreEqual("1", Rows(again, "SELECT a FROM t"), "what RETURNING has printed is durable");
    }

    [TestMethod]
    public void Many_openers_at_once_give_one_owner()
    {
        int owners = 0, mostOwners = 0;
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            for (int opened = 0; opened < 25;)
            {
                try
                {
                    using Database database = Database.Open("shop", Options);
                    mostOwners = Math.Max(mostOwners, Interlocked.Increment(ref owners));
                    Thread.Yield();
                    Interlocked.Decrement(ref owners);
                    opened++;
                }
                catch (PhantomDbException error) when (error.SqlState == "55006")
                {
                    Thread.Yield();
                }
            }
        });

        Assert.AreEqual(1, mostOwners);
    }

    [TestMethod]
    public void Saving_under_the_own_name_is_a_save_and_under_another_a_copy_with_an_identity_of_its_own()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int)");
        shop.SaveToDisk("copy");
        Assert.IsTrue(shop.HasUnsavedChanges);
        Assert.IsFalse(File.Exists(Path.Combine(_folder, "shop.db")));
        shop.SaveToDisk("shop");
        Assert.IsFalse(shop.HasUnsavedChanges);
        shop.SaveToDisk(Path.Combine(_folder, "sub", "other.db"));

        LoadedDatabase own = DatabaseFileReader.Read(Path.Combine(_folder, "shop.db"));
        LoadedDatabase copy = DatabaseFileReader.Read(Path.Combine(_folder, "copy.db"));
        Assert.AreNotEqual(own.Id, copy.Id);
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "copy.db", "shop.db", "shop.lock" }, FilesBesideLog(_folder));
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "other.db" }, FilesIn(Path.Combine(_folder, "sub")));
    }

    [TestMethod]
    public void A_new_database_makes_its_folder_and_takes_its_lock_when_it_is_first_changed()
    {
        string folder = Path.Combine(_folder, "sub", "deeper");
        DatabaseOptions options = Options with { DataDirectory = folder };
        using Database first = Database.Open("shop", options);
        using Database second = Database.Open("shop", options);
        Assert.IsTrue(first.IsNew);
        Assert.IsFalse(first.HasUnsavedChanges);
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder));

        Run(first, "CREATE TABLE t (a int)");
        CollectionAssert.AreEquivalent(new[] { "shop.lock", "shop.log", "shop.manifest" }, FilesIn(folder));
        Assert.IsTrue(first.HasUnsavedChanges);
        first.SaveToDisk();

        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "shop.db", "shop.lock" }, FilesBesideLog(folder));
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => second.SaveToDisk()).SqlState);
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => Run(second, "CREATE TABLE t (a int)")).SqlState);
        first.Dispose();
        Assert.Contains("has changed", Assert.ThrowsExactly<PhantomDbException>(() => second.SaveToDisk()).Message);
        Assert.Contains("has changed", Assert.ThrowsExactly<PhantomDbException>(() => Run(second, "CREATE TABLE t (a int)")).Message);
        using Database third = Database.Open("shop", options);
        Assert.IsFalse(third.IsNew);
    }

    [TestMethod]
    public void A_file_whose_folder_is_missing_is_named_in_our_own_words()
    {
        string path = Path.Combine(_folder, "nosuch", "a.db");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => PhysicalFileSystem.Instance.Create(path));

        Assert.AreEqual(("58030", $"could not create \"{path}\": no such file or directory"), (error.SqlState, error.Message));
    }

    [TestMethod]
    public void A_copy_does_not_replace_a_database_that_is_open()
    {
        using Database shop = Database.Open("shop", Options);
        using Database other = Database.Open("other", Options);

        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => shop.SaveToDisk("other")).SqlState);

        other.Dispose();
        shop.SaveToDisk("other");
        using Session session = shop.OpenSession();
        session.Execute("DROP DATABASE other").Dispose();
        using Database again = Database.Open("other", Options);
        again.SaveToDisk();
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("DROP DATABASE other")).SqlState);
        Assert.AreEqual("42P04", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("CREATE DATABASE other")).SqlState);
    }

    [TestMethod]
    public void A_database_can_be_made_with_the_open_one_as_its_template()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int PRIMARY KEY, b text)");
        Run(shop, "INSERT INTO t VALUES (1, 'x')");
        Assert.AreEqual("42P04", Assert.ThrowsExactly<PhantomDbException>(() => Run(shop, "CREATE DATABASE shop TEMPLATE shop")).SqlState);
        using (Session writing = shop.OpenSession())
        {
            writing.Execute("BEGIN").Dispose();
            writing.Execute("UPDATE t SET b = 'not yet'").Dispose();
            Run(shop, "CREATE DATABASE branch WITH TEMPLATE = shop");
        }
        Assert.AreEqual("42P04", Assert.ThrowsExactly<PhantomDbException>(() => Run(shop, "CREATE DATABASE branch TEMPLATE shop")).SqlState);
        Assert.AreEqual("0A000", Assert.ThrowsExactly<PhantomDbException>(() => Run(shop, "CREATE DATABASE third TEMPLATE branch")).SqlState);
        Assert.IsTrue(shop.HasUnsavedChanges);
        using Database branch = Database.Open("branch", Options);
        Assert.AreEqual("1|x", Rows(branch, "SELECT a, b FROM t"));
    }

    [TestMethod]
    public void Saving_unchanged_content_and_reading_leave_the_file_alone()
    {
        string path = Path.Combine(_folder, "shop.db");
        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "CREATE TABLE t (a int PRIMARY KEY, b text)");
            Run(shop, "INSERT INTO t VALUES (2, 'x'), (1, NULL)");
            shop.SaveToDisk();
        }
        byte[] before = File.ReadAllBytes(path);
        DateTime longAgo = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, longAgo);

        using (Database shop = Database.Open("shop", Options))
        {
            Assert.AreEqual("1|NULL,2|x", Rows(shop, "SELECT a, b FROM t ORDER BY a"));
            Assert.IsFalse(shop.HasUnsavedChanges);
            shop.SaveToDisk();
            Run(shop, "UPDATE t SET b = 'y' WHERE a = 2");
            Run(shop, "UPDATE t SET b = 'x' WHERE a = 2");
            Assert.IsTrue(shop.HasUnsavedChanges);
            shop.SaveToDisk();
            Assert.IsFalse(shop.HasUnsavedChanges);
        }

        CollectionAssert.AreEqual(before, File.ReadAllBytes(path));
        Assert.AreEqual(longAgo, File.GetLastWriteTimeUtc(path));
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "shop.db" }, FilesBesideLog(_folder));
    }

    [TestMethod]
    public void A_save_beside_writers_holds_what_was_true_at_one_moment()
    {
        using Database shop = Database.Open("shop", Options);
        foreach (string table in new[] { "a", "b" })
        {
            Run(shop, $"CREATE TABLE {table} (id int PRIMARY KEY, n bigint NOT NULL)");
            Run(shop, $"INSERT INTO {table} SELECT i, 100 FROM generate_series(1, 20000) AS g(i)");
        }
        Run(shop, "CREATE TABLE moves (x int, n int)");   // no key: by place
        bool isOver = false;
        int commits = 0;
        List<string> errors = [];
        Thread[] writers = [.. Enumerable.Range(0, 2).Select(number => new Thread(() =>
        {
            using Session session = shop.OpenSession();
            Random random = new(number);
            while (!Volatile.Read(ref isOver))
            {
                int from = random.Next(1, 20001), to = random.Next(1, 20001);
                try
                {
                    Do("BEGIN");
                    Do($"UPDATE a SET id = -id, n = n - 7 WHERE id IN ({from}, -{from})");
                    Do($"UPDATE b SET n = n + 7 WHERE id = {to}");
                    Do($"INSERT INTO moves VALUES ({to}, 7)");
                    Do("COMMIT");
                    Interlocked.Increment(ref commits);
                }
                catch (PhantomDbException error) when (error.SqlState is "40P01" or "23505")
                {
                    Do("ROLLBACK");
                }
                catch (Exception error)
                {
                    lock (errors)
                    {
                        errors.Add(error.ToString());
                    }
                    return;
                }
            }

            void Do(string sql) => session.Execute(sql).Dispose();
        }))];
        Array.ForEach(writers, writer => writer.Start());
        for (int i = 0; i < 4; i++)
        {
            shop.SaveToDisk($"copy{i}");
        }
        Volatile.Write(ref isOver, true);
        Array.ForEach(writers, writer => writer.Join());

        Assert.IsEmpty(errors, string.Join('\n', errors));
        for (int i = 0; i < 4; i++)
        {
            using Database copy = Database.Open($"copy{i}", Options);
            string[] sums = Rows(copy, "SELECT (SELECT sum(n) FROM a), (SELECT count(*) FROM a), (SELECT sum(n) FROM b), (SELECT count(*) FROM b), sum(n) FROM moves").Split('|');
            long moved = sums[4] == "NULL" ? 0 : long.Parse(sums[4]);
            CollectionAssert.AreEqual(new[] { $"{2_000_000 - moved}", "20000", $"{2_000_000 + moved}", "20000" }, sums[..4], $"copy {i} after {commits} commits");
        }
    }

    [TestMethod]
    public void A_file_stays_unsealed_until_it_is_asked_to_be_sealed()
    {
        string path = Path.Combine(_folder, "shop.db");
        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "CREATE TABLE t (a int)");
            shop.SaveToDisk();
            shop.SaveToDisk(isSealed: false);
            Run(shop, "INSERT INTO t VALUES (1)");
            shop.SaveToDisk();
        }
        Assert.DoesNotContain("CRC", File.ReadAllText(path));
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "shop.db", "shop.db.seal" }, FilesBesideLog(_folder));

        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "INSERT INTO t VALUES (2)");
            shop.SaveToDisk();
            Assert.DoesNotContain("CRC", File.ReadAllText(path));
            shop.SaveToDisk("shop", isSealed: true);
        }
        StringAssert.Contains(File.ReadAllText(path), "CRC");
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "shop.db" }, FilesBesideLog(_folder));
    }

    [TestMethod]
    [Timeout(30_000)]
    public void Saving_writes_what_is_committed_beside_a_transaction_that_changes_definitions()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int, b int)");
        Run(shop, "CREATE SEQUENCE s START 7");
        Run(shop, "INSERT INTO t VALUES (1, 2)");
        using Session session = shop.OpenSession();
        foreach (string sql in new[]
        {
            "BEGIN", "CREATE TABLE q (a int)", "INSERT INTO q VALUES (1)", "INSERT INTO t VALUES (3, 4)", "ALTER TABLE t DROP COLUMN b",
            "INSERT INTO t VALUES (5)", "DROP SEQUENCE s",
        })
        {
            session.Execute(sql).Dispose();
        }

        shop.SaveToDisk();

        Assert.IsFalse(shop.HasUnsavedChanges);
        using (Database copy = Database.Open(Path.Combine(_folder, "shop.db"), new DatabaseOptions { IsInMemory = true }))
        {
            CollectionAssert.AreEqual(new[] { "t" }, copy.Catalog.Tables.Select(table => table.Name).ToArray());
            using Session reader = copy.OpenSession();
            using (QueryResult rows = reader.Execute("SELECT a, b FROM t"))
            {
                Assert.IsTrue(rows.Read());
                Assert.AreEqual((1, 2), (rows.GetInt32(0), rows.GetInt32(1)));
                Assert.IsFalse(rows.Read());
            }
            using QueryResult next = reader.Execute("SELECT nextval('s')");
            Assert.IsTrue(next.Read());
            Assert.AreEqual(7, next.GetInt64(0));
        }

        session.Execute("COMMIT").Dispose();
        Assert.IsTrue(shop.HasUnsavedChanges);
        shop.SaveToDisk();
        Assert.AreEqual(2, shop.Catalog.Tables.Count());
    }

    [TestMethod]
    public void Saving_beside_changes_of_definitions_writes_definitions_and_rows_of_one_moment()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE n0 (a int)");
        using CancellationTokenSource stop = new();
        Task changing = Task.Run(() =>
        {
            using Session session = shop.OpenSession();
            for (int i = 1; !stop.IsCancellationRequested; i++)
            {
                foreach (string sql in new[] { "BEGIN", $"CREATE TABLE n{i} (a int)", $"INSERT INTO n{i} VALUES ({i})", $"DROP TABLE n{i - 1}", "COMMIT" })
                {
                    session.Execute(sql).Dispose();
                }
            }
        });
        for (int i = 0; i < 50; i++)
        {
            shop.SaveToDisk();
            using Database copy = Database.Open(Path.Combine(_folder, "shop.db"), new DatabaseOptions { IsInMemory = true });
            string table = copy.Catalog.Tables.Single().Name;
            using Session reader = copy.OpenSession();
            using QueryResult rows = reader.Execute($"SELECT a FROM {table}");
            Assert.AreEqual(table != "n0", rows.Read());
        }
        stop.Cancel();
        changing.Wait();
    }

    [TestMethod]
    public void A_loaded_file_is_saved_as_it_was_with_checksums_or_without()
    {
        string path = Path.Combine(_folder, "shop.db");
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int)");
        shop.SaveToDisk();
        using (Database other = Database.Open("other", Options))
        {
            Run(other, "CREATE TABLE u (a int)");
            other.SaveToDisk(isSealed: false);
        }
        File.Copy(Path.Combine(_folder, "other.db"), path, overwrite: true);
        File.Copy(Path.Combine(_folder, "other.db.seal"), path + ".seal");

        shop.LoadFromDisk();
        Run(shop, "INSERT INTO u VALUES (1)");
        shop.SaveToDisk();

        Assert.DoesNotContain("CRC", File.ReadAllText(path));
        Assert.IsTrue(File.Exists(path + ".seal"));
    }

    [TestMethod]
    public void A_database_is_saved_where_gitattributes_cannot_be_written()
    {
        Directory.CreateDirectory(Path.Combine(_folder, ".gitattributes"));
        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "CREATE TABLE t (a int)");
            shop.SaveToDisk();
            Assert.IsFalse(shop.HasUnsavedChanges);
        }
        CollectionAssert.AreEquivalent(new[] { "shop.db" }, FilesBesideLog(_folder));
    }

    [TestMethod]
    public void Loading_replaces_all_content()
    {
        using (Database source = Database.Open("source", Options))
        {
            Run(source, "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, b text)");
            Run(source, "INSERT INTO t (b) VALUES ('one'), ('two')");
            Run(source, "CREATE VIEW v AS SELECT count(*) AS n FROM t");
            source.SaveToDisk();
        }
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE old (x bigint)");
        Run(shop, "CREATE TABLE t (y text, z text)");
        shop.SaveToDisk();
        using Session session = shop.OpenSession();
        using PreparedStatement prepared = session.Prepare("SELECT count(*) FROM t");

        shop.LoadFromDisk("source");

        Assert.AreEqual("1|one,2|two", Rows(session, "SELECT * FROM t"));
        Assert.AreEqual("2", Rows(session, "SELECT n FROM v"));
        Assert.AreEqual("42P01", Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("SELECT * FROM old")).SqlState);
        using (QueryResult result = prepared.Execute())
        {
            Assert.IsTrue(result.Read());
            Assert.AreEqual(2L, result.GetInt64(0));
        }
        session.Execute("INSERT INTO t (b) VALUES ('three')").Dispose();
        Assert.AreEqual("3|three", Rows(session, "SELECT * FROM t WHERE id = 3"));
        Assert.IsTrue(shop.HasUnsavedChanges);
        shop.SaveToDisk();
        Run(shop, "DELETE FROM t");

        shop.LoadFromDisk();

        Assert.IsFalse(shop.HasUnsavedChanges);
        Assert.AreEqual("3", Rows(shop, "SELECT n FROM v"));
        CollectionAssert.AreEquivalent(new[] { "t", "t_id_seq", "v" }, shop.DescribeSchema().Relations.Select(r => r.Name).ToArray());
    }

    [TestMethod]
    public void Statements_beside_a_load_see_the_old_content_or_the_new()
    {
        File.WriteAllText(Path.Combine(_folder, "a.db"), "[TABLE:t]\nCOLUMNS:x:int,y:int\n" + string.Concat(Enumerable.Repeat("ROW:1,5\n", 3000)));
        File.WriteAllText(Path.Combine(_folder, "b.db"), "[TABLE:u]\nCOLUMNS:z:int\n[TABLE:t]\nCOLUMNS:w:int,x:string\n" + string.Concat(Enumerable.Repeat("ROW:7,2\n", 10)));
        using Database shop = Database.CreateInMemory(Options);
        shop.LoadFromDisk("a");
        bool isOver = false;
        List<string> wrong = [];
        int answers = 0;
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(number => new Thread(() =>
        {
            using Session session = shop.OpenSession();
            while (!Volatile.Read(ref isOver))
            {
                try
                {
                    string rows = Rows(session, number == 0 ? "SELECT min(x), max(x), count(*) FROM t" : "INSERT INTO t (x) SELECT min(x) FROM t RETURNING x");
                    if (rows is not ("1|1|3000" or "2|2|10" or "1" or "2") && !(rows.StartsWith("1|1|3", StringComparison.Ordinal) || rows.StartsWith("2|2|", StringComparison.Ordinal)))
                    {
                        lock (wrong)
                        {
                            wrong.Add(rows);
                        }
                    }
                    Interlocked.Increment(ref answers);
                }
                catch (PhantomDbException error) when (error.SqlState == "42P01")
                {
                }
                catch (Exception error)
                {
                    lock (wrong)
                    {
                        wrong.Add(error.ToString());
                    }
                }
                Thread.Sleep(1);   // a load finds no moment without a statement otherwise
            }
        }))];
        Array.ForEach(readers, reader => reader.Start());
        for (int loads = 0; loads < 30;)
        {
            try
            {
                shop.LoadFromDisk(loads % 2 == 0 ? "b" : "a");
                loads++;
            }
            catch (PhantomDbException error) when (error.SqlState == "55006")
            {
            }
        }
        Volatile.Write(ref isOver, true);
        Array.ForEach(readers, reader => reader.Join());

        Assert.IsEmpty(wrong, string.Join('\n', wrong.Take(3)));
        Assert.IsGreaterThan(0, answers);
    }

    [TestMethod]
    public void Loading_what_cannot_be_read_changes_nothing_and_holds_no_memory()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int)");
        Run(shop, "INSERT INTO t VALUES (1)");
        string rows = string.Concat(Enumerable.Range(0, 5000).Select(i => $"ROW:{i},some text that is not inline {i}\n"));
        File.WriteAllText(Path.Combine(_folder, "bad.db"), $"[TABLE:u]\nCOLUMNS:a:int,b:string\nDATA:a,b\n{rows}ROW:x,\n");
        File.WriteAllText(Path.Combine(_folder, "check.db"), $"[TABLE:u]\nCOLUMNS:a:int,b:string\nCONSTRAINT:small CHECK (a < 4999)\nDATA:a,b\n{rows}");
        long before = shop.MemoryUsed;

        Assert.AreEqual("22P02", Assert.ThrowsExactly<PhantomDbException>(() => shop.LoadFromDisk("bad")).SqlState);
        Assert.AreEqual("23514", Assert.ThrowsExactly<PhantomDbException>(() => shop.LoadFromDisk("check")).SqlState);
        Assert.AreEqual("58P01", Assert.ThrowsExactly<PhantomDbException>(() => shop.LoadFromDisk("missing")).SqlState);

        Assert.AreEqual(before, shop.MemoryUsed);
        Assert.AreEqual("1", Rows(shop, "SELECT a FROM t"));
    }

    [TestMethod]
    public void Loading_is_refused_while_a_session_has_a_transaction_or_a_result_open()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int)");
        shop.SaveToDisk();
        using Session session = shop.OpenSession();

        session.Execute("BEGIN").Dispose();
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => shop.LoadFromDisk()).SqlState);
        session.Execute("COMMIT").Dispose();
        using (session.Execute("SELECT 1"))
        {
            Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => shop.LoadFromDisk()).SqlState);
        }
        shop.LoadFromDisk();
        session.Execute("BEGIN").Dispose();
        session.Dispose();
        shop.LoadFromDisk();
    }

    [TestMethod]
    public void A_database_in_memory_reads_a_file_and_is_not_tied_to_it()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t AS SELECT 7 AS a");
        shop.SaveToDisk();

        using Database beside = Database.Open("shop", Options with { IsInMemory = true });
        using Database memory = Database.CreateInMemory(Options);
        memory.LoadFromDisk("shop");

        Assert.AreEqual(("7", "7"), (Rows(beside, "SELECT a FROM t"), Rows(memory, "SELECT a FROM t")));
        Assert.IsNull(beside.FilePath);
        Assert.AreEqual(Path.Combine(_folder, "shop.db"), shop.FilePath);
        Assert.AreEqual("55000", Assert.ThrowsExactly<PhantomDbException>(() => beside.SaveToDisk()).SqlState);
        Assert.AreEqual("55000", Assert.ThrowsExactly<PhantomDbException>(() => memory.LoadFromDisk()).SqlState);
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => beside.SaveToDisk("shop")).SqlState);
    }

    [TestMethod]
    public void Identity_timeline_and_position_of_a_file_outlive_a_save()
    {
        Guid id = Guid.NewGuid();
        string path = Path.Combine(_folder, "shop.db");
        DatabaseFileWriter.Write(new DatabaseContent("shop", PhantomDb.Catalog.DatabaseCatalog.Empty, new PhantomDb.Storage.DatabaseStorage(), PhantomDb.Storage.ReadView.Latest)
        {
            Id = id, Timeline = 3, Lsn = 77,
        }, path);
        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "CREATE TABLE t (a int)");
            shop.SaveToDisk();
        }

        LoadedDatabase loaded = DatabaseFileReader.Read(path);

        Assert.AreEqual((id, 3, 78L, 1), (loaded.Id, loaded.Timeline, loaded.Lsn, loaded.Catalog.Tables.Count()));
    }

    [TestMethod]
    [DataRow("CONSTRAINT:c CHECK (a < 2)\nDATA:a\nROW:1\nROW:2\n", "23514", "check constraint \"c\" of relation \"t\" is violated by some row")]
    [DataRow("CONSTRAINT:c CHECK (a < nothing)\nDATA:a\n", "42703", "column \"nothing\" does not exist")]
    [DataRow("CONSTRAINT:c CHECK (true) OR (true)\nDATA:a\n", "42601", "")]
    [DataRow("DEFAULT:a,'x'\nDATA:a\n", "22P02", "")]
    [DataRow("DATA:a\n\n[VIEW:v]\nCOLUMNS:x:int\nUSES:t\nQUERY:SELECT b AS x FROM t\n", "42703", "column \"b\" does not exist")]
    public void What_a_hand_written_file_says_in_SQL_is_checked_when_it_is_opened(string body, string sqlState, string message)
    {
        string path = Path.Combine(_folder, "shop.db");
        File.WriteAllText(path, $"# by hand\n\n[TABLE:t]\nCOLUMNS:a:int\n{body}");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        Assert.AreEqual(sqlState, error.SqlState, error.Message);
        StringAssert.StartsWith(error.Message, message);
        StringAssert.StartsWith(error.Where, body.Contains("[VIEW", StringComparison.Ordinal) ? $"{path}, line 7, byte offset " : $"{path}, line 3, byte offset 11, section [TABLE:t]");
        Assert.IsFalse(File.Exists(Path.Combine(_folder, "shop.lock")));
    }

    // Without those that the log has.
    private static string[] FilesBesideLog(string folder) =>
        [.. FilesIn(folder).Where(file => !file.EndsWith(".log", StringComparison.Ordinal) && !file.Contains(".manifest", StringComparison.Ordinal))];

    private static string[] FilesIn(string folder) => [.. Directory.GetFiles(folder).Select(path => Path.GetFileName(path)!)];

    private static void Run(Database database, string sql)
    {
        using Session session = database.OpenSession();
        session.Execute(sql).Dispose();
    }

    private static string Rows(Database database, string sql)
    {
        using Session session = database.OpenSession();
        return Rows(session, sql);
    }

    private static string Rows(Session session, string sql)
    {
        using QueryResult result = session.Execute(sql);
        StringBuilder text = new();
        while (result.Read())
        {
            text.Append(text.Length > 0 ? "," : "");
            for (int i = 0; i < result.Columns.Count; i++)
            {
                text.Append(i > 0 ? "|" : "").Append(result.IsNull(i) ? "NULL" : result.GetText(i));
            }
        }
        return text.ToString();
    }
}
