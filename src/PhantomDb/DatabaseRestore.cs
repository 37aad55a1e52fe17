using System.Globalization;
using System.Text;
using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Vectors;

namespace PhantomDb;

/// <summary>What was put back into a table.</summary>
public sealed record RestoredTable(string Name, long RowsRemoved, long RowsChanged, long RowsAdded);

/// <summary>What a restore has done.</summary>
public sealed record RestoreResult
{
    /// <summary>LSN of the last transaction of the state that was restored.</summary>
    public long Lsn { get; internal init; }

    /// <summary>The timeline that the state is of.</summary>
    public int FromTimeline { get; internal init; }

    /// <summary>The timeline that the database goes on with; the same where tables alone were put back.</summary>
    public int Timeline { get; internal init; }

    /// <summary>A copy of the database file as it was before, under a snapshot's name; null where none was needed.</summary>
    public string? KeptFile { get; internal init; }

    /// <summary>The tables that were put back; empty where the whole database was.</summary>
    public IReadOnlyList<RestoredTable> Tables { get; internal init; } = [];

    /// <summary>How the files were read.</summary>
    public RecoveryReport Recovery { get; internal init; } = new();

    /// <summary>The LSN that was asked for, where it is within the very first transaction.</summary>
    internal long? WithinFirstTransaction { get; init; }

    /// <summary>What happened, a fact a line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (WithinFirstTransaction is { } within)
        {
            text.Append(CultureInfo.InvariantCulture, $"LSN {within} is within the first transaction of the log: what there was before that is restored\n");
        }
        if (Tables.Count == 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"restored to LSN {Lsn} of timeline {FromTimeline}; the database goes on with timeline {Timeline}\n");
            text.Append(CultureInfo.InvariantCulture, $"what the database had until now is kept: restore to a point of timeline {Timeline - 1} (t{Timeline - 1}:LSN) to have it back\n");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"tables put back to LSN {Lsn} of timeline {FromTimeline}\n");
        }
        foreach (RestoredTable table in Tables)
        {
            text.Append(CultureInfo.InvariantCulture, $"{table.Name}: {table.RowsRemoved} {(table.RowsRemoved == 1 ? "row" : "rows")} removed, {table.RowsChanged} changed, {table.RowsAdded} added\n");
        }
        return KeptFile is null ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $"the database file as it was is kept as {KeptFile}\n").ToString();
    }
}

/// <summary>
/// Puts a database back to a state that it had: all of it, as a new timeline beside the files of the old one, or chosen tables in a
/// transaction of the present database.
/// </summary>
/// <remarks>
/// The whole database is restored in one step, the naming of one file; a crash at any moment leaves the old state or the new. No file of the old timeline goes: its
/// snapshots are kept, its log is pinned (<c>timeline_1</c>), so that another point of it can be restored to until the user removes them.
/// </remarks>
public static class DatabaseRestore
{
    /// <summary>Restores a database that nobody has open.</summary>
    /// <param name="name">Name in the data directory or path, as for <see cref="Database.Open"/>.</param>
    /// <param name="point">The state that is wanted.</param>
    /// <param name="tables">Names of the tables to put back, as SQL writes them; null or none: the whole database.</param>
    /// <param name="options">Data directory and, for tables, how the database is opened.</param>
    /// <exception cref="PhantomDbException">22023: the point cannot be reached; the hint says which can. 55006: the database is open. 23503 and the like: the
    /// tables do not fit the rest of the database as it is.</exception>
    public static RestoreResult Run(string name, RestorePoint point, IReadOnlyList<string>? tables = null, DatabaseOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(point);
        options ??= new DatabaseOptions();
        options.Validate();
        string path = DatabaseFiles.PathOf(name, options);
        if (tables is { Count: > 0 })
        {
            using Database database = Database.Open(name, options with { IsInMemory = false });
            return RestoreTables(database, path, point, tables);
        }
        using IDisposable held = DatabaseFiles.Lock(path, options.FileSystem);
        return RestoreAll(path, point, options);
    }

    private static RestoreResult RestoreAll(string path, RestorePoint point, DatabaseOptions options)
    {
        IFileSystem files = options.FileSystem;
        string folder = Path.GetDirectoryName(path)!, databaseName = DatabaseFiles.NameOf(path);
        DateTime now = options.Clock.GetUtcNow().UtcDateTime;
        RecoveredDatabase recovered = Recover(path, point, options);
        LoadedDatabase loaded = FileIndexes.Build(recovered.Database, path, options);
        FileContentCheck.Run(loaded, path, options);
        int fromTimeline = point.Timeline ?? new RecoveryPlanner(path, files).Plan().NewestTimeline;
        // What leads to the rest of the old history: its files are kept, and its log is not deleted behind the oldest of them.
        string? kept = KeptFiles.KeepDatabaseFile(path, files, now);
        LogPin[] pins = [.. recovered.Pins, .. PinsOf(recovered, fromTimeline)];
        LogHeader? begun = TimelineStart.Write(files, folder, databaseName, recovered, fromTimeline, now);
        var content = new DatabaseContent(databaseName, loaded.Catalog, loaded.Storage, Storage.ReadView.Latest)
        {
            Id = loaded.Id, Timeline = loaded.Timeline, Lsn = begun?.FirstLsn ?? loaded.Lsn,
            History = begun is null ? recovered.History : recovered.History.With(new SegmentMark(begun.Salt, begun.FirstLsn)),   // so that it is known in another folder
        };
        DatabaseFileWriter.Write(content, path, new DatabaseFileOptions { Sealed = loaded.IsSealed || !loaded.IsProved, IsHeaderNew = true }, files);
        LogManifest.Of(databaseName, loaded.Id, loaded.Timeline, now, content.Lsn, content.Lsn, recovered.SnapshotRows, pins).Write(folder, files);
        return new RestoreResult
        {
            Lsn = loaded.Lsn, FromTimeline = fromTimeline, Timeline = loaded.Timeline, KeptFile = kept, Recovery = recovered.Report,
            WithinFirstTransaction = recovered.Report.TransactionsApplied == 0 && recovered.HasMore && point.Lsn > recovered.Report.BaseLsn && recovered.Report.BaseLsn == 0 ? point.Lsn : null,
        };
    }

    // Behind the file that leads to the point all is needed; a pin that keeps more already is enough.
    private static IEnumerable<LogPin> PinsOf(RecoveredDatabase recovered, int timeline)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"timeline_{timeline}");
        bool isPinned = recovered.Segments.Count == 0 || recovered.Pins.Any(pin => pin.Name == name || pin.FirstLsn <= recovered.Segments[0].Header.FirstLsn);
        return isPinned ? [] : [new LogPin(name, recovered.Segments[0].Header.FirstLsn)];
    }

    private static RestoreResult RestoreTables(Database database, string path, RestorePoint point, IReadOnlyList<string> tables)
    {
        RecoveredDatabase recovered = Recover(path, point, database.Options);
        LoadedDatabase loaded = FileIndexes.Build(recovered.Database, path, database.Options);
        using var past = new Database(loaded, database.Options);
        var restore = new TableRestore(database, past);
        IReadOnlyList<RestoredTable> restored = restore.Run(tables, point);
        return new RestoreResult
        {
            Lsn = loaded.Lsn, FromTimeline = point.Timeline ?? recovered.Report.Timeline - 1, Timeline = database.Recovery?.Timeline ?? 1, Tables = restored, Recovery = recovered.Report,
        };
    }

    private static RecoveredDatabase Recover(string path, RestorePoint point, DatabaseOptions options)
    {
        if ((point.Lsn is null && point.Time is null && point.Timeline is null) || point.Lsn < 0)
        {
            throw new PhantomDbException(SqlStates.InvalidParameterValue, "a restore needs an LSN or a time");
        }
        try
        {
            RecoveredDatabase recovered = DatabaseRecovery.Run(path, new LoadTarget(new MemoryAccount("restore", options.MemoryLimit)), options.FileSystem,
                new RecoveryOptions { ToLsn = point.Lsn ?? (point.Time is null ? long.MaxValue : null), ToTime = point.Time, Timeline = point.Timeline });
            if (!recovered.HasMore && point.Time > options.Clock.GetUtcNow().UtcDateTime)   // the clock may have been set back since
            {
                throw Error.RestorePointGone($"{point} is in the future");
            }
            if (!recovered.HasMore && recovered.Database.Lsn < point.Lsn && point.Lsn != long.MaxValue)
            {
                throw Error.RestorePointGone($"{point} has not been reached: the log ends with LSN {recovered.Database.Lsn}");
            }
            if (point.Timeline > recovered.Report.Timeline - 1)
            {
                throw Error.RestorePointGone($"there is no timeline {point.Timeline}");
            }
            return recovered;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.InvalidParameterValue)
        {
            IReadOnlyList<RestoreRange> ranges = RestoreRange.All(path, options.FileSystem);
            throw new PhantomDbException(error.SqlState, error.Message, error)
            {
                Hint = ranges.Count == 0 ? "Its files lead to no state." : $"{HintOfTimeline(point, ranges)}What can be restored: {string.Join("; ", ranges)}.",
            };
        }
    }

    // A point is one of the present history, unless it names another: one that only an older has is not meant by it.
    private static string HintOfTimeline(RestorePoint point, IReadOnlyList<RestoreRange> ranges)
    {
        string[] others = [.. ranges.Where(range => point.Timeline is null && range.Has(point.Lsn, point.Time)).Select(range => (point with { Timeline = range.Timeline }).ToArgument()).Distinct()];
        return others.Length == 0 ? "" : $"It is a point of an older timeline: --to {string.Join(" or ", others)}. ";
    }
}
