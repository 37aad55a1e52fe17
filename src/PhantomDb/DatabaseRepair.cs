using System.Globalization;
using PhantomDb.Durability;
using PhantomDb.Durability.Inspection;
using PhantomDb.Durability.Log;
using PhantomDb.Durability.Recovery;
using PhantomDb.Errors;
using PhantomDb.Storage;

namespace PhantomDb;

/// <summary>
/// Salvages a database that does not open. Files that make recovery impossible are left out, one after the other, until it gives what is whole; that is saved
/// as the database file of a new timeline, behind all LSNs that were ever given, and only then files that still are in the way get names of their own. Nothing
/// is deleted: a crash in any step leaves all bytes, and a repair that can be done again.
/// </summary>
internal sealed class DatabaseRepair
{
    private readonly string _path;
    private readonly DatabaseOptions _options;
    private readonly IFileSystem _files;
    private readonly MendedLogHeaders _mended;
    private readonly List<string> _leftOut = [];
    private readonly List<string> _losses = [];

    private DatabaseRepair(string path, DatabaseOptions options)
    {
        _path = path;
        _options = options;
        _files = options.FileSystem;
        _mended = new MendedLogHeaders(_files);
    }

    /// <summary>The caller holds the database's lock.</summary>
    public static RepairReport Run(string path, DatabaseOptions options, bool isTrial) => new DatabaseRepair(path, options).Run(isTrial);

    private RepairReport Run(bool isTrial)
    {
        if (TryOpen() is not { } refusal)
        {
            NoteTimeline(isTrial);
            return new RepairReport();
        }
        if (!LogSalvage.IsDamage(refusal) || (refusal.SqlState is not (SqlStates.DataCorrupted or SqlStates.BadCopyFileFormat) && refusal.SqlState[..2] is not ("22" or "23" or "42")))
        {
            throw refusal;   // a later version, or a file or disk that cannot be read: that is not for a repair to mend
        }
        RecoveredDatabase salvaged = BestSalvage(out string? otherWay);
        (RecoveryReport recovery, IReadOnlyList<string> damaged) = (salvaged.Report, [.. salvaged.DamagedFiles.Union(_mended.Paths)]);
        LoadedDatabase loaded = FileIndexes.Build(salvaged.Database, _path, _options);
        AddLosses(recovery, damaged);
        long lastLsn = LastLsnOfAll(recovery.LastLsn, out int timeline);
        var report = new RepairReport
        {
            IsNeeded = true, Problem = refusal.Message + (refusal.Where is null ? "" : $" ({refusal.Where})"), Losses = _losses, OtherWay = otherWay,
            TableCount = loaded.Catalog.Tables.Count(), RowCount = RowCountOf(loaded),
            LastLsn = recovery.LastLsn, Timeline = timeline + 1, Lsn = lastLsn + 1,
        };
        report = report with { EarlierState = report.RowCount == 0 && _losses.Count > 0 ? EarlierState(timeline) : null };
        if (isTrial)
        {
            return report;
        }
        List<string> kept = [];
        if (_files.Exists(_path))
        {
            // Its name stays until the new one takes it, so that there is a database file at every moment.
            string copy = FreeName(_path);
            FileCopy.Copy(_files, _path, copy, 0);
            _files.FlushFolder(Path.GetDirectoryName(_path)!);
            kept.Add(copy);
        }
        Guid id = loaded.Id == Guid.Empty ? Guid.NewGuid() : loaded.Id;
        DatabaseFileWriter.Write(
            new DatabaseContent(DatabaseFiles.NameOf(_path), loaded.Catalog, loaded.Storage, ReadView.Latest) { Id = id, Timeline = report.Timeline, Lsn = report.Lsn },
            _path, new DatabaseFileOptions { Sealed = loaded.IsSealed || !loaded.IsProved, IsHeaderNew = true }, _files);
        // A segment that is whole in itself stays where it is, whatever comes before or behind it: it can be read as history.
        foreach (string file in damaged.Where(file => file != _path && _files.Exists(file) && !FileVerifier.IsWholeSegment(_files, file)))
        {
            SetDamagedAside(file, kept);
        }
        // What still keeps the database from opening gets out of the way too; other files of the old timeline stay what they are.
        PhantomDbException? hindrance;
        while ((hindrance = TryOpen()) is not null && FileOf(hindrance) is { } file && file != _path)
        {
            SetAside(file, kept);
        }
        NoteTimeline(isTrial || hindrance is not null);
        return report with { KeptFiles = kept };
    }

    // What lacks its header alone stays readable as history, too: a copy that has it again takes its place, under a sealed segment's name.
    private void SetDamagedAside(string file, List<string> kept)
    {
        LogHeader? header = null;
        if (_mended.Paths.Contains(file) && FileVerifier.IsWholeSegment(_mended, file))
        {
            using Stream mended = _mended.OpenRead(file);
            header = new LogReader(file, mended).Header;
        }
        SetAside(file, kept);
        if (header is null)
        {
            return;
        }
        string name = Path.GetFileName(file), database = DatabaseFiles.NameOf(_path), folder = Path.GetDirectoryName(_path)!;
        string copy = Path.Combine(folder, name == LogSegmentName.Active(database) ? new LogSegmentName(database, _files.WrittenAt(kept[^1]), header.FirstLsn).ToString() : name);
        if (_files.Exists(copy))
        {
            return;
        }
        using (Stream source = _files.OpenRead(kept[^1]))
        using (IWritableFile target = _files.Create(copy + ".new"))
        {
            byte[] start = header.ToBytes(), buffer = new byte[1 << 18];
            target.Append(start);
            for (long rest = LogReserve.LengthWithout(source) - start.Length; rest > 0;)
            {
                source.Position = target.Length;
                int count = source.Read(buffer, 0, (int)Math.Min(buffer.Length, rest));
                target.Append(buffer.AsSpan(0, count));
                rest = count == 0 ? 0 : rest - count;
            }
            target.Flush();
        }
        _files.Rename(copy + ".new", copy);
        _files.FlushFolder(folder);
    }

    private void NoteTimeline(bool isTrial)
    {
        if (!isTrial)
        {
            TimelineStart.Note(_path, _files, _options.Clock.GetUtcNow().UtcDateTime);
        }
    }

    private void SetAside(string file, List<string> kept)
    {
        string aside = FreeName(file);
        _files.Rename(file, aside);
        _files.FlushFolder(Path.GetDirectoryName(_path)!);
        kept.Add(aside);
    }

    // Why it does not open as it is; null where it does.
    private PhantomDbException? TryOpen()
    {
        try
        {
            RecoveredDatabase recovered = DatabaseRecovery.Run(_path, LoadTarget.New, _files, new RecoveryOptions { IsReadOnly = true, IsEdit = file => FileAcceptance.IsEdit(file, _options) });
            FileContentCheck.Run(FileIndexes.Build(recovered.Database, _path, _options), _path, _options);
            return null;
        }
        catch (PhantomDbException error)
        {
            return error;
        }
    }

    // The log from LSN 1 on, or from an older file on, has all that a damaged file had; where it has losses of its own, what can be proved of that file may be more.
    private RecoveredDatabase BestSalvage(out string? otherWay)
    {
        RecoveredDatabase first = Salvage(), best = first;
        otherWay = null;
        bool isAll = first.Report.Losses.Count == 0 && first.Report.FileLosses.Count == 0;
        if (!isAll && first.DamagedBases.Count > 0 && !first.DamagedBases.Contains(first.SourcePath) && SalvageOfDamagedFile() is { SourcePath: not null } second)
        {
            best = IsMore(second, first) ? second : first;
            otherWay = Describe(best == first ? second : first);
        }
        return best;
    }

    private RecoveredDatabase? SalvageOfDamagedFile()
    {
        try
        {
            return Recover(beginsWithDamaged: true);
        }
        catch (PhantomDbException error) when (LogSalvage.IsDamage(error))
        {
            return null;
        }
    }

    // More rows, and then fewer records that are lost.
    private static bool IsMore(RecoveredDatabase one, RecoveredDatabase other) => RowCountOf(one.Database) != RowCountOf(other.Database)
        ? RowCountOf(one.Database) > RowCountOf(other.Database) : LostRecordCount(one) < LostRecordCount(other);

    private static long RowCountOf(LoadedDatabase database) => database.Catalog.Tables.Sum(table => database.Storage.GetTable(table.Oid).RowCount);

    private static Int128 LostRecordCount(RecoveredDatabase recovered) => recovered.Report.Losses.Aggregate((Int128)0, (sum, loss) => sum + loss.LastLsn - loss.FirstLsn + 1);

    private static string Describe(RecoveredDatabase recovered) => string.Create(CultureInfo.InvariantCulture,
        $"from {(recovered.SourcePath is { } file ? $"what is whole of {Path.GetFileName(file)}, and the log behind it" : "the log alone")}: rows {RowCountOf(recovered.Database)}, up to LSN {recovered.Report.LastLsn}");

    private RecoveredDatabase Recover(bool beginsWithDamaged) => DatabaseRecovery.Run(_path, LoadTarget.New, new WithoutFiles(_mended, _leftOut),
        new RecoveryOptions { Mode = RecoveryMode.Salvage, AppliesBehindLoss = true, BeginsWithDamaged = beginsWithDamaged });

    // What recovery makes of the files that do not keep it from reading the others.
    private RecoveredDatabase Salvage()
    {
        PhantomDbException? first = null;
        while (true)
        {
            try
            {
                return Recover(beginsWithDamaged: false);
            }
            catch (PhantomDbException error) when (FileOf(error) is { } file && !_leftOut.Contains(file))
            {
                first ??= error;
                _leftOut.Add(file);
                _losses.Add($"what only {Path.GetFileName(file)} has: {error.Message} ({error.Where})");
            }
            catch (PhantomDbException error) when (error.SqlState is SqlStates.DataCorrupted)
            {
                throw Error.Again(first ?? error);
            }
        }
    }

    // The file that an error is about, where leaving it out may help.
    private string? FileOf(PhantomDbException error)
    {
        if (error.Where is not { } place || !LogSalvage.IsDamage(error))
        {
            return null;
        }
        return _files.List(Path.GetDirectoryName(_path)!).Select(name => Path.Combine(Path.GetDirectoryName(_path)!, Path.GetFileName(name)))
            .Where(file => place == file || place.StartsWith(file + ",", StringComparison.Ordinal)).MaxBy(file => file.Length);
    }

    private void AddLosses(RecoveryReport report, IReadOnlyList<string> damaged)
    {
        _losses.AddRange(report.FileLosses);
        _losses.AddRange(report.Losses.Select(loss => loss.ToString()));
        RecoveryPlan plan = new RecoveryPlanner(_path, new WithoutFiles(_mended, _leftOut)).Plan(allowsGaps: true);
        // Where the header is gone nothing of the segment can be proved. What a file has that is newer needs none of it.
        foreach (string headless in plan.HeadlessSegments.Select(segment => segment.Path))
        {
            long? first = LogSegmentName.TryParse(Path.GetFileName(headless))?.FirstLsn;
            long? behind = plan.Segments.Select(segment => (long?)segment.Header.FirstLsn).FirstOrDefault(lsn => lsn > first);
            bool isTold = report.Losses.Any(loss => first is null ? loss.FirstLsn > report.LastLsn : loss.FirstLsn <= first && loss.LastLsn >= behind - 1);
            if (!(behind - 1 <= report.BaseLsn) && !isTold)
            {
                _losses.Add($"what only {Path.GetFileName(headless)} has: records of the log{(first is null ? "" : FormattableString.Invariant($" from LSN {first} on"))}, whose header is damaged");
            }
        }
        if (damaged.Contains(_path) && FileAcceptance.IsEdit(_path, _options))
        {
            _losses.Add($"what was changed in {Path.GetFileName(_path)} by hand, if that was meant: it is in the file that is kept");
        }
        if (_leftOut.Exists(file => IsOfAnother(file, plan.Id)))
        {
            // The database file decides which database it is, and may itself be the wrong one.
            IEnumerable<string> others = DatabaseFiles.FilesOf(_path, _files).Select(file => file.Path).Where(file => IsOfAnother(file, plan.Id)).Select(file => Path.GetFileName(file));
            _losses.Add($"what files of another database have: {string.Join(", ", others)}; where they are the ones that are meant, move {Path.GetFileName(_path)} away instead of repairing");
        }
    }

    private bool IsOfAnother(string file, Guid id) => DatabaseIdentity.Of(file, _files) is { } other && other != id;

    // Of the files, good or bad: no LSN is given twice.
    private long LastLsnOfAll(long salvaged, out int timeline)
    {
        var inspector = new FolderInspector(_path, _files);
        IReadOnlyList<DatabaseFileReport> files = inspector.Inspect(verifies: false);
        timeline = files.Max(file => file.Timeline) ?? 1;
        long last = Math.Max(salvaged, files.Max(file => file.LastLsn) ?? 0);
        foreach (DatabaseFileReport segment in files.Where(file => file.Kind == DatabaseFileKind.LogSegment))
        {
            last = Math.Max(last, FileVerifier.LastLsnBehindDamage(_mended, segment.Path));
        }
        return last;
    }

    private RestorePoint? EarlierState(int timeline)
    {
        try
        {
            RestoreRange? range = RestoreRange.All(_path, _files).LastOrDefault(range => range.Timeline < timeline && range.LastLsn > 0);
            return range is null ? null : new RestorePoint { Timeline = range.Timeline, Lsn = range.LastLsn };
        }
        catch (PhantomDbException)
        {
            return null;   // two histories, or another database's file: no restore gets past them
        }
    }

    private string FreeName(string file)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{file}.bad_{_files.Length(file)}"), free = name;
        for (int number = 2; _files.Exists(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}_{number}");
        }
        return free;
    }
}
