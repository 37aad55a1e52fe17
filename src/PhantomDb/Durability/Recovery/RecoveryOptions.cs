namespace PhantomDb.Durability.Recovery;

/// <summary>What recovery may do where files are not as they should be.</summary>
internal enum RecoveryMode
{
    /// <summary>A torn end of the log is cut: what a crash leaves. All else is refused.</summary>
    TornTail,

    /// <summary>Nothing that is not whole is accepted.</summary>
    Strict,

    /// <summary>As much as is whole from the beginning, whatever is lost behind it; the rest is set aside.</summary>
    Salvage,
}

/// <summary>How a database is recovered.</summary>
internal sealed record RecoveryOptions
{
    public RecoveryMode Mode { get; init; }

    /// <summary>Files stay as they are: nothing is set aside or cut.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Stop behind the last transaction that ends at this LSN or before. Files stay as they are.</summary>
    public long? ToLsn { get; init; }

    /// <summary>Stop behind the last transaction of this time (UTC) or before. Files stay as they are.</summary>
    public DateTime? ToTime { get; init; }

    /// <summary>The history to follow, as far as it went before a restore ended it; null: the newest. Files stay as they are.</summary>
    public int? Timeline { get; init; }

    /// <summary>
    /// In a salvage, transactions behind what is lost are applied too, where all their records fit and no foreign key is broken. Files stay as
    /// they are: what is recovered then has to be saved, as a new timeline, since its log does not lead to it.
    /// </summary>
    public bool AppliesBehindLoss { get; init; }

    /// <summary>In a salvage, what can be proved of a damaged file is begun with, also where an older one, or the log from LSN 1 on, may stand in for it.</summary>
    public bool BeginsWithDamaged { get; init; }

    /// <summary>
    /// True for a database file that differs from its checksums, but can be read and keeps its constraints: somebody has edited it. Then it is refused, and no
    /// other file takes its place: the edit would be passed over. Null: nobody edits.
    /// </summary>
    public Func<string, bool>? IsEdit { get; init; }

    /// <summary>
    /// For a follower: of the log's last segment only what is known to be on the writer's disk, and what has been copied in part is taken as far as it is whole. Files stay
    /// as they are.
    /// </summary>
    public bool IsFollowing { get; init; }

    /// <summary>The log is known to have reached this LSN, besides what the manifest says.</summary>
    public long ReachedLsn { get; init; }

    /// <summary>A segment of so many bytes or more is read and verified by a thread of its own while its records are applied.</summary>
    public long ReadAheadLength { get; init; } = 1 << 18;

    public bool IsToPoint => ToLsn is not null || ToTime is not null || Timeline is not null;

    public bool LeavesFilesAlone => IsReadOnly || IsToPoint || AppliesBehindLoss || IsFollowing;
}
