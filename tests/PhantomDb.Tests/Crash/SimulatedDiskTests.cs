using System.Text;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Crash;

/// <summary>The simulated disk loses what it may lose, and only that: or the crash tests would prove nothing.</summary>
[TestClass]
public sealed class SimulatedDiskTests
{
    private const string Path = "/data/a";

    private readonly SimulatedDisk _disk = NewDisk();

    [TestMethod]
    public void Without_flushes_names_and_contents_are_lost_in_some_crash()
    {
        using (IWritableFile file = _disk.Create(Path))
        {
            file.Append(new byte[2000]);
        }

        Assert.IsFalse(_disk.Crash(CrashProfile.AllLost, 1).Exists(Path));
        Assert.IsFalse(_disk.Crash(CrashProfile.NamesLost, 1).Exists(Path));
        Assert.AreEqual(0, _disk.Crash(CrashProfile.ContentsLost, 1).Length(Path));
        Assert.AreEqual(2000, _disk.Crash(CrashProfile.ProcessKilled, 1).Length(Path));
        foreach (CrashProfile profile in new[] { CrashProfile.Posix512, CrashProfile.Ordered })
        {
            SimulatedDisk[] after = [.. Enumerable.Range(0, 100).Select(seed => _disk.Crash(profile, seed))];
            Assert.IsTrue(after.Any(disk => !disk.Exists(Path)), $"{profile}: no name");
            Assert.IsTrue(after.Any(disk => disk.Exists(Path) && disk.Length(Path) < 2000), $"{profile}: a part");
            Assert.IsTrue(after.Any(disk => disk.Exists(Path) && disk.Length(Path) == 2000), $"{profile}: all");
        }
    }

    [TestMethod]
    public void What_was_flushed_is_there_in_every_crash()
    {
        using IWritableFile file = _disk.Create(Path);
        file.Append("flushed"u8);
        file.Flush();
        _disk.FlushFolder("/data");
        file.Append(" and not flushed"u8);
        foreach (CrashProfile profile in CrashRunner.AllProfiles)
        {
            for (int seed = 0; seed < 50; seed++)
            {
                StringAssert.StartsWith(Text(_disk.Crash(profile, seed), Path), "flushed", $"{profile} {seed}");
            }
        }
    }

    [TestMethod]
    public void A_flushed_file_whose_folder_was_not_flushed_may_have_no_name()
    {
        using IWritableFile file = _disk.Create(Path);
        file.Append("flushed"u8);
        file.Flush();

        Assert.IsFalse(_disk.Crash(CrashProfile.NamesLost, 0).Exists(Path));
        Assert.IsTrue(Enumerable.Range(0, 50).Any(seed => !_disk.Crash(CrashProfile.Posix512, seed).Exists(Path)));
        Assert.IsTrue(Enumerable.Range(0, 50).All(seed => _disk.Crash(CrashProfile.Ordered, seed).Exists(Path)), "ext4's journal has the name with the flush");
    }

    [TestMethod]
    public void Writes_are_torn_at_sectors_and_tails_may_be_zeros()
    {
        _disk.Put(Path, Enumerable.Repeat((byte)'o', 4096).ToArray());
        using (IWritableFile file = _disk.OpenWrite(Path))
        {
            file.TruncateTo(0);
            file.Append(Enumerable.Repeat((byte)'n', 8192).ToArray());
        }
        bool isMixed = false, hasHole = false, hasTail = false;
        for (int seed = 0; seed < 200; seed++)
        {
            string text = Text(_disk.Crash(CrashProfile.Posix512, seed), Path);
            for (int i = 0; i < text.Length; i++)
            {
                Assert.IsTrue(i % 512 == 0 || text[i] == text[i - 1], $"seed {seed}: torn at {i}");
            }
            isMixed |= text.Contains("on", StringComparison.Ordinal) && text.Contains("no", StringComparison.Ordinal);
            hasHole |= text.Contains("n\0", StringComparison.Ordinal) && text.Contains("\0n", StringComparison.Ordinal);
            hasTail |= Text(_disk.Crash(CrashProfile.ZeroedTails, seed), Path) is { Length: 8192 } zeros && zeros.EndsWith('\0') && zeros.StartsWith('n');
        }
        Assert.IsTrue(isMixed && hasHole && hasTail, $"{isMixed} {hasHole} {hasTail}");
    }

    [TestMethod]
    public void Two_renames_may_last_in_any_order_until_the_folder_is_flushed()
    {
        string[] seen = Seen(CrashProfile.Posix512, isFlushed: false);
        Assert.IsTrue(seen.Any(names => !names.Contains("a,", StringComparison.Ordinal) && names.EndsWith("b", StringComparison.Ordinal)), "b without a");
        Assert.IsTrue(seen.All(names => names.Contains('a') && names.Contains('b')), "a file is under one of its names at least");
        Assert.IsTrue(seen.Any(names => names == "a,a.new,b,b.new"), "both names");
        Assert.IsFalse(Seen(CrashProfile.Ordered, isFlushed: false).Contains("a.new,b"));
        CollectionAssert.AreEqual(new[] { "a,b" }, Seen(CrashProfile.Posix512, isFlushed: true));

        static string[] Seen(CrashProfile profile, bool isFlushed)
        {
            SimulatedDisk disk = NewDisk();
            disk.Put("/data/a.new", "a"u8.ToArray());
            disk.Put("/data/b.new", "b"u8.ToArray());
            disk.Rename("/data/a.new", "/data/a");
            disk.Rename("/data/b.new", "/data/b");
            if (isFlushed)
            {
                disk.FlushFolder("/data");
            }
            return [.. Enumerable.Range(0, 200).Select(seed => string.Join(',', disk.Crash(profile, seed).List("/data"))).Distinct()];
        }
    }

    [TestMethod]
    public void After_a_failed_flush_a_second_one_succeeds_and_the_bytes_are_lost_all_the_same()
    {
        bool isLost = false;
        for (int seed = 0; seed < 20; seed++)
        {
            var disk = NewDisk(seed);
            using IWritableFile file = disk.Create(Path);
            disk.FlushFolder("/data");
            file.Append("one"u8);
            disk.FaultAt = disk.OperationCount;
            disk.Fault = DiskFault.InputOutputError;
            Assert.AreEqual("58030", Assert.ThrowsExactly<PhantomDbException>(file.Flush).SqlState);
            file.Append("two"u8);
            file.Flush();
            Assert.AreEqual("onetwo", Text(disk, Path), "what programs see");
            string after = Text(disk.Crash(CrashProfile.AllLost, 0), Path);
            StringAssert.EndsWith(after, "two");
            isLost |= after != "onetwo";
        }
        Assert.IsTrue(isLost);
    }

    [TestMethod]
    public void A_lying_disk_loses_what_was_flushed()
    {
        _disk.LiesAboutFlushes = true;
        using IWritableFile file = _disk.Create(Path);
        file.Append("one"u8);
        file.Flush();
        _disk.FlushFolder("/data");

        Assert.IsFalse(_disk.Crash(CrashProfile.AllLost, 0).Exists(Path));
    }

    [TestMethod]
    public void A_fault_comes_at_its_operation_and_after_a_power_loss_nothing_works()
    {
        using IWritableFile file = _disk.Create(Path);
        Assert.AreEqual(1, _disk.OperationCount);
        _disk.Fault = DiskFault.ShortWrite;
        _disk.FaultAt = 1;
        Assert.AreEqual("58030", Assert.ThrowsExactly<PhantomDbException>(() => file.Append("12345678"u8)).SqlState);
        Assert.AreEqual((0L, 4L), (file.Length, _disk.Length(Path)));
        file.TruncateTo(file.Length);
        file.Append("x"u8);
        Assert.AreEqual("x", Text(_disk, Path));
        _disk.Fault = DiskFault.PowerLoss;
        _disk.FaultAt = _disk.OperationCount;
        Assert.ThrowsExactly<PowerLossException>(file.Flush);
        Assert.ThrowsExactly<PowerLossException>(() => _disk.Exists(Path));
        Assert.AreEqual("4 flush a", _disk.FaultedOperation);
    }

    [TestMethod]
    public void A_full_disk_takes_what_fits_and_all_once_there_is_room()
    {
        _disk.Capacity = 10;
        using IWritableFile file = _disk.Create(Path);
        file.Append("12345678"u8);
        Assert.AreEqual("53100", Assert.ThrowsExactly<PhantomDbException>(() => file.Append("abcd"u8)).SqlState);
        Assert.AreEqual("12345678ab", Text(_disk, Path));
        _disk.Capacity = 20;
        file.Append("abcd"u8);
        Assert.AreEqual("12345678abcd", Text(_disk, Path));
    }

    [TestMethod]
    public void The_same_seed_gives_the_same_crash()
    {
        using IWritableFile file = _disk.Create(Path);
        for (int i = 0; i < 20; i++)
        {
            file.Append(Enumerable.Repeat((byte)i, 700).ToArray());
        }
        foreach (CrashProfile profile in CrashRunner.AllProfiles)
        {
            for (int seed = 0; seed < 20; seed++)
            {
                SimulatedDisk first = _disk.Crash(profile, seed), second = _disk.Crash(profile, seed);
                Assert.AreEqual(first.Exists(Path), second.Exists(Path));
                Assert.IsTrue(!first.Exists(Path) || first.Read(Path).AsSpan().SequenceEqual(second.Read(Path)));
            }
        }
    }

    [TestMethod]
    public void One_user_at_a_time_holds_a_lock_and_a_crash_ends_it()
    {
        IDisposable held = _disk.Lock(Path, "me");
        Assert.AreEqual("55006", Assert.ThrowsExactly<PhantomDbException>(() => _disk.Lock(Path, "you")).SqlState);
        held.Dispose();
        _disk.Lock(Path, "you");
        _disk.Crash(CrashProfile.ProcessKilled, 0).Lock(Path, "me").Dispose();
    }

    private static SimulatedDisk NewDisk(int seed = 0)
    {
        var disk = new SimulatedDisk(seed);
        disk.CreateFolder("/data");
        return disk.Crash(CrashProfile.ProcessKilled, seed);   // operations count from here on
    }

    private static string Text(SimulatedDisk disk, string path) => Encoding.ASCII.GetString(disk.Read(path));
}
