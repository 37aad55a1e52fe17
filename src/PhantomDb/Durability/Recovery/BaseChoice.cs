using System.Globalization;
using PhantomDb.Durability.Log;
using PhantomDb.Errors;

namespace PhantomDb.Durability.Recovery;

/// <summary>
/// What the log is applied to: the newest whole file that it continues; an empty database where the log has all from the beginning; in a salvage what can be
/// saved of a damaged file. An older file, or the log alone, stands in for a damaged one only where it may have as much. Does not apply the log.
/// </summary>
internal sealed class BaseChoice
{
    private readonly string _path;
    private readonly RecoveryPlan _plan;
    private readonly RecoveryOptions _options;
    private readonly LoadTarget _target;
    private readonly IFileSystem _files;
    private readonly RecoveryFindings _findings;
    private readonly List<DamagedBase> _damaged = [];
    private readonly List<string> _losses = [];

    /// <summary>Throws where there is nothing to begin with.</summary>
    /// <param name="path">The database's file.</param>
    /// <param name="plan">Its files.</param>
    /// <param name="toLsn">The point to recover to.</param>
    /// <param name="options">How.</param>
    /// <param name="target">Where the content is going.</param>
    /// <param name="files">The disk.</param>
    /// <param name="findings">Told of what is not whole.</param>
    public BaseChoice(string path, RecoveryPlan plan, long? toLsn, RecoveryOptions options, LoadTarget target, IFileSystem files, RecoveryFindings findings)
    {
        (_path, _plan, _options, _target, _files, _findings) = (path, plan, options, target, files, findings);
        EnsureNotParted();
        ReadHeaderless();
        Loaded = FromFile(toLsn, out string? against) ?? FromDamaged() ?? FromNothing() ?? throw Refusal(path, toLsn, against);
        NoteLost();
    }

    /// <summary>The content. What is applied to it changes it.</summary>
    public LoadedDatabase Loaded { get; }

    /// <summary>The file that has it; null for an empty database.</summary>
    public RecoveryBase? Source { get; private set; }

    /// <summary>In a salvage, where no file is whole.</summary>
    public SalvagedBase? Salvaged { get; private set; }

    /// <summary>Files that are not whole.</summary>
    public IReadOnlyList<RecoveryBase> Damaged => [.. _damaged.Select(bad => bad.File)];

    /// <summary>The highest LSN that one of these had, of the timeline that is gone on with, as far as they tell.</summary>
    public long DamagedLsn => DamagedLsnOf(TimelineOf(Source));

    /// <summary>In a salvage: what files had that nothing stands in for.</summary>
    public IReadOnlyList<string> Losses => [.. _losses, .. Salvaged?.Losses ?? []];

    /// <summary>The segments that have records behind it.</summary>
    public IReadOnlyList<RecoverySegment> Segments => Salvaged is { IsWithoutLog: true } ? [] : [.. _plan.SegmentsAfter(Source)];

    /// <summary>The same content anew, where what was applied to it is half changed.</summary>
    public LoadedDatabase LoadAgain() => Salvaged is not null ? Salvaged.Load() : Source is null ? SalvagedBase.Empty(_plan.Id, _target) : DatabaseFileReader.Read(Source.Path, _target, _files);

    private LoadedDatabase? FromFile(long? toLsn, out string? against)
    {
        against = null;
        foreach (RecoveryBase file in _plan.Bases.Where(file => !Damaged.Contains(file)))
        {
            string? reason = toLsn < file.Lsn ? "it is newer than the point to recover to" : _plan.ReasonAgainst(file, _options.AppliesBehindLoss);
            if (reason is not null)
            {
                against ??= $"\"{file.Path}\" cannot be used: {reason}";
                _findings.LeftOut(file.Path, reason);
            }
            else if (TryRead(file) is { } loaded)
            {
                if (_options.BeginsWithDamaged && _damaged.Count > 0)
                {
                    return null;
                }
                if (_options.AppliesBehindLoss && DamagedAfter(TimelineOf(file)).Any(bad => FileSalvage.Run(bad.File.Path, _files) is not null))
                {
                    return null;   // what is left of a later timeline has what this one cannot have
                }
                EnsureStandsIn(file);
                _findings.Used(file.Path, string.Create(CultureInfo.InvariantCulture, $"the newest whole file, with LSN {file.Lsn} of timeline {file.Timeline}"));
                Source = file;
                return loaded;
            }
        }
        return null;
    }

    private LoadedDatabase? FromDamaged()
    {
        if (!_options.AppliesBehindLoss || (_damaged.Count == 0 && _plan.Segments.Count == 0))
        {
            return null;
        }
        Salvaged = new SalvagedBase(_plan, _damaged, _target, _files, _options.BeginsWithDamaged);
        Source = Salvaged.Source;
        _findings.Note(RecoveryVerdict.Repaired, Salvaged.Problem);
        return Salvaged.Load();
    }

    private LoadedDatabase? FromNothing()
    {
        if (!_plan.IsFromNothing && (_options.Mode != RecoveryMode.Salvage || _plan.Segments is not [{ Header.FirstLsn: 1 }, ..]))
        {
            return null;
        }
        EnsureStandsIn(null);
        return SalvagedBase.Empty(_plan.Id, _target);
    }

    // A database file without a header does not say whether it is newer than a snapshot: if it cannot be read it is told, whatever serves. One that can
    // and has something is the user's, beside a log that was never behind it.
    private void ReadHeaderless()
    {
        if (_plan.Bases.FirstOrDefault(file => file is { IsDatabaseFile: true, Header: null }) is { } file && (_plan.Bases.Count > 1 || _plan.Segments.Count > 0 || _plan.HeadlessSegments.Count > 0))
        {
            LoadedDatabase? loaded = TryRead(file);
            if (file.IsAnonymous && loaded is { Sections.Count: > 0 } && !_options.IsToPoint)
            {
                throw Apart(file, "its file does not say where it stands in the log that is there",
                    "The file has no header: it was put there in place of the database's own, or has lost its comments, or its seal in a file of its own.");
            }
        }
    }

    // Null where it is not whole.
    private LoadedDatabase? TryRead(RecoveryBase file)
    {
        try
        {
            return DatabaseFileReader.Read(file.Path, _target, _files);
        }
        catch (PhantomDbException error) when (IsOfFile(error))
        {
            if (file.IsDatabaseFile && _options.IsEdit?.Invoke(file.Path) == true)
            {
                throw Error.FileEdited(file.Path, error);
            }
            _damaged.Add(new DamagedBase(file, error));
            _findings.LeftOut(file.Path, error.Message);
            _findings.Without(error);
            return null;
        }
    }

    // In a salvage a file may break its own rules, too.
    private bool IsOfFile(PhantomDbException error) =>
        error.SqlState is SqlStates.DataCorrupted or SqlStates.BadCopyFileFormat || (_options.AppliesBehindLoss && error.SqlState[..2] is "22" or "23" or "42");

    // Whether the log behind it really has all that a damaged file had is known when it has been applied.
    private void EnsureStandsIn(RecoveryBase? file)
    {
        int timeline = TimelineOf(file);
        if (_options.Mode == RecoveryMode.Salvage)
        {
            return;
        }
        if ((DamagedAfter(timeline).FirstOrDefault()?.Error ?? TimelineMissing(timeline)) is { } lost)
        {
            throw lost;
        }
        bool hasAsMuch = DamagedLsnOf(timeline) is > 0 and long damagedLsn && file?.Lsn >= damagedLsn;
        if (_damaged.Count > 0 && !hasAsMuch && !_plan.SegmentsAfter(file).Any())
        {
            throw _damaged[0].Error;
        }
    }

    // The user's own file, and the user's log: what one of them has the other lacks, and only the user knows which is meant.
    private void EnsureNotParted()
    {
        if (_options.IsToPoint || _plan.Bases.FirstOrDefault(candidate => candidate.IsDatabaseFile) is not { } file || !_plan.IsParted(file))
        {
            return;
        }
        throw Apart(file, string.Create(CultureInfo.InvariantCulture, $"its file and its log have gone on apart from each other, and each has an LSN {file.Lsn} of its own"),
            "The file was copied, and changed in one place while the log went on in another.");
    }

    private PhantomDbException Apart(RecoveryBase file, string what, string detail)
    {
        string name = _plan.DatabaseName;
        return new PhantomDbException(SqlStates.ObjectNotInPrerequisiteState, $"the database is not opened: {what}: \"{file.Path}\"")
        {
            Where = file.Path,
            Detail = detail,
            Hint = $"To go on with the log, move \"{Path.GetFileName(file.Path)}\" out of the folder. To go on with the file, move the log with all that belongs to it: "
                + $"\"{LogSegmentName.Active(name)}\", \"{LogManifest.FileName(name)}\" and all files whose names begin with \"{name}_log_\", \"{name}_load_\" or \"{name}_snapshot_\".",
        };
    }

    private int TimelineOf(RecoveryBase? file) => _plan.TimelineWith(file?.Timeline ?? 0);

    private long DamagedLsnOf(int timeline) => _damaged.Where(bad => bad.File.Timeline == timeline).Max(bad => (long?)bad.File.Lsn) ?? 0;

    // Nothing older stands in for a file that begins a timeline.
    private IEnumerable<DamagedBase> DamagedAfter(int timeline) => _damaged.Where(bad => _plan.IsAfter(bad.File, timeline));

    // Null where the manifest knows of no later timeline.
    private PhantomDbException? TimelineMissing(int timeline)
    {
        if (_plan.ManifestAfter(timeline) is not { } manifest)
        {
            return null;
        }
        string folder = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        string[] missing =
        [
            .. new[] { _path }.Concat(manifest.Rows.Where(row => row.Kind is LogManifest.Segment or LogManifest.Open).Select(row => Path.Combine(folder, row.Name))).Where(file => !_files.Exists(file)),
        ];
        return RecoveryPlanner.Refused(missing.FirstOrDefault(_path), string.Create(CultureInfo.InvariantCulture,
            $"its files are of timeline {timeline}, but it had gone on with timeline {manifest.Timeline}, up to LSN {manifest.ReachedLsn}{(missing.Length == 0 ? "" : "; missing is")}"),
            string.Create(CultureInfo.InvariantCulture, $"Put the files of timeline {manifest.Timeline} back into the folder{(missing.Length == 0 ? "" : $": {string.Join(", ", missing.Select(file => Path.GetFileName(file)))}")}. ")
            + string.Create(CultureInfo.InvariantCulture, $"Without them, back to timeline {timeline}: phantomdb restore NAME --to t{timeline}:LSN."));
    }

    private void NoteLost()
    {
        int timeline = TimelineOf(Source);
        if (_options.Mode != RecoveryMode.Salvage)
        {
            return;
        }
        if (Salvaged is null)
        {
            _losses.AddRange(DamagedAfter(timeline).Select(bad => SalvagedBase.OnlyIn(bad.File, bad.Error)));
        }
        if (!DamagedAfter(timeline).Any() && _plan.ManifestAfter(timeline) is { } manifest)
        {
            _losses.Add(string.Create(CultureInfo.InvariantCulture, $"what timeline {manifest.Timeline} had, up to LSN {manifest.ReachedLsn}: no file of it is there"));
            _findings.Note(RecoveryVerdict.Repaired, TimelineMissing(timeline)!.Message);
        }
    }

    private PhantomDbException Refusal(string path, long? toLsn, string? against)
    {
        const string PutBack = "Put the database file or a snapshot back into the folder.";
        if (_damaged.Count > 0)
        {
            return _damaged[0].Error;
        }
        if (_plan.Bases.Any(file => toLsn < file.Lsn))
        {
            return Error.RestorePointGone(string.Create(CultureInfo.InvariantCulture, $"LSN {toLsn} is not kept any more"));
        }
        if (toLsn is not null && _plan.MissingUpToLsn is { } upToLsn)
        {
            return Error.RestorePointGone(string.Create(CultureInfo.InvariantCulture, $"LSN {toLsn} cannot be reached: no file before it leads there, and the log is missing before LSN {upToLsn + 1}"));
        }
        if (_options.IsToPoint && against is not null && _plan.Bases.All(file => file.Header is not null))
        {
            return Error.RestorePointGone(toLsn is null or long.MaxValue ? $"the point cannot be reached: {against}" : string.Create(CultureInfo.InvariantCulture, $"LSN {toLsn} cannot be reached: {against}"));
        }
        if (_plan.HeadlessSegments is [{ } headless, ..])
        {
            return RecoveryPlanner.Refused(headless.Path, against is null ? HeaderDamaged : $"{against}; {HeaderDamaged}", RestoreSegment);
        }
        if (_options.IsToPoint && _plan.Segments.Count == 0)
        {
            return Error.RestorePointGone(string.Create(CultureInfo.InvariantCulture, $"nothing of timeline {_plan.Timeline} is kept any more"));
        }
        if (_plan.Segments.Count == 0)
        {
            return _plan.Manifest is { } manifest
                ? RecoveryPlanner.Refused(Path.Combine(Path.GetDirectoryName(path)!, LogManifest.FileName(_plan.DatabaseName)),
                    $"there is neither its file, nor a snapshot, nor its log{ReachOf(manifest)}; what is left is",
                    "Put the log or the database file back into the folder. To begin anew without them, move what is left out of it.")
                : RecoveryPlanner.Refused(_plan.Others.FirstOrDefault()?.Path ?? path, "there is no file of it", PutBack);
        }
        long firstLsn = _plan.Segments[0].Header.FirstLsn;
        string missing = firstLsn > 1 ? string.Create(CultureInfo.InvariantCulture, $"there is no database file or snapshot, and the log from LSN 1 to {firstLsn - 1} is missing, before")
            : "there is no database file or snapshot, and the database had content before the log's first record";
        return RecoveryPlanner.Refused(_plan.Segments[0].Path, against ?? missing, PutBack);
    }

    private static string ReachOf(Log.LogManifest manifest) => (manifest.ReachedLsn, manifest.OpenSegment) switch
    {
        (0, null) => "",
        (0, _) => ", and nobody knows how far that went",
        (var lsn, null) => string.Create(CultureInfo.InvariantCulture, $", which had reached LSN {lsn}"),
        (var lsn, _) => string.Create(CultureInfo.InvariantCulture, $", which had reached LSN {lsn}, and nobody knows how far it went"),
    };

    /// <summary>The way out.</summary>
    public const string RestoreSegment = "Restore the segment from a copy.";

    /// <summary>What is wrong with a segment that nobody can read.</summary>
    public const string HeaderDamaged = "the header of the log's segment is damaged";
}
