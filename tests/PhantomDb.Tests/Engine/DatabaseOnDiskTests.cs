using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Tests.Shell;

namespace PhantomDb.Tests.Engine;

/// <summary>Opening and locking through the public API, on a real disk.</summary>
[TestClass]
public sealed class DatabaseOnDiskTests : DatabaseOnDiskTest
{
    [TestMethod]
    public void A_database_is_open_once_until_it_is_disposed_of()
    {
        Database first = Database.Open("shop", Options);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        Assert.AreEqual("55006", error.SqlState);
        StringAssert.Contains(error.Message, Path.Combine(Folder, "shop.lock"));
        StringAssert.StartsWith(error.Detail, $"Process: {Environment.ProcessId} | Host: {Environment.MachineName} | Since: ");
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open(Path.Combine(Folder, "shop.db"), Options)).SqlState);

        first.Dispose();
        first.Dispose();
        Assert.IsFalse(File.Exists(Path.Combine(Folder, "shop.lock")));
        Database.Open("shop", Options).Dispose();
    }

    [TestMethod]
    public void A_lock_that_a_dead_process_left_is_taken_over()
    {
        File.WriteAllText(Path.Combine(Folder, "shop.lock"), "Process: 1 | Host: elsewhere\n");

        Database.Open("shop", Options).Dispose();

        Assert.IsEmpty(Directory.GetFiles(Folder));
    }

    [TestMethod]
    public void Another_process_keeps_the_database_locked_until_it_is_killed()
    {
        using ShellProcess shell = new(Folder, "-d", ".", "shop", "-m", "csv");
        shell.Write("CREATE TABLE t (a int);\nINSERT INTO t VALUES (1) RETURNING a;\n");
        Assert.AreEqual("a", shell.ReadLine());

        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).SqlState);
        (int exitCode, _, string errors) = ShellProcess.Run(Folder, "SELECT 1;\n", "-d", ".", "shop");
        Assert.AreEqual(1, exitCode);
        StringAssert.StartsWith(errors, "ERROR: 55006: ");

        shell.Signal("KILL");
        shell.Finish(closesInput: false);
        Assert.IsTrue(File.Exists(Path.Combine(Folder, "shop.lock")));
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
    public void A_new_database_makes_its_folder_and_takes_its_lock_when_it_is_first_changed()
    {
        string folder = Path.Combine(Folder, "sub", "deeper");
        DatabaseOptions options = Options with { DataDirectory = folder };
        using Database first = Database.Open("shop", options);
        using Database second = Database.Open("shop", options);
        Assert.IsTrue(first.IsNew);
        Assert.IsFalse(first.HasUnsavedChanges);
        Assert.IsEmpty(Directory.GetFileSystemEntries(Folder));

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
        string path = Path.Combine(Folder, "nosuch", "a.db");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => PhysicalFileSystem.Instance.Create(path));

        Assert.AreEqual(("58030", $"could not create \"{path}\": no such file or directory"), (error.SqlState, error.Message));
    }
}
