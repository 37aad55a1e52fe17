using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

[TestClass]
public sealed class LogSegmentNameTests
{
    [TestMethod]
    public void A_name_tells_database_time_and_first_LSN()
    {
        var name = new LogSegmentName("shop", new DateTime(2026, 11, 21, 2, 21, 7, DateTimeKind.Utc), 20481);

        Assert.AreEqual("shop_log_20261121_022107_20481.log", name.ToString());
        Assert.AreEqual(name, LogSegmentName.TryParse("shop_log_20261121_022107_20481.log"));
        Assert.AreEqual(DateTimeKind.Utc, LogSegmentName.TryParse(name.ToString())!.RotatedAt.Kind);
        Assert.AreEqual(name with { Number = 2 }, LogSegmentName.TryParse("shop_log_20261121_022107_20481_2.log"));
        Assert.AreEqual(name with { DatabaseName = "a_log_20261121_022107_1" }, LogSegmentName.TryParse("a_log_20261121_022107_1_log_20261121_022107_20481.log"));
        Assert.AreEqual(name with { DatabaseName = "a" }, LogSegmentName.TryParse("a_log_20261121_022107_20481.log"));
        Assert.AreEqual("shop.log", LogSegmentName.Active("shop"));
    }

    [TestMethod]
    [DataRow("shop.log")]
    [DataRow("_log_20261121_022107_20481.log")]
    [DataRow("shop_log_20261121_022107.log")]
    [DataRow("shop_log_20261121_022107_.log")]
    [DataRow("shop_log_20261321_022107_20481.log")]
    [DataRow("shop_log_20261121_022107_020481.log")]
    [DataRow("shop_log_20261121_022107_20481_1.log")]
    [DataRow("shop_log_20261121_022107_20481_02.log")]
    [DataRow("shop_log_20261121_022107_20481_2_3.log")]
    [DataRow("shop_log_20261121_022107_+1.log")]
    [DataRow("shop_log_20261121_022107_99999999999999999999.log")]
    [DataRow("shop_log_20261121 022107_1.log")]
    [DataRow("shop_log_20261121_022107_20481.log.bad_1")]
    [DataRow("shop_log_.log")]
    [DataRow("shop_log_20261121_022.log")]
    public void Other_names_are_none(string name)
    {
        Assert.IsNull(LogSegmentName.TryParse(name));
    }
}
