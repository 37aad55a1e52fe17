using PhantomDb.Durability;
using PhantomDb.Fuzz.Crash;

namespace PhantomDb.Tests.Engine;

/// <summary>A sequence that has to reserve values waits for the log, and whoever waits can be told to stop.</summary>
[TestClass]
public sealed class SequenceWaitTests : DurableTest
{
    [TestMethod]
    [DataRow("SELECT nextval('s')")]
    [DataRow("INSERT INTO t DEFAULT VALUES")]
    public void A_statement_that_waits_for_a_reservation_ends_by_its_timeout(string sql)
    {
        var disk = new HaltingDisk();
        Options = Options with { FileSystem = disk, SyncPolicy = SyncPolicy.Interval, SyncInterval = TimeSpan.FromMilliseconds(1), SnapshotEnabled = false };
        Run("CREATE SEQUENCE s", "CREATE TABLE t (id int DEFAULT nextval('s'))", "CREATE TABLE u (a int)");
        Database.Log.Sync();
        disk.Halts = true;
        try
        {
            Run("INSERT INTO u VALUES (1)");
            Thread.Sleep(50);   // the disk is behind
            Run("SET statement_timeout = 200");
            Assert.AreEqual("57014", StateOf(() => Run(sql)));
        }
        finally
        {
            disk.Halts = false;
        }
        Run("SET statement_timeout = 0");
        Assert.AreEqual("1", One("SELECT nextval('s')"), "none was given");
    }

    private sealed class HaltingDisk() : PassingDisk(PhysicalFileSystem.Instance)
    {
        private readonly ManualResetEventSlim _goes = new(initialState: true);

        public bool Halts
        {
            set
            {
                if (value)
                {
                    _goes.Reset();
                }
                else
                {
                    _goes.Set();
                }
            }
        }

        protected override IWritableFile Wrap(string path, IWritableFile file) => new HaltingFile(this, file);

        private sealed class HaltingFile(HaltingDisk disk, IWritableFile file) : PassingFile(file)
        {
            public override void Append(ReadOnlySpan<byte> bytes)
            {
                disk._goes.Wait();
                base.Append(bytes);
            }
        }
    }
}
