using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Tests.Durability.Recovery;

/// <summary>The database file is kept under a snapshot's name before another takes its place.</summary>
[TestClass]
public sealed class KeptFilesTests : RecoveryTest
{
    private const string Kept = "/data/shop_snapshot_20261122_102030";
    private static readonly DateTime Now = new(2026, 11, 22, 10, 20, 30, DateTimeKind.Utc);

    private RecoveredDatabase Saved()
    {
        Log.Commit(Users, "INSERT,users,1,a");
        RecoveredDatabase any = Recover();
        Log.IsActive = false;
        Disk.Files.Remove(ActivePath);
        SaveAs(Path, any);
        Disk.Calls.Clear();
        return any;
    }

    private string? Keep() => KeptFiles.KeepDatabaseFile(Path, Disk, Now);

    [TestMethod]
    public void A_whole_file_is_copied_beside_flushed_and_renamed()
    {
        Assert.IsNull(Keep());
        Saved();
        Assert.AreEqual(Kept, Keep());
        CollectionAssert.AreEqual(Disk.Files[Path], Disk.Files[Kept]);
        const string Name = "shop_snapshot_20261122_102030";
        CollectionAssert.AreEqual(new[] { $"create {Name}.new", $"write {Name}.new", $"flush {Name}.new", $"rename {Name}.new", "flush folder data" }, Disk.Calls);
    }

    [TestMethod]
    public void A_snapshot_of_the_same_LSN_and_timeline_is_the_copy_and_no_other_is()
    {
        RecoveredDatabase any = Saved();
        string other = "/data/shop_snapshot_20261121_100000";
        SaveAs(other, any, lsn: 1);
        SaveAs(other + "_2", any, timeline: 2, lsn: 2);
        Disk.Files[other + "_3"] = [0, 1, 2];
        Assert.AreEqual(Kept, Keep());
        Disk.Calls.Clear();
        Assert.AreEqual(Kept, Keep(), "it is there by now");
        Assert.IsEmpty(Disk.Calls);
    }

    [TestMethod]
    public void Nothing_that_has_its_name_is_replaced()
    {
        Saved();
        Disk.Files[Kept] = [1];
        Disk.Files[Kept + "_2"] = [2];
        Assert.AreEqual(Kept + "_3", Keep());
        CollectionAssert.AreEqual(new byte[] { 1 }, Disk.Files[Kept]);
        CollectionAssert.AreEqual(new byte[] { 2 }, Disk.Files[Kept + "_2"]);
    }

    [TestMethod]
    public void A_damaged_file_is_no_snapshot()
    {
        Saved();
        Disk.Files[Path][^200] ^= 1;
        byte[] bytes = Disk.Files[Path];
        Assert.AreEqual(Path + ".bad_2", Keep());
        CollectionAssert.AreEqual(bytes, Disk.Files[Path + ".bad_2"]);
        Disk.Files[Path] = System.Text.Encoding.UTF8.GetBytes(Example);   // whole or not, nobody knows
        Assert.AreEqual(Path + ".bad_0", Keep());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_seal_that_stands_beside_goes_first(bool isNew)
    {
        Disk.Files[Path] = System.Text.Encoding.UTF8.GetBytes(Example);
        DatabaseFileWriter.Write(Content(DatabaseFileReader.Read(Path, null, Disk)), Path, new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch, Sealed = false }, Disk);
        string seal = DatabaseFileWriter.SealPath(Path), copied = DatabaseFileWriter.SealPath(Kept);
        if (isNew)
        {
            Disk.Files[DatabaseFileWriter.NewSealPath(Path)] = Disk.Files[seal];
            Disk.Files[seal] = [1];
        }
        byte[] bytes = Disk.Files[isNew ? DatabaseFileWriter.NewSealPath(Path) : seal];
        Disk.Calls.Clear();
        Assert.AreEqual(Kept, Keep());
        CollectionAssert.AreEqual(bytes, Disk.Files[copied]);
        string name = System.IO.Path.GetFileName(copied);
        CollectionAssert.AreEqual(new[] { $"create {name}", $"write {name}", $"flush {name}", "flush folder data" }, Disk.Calls.Take(4).ToArray());
        Disk.Files[Path][^3] ^= 1;
        Assert.AreEqual(Path + ".bad_0", Keep(), "the seal does not fit");
    }

    [TestMethod]
    public void A_copy_that_is_not_what_was_copied_is_an_error()
    {
        Saved();
        Disk.Fails = (what, path) =>
        {
            if (what == "rename")
            {
                Disk.Files[path][^200] ^= 1;
            }
            return false;
        };
        PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Keep());
        Assert.AreEqual(SqlStates.DataCorrupted, error.SqlState);
        StringAssert.Contains(error.Message + error.Detail, "the copy is not what was copied");
    }
}
