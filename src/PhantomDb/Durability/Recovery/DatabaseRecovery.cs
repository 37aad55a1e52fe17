using System.Diagnostics;
using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Storage;

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

    /// <summary>True where the log goes on behind the point that was asked for.</summary>
    public bool HasMore { get; init; }

    /// <summary>
    /// True where the log's own notes at its end are missing. The database file has all, but an LSN below theirs: it must be written with theirs before the log goes on,
    /// or there would be a gap between the two.
    /// </summary>
    public bool IsLogEndMissing { get; init; }

    /// <summary>Files that are not whole.</summary>
    public IReadOnlyList<string> DamagedFiles { get; init; } = [];

    /// <summary>The highest number of a transaction in the log's last segments; 0 where it is not known.</summary>
    public long LastTransactionId { get; init; }

    /// <summary>True where the database was empty before LSN 1, as far as is known.</summary>
    public bool HasBegunEmpty { get; init; }

    /// <summary>Promises that records are kept, which the manifest alone has.</summary>
    public IReadOnlyList<LogPin> Pins { get; init; } = [];

    /// <summary>Side files that records name: those that were applied, and older ones that the manifest has.</summary>
    public IReadOnlyList<LogLoad> Loads { get; init; } = [];

    /// <summary>
    /// Where the log of the database goes on: always in a new segment. Records behind the LSN of the file that recovery began with are
    /// needed until a newer one is there.
    /// </summary>
    public LogStart ToLogStart(string folder, string databaseName)
    {
        RecoveredSegment? last = Segments.Count > 0 ? Segments[^1] : null;
        return new LogStart
        {
            Folder = folder, DatabaseName = databaseName, Id = Database.Id, Timeline = Report.Timeline, NextLsn = Report.LastLsn + 1,
            Segment = (last?.Header.Segment ?? 0) + 1, LastTime = last?.LastTime ?? default, Pins = Pins, Loads = Loads, RecoveryFloor = Report.BaseLsn, HasBegunEmpty = HasBegunEmpty,
            Predecessor = last is null ? null : new LogPredecessor(last.Header.Salt, last.LastLsn, last.Length),
            Segments = [.. EarlierSegments.Concat(Segments).Select(s => new LogSegmentFile(Path.GetFileName(s.Path), s.Header.Salt, s.Header.FirstLsn, s.LastLsn, s.Length, s.LastTime))],
        };
    }
}

/// <summary>
/// Brings a database back from its folder: the newest whole file, then the log behind it, whole transactions alone, then what
/// could not be used set aside. Nothing is written before all has been applied, and each step can be done again: a crash in any of them starts it
/// from the beginning. Indexes with expressions, and the segment to write to, are the caller's.
/// </summary>
internal sealed class DatabaseRecovery
{
    private readonly string _path;
    private readonly string _folder;
    private long _lastTransactionId;
    private readonly IFileSystem _files;
    private readonly RecoveryOptions _options;
    private readonly LoadTarget _target;
    private readonly RecoveryPlan _plan;
    private readonly long _reachedLsn;
    private readonly List<RecoveryFile> _used = [];
    private readonly List<RecoveredSegment> _segments = [];
    private readonly List<(RecoveryBase File, PhantomDbException Error)> _badBases = [];
    private long _badLsn;                                    // that a file had which is damaged
    private RecoveryVerdict _verdict;
    private string? _problem;
    private long _recordsRead;
    private long _dropped;
    private long _bytesSetAside;
    private LogSegmentReport? _cut;                          // of the segment that ended before its last byte
    private (int Segment, LogSegmentReport Report)? _faultAt;   // of the segments behind the file
    private IReadOnlyList<RecoverySegment> _lost = [];       // behind it
    private IReadOnlyList<RecoveryLoss> _losses = [];
    private readonly List<string> _damagedFiles = [];        // side files
    private SalvagedBase? _salvaged;                         // what a salvage begins with where no file is whole
    private bool _hasMore;
    private bool _isLogEndMissing;

    private DatabaseRecovery(string path, LoadTarget target, IFileSystem files, RecoveryOptions options)
    {
        _path = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _files = files;
        _options = options;
        _target = target;
        _plan = new RecoveryPlanner(path, files).Plan(options.Timeline, options.AppliesBehindLoss);
        _reachedLsn = Math.Max(options.ReachedLsn, _plan.ReachedLsn);
    }

    /// <summary>Throws where the files are refused: the error names file, line and byte offset.</summary>
    public static RecoveredDatabase Run(string path, LoadTarget target, IFileSystem files, RecoveryOptions? options = null) =>
        new DatabaseRecovery(path, target, files, options ?? new RecoveryOptions()).Run();

    private RecoveredDatabase Run()
    {
        long start = Stopwatch.GetTimestamp();
        long? toLsn = _options.ToTime is { } time ? Math.Min(FindLsn(time), _options.ToLsn ?? long.MaxValue) : _options.ToLsn;
        (LoadedDatabase loaded, RecoveryBase? file) = LoadBase(toLsn);
        TimeSpan loadTime = Stopwatch.GetElapsedTime(start);
        bool hasBegunEmpty = _plan.HasBegunEmpty || file is null || (loaded.Lsn == 0 && loaded.Catalog is { Settings.Count: 0 } catalog
            && !catalog.Tables.Any() && !catalog.Views.Any() && !catalog.Sequences.Any() && !catalog.Schemas.Any(schema => schema.Oid >= DatabaseCatalog.FirstUserOid));
        start = Stopwatch.GetTimestamp();
        var applier = new LogApplier(loaded, _target, _files);
        LoadedDatabase recovered;
        long recordsApplied, transactionsApplied;
        try
        {
            Apply(applier, file, toLsn);
            recovered = applier.Finish();
            (recordsApplied, transactionsApplied) = (applier.RecordCount, applier.TransactionCount);
        }
        catch (PhantomDbException error) when (_options.AppliesBehindLoss && LogSalvage.IsDamage(error))
        {
            // What was applied is half changed: from the file on, one transaction after the other, each as far as it fits.
            recovered = _salvaged is null ? DatabaseFileReader.Read(file!.Path, _target, _files) : _salvaged.Load();
            (recordsApplied, transactionsApplied) = (0, 0);
            _verdict = RecoveryVerdict.Repaired;
            _problem ??= $"{error.Message} ({error.Where})";
            _faultAt = (0, new LogSegmentReport(_path, LogVerdict.Damaged, new LogPosition(0, 1, recovered.Lsn + 1), 0));
        }
        if (_faultAt is { } faultAt && _options.AppliesBehindLoss)
        {
            var salvage = new LogSalvage(_files, recovered, _target);
            recovered = salvage.Run(SegmentsAfter(file), faultAt.Segment, faultAt.Report);
            _damagedFiles.AddRange(salvage.DamagedFiles);
            bool isEndLost = salvage.EndLsn < _reachedLsn && _salvaged is not { IsWithoutLog: true };
            _losses = isEndLost ? [.. salvage.Losses, new RecoveryLoss(salvage.EndLsn + 1, _reachedLsn, [], "it is missing")] : salvage.Losses;
            _dropped = salvage.TransactionsDropped;
            recordsApplied += salvage.RecordsApplied;
            transactionsApplied += salvage.TransactionsApplied;
        }
        TimeSpan applyTime = Stopwatch.GetElapsedTime(start);
        recovered = recovered with { Lsn = EnsureReached(recovered.Lsn, toLsn, loaded.Timeline) };
        bool isNewHistory = _options.IsToPoint || (_options.AppliesBehindLoss && _verdict != RecoveryVerdict.Clean);
        int timeline = isNewHistory ? _plan.NewestTimeline + 1 : Math.Max(_plan.Timeline, loaded.Timeline);
        if (!_options.LeavesFilesAlone)
        {
            SetAside();
        }
        var report = new RecoveryReport
        {
            Verdict = _verdict, Problem = _problem, Files = [.. _used, .. _plan.Others], BaseLsn = loaded.Lsn, LastLsn = recovered.Lsn, Timeline = timeline,
            RecordsRead = _recordsRead, RecordsApplied = recordsApplied, TransactionsApplied = transactionsApplied,
            TransactionsDropped = _dropped, BytesSetAside = _bytesSetAside, Losses = _losses, FileLosses = _salvaged?.Losses ?? [], LoadTime = loadTime, ApplyTime = applyTime,
        };
        Guid id = recovered.Id == Guid.Empty ? _plan.Id : recovered.Id;
        return new RecoveredDatabase(recovered with { Id = id, Timeline = timeline }, report, _segments)
        {
            EarlierSegments = _segments.Count == 0 || _segments[0].Header != _plan.Segments[0].Header ? []
                : [.. _plan.Earlier.Select(s => new RecoveredSegment(s.Path, s.Header, s.Counted!.LastLsn, s.Counted.Length, TimeOf(s.Path)))],
            LastTransactionId = _lastTransactionId, HasBegunEmpty = hasBegunEmpty,
            Loads = [.. applier.Loads, .. OlderLoads(loaded.Lsn)],
            HasMore = _hasMore, IsLogEndMissing = _isLogEndMissing, DamagedFiles = [.. _badBases.Select(b => b.File.Path), .. _cut is null ? Array.Empty<string>() : [_cut.Path], .. _plan.HeadlessSegments, .. _damagedFiles],
            Pins = [.. (_plan.Manifest?.Rows ?? []).Where(row => row.Kind == LogManifest.Pin).Select(row => new LogPin(row.Name, row.FirstLsn))],
        };
    }

    // What the file has already was not read: the manifest tells of it, or else the log is looked through when it is written to.
    private IEnumerable<LogLoad> OlderLoads(long baseLsn) => _plan.Manifest is not { } manifest || manifest.Timeline != _plan.Timeline || _plan.Segments.Count == 0 ? []
        : manifest.Rows.Where(row => row.Kind == LogManifest.Load && row.LastLsn <= baseLsn && row.LastLsn >= _plan.Segments[0].Header.FirstLsn)
            .Select(row => new LogLoad(row.Name, row.LastLsn));

    // The newest file that is whole and that the log continues; an empty database where the log has all from the beginning.
    private (LoadedDatabase Loaded, RecoveryBase? File) LoadBase(long? toLsn)
    {
        string? against = null;
        bool isTooEarly = false;
        NoteUnreadableFile();
        foreach (RecoveryBase file in _plan.Bases.Where(file => !_badBases.Exists(b => b.File == file)))
        {
            isTooEarly |= toLsn < file.Lsn;
            string? reason = toLsn < file.Lsn ? "it is newer than the point to recover to" : _plan.ReasonAgainst(file, _options.AppliesBehindLoss);
            if (reason is not null)
            {
                against ??= $"\"{file.Path}\" cannot be used: {reason}";
                _used.Add(new RecoveryFile(file.Path, false, reason));
                continue;
            }
            try
            {
                LoadedDatabase loaded = DatabaseFileReader.Read(file.Path, _target, _files);
                EnsureNothingLost(file);
                _used.Add(new RecoveryFile(file.Path, true, string.Create(CultureInfo.InvariantCulture, $"the newest whole file, with LSN {file.Lsn} of timeline {file.Timeline}")));
                return (loaded, file);
            }
            catch (PhantomDbException error) when (IsOfFile(error) && !_badBases.Exists(b => b.Error == error))
            {
                NoteBad(file, error);
            }
        }
        if (_options.AppliesBehindLoss && (_badBases.Count > 0 || _plan.Segments.Count > 0))
        {
            _salvaged = new SalvagedBase(_plan, _badBases, _target, _files);
            _verdict = RecoveryVerdict.Repaired;
            _problem ??= _salvaged.Problem;
            return (_salvaged.Load(), _salvaged.Source);
        }
        bool isFromStart = _plan.Segments.Count > 0 && _plan.Segments[0].Header.FirstLsn == 1;
        // A damaged file may have had rows that no log has: those that were there before the first record. Before the first manifest, which a crash may prevent, the files' own LSNs tell.
        bool isAllInLog = _plan.HasBegunEmpty || (_plan.IsManifestMissing && _badBases.TrueForAll(b => b.File.Lsn > 0));
        if (isFromStart && (_badBases.Count == 0 || _options.Mode == RecoveryMode.Salvage || (isAllInLog && EnsureNothingLost(null))))
        {
            return (SalvagedBase.Empty(_plan.Id, _target), null);
        }
        if (_badBases.Count > 0)
        {
            throw _badBases[0].Error;
        }
        if (isTooEarly)
        {
            throw Error.RestorePointGone(string.Create(CultureInfo.InvariantCulture, $"LSN {toLsn} is not kept any more"));
        }
        if (_plan.Segments.Count == 0)
        {
            throw RecoveryPlanner.Refused(_plan.Others.FirstOrDefault()?.Path ?? _path, "there is no file of it", "Put the database file or a snapshot into the folder.");
        }
        throw RecoveryPlanner.Refused(_plan.Segments[0].Path, against ?? $"there is no database file or snapshot, and the log begins with LSN {_plan.Segments[0].Header.FirstLsn} only",
            "Put the missing files back into the folder.");
    }

    // In a salvage a file may break its own rules, too.
    private bool IsOfFile(PhantomDbException error) =>
        error.SqlState is SqlStates.DataCorrupted or SqlStates.BadCopyFileFormat || (_options.AppliesBehindLoss && error.SqlState[..2] is "22" or "23" or "42");

    private RecoverySegment[] SegmentsAfter(RecoveryBase? file) => _salvaged is { IsWithoutLog: true } ? [] : [.. _plan.SegmentsAfter(file)];

    // A database file without a header does not say whether it is newer than a snapshot: if it cannot be read it is told, whatever serves.
    private void NoteUnreadableFile()
    {
        if (_plan.Bases.FirstOrDefault(file => file is { IsDatabaseFile: true, Header: null }) is not { } file || (_plan.Bases.Count == 1 && _plan.Segments.Count == 0))
        {
            return;
        }
        try
        {
            DatabaseFileReader.Read(file.Path, LoadTarget.New, _files);
        }
        catch (PhantomDbException error) when (IsOfFile(error))
        {
            NoteBad(file, error);
        }
    }

    private void NoteBad(RecoveryBase file, PhantomDbException error)
    {
        if (file.IsDatabaseFile && _options.IsEdit?.Invoke(file.Path) == true)
        {
            throw Error.FileEdited(file.Path, error);
        }
        _badBases.Add((file, error));
        _badLsn = Math.Max(_badLsn, file.Lsn);
        _used.Add(new RecoveryFile(file.Path, false, error.Message));
        _verdict = RecoveryVerdict.Repaired;
        _problem ??= $"{error.Message} ({error.Where})";
        if (_options.Mode == RecoveryMode.Strict)
        {
            throw Error.Again(error);
        }
    }

    // Another file serves in place of a damaged one where it has as much, or the log has all that came after it.
    private bool EnsureNothingLost(RecoveryBase? file)
    {
        bool hasAsMuch = _badLsn > 0 && file?.Lsn >= _badLsn;
        if (_badBases.Count > 0 && _options.Mode != RecoveryMode.Salvage && !hasAsMuch && !_plan.SegmentsAfter(file).Any())
        {
            throw _badBases[0].Error;
        }
        return true;
    }

    private void Apply(LogApplier applier, RecoveryBase? file, long? toLsn)
    {
        long baseLsn = applier.LastLsn;
        RecoverySegment[] segments = SegmentsAfter(file);
        foreach (RecoverySegment segment in _plan.Segments.Where(s => !segments.Contains(s)))
        {
            if (segment.Counted is { } counted && segments.Length > 0)
            {
                _used.Add(new RecoveryFile(segment.Path, false, "the file has all of its records"));
                _segments.Add(new RecoveredSegment(segment.Path, segment.Header, counted.LastLsn, counted.Length, TimeOf(segment.Path)));
            }
            else
            {
                _used.Add(new RecoveryFile(segment.Path, false, $"timeline {segment.Header.Timeline} had ended: the file is of a later one"));
            }
        }
        for (int i = 0; i < segments.Length; i++)
        {
            RecoverySegment segment = segments[i];
            if (_options.AppliesBehindLoss && segment.Header.FirstLsn > applier.LastLsn + 1)
            {
                StopAtGap(i, segment, applier.LastLsn + 1);
                return;
            }
            using Stream stream = _files.OpenRead(segment.Path);
            bool isLast = segment.Counted is null;
            EnsureIs(segment, stream);
            long? limit = isLast && _options.IsFollowing
                ? Math.Min(toLsn ?? long.MaxValue, Math.Max(baseLsn, LogTail.KnownDurable(stream, segment.Header.Salt, segment.Header.ToBytes().Length))) : toLsn;
            var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted, DurableLsn = isLast && !_options.IsFollowing ? _reachedLsn : 0 });
            using LogReadAhead? ahead = stream.Length >= _options.ReadAheadLength && Environment.ProcessorCount > 1 ? new LogReadAhead(reader) : null;
            LogRecordCursor records = ahead is null ? reader : ahead;
            DateTime lastTime = default;
            LogPosition end = records.End;
            while (!_hasMore && records.Read())
            {
                LogLine line = records.Line;
                if (line.Lsn > baseLsn && line.Part == 1 && line.Lsn + line.PartCount - 1 > limit)
                {
                    _hasMore = true;
                    continue;
                }
                _recordsRead++;
                lastTime = line.Time;
                end = records.End;
                _lastTransactionId = Math.Max(_lastTransactionId, line.TransactionId);
                if (line.Lsn > baseLsn)
                {
                    applier.Apply(records, segment.Path);
                }
            }
            applier.Flush(segment.Path, end);
            if (_hasMore)
            {
                if (end.Lsn > segment.Header.FirstLsn)
                {
                    _segments.Add(new RecoveredSegment(segment.Path, segment.Header, end.Lsn - 1, end.Offset, lastTime) { NextLine = end.Line });
                }
                _used.Add(new RecoveryFile(segment.Path, true, string.Create(CultureInfo.InvariantCulture, $"up to LSN {applier.LastLsn}")));
                return;
            }
            LogSegmentReport report = records.Report;
            if (report.IsShort && baseLsn >= _plan.ContentLsn)
            {
                report = report with { Verdict = LogVerdict.Clean, Fault = null, IsShort = false };   // the file has what came after it
            }
            _segments.Add(new RecoveredSegment(segment.Path, segment.Header, report.End.Lsn - 1, report.End.Offset, lastTime) { NextLine = report.End.Line });
            _used.Add(new RecoveryFile(segment.Path, true, Describe(report)));
            if (report.Verdict != LogVerdict.Clean && _options.IsFollowing)
            {
                return;   // the rest has not come yet
            }
            if (report.IsShort && _plan.MissingEnd(_folder, report.End.Lsn) is { } missing)
            {
                LoseEnd(report.End.Lsn, missing);
                return;
            }
            if (report.Verdict != LogVerdict.Clean)
            {
                Judge(report);
                _faultAt = (i, report);
                _lost = segments[(i + 1)..];
                return;
            }
        }
    }

    // The last segment that is there is whole: what is lost is another file.
    private void LoseEnd(long firstLsn, string missing)
    {
        PhantomDbException error = EndMissing(firstLsn - 1, _reachedLsn, missing);
        if (_options.Mode != RecoveryMode.Salvage)
        {
            throw error;
        }
        _verdict = RecoveryVerdict.Repaired;
        _problem ??= error.Message;
        _losses = [new RecoveryLoss(firstLsn, _reachedLsn, [], $"the segment is missing: \"{missing}\"")];
    }

    private static PhantomDbException EndMissing(long lastLsn, long reachedLsn, string missing) => RecoveryPlanner.Refused(missing,
        string.Create(CultureInfo.InvariantCulture, $"the log ends with LSN {lastLsn}, but had reached LSN {reachedLsn}; missing is"), "Put the file back into the folder.");

    // Of a segment that is not read: when it was sealed, by its name, or written last. How long it is kept depends on that.
    private DateTime TimeOf(string segmentPath) => LogSegmentName.TryParse(Path.GetFileName(segmentPath))?.RotatedAt ?? _files.WrittenAt(segmentPath);

    private void StopAtGap(int index, RecoverySegment segment, long expectedLsn)
    {
        string reason = string.Create(CultureInfo.InvariantCulture, $"the log from LSN {expectedLsn} to {segment.Header.FirstLsn - 1} is missing");
        _faultAt = (index, new LogSegmentReport(segment.Path, LogVerdict.Damaged, new LogPosition(0, 1, expectedLsn), 0)
        {
            Header = segment.Header, Fault = new LogFault(0, 1, expectedLsn, reason),
        });
        _verdict = RecoveryVerdict.Repaired;
        _problem ??= $"{reason} ({segment.Path})";
    }

    // Beside a writer, a name may have become another segment's since the folder was looked through.
    private static void EnsureIs(RecoverySegment segment, Stream stream)
    {
        byte[] bytes = new byte[(int)Math.Min(stream.Length, LogHeader.LengthMax)];
        stream.ReadExactly(bytes);
        stream.Position = 0;
        if (LogHeader.TryParse(bytes, out _) != segment.Header)
        {
            throw RecoveryPlanner.Refused(segment.Path, "the segment has become another one while it was read", "Try again.");
        }
    }

    private static string Describe(LogSegmentReport report) => string.Create(CultureInfo.InvariantCulture,
        $"LSN {report.Header!.FirstLsn} to {report.End.Lsn - 1}{(report.IgnoredBytes > 0 ? $"; {report.IgnoredBytes} bytes behind them do not count" : "")}")
        + (report.Fault is { } fault ? string.Create(CultureInfo.InvariantCulture, $"; {fault.Reason} (line {fault.Line}, byte offset {fault.Offset})") : "");

    private void Judge(LogSegmentReport report)
    {
        bool isAccepted = _options.Mode switch
        {
            RecoveryMode.TornTail => report.Verdict is LogVerdict.Torn or LogVerdict.Doubtful,
            RecoveryMode.Salvage => true,
            _ => false,
        };
        PhantomDbException error = report.ToError();
        if (!isAccepted)
        {
            throw error;
        }
        bool isTorn = report.Verdict == LogVerdict.Torn;
        _verdict = isTorn && _verdict != RecoveryVerdict.Repaired ? RecoveryVerdict.Torn : RecoveryVerdict.Repaired;
        _problem ??= $"{report.Fault!.Reason} ({error.Where})";
        _dropped += report.TransactionsBehind;
        _cut = report;
    }

    // The last LSN of the log's transactions up to a time. Time never goes back.
    private long FindLsn(DateTime time)
    {
        long lsn = _plan.Segments.Count > 0 ? _plan.Segments[0].Header.FirstLsn - 1 : 0;
        bool isFirst = true;
        foreach (RecoverySegment segment in _plan.Segments)
        {
            using Stream stream = _files.OpenRead(segment.Path);
            EnsureIs(segment, stream);
            var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
            while (reader.Read())
            {
                if (reader.Line.Time > time)
                {
                    return !isFirst ? lsn
                        : throw Error.RestorePointGone($"what the database had at {Text(time)} is not kept any more: its log begins at {Text(reader.Line.Time)}");
                }
                lsn = reader.Line.Lsn;
                isFirst = false;
            }
            if (reader.Report.Verdict == LogVerdict.Damaged)
            {
                throw reader.Report.ToError();
            }
        }
        return _plan.Segments.Count > 0 ? lsn : long.MaxValue;
    }

    private static string Text(DateTime time) => time.ToString("yyyy-MM-dd HH:mm:ss.ffffff 'UTC'", CultureInfo.InvariantCulture);

    // The manifest is about a history that is over where the file is of a later one.
    // Gives the LSN that is reached: the log's own notes are not missed, but their LSNs are not given again.
    private long EnsureReached(long lsn, long? toLsn, int timeline)
    {
        long reached = timeline > _plan.Timeline ? _options.ReachedLsn : _reachedLsn;
        long floor = Math.Min(Math.Max(reached, _badLsn), toLsn ?? long.MaxValue);
        if (lsn >= floor || _hasMore || _options.Mode == RecoveryMode.Salvage || _options.IsFollowing)
        {
            return lsn;
        }
        if (lsn >= _plan.ContentLsn && floor == _plan.ReachedLsn)
        {
            _verdict = RecoveryVerdict.Repaired;
            _isLogEndMissing = true;
            _problem ??= string.Create(CultureInfo.InvariantCulture, $"the end of the log is missing, LSN {lsn + 1} to {floor}: nothing had been changed there");
            return floor;
        }
        throw _plan.MissingEnd(_folder, lsn + 1) is { } missing ? EndMissing(lsn, floor, missing) : RecoveryPlanner.Refused(_plan.Segments.Count > 0 ? _plan.Segments[^1].Path : _used[^1].Path,
            string.Create(CultureInfo.InvariantCulture, $"its files end with LSN {lsn}, but the log had reached LSN {floor}"), "Put the missing files back into the folder.");
    }

    private void SetAside()
    {
        var aside = new FilesSetAside(_files);
        foreach (string unbegun in _plan.UnbegunSegments)
        {
            aside.Unbegun(unbegun);
            _verdict = _verdict == RecoveryVerdict.Clean ? RecoveryVerdict.Torn : _verdict;
            _problem ??= $"the segment was never begun ({unbegun})";
        }
        if (_cut is { } cut && cut.FileLength > cut.End.Offset)
        {
            aside.EndOf(cut, _verdict == RecoveryVerdict.Torn ? FilesSetAside.Torn : FilesSetAside.Bad);
        }
        else if (_plan.ActiveSegment is { } written)
        {
            aside.ReserveOf(written.Path);
        }
        if (_plan.ActiveSegment is { } active && (_segments.Count == 0 || _segments[^1].Path != active.Path) && !_lost.Any(s => s.Path == active.Path))
        {
            // The log goes on under its name: it keeps another, as a sealed one has.
            string name = aside.Active(active.Path, new LogSegmentName(_plan.DatabaseName, _files.WrittenAt(active.Path), active.Header.FirstLsn));
            int i = _segments.FindIndex(s => s.Path == active.Path);
            if (i >= 0)
            {
                _segments[i] = _segments[i] with { Path = name };
            }
        }
        foreach (RecoverySegment lost in _lost)
        {
            aside.Whole(lost.Path, lost.Header.FirstLsn);
        }
        foreach ((RecoveryBase file, _) in _badBases)
        {
            string kept = aside.Whole(file.Path, file.Lsn);
            int i = _used.FindIndex(f => f.Path == file.Path);
            _used[i] = _used[i] with { Reason = $"{_used[i].Reason}; kept as \"{kept}\"" };
        }
        _bytesSetAside += aside.ByteCount;
    }
}
