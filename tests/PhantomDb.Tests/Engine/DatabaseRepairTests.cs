using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Databases that do not open: what a repair saves, what it says is lost, and what it keeps.</summary>
[TestClass]
public sealed class DatabaseRepairTests : ToolTest
{
    [TestMethod]
    public void A_database_that_opens_is_left_alone()
    {
        MakeShop();
        Tear("shop.log");
        string before = FilesNow();

        Assert.IsFalse(DatabaseTools.Repair("shop", Options).IsNeeded);

        Assert.AreEqual(before, FilesNow());
    }

    [TestMethod]
    public void A_trial_changes_nothing()
    {
        MakeShop();
        FlipBit(SealedSegment, "Doe, John");
        string before = FilesNow();

        RepairReport report = DatabaseTools.Repair("shop", Options, isTrial: true);

        Assert.IsTrue(report.IsNeeded);
        Assert.IsNotEmpty(report.Losses);
        Assert.AreEqual(before, FilesNow());
    }

    [TestMethod]
    public void A_damaged_log_is_applied_as_far_as_it_fits_and_no_LSN_is_given_again()
    {
        MakeShop();
        FlipBit(SealedSegment, "Doe, John");
        byte[] damaged = File.ReadAllBytes(PathOf(SealedSegment));

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual(2, report.Timeline);
        Assert.AreEqual(8, report.Lsn);
        Assert.AreEqual(7, report.LastLsn);
        StringAssert.Contains(string.Join('\n', report.Losses), "LSN");
        Assert.AreEqual("1|John Doe, 3|NULL", string.Join(", ", RowsOfShop()));
        Assert.IsTrue(Directory.GetFiles(DataFolder).Any(file => File.ReadAllBytes(file).SequenceEqual(damaged)), "the damaged bytes are still there");
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).CanOpen);
        Assert.IsFalse(DatabaseTools.Repair("shop", Options).IsNeeded);
    }

    [TestMethod]
    public void A_damaged_database_file_gives_way_to_the_log()
    {
        MakeShop();
        File.Delete(PathOf("shop.log"));
        File.Delete(PathOf(SealedSegment));
        string log = Encoding.UTF8.GetString(Disk.Files["/data/shop_log_20261121_120003_1.log"]);
        File.WriteAllText(PathOf("shop.log"), log[..log.IndexOf("\n3,", StringComparison.Ordinal)] + "\n");   // less than the file had
        FlipBit("shop.db", "John Doe");
        byte[] damaged = File.ReadAllBytes(PathOf("shop.db"));

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsTrue(report.IsNeeded);
        CollectionAssert.AreEqual(damaged, File.ReadAllBytes(report.KeptFiles.First(file => file.Contains("shop.db.bad_", StringComparison.Ordinal))));
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).CanOpen);
    }

    [TestMethod]
    public void A_segment_whose_header_is_damaged_is_moved_out_of_the_way()
    {
        MakeShop();
        FlipBit("shop.log", "Timeline");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsTrue(report.IsNeeded);
        CollectionAssert.AreEqual(new[] { "1|Doe, John", "2|" }, RowsOfShop());
        Assert.IsFalse(File.Exists(PathOf("shop.log")));
        Assert.IsTrue(report.KeptFiles.Any(file => file.Contains("shop.log.bad_", StringComparison.Ordinal)));
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    private string FilesNow() => string.Join('\n', Directory.GetFiles(DataFolder).Order(StringComparer.Ordinal).Select(file => $"{file} {Convert.ToHexString(File.ReadAllBytes(file))}"));
}
