using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;

namespace PhantomDb.Tests.Engine;

/// <summary>Edits by hand: what is accepted, what is told about it, and what is refused.</summary>
[TestClass]
public sealed class FileAcceptanceTests : ToolTest
{
    /// <summary>A database file that has all that the log has.</summary>
    private void MakeSaved()
    {
        Log.Commit(Users, "INSERT,users,1,John Doe").Commit("INSERT,users,2,\"\"").Commit("INSERT,users,3,").Commit("CLOSE,").Flush();
        SaveAs(Path, Recover());
        Dump();
    }

    [TestMethod]
    public void A_file_that_is_as_it_was_saved_is_left_alone()
    {
        MakeSaved();
        byte[] before = File.ReadAllBytes(PathOf("shop.db"));

        AcceptanceReport report = DatabaseTools.Accept("shop", Options);

        Assert.IsFalse(report.IsChanged);
        Assert.IsFalse(report.IsSealed);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(PathOf("shop.db")));
    }

    [TestMethod]
    public void An_edit_is_compared_with_what_the_log_makes_and_sealed_as_a_new_timeline()
    {
        MakeSaved();
        ChangeText("shop.db", "ROW:1,John Doe\nROW:2,\"\"\n", "ROW:1,Jane Doe\nROW:2,\nROW:7,new\n");
        Assert.AreEqual(FileVerdict.Edited, DatabaseTools.Verify("shop", Options).Files[0].Verdict);

        AcceptanceReport report = DatabaseTools.Accept("shop", Options);

        Assert.IsTrue(report.IsChanged && report.IsSealed && report.IsCompared);
        Assert.AreEqual(2, report.Timeline);
        Assert.AreEqual(6, report.Lsn);
        AcceptedSection section = report.Sections.Single();
        Assert.AreEqual("[TABLE:users]", section.Name);
        Assert.AreEqual((3L, 4L), (section.RowCountBefore!.Value, section.RowCount));
        Assert.AreEqual((1L, 0L, 2L, 1L), (section.RowsAdded!.Value, section.RowsRemoved!.Value, section.RowsChanged!.Value, section.EmptyTextsNowNull!.Value));
        VerificationReport verified = DatabaseTools.Verify("shop", Options);
        Assert.IsTrue(verified.IsWhole, string.Join('\n', verified.Files));
        Assert.AreEqual(6, verified.LastLsn);
        CollectionAssert.AreEqual(new[] { "1|Jane Doe", "2|NULL", "3|NULL", "7|new" }, RowsOfShop());
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, true)]
    [DataRow(true, true)]
    public void Line_ends_and_the_mark_that_an_editor_makes_leave_the_header_what_it_says(bool isWindows, bool hasMark)
    {
        Run("CREATE TABLE users (id int, name text); INSERT INTO users VALUES (1, 'John Doe'), (2, 'Jane')");
        string text = File.ReadAllText(PathOf("shop.db"));
        File.WriteAllText(PathOf("shop.db"), isWindows ? text.Replace("\n", "\r\n", StringComparison.Ordinal) : text, new UTF8Encoding(hasMark));
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        StringAssert.Contains(error.Hint, "accept");

        AcceptanceReport report = DatabaseTools.Accept("shop", Options);

        Assert.AreEqual(1, report.Timeline);
        Assert.IsEmpty(report.Sections, "nothing but line ends has changed");
        CollectionAssert.AreEqual(new[] { "1|John Doe", "2|Jane" }, RowsOfShop());
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    public void Without_the_log_an_edit_is_told_by_sections_and_counts()
    {
        MakeSaved();
        File.Delete(PathOf("shop.log"));
        ChangeText("shop.db", "ROW:2,\"\"\n", "ROW:2,\nROW:8,x\n");

        AcceptanceReport report = DatabaseTools.Accept(PathOf("shop.db"));

        Assert.IsFalse(report.IsCompared);
        AcceptedSection section = report.Sections.Single();
        Assert.AreEqual((3L, 4L), (section.RowCountBefore!.Value, section.RowCount));
        Assert.IsNull(section.RowsAdded);
        Assert.AreEqual(2, section.NullTexts);
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    public void A_file_from_a_spreadsheet_can_have_its_empty_texts_back()
    {
        MakeSaved();
        ChangeText("shop.db", "ROW:2,\"\"\n", "ROW:2,\n");

        AcceptanceReport report = DatabaseTools.Accept("shop", Options, readsNothingAsEmptyText: true);

        Assert.AreEqual(1, report.Sections.Single().RowsChanged);   // row 3, which was NULL
        CollectionAssert.AreEqual(new[] { "1|John Doe", "2|", "3|" }, RowsOfShop());
    }

    [TestMethod]
    public void Line_ends_and_comments_are_no_change_of_content()
    {
        MakeSaved();
        File.WriteAllText(PathOf("shop.db"), File.ReadAllText(PathOf("shop.db")).Replace("\n[TABLE", "# a comment\n\n[TABLE", StringComparison.Ordinal));

        AcceptanceReport report = DatabaseTools.Accept("shop", Options);

        Assert.IsFalse(report.IsChanged);
        Assert.IsTrue(report.IsSealed);
        Assert.AreEqual((1, 5L), (report.Timeline, report.Lsn));
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole);
    }

    [TestMethod]
    public void An_edit_beside_later_records_of_the_log_is_refused_with_the_way_out()
    {
        MakeShop();
        ChangeText("shop.db", "John Doe", "Jane Doe");
        byte[] before = File.ReadAllBytes(PathOf("shop.db"));

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Accept("shop", Options));

        Assert.AreEqual("55000", error.SqlState);
        StringAssert.Contains(error.Message, "the file ends with LSN 3, but the log has LSN 4");
        Assert.IsNotNull(error.Hint);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(PathOf("shop.db")));
    }

    [TestMethod]
    [DataRow("ROW:2,\"\"\n", "ROW:1,twice\n", "23505", "row 2")]
    [DataRow("ROW:2,\"\"\n", "ROW:two,\n", "22P02", "row 2")]
    [DataRow("ROW:2,\"\"\n", "ROW:2,a,b\n", "22P04", "row 2")]
    [DataRow("DATA:", "DATUM:", "22P04", "DATUM")]
    public void An_edit_that_breaks_the_table_is_refused_with_its_place(string from, string to, string sqlState, string place)
    {
        MakeSaved();
        ChangeText("shop.db", from, to);
        byte[] before = File.ReadAllBytes(PathOf("shop.db"));

        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Accept("shop", Options));

        Assert.AreEqual(sqlState, error.SqlState, error.Message);
        StringAssert.Contains(error.Where + error.Message, place);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(PathOf("shop.db")));
    }

    [TestMethod]
    public void A_database_that_is_open_is_not_touched()
    {
        MakeSaved();
        using Database open = Database.Open("shop", Options);

        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Accept("shop", Options)).SqlState);
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => DatabaseTools.Repair("shop", Options)).SqlState);
        Assert.IsTrue(DatabaseTools.Verify("shop", Options).IsWhole, "what only reads works beside it");
    }

    [TestMethod]
    public void A_file_without_checksums_is_sealed_or_gets_its_seal_beside_it()
    {
        Directory.CreateDirectory(DataFolder);
        File.WriteAllText(PathOf("hand.db"), "[TABLE:t]\nCOLUMNS:a:int,b:string\nROW:1,\n");
        File.WriteAllText(PathOf("git.db"), "# PhantomDB Version: 1\n\n[TABLE:t]\nCOLUMNS:a:int,b:string\nROW:1,\n");

        Assert.AreEqual(0, DatabaseTools.Accept("hand", Options).Sections.Single().NullTexts);   // '' in files of others
        Assert.AreEqual(1, DatabaseTools.Accept("git", Options).Sections.Single().NullTexts);

        Assert.Contains("# End: ", File.ReadAllText(PathOf("hand.db")));
        Assert.DoesNotContain("# End: ", File.ReadAllText(PathOf("git.db")));
        Assert.IsTrue(File.Exists(PathOf("git.db.seal")));
        ChangeText("git.db", "ROW:1,\n", "ROW:1,x\nROW:2,y\n");
        AcceptanceReport report = DatabaseTools.Accept("git", Options);
        Assert.AreEqual(2, report.Sections.Single().RowCount);
        Assert.AreEqual(2, report.Timeline);
        Assert.DoesNotContain("# End: ", File.ReadAllText(PathOf("git.db")));
        Assert.IsTrue(DatabaseTools.Verify("git", Options).IsWhole);
    }
}
