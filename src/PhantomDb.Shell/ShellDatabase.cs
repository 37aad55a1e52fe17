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
        Session.Notice += (_, notice) => onNotice($"{notice.Severity}: {notice.Message}");
    }

    public Session Session { get; }

    public string Name => _database.Name;

    /// <summary>A database by its name in the data directory, by the path of a .db file, or (null) a new one in memory.</summary>
    public static ShellDatabase Open(string? name, ShellOptions options, Action<string> onNotice)
    {
        DatabaseOptions databaseOptions = new() { DataDirectory = options.DataDirectory };
        return name is null
            ? new ShellDatabase(Database.CreateInMemory(databaseOptions), isKept: false, onNotice)
            : new ShellDatabase(Database.Open(name, databaseOptions), isKept: !options.IsInMemory, onNotice);
    }

    /// <summary>Saves to the database's own file, or to another one.</summary>
    public void Save(string? path)
    {
        if (path is null && !_isKept)
        {
            throw new PhantomDbException("55000", "the database is in memory only") { Hint = "Name a file: .save FILE" };
        }
        if (path is null)
        {
            _database.SaveToDisk();
        }
        else
        {
            _database.SaveToDisk(path);
        }
    }

    /// <summary>What an orderly exit does. A database in which nothing was changed leaves its file alone.</summary>
    public void SaveIfKept()
    {
        if (_isKept && _database.HasUnsavedChanges)
        {
            Save(null);
        }
    }

    public void Dispose()
    {
        Session.Dispose();
        _database.Dispose();
    }
}
