using System.Globalization;
using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>A file that recovery can begin with: the database file or a snapshot.</summary>
/// <param name="Header">What it says of itself; null where that is damaged, or it says nothing.</param>
/// <param name="IsDatabaseFile">False for a snapshot.</param>
internal sealed record RecoveryBase(string Path, FileHeader? Header, bool IsDatabaseFile)
{
    public long Lsn => Header?.Lsn ?? 0;

    public int Timeline => Header?.Timeline ?? 1;

    /// <summary>True where it has no header and no seal at all: written by hand or by another program, or all that said where it stands in a log was taken out of it.</summary>
    public bool IsAnonymous { get; init; }
}

/// <summary>A file that recovery cannot begin with, since it is not whole, and what is wrong with it.</summary>
internal sealed record DamagedBase(RecoveryBase File, PhantomDbException Error);

/// <summary>A file of the log, with what it says of itself.</summary>
internal sealed record SegmentFile(string Path, LogHeader Header);

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

    /// <summary>
    /// Older parts of the same history that do not lead to the newest state, oldest first: recovery does without, and they can be read. Where a file is of a later timeline than
    /// <see cref="Segments"/>, those are among them, as far as they are its history.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<RecoverySegment>> EarlierParts { get; init; } = [];

    public IEnumerable<RecoverySegment> Earlier => EarlierParts.SelectMany(part => part);

    /// <summary>The contiguous parts of the log that can be read, oldest first.</summary>
    public IReadOnlyList<IReadOnlyList<RecoverySegment>> Parts => Segments.Count == 0 || IsEnded ? EarlierParts : [.. EarlierParts, Segments];

    /// <summary>All segments of these.</summary>
    public IReadOnlyList<RecoverySegment> Log => [.. Parts.SelectMany(part => part)];

    /// <summary>What is missing between the parts.</summary>
    public IReadOnlyList<LogHole> Holes => [.. Parts.Zip(Parts.Skip(1), (part, next) => LogHole.Between(part[^1].LastLsn, next[0].Header.FirstLsn, next[0].Header.Predecessor is null)).Where(hole => !hole.IsEmpty)];

    /// <summary>Where the plan is for a point before the end of the log: the log behind <see cref="Segments"/> is missing up to here. Null: it is all there.</summary>
    public long? MissingUpToLsn { get; private init; }

    /// <summary>Where the segments lead to a timeline that a file has ended: the LSN of that. Null: they lead to the newest.</summary>
    public long? LaterStartLsn => Segments.Count > 0 ? Bases.Where(file => file.Timeline > Timeline).Min(file => (long?)file.Lsn) : null;

    private bool IsEnded => LaterStartLsn is not null;

    /// <summary>The last LSN of the last segment that is not one of the log's own notes, as far as it was looked for; without a limit where it was not.</summary>
    public long ContentLsn { get; init; } = long.MaxValue;

    /// <summary>Of all segments that are there, of whatever history of this database.</summary>
    public IReadOnlySet<uint> Salts { get; init; } = new HashSet<uint>();

    /// <summary>The segment under the name that is written to, of whatever history; null where there is none.</summary>
    public SegmentFile? ActiveSegment { get; init; }

    /// <summary>Segments whose header is damaged.</summary>
    public IReadOnlyList<HeadlessSegment> HeadlessSegments { get; init; } = [];

    /// <summary>The one that the log had gone on in; null where the last segment has its header.</summary>
    public HeadlessSegment? HeadlessEnd => HeadlessSegments.LastOrDefault(s => Segments.Count == 0 || s.FirstLsn > Segments[^1].Header.FirstLsn);

    /// <summary>The highest that a database file, a snapshot or a segment says of itself.</summary>
    public int FilesTimeline { get; init; }

    /// <summary>The highest of all files, those of other histories and the manifest too; a new one comes after it.</summary>
    public int NewestTimeline { get; init; } = 1;

    /// <summary>Null where there is none that is whole and this database's.</summary>
    public LogManifest? Manifest { get; init; }

    /// <summary>True where there is one that cannot be read.</summary>
    public bool IsManifestDamaged { get; init; }

    /// <summary>True where the segments have all that there ever was: the database was empty before the first.</summary>
    public bool IsFromNothing => Segments.Count > 0 && Segments[0].Header.IsFromNothing;

    /// <summary>The log that is there is known to have reached this LSN; 0 where nothing is known, or of another timeline alone.</summary>
    public long ReachedLsn => ManifestOf(Timeline)?.ReachedLsn ?? 0;

    /// <summary>The manifest, where it is about a timeline: what one of an older says is over, and one of a later is about files that are not there.</summary>
    public LogManifest? ManifestOf(int timeline) => Manifest?.Timeline == timeline ? Manifest : null;

    /// <summary>The manifest, where it knows that the database had gone on with a later timeline than this one and all files; null too where an older was asked for.</summary>
    public LogManifest? ManifestAfter(int timeline) =>
        Manifest is { } manifest && manifest.Timeline > Math.Max(timeline, FilesTimeline) && !(manifest.Timeline > WantedTimeline) ? manifest : null;

    /// <summary>The timeline that the segments lead to from a file of a timeline; 0: from nothing.</summary>
    public int TimelineWith(int baseTimeline) => Math.Max(Segments.Count > 0 ? Segments[^1].Header.Timeline : 0, baseTimeline);

    /// <summary>Whether a file may have what nothing of a timeline has: it is of a later one, or may be the one of which only the manifest tells.</summary>
    public bool IsAfter(RecoveryBase file, int timeline) => file.Timeline > timeline || (file.Header is null && ManifestAfter(timeline) is not null);

    /// <summary>
    /// The file that had the log from an LSN on, where that is gone: as the manifest names it, else the one that is written to. Null where the end of the log is
    /// there, and what it lacks it has lost itself.
    /// </summary>
    public string? MissingEnd(string folder, long lsn) => ActiveSegment is not null ? null
        : Path.Combine(folder, Manifest?.Rows.FirstOrDefault(row => row.Kind == LogManifest.Segment && row.FirstLsn >= lsn && LogSegmentName.TryParse(row.Name)?.DatabaseName == DatabaseName)?.Name
            ?? LogSegmentName.Active(DatabaseName));

    /// <summary>The one that was asked for; null: the newest.</summary>
    public int? WantedTimeline { get; init; }

    /// <summary>Where the log is missing, the manifest knows which history is meant.</summary>
    public int Timeline => Segments.Count > 0 ? Segments[^1].Header.Timeline : WantedTimeline ?? Manifest?.Timeline ?? 1;

    /// <summary>Why a file cannot be what the segments are applied to; null where it can, or is newer than all of them.</summary>
    /// <param name="file">The file.</param>
    /// <param name="allowsGaps">True: the log between it and the first segment may be missing.</param>
    public string? ReasonAgainst(RecoveryBase file, bool allowsGaps = false)
    {
        if (IsParted(file))
        {
            return ReasonOfParted(file);
        }
        if (file.IsAnonymous && (Segments.Count > 0 || !file.IsDatabaseFile))
        {
            return "it does not say where it stands in the log";   // a snapshot always does, and so does the file before the log's first record
        }
        if (Segments.Count == 0 || file.Timeline > Timeline)
        {
            return null;
        }
        if (file.Lsn < Segments[0].Header.FirstLsn - 1)
        {
            return allowsGaps ? null : ReasonOfGap(file);
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
            && (Segments[0].Header.KnownSaltBefore is { } before && file.Header?.History.Last is { } mark ? mark.Salt == before
                : Bases.Count(b => b.Lsn == file.Lsn && b.Timeline < Segments[0].Header.Timeline) == 1);
        return isBeginning || file.Timeline == Segments[last].Header.Timeline ? null : $"it is of timeline {file.Timeline}, which is not the history that had LSN {file.Lsn}";
    }

    /// <summary>Whether a file has parted from the log that is there: it was copied, and both went on since.</summary>
    public bool IsParted(RecoveryBase file) => new PartedFiles(this).Contains(file);

    private static string ReasonOfParted(RecoveryBase file) =>
        string.Create(CultureInfo.InvariantCulture, $"its LSN {file.Lsn} is not the log's: the two have gone on apart from each other");

    // The first that is missing behind it.
    private string ReasonOfGap(RecoveryBase file)
    {
        LogHeader first = Segments[0].Header;
        long lsn = file.Lsn;
        foreach (RecoverySegment segment in Log)
        {
            long missingUpTo = segment.Header.FirstLsn - 1;
            bool isBehindFile = segment.Header.Predecessor is null && segment.Header.Timeline > file.Timeline;
            if (lsn < missingUpTo - (isBehindFile ? 1 : 0))
            {
                return string.Create(CultureInfo.InvariantCulture, $"the log from LSN {lsn + 1} to {missingUpTo - (isBehindFile ? 1 : 0)} is missing");
            }
            lsn = Math.Max(lsn, segment.LastLsn);
        }
        return string.Create(CultureInfo.InvariantCulture, $"it is of timeline {file.Timeline}, and timeline {first.Timeline} began with a file, at LSN {first.FirstLsn - 1}");
    }

    /// <summary>
    /// The plan for a point: the part of the log that has it or comes before it, and the files that belong there. The same where that is the part that leads to the newest state.
    /// </summary>
    public RecoveryPlan UpTo(long lsn)
    {
        IReadOnlyList<IReadOnlyList<RecoverySegment>> parts = Parts;
        int i = parts.Count - 1;
        while (i >= 0 && parts[i][0].Header.FirstLsn > Math.Max(lsn, 1))
        {
            i--;
        }
        LogHeader? next = i + 1 < parts.Count ? parts[i + 1][0].Header : null;
        if (parts.Count == 0 || (next is null && !IsEnded) || (IsEnded && Bases.Any(file => file.Timeline > Timeline && file.Lsn <= lsn)))
        {
            return this;
        }
        IReadOnlyList<RecoverySegment> part = i < 0 ? [] : parts[i];
        int timeline = i < 0 ? next!.Timeline : part[^1].Header.Timeline;
        var parted = new PartedFiles(this);
        return this with
        {
            Segments = part, EarlierParts = [.. parts.Take(i)], MissingUpToLsn = next is null ? LaterStartLsn : next.FirstLsn - 1,
            // Of a later timeline only the one that the next part begins behind; before all parts none that may be of another history.
            Bases = [.. Bases.Where(file => !parted.IsPartedFromFile(file)
                && (i < 0 ? file.Timeline == timeline : file.Timeline <= timeline || (file.Timeline == next?.Timeline && file.Lsn < next.FirstLsn)))],
            Others = [.. Others, .. Bases.Where(parted.IsPartedFromFile).Select(file => new RecoveryFile(file.Path, false, ReasonOfParted(file))),
                .. Log.Where(s => !part.Contains(s) && Others.All(o => o.Path != s.Path)).Select(s => new RecoveryFile(s.Path, false, "the point to recover to is not in it"))],
        };
    }

    /// <summary>The segments that have records behind a file's.</summary>
    public IEnumerable<RecoverySegment> SegmentsAfter(RecoveryBase? file) =>
        file is not null && file.Timeline > Timeline ? [] : Segments.Where(s => s.LastLsn > (file?.Lsn ?? 0));
}
