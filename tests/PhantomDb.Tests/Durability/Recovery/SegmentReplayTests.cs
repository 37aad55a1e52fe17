using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>What <see cref="LogReplay"/> says of each segment, where it stops, and what it takes for a missing end.</summary>
[TestClass]
public sealed class SegmentReplayTests : RecoveryTest
{

    private static string Reason(RecoveredDatabase recovered, string path) => recovered.Report.Files.Single(file => file.Path == path).Reason;

    private void PutManifest(long content, long reached, params LogManifestRow[] rows) =>
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, content, reached, rows, []).ToBytes();

    private int Break(string path, string text)
    {
        byte[] bytes = [.. Disk.Files[path]];
        int at = Encoding.ASCII.GetString(bytes).IndexOf(text, StringComparison.Ordinal);
        bytes[at] ^= 1;
        Disk.Files[path] = bytes;
        return Array.LastIndexOf(bytes, (byte)'\n', at) + 1;
    }

    [TestMethod]
    public void Segments_that_the_file_has_all_of_are_told_of_and_not_read()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        string first = Log.Rotate();
        SaveAs(Path, Recover());
        Log.Commit("INSERT,users,2,b");
        Disk.Files[first][^3] ^= 1;   // its seal
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual("the file has all of its records", Reason(recovered, first));
        Assert.IsFalse(recovered.Report.Files.Single(file => file.Path == first).IsUsed);
        Assert.AreEqual("LSN 3 to 3", Reason(recovered, ActivePath));
        Assert.AreEqual((first, 2L, Log.Header.Predecessor!.Length, new DateTime(2026, 11, 21, 12, 0, 1)), (recovered.Segments[0].Path, recovered.Segments[0].LastLsn, recovered.Segments[0].Length, recovered.Segments[0].LastTime), "when it was sealed its name says");
        Assert.AreEqual((1L, 1L, RecoveryVerdict.Clean), (recovered.Report.RecordsRead, recovered.Report.RecordsApplied, recovered.Report.Verdict));
    }

    [TestMethod]
    public void A_timeline_that_a_file_has_ended_is_left_out_and_only_the_active_segment_gets_another_name()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        string first = Log.Rotate();
        Log.Commit("INSERT,users,2,b").Flush();
        SaveAs(Path, Recover(), timeline: 2, lsn: 4);
        RecoveredDatabase recovered = Recover();
        foreach (string path in new[] { first, ActivePath })
        {
            Assert.AreEqual("timeline 1 had ended: the file is of a later one", Reason(recovered, path));
        }
        Assert.IsTrue(Disk.Files.ContainsKey(first));
        Assert.IsFalse(Disk.Files.ContainsKey(ActivePath));
        CollectionAssert.IsSubsetOf(recovered.EarlierSegments.Select(s => s.Path).ToArray(), Disk.Files.Keys);
        CollectionAssert.AreEqual(new[] { 2L, 3L }, recovered.EarlierSegments.Select(s => s.LastLsn).ToArray());
    }

    [TestMethod]
    public void A_point_is_the_end_of_the_segment_that_has_it()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b").Flush();
        string first = Log.Rotate();
        DateTime time = Log.Time;
        Log.Commit("INSERT,users,3,c").Flush();
        RecoveredDatabase recovered = Recover(new RecoveryOptions { ToLsn = 3 });
        Assert.AreEqual((1, 3L, 4703L), (recovered.Segments.Count, recovered.Segments[0].LastLsn, recovered.LastTransactionId), "nothing of the next one");
        Assert.AreEqual("up to LSN 3", Reason(recovered, ActivePath));
        recovered = Recover(new RecoveryOptions { ToLsn = 2 });
        Assert.AreEqual("up to LSN 2", Reason(recovered, first));
        Assert.AreEqual((2L, 5L, 4701L, time.AddSeconds(-1)), (recovered.Segments.Single().LastLsn, recovered.Segments[0].NextLine, recovered.LastTransactionId, recovered.Segments[0].LastTime));
        Assert.AreEqual((long)Encoding.ASCII.GetString(Disk.Files[first]).Split('\n').Take(4).Sum(line => line.Length + 1), recovered.Segments[0].Length);
        Assert.IsTrue(recovered.HasMore);
        Assert.AreEqual(4704, Recover().LastTransactionId);
    }

    [TestMethod]
    public void A_torn_end_is_told_with_its_place()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Commit("INSERT,users,3,c");
        byte[] bytes = Log.Bytes;
        Log.IsActive = false;
        Disk.Files[ActivePath] = bytes;
        int at = Array.LastIndexOf(bytes, (byte)'\n', bytes.Length - 2) + 1;
        Disk.Files[ActivePath] = bytes[..^5];
        RecoveredDatabase recovered = Recover(new RecoveryOptions { IsReadOnly = true });
        Assert.AreEqual((RecoveryVerdict.Torn, 3L, 0L), (recovered.Report.Verdict, recovered.Report.LastLsn, recovered.Report.TransactionsDropped));
        Assert.AreEqual($"LSN 1 to 3; the file ends within a line (line 6, byte offset {at})", Reason(recovered, ActivePath));
        StringAssert.Contains(recovered.Report.Problem, $"({ActivePath}, line 6, byte offset {at}");
        Assert.IsFalse(recovered.Report.Problem!.StartsWith(" (", StringComparison.Ordinal));

        Disk.Files[ActivePath] = bytes;
        at = Break(ActivePath, "2,b");
        recovered = Recover(new RecoveryOptions { IsReadOnly = true });
        Assert.AreEqual((RecoveryVerdict.Repaired, 2L, 1L), (recovered.Report.Verdict, recovered.Report.LastLsn, recovered.Report.TransactionsDropped), "a whole transaction stands behind it");
        StringAssert.EndsWith(Reason(recovered, ActivePath), $" (line 5, byte offset {at})");
    }

    [TestMethod]
    public void Bytes_behind_what_the_next_segment_counts_are_told()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        long length = Log.Bytes.Length;
        string first = Log.Rotate();
        Log.Commit("INSERT,users,2,b").Flush();
        Disk.Files[first] = [.. Disk.Files[first][..(int)length], 1, 2, 3];
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual("LSN 1 to 2; 3 bytes behind them do not count", Reason(recovered, first));
        Assert.AreEqual((RecoveryVerdict.Clean, 3L), (recovered.Report.Verdict, recovered.Report.LastLsn));
    }

    [TestMethod]
    public void Of_bad_lines_that_the_file_has_the_first_is_told_with_the_segment()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Flush().Commit("INSERT,users,3,c").Flush();
        SaveAs(Path, Recover(), lsn: 4);
        Log.Commit("INSERT,users,4,d").Flush();
        Log.Save();
        Log.IsActive = false;
        int first = Break(ActivePath, "1,a"), second = Break(ActivePath, "3,c");
        RecoveredDatabase recovered = Recover(new RecoveryOptions { IsReadOnly = true });
        StringAssert.StartsWith(Reason(recovered, ActivePath), "LSN 1 to 5; ");
        StringAssert.EndsWith(Reason(recovered, ActivePath), $" (line 4, byte offset {first}), where the file has all");
        Assert.IsFalse(Reason(recovered, ActivePath).Contains($"{second}", StringComparison.Ordinal));
        Assert.AreEqual(5, recovered.Report.LastLsn);
    }

    [TestMethod]
    public void A_segment_that_another_has_taken_the_name_of_is_not_read()
    {
        Log.Commit(Users);
        Log.Save();
        var segment = new RecoverySegment(ActivePath, Log.Header, null);
        using (Stream stream = Disk.OpenRead(ActivePath))
        {
            LogReplay.EnsureIs(segment, stream);
            Assert.AreEqual(0, stream.Position);
        }
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() =>
        {
            using Stream stream = Disk.OpenRead(ActivePath);
            LogReplay.EnsureIs(segment with { Header = Log.Header with { Salt = 5 } }, stream);
        });
        Assert.AreEqual((SqlStates.DataCorrupted, ActivePath), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "the segment has become another one while it was read");
        StringAssert.StartsWith(error.Hint, "Try again.");
    }

    [TestMethod]
    public void Where_the_segment_behind_the_last_is_gone_that_is_what_is_missing()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        string first = Log.Rotate();
        Log.IsActive = false;
        PutManifest(5, 5);
        PhantomDbException error = Refused();
        Assert.AreEqual((SqlStates.DataCorrupted, ActivePath), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "the log ends with LSN 2, but had reached LSN 5; missing is");
        StringAssert.StartsWith(error.Hint, "Put the file back into the folder.");
        RecoveredDatabase salvaged = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true });
        StringAssert.Contains(salvaged.Report.Problem, "the log ends with LSN 2, but had reached LSN 5");
        RecoveryLoss loss = salvaged.Report.Losses.Single();
        Assert.AreEqual((3L, 5L, $"the segment is missing: \"{ActivePath}\""), (loss.FirstLsn, loss.LastLsn, loss.Reason));
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(salvaged.Database, "users"));

        Disk.Files[ActivePath] = new byte[5000];   // it is there, and its header is not
        error = Refused();
        Assert.AreEqual(ActivePath, error.Where);
        StringAssert.Contains(error.Message, "the header of the log's segment is damaged; before it the log ends with LSN 2, and had reached LSN 5");
        StringAssert.StartsWith(error.Hint, "Restore the segment from a copy.");
        loss = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true }).Report.Losses.Single();
        Assert.AreEqual((3L, 5L, $"the header of the log's segment is damaged: \"{ActivePath}\""), (loss.FirstLsn, loss.LastLsn, loss.Reason));
        PutManifest(5, 5, new LogManifestRow(LogManifest.Open, "shop.log", 3, 5, 0, DateTime.UnixEpoch));
        loss = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true }).Report.Losses.Single();
        Assert.AreEqual((3L, long.MaxValue), (loss.FirstLsn, loss.LastLsn), "it may have had any number of records");
        Assert.IsTrue(Disk.Files.ContainsKey(first));
    }

    [TestMethod]
    public void An_end_that_the_file_has_all_of_by_the_manifest_is_passed_over()
    {
        Log.Commit(Users).Commit("INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Flush();
        SaveAs(Path, Recover());
        byte[] bytes = Log.Bytes;
        Log.IsActive = false;
        Disk.Files[ActivePath] = bytes[..(Array.LastIndexOf(bytes, (byte)'\n', bytes.Length - 2) + 1)];
        PutManifest(3, 3);
        RecoveredDatabase recovered = Recover(new RecoveryOptions { IsReadOnly = true });
        Assert.AreEqual((RecoveryVerdict.Repaired, 3L), (recovered.Report.Verdict, recovered.Report.LastLsn));
        Assert.AreEqual("LSN 1 to 2", Reason(recovered, ActivePath));
        StringAssert.Contains(recovered.Report.Problem, "the end of the log is missing, LSN 3 to 3: the file has all of it");
        PutManifest(4, 4);
        Refused();
    }

    [TestMethod]
    [DataRow(3L, 5L, 5L, "the file has all of it")]
    [DataRow(3L, 5L, 4L, "the file has all that had been changed there")]
    [DataRow(3L, 5L, 3L, "the file has all that had been changed there")]
    [DataRow(3L, 5L, 2L, "nothing had been changed there")]
    public void Why_an_end_is_not_needed_is_said(long first, long last, long baseLsn, string why) =>
        StringAssert.EndsWith(LogReplay.EndNotNeeded(ActivePath, first, last, baseLsn).Message, $"the end of the log is missing, LSN {first} to {last}: {why}");

    [TestMethod]
    public void In_a_salvage_a_gap_is_the_problem()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        SaveAs(Path, Recover());
        Log.Rotate();
        Log.Commit("INSERT,users,2,b").Flush();
        string second = Log.Rotate();
        Log.Commit("INSERT,users,3,c").Flush();
        Log.Save();
        Log.IsActive = false;
        Disk.Files.Remove(second);
        RecoveredDatabase salvaged = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true });
        Assert.AreEqual((RecoveryVerdict.Repaired, $"the log from LSN 3 to 3 is missing ({ActivePath})"), (salvaged.Report.Verdict, salvaged.Report.Problem));
        CollectionAssert.AreEqual(new[] { "1|a", "3|c" }, Rows(salvaged.Database, "users"));
    }
}
