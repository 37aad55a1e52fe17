using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>A file that recovery can begin with: the database file or a snapshot.</summary>
/// <param name="Header">What it says of itself; null where that is damaged, or it says nothing.</param>
/// <param name="IsDatabaseFile">False for a snapshot.</param>
internal sealed record RecoveryBase(string Path, FileHeader? Header, bool IsDatabaseFile)
{
    public long Lsn => Header?.Lsn ?? 0;

    public int Timeline => Header?.Timeline ?? 1;
}

/// <summary>A segment that belongs to the history.</summary>
/// <param name="Counted">What its successor counts of it; null for the last.</param>
internal sealed record RecoverySegment(string Path, LogHeader Header, LogPredecessor? Counted)
{
    /// <summary>Of the last record that counts; without a limit for the last segment.</summary>
    public long LastLsn => Counted?.LastLsn ?? long.MaxValue;
}

/// <summary>A segment whose header is damaged.</summary>
/// <param name="FirstLsn">As its name says; the highest there is where the name says none.</param>
internal sealed record HeadlessSegment(string Path, long FirstLsn);

/// <summary>Which files are a database's, as far as their headers tell.</summary>
/// <param name="Bases">The best first.</param>
/// <param name="Segments">One history, contiguous, oldest first.</param>
/// <param name="Others">What is not used, and why.</param>
/// <param name="UnbegunSegments">Files that have no more than the start of a header.</param>
internal sealed record RecoveryPlan(
    Guid Id, IReadOnlyList<RecoveryBase> Bases, IReadOnlyList<RecoverySegment> Segments, IReadOnlyList<RecoveryFile> Others, IReadOnlyList<string> UnbegunSegments)
{
    public string DatabaseName { get; init; } = "";

    /// <summary>Older segments of the same history, before <see cref="Segments"/>, that do not lead there: recovery does without, and they can be read. Oldest first.</summary>
    public IReadOnlyList<RecoverySegment> Earlier { get; init; } = [];

    /// <summary>What is missing between these and the others.</summary>
    public IReadOnlyList<LogHole> Holes { get; init; } = [];

    /// <summary>The segment under the name that is written to, of whatever history; null where there is none.</summary>
    public (string Path, LogHeader Header)? ActiveSegment { get; init; }

    /// <summary>Segments whose header is damaged.</summary>
    public IReadOnlyList<HeadlessSegment> HeadlessSegments { get; init; } = [];

    /// <summary>The one that the log had gone on in; null where the last segment has its header.</summary>
    public HeadlessSegment? HeadlessEnd => HeadlessSegments.LastOrDefault(s => Segments.Count == 0 || s.FirstLsn > Segments[^1].Header.FirstLsn);

    /// <summary>The highest of all files, those of other histories too; a new one comes after it.</summary>
    public int NewestTimeline { get; init; } = 1;

    /// <summary>Null where there is none that is whole and this database's.</summary>
    public LogManifest? Manifest { get; init; }

    /// <summary>True where there is one that cannot be read.</summary>
    public bool IsManifestDamaged { get; init; }

    /// <summary>True where the segments have all that there ever was: the database was empty before the first.</summary>
    public bool IsFromNothing => Segments.Count > 0 && Segments[0].Header.IsFromNothing;

    /// <summary>The log is known to have reached this LSN; 0 where nothing is known, or of an older timeline alone.</summary>
    public long ReachedLsn => Manifest is { } manifest && manifest.Timeline == Timeline ? manifest.ReachedLsn : 0;

    /// <summary>
    /// The file that had the log from an LSN on, where that is gone: as the manifest names it, else the one that is written to. Null where the end of the log is
    /// there, and what it lacks it has lost itself.
    /// </summary>
    public string? MissingEnd(string folder, long lsn) => ActiveSegment is not null ? null
        : Path.Combine(folder, Manifest?.Rows.FirstOrDefault(row => row.Kind == LogManifest.Segment && row.FirstLsn >= lsn && LogSegmentName.TryParse(row.Name)?.DatabaseName == DatabaseName)?.Name
            ?? LogSegmentName.Active(DatabaseName));

    /// <summary>Behind it, up to <see cref="ReachedLsn"/>, the log had nothing but its own notes.</summary>
    public long ContentLsn => Manifest is { } manifest && manifest.Timeline == Timeline ? manifest.ContentLsn : 0;

    /// <summary>The one that was asked for; null: the newest.</summary>
    public int? WantedTimeline { get; init; }

    /// <summary>Where the log is missing, the manifest knows which history is meant.</summary>
    public int Timeline => Segments.Count > 0 ? Segments[^1].Header.Timeline : WantedTimeline ?? Manifest?.Timeline ?? 1;

    /// <summary>Why a file cannot be what the segments are applied to; null where it can, or is newer than all of them.</summary>
    /// <param name="file">The file.</param>
    /// <param name="allowsGaps">True: the log between it and the first segment may be missing.</param>
    public string? ReasonAgainst(RecoveryBase file, bool allowsGaps = false)
    {
        if (Segments.Count == 0 || file.Timeline > Timeline)
        {
            return null;
        }
        if (file.Lsn < Segments[0].Header.FirstLsn - 1)
        {
            return allowsGaps ? null : $"the log from LSN {file.Lsn + 1} to {Segments[0].Header.FirstLsn - 1} is missing";
        }
        if (file.Lsn == 0)
        {
            return null;
        }
        int last = Segments.Count - 1;
        while (last > 0 && Segments[last].Header.FirstLsn > file.Lsn)
        {
            last--;
        }
        // Of another timeline it may have an LSN that this history has too, and other rows.
        bool isBeginning = file.Lsn == Segments[0].Header.FirstLsn - 1 && Segments[0].Header.Predecessor is not null && file.Timeline < Segments[0].Header.Timeline
            && Bases.Count(b => b.Lsn == file.Lsn && b.Timeline < Segments[0].Header.Timeline) == 1;
        return isBeginning || file.Timeline == Segments[last].Header.Timeline ? null : $"it is of timeline {file.Timeline}, which is not the history that had LSN {file.Lsn}";
    }

    /// <summary>The segments that have records behind a file's.</summary>
    public IEnumerable<RecoverySegment> SegmentsAfter(RecoveryBase? file) =>
        file is not null && file.Timeline > Timeline ? [] : Segments.Where(s => s.LastLsn > (file?.Lsn ?? 0));
}
