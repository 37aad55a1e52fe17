using System.Globalization;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>What the log has from before a hole, a repair, an accepted edit or a restore: it can be read, and gone back to, whatever is committed since.</summary>
[TestClass]
public sealed class EarlierHistoryTests : ToolTest
{
    private long _firstLost;
    private long _lastLost;

    [TestMethod]
    public void After_a_repair_the_kept_log_is_read_from_its_first_record_on()
    {
        Repair();
        long[] before = Lsns();
        CollectionAssert.AreEqual(Enumerable.Range(1, (int)_firstLost - 1).Select(lsn => (long)lsn).ToArray(), before.Where(lsn => lsn < _firstLost).ToArray());
        CollectionAssert.AreEqual(before, OpenLsns());

        Run("INSERT INTO t VALUES (100)");
        Run("INSERT INTO t VALUES (101)");

        long[] after = Lsns();
        CollectionAssert.AreEqual(before, after[..before.Length]);
        Assert.IsGreaterThan(before.Length + 1, after.Length);
        CollectionAssert.AreEqual(after, OpenLsns());
        using (Database database = Database.Open("shop", Options with { IsReadOnly = true }))
        {
            using Session session = database.OpenSession();
            using QueryResult result = session.Execute("SELECT (SELECT count(*) FROM phantomdb_log), (SELECT count(*) FROM phantomdb_history('t'))");
            Assert.IsTrue(result.Read());
            Assert.AreEqual((after.Length, 5L), (result.GetInt64(0), result.GetInt64(1)));
        }
        CollectionAssert.AreEqual(new[] { (_firstLost, _lastLost) }, Missing(), "the LSN of the repair is no hole");
        Assert.AreEqual(_lastLost + 1, DatabaseTools.ReadLog("shop", new LogReadOptions { FromLsn = _lastLost + 1 }, Options).First().Lsn);
    }

    [TestMethod]
    public void What_a_repair_has_ended_can_be_restored_by_its_timeline()
    {
        Repair();
        Run("INSERT INTO t VALUES (100)");

        RestoreResult result = DatabaseRestore.Run("shop", RestorePoint.Parse(string.Create(CultureInfo.InvariantCulture, $"t1:{_firstLost - 1}")), null, Options);

        Assert.AreEqual((_firstLost - 1, 1, 3), (result.Lsn, result.FromTimeline, result.Timeline));
        Assert.AreEqual("1", Ids());
        Run("INSERT INTO t VALUES (7)");
        Assert.AreEqual("1 7", Ids());
        Assert.AreEqual(0, Missing().Length);
    }

    [TestMethod]
    public void A_point_of_an_ended_timeline_of_which_nothing_is_kept_is_refused_with_what_can_be_restored()
    {
        Repair();
        foreach (string file in Directory.GetFiles(DataFolder, "shop_*").Append(PathOf("shop.log")))
        {
            File.Delete(file);
        }
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseRestore.Run("shop", RestorePoint.Parse("t1:1"), null, Options));
        Assert.AreEqual(("22023", "nothing of timeline 1 is kept any more"), (error.SqlState, error.Message));
        StringAssert.Contains(error.Hint, "What can be restored: timeline 2");
    }

    [TestMethod]
    public void The_log_is_read_over_a_restore_and_an_edit_that_was_accepted_after_it()
    {
        Run("CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a')");
        Run("INSERT INTO t VALUES (2, 'b')");
        long point = Lsns().Max();
        Run("INSERT INTO t VALUES (3, 'c')");
        Run("INSERT INTO t VALUES (4, 'd')");
        long ended = Lsns().Max();
        DatabaseRestore.Run("shop", new RestorePoint { Lsn = point }, null, Options);
        Run("INSERT INTO t VALUES (5, 'e')");
        long[] before = Lsns();
        Assert.IsLessThan(ended, before.Max(), "the older timeline has higher ones");
        ChangeText("shop.db", "ROW:5,e", "ROW:5,edited");
        Assert.IsGreaterThan(ended, DatabaseTools.Accept("shop", Options).Lsn);
        Run("INSERT INTO t VALUES (6, 'f')");

        long[] after = Lsns();
        CollectionAssert.AreEqual(before, after[..before.Length]);
        Assert.IsGreaterThan(before.Length, after.Length);
        CollectionAssert.AreEqual(after, OpenLsns());
        Assert.AreEqual(before.Max(), DatabaseTools.ReadLog("shop", new LogReadOptions { FromLsn = before.Max() }, Options).First().Lsn);
        Assert.AreEqual("1 2 5 6", Ids());
    }

    [TestMethod]
    public void Only_who_asks_for_it_deletes_what_is_of_an_ended_timeline()
    {
        Repair();
        Run("INSERT INTO t VALUES (100)");
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false, LogRetentionCount = 0 });
        Execute(database, "INSERT INTO t VALUES (101); CHECKPOINT");
        Assert.AreEqual(1, database.Log.FirstLsn);
        DatabaseFileReport[] ended = [.. DatabaseTools.Files("shop", Options).Where(file => file is { Kind: DatabaseFileKind.LogSegment, Timeline: 1 })];
        Assert.HasCount(3, ended);

        Assert.AreEqual(3, database.Log.CompactUpTo(ended.Max(file => file.LastLsn)!.Value));

        Assert.IsGreaterThan(_lastLost, database.Log.FirstLsn);
    }

    [TestMethod]
    public void An_accepted_edit_leaves_the_log_before_it_readable_and_restorable()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        Run("INSERT INTO t VALUES (2)");
        long last = Lsns()[^1];
        ChangeText("shop.db", "ROW:2", "ROW:3");
        long[] before = Lsns();
        DatabaseTools.Accept("shop", Options);
        CollectionAssert.AreEqual(before, Lsns());
        CollectionAssert.AreEqual(before, OpenLsns());

        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false }))
        {
            Execute(database, "INSERT INTO t VALUES (4)");
            CollectionAssert.AreEqual(before, database.Log.ReadAfter(0).Select(record => record.Lsn).ToArray()[..before.Length]);
            Assert.AreEqual(database.Log.LastLsn, database.Log.ReadAfter(0).Last().Lsn, "the LSN of the edit has no record, and is no hole");
            Assert.AreEqual(database.Log.LastLsn, database.Log.ReadAfter(before[^1] + 1).Last().Lsn);
            Assert.IsNull(database.Log.ReadAt(before[^1] + 1));
        }

        Assert.AreEqual("1 3 4", Ids());
        CollectionAssert.AreEqual(before, Lsns()[..before.Length]);
        Assert.AreEqual(0, Missing().Length);
        VerificationReport report = DatabaseTools.Verify("shop", Options);
        Assert.IsTrue(report.IsWhole, string.Join('\n', report.Files));
        Assert.AreEqual("22023", RestoreFails(last + 1000).SqlState);
        RestoreResult result = DatabaseRestore.Run("shop", RestorePoint.Parse(last.ToString(CultureInfo.InvariantCulture)), null, Options);
        Assert.AreEqual(last, result.Lsn);
        Assert.AreEqual("1 2", Ids());
    }

    [TestMethod]
    public void A_point_before_a_hole_is_restored()
    {
        MakeHole();

        RestoreResult result = DatabaseRestore.Run("shop", RestorePoint.Parse((_firstLost - 1).ToString(CultureInfo.InvariantCulture)), null, Options);

        Assert.AreEqual(_firstLost - 1, result.Lsn);
        Assert.AreEqual("1", Ids());
        Run("INSERT INTO t VALUES (7)");
        Assert.AreEqual("1 7", Ids());
        Assert.AreEqual(0, Missing().Length);
        DatabaseRestore.Run("shop", new RestorePoint { Timeline = 1 }, null, Options);
        Assert.AreEqual("1 2 3 4", Ids());
    }

    [TestMethod]
    public void A_time_before_a_hole_is_restored_and_one_within_it_refused()
    {
        MakeHole();
        DateTime last = DatabaseTools.ReadLog("shop", new LogReadOptions { ToLsn = _firstLost - 1 }, Options).Last().Time;
        DateTime next = DatabaseTools.ReadLog("shop", new LogReadOptions { FromLsn = _lastLost + 1 }, Options).First().Time;
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseRestore.Run("shop", new RestorePoint { Time = next.AddTicks(-10) }, null, Options));
        Assert.AreEqual("22023", error.SqlState);

        RestoreResult result = DatabaseRestore.Run("shop", new RestorePoint { Time = last.AddTicks(-10) }, null, Options);

        Assert.IsLessThan(_firstLost, result.Lsn);
        Assert.AreEqual("1", Ids());
    }

    [TestMethod]
    public void A_point_in_a_hole_is_refused_with_the_ranges_that_can_be_restored()
    {
        MakeHole();

        PhantomDbException error = RestoreFails(_firstLost);

        Assert.AreEqual("22023", error.SqlState);
        StringAssert.Contains(error.Message, string.Create(CultureInfo.InvariantCulture, $"LSN {_firstLost} to {_lastLost} of the log are missing"));
        StringAssert.Contains(error.Hint, string.Create(CultureInfo.InvariantCulture, $"timeline 1: LSN 0 to {_firstLost - 1}, "));
        Assert.AreEqual(2, error.Hint!.Split("timeline 1: ").Length - 1, error.Hint);
        Assert.AreEqual("22023", RestoreFails(_lastLost + 1).SqlState);
    }

    [TestMethod]
    public void A_point_that_a_snapshot_alone_has_is_restored_and_the_log_behind_it_is_not_of_the_new_history()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        long lsn;
        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false }))
        {
            Execute(database, "INSERT INTO t VALUES (2)");
            lsn = database.CreateSnapshot().Lsn;
            Execute(database, "INSERT INTO t VALUES (3)");
        }
        Run("INSERT INTO t VALUES (4)");
        DatabaseFileReport lost = DatabaseTools.Files("shop", Options).Single(file => file.Kind == DatabaseFileKind.LogSegment && file.FirstLsn <= lsn && file.LastLsn > lsn);
        File.Delete(lost.Path);

        DatabaseRestore.Run("shop", RestorePoint.Parse(lsn.ToString(CultureInfo.InvariantCulture)), null, Options);

        Assert.AreEqual("1 2", Ids());
        Assert.IsLessThanOrEqualTo(lsn, Lsns().Max());
        Run("INSERT INTO t VALUES (7)");
        Assert.AreEqual("1 2 7", Ids());
        Assert.AreEqual(0, DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (_, _) => { } }, Options).Count(record => record.After is ["4"]));
        Assert.AreEqual(1, DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (_, _) => { } }, Options).Count(record => record.After is ["7"]));
        DatabaseRestore.Run("shop", new RestorePoint { Timeline = 1 }, null, Options);
        Assert.AreEqual("1 2 3 4", Ids());
    }

    [TestMethod]
    public void What_is_said_to_be_missing_before_an_older_file_is_no_more_than_is()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false }))
        {
            database.CreateSnapshot();
        }
        MakeHole(2);
        DatabaseFileReport snapshot = DatabaseTools.Files("shop", Options).Single(file => file.Kind == DatabaseFileKind.Snapshot);
        StringAssert.Contains(snapshot.Purpose, string.Create(CultureInfo.InvariantCulture, $"from LSN {_firstLost} to {_lastLost} is missing"));
    }

    // Segments: rows 1, 2, 3, 4; the second one's goes.
    private void MakeHole(int first = 1)
    {
        for (int i = first; i <= 4; i++)
        {
            Run(i == 1 ? "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)" : $"INSERT INTO t VALUES ({i})");
        }
        DatabaseFileReport lost = DatabaseTools.Files("shop", Options).Where(file => file.Kind == DatabaseFileKind.LogSegment).OrderBy(file => file.FirstLsn).ElementAt(1);
        (_firstLost, _lastLost) = (lost.FirstLsn!.Value, lost.LastLsn!.Value);
        File.Delete(lost.Path);
    }

    // Without its own file the database does not open.
    private void Repair()
    {
        MakeHole();
        File.Delete(PathOf("shop.db"));
        RepairReport report = DatabaseTools.Repair("shop", Options);
        Assert.AreEqual(2, report.Timeline);
    }

    private long[] Lsns() => [.. DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (_, _) => { } }, Options).Select(record => record.Lsn)];

    private (long, long)[] Missing()
    {
        List<(long, long)> missing = [];
        _ = DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (first, last) => missing.Add((first, last)) }, Options).Count();
        return [.. missing];
    }

    // As the database that writes the log has them.
    private long[] OpenLsns()
    {
        using Database database = Database.Open("shop", Options with { SnapshotEnabled = false });
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute("SELECT lsn FROM phantomdb_log ORDER BY lsn");
        List<long> found = [];
        while (result.Read())
        {
            found.Add(result.GetInt64(0));
        }
        return [.. found];
    }

    private string Ids()
    {
        using Database database = Database.Open("shop", Options with { IsInMemory = true });
        using Session session = database.OpenSession();
        using QueryResult result = session.Execute("SELECT id FROM t ORDER BY id");
        List<int> found = [];
        while (result.Read())
        {
            found.Add(result.GetInt32(0));
        }
        return string.Join(' ', found);
    }

    private PhantomDbException RestoreFails(long lsn) =>
        Assert.ThrowsExactly<PhantomDbException>(() => DatabaseRestore.Run("shop", RestorePoint.Parse(lsn.ToString(CultureInfo.InvariantCulture)), null, Options));
}
