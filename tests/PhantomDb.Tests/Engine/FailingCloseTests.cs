using Microsoft.VisualStudio.TestTools.UnitTesting;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>The save at the end fails on a disk that has a lock of its own, which another thread wants meanwhile.</summary>
[TestClass]
public sealed class FailingCloseTests : DatabaseOnDiskTest
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [TestMethod]
    public void A_save_that_fails_at_the_end_waits_for_nobody_while_what_failed_holds_its_locks()
    {
        using var disk = new LockingDisk();
        Database database = Database.Open("shop", Options with { FileSystem = disk });
        using (Session session = database.OpenSession())
        {
            session.Execute("CREATE TABLE t (a int)").Dispose();
        }
        File.WriteAllText(Path.Combine(Folder, "shop.db.seal.new"), "");
        Task? another = null;
        disk.Failing = () =>
        {
            another = Task.Run(() => database.Persistence!.IsAllInLog);   // as the log's own thread, when it looks after its files
            Assert.IsTrue(disk.IsAskedForLock.Wait(Patience));
        };

        var close = Task.Run(database.Close);

        Assert.IsTrue(close.Wait(Patience));
        Assert.IsTrue(another!.Wait(Patience));
        Assert.AreEqual(SqlStates.IoError, database.ClosingProblem?.SqlState);
    }

    private sealed class LockingDisk() : PassingDisk(PhysicalFileSystem.Instance), IDisposable
    {
        private readonly Lock _gate = new();

        public ManualResetEventSlim IsAskedForLock { get; } = new();

        /// <summary>Called with the disk's lock before it fails to delete what an interrupted save has left.</summary>
        public Action? Failing { get; set; }

        public override IFileLock Lock(string path, string owner) => new LockOfDisk(this, base.Lock(path, owner));

        public void Dispose() => IsAskedForLock.Dispose();

        public override void Delete(string path)
        {
            if (!path.EndsWith(".seal.new", StringComparison.Ordinal))
            {
                base.Delete(path);
                return;
            }
            lock (_gate)
            {
                IsAskedForLock.Reset();
                Failing?.Invoke();
                throw new PhantomDbException(SqlStates.IoError, "the disk fails");
            }
        }

        private sealed class LockOfDisk(LockingDisk disk, IFileLock held) : IFileLock
        {
            public bool IsInPlace
            {
                get
                {
                    if (disk._gate.IsHeldByCurrentThread)
                    {
                        return held.IsInPlace;
                    }
                    disk.IsAskedForLock.Set();
                    lock (disk._gate)
                    {
                        return held.IsInPlace;
                    }
                }
            }

            public void Dispose() => held.Dispose();
        }
    }
}
