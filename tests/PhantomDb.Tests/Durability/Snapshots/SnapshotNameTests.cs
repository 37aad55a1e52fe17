using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb.Tests.Durability.Snapshots;

[TestClass]
public sealed class SnapshotNameTests
{
    private static readonly DateTime Time = new(2026, 11, 21, 2, 25, 0, DateTimeKind.Utc);

    [TestMethod]
    [DataRow("shop", 1, "shop_snapshot_20261121_022500")]
    [DataRow("shop", 2, "shop_snapshot_20261121_022500_2")]
    [DataRow("a_snapshot_b", 17, "a_snapshot_b_snapshot_20261121_022500_17")]
    public void P8_a_name_has_the_database_and_the_time_in_UTC_and_reads_back(string database, int number, string text)
    {
        var name = new SnapshotName(database, Time, number);
        Assert.AreEqual(text, name.ToString());
        Assert.AreEqual(name, SnapshotName.TryParse(text));
    }

    [TestMethod]
    [DataRow("shop.db")]
    [DataRow("shop_snapshot_20261121_022500.new")]
    [DataRow("shop_snapshot_20261121_022500_")]
    [DataRow("shop_snapshot_20261121_022500_1")]
    [DataRow("shop_snapshot_20261121_022500_02")]   // fuzz readers, seed 11, number 47104
    [DataRow("shop_snapshot_20261121_022500_x")]
    [DataRow("shop_snapshot_20261121_022500_-2")]
    [DataRow("shop_snapshot_20261121_02250")]
    [DataRow("shop_snapshot_20261321_022500")]
    [DataRow("shop_snapshot_20261121022500")]
    [DataRow("_snapshot_20261121_022500")]
    [DataRow("")]
    public void Other_names_are_not_a_snapshots(string text) => Assert.IsNull(SnapshotName.TryParse(text));
}
