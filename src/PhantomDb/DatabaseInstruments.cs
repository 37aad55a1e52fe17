using System.Diagnostics.Metrics;

namespace PhantomDb;

/// <summary>The instruments that databases have on a meter. Null is one at whose publication a listener has failed.</summary>
internal sealed class DatabaseInstruments
{
    public DatabaseInstruments(Meter meter)
    {
        FlushDuration = Publish(() => meter.CreateHistogram("phantomdb.log.flush.duration", "s", "Time of a flush of the transaction log to the disk.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] }));
        SnapshotDuration = Publish(() => meter.CreateHistogram("phantomdb.snapshot.duration", "s", "Time to write a snapshot and read it back.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100] }));
        Errors = Publish(() => meter.CreateCounter<long>("phantomdb.errors", "{error}", "Failures of the disk: of a write, a flush, a snapshot, the deletion of an old file."));
        Publish(() => meter.CreateObservableCounter("phantomdb.commits", () => DatabaseMetrics.Each(status => status.CommitCount), "{commit}", "Transactions that were committed."));
        Publish(() => meter.CreateObservableCounter("phantomdb.log.written", () => DatabaseMetrics.EachOnDisk(status => status.LogBytesWritten), "By", "Bytes written to the transaction log."));
        Publish(() => meter.CreateObservableUpDownCounter("phantomdb.log.queued", () => DatabaseMetrics.EachOnDisk(status => status.LogBytesQueued), "By", "Bytes of commits that wait to be written to the log."));
        Publish(() => meter.CreateObservableCounter("phantomdb.snapshot.written", () => DatabaseMetrics.EachOnDisk(status => status.SnapshotBytesWritten), "By", "Bytes written to snapshots."));
        Publish(() => meter.CreateObservableGauge("phantomdb.snapshot.age", () => DatabaseMetrics.EachOnDisk(status => status.SnapshotAge?.TotalSeconds ?? 0), "s", "Time since the last snapshot, or since the opening."));
        Publish(() => meter.CreateObservableGauge("phantomdb.snapshot.operations", () => DatabaseMetrics.EachOnDisk(status => status.OperationsSinceSnapshot), "{operation}", "Changed rows and entries in the log since the last snapshot, or since the opening."));
        Publish(() => meter.CreateObservableUpDownCounter("phantomdb.memory.usage", () => DatabaseMetrics.Each(status => status.MemoryUsed), "By", "Bytes that the database holds in memory."));
        Publish(() => meter.CreateObservableUpDownCounter("phantomdb.sessions", () => DatabaseMetrics.Each(status => status.SessionCount), "{session}", "Open sessions."));
        Publish(() => meter.CreateObservableGauge("phantomdb.recovery.duration", () => DatabaseMetrics.Recoveries(report => (report.LoadTime + report.ApplyTime).TotalSeconds), "s", "Time that the recovery at the opening took."));
        Publish(() => meter.CreateObservableGauge("phantomdb.recovery.transactions", () => DatabaseMetrics.Recoveries(report => report.TransactionsApplied), "{transaction}", "Transactions of the log that the recovery at the opening applied."));
    }

    public Histogram<double>? FlushDuration { get; }

    public Histogram<double>? SnapshotDuration { get; }

    public Counter<long>? Errors { get; }

    private static T? Publish<T>(Func<T> create)
        where T : Instrument
    {
        T? instrument = null;
        DatabaseMetrics.Tell(() => instrument = create());
        return instrument;
    }
}
