using System.Text;
using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Tests.Durability;
using PhantomDb.Tests.Durability.Log;

namespace PhantomDb.Tests.Transactions;

/// <summary>A database that began empty, its log on a disk in memory, and what recovery makes of that.</summary>
internal sealed class LoggedDatabase : IDisposable
{
    private readonly MemoryFileSystem _saved = new();

    public LoggedDatabase(TransactionLogOptions? options = null, LogDisk? disk = null)
    {
        Disk = disk ?? new LogDisk();
        Log = new TransactionLog(Disk, LogUnderTest.NewStart(), options ?? Small, Define);
        Database = Database.CreateInMemory();
        Database.Transactions.UseLog(Log, 0);
        Session = Database.OpenSession();
    }

    /// <summary>New rows go to a side file from ten on.</summary>
    public static TransactionLogOptions Small => new() { LoadRowCount = 10, LoadBytes = 400, IdleSyncMs = 3_600_000 };

    public LogDisk Disk { get; }

    public TransactionLog Log { get; }

    public Database Database { get; }

    public Session Session { get; }

    public string[] Loads => [.. Disk.Names.Where(name => LoadFileName.IsOf("shop", name))];

    /// <summary>The records of the active segment: operation, table, values.</summary>
    public string[] Records
    {
        get
        {
            Log.Sync();
            string[] lines = Encoding.UTF8.GetString(Disk.Bytes("shop.log")).Split('\n');
            return [.. lines.Skip(2).Where(line => line.Length > 0 && line[0] != '#').Select(line => string.Join(',', line.Split(',')[5..^1]))];
        }
    }

    public string Content => LogModel.Sections(Database, _saved);

    public void Run(params string[] statements)
    {
        foreach (string statement in statements)
        {
            using QueryResult result = Session.Execute(statement);
        }
    }

    public RecoveredDatabase Recover() => DatabaseRecovery.Run("/data/shop.db", LoadTarget.New, Disk, new RecoveryOptions { IsReadOnly = true });

    public string RecoveredContent()
    {
        Log.Sync();
        RecoveredDatabase recovered = Recover();
        return LogModel.Sections(recovered.Database.Catalog, recovered.Database.Storage, _saved);
    }

    public void Dispose()
    {
        Session.Dispose();
        Database.Dispose();
        Log.Dispose();
    }

    private void Define(LogBatch batch, TableDefinition table)
    {
        batch.Begin(LogOperation.Table, Encoding.UTF8.GetBytes(DefinitionText.NameOf(table.Schema, table.Name)));
        foreach (byte[] line in new DefinitionLines(Database.Catalog, Database.Storage.Sequences).Of(writer => writer.WriteTable(table)))
        {
            batch.Cell(line);
        }
        batch.End();
    }
}
