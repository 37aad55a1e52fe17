using PhantomDb.Durability;
using PhantomDb.Durability.Snapshots;
using PhantomDb.Errors;

namespace PhantomDb;

/// <summary>
/// The snapshots of a database: taken in the background while it is used, or on demand, kept and opened. A database in memory, or one that is read only,
/// has none and takes none. May be used by any number of threads; what is set is in force at once.
/// </summary>
public sealed class DatabaseSnapshots
{
    private readonly Database _database;
    private readonly SnapshotService? _service;
    private readonly Lock _changing = new();

    internal DatabaseSnapshots(Database database, SnapshotService? service) => (_database, _service) = (database, service);

    /// <summary>A snapshot has been taken, in the background or on demand. Raised on threads of the pool; what a handler throws is ignored.</summary>
    public event Action<SnapshotInfo>? Taken;

    /// <summary>False: snapshots are taken on demand alone. Default: <see cref="DatabaseOptions.SnapshotEnabled"/>.</summary>
    public bool IsEnabled
    {
        get => _service?.Options.IsEnabled ?? false;
        set => Set(options => options with { IsEnabled = value });
    }

    /// <summary>
    /// After how many operations a snapshot is taken in the background: an operation is a changed row, or an entry of one's own in the log. One that was set is kept
    /// to, whatever it costs; the default of 1,000 only as far as all snapshots together stay smaller than what was written to the log.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public int Interval
    {
        get => (int)(_service?.Options.Interval ?? SnapshotOptions.DefaultInterval);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            Set(options => options with { Interval = value });
        }
    }

    /// <summary>Bytes of the log after which a snapshot is taken; null: that alone is no reason.</summary>
    public long? LogSize
    {
        get => _service?.Options.LogBytes;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value ?? 1, nameof(value));
            Set(options => options with { LogBytes = value });
        }
    }

    /// <summary>After what time a snapshot is taken where something has changed; null: that alone is no reason.</summary>
    public TimeSpan? Period
    {
        get => _service?.Options.Period;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? TimeSpan.MaxValue, TimeSpan.FromMilliseconds(1), nameof(value));
            Set(options => options with { Period = value });
        }
    }

    /// <summary>
    /// Why the last snapshot in the background was not taken, or what was wrong with an older one when it was looked at; null where all is well. It is tried again, after
    /// a second at first and at most a minute.
    /// </summary>
    public PhantomDbException? LastError => _service?.LastError;

    /// <summary>The newest that is not known to be damaged; null where there is none.</summary>
    public SnapshotInfo? Latest => List().LastOrDefault(snapshot => !snapshot.IsDamaged);

    /// <summary>The newest file with the number of a commit; null where there is none.</summary>
    public SnapshotInfo? Get(long lsn) => List().LastOrDefault(snapshot => snapshot.Lsn == lsn);

    /// <summary>All that are in the folder, the oldest first. Those from before the database was restored to an earlier point are not among them.</summary>
    public IReadOnlyList<SnapshotInfo> List()
    {
        ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
        return _service is null ? [] : [.. _service.List().Select(ToInfo)];
    }

    /// <summary>
    /// Takes a snapshot of what is committed now, while others go on reading and writing: written, read back whole, and then given its name. Older ones go as the
    /// database's options say.
    /// </summary>
    /// <exception cref="PhantomDbException">It could not be written (58030, 53100, 42501): nothing has changed then. 57014: it was stopped. 55000: the
    /// database is in memory or read only.</exception>
    public SnapshotInfo Create(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
        SnapshotService service = Service();
        _database.Persistence!.Log.Prepare();   // the folder, where nothing has been written yet
        return ToInfo(service.Take(cancellationToken));
    }

    /// <summary>As <see cref="Create"/>, on another thread.</summary>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public Task<SnapshotInfo> CreateAsync(CancellationToken cancellationToken = default) => Database.OnAnotherThread(() => Create(cancellationToken), cancellationToken);

    /// <summary>
    /// Takes the snapshots that come due on the caller's thread, in place of the database's own, until it is told to stop or the database is closed: for hosts, which
    /// have services, logs and an order of ending of their own. Ends at once where the database takes none, being in memory or read only. Errors are
    /// told by <see cref="Database.BackgroundError"/> and <see cref="LastError"/>, and it is tried again; what is taken by <see cref="Taken"/>.
    /// </summary>
    /// <param name="cancellationToken">A snapshot that is being taken is given up.</param>
    /// <exception cref="InvalidOperationException">Another thread does so already.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
        if (_service?.Drive(cancellationToken) == false)
        {
            throw new InvalidOperationException($"The snapshots of database \"{_database.Name}\" are being taken by another thread already.");
        }
    }

    /// <summary>A snapshot as a database of its own, in memory and read only. The file may go meanwhile.</summary>
    /// <exception cref="PhantomDbException">22023: there is none of that number. XX001: it is damaged.</exception>
    public Database Open(long lsn)
    {
        SnapshotInfo snapshot = Get(lsn) ?? throw new PhantomDbException(SqlStates.InvalidParameterValue, $"there is no snapshot with LSN {lsn}")
        {
            Hint = "Snapshots.List shows those that there are.",
        };
        return _database.OpenFile(snapshot.Path);
    }

    /// <summary>Keeps the snapshots of an LSN until <see cref="Unpin"/>, whatever the limits say, and beyond this opening of the database.</summary>
    /// <exception cref="PhantomDbException">22023: there is none of that LSN.</exception>
    public void Pin(string name, long lsn)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!Service().Pin(name, lsn))
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue, $"there is no snapshot with LSN {lsn}") { Hint = "Snapshots.List shows those that there are." };
        }
    }

    /// <summary>Takes a promise of that name back; false where there is none.</summary>
    public bool Unpin(string name) => Service().Pin(name, lsn: null);

    /// <summary>A setting as it is in force; null: it is none that says when snapshots are taken.</summary>
    internal string? Show(string name) => SnapshotSettings.Show(name, _service?.Options ?? new SnapshotOptions { IsEnabled = false });

    /// <summary>Settings that the database keeps have been set; null, or kept no longer. In force at once; others, and in a database without snapshots all, are nothing to it.</summary>
    internal void Put(IEnumerable<(string Name, string? Value)> settings)
    {
        if (_service is not null)
        {
            SnapshotOptions given = _database.Options.ToSnapshotOptions();
            Set(_service, options => settings.Aggregate(options, (changed, setting) => SnapshotSettings.With(changed, setting.Name, setting.Value, given)));
        }
    }

    /// <summary>55000 where no snapshots are taken.</summary>
    internal void EnsureTaken() => Service();

    internal void NoteTaken(TakenSnapshot snapshot) => Database.Raise(Taken, ToInfo(snapshot));

    private SnapshotService Service()
    {
        ObjectDisposedException.ThrowIf(_database.IsDisposed, _database);
        return _service ?? throw new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState,
            $"database \"{_database.Name}\" takes no snapshots, since it is {(_database.Options.IsReadOnly ? "read only" : "in memory")}")
        {
            Hint = "Database.Open opens a durable one.",
        };
    }

    private void Set(Func<SnapshotOptions, SnapshotOptions> change) => Set(Service(), change);

    private void Set(SnapshotService service, Func<SnapshotOptions, SnapshotOptions> change)
    {
        lock (_changing)
        {
            service.Options = change(service.Options);
        }
    }

    private static SnapshotInfo ToInfo(TakenSnapshot taken) => new(Path.GetFileName(taken.Path), taken.Path, taken.Lsn, taken.WrittenBytes, taken.Time)
    {
        Duration = taken.Duration, CopiedBytes = taken.CopiedBytes, IsVerified = true,
    };

    private SnapshotInfo ToInfo(SnapshotFile file) => new(file.FileName, _service!.PathOf(file), file.Lsn, file.Length, file.Time)
    {
        IsVerified = file.State == SnapshotState.Verified, IsDamaged = file.State == SnapshotState.Damaged, Pins = file.Pins,
    };
}
