using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Engine;

/// <summary>Saving through the public API, on a real disk.</summary>
[TestClass]
public sealed class DatabaseSaveTests : DatabaseOnDiskTest
{
    [TestMethod]
    public void Saving_under_the_own_name_is_a_save_and_under_another_a_copy_with_an_identity_of_its_own()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int)");
        shop.SaveToDisk("copy");
        Assert.IsTrue(shop.HasUnsavedChanges);
        Assert.IsFalse(File.Exists(Path.Combine(Folder, "shop.db")));
        shop.SaveToDisk("shop");
        Assert.IsFalse(shop.HasUnsavedChanges);
        shop.SaveToDisk(Path.Combine(Folder, "sub", "other.db"));

        LoadedDatabase own = DatabaseFileReader.Read(Path.Combine(Folder, "shop.db"));
        LoadedDatabase copy = DatabaseFileReader.Read(Path.Combine(Folder, "copy.db"));
        Assert.AreNotEqual(own.Id, copy.Id);
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "copy.db", "shop.db", "shop.lock" }, FilesBesideLog(Folder));
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "other.db" }, FilesIn(Path.Combine(Folder, "sub")));
    }

    [TestMethod]
    public void A_copy_replaces_no_file_that_is_something_else()
    {
        using Database shop = Database.Open("shop", Options);
        foreach (string other in new[] { "SQLite format 3\0...", "a note", "id,name\n1,a\n" })
        {
            File.WriteAllText(Path.Combine(Folder, "other.db"), other);
            Assert.AreEqual("58P02", Assert.ThrowsExactly<PhantomDbException>(() => shop.SaveToDisk("other")).SqlState);
            Assert.AreEqual(other, File.ReadAllText(Path.Combine(Folder, "other.db")));
        }
        foreach (string own in new[] { "", "\uFEFF# written by hand\n", "\n[TABLE:t]\nCOLUMNS:a:int\n" })
        {
            File.WriteAllText(Path.Combine(Folder, "other.db"), own);
            shop.SaveToDisk("other");
        }
    }

    [TestMethod]
    public void All_files_of_a_database_are_for_those_who_may_use_its_own_file()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Skipped: Windows has no such permissions.");
            return;
        }
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (UnixFileMode mode in new[] { Owner, Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, UnixFileMode.UserRead | UnixFileMode.OtherRead })
        {
            using (Database shop = Database.Open("shop", Options))
            {
                Run(shop, "CREATE TABLE IF NOT EXISTS t (a int)");
                shop.SaveToDisk();
            }
            foreach (string file in Directory.GetFiles(Folder, "shop*"))
            {
                File.SetUnixFileMode(file, mode);
            }
            File.SetUnixFileMode(Path.Combine(Folder, "shop.log"), mode | Owner);   // or it could not be opened
            using (Database shop = Database.Open("shop", Options with { LogSegmentSize = 4096 }))
            {
                for (int i = 0; i < 100; i++)
                {
                    Run(shop, $"INSERT INTO t VALUES ({i})");
                }
                shop.CreateSnapshot();
                shop.SaveToDisk();
            }
            foreach (string file in Directory.GetFiles(Folder, "shop*"))
            {
                Assert.AreEqual(mode | Owner, File.GetUnixFileMode(file) | Owner, file);
            }
        }
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
        string path = Path.Combine(Folder, "shop.db");
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
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "shop.db" }, FilesBesideLog(Folder));
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
        string path = Path.Combine(Folder, "shop.db");
        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "CREATE TABLE t (a int)");
            shop.SaveToDisk();
            shop.SaveToDisk(isSealed: false);
            Run(shop, "INSERT INTO t VALUES (1)");
            shop.SaveToDisk();
        }
        Assert.DoesNotContain("CRC", File.ReadAllText(path));
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "shop.db", "shop.db.seal" }, FilesBesideLog(Folder));

        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "INSERT INTO t VALUES (2)");
            shop.SaveToDisk();
            Assert.DoesNotContain("CRC", File.ReadAllText(path));
            shop.SaveToDisk("shop", isSealed: true);
        }
        StringAssert.Contains(File.ReadAllText(path), "CRC");
        CollectionAssert.AreEquivalent(new[] { ".gitattributes", "shop.db" }, FilesBesideLog(Folder));
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
        using (Database copy = Database.Open(Path.Combine(Folder, "shop.db"), new DatabaseOptions { IsInMemory = true }))
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
            using Database copy = Database.Open(Path.Combine(Folder, "shop.db"), new DatabaseOptions { IsInMemory = true });
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
        string path = Path.Combine(Folder, "shop.db");
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t (a int)");
        shop.SaveToDisk();
        using (Database other = Database.Open("other", Options))
        {
            Run(other, "CREATE TABLE u (a int)");
            other.SaveToDisk(isSealed: false);
        }
        File.Copy(Path.Combine(Folder, "other.db"), path, overwrite: true);
        File.Copy(Path.Combine(Folder, "other.db.seal"), path + ".seal");

        shop.LoadFromDisk();
        Run(shop, "INSERT INTO u VALUES (1)");
        shop.SaveToDisk();

        Assert.DoesNotContain("CRC", File.ReadAllText(path));
        Assert.IsTrue(File.Exists(path + ".seal"));
    }

    [TestMethod]
    public void A_database_is_saved_where_gitattributes_cannot_be_written()
    {
        Directory.CreateDirectory(Path.Combine(Folder, ".gitattributes"));
        using (Database shop = Database.Open("shop", Options))
        {
            Run(shop, "CREATE TABLE t (a int)");
            shop.SaveToDisk();
            Assert.IsFalse(shop.HasUnsavedChanges);
        }
        CollectionAssert.AreEquivalent(new[] { "shop.db" }, FilesBesideLog(Folder));
    }

    [TestMethod]
    public void Identity_timeline_and_position_of_a_file_outlive_a_save()
    {
        Guid id = Guid.NewGuid();
        string path = Path.Combine(Folder, "shop.db");
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
}
