using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability.Log;

namespace PhantomDb.Tests.Engine;

/// <summary>Copies that parted by a restore in one of them, and files of older and later timelines that come together.</summary>
public sealed partial class PartedHistoryTests
{
    [TestMethod]
    public void What_parted_by_a_restore_is_refused_in_both_folders()
    {
        InsertHere(1);
        CopyAll(Folder, Elsewhere);
        DatabaseRestore.Run("shop", RestorePoint.Parse(HeaderOf(Own).Lsn.ToString(System.Globalization.CultureInfo.InvariantCulture)), options: Options with { DataDirectory = Elsewhere });
        InsertElsewhere(1);
        InsertHere(1);
        string both = Directory.CreateDirectory(Path.Combine(Folder, "both")).FullName;
        CopyAll(Elsewhere, both);
        File.Copy(Own, Path.Combine(both, "shop.db"), overwrite: true);
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options with { DataDirectory = both })));
        PutFileBack();
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void A_file_that_was_restored_elsewhere_and_not_opened_since_is_refused_where_the_log_has_gone_on()
    {
        InsertHere(2);
        CopyAll(Folder, Elsewhere);
        RestoreElsewhere(3);
        InsertHere(1);
        PutFileBack();
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void A_file_that_was_restored_elsewhere_is_refused_where_the_log_begins_behind_all_that_it_has()
    {
        InsertHere(3);
        CopyAll(Folder, Elsewhere);
        RestoreElsewhere(2);
        File.Delete(Path.Combine(Folder, "shop.log"));
        foreach (string file in Directory.GetFiles(Folder, "shop_log_*").Append(Path.Combine(Folder, "shop.manifest")))
        {
            File.Delete(file);
        }
        InsertHere(2);
        PutFileBack();
        Assert.AreEqual("55000", StateOf(() => Database.Open("shop", Options)));
    }

    [TestMethod]
    public void A_restored_file_names_the_segments_that_led_to_it_and_the_one_that_the_restore_wrote()
    {
        InsertHere(2);
        DatabaseRestore.Run("shop", RestorePoint.Parse("3"), options: Options);
        LogHeader begun = Directory.GetFiles(Folder, "shop_log_*").Select(path => LogHeader.TryParse(File.ReadAllBytes(path), out _)!).Single(header => header.Timeline == 2);
        SegmentMark[] marks = [.. HeaderOf(Own).History.Marks];
        Assert.HasCount(2, marks);
        Assert.AreEqual((begun.Predecessor!.Salt, 1L), (marks[0].Salt, marks[0].FirstLsn));
        Assert.AreEqual(new SegmentMark(begun.Salt, begun.FirstLsn), marks[1]);
    }

    [TestMethod]
    public void A_file_that_alone_has_gone_on_is_the_newest_state_of_a_restored_database_too()
    {
        InsertHere(3);
        DatabaseRestore.Run("shop", RestorePoint.Parse("3"), options: Options);
        CopyAll(Folder, Elsewhere);
        InsertElsewhere(2);
        PutFileBack();
        CollectionAssert.AreEqual(new[] { "1", "101", "102" }, Ids());
    }

    [TestMethod]
    public void A_snapshot_of_a_later_timeline_that_was_copied_here_is_left_out()
    {
        CopyAll(Folder, Elsewhere);
        RestoreElsewhere(2);
        using (Database other = Database.Open("shop", Options with { DataDirectory = Elsewhere }))
        {
            other.CreateSnapshot();
        }
        File.Delete(Path.Combine(Folder, "shop.log"));
        File.Delete(Path.Combine(Folder, "shop.manifest"));   // the log begins anew, behind all that the snapshot has
        InsertHere(5);
        string snapshot = Directory.GetFiles(Elsewhere, "shop_snapshot_*").Single(path => HeaderOf(path).Timeline == 2);
        Assert.IsLessThan(HeaderOf(Own).Lsn, HeaderOf(snapshot).Lsn);
        File.Copy(snapshot, Path.Combine(Folder, Path.GetFileName(snapshot)));
        CollectionAssert.AreEqual(new[] { "1", "2", "3", "4", "5", "6" }, Ids());
        StringAssert.Contains(Database.Recovery!.Files.Single(file => Path.GetFileName(file.Path) == Path.GetFileName(snapshot)).Reason, "it is of timeline 2, which nothing else here is of");
        Close();
        Assert.AreEqual(3, DatabaseRestore.Run("shop", new RestorePoint { Lsn = HeaderOf(Own).Lsn }, options: Options).Timeline, "its number is not given again");
    }

    [TestMethod]
    public void Another_copys_log_that_is_written_to_is_refused_where_the_segments_here_have_higher_numbers()
    {
        CopyAll(Folder, Elsewhere);
        InsertElsewhere(2);
        Options = Options with { LogRetentionCount = 1 };
        for (int i = 0; i < 3; i++)
        {
            InsertHere(2);
            Database.CreateSnapshot();
        }
        InsertHere(1);
        Assert.IsFalse(Directory.GetFiles(Folder, "shop*.log").Any(path => LogHeader.TryParse(File.ReadAllBytes(path), out _)!.Segment <= 2));
        CopyAll(Elsewhere, Folder);
        File.Delete(Own);
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options));
        Assert.AreEqual(("XX001", Path.Combine(Folder, "shop.log")), (error.SqlState, error.Where));
        StringAssert.Contains(error.Message, "the log has two histories");
    }

    [TestMethod]
    public void Another_copys_log_that_is_written_to_is_refused_where_the_segments_here_have_gone_on_from_the_start_of_it()
    {
        InsertHere(1);
        Run("INSERT INTO t SELECT max(id) + 1, 'here' FROM t");
        Database.CreateSnapshot();
        Run("INSERT INTO t SELECT max(id) + 1, 'here' FROM t");
        Database.Log.Sync();
        byte[] log = File.ReadAllBytes(Path.Combine(Folder, "shop.log"));   // as of a process that was killed
        Close();
        string snapshot = Directory.GetFiles(Folder, "shop_snapshot_*").Single();
        File.Copy(snapshot, Own, overwrite: true);
        foreach (string file in Directory.GetFiles(Folder, "shop*").Where(file => file != Own))
        {
            File.Delete(file);   // another copy begins with the snapshot
        }
        Options = Options with { LogRetentionCount = 1 };
        for (int i = 0; i < 5; i++)
        {
            Run("INSERT INTO t SELECT max(id) + 1, 'there' FROM t");
            Database.CreateSnapshot();
            Close();
        }
        File.Delete(Own);
        File.WriteAllBytes(Path.Combine(Folder, "shop.log"), log);
        StringAssert.Contains(Assert.ThrowsExactly<PhantomDbException>(() => Database.Open("shop", Options)).Message, "the log has two histories");
    }

    private void RestoreElsewhere(int lsn) =>
        DatabaseRestore.Run("shop", new RestorePoint { Lsn = lsn }, options: Options with { DataDirectory = Elsewhere });
}
