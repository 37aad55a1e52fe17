using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

[TestClass]
public class DatabaseRecoveryTests : RecoveryTest
{
    private const string SnapshotPath = "/data/shop_snapshot_20261121_120000";

    [TestMethod]
    public void The_log_alone_is_a_database_and_the_report_has_the_numbers()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b");
        string sealedPath = Log.Rotate();
        Log.Commit(Users, "INSERT,users,3,c", "DELETE,users,1,a");

        RecoveredDatabase recovered = Recover();

        RecoveryReport report = recovered.Report;
        Assert.AreEqual(RecoveryVerdict.Clean, report.Verdict);
        Assert.AreEqual((0L, 6L, 6L, 6L, 3L), (report.BaseLsn, report.LastLsn, report.RecordsRead, report.RecordsApplied, report.TransactionsApplied));
        CollectionAssert.AreEqual(new[] { sealedPath, ActivePath }, report.Files.Where(f => f.IsUsed).Select(f => f.Path).ToArray());
        Assert.AreEqual(Log.Id, recovered.Database.Id);
        CollectionAssert.AreEqual(new[] { (1L, 3L), (4L, 6L) }, recovered.Segments.Select(s => (s.Header.FirstLsn, s.LastLsn)).ToArray());
        Assert.AreEqual((Log.Time, Log.Bytes.Length), (recovered.Segments[^1].LastTime, (int)recovered.Segments[^1].Length));
        StringAssert.StartsWith(report.ToString(), "recovery CLEAN: LSN 6, transactions applied 3\nbegan with an empty database; 6 records of the log applied; timeline 1; ");
    }

    [TestMethod]
    public void What_the_newest_whole_file_has_is_not_applied_again()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b");
        SaveAs(SnapshotPath, Recover());
        Log.Commit("INSERT,users,3,c");
        SaveAs(Path, Recover());
        Log.Commit("INSERT,users,4,d");

        RecoveryReport report = Recover().Report;

        Assert.AreEqual((4L, 5L, 5L, 1L, 1L), (report.BaseLsn, report.LastLsn, report.RecordsRead, report.RecordsApplied, report.TransactionsApplied));
        Assert.AreEqual(Path, report.Files[0].Path);
    }

    [TestMethod]
    public void Every_cut_of_the_active_segment_gives_whole_transactions_and_is_repaired_once()
    {
        Log.Commit(Users, Notes).Commit("INSERT,users,1,a");
        Log.Rotate();
        Log.Commit(Users, "INSERT,users,2,b").Commit("UPDATE,users,1,a,>,1,aa").Flush().Commit("INSERT,users,3,c", "DELETE,users,2,b").Commit("INSERT,notes,1,x");
        byte[] whole = Log.Bytes;
        Dictionary<string, byte[]> others = new(Disk.Files);
        Dictionary<long, string> contents = [];
        foreach (long lsn in new long[] { 3, 5, 6, 8, 9 })
        {
            contents[lsn] = Content(Recover(new RecoveryOptions { ToLsn = lsn }));
        }
        Log.IsActive = false;
        for (int length = 0; length <= whole.Length; length++)
        {
            Restore(others);
            Disk.Files[ActivePath] = whole[..length];

            RecoveredDatabase first = Recover();
            RecoveredDatabase second = Recover();

            Assert.AreEqual(contents[first.Report.LastLsn], Content(first), $"{length}");
            Assert.AreEqual(contents[first.Report.LastLsn], Content(second), $"{length}");
            byte[] aside = [.. Disk.Files.Where(f => f.Key.Contains(".torn_", StringComparison.Ordinal)).SelectMany(f => f.Value)];
            Assert.AreEqual(first.Report.BytesSetAside, aside.Length, $"{length}");
            Assert.AreEqual(RecoveryVerdict.Clean, second.Report.Verdict, $"{length}");
            byte[] kept = Disk.Files.GetValueOrDefault(ActivePath, []);
            CollectionAssert.AreEqual(whole[..length], kept.Concat(aside).ToArray(), $"{length}");
            Assert.AreEqual(aside.Length > 0 ? RecoveryVerdict.Torn : RecoveryVerdict.Clean, length == 0 ? RecoveryVerdict.Clean : first.Report.Verdict, $"{length}");
        }
    }

    [TestMethod]
    public void A_crash_in_any_step_of_setting_aside_leaves_all_for_the_next_time()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b");
        byte[] torn = Log.Bytes[..^5];
        Log.IsActive = false;
        for (int step = 0; step < 12; step++)
        {
            Disk.Files.Clear();
            Disk.Files[ActivePath] = torn;
            int calls = 0, failing = step;
            Disk.Fails = (_, _) => calls++ == failing;
            try
            {
                Recover();
            }
            catch (PhantomDbException error) when (error.SqlState == SqlStates.IoError)
            {
            }
            Disk.Fails = (_, _) => false;

            CollectionAssert.AreEqual(new[] { "1|a" }, Rows(Recover().Database, "users"));
            Assert.IsTrue(Disk.Files.Any(f => f.Key.Contains(".torn_", StringComparison.Ordinal) && torn.AsSpan().EndsWith(f.Value)), $"step {step}");
        }
    }

    [TestMethod]
    public void A_reader_beside_the_files_changes_nothing()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b");
        Disk.Files[ActivePath] = Log.Bytes[..^5];
        Log.IsActive = false;
        Disk.Calls.Clear();

        Assert.AreEqual(RecoveryVerdict.Torn, Recover(new RecoveryOptions { IsReadOnly = true }).Report.Verdict);

        Assert.IsEmpty(Disk.Calls);
    }

    [TestMethod]
    public void Damage_in_what_had_been_flushed_is_refused_and_salvaged_on_request()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b").Flush().Commit("INSERT,users,3,c").Flush();
        Log.Rotate();
        Log.Commit(Users, "INSERT,users,4,d");
        Log.Save();
        string damaged = Disk.Files.Keys.Single(f => f.Contains("_log_", StringComparison.Ordinal));
        byte[] bytes = Disk.Files[damaged];
        bytes[Encoding.ASCII.GetString(bytes).IndexOf("2,b", StringComparison.Ordinal)] ^= 1;

        PhantomDbException error = Refused();
        Assert.AreEqual(SqlStates.DataCorrupted, error.SqlState);
        StringAssert.StartsWith(error.Where, $"{damaged}, line 5, byte offset ");

        RecoveredDatabase salvaged = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage });
        Log.IsActive = false;
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(salvaged.Database, "users"));
        Assert.AreEqual((RecoveryVerdict.Repaired, 2L), (salvaged.Report.Verdict, salvaged.Report.LastLsn));
        Assert.HasCount(2, Disk.Files.Keys.Where(f => f.Contains(".bad_", StringComparison.Ordinal)).ToArray());
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(Recover().Database, "users"));
    }

    [TestMethod]
    public void Strict_recovery_refuses_a_torn_end()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b");
        Disk.Files[ActivePath] = Log.Bytes[..^5];
        Log.IsActive = false;

        StringAssert.Contains(Refused(new RecoveryOptions { Mode = RecoveryMode.Strict }).Message, "the file ends within a line");
        Assert.AreEqual(RecoveryVerdict.Torn, Recover().Report.Verdict);
    }

    [TestMethod]
    public void An_end_below_what_the_log_had_reached_is_refused()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b");

        Assert.AreEqual(3, Recover(new RecoveryOptions { ReachedLsn = 3 }).Report.LastLsn);
        StringAssert.Contains(Refused(new RecoveryOptions { ReachedLsn = 4 }).Message, "the log had reached");
    }

    [TestMethod]
    public void The_manifest_is_a_floor_but_not_that_of_an_older_timeline_or_another_database()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b");
        LogManifestRow reached = new(LogManifest.Reached, "", 0, 4, 0, DateTime.UnixEpoch), pin = new(LogManifest.Pin, "audit", 2, 0, 0, DateTime.UnixEpoch);
        Disk.Files[ManifestPath] = new LogManifest("shop", Log.Id, 1, [reached, pin]).ToBytes();

        StringAssert.Contains(Refused().Message, "the log had reached");

        Disk.Files[ManifestPath] = new LogManifest("shop", Log.Id, 2, [reached, pin]).ToBytes();
        StringAssert.Contains(Refused().Message, "it had gone on with timeline 2", "of a later one there is no file");
        Disk.Files[ManifestPath] = new LogManifest("shop", Log.Id, 0, [reached, pin]).ToBytes();
        CollectionAssert.AreEqual(new[] { new LogPin("audit", 2) }, Recover().Pins.ToArray());
        Disk.Files[ManifestPath] = new LogManifest("shop", Guid.NewGuid(), 1, [reached, pin]).ToBytes();
        Assert.IsEmpty(Recover().Pins);
        Disk.Files[ManifestPath] = [1, 2, 3];
        Assert.AreEqual(3, Recover().Report.LastLsn);
    }

    [TestMethod]
    public void The_log_goes_on_behind_a_torn_end_in_a_new_segment()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush().Commit("INSERT,users,2,b");
        Disk.Files[ActivePath] = Log.Bytes[..^5];
        Log.IsActive = false;

        LogStart start = Recover().ToLogStart("/data", "shop");
        Assert.AreEqual((3L, 2L, Log.Salt, 2L), (start.NextLsn, start.Segment, start.Predecessor!.Salt, start.Predecessor.LastLsn));
        Assert.AreEqual(Disk.Files[ActivePath].Length, (int)start.Predecessor.Length);

        Disk.Files["/data/shop_log_20261121_130000_1.log"] = Disk.Files[ActivePath];
        var next = new RecoveryLog(Disk);
        next.Fork(start.Predecessor, start.Segment, 1, salt: 0x3000);
        next.Commit(Users, "INSERT,users,2,c").Save();

        RecoveredDatabase recovered = Recover();
        CollectionAssert.AreEqual(new[] { "1|a", "2|c" }, Rows(recovered.Database, "users"));
        Assert.AreEqual(RecoveryVerdict.Clean, recovered.Report.Verdict);
    }

    [TestMethod]
    public void A_file_of_a_later_timeline_ends_the_log_which_keeps_another_name()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,gone");
        SaveAs(Path, Recover(new RecoveryOptions { ToLsn = 2 }));

        RecoveredDatabase recovered = Recover();

        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(recovered.Database, "users"));
        Assert.AreEqual((2, 2L, 1L), (recovered.Report.Timeline, recovered.Report.LastLsn, recovered.ToLogStart("/data", "shop").Segment));
        Assert.IsFalse(Disk.Files.ContainsKey(ActivePath));
        Assert.IsTrue(Disk.Files.ContainsKey("/data/shop_log_19700101_000000_1.log"));
        Log.IsActive = false;
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(Recover().Database, "users"));
    }

    [TestMethod]
    public void A_missing_segment_is_refused()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        string first = Log.Rotate();
        Log.Commit(Users, "INSERT,users,2,b");
        string second = Log.Rotate();
        Log.Commit(Users, "INSERT,users,3,c");
        Log.Save();
        Dictionary<string, byte[]> files = new(Disk.Files);
        SaveAs(SnapshotPath, Recover(new RecoveryOptions { ToLsn = 2 }), timeline: 1);
        byte[] snapshot = Disk.Files[SnapshotPath];

        foreach (string missing in new[] { first, second })
        {
            Restore(files);
            Disk.Files.Remove(missing);
            StringAssert.Contains(Refused().Message, "there is no database file or snapshot");
        }
        Restore(files);
        Disk.Files.Remove(second);
        Disk.Files[SnapshotPath] = snapshot;
        StringAssert.Contains(Refused().Message, "the log from LSN 3 to 4 is missing");
        Restore(files);
        Disk.Files.Remove(first);
        Disk.Files[SnapshotPath] = snapshot;
        Assert.AreEqual(6, Recover().Report.LastLsn);
    }

    [TestMethod]
    public void A_segment_of_another_database_is_never_applied()
    {
        var other = new RecoveryLog(Disk) { Id = Guid.NewGuid() };
        other.Commit(Users);   // the header had the first id
        other.Rotate();
        other.Commit(Users, "INSERT,users,9,foreign");
        byte[] foreign = other.Bytes;
        string otherPath = other.Rotate();
        Disk.Files.Clear();
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(Path, Recover());
        Disk.Files[otherPath] = foreign;

        RecoveredDatabase recovered = Recover();
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(recovered.Database, "users"));
        StringAssert.Contains(recovered.Report.Files.Single(f => f.Path == otherPath).Reason, "another database's");

        Log.IsActive = false;
        Disk.Files[ActivePath] = foreign;
        StringAssert.Contains(Refused().Message, "the log is another database's");
    }

    [TestMethod]
    public void Older_segments_beside_a_newer_snapshot_add_nothing()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        Log.Save();
        byte[] old = Log.Bytes;
        Log.Commit("INSERT,users,2,b");
        SaveAs(SnapshotPath, Recover());
        Log.IsActive = false;
        Disk.Files[ActivePath] = old;

        RecoveredDatabase recovered = Recover();

        CollectionAssert.AreEqual(new[] { "1|a", "2|b" }, Rows(recovered.Database, "users"));
        Assert.AreEqual((3L, 0L), (recovered.Report.LastLsn, recovered.Report.RecordsApplied));
    }

    [TestMethod]
    public void The_history_that_a_restore_has_ended_is_left_out()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        LogPredecessor point = new(Log.Salt, 2, Log.Bytes.Length);
        Log.Commit("INSERT,users,2,gone");
        string first = Log.Rotate();
        Log.Commit(Users, "INSERT,users,3,gone too");
        string second = Log.Rotate();
        SaveAs(SnapshotPath, Recover());
        Log.Fork(point, segment: 2, timeline: 2, salt: 0x2000);
        Log.Commit(Users, "INSERT,users,2,new");

        RecoveredDatabase recovered = Recover();

        CollectionAssert.AreEqual(new[] { "1|a", "2|new" }, Rows(recovered.Database, "users"));
        Assert.AreEqual(2, recovered.Report.Timeline);
        CollectionAssert.AreEqual(new[] { first, ActivePath }, recovered.Segments.Select(s => s.Path).ToArray());
        StringAssert.Contains(recovered.Report.Files.Single(f => f.Path == second).Reason, "timeline 1 had ended");
        StringAssert.Contains(recovered.Report.Files.Single(f => f.Path == SnapshotPath).Reason, "it is of timeline 1");
    }

    [TestMethod]
    public void Two_histories_of_one_timeline_are_refused()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        LogPredecessor point = new(Log.Salt, 2, Log.Bytes.Length);
        Log.Rotate();
        Log.Commit(Users, "INSERT,users,2,b");
        Log.Rotate();
        Log.Fork(point, segment: 2, timeline: 1, salt: 0x2000);
        Log.Commit(Users, "INSERT,users,2,c");
        Log.Rotate();
        Log.Commit(Users);

        StringAssert.Contains(Refused().Message, "two histories");
    }

    [TestMethod]
    public void A_damaged_file_is_replaced_by_an_older_one_and_the_log_since()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(SnapshotPath, Recover());
        Log.Commit("INSERT,users,2,b");
        SaveAs(Path, Recover());
        Log.Commit("INSERT,users,3,c");
        Disk.Files[Path][^40] ^= 1;

        RecoveredDatabase recovered = Recover(new RecoveryOptions { IsReadOnly = true });

        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c" }, Rows(recovered.Database, "users"));
        Assert.AreEqual((RecoveryVerdict.Repaired, 2L, 4L), (recovered.Report.Verdict, recovered.Report.BaseLsn, recovered.Report.LastLsn));
        StringAssert.Contains(recovered.Report.ToLine(), Path);
        Disk.Files.Remove(ActivePath);
        Log.IsActive = false;
        Assert.AreEqual(SqlStates.DataCorrupted, Refused().SqlState);   // without the log the snapshot has not all
    }

    [TestMethod]
    public void A7_a_point_in_the_log_is_recovered_without_touching_a_file()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(SnapshotPath, Recover());
        Log.Commit("INSERT,users,2,b", "INSERT,users,3,c");
        DateTime time = Log.Time;
        Log.Commit("DELETE,users,1,a");
        SaveAs(Path, Recover());
        Disk.Calls.Clear();

        RecoveredDatabase byTime = Recover(new RecoveryOptions { ToTime = time });
        RecoveredDatabase byLsn = Recover(new RecoveryOptions { ToLsn = 3 });   // within a transaction

        CollectionAssert.AreEqual(new[] { "1|a", "2|b", "3|c" }, Rows(byTime.Database, "users"));
        CollectionAssert.AreEqual(new[] { "1|a" }, Rows(byLsn.Database, "users"));
        Assert.AreEqual((2L, 2, 4L), (byLsn.Report.LastLsn, byLsn.Report.Timeline, byTime.Report.LastLsn));
        Assert.IsEmpty(Disk.Calls);
    }

    [TestMethod]
    public void A_database_is_opened_with_its_log()
    {
        Log.Commit("TABLE,users,\"COLUMNS:id:int,name:string\",CONSTRAINT:users_pkey PRIMARY KEY (id),CONSTRAINT:c CHECK (id > 0),INDEX:lower_name UNIQUE (lower(name)) WHERE (id < 10)",
            "VIEW,v,COLUMNS:name:string,USES:users,QUERY:SELECT name FROM users", "INSERT,users,1,Ann").Commit("UPDATE,users,1,Ann,>,2,Bob");
        Log.Save();
        DatabaseOptions options = new() { IsInMemory = true, FileSystem = Disk };

        using Database database = Database.Open(Path, options);
        using Session session = database.OpenSession();
        using (QueryResult result = session.Execute("SELECT v.name, id FROM v JOIN users USING (name)"))
        {
            Assert.IsTrue(result.Read());
            Assert.AreEqual("Bob", result.GetString(0));
        }
        Assert.AreEqual(4, database.Recovery!.LastLsn);
        Assert.IsTrue(database.HasUnsavedChanges);
        Assert.AreEqual(SqlStates.UniqueViolation, Assert.ThrowsExactly<PhantomDbException>(() => session.Execute("INSERT INTO users VALUES (3, 'BOB')")).SqlState);
    }

    private void Restore(Dictionary<string, byte[]> files)
    {
        Disk.Files.Clear();
        foreach ((string path, byte[] bytes) in files)
        {
            Disk.Files[path] = [.. bytes];
        }
    }

    [TestMethod]
    public void The_database_s_own_file_counts_where_recovery_could_begin_with_it()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        Assert.AreEqual(((long?)null, false, 1L), (Recover().OwnFileLsn, Recover().IsBehindFile, Recover().WholeFrom), "there is none");
        SaveAs(SnapshotPath, Recover());
        Assert.AreEqual(((long?)null, true), (Recover().OwnFileLsn, Recover().IsBehindFile), "a snapshot is not its own");
        SaveAs(Path, Recover(), lsn: 1);
        Assert.AreEqual(1L, Recover().OwnFileLsn, "an older one, too");
        Disk.Files.Remove(Path);
        SaveAs(Path, Recover());
        Disk.Files[Path][^200] ^= 1;
        Assert.IsNull(Recover(new RecoveryOptions { IsReadOnly = true }).OwnFileLsn, "it is damaged");
        Disk.Files.Remove(Path);
        SaveAs(Path, Recover(), timeline: 5, lsn: 1);
        Disk.Files[SnapshotPath + "_2"] = Disk.Files[Path];
        Disk.Files.Remove(Path);
        Assert.IsNull(Recover().OwnFileLsn);
    }

    [TestMethod]
    public void Without_segments_the_log_begins_whole_behind_the_file()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(Path, Recover(), lsn: 7);
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        RecoveredDatabase recovered = Recover();
        Assert.AreEqual((8L, 7L, 7L, Log.Id), (recovered.WholeFrom, recovered.Report.LastLsn, recovered.OwnFileLsn!.Value, recovered.Database.Id));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_file_that_says_nothing_of_itself_was_never_before_a_log(bool isBehindFile)
    {
        Log.IsBehindFile = isBehindFile;
        Log.Commit(Users, "INSERT,users,3,c");
        Disk.Files[Path] = Encoding.UTF8.GetBytes(Example);
        PhantomDbException error = Refused();
        Assert.AreEqual((SqlStates.ObjectNotInPrerequisiteState, Path), (error.SqlState, error.Where));
        Disk.Files[Path] = [];
        if (isBehindFile)
        {
            Refused();
        }
        else
        {
            CollectionAssert.AreEqual(new[] { "3|c" }, Rows(Recover().Database, "users"), "nothing is lost with an empty file");
        }
    }

    [TestMethod]
    public void Side_files_that_the_file_s_records_named_are_known_from_the_manifest()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b").Flush();
        string first = Log.Rotate();
        Log.Commit("INSERT,users,3,c").Flush();
        SaveAs(Path, Recover());
        LogManifestRow[] rows =
        [
            new(LogManifest.Load, "shop_load_20261121_120000_1", 1, 1, 0, DateTime.UnixEpoch), new(LogManifest.Load, "shop_load_20261121_120000_4", 4, 4, 0, DateTime.UnixEpoch),
            new(LogManifest.Load, "shop_load_20261121_120000_5", 5, 5, 0, DateTime.UnixEpoch), new(LogManifest.Snapshot, "shop_snapshot_20261121_110000", 2, 2, 0, DateTime.UnixEpoch),
        ];
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 4, 4, rows, [new LogPin("audit", 3)]).ToBytes();
        RecoveredDatabase recovered = Recover();
        CollectionAssert.AreEqual(new[] { new LogLoad("shop_load_20261121_120000_1", 1), new LogLoad("shop_load_20261121_120000_4", 4) }, recovered.Loads.ToArray());
        CollectionAssert.AreEqual(new[] { rows[3] }, recovered.SnapshotRows.ToArray());
        CollectionAssert.AreEqual(new[] { new LogPin("audit", 3) }, recovered.Pins.ToArray());
        Disk.Files.Remove(first);
        CollectionAssert.AreEqual(new[] { new LogLoad("shop_load_20261121_120000_4", 4) }, Recover().Loads.ToArray(), "nothing names the first any more");
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        Assert.IsEmpty(Recover().Loads);
    }

    [TestMethod]
    public void What_was_reached_and_is_not_there_is_refused_and_a_loss_in_a_salvage()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(Path, Recover());
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        PhantomDbException error = Refused(new RecoveryOptions { ReachedLsn = 4 });
        Assert.AreEqual((SqlStates.DataCorrupted, ActivePath), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "the log ends with LSN 2, but had reached LSN 4");
        Assert.AreEqual(2, Recover(new RecoveryOptions { ReachedLsn = 2 }).Report.LastLsn);
        Assert.AreEqual(2, Recover(new RecoveryOptions { ReachedLsn = 4, IsFollowing = true }).Report.LastLsn, "it has not come yet");
        Assert.AreEqual(2, Recover(new RecoveryOptions { ReachedLsn = 4, ToLsn = 2 }).Report.LastLsn);
        RecoveredDatabase salvaged = Recover(new RecoveryOptions { ReachedLsn = 4, Mode = RecoveryMode.Salvage, IsReadOnly = true });
        RecoveryLoss loss = salvaged.Report.Losses.Single();
        Assert.AreEqual((3L, 4L, "it is missing", 2L), (loss.FirstLsn, loss.LastLsn, loss.Reason, salvaged.Report.LastLsn));
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 2, 4, [], []).ToBytes();
        Assert.IsEmpty(Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true }).Report.Losses, "nothing but the log's own notes");
        RecoveredDatabase covered = Recover();
        Assert.AreEqual((RecoveryVerdict.Repaired, 4L, true), (covered.Report.Verdict, covered.Report.LastLsn, covered.MustSaveFirst));
        StringAssert.Contains(covered.Report.Problem, "the end of the log is missing, LSN 3 to 4: nothing had been changed there");
    }

    [TestMethod]
    public void A_segment_that_was_being_written_and_is_gone_is_named_with_what_is_known_of_it()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        SaveAs(Path, Recover());
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        LogManifestRow open = new(LogManifest.Open, "shop.log", 5, 5, 0, DateTime.UnixEpoch);
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 2, 2, [open], []).ToBytes();
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, "the log from LSN 5 on is missing: nobody knows how far it went; it was");
        StringAssert.StartsWith(error.Hint, "Put the file back into the folder.");
        RecoveredDatabase salvaged = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true });
        RecoveryLoss loss = salvaged.Report.Losses.Single();
        Assert.AreEqual((5L, long.MaxValue, $"the segment is missing: nobody knows how far it went; it was \"{ActivePath}\""), (loss.FirstLsn, loss.LastLsn, loss.Reason));
        StringAssert.Contains(salvaged.Report.Problem, "the log from LSN 5 on is missing");
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 5, 5, [open], []).ToBytes();
        StringAssert.Contains(Refused().Message, "the log from LSN 5 on is missing: it had reached LSN 5, and nobody knows how far it went; it was");
        Assert.AreEqual(2, Recover(new RecoveryOptions { ToLsn = 2 }).Report.LastLsn, "a point before it is not concerned");
        StringAssert.Contains(Refused(new RecoveryOptions { ToLsn = 5 }).Message, "the log from LSN 5 on is missing");
        StringAssert.Contains(Refused(new RecoveryOptions { ToLsn = 7 }).Message, "the log from LSN 5 on is missing");
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 2, 2, [open with { FirstLsn = 1 }], []).ToBytes();
        loss = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true }).Report.Losses.Single();
        Assert.AreEqual(3, loss.FirstLsn, "what the file has is not lost");
        Disk.Files[ActivePath] = new byte[5000];
        loss = Recover(new RecoveryOptions { Mode = RecoveryMode.Salvage, IsReadOnly = true }).Report.Losses.Single();
        Assert.AreEqual($"the header of the log's segment is damaged: it had reached LSN 2, and nobody knows how far it went; it is \"{ActivePath}\"", loss.Reason);
    }

    [TestMethod]
    public void Behind_a_segment_whose_header_is_damaged_and_had_again_the_log_goes_on()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        RecoveredDatabase any = Recover();
        SaveAs(Path, any);
        Log.IsActive = false;
        long length = Disk.Files[ActivePath].Length;
        Disk.Files[ActivePath][40] ^= 1;
        byte[] bytes = Disk.Files[ActivePath];
        void PutManifest(int timeline, long reached) => Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, timeline, DateTime.UnixEpoch, 2, reached, [], []).ToBytes();
        PutManifest(1, 2);
        Assert.IsNull(Recover(new RecoveryOptions { IsReadOnly = true }).HeadlessEnd, "nobody goes on");
        RecoveredDatabase recovered = Recover();
        StringAssert.Contains(recovered.Report.Problem, "the header of the log's segment is damaged; what it had is not needed");
        RecoveredSegment end = recovered.HeadlessEnd!;
        Assert.AreEqual((2L, length, Log.Time, Log.Header.Salt), (end.LastLsn, end.Length, end.LastTime, end.Header.Salt));
        LogStart start = recovered.ToLogStart("/data", "shop");
        Assert.AreEqual((3L, 2L, Log.Header.Salt), (start.NextLsn, start.Segment, start.Predecessor!.Salt));
        foreach ((int timeline, long reached, byte[] content) in new[] { (2, 2L, bytes), (1, 3L, bytes), (1, 2L, new byte[5000]) })
        {
            Disk.Files.Clear();
            SaveAs(Path, any, timeline: timeline);
            Disk.Files[ActivePath] = content;
            PutManifest(timeline, reached);
            Assert.IsNull(Recover().HeadlessEnd, $"{timeline} {reached} {content.Length}");
        }
    }

    [TestMethod]
    public void A_salvage_of_what_is_whole_begins_no_timeline_and_one_that_lost_something_does()
    {
        Log.Commit(Users, "INSERT,users,1,a").Flush();
        SaveAs(Path, Recover());
        Log.Rotate();
        Log.Commit("INSERT,users,2,b").Flush();
        string second = Log.Rotate();
        Log.Commit("INSERT,users,3,c").Flush();
        Log.Save();
        var salvage = new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true };
        RecoveryReport report = Recover(salvage).Report;
        Assert.AreEqual((1, RecoveryVerdict.Clean, 4L), (report.Timeline, report.Verdict, report.LastLsn));
        Log.IsActive = false;
        Disk.Files.Remove(second);
        Disk.Files[ManifestPath] = LogManifest.Of("shop", Log.Id, 1, DateTime.UnixEpoch, 9, 9, [], []).ToBytes();
        report = Recover(salvage).Report;
        Assert.AreEqual((2, 4L, 1L), (report.Timeline, report.LastLsn, report.RecordsApplied));
        CollectionAssert.AreEqual(new[] { (3L, 3L), (5L, 9L) }, report.Losses.Select(loss => (loss.FirstLsn, loss.LastLsn)).ToArray());
        Assert.AreEqual("it is missing", report.Losses[^1].Reason);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Recover(new RecoveryOptions { ToLsn = 3 }));
        Assert.AreEqual("LSN 3 cannot be reached: LSN 3 to 3 of the log are missing", error.Message);
    }

    [TestMethod]
    public void The_earlier_of_a_time_and_an_LSN_is_the_point()
    {
        Log.Commit(Users, "INSERT,users,1,a").Commit("INSERT,users,2,b");
        Assert.AreEqual(2, Recover(new RecoveryOptions { ToTime = Log.Time, ToLsn = 2 }).Report.LastLsn);
        Assert.AreEqual(2, Recover(new RecoveryOptions { ToTime = Log.Time.AddSeconds(-1), ToLsn = 3 }).Report.LastLsn);
    }
}
