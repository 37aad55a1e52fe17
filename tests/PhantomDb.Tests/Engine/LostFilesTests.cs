using System.Collections.Immutable;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Engine;

/// <summary>Somebody takes files of an open database away: what was acknowledged is not lost, or it is told at once.</summary>
[TestClass]
public sealed class LostFilesTests : DurableTest
{
    private ImmutableList<PhantomDbException> _errors = [];   // another thread adds

    public LostFilesTests() => Options = Options with { LogLookMs = 0 };   // each commit looks

    private string Log => Path.Combine(Folder, "shop.log");

    [TestMethod]
    [DataRow("removed")]
    [DataRow("renamed")]
    [DataRow("renamed into a segment's name")]
    [DataRow("replaced")]
    [DataRow("removed", SyncPolicy.Interval)]
    [DataRow("replaced", SyncPolicy.None)]
    public void A_log_that_was_taken_away_is_there_again_at_the_next_look(string what, SyncPolicy policy = SyncPolicy.Always)
    {
        SkipOnWindows();
        Options = Options with { SyncPolicy = policy, SnapshotEnabled = false };
        Begin();
        TakeAway(what);
        Run("INSERT INTO t VALUES (2)");
        Run("INSERT INTO t VALUES (3)");
        Database.Log.Sync();
        Assert.IsTrue(File.Exists(Log));
        Assert.AreEqual(what == "replaced" ? 1 : 0, Directory.GetFiles(Folder, "shop.log.torn_*").Length, "what stood there is kept");
        WaitFor(() => _errors.Count > 0);
        StringAssert.Contains(_errors[0].Message, "was removed, renamed or replaced");
        Assert.HasCount(1, _errors);
        using (Database beside = Database.Open("shop", Options with { IsReadOnly = true, FileSystem = PhysicalFileSystem.Instance }))
        {
            CollectionAssert.AreEqual(new[] { "1", "2", "3" }, RowsOf(beside, "SELECT a FROM t ORDER BY a"), "as after a kill");
        }
        Run("INSERT INTO t VALUES (4)");
        Close();
        CollectionAssert.AreEqual(new[] { "1", "2", "3", "4" }, Rows("SELECT a FROM t ORDER BY a"));
        Assert.AreEqual(RecoveryVerdict.Clean, Database.Recovery!.Verdict);
    }

    [TestMethod]
    [DataRow("CHECKPOINT")]
    [DataRow("snapshot")]
    [DataRow("rotation")]
    [DataRow("close")]
    public void It_is_noticed_at_once_where_a_file_ends(string when)
    {
        SkipOnWindows();
        Options = Options with { SnapshotEnabled = false, LogSegmentSize = 4096 };
        Begin();
        File.Delete(Log);
        switch (when)
        {
            case "CHECKPOINT":
                Run("CHECKPOINT");
                break;
            case "snapshot":
                Database.CreateSnapshot();
                break;
            case "rotation":
                for (int i = 0; i < 40; i++)
                {
                    Run($"INSERT INTO t SELECT 100 + g FROM generate_series(1, 10) g");
                }
                break;
            default:
                Close();
                break;
        }
        Assert.IsTrue(File.Exists(Log));
        Close();
        Assert.AreEqual("1", One("SELECT min(a) FROM t"));
        Assert.AreEqual(RecoveryVerdict.Clean, Database.Recovery!.Verdict);
        Assert.AreEqual("TABLE", Database.Log.ReadAfter(0).First().Operation, "all of the log");
    }

    [TestMethod]
    public void A_log_that_was_written_over_goes_on_in_a_new_segment_and_a_snapshot_has_what_it_had()
    {
        SkipOnWindows();
        Begin();
        File.WriteAllText(Log, "nothing of ours");
        Run("INSERT INTO t VALUES (2)");
        WaitFor(() => Database.Snapshots.Latest is not null && _errors.Count > 0);
        StringAssert.Contains(_errors[0].Message, "was cut or written over");
        Run("INSERT INTO t VALUES (3)");
        using Database beside = Database.Open("shop", Options with { IsReadOnly = true, FileSystem = PhysicalFileSystem.Instance });
        CollectionAssert.AreEqual(new[] { "1", "2", "3" }, RowsOf(beside, "SELECT a FROM t ORDER BY a"));
    }

    [TestMethod]
    [DataRow("moved", true)]
    [DataRow("moved", false)]
    [DataRow("moved, and a new one made", true)]
    [DataRow("moved, and a new one made", false)]
    [DataRow("removed", true)]
    public void Where_the_folder_has_gone_nothing_is_written_any_more(string what, bool commits)
    {
        SkipOnWindows();
        Begin();
        string elsewhere = Folder + "_moved";
        try
        {
            Directory.Move(Folder, elsewhere);
            if (what == "moved, and a new one made")
            {
                Directory.CreateDirectory(Folder);
            }
            else if (what == "removed")
            {
                Directory.Delete(elsewhere, recursive: true);
            }
            if (commits)
            {
                PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Run("INSERT INTO t VALUES (2)"));
                Assert.AreEqual("25006", error.SqlState);
                StringAssert.Contains(error.Detail, "its folder was moved, removed or replaced");
                Assert.AreEqual("1", One("SELECT count(*) FROM t"), "it failed, and reading goes on");
                using TemporaryCopy copy = new();
                Database.SaveToDisk(copy.Path);
                using Database saved = Database.Open(copy.Path, new DatabaseOptions { IsReadOnly = true });
                CollectionAssert.AreEqual(new[] { "1" }, RowsOf(saved, "SELECT a FROM t"));
            }
            Assert.AreEqual("58030", StateOf(() => Run("CHECKPOINT")));
            Assert.AreEqual("58030", StateOf(() => Database.CreateSnapshot()));
            Assert.ThrowsExactly<PhantomDbException>(Database.Close);
            Assert.AreEqual(what == "moved, and a new one made", Directory.Exists(Folder));
            Assert.IsFalse(Directory.Exists(Folder) && Directory.GetFileSystemEntries(Folder).Length > 0, "no second folder with a part of it");
            Close();
            if (what != "removed")
            {
                using Database moved = Database.Open(Path.Combine(elsewhere, "shop.db"), new DatabaseOptions { FileSystem = PhysicalFileSystem.Instance });
                CollectionAssert.AreEqual(new[] { "1" }, RowsOf(moved, "SELECT a FROM t"));
            }
        }
        finally
        {
            Close();
            Directory.CreateDirectory(Folder);
            if (Directory.Exists(elsewhere))
            {
                Directory.Delete(elsewhere, recursive: true);
            }
        }
    }

    [TestMethod]
    [DataRow(true, true)]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(false, false)]
    public void Where_all_files_were_removed_with_the_lock_the_close_tells_it(bool hasCommitted, bool isStrict)
    {
        SkipOnWindows();
        Begin();
        if (!hasCommitted)
        {
            Close();
            Listen();
            Assert.AreEqual("1", One("SELECT count(*) FROM t"));
        }
        Database.Persistence!.Log.Settle();
        foreach (string file in Directory.GetFiles(Folder, "shop*"))
        {
            File.Delete(file);
        }
        if (isStrict)
        {
            Assert.AreEqual(hasCommitted ? "25006" : "58030", StateOf(Database.Close), "what memory had goes with it");
        }
        Close();
        WaitFor(() => _errors.Count > 0);
        Assert.HasCount(1, _errors, string.Join('\n', _errors.Select(error => error.Message)));
        Assert.AreEqual("58030", _errors[0].SqlState);
        StringAssert.Contains(_errors[0].Message, "its folder was moved, removed or replaced");
        Assert.AreEqual("", string.Join(' ', Directory.GetFileSystemEntries(Folder, "shop*")), "nothing is written there");
    }

    [TestMethod]
    public void Where_the_lock_alone_was_removed_and_nothing_committed_nothing_is_lost()
    {
        SkipOnWindows();
        Begin();
        Close();
        Listen();
        Assert.AreEqual("1", One("SELECT count(*) FROM t"));
        File.Delete(Path.Combine(Folder, "shop.lock"));
        Database.Close();
        Close();
        Assert.HasCount(0, _errors);
        Assert.AreEqual("1", One("SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void A_lock_that_was_removed_is_taken_again()
    {
        SkipOnWindows();
        Begin();
        File.Delete(Path.Combine(Folder, "shop.lock"));
        Run("INSERT INTO t VALUES (2)");
        Assert.AreEqual("55006", StateOf(() => Database.Open("shop", Options)));
        Close();
        Assert.IsFalse(File.Exists(Path.Combine(Folder, "shop.lock")));
        Assert.AreEqual("2", One("SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void Where_another_has_taken_the_lock_meanwhile_the_first_writes_nothing_more()
    {
        SkipOnWindows();
        Begin();
        File.Delete(Path.Combine(Folder, "shop.lock"));
        using (Database other = Database.Open("shop", Options with { FileSystem = PhysicalFileSystem.Instance }))
        {
            Assert.AreEqual("25006", StateOf(() => Run("INSERT INTO t VALUES (2)")));
            Close();
            Assert.AreEqual("55006", StateOf(() => Database.Open("shop", Options)), "its lock is still there");
            using Session session = other.OpenSession();
            session.Execute("INSERT INTO t VALUES (3)").Dispose();
        }
        CollectionAssert.AreEqual(new[] { "1", "3" }, Rows("SELECT a FROM t ORDER BY a"));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Of_a_database_that_was_closed_the_log_may_go_where_its_file_has_all(bool hasOlderSegment)
    {
        Begin();
        Close();
        if (hasOlderSegment)
        {
            Run("INSERT INTO t VALUES (7)");
            Close();
        }
        long last = DatabaseTools.ReadLog("shop", null, Options).Last().Lsn;
        File.Delete(Log);
        string[] before = hasOlderSegment ? ["1", "7"] : ["1"], after = [.. before, "8"];
        CollectionAssert.AreEqual(before, Rows("SELECT a FROM t ORDER BY a"));
        Assert.AreEqual(RecoveryVerdict.Repaired, Database.Recovery!.Verdict);
        StringAssert.Contains(Database.Recovery.Problem, "the end of the log is missing");
        Assert.AreEqual(last, Database.Recovery.LastLsn, "the number of its CLOSE is not given again");
        Run("INSERT INTO t VALUES (8)");
        Assert.IsGreaterThan(last, Database.Log.LastLsn);
        using (Database beside = Database.Open("shop", Options with { IsReadOnly = true, FileSystem = PhysicalFileSystem.Instance }))
        {
            CollectionAssert.AreEqual(after, RowsOf(beside, "SELECT a FROM t ORDER BY a"), "as after a kill");
            Assert.AreEqual(RecoveryVerdict.Clean, beside.Recovery!.Verdict);
        }
        Close();
        CollectionAssert.AreEqual(after, Rows("SELECT a FROM t ORDER BY a"));
    }

    [TestMethod]
    [DataRow("INSERT INTO t VALUES (2)")]
    [DataRow("SELECT phantomdb_log_append('AUDIT', 'who', 'me')")]
    [DataRow("CREATE VIEW v AS SELECT 1")]
    public void Where_the_log_alone_had_something_it_is_missed(string change)
    {
        Begin();
        Close();
        string file = Path.Combine(Folder, "shop.db");
        byte[] before = File.ReadAllBytes(file);
        Run(change);
        Close();
        File.WriteAllBytes(file, before);
        File.Delete(Log);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        Assert.AreEqual("XX001", error.SqlState);
    }

    [TestMethod]
    public void Of_a_later_timeline_too()
    {
        Begin();
        Close();
        DatabaseRestore.Run("shop", RestorePoint.Parse("2"), null, Options);
        One("SELECT a FROM t");
        Close();
        string file = Path.Combine(Folder, "shop.db");
        byte[] before = File.ReadAllBytes(file);
        Run("INSERT INTO t VALUES (2)");
        Close();
        File.WriteAllBytes(file, before);
        foreach (string log in Directory.GetFiles(Folder, "shop*.log").Concat(Directory.GetFiles(Folder, "shop_snapshot_*")))
        {
            File.Delete(log);
        }
        Assert.AreEqual("XX001", StateOf(() => Database.Open("shop", Options)));
    }

    private static void SkipOnWindows()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("Windows lets nobody take a file away that is open.");
        }
    }

    private void Listen() => Database.BackgroundError += error => ImmutableInterlocked.Update(ref _errors, static (errors, error) => errors.Add(error), error);

    private void Begin()
    {
        Listen();
        Run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)");
        Database.Log.Sync();
    }

    private void TakeAway(string what)
    {
        if (what == "removed")
        {
            File.Delete(Log);
            return;
        }
        File.Move(Log, what == "renamed into a segment's name" ? Path.Combine(Folder, "shop_log_20200101_000000_1.log") : Log + ".old");
        if (what == "replaced")
        {
            File.WriteAllText(Log, "nothing of ours");
        }
    }

    private static void WaitFor(Func<bool> condition)
    {
        Assert.IsTrue(SpinWait.SpinUntil(condition, 10_000), "it does not come");
    }

    private sealed class TemporaryCopy : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("phantomdb");

        public string Path => System.IO.Path.Combine(_folder.FullName, "copy.db");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
