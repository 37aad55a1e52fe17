using System.Diagnostics;
using System.Globalization;
using PhantomDb.Catalog;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb.Durability.Recovery;

/// <summary>A segment as it was read, and what counts of it.</summary>
internal sealed record RecoveredSegment(string Path, LogHeader Header, long LastLsn, long Length, DateTime LastTime);

/// <summary>A database as its files have it, and what was found. The log goes on in a new segment behind the last of these.</summary>
internal sealed record RecoveredDatabase(LoadedDatabase Database, RecoveryReport Report, IReadOnlyList<RecoveredSegment> Segments)
{
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
            Segment = (last?.Header.Segment ?? 0) + 1, LastTime = last?.LastTime ?? default, Pins = Pins, Loads = Loads, RecoveryFloor = Report.BaseLsn,
            Predecessor = last is null ? null : new LogPredecessor(last.Header.Salt, last.LastLsn, last.Length),
            Segments = [.. Segments.Select(s => new LogSegmentFile(Path.GetFileName(s.Path), s.Header.Salt, s.Header.FirstLsn, s.LastLsn, s.Length, s.LastTime))],
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
    private readonly IFileSystem _files;
    private readonly RecoveryOptions _options;
    private readonly LoadTarget _target;
    private readonly RecoveryPlan _plan;
    private readonly long _reachedLsn;
    private readonly List<RecoveryFile> _used = [];
    private readonly List<RecoveredSegment> _segments = [];
    private readonly List<PhantomDbException> _badBases = [];
    private long _badLsn;                                    // that a file had which is damaged
    private RecoveryVerdict _verdict;
    private string? _problem;
    private long _recordsRead;
    private long _dropped;
    private long _bytesSetAside;
    private LogSegmentReport? _cut;                          // of the segment that ended before its last byte
    private IReadOnlyList<RecoverySegment> _lost = [];       // behind it

    private DatabaseRecovery(string path, LoadTarget target, IFileSystem files, RecoveryOptions options)
    {
        _path = path;
        _files = files;
        _options = options;
        _target = target;
        _plan = new RecoveryPlanner(path, files).Plan();
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
        start = Stopwatch.GetTimestamp();
        var applier = new LogApplier(loaded, _target, _files);
        Apply(applier, file, toLsn);
        LoadedDatabase recovered = applier.Finish();
        TimeSpan applyTime = Stopwatch.GetElapsedTime(start);
        EnsureReached(recovered.Lsn, toLsn);
        int timeline = Math.Max(_plan.Timeline, loaded.Timeline) + (_options.IsToPoint ? 1 : 0);
        if (!_options.IsReadOnly && !_options.IsToPoint)
        {
            SetAside();
        }
        var report = new RecoveryReport
        {
            Verdict = _verdict, Problem = _problem, Files = [.. _used, .. _plan.Others], BaseLsn = loaded.Lsn, LastLsn = recovered.Lsn, Timeline = timeline,
            RecordsRead = _recordsRead, RecordsApplied = applier.RecordCount, TransactionsApplied = applier.TransactionCount,
            TransactionsDropped = _dropped, BytesSetAside = _bytesSetAside, LoadTime = loadTime, ApplyTime = applyTime,
        };
        Guid id = recovered.Id == Guid.Empty ? _plan.Id : recovered.Id;
        return new RecoveredDatabase(recovered with { Id = id, Timeline = timeline }, report, _segments)
        {
            Loads = [.. applier.Loads, .. OlderLoads(loaded.Lsn)],
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
        foreach (RecoveryBase file in _plan.Bases)
        {
            string? reason = toLsn < file.Lsn ? "it is newer than the point to recover to" : _plan.ReasonAgainst(file);
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
            catch (PhantomDbException error) when (error.SqlState is SqlStates.DataCorrupted or SqlStates.BadCopyFileFormat && !_badBases.Contains(error))
            {
                _badBases.Add(error);
                _badLsn = Math.Max(_badLsn, file.Lsn);
                _used.Add(new RecoveryFile(file.Path, false, error.Message));
                _verdict = RecoveryVerdict.Repaired;
                _problem ??= $"{error.Message} ({error.Where})";
                if (_options.Mode == RecoveryMode.Strict)
                {
                    throw;
                }
            }
        }
        bool isFromStart = _plan.Segments.Count > 0 && _plan.Segments[0].Header is { FirstLsn: 1, Predecessor: null };
        if (isFromStart && (_badBases.Count == 0 || _options.Mode == RecoveryMode.Salvage || EnsureNothingLost(null)))
        {
            var empty = new LoadedDatabase(DatabaseCatalog.Empty with { NextOid = Math.Max(DatabaseCatalog.FirstUserOid, _target.FirstOid) }, new DatabaseStorage(_target.Account, _target.Timestamps))
            {
                Id = _plan.Id, IsSealed = true, IsProved = true,
            };
            return (empty, null);
        }
        if (_badBases.Count > 0)
        {
            throw _badBases[0];
        }
        if (_plan.Segments.Count == 0)
        {
            throw RecoveryPlanner.Refused(_plan.Others.FirstOrDefault()?.Path ?? _path, "there is no file of it", "Put the database file or a snapshot into the folder.");
        }
        throw RecoveryPlanner.Refused(_plan.Segments[0].Path, against ?? $"there is no database file or snapshot, and the log begins with LSN {_plan.Segments[0].Header.FirstLsn} only",
            "Put the missing files back into the folder.");
    }

    // An older file serves in place of a damaged one where the log has all that came after it.
    private bool EnsureNothingLost(RecoveryBase? file)
    {
        if (_badBases.Count > 0 && _options.Mode != RecoveryMode.Salvage && !_plan.SegmentsAfter(file).Any())
        {
            throw _badBases[0];
        }
        return true;
    }

    private void Apply(LogApplier applier, RecoveryBase? file, long? toLsn)
    {
        long baseLsn = applier.LastLsn;
        RecoverySegment[] segments = [.. _plan.SegmentsAfter(file)];
        foreach (RecoverySegment segment in _plan.Segments.Where(s => !segments.Contains(s)))
        {
            if (segment.Counted is { } counted && segments.Length > 0)
            {
                _used.Add(new RecoveryFile(segment.Path, false, "the file has all of its records"));
                _segments.Add(new RecoveredSegment(segment.Path, segment.Header, counted.LastLsn, counted.Length, default));
            }
            else
            {
                _used.Add(new RecoveryFile(segment.Path, false, $"timeline {segment.Header.Timeline} had ended: the file is of a later one"));
            }
        }
        for (int i = 0; i < segments.Length; i++)
        {
            RecoverySegment segment = segments[i];
            using Stream stream = _files.OpenRead(segment.Path);
            bool isLast = segment.Counted is null;
            var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted, DurableLsn = isLast ? _reachedLsn : 0 });
            DateTime lastTime = default;
            bool isStopped = false;
            while (!isStopped && reader.Read())
            {
                LogLine line = reader.Line;
                if (line.Lsn > baseLsn && line.Part == 1 && line.Lsn + line.PartCount - 1 > toLsn)
                {
                    isStopped = true;
                    continue;
                }
                _recordsRead++;
                lastTime = line.Time;
                if (line.Lsn > baseLsn)
                {
                    applier.Apply(reader, segment.Path);
                }
            }
            applier.Flush(segment.Path, reader.End);
            if (isStopped)
            {
                _used.Add(new RecoveryFile(segment.Path, true, string.Create(CultureInfo.InvariantCulture, $"up to LSN {applier.LastLsn}")));
                return;
            }
            LogSegmentReport report = reader.Report;
            _segments.Add(new RecoveredSegment(segment.Path, segment.Header, report.End.Lsn - 1, report.End.Offset, lastTime));
            _used.Add(new RecoveryFile(segment.Path, true, Describe(report)));
            if (report.Verdict != LogVerdict.Clean)
            {
                Judge(report);
                _lost = segments[(i + 1)..];
                return;
            }
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
        foreach (RecoverySegment segment in _plan.Segments)
        {
            using Stream stream = _files.OpenRead(segment.Path);
            var reader = new LogReader(segment.Path, stream, new LogReaderOptions { Counted = segment.Counted });
            while (reader.Read())
            {
                if (reader.Line.Time > time)
                {
                    return lsn;
                }
                lsn = reader.Line.Lsn;
            }
            if (reader.Report.Verdict == LogVerdict.Damaged)
            {
                throw reader.Report.ToError();
            }
        }
        return lsn;
    }

    private void EnsureReached(long lsn, long? toLsn)
    {
        long floor = Math.Min(Math.Max(_reachedLsn, _badLsn), toLsn ?? long.MaxValue);
        if (lsn >= floor || _options.Mode == RecoveryMode.Salvage)
        {
            return;
        }
        throw RecoveryPlanner.Refused(_plan.Segments.Count > 0 ? _plan.Segments[^1].Path : _used[^1].Path,
            string.Create(CultureInfo.InvariantCulture, $"its files end with LSN {lsn}, but the log had reached LSN {floor}"), "Put the missing files back into the folder.");
    }

    // First a copy that is on the disk, then the cut. The copy's name tells what it is of: done again, it is the same one.
    private void SetAside()
    {
        foreach (string unbegun in _plan.UnbegunSegments)
        {
            long length = _files.Length(unbegun);
            _bytesSetAside += length;
            _files.Rename(unbegun, $"{unbegun}.torn_0_{length.ToString(CultureInfo.InvariantCulture)}");
            _files.FlushFolder(Path.GetDirectoryName(unbegun)!);
            _verdict = _verdict == RecoveryVerdict.Clean ? RecoveryVerdict.Torn : _verdict;
            _problem ??= $"the segment was never begun ({unbegun})";
        }
        if (_cut is { } cut && cut.FileLength > cut.End.Offset)
        {
            string kind = _verdict == RecoveryVerdict.Torn ? "torn" : "bad";
            string aside = string.Create(CultureInfo.InvariantCulture, $"{cut.Path}.{kind}_{cut.End.Lsn}_{cut.FileLength - cut.End.Offset}");
            Copy(cut, aside);
            using IWritableFile file = _files.OpenWrite(cut.Path);
            file.TruncateTo(cut.End.Offset);
            file.Flush();
            _bytesSetAside += cut.FileLength - cut.End.Offset;
        }
        if (_plan.ActiveSegment is { } active && !_segments.Exists(s => s.Path == active.Path) && !_lost.Any(s => s.Path == active.Path))
        {
            // The log goes on under its name: it keeps another, as a sealed one has.
            string folder = Path.GetDirectoryName(active.Path)!;
            var name = new LogSegmentName(_plan.DatabaseName, _files.WrittenAt(active.Path), active.Header.FirstLsn);
            while (_files.Exists(Path.Combine(folder, name.ToString())))
            {
                name = name with { Number = name.Number + 1 };
            }
            _files.Rename(active.Path, Path.Combine(folder, name.ToString()));
            _files.FlushFolder(folder);
        }
        foreach (RecoverySegment lost in _lost)
        {
            _bytesSetAside += _files.Length(lost.Path);
            _files.Rename(lost.Path, string.Create(CultureInfo.InvariantCulture, $"{lost.Path}.bad_{lost.Header.FirstLsn}"));
            _files.FlushFolder(Path.GetDirectoryName(lost.Path)!);
        }
    }

    private void Copy(LogSegmentReport cut, string target)
    {
        using Stream source = _files.OpenRead(cut.Path);
        source.Position = cut.End.Offset;
        using IWritableFile copy = _files.Create(target);
        byte[] buffer = new byte[1 << 16];
        for (int read = source.Read(buffer); read > 0; read = source.Read(buffer))
        {
            copy.Append(buffer.AsSpan(0, read));
        }
        copy.Flush();
        _files.FlushFolder(Path.GetDirectoryName(target)!);
    }
}
