using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Durability.Log;

/// <summary>Side files as files.</summary>
[TestClass]
public sealed class LoadFilesTests
{
    private const string First = "shop_load_20261121_120003_120451", Second = "shop_load_20261121_120004_000000";

    [TestMethod]
    public void A_segment_is_not_read_for_side_files_whose_records_are_known()
    {
        var disk = new LogDisk();
        LoadFiles files = Files(disk, new LogLoad(First, 7), new LogLoad(Second, 12));
        CollectionAssert.AreEqual(new[] { First }, files.NamesIn(Segment(5, 11)).ToArray());
        CollectionAssert.AreEqual(new[] { First, Second }, files.NamesIn(Segment(7, 12)).ToArray());
        Assert.HasCount(0, files.NamesIn(Segment(8, 11)));
        Assert.AreEqual(0, disk.BytesRead);
    }

    [TestMethod]
    public void It_is_where_one_is_not_known()
    {
        LoadFiles files = Files(new LogDisk(), new LogLoad(First, 7));
        Assert.ThrowsExactly<PhantomDbException>(() => files.NamesIn(Segment(5, 11)), "the segment is not there");
    }

    // Both files are there.
    private static LoadFiles Files(LogDisk disk, params LogLoad[] known)
    {
        LogStart start = LogUnderTest.NewStart();
        disk.CreateFolder(start.Folder);
        foreach (string name in new[] { First, Second })
        {
            disk.Create(Path.Combine(start.Folder, name)).Dispose();
        }
        return new LoadFiles(disk, start with { Loads = known }, new TransactionLogOptions(), TimeProvider.System, new FileWatch(disk), () => 0, _ => SegmentHistory.Empty);
    }

    private static LogSegmentFile Segment(long first, long last) => new("shop_log_20261121_120000_5.log", 1, first, last, 100, default);
}
