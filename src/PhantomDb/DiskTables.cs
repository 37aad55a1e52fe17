using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Durability.History;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Execution.SystemTables;
using PhantomDb.Types;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>The rows of phantomdb_log and the other relations about what is on the disk. A database in memory has none but those of its settings.</summary>
/// <param name="warn">Takes what a reader of the log should know besides its rows.</param>
internal sealed class DiskTables(Database database, Action<string>? warn = null)
{
    private ILogSource? Log => database.LogToRead;

    public IEnumerable<object?[]> Rows(SystemScan scan) => scan.Relation.Name switch
    {
        "phantomdb_log" => LogRows(scan, Log, Tell),
        "phantomdb_recovery" => database.Recovery is { } report ? [RecoveryRow(scan, report)] : [],
        "phantomdb_recovery_files" => (database.Recovery?.Files ?? []).Select(file => scan.Row(("path", file.Path), ("is_used", file.IsUsed), ("reason", file.Reason))),
        "phantomdb_files" => Files().Select(file => scan.Row(
            ("name", file.Name), ("kind", KindText(file.Kind)), ("byte_count", file.ByteCount), ("first_lsn", file.FirstLsn), ("last_lsn", file.LastLsn), ("timeline", file.Timeline),
            ("is_needed", file.IsNeeded), ("purpose", file.Purpose))),
        "phantomdb_snapshots" => Files().Where(file => file.Kind == DatabaseFileKind.Snapshot).Select(file => scan.Row(
            ("name", file.Name), ("lsn", file.LastLsn), ("taken_at", TakenAt(file.Name)), ("timeline", file.Timeline), ("byte_count", file.ByteCount), ("is_needed", file.IsNeeded))),
        "phantomdb_settings" => database.Catalog.Settings.Select(setting => scan.Row(("name", setting.Key), ("value", setting.Value))),
        _ => throw new System.Diagnostics.UnreachableException(scan.Relation.Name),
    };

    // The files of the folder, by their headers: nothing is summed up.
    private IReadOnlyList<DatabaseFileReport> Files() => database.FilePath is { } path ? DatabaseTools.Files(path, database.Options) : [];

    private static string KindText(DatabaseFileKind kind) => kind switch
    {
        DatabaseFileKind.Database => "database",
        DatabaseFileKind.Seal => "seal",
        DatabaseFileKind.Snapshot => "snapshot",
        DatabaseFileKind.LogSegment => "log segment",
        DatabaseFileKind.SideFile => "side file",
        DatabaseFileKind.Manifest => "manifest",
        DatabaseFileKind.Lock => "lock",
        DatabaseFileKind.SetAside => "set aside",
        DatabaseFileKind.Unfinished => "unfinished",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // shop_snapshot_20261121_022500, perhaps with a number behind it.
    private static long? TakenAt(string snapshotName)
    {
        const string Mark = "_snapshot_", Format = "yyyyMMdd_HHmmss";
        int start = snapshotName.LastIndexOf(Mark, StringComparison.Ordinal) + Mark.Length;
        return start >= Mark.Length && snapshotName.Length >= start + Format.Length
            && DateTime.TryParseExact(snapshotName.AsSpan(start, Format.Length), Format, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time) ? ToTimestamp(time) : null;
    }

    /// <summary>The records of the log that what is asked of lsn and time allows, in a stream.</summary>
    internal static IEnumerable<object?[]> LogRows(SystemScan scan, ILogSource? log, Action<LogHole>? onHole = null)
    {
        if (log is null)
        {
            return [];
        }
        bool readsValues = scan.Reads("values"), readsBefore = scan.Reads("before"), readsAfter = scan.Reads("after");
        LogRange range = RangeOf(scan.Bounds("lsn"), scan.Bounds("time"));
        return (scan.ReadsBackward ? NewestFirst.Read(log, range, onHole) : log.ReadKept(range, null, onHole)).Select(entry => new object?[]
        {
            entry.Lsn, ToTimestamp(entry.Time), entry.TransactionId, entry.Part, entry.PartCount, entry.Operation, entry.Table,
            readsValues ? Array(entry.Others) : null, readsBefore ? Array(entry.Before) : null, readsAfter ? Array(entry.After) : null,
            entry.FileName, entry.Offset,
        });
    }

    /// <summary>The versions of a table's rows of a range, as far as the log is kept.</summary>
    public IEnumerable<HistoryRow> History(TableDefinition table, LogRange range) => Log is not { } log ? [] : new TableHistory(log, table, Tell).Read(range)
        .Select(version => new HistoryRow(version.Entry.Lsn, ToTimestamp(version.Entry.Time), version.Entry.TransactionId, version.Entry.Operation,
            version.Values is null ? null : version.IsBefore ? "before" : "after", version.Values));

    private void Tell(LogHole hole) => warn?.Invoke(Error.LogHoleText(hole.FirstLsn, hole.LastLsn));

    /// <summary>The records that bounds of a query leave.</summary>
    internal static LogRange RangeOf((long Least, long Most) lsn, (long Least, long Most) time) =>
        new(Math.Max(lsn.Least, 1), lsn.Most, ToTime(time.Least), ToTime(time.Most));

    internal static long ToTimestamp(DateTime time) => (time.Ticks - DateTimeClock.EpochTicks) / TimeSpan.TicksPerMicrosecond;

    // Beyond what a clock can say are the infinities, and years that are far away.
    private static DateTime ToTime(long timestamp)
    {
        Int128 ticks = ((Int128)timestamp * TimeSpan.TicksPerMicrosecond) + DateTimeClock.EpochTicks;
        return new DateTime((long)Int128.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
    }

    private static string? Array(IReadOnlyList<string?>? values) => values is null ? null : ArrayText.Of(values);

    private static object?[] RecoveryRow(SystemScan scan, RecoveryReport report) => scan.Row(
        ("verdict", report.VerdictText), ("problem", report.Problem), ("base_lsn", report.BaseLsn), ("last_lsn", report.LastLsn), ("timeline", report.Timeline),
        ("records_read", report.RecordsRead), ("records_applied", report.RecordsApplied), ("transactions_applied", report.TransactionsApplied),
        ("transactions_dropped", report.TransactionsDropped), ("bytes_set_aside", report.BytesSetAside),
        ("load_time", ToInterval(report.LoadTime)), ("apply_time", ToInterval(report.ApplyTime)));

    private static Interval ToInterval(TimeSpan time) => new(0, 0, time.Ticks / TimeSpan.TicksPerMicrosecond);
}
