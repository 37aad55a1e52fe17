using System.Text;
using System.Text.RegularExpressions;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Tests.Durability;

namespace PhantomDb.Tests.Engine;

/// <summary>What a repair saves where files of different kinds are damaged or gone: the rest, as far as it fits, and what is lost is named.</summary>
[TestClass]
public sealed class SalvageTests : ToolTest
{
    [TestMethod]
    [DataRow("missing", 0)]
    [DataRow("empty", 0)]
    [DataRow("cut", 0)]
    [DataRow("garbage", 0)]
    [DataRow("flipped", 60_000 - 16_384)]
    public void A_damaged_side_file_loses_its_rows_alone(string what, int kept)
    {
        MakeLoad("INSERT INTO big SELECT i, 'row ' || i FROM generate_series(1, 60000) i");
        string load = Directory.GetFiles(DataFolder, "shop_load_*").Single();
        Spoil(load, what);
        string[] whole = Directory.GetFiles(DataFolder, "shop*.log");
        Assert.AreEqual("XX001", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).SqlState);

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual(kept, Count("SELECT count(*) FROM big WHERE id <= 60000"));
        Assert.AreEqual(2, Count("SELECT count(*) FROM users"));
        Assert.AreEqual(1, Count("SELECT count(*) FROM big WHERE id = 100000"));
        string losses = string.Join('\n', report.Losses);
        StringAssert.Contains(losses, System.IO.Path.GetFileName(load));
        StringAssert.Contains(losses, "LSN ");
        StringAssert.Contains(losses, "big");
        Assert.IsTrue(whole.All(File.Exists), "whole segments stay");
        Assert.HasCount(what == "missing" ? 0 : 1, report.KeptFiles);
        Assert.AreEqual(what != "missing", Directory.GetFiles(DataFolder, "shop_load_*.bad_*").Length == 1);
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
        Assert.IsFalse(DatabaseTools.Repair("shop", Options).IsNeeded);
    }

    [TestMethod]
    public void A_transaction_that_also_takes_away_is_left_out_with_its_load_so_that_what_was_there_stays()
    {
        MakeLoad("INSERT INTO big SELECT i, 'row' FROM generate_series(1, 10) i; BEGIN; DELETE FROM big; INSERT INTO big SELECT i, 'new' FROM generate_series(1, 60000) i; COMMIT");
        File.Delete(Directory.GetFiles(DataFolder, "shop_load_*").Single());

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual(10, Count("SELECT count(*) FROM big WHERE name = 'row'"));
        Assert.HasCount(1, report.Losses);
    }

    [TestMethod]
    public void Later_segments_are_saved_though_the_first_one_and_the_database_file_are_gone()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'one')");
        Run("UPDATE t SET name = 'changed' WHERE id = 1; INSERT INTO t VALUES (2, 'two')");
        Run("INSERT INTO t VALUES (3, 'three')");
        File.Delete(PathOf("shop.db"));
        File.Delete(Directory.GetFiles(DataFolder, "shop_log_*_1.log").Single());
        Assert.IsNotNull(Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).Hint);

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual(2, Count("SELECT count(*) FROM t WHERE id IN (2, 3)"));
        string losses = string.Join('\n', report.Losses);
        StringAssert.Contains(losses, "LSN 1 to ");
        StringAssert.Contains(losses, "kept of it: the definition of t");
        Assert.IsEmpty(report.KeptFiles);
    }

    [TestMethod]
    public void Many_bad_lines_are_found_by_reading_the_log_a_few_times_and_not_once_for_each()
    {
        const int Count = 400;
        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false, SyncPolicy = SyncPolicy.None }))
        {
            using Session session = database.OpenSession();
            session.Execute("CREATE TABLE t (id int PRIMARY KEY, v text)").Dispose();
            PreparedStatement insert = session.Prepare("INSERT INTO t VALUES ($1, repeat('x', 1000))");
            for (int i = 0; i < Count * 10; i++)
            {
                insert.Bind(1, i);
                insert.Execute().Dispose();
            }
        }
        File.Delete(PathOf("shop.db"));
        Change("shop.log", bytes =>
        {
            int line = 0;
            for (int i = 0; i < bytes.Length; i++)
            {
                line += bytes[i] == '\n' ? 1 : 0;
                if (bytes[i] == 'x' && line % 10 == 5)
                {
                    bytes[i]++;
                    line++;   // one in a line
                }
            }
            return bytes;
        });
        var disk = new ReadCountingDisk();

        RepairReport report = DatabaseTools.Repair("shop", Options with { FileSystem = disk }, isTrial: true);

        Assert.IsGreaterThan(Count * 9 / 10, report.Losses.Count);
        Assert.AreEqual(Count * 10, report.RowCount + report.Losses.Count);
        Assert.IsLessThan(60 * new FileInfo(PathOf("shop.log")).Length, disk.BytesRead);
    }

    [TestMethod]
    public void What_the_file_has_is_neither_applied_again_nor_lost_where_the_log_before_it_is_damaged()
    {
        Run("CREATE TABLE t (v text); CREATE TABLE u (id int PRIMARY KEY, n int); INSERT INTO t VALUES ('one'); INSERT INTO t VALUES ('flipme'); INSERT INTO t VALUES ('three');"
            + "INSERT INTO u VALUES (1, 1); UPDATE u SET n = 2; UPDATE u SET n = 3; DELETE FROM t WHERE v = 'one'");
        ChangeText("shop.log", "flipme", "flipmE");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsEmpty(report.Losses.Where(loss => loss.StartsWith("LSN", StringComparison.Ordinal)), string.Join('\n', report.Losses));
        Assert.AreEqual(2, Count("SELECT count(*) FROM t"));
        Assert.AreEqual(1, Count("SELECT count(*) FROM t WHERE v = 'flipme'"));
        Assert.AreEqual(3, Count("SELECT n FROM u"));
    }

    [TestMethod]
    public void The_log_behind_a_damaged_database_file_is_applied_to_what_can_be_proved_of_it()
    {
        Run("CREATE TABLE lost (id int PRIMARY KEY); INSERT INTO lost VALUES (1); CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'one')");
        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false }))
        {
            byte[] file = File.ReadAllBytes(PathOf("shop.db"));
            Execute(database, "INSERT INTO t VALUES (2, 'two')");
            database.Dispose();
            File.WriteAllBytes(PathOf("shop.db"), file);   // as if it had been killed
        }
        File.Delete(Directory.GetFiles(DataFolder, "shop_log_*_1.log").Single());
        ChangeText("shop.db", "COLUMNS:id:int\n", "COLUMNZ:id:int\n");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual(2, Count("SELECT count(*) FROM t"));
        StringAssert.Contains(string.Join('\n', report.Losses), "[TABLE:lost]");
    }

    [TestMethod]
    [DataRow("the log", true, "from the log alone: rows 2, up to LSN 26")]
    [DataRow("an older snapshot", true, "from what is whole of shop_snapshot, and the log behind it: rows 2, up to LSN 26")]
    [DataRow("the log", false, "from what is whole of shop.db, and the log behind it: rows 3, up to LSN 26")]
    public void Of_a_damaged_file_and_a_damaged_log_the_one_is_begun_with_that_saves_more(string older, bool isLogWorse, string expectedOther)
    {
        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false }))
        {
            Execute(database, "CREATE TABLE small (id int PRIMARY KEY); INSERT INTO small VALUES (1)");
            if (older != "the log")
            {
                database.CreateSnapshot();
            }
            Execute(database, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 20)");
            database.SaveToDisk();
            byte[] file = File.ReadAllBytes(PathOf("shop.db"));
            Execute(database, "INSERT INTO small VALUES (2); INSERT INTO t VALUES (21)");
            database.Dispose();
            File.WriteAllBytes(PathOf("shop.db"), file);   // as if it had been killed
        }
        ChangeText("shop.log", isLogWorse ? "TABLE,t,COLUMNS" : "INSERT,small,1", isLogWorse ? "TABLE,t,COLUMNZ" : "INSERT,small,9");
        ChangeText("shop.db", isLogWorse ? "ROW:1\n# Rows: 1 " : "ROW:7\n", isLogWorse ? "ROW:2\n# Rows: 1 " : "ROW:x\n");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual(21, Count("SELECT count(*) FROM t"));
        Assert.AreEqual(1, Count("SELECT count(*) FROM small"));
        Assert.AreEqual(expectedOther, report.OtherWay is { } other ? Regex.Replace(other, "_[0-9_]+", "") : null);
    }

    [TestMethod]
    [DataRow("missing")]
    [DataRow("empty")]
    [DataRow("cut")]
    [DataRow("garbage")]
    [DataRow("flipped")]
    public void Whatever_happens_to_files_before_a_database_is_opened_or_while_it_is_open_is_no_internal_error(string what)
    {
        foreach (string kind in new[] { "shop_load_*", "shop_log_*", "shop.log", "shop.manifest", "shop.db", "shop_snapshot_*" })
        {
            for (int moment = 0; moment < 3; moment++)
            {
                string context = $"{kind} {what}, moment {moment}";
                MakeLoad("INSERT INTO big SELECT i, 'row ' || i FROM generate_series(1, 50000) i", keepsFile: moment < 2);
                Allow(() => Use(kind, what, moment, context), context);
                Directory.Delete(DataFolder, recursive: true);
            }
        }
    }

    // Files are spoilt before the opening (moment 0), or behind it.
    private void Use(string kind, string what, int moment, string context)
    {
        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false }))
        {
            database.CreateSnapshot();
            Execute(database, "INSERT INTO users VALUES (6, 'six')");
        }
        if (moment == 0)
        {
            SpoilAll(kind, what);
        }
        using Database opened = Database.Open("shop", Options with { LogRetentionCount = 1, LogSegmentSize = 4096 });
        Execute(opened, "INSERT INTO users VALUES (7, 'seven')");
        if (moment > 0)
        {
            SpoilAll(kind, what);
        }
        Allow(() => Execute(opened, string.Join(';', Enumerable.Range(10, 60).Select(i => $"INSERT INTO users VALUES ({i}, '{new string('x', 200)}')"))), context);
        foreach (string sql in new[]
        {
            "SELECT count(*) FROM phantomdb_log", "SELECT count(*) FROM phantomdb_history('big')", "SELECT count(*) FROM phantomdb_files", "SELECT count(*) FROM phantomdb_snapshots", "CHECKPOINT",
        })
        {
            Allow(() => Execute(opened, sql), $"{context}: {sql}", mayBeRefused: true);   // records that retention deletes while they are read
        }
        Allow(() => opened.CreateSnapshot(), $"{context}: snapshot");
        Allow(() => opened.Log.CompactUpTo(opened.Log.LastLsn), $"{context}: compaction", mayBeRefused: true);
        Allow(() => opened.Log.ReadAfter(0).Count(), $"{context}: the log", mayBeRefused: true);
        Allow(opened.Dispose, $"{context}: the end");
    }

    private void SpoilAll(string kind, string what)
    {
        foreach (string file in Directory.GetFiles(DataFolder, kind))
        {
            Spoil(file, what);
        }
    }

    private static void Allow(Action action, string what, bool mayBeRefused = false)
    {
        try
        {
            action();
        }
        catch (PhantomDbException error) when (!(mayBeRefused && error.SqlState is "55000" or "22023"))
        {
            AssertIsPlain(error, what);
        }
        catch (PhantomDbException)
        {
        }
    }

    private static void AssertIsPlain(PhantomDbException error, string what)
    {
        Assert.AreNotEqual("XX000", error.SqlState, $"{what}: {error}");
        Assert.IsTrue(error.Message.Contains("shop", StringComparison.Ordinal) || error.Where?.Contains("shop", StringComparison.Ordinal) == true, $"{what}: {error.Message} ({error.Where})");
    }

    // The log has all, from LSN 1 on: users, the load, a row behind it.
    private void MakeLoad(string load, bool keepsFile = false)
    {
        Run("CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'a'); CREATE TABLE big (id int PRIMARY KEY, name text)");
        Run(load);
        Run("INSERT INTO big VALUES (100000, 'behind'); INSERT INTO users VALUES (2, 'b')");
        if (!keepsFile)
        {
            File.Delete(PathOf("shop.db"));
        }
    }

    private static void Spoil(string file, string what)
    {
        byte[] bytes = File.ReadAllBytes(file);
        switch (what)
        {
            case "missing":
                File.Delete(file);
                break;
            case "flipped":
                bytes[bytes.Length / 2] ^= 1;
                File.WriteAllBytes(file, bytes);
                break;
            default:
                byte[] garbage = new byte[1000];
                new Random(1).NextBytes(garbage);
                File.WriteAllBytes(file, what == "empty" ? [] : what == "cut" ? bytes[..(bytes.Length / 2)] : garbage);
                break;
        }
    }
}
