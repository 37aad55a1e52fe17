using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>What stands under a database's name and is no ordinary file: symbolic links, and what cannot be read as a file.</summary>
[TestClass]
public sealed class LinkedDatabaseTests : ToolTest
{
    private string Elsewhere => System.IO.Path.Combine(Folder, "elsewhere");

    [TestInitialize]
    public void Prepare()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Needs a user who may make symbolic links, and pipes that have a name in a folder.");
        }
        Directory.CreateDirectory(DataFolder);
    }

    [TestMethod]
    public void All_files_of_a_database_that_is_opened_by_a_link_are_beside_the_file_that_it_leads_to()
    {
        Directory.CreateDirectory(Elsewhere);
        using (Database made = Database.Open(System.IO.Path.Combine(Elsewhere, "real.db"), Options))
        {
            Execute(made, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        }
        File.CreateSymbolicLink(PathOf("middle.db"), System.IO.Path.Combine("..", "elsewhere", "real.db"));
        File.CreateSymbolicLink(PathOf("shop.db"), "middle.db");

        using (Database database = Database.Open("shop", Options))
        {
            Assert.AreEqual(System.IO.Path.Combine(Elsewhere, "real.db"), database.FilePath);
            Execute(database, "INSERT INTO t VALUES (2)");
            database.SaveToDisk();
            database.CreateSnapshot();
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open(System.IO.Path.Combine(Elsewhere, "real.db"), Options));
            Assert.AreEqual("55006", error.SqlState);
        }

        Assert.AreEqual("middle.db", new FileInfo(PathOf("shop.db")).LinkTarget);
        CollectionAssert.AreEquivalent(new[] { "middle.db", "shop.db" }, Directory.GetFiles(DataFolder).Select(System.IO.Path.GetFileName).ToArray());
        Assert.HasCount(1, Directory.GetFiles(Elsewhere, "real_snapshot_*"));
        Assert.AreEqual(2, Count("SELECT count(*) FROM t"));
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    public void A_link_that_leads_to_no_file_yet_is_where_a_new_database_is_made()
    {
        File.CreateSymbolicLink(PathOf("shop.db"), System.IO.Path.Combine(Elsewhere, "real.db"));

        Run("CREATE TABLE t (id int PRIMARY KEY)");

        Assert.IsTrue(File.Exists(System.IO.Path.Combine(Elsewhere, "real.log")));
        Assert.AreEqual(0, Count("SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void A_database_that_is_dropped_by_a_link_is_gone_with_the_link()
    {
        Directory.CreateDirectory(Elsewhere);
        File.CreateSymbolicLink(PathOf("shop.db"), System.IO.Path.Combine(Elsewhere, "real.db"));
        Run("CREATE TABLE t (id int PRIMARY KEY)");
        using Database other = Database.Open("other", Options);

        Execute(other, "DROP DATABASE shop");

        Assert.IsEmpty(Directory.GetFiles(Elsewhere, "real*"));
        Assert.IsFalse(File.Exists(PathOf("shop.db")));
        Assert.IsNull(new FileInfo(PathOf("shop.db")).LinkTarget);
    }

    [TestMethod]
    public void Links_that_lead_in_a_circle_are_an_error()
    {
        File.CreateSymbolicLink(PathOf("shop.db"), "middle.db");
        File.CreateSymbolicLink(PathOf("middle.db"), "shop.db");

        Assert.AreEqual("58030", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).SqlState);
    }

    [TestMethod]
    [Timeout(60_000)]
    [DataRow("shop.db")]
    [DataRow("shop.log")]
    public async Task A_pipe_under_the_name_of_a_file_is_refused_and_not_waited_for(string file)
    {
        using (Process process = Process.Start("mkfifo", PathOf(file)))
        {
            await process.WaitForExitAsync();
        }

        Task<PhantomDbException> opening = Task.Run(() => Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)));

        PhantomDbException error = await opening.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.AreEqual("42809", error.SqlState);
        StringAssert.Contains(error.Message, file);
        VerificationReport report = DatabaseTools.Verify("shop", Options);
        Assert.IsFalse(report.CanOpen);
        Assert.AreEqual(FileVerdict.NotChecked, report.Files.Single().Verdict);
        StringAssert.Contains(report.Files.Single().Problem, "it is a pipe");
        Assert.AreEqual("42809", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Repair("shop", Options)).SqlState);
    }
}
