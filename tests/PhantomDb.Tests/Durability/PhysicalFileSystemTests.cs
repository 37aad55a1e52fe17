using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Durability;

/// <summary>The seam to the operating system's files: lengths, cuts, and every failure as an error with a path and a code.</summary>
[TestClass]
public sealed class PhysicalFileSystemTests
{
    private static readonly PhysicalFileSystem Disk = PhysicalFileSystem.Instance;

    private readonly string _folder = Directory.CreateTempSubdirectory("phantomdb").FullName;

    private string FilePath => Path.Combine(_folder, "a.log");

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void A_file_is_written_at_its_end_cut_flushed_and_opened_again_at_its_end()
    {
        using (IWritableFile file = Disk.Create(FilePath))
        {
            file.Append("one two"u8);
            Assert.AreEqual(7, file.Length);
            file.TruncateTo(4);
            Assert.AreEqual(4, file.Length);
            file.Append("three"u8);
            file.Flush();
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.TruncateTo(10));
        }
        using (IWritableFile file = Disk.OpenWrite(FilePath))
        {
            Assert.AreEqual(9, file.Length);
            file.Append("!"u8);
        }

        Assert.AreEqual("one three!", File.ReadAllText(FilePath));
        Assert.AreEqual(10, Disk.Length(FilePath));
        Assert.IsLessThan(60, Math.Abs((DateTime.UtcNow - Disk.WrittenAt(FilePath)).TotalSeconds));
    }

    [TestMethod]
    public void A_reader_sees_what_is_appended_and_keeps_its_file_when_the_name_goes()
    {
        using IWritableFile file = Disk.Create(FilePath);
        file.Append("one"u8);
        using Stream reader = Disk.OpenRead(FilePath);
        byte[] bytes = new byte[16];
        Assert.AreEqual(3, reader.Read(bytes));
        file.Append(" two"u8);
        Disk.Delete(FilePath);
        Assert.AreEqual(4, reader.Read(bytes, 3, 13));
        Assert.AreEqual("one two", Encoding.UTF8.GetString(bytes, 0, 7));
        Assert.AreEqual(7, reader.Length);
    }

    [TestMethod]
    public void What_is_missing_is_told_apart_from_what_fails()
    {
        Assert.IsFalse(Disk.Exists(FilePath));
        Assert.IsFalse(Disk.Exists(_folder));
        Assert.IsTrue(Disk.FolderExists(_folder));
        Assert.IsFalse(Disk.FolderExists(FilePath));
        Disk.Delete(FilePath);
        Disk.Create(FilePath).Dispose();
        Assert.IsTrue(Disk.Exists(FilePath));
        Assert.IsFalse(Disk.FolderExists(FilePath));
        Assert.AreEqual("58P01", Refused(() => Disk.OpenRead(FilePath + "x")).SqlState);
        foreach (Action action in new Action[]
        {
            () => Disk.Length(FilePath + "x"), () => Disk.OpenWrite(FilePath + "x"), () => Disk.Rename(FilePath + "x", FilePath), () => Disk.List(FilePath + "x"),
            () => Disk.FlushFolder(FilePath + "x"), () => Disk.CreateFolder(Path.Combine(FilePath, "x")), () => Disk.Create(Path.Combine(FilePath, "x")),
        })
        {
            PhantomDbException error = Refused(action);
            Assert.AreEqual("58030", error.SqlState, error.Message);
            StringAssert.Contains(error.Message, FilePath);
        }
    }

    [TestMethod]
    public void Folders_are_made_with_all_above_them()
    {
        string path = Path.Combine(_folder, "a", "b", "c");
        Disk.CreateFolder(path);
        Disk.CreateFolder(path + Path.DirectorySeparatorChar);
        Assert.IsTrue(Disk.FolderExists(path));
    }

    [TestMethod]
    public void A_folder_that_may_not_be_looked_into_is_an_error_and_not_an_empty_one()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Inconclusive("Needs a user whom permissions bind.");
            return;
        }
        string closed = Path.Combine(_folder, "closed");
        Directory.CreateDirectory(closed, UnixFileMode.None);
        Assert.AreEqual("42501", Refused(() => Disk.Exists(Path.Combine(closed, "shop.db"))).SqlState);
    }

    [TestMethod]
    public void A_full_device_gives_its_own_code_and_leaves_the_length_alone()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Inconclusive("Needs /dev/full.");
        }
        using IWritableFile file = Disk.OpenWrite("/dev/full");

        PhantomDbException error = Refused(() => file.Append("x"u8));

        Assert.AreEqual(("53100", 0L), (error.SqlState, file.Length));
        StringAssert.Contains(error.Message, "/dev/full");
    }

    private static PhantomDbException Refused(Action action) => Assert.ThrowsExactly<PhantomDbException>(action);
}
