namespace PhantomDb.Data;

/// <summary>
/// A database that connections and data sources of the process have in common: opened by the first of them, closed by the last. Databases in files are found by
/// their full path, those in memory by name. What one of them leaves open about the options is as the first has it; what it says otherwise is an error.
/// </summary>
internal sealed class SharedDatabase
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(string Path, bool IsInMemory, bool IsReadOnly, bool IsFollowing), SharedDatabase> Shared = [];

    private readonly (string Path, bool IsInMemory, bool IsReadOnly, bool IsFollowing)? _key;   // null: nobody else's
    private readonly Lock _use = new();   // opening and closing, which take their time
    private Database? _database;
    private int _holderCount;

    private SharedDatabase((string, bool, bool, bool)? key) => _key = key;

    public Database Database => _database ?? throw new ObjectDisposedException(nameof(Database));

    /// <summary>Opens the database of a connection string, or takes it as it is open; to be given back by <see cref="Release"/>.</summary>
    public static SharedDatabase Acquire(PhantomDbConnectionStringBuilder settings)
    {
        SharedDatabase shared = settings.IsPrivate ? new SharedDatabase(null) { _holderCount = 1 } : Find(settings);
        lock (shared._use)
        {
            try
            {
                if (shared._database is null)
                {
                    shared._database = Open(settings);
                }
                else
                {
                    EnsureSame(settings, shared._database);
                }
                return shared;
            }
            catch
            {
                shared.ReleaseTaken();
                throw;
            }
        }
    }

    /// <summary>Another holder of the same.</summary>
    public SharedDatabase Share()
    {
        lock (Gate)
        {
            _holderCount++;
        }
        return this;
    }

    /// <summary>Closes the database where nobody else holds it.</summary>
    public void Release()
    {
        lock (_use)
        {
            ReleaseTaken();
        }
    }

    private static SharedDatabase Find(PhantomDbConnectionStringBuilder settings)
    {
        bool isInMemory = settings.Mode == PhantomDbOpenMode.Memory;
        bool isFollowing = settings.Mode == PhantomDbOpenMode.Follow;
        var key = (
            isInMemory ? settings.DataSource : Database.PathOf(settings.DataSource, settings.ToDatabaseOptions()), isInMemory, settings.Mode is PhantomDbOpenMode.ReadOnly or PhantomDbOpenMode.Follow, isFollowing);
        lock (Gate)
        {
            if (!Shared.TryGetValue(key, out SharedDatabase? shared))
            {
                Shared.Add(key, shared = new SharedDatabase(key));
            }
            shared._holderCount++;
            return shared;
        }
    }

    private static Database Open(PhantomDbConnectionStringBuilder settings)
    {
        DatabaseOptions options = settings.ToDatabaseOptions();
        if (settings.IsPrivate || settings.Mode == PhantomDbOpenMode.Memory)
        {
            return Database.CreateInMemory(options);
        }
        Database database = Database.Open(settings.DataSource, options);
        if (settings.Mode == PhantomDbOpenMode.ReadWrite && database.IsNew)
        {
            string? path = database.FilePath;
            database.Dispose();
            throw new PhantomDbException("58P01", $"there is no database \"{path}\"") { Hint = "Mode=ReadWriteCreate begins one." };
        }
        return database;
    }

    private static void EnsureSame(PhantomDbConnectionStringBuilder settings, Database open)
    {
        string[] different = [.. settings.DifferencesFrom(open.Options).Select(keyword => $"{keyword.Name} is {KeywordText.Of(keyword.Read!(open.Options))}")];
        if (different.Length > 0)
        {
            throw new PhantomDbException("55006", $"database \"{settings.DataSource}\" is open in this process with other options: {string.Join(", ", different)}")
            {
                Hint = "Leave them out of the connection string, or say the same.",
            };
        }
    }

    private void ReleaseTaken()
    {
        lock (Gate)
        {
            if (--_holderCount > 0)
            {
                return;
            }
        }
        Database? database = _database;
        _database = null;   // whoever has found it meanwhile opens it again
        try
        {
            database?.Close();
        }
        finally
        {
            lock (Gate)
            {
                if (_key is { } key && _holderCount == 0)
                {
                    Shared.Remove(key);
                }
            }
        }
    }
}
