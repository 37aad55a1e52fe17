using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What is missing or bad in the log costs nothing where a file has it, or where it was the log's own; behind that it is refused.</summary>
[TestClass]
public sealed class LogCoverageTests : RecoveryTest
{
    [TestMethod]
    public void Covered_is_what_the_file_has_and_behind_it_what_the_manifest_knows_to_be_notes()
    {
        Assert.AreEqual((5L, 0L, null), Numbers(Plan(null), 5));
        Assert.AreEqual((9L, 9L, 9L), Numbers(Plan(Manifest(5, 9)), 5));
        Assert.AreEqual((4L, 9L, 9L), Numbers(Plan(Manifest(5, 9)), 4));
        Assert.AreEqual((12L, 9L, 9L), Numbers(Plan(Manifest(5, 9)), 12));
        Assert.AreEqual((8L, 9L, 9L), Numbers(Plan(Manifest(0, 9)), 8), "what they were is not known");
        Assert.AreEqual((9L, 9L, null), Numbers(Plan(Manifest(5, 9, openFrom: 3)), 5), "how it went on is not known");
        Assert.AreEqual((5L, 0L, null), Numbers(Plan(Manifest(5, 9)), 5, timeline: 2), "the manifest is of a history that is over");
    }

    [TestMethod]
    public void A_segment_that_was_being_written_is_missing_where_neither_it_nor_a_later_one_is_there()
    {
        LogManifest open = Manifest(5, 9, openFrom: 8);
        Assert.AreEqual(8, new LogCoverage(Plan(open), 9, 1).MissingSegment?.FirstLsn);
        Assert.AreEqual(8, new LogCoverage(Plan(open, 1, 7), 9, 1).MissingSegment?.FirstLsn);
        Assert.IsNull(new LogCoverage(Plan(open, 1, 8), 9, 1).MissingSegment);
        Assert.IsNull(new LogCoverage(Plan(open, 12), 9, 1).MissingSegment);
        Assert.IsNull(new LogCoverage(Plan(Manifest(5, 9)), 9, 1).MissingSegment);
        Assert.IsNull(new LogCoverage(Plan(open), 9, 2).MissingSegment);
    }

    [TestMethod]
    [DataRow(2L)]
    [DataRow(3L)]
    [DataRow(4L)]
    public void A_bad_line_that_the_file_has_is_passed_over_and_told_and_what_comes_behind_the_file_is_applied(long badLsn)
    {
        SaveFile();
        Flip(ActivePath, badLsn);
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual((RecoveryVerdict.Repaired, 6L), (recovered.Report.Verdict, recovered.Report.LastLsn));
        StringAssert.Contains(recovered.Report.Problem, "the checksum of the line does not match");
        StringAssert.Contains(recovered.Report.Problem, $"{ActivePath}, line {badLsn + 2}, byte offset ");
        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c", "4|d", "5|e" }, Rows(recovered.Database, "users"));
        Assert.AreEqual((6L, badLsn + 1), (recovered.Segments[^1].LastLsn, recovered.WholeFrom));
        Assert.IsFalse(recovered.MustSaveFirst);
        Assert.AreEqual("XX001", Refused(new RecoveryOptions { Mode = RecoveryMode.Strict, IsReadOnly = true }).SqlState);
    }

    [TestMethod]
    public void A_time_is_found_behind_a_bad_line_that_the_file_has_and_refused_where_it_may_lie_within()
    {
        DateTime first = CommitAt(Users), second = CommitAt("INSERT,users,1,a"), third = CommitAt("INSERT,users,2,b");
        SaveAs(Path, Recover());
        DateTime fourth = CommitAt("INSERT,users,3,c");
        CommitAt("INSERT,users,4,d");
        Flip(ActivePath, 2);

        Assert.AreEqual(4, Recover(new RecoveryOptions { ToTime = fourth }).Report.LastLsn);
        Assert.AreEqual(3, Recover(new RecoveryOptions { ToTime = third }).Report.LastLsn);
        StringAssert.Contains(Refused(new RecoveryOptions { ToTime = second }).Message, "since LSN 2 to 2 of the log are damaged or missing");
        StringAssert.Contains(Refused(new RecoveryOptions { ToTime = first }).Message, "since LSN 2 to 2 of the log are damaged or missing");
    }

    [TestMethod]
    [DataRow(5L)]
    [DataRow(6L)]
    public void A_bad_line_behind_the_file_is_judged_as_ever(long badLsn)
    {
        SaveFile();
        Log.Flush().Commit("INSERT,users,6,f");
        Flip(ActivePath, badLsn);
        Flip(ActivePath, 2);
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Where, $"line {badLsn + 2},");
    }

    [TestMethod]
    public void A_transaction_that_is_half_bad_is_passed_over_as_a_whole_and_none_may_reach_behind_the_file()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a", "INSERT,users,2,b");
        SaveAs(Path, Recover());
        Log.Commit("INSERT,users,3,c", "INSERT,users,4,d").Flush().Commit("INSERT,users,5,e");
        foreach (long lsn in new[] { 2L, 3L })
        {
            Flip(ActivePath, lsn);
            Assert.AreEqual(6, Recover().Report.LastLsn);
            Flip(ActivePath, lsn);
        }
        Flip(ActivePath, 4);
        Assert.AreEqual("XX001", Refused().SqlState);
    }

    [TestMethod]
    public void Lost_repeated_and_moved_lines_that_the_file_has_cost_nothing()
    {
        SaveFile();
        string[] lines = Encoding.UTF8.GetString(Log.Bytes).Split('\n')[..^1];
        Log.IsActive = false;
        foreach (string[] changed in new[]
        {
            [.. lines[..3], .. lines[4..]],                                  // LSN 2 is lost
            [.. lines[..4], lines[3], .. lines[4..]],                        // LSN 2 is there twice
            [.. lines[..3], lines[4], lines[3], .. lines[5..]],              // LSN 3 stands before 2
            (string[])[.. lines[..3], "rubbish", "", "more", .. lines[3..]], // nothing is missing
        })
        {
            Disk.Files[ActivePath] = Encoding.UTF8.GetBytes(string.Join('\n', changed) + "\n");
            RecoveredDatabase recovered = Recover(new RecoveryOptions { IsReadOnly = true });
            Assert.AreEqual((RecoveryVerdict.Repaired, 6L), (recovered.Report.Verdict, recovered.Report.LastLsn));
            CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c", "4|d", "5|e" }, Rows(recovered.Database, "users"));
        }
    }

    [TestMethod]
    public void A_bad_end_of_a_log_that_had_come_to_its_end_costs_nothing_where_the_file_has_all_but_notes()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a");
        SaveAs(Path, Recover());
        Log.Commit("CLOSE,");
        Flip(ActivePath, 2);
        Flip(ActivePath, 3);
        Assert.AreEqual("XX001", Refused().SqlState, "how far the log went is not known");
        PutManifest(Manifest(2, 3, openFrom: 1));
        Assert.AreEqual("XX001", Refused().SqlState, "how far the log went is not known");
        PutManifest(Manifest(3, 3));
        Assert.AreEqual("XX001", Refused().SqlState, "there was something that the file does not have");
        PutManifest(Manifest(2, 3));
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual((RecoveryVerdict.Repaired, 3L, true), (recovered.Report.Verdict, recovered.Report.LastLsn, recovered.MustSaveFirst));
        StringAssert.Contains(recovered.Report.Problem, "line 4");
        Assert.AreEqual(3, recovered.Segments[^1].LastLsn, "the log goes on behind the segment, which is told of as long as it is there");
    }

    [TestMethod]
    public void A_damaged_header_of_a_log_that_the_file_has_all_of_costs_nothing()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a");
        SaveAs(Path, Recover());
        Log.Commit("CLOSE,");
        Log.Save();
        Log.IsActive = false;
        Disk.Files[ActivePath][40] ^= 1;
        Assert.AreEqual(ActivePath, Refused().Where);
        PutManifest(Manifest(2, 3, openFrom: 1));
        Assert.AreEqual(ActivePath, Refused().Where);
        PutManifest(Manifest(2, 3));
        byte[] bytes = Disk.Files[ActivePath];
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual((RecoveryVerdict.Repaired, 3L, true), (recovered.Report.Verdict, recovered.Report.LastLsn, recovered.MustSaveFirst));
        StringAssert.Contains(recovered.Report.Problem, ActivePath);
        KeyValuePair<string, byte[]> kept = Disk.Files.Single(file => LogSegmentName.TryParse(System.IO.Path.GetFileName(file.Key)) is not null);
        CollectionAssert.AreEqual(bytes, kept.Value);
        Assert.AreEqual((RecoveryVerdict.Repaired, 3L), (Recover().Report.Verdict, Recover().Report.LastLsn));
    }

    [TestMethod]
    public void An_end_of_the_log_that_the_file_has_is_missed_and_costs_nothing()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a").Commit("INSERT,users,2,b");
        SaveAs(Path, Recover());
        Log.IsActive = false;
        byte[] bytes = Log.Bytes;
        Disk.Files[ActivePath] = bytes[..(Array.LastIndexOf(bytes, (byte)'\n', bytes.Length - 2) + 1)];
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual((RecoveryVerdict.Repaired, 3L, 2L), (recovered.Report.Verdict, recovered.Report.LastLsn, recovered.Segments[^1].LastLsn));
        StringAssert.Contains(recovered.Report.Problem, "the end of the log is missing, LSN 3 to 3: the file has all of it");
    }

    [TestMethod]
    public void A_log_that_was_being_written_and_is_gone_is_refused_whatever_the_file_has()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a");
        SaveAs(Path, Recover());
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        PutManifest(Manifest(2, 2, openFrom: 1));
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, "the log from LSN 1 on is missing: it had reached LSN 2, and nobody knows how far it went");
        Assert.AreEqual(ActivePath, error.Where);
        RecoveredDatabase salvaged = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true });
        Assert.AreEqual((2L, 1), (salvaged.Report.LastLsn, salvaged.Report.Losses.Count));
        StringAssert.Contains(salvaged.Report.Losses[0].Reason, "nobody knows how far it went");
        PutManifest(Manifest(2, 2));
        Assert.AreEqual(2, Recover().Report.LastLsn);
    }

    [TestMethod]
    public void A_log_that_a_file_stood_before_does_not_serve_alone()
    {
        Log.IsBehindFile = true;
        Log.Commit(Users).Commit("INSERT,users,1,a");
        PhantomDbException error = Refused();
        Assert.AreEqual((SqlStates.DataCorrupted, ActivePath), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "there is no database file or snapshot, and the database had content before the log's first record");
        StringAssert.Contains(error.Hint, "Put the database file or a snapshot back");
        Disk.Files[Path] = Encoding.UTF8.GetBytes("\0\0\0 rubbish \0\0");
        Assert.AreEqual(Path, Refused().Where?.Split(',')[0]);
        Disk.Files.Remove(Path);
        RecoveredDatabase salvaged = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true });
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(salvaged.Database, "users"));
        StringAssert.Contains(salvaged.Report.FileLosses.Single(), "what the database had before the log's first record");
    }

    [TestMethod]
    public void A_damaged_manifest_is_told()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a");
        PutManifest(Manifest(2, 2));
        Disk.Files[ManifestPath][^30] ^= 1;
        RecoveryReport report = Recover().Report;
        Assert.AreEqual((RecoveryVerdict.Repaired, 2L), (report.Verdict, report.LastLsn));
        StringAssert.Contains(report.Problem, "the manifest is damaged: whether the log had gone on, and what was pinned, is not known (/data/shop.manifest)");
        Assert.AreEqual(ManifestPath, Refused(new RecoveryOptions { Mode = RecoveryMode.Strict }).Where);
        Disk.Files.Remove(ManifestPath);
        Assert.AreEqual(RecoveryVerdict.Clean, Recover().Report.Verdict);
    }

    [TestMethod]
    public void A_hole_without_a_file_is_named()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a");
        string first = Log.Rotate();
        Log.Commit("INSERT,users,2,b");
        Log.Save();
        Disk.Files.Remove(first);
        StringAssert.Contains(Refused().Message, "there is no database file or snapshot, and the log from LSN 1 to 2 is missing");
    }

    // LSN 1 to 4 in the file, 5 and 6 behind it.
    private DateTime CommitAt(string record)
    {
        Log.Commit(record);
        return Log.Time;
    }

    private void SaveFile()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a").Commit("INSERT,users,2,b").Commit("INSERT,users,3,c");
        SaveAs(Path, Recover());
        Log.Commit("INSERT,users,4,d").Commit("INSERT,users,5,e");
    }

    private void Flip(string path, long lsn)
    {
        Log.Save();
        Log.IsActive = false;
        byte[] bytes = Disk.Files[path];
        int at = 0;
        for (int line = 1; line < lsn + 2; line++)
        {
            at = Array.IndexOf(bytes, (byte)'\n', at) + 1;
        }
        bytes[Array.IndexOf(bytes, (byte)'\n', at) - 12] ^= 1;
    }

    private void PutManifest(LogManifest manifest) => Disk.Files[ManifestPath] = manifest.ToBytes();

    private LogManifest Manifest(long content, long reached, long openFrom = 0)
    {
        List<LogManifestRow> rows = [new(LogManifest.Reached, "", content, reached, 0, DateTime.UnixEpoch)];
        rows.Add(new LogManifestRow(openFrom > 0 ? LogManifest.Open : LogManifest.Segment, "shop.log", Math.Max(openFrom, 1), reached, 0, DateTime.UnixEpoch));
        return new LogManifest("shop", Log.Id, 1, rows);
    }

    private static (long Covered, long Reached, long? End) Numbers(RecoveryPlan plan, long baseLsn, int timeline = 1) =>
        new LogCoverage(plan, baseLsn, timeline) is var coverage ? (coverage.CoveredLsn, coverage.ReachedLsn, coverage.EndLsn) : default;

    private RecoveryPlan Plan(LogManifest? manifest, params long[] firstLsns) => new(Log.Id, [], [.. firstLsns.Select(lsn =>
        new RecoverySegment("/data/x.log", new LogHeader("shop", Log.Id, 1, lsn, lsn, 1, 1 << 24, null), null))], [], []) { Manifest = manifest };
}
