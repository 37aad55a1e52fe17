using System.Reflection;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;
using PhantomDb.Shell.Output;

namespace PhantomDb.Tests.Engine;

/// <summary>Who waits for large files is told how far they are.</summary>
[TestClass]
public sealed class ProgressTests
{
    private readonly List<FileProgress> _told = [];

    [TestMethod]
    public void Opening_tells_how_much_of_the_file_is_read_and_saving_how_much_is_written()
    {
        DatabaseOptions options = new() { DataDirectory = "/data", MemoryLimit = 1 << 28, FileSystem = new SlowDisk(new SimulatedDisk(), 20), OnProgress = Tell, SnapshotEnabled = false };
        using (Database database = Database.Open("shop", options))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t AS SELECT i, repeat('x', 100) AS a FROM generate_series(1, 50000) AS i").Dispose();
            _told.Clear();
            database.SaveToDisk();
            AssertRises(_told.FindAll(progress => progress.IsWriting));
            _told.Clear();
        }
        Assert.IsFalse(_told.Exists(progress => progress.IsWriting), "nothing had changed since it was saved");
        _told.Clear();
        using (Database database = Database.Open("shop", options with { IsReadOnly = true }))
        {
            Assert.IsFalse(_told.Exists(progress => progress.IsWriting));
            List<FileProgress> read = _told.FindAll(progress => progress.Path == "/data/shop.db");
            Assert.IsTrue(read.TrueForAll(progress => progress.Length == read[0].Length && progress.Position <= progress.Length));
            AssertRises(read.FindAll(progress => progress.Length > 5_000_000));
        }
    }

    [TestMethod]
    public void The_log_that_is_replayed_is_told_of_but_not_commits_that_make_it_grow()
    {
        DatabaseOptions options = new() { DataDirectory = "/data", MemoryLimit = 1 << 28, FileSystem = new SlowDisk(new SimulatedDisk(), 20), OnProgress = Tell, SnapshotEnabled = false, LogSegmentSize = 4096 };
        Database database = Database.Open("shop", options);
        using (Session session = database.OpenSession())
        {
            session.Execute("CREATE TABLE t (a text)").Dispose();
            for (int i = 0; i < 5; i++)
            {
                session.Execute("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 500)").Dispose();
            }
        }
        Assert.IsFalse(_told.Exists(progress => progress.IsWriting), string.Join('\n', _told));
        _told.Clear();
        using (Database beside = Database.Open("shop", options with { IsReadOnly = true }))   // the first is as if it had been killed
        {
            Assert.IsTrue(_told.Exists(progress => Path.GetExtension(progress.Path) == ".log" && progress is { IsWriting: false, Length: > 0 }), string.Join('\n', _told));
        }
        database.Dispose();
    }

    [TestMethod]
    public void A_disk_that_is_watched_hands_on_everything_that_can_be_asked_of_one()
    {
        foreach (InterfaceMapping map in new[] { typeof(WatchedDisk).BaseType!, typeof(WatchedDisk).GetNestedType("Writes", BindingFlags.NonPublic)!.BaseType! }
            .SelectMany(type => type.GetInterfaces().Where(i => i.Assembly == type.Assembly).Select(type.GetInterfaceMap)))
        {
            Assert.IsTrue(map.TargetMethods.All(method => method.DeclaringType == map.TargetType), map.TargetType.Name);   // what an interface has a body for is easily forgotten
        }
    }

    [TestMethod]
    [DataRow("/data/shop.db", false, 430_000_000, 1_000_000_000L, "reading shop.db: 43 % of 1.0 GB")]
    [DataRow("shop_20261122.log", false, 700_000, 700_000L, "reading shop_20261122.log: 100 % of 1 MB")]
    [DataRow("shop.log", false, 9, 8L, "reading shop.log: 100 % of 0 MB")]
    [DataRow("shop.db", true, 310_400_000, null, "writing shop.db: 310 MB")]
    public void The_shell_shows_a_line(string path, bool isWriting, long position, long? length, string line) =>
        Assert.AreEqual(line, ProgressLine.TextOf(new FileProgress(path, isWriting, position, length)));

    private void Tell(FileProgress progress)
    {
        lock (_told)
        {
            _told.Add(progress);
        }
    }

    private static void AssertRises(List<FileProgress> told)
    {
        Assert.IsGreaterThan(1, told.Count, string.Join('\n', told));
        Assert.AreEqual("/data/shop.db", told[0].Path);
        Assert.IsGreaterThan(told[0].Position, told[1].Position, string.Join('\n', told));
    }
}
