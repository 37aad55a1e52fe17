namespace PhantomDb;

/// <summary>How an open database does at one moment: for health checks, dashboards and alarms. See <see cref="Database.GetStatus"/>.</summary>
public sealed record DatabaseStatus
{
    /// <summary>Transactions that were committed since the database was opened, and became visible.</summary>
    public long CommitCount { get; internal init; }

    /// <summary>
    /// How the last write or flush of the log has failed: commits fail, or, under <see cref="SyncPolicy.Interval"/> and <see cref="SyncPolicy.None"/>, wait in memory. Null
    /// where it succeeded, and in a database without a log. It is tried again, by the next commit or by itself, unless <see cref="IsLogStopped"/>.
    /// </summary>
    public PhantomDbException? LogError { get; internal init; }

    /// <summary>
    /// True where this database holds the lock on its files, as was seen when it was last looked at: with commits once a second, and by saves and snapshots. False where it has still to be
    /// taken (<see cref="Database.EnsureWritable"/>) or has been lost, in memory, and where it is read only.
    /// </summary>
    public bool IsLocked { get; internal init; }

    /// <summary>True where the log has failed in such a way that it takes nothing more: the database can only be read until it is opened again.</summary>
    public bool IsLogStopped { get; internal init; }

    /// <summary>Bytes of commits that wait to be written.</summary>
    public long LogBytesQueued { get; internal init; }

    /// <summary>Bytes written to the log, and to the files that it names, since the database was opened.</summary>
    public long LogBytesWritten { get; internal init; }

    /// <summary>Why the last snapshot in the background was not taken, or what was wrong with an older one; null where all is well.</summary>
    public PhantomDbException? SnapshotError { get; internal init; }

    /// <summary>Changed rows and entries of one's own in the log since the last snapshot, or since the database was opened where that was later.</summary>
    public long OperationsSinceSnapshot { get; internal init; }

    /// <summary>Time since the last snapshot was begun, or since the database was opened where that was later; null where it takes none.</summary>
    public TimeSpan? SnapshotAge { get; internal init; }

    /// <summary>Bytes of the snapshots that were written since the database was opened.</summary>
    public long SnapshotBytesWritten { get; internal init; }

    /// <summary>Why a database that follows another's log shows nothing newer; null where it shows all that has come, and where it follows none.</summary>
    public string? FollowProblem { get; internal init; }

    /// <summary>Sessions that are open.</summary>
    public int SessionCount { get; internal init; }

    /// <summary>As <see cref="Database.MemoryUsed"/>.</summary>
    public long MemoryUsed { get; internal init; }
}
