using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>What began a timeline is missed where it is lost: nothing of an older timeline is taken for it.</summary>
[TestClass]
public sealed class LaterTimelineTests
{
    private const string Db = "/data/shop.db";

    private readonly SimulatedDisk _disk = new();

    private DatabaseOptions Options => new() { DataDirectory = "/data", FileSystem = _disk, SnapshotEnabled = false, MemoryLimit = 1 << 28 };

    private LogManifest Manifest => LogManifest.TryParse(_disk.Read("/data/shop.manifest"))!;

    [TestMethod]
    public void An_accepted_file_that_is_lost_is_missed_and_a_repair_tells_of_it()
    {
        Accepted();
        long lsn = Manifest.ReachedLsn;   // how many notes of its own a log has is a matter of time
        Assert.AreEqual((2, lsn), (Manifest.Timeline, Manifest.ContentLsn));
        _disk.Delete(Db);

        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, $"its files are of timeline 1, but it had gone on with timeline 2, up to LSN {lsn}; missing is: \"/data/shop.db\"");
        StringAssert.Contains(error.Hint, "Put the files of timeline 2 back into the folder: shop.db.");
        RepairReport repair = DatabaseTools.Repair("shop", Options);
        CollectionAssert.AreEqual(new[] { $"what timeline 2 had, up to LSN {lsn}: no file of it is there" }, repair.Losses.ToArray());
        Assert.AreEqual((3, lsn + 1), (repair.Timeline, repair.Lsn));
        Assert.AreEqual("1|a, 2|b", Rows());
        Assert.AreEqual((3, lsn + 1), (Manifest.Timeline, Manifest.ReachedLsn), "a repaired file is missed too");
        _disk.Delete(Db);
        StringAssert.Contains(Refused().Message, "timeline 3");
    }

    [TestMethod]
    public void The_log_of_an_older_timeline_stands_in_for_no_damaged_file_of_a_later()
    {
        Accepted();
        byte[] whole = _disk.Read(Db);
        foreach (byte[] damaged in new[] { [], whole[..(whole.Length / 2)], Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(whole).Replace("ROW:1,a", "ROW:2,a", StringComparison.Ordinal)) })
        {
            _disk.Put(Db, damaged);
            PhantomDbException error = Refused();
            StringAssert.StartsWith(error.Where, Db, error.Message);
            RepairReport trial = DatabaseTools.Repair("shop", Options, isTrial: true);
            Assert.IsNotEmpty(trial.Losses);
        }
    }

    [TestMethod]
    public void Of_a_damaged_file_of_a_later_timeline_a_repair_keeps_what_is_whole_though_an_older_snapshot_and_log_are_there()
    {
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "CREATE TABLE u (v text)", "INSERT INTO u VALUES ('x')");
        using (Database database = Database.Open("shop", Options))
        {
            using Session session = database.OpenSession();
            session.Execute("INSERT INTO u VALUES ('y')").Dispose();
            database.CreateSnapshot();
        }
        Edit("ROW:2,b\n", "ROW:2,bb\nROW:3,c\n");
        DatabaseTools.Accept("shop", Options);
        Edit("ROW:x", "ROW:z");
        Edit("[TABLE:u]\n", "[TABLE:u]\n\0");

        RepairReport repair = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual("1|a, 2|bb, 3|c", Rows(), string.Join('\n', repair.Losses));
        Assert.Contains("[TABLE:u]", string.Join('\n', repair.Losses));
    }

    [TestMethod]
    public void A_manifest_of_a_later_timeline_than_all_files_says_so_when_it_is_verified()
    {
        Accepted();
        Assert.AreEqual(FileVerdict.Clean, Verified().Verdict);
        _disk.Delete(Db);
        Assert.AreEqual(FileVerdict.Doubtful, Verified().Verdict);
        StringAssert.Contains(Verified().Problem, "it is of timeline 2, and no other file is of a later one than 1");

        DatabaseFileReport Verified() => DatabaseTools.Verify("shop", Options).Files.Single(file => file.Kind == DatabaseFileKind.Manifest);
    }

    [TestMethod]
    public void A_repair_that_saves_no_row_of_a_later_timeline_names_the_state_before_it()
    {
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "CREATE TABLE u (v text)");
        Edit("ROW:2,b\n", "ROW:2,bb\n");
        DatabaseTools.Accept("shop", Options);
        Edit("COLUMNS:id", "COLUMNX:id");
        RepairReport trial = DatabaseTools.Repair("shop", Options, isTrial: true);
        Assert.AreEqual(0L, trial.RowCount);
        Assert.AreEqual(1, trial.EarlierState!.Timeline);
        DatabaseRestore.Run("shop", trial.EarlierState, null, Options);
        Assert.AreEqual("1|a, 2|b", Rows());
    }

    [TestMethod]
    public void What_a_restore_has_left_behind_is_said_to_be_for_another_and_its_side_files_go_with_the_last_segment_that_names_them()
    {
        DatabaseOptions options = Options with { LogSegmentSize = 4096, LoadRowCount = 20 };
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t SELECT g, 'a' FROM generate_series(1, 30) g");
        long point;
        using (Database database = Database.Open("shop", options))
        {
            using Session session = database.OpenSession();
            session.Execute("INSERT INTO t SELECT g, 'a' FROM generate_series(31, 60) g").Dispose();
            point = database.Log.LastLsn;
            for (int i = 100; i < 120; i++)
            {
                session.Execute($"INSERT INTO t VALUES ({i}, repeat('long', 200))").Dispose();
            }
            session.Execute("INSERT INTO t SELECT g, 'gone' FROM generate_series(200, 230) g").Dispose();
        }
        DatabaseRestore.Run("shop", new RestorePoint { Lsn = point }, null, options);
        Use("INSERT INTO t VALUES (999, 'after')");

        DatabaseFileReport[] files = [.. DatabaseTools.Files("shop", options)], ended = [.. files.Where(file => file.Kind == DatabaseFileKind.LogSegment && file.FirstLsn > point && file.Timeline == 1)];
        Assert.IsGreaterThan(1, ended.Length);
        foreach (DatabaseFileReport file in ended.Concat(files.Where(file => file.Kind == DatabaseFileKind.Snapshot && file.LastLsn > point)))
        {
            StringAssert.EndsWith(file.Purpose, "; for a restore to timeline 1 (--to t1:LSN)");
            Assert.IsFalse(file.IsNeeded);
        }
        DatabaseFileReport[] sides = [.. files.Where(file => file.Kind == DatabaseFileKind.SideFile)];
        Assert.HasCount(2, sides);
        Assert.AreEqual("rows of a bulk load; for a restore to timeline 1 (--to t1:LSN)", sides[0].Purpose);
        foreach (DatabaseFileReport file in ended)
        {
            _disk.Delete(file.Path);
        }
        Use("INSERT INTO t VALUES (1000, 'after')");
        CollectionAssert.AreEqual(new[] { sides[1].Name }, DatabaseTools.Files("shop", options).Where(file => file.Kind == DatabaseFileKind.SideFile).Select(file => file.Name).ToArray());
        Assert.IsTrue(DatabaseTools.Verify("shop", options).IsWhole);
    }

    [TestMethod]
    public void A_restored_database_whose_files_are_lost_is_missed_and_the_older_timeline_can_be_restored()
    {
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (2, 'b')");
        DatabaseRestore.Run("shop", RestorePoint.Parse("2"), null, Options);
        Use("INSERT INTO t VALUES (9, 'after')");
        foreach (string file in FilesOf(_disk).Where(file => !file.EndsWith(".manifest", StringComparison.Ordinal) && Encoding.UTF8.GetString(_disk.Read(file)).Contains("Timeline: 2", StringComparison.Ordinal)).ToArray())
        {
            _disk.Delete(file);
        }
        PhantomDbException error = Refused();
        StringAssert.Contains(error.Message, "timeline 2");
        StringAssert.Contains(error.Hint, "shop.db, ");
        StringAssert.Contains(error.Hint, "shop.log");
        Assert.AreEqual("XX001", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseRestore.Run("shop", RestorePoint.Parse("3"), null, Options)).SqlState, "LSN 3 of which timeline?");
        RestoreResult restored = DatabaseRestore.Run("shop", RestorePoint.Parse("t1:3"), null, Options);
        Assert.AreEqual((1, 3), (restored.FromTimeline, restored.Timeline));
        Assert.AreEqual("1|a, 2|b", Rows());
    }

    [TestMethod]
    public void An_accepted_file_that_is_damaged_can_be_left_for_the_timeline_before()
    {
        Accepted();
        Edit("ROW:1,a", "ROW:2,a");
        DatabaseRestore.Run("shop", RestorePoint.Parse("t1:3"), null, Options);
        Assert.AreEqual("1|a, 2|b", Rows());
    }

    [TestMethod]
    public void A_point_before_an_accepted_edit_is_restored_though_no_timeline_is_named()
    {
        Accepted();
        DatabaseRestore.Run("shop", RestorePoint.Parse("3"), null, Options);
        Assert.AreEqual("1|a, 2|b", Rows());
    }

    [TestMethod]
    public void Pins_of_log_and_snapshots_survive_accepting_and_restoring()
    {
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a')");
        using (Database database = Database.Open("shop", Options))
        {
            using Session session = database.OpenSession();
            session.Execute("INSERT INTO t VALUES (2, 'b')").Dispose();
            database.Snapshots.Pin("before the move", database.CreateSnapshot().Lsn);
            database.Log.Pin("audit", 1);
        }
        string[] before = Pins();
        Assert.HasCount(2, before);
        Edit("ROW:2,b\n", "ROW:2,bb\n");
        DatabaseTools.Accept("shop", Options);
        CollectionAssert.AreEqual(before, Pins());
        DatabaseRestore.Run("shop", RestorePoint.Parse("t1:3"), null, Options);
        CollectionAssert.IsSubsetOf(before, Pins());

        string[] Pins() => [.. Manifest.Rows.Where(row => row.Kind is LogManifest.Pin or LogManifest.SnapshotPin).Select(row => $"{row.Kind} {row.Name} {row.FirstLsn}")];
    }

    [TestMethod]
    public void A_file_from_elsewhere_that_nothing_stands_beside_gets_no_manifest()
    {
        _disk.CreateFolder("/data");
        _disk.Put(Db, "[TABLE:t]\nCOLUMNS:id:int,v:string\nDATA:id,v\n"u8.ToArray());
        DatabaseTools.Accept("shop", Options);
        Assert.IsFalse(_disk.Exists("/data/shop.manifest"));
    }

    [TestMethod]
    public void An_edit_of_an_older_file_is_not_accepted_in_place_of_a_later_timeline()
    {
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a')");
        byte[] old = _disk.Read(Db);
        Edit("ROW:1,a", "ROW:1,b");
        DatabaseTools.Accept("shop", Options);
        _disk.Put(Db, old);
        Edit("ROW:1,a", "ROW:1,c");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Accept("shop", Options));
        Assert.AreEqual("55000", error.SqlState);
        StringAssert.Contains(error.Message, "of timeline 2, in files that are not there");
    }

    [TestMethod]
    public void An_edit_that_breaks_a_foreign_key_is_refused_with_the_way_out()
    {
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "CREATE TABLE u (id int REFERENCES t)", "INSERT INTO t VALUES (1, 'a')", "INSERT INTO u VALUES (1)");
        Edit("ROW:1,a", "ROW:2,a");
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Accept("shop", Options));
        Assert.AreEqual("23503", error.SqlState);
        StringAssert.Contains(error.Hint, "Put the row that is referred to into the file");
    }

    [TestMethod]
    public void A_segment_that_is_missing_costs_only_what_is_behind_the_file()
    {
        SimulatedDisk left;
        using (Database database = Database.Open("shop", Options))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (id int PRIMARY KEY, v text)").Dispose();
            session.Execute("INSERT INTO t VALUES (1, 'a')").Dispose();
            database.CreateSnapshot();
            session.Execute("INSERT INTO t VALUES (2, 'b')").Dispose();
            database.Persistence!.Log.Settle();
            left = _disk.WhatIsLeft(CrashProfile.ProcessKilled, 0);
        }
        left.Delete("/data/shop.log");
        RepairReport repair = DatabaseTools.Repair("shop", Options with { FileSystem = left }, isTrial: true);
        Assert.HasCount(1, repair.Losses);
        StringAssert.StartsWith(repair.Losses[0], "LSN 3 and whatever was behind it");
    }

    // Timeline 1 has LSN 1 to 4, of which the last is the end of the log; the accepted file is of timeline 2.
    private void Accepted()
    {
        Use("CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        Edit("ROW:2,b\n", "ROW:2,bb\nROW:3,c\n");
        DatabaseTools.Accept("shop", Options);
        Assert.AreEqual("1|a, 2|bb, 3|c", Rows());
    }

    private void Edit(string from, string to)
    {
        string text = Encoding.UTF8.GetString(_disk.Read(Db));
        StringAssert.Contains(text, from);
        _disk.Put(Db, Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal)));
    }

    private void Use(params string[] statements)
    {
        using Database database = Database.Open("shop", Options);
        using Session session = database.OpenSession();
        foreach (string statement in statements)
        {
            session.Execute(statement).Dispose();
        }
    }

    private static IEnumerable<string> FilesOf(SimulatedDisk disk) => disk.List("/data").Select(file => $"/data/{Path.GetFileName(file)}").ToArray();

    private PhantomDbException Refused() => Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options).Dispose());

    private string Rows()
    {
        using Database database = Database.Open("shop", Options with { IsReadOnly = true });
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute("SELECT id, v FROM t ORDER BY id");
        List<string> found = [];
        while (rows.Read())
        {
            found.Add($"{rows.GetInt32(0)}|{rows.GetString(1)}");
        }
        return string.Join(", ", found);
    }
}
