namespace PhantomDb.Shell;

/// <summary>The open database with its one session, and whether it is saved when it is closed.</summary>
internal sealed class ShellDatabase : IDisposable
{
    private readonly Database _database;
    private readonly bool _isKept;

    private ShellDatabase(Database database, bool isKept, Action<string> onNotice)
    {
        _database = database;
        _isKept = isKept;
        Session = database.OpenSession();
        Session.Notice += notice => onNotice($"NOTICE: {notice}");
    }

    public Session Session { get; }

    public string Name => _database.Name;

    /// <summary>The path of its file; null where it has none that it keeps.</summary>
    public string? FilePath => _database.FilePath;

    /// <summary>True where it had no file when it was opened.</summary>
    public bool IsNew => _database.IsNew;

    /// <summary>The definitions as the session sees them, those of its open transaction included.</summary>
    public SchemaDescription Schema => Session.DescribeSchema();

    /// <summary>A database by its name in the data directory, by the path of a .db file, or (null) a new one in memory.</summary>
    public static ShellDatabase Open(string? name, ShellOptions options, Action<string> onNotice)
    {
        DatabaseOptions databaseOptions = new() { DataDirectory = options.DataDirectory, IsInMemory = options.IsInMemory };
        return name is null
            ? new ShellDatabase(Database.CreateInMemory(databaseOptions), isKept: false, onNotice)
            : new ShellDatabase(Database.Open(name, databaseOptions), isKept: !options.IsInMemory, onNotice);
    }

    /// <summary>Saves to the database's own file, or to another one.</summary>
    public void SaveTo(string? path, bool? isSealed = null)
    {
        if (path is null && !_isKept)
        {
            throw new PhantomDbException("55000", "the database is in memory only") { Hint = "Name a file: .save FILE" };
        }
        if (Session.IsInTransaction)
        {
            throw new PhantomDbException("25001", "a database cannot be saved inside a transaction block");
        }
        _database.SaveToDisk(path, isSealed);
    }

    /// <summary>Saves what has changed, where the database is kept. One in which nothing was changed leaves its file alone.</summary>
    public void Save()
    {
        if (_isKept && _database.HasUnsavedChanges)
        {
            _database.SaveToDisk();
        }
    }

    /// <summary>What an orderly exit does: what is not committed is rolled back, the rest saved.</summary>
    public void Close()
    {
        Session.Dispose();
        try
        {
            Save();
        }
        finally
        {
            _database.Dispose();
        }
    }

    public void Dispose()
    {
        Session.Dispose();
        _database.Dispose();
    }
}
