using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Tests.Durability.Log;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Points of a log are gone back to, and forth again, as new timelines.</summary>
[TestClass]
public sealed class DatabaseRestoreTests : RecoveryTest
{
    private DatabaseOptions Options => new() { DataDirectory = "/data", FileSystem = Disk };

    // LSN 2: a. 3: b. 4: c. 5: a has gone.
    private DateTime WriteLog(bool rotates)
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        Log.Commit("INSERT,users,2,b").Flush();
        DateTime time = Log.Time;
        if (rotates)
        {
            Log.Rotate();
            Log.Commit("INSERT,users,3,c").Flush();
        }
        else
        {
            Log.Commit("INSERT,users,3,c").Flush();
        }
        Log.Commit("DELETE,users,1,a").Flush();
        Log.Save();
        Log.IsActive = false;
        return time;
    }

    private RestoreResult Restore(string point) => DatabaseRestore.Run("shop", RestorePoint.Parse(point), null, Options);

    private string[] Rows() => Rows(Recover().Database, "users");

    [TestMethod]
    public void A_point_within_the_first_transaction_is_the_empty_database()
    {
        WriteLog(rotates: false);
        Disk.Files[ManifestPath] = new LogManifest("shop", Log.Id, 1, [new LogManifestRow(LogManifest.Reached, "", 0, 5, 0, DateTime.UnixEpoch)]).ToBytes();
        RestoreResult result = Restore("1");
        Assert.AreEqual(0L, result.Lsn);
        Assert.IsEmpty(Recover().Database.Catalog.Tables);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void An_lsn_is_restored_as_a_new_timeline_and_the_old_future_again_after_it(bool rotates)
    {
        WriteLog(rotates);
        CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, Rows());

        RestoreResult first = Restore("3");
        Assert.AreEqual((3L, 1, 2), (first.Lsn, first.FromTimeline, first.Timeline));
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows());
        Assert.AreEqual(4, Recover().Report.LastLsn);   // with the record of the restore

        RestoreResult second = Restore("t1:4");
        Assert.AreEqual((4L, 1, 3), (second.Lsn, second.FromTimeline, second.Timeline));
        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c" }, Rows());

        Restore("t1:5");
        CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, Rows());
        Restore("t2:4");
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows());
        Restore("0");
        Assert.IsNull(Recover().Database.Catalog.FindTable("public", "users"));
        Restore("t3:2");
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows());
        Assert.AreEqual(RecoveryVerdict.Clean, Recover().Report.Verdict);
        Assert.AreEqual(7, Recover().Report.Timeline);
    }

    [TestMethod]
    public void A_restore_names_the_timeline_that_what_was_there_until_now_is_kept_in()
    {
        WriteLog(rotates: false);

        StringAssert.Contains(Restore("3").ToString(), "until now is kept: restore to a point of timeline 1 (t1:LSN)");
        StringAssert.Contains(Restore("t1:4").ToString(), "until now is kept: restore to a point of timeline 2 (t2:LSN)");
    }

    [TestMethod]
    public void A_time_is_restored()
    {
        DateTime time = WriteLog(rotates: true);

        RestoreResult result = DatabaseRestore.Run("shop", new RestorePoint { Time = time }, null, Options);

        Assert.AreEqual(3, result.Lsn);
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows());
        StringAssert.Contains(result.ToString(), "restored to LSN 3 of timeline 1; the database goes on with timeline 2");
    }

    [TestMethod]
    public void The_log_of_the_new_timeline_goes_on_behind_the_point()
    {
        WriteLog(rotates: false);
        Restore("3");

        LogStart start = Recover().ToLogStart("/data", "shop");
        Assert.AreEqual((5L, 2, 3L), (start.NextLsn, start.Timeline, start.Segment));
        Assert.AreEqual(4L, start.Predecessor!.LastLsn);
        Assert.IsTrue(start.Pins.Any(pin => pin is { Name: "timeline_1", FirstLsn: 1 }));
        var disk = new LogDisk();
        using (var log = new TransactionLog(disk, start))
        {
            log.Append("HELLO", [new("a", "b")]);
            log.Close();
        }
        foreach (string name in disk.Names)
        {
            Disk.Files[$"/data/{name}"] = disk.Bytes(name);
        }
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual(RecoveryVerdict.Clean, recovered.Report.Verdict, recovered.Report.ToString());
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows(recovered.Database, "users"));
        Disk.Files.Remove(Path);
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows());   // the log alone leads there too
        Restore("t1:5");
        CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, Rows());
    }

    [TestMethod]
    public void A_point_without_a_segment_that_has_it_is_restored_from_its_file()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        SaveAs(Path, Recover());
        string first = Log.Rotate();
        Log.Commit(Users, "INSERT,users,2,b").Flush();
        Log.Save();
        Log.IsActive = false;
        Disk.Files.Remove(first);

        Restore("2");

        CollectionAssert.AreEqual(new[] { "1|a" }, Rows());
        Restore("t1:4");
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows());
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Restore("1")).Message, "LSN 1 is not kept any more");
    }

    [TestMethod]
    public void A_point_that_an_older_timeline_alone_has_is_refused_with_how_it_is_written()
    {
        WriteLog(rotates: true);
        Restore("2");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Restore("5"));
        Assert.AreEqual("LSN 5 has not been reached: the log ends with LSN 3", error.Message);
        StringAssert.StartsWith(error.Hint, "It is a point of an older timeline: --to t1:5. What can be restored: ");
        Restore("t1:5");
        CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, Rows());
    }

    [TestMethod]
    public void A_time_that_an_older_timeline_alone_has_is_refused_with_how_it_is_written()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        SaveAs(Path, Recover());
        string first = Log.Rotate();
        Log.Commit("INSERT,users,2,b").Flush();
        Log.Commit("INSERT,users,3,c").Flush();
        Log.Save();
        Log.IsActive = false;
        Disk.Files.Remove(first);
        Restore("2");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Restore("2026-11-21 12:00:02.5"));

        Assert.AreEqual("what the database had at 2026-11-21 12:00:02.500000 UTC cannot be told: no record of its log is kept. Name an LSN", error.Message);
        StringAssert.StartsWith(error.Hint, "It is a point of an older timeline: --to 't1:2026-11-21 12:00:02.5'. What can be restored: ");
        Restore("t1:2026-11-21 12:00:02.5");
        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows());
    }

    [TestMethod]
    public void What_cannot_be_reached_is_refused_with_what_can()
    {
        WriteLog(rotates: true);

        PhantomDbException tooHigh = Assert.ThrowsExactly<PhantomDbException>(() => Restore("6"));
        Assert.AreEqual(SqlStates.InvalidParameterValue, tooHigh.SqlState);
        Assert.AreEqual("LSN 6 has not been reached: the log ends with LSN 5", tooHigh.Message);
        Assert.AreEqual("What can be restored: timeline 1: LSN 0 to 5, 2026-11-21 12:00:01.000000 to 2026-11-21 12:00:04.000000 UTC.", tooHigh.Hint);
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Restore("9999-01-01")).Message, "is in the future");
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Restore("t2:3")).Message, "there is no timeline 2");
        Assert.AreEqual(SqlStates.InvalidParameterValue, Assert.ThrowsExactly<PhantomDbException>(() => RestorePoint.Parse("yesterday or so")).SqlState);
        CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, Rows());
    }

    [TestMethod]
    public void T5_a_snapshot_of_another_timeline_at_the_same_lsn_is_never_a_beginning()
    {
        WriteLog(rotates: true);
        Restore("3");
        SaveAs("/data/shop_snapshot_20261121_130000", Recover());   // timeline 2, LSN 4: without c
        Restore("t1:5");

        Disk.Files.Remove(Path);
        CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, Rows());
    }

    [TestMethod]
    public void T10_a_failure_at_any_call_of_a_restore_leaves_the_old_state_or_the_new()
    {
        WriteLog(rotates: false);
        SaveAs(Path, Recover(new RecoveryOptions { IsReadOnly = true }));
        Dictionary<string, byte[]> before = new(Disk.Files);
        bool isWhole = false;
        for (int step = 0; !isWhole; step++)
        {
            Disk.Files.Clear();
            foreach ((string path, byte[] bytes) in before)
            {
                Disk.Files[path] = bytes;
            }
            int calls = 0, failing = step;
            Disk.Fails = (_, _) => calls++ == failing;
            try
            {
                Restore("3");
                isWhole = true;
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.IoError)
            {
                Assert.IsFalse(Disk.Files.Keys.Any(file => file.Contains("_snapshot_", StringComparison.Ordinal) && file.EndsWith(".new", StringComparison.Ordinal)), $"step {step}: a part of a copy is left");
            }
            isWhole &= calls <= failing;
            Disk.Fails = (_, _) => false;
            string[] rows = Rows();
            Assert.IsTrue(rows is ["2|b", "3|c"] or ["1|a", "2|b"], $"step {step}: {string.Join(' ', rows)}");
            Restore("t1:5");
            CollectionAssert.AreEqual(new[] { "2|b", "3|c" }, Rows(), $"step {step}");
            Restore("t1:2");
            CollectionAssert.AreEqual(new[] { "1|a" }, Rows(), $"step {step}");
        }
    }

    [TestMethod]
    public void T11_times_go_on_where_the_clock_has_been_set_back_and_names_of_one_second_differ()
    {
        WriteLog(rotates: true);
        DatabaseOptions earlier = Options with { Clock = new StandingClock(Log.Time.AddYears(-10)) };

        DatabaseRestore.Run("shop", RestorePoint.Parse("3"), null, earlier);
        DatabaseRestore.Run("shop", RestorePoint.Parse("t1:4"), null, earlier);
        DatabaseRestore.Run("shop", new RestorePoint { Time = Log.Time.AddSeconds(-1), Timeline = 1 }, null, earlier);   // in the future, by this clock, and in the log

        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c" }, Rows());
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual(4, recovered.Report.Timeline);
        Assert.IsGreaterThan(0, recovered.Segments[^1].NextLine);
        Assert.IsGreaterThan(Log.Time.AddSeconds(-1), recovered.Segments[^1].LastTime, "by the clock it would be ten years earlier");
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(
            () => DatabaseRestore.Run("shop", new RestorePoint { Time = Log.Time.AddYears(1) }, null, earlier)).Message, "is in the future");
    }

    private sealed class StandingClock(DateTime now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(now, TimeSpan.Zero);
    }
}
