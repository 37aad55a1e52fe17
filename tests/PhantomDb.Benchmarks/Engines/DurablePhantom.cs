using PhantomDb.Durability;
using PhantomDb.Durability.Log;

namespace PhantomDb.Benchmarks.Engines;

/// <summary>A database of ours whose commits go into a transaction log in a folder of its own.</summary>
internal sealed class DurablePhantom : IDisposable
{
    public const string DatabaseName = "bench";

    private readonly Database _database;

    private DurablePhantom(Database database, TransactionLog log)
    {
        (_database, Log) = (database, log);
    }

    public TransactionLog Log { get; }

    public static DurablePhantom Open(string folder, TransactionLogOptions options, IFileSystem? disk = null)
    {
        var log = new TransactionLog(
            disk ?? PhysicalFileSystem.Instance, new LogStart { Folder = folder, DatabaseName = DatabaseName, Id = Guid.NewGuid() }, options);
        Database database = Database.CreateInMemory();
        database.Transactions.UseLog(log, 0);
        return new DurablePhantom(database, log);
    }

    public PhantomConnection Connect() => new(_database.OpenSession());

    public void Dispose()
    {
        Log.Close();
        _database.Dispose();
    }
}
