using PhantomDb.Durability.Log;

namespace PhantomDb.Durability.Recovery;

/// <summary>A segment as it was read, and what counts of it.</summary>
internal sealed record RecoveredSegment(string Path, LogHeader Header, long LastLsn, long Length, DateTime LastTime)
{
    /// <summary>The line behind the last one that counts.</summary>
    public long NextLine { get; init; }
}

/// <summary>A database as its files have it, and what was found. The log goes on in a new segment behind the last of these.</summary>
internal sealed record RecoveredDatabase(LoadedDatabase Database, RecoveryReport Report, IReadOnlyList<RecoveredSegment> Segments)
{
    /// <summary>Older segments before a hole in the log, oldest first: they can be read, and go when their time has come.</summary>
    public IReadOnlyList<RecoveredSegment> EarlierSegments { get; init; } = [];

    /// <summary>
    /// The last segment, whose header is damaged and had again, where nothing that it has is needed: the log goes on behind it, as its successor says who it was. Null where it is
    /// another, or nothing proves it.
    /// </summary>
    public RecoveredSegment? HeadlessEnd { get; init; }

    /// <summary>True where segments have a damaged header, needed or not: their records are in no other list of segments.</summary>
    public bool HasHeadlessSegments { get; init; }

    /// <summary>True where the log goes on behind the point that was asked for.</summary>
    public bool HasMore { get; init; }

    /// <summary>
    /// True where the log's own notes behind the file's LSN are missing. The database file must be written with an LSN behind theirs before the log goes on, or there would be a
    /// gap between the two, and nobody would know what it had.
    /// </summary>
    public bool MustSaveFirst { get; init; }

    /// <summary>
    /// True where the file has gone on elsewhere, from where the log has nothing but its own notes: their LSNs mean something else in the file. The database file must be written with an
    /// LSN behind both before the log goes on.
    /// </summary>
    public bool IsBesideLog { get; init; }

    /// <summary>The highest of all files, those that were not used too.</summary>
    public int NewestTimeline { get; init; } = 1;

    /// <summary>Of the database's own file, where recovery could begin with that, as far as its header tells; else null.</summary>
    public long? OwnFileLsn { get; init; }

    /// <summary>The file that recovery began with, whole or not; null for an empty database.</summary>
    public string? SourcePath { get; init; }

    /// <summary>Files that recovery could have begun with, and that are not whole.</summary>
    public IReadOnlyList<string> DamagedBases { get; init; } = [];

    /// <summary>Files that are not whole.</summary>
    public IReadOnlyList<string> DamagedFiles { get; init; } = [];

    /// <summary>The highest number of a transaction in the log's last segments; 0 where it is not known.</summary>
    public long LastTransactionId { get; init; }

    /// <summary>True where recovery began with a file.</summary>
    public bool IsBehindFile { get; init; }

    /// <summary>The segments that led to the last LSN: those that the file names, and those of the log before and behind them.</summary>
    public SegmentHistory History
    {
        get
        {
            IEnumerable<SegmentMark> log = (HeadlessEnd is null ? Segments : Segments.Append(HeadlessEnd)).Where(segment => segment.LastLsn >= segment.Header.FirstLsn)
                .Select(segment => new SegmentMark(segment.Header.Salt, segment.Header.FirstLsn));
            if (IsBesideLog)
            {
                return Database.History;
            }
            IReadOnlyList<SegmentMark> file = Database.History.Marks;
            (long first, long last) = file.Count == 0 ? (long.MaxValue, long.MaxValue) : (file[0].FirstLsn, file[^1].FirstLsn);
            return log.Where(mark => mark.FirstLsn < first).Concat(file).Concat(log.Where(mark => mark.FirstLsn > last)).Aggregate(SegmentHistory.Empty, (history, mark) => history.With(mark));
        }
    }

    /// <summary>All records from this LSN on are in the segments, and could be read.</summary>
    public long WholeFrom { get; init; } = 1;

    /// <summary>Promises that records are kept, which the manifest alone has.</summary>
    public IReadOnlyList<LogPin> Pins { get; init; } = [];

    /// <summary>What the manifest says of snapshots, pins of them among it.</summary>
    public IReadOnlyList<LogManifestRow> SnapshotRows { get; init; } = [];

    /// <summary>Side files that records name: those that were applied, and older ones that the manifest has.</summary>
    public IReadOnlyList<LogLoad> Loads { get; init; } = [];

    /// <summary>
    /// Where the log of the database goes on: always in a new segment. Records behind the LSN of the file that recovery began with are
    /// needed until a newer one is there.
    /// </summary>
    public LogStart ToLogStart(string folder, string databaseName)
    {
        RecoveredSegment? last = HeadlessEnd ?? (Segments.Count > 0 ? Segments[^1] : null);
        return new LogStart
        {
            Folder = folder, DatabaseName = databaseName, Id = Database.Id, Timeline = Report.Timeline, NextLsn = Report.LastLsn + 1, History = History,
            Segment = (last?.Header.Segment ?? 0) + 1, LastTime = last?.LastTime ?? default, Pins = Pins, SnapshotRows = SnapshotRows, Loads = Loads, RecoveryFloor = Report.BaseLsn, IsBehindFile = IsBehindFile || last?.Header.IsBehindFile == true, WholeFrom = WholeFrom,
            Predecessor = last is null ? null : new LogPredecessor(last.Header.Salt, last.LastLsn, last.Length),
            Segments = [.. EarlierSegments.Concat(Segments).Select(ToLogFile)],
        };
    }

    // What leads to the database's state goes as the limits say, whatever its timeline; and what is before a hole of the same timeline.
    private LogSegmentFile ToLogFile(RecoveredSegment segment) =>
        new(Path.GetFileName(segment.Path), segment.Header.Salt, segment.Header.FirstLsn, segment.LastLsn, segment.Length, segment.LastTime)
        {
            IsFirst = segment.Header.Predecessor is null, IsOfOlderTimeline = EarlierSegments.Contains(segment) && segment.Header.Timeline < (Segments.Count > 0 ? Segments[0].Header.Timeline : Report.Timeline),
        };
}
