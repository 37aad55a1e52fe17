using PhantomDb.Catalog;
using PhantomDb.Durability;
using PhantomDb.Errors;
using PhantomDb.Storage;
using PhantomDb.Transactions;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>
/// A database: its definitions, its rows, its file, and the sessions that use it. May be used by any number of threads; each
/// session by one at a time.
/// </summary>
public sealed class Database : IDisposable
{
    private DatabaseCatalog _catalog = DatabaseCatalog.Empty;

    private readonly string? _path;
    private readonly Guid _id = Guid.NewGuid();
    private readonly bool _isSealed = true;   // how the next save writes it
    private readonly bool _isProved = true;   // by checksums, or nothing was loaded
    private object _savedState;

    private Database(string name, DatabaseOptions options, string? path = null)
    {
        options.Validate();
        Name = name;
        Options = options;
        Memory = new MemoryAccount("database", options.MemoryLimit);
        _path = path;
        if (path is not null && File.Exists(path))
        {
            LoadedDatabase loaded = DatabaseFileReader.Read(path, Memory);
            Storage = loaded.Storage;
            _catalog = loaded.Catalog;
            _id = loaded.Id == Guid.Empty ? _id : loaded.Id;
            _isProved = loaded.IsSealed;
            _isSealed = !File.Exists(DatabaseFileWriter.SealPath(path));
            _savedState = State();
        }
        else
        {
            Storage = new DatabaseStorage(Memory);
            _savedState = new object();   // nothing is on disk yet: not even an empty database
        }
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

    /// <summary>
    /// Opens a database by its name in the data directory, or by the path of its file (what has a separator or the ending
    /// .db). A missing file is a new, empty database. Nothing is written before <see cref="SaveToDisk(string?, bool?)"/>.
    /// </summary>
    /// <exception cref="PhantomDbException">The file is damaged, or its rows break a constraint.</exception>
    public static Database Open(string name, DatabaseOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        options ??= new DatabaseOptions();
        string path = DatabaseFiles.PathOf(name, options.DataDirectory);
        Database database = new(DatabaseFiles.NameOf(path), options, path);
        if (!database._isProved)
        {
            database.ValidateChecks();
        }
        return database;
    }

    /// <summary>True where the database's content may differ from what its file has.</summary>
    public bool HasUnsavedChanges => !State().Equals(_savedState);

    /// <summary>
    /// Writes the database to its own file, or a copy of it to another. The file is replaced in one step, and left alone where
    /// its content would be the same. Waits for a statement or transaction that is writing.
    /// </summary>
    /// <param name="path">Path of the file; null: the one the database was opened with.</param>
    /// <param name="isSealed">False leaves the checksums out of the file, for files under version control; null: as the file was.</param>
    /// <exception cref="PhantomDbException">There is no file to save to, or it could not be written; the old file is as it was.</exception>
    public void SaveToDisk(string? path = null, bool? isSealed = null)
    {
        string target = path ?? _path
            ?? throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, "the database is in memory only") { Hint = "Name a file to save it to." };
        Transaction transaction = Transactions.NewTransaction();
        transaction.Begin();
        try
        {
            transaction.BeginWriting(CancellationToken.None);   // definitions and rows of one moment
            object state = State();
            DatabaseContent content = new(DatabaseFiles.NameOf(target), Catalog, Storage, transaction.View) { Id = _id };
            DatabaseFileWriter.Write(content, target, new DatabaseFileOptions { Sealed = isSealed ?? _isSealed });
            if (path is null)
            {
                _savedState = state;
            }
        }
        finally
        {
            transaction.Rollback();
            transaction.Close();
        }
    }

    /// <summary>Opens a session: its own settings, transaction and cancellation.</summary>
    public Session OpenSession() => new(this);

    /// <summary>The tables, views and sequences as they are now, for people to read.</summary>
    public SchemaDescription DescribeSchema() => new(Catalog);

    /// <summary>What every change changes: the definitions, the newest commit, the positions of the sequences.</summary>
    private (DatabaseCatalog Catalog, long Commit, string Sequences) State() => (
        Catalog,
        Storage.Timestamps.Visible,
        string.Join(';', Storage.Sequences.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}:{entry.Value.Position}")));

    /// <summary>A file without checksums may have been edited by hand: its rows are held against the checks.</summary>
    private void ValidateChecks()
    {
        SchemaWriter writer = new(Catalog);
        using Session session = OpenSession();
        foreach (TableDefinition table in Catalog.Tables)
        {
            foreach (ConstraintDefinition check in table.Constraints.Where(constraint => constraint.Kind == ConstraintKind.Check))
            {
                using QueryResult violation = session.Execute(
                    $"SELECT 1 FROM {writer.QualifiedName(table)} WHERE NOT ({check.CheckText}) LIMIT 1");
                if (violation.Read())
                {
                    throw new PhantomDbException(SqlStates.CheckViolation, $"check constraint \"{check.Name}\" of relation \"{table.Name}\" is violated by some row")
                    {
                        SchemaName = table.Schema, TableName = table.Name, ConstraintName = check.Name,
                    };
                }
            }
        }
    }

    /// <summary>Ends the use of the database; its memory goes with the last reference to it.</summary>
    public void Dispose()
    {
    }
}
