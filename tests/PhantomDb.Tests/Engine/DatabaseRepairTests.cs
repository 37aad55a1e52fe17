using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Databases that do not open: what a repair saves, what it says is lost, and what it keeps.</summary>
[TestClass]
public sealed class DatabaseRepairTests : ToolTest
{
    [TestMethod]
    public void A_database_that_opens_is_left_alone()
    {
        MakeShop();
        Tear("shop.log");
        string before = FilesNow();

        Assert.IsFalse(DatabaseTools.Repair("shop", Options).IsNeeded);

        Assert.AreEqual(before, FilesNow());
    }

    [TestMethod]
    public void A_trial_changes_nothing()
    {
        MakeShop();
        FlipBit(SealedSegment, "Doe, John");
        string before = FilesNow();

        RepairReport report = DatabaseTools.Repair("shop", Options, isTrial: true);

        Assert.IsTrue(report.IsNeeded);
        Assert.IsNotEmpty(report.Losses);
        Assert.AreEqual(before, FilesNow());
    }

    [TestMethod]
    public void A_damaged_log_is_applied_as_far_as_it_fits_and_no_LSN_is_given_again()
    {
        MakeShop();
        FlipBit(SealedSegment, "Doe, John");
        byte[] damaged = File.ReadAllBytes(PathOf(SealedSegment));

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.AreEqual(2, report.Timeline);
        Assert.AreEqual(8, report.Lsn);
        Assert.AreEqual(7, report.LastLsn);
        StringAssert.Contains(string.Join('\n', report.Losses), "LSN");
        Assert.AreEqual("1|John Doe, 3|NULL", string.Join(", ", RowsOfShop()));
        Assert.IsTrue(Directory.GetFiles(DataFolder).Any(file => File.ReadAllBytes(file).SequenceEqual(damaged)), "the damaged bytes are still there");
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).CanOpen);
        Assert.IsFalse(DatabaseTools.Repair("shop", Options).IsNeeded);
    }

    [TestMethod]
    public void A_damaged_database_file_gives_way_to_the_log()
    {
        MakeShop();
        File.Delete(PathOf("shop.log"));
        File.Delete(PathOf(SealedSegment));
        string log = Encoding.UTF8.GetString(Disk.Files["/data/shop_log_20261121_120003_1.log"]);
        File.WriteAllText(PathOf("shop.log"), log[..log.IndexOf("\n3,", StringComparison.Ordinal)] + "\n");   // less than the file had
        FlipBit("shop.db", "John Doe");
        byte[] damaged = File.ReadAllBytes(PathOf("shop.db"));

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsTrue(report.IsNeeded);
        CollectionAssert.AreEqual(damaged, File.ReadAllBytes(report.KeptFiles.First(file => file.Contains("shop.db.bad_", StringComparison.Ordinal))));
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).CanOpen);
    }

    [TestMethod]
    public void A_segment_whose_header_is_damaged_is_moved_out_of_the_way()
    {
        MakeShop();
        FlipBit("shop.log", "Timeline");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsTrue(report.IsNeeded);
        CollectionAssert.AreEqual(new[] { "1|Doe, John", "3|NULL" }, RowsOfShop());
        Assert.IsFalse(File.Exists(PathOf("shop.log")));
        Assert.IsTrue(report.KeptFiles.Any(file => file.Contains("shop.log.bad_", StringComparison.Ordinal)));
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    public void A_damaged_file_that_nothing_stands_in_for_gives_its_whole_sections_and_row_blocks()
    {
        MakeFileAlone(20_000);
        FlipBit("shop.db", "ROW:17000,");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        string losses = string.Join('\n', report.Losses);
        StringAssert.Contains(losses, "[TABLE:parent], rows 16385 to 20000: bytes ");
        StringAssert.Contains(losses, "[TABLE:child], foreign key child_fkey: it is NOT VALID now, since rows that it refers to are lost");
        Assert.HasCount(2, report.Losses);
        Assert.AreEqual(16_384 + 3, report.RowCount);
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
        Assert.AreEqual(16_384, Count("SELECT count(*) FROM parent"));
        Assert.AreEqual(2, Count("SELECT count(*) FROM child"));
        Assert.AreEqual(1, Count("SELECT count(*) FROM alone"));
    }

    [TestMethod]
    public void A_section_whose_definition_is_damaged_is_lost_and_keys_that_refer_to_it_go()
    {
        MakeFileAlone(10);
        FlipBit("shop.db", "parent_pkey PRIMARY");

        RepairReport report = DatabaseTools.Repair("shop", Options);

        string losses = string.Join('\n', report.Losses);
        StringAssert.Contains(losses, "[TABLE:parent], with 10 rows: its definition is damaged");
        StringAssert.Contains(losses, "[TABLE:child], foreign key child_fkey: the table that it refers to, parent, is lost");
        Assert.AreEqual(2, Count("SELECT count(*) FROM child"));
    }

    [TestMethod]
    public void Whatever_byte_is_changed_nothing_unproved_is_saved_and_what_is_lost_is_told()
    {
        MakeFileAlone(10);
        byte[] bytes = File.ReadAllBytes(PathOf("shop.db"));
        HashSet<string> rows = [.. Encoding.UTF8.GetString(bytes).Split('\n')];
        for (int i = 0; i < bytes.Length; i += 5)
        {
            byte[] changed = [.. bytes];
            changed[i] ^= 0x10;
            File.WriteAllBytes(PathOf("shop.db"), changed);
            if (DatabaseTools.Verify("shop", Options).CanOpen)
            {
                Assert.Fail($"byte {i}: it opens");
            }
            RepairReport report;
            try
            {
                report = DatabaseTools.Repair("shop", Options);
            }
            catch (PhantomDbException error)
            {
                Assert.AreEqual("0A000", error.SqlState, $"byte {i}: {error.Message}");   // the version's digit: but its checksum is wrong then
                continue;
            }
            Assert.IsTrue(report.RowCount == 13 || report.Losses.Count > 0, $"byte {i}");
            string[] unproved = [.. File.ReadAllLines(PathOf("shop.db")).Where(line => line.StartsWith("ROW:", StringComparison.Ordinal) && !rows.Contains(line))];
            Assert.IsEmpty(unproved, $"byte {i}");
            foreach (string file in Directory.GetFiles(DataFolder))
            {
                File.Delete(file);
            }
        }
    }

    [TestMethod]
    public void Two_histories_become_one_and_the_other_is_kept()
    {
        MakeShop();
        File.Copy(PathOf("shop.log"), PathOf("shop_log_20261121_120004_5.log"));
        Change("shop_log_20261121_120004_5.log", bytes =>
        {
            string[] lines = Encoding.UTF8.GetString(bytes).Split('\n');
            return [.. (Log.Header with { Salt = 0xabcd }).ToBytes(), .. Encoding.UTF8.GetBytes(string.Join('\n', lines[2..]))];
        });
        Assert.IsFalse(DatabaseTools.Verify("shop", Options).CanOpen);

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsTrue(report.IsNeeded);
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).CanOpen);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(4)]
    public void A_segment_that_is_whole_stays_where_it_is_though_the_one_behind_it_is_gone(int gone)
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, name text)");
        for (int i = 0; i < 5; i++)
        {
            Run($"INSERT INTO t VALUES ({i}, 'row {i}')");
        }
        File.Delete(PathOf("shop.db"));
        File.Delete(DatabaseTools.Files("shop", Options).Where(file => file.Kind == DatabaseFileKind.LogSegment).OrderBy(file => file.FirstLsn).ElementAt(gone).Path);
        Dictionary<string, byte[]> whole = Directory.GetFiles(DataFolder, "shop*.log").ToDictionary(file => file, File.ReadAllBytes);
        int records = DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (_, _) => { } }, Options).Count();

        RepairReport report = DatabaseTools.Repair("shop", Options);

        Assert.IsEmpty(report.KeptFiles);
        Assert.HasCount(1, report.Losses, string.Join('\n', report.Losses));
        Assert.IsTrue(whole.All(file => File.ReadAllBytes(file.Key).SequenceEqual(file.Value)));
        Assert.AreEqual(4, Count("SELECT count(*) FROM t"));
        Assert.AreEqual(records, DatabaseTools.ReadLog("shop", new LogReadOptions { MissingRecords = (_, _) => { } }, Options).Count(), "as history, before and behind the hole");
    }

    [TestMethod]
    public void What_is_lost_is_told_and_what_is_not_is_not()
    {
        MakeShop();
        Change("shop.log", _ => new byte[5000]);   // LSN 5 to 7
        StringAssert.Contains(Trial().Losses.Single(), "what only shop.log has");

        MakeAgain();
        FlipBit(SealedSegment, "INSERT,users,1");   // LSN 2, which the database file has
        Assert.IsEmpty(Trial().Losses.Where(loss => loss.Contains("where there were any", StringComparison.Ordinal)));

        Directory.Delete(DataFolder, recursive: true);
        Run("CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'one')");
        ChangeText("shop.db", "one", "uno");
        RepairReport edited = Trial();
        Assert.AreEqual(1, edited.RowCount);
        StringAssert.Contains(edited.Losses.Single(), "what was changed in shop.db by hand");
    }

    [TestMethod]
    public void Another_databases_file_under_this_ones_name_is_not_taken_for_the_truth_without_a_word()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY)");
        byte[] other = File.ReadAllBytes(PathOf("shop.db"));
        Directory.Delete(DataFolder, recursive: true);
        Run("CREATE TABLE t (id int PRIMARY KEY)");
        Run("INSERT INTO t VALUES (1)");
        File.WriteAllBytes(PathOf("shop.db"), other);

        string losses = string.Join('\n', Trial().Losses);

        StringAssert.Contains(losses, "move shop.db away");
        Assert.IsTrue(Directory.GetFiles(DataFolder, "shop*.log").All(file => losses.Contains(System.IO.Path.GetFileName(file), StringComparison.Ordinal)), losses);
    }

    private RepairReport Trial() => DatabaseTools.Repair("shop", Options, isTrial: true);

    private void MakeAgain()
    {
        Directory.Delete(DataFolder, recursive: true);
        Dump();
    }

    private void MakeFileAlone(int parents)
    {
        string rows = string.Concat(Enumerable.Range(1, parents).Select(id => $"ROW:{id},parent {id}\n"));
        Save(Load($"""
            # PhantomDB Version: 1

            [TABLE:alone]
            COLUMNS:note:string
            DATA:note
            ROW:"a
            line"

            [TABLE:child]
            COLUMNS:id:int,parent:int
            CONSTRAINT:child_pkey PRIMARY KEY (id)
            CONSTRAINT:child_fkey FOREIGN KEY (parent) REFERENCES parent (id)
            DATA:id,parent
            ROW:1,1
            ROW:2,{parents}

            [TABLE:parent]
            COLUMNS:id:int,name:string
            CONSTRAINT:parent_pkey PRIMARY KEY (id)
            DATA:id,name
            {rows}
            """));
        Dump();
    }

    private string FilesNow() => string.Join('\n', Directory.GetFiles(DataFolder).Order(StringComparer.Ordinal).Select(file => $"{file} {Convert.ToHexString(File.ReadAllBytes(file))}"));
}
