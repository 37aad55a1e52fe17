using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>A database of ours in a folder of its own, whose commits go into its log, and which takes no snapshots: they are a measurement of their own.</summary>
internal sealed class DurablePhantom : IDisposable
{
    public const string DatabaseName = "bench";

    private readonly Database _database;

    private DurablePhantom(Database database)
    {
        _database = database;
    }

    public TransactionLog Log => _database.Persistence!.Log;

    public static DurablePhantom Open(string folder, SyncPolicy policy, IFileSystem? disk = null) => new(Database.Open(
        DatabaseName, new DatabaseOptions { DataDirectory = folder, SyncPolicy = policy, SnapshotEnabled = false, FileSystem = disk ?? PhysicalFileSystem.Instance }));

    public PhantomConnection Connect() => new(_database.OpenSession());

    /// <summary>Ends the log alone: an orderly end of the database would write its file as well, which is not what is measured, and leave nothing to replay.</summary>
    public void Dispose()
    {
        _database.Persistence!.StopSnapshots();
        _database.Persistence.Close();
    }
}
