using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Engine;

/// <summary>Folders of a database as their user finds them: files that are empty, zeroed, of a later version, gone. What opening says, and does.</summary>
[TestClass]
public sealed class DamagedFolderTests : ToolTest
{
    [TestMethod]
    [DataRow("empty")]
    [DataRow("zeros")]
    [DataRow("garbage")]
    [DataRow("a comment")]
    public void A_database_file_with_nothing_readable_is_damage_and_the_log_stands_in_for_it(string what)
    {
        MakeByStatements();
        Change("shop.db", bytes => Spoilt(what, bytes.Length));

        using (Database database = Database.Open("shop", Options))
        {
            Assert.AreEqual(RecoveryVerdict.Repaired, database.Recovery!.Verdict);
            Assert.AreEqual("1|one, 2|two, 3|three", Rows(database));
        }

        Assert.HasCount(1, Directory.GetFiles(DataFolder, "shop.db.bad_*"));
        using Database again = Database.Open("shop", Options);
        Assert.AreEqual("1|one, 2|two, 3|three", Rows(again));
    }

    [TestMethod]
    public void A_snapshot_and_the_log_behind_it_stand_in_for_a_zeroed_database_file()
    {
        MakeByStatements();
        using (Database database = Database.Open("shop", Options))
        {
            database.CreateSnapshot();
            Execute(database, "INSERT INTO t VALUES (4, 'four')");
        }
        foreach (string segment in Directory.GetFiles(DataFolder, "shop_log_*").Order(StringComparer.Ordinal).SkipLast(1))
        {
            File.Delete(segment);
        }
        Change("shop.db", bytes => new byte[bytes.Length]);

        using Database again = Database.Open("shop", Options);
        Assert.AreEqual("1|one, 2|two, 3|three, 4|four", Rows(again));
        Assert.AreEqual(RecoveryVerdict.Repaired, again.Recovery!.Verdict);
    }

    [TestMethod]
    [DataRow("empty")]
    [DataRow("unreadable")]
    public void The_log_does_not_stand_in_for_a_file_that_had_rows_before_it(string what)
    {
        Directory.CreateDirectory(DataFolder);
        File.WriteAllText(PathOf("shop.db"), "[TABLE:t]\nCOLUMNS:id:int,name:string\nDATA:id,name\nROW:1,one\n");
        Run("INSERT INTO t VALUES (2, 'two')");
        Run("INSERT INTO t VALUES (3, 'three')");
        Change("shop.db", bytes => what == "empty" ? [] : [.. Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("COLUMNS:", "COLUMNZ:", StringComparison.Ordinal))]);
        string before = FilesNow();

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        StringAssert.Contains(error.Message, "shop.db");
        Assert.IsNotNull(error.Hint);
        Assert.AreEqual(before, FilesNow());
    }

    [TestMethod]
    public void An_edited_file_is_refused_with_both_ways_out()
    {
        MakeByStatements();
        ChangeText("shop.db", "ROW:1,one", "ROW:1,edited");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        Assert.AreEqual("XX001", error.SqlState);
        StringAssert.Contains(error.Hint, "phantomdb accept FILE");
        StringAssert.Contains(error.Hint, "move the file away, without deleting it");
        File.Move(PathOf("shop.db"), PathOf("elsewhere"));
        using Database database = Database.Open("shop", Options);
        Assert.AreEqual("1|one, 2|two, 3|three", Rows(database));
    }

    [TestMethod]
    public void A_file_that_cannot_be_read_has_a_hint()
    {
        Directory.CreateDirectory(DataFolder);
        File.WriteAllText(PathOf("shop.db"), "hello world\n");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        Assert.AreEqual("22P04", error.SqlState);
        Assert.IsNotNull(error.Hint);
    }

    [TestMethod]
    [DataRow("shop.db", "# PhantomDB Version: 1 |", "# PhantomDB Version: 2 | New: x |")]
    [DataRow("shop.log", " | Version: 1 | Id", " | Version: 2 | Sum: xxh3 | Id")]
    [DataRow("shop_log_*", " | Version: 1 | Id", " | Version: 12 | Of: x | Id")]
    [DataRow("shop.manifest", " | Version: 1 | Id", " | Version: 3 | Of: x | Id")]
    [DataRow("shop_snapshot_*", "# PhantomDB Version: 1 |", "# PhantomDB Version: 2 | New: x |")]
    [DataRow("shop_load_*", "# PhantomDB Version: 1 |", "# PhantomDB Version: 2 | New: x |")]
    public void A_file_of_a_later_version_is_that_whatever_its_checksums_and_nothing_is_done_past_it(string file, string mark, string later)
    {
        MakeByStatements();
        using (Database database = Database.Open("shop", Options with { SnapshotEnabled = false }))
        {
            database.CreateSnapshot();
            Execute(database, "INSERT INTO t SELECT i, 'row' FROM generate_series(10, 60009) i");
        }
        if (file == "shop_load_*")
        {
            File.Delete(PathOf("shop.db"));   // then it is needed
        }
        string name = System.IO.Path.GetFileName(Directory.GetFiles(DataFolder, file).Order(StringComparer.Ordinal).Last());
        ChangeText(name, mark, later);
        string before = FilesNow();

        foreach (Action action in new Action[] { () => Database.Open("shop", Options).Dispose(), () => DatabaseTools.Repair("shop", Options), () => Database.Open("shop", Options with { IsReadOnly = true }).Dispose() })
        {
            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(action);
            Assert.AreEqual("0A000", error.SqlState, error.Message);
            StringAssert.Contains(error.Message, $"{name}\" was written by a later PhantomDB");
            Assert.IsNotNull(error.Hint);
        }
        VerificationReport report = DatabaseTools.Verify("shop", Options);
        Assert.IsFalse(report.CanOpen);
        Assert.AreEqual(FileVerdict.UnknownVersion, report.Files.Single(found => found.Name == name).Verdict);
        Assert.AreEqual(before, FilesNow());
    }

    [TestMethod]
    public void A_seal_of_a_later_version_beside_an_unsealed_file_is_that()
    {
        Directory.CreateDirectory(DataFolder);
        DatabaseFileWriter.Write(Content(Load("# PhantomDB Version: 1\n\n[TABLE:t]\nCOLUMNS:id:int\nDATA:id\nROW:1\n")), Path, new DatabaseFileOptions { Sealed = false }, Disk);
        Dump();
        ChangeText("shop.db.seal", "Version: 1 |", "Version: 2 | New: x |");

        Assert.AreEqual("0A000", Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).SqlState);
        Assert.AreEqual("0A000", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Repair("shop", Options)).SqlState);
    }

    [TestMethod]
    [DataRow("shop.db", "# PhantomDB Version: ")]
    [DataRow("shop.log", " | Version: ")]
    public void A_version_with_a_flipped_bit_is_damage(string file, string mark)
    {
        MakeByStatements();
        Change(file, bytes =>
        {
            int place = bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(mark)) + mark.Length;
            bytes[place] = (byte)'3';
            return bytes;
        });

        Assert.AreEqual(file == "shop.db" ? FileVerdict.Edited : FileVerdict.Damaged, DatabaseTools.Verify("shop", Options).Files.Single(found => found.Name == file).Verdict);
    }

    [TestMethod]
    public void A_missing_end_of_the_log_is_named_and_whole_segments_stay()
    {
        MakeByStatements();
        File.Delete(PathOf("shop.log"));
        File.Delete(PathOf("shop.db"));
        string[] before = Directory.GetFiles(DataFolder, "shop_log_*");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        StringAssert.Contains(error.Message, "missing is: ");
        Assert.AreEqual(PathOf("shop.log"), error.Where);
        StringAssert.Contains(error.Hint, "phantomdb repair NAME");
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).Files.All(file => file.Verdict is not FileVerdict.Damaged));

        RepairReport report = DatabaseTools.Repair("shop", Options);

        StringAssert.Contains(string.Join('\n', report.Losses), "shop.log");
        Assert.IsEmpty(report.KeptFiles);
        Assert.IsTrue(before.All(File.Exists));
        using Database database = Database.Open("shop", Options);
        Assert.AreEqual("1|one, 2|two", Rows(database));
    }

    [TestMethod]
    public void A_damaged_log_has_a_hint()
    {
        MakeShop();
        FlipBit(SealedSegment, "Doe, John");

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));

        StringAssert.Contains(error.Hint, "phantomdb repair NAME");
    }

    // Three openings: two sealed segments, and the active one with the last row.
    private void MakeByStatements()
    {
        Run("CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'one')");
        Run("INSERT INTO t VALUES (2, 'two')");
        Run("INSERT INTO t VALUES (3, 'three')");
    }

    private static string Rows(Database database)
    {
        using Session session = database.OpenSession();
        using QueryResult rows = session.Execute("SELECT id, name FROM t ORDER BY id");
        List<string> found = [];
        while (rows.Read())
        {
            found.Add($"{rows.GetInt32(0)}|{rows.GetString(1)}");
        }
        return string.Join(", ", found);
    }

    private static byte[] Spoilt(string what, int length)
    {
        byte[] bytes = new byte[length];
        if (what == "garbage")
        {
            new Random(1).NextBytes(bytes);
        }
        return what switch
        {
            "empty" => [],
            "a comment" => "# PhantomDB Database File\n# Database: shop\n"u8.ToArray(),
            _ => bytes,
        };
    }

    private string FilesNow() => string.Join('\n', Directory.GetFiles(DataFolder).Order(StringComparer.Ordinal).Select(file => $"{file} {Convert.ToHexString(File.ReadAllBytes(file))}"));
}
