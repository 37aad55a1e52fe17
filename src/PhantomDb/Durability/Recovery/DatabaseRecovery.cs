using System.Diagnostics;
using System.Globalization;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// Brings a database back from its folder: the newest whole file, then the log behind it, whole transactions alone, then what
/// could not be used set aside. Nothing is written before all has been applied, and each step can be done again: a crash in any of them starts it
/// from the beginning. Indexes with expressions, and the segment to write to, are the caller's.
/// </summary>
internal sealed class DatabaseRecovery
{
    private readonly string _path;
    private readonly string _folder;
    private readonly IFileSystem _files;
    private readonly RecoveryOptions _options;
    private readonly LoadTarget _target;
    private readonly RecoveryPlan _plan;
    private readonly RecoveryFindings _findings;
    private readonly long? _toLsn;

    private DatabaseRecovery(string path, LoadTarget target, IFileSystem files, RecoveryOptions options)
    {
        _path = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        _files = files;
        _options = options;
        _target = target;
        _plan = new RecoveryPlanner(path, files).Plan(options.Timeline, options.AppliesBehindLoss);
        _toLsn = options.ToTime is { } time ? Math.Min(new PointInTime(_plan, files).Find(time), options.ToLsn ?? long.MaxValue) : options.ToLsn;
        _plan = _toLsn is { } lsn && !options.AppliesBehindLoss ? _plan.UpTo(lsn) : _plan;
        _findings = new RecoveryFindings(options.Mode);
    }

    /// <summary>What applying the log has given.</summary>
    private readonly record struct Applied(LoadedDatabase Database, long RecordCount, long TransactionCount);

    /// <summary>Throws where the files are refused: the error names file, line and byte offset.</summary>
    public static RecoveredDatabase Run(string path, LoadTarget target, IFileSystem files, RecoveryOptions? options = null) =>
        new DatabaseRecovery(path, target, files, options ?? new RecoveryOptions()).Run();

    private RecoveredDatabase Run()
    {
        long start = Stopwatch.GetTimestamp();
        long? toLsn = _toLsn;
        var choice = new BaseChoice(_path, _plan, toLsn, _options, _target, _files, _findings);
        TimeSpan loadTime = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        (long baseLsn, int baseTimeline) = (choice.Loaded.Lsn, choice.Loaded.Timeline);
        var coverage = new LogCoverage(_plan, baseLsn, baseTimeline, _options.ReachedLsn);
        var applier = new LogApplier(choice.Loaded, _target, _files);
        var replay = new LogReplay(_plan, _options, coverage, _files, _findings);
        Applied applied = Apply(choice, coverage, applier, replay, toLsn);
        TimeSpan applyTime = Stopwatch.GetElapsedTime(start);
        long lastLsn = EnsureEnd(applied.Database.Lsn, toLsn, choice, coverage, replay);
        bool isBesideLog = IsBesideLog(choice, replay);
        lastLsn += isBesideLog ? 1 : 0;
        bool isNewHistory = _options.IsToPoint || (_options.AppliesBehindLoss && _findings.Verdict != RecoveryVerdict.Clean);
        int timeline = isNewHistory ? _plan.NewestTimeline + 1 : Math.Max(_plan.Timeline, baseTimeline);
        RecoveredSegment? headlessEnd = _options.LeavesFilesAlone ? null : HeadlessEnd(lastLsn);   // before it gets another name
        long bytesSetAside = _options.LeavesFilesAlone ? 0 : new FilesSetAside(_files).Run(_plan, choice, replay, _findings);
        var report = new RecoveryReport
        {
            Verdict = _findings.Verdict,
            Problem = _findings.Problem,
            Files = [.. _findings.Files, .. _plan.Others],
            BaseLsn = baseLsn,
            LastLsn = lastLsn,
            Timeline = timeline,
            RecordsRead = replay.RecordsRead,
            RecordsApplied = applied.RecordCount,
            TransactionsApplied = applied.TransactionCount,
            TransactionsDropped = replay.TransactionsDropped,
            BytesSetAside = bytesSetAside,
            Losses = _findings.Losses,
            FileLosses = choice.Losses,
            LoadTime = loadTime,
            ApplyTime = applyTime,
        };
        Guid id = applied.Database.Id == Guid.Empty ? _plan.Id : applied.Database.Id;
        return new RecoveredDatabase(applied.Database with { Id = id, Timeline = timeline, Lsn = lastLsn }, report, replay.Segments)
        {
            SourcePath = choice.Source?.Path,
            IsBehindFile = choice.Source is not null,
            OwnFileLsn = OwnFileLsn(choice),
            IsBesideLog = isBesideLog,
            HasMore = replay.HasMore,
            MustSaveFirst = isBesideLog || Math.Max(replay.PassedOverLsn, lastLsn > applied.Database.Lsn ? lastLsn : 0) > baseLsn,
            NewestTimeline = _plan.NewestTimeline,
            LastTransactionId = replay.LastTransactionId,
            WholeFrom = Math.Max(replay.Segments.Count > 0 ? replay.Segments[0].Header.FirstLsn : lastLsn + 1, replay.PassedOverLsn + 1),
            EarlierSegments = [.. _plan.Earlier.Where(s => replay.Segments.All(read => read.Header != s.Header)).Select(s => Unread(s, replay.PathOf(s.Path)))],
            HeadlessEnd = headlessEnd,
            HasHeadlessSegments = _plan.HeadlessSegments.Count > 0,
            DamagedBases = [.. choice.Damaged.Select(file => file.Path)],
            DamagedFiles = [.. choice.Damaged.Select(file => file.Path), .. replay.Cut is null ? Array.Empty<string>() : [replay.Cut.Path],
                .. _plan.HeadlessSegments.Select(segment => segment.Path), .. _findings.DamagedFiles],
            Loads = [.. applier.Loads, .. OlderLoads(baseLsn)],
            Pins = [.. _plan.Manifest?.Pins ?? []],
            SnapshotRows = [.. _plan.Manifest?.SnapshotRows ?? []],
        };
    }

    // The file was written elsewhere from where the log here has another segment: see RecoveredDatabase.IsBesideLog.
    private static bool IsBesideLog(BaseChoice choice, LogReplay replay) => choice.Loaded.History.Last is { } mark && replay.Segments is [.., var end]
        && end.Header.Salt != mark.Salt && end.Header.FirstLsn <= mark.FirstLsn && mark.FirstLsn <= end.LastLsn;

    // Of the database's own file, where it is whole and belongs to this history.
    private long? OwnFileLsn(BaseChoice choice) => _plan.Bases.FirstOrDefault(file => file.IsDatabaseFile && file.Header is not null
        && _plan.ReasonAgainst(file) is null && !choice.Damaged.Any(damaged => damaged.Path == file.Path))?.Lsn;

    private RecoveredSegment Unread(RecoverySegment segment, string path) => new(path, segment.Header, segment.Counted!.LastLsn, segment.Counted.Length, LogReplay.TimeOf(path, _files));

    private Applied Apply(BaseChoice choice, LogCoverage coverage, LogApplier applier, LogReplay replay, long? toLsn)
    {
        Applied applied;
        try
        {
            replay.Run(applier, choice.Segments, toLsn);
            applied = new Applied(applier.Finish(), applier.RecordCount, applier.TransactionCount);
        }
        catch (PhantomDbException error) when (_options.AppliesBehindLoss && LogSalvage.IsDamage(error))
        {
            // What was applied is half changed: from the file on, one transaction after the other, each as far as it fits.
            LoadedDatabase again = choice.LoadAgain();
            applied = new Applied(again, 0, 0);
            _findings.Without(error);
            replay.Fault = (0, new LogSegmentReport(_path, LogVerdict.Damaged, new LogPosition(0, 1, again.Lsn + 1), 0));
        }
        if (replay.Fault is not { } fault || !_options.AppliesBehindLoss)
        {
            return applied;
        }
        var salvage = new LogSalvage(_files, applied.Database, _target);
        LoadedDatabase salvaged = salvage.Run(choice.Segments, fault.Segment, fault.Report);
        _findings.DamagedFiles.AddRange(salvage.DamagedFiles);
        _findings.Losses.AddRange(salvage.Losses);
        if (salvage.EndLsn < coverage.ReachedLsn && choice.Salvaged is not { IsWithoutLog: true })
        {
            _findings.Losses.Add(new RecoveryLoss(salvage.EndLsn + 1, coverage.ReachedLsn, [], "it is missing"));
        }
        replay.TransactionsDropped = salvage.TransactionsDropped;
        return new Applied(salvaged, applied.RecordCount + salvage.RecordsApplied, applied.TransactionCount + salvage.TransactionsApplied);
    }

    // What the file has already was not read: the manifest tells of it, or else the log is looked through when it is written to.
    private IEnumerable<LogLoad> OlderLoads(long baseLsn) => _plan.ManifestOf(_plan.Timeline) is not { } manifest || _plan.Segments.Count == 0 ? []
        : manifest.Rows.Where(row => row.Kind == LogManifest.Load && row.LastLsn <= baseLsn && row.LastLsn >= _plan.Segments[0].Header.FirstLsn)
            .Select(row => new LogLoad(row.Name, row.LastLsn));

    // Whether all is there that had been there. Gives the LSN that is reached: the log's own notes are not missed, but their LSNs are not given again.
    private long EnsureEnd(long lsn, long? toLsn, BaseChoice choice, LogCoverage coverage, LogReplay replay)
    {
        if (replay.HasMore || lsn >= toLsn)
        {
            return lsn;
        }
        if (_plan.MissingUpToLsn is { } missingUpTo)
        {
            throw Error.RestorePointGone(string.Create(CultureInfo.InvariantCulture, $"LSN {toLsn} cannot be reached: LSN {lsn + 1} to {missingUpTo} of the log are missing"));
        }
        NoteHeadless(coverage);
        if (_plan.IsManifestDamaged && !_options.IsFollowing)
        {
            _findings.Without(new PhantomDbException(SqlStates.DataCorrupted, "the manifest is damaged: whether the log had gone on, and what was pinned, is not known")
            {
                Where = Path.Combine(_folder, LogManifest.FileName(_plan.DatabaseName)),
            });
        }
        EnsureSegmentThere(toLsn, coverage);
        long floor = Math.Min(Math.Max(coverage.ReachedLsn, choice.DamagedLsn), toLsn ?? long.MaxValue);
        if (lsn >= floor || _options.IsFollowing)
        {
            return lsn;
        }
        if (_options.Mode == RecoveryMode.Salvage)
        {
            if (lsn < Math.Max(coverage.ContentLsn, choice.DamagedLsn) && !_findings.Losses.Exists(loss => loss.LastLsn >= floor))
            {
                _findings.Losses.Add(new RecoveryLoss(lsn + 1, floor, [], "it is missing"));
            }
            return lsn;
        }
        if (floor <= coverage.CoveredLsn)
        {
            _findings.Without(LogReplay.EndNotNeeded(_path, lsn + 1, floor, coverage.BaseLsn));
            return floor;
        }
        throw _plan.MissingEnd(_folder, lsn + 1) is { } missing ? LogReplay.EndMissing(_plan, lsn, floor, missing)
            : RecoveryPlanner.Refused(_plan.Segments.Count > 0 ? _plan.Segments[^1].Path : _findings.Files[^1].Path,
                string.Create(CultureInfo.InvariantCulture, $"its files end with LSN {lsn}, but the log had reached LSN {floor}"), "Put the missing files back into the folder.");
    }

    // A segment that cannot be read is a loss unless all that it may have had is covered; of older ones the segments behind them tell.
    private void NoteHeadless(LogCoverage coverage)
    {
        foreach (HeadlessSegment segment in _plan.HeadlessSegments)
        {
            PhantomDbException error = RecoveryPlanner.Refused(segment.Path, BaseChoice.HeaderDamaged, BaseChoice.RestoreSegment);
            if (segment == _plan.HeadlessEnd && !(coverage.EndLsn <= coverage.CoveredLsn) && _options.Mode != RecoveryMode.Salvage)
            {
                throw error;
            }
            _findings.Without(new PhantomDbException(error.SqlState, $"{BaseChoice.HeaderDamaged}; what it had is not needed") { Where = segment.Path });
        }
    }

    // What the log goes on behind though nobody needs it: else the next segment would take its number.
    private RecoveredSegment? HeadlessEnd(long lastLsn)
    {
        if (_plan.HeadlessEnd is not { } headless)
        {
            return null;
        }
        using Stream stream = new MendedLogHeaders(_files).OpenRead(headless.Path);
        var reader = new LogReader(headless.Path, stream);
        DateTime lastTime = default;
        while (reader.Read())
        {
            lastTime = reader.Line.Time;
        }
        return reader.Header is { } header && header.Id == _plan.Id && header.Timeline == _plan.Timeline && reader.End.Lsn - 1 == lastLsn
            ? new RecoveredSegment(headless.Path, header, lastLsn, reader.End.Offset, lastTime) : null;
    }

    private void EnsureSegmentThere(long? toLsn, LogCoverage coverage)
    {
        if (coverage.MissingSegment is not { } missing || toLsn < missing.FirstLsn || _options.IsFollowing)
        {
            return;
        }
        string extent = coverage.ReachedLsn < missing.FirstLsn ? "nobody knows how far it went"
            : string.Create(CultureInfo.InvariantCulture, $"it had reached LSN {coverage.ReachedLsn}, and nobody knows how far it went");
        string path = Path.Combine(_folder, LogSegmentName.Active(_plan.DatabaseName));
        PhantomDbException error = RecoveryPlanner.Refused(path,
            string.Create(CultureInfo.InvariantCulture, $"the log from LSN {missing.FirstLsn} on is missing: {extent}; it was"), "Put the file back into the folder.");
        if (_options.Mode != RecoveryMode.Salvage)
        {
            throw error;
        }
        _findings.Note(RecoveryVerdict.Repaired, error.Message);
        long firstLsn = Math.Max(missing.FirstLsn, coverage.BaseLsn + 1);   // what the file has is not lost
        if (!_findings.Losses.Exists(loss => loss.LastLsn >= firstLsn))
        {
            _findings.Losses.Add(new RecoveryLoss(firstLsn, long.MaxValue, [],
                _plan.HeadlessEnd is { } headless ? $"{BaseChoice.HeaderDamaged}: {extent}; it is \"{headless.Path}\"" : $"the segment is missing: {extent}; it was \"{path}\""));
        }
    }
}
