using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;

namespace PhantomDb.Tests.Durability;

/// <summary>How a file is written: when, with what bytes, sealed or not, and whole whatever the disk does.</summary>
[TestClass]
public sealed class DatabaseFileSaveTests : DatabaseFileTest
{
    [TestMethod]
    public void The_same_rows_in_another_order_give_the_same_bytes_where_there_is_a_primary_key()
    {
        const string Head = "# PhantomDB Version: 1\n[TABLE:t]\nCOLUMNS:a:int,b:string\nCONSTRAINT:k PRIMARY KEY (a)\nDATA:a,b\n";
        byte[] first = Saved(Head + "ROW:3,c\nROW:-1,a\nROW:2,b\n");
        byte[] second = Saved(Head + "ROW:2,b\nROW:3,c\nROW:-1,a\n");

        CollectionAssert.AreEqual(first, second);
        StringAssert.Contains(Encoding.UTF8.GetString(first), "ROW:-1,a\nROW:2,b\nROW:3,c\n");

        byte[] Saved(string text)
        {
            Save(Load(text));
            return Disk.Files[Path];
        }
    }

    [TestMethod]
    public void Content_that_is_there_already_is_left_alone()
    {
        LoadedDatabase loaded = Load(Example);
        Disk.Files.Clear();
        Assert.IsTrue(Save(loaded));
        byte[] before = Disk.Files[Path];

        Assert.IsFalse(DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { GeneratedAt = DateTime.UnixEpoch }, Disk));

        Assert.AreSame(before, Disk.Files[Path]);
        Assert.HasCount(2, Disk.Files, "the database file and .gitattributes");
    }

    [TestMethod]
    public void A_gitattributes_that_cannot_be_written_does_not_fail_the_save()
    {
        LoadedDatabase loaded = Load(Example);
        foreach (string what in new[] { "create", "write", "flush", "rename" })
        {
            Disk.Files.Clear();
            Disk.Calls.Clear();
            Disk.Fails = (call, path) => call == what && path.Contains(".gitattributes", StringComparison.Ordinal);

            Assert.IsTrue(Save(loaded));

            CollectionAssert.AreEqual(new[] { Path }, Disk.Files.Keys.ToArray(), $"after a failed {what}");
            Assert.AreEqual("flush folder data", Disk.Calls[^1]);
        }
    }

    [TestMethod]
    public void A_failing_disk_leaves_the_file_that_was_there()
    {
        byte[] before = SealedBytes();
        LoadedDatabase other = Load("[TABLE:t]\nCOLUMNS:a:int\nROW:1\n");
        foreach (string what in new[] { "create", "write", "flush", "rename" })
        {
            Disk.Files.Clear();
            Disk.Files[Path] = before;
            Disk.Fails = (call, _) => call == what;

            PhantomDbException error = Assert.ThrowsExactly<PhantomDbException>(() => Save(other));

            Assert.AreEqual("58030", error.SqlState);
            Assert.HasCount(1, Disk.Files, $"after a failed {what}");
            Assert.AreSame(before, Disk.Files[Path]);
        }
    }

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    [DataRow(false, false)]
    [DataRow(false, true)]
    public void P4_whatever_call_of_a_save_fails_the_old_file_or_the_new_one_is_there_whole(bool isSealed, bool isFull)
    {
        DatabaseFileOptions options = new() { Sealed = isSealed, GeneratedAt = DateTime.UnixEpoch };
        LoadedDatabase old = Load(Example), changed = Load(Example.Replace("Jane", "Janet", StringComparison.Ordinal));
        Disk.Files.Clear();
        DatabaseFileWriter.Write(Content(old), Path, options, Disk);
        var before = new Dictionary<string, byte[]>(Disk.Files);
        int callCount = 0;
        bool hasFailed = true;
        for (int failing = 1; hasFailed; failing++)
        {
            Disk.Files.Clear();
            foreach ((string path, byte[] bytes) in before)
            {
                Disk.Files[path] = bytes;
            }
            callCount = 0;
            hasFailed = false;
            string failedCall = "";
            Disk.IsFull = isFull;
            Disk.Fails = (call, path) =>
            {
                bool fails = ++callCount == failing;
                hasFailed |= fails;
                failedCall = fails ? $"{call} {path}" : failedCall;
                return fails;
            };
            PhantomDbException? error = null;
            try
            {
                DatabaseFileWriter.Write(Content(changed), Path, options, Disk);
            }
            catch (PhantomDbException thrown)
            {
                error = thrown;
            }
            Disk.Fails = (_, _) => false;

            Assert.AreEqual(hasFailed, error is not null, failedCall);
            string row = Rows(DatabaseFileReader.Read(Path, null, Disk), "users")[1];
            Assert.IsTrue(row.Contains(error is null ? "Janet" : "Jane", StringComparison.Ordinal), failedCall);
            // The seal of a file that has been put in place and may not last stays beside it; nothing else does.
            bool isNew = row.Contains("Janet", StringComparison.Ordinal);
            string[] left = [.. Disk.Files.Keys.Where(path => path.EndsWith(".new", StringComparison.Ordinal))];
            Assert.IsTrue(left is [] || (!isSealed && isNew && error is not null && left is [Path + ".seal.new"]), $"{failedCall}: {string.Join(' ', left)}");
            if (error is not null)
            {
                Assert.AreEqual(isFull ? "53100" : "58030", error.SqlState, failedCall);
                StringAssert.Contains(error.Message, "/data", failedCall);
                Disk.Calls.Clear();
                DatabaseFileWriter.Write(Content(changed), Path, options, Disk);
                CollectionAssert.Contains(Disk.Calls, "flush folder data", $"the save after a failed {failedCall}");
                StringAssert.Contains(Rows(DatabaseFileReader.Read(Path, null, Disk), "users")[1], "Janet");
                Assert.IsTrue(DatabaseFileReader.Read(Path, null, Disk).IsProved);
                Assert.IsFalse(Disk.Files.Keys.Any(path => path.EndsWith(".new", StringComparison.Ordinal)), failedCall);
            }
        }
        Assert.IsGreaterThan(5, callCount);
    }

    [TestMethod]
    public void A_file_is_flushed_and_read_back_before_it_is_renamed_and_the_folder_flushed_last()
    {
        LoadedDatabase loaded = Load(Example);
        Disk.Files.Clear();
        Disk.Calls.Clear();

        Save(loaded);

        CollectionAssert.AreEqual(
            new[] { "create shop.db.new", "write shop.db.new", "flush shop.db.new", "rename shop.db.new" },
            Disk.Calls.Where(c => c.Contains("shop.db", StringComparison.Ordinal)).Distinct().ToArray());
        Assert.AreEqual("flush folder data", Disk.Calls[^1]);
    }

    [TestMethod]
    public void Bytes_that_the_disk_changed_while_writing_do_not_replace_the_file()
    {
        byte[] before = SealedBytes();
        LoadedDatabase other = Load("[TABLE:t]\nCOLUMNS:a:int\nROW:1\n");
        Disk.Files[Path] = before;
        Disk.Fails = (call, path) =>
        {
            if (call == "flush")
            {
                Disk.Files[path][^20] ^= 1;
            }
            return false;
        };

        Assert.ThrowsExactly<PhantomDbException>(() => Save(other));

        Assert.AreSame(before, Disk.Files[Path]);
    }

    [TestMethod]
    public void An_unsealed_file_has_no_checksum_inside_and_a_seal_beside_it()
    {
        DatabaseFileOptions unsealed = new() { Sealed = false };
        DatabaseFileWriter.Write(Content(Load(Example)), Path, unsealed, Disk);

        Assert.DoesNotContain("CRC", Encoding.UTF8.GetString(Disk.Files[Path]));
        LoadedDatabase again = DatabaseFileReader.Read(Path, null, Disk);
        Assert.IsFalse(again.IsSealed);
        Assert.IsFalse(DatabaseFileWriter.Write(Content(again), Path, unsealed, Disk));

        byte[] whole = Disk.Files[Path];
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] damaged = [.. whole];
            damaged[bit >> 3] ^= (byte)(1 << (bit & 7));
            ExpectRefused(damaged, $"bit {bit}");
        }

        Disk.Files.Remove(DatabaseFileWriter.SealPath(Path));
        Disk.Files[Path] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(whole).Replace("Jane", "Janet", StringComparison.Ordinal));
        StringAssert.Contains(Rows(DatabaseFileReader.Read(Path, null, Disk), "users")[1], "Janet");
    }

    [TestMethod]
    public void Sealing_takes_the_seal_beside_away()
    {
        LoadedDatabase loaded = Load(Example);
        DatabaseFileWriter.Write(Content(loaded), Path, new DatabaseFileOptions { Sealed = false }, Disk);

        Save(loaded);

        Assert.IsFalse(Disk.Exists(DatabaseFileWriter.SealPath(Path)));
        Assert.IsTrue(DatabaseFileReader.Read(Path, null, Disk).IsSealed);
    }

    [TestMethod]
    public void Files_on_a_real_disk_are_replaced_whole()
    {
        string folder = Directory.CreateTempSubdirectory("phantomdb").FullName;
        try
        {
            string path = System.IO.Path.Combine(folder, "sub", "shop.db");
            LoadedDatabase loaded = Load(Example);
            Assert.IsTrue(DatabaseFileWriter.Write(Content(loaded), path));
            Assert.IsFalse(DatabaseFileWriter.Write(Content(loaded), path));
            Assert.IsTrue(DatabaseFileWriter.Write(Content(Load(Example.Replace("Jane", "Janet", StringComparison.Ordinal))), path));
            StringAssert.Contains(Rows(DatabaseFileReader.Read(path), "users")[1], "Janet");
            CollectionAssert.AreEquivalent(
                new[] { ".gitattributes", "shop.db" }, PhysicalFileSystem.Instance.List(System.IO.Path.GetDirectoryName(path)!).ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
