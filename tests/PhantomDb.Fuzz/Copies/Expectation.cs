using PhantomDb.Durability.Log;

namespace PhantomDb.Fuzz.Copies;

/// <summary>
/// What may come of opening a folder whose files are of one copy or of several. The rules, by what each file has (docs/durability.md, "Copies that went on apart"):
/// <list type="bullet">
/// <item>What the database file has is not lost, nor what the log has that is written to: where these two have parted, the opening is refused. Only a segment of a later timeline
/// says that theirs has ended.</item>
/// <item>What comes is the newest that there is: no segment has a revision after it, and no file one that is made of it. A snapshot that was restored elsewhere may be left out.</item>
/// <item>Snapshots and older segments of another copy are left out; so is a snapshot of a timeline that nothing else is of.</item>
/// <item>A file that began a timeline without a segment of the log, and was not changed since, is not known in another folder: what it meets there is not compared.</item>
/// <item>Where all files are of one line, and some file and the log behind it lead to the newest revision, it is opened.</item>
/// </list>
/// </summary>
internal sealed class Expectation
{
    private readonly CopiedFolder _folder;

    public Expectation(CopiedFolder folder)
    {
        _folder = folder;
        FileOrigin[] all = [.. Files];
        FileOrigin[] owned = [.. new FileOrigin?[] { folder.Own, folder.Active }.OfType<FileOrigin>().Where(file => !IsSaidToHaveEnded(file))];
        owned = folder.Own is { Revision.IsOfFileAlone: true } ? [] : owned;   // nothing in the file tells it from that which its timeline began with
        HasParted = owned.Any(file => owned.Any(other => file.Revision.HasParted(other.Revision)));
        Allowed = folder.Untouched is { } untouched ? [untouched] :
        [
            .. all.Select(file => file.Revision).Distinct().Where(revision => Array.TrueForAll(owned, file => revision.IsFrom(file.Revision))
                && !Array.Exists(all, file => file.Revision != revision && GoesOnFrom(file, revision))),
        ];
        Required = folder.Untouched ?? (Allowed is [var newest] && ReasonToRefuse(newest) is null ? newest : null);
    }

    /// <summary>True where the database file and the log have gone on apart from each other.</summary>
    public bool HasParted { get; }

    /// <summary>What the database may have when it is open; empty: it must not open.</summary>
    public IReadOnlyList<Revision> Allowed { get; }

    /// <summary>What it must open with; null: it may be refused.</summary>
    public Revision? Required { get; }

    /// <summary>Why a folder whose newest revision is known may be refused all the same; null: it may not.</summary>
    public string? ReasonToRefuse(Revision newest) =>
        _folder.Segments.Any(segment => !newest.IsFrom(segment.Revision)) ? "a segment of another copy is there"
        : _folder.Own is { } own && !HasSegmentOf(own) && Contents.Any(file => !newest.IsFrom(file.Revision)) ? "a snapshot of another copy is there, and the log does not know the file"
        : Array.Find([.. Files], file => newest.IsFrom(file.Revision) && !newest.IsMadeOf(file.Revision) && !IsKnownToHaveEnded(file, newest)) is not null ? "a file is of a timeline that nothing here says the end of"
        : HasSecondLog() ? "there are two logs"
        : !FitsManifest(newest) ? "the manifest knows of more"
        : !IsReached(newest) ? "the log between is missing" : null;

    /// <summary>True where some file, or nothing, and the log behind it lead to a revision.</summary>
    /// <param name="lsn">How far the log is needed.</param>
    public bool IsReached(Revision revision, long lsn = long.MaxValue)
    {
        SegmentOrigin[] log = Log();
        if (lsn < long.MaxValue && log.Length > 0 && !log[^1].Revision.IsMadeOf(revision))
        {
            return Contents.Any(file => file.Revision == revision && file.Header.Lsn == lsn);   // a file goes further than the log: it has its own LSN alone
        }
        LogHeader? first = log.FirstOrDefault()?.Header;
        return first?.IsFromNothing == true
            || Contents.Any(file => revision.IsMadeOf(file.Revision) && file.Header.Lsn <= lsn && (first is null ? file.Revision == revision : file.Header.Lsn >= first.FirstLsn - 1
            && (first.Predecessor is not null || file.Header.Timeline >= first.Timeline)));   // a log that begins of itself continues no file of an older timeline
    }

    private IEnumerable<FileOrigin> Files => Contents.Concat<FileOrigin>(_folder.Segments);

    private IEnumerable<ContentOrigin> Contents => _folder.Own is { } own ? _folder.Snapshots.Values.Where(snapshot => !IsForeign(snapshot, own)).Append(own) : _folder.Snapshots.Values;

    // Of a timeline that nothing else here is of.
    private bool IsForeign(ContentOrigin snapshot, ContentOrigin own) => _folder.Segments.Any() && snapshot.Header.Timeline > own.Header.Timeline
        && !(snapshot.Header.Timeline <= _folder.ManifestOrigin?.Manifest.Timeline) && _folder.Segments.All(segment => segment.Header.Timeline < snapshot.Header.Timeline);

    // Whoever sees no more than the files takes a later timeline for the one that followed.
    private bool IsSaidToHaveEnded(FileOrigin file) => HasSegmentOf(file) && (_folder.Segments.Any(segment => segment.Header.Timeline > TimelineOf(file))
        || _folder.Snapshots.Values.Any(snapshot => snapshot.Header.Timeline > TimelineOf(file) && snapshot.Header.Timeline <= _folder.ManifestOrigin?.Manifest.Timeline));

    private bool IsKnownToHaveEnded(FileOrigin file, Revision newest) =>
        HasSegmentOf(file) && _folder.Segments.Any(segment => segment.Header.Timeline > TimelineOf(file) && newest.IsMadeOf(segment.Revision));

    // The segment that led to it is there.
    private bool HasSegmentOf(FileOrigin file) => file is not ContentOrigin content || _folder.Segments.Any(segment => segment.Header.Salt == content.Header.History.Last?.Salt);

    private static int TimelineOf(FileOrigin file) => file is SegmentOrigin segment ? segment.Header.Timeline : file.Revision.Timeline;

    // Of a snapshot it counts where no segment here contradicts that.
    private bool GoesOnFrom(FileOrigin file, Revision revision) => file is SegmentOrigin ? file.Revision.IsFrom(revision)
        : file.Revision.IsMadeOf(revision) && _folder.Segments.All(segment => file.Revision.IsMadeOf(segment.Revision) || segment.Revision.IsMadeOf(file.Revision) || IsKnownToHaveEnded(segment, file.Revision));

    private bool FitsManifest(Revision newest) => _folder.ManifestOrigin is not { } manifest || (newest.IsFrom(manifest.Revision)
        && (manifest.Manifest.OpenSegment is not { } open || _folder.Segments.Any(segment => segment.Header.Timeline == manifest.Manifest.Timeline && segment.Header.FirstLsn >= open.FirstLsn)));

    // Numbers of segments begin anew where a copy began with the file alone: two such logs of one timeline are refused, even if one of them is what led to that file.
    private bool HasSecondLog()
    {
        SegmentOrigin[] log = Log();
        return log.Length > 0 && _folder.Segments.Any(segment => !log.Contains(segment) && segment.Header.Timeline == log[^1].Header.Timeline
            && (segment == _folder.Active || segment.Header.Segment >= log[0].Header.Segment));
    }

    // The segments that follow each other without a hole up to the newest, oldest first.
    private SegmentOrigin[] Log()
    {
        SegmentOrigin? segment = _folder.Segments.OrderBy(segment => segment.Header.Timeline).ThenBy(segment => segment.Header.Segment).LastOrDefault();
        List<SegmentOrigin> log = [];
        while (segment is not null)
        {
            log.Insert(0, segment);
            LogHeader header = segment.Header;
            segment = header.Predecessor is { } previous && previous.LastLsn == header.FirstLsn - 1
                ? _folder.Segments.FirstOrDefault(before => before.Header.Salt == previous.Salt) : null;
        }
        return [.. log];
    }
}
