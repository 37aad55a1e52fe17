using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What the log is applied to, what may stand in for what is damaged, and what is said where nothing does.</summary>
[TestClass]
public sealed class BaseChoiceTests : RecoveryTest
{
    private const string SnapshotPath = "/data/shop_snapshot_20261121_120000";
    private static readonly RecoveryOptions Salvage = new() { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true };

    // LSN 2: a. Then the log is as it is said.
    private RecoveredDatabase Written(bool keepsLog)
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        RecoveredDatabase recovered = Recover();
        Log.IsActive = false;
        if (!keepsLog)
        {
            Disk.Files.Remove(ActivePath);
        }
        return recovered;
    }

    private void Damage(string path)
    {
        byte[] bytes = [.. Disk.Files[path]];
        bytes[Encoding.ASCII.GetString(bytes).IndexOf("ROW:", StringComparison.Ordinal) + 4] ^= 1;
        Disk.Files[path] = bytes;
    }

    [TestMethod]
    [DataRow(1L, false)]
    [DataRow(2L, true)]
    [DataRow(3L, true)]
    public void Without_a_log_a_snapshot_stands_in_for_a_damaged_file_that_it_is_no_older_than(long snapshotLsn, bool standsIn)
    {
        RecoveredDatabase any = Written(keepsLog: false);
        SaveAs(SnapshotPath, any, lsn: snapshotLsn);
        SaveAs(Path, any, lsn: 2);
        Damage(Path);
        if (!standsIn)
        {
            StringAssert.StartsWith(Refused().Where, Path);
            return;
        }
        RecoveryReport report = Recover(new RecoveryOptions { IsReadOnly = true }).Report;
        Assert.AreEqual((snapshotLsn, snapshotLsn == 3 ? RecoveryVerdict.Clean : RecoveryVerdict.Repaired), (report.LastLsn, report.Verdict), "one that is newer is found first");
        StringAssert.Contains(report.Files.First(file => file.IsUsed).Reason, $"the newest whole file, with LSN {snapshotLsn} of timeline 1");
    }

    [TestMethod]
    public void A_damaged_file_of_a_later_timeline_is_refused_whatever_of_an_older_is_whole_and_a_salvage_tells_of_it()
    {
        RecoveredDatabase any = Written(keepsLog: true);
        SaveAs(SnapshotPath, any);
        SaveAs(Path, any, timeline: 2, lsn: 3);
        Damage(Path);
        StringAssert.StartsWith(Refused().Where, Path);
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 3, DateTime.UnixEpoch, 4, 4, [], []).ToBytes();
        StringAssert.StartsWith(Refused().Where, Path, "the file that is there before the one that is not");
        Disk.Files.Remove(ManifestPath);
        RecoveredDatabase prefix = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true });
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(prefix.Database, "users"));
        StringAssert.Contains(prefix.Report.FileLosses.Single(), $"what only \"{Path}\" has: ");
        RecoveredDatabase salvaged = Recover(Salvage);
        Assert.AreEqual((3L, 3L), (salvaged.Report.BaseLsn, salvaged.Report.LastLsn), "what is left of the later file is what it begins with");
    }

    [TestMethod]
    public void A_timeline_that_the_manifest_alone_knows_is_missed_with_its_files_and_the_way_back()
    {
        Written(keepsLog: true);
        LogManifestRow[] rows =
        [
            new(LogManifest.Segment, "shop_log_20261121_130000_4.log", 4, 8, 100, DateTime.UnixEpoch), new(LogManifest.Open, "shop.log", 9, 9, 100, DateTime.UnixEpoch),
            new(LogManifest.Load, "shop_load_20261121_130000_5", 5, 5, 0, DateTime.UnixEpoch),
        ];
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 2, DateTime.UnixEpoch, 9, 9, rows, []).ToBytes();
        PhantomDbException error = Refused();
        Assert.AreEqual((SqlStates.DataCorrupted, Path), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, $"its files are of timeline 1, but it had gone on with timeline 2, up to LSN 9; missing is: \"{Path}\"");
        StringAssert.StartsWith(error.Hint, "Put the files of timeline 2 back into the folder: shop.db, shop_log_20261121_130000_4.log. Without them, back to timeline 1: phantomdb restore NAME --to t1:LSN.");

        RecoveredDatabase salvaged = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true });
        Assert.AreEqual("what timeline 2 had, up to LSN 9: no file of it is there", salvaged.Report.FileLosses.Single());
        StringAssert.Contains(salvaged.Report.Problem, "it had gone on with timeline 2");

        SaveAs(Path, Recover(new RecoveryOptions { Timeline = 1 }), timeline: 1);
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 2, DateTime.UnixEpoch, 9, 9, [], []).ToBytes();
        error = Refused();
        Assert.AreEqual(Path, error.Where);
        StringAssert.Contains(error.Message, $"up to LSN 9: \"{Path}\"", "none of its names is free");
        StringAssert.StartsWith(error.Hint, "Put the files of timeline 2 back into the folder. Without them");
    }

    [TestMethod]
    public void A_file_that_says_nothing_of_itself_is_told_where_it_cannot_be_read_whatever_serves()
    {
        RecoveredDatabase any = Written(keepsLog: true);
        Disk.Files[Path] = Encoding.UTF8.GetBytes("\0\0\0 rubbish \0\0");
        RecoveryReport report = Recover(new RecoveryOptions { IsReadOnly = true }).Report;
        Assert.AreEqual((RecoveryVerdict.Repaired, 2L), (report.Verdict, report.LastLsn), "the log alone serves");
        StringAssert.Contains(report.Problem, Path);
        Disk.Files.Remove(ActivePath);
        SaveAs(SnapshotPath, any);
        StringAssert.StartsWith(Refused().Where, Path, "whether a snapshot has as much is not known");
        Disk.Files.Remove(SnapshotPath);
        StringAssert.StartsWith(Refused().Where, Path);
    }

    [TestMethod]
    public void An_edited_file_is_refused_as_such_and_nothing_takes_its_place()
    {
        RecoveredDatabase any = Written(keepsLog: true);
        SaveAs(SnapshotPath, any);
        SaveAs(Path, any);
        Damage(Path);
        List<string> asked = [];
        var options = new RecoveryOptions { IsReadOnly = true, IsEdit = file => { asked.Add(file); return true; } };
        StringAssert.Contains(Refused(options).Message, $"file \"{Path}\" was edited since it was saved");
        CollectionAssert.AreEqual(new[] { Path }, asked);
        Assert.AreEqual(RecoveryVerdict.Repaired, Recover(options with { IsEdit = _ => false }).Report.Verdict);
        Disk.Files.Remove(Path);
        Damage(SnapshotPath);
        asked.Clear();
        Recover(options);
        Assert.IsEmpty(asked, "nobody edits snapshots");
    }

    [TestMethod]
    [DataRow("ROW:1,a\nROW:1,b\n", SqlStates.UniqueViolation)]
    [DataRow("ROW:99999999999,a\n", SqlStates.NumericValueOutOfRange)]
    public void A_file_that_breaks_its_own_rules_is_an_error_and_in_a_salvage_a_damaged_file(string rows, string sqlState)
    {
        Written(keepsLog: true);
        Disk.Files[Path] = Encoding.UTF8.GetBytes($"[TABLE:users]\nCOLUMNS:id:int,name:string\nCONSTRAINT:users_pkey PRIMARY KEY (id)\nDATA:id,name\n{rows}");
        Assert.AreEqual(sqlState, Refused().SqlState);
        RecoveryReport report = Recover(Salvage).Report;
        Assert.AreEqual(RecoveryVerdict.Repaired, report.Verdict);
        StringAssert.Contains(report.Problem, Path);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void What_was_half_applied_in_a_salvage_is_begun_anew(bool hasFile)
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        if (hasFile)
        {
            SaveAs(Path, Recover());
        }
        Log.Commit("INSERT,users,2,b").Flush();
        Log.Commit("INSERT,users,3,c", "UPDATE,users,9,x,>,9,y").Flush();   // about a row that never was
        Log.Commit("INSERT,users,4,d").Flush();
        RecoveredDatabase salvaged = Recover(Salvage);
        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "4|d" }, Rows(salvaged.Database, "users"));
        Assert.AreEqual((hasFile ? 2L : 0L, 6L, RecoveryVerdict.Repaired), (salvaged.Report.BaseLsn, salvaged.Report.LastLsn, salvaged.Report.Verdict));
    }

    [TestMethod]
    public void A_point_that_files_do_not_lead_to_is_refused_with_the_reason()
    {
        RecoveredDatabase any = Written(keepsLog: true);
        SaveAs(SnapshotPath, any, lsn: 5);
        Disk.Files.Remove(ActivePath);
        Assert.AreEqual("LSN 4 is not kept any more", Gone(new RecoveryOptions { ToLsn = 4 }));
        Assert.AreEqual(5, Recover(new RecoveryOptions { ToLsn = 5 }).Report.LastLsn, "the file's own");

        Disk.Files[ActivePath] = new LogHeader("shop", Log.Id, 1, 2, 9, 7, 1 << 24, new LogPredecessor(6, 8, 500)).ToBytes();
        StringAssert.Contains(Gone(new RecoveryOptions { ToLsn = 9 }), $"\"{SnapshotPath}\" cannot be used: the log from LSN 6 to 8 is missing");
        StringAssert.StartsWith(Gone(new RecoveryOptions { Timeline = 1 }), $"the point cannot be reached: \"{SnapshotPath}\" cannot be used");
        StringAssert.Contains(Refused().Message, $"\"{SnapshotPath}\" cannot be used: the log from LSN 6 to 8 is missing");
    }

    [TestMethod]
    public void Where_nothing_is_left_to_begin_with_what_had_been_there_is_told()
    {
        Log.IsActive = false;
        PhantomDbException error = Refused();
        Assert.AreEqual(Path, error.Where);
        StringAssert.Contains(error.Message, "there is no file of it");
        StringAssert.StartsWith(error.Hint, "Put the database file or a snapshot back into the folder.");
        AssertReach(0, null, "nor its log; what is left is");
        AssertReach(0, "shop.log", "nor its log, and nobody knows how far that went; what is left is");
        AssertReach(7, null, "nor its log, which had reached LSN 7; what is left is");
        AssertReach(7, "shop.log", "nor its log, which had reached LSN 7, and nobody knows how far it went; what is left is");
        Disk.Files[ActivePath] = new byte[5000];
        error = Refused();
        Assert.AreEqual(ActivePath, error.Where);
        StringAssert.Contains(error.Message, "the header of the log's segment is damaged");
        StringAssert.StartsWith(error.Hint, "Restore the segment from a copy.");
    }

    private void AssertReach(long lsn, string? open, string expected)
    {
        LogManifestRow[] rows = open is null ? [] : [new(LogManifest.Open, open, 1, lsn, 0, DateTime.UnixEpoch)];
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, lsn, lsn, rows, []).ToBytes();
        PhantomDbException error = Refused();
        Assert.AreEqual(ManifestPath, error.Where);
        StringAssert.Contains(error.Message, expected);
        StringAssert.StartsWith(error.Hint, "Put the log or the database file back into the folder. To begin anew without them, move what is left out of it.");
    }

    private string Gone(RecoveryOptions options)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Recover(options));
        Assert.AreEqual(SqlStates.InvalidParameterValue, error.SqlState);
        return error.Message;
    }
}
