using System.Globalization;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Snapshots;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Looks through a folder, and tells by what files say of themselves, never by their names alone, which belong to one history: the
/// newest segment of the database's, the one before it by its salt, and so on. What is another database's, or of a history that a restore has ended,
/// is left out; two histories that both might be meant are refused. Reads headers alone.
/// </summary>
internal sealed class RecoveryPlanner(string path, IFileSystem files)
{
    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
    private readonly string _name = Path.GetFileNameWithoutExtension(path);
    private readonly List<RecoveryBase> _bases = [];
    private readonly List<SegmentFile> _segments = [];
    private readonly List<HeadlessSegment> _headless = [];
    private readonly List<string> _unbegun = [];
    private readonly List<RecoveryFile> _others = [];

    /// <param name="timeline">The history that is wanted, as it was when the log last wrote to it; null: the newest.</param>
    /// <param name="allowsGaps">True: segments that are missing or have no header are passed over, to save what the others have.</param>
    public RecoveryPlan Plan(int? timeline = null, bool allowsGaps = false)
    {
        (LogManifest? manifest, bool isManifestDamaged) = ReadManifest();   // first: what it names was there before it, beside a writer too
        string[] names = [.. files.List(_folder).Select(file => Path.GetFileName(file)!)];
        Array.Sort(names, StringComparer.Ordinal);
        foreach (string file in names)
        {
            string filePath = Path.Combine(_folder, file);
            if (file == Path.GetFileName(path))
            {
                _bases.Add(NewBase(filePath, isDatabaseFile: true));
            }
            else if (IsSnapshot(file))
            {
                _bases.Add(NewBase(filePath, isDatabaseFile: false));
            }
            else if (IsSegment(file))
            {
                AddSegment(filePath, LogSegmentName.TryParse(file)?.FirstLsn);
            }
        }
        Guid id = FindId();
        manifest = manifest?.Id == id || (_bases.Count == 0 && _segments.Count == 0) ? manifest : null;   // another database's is as good as none
        LeaveOut(id);
        JudgeUnbegun(manifest);
        int newest = Math.Max(_segments.Max(s => (int?)s.Header.Timeline) ?? 0, _bases.Max(b => b.Header?.Timeline) ?? 0);
        HashSet<uint> salts = [];
        _segments.ForEach(s => salts.Add(s.Header.Salt));
        LeaveOutForeign(manifest);
        LeaveOutLater(timeline);
        var lineage = new LogLineage(_segments, _bases, files);
        List<RecoverySegment> chain = lineage.Newest(allowsGaps);
        IReadOnlyList<IReadOnlyList<RecoverySegment>> earlier = allowsGaps ? [] : lineage.Before(chain);
        _bases.Sort(BestFirst);
        var plan = new RecoveryPlan(id, _bases, chain, _others, _unbegun)
        {
            DatabaseName = _name,
            Manifest = manifest,
            IsManifestDamaged = isManifestDamaged,
            WantedTimeline = timeline,
            FilesTimeline = newest,
            NewestTimeline = Math.Max(newest, manifest?.Timeline ?? 1),
            EarlierParts = earlier,
            ContentLsn = lineage.ContentLsnOf(chain),
            Salts = salts,
            HeadlessSegments = _headless,
            ActiveSegment = Active,
        };
        EnsureOneHistory(chain, allowsGaps, plan);
        return plan;
    }

    private static int BestFirst(RecoveryBase left, RecoveryBase right)
    {
        int order = right.Timeline.CompareTo(left.Timeline);
        order = order != 0 ? order : right.Lsn.CompareTo(left.Lsn);
        order = order != 0 ? order : right.IsDatabaseFile.CompareTo(left.IsDatabaseFile);
        return order != 0 ? order : string.CompareOrdinal(left.Path, right.Path);
    }

    private SegmentFile? Active => _segments.Find(s => Path.GetFileName(s.Path) == LogSegmentName.Active(_name));

    private string ManifestPath => Path.Combine(_folder, LogManifest.FileName(_name));

    // A hint and a floor: what is damaged is as good as none.
    private (LogManifest? Manifest, bool IsDamaged) ReadManifest()
    {
        if (!files.Exists(ManifestPath))
        {
            return (null, false);
        }
        LogManifest? manifest = LogManifest.Read(ManifestPath, files, out string? later);
        EnsureVersion(later, ManifestPath);
        return (manifest, manifest is null);
    }

    private bool IsSegment(string file) => file == LogSegmentName.Active(_name) || LogSegmentName.TryParse(file)?.DatabaseName == _name;

    private bool IsSnapshot(string file) => SnapshotName.TryParse(file)?.DatabaseName == _name;

    // Written by a later program: nothing may be done past it, whatever else there is.
    private static void EnsureVersion(string? later, string filePath)
    {
        if (later is not null)
        {
            throw Error.FileVersion(filePath, later);
        }
    }

    private RecoveryBase NewBase(string filePath, bool isDatabaseFile)
    {
        FileHeader? header = ReadHeader(filePath, files);
        return new RecoveryBase(filePath, header, isDatabaseFile) { IsAnonymous = header is null && IsWithoutSeal(filePath) };
    }

    private bool IsWithoutSeal(string filePath)
    {
        using Stream stream = files.OpenRead(filePath);
        return !SealedFile.IsSealed(stream) && !files.Exists(DatabaseFileWriter.NewSealPath(filePath)) && !files.Exists(DatabaseFileWriter.SealPath(filePath));
    }

    /// <summary>Null where a database's file is damaged, or says nothing of itself.</summary>
    internal static FileHeader? ReadHeader(string filePath, IFileSystem files)
    {
        using Stream stream = files.OpenRead(filePath);
        if (SealedFile.IsSealed(stream))
        {
            FileHeader? header = SealedFile.ReadHeader(stream);
            EnsureVersion(header is { IsOfKnownVersion: false } ? header.Version : null, filePath);
            return header;
        }
        string[] seals = [.. new[] { DatabaseFileWriter.NewSealPath(filePath), DatabaseFileWriter.SealPath(filePath) }.Where(files.Exists)];
        foreach (string seal in seals)
        {
            FileHeader? header = SealedFile.ReadBeside(files, seal).Header;
            EnsureVersion(header is { IsOfKnownVersion: false } ? header.Version : null, seal);
        }
        return Array.Find(seals, seal => SealedFile.IsSealFitting(files, seal, stream)) is { } fitting ? SealedFile.ReadBeside(files, fitting).Header : null;
    }

    private void AddSegment(string filePath, long? firstLsnInName)
    {
        using Stream stream = files.OpenRead(filePath);
        byte[] start = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax)];
        stream.ReadExactly(start);
        LogHeader? header = LogHeader.TryParse(start, out _);
        EnsureVersion(header is { IsOfKnownVersion: false } ? header.Version : null, filePath);
        if (header is not null)
        {
            _segments.Add(new SegmentFile(filePath, header));
        }
        // Under a name of its own a segment was begun long before: what lacks its header has lost it.
        else if (firstLsnInName is null && stream.Length <= LogHeader.LengthMax && LogHeader.IsStart(start.AsSpan().TrimEnd((byte)0)))
        {
            _unbegun.Add(filePath);
        }
        else
        {
            _headless.Add(new HeadlessSegment(filePath, firstLsnInName ?? long.MaxValue));
        }
    }

    // A segment has its header before it has its name, and before a manifest names it: what that one names and no other file can be has lost what it had.
    private void JudgeUnbegun(LogManifest? manifest)
    {
        string? begun = _unbegun.Find(segment => manifest?.Rows.FirstOrDefault(row => row.Kind is LogManifest.Segment or LogManifest.Open && row.Name == Path.GetFileName(segment)) is { } row
            && !_segments.Exists(s => s.Header.FirstLsn == row.FirstLsn));
        if (begun is not null)
        {
            _unbegun.Remove(begun);
            _headless.Add(new HeadlessSegment(begun, long.MaxValue));
        }
        _unbegun.ForEach(segment => _others.Add(new RecoveryFile(segment, false, "it has no more than the start of a header: the segment was never begun")));
    }

    // The database file knows it best; else who writes to the log; else a snapshot.
    private Guid FindId()
    {
        Guid? known = _bases.Find(b => b.IsDatabaseFile)?.Header?.Id;
        known ??= Active?.Header.Id;
        known ??= _segments.OrderBy(s => s.Header.Timeline).ThenBy(s => s.Header.Segment).LastOrDefault()?.Header.Id;
        return known ?? _bases.OrderBy(b => b.Lsn).LastOrDefault(b => b.Header is not null)?.Header!.Id ?? Guid.Empty;
    }

    private void LeaveOut(Guid id)
    {
        foreach ((string filePath, LogHeader header) in _segments.FindAll(s => s.Header.Id != id))
        {
            if (Path.GetFileName(filePath) == LogSegmentName.Active(_name))
            {
                throw Refused(filePath, "the log is another database's",
                    $"It has the id {header.Id:n}, the database {id:n}. Put the database's own log in its place, or move this one away; or, where the log is the right one, put the database file that belongs to it in the place of the one that is there.");
            }
            _others.Add(new RecoveryFile(filePath, false, $"it is another database's, with the id {header.Id:n}"));
        }
        _segments.RemoveAll(s => s.Header.Id != id);
        foreach (RecoveryBase file in _bases.FindAll(b => b.Header is not null && b.Header.Id != id))
        {
            _others.Add(new RecoveryFile(file.Path, false, $"it is another database's, with the id {file.Header!.Id:n}"));
        }
        _bases.RemoveAll(b => b.Header is not null && b.Header.Id != id);
        LeaveOutCopies();
    }

    // A rename that a crash has cut off may leave one file under both names: the longer one then has all of the other.
    private void LeaveOutCopies()
    {
        if (_segments.Count < 2)
        {
            return;
        }
        foreach (var copies in _segments.GroupBy(s => s.Header).Where(g => g.Count() > 1).ToArray())
        {
            string best = copies.Select(s => s.Path).OrderByDescending(LengthOfLines).ThenBy(p => p, StringComparer.Ordinal).First();
            foreach (string copy in copies.Select(s => s.Path).Where(path => path != best))
            {
                if (!IsBeginning(copy, best))
                {
                    throw Refused(copy, "two files say that they are the same segment of the log, and have different content",
                        $"The other one is \"{best}\". Restore the one that is damaged from a copy, or move it out of the folder.");
                }
                _others.Add(new RecoveryFile(copy, false, $"it is a copy of {best}"));
                _segments.RemoveAll(s => s.Path == copy);
            }
        }
    }

    private long LengthOfLines(string segment)
    {
        using Stream stream = files.OpenRead(segment);
        return LogReserve.LengthWithout(stream);
    }

    private bool IsBeginning(string copy, string whole)
    {
        using Stream left = files.OpenRead(copy), right = files.OpenRead(whole);
        byte[] a = new byte[1 << 16], b = new byte[1 << 16];
        long rest = LogReserve.LengthWithout(left);   // where one has line feeds written ahead, the other has lines
        for (int count; (count = (int)Math.Min(left.ReadAtLeast(a, a.Length, false), rest)) > 0; rest -= count)
        {
            if (right.ReadAtLeast(b.AsSpan(0, count), count, false) < count || !a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count)))
            {
                return false;
            }
        }
        return true;
    }

    // Who begins a timeline writes the database file, and then the manifest, before there is a snapshot of it. One of which neither knows, nor the log, was copied here.
    private void LeaveOutForeign(LogManifest? manifest)
    {
        int known = _segments.Max(s => (int?)s.Header.Timeline) ?? int.MaxValue;
        if (_bases.Find(file => file is { IsDatabaseFile: true, Header: not null }) is not { } own)
        {
            return;
        }
        known = Math.Max(Math.Max(known, own.Timeline), manifest?.Timeline ?? 0);
        _bases.FindAll(file => file.Timeline > known).ForEach(file => _others.Add(new RecoveryFile(file.Path, false,
            string.Create(CultureInfo.InvariantCulture, $"it is of timeline {file.Timeline}, which nothing else here is of: it is another copy's"))));
        _bases.RemoveAll(file => file.Timeline > known);
    }

    private void LeaveOutLater(int? timeline)
    {
        if (timeline is null)
        {
            return;
        }
        foreach ((string filePath, int found) in _segments.Select(s => (s.Path, s.Header.Timeline)).Concat(_bases.Select(b => (b.Path, b.Timeline))).Where(f => f.Item2 > timeline))
        {
            _others.Add(new RecoveryFile(filePath, false, $"it is of timeline {found}, and timeline {timeline} is wanted"));
        }
        _segments.RemoveAll(s => s.Header.Timeline > timeline);
        _bases.RemoveAll(b => b.Timeline > timeline);
    }

    private void EnsureOneHistory(List<RecoverySegment> chain, bool allowsGaps, RecoveryPlan plan)
    {
        foreach ((string filePath, LogHeader header) in _segments.FindAll(s => !chain.Exists(c => c.Path == s.Path)))
        {
            bool isEarlier = header.Segment < chain[0].Header.Segment && (filePath != plan.ActiveSegment?.Path || plan.Earlier.Any(s => s.Path == filePath));   // others' that are older are left out
            if (!allowsGaps && header.Timeline == chain[^1].Header.Timeline && !isEarlier)
            {
                throw Refused(filePath, string.Create(CultureInfo.InvariantCulture, $"the log has two histories: segment {header.Segment} of timeline {header.Timeline} is in two of them"),
                    $"The other one is \"{chain[^1].Path}\". Move the segments that are not meant out of the folder.");
            }
            bool isHistory = plan.Earlier.Any(s => s.Path == filePath && s.LastLsn >= header.FirstLsn);
            _others.Add(new RecoveryFile(filePath, false, isHistory && plan.Holes.FirstOrDefault(h => h.FirstLsn > header.FirstLsn) is { LastLsn: > 0 } hole
                ? string.Create(CultureInfo.InvariantCulture, $"it is history, and the log from LSN {hole.FirstLsn} to {hole.LastLsn} behind it is missing")
                : isHistory ? $"it is history, of timeline {header.Timeline}"
                : header.Timeline < chain[^1].Header.Timeline && header.FirstLsn > chain[0].Header.FirstLsn
                ? $"timeline {header.Timeline} had ended: the database was restored to an earlier point"
                : $"it does not continue into segment {chain[0].Header.Segment}, which the log goes on with"));
        }
        _headless.ForEach(h => _others.Add(new RecoveryFile(h.Path, false, "its header is damaged")));
    }

    internal static PhantomDbException Refused(string filePath, string what, string hint) =>
        new(SqlStates.DataCorrupted, $"the database is not opened: {what}: \"{filePath}\"") { Where = filePath, Hint = $"{hint} {Error.RepairHint}" };
}
