using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>Which files of a folder belong together, what is left out and why, and what is refused: by headers alone.</summary>
[TestClass]
public sealed class RecoveryPlannerTests : RecoveryTest
{
    private static readonly Guid Own = new("6f1c0000000000000000000000000001");
    private static readonly Guid Other = new("7f1c0000000000000000000000000002");

    [TestMethod]
    public void An_empty_folder_is_a_plan_of_nothing()
    {
        Disk.Files["/data/shop.txt"] = [1];
        Disk.Files["/data/other.log"] = Header(1, 1);
        RecoveryPlan plan = Plan();
        Assert.AreEqual((Guid.Empty, 0, 0, 0, 0, 1), (plan.Id, plan.Bases.Count, plan.Segments.Count, plan.Others.Count, plan.UnbegunSegments.Count, plan.NewestTimeline));
        Assert.IsNull(plan.ActiveSegment);
        Assert.IsNull(plan.Manifest);
        Assert.AreEqual("shop", plan.DatabaseName);
    }

    [TestMethod]
    public void Segments_are_put_in_order_by_what_their_headers_count_of_each_other()
    {
        string first = Add(1, 1), second = Add(2, 11, before: 1), active = AddActive(3, 21, before: 2);
        RecoveryPlan plan = Plan();
        CollectionAssert.AreEqual(new[] { first, second, active }, plan.Segments.Select(s => s.Path).ToArray());
        CollectionAssert.AreEqual(new long?[] { 10, 20, null }, plan.Segments.Select(s => s.Counted?.LastLsn).ToArray());
        Assert.AreEqual((active, 3L), (plan.ActiveSegment!.Path, plan.ActiveSegment.Header.Segment));
        Assert.IsEmpty(plan.Others);
    }

    [TestMethod]
    public void Where_a_header_contradicts_itself_the_history_begins_with_it()
    {
        string first = Add(1, 1);
        Disk.Files[ActivePath] = new LogHeader("shop", Own, 1, 2, 21, 2, 1 << 24, new LogPredecessor(1, 10, 500)).ToBytes();   // 11 to 20 are nowhere
        CollectionAssert.AreEqual(new[] { ActivePath }, Plan().Segments.Select(s => s.Path).ToArray());
        Reason(Plan(), first, "it does not continue into segment 2");
        CollectionAssert.AreEqual(new[] { first, ActivePath }, Plan(allowsGaps: true).Segments.Select(s => s.Path).ToArray());
        Assert.IsNull(Plan(allowsGaps: true).Segments[0].Counted);
    }

    [TestMethod]
    public void With_gaps_allowed_the_newest_before_a_gap_is_the_one_that_goes_on_behind_it()
    {
        string first = Add(1, 1), second = Add(2, 11, before: 1);
        string last = AddActive(5, 51, before: 4);
        CollectionAssert.AreEqual(new[] { last }, Plan().Segments.Select(s => s.Path).ToArray());
        CollectionAssert.AreEqual(new[] { first, second, last }, Plan(allowsGaps: true).Segments.Select(s => s.Path).ToArray());
    }

    [TestMethod]
    [DataRow(30, 30, true)]
    [DataRow(30, 4096, true)]
    [DataRow(30, 4097, false)]
    [DataRow(0, 100, true)]
    public void A_file_with_no_more_than_the_start_of_a_header_was_never_begun(int kept, int length, bool isUnbegun)
    {
        byte[] bytes = new byte[length];
        Header(1, 1).AsSpan(0, kept).CopyTo(bytes);
        Disk.Files[ActivePath] = bytes;
        if (isUnbegun)
        {
            RecoveryPlan plan = Plan();
            CollectionAssert.AreEqual(new[] { ActivePath }, plan.UnbegunSegments.ToArray());
            Assert.IsEmpty(plan.HeadlessSegments);
            Reason(plan, ActivePath, "never begun");
        }
        else
        {
            RecoveryPlan plan = Plan();
            CollectionAssert.AreEqual(new[] { new HeadlessSegment(ActivePath, long.MaxValue) }, plan.HeadlessSegments.ToArray());
            Assert.IsEmpty(plan.UnbegunSegments);
            Reason(plan, ActivePath, "its header is damaged");
        }
    }

    [TestMethod]
    [DataRow(10L, false)]
    [DataRow(11L, false)]
    [DataRow(12L, true)]
    public void A_segment_without_header_is_refused_unless_it_is_older_than_the_one_that_is_written_to(long firstLsnInName, bool isRefused)
    {
        Log.Commit(Users).Commit("INSERT,users,1,a").Commit("INSERT,users,2,b");
        SaveAs(Path, Recover(), lsn: 10);
        Log.Fork(new LogPredecessor(7, 10, 500), 2, 1, 0x77);
        Log.Commit("INSERT,users,3,c");
        string headless = Name(firstLsnInName);
        Disk.Files[headless] = new byte[5000];
        if (isRefused)
        {
            PhantomDbException error = Refused();
            Assert.AreEqual((SqlStates.DataCorrupted, headless), (error.SqlState, error.Where));
            StringAssert.Contains(error.Message, "the header of the log's segment is damaged");
        }
        else
        {
            RecoveredDatabase recovered = Recover();
            Assert.AreEqual((RecoveryVerdict.Repaired, 11L), (recovered.Report.Verdict, recovered.Report.LastLsn));
            StringAssert.Contains(recovered.Report.Problem, headless);
        }
        CollectionAssert.AreEqual(new[] { new HeadlessSegment(headless, firstLsnInName) }, Plan().HeadlessSegments.ToArray());
        Reason(Plan(allowsGaps: true), headless, "its header is damaged");
    }

    [TestMethod]
    public void Without_a_database_file_the_log_that_is_written_to_says_whose_the_folder_is()
    {
        string other = Add(9, 91, id: Other, timeline: 3), active = AddActive(1, 1);
        Assert.AreEqual(Own, Plan().Id);
        Reason(Plan(), other, $"it is another database's, with the id {Other:n}");
        CollectionAssert.AreEqual(new[] { active }, Plan().Segments.Select(s => s.Path).ToArray());
        Assert.AreEqual(1, Plan().NewestTimeline);
    }

    [TestMethod]
    public void Without_that_the_newest_segment_says_it_by_timeline_and_then_by_number()
    {
        Add(1, 1, id: Other);
        string newer = Add(2, 11, id: Own);
        Assert.AreEqual(Own, Plan().Id);
        Disk.Files.Remove(newer);
        Add(3, 21, id: Other);
        Add(2, 31, id: Own, timeline: 2);
        Assert.AreEqual(Own, Plan().Id);
    }

    [TestMethod]
    public void Without_a_log_the_snapshot_with_the_highest_lsn_says_it_and_others_are_left_out()
    {
        RecoveredDatabase any = Any();
        string low = Snapshot("20261121_110000"), high = Snapshot("20261121_100000");
        SaveAs(low, any, lsn: 5);
        SaveAs(high, any with { Database = any.Database with { Id = Other } }, lsn: 6);
        RecoveryPlan plan = Plan();
        Assert.AreEqual(Other, plan.Id);
        CollectionAssert.AreEqual(new[] { high }, plan.Bases.Select(b => b.Path).ToArray());
        Assert.IsFalse(plan.Bases[0].IsDatabaseFile);
        Reason(plan, low, $"it is another database's, with the id {Own:n}");
    }

    [TestMethod]
    public void The_database_file_says_it_before_all_others_and_refuses_another_database_s_log()
    {
        SaveAs(Path, Any(), lsn: 5);
        Disk.Files[ActivePath] = new LogHeader("shop", Other, 1, 1, 1, 1, 1 << 24, null).ToBytes();
        PhantomDbException error = Refuses(ActivePath, "the log is another database's");
        StringAssert.Contains(error.Hint, $"{Other:n}");
        StringAssert.Contains(error.Hint, $"{Own:n}");
    }

    [TestMethod]
    public void The_best_file_is_of_the_newest_timeline_then_of_the_highest_lsn_and_then_the_database_s_own()
    {
        RecoveredDatabase any = Any();
        string a = Snapshot("20261121_110000"), b = Snapshot("20261121_110001"), newest = Snapshot("20261121_100000"), oldest = Snapshot("20261121_120000");
        SaveAs(Path, any, lsn: 7);
        SaveAs(b, any, lsn: 7);
        SaveAs(a, any, lsn: 7);
        SaveAs(newest, any, timeline: 2, lsn: 1);
        SaveAs(oldest, any, lsn: 6);
        RecoveryPlan plan = Plan();
        CollectionAssert.AreEqual(new[] { newest, Path, a, b, oldest }, plan.Bases.Select(file => file.Path).ToArray());
        CollectionAssert.AreEqual(new[] { false, true, false, false, false }, plan.Bases.Select(file => file.IsDatabaseFile).ToArray());
        Assert.AreEqual(2, plan.NewestTimeline);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Of_two_names_for_one_segment_the_one_with_more_counts(bool isActiveLonger)
    {
        string named = Name(1);
        byte[] longer = [.. Header(1, 1), .. new byte[70_000]], shorter = longer[..^10];
        (Disk.Files[named], Disk.Files[ActivePath]) = isActiveLonger ? (shorter, longer) : (longer, shorter);
        (string best, string copy) = isActiveLonger ? (ActivePath, named) : (named, ActivePath);
        RecoveryPlan plan = Plan();
        CollectionAssert.AreEqual(new[] { best }, plan.Segments.Select(s => s.Path).ToArray());
        Reason(plan, copy, $"it is a copy of {best}");
        Disk.Files[copy][69_000] ^= 1;
        StringAssert.Contains(Refuses(copy, "two files say that they are the same segment of the log").Hint, $"\"{best}\"");
        Disk.Files[copy][69_000] ^= 1;
        Disk.Files[copy][2000] ^= 1;
        Refuses(copy, "two files say that they are the same segment of the log");
    }

    [TestMethod]
    public void Of_two_equal_files_the_first_by_name_counts()
    {
        Disk.Files[Name(1)] = Disk.Files[ActivePath] = Header(1, 1);
        CollectionAssert.AreEqual(new[] { ActivePath }, Plan().Segments.Select(s => s.Path).ToArray());
    }

    [TestMethod]
    public void What_is_of_a_later_timeline_than_the_wanted_one_is_left_out()
    {
        RecoveredDatabase any = Any();
        string first = Add(1, 1), second = AddActive(2, 11, before: 1, timeline: 2), early = Snapshot("20261121_100000"), late = Snapshot("20261121_110000");
        SaveAs(early, any, timeline: 1, lsn: 10);
        SaveAs(late, any, timeline: 2, lsn: 12);
        RecoveryPlan plan = Plan(timeline: 1);
        CollectionAssert.AreEqual(new[] { first }, plan.Segments.Select(s => s.Path).ToArray());
        CollectionAssert.AreEqual(new[] { early }, plan.Bases.Select(b => b.Path).ToArray());
        Assert.HasCount(2, plan.Others);
        Reason(plan, second, "it is of timeline 2, and timeline 1 is wanted");
        Reason(plan, late, "it is of timeline 2, and timeline 1 is wanted");
        Assert.AreEqual(2, plan.NewestTimeline);
        Assert.IsEmpty(Plan(timeline: 2).Others);
    }

    [TestMethod]
    public void A_segment_that_stands_beside_the_history_is_refused_an_older_one_left_out()
    {
        string first = Add(1, 1), active = AddActive(3, 21, before: 2);   // the second is missing
        Reason(Plan(), first, "it does not continue into segment 3");
        string twin = Name(15);
        Disk.Files[twin] = new LogHeader("shop", Own, 1, 3, 15, 77, 1 << 24, new LogPredecessor(2, 14, 300)).ToBytes();
        PhantomDbException error = Refuses(active, "the log has two histories: segment 3 of timeline 1");
        StringAssert.Contains(error.Hint, $"\"{twin}\"");
        Reason(Plan(allowsGaps: true), active, "it does not continue");
    }

    [TestMethod]
    public void What_a_restore_has_ended_is_told_from_what_is_older_than_the_history()
    {
        string first = Add(1, 1), ended = Add(2, 11, before: 1);
        Disk.Files[ActivePath] = new LogHeader("shop", Own, 2, 2, 6, 99, 1 << 24, new LogPredecessor(1, 5, 250)).ToBytes();
        RecoveryPlan plan = Plan();
        CollectionAssert.AreEqual(new[] { first, ActivePath }, plan.Segments.Select(s => s.Path).ToArray());
        Reason(plan, ended, "timeline 1 had ended");
        Disk.Files.Remove(first);
        string older = Name(2);
        Disk.Files[older] = new LogHeader("shop", Own, 1, 1, 2, 50, 1 << 24, null).ToBytes();
        Reason(Plan(), older, "it does not continue into segment 2");
    }

    [TestMethod]
    [DataRow(0, 4L)]
    [DataRow(5, 2L)]
    public void Of_a_timeline_that_a_file_has_ended_whole_transactions_are_history(int cut, long lastLsn)
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b", "INSERT,users,3,c").Flush();
        Log.Save();
        SaveAs(Path, Recover(), timeline: 2, lsn: 10);
        Disk.Files[ActivePath] = Disk.Files[ActivePath][..^cut];
        RecoveryPlan plan = Plan();
        Assert.AreEqual(lastLsn, plan.Log.Single().LastLsn);
        Assert.AreEqual(lastLsn, plan.UpTo(4).Segments.Single().LastLsn);
        Assert.AreSame(plan, plan.UpTo(10));
        Assert.IsEmpty(plan.Holes);
    }

    [TestMethod]
    public void Which_history_a_timeline_came_from_is_told_by_LSNs_or_not_at_all()
    {
        RecoveredDatabase any = Any();
        Add(1, 1);
        Disk.Files[Name(6)] = new LogHeader("shop", Own, 2, 2, 6, 99, 1 << 24, new LogPredecessor(1, 5, 250)).ToBytes();
        string kept = Snapshot("20261121_100000");
        SaveAs(kept, any, timeline: 1, lsn: 5);
        SaveAs(Path, any, timeline: 3, lsn: 20);
        CollectionAssert.AreEqual(new[] { 1, 2 }, Plan().Log.Select(s => s.Header.Timeline).ToArray(), "behind all that there was: a repair");
        Disk.Files.Remove(Path);
        SaveAs(Path, any, timeline: 3, lsn: 5);
        CollectionAssert.AreEqual(new[] { 1 }, Plan().Log.Select(s => s.Header.Timeline).ToArray(), "a restore to the file");
        Disk.Files.Remove(Path);
        SaveAs(Path, any, timeline: 3, lsn: 4);
        Assert.IsEmpty(Plan().Log);
    }

    [TestMethod]
    public void Whatever_a_later_version_has_written_is_refused_by_its_name()
    {
        RecoveredDatabase any = Any();
        SaveAs(Path, any);
        Later(Path, "# PhantomDB Version: 1 |", "# PhantomDB Version: 2 | New: x |");
        string snapshot = Snapshot("20261121_100000");
        SaveAs(snapshot, any);
        Later(snapshot, "# PhantomDB Version: 1 |", "# PhantomDB Version: 2 | New: x |");
        Add(1, 1);
        Later(Name(1), "Version: 1 | Id", "Version: 2 | New: x | Id");
        Disk.Files[ManifestPath] = new LogManifest("shop", Own, 1, []).ToBytes();
        Later(ManifestPath, "Version: 1 | Id", "Version: 2 | New: x | Id");
        Assert.IsEmpty(Plan().Others);
    }

    [TestMethod]
    public void A_seal_of_a_later_version_is_refused_also_one_that_was_not_put_in_place()
    {
        Disk.Files[Path] = System.Text.Encoding.UTF8.GetBytes(Example);
        foreach (string seal in new[] { DatabaseFileWriter.SealPath(Path), DatabaseFileWriter.NewSealPath(Path) })
        {
            DatabaseFileWriter.Write(Content(DatabaseFileReader.Read(Path, null, Disk)), Path, new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch, Sealed = false }, Disk);
            Assert.IsTrue(Disk.Files.ContainsKey(DatabaseFileWriter.SealPath(Path)));
            if (seal != DatabaseFileWriter.SealPath(Path))
            {
                Disk.Files[seal] = Disk.Files[DatabaseFileWriter.SealPath(Path)];
            }
            Assert.IsNotNull(Plan().Bases.Single().Header);
            Later(seal, "Version: 1 |", "Version: 2 | New: x |");
        }
        Assert.IsNotNull(Plan().Bases.Single().Header);
    }

    // Refused with the text put in, and as it was without.
    private void Later(string path, string from, string to)
    {
        byte[] bytes = Disk.Files[path];
        string text = System.Text.Encoding.UTF8.GetString(bytes);
        StringAssert.Contains(text, from);
        Disk.Files[path] = System.Text.Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Plan());
        Assert.AreEqual(SqlStates.FeatureNotSupported, error.SqlState);
        StringAssert.Contains(error.Message, path);
        StringAssert.Contains(error.Message, "2");
        Disk.Files[path] = bytes;
    }

    [TestMethod]
    public void A_segment_that_a_manifest_names_was_begun_though_no_more_than_the_start_of_a_header_is_left()
    {
        Add(1, 1);
        Disk.Files[ActivePath] = Header(2, 11)[..30];
        PutManifest(Own, Row(LogManifest.Open, "shop.log", 12));
        CollectionAssert.AreEqual(new[] { new HeadlessSegment(ActivePath, long.MaxValue) }, Plan().HeadlessSegments.ToArray());
        Assert.IsEmpty(Plan().UnbegunSegments);
        Reason(Plan(), ActivePath, "its header is damaged");
        PutManifest(Own, Row(LogManifest.Segment, "shop.log", 12));
        Assert.HasCount(1, Plan().HeadlessSegments);
        foreach (LogManifestRow row in new[] { Row(LogManifest.Load, "shop.log", 12), Row(LogManifest.Open, "shop_log_20261121_130000_12.log", 12), Row(LogManifest.Open, "shop.log", 1) })
        {
            PutManifest(Own, row);   // not a segment; another file; that segment has got its name since
            Assert.IsEmpty(Plan().HeadlessSegments, row.ToString());
            Reason(Plan(), ActivePath, "never begun");
        }
        PutManifest(Other, Row(LogManifest.Open, "shop.log", 12));
        Assert.IsEmpty(Plan().HeadlessSegments, "another database's manifest");
    }

    [TestMethod]
    public void A_manifest_counts_where_it_is_the_database_s_or_nothing_else_is_there()
    {
        PutManifest(Other);
        Assert.AreEqual((Other, false), (Plan().Manifest!.Id, Plan().IsManifestDamaged));
        AddActive(1, 1);
        Assert.IsNull(Plan().Manifest);
        PutManifest(Own, 4);
        Assert.AreEqual((4, 1), (Plan().NewestTimeline, Plan().FilesTimeline));
        Disk.Files[ManifestPath][^5] ^= 1;
        Assert.IsTrue(Plan().IsManifestDamaged);
        Assert.IsNull(Plan().Manifest);
        Disk.Files[ManifestPath] = [];
        Assert.IsTrue(Plan().IsManifestDamaged);
    }

    [TestMethod]
    public void What_is_before_a_hole_or_a_file_s_timeline_is_history_and_said_to_be_so()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        string first = Log.Rotate();
        Log.Commit("INSERT,users,2,b");
        string second = Log.Rotate();
        Log.Commit("INSERT,users,3,c");
        Log.Save();
        byte[] bytes = Disk.Files[second];
        Disk.Files.Remove(second);
        RecoveryPlan plan = Plan();
        Reason(plan, first, "it is history, and the log from LSN 3 to 3 behind it is missing");
        Assert.IsEmpty(Plan(allowsGaps: true).EarlierParts);
        Disk.Files[second] = bytes;
        Disk.Files[ActivePath] = new LogHeader("shop", Own, 2, 9, 5, 99, 1 << 24, null) { IsBehindFile = true }.ToBytes();
        Reason(Plan(), first, "it is history, of timeline 1");
        Reason(Plan(), second, "it is history, of timeline 1");
    }

    private void PutManifest(Guid id, params LogManifestRow[] rows) => PutManifest(id, 1, rows);

    private void PutManifest(Guid id, int timeline, params LogManifestRow[] rows) => Disk.Files[ManifestPath] = new LogManifest("shop", id, timeline, rows).ToBytes();

    private static LogManifestRow Row(string kind, string name, long firstLsn) => new(kind, name, firstLsn, firstLsn, 0, DateTime.UnixEpoch);

    // A database that has something, of the own id; the folder is empty again.
    private RecoveredDatabase Any()
    {
        Dictionary<string, byte[]> files = new(Disk.Files);
        Disk.Files.Clear();
        Log.Commit(Users, "INSERT,users,1,a");
        RecoveredDatabase recovered = Recover();
        Disk.Files.Clear();
        Log.IsActive = false;
        foreach ((string path, byte[] bytes) in files)
        {
            Disk.Files[path] = bytes;
        }
        return recovered;
    }

    private RecoveryPlan Plan(int? timeline = null, bool allowsGaps = false) => new RecoveryPlanner(Path, Disk).Plan(timeline, allowsGaps);

    private PhantomDbException Refuses(string path, string what)
    {
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Plan());
        Assert.AreEqual((SqlStates.DataCorrupted, path), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, what);
        Assert.IsFalse(string.IsNullOrEmpty(error.Hint));
        return error;
    }

    private static void Reason(RecoveryPlan plan, string path, string reason)
    {
        RecoveryFile file = plan.Others.Single(f => f.Path == path);
        Assert.IsFalse(file.IsUsed);
        StringAssert.Contains(file.Reason, reason);
    }

    private static string Snapshot(string time) => $"/data/shop_snapshot_{time}";

    private static string Name(long firstLsn) => $"/data/{new LogSegmentName("shop", new DateTime(2026, 11, 21, 12, 0, 0, DateTimeKind.Utc), firstLsn)}";

    private string Add(long segment, long firstLsn, long before = 0, Guid? id = null, int timeline = 1)
    {
        string path = Name(firstLsn);
        Disk.Files[path] = Header(segment, firstLsn, before, id, timeline);
        return path;
    }

    private string AddActive(long segment, long firstLsn, long before = 0, int timeline = 1)
    {
        Disk.Files[ActivePath] = Header(segment, firstLsn, before, null, timeline);
        return ActivePath;
    }

    // The salt is the number.
    private static byte[] Header(long segment, long firstLsn, long before = 0, Guid? id = null, int timeline = 1) =>
        new LogHeader("shop", id ?? Own, timeline, segment, firstLsn, (uint)segment, 1 << 24, before == 0 ? null : new LogPredecessor((uint)before, firstLsn - 1, 500)).ToBytes();
}
