using PhantomDb.Catalog;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>
/// A database in memory: its definitions, its rows, and the sessions that use it. May be used by any number of threads; each
/// session by one at a time.
/// </summary>
public sealed class Database : IDisposable
{
    private DatabaseCatalog _catalog = DatabaseCatalog.Empty;

    private Database(string name, DatabaseOptions options)
    {
        options.Validate();
        Name = name;
        Options = options;
        Memory = new MemoryAccount("database", options.MemoryLimit);
        Storage = new DatabaseStorage(Memory);
        Transactions = new TransactionManager(Storage);
    }

    /// <summary>Name of the database, as current_database() gives it.</summary>
    public string Name { get; }

    /// <summary>The options that the database was opened with.</summary>
    public DatabaseOptions Options { get; }

    /// <summary>Bytes held in memory at the moment: tables, indexes, versions and statements' working memory.</summary>
    public long MemoryUsed => Memory.Used;

    internal MemoryAccount Memory { get; }

    internal DatabaseStorage Storage { get; }

    internal TransactionManager Transactions { get; }

    /// <summary>The definitions as last committed.</summary>
    internal DatabaseCatalog Catalog
    {
        get => Volatile.Read(ref _catalog);
        set => Volatile.Write(ref _catalog, value);
    }

    /// <summary>Creates an empty database that lives in memory alone.</summary>
    public static Database CreateInMemory(DatabaseOptions? options = null) => new("phantomdb", options ?? new DatabaseOptions());

    /// <summary>Opens a session: its own settings, transaction and cancellation.</summary>
    public Session OpenSession() => new(this);

    /// <summary>The tables, views and sequences as they are now, for people to read.</summary>
    public SchemaDescription DescribeSchema() => new(Catalog);

    /// <summary>Ends the use of the database; its memory goes with the last reference to it.</summary>
    public void Dispose()
    {
    }
}
