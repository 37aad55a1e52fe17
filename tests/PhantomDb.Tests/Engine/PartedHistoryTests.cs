using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;

namespace PhantomDb.Tests.Engine;

/// <summary>
/// A database's file is copied to another folder, and both go on: their LSNs are the same numbers, and mean other records. What is put together of the two is refused, and never
/// mixed.
/// </summary>
[TestClass]
public sealed partial class PartedHistoryTests : DurableTest
{
    private string Elsewhere => Path.Combine(Folder, "elsewhere");

    private string Own => Path.Combine(Folder, "shop.db");

    [TestInitialize]
    public void Part()
    {
        Options = Options with { SnapshotEnabled = false };
        Run("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'one')");
        Close();
        Directory.CreateDirectory(Elsewhere);
        File.Copy(Own, Path.Combine(Elsewhere, "shop.db"));
    }

    [TestMethod]
    [DataRow(1, 5)]    // the file has an LSN that the log has too
    [DataRow(20, 2)]   // the file has gone beyond the log
    public void A_file_that_was_changed_elsewhere_is_refused_where_the_log_has_gone_on(int changesElsewhere, int changesHere)
    {
        InsertElsewhere(changesElsewhere);
        InsertHere(changesHere);
        PutFileBack();
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        Assert.AreEqual(("55000", Own), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "its file and its log have gone on apart from each other");
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options with { IsReadOnly = true })));
        Assert.AreEqual("55000", StateOf(() => DatabaseTools.Repair("shop", Options)), "nothing is salvaged of two histories");
        Assert.IsFalse(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(5)]
    [DataRow(SegmentHistory.CountMax + 3)]   // more than the file names
    public void Several_openings_elsewhere_hide_nothing(int openings)
    {
        InsertHere(1);
        for (int i = 0; i < openings; i++)
        {
            InsertElsewhere(1, 101 + i);
        }
        PutFileBack();
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void A_newer_snapshot_does_not_hide_it()
    {
        InsertElsewhere(1);
        Run("INSERT INTO t VALUES (2, 'here')", "INSERT INTO t VALUES (3, 'here')", "INSERT INTO t VALUES (4, 'here')");
        Database.CreateSnapshot();
        Close();
        PutFileBack();
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void The_side_file_of_a_bulk_load_stays_for_the_log_that_was_moved_away()
    {
        InsertElsewhere(1);
        Run("INSERT INTO t SELECT n, 'here' FROM generate_series(1000, 61000) s(n)");
        Close();
        string load = Directory.GetFiles(Folder, "shop_load_*").Single();
        PutFileBack();
        MoveLogAway();
        InsertHere(1);
        InsertHere(1);
        Assert.IsTrue(File.Exists(load));
        foreach (string file in Directory.GetFiles(Folder, "shop*").Where(file => file != load))
        {
            File.Delete(file);
        }
        CopyAll(Path.Combine(Folder, "away"), Folder);
        Assert.AreEqual("60002", One("SELECT count(*) FROM t"));
    }

    [TestMethod]
    public void Without_the_file_the_log_goes_on()
    {
        InsertElsewhere(1);
        InsertHere(5);
        PutFileBack();
        File.Delete(Own);
        CollectionAssert.AreEqual(new[] { "1", "2", "3", "4", "5", "6" }, Ids());
    }

    [TestMethod]
    public void Without_the_log_and_what_belongs_to_it_the_file_goes_on()
    {
        InsertElsewhere(1);
        InsertHere(5);
        PutFileBack();
        MoveLogAway();
        CollectionAssert.AreEqual(new[] { "1", "101" }, Ids());
        InsertHere(1);
        CollectionAssert.AreEqual(new[] { "1", "2", "101" }, Ids());
    }

    [TestMethod]
    [DataRow(1)]   // to the LSN that is a note here
    [DataRow(3)]
    public void A_file_that_alone_has_gone_on_is_the_newest_state(int changesElsewhere)
    {
        InsertElsewhere(changesElsewhere);
        PutFileBack();
        string[] elsewhere = [.. Enumerable.Range(101, changesElsewhere).Select(id => $"{id}")];
        CollectionAssert.AreEqual(new[] { "1" }.Concat(elsewhere).ToArray(), Ids());
        StringAssert.Contains(Database.Recovery!.Problem, "the file has all of it");
        Close();
        Crash(() => Run("INSERT INTO t VALUES (2, 'here')"));
        CollectionAssert.AreEqual(new[] { "1", "2" }.Concat(elsewhere).ToArray(), Ids());
        Assert.IsNull(Database.Recovery!.Problem);
        InsertHere(2);
        CollectionAssert.AreEqual(new[] { "1", "2", "3", "4" }.Concat(elsewhere).ToArray(), Ids());
        Assert.IsNull(Database.Recovery!.Problem);
    }

    [TestMethod]
    public void An_older_copy_of_the_file_is_a_backup_that_the_log_goes_on_from()
    {
        InsertHere(5);
        PutFileBack();
        CollectionAssert.AreEqual(new[] { "1", "2", "3", "4", "5", "6" }, Ids());
    }

    [TestMethod]
    public void A_log_from_elsewhere_is_refused_beside_a_file_that_has_gone_on()
    {
        InsertElsewhere(1);
        InsertHere(5);
        MoveLogAway();
        File.Copy(Path.Combine(Elsewhere, "shop.log"), Path.Combine(Folder, "shop.log"));
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void A_file_with_the_very_LSN_that_the_log_begins_behind_is_told_by_its_segment()
    {
        InsertElsewhere(2);   // where it was copied from there is a CLOSE record more
        InsertHere(1);
        foreach (string folder in new[] { Folder, Elsewhere })   // both end with the same LSN, and the next segment of each begins behind it
        {
            foreach (string segment in Directory.GetFiles(folder, "shop*.log").Append(Path.Combine(folder, "shop.manifest")))
            {
                File.Delete(segment);
            }
        }
        Assert.AreEqual(HeaderOf(Own).Lsn, HeaderOf(Path.Combine(Elsewhere, "shop.db")).Lsn);
        Crash(() => Run("INSERT INTO t VALUES (3, 'here')"));
        PutFileBack();
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void A_snapshot_from_elsewhere_is_left_out()
    {
        using (Database other = Database.Open("shop", Options with { DataDirectory = Elsewhere }))
        {
            using Session session = other.OpenSession();
            session.Execute("INSERT INTO t VALUES (101, 'elsewhere')").Dispose();
            other.CreateSnapshot();
        }
        InsertHere(5);
        string snapshot = Path.GetFileName(Directory.GetFiles(Elsewhere, "shop_snapshot_*").Single());
        File.Copy(Path.Combine(Elsewhere, snapshot), Path.Combine(Folder, snapshot));
        File.Delete(Own);
        CollectionAssert.AreEqual(new[] { "1", "2", "3", "4", "5", "6" }, Ids());
        StringAssert.Contains(Database.Recovery!.Files.Single(file => Path.GetFileName(file.Path) == snapshot).Reason, "the two have gone on apart from each other");
    }

    [TestMethod]
    public void A_restore_does_not_begin_with_a_snapshot_from_elsewhere_where_the_file_alone_tells()
    {
        long point;
        using (Database other = Database.Open("shop", Options with { DataDirectory = Elsewhere }))
        {
            using Session session = other.OpenSession();
            session.Execute("INSERT INTO t VALUES (101, 'elsewhere')").Dispose();
            point = other.CreateSnapshot().Lsn;
        }
        InsertHere(5);
        InsertHere(5);
        string log = Path.Combine(Folder, "shop.log");
        Assert.IsLessThan(LogHeader.TryParse(File.ReadAllBytes(log), out _)!.FirstLsn, point);
        foreach (string file in Directory.GetFiles(Elsewhere, "shop*").Where(file => !file.Contains("_snapshot_", StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
        File.Copy(log, Path.Combine(Elsewhere, "shop.log"));
        File.Copy(Own, Path.Combine(Elsewhere, "shop.db"));
        DatabaseOptions elsewhere = Options with { DataDirectory = Elsewhere };
        Assert.AreEqual("22023", StateOf(() => DatabaseRestore.Run("shop", new RestorePoint { Lsn = point }, [], elsewhere)));
        Database.Open("shop", elsewhere).Dispose();
    }

    [TestMethod]
    [DataRow("its seal is gone", "log")]
    [DataRow("its seal is gone", "snapshot")]
    [DataRow("without its comments", "log")]
    [DataRow("without its comments", "snapshot")]
    [DataRow("another, written by hand", "log")]
    [DataRow("another, written by hand", "log behind a file")]
    [DataRow("another, written by hand", "snapshot")]
    public void A_file_that_does_not_say_where_it_stands_is_refused_beside_what_the_database_had(string how, string beside)
    {
        string folder = Path.Combine(Folder, "anew");
        DatabaseOptions options = Options with { DataDirectory = folder };
        string path = Path.Combine(folder, "shop.db");
        Directory.CreateDirectory(folder);
        if (beside == "log behind a file")
        {
            File.WriteAllText(path, "[TABLE:users]\nCOLUMNS:id:int,name:string\nDATA:id,name\nROW:1,John\n");
        }
        using (Database database = Database.Open("shop", options))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (i int)").Dispose();
            session.Execute("INSERT INTO t VALUES (1), (2)").Dispose();
            database.SaveToDisk(isSealed: how != "its seal is gone");
            database.CreateSnapshot();
        }
        if (beside == "snapshot")
        {
            foreach (string file in Directory.GetFiles(folder, "shop*.log").Append(Path.Combine(folder, "shop.manifest")))
            {
                File.Delete(file);
            }
        }
        else
        {
            File.Delete(Directory.GetFiles(folder, "shop_snapshot_*").Single());
        }
        switch (how)
        {
            case "its seal is gone":
                File.Delete(path + ".seal");
                break;
            case "without its comments":
                File.WriteAllLines(path, File.ReadAllLines(path).Where(line => !line.StartsWith('#')));
                break;
            default:
                File.WriteAllText(path, "[TABLE:users]\nCOLUMNS:id:int,name:string\nDATA:id,name\nROW:2,Jane\n");
                break;
        }
        byte[] bytes = File.ReadAllBytes(path);

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", options));
        Assert.AreEqual(("55000", path), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "its file does not say where it stands in the log that is there");
        StringAssert.Contains(error.Hint, "To go on with the log, move \"shop.db\" out of the folder.");
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", options with { IsReadOnly = true })));
        Assert.AreEqual("55000", StateOf(() => DatabaseTools.Repair("shop", options)));
        Assert.AreEqual("55000", StateOf(() => DatabaseTools.Accept("shop", options)));
        Assert.IsFalse(DatabaseTools.Verify("shop", options).IsWhole);
        CollectionAssert.AreEqual(bytes, File.ReadAllBytes(path));
        File.Move(path, Path.Combine(folder, "away.csv"));
        if (beside == "log behind a file")
        {
            return;   // which alone had what was there before the log
        }
        using Database whole = Database.Open("shop", options);
        using Session reader = whole.OpenSession();
        using QueryResult count = reader.Execute("SELECT count(*) FROM t");
        Assert.IsTrue(count.Read());
        Assert.AreEqual(2L, count.GetInt64(0));
    }

    [TestMethod]
    public void A_snapshot_from_elsewhere_counts_for_none_of_the_database_s_own()
    {
        Options = Options with { LogSegmentSize = 4096, LogRetentionCount = 0, SnapshotRetentionCount = 2 };
        InsertElsewhere(60);
        using (Database other = Database.Open("shop", Options with { DataDirectory = Elsewhere }))
        {
            other.CreateSnapshot();
        }
        Run("INSERT INTO t VALUES (2, 'here')");
        Database.CreateSnapshot();
        string stray = Path.Combine(Folder, "shop_snapshot_20250101_010101");
        File.Copy(Directory.GetFiles(Elsewhere, "shop_snapshot_*").Single(), stray);
        for (int i = 3; i <= 80; i++)
        {
            Run($"INSERT INTO t VALUES ({i}, repeat('x', 200))");
        }
        string newest = Database.CreateSnapshot().Name;
        Database.Log.Sync();
        Assert.IsTrue(Database.Snapshots.List().All(snapshot => snapshot.Path != stray));

        string crashed = Directory.CreateDirectory(Path.Combine(Folder, "crashed")).FullName;
        foreach (string file in Directory.GetFiles(Folder).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(crashed, Path.GetFileName(file)));
        }
        byte[] bytes = File.ReadAllBytes(Path.Combine(crashed, newest));
        bytes[^100] ^= 1;
        File.WriteAllBytes(Path.Combine(crashed, newest), bytes);
        using Database again = Database.Open("shop", Options with { DataDirectory = crashed });
        CollectionAssert.AreEqual(new[] { "80" }, RowsOf(again, "SELECT count(*) FROM t"));
        Assert.IsTrue(File.Exists(stray), "it is not ours to delete");
    }

    [TestMethod]
    public void A_folder_is_no_file_of_a_database()
    {
        Directory.CreateDirectory(Path.Combine(Elsewhere, "folder.db"));
        Assert.AreEqual("42809", StateOf(() => Database.Open("folder", Options with { DataDirectory = Elsewhere })));
        Assert.IsEmpty(Directory.GetFiles(Elsewhere, "folder*"));
    }

    [TestMethod]
    public void Without_a_log_a_snapshot_tells_that_the_file_is_from_elsewhere()
    {
        InsertElsewhere(3);
        Run("INSERT INTO t VALUES (2, 'here')");
        Database.CreateSnapshot();
        Close();
        foreach (string segment in Directory.GetFiles(Folder, "shop*.log").Append(Path.Combine(Folder, "shop.manifest")))
        {
            File.Delete(segment);
        }
        PutFileBack();
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void Files_and_snapshots_name_the_segments_that_led_to_them()
    {
        Options = Options with { LogSegmentSize = 4096 };
        for (int i = 0; i < 4; i++)
        {
            for (int row = 0; row < 40; row++)
            {
                Run("INSERT INTO t SELECT max(id) + 1, 'more' FROM t");
            }
            Database.CreateSnapshot();
            IReadOnlyList<LogSegmentFile> segments = Database.Persistence!.Log.Segments;
            foreach (string path in Directory.GetFiles(Folder, "shop_snapshot_*").Append(Own))
            {
                FileHeader header = HeaderOf(path);
                LogSegmentFile? segment = segments.FirstOrDefault(s => s.FirstLsn <= header.Lsn && s.LastLsn >= header.Lsn);
                Assert.IsTrue(segment is null || header.History.Last == new SegmentMark(segment.Salt, segment.FirstLsn), path);
                CollectionAssert.IsSubsetOf(segments.Where(s => s.FirstLsn <= header.Lsn && s.LastLsn >= s.FirstLsn).Select(s => s.Salt).TakeLast(SegmentHistory.CountMax).ToArray(),
                    header.History.Marks.Select(mark => mark.Salt).ToArray(), path);
            }
            Close();
        }
    }

    // Ends without the closing save: the file is as it was when the change had been made.
    private void Crash(Action change)
    {
        change();
        byte[] before = File.ReadAllBytes(Own);
        Close();
        File.WriteAllBytes(Own, before);
    }

    private void PutFileBack() => File.Copy(Path.Combine(Elsewhere, "shop.db"), Own, overwrite: true);

    private void MoveLogAway()
    {
        string away = Directory.CreateDirectory(Path.Combine(Folder, "away")).FullName;
        foreach (string file in Directory.GetFiles(Folder, "shop_log_*").Append(Path.Combine(Folder, "shop.log")).Append(Path.Combine(Folder, "shop.manifest")))
        {
            File.Move(file, Path.Combine(away, Path.GetFileName(file)));
        }
    }

    private void InsertHere(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Run("INSERT INTO t SELECT max(id) + 1, 'here' FROM t WHERE id < 100");
        }
        Close();
    }

    private static void CopyAll(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }

    private void InsertElsewhere(int count, int first = 101)
    {
        using Database other = Database.Open("shop", Options with { DataDirectory = Elsewhere });
        using Session session = other.OpenSession();
        for (int i = 1; i <= count; i++)
        {
            session.Execute(FormattableString.Invariant($"INSERT INTO t VALUES ({first + i - 1}, 'elsewhere')")).Dispose();
        }
    }

    private string[] Ids() => Rows("SELECT id FROM t ORDER BY id");

    private FileHeader HeaderOf(string path) => RecoveryPlanner.ReadHeader(path, Disk)!;
}
