using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Tests.Durability.Log;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>How far a log is followed, what is waited for, and when all must be read anew.</summary>
[TestClass]
public sealed class LogFollowerTests : RecoveryTest
{
    private static readonly RecoveryOptions Following = new() { IsReadOnly = true, IsFollowing = true };

    // Of what is there now, the log as it is among it.
    private LogFollower Follow(IFileSystem? disk = null)
    {
        RecoveredDatabase recovered = Recover(Following);
        return new LogFollower(Path, recovered, recovered.Database.Storage, disk ?? Disk);
    }

    private static string RowsOf(LogFollower follower) => string.Join(' ', Rows(new LoadedDatabase(follower.Catalog, follower.Stage), "users"));

    // A transaction of one row, known to be on the disk when the next one is written.
    private void Insert(int id, params string[] more)
    {
        Log.Flush().Commit([$"INSERT,users,{id},a", .. more]);
        Log.Save();
    }

    private void Start()
    {
        Log.Commit(Users);
        Insert(1);
        Insert(2);
    }

    private string Rotate()
    {
        string path = Log.Rotate();
        Log.Save();
        return path;
    }

    private void Expect(LogFollower follower, bool isNew, string rows, long lsn, string? waiting = null)
    {
        Assert.AreEqual(isNew, follower.Advance());
        Assert.AreEqual((rows, lsn, false), (RowsOf(follower), follower.LastLsn, follower.MustBeginAnew));
        if (waiting is null)
        {
            Assert.IsNull(follower.Waiting);
        }
        else
        {
            Assert.AreEqual(waiting, follower.Waiting);
        }
    }

    private void ExpectAnew(LogFollower follower, string rows)
    {
        Assert.IsFalse(follower.Advance());
        Assert.IsTrue(follower.MustBeginAnew);
        Assert.AreEqual(rows, RowsOf(follower));
        Assert.IsFalse(follower.Advance(), "and nothing more is read");
    }

    [TestMethod]
    public void What_a_later_line_vouches_for_is_applied_and_the_last_one_is_waited_for()
    {
        Start();
        LogFollower follower = Follow();
        Expect(follower, false, "1|a", 2);
        Insert(3);
        Expect(follower, true, "1|a 2|a", 3);
        Expect(follower, false, "1|a 2|a", 3);
        Insert(4);
        Insert(5);
        Expect(follower, true, "1|a 2|a 3|a 4|a", 5);
    }

    [TestMethod]
    public void What_is_applied_is_told_for_those_who_make_it_visible()
    {
        Start();
        LogFollower follower = Follow();
        Assert.IsEmpty(follower.Rows.Rows);
        Insert(3);
        follower.Advance();
        Assert.AreEqual((AppliedChange.Insert, 1), (follower.Rows.Rows.Single().Change, follower.Rows.Rows[0].Count));
        Assert.IsFalse(follower.Rows.Stamp.IsCommitted);
    }

    [TestMethod]
    public void A_transaction_is_applied_when_all_of_it_is_on_the_disk()
    {
        Start();
        LogFollower follower = Follow();
        byte[] before = Log.Bytes;
        Insert(3, "INSERT,users,4,b", "INSERT,users,5,c");
        Log.Flush().Commit("SYNC,");
        byte[] after = Log.Bytes;
        int steps = 0;
        for (int length = before.Length; length < after.Length; length++)
        {
            Disk.Files[ActivePath] = after[..length];
            steps += follower.Advance() ? 1 : 0;
            Assert.IsTrue(RowsOf(follower) is "1|a" or "1|a 2|a", RowsOf(follower));
            Assert.IsFalse(follower.MustBeginAnew);
        }
        Disk.Files[ActivePath] = after;
        Expect(follower, true, "1|a 2|a 3|a 4|b 5|c", 6);
        Assert.AreEqual(1, steps);
    }

    [TestMethod]
    public void A_sealed_segment_is_known_to_its_end_and_the_next_one_is_gone_on_with()
    {
        Start();
        LogFollower follower = Follow();
        string first = Log.Rotate();   // the old name stays for now
        byte[] whole = Disk.Files[first];
        Disk.Files.Remove(first);
        Disk.Files[ActivePath] = whole;
        Expect(follower, true, "1|a 2|a", 3);
        Disk.Files[first] = whole;
        Insert(3);
        Expect(follower, false, "1|a 2|a", 3);
        Insert(4);
        Expect(follower, true, "1|a 2|a 3|a", 4);
        Rotate();
        Insert(5);
        Rotate();
        Insert(6);
        Insert(7);
        Expect(follower, true, "1|a 2|a 3|a 4|a 5|a 6|a", 7);
    }

    [TestMethod]
    public void What_the_next_segment_counts_is_on_the_disk_though_no_seal_says_so()
    {
        Start();
        LogFollower follower = Follow();
        byte[] lines = Log.Bytes;
        string first = Rotate();
        Disk.Files[first] = lines;
        Expect(follower, true, "1|a 2|a", 3);
        Insert(3);
        Insert(4);
        Expect(follower, true, "1|a 2|a 3|a", 4);
    }

    [TestMethod]
    public void Definitions_that_the_next_segment_repeats_and_new_ones_are_applied()
    {
        Start();
        LogFollower follower = Follow();
        Rotate();
        Log.Flush().Commit(Users, "INSERT,users,3,c").Commit("ALTER,users,\"COLUMNS:id:int,name:string,n:int\",CONSTRAINT:users_pkey PRIMARY KEY (id),\"FROM:id,name,=5\"");
        Insert(9);
        Expect(follower, true, "1|a|5 2|a|5 3|c|5", 6);
    }

    [TestMethod]
    public void A_gap_is_waited_for_until_the_segment_comes()
    {
        Start();
        LogFollower follower = Follow();
        Rotate();
        Insert(3);
        string second = Rotate();
        byte[] gone = Disk.Files[second];
        Disk.Files.Remove(second);
        Insert(4);
        Insert(5);
        Expect(follower, true, "1|a 2|a", 3, "the log from LSN 4 on is not whole yet");
        Expect(follower, false, "1|a 2|a", 3, "the log from LSN 4 on is not whole yet");
        Disk.Files[second] = gone;
        Expect(follower, true, "1|a 2|a 3|a 4|a", 5);
    }

    [TestMethod]
    public void A_segment_that_is_copied_in_part_is_waited_for_though_the_next_one_is_there()
    {
        Start();
        LogFollower follower = Follow();
        Insert(3);
        Insert(4);
        string first = Rotate();
        byte[] whole = Disk.Files[first];
        Insert(5);
        Insert(6);
        int line = Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) - 20;   // within the last line
        Disk.Files[first] = whole[..line];
        Expect(follower, true, "1|a 2|a 3|a", 4, "the log from LSN 5 on is not whole yet");
        Disk.Files[first] = whole;
        Expect(follower, true, "1|a 2|a 3|a 4|a 5|a", 6);
    }

    [TestMethod]
    public void A_segment_that_is_gone_is_waited_for_unless_a_newer_file_leads_beyond_it()
    {
        Start();
        LogFollower follower = Follow(), second = Follow();
        string first = Rotate();
        byte[] bytes = Disk.Files[first];
        Insert(3);
        RecoveredDatabase all = Recover();
        Disk.Files.Remove(first);
        Expect(follower, false, "1|a", 2, "the segment with LSN 3 is not there");
        Disk.Files[first] = bytes;
        Expect(follower, true, "1|a 2|a", 3);
        Disk.Files.Remove(first);
        SaveAs("/data/shop_snapshot_20261121_120000", all, lsn: 2);
        Expect(second, false, "1|a", 2, "the segment with LSN 3 is not there");
        SaveAs("/data/shop_snapshot_20261121_120001", all, lsn: 3);
        ExpectAnew(second, "1|a");
    }

    [TestMethod]
    public void A_restore_to_an_earlier_point_and_another_history_are_read_anew()
    {
        Start();
        Insert(3);
        LogFollower earlier = Follow(), same = Follow(), later = Follow(), other = Follow();   // LSN 3; LSN 4 is not vouched for
        byte[] lines = Log.Bytes;
        string first = "/data/shop_log_20261121_120004_1.log";
        Disk.Files[first] = lines;
        Disk.Files.Remove(ActivePath);
        uint salt = Log.Salt;

        Log.Fork(new LogPredecessor(salt, 2, 400), 2, 2, 0x2000);
        Log.Save();
        ExpectAnew(earlier, "1|a 2|a");

        Log.Fork(new LogPredecessor(salt, 3, 400), 2, 2, 0x3000);
        Insert(30);
        Insert(31);
        Expect(same, true, "1|a 2|a 30|a", 4);

        Log.Fork(new LogPredecessor(salt, 4, lines.Length), 2, 2, 0x4000);
        Insert(40);
        Insert(41);
        Expect(later, true, "1|a 2|a 3|a 40|a", 5);

        Log.Fork(new LogPredecessor(0x5555, 4, lines.Length), 2, 3, 0x6000);
        Log.Save();
        ExpectAnew(other, "1|a 2|a");
    }

    [TestMethod]
    public void Of_two_segments_behind_one_the_later_history_is_gone_on_with()
    {
        Start();
        LogFollower follower = Follow();
        string first = Rotate();
        uint salt = LogHeader.TryParse(Disk.Files[first], out _)!.Salt;
        LogPredecessor counted = Log.Header.Predecessor!;
        Insert(3);
        Insert(4);
        Disk.Files["/data/shop_log_20261121_120009_4.log"] = Log.Bytes;
        Log.Fork(new LogPredecessor(salt, counted.LastLsn, counted.Length), 2, 2, 0x3000);
        Insert(30);
        Insert(31);
        Expect(follower, true, "1|a 2|a 30|a", 4);
    }

    [TestMethod]
    public void A_segment_that_begins_behind_what_its_file_alone_has_is_read_anew()
    {
        Start();
        LogFollower follower = Follow();
        string first = Rotate();
        LogHeader header = Log.Header;
        Disk.Files[ActivePath] = (header with { FirstLsn = header.FirstLsn + 1 }).ToBytes();
        ExpectAnew(follower, "1|a");
        Assert.IsTrue(Disk.Files.ContainsKey(first));
    }

    [TestMethod]
    public void A_database_file_of_a_later_timeline_is_read_anew_and_any_other_is_left_alone()
    {
        Start();
        RecoveredDatabase recovered = Recover(Following);
        LogFollower follower = Follow();
        SaveAs(Path, recovered, timeline: 1);
        Expect(follower, false, "1|a", 2);
        Disk.Files[Path] = Encoding.UTF8.GetBytes(Example);
        Expect(follower, false, "1|a", 2);
        Disk.Files.Remove(Path);
        SaveAs(Path, recovered with { Database = recovered.Database with { Id = Guid.NewGuid() } }, timeline: 7);
        Expect(follower, false, "1|a", 2);
        Disk.Files.Remove(Path);   // or the file stays, which has the same content
        SaveAs(Path, recovered, timeline: 2);
        ExpectAnew(follower, "1|a");
    }

    [TestMethod]
    public void A_file_of_a_timeline_that_the_log_has_too_is_the_logs()
    {
        Start();
        RecoveredDatabase recovered = Recover(Following);
        LogFollower follower = Follow();
        string first = Rotate();
        LogHeader header = LogHeader.TryParse(Disk.Files[first], out _)!;
        Log.Fork(new LogPredecessor(header.Salt, 3, Log.Header.Predecessor!.Length), 2, 2, 0x3000);
        Insert(30);
        Insert(31);
        SaveAs(Path, recovered, timeline: 2);
        Expect(follower, true, "1|a 2|a 30|a", 4);
    }

    [TestMethod]
    public void A_log_that_is_cut_before_what_was_read_is_read_anew()
    {
        Start();
        LogFollower follower = Follow();
        byte[] bytes = Disk.Files[ActivePath];
        int last = Array.LastIndexOf(bytes, (byte)'\n', bytes.Length - 2) + 1;
        Disk.Files[ActivePath] = bytes[..last];
        Expect(follower, false, "1|a", 2);
        Disk.Files[ActivePath] = bytes[..(last - 1)];
        ExpectAnew(follower, "1|a");
    }

    [TestMethod]
    public void Lines_that_are_others_than_before_are_read_anew()
    {
        Start();
        LogFollower follower = Follow();
        Insert(3);
        Insert(4);
        byte[] bytes = [.. Disk.Files[ActivePath]];
        bytes[Encoding.ASCII.GetString(bytes).IndexOf("users,2,a", StringComparison.Ordinal)] ^= 1;
        Disk.Files[ActivePath] = bytes;
        ExpectAnew(follower, "1|a");
    }

    [TestMethod]
    public void Another_log_under_the_name_is_none_of_it()
    {
        Start();
        LogFollower follower = Follow();
        byte[] own = Disk.Files[ActivePath];
        var other = new LogSegmentText(0x7777, 1).Insert(1).Flush().Insert(5).Flush().Insert(1);
        Disk.Files[ActivePath] = [.. (other.Header with { Id = Guid.NewGuid() }).ToBytes(), .. other.Lines.SelectMany(line => line.Bytes)];
        Expect(follower, false, "1|a", 2, "the segment with LSN 3 is not there");
        Disk.Files["/data/shop.logs"] = own;
        Disk.Files["/data/shopping_log_20261121_120004_1.log"] = own;
        Expect(follower, false, "1|a", 2, "the segment with LSN 3 is not there");
        Disk.Files["/data/shop_log_20261121_120004_1.log"] = own;
        Expect(follower, false, "1|a", 2);
    }

    [TestMethod]
    public void Without_a_log_one_is_waited_for()
    {
        Start();
        SaveAs(Path, Recover(), lsn: 3);
        byte[] log = Disk.Files[ActivePath];
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        LogFollower follower = Follow(), later = Follow(), older = Follow();
        Log.IsActive = true;
        Expect(follower, false, "1|a 2|a", 3);
        Disk.Files[ActivePath] = log[..30];
        Expect(follower, false, "1|a 2|a", 3);

        Log.Fork(new LogPredecessor(0x99, 3, 500), 5, 1, 0x2000);
        Insert(3);
        Insert(4);
        Expect(follower, true, "1|a 2|a 3|a", 4);

        Log.Fork(new LogPredecessor(0x99, 4, 500), 5, 1, 0x3000);
        Log.Save();
        ExpectAnew(later, "1|a 2|a");

        Log.Fork(new LogPredecessor(0x99, 1, 500), 5, 1, 0x4000);
        Log.Save();
        Expect(older, false, "1|a 2|a", 3);
    }

    [TestMethod]
    public void Where_none_was_read_segments_of_an_older_timeline_are_none_of_it()
    {
        Start();
        SaveAs(Path, Recover(), timeline: 2, lsn: 3);
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        LogFollower follower = Follow();
        Log.IsActive = true;
        Log.Fork(new LogPredecessor(0x99, 3, 500), 5, 1, 0x2000);
        Insert(3);
        Insert(4);
        Expect(follower, false, "1|a 2|a", 3);
        Log.Fork(new LogPredecessor(0x99, 3, 500), 5, 2, 0x2000);
        Insert(5);
        Insert(6);
        Expect(follower, true, "1|a 2|a 5|a", 4);
    }

    [TestMethod]
    public void A_first_segment_that_nobody_wrote_to_gives_way_to_the_next_first_one()
    {
        Log.Save();
        LogFollower follower = Follow();
        LogHeader empty = Log.Header;
        Disk.Files["/data/shop_log_20261121_120000_1.log"] = empty.ToBytes();
        Disk.Files[ActivePath] = (empty with { Segment = 2, Salt = 0x4444 }).ToBytes();
        Assert.IsFalse(follower.Advance());
        Assert.IsNull(follower.Waiting);
        var encoder = new LogEncoder(0x4444);
        List<byte[]> lines = [];
        foreach (string body in new[] { Users, "INSERT,users,1,a" })
        {
            byte[] bytes = Encoding.UTF8.GetBytes(body), line = new byte[bytes.Length + LogEncoder.OverheadMax];
            encoder.BeginTransaction(Log.Time, 1, 1);
            lines.Add(line[..encoder.Encode(lines.Count + 1, 1, 1, bytes, line)]);
        }
        Disk.Files[ActivePath] = [.. (empty with { Segment = 2, Salt = 0x4444 }).ToBytes(), .. lines.SelectMany(line => line)];
        Assert.IsTrue(follower.Advance());
        Assert.AreEqual(("", 1L, false), (RowsOf(follower), follower.LastLsn, follower.MustBeginAnew));
    }

    [TestMethod]
    [DataRow("DELETE,users,7,x", "no row with the key")]
    [DataRow("LOAD,,shop_load_20261121_120003_120451,1,0badc0de", "all content is replaced")]
    [DataRow("INSERT,users,1,again", "breaks a unique key")]
    public void What_does_not_fit_is_an_error_and_all_is_read_anew(string body, string reason)
    {
        Start();
        LogFollower follower = Follow();
        Log.Flush().Commit(body);
        Insert(3);
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => follower.Advance()).Message, reason);
        Assert.IsTrue(follower.MustBeginAnew);
        Assert.IsFalse(follower.Advance());
    }

    [TestMethod]
    public void A_segment_that_has_just_got_another_name_is_waited_for()
    {
        Start();
        var disk = new FailingDisk(Disk);
        LogFollower follower = Follow(disk);
        Insert(3);
        disk.Error = Error.FileNotFound(ActivePath);
        Expect(follower, false, "1|a", 2, disk.Error.Message);
        disk.Error = null;
        Expect(follower, true, "1|a 2|a", 3);
        Insert(4);
        disk.Error = Error.FileNotFound(ActivePath);
        Expect(follower, false, "1|a 2|a", 3, disk.Error.Message);
        disk.Error = Error.FileFailed("read", ActivePath, "Input/output error");
        Assert.AreEqual(SqlStates.IoError, Assert.ThrowsExactly<PhantomDbException>(() => follower.Advance()).SqlState);
        Assert.IsTrue(follower.MustBeginAnew);
    }

    [TestMethod]
    public void A_side_file_that_is_not_there_is_no_segment_that_has_another_name()
    {
        Start();
        LogFollower follower = Follow();
        Log.Flush().Commit("LOAD,users,shop_load_20261121_120003_120451,1,0badc0de");
        Insert(3);
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => follower.Advance()).Message, "is missing");
        Assert.IsTrue(follower.MustBeginAnew);
    }

    [TestMethod]
    public void Headers_are_read_again_where_a_file_may_be_another_and_only_there()
    {
        Start();
        var disk = new FailingDisk(Disk) { TellsFiles = true };
        LogFollower follower = Follow(disk);
        follower.Advance();
        int opened = disk.Opened;
        follower.Advance();
        Assert.AreEqual(opened + 1, disk.Opened, "to be read on, and not for its header");
        Rotate();
        Insert(3);
        Insert(4);
        Expect(follower, true, "1|a 2|a 3|a", 4);
        SaveAs(Path, Recover(Following), timeline: 1);
        follower.Advance();
        opened = disk.Opened;
        follower.Advance();
        Assert.AreEqual(opened + 1, disk.Opened);
        Disk.Files.Remove(Path);
        SaveAs(Path, Recover(Following), timeline: 2);
        ExpectAnew(follower, "1|a 2|a 3|a");
    }

    // Fails to open files, or counts how often it does; and tells files by what they hold, where it is asked to.
    private sealed class FailingDisk(MemoryFileSystem disk) : ReadOnlyDisk(disk), IFileSystem
    {
        public PhantomDbException? Error { get; set; }

        public int Opened { get; private set; }

        public bool TellsFiles { get; init; }

        public override Stream OpenRead(string path)
        {
            Opened++;
            return Error is null ? base.OpenRead(path) : throw Error;
        }

        FileMark IFileSystem.MarkOf(string path) => !TellsFiles ? FileMark.Unknown
            : disk.Files.TryGetValue(path, out byte[]? bytes) ? new FileMark(bytes.Length, PhantomDb.Durability.Checksum.Of(bytes), 1) : FileMark.None;
    }
}
