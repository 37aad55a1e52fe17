using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Data;
using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>Whole files without a thread of the caller's, and the folder that they are in.</summary>
[TestClass]
public sealed class AsyncFileTests : DatabaseOnDiskTest
{
    [TestMethod]
    public async Task Saving_and_loading_can_be_awaited()
    {
        using Database shop = Database.Open("shop", Options);
        Run(shop, "CREATE TABLE t AS SELECT i FROM generate_series(1, 100) AS i");
        await shop.SaveToDiskAsync().ConfigureAwait(false);
        Assert.IsFalse(shop.HasUnsavedChanges);
        await shop.SaveToDiskAsync("copy", isSealed: false).ConfigureAwait(false);
        Assert.IsTrue(File.Exists(Path.Combine(Folder, "copy.db.seal")));
        Run(shop, "DELETE FROM t");
        await shop.LoadFromDiskAsync("copy").ConfigureAwait(false);
        Assert.AreEqual(100, Count(shop));
        Assert.AreEqual("58P01", (await Assert.ThrowsExactlyAsync<PhantomDbException>(() => shop.LoadFromDiskAsync("nothing")).ConfigureAwait(false)).SqlState);
    }

    [TestMethod]
    [DataRow("shop")]
    [DataRow("copy")]
    public async Task A_save_that_is_given_up_leaves_what_was_there(string name)
    {
        using CancellationTokenSource source = new();
        WritesTold disk = new(new SimulatedDisk());
        using Database shop = Database.Open("shop", new DatabaseOptions { DataDirectory = "/data", FileSystem = disk });
        Run(shop, "CREATE TABLE t AS SELECT i, repeat('x', 100) FROM generate_series(1, 1000) AS i");
        await shop.SaveToDiskAsync(name).ConfigureAwait(false);
        byte[] before = Bytes(disk, $"/data/{name}.db");
        Run(shop, "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 200000) AS i");
        disk.Told = path =>
        {
            if (path == $"/data/{name}.db.new")
            {
                source.Cancel();
            }
        };
        await Assert.ThrowsAsync<OperationCanceledException>(() => shop.SaveToDiskAsync(name, cancellationToken: source.Token)).ConfigureAwait(false);
        Assert.IsTrue(source.IsCancellationRequested);
        CollectionAssert.AreEqual(before, Bytes(disk, $"/data/{name}.db"));
        Assert.IsFalse(disk.Exists($"/data/{name}.db.new"));
        await Assert.ThrowsAsync<OperationCanceledException>(() => shop.SaveToDiskAsync(name, cancellationToken: source.Token)).ConfigureAwait(false);
        Assert.AreEqual(201000, Count(shop));
    }

    [TestMethod]
    [DoNotParallelize]   // what it sets holds for the whole process
    public void The_data_directory_is_where_databases_are_opened_afterwards()
    {
        string before = Database.DataDirectory, other = Path.Combine(Folder, "other");
        try
        {
            Assert.AreEqual("data", before);
            DatabaseOptions made = new();
            Database.SetDataDirectory(Path.Combine(Folder, "one"));
            using Database shop = Database.Open("shop", made);
            Assert.AreEqual(Path.Combine(Folder, "one", "shop.db"), shop.FilePath);
            Database.SetDataDirectory(other);
            Assert.AreEqual(Path.Combine(Folder, "one"), shop.Options.DataDirectory, "an open one stays where it is");
            shop.SaveToDisk("copy");
            Assert.IsTrue(File.Exists(Path.Combine(Folder, "one", "copy.db")));
            Assert.AreEqual(Path.Combine(other, "shop.db"), Database.PathOf("shop"));
            Assert.AreEqual(Path.Combine(Folder, "shop.db"), Database.PathOf("shop", Options), "options that name a folder keep it");
            using PhantomDbConnection connection = new("Data Source=stock");
            connection.Open();
            Assert.AreEqual(Path.Combine(other, "stock.db"), connection.OpenDatabase!.FilePath);
            Assert.AreEqual(other, new PhantomDbConnectionStringBuilder().DataDirectory);
            Assert.ThrowsExactly<ArgumentException>(() => Database.SetDataDirectory(" "));
            Assert.AreEqual(other, Database.DataDirectory);
        }
        finally
        {
            Database.SetDataDirectory(before);
        }
    }

    [TestMethod]
    public void An_entry_of_ones_own_is_in_the_log()
    {
        using Database shop = Database.Open("shop", Options);
        long lsn = shop.AppendTransactionLog("MAINTENANCE", new Dictionary<string, string> { ["user"] = "admin", ["action"] = "cleanup" });
        LogRecord record = shop.Log.ReadAt(lsn)!;
        Assert.AreEqual(("MAINTENANCE", "admin", "cleanup"), (record.Operation, record["user"], record["action"]));
    }

    private sealed class WritesTold(IFileSystem inner) : PassingDisk(inner)
    {
        public Action<string>? Told { get; set; }

        protected override IWritableFile Wrap(string path, IWritableFile file) => new Writes(this, path, file);

        private sealed class Writes(WritesTold disk, string path, IWritableFile file) : PassingFile(file)
        {
            public override void Append(ReadOnlySpan<byte> bytes)
            {
                base.Append(bytes);
                disk.Told?.Invoke(path);
            }
        }
    }

    private static byte[] Bytes(IFileSystem disk, string path)
    {
        using MemoryStream copy = new();
        using Stream file = disk.OpenRead(path);
        file.CopyTo(copy);
        return copy.ToArray();
    }

    private static long Count(Database database)
    {
        using Session session = database.OpenSession();
        return session.Execute("SELECT count(*) FROM t").Rows(row => row.GetInt64(0)).Single();
    }
}
