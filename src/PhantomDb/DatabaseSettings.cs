using System.Collections.Immutable;
using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Execution.Settings;

namespace PhantomDb;

/// <summary>
/// Values of settings that a database keeps, and its sessions begin with in place of the built-in defaults. They are part of the database: in its
/// files, its log, its forks; in memory they last as long as it does. Sessions that are open keep the values that they have; what is the database's and no session's
/// (<c>snapshot_interval</c> …) is in force at once, in place of what its options or properties said. For any thread.
/// </summary>
public sealed class DatabaseSettings
{
    private readonly Database _database;

    internal DatabaseSettings(Database database) => _database = database;

    /// <summary>All that are kept, by name.</summary>
    public IReadOnlyDictionary<string, string> All => Kept;

    /// <summary>The value that is kept, in the form that SHOW prints; null where there is none.</summary>
    public string? Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Kept.GetValueOrDefault(name);
    }

    /// <summary>
    /// Keeps a value, as <c>SET PERSIST name = value</c> does: durable when this returns, as far as commits are. Those that say when snapshots are taken are in force at once. The name is a setting's (docs/settings.md), or one of
    /// the user's own with a dot in it, such as <c>app.tenant</c>, which takes any text.
    /// </summary>
    /// <exception cref="PhantomDbException">42704: there is no such setting; 22023: it does not take the value; 55P02: it is not one that can be kept; 55000: it says when
    /// snapshots are taken, and the database is in memory. Or the
    /// log could not be written.</exception>
    public void Set(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        Change(name, value);
    }

    /// <summary>As <see cref="Set"/>, on a thread of the pool.</summary>
    public Task SetAsync(string name, string value, CancellationToken cancellationToken = default) => Task.Run(() => Set(name, value), cancellationToken);

    /// <summary>Keeps no value any longer: sessions begin with the built-in default, as after <c>RESET PERSIST name</c>.</summary>
    public void Reset(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Change(name, null);
    }

    /// <summary>As <see cref="Reset"/>, of all, as <c>RESET PERSIST ALL</c>.</summary>
    public void ResetAll() => ResetEach();

    /// <summary>
    /// All changes that the log has, in their order: those before the oldest record that is kept are not among them, and in memory there are none.
    /// </summary>
    public IEnumerable<SettingChange> History() => (Open.LogToRead?.ReadKept(LogRange.All, (operation, _) => operation == LogOperation.Setting) ?? [])
        .Select(entry => new SettingChange(entry.Lsn, entry.Time, entry.Others![0]!, entry.Others[1]));

    internal IReadOnlyList<string> ResetEach()
    {
        string[] names = [.. Kept.Keys];
        if (names.Length > 0)
        {
            Commit([.. names.Select(name => (name, (string?)null))]);
        }
        return names;
    }

    /// <summary>Sets or, with null, resets; gives the value in the form that SHOW prints.</summary>
    internal string? Change(string name, string? value)
    {
        Database database = Open;
        name = SessionSettings.NameOf(name);
        if (value is not null)
        {
            value = SessionSettings.NormalizePersistent(name, value);
            EnsureOfUse(name);
        }
        else if (Get(name) is null)
        {
            SessionSettings.EnsureExists(name);
        }
        if (database.Catalog.Settings.GetValueOrDefault(name) != value)
        {
            Commit([(name, value)]);
        }
        else
        {
            database.Snapshots.Put([(name, value)]);   // a property may have been set meanwhile
        }
        return value;
    }

    // When snapshots are taken means nothing where none are; what a fork has of that can be reset.
    private void EnsureOfUse(string name)
    {
        if (SnapshotSettings.Names.Contains(name) && !_database.Options.IsReadOnly)
        {
            _database.Snapshots.EnsureTaken();
        }
    }

    private ImmutableSortedDictionary<string, string> Kept => Open.Catalog.Settings;

    private Database Open
    {
        get
        {
            ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
            return _database;
        }
    }

    private void Commit((string Name, string? Value)[] changes)
    {
        if (Open.Options.IsReadOnly)
        {
            throw Error.ReadOnlyDatabase(_database.Name);
        }
        var batch = new LogBatch();
        foreach ((string name, string? value) in changes)
        {
            batch.Begin(LogOperation.Setting, []);
            batch.Cell(Encoding.UTF8.GetBytes(name));
            if (value is null)
            {
                batch.Null();
            }
            else
            {
                batch.Cell(Encoding.UTF8.GetBytes(value));
            }
            batch.End();
        }
        _database.Transactions.CommitRecord(batch, () =>
        {
            ImmutableSortedDictionary<string, string> settings = _database.Catalog.Settings;
            foreach ((string name, string? value) in changes)
            {
                settings = value is null ? settings.Remove(name) : settings.SetItem(name, value);
            }
            _database.Catalog = _database.Catalog with { Settings = settings };
            _database.Snapshots.Put(changes);   // here, so that of two at a time the later one is in force
        });
    }
}
