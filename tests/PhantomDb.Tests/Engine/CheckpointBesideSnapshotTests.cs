using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>A snapshot comes to its end while the database's own file is replaced.</summary>
[TestClass]
public sealed class CheckpointBesideSnapshotTests : DatabaseOnDiskTest
{
    [TestMethod]
    public void The_file_that_a_checkpoint_replaces_is_not_told_to_be_lost()
    {
        var disk = new RenamingDisk();
        using Database database = Database.Open("shop", Options with { FileSystem = disk, SnapshotEnabled = false });
        Run(database, "CREATE TABLE t (a int)");
        Run(database, "CHECKPOINT");
        Run(database, "INSERT INTO t VALUES (1)");
        List<PhantomDbException> errors = [];
        database.BackgroundError += errors.Add;
        disk.Renaming = () => Task.Run(() => database.CreateSnapshot()).Wait();

        Run(database, "CHECKPOINT");

        Assert.IsNull(disk.Renaming, "a snapshot was taken meanwhile");
        Assert.IsTrue(database.Persistence!.Log.Watch.IsInPlace(database.FilePath!));
        Assert.IsEmpty(errors);
        File.Delete(database.FilePath!);
        Assert.IsFalse(database.Persistence.Log.Watch.IsInPlace(database.FilePath!), "it is watched again");
    }

    private sealed class RenamingDisk() : PassingDisk(PhysicalFileSystem.Instance)
    {
        /// <summary>Called once, before the database's own file is replaced.</summary>
        public Action? Renaming { get; set; }

        public override void Rename(string from, string to)
        {
            if (to.EndsWith("shop.db", StringComparison.Ordinal))
            {
                Action? renaming = Renaming;
                Renaming = null;
                renaming?.Invoke();
            }
            base.Rename(from, to);
        }
    }
}
