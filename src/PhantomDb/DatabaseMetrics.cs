using System.Diagnostics.Metrics;

namespace PhantomDb;

/// <summary>
/// The meter "PhantomDB": what it costs nothing to count is read from the open databases when somebody asks, flushes and snapshots are recorded when they happen. Each measurement
/// has the database's name (db.namespace). Databases that were opened by name are in it; those made in memory, and forks, which tests make by the thousand, are not.
/// </summary>
internal static class DatabaseMetrics
{
    private const string NameKey = "db.namespace", ErrorKey = "error.type";

    private static readonly Lock Gate = new();
    private static readonly List<WeakReference<Database>> Open = [];
    private static readonly Meter Meter = new("PhantomDB", typeof(Database).Assembly.GetName().Version?.ToString(3));
    private static readonly Histogram<double> FlushDuration = Meter.CreateHistogram<double>("phantomdb.log.flush.duration", "s", "Time of a flush of the transaction log to the disk.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });
    private static readonly Histogram<double> SnapshotDuration = Meter.CreateHistogram<double>("phantomdb.snapshot.duration", "s", "Time to write a snapshot and read it back.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100] });
    private static readonly Counter<long> Errors = Meter.CreateCounter<long>("phantomdb.errors", "{error}", "Failures of the disk: of a write, a flush, a snapshot, the deletion of an old file.");

    static DatabaseMetrics()
    {
        Meter.CreateObservableCounter("phantomdb.commits", () => Each(status => status.CommitCount), "{commit}", "Transactions that were committed.");
        Meter.CreateObservableCounter("phantomdb.log.written", () => EachOnDisk(status => status.LogBytesWritten), "By", "Bytes written to the transaction log.");
        Meter.CreateObservableUpDownCounter("phantomdb.log.queued", () => EachOnDisk(status => status.LogBytesQueued), "By", "Bytes of commits that wait to be written to the log.");
        Meter.CreateObservableCounter("phantomdb.snapshot.written", () => EachOnDisk(status => status.SnapshotBytesWritten), "By", "Bytes written to snapshots.");
        Meter.CreateObservableGauge("phantomdb.snapshot.age", () => EachOnDisk(status => status.SnapshotAge?.TotalSeconds ?? 0), "s", "Time since the last snapshot, or since the opening.");
        Meter.CreateObservableGauge("phantomdb.snapshot.operations", () => EachOnDisk(status => status.OperationsSinceSnapshot), "{operation}", "Changed rows and entries in the log since the last snapshot, or since the opening.");
        Meter.CreateObservableUpDownCounter("phantomdb.memory.usage", () => Each(status => status.MemoryUsed), "By", "Bytes that the database holds in memory.");
        Meter.CreateObservableUpDownCounter("phantomdb.sessions", () => Each(status => status.SessionCount), "{session}", "Open sessions.");
        Meter.CreateObservableGauge("phantomdb.recovery.duration", () => Recoveries(report => (report.LoadTime + report.ApplyTime).TotalSeconds), "s", "Time that the recovery at the opening took.");
        Meter.CreateObservableGauge("phantomdb.recovery.transactions", () => Recoveries(report => report.TransactionsApplied), "{transaction}", "Transactions of the log that the recovery at the opening applied.");
    }

    /// <summary>From now on it is measured, until it is closed or forgotten.</summary>
    public static void Add(Database database)
    {
        lock (Gate)
        {
            Open.RemoveAll(reference => !reference.TryGetTarget(out Database? other) || other.IsDisposed);
            Open.Add(new WeakReference<Database>(database));
        }
    }

    /// <summary>Waits for nothing: called by whoever writes the log.</summary>
    public static void NoteFlush(Database database, TimeSpan time) => Record(FlushDuration, database, time);

    public static void NoteSnapshot(Database database, TimeSpan time) => Record(SnapshotDuration, database, time);

    public static void NoteError(Database database, PhantomDbException error) =>
        Errors.Add(1, Name(database), new KeyValuePair<string, object?>(ErrorKey, error.SqlState));

    private static void Record(Histogram<double> histogram, Database database, TimeSpan time)
    {
        if (histogram.Enabled)
        {
            histogram.Record(time.TotalSeconds, Name(database));
        }
    }

    private static IEnumerable<Measurement<T>> Each<T>(Func<DatabaseStatus, T> value)
        where T : struct =>
        from database in OpenNow() select new Measurement<T>(value(database.ReadStatus()), Name(database));

    private static IEnumerable<Measurement<T>> EachOnDisk<T>(Func<DatabaseStatus, T> value)
        where T : struct =>
        from database in OpenNow() where database.Persistence is not null select new Measurement<T>(value(database.ReadStatus()), Name(database));

    private static IEnumerable<Measurement<T>> Recoveries<T>(Func<RecoveryReport, T> value)
        where T : struct =>
        from database in OpenNow() let report = database.Recovery where report is not null select new Measurement<T>(value(report), Name(database));

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
