using System.Diagnostics.Metrics;

namespace PhantomDb;

/// <summary>
/// The meter "PhantomDB": what is counted anyway is read from the open databases when somebody asks, flushes and snapshots are recorded when they happen. Each measurement
/// has the database's name (db.namespace). Databases that were opened by name are in it; those made in memory, and forks, which tests make by the thousand, are not.
/// </summary>
/// <remarks>Listeners are called by whoever measures, who may hold locks of the log: what they throw is theirs, and nothing of it gets past <see cref="Tell"/>.</remarks>
internal static class DatabaseMetrics
{
    private const string NameKey = "db.namespace", ErrorKey = "error.type";
    private const int SettlingMs = 100;

    private static readonly Lock Gate = new();
    private static readonly List<WeakReference<Database>> Open = [];
    private static int _isBegun;

    // Made by a thread of its own when the first database has been open for a moment: the runtime takes some 15 ms for its first meter, which a short run need not spend.
    private static readonly Lazy<DatabaseInstruments> Instruments = new(static () =>
        new DatabaseInstruments(new Meter("PhantomDB", typeof(Database).Assembly.GetName().Version?.ToString(3))));

    /// <summary>From now on it is measured, until it is closed or forgotten.</summary>
    public static void Add(Database database)
    {
        lock (Gate)
        {
            Open.RemoveAll(reference => !reference.TryGetTarget(out Database? other) || other.IsDisposed);
            Open.Add(new WeakReference<Database>(database));
        }
        if (Interlocked.Exchange(ref _isBegun, 1) == 0)
        {
            new Thread(MakeInstruments) { IsBackground = true, Name = "PhantomDB metrics" }.Start();
        }
    }

    public static void NoteFlush(Database database, TimeSpan time) => Tell(() => Instruments.Value.FlushDuration?.Record(time.TotalSeconds, Name(database)));

    public static void NoteSnapshot(Database database, TimeSpan time) => Tell(() => Instruments.Value.SnapshotDuration?.Record(time.TotalSeconds, Name(database)));

    public static void NoteError(Database database, PhantomDbException error) =>
        Tell(() => Instruments.Value.Errors?.Add(1, Name(database), new KeyValuePair<string, object?>(ErrorKey, error.SqlState)));

    /// <summary>Does what calls listeners.</summary>
    public static void Tell(Action measure)
    {
        try
        {
            measure();
        }
        catch (Exception)
        {
            // a listener's error must not look like one of the disk to the log, or keep a database from being opened
        }
    }

    public static IEnumerable<Measurement<T>> Each<T>(Func<DatabaseStatus, T> value)
        where T : struct =>
        from database in OpenNow() select new Measurement<T>(value(database.ReadStatus()), Name(database));

    public static IEnumerable<Measurement<T>> EachOnDisk<T>(Func<DatabaseStatus, T> value)
        where T : struct =>
        from database in OpenNow() where database.Persistence is not null select new Measurement<T>(value(database.ReadStatus()), Name(database));

    public static IEnumerable<Measurement<T>> Recoveries<T>(Func<RecoveryReport, T> value)
        where T : struct =>
        from database in OpenNow() let report = database.Recovery where report is not null select new Measurement<T>(value(report), Name(database));

    private static void MakeInstruments()
    {
        Thread.Sleep(SettlingMs);
        Tell(() => _ = Instruments.Value);
    }

    private static List<Database> OpenNow()
    {
        List<Database> open = [];
        lock (Gate)
        {
            foreach (WeakReference<Database> reference in Open)
            {
                if (reference.TryGetTarget(out Database? database) && !database.IsDisposed)
                {
                    open.Add(database);
                }
            }
        }
        return open;
    }

    private static KeyValuePair<string, object?> Name(Database database) => new(NameKey, database.Name);
}
