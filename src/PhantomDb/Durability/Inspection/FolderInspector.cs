using System.Globalization;
using System.Text;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Inspection;

/// <summary>
/// Tells what each file of a database is for, and, where it is asked to look at all bytes, whether it is as it was written. Writes nothing and takes no
/// lock: beside a running writer it tells what is there at the moment.
/// </summary>
internal sealed class FolderInspector
{
    private const int AttemptsMax = 20;      // where files get other names meanwhile, or a line is just being written
    private const int WriterPauseMs = 20;
    private const int ReadAtOnceMax = 16 << 20;   // a file of so many bytes is read to its end, also where nothing is verified

    private readonly string _path;
    private readonly IFileSystem _files;
    private readonly MendedLogHeaders _mended;
    private readonly FileNames _names;
    private RecoveryPlan? _plan;
    private RecoveryBase[] _bases = [];      // that recovery can begin with, the best first
    private List<RecoveryPlan>? _older;
    private Dictionary<string, long>? _loads;   // side files that records name, and the LSN of these
    private readonly HashSet<string> _uncommitted = [];   // side files that no record names

    public FolderInspector(string path, IFileSystem files)
    {
        _path = path;
        _files = files;
        _mended = new MendedLogHeaders(files);
        _names = new FileNames(path);
    }

    /// <summary>Why the files cannot be told to be one history; null where they can.</summary>
    public PhantomDbException? Refusal { get; private set; }

    /// <summary>True where there is no file of the database with content.</summary>
    public bool IsEmpty => !_files.FolderExists(_names.Folder) || !_files.List(_names.Folder).Any(file => _names.KindOf(Path.GetFileName(file))
        is DatabaseFileKind.Database or DatabaseFileKind.Snapshot or DatabaseFileKind.LogSegment or DatabaseFileKind.Manifest or DatabaseFileKind.SetAside);

    /// <summary>The files, those that recovery begins with first. Of the last segment all is read, of others headers and ends alone, unless it is asked to verify.</summary>
    public IReadOnlyList<DatabaseFileReport> Inspect(bool verifies)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return InspectOnce(verifies);
            }
            catch (PhantomDbException error) when (error.SqlState is SqlStates.UndefinedFile or SqlStates.IoError && attempt < AttemptsMax)
            {
                // renamed or deleted since it was listed
            }
        }
    }

    private List<DatabaseFileReport> InspectOnce(bool verifies)
    {
        if (!_files.FolderExists(_names.Folder))
        {
            return [];
        }
        List<DatabaseFileReport> reports = [];
        foreach (string file in PlannedFiles())
        {
            string path = Path.Combine(_names.Folder, file);
            DatabaseFileReport report = Describe(new DatabaseFileReport(path, _names.KindOf(file)!.Value, _files.Length(path), ""));
            reports.Add(verifies ? Verify(report) : report);
        }
        return [.. reports.OrderBy(report => report.Kind).ThenBy(report => report.FirstLsn ?? 0).ThenBy(report => report.Name, StringComparer.Ordinal)];
    }

    // Those that were there before the plan was made, and after it too: the plan knows each of them, and, where nothing came or went meanwhile, they are all.
    private string[] PlannedFiles()
    {
        for (int attempt = 1; ; attempt++)
        {
            string[] before = NamesOfFiles();
            MakePlan();
            string[] after = NamesOfFiles();
            if (before.SequenceEqual(after) || attempt == AttemptsMax)
            {
                return [.. after.Intersect(before)];
            }
        }
    }

    private string[] NamesOfFiles() => [.. _files.List(_names.Folder).Select(file => Path.GetFileName(file)!).Where(file => _names.KindOf(file) is not null).Order(StringComparer.Ordinal)];

    private void MakePlan()
    {
        (_plan, _bases, _older, _loads, Refusal) = (null, [], null, null, null);
        _uncommitted.Clear();
        try
        {
            _plan = new RecoveryPlanner(_path, _files).Plan();
            _bases = [.. _plan.Bases.Where(file => _plan.ReasonAgainst(file) is null)];
        }
        catch (PhantomDbException error) when (error.SqlState != SqlStates.UndefinedFile)
        {
            Refusal = error;
        }
    }

    private DatabaseFileReport Describe(DatabaseFileReport file)
    {
        try
        {
            return DescribeReadable(file);
        }
        catch (PhantomDbException error) when (IsUnreadable(error))
        {
            return file with { Purpose = $"cannot be told: {ReasonIn(error)}", IsNeeded = true };
        }
    }

    // Not for what it has: nothing can be said of that. Or it is a pipe, and no file.
    private static bool IsUnreadable(PhantomDbException error) => error.SqlState is SqlStates.InsufficientPrivilege or SqlStates.WrongObjectType;

    private static string ReasonIn(PhantomDbException error) => error.Message.Replace("the database is not opened: ", "", StringComparison.Ordinal);

    private DatabaseFileReport DescribeReadable(DatabaseFileReport file) => file.Kind switch
    {
        DatabaseFileKind.Database or DatabaseFileKind.Snapshot => DescribeBase(file),
        DatabaseFileKind.LogSegment => DescribeSegment(file),
        DatabaseFileKind.SideFile => DescribeSideFile(file),
        DatabaseFileKind.Seal => file with { Purpose = $"checksums of {Path.GetFileNameWithoutExtension(file.Name)}, which has none inside", IsNeeded = true },
        DatabaseFileKind.Manifest => file with
        {
            Purpose = "a list of the log's segments and pins, and how far the log had reached; rebuilt where it is lost, but for pins", IsNeeded = true,
            LastLsn = _plan?.Manifest?.ReachedLsn, Timeline = _plan?.Manifest?.Timeline,
        },
        DatabaseFileKind.Lock => file with { Purpose = "locked by the process that has the database open; left over, it bothers nobody" },
        DatabaseFileKind.SetAside => file with { Purpose = "bytes that recovery or a repair could not use; read by nothing, never deleted by itself" },
        DatabaseFileKind.Unfinished => DescribeUnfinished(file),
        _ => file,
    };

    private DatabaseFileReport DescribeBase(DatabaseFileReport file)
    {
        if (_plan is null)
        {
            return file with { Purpose = Undecided, IsNeeded = true };
        }
        if (ReasonLeftOut(file.Path) is { } reason)
        {
            return file with { Purpose = LeftOut(file.Path, reason) };
        }
        RecoveryBase found = _plan.Bases.First(b => b.Path == file.Path);
        int place = Array.IndexOf(_bases, found);
        DatabaseFileReport known = found.Header is null ? file : file with { LastLsn = found.Lsn, Timeline = found.Timeline };
        return place switch
        {
            0 or 1 when !MayBeWhole(file) => known with { Purpose = $"differs from its checksums: it was edited, or is damaged; phantomdb verify {_names.DatabaseName} tells which", IsNeeded = true },
            0 => known with { Purpose = "recovery begins with it", IsNeeded = true },
            1 => known with { Purpose = $"serves where {Path.GetFileName(_bases[0].Path)} is damaged", IsNeeded = true },
            > 1 => known with { Purpose = "an older state, for a restore" },
            _ => known with { Purpose = LeftOut(file.Path, _plan.ReasonAgainst(found)) },
        };
    }

    // An edit mostly makes a file longer or shorter, which its seal tells.
    private bool MayBeWhole(DatabaseFileReport file)
    {
        using Stream stream = _files.OpenRead(file.Path);
        if (stream.Length > ReadAtOnceMax)
        {
            return SealedFile.ReadSeal(stream) is not { } seal || !SealedFile.IsSealed(stream)
                || stream.Length - seal.ToText().Length - seal.Length == SealedFile.StartOfSections(stream);
        }
        try
        {
            if (SealedFile.IsSealed(stream))
            {
                SealedFile.Verify(stream, file.Path);
            }
            else
            {
                SealedFile.VerifyBeside(_files, stream, file.Path);
            }
            return true;
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted)
        {
            return false;
        }
    }

    private DatabaseFileReport DescribeSegment(DatabaseFileReport file)
    {
        using Stream stream = _files.OpenRead(file.Path);
        RecoverySegment? segment = _plan?.Segments.FirstOrDefault(s => s.Path == file.Path);
        LogReader reader;
        try
        {
            reader = new LogReader(file.Path, stream, OptionsFor(segment));
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.FeatureNotSupported)
        {
            return file with { Purpose = Undecided, IsNeeded = true };
        }
        if (reader.Header is not { } header)
        {
            return DescribeHeadless(file);
        }
        long? last = segment?.Counted is { } counted && !EndsTimeline(segment) ? counted.LastLsn : reader.Seal?.LastLsn ?? LastOf(reader);
        DatabaseFileReport known = file with { FirstLsn = header.FirstLsn, LastLsn = last >= header.FirstLsn ? last : null, Timeline = header.Timeline };
        if (_plan is null)
        {
            return known with { Purpose = Undecided, IsNeeded = true };
        }
        if (segment is null)
        {
            return known with { Purpose = LeftOut(file.Path, ReasonLeftOut(file.Path)) };
        }
        if (_plan.SegmentsAfter(_bases.FirstOrDefault()).Contains(segment))
        {
            return known with { Purpose = segment.Counted is null ? "the log's newest records" : "recovery applies it", IsNeeded = true };
        }
        return _bases.Length > 1 && _plan.SegmentsAfter(_bases[1]).Contains(segment)
            ? known with { Purpose = $"applied where recovery begins with {Path.GetFileName(_bases[1].Path)}", IsNeeded = true }
            : known with { Purpose = $"history: {Path.GetFileName(_bases[0].Path)} has all of its records" };
    }

    // Opening needs it unless what recovery begins with has all that it may have.
    private DatabaseFileReport DescribeHeadless(DatabaseFileReport file)
    {
        if (_plan is null)
        {
            return file with { Purpose = Undecided, IsNeeded = true };
        }
        if (_plan.HeadlessSegments.FirstOrDefault(s => s.Path == file.Path) is not { } headless)
        {
            return file with { Purpose = $"left out: {ReasonLeftOut(file.Path)}" };
        }
        using Stream stream = _mended.OpenRead(file.Path);
        var reader = new LogReader(file.Path, stream);
        long? last = reader.Header is null ? _plan.Segments.FirstOrDefault(s => s.Header.FirstLsn > headless.FirstLsn)?.Header.FirstLsn - 1 : LastOf(reader);
        DatabaseFileReport known = reader.Header is { } header ? file with { FirstLsn = header.FirstLsn, LastLsn = last >= header.FirstLsn ? last : null, Timeline = header.Timeline } : file;
        bool isNeeded = _bases.Length == 0 || !(last <= _bases[0].Lsn);
        return known with
        {
            IsNeeded = isNeeded,
            Purpose = $"its header is damaged{(isNeeded ? reader.Header is null ? "" : ": repair saves what it has" : $"; {Path.GetFileName(_bases[0].Path)} has all of its records")}",
        };
    }

    private DatabaseFileReport DescribeSideFile(DatabaseFileReport file)
    {
        if (_plan is null)
        {
            return file with { Purpose = Undecided, IsNeeded = true };
        }
        _loads ??= (_plan.Manifest?.Rows ?? []).Where(row => row.Kind == LogManifest.Load).ToDictionary(row => row.Name, row => row.FirstLsn);
        if (!_loads.ContainsKey(file.Name))
        {
            AddLoadsOfLog(_plan, _loads);
        }
        if (!_loads.TryGetValue(file.Name, out long lsn))
        {
            RecoveryPlan? older = Older.FirstOrDefault(plan => AddLoadsOfLog(plan, []).ContainsKey(file.Name));
            _uncommitted.UnionWith(older is null ? [file.Name] : []);
            return file with { Purpose = older is null ? "rows of a bulk load that was not committed; deleted when the log is next written to" : $"rows of a bulk load{ForRestore(older.WantedTimeline)}" };
        }
        long needed = _bases.Length > 1 ? _bases[1].Lsn : _bases.Length > 0 ? _bases[0].Lsn : 0;
        return file with
        {
            FirstLsn = lsn, LastLsn = lsn, IsNeeded = lsn > needed,
            Purpose = string.Create(CultureInfo.InvariantCulture, $"rows of a bulk load, the record at LSN {lsn}{(lsn > needed ? "" : "; kept with its segment")}"),
        };
    }

    // The manifest is a hint.
    private Dictionary<string, long> AddLoadsOfLog(RecoveryPlan plan, Dictionary<string, long> loads)
    {
        foreach (RecoverySegment segment in plan.Segments)
        {
            using Stream stream = _files.OpenRead(segment.Path);
            var reader = new LogReader(segment.Path, stream, OptionsFor(segment));
            while (reader.Read())
            {
                if (reader.Operation == LogOperation.Load && reader.Count > 0)
                {
                    loads.TryAdd(Encoding.UTF8.GetString(reader.Value(0)), reader.Line.Lsn);
                }
            }
        }
        return loads;
    }

    private DatabaseFileReport DescribeUnfinished(DatabaseFileReport file)
    {
        // Between two renames of an unsealed save the seal that fits has this name.
        bool isSealInUse = file.Path == DatabaseFileWriter.NewSealPath(_path) && _files.Exists(_path) && IsFitting(file.Path);
        return isSealInUse
            ? file with { Purpose = $"checksums of {Path.GetFileName(_path)}; the next save gives them their name", IsNeeded = true }
            : file with { Purpose = $"{(IsLocked ? "just being written by who has the database open; or " : "")}left by a write that was interrupted; the next one writes over it" };
    }

    private bool IsFitting(string sealPath)
    {
        using Stream stream = _files.OpenRead(_path);
        return !SealedFile.IsSealed(stream) && SealedFile.IsSealFitting(_files, sealPath, stream);
    }

    private DatabaseFileReport Verify(DatabaseFileReport file)
    {
        try
        {
            return file.Kind switch
            {
                DatabaseFileKind.Database or DatabaseFileKind.Snapshot => VerifyBase(file),
                DatabaseFileKind.LogSegment => VerifySegment(file),
                DatabaseFileKind.Manifest => VerifyManifest(file),
                DatabaseFileKind.SideFile => VerifySideFile(file),
                DatabaseFileKind.Seal => SealedFile.ReadBeside(_files, file.Path) switch
                {
                    ({ IsOfKnownVersion: false } header, _) => throw Error.FileVersion(file.Path, header.Version),
                    (not null, not null) => file with { Verdict = FileVerdict.Clean },
                    _ => file with { Verdict = FileVerdict.Damaged, Problem = "the seal does not match its own checksum" },
                },
                _ => file,
            };
        }
        catch (PhantomDbException error) when (IsUnreadable(error))
        {
            return file with { Problem = ReasonIn(error) };
        }
        catch (PhantomDbException error) when (error.SqlState != SqlStates.UndefinedFile)
        {
            return Damaged(file, error);
        }
    }

    /// <summary>The verdict that an error about a file is.</summary>
    public static DatabaseFileReport Damaged(DatabaseFileReport file, PhantomDbException error) => file with
    {
        Verdict = error.SqlState == SqlStates.FeatureNotSupported ? FileVerdict.UnknownVersion : FileVerdict.Damaged,
        Problem = error.Message.Replace($"file \"{file.Path}\" ", "", StringComparison.Ordinal) + (error.Detail is null ? "" : $" ({error.Detail.TrimEnd('.')})"),
        Place = error.Where?.Replace($"{file.Path}, ", "", StringComparison.Ordinal) is { } place && place != file.Path ? place : null,
    };

    /// <summary>The highest LSN of whole transactions of a segment, those behind a bad line too; 0 where there are none.</summary>
    public static long LastLsnBehindDamage(IFileSystem files, string segmentPath)
    {
        using Stream stream = files.OpenRead(segmentPath);
        var reader = new LogReader(segmentPath, stream);
        while (reader.Read())
        {
        }
        return Math.Max(reader.Report.LastLsnBehind, reader.Report.End.Lsn - 1);
    }

    /// <summary>True for a segment that has all that it says it has, whatever its neighbours say.</summary>
    public static bool IsWholeSegment(IFileSystem files, string path)
    {
        using Stream stream = files.OpenRead(path);
        var reader = new LogReader(path, stream);
        while (reader.Read())
        {
        }
        return reader.Report.Verdict == LogVerdict.Clean;
    }

    private DatabaseFileReport VerifyBase(DatabaseFileReport file)
    {
        using Stream stream = _files.OpenRead(file.Path);
        if (SealedFile.IsSealed(stream))
        {
            SealedFile.Verify(stream, file.Path);
        }
        else if (SealedFile.VerifyBeside(_files, stream, file.Path) is null)
        {
            DatabaseFileReader.Read(file.Path, LoadTarget.New, _files);   // nothing but its own text tells
        }
        return ReasonLeftOut(file.Path) is { } reason ? file with { Verdict = FileVerdict.Foreign, Problem = reason } : file with { Verdict = FileVerdict.Clean };
    }

    private DatabaseFileReport VerifySegment(DatabaseFileReport file)
    {
        RecoverySegment? segment = _plan?.Segments.FirstOrDefault(s => s.Path == file.Path);
        LogSegmentReport report = ReadSegment(file.Path, OptionsFor(segment));
        bool isWritten = segment?.Counted is null && IsLocked;
        for (int attempt = 1; isWritten && attempt < AttemptsMax && report.Verdict != LogVerdict.Clean && report.Header is not null; attempt++)
        {
            // A writer may be in the middle of the line: then there will be more.
            Thread.Sleep(WriterPauseMs);
            LogSegmentReport again = ReadSegment(file.Path, OptionsFor(segment) with { From = report.End });
            if (again.End.Lsn > report.End.Lsn)
            {
                return file with { Verdict = FileVerdict.Clean, LastLsn = again.End.Lsn - 1, ByteCount = again.FileLength };
            }
        }
        DatabaseFileReport found = report.End.Lsn - 1 >= file.FirstLsn ? file with { LastLsn = report.End.Lsn - 1 } : file;
        if (report.IsShort && _plan!.MissingEnd(_names.Folder, report.End.Lsn) is { } missing)
        {
            return found with
            {
                Verdict = FileVerdict.Clean,
                Problem = string.Create(CultureInfo.InvariantCulture, $"the log from LSN {report.End.Lsn} to {_plan.ReachedLsn}, behind it, {(_plan.HeadlessEnd is { } headless ? $"is in a segment with a damaged header: {Path.GetFileName(headless.Path)}" : $"is missing: {Path.GetFileName(missing)}")}"),
            };
        }
        if (report.Verdict != LogVerdict.Clean)
        {
            LogFault fault = report.Fault!;
            string behind = report.Header is null ? BehindHeader(file) : report.TransactionsBehind > 0
                ? string.Create(CultureInfo.InvariantCulture, $"; whole transactions behind it: {report.TransactionsBehind}, up to LSN {report.LastLsnBehind}") : "";
            return found with
            {
                Verdict = report.Verdict switch
                {
                    LogVerdict.Torn when report.Header is null && _plan?.UnbegunSegments.Contains(file.Path) != true => FileVerdict.Damaged,
                    LogVerdict.Torn => FileVerdict.Torn, LogVerdict.Doubtful => FileVerdict.Doubtful, _ => FileVerdict.Damaged,
                },
                Problem = fault.Reason + (report.Proof is null ? "" : $" ({report.Proof})") + behind,
                Place = string.Create(CultureInfo.InvariantCulture, $"line {fault.Line}, byte offset {fault.Offset}{(report.Header is null ? ", header" : $", LSN {fault.ExpectedLsn}")}"),
            };
        }
        if (report.IgnoredBytes > 0)
        {
            found = found with { Problem = string.Create(CultureInfo.InvariantCulture, $"{report.IgnoredBytes} bytes behind its last record do not count") };
        }
        if (_plan?.Holes.FirstOrDefault(h => h.NextLsn == report.Header?.FirstLsn) is { LastLsn: > 0 } hole)
        {
            found = found with { Problem = Error.LogHoleText(hole.FirstLsn, hole.LastLsn) };
        }
        return report.Header is { } header && _plan is not null && header.Id != _plan.Id
            ? found with { Verdict = FileVerdict.Foreign, Problem = ReasonLeftOut(file.Path) } : found with { Verdict = FileVerdict.Clean };
    }

    private string BehindHeader(DatabaseFileReport file)
    {
        using Stream stream = _mended.OpenRead(file.Path);
        var reader = new LogReader(file.Path, stream);
        while (reader.Read())
        {
        }
        return reader.Header is null ? "" : string.Create(CultureInfo.InvariantCulture,
            $"; whole transactions behind it: {reader.Report.TransactionCount + reader.Report.TransactionsBehind}, up to LSN {Math.Max(reader.Report.End.Lsn - 1, reader.Report.LastLsnBehind)}");
    }

    private DatabaseFileReport VerifySideFile(DatabaseFileReport file)
    {
        using Stream stream = _files.OpenRead(file.Path);
        SealedFile proved;
        try
        {
            proved = SealedFile.Verify(stream, file.Path);
        }
        catch (PhantomDbException error) when (error.SqlState == SqlStates.DataCorrupted && _uncommitted.Contains(file.Name))
        {
            return file;   // it is just being written, or its process ended meanwhile: nobody misses its rows
        }
        return _plan is not null && proved.Header.Id != _plan.Id
            ? file with { Verdict = FileVerdict.Foreign, Problem = $"it is another database's, with the id {proved.Header.Id:n}" } : file with { Verdict = FileVerdict.Clean };
    }

    private DatabaseFileReport VerifyManifest(DatabaseFileReport file)
    {
        return LogManifest.Read(file.Path, _files, out string? later) switch
        {
            _ when later is not null => throw Error.FileVersion(file.Path, later),
            null => file with { Verdict = FileVerdict.Damaged, Problem = "it does not match its checksum; opening the database writes another, without pins" },
            { } manifest when _plan is not null && _plan.Id != Guid.Empty && manifest.Id != _plan.Id => file with { Verdict = FileVerdict.Foreign, Problem = $"it is another database's, with the id {manifest.Id:n}" },
            { } manifest when _plan is { FilesTimeline: > 0 } plan && plan.ManifestAfter(plan.FilesTimeline) is not null => file with
            {
                Verdict = FileVerdict.Doubtful,
                Problem = string.Create(CultureInfo.InvariantCulture, $"it is of timeline {manifest.Timeline}, and no other file is of a later one than {plan.FilesTimeline}: what began timeline {manifest.Timeline} is missing"),
            },
            _ => file with { Verdict = FileVerdict.Clean },
        };
    }

    // By somebody who is there, or was killed.
    private bool IsLocked => _files.Exists(Path.Combine(_names.Folder, _names.DatabaseName + ".lock"));

    private string Undecided => $"cannot be told: {(Refusal is null ? "the files are not one history" : ReasonIn(Refusal))}";

    private string? ReasonLeftOut(string path) => _plan?.Others.FirstOrDefault(file => file.Path == path)?.Reason;

    // Of older timelines, the newest first.
    private List<RecoveryPlan> Older => _older ??= [.. Enumerable.Range(1, Math.Max(_plan!.NewestTimeline - 1, 0)).Reverse().Select(timeline => PlanOf(timeline)).OfType<RecoveryPlan>()];

    private string LeftOut(string path, string? reason) => $"left out: {reason ?? "it belongs to no history"}{ForRestore(RestoredTimeline(path))}";

    private static string ForRestore(int? timeline) => timeline is null ? "" : string.Create(CultureInfo.InvariantCulture, $"; for a restore to timeline {timeline} (--to t{timeline}:LSN)");

    // The older timeline that the file leads to, where there is something to begin it with.
    private int? RestoredTimeline(string path) =>
        Older.Find(plan => plan.Segments.Any(s => s.Path == path) ? plan.IsFromNothing || plan.Bases.Any(b => plan.ReasonAgainst(b) is null)
            : plan.Bases.Any(b => b.Path == path && b.Timeline == plan.WantedTimeline && plan.ReasonAgainst(b) is null))?.WantedTimeline;

    private RecoveryPlan? PlanOf(int timeline)
    {
        try
        {
            return new RecoveryPlanner(_path, _files).Plan(timeline);
        }
        catch (PhantomDbException error) when (error.SqlState != SqlStates.UndefinedFile)
        {
            return null;   // nothing of it can be promised
        }
    }

    // What lies behind the point where a restore has ended a timeline counts for nothing in the present one, but is whole or not by itself.
    private LogReaderOptions OptionsFor(RecoverySegment? segment) => new()
    {
        Counted = segment is null || EndsTimeline(segment) ? null : segment.Counted, DurableLsn = segment is { Counted: null } ? _plan!.ReachedLsn : 0,
    };

    private bool EndsTimeline(RecoverySegment segment) =>
        segment.Counted is { } counted && _plan!.Segments.FirstOrDefault(next => next.Header.Predecessor == counted)?.Header.Timeline > segment.Header.Timeline;

    private LogSegmentReport ReadSegment(string path, LogReaderOptions options)
    {
        using Stream stream = _files.OpenRead(path);
        var reader = new LogReader(path, stream, options);
        while (reader.Read())
        {
        }
        return reader.Report;
    }

    private static long LastOf(LogReader reader)
    {
        while (reader.Read())
        {
        }
        return reader.End.Lsn - 1;
    }
}
