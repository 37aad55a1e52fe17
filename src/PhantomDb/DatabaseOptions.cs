using PhantomDb.Durability;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Snapshots;

namespace PhantomDb;

/// <summary>How a database is opened. Validated when the database is opened; all have defaults.</summary>
public sealed record DatabaseOptions
{
    private readonly string? _dataDirectory;

    /// <summary>
    /// Folder of the database files; created when a file is first written. Default: what <see cref="Database.SetDataDirectory"/> was given last, before that <c>data</c> in the current folder.
    /// </summary>
    public string DataDirectory
    {
        get => _dataDirectory ?? Database.DataDirectory;
        init => _dataDirectory = value ?? "";
    }

    /// <summary>
    /// True: the files are read where there are any, but the database is not tied to them: nobody is kept from opening it, nothing is
    /// written, and saving needs a name. Default: false: commits of a database that is opened by name are durable.
    /// </summary>
    public bool IsInMemory { get; init; }

    /// <summary>
    /// True: the files are read as they are, beside whoever writes to them, and nothing can be changed. Default: false.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// True: a database that is read only goes on with the log as another process writes it, or as it is copied to the folder: whole transactions, each of them
    /// only when it is known to be on the writer's disk. See <see cref="Database.Refresh"/>. Needs <see cref="IsReadOnly"/>. Default: false.
    /// </summary>
    public bool IsFollowing { get; init; }

    /// <summary>How often a follower looks for more of the log; null: only <see cref="Database.Refresh"/> does. From a millisecond. Default: a quarter of a second.</summary>
    public TimeSpan? FollowInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Called once when a database has been opened from files, with what was found: for the program's own log. It is called on the opening thread, before
    /// <see cref="Database.Open"/> returns; what it throws ends the opening, and the database is closed. Default: null.
    /// </summary>
    public Action<RecoveryReport>? OnRecovered { get; init; }

    /// <summary>
    /// Called about ten times a second while a large file is read or written: at opening, in recovery, by saves and snapshots, by the tools. On the thread that does it, several
    /// at once; it must be quick and throw nothing. Default: null.
    /// </summary>
    public Action<FileProgress>? OnProgress { get; init; }

    /// <summary>When commits are acknowledged. Default: <see cref="SyncPolicy.Always"/>, when they are on the disk.</summary>
    public SyncPolicy SyncPolicy { get; init; } = SyncPolicy.Always;

    /// <summary>Between two flushes of the log with <see cref="SyncPolicy.Interval"/>; from a millisecond to a day. Default: a second.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of a segment of the log, after which a new one begins; from 4 KiB. Default: 64 MiB. A transaction is never divided.</summary>
    public long LogSegmentSize { get; init; } = 64L << 20;

    /// <summary>Bytes of commits that may wait to be written to the log; who commits then waits. From 1 KiB. Default: 16 MiB.</summary>
    public long LogBufferSize { get; init; } = 16L << 20;

    /// <summary>Bytes that the places of records in the log may take in memory, to find them by LSN. Default: 1 MiB.</summary>
    public long LogCacheSize { get; init; } = 1L << 20;

    /// <summary>
    /// Segments of the log that are kept though recovery does not need them any more; null: any number. Default: 64. The first of the
    /// three limits that is reached counts.
    /// </summary>
    public int? LogRetentionCount { get; init; } = 64;

    /// <summary>How long segments are kept though recovery does not need them; null: for ever, the default.</summary>
    public TimeSpan? LogRetentionAge { get; init; }

    /// <summary>Bytes of all segments together that are kept though recovery does not need them; null: any. Default: 1 GiB.</summary>
    public long? LogRetentionSize { get; init; } = 1L << 30;

    /// <summary>
    /// True: snapshots are taken in the background while the database is open: after <see cref="SnapshotInterval"/>, and after <see cref="SnapshotLogSize"/> and
    /// <see cref="SnapshotPeriod"/> where these are set. False: on demand alone. Default: true. Can be changed while the database is open.
    /// </summary>
    public bool SnapshotEnabled { get; init; } = true;

    /// <summary>
    /// After how many operations a snapshot is taken: changed rows, and entries of one's own in the log; from 1. One that is set is kept to, whatever it costs. Default:
    /// 1,000, but only as far as all snapshots together stay smaller than what was written to the log. Can be changed while the database is open.
    /// </summary>
    public int SnapshotInterval
    {
        get => _snapshotInterval ?? SnapshotOptions.DefaultInterval;
        init => _snapshotInterval = value;
    }

    private readonly int? _snapshotInterval;

    /// <summary>Bytes of the log after which a snapshot is taken, from 1; null, the default: that alone is no reason.</summary>
    public long? SnapshotLogSize { get; init; }

    /// <summary>After what time a snapshot is taken where something has changed, from a millisecond; null, the default: that alone is no reason.</summary>
    public TimeSpan? SnapshotPeriod { get; init; }

    /// <summary>
    /// Snapshots that are kept, from 2; null: any number. Default: 2. The first of the three limits that is reached counts; but the two newest that are
    /// whole always stay, and those that are pinned.
    /// </summary>
    public int? SnapshotRetentionCount { get; init; } = SnapshotOptions.RetainedLeast;

    /// <summary>How long snapshots are kept; null: for ever, the default.</summary>
    public TimeSpan? SnapshotRetentionAge { get; init; }

    /// <summary>Bytes of all snapshots together that are kept; null: any, the default.</summary>
    public long? SnapshotRetentionSize { get; init; }

    /// <summary>
    /// Bytes that the database may hold in memory: tables, indexes, versions and the working memory of all statements.
    /// Beyond it a statement fails with SQLSTATE 53200 and is undone. Default: three quarters of the memory available to
    /// the process.
    /// </summary>
    public long MemoryLimit { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>
    /// Bytes that one statement may hold beside the tables: hash tables, sorts, results in preparation. Beyond it 53200.
    /// Default: half of what <see cref="MemoryLimit"/> is by default. A session may lower or raise it: <c>SET work_mem</c>.
    /// </summary>
    public long WorkMemory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8 * 3;

    /// <summary>
    /// Plans that each session keeps of the statements that it ran last, so that they need not be parsed again; a single-row
    /// statement counts as the same when only its literals differ. Default: 128; 0 turns the cache off.
    /// </summary>
    public int PlanCacheSize { get; init; } = 128;

    /// <summary>
    /// From which duration on a statement is told of by <see cref="Database.SlowStatement"/>, in milliseconds, rounded up; zero: each; null, the default: none. A session may change that for itself, and the
    /// database may keep another value: <c>SET log_min_duration_statement</c>.
    /// </summary>
    public TimeSpan? SlowStatementTime { get; init; }

    /// <summary>The disk; tests put a simulated one in its place.</summary>
    internal IFileSystem FileSystem
    {
        get => OnProgress is null ? field : new WatchedDisk(field, OnProgress);
        init;
    } = PhysicalFileSystem.Instance;

    /// <summary>Between two looks of the log whether its files are what they were, in milliseconds; tests make it short.</summary>
    internal int LogLookMs { get; init; } = TransactionLogOptions.LookMsDefault;

    /// <summary>From so many new rows of a table on a transaction writes them to a side file; tests make it small.</summary>
    internal int LoadRowCount { get; init; } = TransactionLogOptions.LoadRowCountDefault;

    /// <summary>The clock of the log; tests put one in its place.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where the database's id and the salts of its log come from; null: from the system. Tests that repeat put a seeded one in its place.</summary>
    internal Random? Random { get; init; }

    /// <summary>The least that <see cref="MemoryLimit"/> and <see cref="WorkMemory"/> may be: 1 MiB.</summary>
    public const long MemoryMinimum = 1024 * 1024;

    internal TransactionLogOptions ToLogOptions() => new()
    {
        SyncPolicy = SyncPolicy switch
        {
            SyncPolicy.Always => LogSyncPolicy.Always,
            SyncPolicy.Interval => LogSyncPolicy.Interval,
            SyncPolicy.None => LogSyncPolicy.None,
            _ => throw new System.Diagnostics.UnreachableException(),
        },
        SyncIntervalMs = (int)SyncInterval.TotalMilliseconds,
        LookMs = LogLookMs, Random = Random, LoadRowCount = LoadRowCount, SegmentBytes = LogSegmentSize, QueueBytes = LogBufferSize, IndexCacheBytes = LogCacheSize,
        RetainedSegmentCount = LogRetentionCount, RetainedAge = LogRetentionAge, RetainedBytes = LogRetentionSize,
    };

    internal SnapshotOptions ToSnapshotOptions() => new()
    {
        IsEnabled = SnapshotEnabled, Interval = _snapshotInterval, LogBytes = SnapshotLogSize, Period = SnapshotPeriod,
        RetainedCount = SnapshotRetentionCount, RetainedAge = SnapshotRetentionAge, RetainedBytes = SnapshotRetentionSize,
    };

    /// <summary>Looks whether a database can be opened with these options, as opening it does.</summary>
    /// <exception cref="ArgumentException">An option is outside of its range, or does not fit another.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(DataDirectory);
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryLimit, MemoryMinimum);
        ArgumentOutOfRangeException.ThrowIfLessThan(WorkMemory, MemoryMinimum);
        ArgumentOutOfRangeException.ThrowIfNegative(PlanCacheSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(SlowStatementTime ?? TimeSpan.Zero, TimeSpan.Zero, nameof(SlowStatementTime));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SlowStatementTime ?? TimeSpan.Zero, TimeSpan.FromMilliseconds(int.MaxValue), nameof(SlowStatementTime));
        if (IsFollowing && !IsReadOnly)
        {
            throw new ArgumentException("A database that follows another's log is read only: set IsReadOnly.", nameof(IsFollowing));
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(FollowInterval ?? TimeSpan.FromDays(1), TimeSpan.FromMilliseconds(1), nameof(FollowInterval));
        if (!Enum.IsDefined(SyncPolicy))
        {
            throw new ArgumentOutOfRangeException(nameof(SyncPolicy), SyncPolicy, "It is one of Always, Interval and None.");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(SyncInterval, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SyncInterval, TimeSpan.FromDays(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(LogSegmentSize, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(LogBufferSize, 1024);
        ArgumentOutOfRangeException.ThrowIfNegative(LogCacheSize);
        ArgumentOutOfRangeException.ThrowIfNegative(LogRetentionCount ?? 0, nameof(LogRetentionCount));
        ArgumentOutOfRangeException.ThrowIfLessThan(LogRetentionAge ?? TimeSpan.Zero, TimeSpan.Zero, nameof(LogRetentionAge));
        ArgumentOutOfRangeException.ThrowIfNegative(LogRetentionSize ?? 0, nameof(LogRetentionSize));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(SnapshotInterval);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(SnapshotLogSize ?? 1, nameof(SnapshotLogSize));
        ArgumentOutOfRangeException.ThrowIfLessThan(SnapshotPeriod ?? TimeSpan.MaxValue, TimeSpan.FromMilliseconds(1), nameof(SnapshotPeriod));
        ArgumentOutOfRangeException.ThrowIfLessThan(SnapshotRetentionCount ?? int.MaxValue, SnapshotOptions.RetainedLeast, nameof(SnapshotRetentionCount));
        ArgumentOutOfRangeException.ThrowIfLessThan(SnapshotRetentionAge ?? TimeSpan.Zero, TimeSpan.Zero, nameof(SnapshotRetentionAge));
        ArgumentOutOfRangeException.ThrowIfNegative(SnapshotRetentionSize ?? 0, nameof(SnapshotRetentionSize));
    }
}
